//! Small polynomials in constraints: Horner's rule, `eq`, multilinear extensions of small tables, powers.
//!
//! `eq(p, q) = Π (p_i q_i + (1 - p_i)(1 - q_i))`; the first variable of a multilinear extension is the most significant
//! index bit (docs/protocol.md, notation).

use ark_ff::Field;

use crate::{ConstraintSystem, F, Num};

/// `Σ coefficient_i · point^i`; one constraint a coefficient after the first.
pub fn horner(cs: &mut ConstraintSystem, coefficients: &[Num], point: &Num) -> Num {
    let mut value = Num::zero();
    for coefficient in coefficients.iter().rev() {
        value = &cs.mul(&value, point) + coefficient;
    }
    value
}

/// One factor of `eq`: `p q + (1 - p)(1 - q) = 1 - p - q + 2 p q`; one constraint.
pub fn eq_factor(cs: &mut ConstraintSystem, p: &Num, q: &Num) -> Num {
    let product = cs.mul(p, q);
    (&(&Num::one() - p) - q).add_scaled(F::ONE + F::ONE, &product)
}

/// `eq(p, q)`; two constraints a variable, less one.
///
/// # Panics
/// When the points have different numbers of variables.
pub fn eq(cs: &mut ConstraintSystem, p: &[Num], q: &[Num]) -> Num {
    assert_eq!(p.len(), q.len(), "points of the same space");
    let mut value = Num::one();
    for (p, q) in p.iter().zip(q) {
        let factor = eq_factor(cs, p, q);
        value = cs.mul(&value, &factor);
    }
    value
}

/// The multilinear extension of a table of `2^k` values at a point of `k` variables; `2^k - 1` constraints.
///
/// # Panics
/// When the table does not have `2^k` entries.
pub fn evaluate_multilinear(cs: &mut ConstraintSystem, table: &[Num], point: &[Num]) -> Num {
    assert_eq!(table.len(), 1 << point.len(), "a table of 2^{} entries", point.len());
    let mut level = table.to_vec();
    for variable in point {
        let (low, high) = level.split_at(level.len() / 2);
        let folded = low.iter().zip(high).map(|(low, high)| {
            let change = cs.mul(variable, &(high - low));
            low + &change
        });
        level = folded.collect();
    }
    level.swap_remove(0)
}

/// `base^0, ..., base^(count - 1)`; one constraint for each power from the second.
pub fn powers(cs: &mut ConstraintSystem, base: &Num, count: usize) -> Vec<Num> {
    let mut powers = Vec::with_capacity(count);
    let mut power = Num::one();
    while powers.len() < count {
        let next = if powers.len() + 1 < count { cs.mul(&power, base) } else { Num::zero() };
        powers.push(std::mem::replace(&mut power, next));
    }
    powers
}

/// `base^(2^0), base^(2^1), ...`; one constraint for each square.
pub fn squares(cs: &mut ConstraintSystem, base: &Num, count: usize) -> Vec<Num> {
    let mut squares: Vec<Num> = Vec::with_capacity(count);
    for _ in 0..count {
        let next = squares.last().map_or_else(|| base.clone(), |last| cs.square(last));
        squares.push(next);
    }
    squares
}

/// `Σ a_i · b_i`; one constraint a pair.
///
/// # Panics
/// When the vectors have different lengths.
pub fn inner_product(cs: &mut ConstraintSystem, a: &[Num], b: &[Num]) -> Num {
    assert_eq!(a.len(), b.len(), "vectors of the same length");
    let products: Vec<Num> = a.iter().zip(b).map(|(a, b)| cs.mul(a, b)).collect();
    Num::sum(&products)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing;

    #[test]
    fn horner_agrees() {
        let inputs: [F; 5] = testing::random();
        let [point, coefficients @ ..] = inputs;
        let expected = (0u64..4).zip(coefficients).map(|(i, c)| c * point.pow([i])).sum::<F>();
        testing::check(&inputs, "horner", 3, |cs, [point, coefficients @ ..]| {
            assert_eq!(horner(cs, coefficients, point).value(), expected);
        });
    }

    #[test]
    fn eq_agrees() {
        let inputs: [F; 6] = testing::random();
        let (p, q) = inputs.split_at(3);
        let expected = p.iter().zip(q).map(|(p, q)| *p * q + (F::ONE - p) * (F::ONE - q)).product::<F>();
        testing::check(&inputs, "eq", 5, |cs, inputs| {
            let (p, q) = inputs.split_at(3);
            assert_eq!(eq(cs, p, q).value(), expected);
        });
    }

    #[test]
    fn multilinear_extension_agrees_with_the_sum_over_eq() {
        let inputs: [F; 11] = testing::random();
        let (table, point) = inputs.split_at(8);
        let weight = |index: usize, variable: usize| match index >> (2 - variable) & 1 {
            1 => point[variable],
            _ => F::ONE - point[variable],
        };
        let expected = (0..8).map(|i| table[i] * (0..3).map(|v| weight(i, v)).product::<F>()).sum::<F>();
        testing::check(&inputs, "table", 7, |cs, inputs| {
            let (table, point) = inputs.split_at(8);
            assert_eq!(evaluate_multilinear(cs, table, point).value(), expected);
        });
    }

    #[test]
    fn powers_squares_and_inner_products_agree() {
        let inputs: [F; 4] = testing::random();
        let [base, a, b, c] = inputs;
        testing::check(&inputs, "powers", 2 + 2 + 2, |cs, [x, p, q, r]| {
            let powers = powers(cs, x, 4);
            assert!(powers.iter().map(Num::value).eq((0u64..4).map(|i| base.pow([i]))));
            assert!(squares(cs, x, 3).iter().map(Num::value).eq((0u32..3).map(|i| base.pow([1 << i]))));
            let product = inner_product(cs, &[x.clone(), p.clone()], &[q.clone(), r.clone()]);
            assert_eq!(product.value(), base * b + a * c);
        });
    }
}
