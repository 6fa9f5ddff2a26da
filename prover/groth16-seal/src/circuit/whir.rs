//! The opening in constraints; mirrors `lora-proof/src/whir.rs`, `verify`.
//!
//! Hints (caps, leaves, paths) are witnessed where they are checked: caps against absorbed roots, leaves through paths
//! against caps. Query positions come from canonical bits of squeezed elements: a second representation of an element
//! would give a prover a second set of positions.

use rankproof_lora_proof::config::{Config, RoundConfig};
use rankproof_lora_proof::merkle::children;
use rankproof_lora_proof::reed_solomon::generator;
use rankproof_lora_proof::transcript::labels;
use rankproof_lora_proof::whir::{Opening, TreeOpening};
use rankproof_poseidon::compress_leaf;

use super::argument::{receive, sumcheck};
use super::claims::{BatchedVar, domain_point, power_weight};
use super::transcript::TranscriptVar;
use crate::gadgets::{bits::to_bits_canonical, compression, merkle, polynomial};
use crate::{ConstraintSystem, F, Num};

const FOLD_LABELS: [&str; 2] = [labels::FOLD_ROUND, labels::FOLD];

/// Claims that joined the sumcheck after a round.
struct Joined {
    gamma: Num,
    xs: Vec<Num>,
    skip: usize,
}

/// Enforces the opening of the polynomials under `roots` for the joined claim.
pub fn enforce(
    cs: &mut ConstraintSystem,
    config: &Config,
    transcript: &mut TranscriptVar,
    roots: Vec<Num>,
    claim: Num,
    weights: &BatchedVar<'_>,
    opening: &Opening,
) {
    let (t, mut claim) = sumcheck(cs, transcript, FOLD_LABELS, &claim, &opening.join);
    let mut point: Vec<Num> = Vec::with_capacity(config.log_size());
    let mut oracles = roots;
    let mut joined: Vec<Joined> = Vec::new();
    let mut final_polynomial = Vec::new();

    for (index, (round, round_config)) in opening.rounds.iter().zip(&config.rounds).enumerate() {
        cs.group_indexed("round", index, |cs| {
            let (alpha, reduced) =
                cs.group("sumcheck", |cs| sumcheck(cs, transcript, FOLD_LABELS, &claim, &round.sumcheck));
            claim = reduced;
            point.extend_from_slice(&alpha);
            let folded = round.folded.as_ref().map(|folded| {
                let [root] = receive(cs, transcript, labels::FOLDED_ROOT, &folded.root);
                let ood_point = transcript.challenge(cs, labels::OOD_POINT);
                let [ood_value] = receive(cs, transcript, labels::OOD_VALUE, &folded.ood_value);
                (root, ood_point, ood_value)
            });
            if folded.is_none() {
                final_polynomial =
                    opening.final_polynomial.unabsorbed().iter().map(|value| cs.witness(*value)).collect();
                transcript.receive(cs, labels::FINAL_POLYNOMIAL, &final_polynomial);
            }
            cs.group("proof of work", |cs| {
                receive(cs, transcript, labels::NONCE, &round.nonce);
                let work = transcript.challenge(cs, labels::WORK);
                let bits = to_bits_canonical(cs, &work);
                cs.enforce_zero(&Num::sum(bits.iter().take(round_config.pow_bits as usize)));
            });
            let positions = cs.group("positions", |cs| positions(cs, transcript, round_config));
            let values =
                cs.group("queries", |cs| query(cs, &oracles, &round.trees, &positions, round_config, &t, &alpha));
            let generator = generator(round_config.log_leaves);
            let xs: Vec<Num> = cs
                .group("domain points", |cs| positions.iter().map(|bits| domain_point(cs, generator, bits)).collect());
            match folded {
                Some((root, ood_point, ood_value)) => cs.group("combination", |cs| {
                    let gamma = transcript.challenge(cs, labels::COMBINATION);
                    let values: Vec<Num> = std::iter::once(ood_value).chain(values).collect();
                    let sum = polynomial::horner(cs, &values, &gamma);
                    claim += &cs.mul(&gamma, &sum);
                    claim = cs.reduce(&claim);
                    joined.push(Joined {
                        gamma,
                        xs: std::iter::once(ood_point).chain(xs).collect(),
                        skip: point.len(),
                    });
                    oracles = vec![root];
                }),
                None => cs.group("final queries", |cs| {
                    for (x, value) in xs.iter().zip(&values) {
                        let expected = polynomial::horner(cs, &final_polynomial, x);
                        cs.enforce_equal(&expected, value);
                    }
                }),
            }
        });
    }

    let (last, claim) =
        cs.group("final sumcheck", |cs| sumcheck(cs, transcript, FOLD_LABELS, &claim, &opening.final_sumcheck));
    point.extend_from_slice(&last);
    let weights = weights.evaluate(cs, &point);
    let mut weight = join(cs, weights, &t);
    cs.group("power weights", |cs| {
        for Joined { gamma, xs, skip } in &joined {
            let weights: Vec<Num> = xs.iter().map(|x| power_weight(cs, x, &point[*skip..])).collect();
            let sum = polynomial::horner(cs, &weights, gamma);
            weight += &cs.mul(gamma, &sum);
        }
    });
    cs.group("final claim", |cs| {
        let value = polynomial::evaluate_multilinear(cs, &final_polynomial, &last);
        cs.enforce(&value, &weight, &claim);
    });
}

