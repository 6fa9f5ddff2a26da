//! Proof files: a header that names the format and the configuration, the statements, what their ids open to, and the
//! argument. Integers are big-endian, elements canonical; anything left over is refused.
//!
//! ```text
//! one run:  "RPLP" | version u16 | profile u8 | inner digest | statement (3) |
//!           layout | adapter | activations | argument
//! several:  "RPLS" | version u16 | profile u8 | inner digest |
//!           adapters * (adapter id | layout | adapter | runs * (activations id | context | activations)) | argument
//!
//! layout:      bits u8 | log_rank u8 | slots u16 | slots * (log_in u8 | log_out u8 | weights_a u32 | weights_b u32 |
//!              output u32) | log_tokens u8 | slots * input u32
//! adapter:     weights root, value | manifest digest | base model digest | salt
//! activations: activations root, value | scales digest | salt
//! ```
//!
//! The numbers of adapters and of runs are the profile's.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_statement::field::{from_canonical_bytes, size, to_canonical_bytes};
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, F, InputsLayout, SlotLayout, Statement, WeightBits, WeightsLayout,
};

use crate::argument::{ActivationsOpening, LoraProof};
use crate::profile::Profile;
use crate::proof::{Proof, read_vec};
use crate::shared::{SharedAdapter, SharedProof, SharedRun};
use crate::{Config, Error};

/// First bytes of a file with a proof of one run.
pub const MAGIC: &[u8; 4] = b"RPLP";
/// First bytes of a file with a proof of several runs, or of several adapters.
pub const SHARED_MAGIC: &[u8; 4] = b"RPLS";
/// Version of both encodings.
pub const FORMAT_VERSION: u16 = 1;

/// Takes bytes from the front, or says that they are missing.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    fn small(&mut self) -> Result<usize, Error> {
        Ok(usize::from(u8::from_be_bytes(self.take()?)))
    }

    fn offset(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    fn element(&mut self) -> Result<F, Error> {
        Ok(from_canonical_bytes(&self.take()?)?)
    }

    /// Nothing in the bytes chooses a parameter: the profile code only selects one of ours.
    fn header(&mut self, magic: [u8; 4]) -> Result<(Profile, Config), Error> {
        if self.take::<4>().map_err(|_| Error::WrongMagic)? != magic {
            return Err(Error::WrongMagic);
        }
        let version = u16::from_be_bytes(self.take()?);
        if version != FORMAT_VERSION {
            return Err(Error::VersionMismatch { expected: FORMAT_VERSION, actual: version });
        }
        let profile = Profile::from_code(u8::from_be_bytes(self.take()?))?;
        let config = profile.config();
        if self.element()? != config.inner_digest() {
            return Err(Error::ConfigMismatch);
        }
        Ok((profile, config))
    }

    fn layouts(&mut self, config: &Config) -> Result<(WeightsLayout, InputsLayout), Error> {
        let code = u8::from_be_bytes(self.take()?);
        let bits = [WeightBits::Four, WeightBits::Eight].into_iter().find(|bits| bits_code(*bits) == code);
        let bits = bits.ok_or(Error::OutOfRange { field: "bits", value: u64::from(code), maximum: 8 })?;
        let log_rank = self.small()?;
        let count = usize::from(u16::from_be_bytes(self.take()?));
        if count > config.maxima().modules {
            let maximum = size(config.maxima().modules);
            return Err(Error::OutOfRange { field: "slots", value: size(count), maximum });
        }
        let slots = read_vec(count, || {
            Ok(SlotLayout {
                log_in: self.small()?,
                log_out: self.small()?,
                weights_a: self.offset()?,
                weights_b: self.offset()?,
                output_offset: self.offset()?,
            })
        })?;
        let log_tokens = self.small()?;
        let input_offsets = read_vec(count, || self.offset())?;
        Ok((WeightsLayout { bits, log_rank, slots }, InputsLayout { log_tokens, input_offsets }))
    }

    fn adapter(&mut self) -> Result<AdapterPreimage, Error> {
        Ok(AdapterPreimage {
            weights_root: self.element()?,
            weights_ood: self.element()?,
            manifest_digest: self.take()?,
            base_model_digest: self.take()?,
            salt: self.element()?,
        })
    }

    fn activations(&mut self) -> Result<ActivationsPreimage, Error> {
        Ok(ActivationsPreimage {
            activations_root: self.element()?,
            activations_ood: self.element()?,
            scales_digest: self.take()?,
            salt: self.element()?,
        })
    }

    fn adapter_with_runs(&mut self, config: &Config) -> Result<SharedAdapter, Error> {
        let adapter_id = self.element()?;
        let (weights_layout, inputs_layout) = self.layouts(config)?;
        let adapter = self.adapter()?;
        let runs = read_vec(config.runs(), || {
            Ok(SharedRun { activations: self.element()?, context: self.element()?, preimage: self.activations()? })
        })?;
        Ok(SharedAdapter { adapter_id, weights_layout, adapter, inputs_layout, runs })
    }

    fn argument(&mut self, config: &Config) -> Result<Proof, Error> {
        let proof = Proof::read(config, &mut || self.element())?;
        if self.0.is_empty() { Ok(proof) } else { Err(Error::TrailingBytes(self.0.len())) }
    }
}

