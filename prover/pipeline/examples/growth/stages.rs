//! Measures one case: the stages of proving in one process, keys in another, so that peaks of memory are their own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use rankproof_adapter::{quantize, quantize_activations, read_activations, read_adapter};
use rankproof_groth16_seal::{ConstraintSystem, Matrices, ProvingKey, circuit, generator, prover, seal, verifier};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{Config, F, LoraProof, Profile, Proof, commit_weights, prove, verify};
use rankproof_pipeline::measure::peak_rss_bytes;
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{WeightBits, WeightsLayout, Witness, tables};
use serde::{Deserialize, Serialize};

use crate::cases::Case;
use crate::models::Target;
use crate::synthetic;

/// Seconds by the clock and of all threads together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Seconds {
    /// By the clock.
    pub wall: f64,
    /// Of all threads; a busy machine does not change it much.
    pub cpu: f64,
}

/// What one case costs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Name of the case.
    pub case: String,
    /// The model, if the adapter is one of a model.
    pub model: Option<String>,
    /// Which of its modules.
    pub target: Option<Target>,
    /// The profile's name, or whose codes are used.
    pub profile: String,
    /// Variables of both committed polynomials.
    pub log_size: usize,
    /// Modules of the adapter.
    pub modules: usize,
    /// Rank of every module.
    pub rank: usize,
    /// Numbers in all `lora_a` and `lora_b`.
    pub weights: usize,
    /// Tokens of the run.
    pub tokens: usize,
    /// Threads of the machine.
    pub threads: usize,
    /// What is proved and sealed.
    pub proof: ProofCosts,
    /// The circuit's constraints.
    pub constraints: usize,
    /// The keys, and the seal; `None` when they were left out.
    pub seal: Option<SealCosts>,
}

/// Costs of a LoRA proof.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProofCosts {
    /// Reading, quantising, laying out, encoding and hashing the adapter.
    pub commit: Seconds,
    /// Reading and quantising the inputs, computing the outputs, proving.
    pub prove: Seconds,
    /// Verifying, by the clock: the fastest of five.
    pub verify_seconds: f64,
    /// Size of the proof's file.
    pub proof_bytes: usize,
    /// Largest memory up to here.
    pub peak_bytes: u64,
}

/// Costs of keys and of a seal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealCosts {
    /// Writing the circuit and making development keys, once for all adapters.
    pub keys: Seconds,
    /// Largest memory of that.
    pub keys_peak_bytes: u64,
    /// Size of the proving key's file.
    pub keys_bytes: u64,
    /// Reading the keys, with every check.
    pub load: Seconds,
    /// Witness and proof of the seal, keys in memory.
    pub seal: Seconds,
    /// Checking the seal, by the clock: the fastest of five.
    pub verify_seconds: f64,
    /// Largest memory of reading the keys and sealing.
    pub peak_bytes: u64,
}

/// What making keys cost: kept beside them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeysReport {
    keys: Seconds,
    peak_bytes: u64,
}

fn peak_bytes() -> u64 {
    peak_rss_bytes().unwrap_or(0)
}

/// Lets the kernel count the peak from now on.
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

/// User and system seconds of this process so far.
fn cpu_seconds() -> f64 {
    const TICKS: f64 = 100.0; // of a second, on Linux
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / TICKS
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Seconds)> {
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let result = work()?;
    Ok((result, Seconds { wall: start.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu }))
}

/// What takes milliseconds is done five times.
fn fastest(work: impl Fn() -> Result<()>) -> Result<f64> {
    let mut fastest = f64::INFINITY;
    for _ in 0..5 {
        let ((), seconds) = timed(&work)?;
        fastest = fastest.min(seconds.wall);
    }
    Ok(fastest)
}

/// The circuit of a configuration, with its rows.
fn matrices(config: &Config) -> Matrices {
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize(&mut cs, config, &[circuit::blank(config)]);
    cs.into_parts().0
}

fn count_constraints(config: &Config) -> usize {
    let mut cs = ConstraintSystem::assigning(0);
    circuit::synthesize(&mut cs, config, &[circuit::blank(config)]);
    cs.num_constraints()
}

/// Files of the keys of a configuration, and what they cost.
fn key_files(config: &Config, work: &Path) -> (PathBuf, PathBuf) {
    let name = hex::encode(&seal::parameters_digest(config)[..8]);
    (work.join(format!("{name}.key")), work.join(format!("{name}.json")))
}

