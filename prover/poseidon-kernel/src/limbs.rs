//! The scalar side of the representation: five limbs of 52 bits, least significant first.
//!
//! An element `x` is held as an integer congruent to `x * 2^260` modulo `p`. The elements of ark-ff are
//! `x * 2^256 mod p` in four words of 64 bits, so that a Montgomery product (which divides by `2^260`) with
//! [`into_domain`] brings them in, and one with [`out_of_domain`] takes them out.

use ark_ff::{Field, MontConfig, PrimeField};

use crate::F;

/// Bits in a limb.
pub const LIMB_BITS: u32 = 52;
/// The largest limb.
pub const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;
/// Five limbs, least significant first.
pub type Limbs = [u64; 5];

/// The modulus.
pub const P: Limbs = split(&<F as PrimeField>::MODULUS.0);
/// `2^260 - p`: to add it and drop what exceeds 260 bits is to subtract the modulus.
pub const MINUS_P: Limbs = [
    LIMB_MASK + 1 - P[0], // p is odd: no borrow beyond the lowest limb of 2^260
    LIMB_MASK - P[1],
    LIMB_MASK - P[2],
    LIMB_MASK - P[3],
    LIMB_MASK - P[4],
];
/// `-1/p mod 2^52`.
pub const MINUS_INVERSE: u64 = <ark_bn254::FrConfig as MontConfig<4>>::INV & LIMB_MASK;
/// The quotient `v / p` is about `(v >> 248) * QUOTIENT >> 32`, never above it: this is `2^280 / p`, rounded down.
pub const QUOTIENT: u64 = (1 << 48) / ((P[4] >> 24) + 1);

/// Cuts four words of 64 bits into limbs.
pub const fn split(words: &[u64; 4]) -> Limbs {
    let [a, b, c, d] = *words;
    [
        a & LIMB_MASK,
        (a >> 52 | b << 12) & LIMB_MASK,
        (b >> 40 | c << 24) & LIMB_MASK,
        (c >> 28 | d << 36) & LIMB_MASK,
        d >> 16,
    ]
}

/// Joins limbs below `2^52` of a number below `2^256` to words of 64 bits: [`split`] backwards.
pub const fn join(limbs: &Limbs) -> [u64; 4] {
    let [a, b, c, d, e] = *limbs;
    [a | b << 52, b >> 12 | c << 40, c >> 24 | d << 28, d >> 36 | e << 16]
}

/// `x * 2^260 mod p`: a constant as the kernel holds it.
pub fn montgomery(x: F) -> Limbs {
    split(&(x * F::from(2u64).pow([260])).into_bigint().0)
}

/// `2^264 mod p`: times `x * 2^256`, divided by `2^260`, it gives `x * 2^260`.
pub fn into_domain() -> Limbs {
    split(&F::from(2u64).pow([264]).into_bigint().0)
}

/// `2^256 mod p`: times `x * 2^260`, divided by `2^260`, it gives `x * 2^256`.
pub fn out_of_domain() -> Limbs {
    split(&F::from(2u64).pow([256]).into_bigint().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limbs_join_to_the_words_they_were_cut_from() {
        for words in [[0; 4], [u64::MAX; 4], F::MODULUS.0, [1, 2, 3, 4], [1 << 63, 1 << 51, 1 << 52, 1 << 12]] {
            assert_eq!(join(&split(&words)), words);
        }
    }

    #[test]
    fn the_constants_are_what_their_names_say() {
        assert_eq!(P[0].wrapping_mul(MINUS_INVERSE) & LIMB_MASK, LIMB_MASK);
        let mut carry = 0;
        for (a, b) in P.iter().zip(&MINUS_P) {
            let sum = a + b + carry;
            assert_eq!(sum & LIMB_MASK, 0);
            carry = sum >> LIMB_BITS;
        }
        assert_eq!(carry, 1);
        // QUOTIENT = 2^280 / p to 20 bits: p / 2^232 has 22 bits.
        let p = u128::from(P[4]) << 52 | u128::from(P[3]); // p / 2^156
        let exact = u64::try_from((1u128 << 124) / p).expect("27 bits");
        assert!(QUOTIENT <= exact && exact - QUOTIENT <= 64, "{QUOTIENT} {exact}");
    }
}
