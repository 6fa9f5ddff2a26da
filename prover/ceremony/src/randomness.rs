//! Secrets and points from seeds, as snarkjs derives them: whoever checks a beacon or a proof of knowledge must arrive
//! at the same bits.
//!
//! The generator is ChaCha20 with a key of eight words, nonce and counter 0. A field element takes four numbers of 64
//! bits, each of two words, high word first, lowest limb first; two bits are dropped, it is drawn again until it is
//! reduced, and it is taken as a *Montgomery form*. A point takes an x and a bit, until x is on the curve; the bit
//! chooses the larger y. A point of G2 is multiplied by the cofactor.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::as_conversions, clippy::unwrap_used, clippy::expect_used)
)]

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine, G2Projective, g1, g2};
use ark_ec::{CurveConfig, CurveGroup, short_weierstrass::SWCurveConfig};
use ark_ff::{BigInt, Field, PrimeField};
use blake2::{Blake2b512, Digest};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use sha2::Sha256;

use crate::points::Point;

/// The generator that the first eight words of a hash, big-endian, are the key of.
pub fn generator(seed: &[u8]) -> ChaCha20Rng {
    let mut key = [0; 32];
    for (word, source) in key.as_chunks_mut::<4>().0.iter_mut().zip(seed.as_chunks::<4>().0) {
        *word = u32::from_be_bytes(*source).to_le_bytes();
    }
    ChaCha20Rng::from_seed(key)
}

/// A generator that nobody can predict: from the operating system, and from what the caller adds.
pub fn secret_generator(entropy: &[u8]) -> ChaCha20Rng {
    let mut system = [0; 64];
    rand::rngs::OsRng.fill_bytes(&mut system);
    generator(&Blake2b512::new().chain_update(system).chain_update(entropy).finalize())
}

/// The generator of a beacon: SHA-256 of the beacon, `2^log_iterations` times.
pub fn beacon_generator(beacon: &[u8], log_iterations: u8) -> ChaCha20Rng {
    let mut hash: [u8; 32] = Sha256::digest(beacon).into();
    for _ in 1..1u64.checked_shl(log_iterations.into()).unwrap_or(u64::MAX) {
        hash = Sha256::digest(hash).into();
    }
    generator(&hash)
}

fn limbs(rng: &mut ChaCha20Rng, modulus: BigInt<4>) -> BigInt<4> {
    loop {
        let mut limbs = [0; 4];
        for limb in &mut limbs {
            let (high, low) = (rng.next_u32(), rng.next_u32());
            *limb = u64::from(high) << 32 | u64::from(low);
        }
        // Both moduli have 254 bits.
        limbs[3] &= u64::MAX >> 2;
        if BigInt(limbs) < modulus {
            return BigInt(limbs);
        }
    }
}

/// A scalar.
pub fn scalar(rng: &mut ChaCha20Rng) -> Fr {
    Fr::new_unchecked(limbs(rng, Fr::MODULUS))
}

fn coordinate(rng: &mut ChaCha20Rng) -> Fq {
    Fq::new_unchecked(limbs(rng, Fq::MODULUS))
}

/// Whether y is the larger of y and -y, compared by imaginary parts first.
trait Larger: Field {
    fn is_larger(&self) -> bool;
}

impl Larger for Fq {
    fn is_larger(&self) -> bool {
        self.into_bigint() > Self::MODULUS_MINUS_ONE_DIV_TWO
    }
}

impl Larger for Fq2 {
    fn is_larger(&self) -> bool {
        if self.c1 == Fq::from(0u64) { self.c0.is_larger() } else { self.c1.is_larger() }
    }
}

fn point<C: SWCurveConfig<BaseField: Larger>>(
    rng: &mut ChaCha20Rng,
    mut draw: impl FnMut(&mut ChaCha20Rng) -> C::BaseField,
) -> (C::BaseField, C::BaseField) {
    loop {
        let x = draw(rng);
        let larger = rng.next_u32() & 1 == 1;
        if let Some(y) = (x.square() * x + C::COEFF_B).sqrt() {
            return (x, if y.is_larger() == larger { y } else { -y });
        }
    }
}

/// A point of G1.
pub fn g1(rng: &mut ChaCha20Rng) -> G1Affine {
    let (x, y) = point::<g1::Config>(rng, coordinate);
    G1Affine::new_unchecked(x, y)
}

/// A point of G2.
pub fn g2(rng: &mut ChaCha20Rng) -> G2Affine {
    let (x, y) = point::<g2::Config>(rng, |rng| {
        let real = coordinate(rng);
        Fq2::new(real, coordinate(rng))
    });
    let multiple = g2::Config::mul_affine(&G2Affine::new_unchecked(x, y), g2::Config::COFACTOR);
    G2Projective::into_affine(multiple)
}

/// The point of G2 that a hash stands for.
pub fn hash_to_g2(hash: &[u8; 64]) -> G2Affine {
    g2(&mut generator(hash))
}

/// The point of G2 for one secret (tau 0, alpha 1, beta 2) of a contribution to phase 1.
pub fn phase1_point(secret: u8, challenge: &[u8; 64], g1_s: &G1Affine, g1_sx: &G1Affine) -> G2Affine {
    let mut points = Vec::new();
    g1_s.write_canonical(&mut points);
    g1_sx.write_canonical(&mut points);
    let hash = Blake2b512::new().chain_update([secret]).chain_update(challenge).chain_update(points).finalize();
    hash_to_g2(&hash.into())
}

#[cfg(test)]
mod tests {
    use ark_ec::AffineRepr;

    use super::*;

    #[test]
    fn points_are_in_their_groups_and_depend_on_the_seed() {
        let mut rng = generator(&[7; 64]);
        assert!(g1(&mut rng).is_on_curve());
        let point = hash_to_g2(&[7; 64]);
        assert!(point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve() && !point.is_zero());
        assert_ne!(point, hash_to_g2(&[8; 64]));
    }

    #[test]
    fn beacon_iterates() {
        let twice = Sha256::digest(Sha256::digest([1]));
        assert_eq!(beacon_generator(&[1], 1), generator(&twice));
        assert_ne!(beacon_generator(&[1], 2), generator(&twice));
    }
}
