//! Prove several runs at once, of one adapter or of several: they share one argument, and a further run costs a fraction of
//! a proof.
//!
//! For adapters committed under a profile of several runs (`small-s8`) or of several adapters (`small-a4`). Everything
//! else is as in [`crate::prove`].

use std::path::{Path, PathBuf};
use std::time::Instant;

use ark_ff::UniformRand;
use rand::rngs::OsRng;
use rankproof_adapter::files::Batch;
use rankproof_adapter::{Outputs, encode_outputs};
use rankproof_lora_proof::{AdapterRequest, Parameters, Profile, RunRequest, SharedProof, prove_shared as prove_runs};
use rankproof_statement::F;
use rankproof_statement::digest::check_context;
use rankproof_statement::field::to_canonical_bytes;
use serde::Serialize;

use crate::adapter_file::Committed;
use crate::commit::{read_adapter_file, read_profile};
use crate::memory::{MemoryPlan, MemoryReport};
use crate::output_files::{check_distinct, check_free};
use crate::prove::read_witness;
use crate::seal::{StatementReport, describe_statement};
use crate::{Error, Progress, verify};

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// The private adapter file. Runs of one adapter follow one another.
    pub adapter: PathBuf,
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
    /// The adapter id, if all runs are of one adapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_id: Option<String>,
    /// Profile.
    pub profile: String,
    /// Number of adapters.
    pub adapters: usize,
    /// Number of modules, of all adapters.
    pub modules: usize,
    /// Number of runs, of all adapters.
    pub runs: usize,
    /// Variables of each committed polynomial.
    pub log_size: usize,
    /// Seconds to read the adapter files and rebuild their commitments.
    pub load_seconds: f64,
    /// Seconds to prove, the adapters being loaded.
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
    Ok(read_profile(adapter)?.parameters().statements() > 1)
}

/// The runs of one adapter of the argument: one that has more than the profile allows takes the place of two.
struct Group<'a> {
    adapter: &'a Path,
    runs: &'a [Run],
}

/// Splits the runs into those of each adapter.
fn group(runs: &[Run], most: usize) -> Vec<Group<'_>> {
    let of_one = runs.chunk_by(|run, next| run.adapter == next.adapter);
    of_one.flat_map(|runs| runs.chunks(most)).map(|runs| Group { adapter: &runs[0].adapter, runs }).collect()
}

/// The profile of all adapters, and how the runs are split.
fn plan(runs: &[Run]) -> Result<(Profile, Vec<Group<'_>>), Error> {
    let refused = |argument, reason, remedy| Err(Error::BadArgument { argument, reason, remedy });
    let Some(first) = runs.first() else {
        return refused("--activations", "no run".into(), "give at least one file");
    };
    let profile = read_profile(&first.adapter)?;
    let name = profile.name();
    let mut paths: Vec<&Path> = runs.iter().map(|run| run.adapter.as_path()).collect();
    paths.dedup(); // runs of one adapter follow one another
    for path in paths.iter().skip(1) {
        let other = read_profile(path)?;
        if other != profile {
            let reason = format!("{} is of profile {}, the first of {name}", path.display(), other.name());
            return refused("--adapter", reason, "commit all of them under one profile");
        }
    }
    let Parameters { adapters, runs: most, .. } = profile.parameters();
    if adapters == 1 && paths.len() > 1 {
        let reason = format!("several adapters; a proof of profile {name} is of one");
        return refused("--adapter", reason, "prove each alone, or commit all with --profile small-a4");
    }
    let groups = group(runs, most);
    if groups.len() > adapters {
        let reason = match adapters {
            1 => format!("{} runs; profile {name} proves 1 to {most} at once", runs.len()),
            _ => format!("{} runs; profile {name} proves 1 to {most} each of 1 to {adapters} adapters", runs.len()),
        };
        let remedy = match adapters * most {
            1 => "prove run by run, or commit with --profile small-s8",
            _ => "split them into several proofs",
        };
        return refused("--activations", reason, remedy);
    }
    Ok((profile, groups))
}

