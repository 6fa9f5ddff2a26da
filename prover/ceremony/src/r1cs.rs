//! Constraints in circom's binary format (`.r1cs`), written and read as a stream.
//!
//! ```text
//!     section 1   bytes per number (4), modulus, variables, outputs, public inputs, private inputs (4 each),
//!                 labels (8), constraints (4)
//!     section 2   per constraint three combinations: number of terms (4), then (variable (4), coefficient (32)) each
//!     section 3   the label of each variable (8)
//! ```
//!
//! Variables are in our order: one, public inputs, witness. We have no outputs in circom's sense, and a variable is its
//! own label. What is read back has the digest of what was written: nothing about a circuit is lost but its names.
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

use std::path::Path;

use ark_bn254::Fr;
use ark_ff::Zero;
use rankproof_groth16_seal::{Matrices, MatricesBuilder};

use crate::points::{NUMBER_BYTES, field_head, read_scalar, take_field_head, write_scalar};
use crate::sections::{SectionFile, SectionWriter, take_u32};
use crate::{Error, FileFault};

const MAGIC: &[u8; 4] = b"r1cs";
const HEADER: u32 = 1;
const CONSTRAINTS: u32 = 2;
const LABELS: u32 = 3;
const HEADER_BYTES: u64 = 64;
const PIECE_BYTES: usize = 1 << 22;

/// Writes the constraints of a circuit.
///
/// # Errors
/// [`FileFault::Exists`] unless `force`, [`FileFault::Io`].
pub fn write(matrices: &Matrices, path: &Path, force: bool) -> Result<(), Error> {
    let mut writer = SectionWriter::create(path, MAGIC, 3, force)?;
    // Circuits count in u32.
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let variables = count(matrices.num_variables());
    let public = count(matrices.num_public());
    writer.begin(HEADER)?;
    writer.bytes(&field_head::<Fr>())?;
    let private = variables.saturating_sub(public).saturating_sub(1);
    for word in [variables, 0, public, private] {
        writer.u32(word)?;
    }
    writer.bytes(&u64::from(variables).to_le_bytes())?;
    writer.u32(count(matrices.num_constraints()))?;
    writer.end()?;

    writer.begin(CONSTRAINTS)?;
    let mut buffer = Vec::with_capacity(PIECE_BYTES);
    for combination in matrices.rows().iter().flatten() {
        let terms = matrices.combination(usize::try_from(*combination).unwrap_or(usize::MAX));
        buffer.extend_from_slice(&count(terms.len()).to_le_bytes());
        for (variable, coefficient) in terms {
            buffer.extend_from_slice(&variable.to_le_bytes());
            let position = usize::try_from(*coefficient).unwrap_or(usize::MAX);
            write_scalar(matrices.coefficients().get(position).unwrap_or(&Fr::zero()), &mut buffer);
        }
        if buffer.len() >= PIECE_BYTES {
            writer.bytes(&buffer)?;
            buffer.clear();
        }
    }
    writer.bytes(&buffer)?;
    writer.end()?;

    writer.begin(LABELS)?;
    let labels: Vec<u8> = (0..u64::from(variables)).flat_map(u64::to_le_bytes).collect();
    writer.bytes(&labels)?;
    writer.end()?;
    writer.finish()
}

