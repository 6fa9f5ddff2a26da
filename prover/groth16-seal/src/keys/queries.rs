//! A proving key from the queries that a ceremony gives, instead of from secrets, and back.

use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::{AffineRepr, pairing::Pairing};
use ark_poly::EvaluationDomain;

use super::{KeyHeader, Points, ProvingKey, VerifyingKey};
use crate::{Error, Matrices, error::UnsoundKey, r1cs::count, reduction};

/// The points of a proving key, one per variable, witness or point of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queries {
    /// β.
    pub beta_g1: G1Affine,
    /// δ.
    pub delta_g1: G1Affine,
    /// `A_j`, every variable.
    pub a: Vec<G1Affine>,
    /// `B_j`, every variable.
    pub b_g1: Vec<G1Affine>,
    /// `B_j`, every variable.
    pub b_g2: Vec<G2Affine>,
    /// `H_i`, every odd point.
    pub h: Vec<G1Affine>,
    /// `L_j`, the witness.
    pub l: Vec<G1Affine>,
}

impl ProvingKey {
    /// The points that are no part of the verifying key.
    pub fn queries(&self) -> Queries {
        let size = self.matrices.num_variables();
        let (mut b_g1, mut b_g2) = (vec![G1Affine::identity(); size], vec![G2Affine::identity(); size]);
        for ((variable, g1), g2) in self.b_variables.iter().zip(&self.b_g1_query).zip(&self.b_g2_query) {
            (b_g1[*variable as usize], b_g2[*variable as usize]) = (*g1, *g2);
        }
        let (a, h, l) = (self.a_query.clone(), self.h_query.clone(), self.l_query.clone());
        Queries { beta_g1: self.beta_g1, delta_g1: self.delta_g1, a, b_g1, b_g2, h, l }
    }

    /// Checks that beta and delta are the same in both groups.
    ///
    /// # Errors
    /// [`Error::UnsoundKey`].
    pub fn check_pairs(&self) -> Result<(), Error> {
        let points = self.verifying_key.points();
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        for (name, in_g1, in_g2) in [("beta", self.beta_g1, points.beta_g2), ("delta", self.delta_g1, points.delta_g2)]
        {
            if Bn254::pairing(in_g1, g2) != Bn254::pairing(g1, in_g2) {
                return Err(Error::UnsoundKey(UnsoundKey::DiffersInG1(name)));
            }
        }
        Ok(())
    }

    /// Joins constraints, header, points and queries.
    ///
    /// # Soundness
    /// That the points belong together is not checked here: whoever calls this has verified the ceremony. A key whose
    /// queries are wrong makes proofs that no verifier accepts.
    ///
    /// # Errors
    /// [`Error::CircuitMismatch`] when the header names another circuit, [`Error::QueryLength`],
    /// [`Error::UnsoundKey`].
    pub fn from_queries(
        matrices: Matrices,
        header: KeyHeader,
        points: Points,
        queries: Queries,
    ) -> Result<Self, Error> {
        let circuit = matrices.digest();
        if header.circuit_digest != circuit {
            return Err(Error::CircuitMismatch { key: header.circuit_digest, circuit });
        }
        let domain = reduction::domain(&matrices)?;
        let Queries { beta_g1, delta_g1, a, b_g1, b_g2, h, l } = queries;
        let (variables, leading) = (matrices.num_variables(), matrices.num_public() + 1);
        for (query, expected, actual) in [
            ("IC", leading, points.gamma_abc_g1.len()),
            ("A", variables, a.len()),
            ("B in G1", variables, b_g1.len()),
            ("B in G2", variables, b_g2.len()),
            ("H", domain.size(), h.len()),
            ("L", variables - leading, l.len()),
        ] {
            if expected != actual {
                return Err(Error::QueryLength { query, expected, actual });
            }
        }
        let right = b_g1.into_iter().zip(b_g2).enumerate().filter(|(_, (g1, g2))| !g1.is_zero() || !g2.is_zero());
        let (b_variables, (b_g1_query, b_g2_query)) = right.map(|(variable, pair)| (count(variable), pair)).unzip();
        Ok(Self {
            verifying_key: VerifyingKey::new(header, points)?,
            matrices,
            domain,
            beta_g1,
            delta_g1,
            a_query: a,
            b_variables,
            b_g1_query,
            b_g2_query,
            h_query: h,
            l_query: l,
        })
    }
}
