//! Prove several runs of one adapter at once: they share one argument, and a further run costs a fraction of a proof.
//!
//! For adapters committed under a profile of several runs (`small-s8`). Everything else is as in [`crate::prove`].

use std::path::{Path, PathBuf};
use std::time::Instant;

use ark_ff::UniformRand;
use rand::rngs::OsRng;
use rankproof_adapter::{Outputs, files, write_outputs};
use rankproof_lora_proof::{RunRequest, SharedProof, prove_shared as prove_runs};
use rankproof_statement::F;
use rankproof_statement::digest::check_context;
use rankproof_statement::field::to_canonical_bytes;
use serde::Serialize;

use crate::commit::{read_adapter_file, read_profile};
use crate::memory::{MemoryPlan, MemoryReport};
use crate::prove::{check_free, read_witness};
use crate::seal::{StatementReport, describe_statement};
use crate::words::print_element;
use crate::{Error, Progress};

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// safetensors with `<module>.x`.
    pub activations: PathBuf,
    /// What the statement is for; never a registration.
    pub context: F,
    /// Where its outputs go.
    pub outputs: PathBuf,
}

/// What to prove, and where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// The private adapter file.
    pub adapter: PathBuf,
    /// The runs, at most as many as the profile has.
    pub runs: Vec<Run>,
    /// Takes only the first rows of each run.
    pub tokens: Option<usize>,
    /// Where the proof goes.
    pub proof: PathBuf,
    /// Most memory to take, in bytes.
    pub memory: Option<u64>,
    /// Replace existing files.
    pub force: bool,
}

/// What a proof is about, and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The adapter id.
    pub adapter_id: String,
    /// Profile.
    pub profile: String,
    /// Number of modules.
    pub modules: usize,
    /// Number of runs.
    pub runs: usize,
    /// Variables of each committed polynomial.
    pub log_size: usize,
    /// Seconds to read the adapter file and rebuild its commitment.
    pub load_seconds: f64,
    /// Seconds to prove, the adapter being loaded.
    pub proof_seconds: f64,
    /// Seconds of the check before writing.
    pub verify_seconds: f64,
    /// Size of the proof file.
    pub proof_bytes: usize,
    /// The proof.
    pub proof_file: PathBuf,
    /// The statements, run by run.
    pub statements: Vec<StatementReport>,
    /// Their outputs, run by run.
    pub outputs_files: Vec<PathBuf>,
    /// What it took of memory.
    #[serde(flatten)]
    pub memory: MemoryReport,
}

/// Whether the profile of an adapter file proves several runs at once; only the head of the file is read.
///
/// # Errors
/// Those of a bad head.
pub fn is_for_several_runs(adapter: &Path) -> Result<bool, Error> {
    Ok(read_profile(adapter)?.parameters().runs > 1)
}

impl Request {
    fn check(&self) -> Result<(), Error> {
        let mut names = vec![&self.proof];
        for run in &self.runs {
            check_context(&run.context)?;
            names.push(&run.outputs);
        }
        for (index, name) in names.iter().enumerate() {
            check_free(name, self.force)?;
            if names.iter().take(index).any(|earlier| earlier == name) {
                return Err(Error::BadArgument {
                    argument: "--outputs",
                    reason: format!("{} is named twice", name.display()),
                    remedy: "give every file a name of its own",
                });
            }
        }
        Ok(())
    }

    /// Writes outputs and proof, all or none.
    fn write(&self, outputs: &[Outputs], proof: &[u8]) -> Result<(), Error> {
        let mut written = Vec::with_capacity(self.runs.len());
        let mut write = || -> Result<(), Error> {
            for (run, outputs) in self.runs.iter().zip(outputs) {
                write_outputs(&run.outputs, outputs, self.force)?;
                written.push(&run.outputs);
            }
            Ok(files::write_private(&self.proof, proof, self.force)?)
        };
        write().inspect_err(|_| written.iter().for_each(|path| drop(std::fs::remove_file(path))))
    }
}

/// Proves the runs, checks the proof, and writes it and their outputs, all or none.
///
/// # Errors
/// When a run is refused, does not fit the profile or the first run, or a context is reserved.
pub fn prove(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    request.check()?;
    let profile = read_profile(&request.adapter)?;
    let plan = MemoryPlan::prove(&profile.config());
    plan.check(request.memory, "proving", profile)?;
    progress.stage("loading the adapter");
    let start = Instant::now();
    let committed = read_adapter_file(&request.adapter)?.open()?;
    let load_seconds = start.elapsed().as_secs_f64();
    let config = &committed.config;
    if request.runs.is_empty() || request.runs.len() > config.runs() {
        let remedy = if config.runs() == 1 {
            "prove run by run, or commit with --profile small-s8"
        } else {
            "split them into several proofs"
        };
        return Err(Error::BadArgument {
            argument: "--activations",
            reason: format!(
                "{} runs; profile {} proves 1 to {} at once",
                request.runs.len(),
                committed.profile.name(),
                config.runs()
            ),
            remedy,
        });
    }
    let mut witnesses = Vec::with_capacity(request.runs.len());
    for run in &request.runs {
        let witness = read_witness(committed.adapter.clone(), &run.activations, request.tokens)?;
        witnesses.push((witness, F::rand(&mut OsRng)));
    }

    progress.stage("proving");
    let start = Instant::now();
    let runs: Vec<RunRequest<'_>> = witnesses
        .iter()
        .zip(&request.runs)
        .map(|((witness, salt), run)| RunRequest { witness, context: run.context, salt: *salt })
        .collect();
    let proof = prove_runs(config, &runs, &committed.layout, &committed.commitment, &committed.preimage)
        .map_err(Error::Prover)?;
    let proof_seconds = start.elapsed().as_secs_f64();

    progress.stage("verifying");
    let bytes = proof.to_bytes(committed.profile, config);
    let start = Instant::now();
    let (read, _) = SharedProof::from_bytes(&bytes).map_err(Error::SelfCheck)?;
    read.verify(config).map_err(Error::SelfCheck)?;
    let verify_seconds = start.elapsed().as_secs_f64();

    let outputs = witnesses
        .iter()
        .map(|(witness, salt)| Outputs::from_witness(witness, to_canonical_bytes(salt)))
        .collect::<Result<Vec<Outputs>, _>>()?;
    request.write(&outputs, &bytes)?;
    Ok(Report {
        adapter_id: print_element(&proof.adapter_id),
        profile: committed.profile.name().to_owned(),
        modules: committed.adapter.modules.len(),
        runs: request.runs.len(),
        log_size: config.log_size(),
        load_seconds,
        proof_seconds,
        verify_seconds,
        proof_bytes: bytes.len(),
        proof_file: request.proof.clone(),
        statements: proof.statements().iter().map(describe_statement).collect(),
        outputs_files: request.runs.iter().map(|run| run.outputs.clone()).collect(),
        memory: plan.report(),
    })
}
