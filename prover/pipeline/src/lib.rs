//! Rankproof: pipeline.
