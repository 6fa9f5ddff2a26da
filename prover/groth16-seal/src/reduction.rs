//! From rank-1 constraints to a quadratic arithmetic program, in the form that snarkjs uses.
//!
//! Over a domain `H` of `n = 2^k ≥ constraints + public inputs + 1` points, `u_j, v_j, w_j` interpolate the columns of
//! the three matrices; row `constraints + j` holds the public variable `j` alone in `u` (it keeps the `u_j` of public
//! variables independent). With `U = Σ z_j u_j` and so on, a satisfying `z` makes `P = U·V - W` vanish on `H`, and
//!
//! ```text
//!     P(τ) = Σ_i P(ω^(2i+1)) · L_(2i+1)(τ)        over the domain of 2n points, ω its generator
//! ```
//!
//! because the even positions are `H`. So the prover needs `P` on the odd coset only, the key holds the odd Lagrange
//! values at `τ` divided by `delta`, and nothing is divided by the vanishing polynomial. Keys in libsnark's form differ
//! in this one query (`τ^i Z(τ)`).

use ark_ff::{AdditiveGroup, FftField, Field, batch_inversion};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rayon::prelude::*;

use crate::{Error, F, Matrices};

/// The points that rows are interpolated over.
pub type Domain = Radix2EvaluationDomain<F>;

/// The domain of a circuit.
///
/// # Errors
/// [`Error::CircuitTooLarge`] when the field has no domain of twice the size.
pub fn domain(matrices: &Matrices) -> Result<Domain, Error> {
    let too_large = || Error::CircuitTooLarge { constraints: matrices.num_constraints() };
    let domain = Domain::new(matrices.num_constraints() + matrices.num_public() + 1).ok_or_else(too_large)?;
    F::get_root_of_unity(2 * domain.size).ok_or_else(too_large)?;
    Ok(domain)
}

/// The generator of the domain of `2n` points: what moves `H` to the odd coset.
fn odd_offset(domain: &Domain) -> F {
    F::get_root_of_unity(2 * domain.size).expect("`domain` has checked that it exists")
}

/// The columns of the three matrices, interpolated and evaluated at one point; one entry per variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// `u_j(τ)`, left factors.
    pub left: Vec<F>,
    /// `v_j(τ)`, right factors.
    pub right: Vec<F>,
    /// `w_j(τ)`, products.
    pub product: Vec<F>,
}

/// Evaluates every column at `tau`.
pub fn columns_at(matrices: &Matrices, domain: &Domain, tau: F) -> Columns {
    let lagrange = domain.evaluate_all_lagrange_coefficients(tau);
    // First what each distinct combination weighs in each matrix, then each variable in each combination.
    let mut weights = vec![[F::ZERO; 3]; matrices.ends.len()];
    for (row, value) in matrices.rows.iter().zip(&lagrange) {
        for (matrix, &combination) in row.iter().enumerate() {
            weights[combination as usize][matrix] += value;
        }
    }
    let mut columns = [(); 3].map(|()| vec![F::ZERO; matrices.num_variables()]);
    for (combination, weight) in weights.iter().enumerate() {
        for &(variable, coefficient) in matrices.combination(combination) {
            let coefficient = matrices.coefficients[coefficient as usize];
            for (column, weight) in columns.iter_mut().zip(weight).filter(|(_, weight)| **weight != F::ZERO) {
                column[variable as usize] += *weight * coefficient;
            }
        }
    }
    let [mut left, right, product] = columns;
    for (column, value) in left.iter_mut().zip(&lagrange[matrices.num_constraints()..]).take(matrices.num_public() + 1)
    {
        *column += value;
    }
    Columns { left, right, product }
}

