//! The public side of a committed adapter: what its owner shows, and what a client needs to recompute an activations
//! id.
//!
//! JSON: ids, sizes, output scales. No weight, no root, no salt. The manifest digest is recomputed from names, sizes
//! and scales on reading, so they cannot disagree inside one file. That they belong to `adapter_id` is what the owner
//! declares: the id hides its preimage, and whoever must not take the owner's word asks for the LoRA proof, which opens
//! it.

use std::path::Path;

use rankproof_adapter::files;
use rankproof_lora_proof::{Config, Profile};
use rankproof_statement::digest::{manifest_bytes, sha256};
use rankproof_statement::field::to_canonical_bytes;
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::relation::{MAX_IN_FEATURES, MAX_RANK};
use rankproof_statement::{F, QuantizedAdapter, QuantizedModule, SlotLayout, WeightBits, WeightsLayout};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::adapter_file::Committed;
use crate::halo2::too_wide;
use crate::words::{parse_bytes, parse_element, print_bytes, print_element};

/// First field of the file.
pub const FORMAT: &str = "rankproof.adapter.v1";
/// [`FORMAT`] without its version.
const FORMAT_FAMILY: &str = "rankproof.adapter.";
/// No public adapter file of any profile is larger.
const MAX_BYTES: u64 = 1 << 26;

/// One module, as its owner shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicModule {
    /// The module's name in the base model.
    pub name: String,
    /// Columns of `lora_a`.
    pub in_features: usize,
    /// Rows of `lora_b`.
    pub out_features: usize,
    /// Rows of `lora_a`.
    pub rank: usize,
    /// Padded `in_features`, base-2 logarithm.
    pub log_in: usize,
    /// Padded `out_features`, base-2 logarithm.
    pub log_out: usize,
    /// Relative Frobenius error of the quantised weight update.
    pub quantization_error: f64,
    /// One scale per output row.
    pub out_scale: Vec<f64>,
}

impl PublicModule {
    fn new(module: &QuantizedModule, slot: &SlotLayout, quantization_error: f64) -> Self {
        Self {
            name: module.name.clone(),
            in_features: module.in_features,
            out_features: module.out_features,
            rank: module.rank,
            log_in: slot.log_in,
            log_out: slot.log_out,
            quantization_error,
            out_scale: module.out_scale.clone(),
        }
    }
}

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicAdapter {
    /// [`FORMAT`].
    pub format: String,
    /// The adapter id.
    pub adapter_id: String,
    /// The adapter id in the halo2 system: of the same integers, scales and salt. Absent exactly when that system does
    /// not take the adapter.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub halo2_adapter_id: Option<String>,
    /// Name of the profile it is committed under.
    pub profile: String,
    /// Digest of that profile's configuration.
    pub inner_digest: String,
    /// Width of the weights.
    pub bits: u32,
    /// Digest of the base model, as declared; zeros when not declared.
    pub base_model_digest: String,
    /// SHA-256 over names, sizes and scales.
    pub manifest_digest: String,
    /// In slot order.
    pub modules: Vec<PublicModule>,
}

/// A field that may be absent; `null` is not absent.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

/// A public adapter that was read and checked.
#[derive(Clone, Debug)]
pub struct Shapes {
    /// The adapter id.
    pub adapter_id: F,
    /// Configuration of its profile.
    pub config: Config,
    /// Names, sizes and scales; **no weights**: both tables are empty.
    pub adapter: QuantizedAdapter,
    /// Where the modules lie.
    pub layout: WeightsLayout,
}

impl PublicAdapter {
    /// The public side of a committed adapter.
    ///
    /// # Errors
    /// [`Error::ErrorNotFinite`], which no reader would take; when a size that every profile keeps is above what the
    /// halo2 circuit takes.
    pub fn new(committed: &Committed, quantization_errors: &[f64]) -> Result<Self, Error> {
        let mut errors = committed.adapter.modules.iter().zip(quantization_errors);
        if let Some((module, _)) = errors.find(|(_, error)| !error.is_finite()) {
            return Err(Error::ErrorNotFinite { module: module.name.clone(), bits: committed.adapter.bits.bits() });
        }
        let modules = committed.adapter.modules.iter().zip(&committed.layout.slots).zip(quantization_errors);
        Ok(Self {
            format: FORMAT.to_owned(),
            adapter_id: print_element(&committed.id()),
            halo2_adapter_id: crate::halo2::adapter_id(&committed.adapter, &committed.preimage.salt)?,
            profile: committed.profile.name().to_owned(),
            inner_digest: print_element(&committed.config.inner_digest()),
            bits: committed.adapter.bits.bits(),
            base_model_digest: print_bytes(&committed.adapter.base_model_digest),
            manifest_digest: print_bytes(&committed.preimage.manifest_digest),
            modules: modules.map(|((module, slot), error)| PublicModule::new(module, slot, *error)).collect(),
        })
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text.into_bytes()
    }

