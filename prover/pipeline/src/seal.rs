//! Seal: LoRA proofs become one Groth16 proof of constant size, the only thing that is published.
//!
//! A seal says nothing but its statements, and can be re-randomised by anyone: identity is the statement.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_adapter::files;
use rankproof_groth16_seal::seal::{
    Seal, SealJson, profile_of as seal_profile_of, seal_subjects, verify as verify_seal_natively,
};
use rankproof_groth16_seal::{Error as SealError, ProvingKey};
use rankproof_lora_proof::Subject;
use rankproof_statement::Statement;
use serde::Serialize;

use crate::output_files::check_distinct;
use crate::words::{print_bytes, print_element};
use crate::{Error, Progress, keys, verify};

/// No seal file of any profile is larger.
const MAX_BYTES: u64 = 1 << 20;

/// What to seal, and where to.
#[derive(Clone, Debug)]
pub struct Request {
    /// LoRA proofs, in the order of their statements.
    pub proofs: Vec<PathBuf>,
    /// Folder of keys.
    pub keys: PathBuf,
    /// Where the seal goes.
    pub output: PathBuf,
    /// Replace an existing file.
    pub force: bool,
}

/// A statement in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementReport {
    /// The adapter id.
    pub adapter_id: String,
    /// The activations id.
    pub activations_id: String,
    /// The context.
    pub context: String,
}

/// What a seal is, and what it cost.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always true: a seal that does not hold is an error.
    pub verified: bool,
    /// Name of the profile.
    pub profile: String,
    /// First four bytes.
    pub selector: String,
    /// Digest of the verifying key, as a contract computes it: it begins with the selector.
    pub key_digest: String,
    /// Root over the statements.
    pub root: String,
    /// Size of the seal itself.
    pub seal_bytes: usize,
    /// Whether anybody can forge such a seal.
    pub development_insecure: bool,
    /// What its key rests on.
    pub setup: Option<String>,
    /// Seconds to read the keys.
    pub load_seconds: Option<f64>,
    /// Seconds to seal, keys in memory.
    pub seal_seconds: Option<f64>,
    /// Seconds to check, key in memory.
    pub verify_seconds: Option<f64>,
    /// The file.
    pub seal_file: PathBuf,
    /// The statements, in order.
    pub statements: Vec<StatementReport>,
}

/// The bytes of a seal file.
pub fn seal_file_bytes(seal: &Seal) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(&SealJson::from(seal)).unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}

/// Reads a seal without checking what it proves.
///
/// # Errors
/// [`Error::SealFile`] says what is wrong with it.
pub fn read_seal(path: &Path) -> Result<Seal, Error> {
    let bytes = files::read(path, MAX_BYTES)?;
    let json: SealJson = serde_json::from_slice(&bytes)
        .map_err(|error| Error::SealSyntax { path: path.into(), reason: error.to_string() })?;
    Seal::try_from(&json).map_err(|source| Error::SealFile { path: path.into(), source })
}

/// Seals proofs in memory; `names` are their files, for errors.
///
/// # Errors
/// When a proof does not verify, or is of another profile than the keys.
pub fn seal_in_memory(
    key: &ProvingKey,
    proofs: &[Subject<'_>],
    names: &[PathBuf],
    progress: &dyn Progress,
) -> Result<(Seal, f64), Error> {
    progress.stage("sealing");
    let start = Instant::now();
    let seal = seal_subjects(key, proofs).map_err(|error| match error {
        SealError::ProofRejected { index, source } => match names.get(index) {
            Some(path) => Error::ProofRefused { path: path.clone(), source },
            None => SealError::ProofRejected { index, source }.into(),
        },
        other => other.into(),
    })?;
    Ok((seal, start.elapsed().as_secs_f64()))
}

/// Seals proofs into a file.
///
/// # Errors
/// Those of [`seal_in_memory`], of a bad proof file, and of bad keys.
pub fn seal(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    if !request.force && request.output.symlink_metadata().is_ok() {
        return Err(rankproof_adapter::Error::FileExists { path: request.output.clone() }.into());
    }
    let proofs: Vec<(&str, &Path)> = request.proofs.iter().map(|path| ("PROOFS", path.as_path())).collect();
    check_distinct(&proofs, &[("--output", &request.output)])?;
    let verifying_key = keys::read_verifying_key(&request.keys)?;
    let of_keys = seal_profile_of(&verifying_key)?;
    if !(1..=of_keys.slots()).contains(&request.proofs.len()) {
        return Err(SealError::StatementCount { slots: of_keys.slots(), actual: request.proofs.len() }.into());
    }
    let mut proofs = Vec::with_capacity(request.proofs.len());
    for path in &request.proofs {
        let (proof, profile, _) = verify::read_proof(path)?;
        if profile != of_keys.lora() {
            let (proof, keys) = (profile.name().to_owned(), of_keys.name().to_owned());
            return Err(Error::KeysOfAnotherProfile { path: path.clone(), proof, keys });
        }
        proofs.push(proof);
    }
    let loaded = keys::load(&request.keys, progress)?;
    let subjects: Vec<Subject<'_>> = proofs.iter().map(verify::Proof::subject).collect();
    let (seal, seal_seconds) = seal_in_memory(&loaded.key, &subjects, &request.proofs, progress)?;
    files::write_atomically(&request.output, &seal_file_bytes(&seal), request.force)?;
    let report = describe(&seal, loaded.report, &request.output);
    Ok(Report { load_seconds: Some(loaded.ready_seconds), seal_seconds: Some(seal_seconds), ..report })
}

/// Checks a seal as the contract does, under the key of a folder, which is trusted unless its digest is given.
///
/// # Errors
/// [`Error::OtherKeyDigest`], [`Error::SealFile`] with the check that failed.
pub fn verify_seal(path: &Path, keys: &Path, expected: Option<[u8; 32]>) -> Result<Report, Error> {
    let seal = read_seal(path)?;
    let key = keys::read_verifying_key(keys)?;
    let of_key = keys::describe(&key, keys)?;
    if let Some(expected) = expected.map(|digest| print_bytes(&digest)).filter(|digest| *digest != of_key.key_digest) {
        return Err(Error::OtherKeyDigest { keys: keys.into(), expected, actual: of_key.key_digest });
    }
    let start = Instant::now();
    verify_seal_natively(&key, &seal).map_err(|source| Error::SealFile { path: path.into(), source })?;
    let verify_seconds = start.elapsed().as_secs_f64();
    Ok(Report { verify_seconds: Some(verify_seconds), ..describe(&seal, of_key, path) })
}

/// A seal that holds, and what its key is.
fn describe(seal: &Seal, key: keys::Report, path: &Path) -> Report {
    Report {
        verified: true,
        profile: seal.profile.clone(),
        selector: print_bytes(&seal.selector),
        key_digest: key.key_digest,
        root: print_element(&seal.root),
        seal_bytes: seal.to_bytes().len(),
        development_insecure: key.development_insecure,
        setup: Some(key.setup),
        load_seconds: None,
        seal_seconds: None,
        verify_seconds: None,
        seal_file: path.into(),
        statements: seal.statements.iter().map(describe_statement).collect(),
    }
}

/// A statement, as reports print it.
pub(crate) fn describe_statement(statement: &Statement) -> StatementReport {
    StatementReport {
        adapter_id: print_element(&statement.adapter),
        activations_id: print_element(&statement.activations),
        context: print_element(&statement.context),
    }
}
