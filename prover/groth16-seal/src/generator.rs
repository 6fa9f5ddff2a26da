//! Development keys: a Groth16 key pair whose trapdoor everybody can compute.
//!
//! The five secrets come from ChaCha20 seeded with the SHA-256 of a fixed label and of the circuit, so that the same
//! circuit gives the same keys on every machine, and *anybody can forge seals for them*. They serve tests, demos and
//! local chains; the header of every file says so and contracts refuse them elsewhere. Keys for value come from a
//! ceremony.
//!
//! With `u_j, v_j, w_j` of [`crate::reduction`]: `A_j = u_j(τ)`, `B_j = v_j(τ)`, `H_i = L_(2i+1)(τ) / δ`,
//! `L_j = (β u_j + α v_j + w_j)(τ) / δ` for the witness and the same over `γ` for public variables, times the standard
//! generators of both groups (Groth, ePrint 2016/260, section 3.2).

use ark_bn254::{G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, ScalarMul, scalar_mul::BatchMulPreprocessing};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::{
    Error, F, KeyHeader, Matrices, ProvingKey, VerifyingKey,
    keys::{Points, is_valid_profile},
    r1cs::count,
    reduction::{self, Columns},
};

const SEED_LABEL: &[u8] = b"rankproof.development-keys.v1: INSECURE, anybody can forge";

/// What must not be known of a key that is to be trusted.
#[derive(Clone, Debug)]
pub(crate) struct Trapdoor {
    pub(crate) tau: F,
    pub(crate) alpha: F,
    pub(crate) beta: F,
    pub(crate) gamma: F,
    pub(crate) delta: F,
}

impl Trapdoor {
    fn from_public_seed(header: &KeyHeader) -> Self {
        let seed = Sha256::new().chain_update(SEED_LABEL).chain_update(header.circuit_digest);
        let mut rng = ChaCha20Rng::from_seed(seed.chain_update(header.inner_digest).finalize().into());
        let [tau, alpha, beta, gamma, delta] = [(); 5].map(|()| F::rand(&mut rng));
        Self { tau, alpha, beta, gamma, delta }
    }
}

/// Makes the development keys of a circuit: **insecure**, anybody can forge with them.
///
/// `profile` and `slots` name the circuit, `inner_digest` is the digest of the configuration of the proofs that it
/// verifies.
///
/// # Errors
/// [`Error::CircuitTooLarge`].
///
/// # Panics
/// When the profile's name is not 1 to 64 letters, digits, dots or dashes.
pub fn development_keys(
    matrices: Matrices,
    profile: &str,
    slots: u32,
    inner_digest: [u8; 32],
) -> Result<ProvingKey, Error> {
    let circuit_digest = matrices.digest();
    assert!(is_valid_profile(profile), "a profile's name has 1 to 64 letters, digits, dots or dashes");
    let header = KeyHeader { profile: profile.to_owned(), slots, development: true, circuit_digest, inner_digest };
    let trapdoor = Trapdoor::from_public_seed(&header);
    generate(matrices, header, &trapdoor)
}

pub(crate) fn generate(matrices: Matrices, header: KeyHeader, trapdoor: &Trapdoor) -> Result<ProvingKey, Error> {
    let Trapdoor { tau, alpha, beta, gamma, delta } = *trapdoor;
    let invert = |secret: F| secret.inverse().expect("a random secret is not zero");
    let (gamma_inverse, delta_inverse) = (invert(gamma), invert(delta));
    let domain = reduction::domain(&matrices)?;
    let columns = reduction::columns_at(&matrices, &domain, tau);
    let num_leading = matrices.num_public() + 1;

    let (b_variables, b_scalars): (Vec<u32>, Vec<F>) =
        columns.right.iter().enumerate().filter(|(_, v)| **v != F::ZERO).map(|(j, v)| (count(j), *v)).unzip();
    let b_g2_query = {
        let table = BatchMulPreprocessing::new(G2Projective::generator(), b_scalars.len());
        multiply_in_slices(&table, &b_scalars)
    };
    let table = BatchMulPreprocessing::new(G1Projective::generator(), 4 * domain.size as usize);
    let b_g1_query = multiply_in_slices(&table, &b_scalars);
    let a_query = multiply_in_slices(&table, &columns.left);

    let Columns { left, right, product: mut combined } = columns;
    combined.par_iter_mut().zip(&left).zip(&right).enumerate().for_each(|(j, ((combined, left), right))| {
        *combined += beta * left + alpha * right;
        *combined *= if j < num_leading { gamma_inverse } else { delta_inverse };
    });
    drop((left, right));
    let gamma_abc_g1 = table.batch_mul(&combined[..num_leading]);
    let l_query = multiply_in_slices(&table, &combined[num_leading..]);
    drop(combined);
    let mut odd_lagrange = reduction::odd_lagrange_at(&domain, tau);
    odd_lagrange.par_iter_mut().for_each(|value| *value *= delta_inverse);
    let h_query = multiply_in_slices(&table, &odd_lagrange);

    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    let points = Points {
        alpha_g1: (g1 * alpha).into_affine(),
        beta_g2: (g2 * beta).into_affine(),
        gamma_g2: (g2 * gamma).into_affine(),
        delta_g2: (g2 * delta).into_affine(),
        gamma_abc_g1,
    };
    Ok(ProvingKey {
        matrices,
        domain,
        verifying_key: VerifyingKey::new(header, points)?,
        beta_g1: (g1 * beta).into_affine(),
        delta_g1: (g1 * delta).into_affine(),
        a_query,
        b_variables,
        b_g1_query,
        b_g2_query,
        h_query,
        l_query,
    })
}

