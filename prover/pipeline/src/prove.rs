//! Prove: a committed adapter and captured inputs become a LoRA proof and the outputs it is about.
//!
//! The proof is checked before anything is written. It is succinct but not zero-knowledge: it stays with the owner of
//! the adapter, who publishes a seal of it.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ark_ff::UniformRand;
use rand::rngs::OsRng;
use rankproof_adapter::files::Batch;
use rankproof_adapter::{Outputs, count_tokens, encode_outputs, quantize_activations, read_activations};
use rankproof_lora_proof::{LoraProof, prove as prove_statement, prove_registration, verify};
pub use rankproof_statement::digest::Registration;
use rankproof_statement::digest::check_context;
use rankproof_statement::field::to_canonical_bytes;
use rankproof_statement::{F, Maxima, QuantizedAdapter, Witness};
use serde::Serialize;

use crate::adapter_file::Committed;
use crate::commit::{read_adapter_file, read_profile};
use crate::memory::{MemoryPlan, MemoryReport};
use crate::output_files::{check_distinct, check_free};
use crate::words::print_element;
use crate::{Error, Progress};

/// What a statement is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// This context, which is not of a reserved kind.
    Context(F),
    /// The adapter gets this owner in this registry. Never taken from a context that somebody hands over.
    Registration(Registration),
}

impl Purpose {
    /// The context of the statement.
    ///
    /// # Errors
    /// When it is of a reserved kind, which only a registration that is spelled out may have.
    pub fn context(&self) -> Result<F, Error> {
        match self {
            Self::Context(context) => {
                check_context(context)?;
                Ok(*context)
            }
            Self::Registration(registration) => Ok(registration.context()),
        }
    }
}

/// What to prove, and where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// The private adapter file.
    pub adapter: PathBuf,
    /// safetensors with `<module>.x`.
    pub activations: PathBuf,
    /// What the statement is for.
    pub purpose: Purpose,
    /// Takes only the first rows.
    pub tokens: Option<usize>,
    /// Where the proof goes.
    pub proof: PathBuf,
    /// Where the outputs go.
    pub outputs: PathBuf,
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
    /// The activations id.
    pub activations_id: String,
    /// The context.
    pub context: String,
    /// Profile.
    pub profile: String,
    /// Number of modules.
    pub modules: usize,
    /// Number of tokens.
    pub tokens: usize,
    /// Variables of both committed polynomials.
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
    /// The outputs.
    pub outputs_file: PathBuf,
    /// What it took of memory.
    #[serde(flatten)]
    pub memory: MemoryReport,
}

/// A proof in memory, with what it proves.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The proof.
    pub proof: LoraProof,
    /// Its canonical bytes.
    pub bytes: Vec<u8>,
    /// Integers and scales, salt included.
    pub outputs: Outputs,
    /// Seconds to prove.
    pub proof_seconds: f64,
    /// Seconds to check it.
    pub verify_seconds: f64,
}

impl Request {
    /// Refuses a reserved context and files that must not be replaced, before any work; `json` is a third file.
    /// `--force` is for earlier results: never for the adapter or the activations.
    pub(crate) fn check(&self, json: Option<&Path>) -> Result<(), Error> {
        self.purpose.context()?;
        let mut files = vec![("--output", self.proof.as_path()), ("--outputs", self.outputs.as_path())];
        files.extend(json.map(|json| ("--export-json", json)));
        files.iter().try_for_each(|(_, path)| check_free(path, self.force))?;
        check_distinct(&[("--adapter", &self.adapter), ("--activations", &self.activations)], &files)
    }

    /// The outputs and the bytes of the proof, to be written together.
    pub(crate) fn batch(&self, outputs: &Outputs, proof: &[u8]) -> Result<Batch, Error> {
        let mut batch = Batch::new(self.force);
        batch.add_private(&self.outputs, &encode_outputs(&self.outputs, outputs)?)?;
        batch.add_private(&self.proof, proof)?;
        Ok(batch)
    }
}

