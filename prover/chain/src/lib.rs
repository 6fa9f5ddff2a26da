//! Sends seals to a chain and reads what is proven there.
//!
//! * [`Chain`] is a connection, with or without a [`Signer`]; [`Chain::deploy`] puts up verifier, stop, timelock, router
//!   and registry, at addresses known before.
//! * [`Registry`] is a deployed `ProofRegistry`: [`Registry::submit`], [`Registry::is_proven`],
//!   [`Registry::is_proven_by_path`], [`Registry::verify`], and the entries of adapters, [`Registry::register`].
//! * [`Follower`] rebuilds a registry's [`State`] from its events alone, through reorganizations.
//! * [`merkle`] is the keccak tree that the registry stores, with the paths for `is_proven_by_path`.
//! * [`LocalNode`] is an anvil of one's own.
//!
//! Everything is simulated before it is sent, so that what the contracts would refuse costs nothing and comes back as
//! a [`Rejection`] with its arguments. A statement that is proven already is not sent again. How a transaction gets
//! into a block that stays, also when this process is killed on the way, is said by [`Sending`].
//!
//! ABI and creation bytecode come from `contracts/generated/abi`, where `tools/abi.cjs` puts them: building this crate
//! takes neither Node nor forge. The bytecode holds the verifying key of `contracts/generated/SealVerifyingKey.sol`;
//! for another key hand its bytecode to [`Chain::deploy`].
//!
//! What is not here: a check of the seal before it goes out (crate `groth16-seal` does that), and any judgment about
//! finality beyond the number of blocks that the caller asks for.

mod adapters;
mod answers;
mod anvil;
mod bindings;
mod chain;
mod config;
mod endpoint;
mod error;
mod events;
mod fees;
mod follow;
mod http;
mod journal;
pub mod merkle;
mod registry;
mod rejection;
mod sending;
mod signer;
mod stack;
mod state;
mod waiting;

pub use adapters::{AdapterEntry, EntryOutcome};
pub use alloy::primitives::{Address, B256, Bytes};
pub use anvil::LocalNode;
pub use chain::{Chain, LOCAL_CHAIN_ID, VerifierInfo};
pub use config::ChainConfig;
pub use error::Error;
pub use events::{Entry, Event};
pub use fees::{FeeCaps, WEI_PER_GWEI};
pub use follow::{Follower, Update};
pub use registry::{Registry, Route, SubmitOutcome, Submitted};
pub use rejection::Rejection;
pub use sending::Sending;
pub use signer::Signer;
pub use stack::{DEPLOYER, Deployed, Deployment, SALT, StackConfig, verifier_bytecode};
pub use state::{Record, Registered, State};
