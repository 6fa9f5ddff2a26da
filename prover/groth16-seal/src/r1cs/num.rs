//! A number in the circuit: a value and the linear combination of variables that it stands for.
//!
//! `value = Σ coefficient · variable`. Sums and multiples by constants cost no constraint. When a system only assigns
//! values, the combination is not kept at all, so that a witness costs little more than native arithmetic.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

use ark_ff::{AdditiveGroup, Field};

use crate::F;

/// Position of a variable in the assignment; 0 is the constant one.
pub(crate) type Variable = u32;
/// The variable that is always one.
pub(crate) const ONE: Variable = 0;
/// A coefficient times a variable.
pub(crate) type Term = (Variable, F);

/// A linear combination of variables, and its value.
#[derive(Clone, Debug)]
pub struct Num {
    value: F,
    form: Form,
}

/// What is known of a number besides its value. Which of the three it is never depends on values.
#[derive(Clone, Debug)]
enum Form {
    /// The same in every witness.
    Constant,
    /// Depends on variables, in a system that does not record them.
    Assigned,
    /// Terms in increasing order of variables, without zero coefficients.
    Recorded(Vec<Term>),
}

impl Num {
    /// A constant: never a variable, never a constraint.
    pub fn constant(value: F) -> Self {
        Self { value, form: Form::Constant }
    }

    /// The constant 0.
    pub fn zero() -> Self {
        Self::constant(F::ZERO)
    }

    /// The constant 1.
    pub fn one() -> Self {
        Self::constant(F::ONE)
    }

    pub(crate) fn assigned(value: F) -> Self {
        Self { value, form: Form::Assigned }
    }

    pub(crate) fn recorded(value: F, variable: Variable) -> Self {
        Self { value, form: Form::Recorded(vec![(variable, F::ONE)]) }
    }

    /// The value in this witness.
    pub fn value(&self) -> F {
        self.value
    }

    /// The value when it is the same in every witness.
    pub fn as_constant(&self) -> Option<F> {
        matches!(self.form, Form::Constant).then_some(self.value)
    }

    /// Calls `read` with the terms (empty unless recorded); a constant is a multiple of the variable one.
    pub(crate) fn with_terms<T>(&self, read: impl FnOnce(&[Term]) -> T) -> T {
        match &self.form {
            Form::Constant if self.value == F::ZERO => read(&[]),
            Form::Constant => read(&[(ONE, self.value)]),
            Form::Assigned => read(&[]),
            Form::Recorded(terms) => read(terms),
        }
    }

    /// The number of terms, 0 when they are not recorded.
    pub fn num_terms(&self) -> usize {
        self.with_terms(<[Term]>::len)
    }

    /// The sum of any number of numbers.
    pub fn sum<'a>(numbers: impl IntoIterator<Item = &'a Num>) -> Num {
        let mut total = Num::zero();
        for number in numbers {
            total += number;
        }
        total
    }

    /// `self + factor · other` without a constraint.
    pub fn add_scaled(&self, factor: F, other: &Num) -> Num {
        self.combine(other, other.value * factor, |coefficient| coefficient * factor)
    }

    fn combine(&self, other: &Num, other_value: F, map: impl Fn(F) -> F) -> Num {
        let value = self.value + other_value;
        let form = match (&self.form, &other.form) {
            (Form::Constant, Form::Constant) => Form::Constant,
            (Form::Assigned, Form::Assigned | Form::Constant) | (Form::Constant, Form::Assigned) => Form::Assigned,
            (Form::Recorded(left), Form::Recorded(right)) => Form::Recorded(merge(left, right, map)),
            (Form::Recorded(left), Form::Constant) => Form::Recorded(merge(left, &[(ONE, other_value)], |c| c)),
            (Form::Constant, Form::Recorded(right)) => Form::Recorded(merge(&[(ONE, self.value)], right, map)),
            (Form::Assigned, Form::Recorded(_)) | (Form::Recorded(_), Form::Assigned) => {
                unreachable!("numbers of a recording and of an assigning system never meet")
            }
        };
        Num { value, form }
    }
}

/// Merges two sorted combinations, `left + map(right)`, and drops what cancels.
fn merge(left: &[Term], right: &[Term], map: impl Fn(F) -> F) -> Vec<Term> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut push = |variable, coefficient| {
        if coefficient != F::ZERO {
            merged.push((variable, coefficient));
        }
    };
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (Some(&&(l, a)), Some(&&(r, b))) if l == r => {
                push(l, a + map(b));
                left.next();
                right.next();
            }
            (Some(&&(l, a)), Some(&&(r, _))) if l < r => {
                push(l, a);
                left.next();
            }
            (Some(&&(l, a)), None) => {
                push(l, a);
                left.next();
            }
            (_, Some(&&(r, b))) => {
                push(r, map(b));
                right.next();
            }
            (None, None) => return merged,
        }
    }
}

impl From<F> for Num {
    fn from(value: F) -> Self {
        Self::constant(value)
    }
}

impl Add for &Num {
    type Output = Num;
    fn add(self, other: &Num) -> Num {
        self.combine(other, other.value, |coefficient| coefficient)
    }
}

impl Add<F> for &Num {
    type Output = Num;
    fn add(self, constant: F) -> Num {
        self + &Num::constant(constant)
    }
}

impl Sub for &Num {
    type Output = Num;
    fn sub(self, other: &Num) -> Num {
        self.combine(other, -other.value, |coefficient| -coefficient)
    }
}

impl Mul<F> for &Num {
    type Output = Num;
    fn mul(self, factor: F) -> Num {
        let form = match &self.form {
            Form::Constant => Form::Constant,
            Form::Assigned => Form::Assigned,
            Form::Recorded(_) if factor == F::ZERO => Form::Recorded(Vec::new()),
            Form::Recorded(terms) => Form::Recorded(terms.iter().map(|&(v, c)| (v, c * factor)).collect()),
        };
        Num { value: self.value * factor, form }
    }
}

impl Neg for &Num {
    type Output = Num;
    fn neg(self) -> Num {
        self * -F::ONE
    }
}

impl AddAssign<&Num> for Num {
    fn add_assign(&mut self, other: &Num) {
        *self = &*self + other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_in_order_and_drops_what_cancels() {
        let (a, b) = (Num::recorded(F::from(3u64), 1), Num::recorded(F::from(5u64), 2));
        let sum = &(&(&b + &a) + F::from(7u64)) - &b;
        assert_eq!(sum.value(), F::from(10u64));
        sum.with_terms(|terms| assert_eq!(terms, [(ONE, F::from(7u64)), (1, F::ONE)]));
    }

    #[test]
    fn scales_every_term() {
        let a = Num::recorded(F::from(3u64), 4);
        let scaled = Num::one().add_scaled(F::from(2u64), &a);
        assert_eq!(scaled.value(), F::from(7u64));
        scaled.with_terms(|terms| assert_eq!(terms, [(ONE, F::ONE), (4, F::from(2u64))]));
        assert_eq!((&a * F::ZERO).num_terms(), 0);
    }

    #[test]
    fn a_number_that_cancels_is_not_a_constant() {
        let a = Num::recorded(F::from(3u64), 1);
        assert_eq!((&a - &a).as_constant(), None);
        assert_eq!(Num::one().as_constant(), Some(F::ONE));
    }
}
