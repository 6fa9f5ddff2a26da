//! Proving keys of snarkjs (`.zkey`, Groth16), and the contributions that they carry.
//!
//! ```text
//!     section 1    protocol (4): 1 is Groth16
//!     section 2    bytes per coordinate (4), p, bytes per scalar (4), r, variables, public inputs, domain size (4 each),
//!                  α in G1, β in G1, β in G2, γ in G2, δ in G1, δ in G2
//!     section 3    IC, γ being 1 always                 section 4    the entries of the matrices a and b
//!     section 5    A_j        section 6    B_j in G1    section 7    B_j in G2
//!     section 8    L_j of the witness                   section 9    H_i, the odd points
//!     section 10   hash of the circuit (64), number of contributions (4), contributions
//! ```
//!
//! A contribution is `δ` after it in G1, `s`, `x·s` in G1, `x·s'` in G2, the transcript (64) and its [`Parameters`],
//! where x is its secret and `s'` the point of G2 that the transcript stands for. The transcript is BLAKE2b of the
//! circuit's hash, of all contributions before (points and transcript), and of `s` and `x·s`.
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

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use blake2::{Blake2b512, Digest};

use crate::parameters::Parameters;
use crate::points::{Point, field_head, take_field_head};
use crate::sections::{SectionFile, SectionWriter, take_u32};
use crate::{Error, FileFault};

pub(crate) const MAGIC: &[u8; 4] = b"zkey";
pub(crate) const PROTOCOL: u32 = 1;
pub(crate) const HEADER: u32 = 2;
pub(crate) const IC: u32 = 3;
pub(crate) const ENTRIES: u32 = 4;
pub(crate) const A: u32 = 5;
pub(crate) const B_G1: u32 = 6;
pub(crate) const B_G2: u32 = 7;
pub(crate) const L: u32 = 8;
pub(crate) const H: u32 = 9;
pub(crate) const CONTRIBUTIONS: u32 = 10;
/// Sections of a key.
pub(crate) const NUM_SECTIONS: u32 = 10;

const HEADER_BYTES: u64 = 2 * (4 + 32) + 12 + 3 * 64 + 3 * 128;
/// A thousand contributions with the longest parameters are shorter.
const MAX_CONTRIBUTION_SECTION: u64 = 1 << 20;

/// A hash of snarkjs: BLAKE2b, 64 bytes.
pub type Hash = [u8; 64];

/// Sizes and the points of a key that are not queries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// One, public inputs, witness.
    pub variables: u32,
    /// Public inputs, without one.
    pub public: u32,
    /// Points of the domain.
    pub domain: u32,
    /// α.
    pub alpha_g1: G1Affine,
    /// β.
    pub beta_g1: G1Affine,
    /// β.
    pub beta_g2: G2Affine,
    /// γ: the generator.
    pub gamma_g2: G2Affine,
    /// δ.
    pub delta_g1: G1Affine,
    /// δ.
    pub delta_g2: G2Affine,
}

impl Header {
    fn read(mut bytes: &[u8]) -> Result<Self, FileFault> {
        let bytes = &mut bytes;
        let other = FileFault::Unsupported("it is not for the curve BN254");
        take_field_head::<Fq>(bytes).and_then(|()| take_field_head::<Fr>(bytes)).ok_or(other)?;
        let mut read = || {
            let (variables, public, domain) = (take_u32(bytes)?, take_u32(bytes)?, take_u32(bytes)?);
            let fits = public < variables && domain.is_power_of_two() && domain <= 1 << crate::ptau::MAX_POWER;
            fits.then_some(())?;
            Some(Self {
                variables,
                public,
                domain,
                alpha_g1: Point::read(bytes)?,
                beta_g1: Point::read(bytes)?,
                beta_g2: Point::read(bytes)?,
                gamma_g2: Point::read(bytes)?,
                delta_g1: Point::read(bytes)?,
                delta_g2: Point::read(bytes)?,
            })
        };
        read().filter(|_| bytes.is_empty()).ok_or(FileFault::Value { section: HEADER })
    }

    pub(crate) fn write(&self, writer: &mut SectionWriter) -> Result<(), Error> {
        writer.section(PROTOCOL, &1u32.to_le_bytes())?;
        let mut bytes = [field_head::<Fq>(), field_head::<Fr>()].concat();
        [self.variables, self.public, self.domain].iter().for_each(|word| bytes.extend(word.to_le_bytes()));
        self.alpha_g1.write(&mut bytes);
        self.beta_g1.write(&mut bytes);
        [self.beta_g2, self.gamma_g2].iter().for_each(|point| point.write(&mut bytes));
        self.delta_g1.write(&mut bytes);
        self.delta_g2.write(&mut bytes);
        writer.section(HEADER, &bytes)
    }

    /// Base-2 logarithm of the domain.
    pub fn log_domain(&self) -> u32 {
        self.domain.trailing_zeros()
    }

    pub(crate) fn num_variables(&self) -> usize {
        usize::try_from(self.variables).unwrap_or(usize::MAX)
    }

    pub(crate) fn num_leading(&self) -> usize {
        usize::try_from(self.public).unwrap_or(usize::MAX).saturating_add(1)
    }

