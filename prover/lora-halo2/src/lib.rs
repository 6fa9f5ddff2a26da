//! The same statement, proved by another system: halo2 over Pasta, transparent and zero-knowledge.
//!
//! `Y_m = lora_b_m (lora_a_m X_m)` exactly over the integers (docs/protocol.md eq. 1), with the adapter, the inputs and
//! the outputs hidden behind two salted Poseidon ids. No trusted setup, no chain, nothing learned from the proof beyond
//! its public inputs. It is slower than the native argument and cannot be sealed; it is what one hands to a peer, and,
//! written without a line of the native argument, a second opinion on it.
//!
//! What it does not say: that X came from the base model, that layers chain, or that scales and names are right for
//! anything but the digests they enter.

pub mod circuit;
pub mod container;
pub mod engine;
mod error;
pub mod keys;
pub mod opening;
mod pinned;
pub mod plan;
mod prove;
pub mod shape;
pub mod sponge;
pub mod stamp;

pub use circuit::LoraCircuit;
pub use container::{LoraProof, Metadata, ProofParams, PublicInputs};
pub use error::Error;
pub use keys::{Cache, Keys, VerifierKeys};
pub use opening::{ActivationsBinding, AdapterBinding, Opening};
pub use plan::{Columns, Plan};
pub use prove::{PROGRAM, prove, verify, verify_with};
pub use shape::{ModuleShape, Shape, Update};
