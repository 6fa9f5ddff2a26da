//! The native check of a Groth16 proof: `e(A, B) = e(α, β) · e(Σ x_i IC_i, γ) · e(C, δ)`.
//!
//! It says that somebody knew a satisfying witness for these public inputs, under a key whose trapdoor nobody knows. For
//! a development key everybody knows it, so there it says nothing.

use ark_bn254::Bn254;
use ark_groth16::{Groth16, prepare_verifying_key};

use crate::{Error, F, Groth16Proof, VerifyingKey};

/// Checks a proof against its public inputs, without the constant one.
///
/// # Errors
/// [`Error::PublicInputCount`], [`Error::SealPoint`] for points outside the groups, and [`Error::SealRejected`].
pub fn verify(key: &VerifyingKey, public_inputs: &[F], proof: &Groth16Proof) -> Result<(), Error> {
    let (expected, actual) = (key.num_public(), public_inputs.len());
    if expected != actual {
        return Err(Error::PublicInputCount { expected, actual });
    }
    let in_group = [
        ("A", proof.a.is_on_curve()),
        ("B", proof.b.is_on_curve() && proof.b.is_in_correct_subgroup_assuming_on_curve()),
        ("C", proof.c.is_on_curve()),
    ];
    if let Some((point, _)) = in_group.into_iter().find(|(_, is_valid)| !is_valid) {
        return Err(Error::SealPoint { point });
    }
    let prepared = prepare_verifying_key(key.points());
    match Groth16::<Bn254>::verify_proof(&prepared, proof, public_inputs) {
        Ok(true) => Ok(()),
        _ => Err(Error::SealRejected),
    }
}
