//! The private adapter file: everything `prove` needs, so that it encodes and hashes nothing twice.
//!
//! ```text
//! "RPAD" | version u16 | body length u64 | body | SHA-256 of all bytes before
//! body: profile u8 | inner digest | source digest | bits u8 | base model digest | salt | modules u16 |
//!       modules * (name length u16 | name | in u32 | out u32 | rank u32 | error f64 | lora_a i8 [rank, in] |
//!                  lora_b i8 [out, rank] | out_scale f64 [out]) |
//!       leaves u32 | leaves * leaf digest | the levels above, digest by digest, down to the cap
//! ```
//!
//! Integers and doubles are big-endian, digests and elements 32 bytes. Modules are in slot order. The file is bound to
//! the content it was made from by its source digest, never to a name, a path or a time. The trailing digest finds
//! accidents, not malice: whoever writes here owns the adapter anyway, and a prover checks each of its proofs.

use rankproof_lora_proof::commitment::level_lengths;
use rankproof_lora_proof::{Commitment, Config, Profile, argument::adapter_preimage};
use rankproof_statement::field::{from_canonical_bytes, to_canonical_bytes};
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{
    AdapterPreimage, F, QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout, digest::sha256, relation, tables,
};
use rayon::prelude::*;

use crate::Error;

/// First bytes of an adapter file.
pub const MAGIC: &[u8; 4] = b"RPAD";
/// Version of the encoding.
pub const FORMAT_VERSION: u16 = 2;
/// The version whose trees end with the leaf digests; it is read, and what is missing is hashed again.
const LEAVES_ONLY: u16 = 1;
/// Bytes up to the profile: magic, version, length, profile.
pub const HEAD_BYTES: u64 = 4 + 2 + 8 + 1;
/// No adapter file of any profile is larger.
pub const MAX_BYTES: u64 = 1 << 30;

/// Why bytes are not an adapter file of this build.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes do not start like an adapter file.
    #[error("it is not an adapter file (wrong magic)")]
    WrongMagic,
    /// Another format version.
    #[error("its format version is {actual}, this build reads version {expected}")]
    VersionMismatch {
        /// Version of this build.
        expected: u16,
        /// Version in the file.
        actual: u16,
    },
    /// The bytes end early.
    #[error("it is truncated")]
    Truncated,
    /// Bytes are left over.
    #[error("{0} bytes follow its end")]
    TrailingBytes(u64),
    /// The trailing digest is not that of the bytes before.
    #[error("its bytes were changed (the digest at its end does not match)")]
    DigestMismatch,
    /// Unknown profile code.
    #[error("it names the unknown profile code {0}")]
    UnknownProfile(u8),
    /// The profile has other parameters in this build.
    #[error("it was made under another configuration of the profile")]
    ConfigMismatch,
    /// Not 4 or 8.
    #[error("its weights have {0} bits, 4 and 8 are possible")]
    UnknownBits(u8),
    /// A module name is not UTF-8.
    #[error("a module name is not UTF-8")]
    BadName,
    /// Modules are not in slot order.
    #[error("its modules are not in slot order")]
    ModuleOrder,
    /// Leaf digests for another tree.
    #[error("it has {actual} leaf digests, its profile needs {expected}")]
    LeafCount {
        /// What the profile needs.
        expected: u64,
        /// What is there.
        actual: u64,
    },
    /// The adapter itself is refused.
    #[error("{0}")]
    Statement(#[from] rankproof_statement::Error),
}

/// A committed adapter, as its owner keeps it. Private: weights and salt.
#[derive(Clone, Debug)]
pub struct AdapterFile {
    /// The profile it was committed under.
    pub profile: Profile,
    /// What it was made from.
    pub source_digest: [u8; 32],
    /// The integers, in slot order.
    pub adapter: QuantizedAdapter,
    /// Per module, the relative Frobenius error of the quantised product, in slot order.
    pub quantization_errors: Vec<f64>,
    /// Salt of the adapter id.
    pub salt: F,
    /// The levels of the weights tree, leaf digests first, or the leaf digests alone.
    pub levels: Vec<Vec<F>>,
}

/// A committed adapter, ready to prove with.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The profile.
    pub profile: Profile,
    /// Its configuration.
    pub config: Config,
    /// The integers, in slot order.
    pub adapter: QuantizedAdapter,
    /// Where they lie.
    pub layout: WeightsLayout,
    /// The commitment to them.
    pub commitment: Commitment,
    /// What the adapter id opens to.
    pub preimage: AdapterPreimage,
}

