//! What is claimed, as plain integers: the relation, its layout in two polynomials, and the three public elements.
//!
//! This crate reads no files and proves nothing. Everything else (prover, verifier, circuit, contract) takes the
//! meaning of a statement from here. See docs/protocol.md sections 1 and 2.
//!
//! * [`quantized`]: integers and scales of an adapter and of one forward pass.
//! * [`relation`]: `Y = lora_b (lora_a X)` over the integers, the reference for every prover and verifier.
//! * [`layout`]: where each module lies in the two polynomials, and what a valid layout is.
//! * [`tables`]: the two polynomials as tables of small integers.
//! * [`digest`]: the ids, the manifest and scales digests, the context.
//! * [`claim`]: the public [`Statement`] and what the seal makes of a batch of them.

pub mod claim;
pub mod digest;
mod error;
pub mod field;
pub mod layout;
pub mod quantized;
pub mod relation;
pub mod tables;

pub use claim::Statement;
pub use digest::{ActivationsPreimage, AdapterPreimage};
pub use error::Error;
pub use layout::{InputsLayout, Maxima, SlotLayout, WeightsLayout};
pub use quantized::{QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits};
pub use rankproof_poseidon::F;
pub use relation::Witness;
