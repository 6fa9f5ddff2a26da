//! Tables of the committed polynomials, as the small integers that they are.
//!
//! Weights are nibbles and activations are integers of at most 64 bits, so a table takes 1 or 8 bytes an entry, not the
//! 32 of a field element, and a product with an entry is four machine multiplications. Sums of such products are kept
//! as plain integers ([`IntegerSum`]) and reduced once. Field arithmetic is exact, so it does not matter where sums are cut:
//! the same bytes come out whatever the number of threads.

use ark_ff::{AdditiveGroup, BigInt, Field};
use rankproof_statement::F;
use rankproof_statement::field::from_signed;
use rayon::prelude::*;

/// Entries that share one table of powers: it stays in the nearest cache.
pub(crate) const STEP: usize = 1 << 10;

/// An entry of a table that is multiplied with field elements.
pub trait Entry: Copy + Send + Sync {
    /// A sum of products, not reduced yet.
    type Sum: Default + Send;

    /// Adds the product of this entry and an element.
    fn add_product(self, sum: &mut Self::Sum, element: &F);

    /// The sum as an element.
    fn reduce(sum: Self::Sum) -> F;

    /// The entry as an element.
    fn to_field(self) -> F;

    /// The sum of the products of entries and elements.
    fn dot<'a>(entries: impl IntoIterator<Item = Self>, elements: impl IntoIterator<Item = &'a F>) -> F {
        let mut sum = Self::Sum::default();
        for (entry, element) in entries.into_iter().zip(elements) {
            entry.add_product(&mut sum, element);
        }
        Self::reduce(sum)
    }
}

/// A sum of products of elements and integers, as an integer of 384 bits: that of `2^63` products fits.
#[derive(Clone, Copy, Debug)]
pub struct IntegerSum([u64; 6]);

impl Default for IntegerSum {
    /// `r 2^128`, so that negative products keep the sum positive.
    fn default() -> Self {
        let [a, b, c, d] = <F as ark_ff::PrimeField>::MODULUS.0;
        Self([0, 0, a, b, c, d])
    }
}

impl IntegerSum {
    /// Adds the product of an element and an integer below `2^64`.
    #[inline(always)]
    fn add(&mut self, element: &F, factor: u64) {
        let mut carry = 0u64;
        for (sum, limb) in self.0.iter_mut().zip(element.0.0) {
            (*sum, carry) = limb.carrying_mul_add(factor, *sum, carry);
        }
        let overflow;
        (self.0[4], overflow) = self.0[4].overflowing_add(carry);
        self.0[5] = self.0[5].wrapping_add(u64::from(overflow));
    }

    /// Subtracts `2^64` times an element if the mask is all ones, nothing if it is 0.
    #[inline(always)]
    fn subtract_shifted(&mut self, element: &F, mask: u64) {
        let mut borrow = false;
        for (sum, limb) in self.0[1..5].iter_mut().zip(element.0.0) {
            (*sum, borrow) = sum.borrowing_sub(limb & mask, borrow);
        }
        self.0[5] = self.0[5].wrapping_sub(u64::from(borrow));
    }

    /// The sum modulo r: each half of 192 bits is below r.
    fn reduce(self) -> F {
        let [a, b, c, d, e, f] = self.0;
        let element = |a, b, c| F::new_unchecked(BigInt([a, b, c, 0]));
        element(a, b, c) + element(d, e, f) * SHIFT
    }
}

/// `2^192`.
const SHIFT: F = ark_ff::MontFp!("6277101735386680763835789423207666416102355444464034512896");

impl Entry for u8 {
    type Sum = IntegerSum;

    #[inline(always)]
    fn add_product(self, sum: &mut IntegerSum, element: &F) {
        sum.add(element, u64::from(self));
    }

    fn reduce(sum: IntegerSum) -> F {
        sum.reduce()
    }

    fn to_field(self) -> F {
        F::from(self)
    }
}

impl Entry for i64 {
    type Sum = IntegerSum;

