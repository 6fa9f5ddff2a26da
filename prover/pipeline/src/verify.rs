//! Verify: a LoRA proof is checked, and so is what it is about.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_adapter::files;
use rankproof_lora_proof::file::SHARED_MAGIC;
use rankproof_lora_proof::{LoraProof, Profile, SharedProof, Subject};
use rankproof_statement::field::to_canonical_bytes;
use rankproof_statement::{F, Statement};
use serde::Serialize;

use crate::Error;
use crate::seal::{StatementReport, describe_statement};
use crate::words::{print_bytes, print_element};

/// The elements of a statement, as errors name them.
pub(crate) const ADAPTER_ID: &str = "the adapter id";
pub(crate) const ACTIVATIONS_ID: &str = "the activations id";
pub(crate) const CONTEXT: &str = "the context";

/// No proof of any profile is larger.
const MAX_BYTES: u64 = 1 << 24;

/// What to check; an element that is not given may be anything. Elements are big-endian; what is below the modulus
/// depends on the system of the proof.
#[derive(Clone, Debug)]
pub struct Request {
    /// The proof.
    pub proof: PathBuf,
    /// Expected adapter id.
    pub adapter_id: Option<[u8; 32]>,
    /// Expected activations id.
    pub activations_id: Option<[u8; 32]>,
    /// Expected context.
    pub context: Option<[u8; 32]>,
}

impl Request {
    /// The proof is about something else than what is expected.
    pub(crate) fn mismatch(&self, field: &'static str, expected: &[u8; 32], actual: &[u8; 32]) -> Error {
        Error::StatementMismatch {
            path: self.proof.clone(),
            field,
            expected: print_bytes(expected),
            actual: print_bytes(actual),
        }
    }
}

/// A proof of one run, or one of several, of one adapter or of several.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Of one run.
    One(Box<LoraProof>),
    /// Of several runs that share the argument.
    Several(Box<SharedProof>),
}

impl Proof {
    /// What the argument is about.
    pub fn subject(&self) -> Subject<'_> {
        match self {
            Self::One(proof) => proof.subject(),
            Self::Several(proof) => proof.subject(),
        }
    }

    /// The statements, in order.
    pub fn statements(&self) -> Vec<Statement> {
        match self {
            Self::One(proof) => vec![proof.statement],
            Self::Several(proof) => proof.statements(),
        }
    }
}

/// What a proof that holds says.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always true: a proof that does not hold is an error.
    pub verified: bool,
    /// The adapter id, if all statements are about one adapter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter_id: Option<String>,
    /// The activations id of the one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activations_id: Option<String>,
    /// The context of the one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Profile.
    pub profile: String,
    /// The smallest round-by-round soundness term of the profile, in bits, rounded down.
    pub security_bits: u32,
    /// `-log2` of the sum of all terms.
    pub union_bound_bits: f64,
    /// Seconds of the check, file read.
    pub verify_seconds: f64,
    /// Size of the file.
    pub proof_bytes: usize,
    /// The statements of several runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementReport>,
}

/// Reads a proof without checking it.
///
/// # Errors
/// [`Error::ProofMalformed`] says what is wrong with the bytes.
pub fn read_proof(path: &Path) -> Result<(Proof, Profile, usize), Error> {
    let bytes = files::read(path, MAX_BYTES)?;
    let read = if bytes.starts_with(SHARED_MAGIC) {
        SharedProof::from_bytes(&bytes).map(|(proof, profile)| (Proof::Several(Box::new(proof)), profile))
    } else {
        LoraProof::from_bytes(&bytes).map(|(proof, profile)| (Proof::One(Box::new(proof)), profile))
    };
    let (proof, profile) = read.map_err(|source| Error::ProofMalformed { path: path.into(), source })?;
    Ok((proof, profile, bytes.len()))
}

/// Checks a proof and what it is about: of several runs, one must be the expected one.
///
/// # Errors
/// [`Error::ProofMalformed`], [`Error::ProofRefused`] or [`Error::StatementMismatch`].
pub fn verify(request: &Request) -> Result<Report, Error> {
    let (proof, profile, proof_bytes) = read_proof(&request.proof)?;
    let config = profile.config();
    let start = Instant::now();
    let refused = |source| Error::ProofRefused { path: request.proof.clone(), source };
    proof.subject().verify(&config).map_err(refused)?;
    let verify_seconds = start.elapsed().as_secs_f64();
    let mut statements = proof.statements();
    narrow(request, ADAPTER_ID, request.adapter_id, &mut statements, |statement| statement.adapter)?;
    narrow(request, ACTIVATIONS_ID, request.activations_id, &mut statements, |statement| statement.activations)?;
    narrow(request, CONTEXT, request.context, &mut statements, |statement| statement.context)?;
    let security = config.security_report();
    let adapter_id = adapter_id(&proof.statements());
    let (one, several) = match &proof {
        Proof::One(proof) => (Some(proof.statement), Vec::new()),
        Proof::Several(proof) => (None, proof.statements()),
    };
    Ok(Report {
        verified: true,
        adapter_id,
        activations_id: one.map(|statement| print_element(&statement.activations)),
        context: one.map(|statement| print_element(&statement.context)),
        profile: profile.name().to_owned(),
        security_bits: security.security_bits(),
        union_bound_bits: security.union_bound_bits(),
        verify_seconds,
        proof_bytes,
        statements: several.iter().map(describe_statement).collect(),
    })
}

/// The adapter that all statements are about, if it is one.
pub(crate) fn adapter_id(statements: &[Statement]) -> Option<String> {
    let first = statements.first()?;
    let is_one = statements.iter().all(|statement| statement.adapter == first.adapter);
    is_one.then(|| print_element(&first.adapter))
}

/// Leaves the statements that have the expected element; the error names the first that has not.
fn narrow(
    request: &Request,
    field: &'static str,
    expected: Option<[u8; 32]>,
    statements: &mut Vec<Statement>,
    element: fn(&Statement) -> F,
) -> Result<(), Error> {
    let Some(expected) = expected else { return Ok(()) };
    let actual = statements.first().map(element).unwrap_or_default();
    statements.retain(|statement| to_canonical_bytes(&element(statement)) == expected);
    if statements.is_empty() {
        return Err(request.mismatch(field, &expected, &to_canonical_bytes(&actual)));
    }
    Ok(())
}
