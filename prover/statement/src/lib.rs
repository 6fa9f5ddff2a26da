//! What is claimed, as plain integers: the relation, its layout in two polynomials, and the three public elements.
//!
//! This crate reads no files and proves nothing. Everything else (prover, verifier, circuit, contract) takes the
//! meaning of a statement from here. See docs/protocol.md sections 1 and 2.

pub mod quantized;

pub use quantized::{QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits};
