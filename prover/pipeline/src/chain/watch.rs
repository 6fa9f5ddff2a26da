//! Watch: every event of a registry as it comes, and what reorganizations take back.

use std::time::Duration;

use rankproof_chain::{Address, Entry, Event, Update};
use serde::Serialize;

use super::status::describe;
use super::{Access, RegistryStatus, block_on};
use crate::Error;
use crate::seal::{StatementReport, describe_statement};
use crate::words::{print_bytes, print_element};

/// What to watch, and until when.
#[derive(Clone, Debug)]
pub struct WatchRequest {
    /// Address of the registry.
    pub registry: Address,
    /// The first block that is read.
    pub from_block: u64,
    /// Ends when this block was read.
    pub until_block: Option<u64>,
    /// Ends when as many events stand as this.
    pub count: Option<usize>,
    /// How often new blocks are asked for.
    pub poll: Duration,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names are what the command prints")]
pub enum Watched {
    StatementRecorded {
        block: u64,
        transaction: String,
        leaf: String,
        #[serde(flatten)]
        statement: StatementReport,
        selector: String,
    },
    BatchRecorded {
        block: u64,
        transaction: String,
        root: String,
        selector: String,
        statements: Vec<StatementReport>,
    },
    AdapterRegistered {
        block: u64,
        transaction: String,
        adapter_id: String,
        owner: String,
        claimed_base_model: String,
        metadata_uri: String,
        selector: String,
    },
    AdapterTransferred {
        block: u64,
        transaction: String,
        adapter_id: String,
        from: String,
        to: String,
    },
    AdapterRevoked {
        block: u64,
        transaction: String,
        adapter_id: String,
        owner: String,
    },
    /// Blocks were replaced: the last `events` events never happened. `block` is the last that stands.
    RolledBack {
        block: Option<u64>,
        events: usize,
    },
}

/// Calls `show` with everything that happens, until the request's end or until the process is interrupted; then
/// compares the state that the events make with what the contract answers.
///
/// # Errors
/// Those of the connection; events that no registry emits; a contract that answers something else.
pub fn watch(
    access: &Access,
    request: &WatchRequest,
    show: &mut (dyn FnMut(&Watched) + Send),
) -> Result<RegistryStatus, Error> {
    block_on(async {
        let registry = access.connect().await?.registry(request.registry).await?;
        let mut follower = registry.follow(request.from_block);
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            let update = tokio::select! {
                update = follower.step() => update?,
                _ = &mut interrupted => break,
            };
            let is_new = match &update {
                Update::Events { entries, .. } => {
                    entries.iter().for_each(|entry| show(&describe_entry(entry)));
                    true
                }
                Update::RolledBack { entries, block } => {
                    show(&Watched::RolledBack { block: *block, events: entries.len() });
                    true
                }
                Update::Again => true,
                Update::UpToDate => false,
            };
            let reached = request.until_block.is_some_and(|until| follower.block() >= Some(until));
            if reached || request.count.is_some_and(|count| follower.entries().len() >= count) {
                break;
            }
            if !is_new {
                tokio::select! {
                    () = tokio::time::sleep(request.poll) => {}
                    _ = &mut interrupted => break,
                }
            }
        }
        describe(&registry, &follower).await
    })
}

fn describe_entry(entry: &Entry) -> Watched {
    let (block, transaction) = (entry.block, entry.transaction.to_string());
    match &entry.event {
        Event::StatementRecorded { leaf, statement, selector } => Watched::StatementRecorded {
            block,
            transaction,
            leaf: leaf.to_string(),
            statement: describe_statement(statement),
            selector: print_bytes(selector),
        },
        Event::BatchRecorded { root, selector, statements } => Watched::BatchRecorded {
            block,
            transaction,
            root: root.to_string(),
            selector: print_bytes(selector),
            statements: statements.iter().map(describe_statement).collect(),
        },
        Event::AdapterRegistered { adapter, owner, base_model, metadata_uri, selector } => Watched::AdapterRegistered {
            block,
            transaction,
            adapter_id: print_element(adapter),
            owner: owner.to_string(),
            claimed_base_model: base_model.to_string(),
            metadata_uri: metadata_uri.clone(),
            selector: print_bytes(selector),
        },
        Event::AdapterTransferred { adapter, from, to } => Watched::AdapterTransferred {
            block,
            transaction,
            adapter_id: print_element(adapter),
            from: from.to_string(),
            to: to.to_string(),
        },
        Event::AdapterRevoked { adapter, owner } => {
            Watched::AdapterRevoked { block, transaction, adapter_id: print_element(adapter), owner: owner.to_string() }
        }
    }
}
