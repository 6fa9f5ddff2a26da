//! Keys that nobody can forge with: powers of tau, contributions, and the files of snarkjs.
//!
//! A Groth16 key is made in two phases. Phase 1, the powers of tau, is shared by many circuits and comes from elsewhere
//! ([`ptau`]; [`development`] makes insecure ones for trials). Phase 2 is a circuit's own: [`setup`] makes the first key,
//! every participant multiplies a secret into it ([`contribute`]), a beacon ends it, anybody may check it ([`chain`],
//! [`verify`], [`transcript`]), and [`finalise`] makes our keys of it. One participant who forgets the secret is enough.
//!
//! All files are those of snarkjs, so its commands and ours may take turns: [`r1cs`], [`ptau`], [`zkey`], in the
//! container of [`sections`], with the encodings of [`points`] and the derivations of [`randomness`].
//! [`snark_json`] has the JSON that `snarkjs groth16 verify` reads, [`exchange`] is for other provers.

pub mod chain;
mod combine;
pub mod contribute;
pub mod development;
pub mod error;
pub mod exchange;
pub mod finalise;
pub mod parameters;
pub mod points;
pub mod ptau;
pub mod r1cs;
pub mod randomness;
pub mod sections;
pub mod setup;
pub mod snark_json;
mod subgroup;
pub mod transcript;
pub mod verify;
pub mod zkey;

/// Hears what a long step is at.
pub type Stage<'a> = &'a dyn Fn(&'static str);

/// Nobody listens: a [`Stage`].
pub fn quiet(_stage: &'static str) {}

pub use error::{ContributionFault, Error, FileFault};
