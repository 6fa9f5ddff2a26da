//! The key before any contribution, from constraints and powers of tau: `snarkjs groth16 setup`, byte for byte.
//!
//! With `u_j, v_j, w_j` the interpolated columns of the three matrices and δ = γ = 1,
//! `A_j = u_j(τ)`, `B_j = v_j(τ)`, `H_i = L_(2i+1)(τ)` over twice the domain, and
//! `K_j = β u_j(τ) + α v_j(τ) + w_j(τ)`, which is IC for one and the public inputs and L for the witness. All are sums of
//! Lagrange forms that the powers of tau hold.

use std::path::Path;

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::Field;
use ark_poly::EvaluationDomain;
use blake2::{Blake2b512, Digest};
use rankproof_groth16_seal::{Matrices, reduction};

use crate::combine::{Columns, normalize, weights};
use crate::points::{Point, write_montgomery};
use crate::ptau::{ALPHA_G1, BETA_G1, BETA_G2, PowersOfTau, TAU_G1, TAU_G2};
use crate::sections::{CHUNK_POINTS, SectionWriter, encode};
use crate::zkey::{self, Contributions, Hash, Header, Zkey};
use crate::{Error, Stage};

/// Writes the first key of a ceremony; returns the hash of the circuit.
///
/// # Errors
/// [`Error::PowerTooSmall`], [`crate::FileFault::Exists`] unless `force`, and what the files refuse.
pub fn write(
    matrices: &Matrices,
    powers: &PowersOfTau,
    path: &Path,
    force: bool,
    stage: Stage<'_>,
) -> Result<Hash, Error> {
    let header = header(matrices, powers)?;
    let level = header.log_domain();
    let mut writer = SectionWriter::create(path, zkey::MAGIC, zkey::NUM_SECTIONS, force)?;
    header.write(&mut writer)?;
    stage("writing the matrices");
    writer.begin(zkey::ENTRIES)?;
    for_entries(matrices, |bytes| writer.bytes(bytes))?;
    writer.end()?;

    stage("computing IC and L of the first key");
    let columns = Columns::new(matrices);
    let tau: Vec<G1Affine> = powers.lagrange(TAU_G1, level)?;
    let beta: Vec<G1Affine> = powers.lagrange(BETA_G1, level)?;
    let (ic, l) = {
        let alpha: Vec<G1Affine> = powers.lagrange(ALPHA_G1, level)?;
        let mut k = columns.sum(&weights(matrices, [Some(&beta), Some(&alpha), Some(&tau)]));
        add_public_rows(&mut k, matrices, &beta);
        let mut k = normalize::<G1Affine>(&k);
        let l = k.split_off(header.num_leading());
        (k, l)
    };
    drop(beta);

    let mut hasher = Blake2b512::new_with_prefix(header_hash_input(&header));
    let section = |writer: &mut SectionWriter, section: u32, points: &[G1Affine]| {
        writer.begin(section)?;
        writer.points(points)?;
        writer.end()
    };
    section(&mut writer, zkey::IC, &ic)?;
    hash_points(&mut hasher, &ic);
    writer.begin(zkey::H)?;
    write_odd_points(powers, level, |points| writer.points(points))?;
    writer.end()?;
    hash_vanishing(&mut hasher, powers, level)?;
    section(&mut writer, zkey::L, &l)?;
    hash_points(&mut hasher, &l);
    drop((ic, l));

    stage("computing A of the first key");
    let mut a = columns.sum(&weights(matrices, [Some(&tau), None, None]));
    add_public_rows(&mut a, matrices, &tau);
    let a = normalize::<G1Affine>(&a);
    section(&mut writer, zkey::A, &a)?;
    hash_points(&mut hasher, &a);
    drop(a);
    stage("computing B of the first key in G1");
    let b = normalize::<G1Affine>(&columns.sum(&weights(matrices, [None, Some(&tau), None])));
    section(&mut writer, zkey::B_G1, &b)?;
    hash_points(&mut hasher, &b);
    drop((b, tau));
    stage("computing B of the first key in G2");
    let tau: Vec<G2Affine> = powers.lagrange(TAU_G2, level)?;
    let b = normalize::<G2Affine>(&columns.sum(&weights(matrices, [None, Some(&tau), None])));
    writer.begin(zkey::B_G2)?;
    writer.points(&b)?;
    writer.end()?;
    hash_points(&mut hasher, &b);

    let circuit_hash = hasher.finalize().into();
    let contributions = Contributions { circuit_hash, list: Vec::new() };
    writer.section(zkey::CONTRIBUTIONS, &contributions.to_bytes())?;
    writer.finish()?;
    Ok(circuit_hash)
}

