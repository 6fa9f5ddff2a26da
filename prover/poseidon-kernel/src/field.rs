//! Arithmetic modulo `p` on eight elements at once, lazily reduced.
//!
//! Bounds are multiples of `p`; `2^260 / p` is 84.6. Three types say what is known of the limbs:
//!
//! * [`Tight`]: every limb below `2^52`, so the value is below `2^260`: an operand of a multiplication.
//! * [`Loose`]: limbs below `2^63`, overlapping: sums, before carries are propagated.
//! * [`Product`]: ten columns of a product, or of a sum of products, below `2^62`.
//!
//! | function | value in | value out |
//! |---|---|---|
//! | [`Product::reduce`] of a sum of products | `sum a_i b_i`, each factor below `84.6 p` | `sum a_i b_i / 84.6 + 1` |
//! | [`Loose::carry`] | below 84.6 | the same |
//! | [`Loose::reduce`] | below `2^12` | below 1.03 |
//! | [`Loose::canonical`] | below 2 | below 1 |
//!
//! Nothing here checks a bound at run time in a release build: `rounds` states them, the tests check them.

#![expect(clippy::needless_range_loop, reason = "the index is a limb, of several arrays at once")]

use std::arch::x86_64::*;

use crate::limbs::{LIMB_BITS, LIMB_MASK, Limbs, MINUS_INVERSE, MINUS_P, P, QUOTIENT};

/// Elements side by side in a register.
pub const LANES: usize = 8;

/// Eight elements, limb by limb, each limb below `2^52`.
#[derive(Clone, Copy, Debug)]
pub struct Tight(pub [__m512i; 5]);

/// Eight elements whose limbs may overlap, each below `2^63`.
#[derive(Clone, Copy, Debug)]
pub struct Loose(pub [__m512i; 5]);

/// The ten columns of eight products.
#[derive(Clone, Copy, Debug)]
pub struct Product([__m512i; 10]);

impl Tight {
    /// The same element in every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn broadcast(limbs: &Limbs) -> Self {
        let mut out = [_mm512_setzero_si512(); 5];
        for i in 0..5 {
            out[i] = _mm512_set1_epi64(limbs[i].cast_signed());
        }
        Self(out)
    }

    /// One row for each limb, with that limb of the eight elements, below `2^52`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn from_rows(rows: &[[u64; LANES]; 5]) -> Self {
        let mut out = [_mm512_setzero_si512(); 5];
        for i in 0..5 {
            // SAFETY: reads the 64 bytes of the row; the instruction needs no alignment.
            #[allow(unsafe_code)]
            unsafe {
                out[i] = _mm512_loadu_si512(rows[i].as_ptr().cast());
            }
        }
        Self(out)
    }

    /// [`Self::from_rows`] backwards.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn rows(&self) -> [[u64; LANES]; 5] {
        let mut rows = [[0; LANES]; 5];
        for i in 0..5 {
            // SAFETY: writes the 64 bytes of the row; the instruction needs no alignment.
            #[allow(unsafe_code)]
            unsafe {
                _mm512_storeu_si512(rows[i].as_mut_ptr().cast(), self.0[i]);
            }
        }
        rows
    }

    /// Forgets that the limbs are small.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn loose(&self) -> Loose {
        Loose(self.0)
    }

    /// `self * other / 2^260`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn mul(&self, other: &Self) -> Loose {
        let mut product = Product::zero();
        product.add_product(self, other);
        product.reduce()
    }

    /// `self * self / 2^260`: 30 multiply instructions in place of 50 before the reduction.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn square(&self) -> Loose {
        let zero = _mm512_setzero_si512();
        let a = &self.0;
        // Each product of two different limbs once, ...
        let mut columns = [zero; 10];
        for i in 0..5 {
            for j in i + 1..5 {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], a[j]);
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], a[j]);
            }
        }
        // ... doubled, and the squares of the limbs.
        for column in &mut columns {
            *column = _mm512_add_epi64(*column, *column);
        }
        for i in 0..5 {
            columns[2 * i] = _mm512_madd52lo_epu64(columns[2 * i], a[i], a[i]);
            columns[2 * i + 1] = _mm512_madd52hi_epu64(columns[2 * i + 1], a[i], a[i]);
        }
        Product(columns).reduce()
    }
}

