//! One variable changed: does a constraint notice?
//!
//! [`Perturbation::breaks`] keeps all others: a variable that may move alone is not determined by the others. The
//! converse does not hold, several variables may move together; so [`Perturbation::follow`] changes what the prover may
//! choose and recomputes what follows from it, which leaves only the assertions to complain.
//!
//! An index of where variables and combinations occur makes a change cost only the rows that it touches, so the whole
//! circuit can be tried variable by variable in seconds.

use ark_ff::{AdditiveGroup, Field};

use super::determinacy::{Determinacy, Origin, coefficient};
use super::matrices::Matrices;
use super::num::Variable;
use crate::F;

/// Lists of positions, one list for each of a range of things.
#[derive(Clone, Debug)]
struct Lists<T> {
    starts: Vec<usize>,
    entries: Vec<T>,
}

impl<T: Copy + Default> Lists<T> {
    /// Sorts pairs (thing, entry) by thing; `pairs` is called twice.
    fn new<I: Iterator<Item = (usize, T)>>(things: usize, pairs: impl Fn() -> I) -> Self {
        let mut starts = vec![0; things + 1];
        pairs().for_each(|(thing, _)| starts[thing + 1] += 1);
        (0..things).for_each(|thing| starts[thing + 1] += starts[thing]);
        let mut next = starts.clone();
        let mut entries = vec![T::default(); starts[things]];
        for (thing, entry) in pairs() {
            entries[next[thing]] = entry;
            next[thing] += 1;
        }
        Self { starts, entries }
    }

    fn of(&self, thing: usize) -> &[T] {
        &self.entries[self.starts[thing]..self.starts[thing + 1]]
    }
}

/// An assignment and an index of what each variable touches.
#[derive(Clone, Debug)]
pub struct Perturbation<'a> {
    matrices: &'a Matrices,
    /// The value of every combination under the assignment.
    values: Vec<F>,
    /// (combination, position of the coefficient) by variable.
    occurrences: Lists<(u32, u32)>,
    /// Rows by combination.
    rows: Lists<u32>,
    /// Combinations that the present change moves, and where to.
    moved: Vec<(Variable, F)>,
}

/// Combinations that have moved since the assignment, and where to.
struct Moved<'a, 'b> {
    of: &'b Perturbation<'a>,
    values: Vec<F>,
    is_moved: Vec<bool>,
    list: Vec<u32>,
}

impl Moved<'_, '_> {
    fn shift(&mut self, variable: usize, change: F) {
        for &(combination, coefficient) in self.of.occurrences.of(variable) {
            let index = combination as usize;
            self.values[index] += change * self.of.matrices.coefficients[coefficient as usize];
            if !std::mem::replace(&mut self.is_moved[index], true) {
                self.list.push(combination);
            }
        }
    }

    /// What must be added to a computed variable for its row to hold again.
    fn repair(&self, variable: usize, row: usize) -> F {
        let matrices = self.of.matrices;
        let [a, b, c] = matrices.rows[row];
        let [left, right, output] = [a, b, c].map(|combination| self.values[combination as usize]);
        let missing = left * right - output;
        let in_output = coefficient(matrices, c, variable as Variable);
        if in_output == F::ONE {
            return missing;
        }
        let factor =
            if in_output == F::ZERO { -coefficient(matrices, a, variable as Variable) * right } else { in_output };
        missing * factor.inverse().expect("the row computes the variable")
    }
}

impl<'a> Perturbation<'a> {
    /// Builds the index.
    ///
    /// # Panics
    /// When the assignment has another length than the variables.
    pub fn new(matrices: &'a Matrices, assignment: &[F]) -> Self {
        let combinations = matrices.ends.len();
        let occurrences = Lists::new(matrices.num_variables, || {
            (0..combinations).flat_map(|index| {
                let terms = matrices.combination(index).iter();
                terms.map(move |&(variable, coefficient)| (variable as usize, (index as u32, coefficient)))
            })
        });
        let rows = Lists::new(combinations, || {
            let rows = matrices.rows.iter().enumerate();
            rows.flat_map(|(row, combinations)| combinations.iter().map(move |&index| (index as usize, row as u32)))
        });
        let values = matrices.evaluate(assignment);
        Self { matrices, values, occurrences, rows, moved: vec![(0, F::ZERO); combinations] }
    }

    /// A row that breaks when `change` is added to one variable; `None` when the variable is free to move so.
    ///
    /// # Panics
    /// When there is no such variable, or it is the constant one.
    pub fn breaks(&mut self, variable: usize, change: F) -> Option<usize> {
        assert!(variable > 0, "the constant one is not the prover's");
        let name = variable as Variable;
        for &(combination, coefficient) in self.occurrences.of(variable) {
            let value = self.values[combination as usize] + change * self.matrices.coefficients[coefficient as usize];
            self.moved[combination as usize] = (name, value);
        }
        let value = |combination: u32| match self.moved[combination as usize] {
            (moved_by, value) if moved_by == name => value,
            _ => self.values[combination as usize],
        };
        let broken = |row: u32| {
            let [a, b, c] = self.matrices.rows[row as usize].map(value);
            a * b != c
        };
        let touched = self.occurrences.of(variable).iter();
        let broken_row = touched
            .flat_map(|&(combination, _)| self.rows.of(combination as usize))
            .find(|row| broken(**row))
            .map(|row| *row as usize);
        // Another change of the same variable must not see this one.
        for &(combination, _) in self.occurrences.of(variable) {
            self.moved[combination as usize].0 = 0;
        }
        broken_row
    }

