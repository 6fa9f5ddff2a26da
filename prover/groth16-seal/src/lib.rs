//! Rankproof: groth16-seal.
