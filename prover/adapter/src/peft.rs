//! A PEFT adapter directory as float modules.
//!
//! `adapter_config.json` and `adapter_model.safetensors` as `save_pretrained` writes them: keys
//! `base_model.model.<module>.lora_A.weight` `[rank, in_features]` and `.lora_B.weight` `[out_features, rank]`, also
//! with an adapter name before `weight`. Every tensor of the file must be one of these, even those of modules that are
//! not selected: whatever else an adapter has trained would be missing from the statement.

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;

use crate::Error;
use crate::config::{Config, MAX_RANK};
use crate::tensors::TensorFile;

const CONFIG_FILE: &str = "adapter_config.json";
const WEIGHTS_FILE: &str = "adapter_model.safetensors";
const PICKLE_FILE: &str = "adapter_model.bin";
const KEY_PREFIX: &str = "base_model.model.";

/// Longest module name that is read, bytes.
const MAX_NAME_BYTES: usize = 512;
/// Most features of a module. The statement has its own, smaller maximum; this one keeps sizes sane.
const MAX_FEATURES: u64 = 1 << 24;

/// The LoRA modules of an adapter, in floats.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// What the configuration calls the base model; a name, bound by nothing.
    pub base_model: Option<String>,
    /// By name, in byte order.
    pub modules: Vec<Module>,
    /// What a reader should know that is no error, one sentence each.
    pub notes: Vec<String>,
}

/// One LoRA module in floats: `delta = scaling * lora_b (lora_a x)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Module {
    /// The module's name in the base model, without PEFT's prefix.
    pub name: String,
    /// Columns of `lora_a`.
    pub in_features: usize,
    /// Rows of `lora_b`.
    pub out_features: usize,
    /// Rows of `lora_a`, columns of `lora_b`.
    pub rank: usize,
    /// Row-major `[rank, in_features]`, finite; float16 and bfloat16 are widened exactly.
    pub lora_a: Vec<f32>,
    /// Row-major `[out_features, rank]`, finite.
    pub lora_b: Vec<f32>,
    /// `alpha / rank`, or `alpha / sqrt(rank)` with rsLoRA.
    pub scaling: f64,
}

/// Names of a module's two tensors.
#[derive(Default)]
struct Pair {
    lora_a: Option<String>,
    lora_b: Option<String>,
}

