//! Circuit gadgets; the first three follow the files of the same names in `rankproof-poseidon`.
//!
//! Every variable that a gadget allocates is determined by its inputs: forcing any of them breaks a constraint, and
//! the tests force each one.

pub mod bits;
pub mod compression;
pub mod merkle;
pub mod permutation;
pub mod polynomial;
pub mod sponge;

#[cfg(test)]
pub(crate) mod testing;