/// The byte that stands for a width.
fn bits_code(bits: WeightBits) -> u8 {
    match bits {
        WeightBits::Four => 4,
        WeightBits::Eight => 8,
    }
}

/// A base-2 logarithm in a file; those of a checked layout are far below 255.
fn byte(log: usize) -> u8 {
    u8::try_from(log).unwrap_or(u8::MAX)
}

fn write_header(magic: [u8; 4], profile: Profile, config: &Config) -> Vec<u8> {
    let mut bytes = magic.to_vec();
    bytes.extend(FORMAT_VERSION.to_be_bytes());
    bytes.push(profile.code());
    bytes.extend(to_canonical_bytes(&config.inner_digest()));
    bytes
}

fn write_layouts(bytes: &mut Vec<u8>, layout: &WeightsLayout, inputs: &InputsLayout) {
    bytes.extend([bits_code(layout.bits), byte(layout.log_rank)]);
    bytes.extend(u16::try_from(layout.slots.len()).unwrap_or(u16::MAX).to_be_bytes());
    for slot in &layout.slots {
        bytes.extend([byte(slot.log_in), byte(slot.log_out)]);
        for offset in [slot.weights_a, slot.weights_b, slot.output_offset] {
            bytes.extend(offset.to_be_bytes());
        }
    }
    bytes.push(byte(inputs.log_tokens));
    inputs.input_offsets.iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
}

fn write_adapter(bytes: &mut Vec<u8>, adapter: &AdapterPreimage) {
    let AdapterPreimage { weights_root, weights_ood, manifest_digest, base_model_digest, salt } = adapter;
    bytes.extend(to_canonical_bytes(weights_root));
    bytes.extend(to_canonical_bytes(weights_ood));
    bytes.extend(manifest_digest);
    bytes.extend(base_model_digest);
    bytes.extend(to_canonical_bytes(salt));
}

fn write_activations(bytes: &mut Vec<u8>, activations: &ActivationsPreimage) {
    let ActivationsPreimage { activations_root, activations_ood, scales_digest, salt } = activations;
    bytes.extend(to_canonical_bytes(activations_root));
    bytes.extend(to_canonical_bytes(activations_ood));
    bytes.extend(scales_digest);
    bytes.extend(to_canonical_bytes(salt));
}

fn write_argument(bytes: &mut Vec<u8>, proof: &Proof) {
    proof.visit(&mut |element| bytes.extend(to_canonical_bytes(element)));
}

impl LoraProof {
    /// The canonical bytes.
    pub fn to_bytes(&self, profile: Profile, config: &Config) -> Vec<u8> {
        let mut bytes = write_header(*MAGIC, profile, config);
        bytes.extend(self.statement.to_bytes());
        write_layouts(&mut bytes, &self.weights_layout, &self.activations.inputs_layout);
        write_adapter(&mut bytes, &self.adapter);
        write_activations(&mut bytes, &self.activations.preimage);
        write_argument(&mut bytes, &self.proof);
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// What is malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Profile), Error> {
        let mut reader = Reader(bytes);
        let (profile, config) = reader.header(*MAGIC)?;
        if config.statements() != 1 {
            return Err(Error::SharedProfile(profile.name()));
        }
        let statement = Statement::from_canonical_bytes(&reader.take()?)?;
        let (weights_layout, inputs_layout) = reader.layouts(&config)?;
        let adapter = reader.adapter()?;
        let activations = ActivationsOpening { inputs_layout, preimage: reader.activations()? };
        let proof = reader.argument(&config)?;
        Ok((Self { statement, weights_layout, adapter, activations, proof }, profile))
    }
}

impl SharedProof {
    /// The canonical bytes.
    pub fn to_bytes(&self, profile: Profile, config: &Config) -> Vec<u8> {
        let mut bytes = write_header(*SHARED_MAGIC, profile, config);
        for SharedAdapter { adapter_id, weights_layout, adapter, inputs_layout, runs } in &self.adapters {
            bytes.extend(to_canonical_bytes(adapter_id));
            write_layouts(&mut bytes, weights_layout, inputs_layout);
            write_adapter(&mut bytes, adapter);
            for SharedRun { activations, context, preimage } in runs {
                bytes.extend(to_canonical_bytes(activations));
                bytes.extend(to_canonical_bytes(context));
                write_activations(&mut bytes, preimage);
            }
        }
        write_argument(&mut bytes, &self.proof);
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// What is malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Profile), Error> {
        let mut reader = Reader(bytes);
        let (profile, config) = reader.header(*SHARED_MAGIC)?;
        if config.statements() == 1 {
            return Err(Error::WrongMagic);
        }
        let adapters = read_vec(config.adapters(), || reader.adapter_with_runs(&config))?;
        let proof = reader.argument(&config)?;
        Ok((Self { adapters, proof }, profile))
    }
}
