//! What `prove` hands to a client, and what the client reads back: one safetensors file.
//!
//! `activations_salt` uint8 `[32]`, and for every module `.delta` float32 `[tokens, out]`, `.x_int` int16
//! `[tokens, in]`, `.y` int64 `[tokens, out]`, `.out_scale` float64 `[out]`, `.token_scale` float64 `[tokens]`.
//!
//! Reading checks that the file is exactly that and that every `.delta` is `out_scale * token_scale * y`, bit for bit.
//! It does *not* check that `y` is what the adapter answers, nor that `out_scale` is the adapter's: whoever calls it
//! recomputes the activations id and compares the scales with the public adapter file.

use std::collections::BTreeSet;
use std::path::Path;

use rankproof_statement::relation::Witness;
use rankproof_statement::{QuantizedActivations, QuantizedModule};

use crate::tensors::{TensorFile, TensorWriter};
use crate::{Error, dequantize_delta, files};

const SALT: &str = "activations_salt";
const PARTS: [&str; 5] = [".delta", ".x_int", ".y", ".out_scale", ".token_scale"];

/// The outputs of one proven forward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Outputs {
    /// The salt of the activations id, canonical bytes as the statement defines them.
    pub salt: [u8; 32],
    /// When read: by name, in byte order. Writing takes any order.
    pub modules: Vec<ModuleOutputs>,
}

/// Integers and scales of one module.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleOutputs {
    /// The module's name, its input and its token scales.
    pub activations: QuantizedActivations,
    /// Row-major `[tokens, out_features]`.
    pub y: Vec<i64>,
    /// One scale per output, `[out_features]`.
    pub out_scale: Vec<f64>,
}

impl Outputs {
    /// What a prover hands over: the answers of a witness, and the salt of its activations id.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] for a witness that was put together by hand and does not fit.
    pub fn from_witness(witness: &Witness, salt: [u8; 32]) -> Result<Self, Error> {
        let Witness { adapter, activations, outputs } = witness;
        let parts = adapter.modules.iter().zip(activations).zip(outputs);
        let modules = parts.map(|((module, x), y)| ModuleOutputs::new(module, x.clone(), y.clone()));
        Ok(Self { salt, modules: modules.collect::<Result<_, _>>()? })
    }
}

impl ModuleOutputs {
    /// Puts together what belongs to one module.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] if the lengths do not fit.
    pub fn new(module: &QuantizedModule, activations: QuantizedActivations, y: Vec<i64>) -> Result<Self, Error> {
        let outputs = Self { activations, y, out_scale: module.out_scale.clone() };
        outputs.check_lengths()?;
        Ok(outputs)
    }

    /// The float answer, row-major `[tokens, out_features]`.
    pub fn delta(&self) -> Vec<f32> {
        dequantize_delta(&self.out_scale, &self.activations.token_scale, &self.y)
    }

    fn check_lengths(&self) -> Result<(), Error> {
        let QuantizedActivations { module, tokens, in_features, x, token_scale } = &self.activations;
        let lengths = [
            ("x", tokens.saturating_mul(*in_features), x.len()),
            ("token scales", *tokens, token_scale.len()),
            ("y", tokens.saturating_mul(self.out_scale.len()), self.y.len()),
        ];
        match lengths.into_iter().find(|(_, expected, actual)| expected != actual) {
            Some((what, expected, actual)) => {
                Err(Error::LengthMismatch { module: module.clone(), what, expected, actual })
            }
            None => Ok(()),
        }
    }
}

/// Writes the file; refuses to replace one without `force`. It holds inputs and answers, so only its owner may read it.
///
/// # Errors
/// Those of [`encode_outputs`], [`Error::FileExists`], [`Error::Io`].
pub fn write_outputs(path: &Path, outputs: &Outputs, force: bool) -> Result<(), Error> {
    files::write_private(path, &encode_outputs(path, outputs)?, force)
}

