//! Sends seals to a chain and reads what is proven there.
//!
//! * [`Chain`] is a connection, with or without a [`Signer`]; [`Chain::deploy`] puts up a verifier and its registry.
//! * [`Registry`] is a deployed `ProofRegistry`: [`Registry::submit`], [`Registry::is_proven`],
//!   [`Registry::is_proven_by_path`], [`Registry::verify`], [`Registry::records`].
//! * [`merkle`] is the keccak tree that the registry stores, with the paths for `is_proven_by_path`.
//! * [`LocalNode`] is an anvil of one's own.
//!
//! Everything is simulated before it is sent, so that what the contracts would refuse costs nothing and comes back as
//! a [`Rejection`] with its arguments. A statement that is proven already is not sent again.
//!
//! ABI and creation bytecode come from `contracts/generated/abi`, where `tools/abi.cjs` puts them: building this crate
//! takes neither Node nor forge. The bytecode holds the verifying key of `contracts/generated/SealVerifyingKey.sol`;
//! for another key hand its bytecode to [`Chain::deploy_verifier`].
//!
//! What is not here: a check of the seal before it goes out (crate `groth16-seal` does that), and any judgment about
//! finality beyond the one block that a receipt names.

mod anvil;
mod bindings;
mod chain;
mod error;
pub mod merkle;
mod registry;
mod rejection;
mod signer;

pub use alloy::primitives::{Address, B256};
pub use anvil::LocalNode;
pub use chain::{Chain, Deployment, LOCAL_CHAIN_ID, VerifierInfo, verifier_bytecode};
pub use error::Error;
pub use registry::{Record, Registry, SubmitOutcome, Submitted};
pub use rejection::Rejection;
pub use signer::Signer;