/// Reads the constraints of a circuit.
///
/// # Errors
/// [`FileFault`]: another field, custom gates, another number of labels than variables, a variable that does not exist,
/// terms out of order, a coefficient that is 0 or not reduced, bytes left over.
pub fn read(path: &Path) -> Result<Matrices, Error> {
    let file = SectionFile::open(path, MAGIC, "circom constraint (.r1cs)")?;
    let header = file.bytes(HEADER, HEADER_BYTES, "the header")?;
    let (public, variables, constraints) = read_header(&header).map_err(|fault| fault.at(path))?;
    if file.has(4) || file.has(5) {
        return Err(FileFault::Unsupported("it has custom gates, which Groth16 does not know").at(path));
    }
    // Eight bytes for each variable, so that a small file does not make a large circuit.
    file.expect_length(LABELS, u64::try_from(variables).unwrap_or(u64::MAX).saturating_mul(8), "the labels")?;
    let mut rows = RowReader { file: &file, buffer: Vec::new(), used: 0, position: 0, length: 0 };
    let span = file.span(CONSTRAINTS, "the constraints")?;
    (rows.position, rows.length) = (span.start, span.length);
    let mut builder = MatricesBuilder::default();
    for _ in 0..constraints {
        let row = [rows.combination()?, rows.combination()?, rows.combination()?];
        builder.row([&row[0], &row[1], &row[2]]);
    }
    if rows.length != 0 || rows.used != rows.buffer.len() {
        return Err(FileFault::Value { section: CONSTRAINTS }.at(path));
    }
    builder.finish(public, variables).ok_or_else(|| FileFault::Value { section: CONSTRAINTS }.at(path))
}

/// Public inputs, variables, constraints.
fn read_header(mut bytes: &[u8]) -> Result<(usize, usize, u32), FileFault> {
    let invalid = || FileFault::Value { section: HEADER };
    let bytes = &mut bytes;
    take_field_head::<Fr>(bytes).ok_or(FileFault::Unsupported("it is not over the scalar field of BN254"))?;
    let mut word = || take_u32(bytes).ok_or_else(invalid);
    let (variables, outputs, inputs, private) = (word()?, word()?, word()?, word()?);
    let _labels = (word()?, word()?);
    let constraints = word()?;
    if !bytes.is_empty() {
        return Err(invalid());
    }
    let public = outputs.checked_add(inputs).ok_or_else(invalid)?;
    if public.checked_add(private).is_none_or(|inputs| inputs >= variables) {
        return Err(invalid());
    }
    let size = |number: u32| usize::try_from(number).map_err(|_| invalid());
    Ok((size(public)?, size(variables)?, constraints))
}

/// Takes combinations off a section, some MiB in memory.
struct RowReader<'a> {
    file: &'a SectionFile,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were taken.
    used: usize,
    position: u64,
    length: u64,
}

impl RowReader<'_> {
    fn fault(&self) -> Error {
        FileFault::Value { section: CONSTRAINTS }.at(self.file.path())
    }

    fn take(&mut self, length: usize) -> Result<&[u8], Error> {
        if self.buffer.len().saturating_sub(self.used) < length {
            self.buffer.drain(..self.used);
            self.used = 0;
            let wanted = u64::try_from(length.max(PIECE_BYTES)).unwrap_or(u64::MAX).min(self.length);
            self.buffer.extend(self.file.read(self.position, wanted)?);
            self.position = self.position.saturating_add(wanted);
            self.length = self.length.saturating_sub(wanted);
        }
        let start = self.used;
        self.used = start.saturating_add(length).min(self.buffer.len());
        let fault = FileFault::Value { section: CONSTRAINTS };
        self.buffer.get(start..start.saturating_add(length)).ok_or_else(|| fault.at(self.file.path()))
    }

    fn combination(&mut self) -> Result<Vec<(u32, Fr)>, Error> {
        const TERM_BYTES: usize = 4 + NUMBER_BYTES;
        let mut head = self.take(4)?;
        let count = take_u32(&mut head).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        let left = u64::try_from(self.buffer.len()).unwrap_or(u64::MAX).saturating_add(self.length);
        let bytes = count.checked_mul(TERM_BYTES).ok_or_else(|| self.fault())?;
        if u64::try_from(bytes).unwrap_or(u64::MAX) > left {
            return Err(self.fault());
        }
        let mut terms = Vec::with_capacity(count);
        let file = self.file;
        let mut bytes = self.take(bytes)?;
        while !bytes.is_empty() {
            let term = take_u32(&mut bytes).zip(read_scalar(&mut bytes));
            let term = term.filter(|(variable, coefficient)| {
                !coefficient.is_zero() && terms.last().is_none_or(|(last, _)| last < variable)
            });
            terms.push(term.ok_or_else(|| FileFault::Value { section: CONSTRAINTS }.at(file.path()))?);
        }
        Ok(terms)
    }
}
