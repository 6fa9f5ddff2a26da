//! Field elements as canonical 32-byte big-endian numbers.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::{BigInteger, PrimeField};

use crate::{Error, F};

/// The canonical big-endian bytes of an element.
pub fn to_canonical_bytes(element: &F) -> [u8; 32] {
    let mut bytes = [0u8; 32];
    let big_endian = element.into_bigint().to_bytes_be();
    for (target, source) in bytes.iter_mut().rev().zip(big_endian.iter().rev()) {
        *target = *source;
    }
    bytes
}

/// Reads a canonical big-endian number below r; anything else is refused, never reduced.
///
/// # Errors
/// [`Error::NonCanonicalScalar`] for r and above.
pub fn from_canonical_bytes(bytes: &[u8; 32]) -> Result<F, Error> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
        *limb = u64::from_be_bytes(*chunk);
    }
    F::from_bigint(ark_ff::BigInt(limbs)).ok_or(Error::NonCanonicalScalar)
}

/// A 32-byte string as two 128-bit limbs, high limb first.
pub fn limbs(bytes: &[u8; 32]) -> [F; 2] {
    let mut halves = bytes.as_chunks::<16>().0.iter().map(|half| F::from(u128::from_be_bytes(*half)));
    std::array::from_fn(|_| halves.next().unwrap_or_default())
}

/// A signed integer in the field.
pub fn from_signed(value: i64) -> F {
    let magnitude = F::from(value.unsigned_abs());
    if value < 0 { -magnitude } else { magnitude }
}

/// A size as 64 bits: what formats and field elements hold. No platform has larger sizes.
pub fn size(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}
