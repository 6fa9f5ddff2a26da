//! Every entry of the weights polynomial is a nibble: a zerocheck of degree 17 (docs/protocol.md eq. 4).
//!
//! ```text
//! 0 = sum_i eq(rho_z, i) prod_{v=0}^{15} (w_i - v)
//! ```
//!
//! The polynomials of several adapters are checked as one sum, in which each counts a power of a challenge.
//!
//! The eq factor of the current variable is known to both sides, so a round sends only
//! `h(X) = sum_x eq(rest, x) prod_v (w(r, X, x) - v)`, degree 16, with
//! `claim = (1 - rho) h(0) + rho h(1)` and next claim `h(r)`. The constant coefficient follows from the claim:
//! `c0 = claim - rho (c1 + .. + c16)`; the message is `c1 .. c16`. After the last round the claim is
//! `prod_v (w~(rho_w) - v)`. It does not show that `w` is what was committed: `w~(rho_w)` must be opened.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::{AdditiveGroup, Field, MontFp};
use rankproof_statement::F;
use rayon::prelude::*;

use crate::multilinear::fold;
use crate::product::Product;
use crate::sumcheck::Reduced;
use crate::transcript::{Message, Transcript, labels};

/// Values of a nibble.
const VALUES: usize = 16;
/// Points that determine a round polynomial.
const POINTS: usize = VALUES + 1;
/// Base-2 logarithm of the weights that are multiplied by one factor afterwards.
const LOG_ROW: usize = 6;

/// A round polynomial: coefficients 1 to 16.
pub type Round = [F; VALUES];

/// `v (15 - v)` for `v = 1 .. 8`.
const PAIRED_ROOTS: [F; 7] =
    [MontFp!("14"), MontFp!("26"), MontFp!("36"), MontFp!("44"), MontFp!("50"), MontFp!("54"), MontFp!("56")];

/// `prod_{v=0}^{15} (w - v)`, as `prod_{v=0}^{7} (w^2 - 15 w + v (15 - v))`.
pub fn nibble_product(w: F) -> F {
    const FIFTEEN: F = MontFp!("15");
    let base = w * (w - FIFTEEN);
    PAIRED_ROOTS.iter().fold(base, |product, root| product * (base + root))
}

/// The next claim, `h(r)`, with `c0 = claim - rho sum(c)`.
pub fn next_claim(round: &Round, claim: F, rho: F, r: F) -> F {
    let sum: F = round.iter().sum();
    let c0 = claim - rho * sum;
    c0 + r * round.iter().rev().fold(F::ZERO, |value, coefficient| value * r + coefficient)
}

type Evaluations = [F; POINTS];

/// Evaluations of `prod_v (w(X) - v)` at `X = 0 .. 16` for a line through `w(0)`, `w(1)`.
fn line_evaluations(low: F, high: F) -> Evaluations {
    let step = high - low;
    let mut w = low;
    std::array::from_fn(|_| {
        let value = nibble_product(w);
        w += step;
        value
    })
}

fn add(mut sum: Evaluations, other: Evaluations) -> Evaluations {
    for (sum, other) in sum.iter_mut().zip(other) {
        *sum += other;
    }
    sum
}

/// Whether the second round has at most half as many lines, `2^16`, as entries, so that weights are summed first.
const fn has_buckets_of_four(nibbles: usize) -> bool {
    nibbles >> 19 != 0
}

/// What a thread needs of its own for a table of `2^log_size` nibbles, in bytes: five times the buckets, of which some
/// wait to be added.
pub(crate) fn scratch_bytes(log_size: usize) -> u64 {
    if has_buckets_of_four(1 << log_size) { 10 << 20 } else { 1 << 20 }
}

