//! From the last key of a ceremony to a proving key of ours.
//!
//! snarkjs fixes γ at the generator of G2 and leaves it there; contracts of ours refuse a generator for γ or δ, since it
//! is the mark of a setup that was never finished. So γ and IC are rescaled by a public constant c, derived from the
//! circuit's digest:
//!
//! ```text
//!     γ = c G2      IC_j = IC'_j / c         e(Σ x_j IC_j, γ) = e(Σ x_j IC'_j, G2)
//! ```
//!
//! It is the same key: the same proofs verify, and there is no secret in c. What the rule is for is still refused: δ
//! is the generator exactly when nobody contributed. [`restored`] takes the factor out again.

use std::path::Path;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{Field, PrimeField};
use rankproof_groth16_seal::keys::{Points, Queries};
use rankproof_groth16_seal::{KeyHeader, Matrices, ProvingKey, SealProfile, VerifyingKey, seal};
use sha2::{Digest, Sha256};

use crate::ptau::PowersOfTau;
use crate::zkey::{self, Contributions, Zkey};
use crate::{Error, Stage, verify};

const GAMMA_LABEL: &[u8] = b"rankproof.ceremony-gamma.v1";

/// What a key is to be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the profile.
    pub profile: String,
    /// Statements in one seal.
    pub slots: u32,
    /// Digest of the configuration of the proofs that the circuit verifies.
    pub inner_digest: [u8; 32],
}

impl Identity {
    /// That of a profile's keys.
    pub fn of(profile: SealProfile) -> Self {
        Self {
            profile: profile.name().to_owned(),
            slots: profile.statements(),
            inner_digest: seal::parameters_digest(&profile.config()),
        }
    }
}

/// The files that a key comes from.
#[derive(Debug)]
pub struct Ceremony<'a> {
    /// The constraints.
    pub matrices: Matrices,
    /// Phase 1.
    pub powers: &'a PowersOfTau,
    /// The first key; computed again when it is not given.
    pub initial: Option<&'a Path>,
    /// The last key.
    pub key: &'a Zkey,
}

/// Why a ceremony does not make keys for value; `None` when it does.
pub fn shortcoming(powers: &PowersOfTau, contributions: &Contributions) -> Option<&'static str> {
    let list = &contributions.list;
    if powers.is_development() {
        return Some("the powers of tau are a development file, everybody knows their secret");
    }
    if list.iter().all(|contribution| contribution.parameters.beacon.is_some()) {
        return Some("nobody contributed: a beacon alone is public");
    }
    if list.last().is_none_or(|last| last.parameters.beacon.is_none()) {
        return Some("the last contribution is not a beacon; end the ceremony with one");
    }
    None
}

/// Verifies a ceremony and makes the keys of it. With a [`shortcoming`] that is refused, or, when `development` allows
/// it, the keys are marked as development keys.
///
/// # Errors
/// [`Error::Unfinished`], those of [`verify::verify`], and [`rankproof_groth16_seal::Error::UnsoundKey`] when nobody
/// contributed at all.
pub fn finalise(
    ceremony: Ceremony<'_>,
    identity: Identity,
    development: bool,
    stage: Stage<'_>,
) -> Result<ProvingKey, Error> {
    let Ceremony { matrices, powers, initial, key } = ceremony;
    let shortcoming = shortcoming(powers, key.contributions());
    if let (Some(shortcoming), false) = (shortcoming, development) {
        return Err(Error::Unfinished(shortcoming));
    }
    match initial {
        Some(path) => verify::verify_from_initial(&matrices, powers, &Zkey::open(path)?, key, stage)?,
        None => verify::verify(&matrices, powers, key, stage)?,
    }
    stage("reading the last key");
    let Identity { profile, slots, inner_digest } = identity;
    let circuit_digest = matrices.digest();
    let header = KeyHeader { profile, slots, development: shortcoming.is_some(), circuit_digest, inner_digest };
    read_key(matrices, header, key)
}

/// The keys in a file, gamma rescaled where it is the generator.
pub(crate) fn read_key(matrices: Matrices, header: KeyHeader, key: &Zkey) -> Result<ProvingKey, Error> {
    let points = key.header();
    let factor = match points.gamma_g2 == G2Affine::generator() {
        true => gamma_factor(header.circuit_digest),
        false => Fr::ONE,
    };
    let ic: Vec<G1Affine> = key.points(zkey::IC)?;
    let points = Points {
        alpha_g1: points.alpha_g1,
        beta_g2: points.beta_g2,
        gamma_g2: (points.gamma_g2 * factor).into_affine(),
        delta_g2: points.delta_g2,
        gamma_abc_g1: scaled(&ic, factor.inverse().expect("a digest is not 0")),
    };
    let queries = Queries {
        beta_g1: key.header().beta_g1,
        delta_g1: key.header().delta_g1,
        a: key.points(zkey::A)?,
        b_g1: key.points(zkey::B_G1)?,
        b_g2: key.points(zkey::B_G2)?,
        h: key.points(zkey::H)?,
        l: key.points(zkey::L)?,
    };
    Ok(ProvingKey::from_queries(matrices, header, points, queries)?)
}

/// c.
fn gamma_factor(circuit_digest: [u8; 32]) -> Fr {
    let digest = Sha256::new().chain_update(GAMMA_LABEL).chain_update(circuit_digest).finalize();
    Fr::from_be_bytes_mod_order(&digest)
}

fn scaled(points: &[G1Affine], factor: Fr) -> Vec<G1Affine> {
    points.iter().map(|point| (*point * factor).into_affine()).collect()
}

/// The points of a key as the ceremony left them, γ the generator; development keys, which have no such γ, as they are.
pub fn restored(key: &VerifyingKey) -> Points {
    let mut points = key.points().clone();
    let factor = gamma_factor(key.header().circuit_digest);
    if points.gamma_g2 == (G2Affine::generator() * factor).into_affine() {
        points.gamma_g2 = G2Affine::generator();
        points.gamma_abc_g1 = scaled(&points.gamma_abc_g1, factor);
    }
    points
}
