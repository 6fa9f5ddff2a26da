//! Powers of tau (`.ptau`): the part of a setup that many circuits share.
//!
//! ```text
//!     section 1   bytes per number (4), modulus, power k (4), power of the ceremony (4)
//!     section 2   τ^i in G1, i < 2^(k+1) - 1          section 3   τ^i in G2, i < 2^k
//!     section 4   α τ^i in G1, i < 2^k                section 5   β τ^i in G1, i < 2^k
//!     section 6   β in G2                             section 7   the contributions
//!     sections 12 to 15   the Lagrange forms of 2 to 5: for p = 0, 1, .. k the values L_i(τ), i < 2^p, over the domain
//!                         of 2^p points; in section 12 also for p = k + 1, there without the power 2^(k+1) - 1
//! ```
//!
//! [`PowersOfTau::check_powers`] and [`PowersOfTau::check_lagrange`] show that all points belong to one τ, α, β. They do
//! not show that nobody knows these: that follows from who contributed, which `snarkjs powersoftau verify` checks and
//! the published hash of a file stands for.
#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::as_conversions, clippy::unwrap_used, clippy::expect_used)
)]

use std::path::Path;

use ark_bn254::{Bn254, Fq, Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::{AdditiveGroup, UniformRand};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};

use crate::parameters::Parameters;
use crate::points::{Point, take_field_head};
use crate::randomness::secret_generator;
use crate::sections::{SectionFile, take_u32};
use crate::{Error, FileFault};

pub(crate) const MAGIC: &[u8; 4] = b"ptau";
pub(crate) const HEADER: u32 = 1;
pub(crate) const TAU_G1: u32 = 2;
pub(crate) const TAU_G2: u32 = 3;
pub(crate) const ALPHA_G1: u32 = 4;
pub(crate) const BETA_G1: u32 = 5;
pub(crate) const BETA_G2: u32 = 6;
pub(crate) const CONTRIBUTIONS: u32 = 7;
/// The Lagrange form of a section has its number, and this more.
pub(crate) const LAGRANGE: u32 = 10;

/// The field has domains of `2^28` points, and one of twice the size is needed.
pub const MAX_POWER: u32 = 27;
/// A thousand contributions with the longest names are shorter.
const MAX_CONTRIBUTION_SECTION: u64 = 1 << 21;
/// Points of a contribution to phase 1, its hashes, before its parameters.
const CONTRIBUTION_BYTES: usize = 3 * 64 + 2 * 128 + 6 * 64 + 3 * 128 + 216 + 64;

/// A file of powers of tau.
#[derive(Debug)]
pub struct PowersOfTau {
    file: SectionFile,
    power: u32,
    contributions: Vec<Parameters>,
}

/// Which Lagrange forms are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levels {
    /// All that the file has.
    All,
    /// Those that a circuit with a domain of `2^n` points uses.
    Circuit(u32),
}

