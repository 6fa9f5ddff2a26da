//! Ceremonies: a circuit and powers of tau become keys that nobody can forge with.
//!
//! Beside every key of a ceremony, `FILE.json` is its public transcript: names, hashes, times. `finalise` puts it into
//! the folder of keys.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use rankproof_adapter::files;
use rankproof_ceremony::finalise::{self, Identity};
pub use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::transcript::Transcript;
use rankproof_ceremony::zkey::{Contribution, Zkey};
use rankproof_ceremony::{contribute, development, r1cs, setup, verify};
use rankproof_groth16_seal::{SealProfile, seal};
use serde::Serialize;

use crate::keys::{self, Origin};
use crate::{Error, Progress, json_beside};

/// What an export of constraints gave.
#[derive(Clone, Debug, Serialize)]
pub struct Constraints {
    /// The file.
    pub file: PathBuf,
    /// Rows.
    pub constraints: usize,
    /// One, public inputs, witness.
    pub variables: usize,
    /// Nonzero entries of the three matrices.
    pub entries: usize,
    /// Digest of the circuit, as in keys.
    pub circuit_digest: String,
    /// Size of the file.
    pub file_bytes: u64,
}

/// Writes the constraints of a profile in circom's format.
///
/// # Errors
/// When the file exists and `force` is not given, or the disk refuses.
pub fn export_constraints(
    profile: SealProfile,
    file: &Path,
    force: bool,
    progress: &dyn Progress,
) -> Result<Constraints, Error> {
    progress.stage("writing the circuit");
    let matrices = seal::circuit_of(profile);
    progress.stage("writing constraints");
    r1cs::write(&matrices, file, force)?;
    Ok(Constraints {
        file: file.into(),
        constraints: matrices.num_constraints(),
        variables: matrices.num_variables(),
        entries: matrices.num_nonzero(),
        circuit_digest: crate::words::print_bytes(&matrices.digest()),
        file_bytes: length(file),
    })
}

/// What was made.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// The file.
    pub file: PathBuf,
    /// Its size.
    pub file_bytes: u64,
    /// Whether anybody can forge with keys that come from it; not known of a key alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub development_insecure: Option<bool>,
    /// The hash that its contributor publishes, or that of the circuit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// Makes a file of powers of tau with public secrets: **insecure**.
///
/// # Errors
/// When the power is not between 1 and 27, the file exists, or the disk refuses.
pub fn development_powers(power: u32, file: &Path, force: bool, progress: &dyn Progress) -> Result<Made, Error> {
    progress.stage("making insecure powers of tau");
    let start = Instant::now();
    development::write(power, file, force)?;
    Ok(made(file, Some(true), None, start))
}

/// Makes the first key of a ceremony.
///
/// # Errors
/// When the constraints or powers of tau are refused, the file exists, or the disk refuses.
pub fn begin(
    constraints: &Path,
    powers: &Path,
    file: &Path,
    force: bool,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let start = Instant::now();
    progress.stage("reading constraints");
    let matrices = r1cs::read(constraints)?;
    let powers = PowersOfTau::open(powers)?;
    let hash = setup::write(&matrices, &powers, file, force, &|name| progress.stage(name))?;
    record(file, None)?;
    Ok(made(file, Some(powers.is_development()), Some(hex::encode(hash)), start))
}

/// Who continues a ceremony.
#[derive(Clone, Debug)]
pub enum Step {
    /// A participant, with a file whose bytes are mixed into the randomness.
    Participant {
        /// What to mix in, besides randomness of the operating system.
        entropy: Option<PathBuf>,
    },
    /// A public random value.
    Beacon(Beacon),
}

/// Adds a contribution or the beacon.
///
/// # Errors
/// When the key before is refused, its transcript says something else, the file exists, or the disk refuses.
pub fn continue_with(
    before: &Path,
    file: &Path,
    name: &str,
    step: Step,
    force: bool,
    progress: &dyn Progress,
) -> Result<Made, Error> {
    let start = Instant::now();
    let key = Zkey::open(before)?;
    rankproof_ceremony::chain::check(key.contributions())?;
    let earlier = json_beside(before);
    let earlier = if earlier.is_file() { Some(Transcript::read(&earlier)?) } else { None };
    if let Some(earlier) = &earlier {
        earlier.check(key.contributions())?;
    }
    let stage = |name: &str| progress.stage(name);
    let contribution: Contribution = match step {
        Step::Participant { entropy } => {
            let entropy = entropy.map(|path| files::read(&path, 1 << 20)).transpose()?;
            contribute::contribute(&key, file, name, &entropy.unwrap_or_default(), force, &stage)?
        }
        Step::Beacon(beacon) => contribute::add_beacon(&key, file, name, beacon, force, &stage)?,
    };
    record(file, earlier.as_ref())?;
    Ok(made(file, None, Some(hex::encode(contribution.hash())), start))
}

