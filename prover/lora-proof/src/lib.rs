//! Rankproof: lora-proof.
