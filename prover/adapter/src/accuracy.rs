//! How far the integers are from the floats: relative Frobenius errors, for reports. Nothing here is proved.
//!
//! `weight_error = |dW_q - dW| / |dW|` needs no data: with `E = P Q`, `|E|^2 = <P^T P, Q Q^T>`, so two Gram matrices
//! of size `2 rank` replace the product of size `out x in`.

use rankproof_statement::QuantizedModule;

use crate::Module;

/// Of sums of products in float64: a square below this share of what it were without cancellation is taken for zero.
const ROUNDING: f64 = 1e-13;

/// Relative Frobenius error of the weight update: `dW = scaling B A` against `diag(out_scale) lora_b lora_a`.
/// Zero for an update that is zero in both; not finite if only the float one is, or if it is too large to square.
pub fn weight_error(module: &Module, quantized: &QuantizedModule) -> f64 {
    // P = [diag(out_scale) lora_b | -scaling B] by columns, Q = [lora_a; A] by rows.
    let mut p: Vec<Vec<f64>> = (0..quantized.rank)
        .map(|k| {
            let column = quantized.lora_b.iter().skip(k).step_by(quantized.rank);
            column.zip(&quantized.out_scale).map(|(&v, scale)| f64::from(v) * scale).collect()
        })
        .collect();
    p.extend(
        (0..module.rank).map(|k| {
            module.lora_b.iter().skip(k).step_by(module.rank).map(|&v| -f64::from(v) * module.scaling).collect()
        }),
    );
    let mut q: Vec<Vec<f64>> = quantized
        .lora_a
        .chunks(quantized.in_features)
        .map(|row| row.iter().copied().map(f64::from).collect())
        .collect();
    q.extend(module.lora_a.chunks(module.in_features).map(|row| row.iter().copied().map(f64::from).collect()));
    let (_, float_p) = p.split_at(quantized.rank);
    let (_, float_q) = q.split_at(quantized.rank);
    ratio(squared_norm(&p, &q), squared_norm(float_p, float_q))
}

/// `|sum_k p_k q_k^T|^2 = sum_{k,l} <p_k, p_l> <q_k, q_l>`; zero when it is not told from the rounding of its terms.
fn squared_norm(p: &[Vec<f64>], q: &[Vec<f64>]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let pairs = p.iter().zip(q);
    let sum =
        pairs.clone().map(|(pk, qk)| pairs.clone().map(|(pl, ql)| dot(pk, pl) * dot(qk, ql)).sum::<f64>()).sum::<f64>();
    // What it were if nothing cancelled.
    let largest = pairs.map(|(pk, qk)| (dot(pk, pk) * dot(qk, qk)).sqrt()).sum::<f64>().powi(2);
    if largest.is_finite() && sum <= largest * ROUNDING { 0.0 } else { sum }
}

/// `|actual - expected| / |expected|` over all entries, of a `.delta` against the captured one.
pub fn relative_error(actual: &[f32], expected: &[f32]) -> f64 {
    let square = |v: f64| v * v;
    let error = actual.iter().zip(expected).map(|(&a, &e)| square(f64::from(a) - f64::from(e))).sum();
    ratio(error, expected.iter().map(|&e| square(f64::from(e))).sum())
}

/// `scaling * lora_b (lora_a x)` in float64 for inputs `[tokens, in_features]`: the reference where no `.delta` was
/// captured. Row-major `[tokens, out_features]`.
pub fn float_delta(module: &Module, x: &[f32]) -> Vec<f32> {
    let dot = |row: &[f32], v: &[f64]| row.iter().zip(v).map(|(&a, b)| f64::from(a) * b).sum::<f64>();
    x.chunks(module.in_features.max(1))
        .flat_map(|x| {
            let x: Vec<f64> = x.iter().copied().map(f64::from).collect();
            let inner: Vec<f64> = module.lora_a.chunks(module.in_features).map(|row| dot(row, &x)).collect();
            module.lora_b.chunks(module.rank).map(move |row| module.scaling * dot(row, &inner))
        })
        .map(narrow)
        .collect()
}

#[expect(clippy::as_conversions, reason = "rounds to nearest even, which is what is wanted")]
fn narrow(value: f64) -> f32 {
    value as f32
}

fn ratio(error: f64, norm: f64) -> f64 {
    if error == 0.0 { 0.0 } else { (error / norm).sqrt() }
}
