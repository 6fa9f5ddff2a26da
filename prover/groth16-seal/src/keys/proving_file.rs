//! The file of a proving key.
//!
//! ```text
//!     magic (8)  version  header  counts  SHA-256 of everything else  body
//! ```
//!
//! The counts fix the length of the body, so a length that does not fit is refused before anything is allocated, and a
//! file that does not match its digest before it is used. A digest finds damage, not malice: a proving key comes from
//! where one trusts. Names of parts of the circuit are not kept.
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

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use ark_bn254::{G1Affine, G2Affine};
use ark_poly::EvaluationDomain;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    KeyHeader, Points, ProvingKey, VerifyingKey, check_points,
    encoding::Item,
    file::{VERSION, check_magic_and_version, read_header, write_atomically, write_header, write_points},
};
use crate::{Error, FileFault, Matrices, reduction};

const MAGIC: &[u8; 8] = b"RKPRVKEY";
/// Bytes of a section that are read, hashed and parsed at a time; the small keys of unit tests have several pieces too.
const PIECE_BYTES: usize = if cfg!(test) { 1 << 9 } else { 1 << 22 };
/// Items that one task parses.
const ITEMS_PER_TASK: usize = 1 << 10;
const NUM_COUNTS: usize = 7;
/// No head (magic, version, header, counts, digest) is longer.
const MAX_HEAD_BYTES: u64 = 512;

/// How many items each section of the body has.
struct Counts {
    public: u32,
    variables: u32,
    coefficients: u32,
    terms: u32,
    combinations: u32,
    rows: u32,
    b_variables: u32,
}

impl Counts {
    fn of(key: &ProvingKey) -> Self {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX); // circuits count in u32 (`r1cs::count`)
        let matrices = &key.matrices;
        Self {
            public: count(matrices.num_public),
            variables: count(matrices.num_variables),
            coefficients: count(matrices.coefficients.len()),
            terms: count(matrices.terms.len()),
            combinations: count(matrices.ends.len()),
            rows: count(matrices.rows.len()),
            b_variables: count(key.b_variables.len()),
        }
    }

    fn words(&self) -> [u32; NUM_COUNTS] {
        let Self { public, variables, coefficients, terms, combinations, rows, b_variables } = *self;
        [public, variables, coefficients, terms, combinations, rows, b_variables]
    }

    fn from_words(
        [public, variables, coefficients, terms, combinations, rows, b_variables]: [u32; NUM_COUNTS],
    ) -> Self {
        Self { public, variables, coefficients, terms, combinations, rows, b_variables }
    }

    /// Size of the domain, the number of points of `h`.
    fn domain(&self) -> Option<u64> {
        let rows = u64::from(self.rows).checked_add(u64::from(self.public))?.checked_add(1)?;
        rows.checked_next_power_of_two()
    }

    /// Size of the witness, the number of points of `l`.
    fn witness(&self) -> Option<u32> {
        self.variables.checked_sub(self.public)?.checked_sub(1)
    }

    /// Bytes of the body.
    fn body(&self) -> Option<u64> {
        let sections = [
            (u64::from(self.public).checked_add(4)?, 64), // alpha, IC, beta and delta in G1
            (3, 128),
            (u64::from(self.coefficients), 32),
            (u64::from(self.terms), 8),
            (u64::from(self.combinations), 4),
            (u64::from(self.rows), 12),
            (u64::from(self.variables), 64),
            (u64::from(self.b_variables), 4 + 64 + 128),
            (self.domain()?, 64),
            (u64::from(self.witness()?), 64),
        ];
        sections.into_iter().try_fold(0u64, |total, (count, size)| total.checked_add(count.checked_mul(size)?))
    }
}

/// Writes sections and hashes what it writes.
struct BodyWriter<'a> {
    file: &'a mut File,
    hasher: Sha256,
}

impl BodyWriter<'_> {
    fn bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }

    fn section<T: Item>(&mut self, items: &[T]) -> std::io::Result<()> {
        for piece in items.chunks((PIECE_BYTES.checked_div(T::SIZE)).unwrap_or(1)) {
            let encoded: Vec<Vec<u8>> = piece
                .par_chunks(ITEMS_PER_TASK)
                .map(|items| {
                    let mut bytes = Vec::with_capacity(items.len().saturating_mul(T::SIZE));
                    items.iter().for_each(|item| item.write(&mut bytes));
                    bytes
                })
                .collect();
            encoded.iter().try_for_each(|bytes| self.bytes(bytes))?;
        }
        Ok(())
    }
}

