//! Facts about statements that do not hold.

/// Why integers, layouts or encodings are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scalar was r or larger.
    #[error("scalar is not canonical (it must be below the BN254 group order)")]
    NonCanonicalScalar,
    /// An adapter without modules.
    #[error("the adapter has no module")]
    NoModules,
    /// Two modules share a name.
    #[error("module `{name}` appears twice")]
    DuplicateModule {
        /// The repeated name.
        name: String,
    },
    /// A list that has one entry per module has too many or too few.
    #[error("`{table}` has {actual} entries, the adapter has {expected} modules")]
    ModuleCountMismatch {
        /// Which list.
        table: &'static str,
        /// Modules of the adapter.
        expected: usize,
        /// Entries present.
        actual: usize,
    },
    /// A table has the wrong number of entries for its declared shape.
    #[error("module `{module}`: `{table}` has {actual} entries, its shape needs {expected}")]
    TableLength {
        /// Module name.
        module: String,
        /// Which table.
        table: &'static str,
        /// Entries the shape needs.
        expected: usize,
        /// Entries present.
        actual: usize,
    },
    /// A weight code does not fit the declared width.
    #[error("module `{module}`: `{table}` entry {index} is {value}, outside {bits} bits")]
    WeightOutOfRange {
        /// Module name.
        module: String,
        /// Which matrix.
        table: &'static str,
        /// Row-major index.
        index: usize,
        /// The code.
        value: i64,
        /// Declared width.
        bits: u32,
    },
    /// A scale is not a positive finite number.
    #[error("module `{module}`: `{table}` entry {index} is not a positive finite number")]
    BadScale {
        /// Module name.
        module: String,
        /// Which scales.
        table: &'static str,
        /// Index of the scale.
        index: usize,
    },
    /// No activations for a committed module.
    #[error("module `{module}` has no activations")]
    MissingActivations {
        /// Module name.
        module: String,
    },
    /// Activations of different lengths.
    #[error("module `{module}` has {actual} tokens, the others have {expected}")]
    TokenCountMismatch {
        /// Module name.
        module: String,
        /// Tokens of the other modules.
        expected: usize,
        /// Tokens of this one.
        actual: usize,
    },
    /// The relation does not hold at one output.
    #[error("module `{module}`: output {output} of token {token} is {claimed}, the relation gives {computed}")]
    RelationViolated {
        /// Module name.
        module: String,
        /// Output feature.
        output: usize,
        /// Token.
        token: usize,
        /// Claimed value.
        claimed: i64,
        /// What `lora_b (lora_a x)` gives.
        computed: i64,
    },
    /// Something is larger than the profile allows.
    #[error(
        "{what} is {actual}, the profile holds at most {maximum}; choose fewer modules or tokens, or a larger profile"
    )]
    ExceedsProfile {
        /// What is too large.
        what: &'static str,
        /// The profile's maximum.
        maximum: u64,
        /// What was asked for.
        actual: u64,
    },
    /// A layout breaks one of its rules.
    #[error("layout: slot {slot}: {rule}")]
    InvalidLayout {
        /// The slot.
        slot: usize,
        /// The rule it breaks.
        rule: &'static str,
    },
    /// A context of a kind that may not be used here.
    #[error("context kind {kind} is reserved; kinds 0 and 1 may be used here")]
    ReservedContextKind {
        /// The kind, the top byte of the context.
        kind: u8,
    },
}