impl Committed {
    /// The adapter id.
    pub fn id(&self) -> F {
        self.preimage.id(self.config.inner_digest(), self.layout.digest(self.config.maxima()))
    }
}

impl AdapterFile {
    /// What is kept of a committed adapter.
    pub fn new(committed: Committed, source_digest: [u8; 32], quantization_errors: Vec<f64>) -> Self {
        let Committed { profile, adapter, commitment, preimage, .. } = committed;
        let levels = commitment.into_levels();
        Self { profile, source_digest, adapter, quantization_errors, salt: preimage.salt, levels }
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let digests: usize = self.levels.iter().map(Vec::len).sum();
        let mut bytes = Vec::with_capacity(32 * digests + (1 << 16));
        bytes.extend(MAGIC);
        bytes.extend(if self.levels.len() == 1 { LEAVES_ONLY } else { FORMAT_VERSION }.to_be_bytes());
        bytes.extend([0; 8]);
        let header = bytes.len();
        bytes.push(self.profile.code());
        bytes.extend(to_canonical_bytes(&self.profile.config().inner_digest()));
        bytes.extend(self.source_digest);
        bytes.push(self.adapter.bits.bits() as u8);
        bytes.extend(self.adapter.base_model_digest);
        bytes.extend(to_canonical_bytes(&self.salt));
        bytes.extend((self.adapter.modules.len() as u16).to_be_bytes());
        for (module, error) in self.adapter.modules.iter().zip(&self.quantization_errors) {
            bytes.extend((module.name.len() as u16).to_be_bytes());
            bytes.extend(module.name.as_bytes());
            for size in [module.in_features, module.out_features, module.rank] {
                bytes.extend((size as u32).to_be_bytes());
            }
            bytes.extend(error.to_be_bytes());
            bytes.extend(module.lora_a.iter().chain(&module.lora_b).map(|code| code.cast_unsigned()));
            module.out_scale.iter().for_each(|scale| bytes.extend(scale.to_be_bytes()));
        }
        bytes.extend((self.levels.first().map_or(0, Vec::len) as u32).to_be_bytes());
        self.levels.iter().flatten().for_each(|digest| bytes.extend(to_canonical_bytes(digest)));

        let length = (bytes.len() - header) as u64;
        bytes[header - 8..header].copy_from_slice(&length.to_be_bytes());
        let digest = sha256(&bytes);
        bytes.extend(digest);
        bytes
    }

    /// The profile named in the first [`HEAD_BYTES`] of a file.
    ///
    /// # Errors
    /// The first fault; what follows the head is not looked at.
    pub fn profile_of(head: &[u8]) -> Result<Profile, Fault> {
        let mut reader = Reader(head);
        reader.version_and_length()?;
        reader.profile()
    }

    /// Reads [`Self::to_bytes`] and checks everything that it says about itself.
    ///
    /// # Errors
    /// The first fault.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let (version, body) = checked_body(bytes)?;
        let mut reader = Reader(body);
        let profile = reader.profile()?;
        let config = profile.config();
        if reader.array()? != to_canonical_bytes(&config.inner_digest()) {
            return Err(Fault::ConfigMismatch);
        }
        let source_digest = reader.array()?;
        let bits = match reader.array()? {
            [4] => WeightBits::Four,
            [8] => WeightBits::Eight,
            [other] => return Err(Fault::UnknownBits(other)),
        };
        let base_model_digest = reader.array()?;
        let salt = reader.element()?;
        let count = u16::from_be_bytes(reader.array()?);
        let (mut modules, mut quantization_errors) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (module, error) = reader.module()?;
            modules.push(module);
            quantization_errors.push(error);
        }
        let mut lengths = config.rounds.first().map(level_lengths).unwrap_or_default();
        let expected = lengths.first().map_or(0, |leaves| *leaves as u64);
        let actual = u64::from(u32::from_be_bytes(reader.array()?));
        if expected != actual {
            return Err(Fault::LeafCount { expected, actual });
        }
        if version == LEAVES_ONLY {
            lengths.truncate(1);
        }
        let levels = lengths.into_iter().map(|length| reader.elements(length)).collect::<Result<Vec<_>, _>>()?;
        reader.finish()?;
        let adapter = QuantizedAdapter { bits, modules, base_model_digest };
        relation::check_adapter(&adapter)?;
        let mut sorted = adapter.clone();
        sort_into_slots(&mut sorted);
        if sorted != adapter {
            return Err(Fault::ModuleOrder);
        }
        Ok(Self { profile, source_digest, adapter, quantization_errors, salt, levels })
    }

    /// Rebuilds the commitment: the value at the out-of-domain point, and what is missing of the tree.
    ///
    /// # Errors
    /// When the adapter does not fit its profile.
    pub fn open(self) -> Result<Committed, Error> {
        let config = self.profile.config();
        let layout = WeightsLayout::plan(&self.adapter, config.maxima())?;
        let nibbles = tables::weights(&self.adapter, &layout, config.maxima());
        let commitment = Commitment::from_cache(&config, nibbles, self.levels).map_err(Error::Prover)?;
        let preimage = adapter_preimage(&self.adapter, commitment.root(), commitment.ood_value(), self.salt);
        Ok(Committed { profile: self.profile, config, adapter: self.adapter, layout, commitment, preimage })
    }
}

