//! Bench: what each stage costs, as medians over runs.
//!
//! One row per case, plus what seals and chain cost. Stages run one after another in this process, cheap ones first, so
//! that the peak memory after each group is that of the group (the kernel only counts up). Keys come from the cache: a
//! run that had to make them says so, and its peak is that of the setup.

use std::path::PathBuf;
use std::time::Instant;

use rankproof_chain::LocalNode;
use rankproof_groth16_seal::SealProfile;
use rankproof_groth16_seal::seal::{SEAL_BYTES, key_digest, verify as verify_seal};
use rankproof_lora_proof::{LoraProof, Profile, verify};
use rankproof_statement::WeightBits;
use serde::Serialize;

use crate::measure::{median, peak_rss_bytes};
use crate::{Error, F, Progress, commit, demo, keys, prove, seal};

/// One thing to prove.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name in the table.
    pub name: String,
    /// PEFT directory.
    pub directory: PathBuf,
    /// Captured inputs.
    pub activations: PathBuf,
    /// Takes only the modules in whose name this is found.
    pub modules: Option<String>,
    /// Takes only the first rows.
    pub tokens: Option<usize>,
    /// Width of the weights.
    pub bits: WeightBits,
}

/// What to measure.
#[derive(Clone, Debug)]
pub struct Request {
    /// The cases; the first one is sealed.
    pub cases: Vec<Case>,
    /// Profile.
    pub profile: SealProfile,
    /// Folder of keys; made when there are none.
    pub keys: PathBuf,
    /// Runs of every stage.
    pub runs: usize,
    /// Whether to deploy and submit on an anvil.
    pub chain: bool,
}

/// The costs of one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// Its name.
    pub case: String,
    /// Number of modules.
    pub modules: usize,
    /// Number of tokens.
    pub tokens: usize,
    /// Width of the weights.
    pub bits: u32,
    /// Quantise, encode, hash; files included.
    pub commit_seconds: f64,
    /// Read the adapter file and rebuild its commitment.
    pub load_seconds: f64,
    /// Prove, the adapter being loaded.
    pub proof_seconds: f64,
    /// Verify.
    pub verify_seconds: f64,
    /// Size of the proof.
    pub proof_bytes: usize,
    /// Seal it, keys in memory; for every case that was sealed.
    pub seal_seconds: Option<f64>,
}

/// What a machine did.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Processor, as the kernel calls it.
    pub processor: Option<String>,
    /// Threads that may run at once.
    pub threads: usize,
    /// Profile.
    pub profile: String,
    /// Runs of every stage; numbers are medians.
    pub runs: usize,
    /// Variables of both committed polynomials.
    pub log_size: usize,
    /// The smallest round-by-round soundness term, rounded down.
    pub security_bits: u32,
    /// Peak memory after commit, prove and verify of all cases.
    pub peak_rss_proof_bytes: Option<u64>,
    /// Constraints of the circuit.
    pub constraints: usize,
    /// Making the keys, when they were made.
    pub setup_seconds: Option<f64>,
    /// Whether the keys were read, not made.
    pub keys_from_cache: bool,
    /// From keys on disk to ready.
    pub keys_ready_seconds: f64,
    /// Size of the proving key's file.
    pub proving_key_bytes: Option<u64>,
    /// Size of a seal.
    pub seal_bytes: usize,
    /// Check a seal, key in memory.
    pub seal_verify_seconds: f64,
    /// Peak memory at the end.
    pub peak_rss_seal_bytes: Option<u64>,
    /// Gas of the verifier's deployment.
    pub gas_deploy_verifier: Option<u64>,
    /// Gas of the registry's deployment.
    pub gas_deploy_registry: Option<u64>,
    /// Gas of a transaction that only verifies.
    pub gas_verify: Option<u64>,
    /// Gas of a submission of one statement.
    pub gas_submit: Option<u64>,
    /// The cases.
    pub cases: Vec<CaseReport>,
}

