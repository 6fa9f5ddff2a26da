//! Whether a key comes from a circuit, powers of tau and contributions, all of which anybody may hold beside it.
//!
//! What is compared with the circuit is the *first* key, before any contribution: either computed again ([`verify`]),
//! or given and checked by random linear combinations ([`verify_from_initial`]), which is much faster:
//!
//! ```text
//!     Σ_j ρ_j A_j = Σ_i (Σ_j ρ_j a_ij) L_i(τ)        and so on for B and K, random ρ of 128 bits
//! ```
//!
//! The last key must have everything of the first, save δ, and L, H divided by it.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::AdditiveGroup;
use rankproof_groth16_seal::Matrices;

use crate::points::Point;
use crate::ptau::{ALPHA_G1, BETA_G1, Levels, PowersOfTau, TAU_G1, TAU_G2, random_weights, same_ratio};
use crate::zkey::{self, Zkey};
use crate::{Error, FileFault, Stage, chain, setup};

/// Checks a key against a circuit and powers of tau, which are checked too; the first key is computed again.
///
/// # Errors
/// [`Error::Powers`], [`Error::Contribution`], [`Error::Key`], and what the files refuse.
pub fn verify(matrices: &Matrices, powers: &PowersOfTau, key: &Zkey, stage: Stage<'_>) -> Result<(), Error> {
    let folder = key.file().path().parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = tempfile::tempdir_in(folder.unwrap_or(std::path::Path::new(".")));
    let folder = folder.map_err(|error| FileFault::from(error).at(key.file().path()))?;
    check_parts(matrices, powers, key, stage)?;
    let path = folder.path().join("initial.zkey");
    setup::write(matrices, powers, &path, false, stage)?;
    compare(&Zkey::open(&path)?, key, stage)
}

/// [`verify`] with the first key of the ceremony at hand.
///
/// # Errors
/// As [`verify`].
pub fn verify_from_initial(
    matrices: &Matrices,
    powers: &PowersOfTau,
    initial: &Zkey,
    key: &Zkey,
    stage: Stage<'_>,
) -> Result<(), Error> {
    check_parts(matrices, powers, key, stage)?;
    check_initial(matrices, powers, initial, stage)?;
    compare(initial, key, stage)
}

/// Checks contributions and powers of tau, each by itself.
fn check_parts(matrices: &Matrices, powers: &PowersOfTau, key: &Zkey, stage: Stage<'_>) -> Result<(), Error> {
    let level = setup::header(matrices, powers)?.log_domain();
    stage("checking the contributions");
    chain::check(key.contributions())?;
    stage("checking the powers of tau");
    powers.check_powers()?;
    stage("checking the Lagrange forms of the powers of tau");
    powers.check_lagrange(Levels::Circuit(level))
}

const fn differs(what: &'static str) -> Error {
    Error::Key { what, fault: "is not what the circuit and the powers of tau give" }
}

/// Checks the first key of a ceremony.
///
/// # Errors
/// [`Error::Key`], and what the files refuse.
pub fn check_initial(matrices: &Matrices, powers: &PowersOfTau, initial: &Zkey, stage: Stage<'_>) -> Result<(), Error> {
    stage("checking the first key");
    let header = setup::header(matrices, powers)?;
    if *initial.header() != header {
        return Err(differs("the header of the first key"));
    }
    if !initial.contributions().list.is_empty() {
        return Err(Error::Key { what: "the first key", fault: "has contributions" });
    }
    setup::check_entries(initial, matrices)?;
    let level = header.log_domain();
    let mut odd = Vec::with_capacity(header.domain_size());
    setup::write_odd_points(powers, level, |points| {
        odd.extend_from_slice(points);
        Ok(())
    })?;
    if initial.points::<G1Affine>(zkey::H)? != odd {
        return Err(differs("H of the first key"));
    }
    drop(odd);

    let weights = random_weights(matrices.num_variables());
    let combined = matrices.evaluate(&weights);
    let column =
        |matrix: usize| -> Vec<Fr> { matrices.rows().iter().map(|row| combined[row[matrix] as usize]).collect() };
    let [mut a, b, c] = [0, 1, 2].map(column);
    a.extend_from_slice(&weights[..header.num_leading()]);
    let tau: Vec<G1Affine> = powers.lagrange(TAU_G1, level)?;
    if G1Affine::combine(&initial.points(zkey::A)?, &weights) != G1Affine::combine(&tau, &a) {
        return Err(differs("A of the first key"));
    }
    if G1Affine::combine(&initial.points(zkey::B_G1)?, &weights) != G1Affine::combine(&tau, &b) {
        return Err(differs("B in G1 of the first key"));
    }
    let mut k = G1Affine::combine(&tau, &c);
    drop(tau);
    k += G1Affine::combine(&powers.lagrange(BETA_G1, level)?, &a);
    k += G1Affine::combine(&powers.lagrange(ALPHA_G1, level)?, &b);
    let mut both: Vec<G1Affine> = initial.points(zkey::IC)?;
    both.extend(initial.points::<G1Affine>(zkey::L)?);
    if G1Affine::combine(&both, &weights) != k {
        return Err(differs("IC or L of the first key"));
    }
    drop(both);
    let tau: Vec<G2Affine> = powers.lagrange(TAU_G2, level)?;
    if G2Affine::combine(&initial.points(zkey::B_G2)?, &weights) != G2Affine::combine(&tau, &b) {
        return Err(differs("B in G2 of the first key"));
    }
    drop(tau);
    if setup::circuit_hash(initial, powers)? != initial.contributions().circuit_hash {
        return Err(differs("the circuit's hash in the first key"));
    }
    Ok(())
}

