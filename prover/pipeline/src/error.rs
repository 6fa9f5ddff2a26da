//! Why a stage ends without a result, and which exit code that is.
//!
//! Every message is one sentence that names the file, field or argument, and what to do.

use std::path::PathBuf;

use crate::adapter_file;

/// What a failure means to whoever called: the exit code of the command line, the status family of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// A proof or seal does not convince, or a claim was not found.
    Refused,
    /// Bad usage or input.
    Input,
    /// RPC, disk or tools.
    Environment,
}

impl Family {
    /// 1, 2 or 3.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Input => 2,
            Self::Environment => 3,
        }
    }
}

/// Why a stage ended without a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing adapters, activations and outputs.
    #[error(transparent)]
    Adapter(#[from] rankproof_adapter::Error),
    /// A word typed by somebody.
    #[error("{argument}: {reason}; give at most 64 hexadecimal digits of a number below r, 0x in front or not")]
    BadHex {
        /// Argument or field.
        argument: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Not a regular expression.
    #[error("--modules: `{pattern}` is no regular expression ({reason}); correct it")]
    BadPattern {
        /// What was given.
        pattern: String,
        /// What the parser says.
        reason: String,
    },
    /// No such profile.
    #[error("--profile: there is no profile `{name}`; choose {choices}")]
    UnknownProfile {
        /// What was given.
        name: String,
        /// What there is.
        choices: String,
    },
    /// An argument with a value that is not available.
    #[error("{argument}: {reason}; {remedy}")]
    BadArgument {
        /// The argument.
        argument: &'static str,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Not an adapter file of this build.
    #[error("{}: {fault}; make it again with `rankproof commit --force`", path.display())]
    AdapterFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: adapter_file::Fault,
    },
    /// Not a public adapter file.
    #[error("{}: {reason}; ask the owner of the adapter for the file that `rankproof commit` wrote", path.display())]
    PublicAdapter {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was made from another adapter, or with other options.
    #[error(
        "{}: it was made from other weights or options than {} has now; use --force to replace it (the adapter id \
         changes), or another name",
        path.display(), directory.display()
    )]
    AdapterChanged {
        /// The adapter file.
        path: PathBuf,
        /// The PEFT directory.
        directory: PathBuf,
    },
    /// A module whose rounded update cannot be compared with the float one.
    #[error(
        "module `{module}`: at {bits} bits its error is no number, since its update lora_B lora_A cancels to zero \
         while the rounded one does not, or is too large to square; leave that module out (--modules)"
    )]
    ErrorNotFinite {
        /// Its name.
        module: String,
        /// Width of the weights.
        bits: u32,
    },
    /// Somebody wrote to the adapter meanwhile.
    #[error("{}: the adapter changed while it was read; run the command again", directory.display())]
    AdapterUnstable {
        /// The PEFT directory.
        directory: PathBuf,
    },
    /// An adapter, a run or a context that cannot be proved.
    #[error("{0}")]
    Statement(#[from] rankproof_statement::Error),
    /// The prover refuses.
    #[error("{0}")]
    Prover(rankproof_lora_proof::Error),
    /// A proof made here does not verify: an own mistake, never passed on.
    #[error("the proof just made does not verify ({0}); nothing was written, please report this")]
    SelfCheck(rankproof_lora_proof::Error),
    /// A proof file that cannot be read.
    #[error("{}: {source}; ask for the proof again", path.display())]
    ProofMalformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rankproof_lora_proof::Error,
    },
    /// A proof that does not convince.
    #[error("{}: the proof does not hold: {source}; do not rely on it", path.display())]
    ProofRefused {
        /// The file.
        path: PathBuf,
        /// The check that failed.
        source: rankproof_lora_proof::Error,
    },
    /// An adapter that the halo2 system does not take, whatever the run.
    #[error(
        "{}: module `{module}` has {outputs} outputs, and the halo2 system takes {maximum}; leave out --system halo2, \
         or commit without that module (--modules)",
        path.display()
    )]
    Halo2TooWide {
        /// The adapter file.
        path: PathBuf,
        /// The first module that is too wide.
        module: String,
        /// Its outputs.
        outputs: usize,
        /// Outputs that fit.
        maximum: usize,
    },
    /// The key of a folder is not the one that is meant.
    #[error("{}: the digest of the verifying key is {actual}, expected {expected}; get the keys from whom you trust", keys.display())]
    OtherKeyDigest {
        /// The folder.
        keys: PathBuf,
        /// What was asked for.
        expected: String,
        /// What it holds.
        actual: String,
    },
    /// The halo2 prover refuses.
    #[error("{0}")]
    Halo2(rankproof_lora_halo2::Error),
    /// A halo2 proof made here does not verify: an own mistake, never passed on.
    #[error("the halo2 proof just made does not verify ({0}); nothing was written, please report this")]
    Halo2SelfCheck(rankproof_lora_halo2::Error),
    /// A halo2 proof file that cannot be read.
    #[error("{}: {source}; ask for the proof again", path.display())]
    Halo2Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rankproof_lora_halo2::Error,
    },
    /// A halo2 proof that does not convince.
    #[error("{}: the proof does not hold: {source}; do not rely on it", path.display())]
    Halo2Refused {
        /// The file.
        path: PathBuf,
        /// The check that failed.
        source: rankproof_lora_halo2::Error,
    },
    /// A statement about something else than expected.
    #[error("{}: {field} is {actual}, expected {expected}; it proves another statement", path.display())]
    StatementMismatch {
        /// Proof or seal.
        path: PathBuf,
        /// Which element.
        field: &'static str,
        /// What was asked for.
        expected: String,
        /// What the file states.
        actual: String,
    },
    /// Keys or a seal are refused.
    #[error(transparent)]
    Seal(#[from] rankproof_groth16_seal::Error),
    /// A seal file is refused.
    #[error("{}: {source}; ask for the seal again", path.display())]
    SealFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rankproof_groth16_seal::Error,
    },
    /// A seal file that is no JSON of a seal.
    #[error("{}: it is not a seal as `rankproof seal` writes it ({reason}); ask for the seal again", path.display())]
    SealSyntax {
        /// The file.
        path: PathBuf,
        /// What the parser says.
        reason: String,
    },
    /// Keys for another profile than the proof's.
    #[error("{}: it is a proof of profile {proof}, the keys are of profile {keys}; use keys of the same profile", path.display())]
    KeysOfAnotherProfile {
        /// The proof.
        path: PathBuf,
        /// Its profile.
        proof: String,
        /// The keys' profile.
        keys: String,
    },
    /// A node, a contract or a signer.
    #[error(transparent)]
    Chain(#[from] rankproof_chain::Error),
    /// A registry does not know a statement.
    #[error(
        "registry {registry}: it has no record of adapter {adapter_id}, activations {activations_id}, context \
         {context}; submit a seal of it first"
    )]
    NotProven {
        /// Its address.
        registry: String,
        /// The adapter id.
        adapter_id: String,
        /// The activations id.
        activations_id: String,
        /// The context.
        context: String,
    },
    /// Keys of which something does not hold.
    #[error("{}: {fault}; do not use these keys", path.display())]
    KeysRefused {
        /// The folder.
        path: PathBuf,
        /// What does not hold.
        fault: &'static str,
    },
    /// No verifier behind a registry holds the key that is meant.
    #[error(
        "registry {registry}: no verifier behind it, neither stopped nor removed, holds the key with digest \
         {key_digest}; seals of that key are refused there"
    )]
    KeyNotDeployed {
        /// Its address.
        registry: String,
        /// The digest of the key that was meant.
        key_digest: String,
    },
    /// A ceremony that does not hold, or a file of one.
    #[error(transparent)]
    Ceremony(#[from] rankproof_ceremony::Error),
    /// The machine does not give what is needed.
    #[error("{what}; look at the limits of this machine")]
    Environment {
        /// What it does not give.
        what: String,
    },
    /// Outputs that do not belong to these inputs or this adapter.
    #[error("{}: module `{module}`: {what}; do not rely on these outputs", path.display())]
    OutputsMismatch {
        /// The outputs file.
        path: PathBuf,
        /// Which module.
        module: String,
        /// What differs.
        what: &'static str,
    },
}