/// Reads sections: hashes and parses one piece while it reads the next.
struct BodyReader {
    file: BufReader<File>,
    hasher: Sha256,
}

impl BodyReader {
    fn section<T: Item>(&mut self, name: &'static str, count: u64) -> Result<Vec<T>, FileFault> {
        let invalid = || FileFault::Value { section: name };
        let mut unread =
            usize::try_from(count).ok().and_then(|count| count.checked_mul(T::SIZE)).ok_or_else(invalid)?;
        let mut items = Vec::with_capacity(unread.checked_div(T::SIZE).unwrap_or(0)); // fits the length of the file
        let piece_bytes = PIECE_BYTES.checked_div(T::SIZE).unwrap_or(1).saturating_mul(T::SIZE);
        let Self { file, hasher } = self;
        let mut read_piece = |buffer: &mut Vec<u8>| {
            let size = unread.min(piece_bytes);
            unread = unread.saturating_sub(size);
            buffer.resize(size, 0);
            file.read_exact(buffer)
        };
        let (mut piece, mut next) = (Vec::new(), Vec::new());
        read_piece(&mut piece)?;
        while !piece.is_empty() {
            let all_valid = AtomicBool::new(true);
            let parse = |mut bytes: &[u8]| {
                T::read(&mut bytes).unwrap_or_else(|| {
                    all_valid.store(false, Ordering::Relaxed);
                    T::default()
                })
            };
            let ((read, ()), ()) = rayon::join(
                || rayon::join(|| read_piece(&mut next), || hasher.update(&piece)),
                || items.par_extend(piece.par_chunks(T::SIZE).with_min_len(ITEMS_PER_TASK).map(parse)),
            );
            read?;
            if !all_valid.into_inner() {
                return Err(invalid());
            }
            std::mem::swap(&mut piece, &mut next);
        }
        Ok(items)
    }

    fn one<T: Item>(&mut self, name: &'static str) -> Result<T, FileFault> {
        self.section(name, 1)?.pop().ok_or(FileFault::Value { section: name })
    }
}

impl ProvingKey {
    /// Writes the key to a file.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        write_atomically(path, |file| {
            let mut head = MAGIC.to_vec();
            VERSION.write(&mut head);
            write_header(self.header(), &mut head);
            Counts::of(self).words().iter().for_each(|count| count.write(&mut head));
            file.write_all(&head)?;
            file.write_all(&[0; 32])?; // the digest, when it is known
            let mut body = BodyWriter { file, hasher: Sha256::new_with_prefix(&head) };
            let mut points = Vec::new();
            write_points(self.verifying_key.points(), &mut points);
            body.bytes(&points)?;
            body.section(&[self.beta_g1, self.delta_g1])?;
            let Matrices { coefficients, terms, ends, rows, .. } = &self.matrices;
            body.section(coefficients)?;
            body.section(terms)?;
            body.section(ends)?;
            body.section(rows)?;
            body.section(&self.a_query)?;
            body.section(&self.b_variables)?;
            body.section(&self.b_g1_query)?;
            body.section(&self.b_g2_query)?;
            body.section(&self.h_query)?;
            body.section(&self.l_query)?;
            let digest = body.hasher.finalize();
            file.seek(SeekFrom::Start(u64::try_from(head.len()).unwrap_or(u64::MAX)))?;
            file.write_all(&digest)
        })
    }

    /// Reads a key from a file and checks it: lengths, digest, numbers, points on their curves, positions, that the
    /// constraints are those of the header, and everything that a verifying key checks.
    ///
    /// # Errors
    /// [`FileFault`] at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let read = || {
            let mut file = BufReader::new(File::open(path)?);
            let (header, counts, digest, hasher) = read_head(&mut file)?;
            read_body(BodyReader { file, hasher }, header, &counts, digest)
        };
        read().map_err(|fault| fault.at(path))
    }
}

