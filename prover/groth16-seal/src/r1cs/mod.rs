//! Rank-1 constraints over the BN254 scalar field, with explicit linear combinations over real variables.
//!
//! One code path serves two purposes. A *recording* system keeps every row (setup, tests); an *assigning* system only
//! computes values (proving). The rows never depend on values: [`Matrices::digest`] of two different witnesses is equal,
//! and every circuit test should say so. Linear combinations are flat, never nested: a Poseidon2 state element that has
//! passed all partial rounds is a sum over some sixty variables, written out.
//!
//! Values are never refused here: a witness that breaks a rule gives an assignment that breaks a constraint, and
//! [`ConstraintSystem::which_unsatisfied`] says which.

pub mod determinacy;
mod matrices;
mod num;
pub mod perturbation;

use ark_ff::{AdditiveGroup, Field};

pub use matrices::{Matrices, MatricesBuilder, Unsatisfied};
pub use num::Num;

use crate::F;
use matrices::Recorder;
pub(crate) use matrices::count;

/// The value of every variable: one, public inputs, witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub(crate) values: Vec<F>,
    pub(crate) num_public: usize,
}

impl Assignment {
    /// The public inputs, without the constant one.
    pub fn public_inputs(&self) -> &[F] {
        &self.values[1..=self.num_public]
    }

    /// All values: one, public inputs, witness.
    pub fn values(&self) -> &[F] {
        &self.values
    }

    /// All values, to be changed: for tests that force a witness.
    pub fn values_mut(&mut self) -> &mut [F] {
        &mut self.values
    }
}

/// A circuit being written: variables with values and, when recording, rows.
#[derive(Debug)]
pub struct ConstraintSystem {
    values: Vec<F>,
    num_public: usize,
    num_constraints: usize,
    recorder: Option<Recorder>,
}

impl ConstraintSystem {
    /// A system that keeps its rows.
    pub fn recording() -> Self {
        Self { values: vec![F::ONE], num_public: 0, num_constraints: 0, recorder: Some(Recorder::new()) }
    }

    /// A system that only assigns values; `num_variables` is how many to make room for.
    pub fn assigning(num_variables: usize) -> Self {
        let mut values = Vec::with_capacity(num_variables);
        values.push(F::ONE);
        Self { values, num_public: 0, num_constraints: 0, recorder: None }
    }

    fn variable(&mut self, value: F) -> Num {
        let index = self.values.len();
        self.values.push(value);
        match self.recorder {
            Some(_) => Num::recorded(value, count(index)),
            None => Num::assigned(value),
        }
    }

    /// Allocates the next public input.
    ///
    /// # Panics
    /// When a witness has been allocated before.
    pub fn public(&mut self, value: F) -> Num {
        assert_eq!(self.values.len(), self.num_public + 1, "public inputs are allocated before any witness");
        self.num_public += 1;
        self.variable(value)
    }

    /// Allocates a variable that only the prover knows. Nothing is said about it yet.
    pub fn witness(&mut self, value: F) -> Num {
        self.variable(value)
    }

    /// `a · b = c`, one constraint.
    pub fn enforce(&mut self, a: &Num, b: &Num, c: &Num) {
        self.num_constraints += 1;
        if let Some(recorder) = &mut self.recorder {
            recorder.row(a, b, c);
        }
    }

    /// `a = b`, one constraint (none between equal constants).
    pub fn enforce_equal(&mut self, a: &Num, b: &Num) {
        if a.as_constant().is_some() && a.as_constant() == b.as_constant() {
            return;
        }
        self.enforce(&(a - b), &Num::one(), &Num::zero());
    }

    /// `a = 0`, one constraint.
    pub fn enforce_zero(&mut self, a: &Num) {
        self.enforce_equal(a, &Num::zero());
    }

    /// `a · b`, one constraint, or none when a factor is constant.
    pub fn mul(&mut self, a: &Num, b: &Num) -> Num {
        if let Some(constant) = a.as_constant() {
            return b * constant;
        }
        if let Some(constant) = b.as_constant() {
            return a * constant;
        }
        let product = self.witness(a.value() * b.value());
        self.enforce(a, b, &product);
        product
    }

    /// `a²`, one constraint, or none when `a` is constant.
    pub fn square(&mut self, a: &Num) -> Num {
        if let Some(constant) = a.as_constant() {
            return Num::constant(constant.square());
        }
        let square = self.witness(a.value().square());
        self.enforce(a, a, &square);
        square
    }