/// Reads the modules in whose name `selection` is found (all without one).
///
/// # Errors
/// One variant for each thing that is refused; the message names file and field, module or tensor.
pub fn read_adapter(directory: &Path, selection: Option<&Regex>) -> Result<Adapter, Error> {
    let config = Config::read(&directory.join(CONFIG_FILE))?;
    let weights = directory.join(WEIGHTS_FILE);
    let pickle = directory.join(PICKLE_FILE);
    if !weights.exists() && pickle.exists() {
        return Err(Error::PickleRefused { path: pickle });
    }
    let file = TensorFile::open(&weights)?;
    let path = || weights.clone();

    let pairs = pair_tensors(&file)?;
    if pairs.is_empty() {
        return Err(Error::NoModules { path: path() });
    }
    let mut chosen = Vec::new();
    for (name, pair) in pairs {
        let (lora_a, lora_b) = match (pair.lora_a, pair.lora_b) {
            (Some(lora_a), Some(lora_b)) => (lora_a, lora_b),
            (Some(_), None) => return Err(Error::LoraBMissing { path: path(), module: name }),
            (None, _) => return Err(Error::LoraAMissing { path: path(), module: name }),
        };
        let (rank, in_features) = shape(&file, &lora_a)?;
        let (out_features, inner) = shape(&file, &lora_b)?;
        let shown = |tensor: &str| file.info(tensor).map(|info| info.shape.clone());
        if rank != inner {
            let (lora_a, lora_b) = (shown(&lora_a)?, shown(&lora_b)?);
            return Err(Error::LoraShapeMismatch { path: path(), module: name, lora_a, lora_b });
        }
        let (expected, actual) = (config.rank(&name)?, u64::try_from(rank).unwrap_or(u64::MAX));
        if expected != actual {
            return Err(Error::RankMismatch { path: path(), module: name, expected, actual });
        }
        if selection.is_none_or(|regex| regex.is_match(&name)) {
            let scaling = config.scaling(&name)?;
            chosen.push((name, lora_a, lora_b, rank, in_features, out_features, scaling));
        }
    }
    if let (true, Some(regex)) = (chosen.is_empty(), selection) {
        return Err(Error::NothingSelected { path: path(), pattern: regex.as_str().into() });
    }
    file.check_total(chosen.iter().map(|&(.., rank, in_features, out_features, _)| {
        u64::try_from(in_features.saturating_add(out_features).saturating_mul(rank)).unwrap_or(u64::MAX)
    }))?;
    let modules = chosen
        .into_iter()
        .map(|(name, lora_a, lora_b, rank, in_features, out_features, scaling)| {
            let lora_a = file.read_floats(&lora_a, rank)?;
            let lora_b = file.read_floats(&lora_b, out_features)?;
            Ok(Module { name, in_features, out_features, rank, lora_a, lora_b, scaling })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Adapter { base_model: config.base_model, modules, notes: config.notes })
}

fn shape(file: &TensorFile, tensor: &str) -> Result<(usize, usize), Error> {
    let (rows, columns) = file.matrix_shape(tensor)?;
    let is_sane = |size: usize, limit: u64| u64::try_from(size).is_ok_and(|size| size <= limit);
    if !(is_sane(rows, MAX_FEATURES) && is_sane(columns, MAX_FEATURES) && is_sane(rows.min(columns), MAX_RANK)) {
        return Err(file.wrong_shape(tensor, file.info(tensor)?, "features up to 2^24 and rank up to 2^16".into()));
    }
    Ok((rows, columns))
}

/// Sorts the tensors of the file into modules.
fn pair_tensors(file: &TensorFile) -> Result<BTreeMap<String, Pair>, Error> {
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for tensor in file.names() {
        let path = || file.path().to_path_buf();
        let Some((module, matrix)) = parse_key(tensor) else {
            return Err(match unsupported_reason(tensor) {
                Some(reason) => Error::TensorUnsupported { path: path(), tensor: tensor.into(), reason },
                None => Error::NotALoraTensor { path: path(), tensor: tensor.into() },
            });
        };
        if module.is_empty() || module.len() > MAX_NAME_BYTES || module.chars().any(char::is_control) {
            return Err(Error::ModuleNameInvalid { path: path(), module: module.escape_default().to_string() });
        }
        let pair = pairs.entry(module.into()).or_default();
        let place = if matrix == "lora_A" { &mut pair.lora_a } else { &mut pair.lora_b };
        if place.replace(tensor.into()).is_some() {
            return Err(Error::ModuleRepeated { path: path(), module: module.into(), matrix });
        }
    }
    Ok(pairs)
}

/// `base_model.model.<module>.lora_A[.<adapter>].weight` as module and matrix.
fn parse_key(tensor: &str) -> Option<(&str, &'static str)> {
    let key = tensor.strip_prefix(KEY_PREFIX)?.strip_suffix(".weight")?;
    let (head, last) = key.rsplit_once('.')?;
    let matrix_of = |part: &str| match part {
        "lora_A" => Some("lora_A"),
        "lora_B" => Some("lora_B"),
        _ => None,
    };
    if let Some(matrix) = matrix_of(last) {
        return Some((head, matrix));
    }
    let (module, part) = head.rsplit_once('.')?;
    matrix_of(part).map(|matrix| (module, matrix))
}

fn unsupported_reason(tensor: &str) -> Option<&'static str> {
    let has = |part: &str| tensor.split('.').any(|p| p == part);
    if has("lora_embedding_A") || has("lora_embedding_B") {
        Some("LoRA on an embedding looks rows up instead of multiplying")
    } else if has("lora_magnitude_vector") {
        Some("DoRA rescales the merged weight, delta is no product of two matrices")
    } else if (has("lora_A") || has("lora_B")) && tensor.ends_with(".bias") {
        Some("a bias in lora_B adds a constant to delta")
    } else if has("modules_to_save") {
        Some("whole modules were trained besides the LoRA ones")
    } else {
        None
    }
}
