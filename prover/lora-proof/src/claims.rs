//! The claims about the two committed polynomials, as linear functionals (docs/protocol.md eq. 5, 6).
//!
//! After the sumchecks, these claims are left: `a`, `b`, `w~(rho_w)` and the out-of-domain value on the weights; `x`, `y`
//! on the activations, and their out-of-domain value. When several runs share the argument, `x` and `y` are about their
//! combination by powers of `delta`, and each run has an out-of-domain value of its own. Each is an inner product of the table with a *weight function*
//! whose multilinear extension anybody can evaluate in O(modules * variables) operations. [`Batched::evaluate`] is the
//! verifier's side, [`Batched::weight_functions`] the prover's; powers of `gamma` join them. Coordinates are addressed from the
//! least significant one, as in `low(point)[0]`.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::{F, InputsLayout, Maxima, SlotLayout, WeightBits, WeightsLayout};

use crate::multilinear::{eq, eq1, power_weight};

/// The random points of the sumchecks, and the layouts they are read through.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    /// What fits.
    pub maxima: &'a Maxima,
    /// Layout of the weights.
    pub weights: &'a WeightsLayout,
    /// Layout of the run.
    pub inputs: &'a InputsLayout,
    /// `rho_o`, `omega` coordinates.
    pub output: &'a [F],
    /// `rho_t`, `tau` coordinates.
    pub token: &'a [F],
    /// `rho_k`, `kappa` coordinates.
    pub rank: &'a [F],
    /// `rho_j`, `iota` coordinates.
    pub input: &'a [F],
    /// `rho_w`, `n` coordinates.
    pub range: &'a [F],
    /// Out-of-domain point of the weights.
    pub weights_ood: F,
    /// Out-of-domain points of the activations, run by run.
    pub activations_ood: &'a [F],
}

/// The claimed values.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// `A~(rho_k, rho_j)`.
    pub a: F,
    /// `B~(rho_o, rho_k)`.
    pub b: F,
    /// `w~(rho_w)`.
    pub range: F,
    /// Out-of-domain value of the weights.
    pub weights_ood: F,
    /// `X~(rho_j, rho_t)`.
    pub x: F,
    /// `Y~(rho_o, rho_t)`.
    pub y: F,
    /// Out-of-domain values of the activations, run by run.
    pub activations_ood: &'a [F],
}

/// Coordinates from the least significant one.
pub fn low(point: &[F]) -> impl Iterator<Item = F> + '_ {
    point.iter().rev().copied()
}

fn has_bit(index: u64, bit: usize) -> bool {
    let shifted = u32::try_from(bit).ok().and_then(|bit| index.checked_shr(bit));
    shifted.unwrap_or(0) & 1 == 1
}

/// `eq` of the bits of `index` from bit `from` on with the coordinates (least significant first) from there on.
fn prefix_eq(index: u64, from: usize, coordinates: &[F]) -> F {
    coordinates
        .iter()
        .enumerate()
        .skip(from)
        .map(|(bit, r)| if has_bit(index, bit) { *r } else { F::ONE - r })
        .product()
}

/// `prod_{i < count} eq1(p_i, q_i)`, least significant coordinates first.
fn low_eq(p: &[F], q: &[F], count: usize) -> F {
    p.iter().zip(q).take(count).map(|(p, q)| eq1(*p, *q)).product()
}

/// A point with the least significant coordinate first.
fn reversed(point: &[F]) -> Vec<F> {
    low(point).collect()
}

/// The coordinates from `count` on.
fn after(coordinates: &[F], count: usize) -> &[F] {
    coordinates.get(count..).unwrap_or_default()
}

/// `eq` over all coordinates of the longer list, the shorter one extended by zeros.
fn eq_zero_extended(p: &[F], q: &[F]) -> F {
    let rest = |longer: &[F], from: usize| after(longer, from).iter().map(|r| F::ONE - r).product::<F>();
    low_eq(p, q, p.len()) * rest(p, q.len()) * rest(q, p.len())
}

/// The prefixes of one slot in the three index spaces.
struct Prefixes {
    rank: F,
    input: F,
    output: F,
}

