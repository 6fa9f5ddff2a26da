//! What the parameters of LoRA proofs cost in constraints, without writing the circuit.
//!
//! Only the opening depends on rates, folds, caps, queries and grinding; everything else depends on what fits. So the
//! constraints of one circuit, written once, and [`opening_constraints`] of both configurations give those of any other
//! configuration with the same maxima: that is what a search over parameters needs. `tests/cost.rs` compares the
//! formula with circuits, to the constraint.

use rankproof_lora_proof::Config;
use rankproof_lora_proof::config::{COLUMNS, FOLD, RoundConfig};
use rankproof_poseidon::compression::NODE_ARITY;
use rankproof_poseidon::sponge::RATE;

use crate::gadgets::bits::FIELD_BITS;

/// A permutation of width 4 on variables.
const PERMUTATION: usize = 264;
/// A leaf: a permutation of width 16.
const LEAF: usize = 555;
/// A level of a path: two selections, the child in its place, the parent.
const PATH_LEVEL: usize = 3 + PERMUTATION;
/// Runs of zeros in the binary expansion of `r - 1`: one constraint each to compare with it.
const ZERO_RUNS: usize = 53;
/// A canonical decomposition of an element.
const CANONICAL_BITS: usize = FIELD_BITS + 1 + ZERO_RUNS;

/// Permutations of absorbing some elements and then squeezing some, after a squeeze; both at least one.
fn permutations(absorbed: usize, squeezed: usize) -> usize {
    absorbed.div_ceil(RATE) + squeezed.div_ceil(RATE) - 1
}

/// A sumcheck round of the opening: two elements in, one challenge, the next claim.
const SUMCHECK_ROUND: usize = PERMUTATION + 1 + 2;

/// Hashing a cap on to its root, and comparing.
fn cap_root(log_cap: usize) -> usize {
    let (mut nodes, mut permutations) = (1usize << log_cap, 0);
    while nodes > 1 {
        nodes = nodes.div_ceil(NODE_ARITY);
        permutations += nodes;
    }
    permutations * PERMUTATION + 1
}

/// Joining as many values as there are committed polynomials.
fn join(commitments: usize) -> usize {
    let (mut values, mut size, mut constraints) = (commitments, commitments.next_power_of_two(), 0);
    while size > 1 {
        size /= 2;
        values = values.min(size);
        constraints += values;
    }
    constraints
}

/// The power weight of one point over some coordinates.
fn power_weight(coordinates: usize) -> usize {
    (3 * coordinates).saturating_sub(2)
}

/// Constraints of the queries into one tree.
fn tree(round: &RoundConfig) -> usize {
    let select = (1 << round.log_cap) - 1;
    let path = round.path_levels() * PATH_LEVEL + select + 1;
    let fold = COLUMNS + 1;
    cap_root(round.log_cap) + round.queries * (LEAF + path + fold)
}

/// Constraints of the opening, as far as they depend on anything but the maxima.
pub fn opening_constraints(config: &Config) -> usize {
    let mut total = config.join_variables() * SUMCHECK_ROUND;
    let last = config.rounds.len().saturating_sub(1);
    let mut coordinates = config.log_size();
    for (index, round) in config.rounds.iter().enumerate() {
        coordinates -= FOLD;
        let (queries, elements) = (round.queries, round.position_elements());
        let trees = if index == 0 { config.commitments() } else { 1 };
        // The work, its zero bits, and the positions.
        let decompositions = (1 + elements) * (1 + CANONICAL_BITS) + usize::from(round.pow_bits > 0);
        let eq_table = (COLUMNS - 2) + COLUMNS;
        let domain_points = queries * round.log_leaves;
        let joined = if index == 0 { queries * join(config.commitments()) } else { 0 };
        total += FOLD * SUMCHECK_ROUND + decompositions + eq_table + trees * tree(round) + joined + domain_points;
        total += if index < last {
            let hashing = permutations(1, 1) + permutations(2, 1 + elements + 1);
            let challenges = 2;
            let combination = queries + 2;
            let power_weights = (queries + 1) * power_weight(coordinates) + queries + 1;
            hashing * PERMUTATION + challenges + combination + power_weights
        } else {
            let coefficients = 1usize << config.log_final;
            let hashing = permutations(coefficients + 1, 1 + elements);
            hashing * PERMUTATION + queries * coefficients + (coefficients - 1)
        };
    }
    total + config.log_final * SUMCHECK_ROUND
}
