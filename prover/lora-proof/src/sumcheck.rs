//! Sumcheck for a product of two multilinear polynomials, or a sum of such products.
//!
//! Reduces `sum_{x in {0,1}^n} sum_s a_s(x) b_s(x) = claim` to one claim about `sum_s a_s(r) b_s(r)` at a random point `r`
//! (docs/protocol.md eq. 2, 3 and section 4). All tables have `2^n` entries, most significant index bit first.
//! A round polynomial `g(X) = c0 + c1 X + c2 X^2` travels as `[c0, c2]`; `c1` follows from `g(0) + g(1) = claim`.
//! It does not check the last claim: whoever calls [`verify`] must.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::AdditiveGroup;
use rankproof_statement::F;
use rayon::prelude::*;

use crate::multilinear::fold;
use crate::transcript::{Message, Transcript, labels};

const PARALLEL: usize = 1 << 10;
/// Labels of the rounds of an opening.
pub(crate) const FOLD_LABELS: [&str; 2] = [labels::FOLD_ROUND, labels::FOLD];

/// A round polynomial: constant and quadratic coefficient.
pub type Round = [F; 2];

/// What a verifier still owes after the last round.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Reduced {
    /// The random point.
    pub point: Vec<F>,
    /// What the product must be there.
    pub claim: F,
}

/// The next claim: `g(r)` with `c1 = claim - 2 c0 - c2`.
pub fn next_claim([c0, c2]: Round, claim: F, r: F) -> F {
    let c1 = claim - c0.double() - c2;
    c0 + r * (c1 + r * c2)
}

/// The round polynomial of two tables.
pub fn round(a: &[F], b: &[F]) -> Round {
    let half = a.len() / 2;
    let ((a_low, a_high), (b_low, b_high)) = (a.split_at(half), b.split_at(half));
    a_low
        .par_iter()
        .with_min_len(PARALLEL)
        .zip(a_high)
        .zip(b_low.par_iter().zip(b_high))
        .map(|((a0, a1), (b0, b1))| [*a0 * b0, (*a1 - a0) * (*b1 - b0)])
        .reduce(|| [F::ZERO; 2], |x, y| [x[0] + y[0], x[1] + y[1]])
}

/// One round of the prover: sends the polynomial, draws the challenge, folds both tables.
pub fn prove_round(
    transcript: &mut Transcript,
    [round_label, challenge_label]: [&'static str; 2],
    a: &mut Vec<F>,
    b: &mut Vec<F>,
) -> (Message<Round>, F) {
    let message = transcript.send(round_label, round(a, b));
    let r = transcript.challenge(challenge_label);
    fold(a, r);
    fold(b, r);
    (message, r)
}

/// All rounds of the prover; returns the messages and the point. The tables shrink to one value each.
pub fn prove(
    transcript: &mut Transcript,
    labels: [&'static str; 2],
    a: &mut Vec<F>,
    b: &mut Vec<F>,
) -> (Vec<Message<Round>>, Vec<F>) {
    (0..a.len().ilog2()).map(|_| prove_round(transcript, labels, a, b)).unzip()
}

/// All rounds of the prover for `sum_s share_s a_s b_s`; the tables shrink to one value each.
pub fn prove_sum(
    transcript: &mut Transcript,
    [round_label, challenge_label]: [&'static str; 2],
    shares: &[F],
    products: &mut [[Vec<F>; 2]],
) -> (Vec<Message<Round>>, Vec<F>) {
    let variables = products.first().map_or(0, |[a, _]| a.len().ilog2());
    (0..variables)
        .map(|_| {
            let rounds = shares.iter().zip(&*products).map(|(share, [a, b])| round(a, b).map(|value| *share * value));
            let sum = rounds.fold([F::ZERO; 2], |sum, round| [sum[0] + round[0], sum[1] + round[1]]);
            let message = transcript.send(round_label, sum);
            let r = transcript.challenge(challenge_label);
            products.iter_mut().flatten().for_each(|table| fold(table, r));
            (message, r)
        })
        .unzip()
}

/// Replays the rounds.
///
/// # Caller must
/// check the number of rounds before, and the returned claim after.
pub fn verify(
    transcript: &mut Transcript,
    [round_label, challenge_label]: [&'static str; 2],
    mut claim: F,
    rounds: &[Message<Round>],
) -> Reduced {
    let mut point = Vec::with_capacity(rounds.len());
    for message in rounds {
        let round = *transcript.receive(round_label, message);
        let r = transcript.challenge(challenge_label);
        claim = next_claim(round, claim, r);
        point.push(r);
    }
    Reduced { point, claim }
}
