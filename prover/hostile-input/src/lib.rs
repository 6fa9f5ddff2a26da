//! What every decoder must do with any bytes, as functions: for fuzzing (`fuzz/`, nightly) and for replaying a corpus and
//! fixed-seed mutations on stable (`tests/replay.rs`). Not part of any program.
//!
//! A target takes arbitrary bytes. Most inputs are an *edit script* ([`edits`]): what to change in an honest file
//! ([`honest`]), so that even one byte of input reaches the depths of a format. A target panics when an invariant is
//! broken, and the invariants are ([`targets`]):
//!
//! * no decoder panics, whatever the bytes (overflow checks and debug assertions are on);
//! * what is accepted encodes to the very bytes that were read, where the format has one encoding, and reads back equal
//!   where it has several (JSON, safetensors);
//! * a changed proof is never accepted, and a changed seal only for the statement that was sealed.

pub mod ceremony;
pub mod edits;
pub mod honest;
pub mod targets;

pub use targets::{TARGETS, Target};
