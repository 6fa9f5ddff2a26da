//! Floats to integers by the folded scheme (docs/protocol.md section 1), and back.
//!
//! With `max_code = 2^(bits-1) - 1` and, for a row `v`, `scale(v) = max|v| / max_code` (1 for an all-zero row) and
//! `code(v) = round_half_even(v / scale(v))`, all in float64:
//!
//! * `s_a[k] = scale(A[k,:])`, `lora_a[k,:] = code(A[k,:])`
//! * `C[o,k] = B[o,k] * s_a[k]`, `s_b[o] = scale(C[o,:])`, `lora_b[o,:] = code(C[o,:])`, `out_scale[o] = s_b[o] * scaling`
//! * `token_scale[t] = max|x[t,:]| / 32767`, `X[t,:] = code(x[t,:])`
//!
//! so that `delta[t,o] ~ (out_scale[o] * token_scale[t]) * Y[t,o]`. No code is the most negative one of its width. The
//! float64 operations are single IEEE-754 ones in the order written, so every implementation gets the same bits.

use rankproof_statement::{QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits};

use crate::{Activations, Adapter, Error, Module, ModuleActivations};

/// Largest code of an activation.
const MAX_ACTIVATION: f64 = 32767.0;

/// Quantizes every module. The digest of the base model is declared, not checked; zeros if there is none.
///
/// # Errors
/// [`Error::ScaleNotFinite`] if weights times scaling leave the range of float64.
pub fn quantize(adapter: &Adapter, bits: WeightBits, base_model_digest: [u8; 32]) -> Result<QuantizedAdapter, Error> {
    let modules = adapter.modules.iter().map(|module| quantize_module(module, bits)).collect::<Result<_, _>>()?;
    Ok(QuantizedAdapter { bits, modules, base_model_digest })
}

fn quantize_module(module: &Module, bits: WeightBits) -> Result<QuantizedModule, Error> {
    let max_code = f64::from(bits.max_code());
    let mut lora_a = Vec::with_capacity(module.lora_a.len());
    let mut rank_scale = Vec::with_capacity(module.rank);
    for row in module.lora_a.chunks(module.in_features) {
        let row: Vec<f64> = row.iter().copied().map(f64::from).collect();
        let scale = scale_of(&row, max_code);
        lora_a.extend(row.iter().map(|v| weight_code(v / scale)));
        rank_scale.push(scale);
    }
    let mut lora_b = Vec::with_capacity(module.lora_b.len());
    let mut out_scale = Vec::with_capacity(module.out_features);
    for row in module.lora_b.chunks(module.rank) {
        let row: Vec<f64> = row.iter().zip(&rank_scale).map(|(&v, s)| f64::from(v) * s).collect();
        let scale = scale_of(&row, max_code);
        lora_b.extend(row.iter().map(|v| weight_code(v / scale)));
        out_scale.push(scale * module.scaling);
    }
    if out_scale.iter().any(|s| !s.is_finite()) {
        return Err(Error::ScaleNotFinite { module: module.name.clone() });
    }
    let Module { name, in_features, out_features, rank, .. } = module.clone();
    Ok(QuantizedModule { name, in_features, out_features, rank, lora_a, lora_b, out_scale })
}

/// Quantizes the input of every module to int16, one scale per token.
pub fn quantize_activations(activations: &Activations) -> Vec<QuantizedActivations> {
    activations.modules.iter().map(|module| quantize_input(module, activations.tokens)).collect()
}

fn quantize_input(module: &ModuleActivations, tokens: usize) -> QuantizedActivations {
    let mut x = Vec::with_capacity(module.x.len());
    let mut token_scale = Vec::with_capacity(tokens);
    for row in module.x.chunks(module.in_features) {
        let row: Vec<f64> = row.iter().copied().map(f64::from).collect();
        let scale = scale_of(&row, MAX_ACTIVATION);
        x.extend(row.iter().map(|v| activation_code(v / scale)));
        token_scale.push(scale);
    }
    QuantizedActivations { module: module.name.clone(), tokens, in_features: module.in_features, x, token_scale }
}

/// `delta[t,o] = (out_scale[o] * token_scale[t]) * Y[t,o]` in float64, rounded once to float32; row-major
/// `[tokens, out_features]` like `y`.
pub fn dequantize_delta(out_scale: &[f64], token_scale: &[f64], y: &[i64]) -> Vec<f32> {
    y.chunks(out_scale.len().max(1))
        .zip(token_scale)
        .flat_map(|(row, token)| row.iter().zip(out_scale).map(move |(&y, out)| to_f32(out * token * to_f64(y))))
        .collect()
}

fn scale_of(row: &[f64], max_code: f64) -> f64 {
    let max = row.iter().fold(0.0, |max: f64, v| max.max(v.abs()));
    if max == 0.0 { 1.0 } else { max / max_code }
}

#[expect(clippy::as_conversions, reason = "a quotient by scale_of is at most 127 in magnitude")]
fn weight_code(quotient: f64) -> i8 {
    quotient.round_ties_even() as i8
}

#[expect(clippy::as_conversions, reason = "a quotient by scale_of is at most 32767 in magnitude")]
fn activation_code(quotient: f64) -> i16 {
    quotient.round_ties_even() as i16
}

/// Exact below 2^53; |Y| is at most 2^50.
#[expect(clippy::as_conversions, reason = "rounds to nearest where it is not exact, which is what is wanted")]
pub(crate) fn to_f64(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::as_conversions, reason = "rounds to nearest even, which is what is wanted")]
fn to_f32(value: f64) -> f32 {
    value as f32
}
