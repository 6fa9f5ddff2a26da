//! Demo: the main job from a PEFT directory to a proven statement on a chain, every part the real part.
//!
//! Quantise, commit, prove, let the client recompute the activations id, seal under development keys (made once and
//! cached), start an anvil, deploy, verify and submit in transactions, ask the registry, stop the anvil. Everything is
//! written to a working folder, where the same commands can be tried one by one.

use std::path::PathBuf;
use std::time::Instant;

use rankproof_adapter::accuracy::relative_error;
use rankproof_adapter::{ModuleOutputs, files, read_captured_delta, write_outputs};
use rankproof_chain::{Chain, ChainConfig, LocalNode, verifier_bytecode};
use rankproof_groth16_seal::SealProfile;
use rankproof_groth16_seal::seal::{SEAL_BYTES, Seal, key_digest, verify as verify_seal};
use rankproof_statement::digest::use_context;
use rankproof_statement::{F, WeightBits};
use serde::Serialize;

use crate::words::print_element;
use crate::{Error, Progress, chain, commit, digest, keys, measure, prove, seal};

/// What the demo is run on.
#[derive(Clone, Debug)]
pub struct Request {
    /// PEFT directory.
    pub directory: PathBuf,
    /// Captured inputs; `activations.safetensors` beside the adapter without this.
    pub activations: Option<PathBuf>,
    /// Takes only the first rows.
    pub tokens: Option<usize>,
    /// Takes only the modules in whose name this is found.
    pub modules: Option<String>,
    /// Width of the weights.
    pub bits: WeightBits,
    /// Profile.
    pub profile: SealProfile,
    /// Folder of keys; made when there are none.
    pub keys: PathBuf,
    /// Where adapter file, proof, outputs and seal go.
    pub work: PathBuf,
    /// What the statement is for; a context of the demo's own without this.
    pub context: Option<F>,
}

/// What happened, and what it cost.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "the names are what the command prints; units are in the names")]
pub struct Report {
    pub adapter_id: String,
    pub activations_id: String,
    pub context: String,
    pub profile: String,
    pub bits: u32,
    pub modules: usize,
    pub tokens: usize,
    pub log_size: usize,
    pub worst_weight_error: f64,
    pub worst_delta_error: Option<f64>,
    pub commit_seconds: f64,
    pub proof_seconds: f64,
    pub proof_bytes: usize,
    pub verify_seconds: f64,
    pub security_bits: u32,
    pub union_bound_bits: f64,
    pub constraints: usize,
    pub setup_seconds: Option<f64>,
    pub keys_from_cache: bool,
    pub keys_ready_seconds: f64,
    pub seal_seconds: f64,
    pub seal_verify_seconds: f64,
    pub seal_bytes: usize,
    pub development_insecure: bool,
    pub chain_id: u64,
    pub verifier: String,
    pub stop: String,
    pub timelock: String,
    pub router: String,
    pub registry: String,
    pub gas_deploy: u64,
    pub gas_deploy_verifier: u64,
    pub gas_deploy_registry: u64,
    pub gas_verify: u64,
    pub gas_submit: u64,
    pub transaction: String,
    pub submitting_again_is_free: bool,
    pub proven: bool,
    pub proven_by_path: bool,
    pub total_seconds: f64,
    pub peak_rss_bytes: Option<u64>,
    pub work: PathBuf,
}

/// What a chain made of a seal.
#[derive(Clone, Debug)]
pub struct OnChain {
    /// The deployment.
    pub deployed: chain::Deployed,
    /// Gas of a transaction to the verifier that only verifies.
    pub gas_verify: u64,
    /// The submission.
    pub submission: chain::Submission,
    /// A second submission was answered without a transaction.
    pub submitting_again_is_free: bool,
    /// What the registry answered.
    pub status: Vec<chain::StatementStatus>,
}

