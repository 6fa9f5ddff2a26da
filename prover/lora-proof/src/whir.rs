//! WHIR over the BN254 scalar field, made for being verified in R1CS (docs/protocol.md section 4).
//!
//! Opens committed polynomials `p_0 = w`, `p_1 = z`, .. of `n` variables at once: shows
//! `sum_i sum_s W_s(i) p_s(i) = claim` for weight functions whose extensions the verifier can evaluate. A few more
//! variables join them: `P(t, i) = sum_s eq(t, s) p_s(i)`, with weight `Q(t, i) = sum_s eq(t, s) W_s(i)`, so the first
//! sumcheck variables fold the trees into one and no separate batching is needed. Then, per round: a sumcheck over
//! four variables; the folded polynomial is committed at a lower rate and answers one out-of-domain sample (or, in the
//! last round, is sent in the clear); grinding; queries into the previous oracle. A query folds a leaf with
//! `eq(alpha, .)` over its 16 columns and must be the value at `x` of the folded polynomial, read as coefficients: a
//! linear claim with the power weight of `x`, which joins the sumcheck by powers of `gamma`.
//!
//! # Caller must
//! have absorbed all roots and the claim's ingredients, and check that out-of-domain values of all polynomials are
//! among the joined claims.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
pub use rankproof_poseidon::grinding::does_work;
use rankproof_statement::F;
use rayon::prelude::*;

use crate::Error;
use crate::commitment::Commitment;
use crate::config::{Config, FOLD, RoundConfig};
use crate::error::{Oracle, check_length};
use crate::join::Parts;
use crate::merkle::{Leaf, MerkleTree, Path, cap_root, is_under_cap};
use crate::multilinear::{add_powers, eq_table, evaluate, horner, power_weight};
use crate::reed_solomon::{self, domain_point};
use crate::sumcheck::{self, FOLD_LABELS, Reduced};
use crate::table::univariate;
use crate::transcript::{Hint, Message, Transcript, labels};
use crate::weights::WeightFunctions;

/// One opened leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The 16 columns.
    pub leaf: Leaf,
    /// Siblings up to the cap.
    pub path: Path,
}

/// The queries into one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeOpening {
    /// The cap, checked against the root.
    pub cap: Hint<Vec<F>>,
    /// One leaf per query.
    pub opened: Hint<Vec<Opened>>,
}

/// The folded polynomial of a round that is not the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// Merkle root.
    pub root: Message<[F; 1]>,
    /// Value at the out-of-domain point.
    pub ood_value: Message<[F; 1]>,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Four sumcheck rounds.
    pub sumcheck: Vec<Message<sumcheck::Round>>,
    /// What was folded; `None` in the last round.
    pub folded: Option<Folded>,
    /// Grinding.
    pub nonce: Message<[F; 1]>,
    /// All committed polynomials in round 0, the folded polynomial later.
    pub trees: Vec<TreeOpening>,
}

/// The whole opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The sumcheck rounds that join the polynomials.
    pub join: Vec<Message<sumcheck::Round>>,
    /// One per query phase.
    pub rounds: Vec<Round>,
    /// The last polynomial; it is sent before the nonce of the last round.
    pub final_polynomial: Message<Vec<F>>,
    /// The rounds over its variables.
    pub final_sumcheck: Vec<Message<sumcheck::Round>>,
}

/// The low bits of the canonical representative, as an integer.
fn low_bits(element: &F, from: usize, count: usize) -> usize {
    let bits = element.into_bigint();
    (0..count).rev().fold(0, |value, bit| value << 1 | usize::from(bits.get_bit(from.saturating_add(bit))))
}

/// Draws the query positions of a round: `positions_per_element` from each squeezed element, low bits first.
pub fn positions(transcript: &mut Transcript, round: &RoundConfig) -> Vec<usize> {
    let elements = transcript.challenges(labels::POSITIONS, round.position_elements());
    elements
        .iter()
        .flat_map(|element| {
            (0..round.positions_per_element())
                .map(move |index| low_bits(element, index.saturating_mul(round.log_leaves), round.log_leaves))
        })
        .take(round.queries)
        .collect()
}