/// Sums of weights, one for each of the lines that come up.
fn add_buckets(mut a: Vec<F>, b: Vec<F>) -> Vec<F> {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

/// The two first rounds, on the nibbles themselves. A line depends on one of `256` pairs of nibbles in the first round,
/// on one of `256` pairs of pairs in the second, so weights are summed per line and each line is evaluated once.
struct Small<'a> {
    nibbles: &'a [u8],
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "prover: nibbles below 16, checked by the caller"
)]
impl Small<'_> {
    /// Sums of weights per tuple of the nibbles that one entry of the given fraction of the table is made of, the
    /// first of them most significant.
    fn buckets<const PARTS: usize>(&self, weights: &Product) -> Vec<F> {
        let count = VALUES.pow(PARTS as u32);
        let length = self.nibbles.len() / PARTS;
        let share = length.div_ceil(rayon::current_num_threads() * 4).max(count * 4);
        (0..length)
            .into_par_iter()
            .step_by(share)
            .map(|first| {
                let mut buckets = vec![F::ZERO; count];
                for index in first..length.min(first + share) {
                    buckets[self.tuple::<PARTS>(index)] += weights.at(index);
                }
                buckets
            })
            .reduce(|| vec![F::ZERO; count], add_buckets)
    }

    fn tuple<const PARTS: usize>(&self, index: usize) -> usize {
        let length = self.nibbles.len() / PARTS;
        (0..PARTS).fold(0, |tuple, part| tuple * VALUES + usize::from(self.nibbles[part * length + index]))
    }

    fn first_round(&self, weights: &Product) -> Evaluations {
        let mut sum = [F::ZERO; POINTS];
        for (pair, weight) in self.buckets::<2>(weights).iter().enumerate() {
            let line = line_evaluations(F::from((pair / VALUES) as u64), F::from((pair % VALUES) as u64));
            sum = add(sum, line.map(|value| value * weight));
        }
        sum
    }

    /// What a pair of nibbles is folded to, for every pair.
    fn folded_pairs(r: F) -> Vec<F> {
        let value = |nibble: usize| F::from(nibble as u64);
        (0..VALUES * VALUES)
            .map(|pair| value(pair / VALUES) + r * (value(pair % VALUES) - value(pair / VALUES)))
            .collect()
    }

    /// The line of four nibbles, one of each quarter: the first variable pairs a quarter with the next but one.
    fn line(pairs: &[F], tuple: usize) -> [F; 2] {
        let nibble = |part: usize| tuple >> (4 * (3 - part)) & (VALUES - 1);
        [pairs[nibble(0) * VALUES + nibble(2)], pairs[nibble(1) * VALUES + nibble(3)]]
    }

    fn second_round(&self, pairs: &[F], weights: &Product) -> Evaluations {
        let evaluate = |tuple: usize, weight: F| {
            let [low, high] = Self::line(pairs, tuple);
            line_evaluations(low, high).map(|value| value * weight)
        };
        if !has_buckets_of_four(self.nibbles.len()) {
            return (0..self.nibbles.len() / 4)
                .into_par_iter()
                .with_min_len(64)
                .map(|index| evaluate(self.tuple::<4>(index), weights.at(index)))
                .reduce(|| [F::ZERO; POINTS], add);
        }
        self.buckets::<4>(weights)
            .into_par_iter()
            .enumerate()
            .with_min_len(64)
            .map(|(tuple, weight)| evaluate(tuple, weight))
            .reduce(|| [F::ZERO; POINTS], add)
    }

    /// The table after both rounds: a quarter of the entries.
    fn table(&self, pairs: &[F], r: F) -> Vec<F> {
        (0..self.nibbles.len() / 4)
            .into_par_iter()
            .with_min_len(1 << 10)
            .map(|index| {
                let [low, high] = Self::line(pairs, self.tuple::<4>(index));
                low + r * (high - low)
            })
            .collect()
    }
}

fn later_round(table: &[F], weights: &Product) -> Evaluations {
    let (low, high) = table.split_at(table.len() / 2);
    let (factors, row) = weights.rows();
    low.par_chunks(row.len())
        .zip(high.par_chunks(row.len()))
        .zip(factors)
        .map(|((low, high), factor)| {
            let of_row = low.iter().zip(high).zip(row).fold([F::ZERO; POINTS], |sum, ((low, high), weight)| {
                add(sum, line_evaluations(*low, *high).map(|value| value * weight))
            });
            of_row.map(|value| value * factor)
        })
        .reduce(|| [F::ZERO; POINTS], add)
}

