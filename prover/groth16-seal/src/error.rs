//! What can be wrong with keys, assignments and seals.

use std::path::{Path, PathBuf};

/// Everything that this crate refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A key file is missing, damaged, or not what it should be.
    #[error("{}: {fault}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: FileFault,
    },
    /// A verifying key with which anybody could forge, or that cannot be one.
    #[error("verifying key: {0}; make the keys again")]
    UnsoundKey(UnsoundKey),
    /// The key was made for another circuit.
    #[error("proving key: made for circuit {}, but this circuit is {}; make the keys again", Hex(.key), Hex(.circuit))]
    CircuitMismatch {
        /// The digest that the key names.
        key: [u8; 32],
        /// The digest of the circuit.
        circuit: [u8; 32],
    },
    /// The circuit has too many constraints for the two-adicity of the field.
    #[error("{constraints} constraints do not fit an evaluation domain of the field")]
    CircuitTooLarge {
        /// Number of constraints.
        constraints: usize,
    },
    /// The assignment belongs to another circuit than the key.
    #[error(
        "assignment: expected {expected} values, got {actual}; the witness was made for another circuit than the key"
    )]
    AssignmentLength {
        /// Variables of the circuit of the key.
        expected: usize,
        /// Values given.
        actual: usize,
    },
    /// A constraint does not hold: what was to be sealed is not true.
    #[error("constraint {index} ({group}) is not satisfied: the statement or its proof is wrong, nothing was sealed")]
    Unsatisfied {
        /// Position of the constraint.
        index: usize,
        /// Part of the circuit, when its name is known.
        group: String,
    },
    /// A key from a ceremony has another number of points than its circuit needs.
    #[error("keys: {query} has {actual} points, the circuit needs {expected}; the key is for another circuit")]
    QueryLength {
        /// Which points.
        query: &'static str,
        /// What the circuit needs.
        expected: usize,
        /// What was given.
        actual: usize,
    },
    /// Another number of public inputs than the verifying key has.
    #[error("public inputs: expected {expected}, got {actual}")]
    PublicInputCount {
        /// What the key has.
        expected: usize,
        /// What was given.
        actual: usize,
    },
    /// A point of the seal is not in the group of prime order.
    #[error("seal: point {point} is not on the curve or not in the group")]
    SealPoint {
        /// `A`, `B` or `C`.
        point: &'static str,
    },
    /// The seal names another profile than its key.
    #[error("seal: its profile is {seal:?}, that of its key is {key:?}")]
    SealOfAnotherProfile {
        /// Of the key.
        key: String,
        /// Of the seal.
        seal: String,
    },
    /// The seal names another number of slots than its key.
    #[error("seal: it says {seal} slots, its key has {key}")]
    SlotsMismatch {
        /// Of the key.
        key: u32,
        /// Of the seal.
        seal: u32,
    },
    /// The pairing equation does not hold.
    #[error("seal: the pairing equation does not hold for these public inputs and this key")]
    SealRejected,
    /// Another number of statements than the key has slots for.
    #[error("{actual} statements; a seal of this key holds 1 to {slots}")]
    StatementCount {
        /// Slots of the key.
        slots: usize,
        /// Statements given.
        actual: usize,
    },
    /// A LoRA proof does not verify under the profile of the key.
    #[error("proof {index} does not verify: {source}")]
    ProofRejected {
        /// Position in the batch.
        index: usize,
        /// The check that failed.
        source: rankproof_lora_proof::Error,
    },
    /// The key names a profile that this build does not have.
    #[error("keys: this program has no profile `{name}` with that many slots; use keys made for it")]
    UnknownProfile {
        /// The name in the key.
        name: String,
    },
    /// The key was made for another configuration of the profile.
    #[error("keys: made for another configuration of profile `{profile}`; make the keys again")]
    ConfigurationMismatch {
        /// The profile.
        profile: String,
    },
    /// The seal was made for another key.
    #[error("seal: selector is {}, this key's is {}", hex::encode(actual), hex::encode(expected))]
    SelectorMismatch {
        /// Of the key.
        expected: [u8; 4],
        /// Of the seal.
        actual: [u8; 4],
    },
    /// The seal is not an encoding of anything.
    #[error("seal: {0}")]
    SealMalformed(&'static str),
    /// The key must not be exported.
    #[error(transparent)]
    Export(#[from] crate::export::ExportError),
}

/// What is wrong with a key file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileFault {
    /// The operating system refused.
    #[error("cannot be read or written ({0})")]
    Io(std::io::ErrorKind),
    /// The file starts differently.
    #[error("is not a {expected} file of Rankproof")]
    Magic {
        /// What the caller wanted.
        expected: &'static str,
    },
    /// Written by another version of the format.
    #[error("has format version {actual}, this program reads {expected}; make the keys again")]
    Version {
        /// The version that this program reads and writes.
        expected: u32,
        /// The version in the file.
        actual: u32,
    },
    /// A header field that cannot be.
    #[error("header field {field} is not valid; make the keys again")]
    Header {
        /// Its name.
        field: &'static str,
    },
    /// The file ends early, or goes on.
    #[error("expected {expected} bytes, got {actual}: cut or extended; copy it again or make the keys again")]
    Length {
        /// What the header promises.
        expected: u64,
        /// What the file has.
        actual: u64,
    },
    /// The content does not match the digest in the header.
    #[error("content does not match its digest: damaged; copy it again or make the keys again")]
    Digest,
    /// A verifying key with which anybody could forge, or that cannot be one.
    #[error("{0}; make the keys again")]
    UnsoundKey(UnsoundKey),
    /// A number that is not reduced, a position that points nowhere, or a point that is not on its curve.
    #[error("section {section} holds a value that is not valid; make the keys again")]
    Value {
        /// Which part of the file.
        section: &'static str,
    },
}

/// Why a verifying key must not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnsoundKey {
    /// A point is the neutral element.
    #[error("{0} is the point at infinity")]
    Infinity(&'static str),
    /// A point is not on the curve or not in the subgroup of prime order.
    #[error("{0} is not in the group")]
    NotInGroup(&'static str),
    /// The point is the published generator: nobody contributed to it, and its secret is one.
    #[error("{0} is the generator of its group up to sign")]
    Generator(&'static str),
    /// Two points of G2 are equal up to sign: then the pairs of two others cancel for points that anybody finds.
    #[error("{0} equals {1} up to sign, so anybody could forge")]
    Equal(&'static str, &'static str),
    /// Provers take another point than verifiers.
    #[error("{0} is another in G1 than in G2")]
    DiffersInG1(&'static str),
}

impl FileFault {
    pub(crate) fn at(self, path: &Path) -> Error {
        Error::KeyFile { path: path.to_owned(), fault: self }
    }
}

impl From<std::io::Error> for FileFault {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.kind())
    }
}

struct Hex<'a>(&'a [u8; 32]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().take(8).try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}
