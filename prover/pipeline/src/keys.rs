//! Keys: development keys of a profile, kept in a folder and loaded from it.
//!
//! A folder holds `proving.key`, `verifying.key` and `keys.json` (what they are and what they cost). Development keys
//! come from a public seed: **anybody can forge with them**, and every report says so. A key of another circuit than
//! this build's would only make seals that nobody accepts; it is noticed by its circuit digest.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_adapter::files;
use rankproof_ceremony::transcript::Transcript;
use rankproof_groth16_seal::keys::{PROVING_KEY_FILE, VERIFYING_KEY_FILE};
use rankproof_groth16_seal::{ProvingKey, SealProfile, VerifyingKey, export, seal};
use serde::{Deserialize, Serialize};

use crate::words::print_bytes;
use crate::{Error, Progress, compile};

/// What the keys of a folder are and cost.
pub const INFO_FILE: &str = "keys.json";
/// No such file is larger: it holds a transcript.
const MAX_INFO_BYTES: u64 = 1 << 21;

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
    /// What the keys rest on.
    pub setup: String,
    /// Size of the proving key's file, if it is there.
    pub proving_key_bytes: Option<u64>,
    /// The folder.
    pub directory: PathBuf,
}

/// Where keys come from, as the folder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A public seed.
    Seed,
    /// A ceremony that was verified when the keys were written.
    Ceremony(Transcript),
    /// A file that nobody verified.
    Imported,
    /// The folder does not say.
    Unknown,
}

/// What `keys.json` keeps, besides what it repeats for readers.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cost {
    circuit_digest: String,
    constraints: usize,
    setup_seconds: f64,
    /// SHA-256 of the verifying key's file: a ceremony is of one key, not of a circuit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ceremony: Option<Transcript>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    imported: bool,
}

impl Cost {
    /// What a folder says of a circuit.
    fn read(directory: &Path, circuit_digest: &[u8; 32]) -> Option<Self> {
        let bytes = files::read(&directory.join(INFO_FILE), MAX_INFO_BYTES).ok()?;
        let cost: Self = serde_json::from_slice(&bytes).ok()?;
        (cost.circuit_digest == print_bytes(circuit_digest)).then_some(cost)
    }

    fn origin(&self, key: &VerifyingKey) -> Origin {
        let own = self.key_digest == Some(print_bytes(&key.digest()));
        match (&self.ceremony, key.header().development) {
            (Some(ceremony), _) if own => Origin::Ceremony(ceremony.clone()),
            (None, true) if own && self.imported => Origin::Imported,
            (None, true) if own || self.key_digest.is_none() => Origin::Seed,
            _ => Origin::Unknown,
        }
    }
}

/// Where the key of a folder comes from, as the folder says.
pub(crate) fn origin(key: &VerifyingKey, directory: &Path) -> Origin {
    Cost::read(directory, &key.header().circuit_digest).map_or(Origin::Unknown, |cost| cost.origin(key))
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
    check_absent(directory, force)?;
    create_directory(directory)?;
    progress.stage("making development keys");
    let start = Instant::now();
    let key = seal::development_keys(profile)?;
    let setup_seconds = start.elapsed().as_secs_f64();
    progress.stage("writing keys");
    let report = write(&key, directory, setup_seconds, Origin::Seed)?;
    Ok(Loaded { key, report, from_cache: false, ready_seconds: start.elapsed().as_secs_f64() })
}

/// Refuses a folder with keys, unless `force`.
pub(crate) fn check_absent(directory: &Path, force: bool) -> Result<(), Error> {
    for name in [PROVING_KEY_FILE, VERIFYING_KEY_FILE] {
        let path = directory.join(name);
        if !force && path.symlink_metadata().is_ok() {
            return Err(rankproof_adapter::Error::FileExists { path }.into());
        }
    }
    Ok(())
}

