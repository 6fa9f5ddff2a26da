//! The other proof system: the same files and requests, a halo2 proof instead of a sumcheck one.
//!
//! A halo2 proof needs no ceremony and shows nothing but its public inputs, so it may be handed to anybody; it cannot
//! be sealed. Its ids are other numbers than those of the sumcheck system, over the same integers, scales and salts:
//! the public adapter file lists both adapter ids, `digest` recomputes both activations ids.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ark_ff::UniformRand;
use rand::rngs::OsRng;
use rankproof_adapter::{Outputs, files};
use rankproof_lora_halo2::container::{GZIP_MAGIC, MAGIC, MAX_BYTES, from_canonical_bytes, to_bytes};
use rankproof_lora_halo2::opening::{
    activations_id as hash_activations, adapter_id as hash_adapter, check_outputs, inputs_of, value_words,
    weight_words, weights_of,
};
use rankproof_lora_halo2::shape::MAX_OUT_FEATURES;
use rankproof_lora_halo2::{
    ActivationsBinding, AdapterBinding, Cache, Error as Halo2Error, Keys, LoraProof, Opening, Plan, Shape,
    prove as prove_opening, verify as verify_proof, verify_with,
};
use rankproof_statement::digest::{manifest_bytes, scales_bytes, sha256};
use rankproof_statement::field::to_canonical_bytes;
use rankproof_statement::{F, QuantizedActivations, QuantizedAdapter, QuantizedModule, Witness};
use serde::Serialize;

use crate::adapter_file::AdapterFile;
use crate::commit::read_adapter_file;
use crate::prove::{Request, read_witness};
use crate::words::{print_bytes, print_element};
use crate::{Error, Progress, verify};

/// The name of the system on the command line.
pub const SYSTEM: &str = "halo2";
/// What proving may take where the system does not say what there is.
const DEFAULT_MEMORY: u64 = 16 << 30;

/// In which forms the proof is written.
#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// Compresses the proof file with gzip.
    pub gzip: bool,
    /// Also writes the proof as JSON, to look at.
    pub json: Option<PathBuf>,
}

/// What a halo2 proof is about, and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `halo2`.
    pub system: &'static str,
    /// The adapter id of this system.
    pub adapter_id: String,
    /// The activations id of this system.
    pub activations_id: String,
    /// The context.
    pub context: String,
    /// Number of modules.
    pub modules: usize,
    /// Number of tokens.
    pub tokens: usize,
    /// Base-2 logarithm of the rows.
    pub log_rows: u32,
    /// Rows used.
    pub rows: usize,
    /// Advice columns.
    pub advice_columns: usize,
    /// Pairs of nibbles looked up.
    pub lookups: u64,
    /// Seconds to make parameters and keys.
    pub key_seconds: f64,
    /// Seconds to prove.
    pub proof_seconds: f64,
    /// Seconds of the check before writing, keys made.
    pub verify_seconds: f64,
    /// Size of the proof, not compressed.
    pub proof_bytes: usize,
    /// Size of the proof file, compressed or not.
    pub proof_file_bytes: usize,
    /// The proof.
    pub proof_file: PathBuf,
    /// The outputs.
    pub outputs_file: PathBuf,
    /// The proof as JSON.
    pub json_file: Option<PathBuf>,
}

/// What a halo2 proof that holds says.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyReport {
    /// Always true: a proof that does not hold is an error.
    pub verified: bool,
    /// `halo2`.
    pub system: &'static str,
    /// The adapter id of this system.
    pub adapter_id: String,
    /// The activations id of this system.
    pub activations_id: String,
    /// The context.
    pub context: String,
    /// Number of modules.
    pub modules: usize,
    /// Number of tokens.
    pub tokens: usize,
    /// Base-2 logarithm of the rows.
    pub log_rows: u32,
    /// Seconds of the check, the verifying key made on the way.
    pub verify_seconds: f64,
    /// Size of the proof, not compressed.
    pub proof_bytes: usize,
}

/// Where parameters are kept.
fn cache() -> Cache {
    Cache::at(Path::new(".rankproof/halo2"))
}

/// Memory that is free now, in bytes.
fn available_memory() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap_or_default();
    let kibibytes = line.trim().trim_end_matches("kB").trim().parse::<u64>().ok();
    kibibytes.map_or(DEFAULT_MEMORY, |kibibytes| kibibytes.saturating_mul(1024))
}