    #[inline(always)]
    fn add_product(self, sum: &mut IntegerSum, element: &F) {
        sum.add(element, self.cast_unsigned());
        // As an unsigned number, a negative one is too large by 2^64.
        sum.subtract_shifted(element, (self >> 63).cast_unsigned());
    }

    fn reduce(sum: IntegerSum) -> F {
        sum.reduce()
    }

    fn to_field(self) -> F {
        from_signed(self)
    }
}

impl Entry for F {
    type Sum = F;

    #[inline(always)]
    fn add_product(self, sum: &mut F, element: &F) {
        *sum += self * element;
    }

    fn reduce(sum: F) -> F {
        sum
    }

    fn to_field(self) -> F {
        self
    }
}

/// `1, x, x^2, ..`.
pub fn powers(x: F, count: usize) -> Vec<F> {
    std::iter::successors(Some(F::ONE), |power| Some(*power * x)).take(count).collect()
}

/// The value at `x` of a table read as coefficients, lowest first.
pub fn univariate<E: Entry>(coefficients: &[E], x: F) -> F {
    let steps = powers(x, STEP.min(coefficients.len()));
    univariate_with(coefficients, &steps, x.pow([STEP as u64]))
}

/// [`univariate`] with the first powers of `x` and the power that follows them.
pub fn univariate_with<E: Entry>(coefficients: &[E], steps: &[F], stride: F) -> F {
    let parts: Vec<F> =
        coefficients.par_chunks(STEP).with_min_len(8).map(|part| E::dot(part.iter().copied(), steps)).collect();
    parts.iter().rev().fold(F::ZERO, |sum, part| sum * stride + part)
}

/// A committed polynomial as the integers it was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// Weights.
    Nibbles(Vec<u8>),
    /// Activations.
    Integers(Vec<i64>),
}

/// Does the same with the entries of either kind of table.
macro_rules! with_entries {
    ($table:expr, $entries:ident => $do:expr) => {
        match $table {
            $crate::table::Table::Nibbles($entries) => $do,
            $crate::table::Table::Integers($entries) => $do,
        }
    };
}
pub(crate) use with_entries;

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn sums_of_products_are_those_of_the_field() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let mut elements: Vec<F> = (0..3000).map(|_| F::rand(&mut rng)).collect();
        elements[0] = F::ZERO;
        elements[1] = -F::ONE;
        let mut integers: Vec<i64> = (0..3000).map(|_| rng.r#gen()).collect();
        integers[..6].copy_from_slice(&[i64::MIN, i64::MAX, i64::MIN, -1, 0, 1]);
        let expected: F =
            integers.iter().zip(&elements).map(|(integer, element)| from_signed(*integer) * element).sum();
        assert_eq!(i64::dot(integers.iter().copied(), &elements), expected);
        let negative = vec![i64::MIN; 3000];
        let largest = vec![-F::ONE; 3000];
        assert_eq!(i64::dot(negative, &largest), F::from(3000u64) * F::from(1u64 << 63));
        let bytes: Vec<u8> = (0..3000).map(|_| rng.r#gen()).collect();
        let expected: F = bytes.iter().zip(&elements).map(|(byte, element)| F::from(*byte) * element).sum();
        assert_eq!(u8::dot(bytes.iter().copied(), &elements), expected);
        assert_eq!(u8::dot([], &elements), F::ZERO);
        assert_eq!(SHIFT, F::from(2u64).pow([192]));
    }

    #[test]
    fn a_table_is_evaluated_as_coefficients_whatever_its_length() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2);
        let x = F::rand(&mut rng);
        for length in [0, 1, 7, STEP - 1, STEP, STEP + 1, 3 * STEP + 5] {
            let integers: Vec<i64> = (0..length).map(|_| rng.r#gen()).collect();
            let elements: Vec<F> = integers.iter().map(|integer| from_signed(*integer)).collect();
            let expected = crate::multilinear::horner(&elements, x);
            assert_eq!(univariate(&integers, x), expected);
            assert_eq!(univariate(&elements, x), expected);
        }
    }
}