/// Writes keys, what they cost and where they come from.
pub(crate) fn write(key: &ProvingKey, directory: &Path, setup_seconds: f64, origin: Origin) -> Result<Report, Error> {
    create_directory(directory)?;
    // The verifying key goes last: a folder that has one is complete.
    key.write(&directory.join(PROVING_KEY_FILE))?;
    let constraints = key.matrices().num_constraints();
    let circuit_digest = print_bytes(&key.header().circuit_digest);
    let key_digest = print_bytes(&key.verifying_key().digest());
    let (imported, ceremony) = match origin {
        Origin::Ceremony(transcript) => (false, Some(transcript)),
        origin => (origin == Origin::Imported, None),
    };
    let cost = Cost { circuit_digest, constraints, setup_seconds, key_digest: Some(key_digest), ceremony, imported };
    let text = serde_json::to_vec_pretty(&cost).unwrap_or_default();
    files::write_atomically(&directory.join(INFO_FILE), &text, true)?;
    key.verifying_key().write(&directory.join(VERIFYING_KEY_FILE))?;
    describe(key.verifying_key(), directory)
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

/// Reads the keys of a profile from its folder, or makes them there: in a folder without keys, and in place of keys of
/// another circuit that the public seed gives.
///
/// # Errors
/// When there are other keys, or a part of some, or the disk refuses.
pub fn load_or_create(profile: SealProfile, directory: &Path, progress: &dyn Progress) -> Result<Loaded, Error> {
    match find(profile, directory, progress)? {
        Some(loaded) => Ok(loaded),
        None => create(profile, directory, true, progress),
    }
}

/// The keys of a profile in its folder, or nothing when making them there loses nothing.
fn find(profile: SealProfile, directory: &Path, progress: &dyn Progress) -> Result<Option<Loaded>, Error> {
    let files = [PROVING_KEY_FILE, VERIFYING_KEY_FILE];
    let there = files.into_iter().filter(|name| directory.join(name).symlink_metadata().is_ok()).count();
    if there == 0 {
        return Ok(None);
    }
    let complete = there == files.len();
    match load(directory, progress) {
        Ok(loaded) if complete && is_current(&loaded.key, profile) => return Ok(Some(loaded)),
        Err(error @ Error::Seal(rankproof_groth16_seal::Error::KeyFile { .. })) if complete => return Err(error),
        _ if is_of_public_seed(directory) => return Ok(None),
        _ => {}
    }
    let what = if complete { "keys of another circuit" } else { "one of the two files of keys" };
    Err(Error::BadArgument {
        argument: "--keys",
        reason: format!("{} holds {what}, and nothing says that the public seed gives them again", directory.display()),
        remedy: "name another folder, or remove them",
    })
}

/// Whether every key of a folder is one that the folder says to be of the public seed, which gives it again.
fn is_of_public_seed(directory: &Path) -> bool {
    let of_seed = |key: &VerifyingKey| {
        let cost = Cost::read(directory, &key.header().circuit_digest);
        cost.is_some_and(|cost| cost.key_digest.is_some() && cost.origin(key) == Origin::Seed)
    };
    let absent = |name: &str| directory.join(name).symlink_metadata().is_err();
    let (proving, verifying) = (directory.join(PROVING_KEY_FILE), directory.join(VERIFYING_KEY_FILE));
    (absent(PROVING_KEY_FILE) || ProvingKey::read(&proving).is_ok_and(|key| of_seed(key.verifying_key())))
        && (absent(VERIFYING_KEY_FILE) || VerifyingKey::read(&verifying).is_ok_and(|key| of_seed(&key)))
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

/// What a verifying key says of its folder, and the folder of it.
pub(crate) fn describe(key: &VerifyingKey, directory: &Path) -> Result<Report, Error> {
    let header = key.header();
    let cost = Cost::read(directory, &header.circuit_digest);
    Ok(Report {
        setup: setup_of(header.development, &cost.as_ref().map_or(Origin::Unknown, |cost| cost.origin(key))),
        profile: header.profile.clone(),
        slots: header.slots,
        development_insecure: header.development,
        key_digest: print_bytes(&seal::key_digest(key)?),
        selector: print_bytes(&seal::selector_of(key)?),
        circuit_digest: print_bytes(&header.circuit_digest),
        inner_digest: print_bytes(&header.inner_digest),
        constraints: cost.as_ref().map(|cost| cost.constraints),
        setup_seconds: cost.as_ref().map(|cost| cost.setup_seconds),
        proving_key_bytes: directory.join(PROVING_KEY_FILE).metadata().ok().map(|found| found.len()),
        directory: directory.into(),
    })
}

/// One phrase about where keys come from. What it says of a ceremony is what the folder says: `ceremony verify` checks.
fn setup_of(development: bool, origin: &Origin) -> String {
    let names = |ceremony: &Transcript| {
        let names: Vec<&str> = ceremony.contributions.iter().map(|entry| entry.name.as_str()).collect();
        format!("ceremony {} of {}", ceremony.circuit_hash.get(..16).unwrap_or_default(), names.join(", "))
    };
    match (development, origin) {
        (true, Origin::Ceremony(ceremony)) => format!("unfinished {}: development only", names(ceremony)),
        (true, Origin::Imported) => "imported, nobody verified where from: development only".to_owned(),
        (true, Origin::Seed) => "public seed: anybody can forge".to_owned(),
        (true, Origin::Unknown) => "the folder does not say what: development only".to_owned(),
        (false, Origin::Ceremony(ceremony)) => names(ceremony),
        (false, _) => "a ceremony whose transcript is not in the folder".to_owned(),
    }
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
    /// ABI and creation bytecode of the verifier, for `deploy --artifacts`, if it was compiled.
    pub artifact: Option<PathBuf>,
    /// Size of the creation bytecode, if it was compiled.
    pub code_bytes: Option<usize>,
    /// Name of the profile.
    pub profile: String,
    /// Whether anybody can forge with this key.
    pub development_insecure: bool,
    /// What the key rests on.
    pub setup: String,
    /// What `keyDigest()` of a verifier for this key returns.
    pub key_digest: String,
    /// First four bytes of its seals.
    pub selector: String,
}

/// What to compile an export with.
#[derive(Clone, Debug)]
pub struct Compile {
    /// The compiler; looked for without this.
    pub solc: Option<PathBuf>,
}

/// Writes the verifying key as a Solidity library, and compiles the verifier that holds it if that is wanted.
///
/// # Errors
/// When the key must not be exported, a file exists and `force` is not given, or the compiler is missing or refuses.
pub fn export_solidity(
    keys: &Path,
    output: &Path,
    compile: Option<&Compile>,
    force: bool,
    progress: &dyn Progress,
) -> Result<Exported, Error> {
    let key = read_verifying_key(keys)?;
    let header = key.header();
    let (profile, slots) = (header.profile.as_str(), header.slots);
    let text = export::render_verifying_key(key.points(), slots, header.inner_digest, profile, header.development)
        .map_err(rankproof_groth16_seal::Error::from)?;
    let artifact = match compile {
        Some(Compile { solc }) => {
            progress.stage("compiling the verifier");
            Some(compile::compile_verifier(&text, solc.as_deref())?)
        }
        None => None,
    };
    create_directory(output)?;
    let file = output.join(SOLIDITY_FILE);
    let artifact_file = artifact.as_ref().map(|_| output.join(compile::ARTIFACT_FILE));
    for path in artifact_file.iter().chain([&file]) {
        if !force && path.symlink_metadata().is_ok() {
            return Err(rankproof_adapter::Error::FileExists { path: path.clone() }.into());
        }
    }
    files::write_atomically(&file, text.as_bytes(), force)?;
    if let (Some(path), Some(artifact)) = (&artifact_file, &artifact) {
        files::write_atomically(path, artifact.as_bytes(), force)?;
    }
    let code_bytes = artifact.as_ref().map(|_| compile::read_artifact(output).map(|code| code.len())).transpose()?;
    let report = describe(&key, keys)?;
    Ok(Exported {
        file,
        artifact: artifact_file,
        code_bytes,
        profile: report.profile,
        development_insecure: report.development_insecure,
        setup: report.setup,
        key_digest: report.key_digest,
        selector: report.selector,
    })
}

#[cfg(test)]
mod tests;
