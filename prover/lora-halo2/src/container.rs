//! A halo2 proof as a file: shape, public inputs, argument, measurements, stamp; one canonical encoding.
//!
//! ```text
//! "RPH2" | version u32 | bits u8 | tokens u32 | modules u32 |
//! modules * (kind u8 | in u32 | out u32 | rank u32 | input u32) |
//! adapter, activations, context (3 * 32 bytes, big-endian, below the Pasta base modulus) | circuit digest |
//! argument length u32 | argument |
//! program length u16 | program | rows u64 | look-ups u64 | products u64 |
//! key, witness, proving milliseconds (3 * u64) | peak memory bytes u64 | stamp (96 bytes)
//! ```
//!
//! Integers are big-endian. Columns and `k` are not in the file: the planner gives them to the shape. The argument's
//! transcript binds the verifying key (hence the shape) and the public inputs; the stamp, whose key is one of them,
//! binds every other byte. A reader encodes what it read and compares, so that every changed byte is refused.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::PrimeField;
use rankproof_statement::WeightBits;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::keys;
use crate::shape::{MAX_MODULES, ModuleShape, Shape, Update};
use crate::stamp::Stamp;

/// First bytes of a halo2 proof file.
pub const MAGIC: &[u8; 4] = b"RPH2";
/// First bytes of a compressed one, those of any gzip stream (RFC 1952, section 2.3.1).
pub const GZIP_MAGIC: &[u8; 2] = &[0x1f, 0x8b];
/// Version of the encoding.
pub const FORMAT_VERSION: u32 = 1;
/// No proof file is larger.
pub const MAX_BYTES: usize = 1 << 22;

/// The three public elements of the statement, as elements of the Pasta base field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicInputs {
    /// Adapter id.
    pub adapter: Fp,
    /// Activations id.
    pub activations: Fp,
    /// What the statement is for; 0 is bound to nothing.
    pub context: Fp,
}

/// What was measured while proving, as the prover declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Program and proof system with their versions.
    pub program: String,
    /// Rows used.
    pub rows: u64,
    /// Pairs of nibbles looked up.
    pub lookups: u64,
    /// Products of a weight and a number.
    pub products: u64,
    /// Milliseconds to make the keys, 0 when they were in memory.
    pub key_milliseconds: u64,
    /// Milliseconds to check the relation and to compute both ids.
    pub witness_milliseconds: u64,
    /// Milliseconds of the argument.
    pub proving_milliseconds: u64,
    /// Peak memory of the process, 0 when the system does not say.
    pub peak_memory_bytes: u64,
}

/// What the verifier needs beside the argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofParams {
    /// Public shape.
    pub shape: Shape,
    /// Digest of the circuit's verifying key.
    pub circuit_digest: [u8; 32],
}

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoraProof {
    /// [`FORMAT_VERSION`].
    pub version: u32,
    /// Shape and circuit.
    pub params: ProofParams,
    /// The argument.
    pub proof_data: Vec<u8>,
    /// The statement.
    pub public_inputs: PublicInputs,
    /// Measurements.
    pub metadata: Metadata,
    /// Binds every byte that the argument does not.
    pub stamp: Stamp,
}

/// The 32 bytes of an element, big-endian.
pub fn to_bytes(element: &Fp) -> [u8; 32] {
    let mut bytes = element.to_repr();
    bytes.reverse();
    bytes
}

/// Reads [`to_bytes`]; `None` when the number is not below the modulus.
pub fn from_canonical_bytes(bytes: &[u8; 32]) -> Option<Fp> {
    let mut bytes = *bytes;
    bytes.reverse();
    Fp::from_repr(bytes).into()
}

