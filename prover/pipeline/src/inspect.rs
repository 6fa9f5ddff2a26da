//! Inspect: what an adapter directory holds, what it costs in bits, and which profile holds it.

use std::path::{Path, PathBuf};

use rankproof_adapter::{Adapter, quantize, read_adapter};
use rankproof_lora_proof::Profile;
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{Maxima, QuantizedAdapter, WeightBits, WeightsLayout};
use serde::Serialize;

use crate::Error;
use crate::commit::{parse_selection, quantization_error};

/// 4 bits are recommended up to this relative error of a module's weight update.
pub const FOUR_BIT_ERROR: f64 = 0.14;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Request {
    /// PEFT directory.
    pub directory: PathBuf,
    /// Takes only the modules in whose name this is found.
    pub modules: Option<String>,
}

/// One module.
#[derive(Clone, Debug, Serialize)]
pub struct ModuleReport {
    /// The module's name in the base model.
    pub name: String,
    /// Columns of `lora_a`.
    pub in_features: usize,
    /// Rows of `lora_b`.
    pub out_features: usize,
    /// Rows of `lora_a`.
    pub rank: usize,
    /// `alpha / rank`, or `alpha / sqrt(rank)`.
    pub scaling: f64,
    /// Relative Frobenius error of the weight update at 4 bits; none when `commit` refuses the module for it.
    pub error_4_bit: Option<f64>,
    /// The same at 8 bits.
    pub error_8_bit: Option<f64>,
}

/// Whether a profile holds the adapter.
#[derive(Clone, Debug, Serialize)]
pub struct Fit {
    /// Profile.
    pub profile: String,
    /// Width of the weights.
    pub bits: u32,
    /// Tokens that fit even when no two modules share an input; absent when the adapter does not fit.
    pub tokens: Option<usize>,
    /// What does not fit.
    pub reason: Option<String>,
}

/// What the directory holds.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The base model's name, bound by nothing.
    pub base_model: Option<String>,
    /// 4, or 8 where 4 bits lose too much.
    pub bits_needed: u32,
    /// The smallest profile that holds the adapter with these bits.
    pub profile: Option<String>,
    /// Every profile and width.
    pub fits: Vec<Fit>,
    /// Every module.
    pub modules: Vec<ModuleReport>,
    /// What a reader should know, one sentence each.
    pub notes: Vec<String>,
}

/// Reads an adapter and reports.
///
/// # Errors
/// What of the adapter is not supported, by name.
pub fn inspect(request: &Request) -> Result<Report, Error> {
    let selection = parse_selection(request.modules.as_deref())?;
    let adapter = read_adapter(Path::new(&request.directory), selection.as_ref())?;
    let [four, eight] = [quantized(&adapter, WeightBits::Four)?, quantized(&adapter, WeightBits::Eight)?];
    let errors = [&four, &eight].map(|quantized| {
        let modules = adapter.modules.iter().zip(&quantized.modules);
        modules.map(|(module, entry)| quantization_error(module, entry, quantized.bits)).collect::<Vec<_>>()
    });
    let [error_4_bit, error_8_bit] = &errors;
    let modules: Vec<ModuleReport> = adapter
        .modules
        .iter()
        .zip(error_4_bit.iter().zip(error_8_bit))
        .map(|(module, (error_4_bit, error_8_bit))| ModuleReport {
            name: module.name.clone(),
            in_features: module.in_features,
            out_features: module.out_features,
            rank: module.rank,
            scaling: module.scaling,
            error_4_bit: error_4_bit.as_ref().ok().copied(),
            error_8_bit: error_8_bit.as_ref().ok().copied(),
        })
        .collect();
    let is_good = |module: &ModuleReport| module.error_4_bit.is_some_and(|error| error <= FOUR_BIT_ERROR);
    let bits_needed = if modules.iter().all(is_good) { 4 } else { 8 };
    let fits: Vec<Fit> = [four, eight]
        .iter()
        .zip(&errors)
        .flat_map(|(adapter, errors)| {
            let refusal = errors.iter().find_map(|error| error.as_ref().err()).map(ToString::to_string);
            Profile::ALL.map(|profile| fit(adapter, profile, refusal.clone()))
        })
        .collect();
    let profile = fits.iter().find(|fit| fit.bits == bits_needed && fit.tokens.is_some());
    let profile = profile.map(|fit| fit.profile.clone());
    Ok(Report { base_model: adapter.base_model, bits_needed, profile, fits, modules, notes: adapter.notes })
}

fn quantized(adapter: &Adapter, bits: WeightBits) -> Result<QuantizedAdapter, Error> {
    Ok(quantize(adapter, bits, [0; 32])?)
}

/// Whether a profile holds the adapter; a refusal of its own is the reason that it does not.
fn fit(adapter: &QuantizedAdapter, profile: Profile, refusal: Option<String>) -> Fit {
    let mut adapter = adapter.clone();
    sort_into_slots(&mut adapter);
    let (profile_name, bits) = (profile.name().to_owned(), adapter.bits.bits());
    if refusal.is_some() {
        return Fit { profile: profile_name, bits, tokens: None, reason: refusal };
    }
    let config = profile.config();
    match WeightsLayout::plan(&adapter, config.maxima()).map(|layout| tokens(&layout, config.maxima())) {
        Ok(Some(tokens)) => Fit { profile: profile_name, bits, tokens: Some(tokens), reason: None },
        Ok(None) => {
            let reason = Some("inputs or outputs of one token do not fit".to_owned());
            Fit { profile: profile_name, bits, tokens: None, reason }
        }
        Err(error) => Fit { profile: profile_name, bits, tokens: None, reason: Some(error.to_string()) },
    }
}

/// Tokens that fit when every module owns its input range: inputs and outputs each have half of the polynomial.
fn tokens(layout: &WeightsLayout, maxima: &Maxima) -> Option<usize> {
    let inputs: u64 = layout.slots.iter().map(|slot| 1u64 << slot.log_in).sum();
    let outputs: u64 = layout.slots.iter().map(|slot| 1u64 << slot.log_out).sum();
    let rows = 1u64 << maxima.log_size.saturating_sub(1);
    let inputs_fit = inputs <= 1 << maxima.log_input_space;
    let log_tokens =
        (0..=maxima.log_tokens).rev().find(|log_tokens| inputs.max(outputs) << log_tokens <= rows && inputs_fit);
    log_tokens.map(|log_tokens| 1usize << log_tokens)
}
