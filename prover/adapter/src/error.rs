//! What can be wrong with a file, one variant a fact.

use std::path::PathBuf;

/// Why a file was refused. Each message names the file and the field, module or tensor, and says what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the message of each variant is its documentation")]
pub enum Error {
    // Files as such.
    #[error("{}: cannot {action}: {reason}; check the path and its permissions", path.display())]
    Io { path: PathBuf, action: &'static str, reason: String },
    #[error("{}: no such file; check the path", path.display())]
    FileMissing { path: PathBuf },
    #[error("{}: not a regular file; give a file", path.display())]
    NotARegularFile { path: PathBuf },
    #[error("{}: exists already; use --force to replace it, or another name", path.display())]
    FileExists { path: PathBuf },
    #[error("{}: {bytes} bytes, at most {limit} are read; give the right file", path.display())]
    FileTooLarge { path: PathBuf, bytes: u64, limit: u64 },

    // safetensors: the header.
    #[error("{}: {bytes} bytes are too few for a safetensors file; fetch the file again", path.display())]
    HeaderMissing { path: PathBuf, bytes: u64 },
    #[error("{}: the safetensors header claims {bytes} bytes, at most {limit} are read; fetch the file again", path.display())]
    HeaderTooLarge { path: PathBuf, bytes: u64, limit: u64 },
    #[error("{}: the safetensors header claims {bytes} bytes, the file has {available} after the length; fetch it again", path.display())]
    HeaderTruncated { path: PathBuf, bytes: u64, available: u64 },
    #[error("{}: the safetensors header does not parse: {reason}; fetch the file again", path.display())]
    HeaderSyntax { path: PathBuf, reason: String },
    #[error("{}: tensor `{tensor}` is listed twice; write the file again with one of each name", path.display())]
    DuplicateTensor { path: PathBuf, tensor: String },
    #[error("{}: tensor `{tensor}`: shape and dtype do not make a whole number of bytes below 2^63; write the file again", path.display())]
    TensorSizeOverflow { path: PathBuf, tensor: String },
    #[error("{}: tensor `{tensor}`: shape and dtype make {expected} bytes, its offsets {actual}; write the file again", path.display())]
    TensorSizeMismatch { path: PathBuf, tensor: String, expected: u64, actual: u64 },
    #[error("{}: tensor `{tensor}` starts at byte {actual} of the data, expected {expected}: a gap or an overlap; write the file again", path.display())]
    TensorOffsetMismatch { path: PathBuf, tensor: String, expected: u64, actual: u64 },
    #[error("{}: {actual} bytes, the safetensors header needs {expected}: cut short; fetch the file again", path.display())]
    FileTruncated { path: PathBuf, expected: u64, actual: u64 },
    #[error("{}: {actual} bytes, the safetensors header accounts for {expected}: something was appended; fetch the file again", path.display())]
    FileOverlong { path: PathBuf, expected: u64, actual: u64 },

    // safetensors: one tensor.
    #[error("{}: tensor `{tensor}` is missing; write the file again with it", path.display())]
    TensorMissing { path: PathBuf, tensor: String },
    #[error("{}: tensor `{tensor}` does not belong in this file; write the file again without it", path.display())]
    TensorUnexpected { path: PathBuf, tensor: String },
    #[error("{}: tensor `{tensor}` is {actual}, expected {expected}; convert it", path.display())]
    WrongDtype { path: PathBuf, tensor: String, expected: &'static str, actual: String },
    #[error("{}: tensor `{tensor}` has shape {actual:?}, expected {expected}; write the file again", path.display())]
    WrongShape { path: PathBuf, tensor: String, expected: String, actual: Vec<u64> },
    #[error("{}: tensor `{tensor}`: entry {index} is NaN or infinite; a statement is about finite numbers, repair the file", path.display())]
    NotFinite { path: PathBuf, tensor: String, index: usize },
    #[error("{}: {numbers} numbers to read, at most {limit}; select fewer modules or tokens", path.display())]
    TooManyNumbers { path: PathBuf, numbers: u64, limit: u64 },

    // adapter_config.json.
    #[error("{}: not a JSON object: {reason}; give the file that PEFT wrote", path.display())]
    ConfigSyntax { path: PathBuf, reason: String },
    #[error("{}: field `{field}` is missing; save the adapter again with PEFT", path.display())]
    ConfigFieldMissing { path: PathBuf, field: String },
    #[error("{}: field `{field}` is {actual}, expected {expected}; correct it", path.display())]
    ConfigFieldInvalid { path: PathBuf, field: String, expected: &'static str, actual: String },
    #[error("{}: peft_type is `{actual}`, only LORA is supported; train or convert to LoRA", path.display())]
    PeftTypeUnsupported { path: PathBuf, actual: String },
    #[error("{}: field `{field}` is {actual}, which is not supported: {reason}; train without it", path.display())]
    ConfigFieldUnsupported { path: PathBuf, field: String, actual: String, reason: &'static str },
    #[error("{}: field `{field}` is unknown and set to {actual}, so it could change the formula; remove it if it does not", path.display())]
    ConfigFieldUnknown { path: PathBuf, field: String, actual: String },
    #[error("{}: `{field}` has the pattern `{pattern}`: {reason}; write it as a plain module name", path.display())]
    PatternInvalid { path: PathBuf, field: &'static str, pattern: String, reason: String },
    #[error("{}: module `{module}` is matched by two patterns of `{field}`, `{first}` and `{second}`; leave one", path.display())]
    PatternAmbiguous { path: PathBuf, field: &'static str, module: String, first: String, second: String },

    // adapter_model.safetensors.
    #[error("{}: a pickle runs code when it is read and is refused; save the adapter with safe_serialization=True", path.display())]
    PickleRefused { path: PathBuf },
    #[error("{}: tensor `{tensor}` is not supported: {reason}; train without it", path.display())]
    TensorUnsupported { path: PathBuf, tensor: String, reason: &'static str },
    #[error("{}: tensor `{tensor}` is no LoRA weight; give the file that save_pretrained wrote for a plain LoRA", path.display())]
    NotALoraTensor { path: PathBuf, tensor: String },
    #[error("{}: module `{module}` has {matrix} under two adapter names; save one adapter alone", path.display())]
    ModuleRepeated { path: PathBuf, module: String, matrix: &'static str },
    #[error("{}: module `{module}` has lora_A but no lora_B; fetch or save the file again", path.display())]
    LoraBMissing { path: PathBuf, module: String },
    #[error("{}: module `{module}` has lora_B but no lora_A; fetch or save the file again", path.display())]
    LoraAMissing { path: PathBuf, module: String },
    #[error("{}: module `{module}`: lora_A {lora_a:?} and lora_B {lora_b:?} do not multiply; save the adapter again", path.display())]
    LoraShapeMismatch { path: PathBuf, module: String, lora_a: Vec<u64>, lora_b: Vec<u64> },
    #[error("{}: module `{module}`: rank {actual} in the weights, {expected} in adapter_config.json; use files that belong together", path.display())]
    RankMismatch { path: PathBuf, module: String, expected: u64, actual: u64 },
    #[error("{}: module name `{module}` is empty, too long or has control characters; rename the module", path.display())]
    ModuleNameInvalid { path: PathBuf, module: String },
    #[error("{}: no LoRA module in the file; give a trained adapter", path.display())]
    NoModules { path: PathBuf },
    #[error("{}: no module name contains a match of `{pattern}`; list them with `rankproof inspect`", path.display())]
    NothingSelected { path: PathBuf, pattern: String },
    #[error("module `{module}`: an output scale is not finite; the weights or lora_alpha are too large to quantize")]
    ScaleNotFinite { module: String },

    // Activations and outputs.
    #[error("{}: tensor `{module}.x` is missing; capture the input of every committed module", path.display())]
    ActivationsMissing { path: PathBuf, module: String },
    #[error("{}: module `{module}` has {actual} tokens, others have {expected}; capture all modules in one forward pass", path.display())]
    TokenCountMismatch { path: PathBuf, module: String, expected: usize, actual: usize },
    #[error("{}: {asked} tokens asked for, {available} captured; lower --tokens", path.display())]
    TokensUnavailable { path: PathBuf, asked: usize, available: usize },
    #[error("{}: zero tokens; capture or ask for at least one", path.display())]
    NoTokens { path: PathBuf },
    #[error("{}: `{module}.delta` entry {index} is not out_scale * token_scale * y; the outputs were edited, ask for them again", path.display())]
    DeltaMismatch { path: PathBuf, module: String, index: usize },
    #[error("module `{module}`: {what}: expected {expected} entries, got {actual}; use values of one run")]
    LengthMismatch { module: String, what: &'static str, expected: usize, actual: usize },
    #[error("module `{module}` appears twice; give each module once")]
    DuplicateModule { module: String },
}