/// Measures.
///
/// # Errors
/// The first stage that fails.
pub fn bench(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    let runs = request.runs.max(1);
    let node = if request.chain { Some(LocalNode::spawn()?) } else { None };
    let config = request.profile.config();
    let work = std::env::temp_dir().join(format!("rankproof-bench-{}", std::process::id()));
    keys::create_directory(&work)?;
    let measured: Result<Vec<_>, _> =
        request.cases.iter().map(|case| bench_case(request.profile.lora(), case, runs, &work, progress)).collect();
    drop(std::fs::remove_dir_all(&work));
    let (mut cases, proofs): (Vec<CaseReport>, Vec<LoraProof>) = measured?.into_iter().unzip();
    let peak_rss_proof_bytes = peak_rss_bytes();

    let loaded = keys::load_or_create(request.profile, &request.keys, progress)?;
    let mut first_seal = None;
    for (case, proof) in cases.iter_mut().zip(&proofs) {
        let mut times = Vec::with_capacity(runs);
        for _ in 0..runs {
            let (sealed, seconds) = seal::seal_in_memory(&loaded.key, &[proof.subject()], &[], progress)?;
            times.push(seconds);
            first_seal.get_or_insert(sealed);
        }
        case.seal_seconds = Some(median(&mut times));
    }
    let Some(sealed) = first_seal else {
        return Err(Error::BadArgument {
            argument: "--adapter",
            reason: "there is nothing to measure".to_owned(),
            remedy: "give at least one case",
        });
    };
    let verifying_key = loaded.key.verifying_key().clone();
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let start = Instant::now();
        verify_seal(&verifying_key, &sealed)?;
        times.push(start.elapsed().as_secs_f64());
    }
    let peak_rss_seal_bytes = peak_rss_bytes();
    let constraints = loaded.key.matrices().num_constraints();
    drop(loaded.key);

    let on_chain = if let Some(node) = &node {
        Some(demo::on_own_chain(node, &sealed, key_digest(&verifying_key)?, progress)?)
    } else {
        None
    };
    Ok(Report {
        processor: processor(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        profile: request.profile.name().to_owned(),
        runs,
        log_size: config.log_size(),
        security_bits: config.security_report().security_bits(),
        peak_rss_proof_bytes,
        constraints,
        setup_seconds: loaded.report.setup_seconds,
        keys_from_cache: loaded.from_cache,
        keys_ready_seconds: loaded.ready_seconds,
        proving_key_bytes: loaded.report.proving_key_bytes,
        seal_bytes: SEAL_BYTES,
        seal_verify_seconds: median(&mut times),
        peak_rss_seal_bytes,
        gas_deploy_verifier: on_chain.as_ref().and_then(|chain| chain.deployed.gas_deploy_verifier),
        gas_deploy_registry: on_chain.as_ref().and_then(|chain| chain.deployed.gas_deploy_registry),
        gas_verify: on_chain.as_ref().map(|chain| chain.gas_verify),
        gas_submit: on_chain.as_ref().and_then(|chain| chain.submission.gas_submit),
        cases,
    })
}

fn bench_case(
    profile: Profile,
    case: &Case,
    runs: usize,
    work: &std::path::Path,
    progress: &dyn Progress,
) -> Result<(CaseReport, LoraProof), Error> {
    let output = work.join("adapter.rpad");
    let request = commit::Request {
        directory: case.directory.clone(),
        output: output.clone(),
        profile,
        bits: case.bits,
        modules: case.modules.clone(),
        base_model_digest: [0; 32],
        integers: None,
        memory: None,
        force: true,
    };
    let [mut commits, mut loads, mut proofs, mut checks] = [(); 4].map(|()| Vec::with_capacity(runs));
    let mut last = None;
    for _ in 0..runs {
        let start = Instant::now();
        commit::commit(&request, progress)?;
        commits.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        let committed = commit::read_adapter_file(&output)?.open()?;
        loads.push(start.elapsed().as_secs_f64());
        let purpose = prove::Purpose::Context(F::from(0u64));
        let proven = prove::prove_in_memory(&committed, &case.activations, case.tokens, &purpose, progress)?;
        proofs.push(proven.proof_seconds);
        let start = Instant::now();
        verify(&committed.config, &proven.proof).map_err(Error::SelfCheck)?;
        checks.push(start.elapsed().as_secs_f64());
        last = Some((committed.adapter.modules.len(), proven));
    }
    let Some((modules, proven)) = last else { return Err(Error::Environment { what: "nothing ran".to_owned() }) };
    let report = CaseReport {
        case: case.name.clone(),
        modules,
        tokens: proven.outputs.modules.first().map_or(0, |module| module.activations.tokens),
        bits: case.bits.bits(),
        commit_seconds: median(&mut commits),
        load_seconds: median(&mut loads),
        proof_seconds: median(&mut proofs),
        verify_seconds: median(&mut checks),
        proof_bytes: proven.bytes.len(),
        seal_seconds: None,
    };
    Ok((report, proven.proof))
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).to_owned())
}
