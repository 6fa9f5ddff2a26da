//! The claims about the committed polynomials, as linear functionals (docs/protocol.md eq. 5, 6).
//!
//! After the sumchecks, these claims are left: `a`, `b`, `w~(rho_w)` and the out-of-domain value on the weights; `x`, `y`
//! on the activations, and their out-of-domain value. When several runs share the argument, `x` and `y` are about their
//! combination by powers of `delta`, and each run has an out-of-domain value of its own; when several adapters do, each
//! has all of these but `y`, which is about the runs of all. Each is an inner product of the table with a *weight function*
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
use rankproof_statement::field::size;
use rankproof_statement::{F, InputsLayout, Maxima, SlotLayout, WeightBits, WeightsLayout};

use crate::multilinear::{eq, eq1, power_weight};

/// The random points of the sumchecks.
#[derive(Clone, Copy, Debug)]
pub struct Points<'a> {
    /// What fits.
    pub maxima: &'a Maxima,
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
}

/// What the claims about one adapter are read through.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Layout of the weights.
    pub weights: &'a WeightsLayout,
    /// Layout of the runs.
    pub inputs: &'a InputsLayout,
    /// Out-of-domain point of the weights.
    pub weights_ood: F,
    /// Out-of-domain points of the activations, run by run.
    pub activations_ood: Vec<F>,
}

/// The claimed values about one adapter.
#[derive(Clone, Debug)]
pub struct Values {
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
    /// Out-of-domain values of the activations, run by run.
    pub activations_ood: Vec<F>,
}

/// Claims about one adapter before `y`: `a`, `b`, `w`, the out-of-domain value of the weights, `x`.
pub const CLAIMS_OF_ADAPTER: usize = 5;

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

/// The claims about one adapter at the points of the sumchecks.
#[derive(Clone, Copy)]
struct OfAdapter<'a> {
    points: &'a Points<'a>,
    part: &'a Part<'a>,
}

impl OfAdapter<'_> {
    fn slots(&self) -> impl Iterator<Item = (&SlotLayout, Prefixes)> {
        let Self { points, part } = self;
        let (rank, input, output) = (reversed(points.rank), reversed(points.input), reversed(points.output));
        let log_rank = part.weights.log_rank;
        part.weights.slots.iter().zip(&part.inputs.input_offsets).zip(0u64..).map(move |((slot, offset), index)| {
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
    fn offsets(&self) -> [F; 2] {
        let constant = F::from(self.part.weights.bits.offset());
        let (mut a, mut b) = (F::ZERO, F::ZERO);
        for (_, prefixes) in self.slots() {
            a += prefixes.rank * prefixes.input;
            b += prefixes.rank * prefixes.output;
        }
        [constant * a, constant * b]
    }

    /// `h_a~(r)` and `h_b~(r)` (eq. 5).
    fn weight_functions(&self, r: &[F]) -> [F; 2] {
        let Self { points, part } = self;
        let r = reversed(r);
        let log_rank = part.weights.log_rank;
        let within_unit = low_eq(&r, &reversed(points.rank), log_rank);
        let planes = match part.weights.bits {
            WeightBits::Four => F::ONE,
            WeightBits::Eight => {
                let plane = r.get(log_rank).copied().unwrap_or_default();
                F::ONE + F::from(15u64) * plane
            }
        };
        let units = after(&r, part.weights.log_unit());
        let (input, output) = (reversed(points.input), reversed(points.output));
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
        let Self { points, part } = self;
        let Some((half, rest)) = r.split_first() else { return [F::ZERO; 2] };
        let rest = reversed(rest);
        let log_tokens = part.inputs.log_tokens;
        let token = reversed(points.token);
        let tokens = low_eq(&rest, &token, log_tokens) * prefix_eq(0, log_tokens, &token);
        let rows = after(&rest, log_tokens);
        let x = (F::ONE - half) * tokens * eq_zero_extended(rows, &reversed(points.input));
        let y = *half * tokens * eq_zero_extended(rows, &reversed(points.output));
        [x, y]
    }
}

/// All claims joined by powers of `gamma`: for every adapter `a`, `b`, `w`, the out-of-domain value of the weights, `x`;
/// then `y`; then the out-of-domain value of every run.
#[derive(Clone, Debug)]
pub struct Batched<'a> {
    /// Where the claims are.
    pub points: Points<'a>,
    /// The adapters.
    pub adapters: Vec<Part<'a>>,
    /// The challenge that joins the claims.
    pub gamma: F,
    /// What each run counts in `x` and `y`: `delta^0`, `delta^1`, .., adapter by adapter.
    pub runs: &'a [F],
}

impl Batched<'_> {
    fn of_adapters(&self) -> impl Iterator<Item = OfAdapter<'_>> {
        self.adapters.iter().map(|part| OfAdapter { points: &self.points, part })
    }

    /// The power of `gamma` with which the claims about an adapter begin; after the last one stands that of `y`.
    pub(crate) fn first_power(&self, adapter: usize) -> F {
        self.gamma.pow([size(adapter.saturating_mul(CLAIMS_OF_ADAPTER))])
    }

    /// The joined claim: `sum_i W(i) w_i + sum_s Z_s(i) z_s(i)`, over all adapters; `y` is `Y~(rho_o, rho_t)`.
    pub fn claim(&self, values: &[Values], y: F) -> F {
        let mut terms = Vec::new();
        for (adapter, values) in self.of_adapters().zip(values) {
            let [offset_a, offset_b] = adapter.offsets();
            terms.extend([values.a + offset_a, values.b + offset_b, values.range, values.weights_ood, values.x]);
        }
        terms.push(y);
        terms.extend(values.iter().flat_map(|values| &values.activations_ood));
        terms.iter().rev().fold(F::ZERO, |sum, term| sum * self.gamma + term)
    }

    /// For every adapter `W~(r)`, then `Z_s~(r)` run by run.
    pub fn evaluate(&self, r: &[F]) -> Vec<F> {
        let points = &self.points;
        let range = eq(points.range, r);
        let gamma = self.gamma;
        let of_y = self.first_power(self.adapters.len());
        let mut power = of_y;
        let mut shares = self.runs.iter();
        let mut all = Vec::new();
        for (index, adapter) in self.of_adapters().enumerate() {
            let first = self.first_power(index);
            let [a, b] = adapter.weight_functions(r);
            let [x, y] = adapter.activation_functions(r);
            let weights_ood = power_weight(adapter.part.weights_ood, r);
            all.push(first * (a + gamma * (b + gamma * (range + gamma * weights_ood))));
            let run = first * gamma.square().square() * x + of_y * y;
            for (ood, share) in adapter.part.activations_ood.iter().zip(&mut shares) {
                power *= gamma;
                all.push(*share * run + power * power_weight(*ood, r));
            }
        }
        all
    }
}