/// The version, and the body between header and digest, both checked.
fn checked_body(bytes: &[u8]) -> Result<(u16, &[u8]), Fault> {
    let mut reader = Reader(bytes);
    let (version, length) = reader.version_and_length()?;
    let body = reader.take(usize::try_from(length).map_err(|_| Fault::Truncated)?)?;
    let digest: [u8; 32] = reader.array()?;
    reader.finish()?;
    let signed = bytes.len().checked_sub(digest.len()).and_then(|end| bytes.get(..end)).ok_or(Fault::Truncated)?;
    if sha256(signed) == digest { Ok((version, body)) } else { Err(Fault::DigestMismatch) }
}

/// Takes bytes from the front, or says that they are missing; nothing is allocated before its bytes are there.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Magic and version, checked, and the length of the body.
    fn version_and_length(&mut self) -> Result<(u16, u64), Fault> {
        if self.array::<4>().map_err(|_| Fault::WrongMagic)? != *MAGIC {
            return Err(Fault::WrongMagic);
        }
        let version = u16::from_be_bytes(self.array()?);
        if ![LEAVES_ONLY, FORMAT_VERSION].contains(&version) {
            return Err(Fault::VersionMismatch { expected: FORMAT_VERSION, actual: version });
        }
        Ok((version, u64::from_be_bytes(self.array()?)))
    }

    fn profile(&mut self) -> Result<Profile, Fault> {
        let [code] = self.array()?;
        Profile::from_code(code).map_err(|_| Fault::UnknownProfile(code))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(Fault::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    fn elements(&mut self, count: usize) -> Result<Vec<F>, Fault> {
        let bytes = self.take(count.checked_mul(32).ok_or(Fault::Truncated)?)?;
        Ok(bytes.as_chunks().0.par_iter().with_min_len(1 << 10).map(from_canonical_bytes).collect::<Result<_, _>>()?)
    }

    fn element(&mut self) -> Result<F, Fault> {
        Ok(from_canonical_bytes(&self.array()?)?)
    }

    fn size(&mut self) -> Result<usize, Fault> {
        usize::try_from(u32::from_be_bytes(self.array()?)).map_err(|_| Fault::Truncated)
    }

    fn codes(&mut self, rows: usize, columns: usize) -> Result<Vec<i8>, Fault> {
        let bytes = self.take(rows.checked_mul(columns).ok_or(Fault::Truncated)?)?;
        Ok(bytes.iter().map(|byte| byte.cast_signed()).collect())
    }

    fn module(&mut self) -> Result<(QuantizedModule, f64), Fault> {
        let name_length = usize::from(u16::from_be_bytes(self.array()?));
        let name = std::str::from_utf8(self.take(name_length)?).map_err(|_| Fault::BadName)?.to_owned();
        let (in_features, out_features, rank) = (self.size()?, self.size()?, self.size()?);
        let error = f64::from_be_bytes(self.array()?);
        let lora_a = self.codes(rank, in_features)?;
        let lora_b = self.codes(out_features, rank)?;
        let scales = self.take(out_features.checked_mul(8).ok_or(Fault::Truncated)?)?;
        let out_scale = scales.as_chunks::<8>().0.iter().map(|scale| f64::from_be_bytes(*scale)).collect();
        Ok((QuantizedModule { name, in_features, out_features, rank, lora_a, lora_b, out_scale }, error))
    }

    fn finish(&self) -> Result<(), Fault> {
        if self.0.is_empty() { Ok(()) } else { Err(Fault::TrailingBytes(self.0.len() as u64)) }
    }
}

#[cfg(test)]
mod tests;