impl Request {
    fn check(&self) -> Result<(), Error> {
        let (mut read, mut written) = (Vec::new(), vec![("--output", self.proof.as_path())]);
        for run in &self.runs {
            check_context(&run.context)?;
            read.extend([("--adapter", run.adapter.as_path()), ("--activations", &run.activations)]);
            written.push(("--outputs", &run.outputs));
        }
        written.iter().try_for_each(|(_, path)| check_free(path, self.force))?;
        check_distinct(&read, &written)
    }

    /// Writes outputs and proof, all or none.
    fn write(&self, outputs: &[Outputs], proof: &[u8]) -> Result<(), Error> {
        let mut batch = Batch::new(self.force);
        for (Run { outputs: path, .. }, outputs) in self.runs.iter().zip(outputs) {
            batch.add_private(path, &encode_outputs(path, outputs)?)?;
        }
        batch.add_private(&self.proof, proof)?;
        Ok(batch.finish()?)
    }
}

/// Proves the runs, checks the proof, and writes it and their outputs, all or none.
///
/// # Errors
/// When a run is refused, does not fit the profile or the run before, or a context is reserved; when adapters are of
/// different profiles, or more than the profile has.
pub fn prove(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    request.check()?;
    let (profile, groups) = plan(&request.runs)?;
    let plan = MemoryPlan::prove(&profile.config());
    plan.check(request.memory, "proving", profile)?;
    progress.stage(if groups.len() == 1 { "loading the adapter" } else { "loading the adapters" });
    let start = Instant::now();
    let mut loaded: Vec<(&Path, Committed)> = Vec::new();
    for Group { adapter, .. } in &groups {
        if !loaded.iter().any(|(path, _)| path == adapter) {
            loaded.push((adapter, read_adapter_file(adapter)?.open()?));
        }
    }
    let load_seconds = start.elapsed().as_secs_f64();
    let committed = |path: &Path| loaded.iter().find(|(loaded, _)| *loaded == path).map(|(_, committed)| committed);
    let committed: Vec<&Committed> = groups.iter().filter_map(|group| committed(group.adapter)).collect();
    let config = &profile.config();
    let mut witnesses = Vec::with_capacity(groups.len());
    for (Group { runs, .. }, committed) in groups.iter().zip(&committed) {
        let mut of_runs = Vec::with_capacity(runs.len());
        for run in *runs {
            let witness =
                read_witness(committed.adapter.clone(), &run.activations, request.tokens, Some(config.maxima()))?;
            of_runs.push((witness, F::rand(&mut OsRng)));
        }
        witnesses.push(of_runs);
    }

    progress.stage("proving");
    let start = Instant::now();
    let of_adapters = groups.iter().zip(&committed).zip(&witnesses);
    let requests: Vec<AdapterRequest<'_>> = of_adapters
        .map(|((Group { runs, .. }, committed), witnesses)| AdapterRequest {
            weights_layout: &committed.layout,
            weights: &committed.commitment,
            adapter: &committed.preimage,
            runs: witnesses
                .iter()
                .zip(*runs)
                .map(|((witness, salt), run)| RunRequest { witness, context: run.context, salt: *salt })
                .collect(),
        })
        .collect();
    let proof = prove_runs(config, &requests).map_err(Error::Prover)?;
    let proof_seconds = start.elapsed().as_secs_f64();

    progress.stage("verifying");
    let bytes = proof.to_bytes(profile, config);
    let start = Instant::now();
    let (read, _) = SharedProof::from_bytes(&bytes).map_err(Error::SelfCheck)?;
    read.verify(config).map_err(Error::SelfCheck)?;
    let verify_seconds = start.elapsed().as_secs_f64();

    let outputs = witnesses
        .iter()
        .flatten()
        .map(|(witness, salt)| Outputs::from_witness(witness, to_canonical_bytes(salt)))
        .collect::<Result<Vec<Outputs>, _>>()?;
    request.write(&outputs, &bytes)?;
    Ok(Report {
        adapter_id: verify::adapter_id(&proof.statements()),
        profile: profile.name().to_owned(),
        adapters: loaded.len(),
        modules: loaded.iter().map(|(_, committed)| committed.adapter.modules.len()).sum(),
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
