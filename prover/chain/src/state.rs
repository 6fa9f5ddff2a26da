//! The state of a registry, rebuilt from its events alone.
//!
//! Applying an event checks what the contract promises: a record is made once per selector, under the leaf or root of
//! its statements; only an owner's entry changes hands, and a revoked one never. A history that breaks a promise was
//! not written by the contract, or is not complete, and is refused.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};
use rankproof_statement::{F, Statement};

use crate::bindings::word;
use crate::events::Event;
use crate::{Error, merkle};

/// A record, of a statement or of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What was proven: one statement, or the batch in the order that was sealed first.
    pub statements: Vec<Statement>,
    /// First four bytes of the seals that carried it, each once, first one first.
    pub selectors: Vec<[u8; 4]>,
    /// Number of the block of the first one.
    pub block: u64,
}

/// An adapter's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The adapter id.
    pub adapter: F,
    /// Who stands for it now.
    pub owner: Address,
    /// Digest of the base model, as the first owner claimed.
    pub base_model: B256,
    /// Where the first owner said more.
    pub metadata_uri: String,
    /// First four bytes of the seal that registered it.
    pub selector: [u8; 4],
    /// Number of the block of its registration.
    pub block: u64,
    /// It was revoked.
    pub revoked: bool,
}

/// Everything that a registry knows, or rather has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Single statements, by leaf.
    pub statements: BTreeMap<B256, Record>,
    /// Batches of two and more, by root.
    pub batches: BTreeMap<B256, Record>,
    /// Entries, by adapter id.
    pub adapters: BTreeMap<U256, Registered>,
}

impl State {
    /// Applies the next event.
    ///
    /// # Errors
    /// [`Error::HistoryBroken`] if it cannot follow what was applied before.
    pub(crate) fn apply(&mut self, block: u64, event: &Event) -> Result<(), Error> {
        let broken = |what: String| Err(Error::HistoryBroken { block, what });
        match event {
            Event::StatementRecorded { leaf, statement, selector } => {
                if merkle::leaf(statement) != *leaf {
                    return broken(format!("the leaf {leaf} is not that of its statement"));
                }
                record(&mut self.statements, *leaf, &[*statement], *selector, block)
            }
            Event::BatchRecorded { root, selector, statements } => {
                if !merkle::Tree::new(statements).is_ok_and(|tree| tree.root() == *root) {
                    return broken(format!("the root {root} is not that of its statements"));
                }
                record(&mut self.batches, *root, statements, *selector, block)
            }
            Event::AdapterRegistered { adapter, owner, base_model, metadata_uri, selector } => {
                let entry = Registered {
                    adapter: *adapter,
                    owner: *owner,
                    base_model: *base_model,
                    metadata_uri: metadata_uri.clone(),
                    selector: *selector,
                    block,
                    revoked: false,
                };
                match self.adapters.insert(word(adapter), entry) {
                    None => Ok(()),
                    Some(before) => broken(format!("an adapter of {} is registered again", before.owner)),
                }
            }
            Event::AdapterTransferred { adapter, from, to } => {
                self.entry(adapter, *from, block)?.owner = *to;
                Ok(())
            }
            Event::AdapterRevoked { adapter, owner } => {
                self.entry(adapter, *owner, block)?.revoked = true;
                Ok(())
            }
        }
    }

    /// The entry of an adapter, which must be this owner's and not revoked.
    fn entry(&mut self, adapter: &F, owner: Address, block: u64) -> Result<&mut Registered, Error> {
        let entry = self.adapters.get_mut(&word(adapter));
        entry.filter(|entry| entry.owner == owner && !entry.revoked).ok_or_else(|| Error::HistoryBroken {
            block,
            what: format!("{owner} changes an entry that is not there, not theirs, or revoked"),
        })
    }
}