/// The bits of every query position, low bit first: `positions_per_element` from each squeezed element.
fn positions(cs: &mut ConstraintSystem, transcript: &mut TranscriptVar, round: &RoundConfig) -> Vec<Vec<Num>> {
    let elements = transcript.challenges(cs, labels::POSITIONS, round.position_elements());
    let mut positions = Vec::with_capacity(round.queries);
    for element in &elements {
        let bits = to_bits_canonical(cs, element);
        let chunks = bits.chunks_exact(round.log_leaves).take(round.positions_per_element());
        positions.extend(chunks.map(<[Num]>::to_vec));
    }
    positions.truncate(round.queries);
    positions
}

/// Checks caps, leaves and paths; returns the folded value of each query.
fn query(
    cs: &mut ConstraintSystem,
    roots: &[Num],
    trees: &[TreeOpening],
    positions: &[Vec<Num>],
    round: &RoundConfig,
    t: &[Num],
    alpha: &[Num],
) -> Vec<Num> {
    let eq = eq_table(cs, alpha);
    let mut folded = Vec::with_capacity(trees.len());
    for (index, (root, tree)) in roots.iter().zip(trees).enumerate() {
        let values: Vec<Num> = cs.group_indexed("tree", index, |cs| {
            let cap: Vec<Num> = tree.cap.0.iter().map(|node| cs.witness(*node)).collect();
            cs.group("cap root", |cs| {
                let computed = merkle::cap_root(cs, &cap);
                cs.enforce_equal(&computed, root);
            });
            let queries = positions.iter().zip(&tree.opened.0);
            queries
                .map(|(position, opened)| {
                    let leaf = opened.leaf.map(|value| cs.witness(value));
                    let digest = cs.group("leaf", |cs| compression::compress_leaf(cs, &leaf));
                    let levels = children(native_position(position), compress_leaf(&opened.leaf), &opened.path);
                    debug_assert_eq!(levels.len(), round.path_levels(), "the shape was checked");
                    cs.group("path", |cs| merkle::enforce_path(cs, &digest, position, &levels, &cap));
                    cs.group("fold", |cs| {
                        let value = polynomial::inner_product(cs, &leaf, &eq);
                        cs.reduce(&value)
                    })
                })
                .collect()
        });
        folded.push(values);
    }
    let count = folded.first().map_or(0, Vec::len);
    (0..count).map(|query| join(cs, folded.iter().map(|values| values[query].clone()).collect(), t)).collect()
}

/// `sum_s eq(t, s) v_s`, one variable after the other, the most significant first. One value is not joined.
fn join(cs: &mut ConstraintSystem, mut values: Vec<Num>, t: &[Num]) -> Num {
    if values.len() > 1 {
        values.resize(1 << t.len(), Num::zero());
        for t in t {
            let high = values.split_off(values.len() / 2);
            values = values.iter().zip(&high).map(|(low, high)| low + &cs.mul(t, &(high - low))).collect();
        }
    }
    values.swap_remove(0)
}

/// The position that the bits have in this witness: it only orders the hints.
fn native_position(bits: &[Num]) -> usize {
    bits.iter().rev().fold(0, |position, bit| position << 1 | usize::from(bit.value() != F::from(0u64)))
}

/// `eq(alpha, i)` for all columns, first variable most significant.
fn eq_table(cs: &mut ConstraintSystem, alpha: &[Num]) -> Vec<Num> {
    let mut table = vec![Num::one()];
    for r in alpha {
        let mut next = Vec::with_capacity(2 * table.len());
        for value in &table {
            let high = cs.mul(value, r);
            next.extend([value - &high, high]);
        }
        table = next;
    }
    table.iter().map(|entry| cs.reduce(entry)).collect()
}
