//! Proving keys of ours as files of snarkjs (`.zkey`), and back: so that other provers prove with the same key.
//!
//! An exported key is not a step of a ceremony: it has neither contributions nor a hash of its circuit, and no tool
//! verifies it. What is imported was not verified either, so it is marked as a development key; [`crate::finalise`] is
//! how a key of a ceremony becomes one of ours.

use std::path::Path;

use ark_ec::AffineRepr;
use ark_poly::EvaluationDomain;
use rankproof_groth16_seal::{KeyHeader, Matrices, ProvingKey, reduction};

use crate::Error;
use crate::finalise::{Identity, read_key, restored};
use crate::ptau::same_ratio;
use crate::sections::SectionWriter;
use crate::setup::{check_entries, for_entries};
use crate::zkey::{self, Contributions, Header, Zkey};

/// Writes a proving key; one of a ceremony with gamma as the ceremony left it.
///
/// # Errors
/// [`crate::FileFault::Exists`] unless `force`, and what the disk refuses.
pub fn export(key: &ProvingKey, path: &Path, force: bool) -> Result<(), Error> {
    let points = restored(key.verifying_key());
    let queries = key.queries();
    let matrices = key.matrices();
    let (variables, public, domain) = sizes(matrices)?;
    let header = Header {
        variables,
        public,
        domain,
        alpha_g1: points.alpha_g1,
        beta_g1: queries.beta_g1,
        beta_g2: points.beta_g2,
        gamma_g2: points.gamma_g2,
        delta_g1: queries.delta_g1,
        delta_g2: points.delta_g2,
    };
    let mut writer = SectionWriter::create(path, zkey::MAGIC, zkey::NUM_SECTIONS, force)?;
    header.write(&mut writer)?;
    writer.begin(zkey::ENTRIES)?;
    for_entries(matrices, |bytes| writer.bytes(bytes))?;
    writer.end()?;
    for (section, points) in [
        (zkey::IC, &points.gamma_abc_g1),
        (zkey::A, &queries.a),
        (zkey::B_G1, &queries.b_g1),
        (zkey::L, &queries.l),
        (zkey::H, &queries.h),
    ] {
        writer.begin(section)?;
        writer.points(points)?;
        writer.end()?;
    }
    writer.begin(zkey::B_G2)?;
    writer.points(&queries.b_g2)?;
    writer.end()?;
    let none = Contributions { circuit_hash: [0; 64], list: Vec::new() };
    writer.section(zkey::CONTRIBUTIONS, &none.to_bytes())?;
    writer.finish()
}

/// Reads a key for a circuit, marked as a development key: nothing shows where it comes from.
///
/// # Errors
/// [`Error::Key`] when it is for another circuit, as far as its file tells (it does not keep the third matrix), or
/// beta or delta are not the same in both groups; [`rankproof_groth16_seal::Error::UnsoundKey`]; what the file refuses.
pub fn import(matrices: Matrices, identity: Identity, key: &Zkey) -> Result<ProvingKey, Error> {
    let header = key.header();
    if (header.variables, header.public, header.domain) != sizes(&matrices)? {
        return Err(Error::Key { what: "the size of the key", fault: "is not that of the circuit" });
    }
    check_entries(key, &matrices)?;
    let one = (AffineRepr::generator(), AffineRepr::generator());
    for (what, in_g1, in_g2) in
        [("beta", &header.beta_g1, &header.beta_g2), ("delta", &header.delta_g1, &header.delta_g2)]
    {
        if !same_ratio(&one.0, in_g1, &one.1, in_g2) {
            return Err(Error::Key { what, fault: "is another in G2 than in G1" });
        }
    }
    let Identity { profile, slots, inner_digest } = identity;
    let circuit_digest = matrices.digest();
    let header = KeyHeader { profile, slots, development: true, circuit_digest, inner_digest };
    read_key(matrices, header, key)
}

/// Variables, public inputs, points of the domain.
fn sizes(matrices: &Matrices) -> Result<(u32, u32, u32), Error> {
    let count = |number: usize| u32::try_from(number).expect("circuits count in u32");
    let domain = reduction::domain(matrices)?;
    Ok((count(matrices.num_variables()), count(matrices.num_public()), count(domain.size())))
}
