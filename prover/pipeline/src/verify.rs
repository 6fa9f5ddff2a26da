//! Verify: a LoRA proof is checked, and so is what it is about.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_adapter::files;
use rankproof_lora_proof::{LoraProof, Profile, verify as verify_proof};
use rankproof_statement::F;
use rankproof_statement::field::to_canonical_bytes;
use serde::Serialize;

use crate::Error;
use crate::words::{print_bytes, print_element};

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

/// What a proof that holds says.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always true: a proof that does not hold is an error.
    pub verified: bool,
    /// The adapter id.
    pub adapter_id: String,
    /// The activations id.
    pub activations_id: String,
    /// The context.
    pub context: String,
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
}

/// Reads a proof without checking it.
///
/// # Errors
/// [`Error::ProofMalformed`] says what is wrong with the bytes.
pub fn read_proof(path: &Path) -> Result<(LoraProof, Profile, usize), Error> {
    let bytes = files::read(path, MAX_BYTES)?;
    let malformed = |source| Error::ProofMalformed { path: path.into(), source };
    let (proof, profile) = LoraProof::from_bytes(&bytes).map_err(malformed)?;
    Ok((proof, profile, bytes.len()))
}

/// Checks a proof and what it is about.
///
/// # Errors
/// [`Error::ProofMalformed`], [`Error::ProofRefused`] or [`Error::StatementMismatch`].
pub fn verify(request: &Request) -> Result<Report, Error> {
    let (proof, profile, proof_bytes) = read_proof(&request.proof)?;
    let config = profile.config();
    let start = Instant::now();
    verify_proof(&config, &proof).map_err(|source| Error::ProofRefused { path: request.proof.clone(), source })?;
    let verify_seconds = start.elapsed().as_secs_f64();
    let statement = proof.statement;
    check_element(&request.proof, "the adapter id", request.adapter_id, statement.adapter)?;
    check_element(&request.proof, "the activations id", request.activations_id, statement.activations)?;
    check_element(&request.proof, "the context", request.context, statement.context)?;
    let security = config.security_report();
    Ok(Report {
        verified: true,
        adapter_id: print_element(&statement.adapter),
        activations_id: print_element(&statement.activations),
        context: print_element(&statement.context),
        profile: profile.name().to_owned(),
        security_bits: security.security_bits(),
        union_bound_bits: security.union_bound_bits(),
        verify_seconds,
        proof_bytes,
    })
}

fn check_element(path: &Path, field: &'static str, expected: Option<[u8; 32]>, actual: F) -> Result<(), Error> {
    match expected {
        Some(expected) if expected != to_canonical_bytes(&actual) => Err(Error::StatementMismatch {
            path: path.into(),
            field,
            expected: print_bytes(&expected),
            actual: print_element(&actual),
        }),
        _ => Ok(()),
    }
}
