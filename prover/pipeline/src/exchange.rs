//! Keys and seals in the files of snarkjs, and keys out of them: what other verifiers and provers read.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_adapter::files;
use rankproof_ceremony::finalise::Identity;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{exchange, snark_json};
use rankproof_groth16_seal::keys::PROVING_KEY_FILE;
use rankproof_groth16_seal::{ProvingKey, SealProfile, seal};
use serde::Serialize;

use crate::keys::{self, Origin};
use crate::{Error, Progress};

/// Name of the key for other provers.
pub const ZKEY_FILE: &str = "proving.zkey";

/// What to write.
#[derive(Clone, Debug)]
pub struct Export {
    /// Folder of keys.
    pub keys: PathBuf,
    /// A seal made with them, for its proof and public inputs.
    pub seal: Option<PathBuf>,
    /// Also the proving key.
    pub zkey: bool,
    /// Where the files go.
    pub output: PathBuf,
    /// Replace existing files.
    pub force: bool,
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// Whether anybody can forge with these keys.
    pub development_insecure: bool,
    /// What the keys rest on.
    pub setup: String,
    /// The files.
    pub files: Vec<PathBuf>,
}

/// Writes `verification_key.json`, for a seal `proof.json` and `public.json`, and on demand `proving.zkey`.
///
/// # Errors
/// When the keys or the seal are refused, a file exists, or the disk refuses.
pub fn export(request: &Export, progress: &dyn Progress) -> Result<Exported, Error> {
    let key = keys::read_verifying_key(&request.keys)?;
    let report = keys::describe(&key, &request.keys)?;
    let mut values = vec![("verification_key.json", snark_json::verification_key(&key))];
    if let Some(path) = &request.seal {
        let sealed = crate::seal::read_seal(path)?;
        seal::verify(&key, &sealed).map_err(|source| Error::SealFile { path: path.clone(), source })?;
        values.push(("proof.json", snark_json::proof(&sealed.proof)));
        values.push(("public.json", snark_json::public(&seal::public_inputs(&key, &sealed)?)));
    }
    keys::create_directory(&request.output)?;
    let mut written = Vec::new();
    for (name, value) in values {
        let file = request.output.join(name);
        files::write_atomically(&file, format!("{value:#}\n").as_bytes(), request.force)?;
        written.push(file);
    }
    if request.zkey {
        progress.stage("reading keys");
        let key = ProvingKey::read(&request.keys.join(PROVING_KEY_FILE))?;
        progress.stage("writing the proving key");
        let file = request.output.join(ZKEY_FILE);
        exchange::export(&key, &file, request.force)?;
        written.push(file);
    }
    let keys::Report { development_insecure, setup, .. } = report;
    Ok(Exported { development_insecure, setup, files: written })
}

/// Reads a key from a `.zkey` for the circuit of a profile, into a folder of keys. It is marked as a development key:
/// nothing shows where it comes from.
///
/// # Errors
/// When the key is for another circuit, must not be used, keys are there already and `force` is not given, or the disk
/// refuses.
pub fn import(
    zkey: &Path,
    profile: SealProfile,
    directory: &Path,
    force: bool,
    progress: &dyn Progress,
) -> Result<keys::Report, Error> {
    let start = Instant::now();
    keys::check_absent(directory, force)?;
    let zkey = Zkey::open(zkey)?;
    progress.stage("writing the circuit");
    let matrices = seal::circuit_of(profile);
    progress.stage("reading the key");
    let key = exchange::import(matrices, Identity::of(profile), &zkey)?;
    progress.stage("writing keys");
    keys::write(&key, directory, start.elapsed().as_secs_f64(), Origin::Imported)
}
