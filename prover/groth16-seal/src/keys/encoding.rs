//! Fixed-size items of a key file.
//!
//! Numbers are little-endian; field elements are canonical integers of 32 bytes; points are their coordinates (for G2
//! real parts first), (0, 0) for infinity. Reading checks that numbers are reduced and points are on their curve. It
//! does not check that points of G2 are in the subgroup: a verifying key does that once, and a proving key with a wrong
//! point can only make proofs that no verifier accepts.
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

use ark_bn254::{Fq, Fq2};
use ark_ec::{
    AffineRepr,
    short_weierstrass::{Affine, SWCurveConfig},
};
use ark_ff::{BigInt, PrimeField, Zero};

use crate::F;

const LIMBS: usize = 4;

/// Something of a fixed size in a key file; the default stands where something was refused, and is never used.
pub(super) trait Item: Default + Send + Sync {
    /// Bytes.
    const SIZE: usize;
    /// Appends the bytes.
    fn write(&self, bytes: &mut Vec<u8>);
    /// Takes `SIZE` bytes off the front; `None` when they are no such thing.
    fn read(bytes: &mut &[u8]) -> Option<Self>;
}

impl Item for u8 {
    const SIZE: usize = 1;
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.push(*self);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        bytes.split_off_first().copied()
    }
}

impl Item for u32 {
    const SIZE: usize = 4;
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (word, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(Self::from_le_bytes(*word))
    }
}

/// A pair of positions.
impl Item for (u32, u32) {
    const SIZE: usize = 8;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.write(bytes);
        self.1.write(bytes);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some((u32::read(bytes)?, u32::read(bytes)?))
    }
}

impl Item for [u32; 3] {
    const SIZE: usize = 12;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|word| word.write(bytes));
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some([u32::read(bytes)?, u32::read(bytes)?, u32::read(bytes)?])
    }
}

impl Item for [u8; 32] {
    const SIZE: usize = 32;
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(self);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (item, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(*item)
    }
}

impl Item for BigInt<LIMBS> {
    const SIZE: usize = 32;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.0.iter().for_each(|limb| bytes.extend_from_slice(&limb.to_le_bytes()));
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let mut limbs = [0; LIMBS];
        for limb in &mut limbs {
            let (word, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            *limb = u64::from_le_bytes(*word);
        }
        Some(BigInt(limbs))
    }
}

impl Item for F {
    const SIZE: usize = 32;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.into_bigint().write(bytes);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::from_bigint(BigInt::read(bytes)?)
    }
}

impl Item for Fq {
    const SIZE: usize = 32;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.into_bigint().write(bytes);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Self::from_bigint(BigInt::read(bytes)?)
    }
}

impl Item for Fq2 {
    const SIZE: usize = 64;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.c0.write(bytes);
        self.c1.write(bytes);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self::new(Item::read(bytes)?, Item::read(bytes)?))
    }
}

/// (0, 0) stands for infinity: it is on neither curve.
impl<C: SWCurveConfig<BaseField: Item>> Item for Affine<C> {
    const SIZE: usize = C::BaseField::SIZE.saturating_mul(2);
    fn write(&self, bytes: &mut Vec<u8>) {
        let (x, y) = self.xy().unwrap_or_default();
        x.write(bytes);
        y.write(bytes);
    }
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (x, y): (C::BaseField, C::BaseField) = (Item::read(bytes)?, Item::read(bytes)?);
        if x.is_zero() && y.is_zero() {
            return Some(Self::identity());
        }
        Some(Self::new_unchecked(x, y)).filter(Self::is_on_curve)
    }
}