impl Error {
    /// What the failure means to whoever called.
    pub fn family(&self) -> Family {
        match self {
            Self::Adapter(rankproof_adapter::Error::Io { .. }) => Family::Environment,
            Self::Adapter(rankproof_adapter::Error::DeltaMismatch { .. })
            | Self::ProofRefused { .. }
            | Self::Halo2Refused { .. }
            | Self::StatementMismatch { .. }
            | Self::OutputsMismatch { .. }
            | Self::KeysRefused { .. }
            | Self::OtherKeyDigest { .. }
            | Self::KeyNotDeployed { .. }
            | Self::NotProven { .. } => Family::Refused,
            Self::Halo2(
                rankproof_lora_halo2::Error::Cache { .. } | rankproof_lora_halo2::Error::OutOfMemory { .. },
            ) => Family::Environment,
            Self::SelfCheck(_) | Self::Halo2SelfCheck(_) | Self::Environment { .. } => Family::Environment,
            Self::Chain(error) => chain_family(error),
            Self::Ceremony(error) => ceremony_family(error),
            Self::Seal(source) | Self::SealFile { source, .. } => seal_family(source),
            _ => Family::Input,
        }
    }

    /// The error for a profile name that is none.
    pub(crate) fn unknown_profile(name: &str, choices: &[&str]) -> Self {
        Self::UnknownProfile { name: name.to_owned(), choices: choices.join(" or ") }
    }
}