    /// The rows that a variable occurs in.
    pub fn rows_of(&self, variable: usize) -> Vec<usize> {
        let combinations = self.occurrences.of(variable).iter();
        let mut rows: Vec<usize> = combinations
            .flat_map(|&(combination, _)| self.rows.of(combination as usize).iter().map(|row| *row as usize))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Adds `change` to one variable, recomputes every computed variable after it, and returns the rows that then do not
    /// hold, in increasing order. The assignment must satisfy the circuit.
    ///
    /// # Panics
    /// When there is no such variable, or it is the constant one.
    pub fn follow(&self, determinacy: &Determinacy, variable: usize, change: F) -> Vec<usize> {
        self.follow_all(determinacy, &[(variable, change)])
    }

    /// [`Self::follow`] for several changes at once.
    ///
    /// # Panics
    /// As [`Self::follow`], and when nothing is changed.
    pub fn follow_all(&self, determinacy: &Determinacy, changes: &[(usize, F)]) -> Vec<usize> {
        let first = changes.iter().map(|(variable, _)| *variable).min().expect("something is changed");
        assert!(first > 0, "the constant one is not the prover's");
        let (values, is_moved) = (self.values.clone(), vec![false; self.values.len()]);
        let mut moved = Moved { of: self, values, is_moved, list: Vec::new() };
        changes.iter().for_each(|(variable, change)| moved.shift(*variable, *change));
        for (later, origin) in determinacy.origins().iter().enumerate().skip(first + 1) {
            let Origin::Computed { row } = *origin else { continue };
            if self.matrices.rows[row].iter().any(|combination| moved.is_moved[*combination as usize]) {
                let repair = moved.repair(later, row);
                if repair != F::ZERO {
                    moved.shift(later, repair);
                }
            }
        }
        let broken = |row: &u32| {
            let [a, b, c] = self.matrices.rows[*row as usize].map(|combination| moved.values[combination as usize]);
            a * b != c
        };
        let touched = moved.list.iter().flat_map(|combination| self.rows.of(*combination as usize));
        let mut rows: Vec<usize> = touched.filter(|row| broken(row)).map(|row| *row as usize).collect();
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConstraintSystem;

    #[test]
    fn finds_the_variable_that_nothing_determines_and_no_other() {
        let mut cs = ConstraintSystem::recording();
        let public = cs.public(F::from(9u64));
        let root = cs.witness(F::from(3u64));
        let square = cs.square(&root);
        cs.enforce_equal(&square, &public);
        let free = cs.witness(F::from(7u64));
        let zero = cs.witness(F::ZERO);
        cs.enforce(&free, &zero, &zero);
        let (matrices, assignment) = cs.into_parts();
        let mut perturbation = Perturbation::new(&matrices, assignment.values());
        let broken: Vec<Option<usize>> = (1..6).map(|variable| perturbation.breaks(variable, F::ONE)).collect();
        assert_eq!(broken, [Some(1), Some(0), Some(0), None, Some(2)]);
        // -6 leads to the other root; the square does not move, so the row holds.
        assert_eq!(perturbation.breaks(2, -F::from(6u64)), None);
        assert_eq!(perturbation.rows_of(3), [0, 1]);
    }

    #[test]
    fn follows_a_change_to_the_assertions() {
        let mut cs = ConstraintSystem::recording();
        let public = cs.public(F::from(81u64));
        let root = cs.witness(F::from(3u64));
        let square = cs.square(&root);
        let copy = cs.witness(F::from(9u64));
        cs.enforce_equal(&(&copy * F::from(5u64)), &(&square * F::from(5u64)));
        let fourth = cs.mul(&copy, &square);
        let bit = cs.boolean(true);
        cs.enforce_equal(&cs_scaled(&fourth, &bit), &public);
        let (matrices, assignment) = cs.into_parts();
        let determinacy = Determinacy::of(&matrices);
        assert_eq!(determinacy.asserting(), [4]);
        let perturbation = Perturbation::new(&matrices, assignment.values());
        assert_eq!(perturbation.follow(&determinacy, 2, F::ONE), [4]);
        assert_eq!(perturbation.follow(&determinacy, 2, -F::from(6u64)), [0usize; 0], "the other root");
        assert_eq!(perturbation.follow(&determinacy, 6, -F::ONE), [4], "the other bit");
        assert_eq!(perturbation.follow(&determinacy, 6, F::ONE), [3, 4], "not a bit");
    }

    /// `number + bit - 1`, without a constraint.
    fn cs_scaled(number: &crate::Num, bit: &crate::Num) -> crate::Num {
        &(number + bit) + -F::ONE
    }
}