/// The adapter with the inputs of one run, quantised, and the outputs that follow. More tokens than the profile holds
/// are refused before one is read, so that the plan of memory holds.
pub(crate) fn read_witness(
    adapter: QuantizedAdapter,
    activations: &Path,
    tokens: Option<usize>,
    profile: Option<&Maxima>,
) -> Result<Witness, Error> {
    let wanted = adapter.modules.iter().map(|module| (module.name.as_str(), module.in_features));
    let tokens = count_tokens(activations, wanted.clone(), tokens)?;
    if let Some(maxima) = profile {
        maxima.check_tokens(tokens)?;
    }
    let float = read_activations(activations, wanted, Some(tokens))?;
    Ok(Witness::new(adapter, quantize_activations(&float))?)
}

/// Proves, checks the proof, and returns both it and the outputs; writes nothing.
///
/// # Errors
/// When the activations are refused or do not fit the profile, or the context is reserved.
pub fn prove_in_memory(
    committed: &Committed,
    activations: &Path,
    tokens: Option<usize>,
    purpose: &Purpose,
    progress: &dyn Progress,
) -> Result<Proven, Error> {
    purpose.context()?;
    let witness = read_witness(committed.adapter.clone(), activations, tokens, Some(committed.config.maxima()))?;
    let salt = F::rand(&mut OsRng);

    progress.stage("proving");
    let start = Instant::now();
    let Committed { config, layout, commitment, preimage, .. } = committed;
    let proof = match purpose {
        Purpose::Context(context) => prove_statement(config, &witness, layout, commitment, preimage, *context, salt),
        Purpose::Registration(registration) => {
            prove_registration(config, &witness, layout, commitment, preimage, registration, salt)
        }
    }
    .map_err(Error::Prover)?;
    let proof_seconds = start.elapsed().as_secs_f64();

    progress.stage("verifying");
    let bytes = proof.to_bytes(committed.profile, config);
    let start = Instant::now();
    let (read, _) = LoraProof::from_bytes(&bytes).map_err(Error::SelfCheck)?;
    verify(config, &read).map_err(Error::SelfCheck)?;
    let verify_seconds = start.elapsed().as_secs_f64();

    let outputs = Outputs::from_witness(&witness, to_canonical_bytes(&salt))?;
    Ok(Proven { proof, bytes, outputs, proof_seconds, verify_seconds })
}

/// Proves and writes proof and outputs, both or neither.
///
/// # Errors
/// Those of [`prove_in_memory`], and of a bad adapter file.
pub fn prove(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    request.check(None)?;
    let profile = read_profile(&request.adapter)?;
    let plan = MemoryPlan::prove(&profile.config());
    plan.check(request.memory, "proving", profile)?;
    progress.stage("loading the adapter");
    let start = Instant::now();
    let committed = read_adapter_file(&request.adapter)?.open()?;
    let load_seconds = start.elapsed().as_secs_f64();
    let proven = prove_in_memory(&committed, &request.activations, request.tokens, &request.purpose, progress)?;
    request.batch(&proven.outputs, &proven.bytes)?.finish()?;
    let statement = proven.proof.statement;
    Ok(Report {
        adapter_id: print_element(&statement.adapter),
        activations_id: print_element(&statement.activations),
        context: print_element(&statement.context),
        profile: committed.profile.name().to_owned(),
        modules: committed.adapter.modules.len(),
        tokens: proven.outputs.modules.first().map_or(0, |module| module.activations.tokens),
        log_size: committed.config.log_size(),
        load_seconds,
        proof_seconds: proven.proof_seconds,
        verify_seconds: proven.verify_seconds,
        proof_bytes: proven.bytes.len(),
        proof_file: request.proof.clone(),
        outputs_file: request.outputs.clone(),
        memory: plan.report(),
    })
}
