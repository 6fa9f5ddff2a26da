//! The seal: a Groth16 proof over BN254 that LoRA proofs verify.
//!
//! * [`r1cs`]: rank-1 constraints with explicit linear combinations over real variables.
//! * [`gadgets`]: the circuit side of `rankproof-poseidon` and of the small formulas of the argument, by the same names.
//! * [`reduction`]: from constraints to the quadratic arithmetic program, in the form that snarkjs uses.
//! * [`generator`], [`keys`]: development keys from a public seed; key files.
//! * [`prover`], [`verifier`]: proofs with a cached key, and their native check.
//! * [`profile`]: which proofs, and how many, a key is for.
//! * [`circuit`]: the universal circuit that verifies LoRA proofs; [`seal`]: from LoRA proofs to 292 bytes.
//! * [`cost`]: constraints of a configuration by a formula, for a search over parameters.
//! * [`export`]: the verifying key in Solidity, and the selector that names it.
//!
//! Nothing here makes a key that may be trusted with value: that takes a ceremony. Development keys say what they are
//! in every file and in every error.

pub mod circuit;
pub mod cost;
pub mod error;
pub mod export;
pub mod gadgets;
pub mod generator;
pub mod keys;
pub mod profile;
pub mod prover;
pub mod r1cs;
pub mod reduction;
pub mod seal;
pub mod verifier;

pub use error::{Error, FileFault};
pub use keys::{KeyHeader, ProvingKey, VerifyingKey};
pub use profile::SealProfile;
pub use seal::{Seal, SealJson};

pub use r1cs::{Assignment, ConstraintSystem, Matrices, MatricesBuilder, Num};
pub use rankproof_poseidon::F;

/// A Groth16 proof over BN254: what a seal carries besides its root.
pub type Groth16Proof = ark_groth16::Proof<ark_bn254::Bn254>;