/// The header of the first key.
pub(crate) fn header(matrices: &Matrices, powers: &PowersOfTau) -> Result<Header, Error> {
    let domain = reduction::domain(matrices)?;
    powers.check_size(domain.log_size_of_group)?;
    let count = |number: usize| u32::try_from(number).expect("circuits count in u32");
    Ok(Header {
        variables: count(matrices.num_variables()),
        public: count(matrices.num_public()),
        domain: count(domain.size()),
        alpha_g1: powers.first(ALPHA_G1)?,
        beta_g1: powers.first(BETA_G1)?,
        beta_g2: powers.first(BETA_G2)?,
        gamma_g2: G2Affine::generator(),
        delta_g1: G1Affine::generator(),
        delta_g2: G2Affine::generator(),
    })
}

/// Rows of the public variables alone, in the first matrix, after the constraints.
fn add_public_rows<P: Point>(sums: &mut [P::Group], matrices: &Matrices, points: &[P]) {
    let rows = points[matrices.num_constraints()..].iter();
    sums.iter_mut().take(matrices.num_public() + 1).zip(rows).for_each(|(sum, point)| *sum += *point);
}

/// The entries of the matrices a and b, row by row: the coefficients times 2^512, so that snarkjs gets the Montgomery
/// form of the Montgomery form of a value that it multiplies with.
pub(crate) fn for_entries(matrices: &Matrices, mut visit: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    const PIECE_BYTES: usize = 1 << 22;
    let shift = Fr::from(2u64).pow([256]);
    let encoded: Vec<Vec<u8>> = matrices
        .coefficients()
        .iter()
        .map(|coefficient| {
            let mut bytes = Vec::new();
            write_montgomery(&(shift * coefficient), &mut bytes);
            bytes
        })
        .collect();
    let mut one = Vec::new();
    write_montgomery(&shift, &mut one);
    let leading = matrices.num_public() + 1;
    let terms = matrices.rows().iter().flat_map(|row| &row[..2]);
    let count: usize = terms.map(|combination| matrices.combination(*combination as usize).len()).sum();
    let mut buffer = u32::try_from(count + leading).expect("fewer than 2^32 entries").to_le_bytes().to_vec();
    let append = |buffer: &mut Vec<u8>, place: [u32; 3], coefficient: &[u8]| {
        place.iter().for_each(|word| buffer.extend(word.to_le_bytes()));
        buffer.extend(coefficient);
    };
    for (index, row) in matrices.rows().iter().enumerate() {
        for (matrix, combination) in row[..2].iter().enumerate() {
            for (variable, coefficient) in matrices.combination(*combination as usize) {
                let place = [matrix as u32, index as u32, *variable];
                append(&mut buffer, place, &encoded[*coefficient as usize]);
            }
        }
        if buffer.len() > PIECE_BYTES {
            visit(&buffer)?;
            buffer.clear();
        }
    }
    for variable in 0..leading as u32 {
        append(&mut buffer, [0, matrices.num_constraints() as u32 + variable, variable], &one);
    }
    visit(&buffer)
}

