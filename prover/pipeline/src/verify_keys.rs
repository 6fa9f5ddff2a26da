//! Keys checked against everything that they can be made from again: sources, public seed, ceremony.
//!
//! The report says what was checked and what was not, and what would be needed for it. What a folder says about itself
//! is believed nowhere: a key that claims to come from the public seed is made again, one of a ceremony is compared with
//! the ceremony's files.

use std::path::{Path, PathBuf};
use std::time::Instant;

use rankproof_ceremony::finalise::{self, Ceremony, Identity};
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::transcript::Transcript;
use rankproof_ceremony::zkey::Zkey;
use rankproof_groth16_seal::keys::PROVING_KEY_FILE;
use rankproof_groth16_seal::{Matrices, ProvingKey, SealProfile, seal};
use serde::Serialize;

use crate::keys::{self, Origin};
use crate::{Error, Progress};

/// What to check, and what to check it with.
#[derive(Clone, Debug)]
pub struct Request {
    /// Folder of keys.
    pub keys: PathBuf,
    /// The ceremony that the keys come from, if its files are at hand.
    pub ceremony: Option<CeremonyFiles>,
}

/// The files of a ceremony.
#[derive(Clone, Debug)]
pub struct CeremonyFiles {
    /// Powers of tau.
    pub powers: PathBuf,
    /// The last key.
    pub key: PathBuf,
    /// The first key; computed again without it.
    pub initial: Option<PathBuf>,
}

/// One thing that was checked, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Which part of the keys.
    pub part: &'static str,
    /// What was found, or what is missing.
    pub finding: &'static str,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Always true: keys of which something does not hold are an error.
    pub verified: bool,
    /// Name of the profile.
    pub profile: String,
    /// Whether anybody can forge with these keys.
    pub development_insecure: bool,
    /// What the keys rest on.
    pub setup: String,
    /// What `keyDigest()` of a verifier for this key returns.
    pub key_digest: String,
    /// Digest of the circuit.
    pub circuit_digest: String,
    /// How long it took.
    pub seconds: f64,
    /// What was checked.
    pub checked: Vec<Item>,
    /// What was not.
    pub not_checked: Vec<Item>,
}

/// Checks a folder of keys.
///
/// # Errors
/// [`Error::KeysRefused`] and whatever the files or the ceremony are refused for.
pub fn verify_keys(request: &Request, progress: &dyn Progress) -> Result<Report, Error> {
    let start = Instant::now();
    let directory = request.keys.as_path();
    let refused = |fault| Error::KeysRefused { path: directory.into(), fault };
    let verifying_key = keys::read_verifying_key(directory)?;
    let profile = seal::profile_of(&verifying_key)?;
    seal::key_digest(&verifying_key)?;
    let mut checked = vec![Item {
        part: "verifying key",
        finding: "every point is in its group, none at infinity, gamma and delta are neither equal nor generators",
    }];
    progress.stage("reading the proving key");
    let key = ProvingKey::read(&directory.join(PROVING_KEY_FILE))?;
    if *key.verifying_key() != verifying_key {
        return Err(refused("proving.key and verifying.key are not of one pair"));
    }
    key.check_pairs()?;
    checked.push(Item {
        part: "proving key",
        finding: "undamaged, of the same pair, and beta and delta are the same in both groups",
    });
    progress.stage("writing the circuit");
    let matrices = seal::circuit_of(profile);
    key.check_circuit(matrices.digest())?;
    checked.push(Item { part: "circuit", finding: "the sources of this program make the circuit of the keys" });
    let not_checked = check_origin(request, matrices, profile, &key, &mut checked, progress)?;
    let keys::Report { profile, development_insecure, setup, key_digest, circuit_digest, .. } =
        keys::describe(&verifying_key, directory)?;
    let seconds = start.elapsed().as_secs_f64();
    let verified = true;
    Ok(Report {
        verified,
        profile,
        development_insecure,
        setup,
        key_digest,
        circuit_digest,
        seconds,
        checked,
        not_checked,
    })
}

/// Checks keys, for this circuit, against what they come from; returns what could not be checked.
fn check_origin(
    request: &Request,
    matrices: Matrices,
    profile: SealProfile,
    key: &ProvingKey,
    checked: &mut Vec<Item>,
    progress: &dyn Progress,
) -> Result<Vec<Item>, Error> {
    let mut not_checked = Vec::new();
    let (directory, verifying_key) = (request.keys.as_path(), key.verifying_key());
    let refused = |fault| Error::KeysRefused { path: directory.into(), fault };
    let origin = keys::origin(verifying_key, directory);
    match (&origin, &request.ceremony) {
        (Origin::Ceremony(published), Some(files)) => {
            check_ceremony(matrices, profile, files, published, key, directory, progress)?;
            checked.push(Item {
                part: "ceremony",
                finding: "powers of tau, contributions and transcript hold, and give every point of the keys",
            });
        }
        (_, Some(_)) => return Err(refused("keys.json says of no ceremony that they come from it")),
        (Origin::Ceremony(_), None) => not_checked
            .push(Item { part: "ceremony", finding: "give its last key and the powers of tau with --zkey and --ptau" }),
        (Origin::Seed, None) => {
            progress.stage("making the development keys again");
            let again = seal::development_keys(profile)?;
            if again.verifying_key() != verifying_key || again.queries() != key.queries() {
                return Err(refused("they say that they come from the public seed, which gives other keys"));
            }
            checked.push(Item {
                part: "development keys",
                finding: "the public seed gives every point of the keys: anybody can forge with them",
            });
        }
        (Origin::Imported, None) => not_checked
            .push(Item { part: "origin", finding: "the keys were imported from a file that nobody verified" }),
        (Origin::Unknown, None) => {
            not_checked.push(Item { part: "origin", finding: "keys.json does not say where these keys come from" })
        }
    }
    if !not_checked.is_empty() && !verifying_key.header().development {
        progress.stage("making the development keys");
        if seal::development_keys(profile)?.verifying_key().points() == verifying_key.points() {
            return Err(refused("they are the development keys of the public seed, without the mark that says so"));
        }
        checked.push(Item { part: "public seed", finding: "it does not give these keys" });
    }
    if !not_checked.is_empty() {
        not_checked.push(Item {
            part: "points of the proving key",
            finding: "that they belong to the circuit; if they do not, no seal verifies",
        });
    }
    Ok(not_checked)
}

/// Verifies a ceremony, and that it gives these keys.
fn check_ceremony(
    matrices: Matrices,
    profile: SealProfile,
    files: &CeremonyFiles,
    published: &Transcript,
    key: &ProvingKey,
    directory: &Path,
    progress: &dyn Progress,
) -> Result<(), Error> {
    let (last, powers) = (Zkey::open(&files.key)?, PowersOfTau::open(&files.powers)?);
    published.check(last.contributions())?;
    let ceremony = Ceremony { matrices, powers: &powers, initial: files.initial.as_deref(), key: &last };
    let development = key.header().development;
    let again = finalise::finalise(ceremony, Identity::of(profile), development, &|name| progress.stage(name))?;
    if again.verifying_key() != key.verifying_key() || again.queries() != key.queries() {
        let fault = "they are not the keys that the ceremony gives";
        return Err(Error::KeysRefused { path: directory.into(), fault });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