    pub(crate) fn domain_size(&self) -> usize {
        usize::try_from(self.domain).unwrap_or(usize::MAX)
    }
}

/// One step of phase 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// δ after this step.
    pub delta_after: G1Affine,
    /// A random point s.
    pub g1_s: G1Affine,
    /// x·s, x the secret.
    pub g1_sx: G1Affine,
    /// x·s', s' the point that the transcript stands for.
    pub g2_spx: G2Affine,
    /// Binds this step to all before.
    pub transcript: Hash,
    /// Name and beacon.
    pub parameters: Parameters,
}

impl Contribution {
    /// What is hashed of it, here and in every later transcript: not its parameters.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        [self.delta_after, self.g1_s, self.g1_sx].iter().for_each(|point| point.write_canonical(&mut bytes));
        self.g2_spx.write_canonical(&mut bytes);
        bytes.extend(self.transcript);
        bytes
    }

    /// What its contributor publishes.
    pub fn hash(&self) -> Hash {
        Blake2b512::digest(self.public_key()).into()
    }

    fn read(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self {
            delta_after: Point::read(bytes)?,
            g1_s: Point::read(bytes)?,
            g1_sx: Point::read(bytes)?,
            g2_spx: Point::read(bytes)?,
            transcript: take_hash(bytes)?,
            parameters: Parameters::read(bytes)?,
        })
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        [self.delta_after, self.g1_s, self.g1_sx].iter().for_each(|point| point.write(bytes));
        self.g2_spx.write(bytes);
        bytes.extend(self.transcript);
        self.parameters.write(bytes);
    }
}

fn take_hash(bytes: &mut &[u8]) -> Option<Hash> {
    let (hash, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*hash)
}

/// The circuit's hash and the steps since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contributions {
    /// Hash of the key before any contribution.
    pub circuit_hash: Hash,
    /// The steps, in order.
    pub list: Vec<Contribution>,
}

impl Contributions {
    /// The transcript of a contribution with these points after the first `count`.
    pub(crate) fn transcript(&self, count: usize, g1_s: &G1Affine, g1_sx: &G1Affine) -> Hash {
        let mut hasher = Blake2b512::new_with_prefix(self.circuit_hash);
        self.list.iter().take(count).for_each(|contribution| hasher.update(contribution.public_key()));
        let mut points = Vec::new();
        [g1_s, g1_sx].iter().for_each(|point| point.write_canonical(&mut points));
        hasher.chain_update(points).finalize().into()
    }

    /// Reads the bytes of section 10; `None` when they are no contributions.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let bytes = &mut bytes;
        let circuit_hash = take_hash(bytes)?;
        let count = take_u32(bytes)?;
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(Contribution::read(bytes)?);
        }
        bytes.is_empty().then_some(Self { circuit_hash, list })
    }

    /// The bytes of section 10.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.circuit_hash.to_vec();
        bytes.extend(u32::try_from(self.list.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.list.iter().for_each(|contribution| contribution.write(&mut bytes));
        bytes
    }
}

/// A key, open for reading.
#[derive(Debug)]
pub struct Zkey {
    file: SectionFile,
    header: Header,
    contributions: Contributions,
}

impl Zkey {
    /// Opens a key: header, lengths and contributions are read, queries are not.
    ///
    /// # Errors
    /// [`FileFault`]: another protocol or curve, a missing section, a wrong length, a value that is not valid.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = SectionFile::open(path, MAGIC, "snarkjs key (.zkey)")?;
        if file.bytes(PROTOCOL, 4, "the protocol")? != 1u32.to_le_bytes() {
            return Err(FileFault::Unsupported("it is a key of another proof system than Groth16").at(path));
        }
        let header = file.bytes(HEADER, HEADER_BYTES, "the header")?;
        let header = Header::read(&header).map_err(|fault| fault.at(path))?;
        let (variables, leading) = (u64::from(header.variables), u64::from(header.public).saturating_add(1));
        let sections = [
            (IC, leading, 64),
            (A, variables, 64),
            (B_G1, variables, 64),
            (B_G2, variables, 128),
            (L, variables.saturating_sub(leading), 64),
            (H, u64::from(header.domain), 64),
        ];
        for (section, count, size) in sections {
            file.expect_length(section, count.saturating_mul(size), "a part of the key")?;
        }
        file.span(ENTRIES, "the matrices")?;
        let contributions = file.bytes(CONTRIBUTIONS, MAX_CONTRIBUTION_SECTION, "the contributions")?;
        let contributions =
            Contributions::read(&contributions).ok_or_else(|| FileFault::Value { section: CONTRIBUTIONS }.at(path))?;
        Ok(Self { file, header, contributions })
    }

    /// The file itself.
    pub fn file(&self) -> &SectionFile {
        &self.file
    }

    /// Sizes and points.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The contributions.
    pub fn contributions(&self) -> &Contributions {
        &self.contributions
    }

    /// Points of a section, whole.
    pub(crate) fn points<P: Point>(&self, section: u32) -> Result<Vec<P>, Error> {
        let count = match section {
            IC => self.header.num_leading(),
            L => self.header.num_variables().saturating_sub(self.header.num_leading()),
            H => self.header.domain_size(),
            _ => self.header.num_variables(),
        };
        self.file.points(section, 0, count)
    }
}
