//! Keys: development keys of a profile, kept in a folder and loaded from it.
//!
//! A folder holds `proving.key`, `verifying.key` and `keys.json` (what they are and what they cost). Development keys
//! come from a public seed: **anybody can forge with them**, and every report says so. A key of another circuit than
//! this build's would only make seals that nobody accepts; it is noticed by its circuit digest.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_adapter::files;
use rankproof_groth16_seal::keys::{PROVING_KEY_FILE, VERIFYING_KEY_FILE};
use rankproof_groth16_seal::{ProvingKey, SealProfile, VerifyingKey, export, seal};
use serde::{Deserialize, Serialize};

use crate::words::print_bytes;
use crate::{Error, Progress};

/// What the keys of a folder are and cost.
pub const INFO_FILE: &str = "keys.json";
/// No such file is larger.
const MAX_INFO_BYTES: u64 = 1 << 16;

/// Where keys of a profile are kept when nobody says otherwise.
pub fn default_directory(profile: SealProfile) -> PathBuf {
    [".rankproof", "keys", profile.name()].iter().collect()
}

/// What keys are.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Name of the profile.
    pub profile: String,
    /// Statements in one seal.
    pub slots: u32,
    /// Whether anybody can forge with these keys.
    pub development_insecure: bool,
    /// What `keyDigest()` of a verifier for this key returns.
    pub key_digest: String,
    /// First four bytes of its seals.
    pub selector: String,
    /// Digest of the circuit.
    pub circuit_digest: String,
    /// Digest of the configuration of the LoRA proofs.
    pub inner_digest: String,
    /// Constraints of the circuit, when they are known.
    pub constraints: Option<usize>,
    /// Seconds that making the keys took, when they are known.
    pub setup_seconds: Option<f64>,
    /// Size of the proving key's file, if it is there.
    pub proving_key_bytes: Option<u64>,
    /// The folder.
    pub directory: PathBuf,
}

/// What `keys.json` keeps, besides what it repeats for readers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cost {
    circuit_digest: String,
    constraints: usize,
    setup_seconds: f64,
}

/// Keys in memory.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The keys.
    pub key: ProvingKey,
    /// What they are.
    pub report: Report,
    /// Whether they were read, not made.
    pub from_cache: bool,
    /// Seconds to read or make them.
    pub ready_seconds: f64,
}

/// Makes development keys and writes them; refuses to replace keys without `force`.
///
/// # Errors
/// When keys are there already, or the disk refuses.
pub fn create(profile: SealProfile, directory: &Path, force: bool, progress: &dyn Progress) -> Result<Loaded, Error> {
    for name in [PROVING_KEY_FILE, VERIFYING_KEY_FILE] {
        let path = directory.join(name);
        if !force && path.symlink_metadata().is_ok() {
            return Err(rankproof_adapter::Error::FileExists { path }.into());
        }
    }
    create_directory(directory)?;
    progress.stage("making development keys");
    let start = Instant::now();
    let key = seal::development_keys(profile)?;
    let setup_seconds = start.elapsed().as_secs_f64();
    progress.stage("writing keys");
    // The verifying key goes last: a folder that has one is complete.
    key.write(&directory.join(PROVING_KEY_FILE))?;
    let constraints = key.matrices().num_constraints();
    let circuit_digest = print_bytes(&key.header().circuit_digest);
    let cost = Cost { circuit_digest, constraints, setup_seconds };
    let text = serde_json::to_vec_pretty(&cost).unwrap_or_default();
    files::write_atomically(&directory.join(INFO_FILE), &text, true)?;
    key.verifying_key().write(&directory.join(VERIFYING_KEY_FILE))?;
    let report = describe(key.verifying_key(), directory)?;
    Ok(Loaded { key, report, from_cache: false, ready_seconds: start.elapsed().as_secs_f64() })
}

/// Reads keys.
///
/// # Errors
/// When a file is missing or damaged, or the keys are of another build.
pub fn load(directory: &Path, progress: &dyn Progress) -> Result<Loaded, Error> {
    progress.stage("loading keys");
    let start = Instant::now();
    let key = ProvingKey::read(&directory.join(PROVING_KEY_FILE))?;
    seal::profile_of(key.verifying_key())?;
    let ready_seconds = start.elapsed().as_secs_f64();
    let report = describe(key.verifying_key(), directory)?;
    Ok(Loaded { key, report, from_cache: true, ready_seconds })
}

