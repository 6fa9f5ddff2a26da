//! Why a proof, or a request for one, is refused.

/// *Malformed*: shape, length, encoding. *Unconvincing*: a named check failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The witness or a layout is refused.
    #[error(transparent)]
    Statement(#[from] rankproof_statement::Error),
    /// Parameters that give no configuration.
    #[error("parameters: {0}")]
    Parameters(&'static str),
    /// A list has the wrong number of entries.
    #[error("{field}: expected {expected} entries, got {actual}")]
    LengthMismatch {
        /// Field of the proof.
        field: &'static str,
        /// What the configuration demands.
        expected: usize,
        /// What is there.
        actual: usize,
    },
    /// No run, or more than share one argument.
    #[error("{actual} runs; this profile proves 1 to {maximum} at once")]
    RunCount {
        /// What the profile has.
        maximum: usize,
        /// What was given.
        actual: usize,
    },
    /// No adapter, or more than share one argument.
    #[error("{actual} adapters; this profile proves 1 to {maximum} at once")]
    AdapterCount {
        /// What the profile has.
        maximum: usize,
        /// What was given.
        actual: usize,
    },
    /// Runs that cannot share an argument.
    #[error("run {run} has another {what} than run 0; prove it alone")]
    RunsDiffer {
        /// Which run, from 0.
        run: usize,
        /// What differs.
        what: &'static str,
    },
    /// A request whose commitment is not that of its adapter.
    #[error("the commitment is of another {0} than the adapter's; commit the adapter again")]
    CommitmentMismatch(&'static str),
    /// The bytes do not start like a LoRA proof.
    #[error("not a LoRA proof file (wrong magic)")]
    WrongMagic,
    /// Another format version.
    #[error("LoRA proof format version {actual}, this build reads version {expected}")]
    VersionMismatch {
        /// Version of this build.
        expected: u16,
        /// Version in the file.
        actual: u16,
    },
    /// Unknown profile code.
    #[error("unknown profile code {0}")]
    UnknownProfile(u8),
    /// A profile whose proofs are of several statements, in a file of one.
    #[error("a proof of one statement cannot be of profile {0}, whose proofs are of several")]
    SharedProfile(&'static str),
    /// Made under another configuration.
    #[error("the proof was made under another configuration of the profile")]
    ConfigMismatch,
    /// The bytes end early.
    #[error("the proof is truncated")]
    Truncated,
    /// Bytes are left over.
    #[error("{0} bytes follow the proof")]
    TrailingBytes(usize),
    /// A small number is outside its range.
    #[error("{field} is {value}, at most {maximum} is possible")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// Its value.
        value: u64,
        /// Largest value.
        maximum: u64,
    },
    /// The adapter id is not the hash of what the proof opens.
    #[error("the adapter id does not match what the proof opens")]
    AdapterIdMismatch,
    /// The activations id is not the hash of what the proof opens.
    #[error("the activations id does not match what the proof opens")]
    ActivationsIdMismatch,
    /// Sumcheck over the rank space ended in a wrong product (eq. 2).
    #[error("rank sumcheck: the last claim is not b * u")]
    RankSumcheck,
    /// Sumcheck over the input space ended in a wrong product (eq. 3).
    #[error("input sumcheck: the last claim is not a * x")]
    InputSumcheck,
    /// The range check ended in a wrong product (eq. 4).
    #[error("range check: the last claim is not the product over the nibble values")]
    RangeCheck,
    /// A Merkle cap does not hash to its root.
    #[error("{oracle}: the Merkle cap does not hash to the root")]
    MerkleCap {
        /// Which oracle.
        oracle: Oracle,
    },
    /// A Merkle path does not end in its cap.
    #[error("{oracle}: the Merkle path of query {query} does not end in the cap")]
    MerklePath {
        /// Which oracle.
        oracle: Oracle,
        /// Which query.
        query: usize,
    },
    /// The nonce does no work.
    #[error("round {round}: the proof-of-work nonce does not have {bits} zero bits")]
    ProofOfWork {
        /// Which round.
        round: usize,
        /// Bits demanded.
        bits: u32,
    },
    /// A folded query is not a value of the last polynomial.
    #[error("query {query} of the last round is not a value of the last polynomial")]
    FinalQuery {
        /// Which query.
        query: usize,
    },
    /// The last claim of the opening is wrong.
    #[error("opening: the last claim is not the product of polynomial and weight")]
    FinalClaim,
}

/// A list has as many entries as the configuration demands.
pub(crate) fn check_length(field: &'static str, expected: usize, actual: usize) -> Result<(), Error> {
    if expected == actual { Ok(()) } else { Err(Error::LengthMismatch { field, expected, actual }) }
}

/// A committed oracle; adapters, and the runs of each, are numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// The weights of an adapter.
    Weights {
        /// Which adapter.
        adapter: usize,
    },
    /// The activations of a run.
    Activations {
        /// Which adapter.
        adapter: usize,
        /// Which of its runs.
        run: usize,
    },
    /// The folded polynomial of a later round (1, 2, ..).
    Folded(usize),
}

impl Oracle {
    /// The oracles of all commitments, in their order: for every adapter its weights, then its activations run by run.
    pub fn committed(adapters: usize, runs: usize) -> impl Iterator<Item = Self> {
        (0..adapters).flat_map(move |adapter| {
            std::iter::once(Self::Weights { adapter })
                .chain((0..runs).map(move |run| Self::Activations { adapter, run }))
        })
    }
}

impl std::fmt::Display for Oracle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let adapter = match self {
            Self::Weights { adapter } => {
                write!(formatter, "weights")?;
                adapter
            }
            Self::Activations { adapter, run } => {
                write!(formatter, "activations")?;
                if *run > 0 {
                    write!(formatter, " of run {run}")?;
                }
                adapter
            }
            Self::Folded(round) => return write!(formatter, "folded polynomial {round}"),
        };
        if *adapter > 0 { write!(formatter, " of adapter {adapter}") } else { Ok(()) }
    }
}