fn seal_family(error: &rankproof_groth16_seal::Error) -> Family {
    use rankproof_groth16_seal::{Error as Seal, FileFault};
    match error {
        Seal::KeyFile { fault: FileFault::Io(std::io::ErrorKind::NotFound), .. } => Family::Input,
        Seal::KeyFile { fault: FileFault::Io(_), .. } => Family::Environment,
        Seal::ProofRejected { .. }
        | Seal::SealRejected
        | Seal::SelectorMismatch { .. }
        | Seal::SealOfAnotherProfile { .. }
        | Seal::SlotsMismatch { .. }
        | Seal::Unsatisfied { .. } => Family::Refused,
        _ => Family::Input,
    }
}

fn ceremony_family(error: &rankproof_ceremony::Error) -> Family {
    use rankproof_ceremony::{Error as Ceremony, FileFault};
    match error {
        Ceremony::File { fault: FileFault::Io(std::io::ErrorKind::NotFound), .. } => Family::Input,
        Ceremony::File { fault: FileFault::Io(_), .. } => Family::Environment,
        Ceremony::Contribution { .. }
        | Ceremony::Key { .. }
        | Ceremony::Powers { .. }
        | Ceremony::Transcript { .. }
        | Ceremony::Unfinished(_) => Family::Refused,
        Ceremony::Seal(error) => seal_family(error),
        _ => Family::Input,
    }
}

fn chain_family(error: &rankproof_chain::Error) -> Family {
    use rankproof_chain::Error as Chain;
    match error {
        Chain::Rejected(_)
        | Chain::ReadBackMismatch { .. }
        | Chain::HistoryBroken { .. }
        | Chain::StateDiffers { .. } => Family::Refused,
        Chain::UrlInvalid { .. }
        | Chain::NotTheContract { .. }
        | Chain::NoSigner
        | Chain::PrivateKeyInvalid
        | Chain::Keystore { .. }
        | Chain::DevelopmentKey { .. }
        | Chain::KeyDigestMismatch { .. }
        | Chain::ChainConfig { .. }
        | Chain::OtherChain { .. }
        | Chain::FeeAboveCap { .. }
        | Chain::AttemptAboveCaps { .. }
        | Chain::EmptyBatch => Family::Input,
        _ => Family::Environment,
    }
}