/// An element of the sumcheck field as one of the Pasta base field, which is larger.
fn embed(element: &F) -> halo2_proofs::pasta::Fp {
    from_canonical_bytes(&to_canonical_bytes(element)).unwrap_or_default()
}

fn adapter_binding(adapter: &QuantizedAdapter, salt: &F) -> AdapterBinding {
    AdapterBinding {
        manifest_digest: sha256(&manifest_bytes(adapter)),
        base_model_digest: adapter.base_model_digest,
        salt: embed(salt),
    }
}

fn activations_binding(activations: &[QuantizedActivations], salt: &F) -> ActivationsBinding {
    ActivationsBinding { scales_digest: sha256(&scales_bytes(activations)), salt: embed(salt) }
}

/// The first module that is too wide for this system: profiles take wider ones than its circuits. All other bounds are
/// the same.
pub fn too_wide(adapter: &QuantizedAdapter) -> Option<&QuantizedModule> {
    adapter.modules.iter().find(|module| module.out_features > MAX_OUT_FEATURES)
}

/// The adapter id in the halo2 system, as reports print it; none when a module is [`too_wide`].
///
/// # Errors
/// When another size is above what the circuit takes.
pub fn adapter_id(adapter: &QuantizedAdapter, salt: &F) -> Result<Option<String>, Error> {
    if too_wide(adapter).is_some() {
        return Ok(None);
    }
    let shape = Shape::of_adapter(adapter).map_err(Error::Halo2)?;
    let words = weight_words(&shape, &weights_of(adapter));
    Ok(Some(print_bytes(&to_bytes(&hash_adapter(&shape, &words, &adapter_binding(adapter, salt))))))
}

/// The activations id in the halo2 system; the weights of `witness` are not looked at.
///
/// # Errors
/// When a size or an output is above what the circuit takes.
pub fn activations_id(witness: &Witness, salt: &F) -> Result<String, Error> {
    let shape = Shape::of(&witness.adapter, &witness.activations).map_err(Error::Halo2)?;
    check_outputs(&shape, &witness.outputs).map_err(Error::Halo2)?;
    let words = value_words(&shape, &inputs_of(&shape, &witness.activations), &witness.outputs);
    let binding = activations_binding(&witness.activations, salt);
    Ok(print_bytes(&to_bytes(&hash_activations(&shape, &words, &binding))))
}

