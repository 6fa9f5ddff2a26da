//! Keys: what proves ([`ProvingKey`]) and what verifies ([`VerifyingKey`]), in memory and in files.
//!
//! A header says what a key is for: profile, number of slots, the circuit (its digest) and the inner configuration (its
//! digest), and whether the key is for development only. The two files carry the same header. `encoding` is the format
//! of what is in them, `file` and `proving_file` how they are read and written.

mod encoding;
mod file;
mod proving_file;
mod queries;

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use sha2::{Digest, Sha256};

pub use queries::Queries;

use crate::{Error, Matrices, error::UnsoundKey, reduction::Domain};

/// Usual name of the file of a proving key.
pub const PROVING_KEY_FILE: &str = "proving.key";
/// Usual name of the file of a verifying key.
pub const VERIFYING_KEY_FILE: &str = "verifying.key";
const MAX_PROFILE_BYTES: usize = 64;

/// The points of a verifying key.
pub type Points = ark_groth16::VerifyingKey<Bn254>;

/// What a key is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHeader {
    /// Name of the profile: 1 to 64 letters, digits, dots or dashes.
    pub profile: String,
    /// Statements in one seal.
    pub slots: u32,
    /// Whether anybody can forge with this key, because its trapdoor is public.
    pub development: bool,
    /// [`Matrices::digest`] of the circuit.
    pub circuit_digest: [u8; 32],
    /// Digest of the configuration of the proofs that the circuit verifies.
    pub inner_digest: [u8; 32],
}

/// 1 to 64 letters, digits, dots or dashes.
pub(crate) fn is_valid_profile(name: &str) -> bool {
    (1..=MAX_PROFILE_BYTES).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Everything that a prover needs, constraints included.
#[derive(Clone, Debug, PartialEq)]
pub struct ProvingKey {
    pub(crate) matrices: Matrices,
    pub(crate) domain: Domain,
    pub(crate) verifying_key: VerifyingKey,
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    /// `A_j`, every variable.
    pub(crate) a_query: Vec<G1Affine>,
    /// The variables that occur as a right factor, increasing.
    pub(crate) b_variables: Vec<u32>,
    /// `B_j` of those, in G1.
    pub(crate) b_g1_query: Vec<G1Affine>,
    /// `B_j` of those, in G2.
    pub(crate) b_g2_query: Vec<G2Affine>,
    /// `H_i`, every odd point.
    pub(crate) h_query: Vec<G1Affine>,
    /// `L_j`, the witness.
    pub(crate) l_query: Vec<G1Affine>,
}

impl ProvingKey {
    /// What the key is for.
    pub fn header(&self) -> &KeyHeader {
        self.verifying_key.header()
    }

    /// The key that verifies what this one proves.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying_key
    }

    /// The constraints.
    pub fn matrices(&self) -> &Matrices {
        &self.matrices
    }

    /// # Errors
    /// [`Error::CircuitMismatch`] when the key was made for a circuit with another digest.
    pub fn check_circuit(&self, circuit_digest: [u8; 32]) -> Result<(), Error> {
        let key = self.header().circuit_digest;
        if key == circuit_digest { Ok(()) } else { Err(Error::CircuitMismatch { key, circuit: circuit_digest }) }
    }
}

/// What a verifier needs: small, and checked whenever it is made or read.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyingKey {
    header: KeyHeader,
    points: Points,
}

impl VerifyingKey {
    /// Joins header and points.
    ///
    /// # Errors
    /// [`Error::UnsoundKey`] when a point is infinite, outside its group or, for gamma and delta, the generator, and
    /// when gamma equals delta: with such a key anybody could forge. (A gamma that is the generator is harmless as long
    /// as delta is not, but contracts refuse it, so it is refused here.)
    pub fn new(header: KeyHeader, points: Points) -> Result<Self, Error> {
        check_points(&points).map_err(Error::UnsoundKey)?;
        Ok(Self { header, points })
    }

    /// What the key is for.
    pub fn header(&self) -> &KeyHeader {
        &self.header
    }

    /// The points.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// Number of public inputs, without the constant one.
    pub fn num_public(&self) -> usize {
        self.points.gamma_abc_g1.len().saturating_sub(1)
    }

    /// SHA-256 of the bytes of the key's file: header and points.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(file::verifying_key_bytes(self)).into()
    }
}

fn check_points(points: &Points) -> Result<(), UnsoundKey> {
    let named_g1 = std::iter::once(("alpha", &points.alpha_g1)).chain(points.gamma_abc_g1.iter().map(|p| ("IC", p)));
    for (name, point) in named_g1 {
        if point.is_zero() {
            return Err(UnsoundKey::Infinity(name));
        }
        if !point.is_on_curve() {
            return Err(UnsoundKey::NotInGroup(name));
        }
    }
    let named_g2 = [("beta", &points.beta_g2), ("gamma", &points.gamma_g2), ("delta", &points.delta_g2)];
    for (name, point) in named_g2 {
        if point.is_zero() {
            return Err(UnsoundKey::Infinity(name));
        }
        if !point.is_on_curve() || !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(UnsoundKey::NotInGroup(name));
        }
    }
    check_distinct(named_g2)
}

/// Refuses keys under which anybody forges without a secret: beta, gamma and delta are different, and none is the
/// generator. Equality is that of the x coordinates, since a negated point is no better.
///
/// With `X` the sum over the public inputs, `(A, B, C) = (X, gamma, -alpha)` passes where beta = delta,
/// `(alpha + X, beta, 0)` where beta = gamma, and one proof is one of every statement where gamma = delta.
pub(crate) fn check_distinct(named: [(&'static str, &G2Affine); 3]) -> Result<(), UnsoundKey> {
    let [beta, gamma, delta] = named;
    for ((name, point), (other_name, other)) in [(beta, gamma), (beta, delta), (gamma, delta)] {
        if point.x == other.x {
            return Err(UnsoundKey::Equal(name, other_name));
        }
    }
    for (name, point) in named {
        if point.x == G2Affine::generator().x {
            return Err(UnsoundKey::Generator(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
