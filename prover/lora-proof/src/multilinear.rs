//! Multilinear polynomials as tables, most significant index bit first.
//!
//! `eq(p, q) = prod_i (p_i q_i + (1-p_i)(1-q_i))`; the *power weight* of a field element `x` is the multilinear
//! extension of `b -> x^b`: `prod_i (1 - s_i + s_i x^(2^(m-1-i)))`. A table is also read as the coefficients of a
//! univariate polynomial, so evaluating that polynomial at `x` is the inner product with the power weight.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::{F, field::size};
use rayon::prelude::*;

/// Tables below this size are not worth a second thread.
const PARALLEL: usize = 1 << 10;

/// `eq` of two coordinates.
pub fn eq1(p: F, q: F) -> F {
    let product = p * q;
    F::ONE - p - q + product.double()
}

/// `eq` of two points of equal length.
pub fn eq(p: &[F], q: &[F]) -> F {
    p.iter().zip(q).map(|(p, q)| eq1(*p, *q)).product()
}

/// The table of `scale * eq(point, .)`, `2^len` entries.
pub fn eq_table(point: &[F], scale: F) -> Vec<F> {
    let mut table = Vec::with_capacity(1 << point.len());
    table.push(scale);
    for coordinate in point {
        let mut next = Vec::with_capacity(1 << point.len());
        for value in &table {
            let high = *value * coordinate;
            next.extend([*value - high, high]);
        }
        table = next;
    }
    table
}

/// The power weight of `x` at a point.
pub fn power_weight(x: F, point: &[F]) -> F {
    let mut power = x;
    let mut product = F::ONE;
    for coordinate in point.iter().rev() {
        product *= F::ONE + *coordinate * (power - F::ONE);
        power.square_in_place();
    }
    product
}

/// `table[b] += scale * x^b`.
pub fn add_powers(table: &mut [F], x: F, scale: F) {
    let chunk = table.len().div_ceil(rayon::current_num_threads()).max(PARALLEL);
    table.par_chunks_mut(chunk).enumerate().for_each(|(index, part)| {
        let mut power = scale * x.pow([size(index.saturating_mul(chunk))]);
        for entry in part {
            *entry += power;
            power *= x;
        }
    });
}

/// Value of a table read as coefficients, lowest first.
pub fn horner(coefficients: &[F], x: F) -> F {
    coefficients.iter().rev().fold(F::ZERO, |sum, coefficient| sum * x + coefficient)
}

/// Value of the multilinear extension of a table at a point.
pub fn evaluate(table: &[F], point: &[F]) -> F {
    let mut table = table.to_vec();
    for coordinate in point {
        fold(&mut table, *coordinate);
    }
    table.first().copied().unwrap_or_default()
}

/// Fixes the first variable: `table[b] = (1-r) table[b] + r table[b + half]`.
pub fn fold(table: &mut Vec<F>, r: F) {
    let half = table.len() / 2;
    let (low, high) = table.split_at_mut(half);
    low.par_iter_mut().with_min_len(PARALLEL).zip(high).for_each(|(low, high)| *low += r * (*high - *low));
    table.truncate(half);
}

/// Inner product.
pub fn dot(a: &[F], b: &[F]) -> F {
    a.par_iter().with_min_len(PARALLEL).zip(b).map(|(a, b)| *a * b).sum()
}