/// Proves and writes proof, outputs and JSON, all or none. The proof is checked before anything is written.
///
/// # Errors
/// [`Error::Halo2TooWide`] before the activations are read; when they are refused, the context is reserved, or the
/// statement does not fit memory.
pub fn prove(request: &Request, forms: &Forms, progress: &dyn Progress) -> Result<Report, Error> {
    request.check(forms.json.as_deref())?;
    progress.stage("loading the adapter");
    let AdapterFile { adapter, salt: adapter_salt, .. } = read_adapter_file(&request.adapter)?;
    if let Some(QuantizedModule { name, out_features, .. }) = too_wide(&adapter) {
        let (path, module, outputs) = (request.adapter.clone(), name.clone(), *out_features);
        return Err(Error::Halo2TooWide { path, module, outputs, maximum: MAX_OUT_FEATURES });
    }
    let witness = read_witness(adapter, &request.activations, request.tokens, None)?;
    let salt = F::rand(&mut OsRng);

    let shape = Shape::of(&witness.adapter, &witness.activations).map_err(Error::Halo2)?;
    let plan = Plan::new(&shape).map_err(Error::Halo2)?;
    progress.stage(&format!("making halo2 keys ({plan})"));
    let start = Instant::now();
    let keys = Keys::new(&shape, &cache(), available_memory()).map_err(Error::Halo2)?;
    let key_time = start.elapsed();
    progress.stage("proving");
    let start = Instant::now();
    let bindings = (adapter_binding(&witness.adapter, &adapter_salt), activations_binding(&witness.activations, &salt));
    let opening = Opening::new(&witness, &shape, bindings.0, bindings.1).map_err(Error::Halo2)?;
    let proof =
        prove_opening(&keys, Arc::new(opening), embed(&request.purpose.context()?), key_time).map_err(Error::Halo2)?;
    let proof_seconds = start.elapsed().as_secs_f64();

    progress.stage("verifying");
    let plain_bytes = proof.to_bytes().len();
    let bytes = if forms.gzip { proof.to_gzip().map_err(Error::Halo2)? } else { proof.to_bytes() };
    let start = Instant::now();
    let read = LoraProof::from_file_bytes(&bytes).map_err(Error::Halo2SelfCheck)?;
    verify_with(&keys.verifier, &read).map_err(Error::Halo2SelfCheck)?;
    let verify_seconds = start.elapsed().as_secs_f64();

    let outputs = Outputs::from_witness(&witness, to_canonical_bytes(&salt))?;
    let mut batch = request.batch(&outputs, &bytes)?;
    if let Some(json) = &forms.json {
        batch.add_shared(json, format!("{:#}\n", proof.to_json()).as_bytes())?;
    }
    batch.finish()?;
    Ok(Report {
        system: SYSTEM,
        adapter_id: print_bytes(&to_bytes(&proof.public_inputs.adapter)),
        activations_id: print_bytes(&to_bytes(&proof.public_inputs.activations)),
        context: print_element(&request.purpose.context()?),
        modules: shape.modules.len(),
        tokens: shape.tokens,
        log_rows: plan.k,
        rows: plan.rows,
        advice_columns: plan.columns.advice(),
        lookups: plan.lookups,
        key_seconds: key_time.as_secs_f64(),
        proof_seconds,
        verify_seconds,
        proof_bytes: plain_bytes,
        proof_file_bytes: bytes.len(),
        proof_file: request.proof.clone(),
        outputs_file: request.outputs.clone(),
        json_file: forms.json.clone(),
    })
}

/// Whether the file begins like a halo2 proof, compressed or not (a sumcheck proof is never compressed); a file that
/// cannot be read is left to the reader of the other system.
pub fn is_proof(path: &Path) -> bool {
    files::read_head(path, MAGIC.len() as u64).is_ok_and(|head| head == MAGIC || head.starts_with(GZIP_MAGIC))
}

/// Checks a halo2 proof and what it is about.
///
/// # Errors
/// [`Error::Halo2Malformed`], [`Error::Halo2Refused`] or [`Error::StatementMismatch`].
pub fn verify(request: &verify::Request) -> Result<VerifyReport, Error> {
    let path = &request.proof;
    let bytes = files::read(path, MAX_BYTES as u64)?;
    let malformed = |source| Error::Halo2Malformed { path: path.clone(), source };
    let proof = LoraProof::from_file_bytes(&bytes).map_err(malformed)?;
    let start = Instant::now();
    let plan = verify_proof(&proof, &cache(), available_memory()).map_err(|source| match source {
        // What this machine cannot check is not thereby wrong.
        Halo2Error::Cache { .. } | Halo2Error::OutOfMemory { .. } | Halo2Error::TooManyRows { .. } => {
            Error::Halo2(source)
        }
        source => Error::Halo2Refused { path: path.clone(), source },
    })?;
    let verify_seconds = start.elapsed().as_secs_f64();
    let inputs = &proof.public_inputs;
    let wanted = |expected: Option<[u8; 32]>, actual| expected.filter(|expected| *expected != to_bytes(actual));
    for (field, expected, actual) in [
        (verify::ADAPTER_ID, request.adapter_id, &inputs.adapter),
        (verify::ACTIVATIONS_ID, request.activations_id, &inputs.activations),
        (verify::CONTEXT, request.context, &inputs.context),
    ] {
        if let Some(expected) = wanted(expected, actual) {
            return Err(request.mismatch(field, &expected, &to_bytes(actual)));
        }
    }
    Ok(VerifyReport {
        verified: true,
        system: SYSTEM,
        adapter_id: print_bytes(&to_bytes(&inputs.adapter)),
        activations_id: print_bytes(&to_bytes(&inputs.activations)),
        context: print_bytes(&to_bytes(&inputs.context)),
        modules: proof.params.shape.modules.len(),
        tokens: proof.params.shape.tokens,
        log_rows: plan.k,
        verify_seconds,
        proof_bytes: proof.to_bytes().len(),
    })
}
