//! Captured activations: `<module>.x`, `[tokens, in_features]`, float32, float16 or bfloat16.
//!
//! Other tensors are ignored, so a file may hold more modules, outputs or weights. All wanted modules must have the
//! same number of rows: they are one forward pass. It does not check that they are.

use std::path::Path;

use crate::Error;
use crate::tensors::TensorFile;

/// The inputs of some modules in one forward pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    /// Rows of every `x`.
    pub tokens: usize,
    /// In the order in which they were asked for.
    pub modules: Vec<ModuleActivations>,
}

/// The input of one module.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleActivations {
    /// The module's name in the base model.
    pub name: String,
    /// Columns of `x`.
    pub in_features: usize,
    /// Row-major `[tokens, in_features]`, finite.
    pub x: Vec<f32>,
}

/// Reads the input of each `(module, in_features)`, the first `tokens` rows (all without a number).
///
/// # Errors
/// Those of [`count_tokens`], and of tensors with too many numbers or one that is not finite.
pub fn read_activations<'a>(
    path: &Path,
    modules: impl IntoIterator<Item = (&'a str, usize)>,
    tokens: Option<usize>,
) -> Result<Activations, Error> {
    let modules: Vec<(&str, usize)> = modules.into_iter().collect();
    let (file, tokens) = open(path, &modules, tokens)?;
    file.check_total(
        modules.iter().map(|&(_, columns)| u64::try_from(columns.saturating_mul(tokens)).unwrap_or(u64::MAX)),
    )?;
    let modules = modules
        .into_iter()
        .map(|(name, in_features)| {
            let x = file.read_floats(&input_name(name), tokens)?;
            Ok(ModuleActivations { name: name.into(), in_features, x })
        })
        .collect::<Result<_, Error>>()?;
    Ok(Activations { tokens, modules })
}

/// How many tokens [`read_activations`] would read: only the header is looked at.
///
/// # Errors
/// [`Error::ActivationsMissing`], [`Error::TokenCountMismatch`], [`Error::TokensUnavailable`], [`Error::NoTokens`],
/// and those of a bad header.
pub fn count_tokens<'a>(
    path: &Path,
    modules: impl IntoIterator<Item = (&'a str, usize)>,
    tokens: Option<usize>,
) -> Result<usize, Error> {
    let modules: Vec<(&str, usize)> = modules.into_iter().collect();
    Ok(open(path, &modules, tokens)?.1)
}

/// The file, whose header has what is wanted, and how many rows are.
fn open(path: &Path, modules: &[(&str, usize)], tokens: Option<usize>) -> Result<(TensorFile, usize), Error> {
    let file = TensorFile::open(path)?;
    let mut available = None;
    for &(module, in_features) in modules {
        let tensor = input_name(module);
        let Ok(info) = file.info(&tensor) else {
            return Err(Error::ActivationsMissing { path: path.into(), module: module.into() });
        };
        if info.shape.first() == Some(&0) {
            return Err(Error::NoTokens { path: path.into() });
        }
        let (rows, columns) = file.matrix_shape(&tensor)?;
        if columns != in_features {
            return Err(file.wrong_shape(&tensor, info, format!("[tokens, {in_features}]")));
        }
        let expected = *available.get_or_insert(rows);
        if rows != expected {
            let (path, module) = (path.into(), module.into());
            return Err(Error::TokenCountMismatch { path, module, expected, actual: rows });
        }
    }
    let available = available.unwrap_or(0);
    let asked = tokens.unwrap_or(available);
    if asked > available {
        return Err(Error::TokensUnavailable { path: path.into(), asked, available });
    }
    if asked == 0 {
        return Err(Error::NoTokens { path: path.into() });
    }
    Ok((file, asked))
}

/// The captured `<module>.delta`, first `tokens` rows, if the file has one of a fitting shape. For error reports only.
///
/// # Errors
/// Those of a bad tensor file.
pub fn read_captured_delta(
    path: &Path,
    module: &str,
    out_features: usize,
    tokens: usize,
) -> Result<Option<Vec<f32>>, Error> {
    let file = TensorFile::open(path)?;
    let tensor = format!("{module}.delta");
    match file.matrix_shape(&tensor) {
        Ok((rows, columns)) if rows >= tokens && columns == out_features => {
            file.check_total(std::iter::once(u64::try_from(tokens.saturating_mul(columns)).unwrap_or(u64::MAX)))?;
            file.read_floats(&tensor, tokens).map(Some)
        }
        _ => Ok(None),
    }
}

fn input_name(module: &str) -> String {
    format!("{module}.x")
}
