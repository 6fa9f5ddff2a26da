//! The weight functions of the claims in constraints (docs/protocol.md eq. 5, 6); mirrors `lora-proof/src/claims.rs`.
//!
//! Coordinates are least significant first. What depends on the padded sizes alone is computed once for all slots: the
//! point is shifted by the unit size (and by the number of tokens), so that the row bits of every block start at
//! coordinate 0, and the products of `eq` over the first 0, 1, 2, .. of them form a table that each slot selects from.

use ark_ff::Field;
use rankproof_lora_proof::claims::CLAIMS_OF_ADAPTER;
use rankproof_statement::{F, Maxima, WeightBits};

use super::layout::LayoutVar;
use crate::gadgets::polynomial::{eq, eq_factor};
use crate::{ConstraintSystem, Num};

/// The random points of the sumchecks.
#[derive(Clone, Debug)]
pub struct PointsVar {
    /// `rho_o`.
    pub output: Vec<Num>,
    /// `rho_t`.
    pub token: Vec<Num>,
    /// `rho_k`.
    pub rank: Vec<Num>,
    /// `rho_j`.
    pub input: Vec<Num>,
    /// `rho_w`.
    pub range: Vec<Num>,
}

/// What the claims about one adapter are read through.
#[derive(Clone, Debug)]
pub struct PartVar<'a> {
    /// Both layouts.
    pub layout: &'a LayoutVar,
    /// Out-of-domain point of the weights.
    pub weights_ood: Num,
    /// Out-of-domain points of the activations, run by run.
    pub activations_ood: Vec<Num>,
}

/// The claimed values about one adapter.
#[derive(Clone, Debug)]
pub struct ValuesVar {
    /// `A~(rho_k, rho_j)`.
    pub a: Num,
    /// `B~(rho_o, rho_k)`.
    pub b: Num,
    /// `w~(rho_w)`.
    pub range: Num,
    /// Out-of-domain value of the weights.
    pub weights_ood: Num,
    /// `X~(rho_j, rho_t)`.
    pub x: Num,
    /// Out-of-domain values of the activations, run by run.
    pub activations_ood: Vec<Num>,
}

/// The prefixes of one slot, times `active`.
#[derive(Clone, Debug)]
struct Prefixes {
    /// `active * rank prefix * input prefix`.
    a: Num,
    /// `active * rank prefix * output prefix`.
    b: Num,
}

/// One adapter: what its claims are read through, and the prefixes of its slots.
#[derive(Clone, Debug)]
struct OfAdapter<'a> {
    part: PartVar<'a>,
    prefixes: Vec<Prefixes>,
}

/// All claims joined by powers of `gamma`.
#[derive(Clone, Debug)]
pub struct BatchedVar<'a> {
    adapters: Vec<OfAdapter<'a>>,
    maxima: &'a Maxima,
    points: PointsVar,
    gamma: Num,
    runs: Vec<Num>,
}

fn low_first(point: &[Num]) -> Vec<Num> {
    point.iter().rev().cloned().collect()
}

fn complement(coordinate: &Num) -> Num {
    &Num::one() - coordinate
}

fn product<'a>(cs: &mut ConstraintSystem, factors: impl IntoIterator<Item = &'a Num>) -> Num {
    let mut factors = factors.into_iter();
    let first = factors.next().cloned().unwrap_or_else(Num::one);
    factors.fold(first, |product, factor| cs.mul(&product, factor))
}

/// `eq` over the first 0, 1, .., `count` coordinates.
fn running_eq(cs: &mut ConstraintSystem, p: &[Num], q: &[Num], count: usize) -> Vec<Num> {
    let zero = Num::zero();
    let mut table = vec![Num::one()];
    for index in 0..count {
        let factor = eq_factor(cs, p.get(index).unwrap_or(&zero), q.get(index).unwrap_or(&zero));
        let next = cs.mul(&table[index], &factor);
        table.push(next);
    }
    table
}

/// `prod_i (if on_i { eq1(p_i, q_i) } else { 1 })`.
fn masked_eq(cs: &mut ConstraintSystem, p: &[Num], q: &[Num], on: impl Fn(usize) -> Num, count: usize) -> Num {
    let mut value = Num::one();
    for index in 0..count {
        let factor = eq_factor(cs, &p[index], &q[index]);
        let change = cs.mul(&on(index), &(&factor - &Num::one()));
        value = cs.mul(&value, &(&change + &Num::one()));
    }
    value
}

/// The table of `prod_i eq1(bit_i(m), r_i)` for `m = 0 ..`, least significant bit first.
fn index_eq_table(cs: &mut ConstraintSystem, coordinates: &[Num]) -> Vec<Num> {
    let mut table = vec![Num::one()];
    for r in coordinates {
        let high: Vec<Num> = table.iter().map(|value| cs.mul(value, r)).collect();
        let low: Vec<Num> = table.iter().zip(&high).map(|(value, high)| value - high).collect();
        table = low.into_iter().chain(high).collect();
    }
    table
}

