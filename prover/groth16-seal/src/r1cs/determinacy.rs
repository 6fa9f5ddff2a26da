//! Which variables of a circuit a prover may choose, and what follows from the choice: for those who audit the circuit.
//!
//! Read in order, a row *computes* its newest variable `m` when `m` occurs linearly with a constant factor and nothing
//! else in the row is newer: then the earlier variables leave it one value. A row `m·m = m` or `m·(m - u) = 0` makes `m`
//! a *bit*. A variable that no row computes or makes a bit is an *input*. Every other row *asserts* something.
//!
//! So inputs and bits parameterize all assignments that satisfy the computing rows: what a prover may choose is exactly
//! these. That holds for every witness, not only near an honest one. It does not say that the assertions suffice: for
//! that, count the inputs, read the list of assertions, and see that each is broken by some change
//! ([`super::perturbation`]).

use ark_ff::AdditiveGroup;

use super::matrices::Matrices;
use super::num::{ONE, Variable};
use crate::F;

/// How the value of a variable is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The constant one, or a public input.
    Public,
    /// Chosen by the prover.
    Input,
    /// Chosen by the prover among two values that this row leaves.
    Bit {
        /// The row.
        row: usize,
    },
    /// Follows from earlier variables by this row.
    Computed {
        /// The row.
        row: usize,
    },
}

/// The origin of every variable of a circuit.
#[derive(Clone, Debug)]
pub struct Determinacy {
    origins: Vec<Origin>,
    asserting: Vec<usize>,
}

/// The coefficient of a variable in a combination, 0 when it does not occur.
pub(super) fn coefficient(matrices: &Matrices, combination: u32, variable: Variable) -> F {
    let terms = matrices.combination(combination as usize);
    let found = terms.iter().find(|(occurring, _)| *occurring == variable);
    found.map_or(F::ZERO, |&(_, coefficient)| matrices.coefficients[coefficient as usize])
}

/// The value of a combination that is a constant.
fn constant(matrices: &Matrices, combination: u32) -> Option<F> {
    match matrices.combination(combination as usize) {
        [] => Some(F::ZERO),
        [(ONE, coefficient)] => Some(matrices.coefficients[*coefficient as usize]),
        _ => None,
    }
}

impl Determinacy {
    /// Reads the rows once.
    pub fn of(matrices: &Matrices) -> Self {
        let newest: Vec<Variable> = (0..matrices.ends.len())
            .map(|index| matrices.combination(index).iter().map(|&(variable, _)| variable).max().unwrap_or(ONE))
            .collect();
        let mut origins = vec![Origin::Input; matrices.num_variables];
        origins[..=matrices.num_public].fill(Origin::Public);
        let mut asserting = Vec::new();
        for (row, &[a, b, c]) in matrices.rows.iter().enumerate() {
            let variable = [a, b, c].map(|combination| newest[combination as usize]).into_iter().max().unwrap_or(ONE);
            let [in_a, in_b, in_c] = [a, b, c].map(|combination| coefficient(matrices, combination, variable));
            let is_new = origins[variable as usize] == Origin::Input;
            let by_product = in_a == F::ZERO && in_b == F::ZERO && in_c != F::ZERO;
            let by_sum = in_b == F::ZERO && in_c == F::ZERO && constant(matrices, b).is_some_and(|b| b != F::ZERO);
            let alone = |combination: u32| matrices.combination(combination as usize).len() == 1;
            let is_boolean = a == b && a == c && alone(a);
            let is_zero_or_other = alone(a) && in_b != F::ZERO && constant(matrices, c) == Some(F::ZERO);
            match (is_new, by_product || by_sum, is_boolean || is_zero_or_other) {
                (true, true, _) => origins[variable as usize] = Origin::Computed { row },
                (true, false, true) => origins[variable as usize] = Origin::Bit { row },
                _ => asserting.push(row),
            }
        }
        Self { origins, asserting }
    }

    /// The origin of every variable.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// The rows that neither compute a variable nor make it a bit.
    pub fn asserting(&self) -> &[usize] {
        &self.asserting
    }
}

#[cfg(test)]
mod tests {
    use ark_ff::Field;

    use super::*;
    use crate::ConstraintSystem;

    #[test]
    fn tells_inputs_bits_and_computed_variables_apart() {
        let mut cs = ConstraintSystem::recording();
        let public = cs.public(F::from(21u64));
        let input = cs.witness(F::from(3u64));
        let bit = cs.boolean(true);
        let product = cs.mul(&(&input + F::from(4u64)), &(&input * F::from(1u64)));
        let sum = cs.witness(F::from(21u64));
        cs.enforce_equal(&sum, &product);
        cs.enforce_equal(&cs_select(&bit, &sum), &public);
        let (matrices, _) = cs.into_parts();
        let determinacy = Determinacy::of(&matrices);
        let computed = |row| Origin::Computed { row };
        let expected =
            [Origin::Public, Origin::Public, Origin::Input, Origin::Bit { row: 0 }, computed(1), computed(2)];
        assert_eq!(determinacy.origins(), expected);
        assert_eq!(determinacy.asserting(), [3]);
    }

    /// `sum + bit - 1`, without a constraint.
    fn cs_select(bit: &crate::Num, sum: &crate::Num) -> crate::Num {
        &(sum + bit) + -F::ONE
    }
}
