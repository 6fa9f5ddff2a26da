//! Files to integers: PEFT adapters, captured activations, outputs, and the digest of a base model.
//!
//! `delta = scaling * lora_b (lora_a x)` in floats becomes `Y = lora_b (lora_a X)` in integers with real scales outside
//! (docs/protocol.md section 1). Everything here reads bytes that somebody else wrote: sizes are checked against the
//! file before memory is taken, every refusal names the file and the field or tensor, and nothing panics on bad input.
//!
//! What it does not guarantee: that the activations came from the base model, or that the adapter was trained for it.
//! It reads what the files say; the digests of the statement bind it.

#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::as_conversions)]

pub mod accuracy;
mod activations;
mod base_model;
mod config;
mod error;
mod export;
pub mod files;
mod outputs;
mod peft;
mod quantize;
mod tensors;

pub use activations::{Activations, ModuleActivations, count_tokens, read_activations, read_captured_delta};
pub use base_model::base_model_digest;
pub use error::Error;
pub use export::encode_integers;
pub use outputs::{ModuleOutputs, Outputs, encode_outputs, read_outputs, write_outputs};
pub use peft::{Adapter, Module, read_adapter};
pub use quantize::{dequantize_delta, quantize, quantize_activations};