/// Checks that a key is the first one, after its contributions.
fn compare(initial: &Zkey, key: &Zkey, stage: Stage<'_>) -> Result<(), Error> {
    stage("comparing the last key with the first");
    let (first, last) = (initial.header(), key.header());
    let contributions = key.contributions();
    let other = |what| Err(Error::Key { what, fault: "is not that of the first key" });
    if contributions.circuit_hash != initial.contributions().circuit_hash {
        return other("the circuit's hash");
    }
    let unchanged = zkey::Header { delta_g1: first.delta_g1, delta_g2: first.delta_g2, ..last.clone() };
    if unchanged != *first {
        return other("the header");
    }
    let delta = contributions.list.last().map_or(G1Affine::generator(), |last| last.delta_after);
    if last.delta_g1 != delta {
        let fault = "is not that of its last contribution: contributions were dropped, added or altered";
        return Err(Error::Key { what: "delta", fault });
    }
    if !same_ratio(&G1Affine::generator(), &last.delta_g1, &G2Affine::generator(), &last.delta_g2) {
        return Err(Error::Key { what: "delta", fault: "is another in G2 than in G1" });
    }
    for (section, what) in [
        (zkey::IC, "IC"),
        (zkey::ENTRIES, "the matrices"),
        (zkey::A, "A"),
        (zkey::B_G1, "B in G1"),
        (zkey::B_G2, "B in G2"),
    ] {
        if !same_bytes(initial, key, section)? {
            return other(what);
        }
    }
    for (section, what) in [(zkey::L, "L"), (zkey::H, "H")] {
        let [first, now] = same_combination(initial, key, section)?;
        if !same_ratio(&now, &first, &G2Affine::generator(), &last.delta_g2) {
            return Err(Error::Key { what, fault: "is not that of the first key divided by delta" });
        }
    }
    Ok(())
}

fn same_bytes(one: &Zkey, other: &Zkey, section: u32) -> Result<bool, Error> {
    let hint = "a part of the key";
    let (one_span, span) = (one.file().span(section, hint)?, other.file().span(section, hint)?);
    if one_span.length != span.length {
        return Ok(false);
    }
    let (mut position, mut same) = (one_span.start, true);
    other.file().for_bytes(section, |bytes| {
        let length = bytes.len() as u64;
        same = same && one.file().read(position, length)? == bytes;
        position += length;
        Ok(())
    })?;
    Ok(same)
}

/// The same random combination of the points of a section in two keys.
fn same_combination(one: &Zkey, other: &Zkey, section: u32) -> Result<[G1Affine; 2], Error> {
    let count = match section {
        zkey::L => one.header().num_variables() - one.header().num_leading(),
        _ => one.header().domain_size(),
    };
    let weights = random_weights(count);
    let mut sums = [one, other].map(|_| <G1Affine as AffineRepr>::Group::ZERO);
    for (key, sum) in [one, other].into_iter().zip(&mut sums) {
        let mut taken = 0;
        key.file().for_points::<G1Affine>(section, 0, count, |points| {
            *sum += G1Affine::combine(points, &weights[taken..]);
            taken += points.len();
            Ok(())
        })?;
    }
    Ok(sums.map(|sum| sum.into_affine()))
}