/// What a verified ceremony is.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The key.
    pub file: PathBuf,
    /// Hash of the circuit.
    pub circuit_hash: String,
    /// Why no keys for value come from it.
    pub shortcoming: Option<&'static str>,
    /// Who contributed to the powers of tau, as that file says.
    pub phase_1: Vec<String>,
    /// How long it took.
    pub seconds: f64,
    /// The contributions, in order.
    pub contributions: Vec<rankproof_ceremony::transcript::Entry>,
}

/// Verifies a ceremony against its constraints and powers of tau; `initial` makes it fast, `transcript` is compared.
///
/// # Errors
/// What does not hold.
pub fn check(
    constraints: &Path,
    powers: &Path,
    file: &Path,
    initial: Option<&Path>,
    transcript: Option<&Path>,
    progress: &dyn Progress,
) -> Result<Verified, Error> {
    let start = Instant::now();
    let key = Zkey::open(file)?;
    let published = transcript.map(Transcript::read).transpose()?;
    if let Some(published) = &published {
        published.check(key.contributions())?;
    }
    progress.stage("reading constraints");
    let matrices = r1cs::read(constraints)?;
    let powers = PowersOfTau::open(powers)?;
    let stage = |name: &str| progress.stage(name);
    match initial {
        Some(path) => verify::verify_from_initial(&matrices, &powers, &Zkey::open(path)?, &key, &stage)?,
        None => verify::verify(&matrices, &powers, &key, &stage)?,
    }
    let contributions = key.contributions();
    let entries = published.unwrap_or_else(|| Transcript::of(contributions));
    Ok(Verified {
        file: file.into(),
        circuit_hash: entries.circuit_hash,
        shortcoming: finalise::shortcoming(&powers, contributions),
        phase_1: powers.contributions().iter().map(|contribution| contribution.shown_name()).collect(),
        seconds: start.elapsed().as_secs_f64(),
        contributions: entries.contributions,
    })
}

/// What keys are made of.
#[derive(Clone, Debug)]
pub struct Finalise {
    /// The profile whose circuit the key is for.
    pub profile: SealProfile,
    /// Powers of tau.
    pub powers: PathBuf,
    /// The last key.
    pub key: PathBuf,
    /// The first key, if it is at hand.
    pub initial: Option<PathBuf>,
    /// Folder of keys.
    pub directory: PathBuf,
    /// Marks the keys of an unfinished ceremony as development keys, instead of refusing.
    pub development: bool,
    /// Replaces existing keys.
    pub force: bool,
}

/// Verifies a ceremony for the circuit of a profile, and writes the keys of it.
///
/// # Errors
/// What does not hold; an unfinished ceremony, unless `development`.
pub fn write_keys(request: &Finalise, progress: &dyn Progress) -> Result<keys::Report, Error> {
    let start = Instant::now();
    keys::check_absent(&request.directory, request.force)?;
    progress.stage("writing the circuit");
    let matrices = seal::circuit_of(request.profile);
    let powers = PowersOfTau::open(&request.powers)?;
    let key = Zkey::open(&request.key)?;
    let transcript = json_beside(&request.key);
    let transcript = match transcript.is_file() {
        true => Transcript::read(&transcript)?,
        false => Transcript::of(key.contributions()),
    };
    transcript.check(key.contributions())?;
    let identity = Identity::of(request.profile);
    let ceremony = finalise::Ceremony { matrices, powers: &powers, initial: request.initial.as_deref(), key: &key };
    let key = finalise::finalise(ceremony, identity, request.development, &|name| progress.stage(name))?;
    progress.stage("writing keys");
    keys::write(&key, &request.directory, start.elapsed().as_secs_f64(), Origin::Ceremony(transcript))
}

/// The bytes of a beacon: hexadecimal, `0x` in front or not.
///
/// # Errors
/// [`Error::BadArgument`].
pub fn parse_beacon(text: &str) -> Result<Vec<u8>, Error> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|error| Error::BadArgument {
        argument: "--value",
        reason: format!("it is not hexadecimal ({error})"),
        remedy: "give an even number of hexadecimal digits",
    })
}

fn record(file: &Path, earlier: Option<&Transcript>) -> Result<(), Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let transcript = Transcript::of(Zkey::open(file)?.contributions()).timed(earlier, now);
    // The key was new, or replaced by force; so is what describes it.
    Ok(files::write_atomically(&json_beside(file), transcript.to_json().as_bytes(), true)?)
}

fn length(file: &Path) -> u64 {
    file.metadata().map_or(0, |found| found.len())
}

fn made(file: &Path, development_insecure: Option<bool>, hash: Option<String>, start: Instant) -> Made {
    let seconds = start.elapsed().as_secs_f64();
    Made { file: file.into(), file_bytes: length(file), development_insecure, hash, seconds }
}