impl<'a> OfAdapter<'a> {
    /// Computes the prefixes of all slots.
    fn new(cs: &mut ConstraintSystem, maxima: &Maxima, points: &PointsVar, part: PartVar<'a>) -> Self {
        let layout = part.layout;
        let rank = low_first(&points.rank);
        let (input, output) = (low_first(&points.input), low_first(&points.output));
        let ranks = layout.log_rank.shift(cs, &rank, rank.len());
        let index_bits = maxima.modules.next_power_of_two().ilog2() as usize;
        let (index_coordinates, rest) = ranks.split_at(index_bits.min(ranks.len()));
        let table = index_eq_table(cs, index_coordinates);
        let rest: Vec<Num> = rest.iter().map(complement).collect();
        let rest = product(cs, &rest);
        let mut prefixes = Vec::with_capacity(layout.slots.len());
        for (index, slot) in layout.slots.iter().enumerate() {
            // Slots beyond the rank space are inactive whatever the rank is.
            let in_space = table.get(index).cloned().unwrap_or_else(Num::zero);
            let in_space = cs.mul(&in_space, &rest);
            let rank_prefix = cs.mul(&slot.active, &in_space);
            let input_prefix = slot.input.prefix_eq(cs, &input);
            let output_prefix = slot.output.prefix_eq(cs, &output);
            prefixes.push(Prefixes { a: cs.mul(&rank_prefix, &input_prefix), b: cs.mul(&rank_prefix, &output_prefix) });
        }
        Self { part, prefixes }
    }

    /// What the encoding adds to the claims `a` and `b` (eq. 6).
    fn offsets(&self, cs: &mut ConstraintSystem) -> [Num; 2] {
        let narrow = F::from(WeightBits::Four.offset());
        let difference = F::from(WeightBits::Eight.offset() - WeightBits::Four.offset());
        let constant = Num::constant(narrow).add_scaled(difference, &self.part.layout.wide);
        let offset_a = cs.mul(&constant, &Num::sum(self.prefixes.iter().map(|prefixes| &prefixes.a)));
        let offset_b = cs.mul(&constant, &Num::sum(self.prefixes.iter().map(|prefixes| &prefixes.b)));
        [offset_a, offset_b]
    }

    /// `h_a~(r)` and `h_b~(r)` (eq. 5).
    fn weight_functions(&self, cs: &mut ConstraintSystem, maxima: &Maxima, points: &PointsVar, r: &[Num]) -> [Num; 2] {
        let layout = self.part.layout;
        let rank = low_first(&points.rank);
        let (input, output) = (low_first(&points.input), low_first(&points.output));
        let max_log_rank = maxima.max_log_rank();
        let within_unit = masked_eq(cs, r, &rank, |bit| layout.log_rank.above(bit), max_log_rank);
        let plane = layout.log_rank.select(cs, r);
        let plane = cs.mul(&layout.wide, &plane);
        let planes = Num::one().add_scaled(F::from(15u64), &plane);
        let common = cs.mul(&within_unit, &planes);

        let units = layout.log_unit.shift(cs, r, maxima.log_size);
        let rows_a = running_eq(cs, &units, &input, maxima.max_log_in());
        let rows_b = running_eq(cs, &units, &output, maxima.log_output_space);
        let (mut a, mut b) = (Num::zero(), Num::zero());
        for (slot, prefixes) in layout.slots.iter().zip(&self.prefixes) {
            let term = |cs: &mut ConstraintSystem, prefix: &Num, rows: Num, block: Num| {
                let position = cs.mul(&rows, &block);
                cs.mul(prefix, &position)
            };
            let (rows, block) = (slot.log_in.select(cs, &rows_a), slot.weights_a.prefix_eq(cs, &units));
            a += &term(cs, &prefixes.a, rows, block);
            let (rows, block) = (slot.log_out.select(cs, &rows_b), slot.weights_b.prefix_eq(cs, &units));
            b += &term(cs, &prefixes.b, rows, block);
        }
        [cs.mul(&common, &a), cs.mul(&common, &b)]
    }

    /// The weight functions of `x` and `y`.
    fn activation_functions(&self, cs: &mut ConstraintSystem, points: &PointsVar, low: &[Num]) -> [Num; 2] {
        let (half, rest) = (&low[low.len() - 1], &low[..low.len() - 1]);
        let log_tokens = &self.part.layout.log_tokens;
        let token = low_first(&points.token);
        // 1 - q_i beyond the tokens, eq1(p_i, q_i) within: 1 - q + on * p (2q - 1).
        let mut tokens = Num::one();
        for (index, (p, q)) in rest.iter().zip(&token).enumerate() {
            let within = cs.mul(p, &(&(q * F::from(2u64)) - &Num::one()));
            let change = cs.mul(&log_tokens.above(index), &within);
            tokens = cs.mul(&tokens, &(&complement(q) + &change));
        }
        let rows = log_tokens.shift(cs, rest, rest.len());
        let row_eq = |cs: &mut ConstraintSystem, point: &[Num]| {
            let count = rows.len().max(point.len());
            running_eq(cs, &rows, point, count).swap_remove(count)
        };
        let x = row_eq(cs, &low_first(&points.input));
        let y = row_eq(cs, &low_first(&points.output));
        let upper = cs.mul(half, &tokens);
        let lower = &tokens - &upper;
        [cs.mul(&lower, &x), cs.mul(&upper, &y)]
    }
}

