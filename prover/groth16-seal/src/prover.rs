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

#[cfg(test)]
mod tests {
    use ark_ff::Field;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::{ConstraintSystem, generator::development_keys, verifier::verify};

    /// `public = preimage hashed`; the second public input occurs in no constraint.
    fn circuit(cs: &mut ConstraintSystem, preimage: u64) {
        let preimage = [F::from(preimage), F::ONE];
        let tag = rankproof_poseidon::Tag(1);
        let digest = cs.public(rankproof_poseidon::hash(tag, &preimage));
        cs.public(F::from(5u64));
        let preimage = preimage.map(|element| cs.witness(element));
        cs.group("preimage", |cs| {
            let hashed = crate::gadgets::sponge::hash(cs, tag, &preimage);
            cs.enforce_equal(&hashed, &digest);
        });
    }

    fn honest() -> (ProvingKey, Assignment) {
        let mut cs = ConstraintSystem::recording();
        circuit(&mut cs, 0);
        let key = development_keys(cs.into_parts().0, "test", 1, [0; 32]).expect("a small circuit");
        let mut cs = ConstraintSystem::assigning(key.matrices().num_variables());
        circuit(&mut cs, 42);
        (key, cs.into_assignment())
    }

    #[test]
    fn proof_of_another_witness_than_that_of_the_setup_verifies() {
        let (key, assignment) = honest();
        let proof = prove(&key, &assignment).expect("honest");
        assert_eq!(verify(key.verifying_key(), assignment.public_inputs(), &proof), Ok(()));
        let again = prove(&key, &assignment).expect("honest");
        assert_ne!(proof, again, "fresh randomness hides the witness");
        let rng = || ChaCha20Rng::seed_from_u64(1);
        let fixed = [(); 2].map(|()| prove_with_rng(&key, &assignment, &mut rng()).expect("honest"));
        assert_eq!(fixed[0], fixed[1]);
    }

    #[test]
    fn rejects_every_public_input_when_changed_even_one_without_constraints() {
        let (key, assignment) = honest();
        let proof = prove(&key, &assignment).expect("honest");
        for index in 0..2 {
            let mut public = assignment.public_inputs().to_vec();
            public[index] += F::ONE;
            assert_eq!(verify(key.verifying_key(), &public, &proof), Err(Error::SealRejected));
        }
        let [first, second] = [0, 1].map(|index| assignment.public_inputs()[index]);
        assert_eq!(verify(key.verifying_key(), &[second, first], &proof), Err(Error::SealRejected));
        let count = |actual| Err(Error::PublicInputCount { expected: 2, actual });
        assert_eq!(verify(key.verifying_key(), &[first], &proof), count(1));
        assert_eq!(verify(key.verifying_key(), &[first, second, F::ONE], &proof), count(3));
    }

    #[test]
    fn rejects_every_point_when_changed() {
        let (key, assignment) = honest();
        let proof = prove(&key, &assignment).expect("honest");
        let check = |change: fn(&mut Groth16Proof)| {
            let mut proof = proof.clone();
            change(&mut proof);
            verify(key.verifying_key(), assignment.public_inputs(), &proof).unwrap_err()
        };
        assert_eq!(check(|proof| proof.a = -proof.a), Error::SealRejected);
        assert_eq!(check(|proof| proof.b = -proof.b), Error::SealRejected);
        assert_eq!(check(|proof| proof.c = -proof.c), Error::SealRejected);
        assert_eq!(check(|proof| std::mem::swap(&mut proof.a, &mut proof.c)), Error::SealRejected);
        assert_eq!(check(|proof| proof.a = ark_bn254::G1Affine::identity()), Error::SealRejected);
        assert_eq!(check(|proof| proof.a.x += ark_bn254::Fq::ONE), Error::SealPoint { point: "A" });
        assert_eq!(check(|proof| proof.b.y += ark_bn254::Fq2::ONE), Error::SealPoint { point: "B" });
        assert_eq!(check(|proof| proof.c.y += ark_bn254::Fq::ONE), Error::SealPoint { point: "C" });
    }

    #[test]
    fn rejects_a_key_for_another_configuration() {
        let (key, assignment) = honest();
        let proof = prove(&key, &assignment).expect("honest");
        let other = development_keys(key.matrices().clone(), "test", 1, [1; 32]).expect("a small circuit");
        assert_eq!(verify(other.verifying_key(), assignment.public_inputs(), &proof), Err(Error::SealRejected));
    }

    #[test]
    fn rerandomized_proof_is_another_proof_of_the_same_statement() {
        let (key, assignment) = honest();
        let proof = prove(&key, &assignment).expect("honest");
        let other = rerandomize(key.verifying_key(), &proof);
        assert!(other.a != proof.a && other.b != proof.b && other.c != proof.c);
        assert_eq!(verify(key.verifying_key(), assignment.public_inputs(), &other), Ok(()));
    }

    #[test]
    fn refuses_an_assignment_that_breaks_a_constraint_and_names_it() {
        let (key, mut assignment) = honest();
        let last = assignment.values().len() - 1;
        assignment.values_mut()[last] += F::ONE;
        let error = prove(&key, &assignment).unwrap_err();
        assert!(matches!(&error, Error::Unsatisfied { group, .. } if group == "preimage"), "{error}");
        let short = Assignment { values: assignment.values()[..last].to_vec(), num_public: 2 };
        let lengths = Error::AssignmentLength { expected: last + 1, actual: last };
        assert_eq!(prove(&key, &short), Err(lengths));
        let shifted = Assignment { values: assignment.values().to_vec(), num_public: 3 };
        assert_eq!(prove(&key, &shifted), Err(Error::PublicInputCount { expected: 2, actual: 3 }));
    }
}
