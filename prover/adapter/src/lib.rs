//! Rankproof: adapter.
