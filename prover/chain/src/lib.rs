//! Rankproof: chain.