/// Coefficients of the Lagrange basis on `0 .. 16`: row `i` is the polynomial that is 1 at `i`.
#[expect(clippy::as_conversions, reason = "prover: constants below 17")]
fn lagrange_coefficients() -> Vec<Evaluations> {
    (0..POINTS)
        .map(|i| {
            let mut coefficients = [F::ZERO; POINTS];
            coefficients[0] = F::ONE;
            let mut denominator = F::ONE;
            for j in (0..POINTS).filter(|j| *j != i) {
                let root = F::from(j as u64);
                denominator *= F::from(i as u64) - root;
                let mut carry = F::ZERO;
                for coefficient in &mut coefficients {
                    let next = carry - root * *coefficient;
                    carry = *coefficient;
                    *coefficient = next;
                }
            }
            let inverse = denominator.inverse().unwrap_or_default();
            coefficients.map(|coefficient| coefficient * inverse)
        })
        .collect()
}

/// `sum_s factor_s evaluations_s`.
fn combine(parts: impl Iterator<Item = (Evaluations, F)>) -> Evaluations {
    parts.fold([F::ZERO; POINTS], |sum, (evaluations, factor)| add(sum, evaluations.map(|value| value * factor)))
}

/// Proves that all nibbles are in `0 .. 16`, of every table at once: each counts its factor in one sum. The proof of
/// larger ones is refused. Returns the messages, the point, and each `w~` there.
pub fn prove(transcript: &mut Transcript, parts: &[(&[u8], F)], seed: &[F]) -> (Vec<Message<Round>>, Vec<F>, Vec<F>) {
    let basis = lagrange_coefficients();
    let mut messages = Vec::new();
    let mut round = |evaluations: Evaluations| {
        let mut coefficients = [F::ZERO; POINTS];
        for (row, value) in basis.iter().zip(&evaluations) {
            coefficients = add(coefficients, row.map(|entry| entry * value));
        }
        let [_, round @ ..] = coefficients;
        messages.push(transcript.send(labels::RANGE_ROUND, round));
        transcript.challenge(labels::RANGE_POINT)
    };
    // Weights of a round: eq over the variables that follow.
    let weights = |rounds: usize| Product::eq(seed.get(rounds..).unwrap_or_default(), F::ONE, LOG_ROW);
    let mut point = Vec::new();
    let mut tables: Vec<(Vec<F>, F)>;
    let are_nibbles = |nibbles: &[u8]| nibbles.iter().all(|nibble| usize::from(*nibble) < VALUES);
    if parts.iter().all(|(nibbles, _)| are_nibbles(nibbles)) && seed.len() > 2 {
        let small = || parts.iter().map(|(nibbles, factor)| (Small { nibbles }, *factor));
        let first = weights(1);
        point.push(round(combine(small().map(|(small, factor)| (small.first_round(&first), factor)))));
        let pairs = Small::folded_pairs(point.last().copied().unwrap_or_default());
        let second = weights(2);
        let r = round(combine(small().map(|(small, factor)| (small.second_round(&pairs, &second), factor))));
        tables = small().map(|(small, factor)| (small.table(&pairs, r), factor)).collect();
        point.push(r);
    } else {
        let table = |nibbles: &[u8]| nibbles.iter().map(|nibble| F::from(*nibble)).collect();
        tables = parts.iter().map(|(nibbles, factor)| (table(nibbles), *factor)).collect();
    }
    while point.len() < seed.len() {
        let later = weights(point.len().saturating_add(1));
        let r = round(combine(tables.iter().map(|(table, factor)| (later_round(table, &later), *factor))));
        tables.iter_mut().for_each(|(table, _)| fold(table, r));
        point.push(r);
    }
    let values = tables.iter().map(|(table, _)| table.first().copied().unwrap_or_default());
    (messages, point, values.collect())
}

/// Replays the rounds from the claim 0.
///
/// # Caller must
/// check the number of rounds before, and that the returned claim is [`nibble_product`] of an opened `w~(point)`.
pub fn verify(transcript: &mut Transcript, seed: &[F], rounds: &[Message<Round>]) -> Reduced {
    let mut claim = F::ZERO;
    let mut point = Vec::with_capacity(rounds.len());
    for (message, rho) in rounds.iter().zip(seed) {
        let round = transcript.receive(labels::RANGE_ROUND, message);
        let r = transcript.challenge(labels::RANGE_POINT);
        claim = next_claim(round, claim, *rho, r);
        point.push(r);
    }
    Reduced { point, claim }
}
