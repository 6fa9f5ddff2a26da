//! Commit: a PEFT directory becomes a private adapter file and its public side.
//!
//! Quantise, lay out, encode, hash; draw the salt; write. The adapter file remembers the content it was made from, so
//! the same command again finds it up to date, and an edited adapter is noticed whatever its name.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ark_ff::UniformRand;
use rand::rngs::OsRng;
use rankproof_adapter::accuracy::weight_error;
use rankproof_adapter::files::{self, Batch};
use rankproof_adapter::{Module, encode_integers, quantize, read_adapter};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{Profile, commit_weights};
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{F, QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout, relation, tables};
use regex::Regex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::adapter_file::{AdapterFile, Committed, HEAD_BYTES, MAX_BYTES};
use crate::memory::{MemoryPlan, MemoryReport};
use crate::output_files::{check_distinct, check_free};
use crate::public_adapter::PublicAdapter;
use crate::words::print_element;
use crate::{Error, Progress, json_beside};

/// The two files of a PEFT adapter.
const SOURCE_FILES: [&str; 2] = ["adapter_config.json", "adapter_model.safetensors"];

/// What to commit to, and where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// PEFT directory.
    pub directory: PathBuf,
    /// The private adapter file; its public side is this name with `.json` behind it.
    pub output: PathBuf,
    /// Profile.
    pub profile: Profile,
    /// Width of the weights.
    pub bits: WeightBits,
    /// Takes only the modules in whose name this is found.
    pub modules: Option<String>,
    /// Digest of the base model, as declared.
    pub base_model_digest: [u8; 32],
    /// Where to write the integers, if anywhere.
    pub integers: Option<PathBuf>,
    /// Most memory to take, in bytes.
    pub memory: Option<u64>,
    /// Replace existing files.
    pub force: bool,
}

/// What a commit did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The adapter id.
    pub adapter_id: String,
    /// Profile.
    pub profile: String,
    /// Width of the weights.
    pub bits: u32,
    /// Number of modules.
    pub modules: usize,
    /// Variables of the committed polynomial.
    pub log_size: usize,
    /// Largest relative Frobenius error of a quantised weight update.
    pub worst_quantization_error: f64,
    /// Seconds, without reading and quantising.
    pub commit_seconds: f64,
    /// The adapter file is up to date and was not written; `notes` say what else was.
    pub up_to_date: bool,
    /// The private file.
    pub adapter_file: PathBuf,
    /// The public file.
    pub public_file: PathBuf,
    /// What it took of memory.
    #[serde(flatten)]
    pub memory: MemoryReport,
    /// What the reader notes, and which file beside the adapter file was written again; one sentence each.
    pub notes: Vec<String>,
}

/// Reads a regular expression for module names.
///
/// # Errors
/// [`Error::BadPattern`].
pub fn parse_selection(pattern: Option<&str>) -> Result<Option<Regex>, Error> {
    let parse = |pattern: &str| {
        Regex::new(pattern).map_err(|error| Error::BadPattern {
            pattern: pattern.to_owned(),
            // The parser draws a picture over several lines; the last one is the sentence.
            reason: error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        })
    };
    pattern.map(parse).transpose()
}

/// SHA-256 over the content of both files and every option that changes the result, each with its length.
fn source_digest(request: &Request) -> Result<[u8; 32], Error> {
    let mut hasher = Sha256::new();
    hasher.update(b"rankproof.source.v1");
    for name in SOURCE_FILES {
        let (file, length) = files::open(&request.directory.join(name))?;
        hasher.update(length.to_be_bytes());
        let unreadable = |error: std::io::Error| rankproof_adapter::Error::Io {
            path: request.directory.join(name),
            action: "read",
            reason: error.to_string(),
        };
        std::io::copy(&mut file.take(length), &mut hasher).map_err(unreadable)?;
    }
    let selection = request.modules.as_deref();
    hasher.update([u8::from(selection.is_some())]);
    let selection = selection.unwrap_or_default();
    hasher.update((selection.len() as u64).to_be_bytes());
    hasher.update(selection);
    hasher.update([request.bits.bits() as u8, request.profile.code()]);
    hasher.update(request.base_model_digest);
    Ok(hasher.finalize().into())
}