/// Reads everything before the body and checks the length of the file; the hasher has what stands before the digest.
fn read_head(file: &mut BufReader<File>) -> Result<(KeyHeader, Counts, [u8; 32], Sha256), FileFault> {
    let mut start = Vec::new();
    file.by_ref().take(MAX_HEAD_BYTES).read_to_end(&mut start)?;
    let mut bytes = start.as_slice();
    check_magic_and_version(&mut bytes, MAGIC, "proving key")?;
    let header = read_header(&mut bytes)?;
    let mut words = [0; NUM_COUNTS];
    for word in &mut words {
        *word = u32::read(&mut bytes).ok_or(FileFault::Header { field: "counts" })?;
    }
    let counts = Counts::from_words(words);
    let hashed = start.get(..start.len().saturating_sub(bytes.len())).unwrap_or_default();
    let hasher = Sha256::new_with_prefix(hashed);
    let digest = Item::read(&mut bytes).ok_or(FileFault::Header { field: "digest" })?;
    let head = u64::try_from(start.len().saturating_sub(bytes.len())).unwrap_or(u64::MAX);
    let expected =
        counts.body().and_then(|body| body.checked_add(head)).ok_or(FileFault::Header { field: "counts" })?;
    let actual = file.get_ref().metadata()?.len();
    if expected != actual {
        return Err(FileFault::Length { expected, actual });
    }
    file.seek(SeekFrom::Start(head))?;
    Ok((header, counts, digest, hasher))
}

fn read_body(
    mut body: BodyReader,
    header: KeyHeader,
    counts: &Counts,
    digest: [u8; 32],
) -> Result<ProvingKey, FileFault> {
    let points = Points {
        alpha_g1: body.one("alpha")?,
        beta_g2: body.one("beta")?,
        gamma_g2: body.one("gamma")?,
        delta_g2: body.one("delta")?,
        gamma_abc_g1: body.section("IC", u64::from(counts.public).saturating_add(1))?,
    };
    let (beta_g1, delta_g1) = (body.one("beta in G1")?, body.one("delta in G1")?);
    let size = |count: u32| usize::try_from(count).map_err(|_| FileFault::Header { field: "counts" });
    let matrices = Matrices::from_sections(
        size(counts.public)?,
        size(counts.variables)?,
        body.section("coefficients", counts.coefficients.into())?,
        body.section("terms", counts.terms.into())?,
        body.section("combinations", counts.combinations.into())?,
        body.section("rows", counts.rows.into())?,
    )
    .ok_or(FileFault::Value { section: "constraints" })?;
    let (circuit_digest, queries) = rayon::join(|| matrices.digest(), || read_queries(body, counts, digest));
    let Queries { a_query, b_variables, b_g1_query, b_g2_query, h_query, l_query } = queries?;
    if circuit_digest != header.circuit_digest {
        return Err(FileFault::Header { field: "circuit digest" });
    }
    let domain = reduction::domain(&matrices).map_err(|_| FileFault::Header { field: "counts" })?;
    if domain.size() != h_query.len() {
        return Err(FileFault::Header { field: "counts" });
    }
    check_points(&points).map_err(FileFault::UnsoundKey)?;
    Ok(ProvingKey {
        matrices,
        domain,
        verifying_key: VerifyingKey { header, points },
        beta_g1,
        delta_g1,
        a_query,
        b_variables,
        b_g1_query,
        b_g2_query,
        h_query,
        l_query,
    })
}

/// What follows the constraints: a point for every variable of the circuit, in several roles.
struct Queries {
    a_query: Vec<G1Affine>,
    b_variables: Vec<u32>,
    b_g1_query: Vec<G1Affine>,
    b_g2_query: Vec<G2Affine>,
    h_query: Vec<G1Affine>,
    l_query: Vec<G1Affine>,
}

/// Reads the rest of the body and checks its digest.
fn read_queries(mut body: BodyReader, counts: &Counts, digest: [u8; 32]) -> Result<Queries, FileFault> {
    let a_query = body.section("A", counts.variables.into())?;
    let b_variables: Vec<u32> = body.section("variables of B", counts.b_variables.into())?;
    if !b_variables.is_sorted_by(|a, b| a < b) || b_variables.last().is_some_and(|last| *last >= counts.variables) {
        return Err(FileFault::Value { section: "variables of B" });
    }
    let b_g1_query = body.section("B in G1", counts.b_variables.into())?;
    let b_g2_query = body.section("B in G2", counts.b_variables.into())?;
    let h_query = body.section("H", counts.domain().unwrap_or(0))?;
    let l_query = body.section("L", counts.witness().unwrap_or(0).into())?;
    let actual: [u8; 32] = body.hasher.finalize().into();
    if actual != digest {
        return Err(FileFault::Digest);
    }
    Ok(Queries { a_query, b_variables, b_g1_query, b_g2_query, h_query, l_query })
}