/// Runs everything.
///
/// # Errors
/// The first stage that fails.
pub fn demo(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    let start = Instant::now();
    let path = |name: &str| request.work.join(name);
    let context = request.context.unwrap_or_else(|| use_context(b"rankproof demo"));
    let activations = request.activations.clone().unwrap_or_else(|| request.directory.join("activations.safetensors"));
    keys::create_directory(&request.work)?;
    // First, so that a machine without one is told at once.
    let node = LocalNode::spawn()?;
    let committed_report = commit::commit(
        &commit::Request {
            directory: request.directory.clone(),
            output: path("adapter.rpad"),
            profile: request.profile.lora(),
            bits: request.bits,
            modules: request.modules.clone(),
            base_model_digest: [0; 32],
            integers: Some(path("integers.safetensors")),
            memory: None,
            force: true,
        },
        progress,
    )?;
    let committed = commit::read_adapter_file(&path("adapter.rpad"))?.open()?;
    let proven =
        prove::prove_in_memory(&committed, &activations, request.tokens, &prove::Purpose::Context(context), progress)?;
    write_outputs(&path("outputs.safetensors"), &proven.outputs, true)?;
    files::write_private(&path("proof.rplp"), &proven.bytes, true)?;
    let activations_id = print_element(&proven.proof.statement.activations);
    let recomputed = digest::digest(
        &digest::Request {
            adapter: path("adapter.rpad.json"),
            activations: activations.clone(),
            outputs: path("outputs.safetensors"),
            tokens: request.tokens,
        },
        progress,
    )?;
    if recomputed.activations_id != activations_id {
        return Err(Error::StatementMismatch {
            path: path("proof.rplp"),
            field: "the activations id",
            expected: recomputed.activations_id,
            actual: activations_id,
        });
    }
    let worst_delta_error = worst_delta_error(&activations, &proven.outputs.modules)?;
    let security = committed.config.security_report();
    let (modules, log_size) = (committed.adapter.modules.len(), committed.config.log_size());
    // The adapter is not needed any more; keys and seal take the memory.
    drop(committed);

    let loaded = keys::load_or_create(request.profile, &request.keys, progress)?;
    let names = [path("proof.rplp")];
    let (sealed, seal_seconds) = seal::seal_in_memory(&loaded.key, &[proven.proof.subject()], &names, progress)?;
    let verify_start = Instant::now();
    verify_seal(loaded.key.verifying_key(), &sealed)?;
    let seal_verify_seconds = verify_start.elapsed().as_secs_f64();
    files::write_atomically(&path("seal.json"), &seal::seal_file_bytes(&sealed), true)?;

    let header = loaded.key.header();
    let key_digest = key_digest(loaded.key.verifying_key())?;
    let (constraints, development_insecure) = (loaded.key.matrices().num_constraints(), header.development);
    drop(loaded.key);
    let on_chain = on_own_chain(&node, &sealed, key_digest, progress)?;
    let all = |proven: fn(&chain::StatementStatus) -> bool| on_chain.status.iter().all(proven);
    Ok(Report {
        adapter_id: committed_report.adapter_id,
        activations_id,
        context: print_element(&context),
        profile: request.profile.name().to_owned(),
        bits: request.bits.bits(),
        modules,
        tokens: recomputed.tokens,
        log_size,
        worst_weight_error: committed_report.worst_quantization_error,
        worst_delta_error,
        commit_seconds: committed_report.commit_seconds,
        proof_seconds: proven.proof_seconds,
        proof_bytes: proven.bytes.len(),
        verify_seconds: proven.verify_seconds,
        security_bits: security.security_bits(),
        union_bound_bits: security.union_bound_bits(),
        constraints,
        setup_seconds: loaded.report.setup_seconds,
        keys_from_cache: loaded.from_cache,
        keys_ready_seconds: loaded.ready_seconds,
        seal_seconds,
        seal_verify_seconds,
        seal_bytes: SEAL_BYTES,
        development_insecure,
        chain_id: on_chain.deployed.chain_id,
        verifier: on_chain.deployed.verifier.clone(),
        stop: on_chain.deployed.stop.clone(),
        timelock: on_chain.deployed.timelock.clone(),
        router: on_chain.deployed.router.clone(),
        registry: on_chain.deployed.registry.clone(),
        gas_deploy: on_chain.deployed.gas_deploy,
        gas_deploy_verifier: on_chain.deployed.gas_deploy_verifier.unwrap_or_default(),
        gas_deploy_registry: on_chain.deployed.gas_deploy_registry.unwrap_or_default(),
        gas_verify: on_chain.gas_verify,
        gas_submit: on_chain.submission.gas_submit.unwrap_or_default(),
        transaction: on_chain.submission.transaction.clone().unwrap_or_default(),
        submitting_again_is_free: on_chain.submitting_again_is_free,
        proven: all(|answer| answer.proven),
        proven_by_path: all(|answer| answer.proven_by_path),
        total_seconds: start.elapsed().as_secs_f64(),
        peak_rss_bytes: measure::peak_rss_bytes(),
        work: request.work.clone(),
    })
}

/// Deploys on an anvil of one's own, verifies and submits in transactions, and asks.
///
/// # Errors
/// When a contract refuses, or the statement is not proven afterwards.
pub fn on_own_chain(
    node: &LocalNode,
    sealed: &Seal,
    key_digest: [u8; 32],
    progress: &dyn Progress,
) -> Result<OnChain, Error> {
    chain::block_on(async {
        let connection = Chain::connect(&node.rpc_url(), node.signer(0)).await?;
        progress.stage("deploying");
        let config = ChainConfig::local()?;
        let deployed = chain::deploy_on(&connection, &config.stack, &verifier_bytecode(), key_digest).await?;
        let registry = connection.registry(chain::parse_address("registry", &deployed.registry)?).await?;
        let verifier = chain::parse_address("verifier", &deployed.verifier)?;
        progress.stage("submitting");
        let gas_verify = connection.measure_verify(verifier, &sealed.to_bytes(), &sealed.statements).await?;
        let submission = chain::submit_to(&registry, sealed, false).await?;
        let again = chain::submit_to(&registry, sealed, false).await?;
        progress.stage("asking the registry");
        let status = chain::status_of(&registry, &sealed.statements).await?;
        if let Some(missing) = status.iter().find(|answer| !answer.proven || !answer.proven_by_path) {
            return Err(Error::NotProven {
                registry: deployed.registry,
                adapter_id: missing.adapter_id.clone(),
                activations_id: missing.activations_id.clone(),
                context: missing.context.clone(),
            });
        }
        Ok(OnChain { deployed, gas_verify, submission, submitting_again_is_free: again.already_proven, status })
    })
}

/// Largest relative Frobenius error of an output against the captured one, where the capture has it.
fn worst_delta_error(activations: &std::path::Path, outputs: &[ModuleOutputs]) -> Result<Option<f64>, Error> {
    let mut worst: Option<f64> = None;
    for entry in outputs {
        let (module, tokens) = (&entry.activations.module, entry.activations.tokens);
        if let Some(captured) = read_captured_delta(activations, module, entry.out_scale.len(), tokens)? {
            let error = relative_error(&entry.delta(), &captured);
            worst = Some(worst.map_or(error, |worst| worst.max(error)));
        }
    }
    Ok(worst)
}