impl Loose {
    /// The sum; the limbs add up, the caller counts.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn add(&self, other: &Self) -> Self {
        let mut out = self.0;
        for i in 0..5 {
            out[i] = _mm512_add_epi64(out[i], other.0[i]);
        }
        Self(out)
    }

    /// Twice the value.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn double(&self) -> Self {
        self.add(self)
    }

    /// Propagates carries. The value must be below `2^260`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn carry(&self) -> Tight {
        let mask = _mm512_set1_epi64(LIMB_MASK.cast_signed());
        let mut out = self.0;
        for i in 0..4 {
            out[i + 1] = _mm512_add_epi64(out[i + 1], _mm512_srli_epi64::<LIMB_BITS>(out[i]));
            out[i] = _mm512_and_si512(out[i], mask);
        }
        Tight(out)
    }

    /// Subtracts the multiple of `p` estimated from the bits 248 and above: from below `2^12 p` to below `1.03 p`.
    ///
    /// The estimate never exceeds the quotient: it drops what the limbs hold below `2^248 = p / 48.4` (carries not yet
    /// propagated, from limbs below `2^63`, are less than `2^220`) and rounds [`QUOTIENT`] down. It is short by less than
    /// `1 + 1 / 48.3 + 2^-8`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn reduce(&self) -> Tight {
        let zero = _mm512_setzero_si512();
        let head = _mm512_srli_epi64::<40>(self.0[4]);
        let scaled = _mm512_madd52lo_epu64(zero, head, _mm512_set1_epi64(QUOTIENT.cast_signed()));
        let quotient = _mm512_srli_epi64::<32>(scaled);
        let minus_p = Tight::broadcast(&MINUS_P).0;
        let mut out = self.0;
        for i in 0..5 {
            out[i] = _mm512_madd52lo_epu64(out[i], quotient, minus_p[i]);
        }
        for i in 0..4 {
            out[i + 1] = _mm512_madd52hi_epu64(out[i + 1], quotient, minus_p[i]);
        }
        // `quotient * 2^260` too much was added; it sits above the top limb.
        let mut tight = Self(out).carry();
        tight.0[4] = _mm512_and_si512(tight.0[4], _mm512_set1_epi64(LIMB_MASK.cast_signed()));
        tight
    }

    /// The representative below `p` of a value below `2 p`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn canonical(&self) -> Tight {
        let mask = _mm512_set1_epi64(LIMB_MASK.cast_signed());
        let tight = self.carry();
        let less = Loose(tight.0).add(&Tight::broadcast(&MINUS_P).loose()).carry();
        // Bit 260 is set exactly if the value was at least p.
        let reached = _mm512_cmpgt_epu64_mask(less.0[4], mask);
        let mut out = tight.0;
        for i in 0..5 {
            out[i] = _mm512_mask_and_epi64(out[i], reached, less.0[i], mask);
        }
        Tight(out)
    }
}

impl Product {
    /// The empty sum.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn zero() -> Self {
        Self([_mm512_setzero_si512(); 10])
    }

    /// Adds `a * b`. A column grows by less than `2^55.4`: up to 64 products fit.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn add_product(&mut self, a: &Tight, b: &Tight) {
        for i in 0..5 {
            for j in 0..5 {
                self.0[i + j] = _mm512_madd52lo_epu64(self.0[i + j], a.0[i], b.0[j]);
            }
            for j in 0..5 {
                self.0[i + j + 1] = _mm512_madd52hi_epu64(self.0[i + j + 1], a.0[i], b.0[j]);
            }
        }
    }

    /// Montgomery reduction: the sum of products divided by `2^260`. Adds `m * p` with `m < 2^260` such that the lower
    /// five columns vanish: the value is below `sum / 2^260 + p`, the limbs below `2^62 + 2^56`.
    #[inline]
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn reduce(&self) -> Loose {
        let zero = _mm512_setzero_si512();
        let mask = _mm512_set1_epi64(LIMB_MASK.cast_signed());
        let inverse = _mm512_set1_epi64(MINUS_INVERSE.cast_signed());
        let p = Tight::broadcast(&P).0;
        let mut columns = self.0;
        for i in 0..5 {
            // The low 52 bits of the column times -1/p; `madd52lo` looks at no others.
            let m = _mm512_madd52lo_epu64(zero, columns[i], inverse);
            // Column i plus the low half of `m * p[0]` is the next multiple of 2^52: its carry needs no product.
            let carry = _mm512_srli_epi64::<LIMB_BITS>(_mm512_add_epi64(columns[i], mask));
            let next = _mm512_add_epi64(columns[i + 1], carry);
            // Two short sums, because the next step waits for this column.
            let high = _mm512_madd52hi_epu64(zero, m, p[0]);
            columns[i + 1] = _mm512_add_epi64(_mm512_madd52lo_epu64(next, m, p[1]), high);
            for j in 2..5 {
                columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], m, p[j]);
            }
            for j in 1..5 {
                columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], m, p[j]);
            }
        }
        let [_, _, _, _, _, a, b, c, d, e] = columns;
        Loose([a, b, c, d, e])
    }
}

#[cfg(test)]
#[path = "field_tests.rs"]
mod tests;