/// Proves `sum_s sum_i W_s(i) p_s(i) = claim` for the committed polynomials and their weight functions.
///
/// # Panics
/// When commitments and weight functions do not have the configured sizes.
#[expect(clippy::arithmetic_side_effects, clippy::expect_used, reason = "prover: its own configuration")]
pub fn open(
    config: &Config,
    transcript: &mut Transcript,
    commitments: &[&Commitment],
    weights: &WeightFunctions,
) -> Opening {
    let parts = Parts { commitments, weights };
    let (join, joined) = parts.prove_join(transcript);
    let (mut sumcheck, [mut table, mut weight]) = joined.prove_folds(transcript);

    let mut rounds = Vec::with_capacity(config.rounds.len());
    let mut final_polynomial = None;
    let mut oracle: Option<(Vec<F>, MerkleTree)> = None;
    for (index, round) in config.rounds.iter().enumerate() {
        while sumcheck.len() < FOLD {
            sumcheck.push(sumcheck::prove_round(transcript, FOLD_LABELS, &mut table, &mut weight).0);
        }
        table.shrink_to_fit();
        weight.shrink_to_fit();
        let mut next = None;
        let folded = config.rounds.get(index + 1).map(|following| {
            let tree = reed_solomon::tree(&table, following);
            let root = transcript.send(labels::FOLDED_ROOT, [tree.root()]);
            let point = transcript.challenge(labels::OOD_POINT);
            let ood_value = transcript.send(labels::OOD_VALUE, [univariate(&table, point)]);
            next = Some((tree, point));
            Folded { root, ood_value }
        });
        if folded.is_none() {
            final_polynomial = Some(transcript.send(labels::FINAL_POLYNOMIAL, table.clone()));
        }
        let nonce = transcript.send(labels::NONCE, [F::from(transcript.duplex().grind(round.pow_bits))]);
        let _work = transcript.challenge(labels::WORK);
        let positions = positions(transcript, round);
        let trees = match &oracle {
            None => commitments
                .iter()
                .map(|commitment| open_tree(commitment.tree(), &positions, commitment.leaves(config, &positions)))
                .collect(),
            Some((table, tree)) => {
                let leaves = positions.par_iter().map(|position| reed_solomon::leaf(table, round, *position)).collect();
                vec![open_tree(tree, &positions, leaves)]
            }
        };
        rounds.push(Round { sumcheck: std::mem::take(&mut sumcheck), folded, nonce, trees });
        if let Some((tree, point)) = next {
            let gamma = transcript.challenge(labels::COMBINATION);
            let mut scale = gamma;
            let xs = positions.iter().map(|position| domain_point(round.log_leaves, *position));
            for x in std::iter::once(point).chain(xs) {
                add_powers(&mut weight, x, scale);
                scale *= gamma;
            }
            oracle = Some((table.clone(), tree));
        }
    }
    let (final_sumcheck, _) = sumcheck::prove(transcript, FOLD_LABELS, &mut table, &mut weight);
    let final_polynomial = final_polynomial.expect("a configuration has a last round");
    Opening { join, rounds, final_polynomial, final_sumcheck }
}

fn open_tree(tree: &MerkleTree, positions: &[usize], leaves: Vec<Leaf>) -> TreeOpening {
    let opened = leaves.into_iter().zip(positions).map(|(leaf, position)| Opened { leaf, path: tree.path(*position) });
    TreeOpening { cap: Hint(tree.cap().to_vec()), opened: Hint(opened.collect()) }
}

/// Claims that joined the sumcheck after a round: the points of the power weights, out-of-domain point first, and the
/// challenge whose powers from 1 on join them.
struct Joined {
    gamma: F,
    xs: Vec<F>,
    /// Coordinates of the final point that come before the folded polynomial's own.
    skip: usize,
}

/// Checks every length of an opening against the configuration.
///
/// # Errors
/// [`Error::LengthMismatch`] names the field.
pub fn check_shape(config: &Config, opening: &Opening) -> Result<(), Error> {
    check_length("join", config.join_variables(), opening.join.len())?;
    check_length("rounds", config.rounds.len(), opening.rounds.len())?;
    for (index, (round, round_config)) in opening.rounds.iter().zip(&config.rounds).enumerate() {
        let is_last = index.saturating_add(1) == config.rounds.len();
        check_length("folded polynomial of a round", usize::from(!is_last), usize::from(round.folded.is_some()))?;
        check_length("sumcheck of a round", FOLD, round.sumcheck.len())?;
        check_length("trees of a round", if index == 0 { config.commitments() } else { 1 }, round.trees.len())?;
        for tree in &round.trees {
            check_length("cap", 1usize << round_config.log_cap, tree.cap.0.len())?;
            check_length("queries", round_config.queries, tree.opened.0.len())?;
            for opened in &tree.opened.0 {
                check_length("path", round_config.path_levels(), opened.path.len())?;
            }
        }
    }
    check_length("final polynomial", 1usize << config.log_final, opening.final_polynomial.unabsorbed().len())?;
    check_length("final sumcheck", config.log_final, opening.final_sumcheck.len())
}