impl<'a> BatchedVar<'a> {
    /// Computes the prefixes of all slots; `runs` is what each run counts in `x` and `y`.
    pub fn new(
        cs: &mut ConstraintSystem,
        maxima: &'a Maxima,
        parts: Vec<PartVar<'a>>,
        points: PointsVar,
        gamma: Num,
        runs: Vec<Num>,
    ) -> Self {
        let adapters = parts.into_iter().map(|part| OfAdapter::new(cs, maxima, &points, part)).collect();
        Self { adapters, maxima, points, gamma, runs }
    }

    /// `sum_i gamma^i term_i`.
    fn combine<'t>(&self, cs: &mut ConstraintSystem, terms: impl DoubleEndedIterator<Item = &'t Num>) -> Num {
        terms.rev().fold(Num::zero(), |sum, term| &cs.mul(&sum, &self.gamma) + term)
    }

    /// The joined claim: for every adapter five values, then `y`, then the out-of-domain values of all runs.
    pub fn claim(&self, cs: &mut ConstraintSystem, values: &[ValuesVar], y: &Num) -> Num {
        let mut terms = Vec::new();
        for (adapter, values) in self.adapters.iter().zip(values) {
            let [offset_a, offset_b] = adapter.offsets(cs);
            let [a, b] = [&values.a + &offset_a, &values.b + &offset_b];
            terms.extend([a, b, values.range.clone(), values.weights_ood.clone(), values.x.clone()]);
        }
        terms.push(y.clone());
        terms.extend(values.iter().flat_map(|values| &values.activations_ood).cloned());
        self.combine(cs, terms.iter())
    }

    /// For every adapter `W~(r)`, then `Z_s~(r)` run by run.
    pub fn evaluate(&self, cs: &mut ConstraintSystem, r: &[Num]) -> Vec<Num> {
        let low = low_first(r);
        let functions: Vec<[[Num; 2]; 2]> = self
            .adapters
            .iter()
            .map(|adapter| {
                let weights =
                    cs.group("weight functions", |cs| adapter.weight_functions(cs, self.maxima, &self.points, &low));
                let activations =
                    cs.group("activation functions", |cs| adapter.activation_functions(cs, &self.points, &low));
                [weights, activations]
            })
            .collect();
        let (range, oods) = cs.group("fixed functions", |cs| {
            let range = eq(cs, &self.points.range, r);
            let of_adapter = |adapter: &OfAdapter<'_>| {
                let weights = power_weight(cs, &adapter.part.weights_ood, r);
                let runs = adapter.part.activations_ood.iter().map(|point| power_weight(cs, point, r));
                (weights, runs.collect::<Vec<Num>>())
            };
            (range, self.adapters.iter().map(of_adapter).collect::<Vec<(Num, Vec<Num>)>>())
        });
        let zero = Num::zero();
        let of_y = CLAIMS_OF_ADAPTER * self.adapters.len();
        let mut shares = self.runs.iter().enumerate();
        let mut all = Vec::new();
        for (index, ([[a, b], [x, y]], (weights_ood, runs))) in functions.iter().zip(&oods).enumerate() {
            let first = CLAIMS_OF_ADAPTER * index;
            let mut terms = vec![&zero; first];
            terms.extend([a, b, &range, weights_ood]);
            all.push(self.combine(cs, terms.into_iter()));
            for (ood, (run, share)) in runs.iter().zip(&mut shares) {
                let [x, y] = if run == 0 { [x.clone(), y.clone()] } else { [x, y].map(|value| cs.mul(share, value)) };
                let mut terms = vec![&zero; of_y + 2 + run];
                (terms[first + CLAIMS_OF_ADAPTER - 1], terms[of_y], terms[of_y + 1 + run]) = (&x, &y, ood);
                all.push(self.combine(cs, terms.into_iter()));
            }
        }
        all
    }
}

/// The power weight of `x` at a point: `prod_i (1 + s_i (x^(2^(m-1-i)) - 1))`; three constraints a coordinate.
pub fn power_weight(cs: &mut ConstraintSystem, x: &Num, point: &[Num]) -> Num {
    let mut power = x.clone();
    let mut value = Num::one();
    for (index, coordinate) in point.iter().rev().enumerate() {
        if index > 0 {
            power = cs.square(&power);
        }
        let change = cs.mul(coordinate, &(&power - &Num::one()));
        value = cs.mul(&value, &(&change + &Num::one()));
    }
    value
}

/// `generator^position` from the bits of a position, low bit first; one constraint a bit after the first.
pub fn domain_point(cs: &mut ConstraintSystem, generator: F, bits: &[Num]) -> Num {
    let mut power = generator;
    let mut x = Num::one();
    for bit in bits {
        let factor = Num::one().add_scaled(power - F::ONE, bit);
        x = cs.mul(&x, &factor);
        power = power.square();
    }
    cs.reduce(&x)
}
