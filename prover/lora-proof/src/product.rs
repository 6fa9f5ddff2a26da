//! Tables that are the product of two small ones: `eq(point, .)` and the powers of an element.
//!
//! Entry `i` of a table of `2^n` is `high[i >> low] * low[i mod 2^low]`, so that two tables of about `2^(n/2)` entries
//! stand for it, and a piece that shares its high part costs one product an entry.

use ark_ff::Field;
use rankproof_statement::F;

use crate::multilinear::eq_table;
use crate::table::powers;

/// A table of `2^n` entries as two small ones.
#[derive(Clone, Debug)]
pub struct Product {
    high: Vec<F>,
    low: Vec<F>,
    log_low: usize,
}

impl Product {
    /// `scale * eq(point, .)`, with a lower table of at most `2^log_low` entries.
    pub fn eq(point: &[F], scale: F, log_low: usize) -> Self {
        let (high, low) = point.split_at(point.len().saturating_sub(log_low));
        Self { high: eq_table(high, scale), low: eq_table(low, F::ONE), log_low: low.len() }
    }

    /// `scale * x^i` for `i < 2^log_size`, with a lower table of at most `2^log_low` entries.
    pub fn powers(x: F, scale: F, log_size: usize, log_low: usize) -> Self {
        let log_low = log_size.min(log_low);
        let mut high = powers(x.pow([1 << log_low]), 1 << (log_size - log_low));
        high.iter_mut().for_each(|power| *power *= scale);
        Self { high, low: powers(x, 1 << log_low), log_low }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.high.len() << self.log_low
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One entry.
    pub fn at(&self, index: usize) -> F {
        self.high[index >> self.log_low] * self.low[index & ((1 << self.log_low) - 1)]
    }

    /// Entries `first ..`, as many as wanted.
    pub fn range(&self, first: usize, count: usize) -> Vec<F> {
        (first..first + count).map(|index| self.at(index)).collect()
    }

    /// Both tables: a factor for each row, and the row.
    pub fn rows(&self) -> (&[F], &[F]) {
        (&self.high, &self.low)
    }

    /// Adds `scale` times the entries from `start` on; they must share their high part.
    pub fn add_to(&self, start: usize, scale: F, out: &mut [F]) {
        let factor = scale * self.high[start >> self.log_low];
        let low = &self.low[start & ((1 << self.log_low) - 1)..][..out.len()];
        out.iter_mut().zip(low).for_each(|(entry, low)| *entry += factor * low);
    }
}

#[cfg(test)]
mod tests {
    use ark_ff::{AdditiveGroup, UniformRand};
    use rand::SeedableRng;

    use super::*;
    use crate::multilinear::add_powers;

    #[test]
    fn both_kinds_are_what_they_stand_for_wherever_they_are_cut() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let point: Vec<F> = (0..6).map(|_| F::rand(&mut rng)).collect();
        let (x, scale) = (F::rand(&mut rng), F::rand(&mut rng));
        let eq = eq_table(&point, scale);
        let mut power = vec![F::ZERO; 64];
        add_powers(&mut power, x, scale);
        for log_low in [0, 1, 3, 6, 9] {
            let products = [Product::eq(&point, scale, log_low), Product::powers(x, scale, 6, log_low)];
            for (product, table) in products.iter().zip([&eq, &power]) {
                assert_eq!(product.range(0, product.len()), *table);
                // Whole rows, and parts of one.
                for length in (0..=log_low.min(6)).map(|log| 1 << log) {
                    for start in (0..64).step_by(length) {
                        let mut piece = vec![F::ONE; length];
                        product.add_to(start, F::from(3u64), &mut piece);
                        let expected: Vec<F> =
                            table[start..start + length].iter().map(|entry| F::ONE + F::from(3u64) * entry).collect();
                        assert_eq!(piece, expected);
                    }
                }
            }
        }
    }
}