/// The relative error of a quantised module, a finite number: JSON has no other, and the public file says it.
///
/// # Errors
/// [`Error::ErrorNotFinite`].
pub(crate) fn quantization_error(float: &Module, quantized: &QuantizedModule, bits: WeightBits) -> Result<f64, Error> {
    let error = weight_error(float, quantized);
    if error.is_finite() {
        return Ok(error);
    }
    Err(Error::ErrorNotFinite { module: float.name.clone(), bits: bits.bits() })
}

/// Reads an adapter file.
///
/// # Errors
/// [`Error::AdapterFile`] says what is wrong with it.
pub fn read_adapter_file(path: &Path) -> Result<AdapterFile, Error> {
    let bytes = files::read(path, MAX_BYTES)?;
    AdapterFile::from_bytes(&bytes).map_err(|fault| Error::AdapterFile { path: path.into(), fault })
}

/// The profile that the head of an adapter file names.
pub(crate) fn read_profile(path: &Path) -> Result<Profile, Error> {
    let head = files::read_head(path, HEAD_BYTES)?;
    AdapterFile::profile_of(&head).map_err(|fault| Error::AdapterFile { path: path.into(), fault })
}

/// Commits to an adapter.
///
/// # Errors
/// When the adapter is refused, does not fit the profile, or a file exists that was made from something else.
pub fn commit(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    let selection = parse_selection(request.modules.as_deref())?;
    MemoryPlan::commit(&request.profile.config()).check(request.memory, "committing", request.profile)?;
    let source = source_digest(request)?;
    let public_file = json_beside(&request.output);
    let mut files = vec![("--output", request.output.as_path()), ("--output", &public_file)];
    files.extend(request.integers.as_deref().map(|path| ("--export-integers", path)));
    let sources = SOURCE_FILES.map(|name| request.directory.join(name));
    check_distinct(&sources.each_ref().map(|path| ("ADAPTER_DIR", path.as_path())), &files)?;
    if request.output.symlink_metadata().is_ok() && !request.force {
        return confirm(request, &source, &public_file);
    }
    if !request.force {
        for path in std::iter::once(&public_file).chain(&request.integers) {
            check_free(path, false)?;
        }
    }
    progress.stage("quantizing");
    let float = read_adapter(&request.directory, selection.as_ref())?;
    if source_digest(request)? != source {
        return Err(Error::AdapterUnstable { directory: request.directory.clone() });
    }
    let mut adapter = quantize(&float, request.bits, request.base_model_digest)?;
    let mut errors: Vec<(&str, f64)> = Vec::new();
    for (module, quantized) in float.modules.iter().zip(&adapter.modules) {
        errors.push((module.name.as_str(), quantization_error(module, quantized, request.bits)?));
    }
    sort_into_slots(&mut adapter);
    let error_of = |name: &str| errors.iter().find(|(other, _)| *other == name).map_or(f64::NAN, |(_, error)| *error);
    let quantization_errors: Vec<f64> = adapter.modules.iter().map(|module| error_of(&module.name)).collect();

    progress.stage("committing");
    let start = Instant::now();
    let committed = commit_integers(request.profile, adapter)?;
    let commit_seconds = start.elapsed().as_secs_f64();
    let public = PublicAdapter::new(&committed, &quantization_errors)?;
    let (adapter_id, plan) = (committed.id(), MemoryPlan::commit(&committed.config));
    let file = AdapterFile::new(committed, source, quantization_errors);
    write_all(request, &file, &public, &public_file)?;
    Ok(report(request, &file, adapter_id, &plan, Some(commit_seconds), public_file, float.notes))
}