impl PowersOfTau {
    /// Opens a file: header and lengths are checked, points are when they are read.
    ///
    /// # Errors
    /// [`FileFault`]: another curve, a missing section (a file that is not prepared for phase 2), a wrong length.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = SectionFile::open(path, MAGIC, "powers of tau (.ptau)")?;
        let header = file.bytes(HEADER, 44, "the header")?;
        let power = read_header(&header).map_err(|fault| fault.at(path))?;
        let (size, g1, g2) = (1u64 << power, 64, 128);
        let powers = "powers of tau";
        file.expect_length(TAU_G1, (2 * size - 1) * g1, powers)?;
        file.expect_length(TAU_G2, size * g2, powers)?;
        file.expect_length(ALPHA_G1, size * g1, powers)?;
        file.expect_length(BETA_G1, size * g1, powers)?;
        file.expect_length(BETA_G2, g2, powers)?;
        let prepared = "the file is not prepared for phase 2; run `snarkjs powersoftau prepare phase2` on it";
        file.expect_length(LAGRANGE + TAU_G1, (4 * size - 1) * g1, prepared)?;
        file.expect_length(LAGRANGE + TAU_G2, (2 * size - 1) * g2, prepared)?;
        file.expect_length(LAGRANGE + ALPHA_G1, (2 * size - 1) * g1, prepared)?;
        file.expect_length(LAGRANGE + BETA_G1, (2 * size - 1) * g1, prepared)?;
        let contributions = file.bytes(CONTRIBUTIONS, MAX_CONTRIBUTION_SECTION, "the contributions")?;
        let contributions =
            read_contributions(&contributions).ok_or_else(|| FileFault::Value { section: CONTRIBUTIONS }.at(path))?;
        Ok(Self { file, power, contributions })
    }

    /// The file itself.
    pub fn file(&self) -> &SectionFile {
        &self.file
    }

    /// Base-2 logarithm of the number of powers.
    pub fn power(&self) -> u32 {
        self.power
    }

    /// Who contributed, as the file says.
    pub fn contributions(&self) -> &[Parameters] {
        &self.contributions
    }

    /// Whether everybody can compute the secrets: no participant contributed, only public beacons.
    pub fn is_development(&self) -> bool {
        self.contributions.iter().all(|contribution| contribution.beacon.is_some())
    }

    /// Checks that the powers are large enough for a circuit with a domain of `2^log_domain` points.
    ///
    /// From `2^15` points on the file needs to be one size larger than the circuit: snarkjs then hashes one point more
    /// than the key has, `τ^(2n-1)`, which a file of the same size does not hold.
    ///
    /// # Errors
    /// [`Error::PowerTooSmall`].
    pub fn check_size(&self, log_domain: u32) -> Result<(), Error> {
        let needed = if log_domain < 15 { log_domain } else { log_domain + 1 };
        if self.power < needed { Err(Error::PowerTooSmall { needed, actual: self.power }) } else { Ok(()) }
    }

    /// The first point of a section.
    pub(crate) fn first<P: Point>(&self, section: u32) -> Result<P, Error> {
        let found = self.file.points(section, 0, 1)?.pop();
        found.ok_or_else(|| FileFault::Value { section }.at(self.file.path()))
    }

    /// `L_i(τ)` over the domain of `2^level` points, times what the section of the powers is multiplied with.
    pub(crate) fn for_lagrange<P: Point>(
        &self,
        section: u32,
        level: u32,
        visit: impl FnMut(&[P]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let size = 1usize << level;
        self.file.for_points(LAGRANGE + section, size - 1, size, visit)
    }

    /// [`Self::for_lagrange`], whole.
    pub(crate) fn lagrange<P: Point>(&self, section: u32, level: u32) -> Result<Vec<P>, Error> {
        self.file.points(LAGRANGE + section, (1 << level) - 1, 1 << level)
    }

    /// Checks that sections 2 to 6 are the powers of one τ, times 1, α and β, by random linear combinations.
    ///
    /// # Errors
    /// [`Error::Powers`], [`FileFault::Value`] for a point outside its group.
    pub fn check_powers(&self) -> Result<(), Error> {
        let size = 1usize << self.power;
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let tau_g1: Vec<G1Affine> = self.file.points(TAU_G1, 0, 2)?;
        let tau_g2: Vec<G2Affine> = self.file.points(TAU_G2, 0, 2)?;
        let ([one_g1, tau_g1], [one_g2, tau_g2]) = (tau_g1.as_slice(), tau_g2.as_slice()) else {
            return Err(Error::Powers { what: "the file", fault: "has no power of tau but the first" });
        };
        if *one_g1 != g1 || *one_g2 != g2 {
            return Err(Error::Powers { what: "the first power of tau", fault: "is not the generator" });
        }
        let ends: [G1Affine; 2] = [self.first(ALPHA_G1)?, self.first(BETA_G1)?];
        if tau_g1.is_zero() || tau_g2.is_zero() || ends.iter().any(G1Affine::is_zero) {
            return Err(Error::Powers { what: "tau, alpha or beta", fault: "is zero" });
        }
        for (what, point) in [("tau", tau_g1), ("alpha", &ends[0]), ("beta", &ends[1])] {
            if point.x == g1.x {
                return Err(Error::Powers { what, fault: "is the generator up to sign: nobody contributed to it" });
            }
        }
        if !same_ratio(&g1, tau_g1, &g2, tau_g2) {
            return Err(Error::Powers { what: "tau in G1 and G2", fault: "are not the same" });
        }
        if !same_ratio(&g1, &ends[1], &g2, &self.first(BETA_G2)?) {
            return Err(Error::Powers { what: "beta in G1 and G2", fault: "are not the same" });
        }
        let powers = [(TAU_G1, "tau in G1", 2 * size - 1), (ALPHA_G1, "alpha", size), (BETA_G1, "beta", size)];
        for (section, what, count) in powers {
            let [low, high] = self.shifted::<G1Affine>(section, count)?;
            if !same_ratio(&low, &high, &g2, tau_g2) {
                return Err(Error::Powers { what, fault: "is not followed by its multiples with the powers of tau" });
            }
        }
        let [low, high] = self.shifted::<G2Affine>(TAU_G2, size)?;
        if !same_ratio(&g1, tau_g1, &low, &high) {
            return Err(Error::Powers { what: "tau in G2", fault: "is not followed by its powers" });
        }
        Ok(())
    }

    /// `Σ r_i P_i` and `Σ r_i P_(i+1)`, i below `count - 1`, with random `r_i`.
    fn shifted<P: Point>(&self, section: u32, count: usize) -> Result<[P; 2], Error> {
        let mut sums = [P::Group::ZERO; 2];
        let mut weight = Fr::ZERO; // of the last point of the chunk before, as the lower one of a pair
        let mut read = 0;
        self.file.for_points::<P>(section, 0, count, |points| {
            read += points.len();
            let mut low = random_weights(points.len());
            if let (Some(last), true) = (low.last_mut(), read == count) {
                *last = Fr::ZERO;
            }
            let mut high = vec![weight];
            high.extend(low.iter().take(points.len() - 1));
            weight = low.last().copied().unwrap_or_default();
            sums[0] += P::combine(points, &low);
            sums[1] += P::combine(points, &high);
            Ok(())
        })?;
        Ok(sums.map(|sum| sum.into_affine()))
    }

    /// Checks that the Lagrange forms are those of the powers, by random linear combinations: with random `r`,
    /// `Σ_i r_i L_i(τ) = Σ_j s_j τ^j` where `s` is the inverse Fourier transform of `r`.
    ///
    /// # Errors
    /// [`Error::Powers`], [`FileFault::Value`] for a point outside its group.
    pub fn check_lagrange(&self, levels: Levels) -> Result<(), Error> {
        let levels = |section: u32| match levels {
            Levels::All => 0..=self.power + u32::from(section == TAU_G1),
            Levels::Circuit(log_domain) => log_domain..=log_domain + u32::from(section == TAU_G1),
        };
        for level in levels(TAU_G1) {
            self.check_level::<G1Affine>(TAU_G1, level)?;
        }
        for level in levels(TAU_G2) {
            self.check_level::<G2Affine>(TAU_G2, level)?;
        }
        for section in [ALPHA_G1, BETA_G1] {
            for level in levels(section) {
                self.check_level::<G1Affine>(section, level)?;
            }
        }
        Ok(())
    }

    fn check_level<P: Point>(&self, section: u32, level: u32) -> Result<(), Error> {
        let size = 1usize << level;
        let mut weights = random_weights(size);
        let mut lagrange = P::Group::ZERO;
        let mut taken = 0;
        self.for_lagrange::<P>(section, level, |points| {
            lagrange += P::combine(points, weights.get(taken..).unwrap_or_default());
            taken += points.len();
            Ok(())
        })?;
        let domain = Radix2EvaluationDomain::<Fr>::new(size).ok_or(Error::PowerInvalid {
            power: level,
            min: 1,
            max: MAX_POWER,
        })?;
        domain.ifft_in_place(&mut weights);
        // The largest form in G1 leaves out the highest power, which the file does not have.
        let count = size.min((1 << (self.power + u32::from(section == TAU_G1))) - usize::from(section == TAU_G1));
        let mut powers = P::Group::ZERO;
        let mut taken = 0;
        self.file.for_points::<P>(section, 0, count, |points| {
            powers += P::combine(points, weights.get(taken..).unwrap_or_default());
            taken += points.len();
            Ok(())
        })?;
        if lagrange != powers {
            return Err(Error::Powers { what: "a Lagrange form", fault: "is not that of the powers" });
        }
        Ok(())
    }
}