/// Makes the keys of a case's configuration, if they are not there.
pub fn make_keys(case: &Case, work: &Path) -> Result<()> {
    let (key_file, report_file) = key_files(&case.config, work);
    if report_file.is_file() && key_file.is_file() {
        return Ok(());
    }
    let digest = seal::parameters_digest(&case.config);
    let (key, keys) = timed(|| Ok(generator::development_keys(matrices(&case.config), &case.name, 1, digest)?))?;
    key.write(&key_file)?;
    let report = KeysReport { keys, peak_bytes: peak_bytes() };
    // Last: keys with a report are complete.
    std::fs::write(&report_file, serde_json::to_vec(&report)?)?;
    Ok(())
}

/// Removes the keys of a case's configuration.
pub fn remove_keys(case: &Case, work: &Path) {
    let (key_file, report_file) = key_files(&case.config, work);
    drop(std::fs::remove_file(report_file));
    drop(std::fs::remove_file(key_file));
}

/// Commits, proves and verifies; seals when the keys are there.
pub fn measure(case: &Case, work: &Path, with_seal: bool) -> Result<Row> {
    let config = &case.config;
    let folder = work.join(&case.name);
    synthetic::write(&case.shape, case.tokens, &folder)?;
    forget_peak();
    let (proof, proof_costs) = measure_proof(case, &folder)?;
    drop(std::fs::remove_dir_all(&folder));
    let seal = if with_seal { Some(measure_seal(config, &proof, work)?) } else { None };
    Ok(Row {
        case: case.name.clone(),
        model: case.model.map(|(model, _)| model.to_owned()),
        target: case.model.map(|(_, target)| target),
        profile: case.profile.clone(),
        log_size: config.log_size(),
        modules: case.shape.modules.len(),
        rank: case.shape.rank,
        weights: case.shape.weights(),
        tokens: case.tokens,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        proof: proof_costs,
        constraints: count_constraints(config),
        seal,
    })
}

fn measure_proof(case: &Case, folder: &Path) -> Result<(LoraProof, ProofCosts)> {
    let config = &case.config;
    let salt = F::from(1u64);
    let ((adapter, layout, commitment), commit) = timed(|| {
        let mut adapter = quantize(&read_adapter(folder, None)?, WeightBits::Four, [0; 32])?;
        sort_into_slots(&mut adapter);
        let layout = WeightsLayout::plan(&adapter, config.maxima())
            .with_context(|| format!("{} does not fit {}", case.name, case.profile))?;
        let commitment = commit_weights(config, tables::weights(&adapter, &layout, config.maxima()));
        Ok((adapter, layout, commitment))
    })?;
    let preimage = adapter_preimage(&adapter, commitment.root(), commitment.ood_value(), salt);
    let (proof, prove) = timed(|| {
        let wanted = adapter.modules.iter().map(|module| (module.name.as_str(), module.in_features));
        let float = read_activations(&folder.join(synthetic::ACTIVATIONS_FILE), wanted, None)?;
        let witness = Witness::new(adapter.clone(), quantize_activations(&float))?;
        Ok(prove(config, &witness, &layout, &commitment, &preimage, F::from(0u64), salt)?)
    })?;
    let verify_seconds = fastest(|| Ok(verify(config, &proof)?))?;
    // The head of a file does not depend on the profile's name: any will do for its length.
    let proof_bytes = proof.to_bytes(case.of_profile.unwrap_or(Profile::Medium), config).len();
    debug_assert!(proof_bytes > 32 * Proof::element_count(config));
    Ok((proof, ProofCosts { commit, prove, verify_seconds, proof_bytes, peak_bytes: peak_bytes() }))
}

fn measure_seal(config: &Config, proof: &LoraProof, work: &Path) -> Result<SealCosts> {
    let (key_file, report_file) = key_files(config, work);
    let report: KeysReport = serde_json::from_slice(&std::fs::read(report_file)?)?;
    forget_peak();
    let (key, load) = timed(|| Ok(ProvingKey::read(&key_file)?))?;
    let ((assignment, sealed), seal) = timed(|| {
        let mut cs = ConstraintSystem::assigning(key.matrices().num_variables());
        circuit::synthesize(&mut cs, config, std::slice::from_ref(proof));
        let assignment = cs.into_assignment();
        let sealed = prover::prove(&key, &assignment)?;
        Ok((assignment, sealed))
    })?;
    let peak_bytes = peak_bytes();
    let verify_seconds = fastest(|| Ok(verifier::verify(key.verifying_key(), assignment.public_inputs(), &sealed)?))?;
    let keys_bytes = std::fs::metadata(&key_file)?.len();
    let (keys, keys_peak_bytes) = (report.keys, report.peak_bytes);
    Ok(SealCosts { keys, keys_peak_bytes, keys_bytes, load, seal, verify_seconds, peak_bytes })
}