/// `L_(2i+1)(τ)` over the domain of `2n` points, for `i = 0..n`.
///
/// `L_j(τ) = (τ^(2n) - 1) ω^j / (2n (τ - ω^j))`.
///
/// # Panics
/// When `tau` is in the domain of `2n` points (a random one never is).
pub fn odd_lagrange_at(domain: &Domain, tau: F) -> Vec<F> {
    let doubled = 2 * domain.size;
    let scale = (tau.pow([doubled]) - F::ONE) * F::from(doubled).inverse().expect("a power of two is not zero");
    assert_ne!(scale, F::ZERO, "tau is in the domain");
    let mut points = Vec::with_capacity(domain.size());
    let mut point = odd_offset(domain);
    for _ in 0..domain.size {
        points.push(point);
        point *= domain.group_gen;
    }
    let mut values: Vec<F> = points.iter().map(|point| tau - point).collect();
    batch_inversion(&mut values);
    values.par_iter_mut().zip(&points).for_each(|(value, point)| *value *= scale * point);
    values
}

/// `P = U·V - W` on the odd coset, given the value of every combination and the leading variables (one, public inputs).
///
/// `W` is interpolated from the products on `H`, so rows that do not hold are not noticed here: check them before.
pub fn quotient_on_odd_coset(matrices: &Matrices, domain: &Domain, values: &[F], leading: &[F]) -> Vec<F> {
    let size = domain.size();
    let mut factors = [0, 1].map(|matrix| {
        let mut column = Vec::with_capacity(size);
        column.extend(matrices.rows.iter().map(|row| values[row[matrix] as usize]));
        column.resize(size, F::ZERO);
        column
    });
    for (row, value) in factors[0].iter_mut().skip(matrices.num_constraints()).zip(leading) {
        *row = *value;
    }
    let [mut left, mut right] = factors;
    let mut product: Vec<F> = left.par_iter().zip(&right).map(|(left, right)| *left * right).collect();
    let odd = domain.get_coset(odd_offset(domain)).expect("an offset that is not zero");
    for polynomial in [&mut left, &mut right, &mut product] {
        domain.ifft_in_place(polynomial);
        odd.fft_in_place(polynomial);
    }
    left.par_iter_mut().zip(&right).zip(&product).for_each(|((left, right), product)| *left = *left * right - product);
    left
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::{Assignment, ConstraintSystem};

    fn circuit() -> (Matrices, Assignment) {
        let mut cs = ConstraintSystem::recording();
        let root = F::from(3u64);
        let public = cs.public(root * root * root);
        let root = cs.witness(root);
        let square = cs.square(&root);
        let cube = cs.mul(&square, &root);
        cs.enforce_equal(&cube, &public);
        cs.into_parts()
    }

    /// `U(τ) V(τ) - W(τ)` from the columns, and from the odd coset.
    fn both_sides(matrices: &Matrices, assignment: &Assignment) -> (F, F) {
        let domain = domain(matrices).expect("small");
        let tau = F::rand(&mut ChaCha20Rng::seed_from_u64(3));
        let columns = columns_at(matrices, &domain, tau);
        let [u, v, w] = [&columns.left, &columns.right, &columns.product]
            .map(|column| column.iter().zip(assignment.values()).map(|(a, b)| *a * b).sum::<F>());
        let values = matrices.evaluate(assignment.values());
        let leading = &assignment.values()[..=matrices.num_public()];
        let quotient = quotient_on_odd_coset(matrices, &domain, &values, leading);
        let lagrange = odd_lagrange_at(&domain, tau);
        (u * v - w, quotient.iter().zip(&lagrange).map(|(a, b)| *a * b).sum())
    }

    #[test]
    fn odd_coset_and_columns_give_the_same_value_when_satisfied() {
        let (matrices, assignment) = circuit();
        let (columns, coset) = both_sides(&matrices, &assignment);
        assert_eq!(columns, coset);
        assert_ne!(columns, F::ZERO);
    }

    #[test]
    fn odd_coset_and_columns_differ_when_a_row_does_not_hold() {
        let (matrices, mut assignment) = circuit();
        assignment.values_mut()[2] += F::ONE;
        let (columns, coset) = both_sides(&matrices, &assignment);
        assert_ne!(columns, coset);
    }

    #[test]
    fn public_variables_have_rows_of_their_own() {
        let (matrices, _) = circuit();
        let domain = domain(&matrices).expect("small");
        assert_eq!(domain.size, 8, "3 constraints, one and one public input need 5 rows");
        let last = domain.element(matrices.num_constraints() + 1);
        let columns = columns_at(&matrices, &domain, last);
        assert_eq!(columns.left[1], F::ONE);
    }
}