impl Points<'_> {
    fn slots(&self) -> impl Iterator<Item = (&SlotLayout, Prefixes)> {
        let (rank, input, output) = (reversed(self.rank), reversed(self.input), reversed(self.output));
        let log_rank = self.weights.log_rank;
        self.weights.slots.iter().zip(&self.inputs.input_offsets).zip(0u64..).map(move |((slot, offset), index)| {
            let shift = u32::try_from(log_rank).unwrap_or(u32::MAX);
            let first_rank = index.checked_shl(shift).unwrap_or(0);
            let prefixes = Prefixes {
                rank: prefix_eq(first_rank, log_rank, &rank),
                input: prefix_eq(u64::from(*offset), slot.log_in, &input),
                output: prefix_eq(u64::from(slot.output_offset), slot.log_out, &output),
            };
            (slot, prefixes)
        })
    }

    /// What the encoding adds to the claims `a` and `b` (eq. 6): nibbles are unsigned, weights are not.
    pub fn offsets(&self) -> [F; 2] {
        let constant = F::from(self.weights.bits.offset());
        let (mut a, mut b) = (F::ZERO, F::ZERO);
        for (_, prefixes) in self.slots() {
            a += prefixes.rank * prefixes.input;
            b += prefixes.rank * prefixes.output;
        }
        [constant * a, constant * b]
    }

    /// `h_a~(r)` and `h_b~(r)` (eq. 5).
    fn weight_functions(&self, r: &[F]) -> [F; 2] {
        let r = reversed(r);
        let log_rank = self.weights.log_rank;
        let within_unit = low_eq(&r, &reversed(self.rank), log_rank);
        let planes = match self.weights.bits {
            WeightBits::Four => F::ONE,
            WeightBits::Eight => {
                let plane = r.get(log_rank).copied().unwrap_or_default();
                F::ONE + F::from(15u64) * plane
            }
        };
        let units = after(&r, self.weights.log_unit());
        let (input, output) = (reversed(self.input), reversed(self.output));
        let (mut a, mut b) = (F::ZERO, F::ZERO);
        for (slot, prefixes) in self.slots() {
            a += prefixes.rank
                * prefixes.input
                * low_eq(units, &input, slot.log_in)
                * prefix_eq(u64::from(slot.weights_a), slot.log_in, units);
            b += prefixes.rank
                * prefixes.output
                * low_eq(units, &output, slot.log_out)
                * prefix_eq(u64::from(slot.weights_b), slot.log_out, units);
        }
        let common = within_unit * planes;
        [common * a, common * b]
    }

    /// The weight functions of `x` and `y`: `eq` over rows and tokens in the lower and the upper half.
    fn activation_functions(&self, r: &[F]) -> [F; 2] {
        let Some((half, rest)) = r.split_first() else { return [F::ZERO; 2] };
        let rest = reversed(rest);
        let log_tokens = self.inputs.log_tokens;
        let token = reversed(self.token);
        let tokens = low_eq(&rest, &token, log_tokens) * prefix_eq(0, log_tokens, &token);
        let rows = after(&rest, log_tokens);
        let x = (F::ONE - half) * tokens * eq_zero_extended(rows, &reversed(self.input));
        let y = *half * tokens * eq_zero_extended(rows, &reversed(self.output));
        [x, y]
    }
}

/// All claims joined by powers of `gamma`.
#[derive(Clone, Copy, Debug)]
pub struct Batched<'a> {
    /// Where the claims are.
    pub points: Points<'a>,
    /// The challenge that joins the claims.
    pub gamma: F,
    /// What each run counts in `x` and `y`: `delta^0`, `delta^1`, ..
    pub runs: &'a [F],
}

impl Batched<'_> {
    /// The joined claim: `sum_i W(i) w_i + sum_s Z_s(i) z_s(i)`.
    pub fn claim(&self, values: &Values<'_>) -> F {
        let [offset_a, offset_b] = self.points.offsets();
        let terms = [values.a + offset_a, values.b + offset_b, values.range, values.weights_ood, values.x, values.y];
        let terms = terms.iter().chain(values.activations_ood);
        terms.rev().fold(F::ZERO, |sum, term| sum * self.gamma + term)
    }

    /// `W~(r)`, then `Z_s~(r)` run by run.
    pub fn evaluate(&self, r: &[F]) -> Vec<F> {
        let points = &self.points;
        let [a, b] = points.weight_functions(r);
        let [x, y] = points.activation_functions(r);
        let range = eq(points.range, r);
        let gamma = self.gamma;
        let weights = a + gamma * (b + gamma * (range + gamma * power_weight(points.weights_ood, r)));
        let run = gamma.square().square() * (x + gamma * y);
        let mut power = gamma.pow([6]);
        let mut all = vec![weights];
        for (share, ood) in self.runs.iter().zip(points.activations_ood) {
            all.push(*share * run + power * power_weight(*ood, r));
            power *= gamma;
        }
        all
    }
}