/// Reads the keys of a profile from its folder, or makes them there when there are none for this build's circuit.
///
/// # Errors
/// When the disk refuses.
pub fn load_or_create(profile: SealProfile, directory: &Path, progress: &dyn Progress) -> Result<Loaded, Error> {
    let proving = directory.join(PROVING_KEY_FILE);
    if !proving.is_file() || !directory.join(VERIFYING_KEY_FILE).is_file() {
        return create(profile, directory, true, progress);
    }
    match load(directory, progress) {
        Ok(loaded) if is_current(&loaded.key, profile) => Ok(loaded),
        // Development keys are made from a public seed, so making them again loses nothing.
        Ok(loaded) if loaded.key.header().development => create(profile, directory, true, progress),
        Ok(_) => Err(Error::BadArgument {
            argument: "--keys",
            reason: format!("{} holds keys of a ceremony for another circuit", directory.display()),
            remedy: "name another folder",
        }),
        Err(Error::Seal(error)) if !matches!(error, rankproof_groth16_seal::Error::KeyFile { .. }) => {
            create(profile, directory, true, progress)
        }
        Err(error) => Err(error),
    }
}

fn is_current(key: &ProvingKey, profile: SealProfile) -> bool {
    key.header().profile == profile.name() && key.check_circuit(seal::circuit_of(profile).digest()).is_ok()
}

/// Reads a verifying key from a folder.
///
/// # Errors
/// When it is missing, damaged, or of another build.
pub fn read_verifying_key(directory: &Path) -> Result<VerifyingKey, Error> {
    let key = VerifyingKey::read(&directory.join(VERIFYING_KEY_FILE))?;
    seal::profile_of(&key)?;
    Ok(key)
}

/// What the keys of a folder are.
///
/// # Errors
/// Those of [`read_verifying_key`].
pub fn info(directory: &Path) -> Result<Report, Error> {
    describe(&read_verifying_key(directory)?, directory)
}

fn describe(key: &VerifyingKey, directory: &Path) -> Result<Report, Error> {
    let header = key.header();
    let circuit_digest = print_bytes(&header.circuit_digest);
    let cost = files::read(&directory.join(INFO_FILE), MAX_INFO_BYTES)
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Cost>(&bytes).ok())
        .filter(|cost| cost.circuit_digest == circuit_digest);
    let key_digest = export::verifying_key_digest(key.points(), header.slots, header.inner_digest)
        .map_err(rankproof_groth16_seal::Error::from)?;
    Ok(Report {
        profile: header.profile.clone(),
        slots: header.slots,
        development_insecure: header.development,
        key_digest: print_bytes(&key_digest),
        selector: print_bytes(&seal::selector_of(key)?),
        circuit_digest,
        inner_digest: print_bytes(&header.inner_digest),
        constraints: cost.as_ref().map(|cost| cost.constraints),
        setup_seconds: cost.as_ref().map(|cost| cost.setup_seconds),
        proving_key_bytes: directory.join(PROVING_KEY_FILE).metadata().ok().map(|found| found.len()),
        directory: directory.into(),
    })
}

/// Makes a folder and those above it.
pub(crate) fn create_directory(directory: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(directory).map_err(|error| {
        let (path, reason) = (directory.into(), error.to_string());
        rankproof_adapter::Error::Io { path, action: "create", reason }.into()
    })
}

/// Where the Solidity verifying key of [`export_solidity`] goes.
pub const SOLIDITY_FILE: &str = "SealVerifyingKey.sol";

/// What an export did.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The Solidity file.
    pub file: PathBuf,
    /// Name of the profile.
    pub profile: String,
    /// Whether anybody can forge with this key.
    pub development_insecure: bool,
    /// What `keyDigest()` of a verifier for this key returns.
    pub key_digest: String,
    /// First four bytes of its seals.
    pub selector: String,
}

/// Writes the verifying key as a Solidity library.
///
/// # Errors
/// When the key must not be exported, or the file exists and `force` is not given.
pub fn export_solidity(keys: &Path, output: &Path, force: bool) -> Result<Exported, Error> {
    let key = read_verifying_key(keys)?;
    let header = key.header();
    let (profile, slots) = (header.profile.as_str(), header.slots);
    let text = export::render_verifying_key(key.points(), slots, header.inner_digest, profile, header.development)
        .map_err(rankproof_groth16_seal::Error::from)?;
    create_directory(output)?;
    let file = output.join(SOLIDITY_FILE);
    files::write_atomically(&file, text.as_bytes(), force)?;
    let report = describe(&key, keys)?;
    Ok(Exported {
        file,
        profile: report.profile,
        development_insecure: report.development_insecure,
        key_digest: report.key_digest,
        selector: report.selector,
    })
}