fn u32_of(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

impl LoraProof {
    /// Everything but the stamp.
    fn body(&self) -> Vec<u8> {
        let Self { version, params, proof_data, public_inputs, metadata, .. } = self;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(version.to_be_bytes());
        bytes.push(match params.shape.bits {
            WeightBits::Four => 4,
            WeightBits::Eight => 8,
        });
        bytes.extend(u32_of(params.shape.tokens));
        bytes.extend(u32_of(params.shape.modules.len()));
        for module in &params.shape.modules {
            let (kind, rank) = match module.update {
                Update::LowRank { rank } => (0, rank),
                Update::Dense => (1, 0),
            };
            bytes.push(kind);
            for size in [module.in_features, module.out_features, rank, module.input] {
                bytes.extend(u32_of(size));
            }
        }
        for element in [&public_inputs.adapter, &public_inputs.activations, &public_inputs.context] {
            bytes.extend(to_bytes(element));
        }
        bytes.extend(params.circuit_digest);
        bytes.extend(u32_of(proof_data.len()));
        bytes.extend(proof_data);
        let program = metadata.program.as_bytes();
        bytes.extend(u16::try_from(program.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(program);
        let Metadata { rows, lookups, products, .. } = metadata;
        let Metadata { key_milliseconds, witness_milliseconds, proving_milliseconds, peak_memory_bytes, .. } = metadata;
        let numbers = [rows, lookups, products, key_milliseconds, witness_milliseconds, proving_milliseconds];
        for number in numbers.into_iter().chain([peak_memory_bytes]) {
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// What the stamp signs.
    pub fn stamped_digest(&self) -> [u8; 32] {
        Sha256::digest(self.body()).into()
    }

    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.body();
        bytes.extend(self.stamp.public);
        bytes.extend(self.stamp.commitment);
        bytes.extend(self.stamp.response);
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// The first field that is not as an honest writer gives it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader { rest: bytes, field: "magic" };
        if reader.array::<4>().map_err(|_| Error::WrongMagic)? != *MAGIC {
            return Err(Error::WrongMagic);
        }
        let version = reader.u32("version")?;
        if version != FORMAT_VERSION {
            return Err(Error::VersionMismatch { expected: FORMAT_VERSION, actual: version });
        }
        let shape = reader.shape()?;
        let adapter = reader.element("adapter id")?;
        let activations = reader.element("activations id")?;
        let context = reader.element("context")?;
        let circuit_digest = reader.named("circuit digest")?.array()?;
        let length = reader.size("argument")?;
        let proof_data = reader.take(length)?.to_vec();
        let length = u16::from_be_bytes(reader.named("program")?.array()?);
        let program = String::from_utf8(reader.take(usize::from(length))?.to_vec())
            .map_err(|_| Error::Malformed { field: "program", reason: "is not UTF-8" })?;
        let mut number = |field| -> Result<u64, Error> { Ok(u64::from_be_bytes(reader.named(field)?.array()?)) };
        let metadata = Metadata {
            program,
            rows: number("rows")?,
            lookups: number("look-ups")?,
            products: number("products")?,
            key_milliseconds: number("key time")?,
            witness_milliseconds: number("witness time")?,
            proving_milliseconds: number("proving time")?,
            peak_memory_bytes: number("peak memory")?,
        };
        reader.field = "stamp";
        let stamp = Stamp { public: reader.array()?, commitment: reader.array()?, response: reader.array()? };
        if !reader.rest.is_empty() {
            return Err(Error::TrailingBytes { count: reader.rest.len() });
        }
        let proof = Self {
            version,
            params: ProofParams { shape, circuit_digest },
            proof_data,
            public_inputs: PublicInputs { adapter, activations, context },
            metadata,
            stamp,
        };
        if proof.to_bytes() != bytes {
            return Err(Error::Malformed { field: "encoding", reason: "is not the canonical one" });
        }
        Ok(proof)
    }

    /// Reads a file in either form: [`Self::to_gzip`] when it begins like a gzip stream, [`Self::to_bytes`] otherwise.
    ///
    /// # Errors
    /// Those of [`Self::from_gzip`] and [`Self::from_bytes`].
    pub fn from_file_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.starts_with(GZIP_MAGIC) { Self::from_gzip(bytes) } else { Self::from_bytes(bytes) }
    }

    /// The canonical bytes, compressed with gzip (no name, no time).
    ///
    /// # Errors
    /// Never in memory; what the encoder says otherwise.
    pub fn to_gzip(&self) -> Result<Vec<u8>, Error> {
        compress(&self.to_bytes())
    }

    /// Reads [`Self::to_gzip`]: at most [`MAX_BYTES`] decompressed, and only the bytes that this program would write.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a bad or foreign stream (decompress it with gunzip and read that), then those of
    /// [`Self::from_bytes`].
    pub fn from_gzip(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |reason| Error::Malformed { field: "gzip stream", reason };
        let mut plain = Vec::new();
        let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
        GzDecoder::new(bytes)
            .take(limit.saturating_add(1))
            .read_to_end(&mut plain)
            .map_err(|_| malformed("does not decompress"))?;
        if plain.len() > MAX_BYTES {
            return Err(malformed("decompresses to more than any proof file"));
        }
        let proof = Self::from_bytes(&plain)?;
        if compress(&plain)? != bytes {
            return Err(malformed("is not what this program writes; decompress it with gunzip and read that"));
        }
        Ok(proof)
    }

    /// The file as JSON, to look at; it is not read back.
    pub fn to_json(&self) -> serde_json::Value {
        let Self { version, params, proof_data, public_inputs, metadata, stamp } = self;
        let modules = params.shape.modules.iter().map(|module| {
            let rank = match module.update {
                Update::LowRank { rank } => Some(rank),
                Update::Dense => None,
            };
            json!({ "in_features": module.in_features, "out_features": module.out_features, "rank": rank,
                    "input": module.input })
        });
        json!({
            "version": version,
            "params": {
                "bits": params.shape.bits.bits(),
                "tokens": params.shape.tokens,
                "modules": modules.collect::<Vec<_>>(),
                "circuit_digest": hex(&params.circuit_digest),
            },
            "proof_data": hex(proof_data),
            "public_inputs": {
                "adapter": hex(&to_bytes(&public_inputs.adapter)),
                "activations": hex(&to_bytes(&public_inputs.activations)),
                "context": hex(&to_bytes(&public_inputs.context)),
            },
            "metadata": {
                "program": metadata.program,
                "rows": metadata.rows,
                "lookups": metadata.lookups,
                "products": metadata.products,
                "key_milliseconds": metadata.key_milliseconds,
                "witness_milliseconds": metadata.witness_milliseconds,
                "proving_milliseconds": metadata.proving_milliseconds,
                "peak_memory_bytes": metadata.peak_memory_bytes,
            },
            "stamp": hex(&[stamp.public, stamp.commitment, stamp.response].concat()),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", keys::hex(bytes))
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map_err(|error| Error::Halo2 { step: "compress the proof file", reason: error.to_string() })
}

/// Takes bytes from the front, or names the field that they are missing from.
struct Reader<'a> {
    rest: &'a [u8],
    field: &'static str,
}

impl<'a> Reader<'a> {
    fn named(&mut self, field: &'static str) -> Result<&mut Self, Error> {
        self.field = field;
        Ok(self)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let (head, tail) = self.rest.split_at_checked(length).ok_or(Error::Truncated { field: self.field })?;
        self.rest = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(Error::Truncated { field: self.field })?;
        self.rest = tail;
        Ok(*head)
    }

    fn u32(&mut self, field: &'static str) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.named(field)?.array()?))
    }

    fn size(&mut self, field: &'static str) -> Result<usize, Error> {
        usize::try_from(self.u32(field)?).map_err(|_| Error::Truncated { field })
    }

    fn element(&mut self, field: &'static str) -> Result<Fp, Error> {
        from_canonical_bytes(&self.named(field)?.array()?)
            .ok_or(Error::Malformed { field, reason: "is not below the Pasta base modulus" })
    }

    fn shape(&mut self) -> Result<Shape, Error> {
        let bits = match self.named("bits")?.array()? {
            [4] => WeightBits::Four,
            [8] => WeightBits::Eight,
            _ => return Err(Error::Malformed { field: "bits", reason: "are neither 4 nor 8" }),
        };
        let tokens = self.size("tokens")?;
        let count = self.size("modules")?;
        if count > MAX_MODULES {
            return Err(Error::SizeOutOfRange { what: "modules", maximum: MAX_MODULES, actual: count });
        }
        let mut modules = Vec::new();
        for _ in 0..count {
            let kind = self.named("module kind")?.array()?;
            let in_features = self.size("in_features")?;
            let out_features = self.size("out_features")?;
            let rank = self.size("rank")?;
            let input = self.size("input")?;
            let update = match (kind, rank) {
                ([0], rank) => Update::LowRank { rank },
                ([1], 0) => Update::Dense,
                _ => return Err(Error::Malformed { field: "module kind", reason: "is unknown" }),
            };
            modules.push(ModuleShape { in_features, out_features, update, input });
        }
        let shape = Shape { bits, tokens, modules };
        shape.check()?;
        Ok(shape)
    }
}