    /// Whether a file says that it is a public adapter file, of any adapter and any build.
    pub(crate) fn is_named_in(path: &Path) -> bool {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let bytes = files::read(path, MAX_BYTES).unwrap_or_default();
        serde_json::from_slice::<Head>(&bytes).is_ok_and(|head| head.format.starts_with(FORMAT_FAMILY))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::PublicAdapter`] says what is wrong with it.
    pub fn read(path: &Path) -> Result<(Self, Shapes), Error> {
        let bytes = files::read(path, MAX_BYTES)?;
        let bad = |reason: String| Error::PublicAdapter { path: path.into(), reason };
        let public: Self =
            serde_json::from_slice(&bytes).map_err(|error| bad(format!("it does not parse: {error}")))?;
        let shapes = public.check().map_err(bad)?;
        Ok((public, shapes))
    }

    fn check(&self) -> Result<Shapes, String> {
        if self.format != FORMAT {
            return Err(format!("`format` is not {FORMAT}"));
        }
        let profile = Profile::from_name(&self.profile).ok_or("`profile` names no profile of this build")?;
        let config = profile.config();
        let element = |name: &str, text: &str| parse_element(name, text).map_err(|error| error.to_string());
        let digest = |name: &str, text: &str| parse_bytes(name, text).map_err(|error| error.to_string());
        let adapter_id = element("adapter_id", &self.adapter_id)?;
        if digest("inner_digest", &self.inner_digest)? != to_canonical_bytes(&config.inner_digest()) {
            return Err("`inner_digest` is another configuration of the profile".to_owned());
        }
        let bits = match self.bits {
            4 => WeightBits::Four,
            8 => WeightBits::Eight,
            _ => return Err("`bits` is neither 4 nor 8".to_owned()),
        };
        let base_model_digest = digest("base_model_digest", &self.base_model_digest)?;
        let modules = self.modules.iter().map(PublicModule::check).collect::<Result<Vec<_>, _>>()?;
        let adapter = QuantizedAdapter { bits, modules, base_model_digest };
        match (&self.halo2_adapter_id, too_wide(&adapter)) {
            (Some(id), None) => drop(digest("halo2_adapter_id", id)?),
            (None, Some(_)) => {}
            (None, None) => return Err("missing field `halo2_adapter_id`".to_owned()),
            (Some(_), Some(module)) => {
                return Err(format!("`halo2_adapter_id` is given, but module `{}` is too wide for halo2", module.name));
            }
        }
        let mut sorted = adapter.clone();
        sort_into_slots(&mut sorted);
        if sorted != adapter {
            return Err("`modules` are not in slot order".to_owned());
        }
        let layout = WeightsLayout::plan(&adapter, config.maxima()).map_err(|error| error.to_string())?;
        let logs = self.modules.iter().map(|module| (module.log_in, module.log_out));
        if !logs.eq(layout.slots.iter().map(|slot| (slot.log_in, slot.log_out))) {
            return Err("`log_in` or `log_out` of a module is not its padded size".to_owned());
        }
        if digest("manifest_digest", &self.manifest_digest)? != sha256(&manifest_bytes(&adapter)) {
            return Err("`manifest_digest` is not that of the modules".to_owned());
        }
        Ok(Shapes { adapter_id, config, adapter, layout })
    }
}

impl PublicModule {
    fn check(&self) -> Result<QuantizedModule, String> {
        let refuse = |what: &str| Err(format!("module `{}`: {what}", self.name));
        let is_size = |size: usize, maximum: usize| (1..=maximum).contains(&size);
        if !is_size(self.rank, MAX_RANK) || !is_size(self.in_features, MAX_IN_FEATURES) {
            return refuse("`rank` or `in_features` is out of range");
        }
        if !is_size(self.out_features, self.out_scale.len()) || self.out_scale.len() != self.out_features {
            return refuse("`out_scale` needs one entry for each of `out_features`");
        }
        if !self.out_scale.iter().all(|scale| scale.is_finite() && *scale > 0.0) {
            return refuse("an `out_scale` is not a positive finite number");
        }
        Ok(QuantizedModule {
            name: self.name.clone(),
            in_features: self.in_features,
            out_features: self.out_features,
            rank: self.rank,
            lora_a: Vec::new(),
            lora_b: Vec::new(),
            out_scale: self.out_scale.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