fn record(
    records: &mut BTreeMap<B256, Record>,
    key: B256,
    statements: &[Statement],
    selector: [u8; 4],
    block: u64,
) -> Result<(), Error> {
    let record =
        records.entry(key).or_insert_with(|| Record { statements: statements.to_vec(), selectors: vec![], block });
    if record.selectors.contains(&selector) {
        return Err(Error::HistoryBroken { block, what: format!("{key} is recorded twice by one selector") });
    }
    record.selectors.push(selector);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: [u8; 4] = [1; 4];
    const TWO: [u8; 4] = [2; 4];

    fn statement(seed: u64) -> Statement {
        Statement { adapter: F::from(seed), activations: F::from(seed + 1), context: F::from(seed + 2) }
    }

    fn recorded(seed: u64, selector: [u8; 4]) -> Event {
        Event::StatementRecorded { leaf: merkle::leaf(&statement(seed)), statement: statement(seed), selector }
    }

    fn registered(owner: u8) -> Event {
        Event::AdapterRegistered {
            adapter: F::from(5u64),
            owner: Address::repeat_byte(owner),
            base_model: B256::ZERO,
            metadata_uri: "about".to_owned(),
            selector: ONE,
        }
    }

    fn transferred(from: u8, to: u8) -> Event {
        let (from, to) = (Address::repeat_byte(from), Address::repeat_byte(to));
        Event::AdapterTransferred { adapter: F::from(5u64), from, to }
    }

    fn revoked(owner: u8) -> Event {
        Event::AdapterRevoked { adapter: F::from(5u64), owner: Address::repeat_byte(owner) }
    }

    fn after(events: &[Event]) -> Result<State, Error> {
        let mut state = State::default();
        events.iter().enumerate().try_for_each(|(index, event)| state.apply(index as u64, event))?;
        Ok(state)
    }

    #[test]
    fn keeps_each_selector_of_a_record_and_the_first_block() {
        let batch = vec![statement(1), statement(9)];
        let root = merkle::Tree::new(&batch).unwrap().root();
        let both = Event::BatchRecorded { root, selector: ONE, statements: batch.clone() };
        let state = after(&[recorded(1, ONE), recorded(1, TWO), recorded(9, ONE), both]).unwrap();
        let record = &state.statements[&merkle::leaf(&statement(1))];
        assert_eq!((record.selectors.as_slice(), record.block), (&[ONE, TWO][..], 0));
        assert_eq!(state.statements.len(), 2);
        assert_eq!(state.batches[&root].statements, batch);
    }

    #[test]
    fn follows_an_entry_from_owner_to_owner_to_its_end() {
        let state = after(&[registered(1), transferred(1, 2), transferred(2, 3), revoked(3)]).unwrap();
        let entry = state.adapters.values().next().unwrap();
        assert_eq!((entry.owner, entry.block, entry.revoked), (Address::repeat_byte(3), 0, true));
    }

    #[test]
    fn refuses_histories_that_no_registry_writes() {
        let other_leaf = Event::StatementRecorded { leaf: B256::ZERO, statement: statement(1), selector: ONE };
        let other_root = Event::BatchRecorded { root: B256::ZERO, selector: ONE, statements: vec![statement(1)] };
        let empty = Event::BatchRecorded { root: B256::ZERO, selector: ONE, statements: vec![] };
        assert!(after(&[recorded(1, ONE), registered(1), transferred(1, 2), revoked(2)]).is_ok());
        let broken: [&[Event]; 9] = [
            &[recorded(1, ONE), recorded(1, ONE)],
            &[other_leaf],
            &[other_root],
            &[empty],
            &[registered(1), registered(2)],
            &[transferred(1, 2)],
            &[registered(1), transferred(2, 1)],
            &[registered(1), revoked(1), transferred(1, 2)],
            &[registered(1), revoked(1), revoked(1)],
        ];
        for events in broken {
            let error = after(events).unwrap_err();
            let last = events.len() as u64 - 1;
            assert!(matches!(error, Error::HistoryBroken { block, .. } if block == last), "{events:?}: {error:?}");
        }
    }
}
