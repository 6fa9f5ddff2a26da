//! Points and numbers as the files of snarkjs hold them.
//!
//! In files a coordinate is its Montgomery form `x·2^256 mod p`, 32 bytes, little-endian, real part before imaginary;
//! what is hashed are canonical integers, big-endian, imaginary part before real. Infinity is all zeros in both.
//! Reading checks that coordinates are reduced, that points are on their curve and, in G2, in the subgroup.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::unwrap_used,
        clippy::expect_used
    )
)]

use ark_bn254::{Fq, Fq2, Fr, g1, g2};
use ark_ec::{
    AffineRepr, PrimeGroup, VariableBaseMSM,
    scalar_mul::BatchMulPreprocessing,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{BigInt, BigInteger, PrimeField, Zero};
use rayon::prelude::*;

use crate::subgroup;

/// Bytes of a number.
pub const NUMBER_BYTES: usize = 32;

/// What a header says of a field: bytes of a number (4), modulus.
pub(crate) fn field_head<T: PrimeField<BigInt = BigInt<4>>>() -> Vec<u8> {
    let mut bytes = vec![32, 0, 0, 0];
    bytes.extend(T::MODULUS.to_bytes_le());
    bytes
}

/// Takes [`field_head`] off the front; `None` when it is that of another field.
pub(crate) fn take_field_head<T: PrimeField<BigInt = BigInt<4>>>(bytes: &mut &[u8]) -> Option<()> {
    *bytes = bytes.strip_prefix(field_head::<T>().as_slice())?;
    Some(())
}

/// The base field of a group, in files.
pub trait Coordinate: Sized {
    /// Bytes.
    const SIZE: usize;
    /// Reads the Montgomery form; `None` when it is not reduced or too short.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
    /// Appends the Montgomery form.
    fn write(&self, bytes: &mut Vec<u8>);
    /// Appends what is hashed.
    fn write_canonical(&self, bytes: &mut Vec<u8>);
}

fn read_limbs(bytes: &mut &[u8]) -> Option<BigInt<4>> {
    let mut limbs = [0; 4];
    for limb in &mut limbs {
        let (word, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        *limb = u64::from_le_bytes(*word);
    }
    Some(BigInt(limbs))
}

fn write_limbs(limbs: &BigInt<4>, bytes: &mut Vec<u8>) {
    limbs.0.iter().for_each(|limb| bytes.extend_from_slice(&limb.to_le_bytes()));
}

impl Coordinate for Fq {
    const SIZE: usize = NUMBER_BYTES;
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let limbs = read_limbs(bytes)?;
        (limbs < Self::MODULUS).then(|| Self::new_unchecked(limbs))
    }
    fn write(&self, bytes: &mut Vec<u8>) {
        write_limbs(&self.0, bytes);
    }
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.into_bigint().to_bytes_be());
    }
}

impl Coordinate for Fq2 {
    const SIZE: usize = 64;
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self::new(Fq::read(bytes)?, Fq::read(bytes)?))
    }
    fn write(&self, bytes: &mut Vec<u8>) {
        self.c0.write(bytes);
        self.c1.write(bytes);
    }
    fn write_canonical(&self, bytes: &mut Vec<u8>) {
        self.c1.write_canonical(bytes);
        self.c0.write_canonical(bytes);
    }
}

/// A group of the pairing.
pub trait Point: AffineRepr<ScalarField = Fr> {
    /// Bytes in a file, and hashed.
    const SIZE: usize;
    /// Reads a point; `None` when it is none.
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::read_on_curve(bytes).filter(|point| Self::are_in_group(std::slice::from_ref(point)))
    }
    /// Reads a point of the curve. The caller must check [`Self::are_in_group`].
    fn read_on_curve(bytes: &mut &[u8]) -> Option<Self>;
    /// Whether these points of the curve are in the group: by random combinations when there are many.
    fn are_in_group(points: &[Self]) -> bool;
    /// Appends the bytes of a file.
    fn write(&self, bytes: &mut Vec<u8>);
    /// Appends the bytes that are hashed.
    fn write_canonical(&self, bytes: &mut Vec<u8>);
    /// `Σ scalar · point`, as far as there are both.
    fn combine(points: &[Self], scalars: &[Fr]) -> Self::Group;
    /// Multiples of the generator by many scalars, quickly; a table for about as many as `expected`.
    fn table(expected: usize) -> impl Fn(&[Fr]) -> Vec<Self>;
}

