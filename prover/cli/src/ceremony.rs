//! `rankproof ceremony`: keys that nobody can forge with.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use rankproof_pipeline::ceremony::{self, Beacon, Finalise as Request, Step};
use rankproof_pipeline::{Error, Progress, keys, seal_profile};
use serde_json::Value;

use crate::profiles;
use crate::run::report;

/// Commands of a ceremony, in the order in which they are used.
#[derive(Debug, Subcommand)]
pub enum Ceremony {
    /// Writes the constraints of a profile in circom's format (.r1cs).
    R1cs(R1cs),
    /// Makes powers of tau with public secrets: INSECURE, for trials without a network.
    Ptau(Ptau),
    /// Makes the first key, as `snarkjs groth16 setup` does.
    New(New),
    /// Adds a participant's contribution.
    Contribute(Contribute),
    /// Adds the public random value that ends a ceremony.
    Beacon(BeaconArguments),
    /// Checks a key against constraints, powers of tau and, if given, a published transcript.
    Verify(Verify),
    /// Checks a ceremony and writes a folder of keys.
    Finalise(Finalise),
}

/// Arguments of `ceremony r1cs`.
#[derive(Args, Debug)]
pub struct R1cs {
    /// What the keys are for.
    #[arg(long, default_value = "small", value_name = "NAME", help = profiles::of_keys())]
    profile: String,
    /// The constraints.
    #[arg(short, long, value_name = "FILE.r1cs")]
    output: PathBuf,
    /// Replaces an existing file.
    #[arg(long)]
    force: bool,
}

/// Arguments of `ceremony ptau`.
#[derive(Args, Debug)]
pub struct Ptau {
    /// Base-2 logarithm of the number of powers; a circuit of 2^n constraints needs n + 1.
    #[arg(long, value_name = "N")]
    power: u32,
    /// The powers of tau.
    #[arg(short, long, value_name = "FILE.ptau")]
    output: PathBuf,
    /// Replaces an existing file.
    #[arg(long)]
    force: bool,
}

/// Arguments of `ceremony new`.
#[derive(Args, Debug)]
pub struct New {
    /// The constraints.
    #[arg(long, value_name = "FILE.r1cs")]
    r1cs: PathBuf,
    /// The powers of tau, prepared for phase 2.
    #[arg(long, value_name = "FILE.ptau")]
    ptau: PathBuf,
    /// The first key.
    #[arg(short, long, value_name = "FILE.zkey")]
    output: PathBuf,
    /// Replaces an existing file.
    #[arg(long)]
    force: bool,
}

/// Arguments of `ceremony contribute`.
#[derive(Args, Debug)]
pub struct Contribute {
    /// The key before.
    #[arg(value_name = "BEFORE.zkey")]
    before: PathBuf,
    /// The key after.
    #[arg(short, long, value_name = "FILE.zkey")]
    output: PathBuf,
    /// Who contributes, at most 64 bytes.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// A file whose bytes are mixed into the randomness of the operating system.
    #[arg(long, value_name = "FILE")]
    entropy: Option<PathBuf>,
    /// Replaces an existing file.
    #[arg(long)]
    force: bool,
}

/// Arguments of `ceremony beacon`.
#[derive(Args, Debug)]
pub struct BeaconArguments {
    /// The key before.
    #[arg(value_name = "BEFORE.zkey")]
    before: PathBuf,
    /// The key after.
    #[arg(short, long, value_name = "FILE.zkey")]
    output: PathBuf,
    /// A public random value that nobody could foresee when the last participant contributed.
    #[arg(long, value_name = "HEX")]
    value: String,
    /// Base-2 logarithm of how often it is hashed, 10 to 30.
    #[arg(long, default_value = "10", value_name = "N")]
    log_iterations: u8,
    /// What the beacon is called.
    #[arg(long, default_value = "beacon", value_name = "NAME")]
    name: String,
    /// Replaces an existing file.
    #[arg(long)]
    force: bool,
}

/// Arguments of `ceremony verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// The key.
    #[arg(value_name = "FILE.zkey")]
    key: PathBuf,
    /// The constraints.
    #[arg(long, value_name = "FILE.r1cs")]
    r1cs: PathBuf,
    /// The powers of tau.
    #[arg(long, value_name = "FILE.ptau")]
    ptau: PathBuf,
    /// The first key of the ceremony; without it, it is computed again.
    #[arg(long, value_name = "FILE.zkey")]
    initial: Option<PathBuf>,
    /// The published transcript.
    #[arg(long, value_name = "FILE.json")]
    transcript: Option<PathBuf>,
}

/// Arguments of `ceremony finalise`.
#[derive(Args, Debug)]
pub struct Finalise {
    /// The last key.
    #[arg(value_name = "FILE.zkey")]
    key: PathBuf,
    /// What the keys are for.
    #[arg(long, default_value = "small", value_name = "NAME", help = profiles::of_keys())]
    profile: String,
    /// The powers of tau.
    #[arg(long, value_name = "FILE.ptau")]
    ptau: PathBuf,
    /// The first key of the ceremony; without it, it is computed again.
    #[arg(long, value_name = "FILE.zkey")]
    initial: Option<PathBuf>,
    /// Folder of keys; .rankproof/keys/NAME without this.
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Marks the keys of an unfinished ceremony as development keys, instead of refusing.
    #[arg(long)]
    development: bool,
    /// Replaces existing keys.
    #[arg(long)]
    force: bool,
}

/// Runs a command; the report is what is shown.
pub fn run(command: &Ceremony, bars: &dyn Progress) -> Result<Value, Error> {
    match command {
        Ceremony::R1cs(R1cs { profile, output, force }) => {
            report(&ceremony::export_constraints(seal_profile(profile)?, output, *force, bars)?)
        }
        Ceremony::Ptau(Ptau { power, output, force }) => {
            report(&ceremony::development_powers(*power, output, *force, bars)?)
        }
        Ceremony::New(New { r1cs, ptau, output, force }) => report(&ceremony::begin(r1cs, ptau, output, *force, bars)?),
        Ceremony::Contribute(Contribute { before, output, name, entropy, force }) => {
            let step = Step::Participant { entropy: entropy.clone() };
            report(&ceremony::continue_with(before, output, name, step, *force, bars)?)
        }
        Ceremony::Beacon(BeaconArguments { before, output, value, log_iterations, name, force }) => {
            let step = Step::Beacon(Beacon { value: ceremony::parse_beacon(value)?, log_iterations: *log_iterations });
            report(&ceremony::continue_with(before, output, name, step, *force, bars)?)
        }
        Ceremony::Verify(Verify { key, r1cs, ptau, initial, transcript }) => {
            report(&ceremony::check(r1cs, ptau, key, initial.as_deref(), transcript.as_deref(), bars)?)
        }
        Ceremony::Finalise(arguments) => {
            let profile = seal_profile(&arguments.profile)?;
            let request = Request {
                profile,
                powers: arguments.ptau.clone(),
                key: arguments.key.clone(),
                initial: arguments.initial.clone(),
                directory: arguments.output.clone().unwrap_or_else(|| keys::default_directory(profile)),
                development: arguments.development,
                force: arguments.force,
            };
            report(&ceremony::write_keys(&request, bars)?)
        }
    }
}