/// The odd points of the Lagrange form of twice the size, in order.
pub(crate) fn write_odd_points(
    powers: &PowersOfTau,
    level: u32,
    mut visit: impl FnMut(&[G1Affine]) -> Result<(), Error>,
) -> Result<(), Error> {
    powers.for_lagrange::<G1Affine>(TAU_G1, level + 1, |points| {
        visit(&points.iter().skip(1).step_by(2).copied().collect::<Vec<_>>())
    })
}

fn header_hash_input(header: &Header) -> Vec<u8> {
    let mut bytes = Vec::new();
    header.alpha_g1.write_canonical(&mut bytes);
    header.beta_g1.write_canonical(&mut bytes);
    header.beta_g2.write_canonical(&mut bytes);
    header.gamma_g2.write_canonical(&mut bytes);
    G1Affine::generator().write_canonical(&mut bytes);
    G2Affine::generator().write_canonical(&mut bytes);
    bytes
}

fn hash_points<P: Point>(hasher: &mut Blake2b512, points: &[P]) {
    hasher.update(u32::try_from(points.len()).unwrap_or(u32::MAX).to_be_bytes());
    points.chunks(CHUNK_POINTS).for_each(|points| hasher.update(encode(points, P::write_canonical)));
}

/// `τ^i Z(τ)`, Z vanishing on the domain: what other provers take for H. snarkjs says there are n - 1 of them; from
/// `2^15` points on it hashes n, since its last piece is a full one.
fn hash_vanishing(hasher: &mut Blake2b512, powers: &PowersOfTau, level: u32) -> Result<(), Error> {
    const PIECE: usize = 1 << 14;
    let size = 1usize << level;
    hasher.update(u32::try_from(size - 1).unwrap_or(u32::MAX).to_be_bytes());
    let count = if size > PIECE { size } else { size - 1 };
    for start in (0..count).step_by(CHUNK_POINTS) {
        let length = CHUNK_POINTS.min(count - start);
        let high: Vec<G1Affine> = powers.file().points(TAU_G1, size + start, length)?;
        let low: Vec<G1Affine> = powers.file().points(TAU_G1, start, length)?;
        let differences: Vec<_> = high.iter().zip(&low).map(|(high, low)| high.into_group() - low).collect();
        hasher.update(encode(&normalize::<G1Affine>(&differences), Point::write_canonical));
    }
    Ok(())
}

/// The hash of a key before any contribution.
///
/// # Errors
/// What the files refuse.
pub fn circuit_hash(key: &Zkey, powers: &PowersOfTau) -> Result<Hash, Error> {
    let mut hasher = Blake2b512::new_with_prefix(header_hash_input(key.header()));
    hash_points(&mut hasher, &key.points::<G1Affine>(zkey::IC)?);
    hash_vanishing(&mut hasher, powers, key.header().log_domain())?;
    for section in [zkey::L, zkey::A, zkey::B_G1] {
        hash_points(&mut hasher, &key.points::<G1Affine>(section)?);
    }
    hash_points(&mut hasher, &key.points::<G2Affine>(zkey::B_G2)?);
    Ok(hasher.finalize().into())
}

/// Checks that the entries of a key are those of the circuit: of a and b, for a key does not keep c.
///
/// # Errors
/// [`Error::Key`], and what the file refuses.
pub fn check_entries(key: &Zkey, matrices: &Matrices) -> Result<(), Error> {
    let differ = || Error::Key { what: "the matrices of the key", fault: "are not those of the circuit" };
    let span = key.file().span(zkey::ENTRIES, "the matrices")?;
    let mut done = 0;
    for_entries(matrices, |bytes| {
        let length = bytes.len() as u64;
        if done + length > span.length || key.file().read(span.start + done, length)? != bytes {
            return Err(differ());
        }
        done += length;
        Ok(())
    })?;
    if done == span.length { Ok(()) } else { Err(differ()) }
}
