//! Groth16 proofs with a key and its cached constraints.
//!
//! ```text
//!     A = α + Σ z_j A_j + r δ,   B = β + Σ z_j B_j + s δ,
//!     C = Σ_witness z_j L_j + Σ_i P(ω^(2i+1)) H_i + s A + r B - r s δ
//! ```
//!
//! with fresh random `r, s`: that is what makes a proof zero-knowledge (Groth, ePrint 2016/260, section 3.2). An
//! assignment that breaks a constraint is refused before any of the work. The time goes into five multi-scalar
//! multiplications, four in G1 and one in G2; variables that never occur as a right factor are left out of `B`.

use ark_bn254::{G1Projective, G2Projective};
use ark_ec::{CurveGroup, VariableBaseMSM};
use ark_ff::{BigInteger256, PrimeField, UniformRand};
use ark_groth16::Groth16;
use rand::{CryptoRng, RngCore, rngs::OsRng};
use rayon::prelude::*;

use crate::{Assignment, Error, F, Groth16Proof, ProvingKey, VerifyingKey, reduction};

/// Proves that the assignment satisfies the circuit of the key, with randomness of the operating system.
///
/// # Errors
/// [`Error::AssignmentLength`] for a witness of another circuit, [`Error::Unsatisfied`] for one that is wrong.
pub fn prove(key: &ProvingKey, assignment: &Assignment) -> Result<Groth16Proof, Error> {
    prove_with_rng(key, assignment, &mut OsRng)
}

/// [`prove`] with a chosen source of randomness, for fixtures that regenerate bit for bit.
///
/// # Soundness
/// Whoever can predict `rng` can test guesses of the witness against the proof.
///
/// # Errors
/// As [`prove`].
pub fn prove_with_rng(
    key: &ProvingKey,
    assignment: &Assignment,
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<Groth16Proof, Error> {
    let matrices = &key.matrices;
    let num_leading = matrices.num_public() + 1;
    let (expected, actual) = (matrices.num_variables(), assignment.values().len());
    if actual != expected {
        return Err(Error::AssignmentLength { expected, actual });
    }
    if assignment.public_inputs().len() != matrices.num_public() {
        let (expected, actual) = (matrices.num_public(), assignment.public_inputs().len());
        return Err(Error::PublicInputCount { expected, actual });
    }
    let quotient = {
        let values = matrices.evaluate(assignment.values());
        if let Some(index) = matrices.first_unsatisfied_row(&values) {
            let group = match matrices.group(index) {
                "" => "the key file keeps no names".to_owned(),
                group => group.to_owned(),
            };
            return Err(Error::Unsatisfied { index, group });
        }
        reduction::quotient_on_odd_coset(matrices, &key.domain, &values, &assignment.values()[..num_leading])
    };
    let h = G1Projective::msm_bigint(&key.h_query, &integers(&quotient));
    drop(quotient);

    let scalars = integers(assignment.values());
    let l = G1Projective::msm_bigint(&key.l_query, &scalars[num_leading..]);
    let a = G1Projective::msm_bigint(&key.a_query, &scalars);
    let right: Vec<BigInteger256> = key.b_variables.iter().map(|&variable| scalars[variable as usize]).collect();
    drop(scalars);
    let b_g1 = G1Projective::msm_bigint(&key.b_g1_query, &right);
    let b_g2 = G2Projective::msm_bigint(&key.b_g2_query, &right);

    let (r, s) = (F::rand(rng), F::rand(rng));
    let points = key.verifying_key.points();
    let a = a + points.alpha_g1 + key.delta_g1 * r;
    let b_g1 = b_g1 + key.beta_g1 + key.delta_g1 * s;
    let b_g2 = b_g2 + points.beta_g2 + points.delta_g2 * s;
    let c = l + h + a * s + b_g1 * r - key.delta_g1 * (r * s);
    Ok(Groth16Proof { a: a.into_affine(), b: b_g2.into_affine(), c: c.into_affine() })
}

fn integers(elements: &[F]) -> Vec<BigInteger256> {
    elements.par_iter().with_min_len(1 << 10).map(|element| element.into_bigint()).collect()
}

/// Another proof of the same statement, which nobody can link to the first: seals are not identities.
pub fn rerandomize(key: &VerifyingKey, proof: &Groth16Proof) -> Groth16Proof {
    rerandomize_with_rng(key, proof, &mut OsRng)
}

/// [`rerandomize`] with a chosen source of randomness, for fixtures that regenerate bit for bit.
pub fn rerandomize_with_rng(
    key: &VerifyingKey,
    proof: &Groth16Proof,
    rng: &mut (impl RngCore + CryptoRng),
) -> Groth16Proof {
    Groth16::<ark_bn254::Bn254>::rerandomize_proof(key.points(), proof, rng)
}
