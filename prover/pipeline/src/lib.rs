//! The stages joined up: adapter -> statement -> LoRA proof -> seal -> chain.
//!
//! Each stage is a request, a function and a report. The doors (`cli`, later `service` and `python`) read arguments,
//! call one function and show its report; they know no cryptography. Files are written whole or not at all, and only
//! after what is in them was checked.
//!
//! * [`inspect`], [`commit`], [`base_digest`]: an adapter directory becomes a private adapter file and its public side
//!   ([`adapter_file`], [`public_adapter`]).
//! * [`prove`], [`digest`], [`verify`]: a LoRA proof and the outputs it is about; what a client recomputes; the check.
//! * [`keys`], [`seal`]: keys of a profile and their Solidity export; proofs compressed into a seal, and its check.
//! * [`ceremony`]: keys that nobody can forge with. [`exchange`]: keys and seals in the files of snarkjs;
//!   [`mod@verify_keys`]: keys checked against whatever they can be made from again.
//! * [`memory`]: what committing and proving take, known before any work.
//! * [`mod@compile`]: the verifier of one's own keys, as bytecode.
//! * [`chain`]: deploy, submit, register, ask, watch. [`demo`] does everything once, [`mod@bench`] measures it.

pub mod adapter_file;
pub mod bench;
pub mod ceremony;
pub mod chain;
pub mod commit;
pub mod compile;
pub mod demo;
pub mod digest;
mod error;
pub mod exchange;
pub mod halo2;
pub mod inspect;
pub mod keys;
pub mod measure;
pub mod memory;
mod output_files;
pub mod progress;
pub mod prove;
pub mod prove_shared;
pub mod public_adapter;
pub mod seal;
pub mod verify;
pub mod verify_keys;
pub mod words;

pub use error::{Error, Family};
pub use progress::{Progress, Quiet};
pub use rankproof_groth16_seal::SealProfile;
pub use rankproof_lora_proof::Profile;
pub use rankproof_statement::{F, WeightBits};

/// The profile of that name.
///
/// # Errors
/// [`Error::UnknownProfile`] lists the names there are.
pub fn profile(name: &str) -> Result<Profile, Error> {
    Profile::from_name(name).ok_or_else(|| Error::unknown_profile(name, &Profile::ALL.map(Profile::name)))
}

/// The profile of keys of that name.
///
/// # Errors
/// [`Error::UnknownProfile`] lists the names there are.
pub fn seal_profile(name: &str) -> Result<SealProfile, Error> {
    SealProfile::from_name(name).ok_or_else(|| Error::unknown_profile(name, &SealProfile::ALL.map(SealProfile::name)))
}

/// The digest of a base model's weights, streamed.
///
/// # Errors
/// Those of a bad safetensors file.
pub fn base_digest(path: &std::path::Path, progress: &dyn Progress) -> Result<[u8; 32], Error> {
    progress.stage("hashing the base model");
    Ok(rankproof_adapter::base_model_digest(path, |done, total| progress.position(done, total))?)
}

/// The file that says in public what another is: its name, and `.json`.
pub(crate) fn json_beside(file: &std::path::Path) -> std::path::PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".json");
    name.into()
}