/// The bytes of the file; `path` is what an error names.
///
/// # Errors
/// [`Error::DuplicateModule`], [`Error::LengthMismatch`].
pub fn encode_outputs(path: &Path, outputs: &Outputs) -> Result<Vec<u8>, Error> {
    let mut writer = TensorWriter::default();
    writer.add(SALT.into(), &[32], &outputs.salt);
    let mut names = BTreeSet::new();
    for module in &outputs.modules {
        module.check_lengths()?;
        let QuantizedActivations { module: name, tokens, in_features, x, token_scale } = &module.activations;
        if !names.insert(name) {
            return Err(Error::DuplicateModule { module: name.clone() });
        }
        let out_features = module.out_scale.len();
        writer.add(format!("{name}.delta"), &[*tokens, out_features], &module.delta());
        writer.add(format!("{name}.x_int"), &[*tokens, *in_features], x);
        writer.add(format!("{name}.y"), &[*tokens, out_features], &module.y);
        writer.add(format!("{name}.out_scale"), &[out_features], &module.out_scale);
        writer.add(format!("{name}.token_scale"), &[*tokens], token_scale);
    }
    writer.encode(path, Some(("format", "rankproof.outputs.v1")))
}

/// Reads the file back.
///
/// # Errors
/// [`Error::TensorMissing`], [`Error::TensorUnexpected`], [`Error::WrongDtype`], [`Error::WrongShape`],
/// [`Error::NotFinite`] for scales, [`Error::TokenCountMismatch`], [`Error::DeltaMismatch`], and those of a bad tensor
/// file.
pub fn read_outputs(path: &Path) -> Result<Outputs, Error> {
    let file = TensorFile::open(path)?;
    let salt_bytes: Vec<u8> = file.read_exact(SALT, &[32])?;
    let salt = salt_bytes.try_into().unwrap_or_default();
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for tensor in file.names().filter(|name| *name != SALT) {
        match PARTS.iter().find_map(|part| tensor.strip_suffix(part)) {
            Some(module) => names.insert(module),
            None => return Err(Error::TensorUnexpected { path: path.into(), tensor: tensor.into() }),
        };
    }
    file.check_total(file.tensors().values().map(|info| info.bytes / 4))?;
    let mut modules: Vec<ModuleOutputs> = Vec::new();
    for name in names {
        let (tokens, in_features) = file.matrix_shape(&format!("{name}.x_int"))?;
        let (_, out_features) = file.matrix_shape(&format!("{name}.y"))?;
        if let Some(first) = modules.first().filter(|first| first.activations.tokens != tokens) {
            let (path, expected) = (path.into(), first.activations.tokens);
            return Err(Error::TokenCountMismatch { path, module: name.into(), expected, actual: tokens });
        }
        let scales = |part: &str, length: usize| {
            let tensor = format!("{name}{part}");
            let scales: Vec<f64> = file.read_exact(&tensor, &[length])?;
            match scales.iter().position(|s| !s.is_finite()) {
                Some(index) => Err(Error::NotFinite { path: path.into(), tensor, index }),
                None => Ok(scales),
            }
        };
        let activations = QuantizedActivations {
            module: name.into(),
            tokens,
            in_features,
            x: file.read_exact(&format!("{name}.x_int"), &[tokens, in_features])?,
            token_scale: scales(".token_scale", tokens)?,
        };
        let y = file.read_exact(&format!("{name}.y"), &[tokens, out_features])?;
        let module = ModuleOutputs { activations, y, out_scale: scales(".out_scale", out_features)? };
        let delta: Vec<f32> = file.read_exact(&format!("{name}.delta"), &[tokens, out_features])?;
        let differs = |(a, b): (&f32, &f32)| a.to_bits() != b.to_bits();
        if let Some(index) = delta.iter().zip(&module.delta()).position(differs) {
            return Err(Error::DeltaMismatch { path: path.into(), module: name.into(), index });
        }
        modules.push(module);
    }
    Ok(Outputs { salt, modules })
}
