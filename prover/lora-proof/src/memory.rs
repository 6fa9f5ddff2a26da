//! What a prover holds, phase by phase, from the configuration alone: for the largest adapter and run that fit it.
//!
//! Tables of small integers and trees stay from the moment they are made; the phases add what they drop at their end.
//! With `N = 2^n` entries, the trees are most of it: a digest for each of `N / 2` leaves at rate 1/8, and a third on top.

use crate::Config;
use crate::commitment::level_lengths;
use crate::config::{COLUMNS, FOLD, RoundConfig};
use crate::join::FOLDED_HERE;
use crate::range;
use crate::reed_solomon::log_block;

/// Bytes of a field element.
const ELEMENT: u64 = 32;

/// One phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// What is done.
    pub name: &'static str,
    /// What is held at most, in bytes.
    pub bytes: u64,
}

fn elements(log_count: usize) -> u64 {
    ELEMENT << log_count
}

fn threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// All digests of a tree.
fn tree(round: &RoundConfig) -> u64 {
    level_lengths(round).iter().map(|length| ELEMENT * *length as u64).sum()
}

/// A block of leaves while it is encoded: its columns, powers, and per thread roots of unity and leaves to be hashed.
fn block(round: &RoundConfig) -> u64 {
    let leaves = elements(log_block(round));
    (COLUMNS as u64 + 2) * leaves + threads() * (leaves + (1 << 20))
}

/// The first round, whose code the weights and the activations have.
fn first(config: &Config) -> &RoundConfig {
    &config.rounds[0]
}

/// The tree of the weights and their nibbles: what an adapter file holds and proving keeps.
pub fn cached_weights(config: &Config) -> u64 {
    tree(first(config)) + (1 << config.log_size())
}

/// Weights as 32-bit floats and as integers, read and quantized: the file, the tensors, both copies of the integers.
pub fn float_weights(config: &Config) -> u64 {
    (4 + 4 + 2) << config.log_size()
}

/// Committing to weights.
pub fn commit(config: &Config) -> Vec<Phase> {
    vec![Phase {
        name: "encode and hash",
        bytes: float_weights(config) + cached_weights(config) + block(first(config)),
    }]
}

/// Proving, the weights being committed.
pub fn prove(config: &Config) -> Vec<Phase> {
    let (n, maxima) = (config.log_size(), config.maxima());
    let (adapters, statements) = (config.adapters() as u64, config.statements() as u64);
    // Weights twice, inputs of 2 and outputs of 8 bytes; and once more as what is proved about and written.
    let witness = (statements + 1) * ((2 << n) + (10 << (n - 1)));
    let run = tree(first(config)) + (8 << n);
    let held = adapters * cached_weights(config) + witness + statements * run;
    let folded = config.rounds.get(1).map_or(0, |round| tree(round) + block(round));
    let phases = [
        ("commit to activations", block(first(config))),
        (
            "sumchecks over ranks and inputs",
            adapters * (3 * elements(maxima.log_input_space) + 4 * elements(maxima.log_rank_space)),
        ),
        ("range check", adapters * elements(n - 2) + threads() * range::scratch_bytes(n)),
        ("opening, from the integers", 2 * elements(n - FOLDED_HERE) + threads() * (1 << 20)),
        ("opening, first fold", 3 * elements(n - FOLD) + folded),
    ];
    phases.into_iter().map(|(name, bytes)| Phase { name, bytes: held + bytes }).collect()
}
