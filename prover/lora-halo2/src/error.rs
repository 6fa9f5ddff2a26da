//! Facts about shapes, files and proofs that are refused.

/// Why a shape, a key, a container or a proof is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A size of the shape is zero or above its bound.
    #[error("{what} is {actual}, it must be between 1 and {maximum}")]
    SizeOutOfRange {
        /// Which size.
        what: &'static str,
        /// Largest value.
        maximum: usize,
        /// Value found.
        actual: usize,
    },
    /// Input vectors are not numbered in the order of their first use, or two modules of one input disagree on its size.
    #[error("module {module} reads input {input}, which is out of order or has another size")]
    InputOrder {
        /// Position of the module.
        module: usize,
        /// Its input.
        input: usize,
    },
    /// An output that no weights and inputs of its shape can give.
    #[error("output {index} of module {module} is larger than any weights and inputs of its shape can give")]
    OutputOutOfRange {
        /// Position of the module.
        module: usize,
        /// Position in its table.
        index: usize,
    },
    /// The witness does not satisfy the relation, so no proof exists.
    #[error(transparent)]
    Statement(#[from] rankproof_statement::Error),
    /// No circuit that the planner knows holds the shape.
    #[error("the statement needs {rows} rows, the largest circuit has 2^{maximum_k}; take fewer modules or tokens")]
    TooManyRows {
        /// Rows needed with the most columns.
        rows: usize,
        /// Base-2 logarithm of the rows of the largest circuit.
        maximum_k: u32,
    },
    /// Key or proof would not fit the memory that is allowed.
    #[error(
        "the circuit of this statement needs about {needed_mib} MiB, {allowed_mib} MiB are free; \
         take fewer modules or tokens, or a machine with more memory"
    )]
    OutOfMemory {
        /// Estimate, mebibytes.
        needed_mib: u64,
        /// Limit, mebibytes.
        allowed_mib: u64,
    },
    /// Key generation or proving failed inside halo2.
    #[error("halo2 could not {step}: {reason}")]
    Halo2 {
        /// What was attempted.
        step: &'static str,
        /// What halo2 says.
        reason: String,
    },
    /// The argument does not hold for these public inputs.
    #[error("the halo2 proof does not hold for its public inputs")]
    ProofRejected,
    /// The container ends early.
    #[error("the proof file ends inside `{field}`")]
    Truncated {
        /// Field being read.
        field: &'static str,
    },
    /// The container goes on after its last field.
    #[error("{count} bytes follow the last field of the proof file")]
    TrailingBytes {
        /// How many.
        count: usize,
    },
    /// The first bytes are not those of a halo2 proof file.
    #[error("the file does not begin with the magic of a halo2 proof")]
    WrongMagic,
    /// A version this code does not know.
    #[error("proof file version {actual}, this program reads version {expected}")]
    VersionMismatch {
        /// Known version.
        expected: u32,
        /// Version found.
        actual: u32,
    },
    /// A field has a value that no honest writer gives it.
    #[error("`{field}` of the proof file {reason}")]
    Malformed {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Outputs are not those of the weights and inputs.
    #[error("the outputs are not lora_b (lora_a x) of the weights and inputs")]
    RelationViolated,
    /// The one-time signature over the file does not hold.
    #[error("the stamp of the proof file does not hold: the file was changed after it was made")]
    StampRejected,
    /// The circuit digest in the container is not that of its shape.
    #[error("the circuit digest of the proof file is not that of its shape")]
    CircuitMismatch,
    /// A cached file cannot be written or read.
    #[error("cannot {step} `{path}`: {reason}; remove that file, or run where it can be written")]
    Cache {
        /// What was attempted.
        step: &'static str,
        /// Which file.
        path: String,
        /// What the system says.
        reason: String,
    },
}
