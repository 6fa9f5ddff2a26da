//! `verification_key.json`, `proof.json` and `public.json`, for `snarkjs groth16 verify` and whatever else reads them.
//!
//! Numbers are decimal strings; points have three coordinates, the last one 1; an element of the quadratic extension is
//! its real part, then its imaginary part.

use ark_bn254::{Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use rankproof_groth16_seal::keys::Points;
use rankproof_groth16_seal::{F, Groth16Proof, VerifyingKey};
use serde_json::{Value, json};

use crate::finalise::restored;

/// A verifying key as its ceremony left it: what `snarkjs zkey export verificationkey` gives, without the pairing of
/// alpha and beta, which no verifier reads.
pub fn verification_key(key: &VerifyingKey) -> Value {
    points(&restored(key))
}

/// Points of a verifying key, as they are.
pub fn points(points: &Points) -> Value {
    json!({
        "protocol": "groth16",
        "curve": "bn128",
        "nPublic": points.gamma_abc_g1.len().saturating_sub(1),
        "vk_alpha_1": g1(&points.alpha_g1),
        "vk_beta_2": g2(&points.beta_g2),
        "vk_gamma_2": g2(&points.gamma_g2),
        "vk_delta_2": g2(&points.delta_g2),
        "IC": points.gamma_abc_g1.iter().map(g1).collect::<Vec<_>>(),
    })
}

/// A proof.
pub fn proof(proof: &Groth16Proof) -> Value {
    json!({
        "protocol": "groth16",
        "curve": "bn128",
        "pi_a": g1(&proof.a),
        "pi_b": g2(&proof.b),
        "pi_c": g1(&proof.c),
    })
}

/// Public inputs, without the constant one.
pub fn public(inputs: &[F]) -> Value {
    inputs.iter().map(|input| input.into_bigint().to_string()).collect()
}

fn g1(point: &G1Affine) -> Value {
    match point.xy() {
        Some((x, y)) => json!([decimal(&x), decimal(&y), "1"]),
        None => json!(["0", "1", "0"]),
    }
}

fn g2(point: &G2Affine) -> Value {
    match point.xy() {
        Some((x, y)) => json!([pair(&x), pair(&y), ["1", "0"]]),
        None => json!([["0", "0"], ["1", "0"], ["0", "0"]]),
    }
}

fn decimal(coordinate: &Fq) -> String {
    coordinate.into_bigint().to_string()
}

fn pair(coordinate: &Fq2) -> Value {
    json!([decimal(&coordinate.c0), decimal(&coordinate.c1)])
}