    /// A fresh variable equal to a long combination, one constraint (none for a constant).
    pub fn reduce(&mut self, a: &Num) -> Num {
        if a.as_constant().is_some() {
            return a.clone();
        }
        let reduced = self.witness(a.value());
        self.enforce(a, &Num::one(), &reduced);
        reduced
    }

    /// `1 / a`, one constraint; no assignment satisfies it when `a` is 0.
    pub fn inverse(&mut self, a: &Num) -> Num {
        let inverse = self.witness(a.value().inverse().unwrap_or(F::ZERO));
        self.enforce(a, &inverse, &Num::one());
        inverse
    }

    /// 1 when `a` is 0, else 0; two constraints.
    pub fn is_zero(&mut self, a: &Num) -> Num {
        // a · hint = 1 - z and a · z = 0: z = 1 when a is 0, and z = 0 when it is not.
        let hint = self.witness(a.value().inverse().unwrap_or(F::ZERO));
        let is_zero = self.witness(F::from(a.value() == F::ZERO));
        self.enforce(a, &hint, &(&Num::one() - &is_zero));
        self.enforce(a, &is_zero, &Num::zero());
        is_zero
    }

    /// `a` is 0 or 1, one constraint.
    pub fn enforce_boolean(&mut self, a: &Num) {
        self.enforce(a, a, a);
    }

    /// Allocates a bit, one constraint.
    pub fn boolean(&mut self, bit: bool) -> Num {
        let bit = self.witness(F::from(bit));
        self.enforce_boolean(&bit);
        bit
    }

    /// `when_one` if `bit` is 1, `when_zero` if it is 0; one constraint, and the result is a single variable.
    ///
    /// # Caller must
    /// have enforced that `bit` is boolean.
    pub fn select(&mut self, bit: &Num, when_one: &Num, when_zero: &Num) -> Num {
        let difference = when_one - when_zero;
        let selected = self.witness(when_zero.value() + bit.value() * difference.value());
        self.enforce(bit, &difference, &(&selected - when_zero));
        selected
    }

    /// Names the constraints that `part` makes; names nest.
    pub fn group<T>(&mut self, name: &str, part: impl FnOnce(&mut Self) -> T) -> T {
        self.named(|| name.to_owned(), part)
    }

    /// Like [`Self::group`], with a position after the name.
    pub fn group_indexed<T>(&mut self, name: &str, index: usize, part: impl FnOnce(&mut Self) -> T) -> T {
        self.named(|| format!("{name} {index}"), part)
    }

    fn named<T>(&mut self, name: impl FnOnce() -> String, part: impl FnOnce(&mut Self) -> T) -> T {
        let parent = self.recorder.as_mut().map(|recorder| {
            let path = match recorder.path() {
                "" => name(),
                parent => format!("{parent}/{}", name()),
            };
            recorder.enter(path)
        });
        let result = part(self);
        if let (Some(recorder), Some(parent)) = (&mut self.recorder, parent) {
            recorder.enter(parent);
        }
        result
    }

    /// Number of constraints so far.
    pub fn num_constraints(&self) -> usize {
        self.num_constraints
    }

    /// Number of variables so far, with the constant one.
    pub fn num_variables(&self) -> usize {
        self.values.len()
    }

    /// The value of every variable, to be changed after the circuit is written: for tests that force a witness.
    pub fn assignment_mut(&mut self) -> &mut [F] {
        &mut self.values
    }

    /// The first constraint that does not hold.
    ///
    /// # Panics
    /// When the system does not record its rows.
    pub fn which_unsatisfied(&mut self) -> Option<Unsatisfied> {
        let recorder = self.recorder.as_mut().expect("only a recording system can be checked");
        recorder.matrices(self.num_public, self.values.len()).first_unsatisfied(&self.values)
    }

    /// Whether every constraint holds.
    ///
    /// # Panics
    /// When the system does not record its rows.
    pub fn is_satisfied(&mut self) -> bool {
        self.which_unsatisfied().is_none()
    }

    /// The assignment alone.
    pub fn into_assignment(self) -> Assignment {
        Assignment { values: self.values, num_public: self.num_public }
    }

    /// The rows and the assignment.
    ///
    /// # Panics
    /// When the system does not record its rows.
    pub fn into_parts(self) -> (Matrices, Assignment) {
        let recorder = self.recorder.expect("only a recording system has rows");
        let matrices = recorder.finish(self.num_public, self.values.len());
        (matrices, Assignment { values: self.values, num_public: self.num_public })
    }
}

#[cfg(test)]
mod tests;