/// Encodes and hashes an adapter in slot order, under a fresh salt.
fn commit_integers(profile: Profile, adapter: QuantizedAdapter) -> Result<Committed, Error> {
    relation::check_adapter(&adapter)?;
    let config = profile.config();
    let layout = WeightsLayout::plan(&adapter, config.maxima())?;
    let commitment = commit_weights(&config, tables::weights(&adapter, &layout, config.maxima()));
    let salt = F::rand(&mut OsRng);
    let preimage = adapter_preimage(&adapter, commitment.root(), commitment.ood_value(), salt);
    Ok(Committed { profile, config, adapter, layout, commitment, preimage })
}

/// Writes everything or nothing.
fn write_all(request: &Request, file: &AdapterFile, public: &PublicAdapter, public_file: &Path) -> Result<(), Error> {
    let mut batch = Batch::new(request.force);
    batch.add_private(&request.output, &file.to_bytes())?;
    batch.add_shared(public_file, &public.to_bytes())?;
    if let Some(path) = &request.integers {
        batch.add_private(path, &encode_integers(path, &file.adapter)?)?;
    }
    Ok(batch.finish()?)
}

/// The file exists: it is up to date, and what follows from it is beside it; or it was made from something else.
fn confirm(request: &Request, source: &[u8; 32], public_file: &Path) -> Result<Report, Error> {
    let file = read_adapter_file(&request.output)?;
    if file.source_digest != *source {
        let (path, directory) = (request.output.clone(), request.directory.clone());
        return Err(Error::AdapterChanged { path, directory });
    }
    let quantization_errors = file.quantization_errors.clone();
    let committed = file.open()?;
    let mut notes = Vec::new();
    confirm_integers(request, &committed)?;
    let public = PublicAdapter::new(&committed, &quantization_errors)?.to_bytes();
    if !files::holds(public_file, &public)? {
        let stale = public_file.symlink_metadata().is_ok();
        if stale && !PublicAdapter::is_named_in(public_file) {
            return Err(Error::BadArgument {
                argument: "--output",
                reason: format!("{} is there and is no public adapter file", public_file.display()),
                remedy: "remove it, or give another name",
            });
        }
        files::write_atomically(public_file, &public, stale)?;
        if stale {
            let (public, output) = (public_file.display(), request.output.display());
            notes.push(format!("{public}: it was not the public side of {output}, and is written again"));
        }
    }
    let (adapter_id, plan) = (committed.id(), MemoryPlan::commit(&committed.config));
    let file = AdapterFile::new(committed, *source, quantization_errors);
    Ok(report(request, &file, adapter_id, &plan, None, public_file.into(), notes))
}

/// The integers of the adapter file where they are wanted: written if nothing is there, and never over something else.
fn confirm_integers(request: &Request, committed: &Committed) -> Result<(), Error> {
    let Some(path) = &request.integers else { return Ok(()) };
    let integers = encode_integers(path, &committed.adapter)?;
    if path.symlink_metadata().is_err() {
        return Ok(files::write_private(path, &integers, false)?);
    }
    if files::holds(path, &integers)? {
        return Ok(());
    }
    Err(Error::BadArgument {
        argument: "--export-integers",
        reason: format!("{} holds something else than the integers of {}", path.display(), request.output.display()),
        remedy: "remove it, or give another name",
    })
}

/// What was done; without seconds, the file was up to date.
fn report(
    request: &Request,
    file: &AdapterFile,
    adapter_id: F,
    plan: &MemoryPlan,
    commit_seconds: Option<f64>,
    public_file: PathBuf,
    notes: Vec<String>,
) -> Report {
    Report {
        adapter_id: print_element(&adapter_id),
        profile: file.profile.name().to_owned(),
        bits: file.adapter.bits.bits(),
        modules: file.adapter.modules.len(),
        log_size: file.profile.parameters().maxima.log_size,
        worst_quantization_error: file.quantization_errors.iter().copied().fold(0.0, f64::max),
        commit_seconds: commit_seconds.unwrap_or(0.0),
        up_to_date: commit_seconds.is_none(),
        adapter_file: request.output.clone(),
        public_file,
        memory: plan.report(),
        notes,
    }
}
