//! What a registry has said: its events, and where they stand on the chain.

use alloy::primitives::{Address, B256, Log as RawLog};
use alloy::rpc::types::Log;
use alloy::sol_types::SolEventInterface;
use rankproof_statement::{F, Statement};

use crate::bindings::ProofRegistry::{self, ProofRegistryEvents};
use crate::bindings::{element, statement};

/// An event of the registry. Each record, and each change of an entry, makes exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A single statement became a record.
    StatementRecorded {
        /// Its leaf.
        leaf: B256,
        /// The statement.
        statement: Statement,
        /// First four bytes of the seal.
        selector: [u8; 4],
    },
    /// A batch of two or more became a record.
    BatchRecorded {
        /// Root of its tree (`merkle`).
        root: B256,
        /// First four bytes of the seal.
        selector: [u8; 4],
        /// The statements, in the order that was sealed.
        statements: Vec<Statement>,
    },
    /// An adapter got its entry.
    AdapterRegistered {
        /// The adapter id.
        adapter: F,
        /// Who stands for it.
        owner: Address,
        /// Digest of the base model, as the owner claims.
        base_model: B256,
        /// Where the owner says more.
        metadata_uri: String,
        /// First four bytes of the seal.
        selector: [u8; 4],
    },
    /// An entry got another owner.
    AdapterTransferred {
        /// The adapter id.
        adapter: F,
        /// The owner before.
        from: Address,
        /// The owner after.
        to: Address,
    },
    /// An entry was revoked.
    AdapterRevoked {
        /// The adapter id.
        adapter: F,
        /// Its owner.
        owner: Address,
    },
}

/// An event and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Number of its block.
    pub block: u64,
    /// Hash of its block.
    pub block_hash: B256,
    /// Hash of its transaction.
    pub transaction: B256,
    /// What was said.
    pub event: Event,
}

impl Entry {
    /// `None` for a log without a place, or that is no event of a registry.
    pub(crate) fn decode(log: &Log) -> Option<Self> {
        Some(Self {
            block: log.block_number?,
            block_hash: log.block_hash?,
            transaction: log.transaction_hash?,
            event: Event::decode(&log.inner)?,
        })
    }
}

impl Event {
    /// `None` for what is no event of a registry, or could not come from one: its elements are below r.
    pub(crate) fn decode(log: &RawLog) -> Option<Self> {
        Some(match ProofRegistryEvents::decode_log(log).ok()?.data {
            ProofRegistryEvents::StatementRecorded(event) => Self::StatementRecorded {
                leaf: event.leaf,
                statement: statement(&event.adapter, &event.activations, &event.context)?,
                selector: event.selector.0,
            },
            ProofRegistryEvents::BatchRecorded(event) => {
                let one = |s: &ProofRegistry::Statement| statement(&s.adapter, &s.activations, &s.context);
                let statements = event.statements.iter().map(one).collect::<Option<_>>()?;
                Self::BatchRecorded { root: event.root, selector: event.selector.0, statements }
            }
            ProofRegistryEvents::AdapterRegistered(event) => Self::AdapterRegistered {
                adapter: element(&event.adapter)?,
                owner: event.owner,
                base_model: event.baseModel,
                metadata_uri: event.metadataURI,
                selector: event.selector.0,
            },
            ProofRegistryEvents::AdapterTransferred(event) => {
                Self::AdapterTransferred { adapter: element(&event.adapter)?, from: event.from, to: event.to }
            }
            ProofRegistryEvents::AdapterRevoked(event) => {
                Self::AdapterRevoked { adapter: element(&event.adapter)?, owner: event.owner }
            }
            _ => return None,
        })
    }
}
