//! Every entry of the weights polynomial is a nibble: a zerocheck of degree 17 (docs/protocol.md eq. 4).
//!
//! ```text
//! 0 = sum_i eq(rho_z, i) prod_{v=0}^{15} (w_i - v)
//! ```
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

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::F;
use rayon::prelude::*;

use crate::multilinear::fold;
use crate::sumcheck::Reduced;
use crate::transcript::{Message, Transcript, labels};

/// Values of a nibble.
const VALUES: usize = 16;
/// Points that determine a round polynomial.
const POINTS: usize = VALUES + 1;

/// A round polynomial: coefficients 1 to 16.
pub type Round = [F; VALUES];

/// `v (15 - v)` for `v = 0 .. 8`.
const PAIRED_ROOTS: [u64; 8] = [0, 14, 26, 36, 44, 50, 54, 56];

/// `prod_{v=0}^{15} (w - v)`, as `prod_{v=0}^{7} (w^2 - 15 w + v (15 - v))`.
pub fn nibble_product(w: F) -> F {
    let base = w * (w - F::from(15u64));
    PAIRED_ROOTS.iter().map(|product| base + F::from(*product)).product()
}

/// The next claim, `h(r)`, with `c0 = claim - rho sum(c)`.
pub fn next_claim(round: &Round, claim: F, rho: F, r: F) -> F {
    let sum: F = round.iter().sum();
    let c0 = claim - rho * sum;
    c0 + r * round.iter().rev().fold(F::ZERO, |value, coefficient| value * r + coefficient)
}

/// Tables of `eq` over the variables after the first, second, .. one: `2^(n-1)`, .., 1 entries.
fn suffix_tables(point: &[F]) -> Vec<Vec<F>> {
    let mut tables = vec![vec![F::ONE]];
    for coordinate in point.iter().skip(1).rev() {
        let last = tables.last().map_or(&[][..], Vec::as_slice);
        let high: Vec<F> = last.par_iter().with_min_len(1 << 10).map(|value| *value * coordinate).collect();
        let mut table: Vec<F> = last.iter().zip(&high).map(|(value, high)| *value - high).collect();
        table.extend(high);
        tables.push(table);
    }
    tables.reverse();
    tables
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

/// First round, on the nibbles themselves: the line depends on one of 256 pairs, so the weights are summed per pair.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "prover: nibbles below 16, checked by the caller"
)]
fn first_round(nibbles: &[u8], weights: &[F]) -> Evaluations {
    let half = nibbles.len() / 2;
    let (low, high) = nibbles.split_at(half);
    let buckets = low
        .par_chunks(1 << 12)
        .zip(high.par_chunks(1 << 12))
        .zip(weights.par_chunks(1 << 12))
        .map(|((low, high), weights)| {
            let mut buckets = vec![F::ZERO; VALUES * VALUES];
            for ((low, high), weight) in low.iter().zip(high).zip(weights) {
                buckets[usize::from(*low) * VALUES + usize::from(*high)] += weight;
            }
            buckets
        })
        .reduce(
            || vec![F::ZERO; VALUES * VALUES],
            |mut a, b| {
                a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
                a
            },
        );
    let mut sum = [F::ZERO; POINTS];
    for (pair, weight) in buckets.iter().enumerate() {
        let line = line_evaluations(F::from((pair / VALUES) as u64), F::from((pair % VALUES) as u64));
        sum = add(sum, line.map(|value| value * weight));
    }
    sum
}

fn later_round(table: &[F], weights: &[F]) -> Evaluations {
    let (low, high) = table.split_at(table.len() / 2);
    low.par_iter()
        .with_min_len(64)
        .zip(high)
        .zip(weights)
        .map(|((low, high), weight)| line_evaluations(*low, *high).map(|value| value * weight))
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

/// Proves that all nibbles are in `0 .. 16`; the proof of larger ones is refused. Returns the messages, the point and `w~` there.
pub fn prove(transcript: &mut Transcript, nibbles: &[u8], seed: &[F]) -> (Vec<Message<Round>>, Vec<F>, F) {
    let basis = lagrange_coefficients();
    let are_small = nibbles.iter().all(|nibble| usize::from(*nibble) < VALUES);
    let mut table: Vec<F> = nibbles.par_iter().with_min_len(1 << 12).map(|nibble| F::from(*nibble)).collect();
    let (mut messages, mut point) = (Vec::new(), Vec::new());
    for (index, weights) in suffix_tables(seed).into_iter().enumerate() {
        let on_nibbles = index == 0 && are_small;
        let evaluations = if on_nibbles { first_round(nibbles, &weights) } else { later_round(&table, &weights) };
        let mut coefficients = [F::ZERO; POINTS];
        for (row, value) in basis.iter().zip(&evaluations) {
            coefficients = add(coefficients, row.map(|entry| entry * value));
        }
        let [_, round @ ..] = coefficients;
        messages.push(transcript.send(labels::RANGE_ROUND, round));
        let r = transcript.challenge(labels::RANGE_POINT);
        fold(&mut table, r);
        point.push(r);
    }
    let value = table.first().copied().unwrap_or_default();
    (messages, point, value)
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