/// Checks an opening of the polynomials under `roots` (of every adapter the weights, then the activations of its runs). `weights` evaluates
/// the extensions of their weight functions at a point of `n` coordinates.
///
/// # Errors
/// The check that failed.
pub fn verify(
    config: &Config,
    transcript: &mut Transcript,
    roots: &[F],
    claim: F,
    weights: impl FnOnce(&[F]) -> Vec<F>,
    opening: &Opening,
) -> Result<(), Error> {
    check_shape(config, opening)?;
    check_length("roots", config.commitments(), roots.len())?;
    let Reduced { point: t, mut claim } = sumcheck::verify(transcript, FOLD_LABELS, claim, &opening.join);
    let shares = eq_table(&t, F::ONE);
    let mut point: Vec<F> = Vec::with_capacity(config.log_size());
    let mut oracles: Vec<(Oracle, F)> =
        Oracle::committed(config.adapters(), config.runs()).zip(roots.iter().copied()).collect();
    let mut joined: Vec<Joined> = Vec::new();

    for (index, (round, round_config)) in opening.rounds.iter().zip(&config.rounds).enumerate() {
        let Reduced { point: alpha, claim: reduced } =
            sumcheck::verify(transcript, FOLD_LABELS, claim, &round.sumcheck);
        claim = reduced;
        point.extend_from_slice(&alpha);
        let folded = round.folded.as_ref().map(|folded| {
            let [root] = *transcript.receive(labels::FOLDED_ROOT, &folded.root);
            let ood_point = transcript.challenge(labels::OOD_POINT);
            let [ood_value] = *transcript.receive(labels::OOD_VALUE, &folded.ood_value);
            (root, ood_point, ood_value)
        });
        if folded.is_none() {
            transcript.receive(labels::FINAL_POLYNOMIAL, &opening.final_polynomial);
        }
        transcript.receive(labels::NONCE, &round.nonce);
        if !does_work(&transcript.challenge(labels::WORK), round_config.pow_bits) {
            return Err(Error::ProofOfWork { round: index, bits: round_config.pow_bits });
        }
        let positions = positions(transcript, round_config);
        for ((oracle, root), tree) in oracles.iter().zip(&round.trees) {
            if cap_root(&tree.cap.0) != *root {
                return Err(Error::MerkleCap { oracle: *oracle });
            }
            for (query, (position, opened)) in positions.iter().zip(&tree.opened.0).enumerate() {
                if !is_under_cap(&tree.cap, *position, &opened.leaf, &opened.path) {
                    return Err(Error::MerklePath { oracle: *oracle, query });
                }
            }
        }
        let values = fold_queries(&round.trees, &shares, &alpha);
        let xs = positions.iter().map(|position| domain_point(round_config.log_leaves, *position));
        match folded {
            Some((root, ood_point, ood_value)) => {
                let gamma = transcript.challenge(labels::COMBINATION);
                let mut scale = gamma;
                for value in std::iter::once(ood_value).chain(values) {
                    claim += scale * value;
                    scale *= gamma;
                }
                joined.push(Joined { gamma, xs: std::iter::once(ood_point).chain(xs).collect(), skip: point.len() });
                oracles = vec![(Oracle::Folded(index.saturating_add(1)), root)];
            }
            None => {
                let polynomial = opening.final_polynomial.unabsorbed();
                for (query, (x, value)) in xs.zip(values).enumerate() {
                    if horner(polynomial, x) != value {
                        return Err(Error::FinalQuery { query });
                    }
                }
            }
        }
    }

    let Reduced { point: last, claim } = sumcheck::verify(transcript, FOLD_LABELS, claim, &opening.final_sumcheck);
    point.extend_from_slice(&last);
    let mut weight: F = weights(&point).iter().zip(&shares).map(|(weight, share)| *weight * share).sum();
    for Joined { gamma, xs, skip } in &joined {
        let tail = point.get(*skip..).unwrap_or_default();
        let mut scale = *gamma;
        for x in xs {
            weight += scale * power_weight(*x, tail);
            scale *= gamma;
        }
    }
    let value = evaluate(opening.final_polynomial.unabsorbed(), &last);
    if value * weight == claim { Ok(()) } else { Err(Error::FinalClaim) }
}

/// Folds each query's leaf over its columns with `eq(alpha, .)`; in round 0 the trees are joined by their shares.
fn fold_queries(trees: &[TreeOpening], shares: &[F], alpha: &[F]) -> Vec<F> {
    let eq = eq_table(alpha, F::ONE);
    let fold_leaf = |opened: &Opened| opened.leaf.iter().zip(&eq).map(|(value, eq)| *value * eq).sum::<F>();
    let mut folded = trees.iter().map(|tree| tree.opened.0.iter().map(fold_leaf).collect::<Vec<F>>());
    if let [_one] = trees {
        return folded.next().unwrap_or_default();
    }
    let mut joined = Vec::new();
    for (values, share) in folded.zip(shares) {
        joined.resize(values.len(), F::ZERO);
        joined.iter_mut().zip(values).for_each(|(joined, value)| *joined += *share * value);
    }
    joined
}