/// Multiples of one base, a slice at a time: normalising all at once would hold every projective point.
fn multiply_in_slices<G: ScalarMul>(table: &BatchMulPreprocessing<G>, scalars: &[G::ScalarField]) -> Vec<G::MulBase> {
    const SLICE: usize = 1 << 16;
    let mut points = Vec::with_capacity(scalars.len());
    for slice in scalars.chunks(SLICE) {
        points.extend(table.batch_mul(slice));
    }
    points
}

#[cfg(test)]
mod tests {
    use ark_groth16::{Groth16, r1cs_to_qap::LibsnarkReduction};
    use ark_poly::EvaluationDomain;
    use ark_relations::gr1cs::{
        ConstraintSynthesizer, ConstraintSystemRef, LinearCombination, Result as R1csResult, Variable,
    };

    use super::*;
    use crate::ConstraintSystem;

    /// Replays our rows into arkworks' constraint system.
    struct Replay<'a>(&'a Matrices);

    impl ConstraintSynthesizer<F> for Replay<'_> {
        fn generate_constraints(self, cs: ConstraintSystemRef<F>) -> R1csResult<()> {
            let matrices = self.0;
            let mut variables = vec![Variable::One];
            for index in 1..matrices.num_variables() {
                variables.push(match index <= matrices.num_public() {
                    true => cs.new_input_variable(|| Ok(F::ZERO))?,
                    false => cs.new_witness_variable(|| Ok(F::ZERO))?,
                });
            }
            for row in &matrices.rows {
                let [a, b, c] = row.map(|combination| {
                    let terms = matrices.combination(combination as usize).iter();
                    let terms = terms.map(|&(v, k)| (matrices.coefficients[k as usize], variables[v as usize]));
                    LinearCombination(terms.collect())
                });
                cs.enforce_r1cs_constraint(|| a, || b, || c)?;
            }
            Ok(())
        }
    }

    fn circuit() -> Matrices {
        let mut cs = ConstraintSystem::recording();
        let (public, _unused) = (cs.public(F::from(8u64)), cs.public(F::ONE));
        let root = cs.witness(F::from(2u64));
        let square = cs.square(&root);
        let cube = cs.mul(&(&square * F::from(3u64)), &(&root + F::ONE));
        let product = cs.mul(&cube, &(&public - &square));
        cs.enforce_equal(&product, &cube);
        cs.into_parts().0
    }

    #[test]
    fn every_query_but_h_is_that_of_arkworks() {
        let matrices = circuit();
        // Arkworks draws tau first from the generator that it is given.
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let tau = reduction::domain(&matrices).expect("small").sample_element_outside_domain(&mut rng);
        let [alpha, beta, gamma, delta] = [2u64, 3, 5, 7].map(F::from);
        let trapdoor = Trapdoor { tau, alpha, beta, gamma, delta };
        let theirs = Groth16::<ark_bn254::Bn254, LibsnarkReduction>::generate_parameters_with_qap(
            Replay(&matrices),
            alpha,
            beta,
            gamma,
            delta,
            G1Projective::generator(),
            G2Projective::generator(),
            &mut ChaCha20Rng::seed_from_u64(5),
        )
        .expect("a small circuit");
        let header = KeyHeader {
            profile: "test".to_owned(),
            slots: 1,
            development: true,
            circuit_digest: matrices.digest(),
            inner_digest: [0; 32],
        };
        let num_variables = matrices.num_variables();
        let ours = generate(matrices, header, &trapdoor).expect("a small circuit");
        assert_eq!(ours.verifying_key.points(), &theirs.vk);
        assert_eq!((ours.beta_g1, ours.delta_g1), (theirs.beta_g1, theirs.delta_g1));
        assert_eq!(ours.a_query, theirs.a_query);
        assert_eq!(ours.l_query, theirs.l_query);
        let mut b_g1 = vec![G1Affine::identity(); num_variables];
        let mut b_g2 = vec![G2Affine::identity(); num_variables];
        for ((&variable, g1), g2) in ours.b_variables.iter().zip(&ours.b_g1_query).zip(&ours.b_g2_query) {
            (b_g1[variable as usize], b_g2[variable as usize]) = (*g1, *g2);
        }
        assert_eq!((b_g1, b_g2), (theirs.b_g1_query, theirs.b_g2_query));
        assert!(ours.b_variables.len() < num_variables, "some variable is never a right factor");
    }
}
