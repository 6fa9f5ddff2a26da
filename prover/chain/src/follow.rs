//! Follows the events of a registry, block by block, through reorganizations.
//!
//! Logs are read in ranges. After each range the hash of its last block is kept; before the next one it is compared
//! with what the chain says now, and if it changed, everything above the last hash that still stands is taken back and
//! read again. A range counts only if its last block, and the one before it, had the same hash before and after: a
//! range read across a reorganization is read again.

use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;

use crate::bindings::word;
use crate::events::Entry;
use crate::state::State;
use crate::{Error, Registry};

/// Blocks asked for at once, at first. Providers limit ranges: a range that is refused is halved.
const LONGEST_RANGE: u64 = 10_000;
/// Hashes of earlier ranges that are kept. A reorganization below all of them reads everything again.
const MAX_CHECKPOINTS: usize = 1024;

/// What one look at the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    /// The next events, up to this block.
    Events {
        /// What was said; often nothing.
        entries: Vec<Entry>,
        /// Number of the last block that was read.
        block: u64,
    },
    /// Blocks were replaced by others: these events never happened.
    RolledBack {
        /// What was taken back, in the order in which it was said.
        entries: Vec<Entry>,
        /// Number of the last block that still stands; `None` if none does.
        block: Option<u64>,
    },
    /// The node refused the range, or changed its mind while it was read: the next step asks again.
    Again,
    /// Nothing new.
    UpToDate,
}

/// A reader of one registry's events, with the state that they make.
#[derive(Clone, Debug)]
pub struct Follower {
    registry: Registry,
    /// The first block that is read.
    from: u64,
    range: u64,
    /// Blocks that everything up to them was read of, in order, with the hash that they had.
    checkpoints: Vec<(u64, B256)>,
    entries: Vec<Entry>,
    state: State,
}

impl Registry {
    /// A reader of the events from block `from` on: that of the deployment, or 0. What was said before is missing.
    pub fn follow(&self, from: u64) -> Follower {
        Follower {
            registry: self.clone(),
            from,
            range: LONGEST_RANGE,
            checkpoints: vec![],
            entries: vec![],
            state: State::default(),
        }
    }
}

impl Follower {
    /// The state after everything that was read.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Everything that was read, in the order of the chain.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Number of the last block that was read.
    pub fn block(&self) -> Option<u64> {
        self.checkpoints.last().map(|(block, _)| *block)
    }

    /// Reads the next range, or takes back what a reorganization undid.
    ///
    /// # Errors
    /// [`Error::HistoryBroken`]; those of the connection, after which it can be called again.
    pub async fn step(&mut self) -> Result<Update, Error> {
        let chain = self.registry.chain().clone();
        let standing = self.standing().await?;
        if standing < self.checkpoints.len() {
            self.checkpoints.truncate(standing);
            let block = self.block();
            let kept = self.entries.partition_point(|entry| block.is_some_and(|block| entry.block <= block));
            let entries = self.entries.split_off(kept);
            self.state = State::default();
            for entry in &self.entries {
                self.state.apply(entry.block, &entry.event)?;
            }
            return Ok(Update::RolledBack { entries, block });
        }
        let first = self.block().map_or(self.from, |block| block.saturating_add(1));
        let head = chain.block_number().await?;
        if head < first {
            return Ok(Update::UpToDate);
        }
        let last = head.min(first.saturating_add(self.range - 1));
        let Some(hash) = chain.block_hash(last).await? else { return Ok(Update::Again) };
        let filter = Filter::new().address(self.registry.address()).from_block(first).to_block(last);
        let logs = match chain.provider.get_logs(&filter).await.map_err(|error| chain.failed(error)) {
            Ok(logs) => logs,
            Err(Error::Refused { .. }) if self.range > 1 && last > first => {
                self.range = (last - first).div_ceil(2).max(1);
                return Ok(Update::Again);
            }
            Err(error) => return Err(error),
        };
        // Whatever changed meanwhile is seen at the next step, which begins with the hashes.
        let unchanged = chain.block_hash(last).await? == Some(hash) && self.standing().await? == self.checkpoints.len();
        if !unchanged || logs.iter().any(|log| log.block_number == Some(last) && log.block_hash != Some(hash)) {
            return Ok(Update::Again);
        }
        let entries: Vec<Entry> = logs.iter().filter_map(Entry::decode).collect();
        for entry in &entries {
            self.state.apply(entry.block, &entry.event)?;
        }
        self.entries.extend_from_slice(&entries);
        self.checkpoints.push((last, hash));
        if self.checkpoints.len() > MAX_CHECKPOINTS {
            // The oldest stays: it is the last resort before reading everything again.
            self.checkpoints.remove(1);
        }
        Ok(Update::Events { entries, block: last })
    }

    /// How many checkpoints, from the first on, are still blocks of the chain.
    async fn standing(&self) -> Result<usize, Error> {
        for (index, (block, hash)) in self.checkpoints.iter().enumerate().rev() {
            if self.registry.chain().block_hash(*block).await? == Some(*hash) {
                return Ok(index + 1);
            }
        }
        Ok(0)
    }

    /// Compares the state with what the contract answers at the last block that was read.
    ///
    /// # Errors
    /// [`Error::StateDiffers`] at the first difference; those of the connection.
    pub async fn compare(&self) -> Result<(), Error> {
        let Some((block, _)) = self.checkpoints.last().copied() else { return Ok(()) };
        let contract = self.registry.contract();
        let failed = |error| self.registry.failed(error);
        let differs = |what: String| Err(Error::StateDiffers { registry: self.registry.address(), block, what });
        for (key, record) in self.state.statements.iter().chain(&self.state.batches) {
            for selector in &record.selectors {
                let call = contract.isRecordedBy(*key, (*selector).into()).block(block.into());
                if !call.call().await.map_err(failed)? {
                    return differs(format!("record {key} is not there"));
                }
            }
        }
        for entry in self.state.adapters.values() {
            let found = contract.adapterOf(word(&entry.adapter)).block(block.into()).call().await.map_err(failed)?;
            let same = found.owner == entry.owner
                && found.selector.0 == entry.selector
                && found.baseModel == entry.base_model
                && found.metadataURI == entry.metadata_uri
                && (found.revokedAt != 0) == entry.revoked;
            if !same {
                return differs(format!("the entry of adapter {} is another one", U256::from(word(&entry.adapter))));
            }
        }
        Ok(())
    }
}