fn read_point<C: SWCurveConfig<BaseField: Coordinate>>(bytes: &mut &[u8]) -> Option<Affine<C>> {
    let (x, y): (C::BaseField, C::BaseField) = (Coordinate::read(bytes)?, Coordinate::read(bytes)?);
    if x.is_zero() && y.is_zero() {
        return Some(Affine::identity());
    }
    Some(Affine::new_unchecked(x, y)).filter(Affine::is_on_curve)
}

macro_rules! point {
    ($point:ty, $group:ty, $size:expr, $are_in_group:expr) => {
        impl Point for $point {
            const SIZE: usize = $size;
            fn read_on_curve(bytes: &mut &[u8]) -> Option<Self> {
                read_point(bytes)
            }
            fn are_in_group(points: &[Self]) -> bool {
                $are_in_group(points)
            }
            fn write(&self, bytes: &mut Vec<u8>) {
                let (x, y) = self.xy().unwrap_or_default();
                x.write(bytes);
                y.write(bytes);
            }
            fn write_canonical(&self, bytes: &mut Vec<u8>) {
                let (x, y) = self.xy().unwrap_or_default();
                x.write_canonical(bytes);
                y.write_canonical(bytes);
            }
            fn combine(points: &[Self], scalars: &[Fr]) -> $group {
                let scalars: Vec<_> = scalars.par_iter().map(|scalar| scalar.into_bigint()).collect();
                <$group>::msm_bigint(points, &scalars)
            }
            fn table(expected: usize) -> impl Fn(&[Fr]) -> Vec<Self> {
                let table = BatchMulPreprocessing::new(<$group>::generator(), expected);
                move |scalars| table.batch_mul(scalars)
            }
        }
    };
}

// The cofactor of G1 is 1.
point!(Affine<g1::Config>, Projective<g1::Config>, 64, |_| true);
point!(Affine<g2::Config>, Projective<g2::Config>, 128, subgroup::contains_all);

/// A scalar as a plain integer, little-endian; `None` when it is not reduced.
pub fn read_scalar(bytes: &mut &[u8]) -> Option<Fr> {
    Fr::from_bigint(read_limbs(bytes)?)
}

/// Appends a scalar as a plain integer, little-endian.
pub fn write_scalar(scalar: &Fr, bytes: &mut Vec<u8>) {
    write_limbs(&scalar.into_bigint(), bytes);
}

/// Appends the limbs that an element has in memory: its Montgomery form.
pub fn write_montgomery(scalar: &Fr, bytes: &mut Vec<u8>) {
    write_limbs(&scalar.0, bytes);
}

#[cfg(test)]
mod tests {
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ff::Field;

    use super::*;

    #[test]
    fn points_survive_and_others_are_refused() {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let mut bytes = Vec::new();
        g1.write(&mut bytes);
        G1Affine::identity().write(&mut bytes);
        g2.write(&mut bytes);
        let mut rest = bytes.as_slice();
        assert_eq!(G1Affine::read(&mut rest), Some(g1));
        assert_eq!(G1Affine::read(&mut rest), Some(G1Affine::identity()));
        assert_eq!(G2Affine::read(&mut rest), Some(g2));
        assert_eq!(G1Affine::read(&mut rest), None, "nothing is left");
        bytes[0] ^= 1;
        assert_eq!(G1Affine::read(&mut bytes.as_slice()), None, "not on the curve");
        let not_reduced = [0xff; 64];
        assert_eq!(G1Affine::read(&mut not_reduced.as_slice()), None);
        // On the curve, but not in the subgroup: the first x for which y exists.
        let outside = (0u64..)
            .find_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::ONE), true))
            .expect("half of all x");
        let mut bytes = Vec::new();
        outside.write(&mut bytes);
        assert!(outside.is_on_curve() && G2Affine::read(&mut bytes.as_slice()).is_none());
    }
}
