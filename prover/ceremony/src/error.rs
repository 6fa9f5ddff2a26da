//! What can be wrong with the files of a ceremony.

use std::path::{Path, PathBuf};

/// Everything that this crate refuses.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file is missing, damaged, or not what it should be.
    #[error("{}: {fault}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A contribution does not follow from what stands before it.
    #[error("contribution {number} ({name}) {fault}")]
    Contribution {
        /// Its place, from 1.
        number: usize,
        /// Its name, or `unnamed`.
        name: String,
        /// What is wrong with it.
        fault: ContributionFault,
    },
    /// A key that does not come from the circuit, the powers of tau and the contributions that it names.
    #[error("{what} {fault}; the file was altered, or belongs to another circuit, powers of tau or ceremony")]
    Key {
        /// Which part.
        what: &'static str,
        /// What does not hold.
        fault: &'static str,
    },
    /// Powers of tau whose points do not belong together.
    #[error("powers of tau: {what} {fault}; take the file from its source again")]
    Powers {
        /// Which part.
        what: &'static str,
        /// What does not hold.
        fault: &'static str,
    },
    /// The powers of tau are for smaller circuits.
    #[error("powers of tau: the file has power {actual}, the circuit needs {needed}; take a larger file")]
    PowerTooSmall {
        /// Base-2 logarithm of what the circuit needs.
        needed: u32,
        /// What the file has.
        actual: u32,
    },
    /// No such size.
    #[error("power {power}: expected {min} to {max}")]
    PowerInvalid {
        /// What was asked for.
        power: u32,
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// The name of a contributor.
    #[error("name: expected 1 to {max} bytes, got {actual}")]
    NameInvalid {
        /// The most.
        max: usize,
        /// Bytes given.
        actual: usize,
    },
    /// The parameters of a beacon.
    #[error("beacon: {0}")]
    BeaconInvalid(&'static str),
    /// The key may not leave the ceremony.
    #[error("ceremony: {0}")]
    Unfinished(&'static str),
    /// A public transcript says something else than the key.
    #[error("transcript, contribution {number} ({name}): {fault}")]
    Transcript {
        /// Its place, from 1, in the key or, if it is missing there, in the transcript.
        number: usize,
        /// Its name.
        name: String,
        /// What is different.
        fault: &'static str,
    },
    /// What the circuit and keys refuse.
    #[error(transparent)]
    Seal(#[from] rankproof_groth16_seal::Error),
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// The operating system refused.
    #[error("cannot be read or written ({0})")]
    Io(std::io::ErrorKind),
    /// The file is there already.
    #[error("exists already; name another file or remove it")]
    Exists,
    /// The file starts differently.
    #[error("is not a {expected} file")]
    Magic {
        /// What the caller wanted.
        expected: &'static str,
    },
    /// Another version of the format.
    #[error("has format version {actual}, expected {expected}")]
    Version {
        /// What this program reads.
        expected: u32,
        /// What the file has.
        actual: u32,
    },
    /// The file ends inside a section, or goes on after the last.
    #[error("is cut or extended: its sections end at byte {expected}, the file at {actual}; copy it again")]
    Length {
        /// Where the sections end.
        expected: u64,
        /// Length of the file.
        actual: u64,
    },
    /// A section is not there.
    #[error("has no section {section}: {hint}")]
    SectionMissing {
        /// Its number.
        section: u32,
        /// What it would be.
        hint: &'static str,
    },
    /// A section is there twice.
    #[error("has section {section} twice")]
    SectionRepeated {
        /// Its number.
        section: u32,
    },
    /// A section has another length than the header says.
    #[error("section {section} has {actual} bytes, its header says {expected}")]
    SectionLength {
        /// Its number.
        section: u32,
        /// From the header.
        expected: u64,
        /// From the file.
        actual: u64,
    },
    /// A number or point that is not reduced, not on its curve or not in its group.
    #[error("section {section} holds a value that is not valid")]
    Value {
        /// Its number.
        section: u32,
    },
    /// Another field or curve, or something that this program does not read.
    #[error("{0}")]
    Unsupported(&'static str),
    /// Not the JSON that it should be.
    #[error("is not a transcript of a ceremony: {0}")]
    Json(String),
}

/// What is wrong with a contribution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContributionFault {
    /// The same contribution stands earlier too.
    #[error("repeats contribution {of}")]
    Repeated {
        /// The earlier one.
        of: usize,
    },
    /// It was made in another place.
    #[error("was not made here: contribution {instead} was, so they were reordered")]
    Reordered {
        /// The one that was made here.
        instead: usize,
    },
    /// Its hash of what came before is wrong.
    #[error("does not follow the ones before it: it, or one before it, was altered or dropped")]
    Transcript,
    /// The proof of knowledge is wrong.
    #[error("does not prove that its secret is known: it was altered")]
    ProofOfKnowledge,
    /// Delta was not multiplied by its secret.
    #[error("does not lead from the delta before it to the delta after it: it was altered")]
    Delta,
    /// Not the key that the beacon gives.
    #[error("is not what its beacon gives")]
    Beacon,
    /// A neutral element.
    #[error("has a point at infinity")]
    Infinity,
}

impl FileFault {
    pub(crate) fn at(self, path: &Path) -> Error {
        Error::File { path: path.to_owned(), fault: self }
    }
}

impl From<std::io::Error> for FileFault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}