/// Weights of 128 bits: a false equation holds for one in `2^128` choices of each.
pub(crate) fn random_weights(count: usize) -> Vec<Fr> {
    let mut rng = secret_generator(&[]);
    (0..count).map(|_| Fr::from(u128::rand(&mut rng))).collect()
}

/// Whether `low_1 / high_1 = low_2 / high_2`, none of them zero.
pub(crate) fn same_ratio(low_1: &G1Affine, high_1: &G1Affine, low_2: &G2Affine, high_2: &G2Affine) -> bool {
    let is_zero = low_1.is_zero() || high_1.is_zero() || low_2.is_zero() || high_2.is_zero();
    !is_zero && Bn254::multi_pairing([*low_1, -*high_1], [*high_2, *low_2]).0 == ark_ff::Field::ONE
}

/// The power.
fn read_header(mut bytes: &[u8]) -> Result<u32, FileFault> {
    let bytes = &mut bytes;
    take_field_head::<Fq>(bytes).ok_or(FileFault::Unsupported("it is not for the curve BN254"))?;
    let words = (take_u32(bytes), take_u32(bytes));
    match words {
        (Some(power), Some(_)) if (1..=MAX_POWER).contains(&power) && bytes.is_empty() => Ok(power),
        _ => Err(FileFault::Value { section: HEADER }),
    }
}

fn read_contributions(mut bytes: &[u8]) -> Option<Vec<Parameters>> {
    let bytes = &mut bytes;
    let count = take_u32(bytes)?;
    let mut contributions = Vec::new();
    for _ in 0..count {
        bytes.split_off(..CONTRIBUTION_BYTES)?;
        contributions.push(Parameters::read(bytes)?);
    }
    bytes.is_empty().then_some(contributions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that no contribution claims are none of the format.
    #[test]
    fn refuses_bytes_behind_the_contributions() {
        assert!(read_contributions(&[0; 4]).is_some_and(|contributions| contributions.is_empty()));
        assert!(read_contributions(&[0; 5]).is_none());
        assert!(read_contributions(&[1, 0, 0, 0]).is_none());
    }
}
