//! Keys that nobody can forge with: powers of tau, contributions, and the files of snarkjs.
pub mod chain;
mod combine;
pub mod contribute;
pub mod development;
pub mod error;
pub mod parameters;
pub mod points;
pub mod ptau;
pub mod r1cs;
pub mod randomness;
pub mod sections;
pub mod setup;
pub mod verify;
pub mod zkey;

pub use error::{ContributionFault, Error, FileFault};
