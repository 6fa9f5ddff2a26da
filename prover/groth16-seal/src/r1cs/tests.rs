use ark_ff::{AdditiveGroup, Field};

use super::*;

fn number(value: u64) -> F {
    F::from(value)
}

/// `public = witness^3 + 5`, in two groups.
fn cube(cs: &mut ConstraintSystem, root: u64) {
    let public = cs.public(number(root * root * root + 5));
    let root = cs.witness(number(root));
    cs.group("power", |cs| {
        let square = cs.group("square", |cs| cs.square(&root));
        let cube = cs.group_indexed("product", 7, |cs| cs.mul(&square, &root));
        cs.enforce_equal(&(&cube + number(5)), &public);
    });
    cs.boolean(true);
}

#[test]
fn names_the_group_of_every_constraint_that_breaks() {
    let expected =
        [(1, 2, "power"), (2, 0, "power/square"), (3, 0, "power/square"), (4, 1, "power/product 7"), (5, 3, "")];
    for (variable, index, group) in expected {
        let mut cs = ConstraintSystem::recording();
        cube(&mut cs, 3);
        assert_eq!(cs.which_unsatisfied(), None);
        cs.assignment_mut()[variable] += F::ONE;
        assert_eq!(cs.which_unsatisfied(), Some(Unsatisfied { index, group: group.to_owned() }));
    }
}

#[test]
fn rows_do_not_depend_on_values_or_on_the_mode() {
    let [mut first, mut second] = [ConstraintSystem::recording(), ConstraintSystem::recording()];
    cube(&mut first, 3);
    cube(&mut second, 0);
    let mut assigning = ConstraintSystem::assigning(0);
    cube(&mut assigning, 3);
    assert_eq!(assigning.num_constraints(), 4);
    let (matrices, assignment) = first.into_parts();
    assert_eq!(matrices.digest(), second.into_parts().0.digest());
    assert_eq!(assigning.into_assignment(), assignment);
    assert_eq!(matrices.num_constraints_in("power"), 3);
    assert_eq!(assignment.public_inputs(), [number(32)]);
}

#[test]
fn digest_changes_with_a_coefficient() {
    let digest = |constant: u64| {
        let mut cs = ConstraintSystem::recording();
        let a = cs.witness(number(1));
        cs.enforce_zero(&(&a - &Num::constant(number(constant))));
        cs.into_parts().0.digest()
    };
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
}

#[test]
fn constants_cost_nothing() {
    let mut cs = ConstraintSystem::recording();
    let a = cs.witness(number(4));
    let two = Num::constant(number(2));
    assert_eq!(cs.mul(&a, &two).value(), number(8));
    assert_eq!(cs.mul(&two, &a).value(), number(8));
    assert_eq!(cs.square(&two).as_constant(), Some(number(4)));
    cs.enforce_equal(&two, &Num::constant(number(2)));
    assert_eq!((cs.num_constraints(), cs.num_variables()), (0, 2));
    cs.enforce_equal(&two, &Num::one());
    assert!(!cs.is_satisfied());
}

#[test]
fn selects_inverts_reduces_and_compares_with_zero() {
    let mut cs = ConstraintSystem::recording();
    let (a, b) = (cs.witness(number(10)), cs.witness(number(20)));
    let (one, zero) = (cs.boolean(true), cs.boolean(false));
    let results = [
        cs.select(&one, &a, &b),
        cs.select(&zero, &a, &b),
        cs.reduce(&(&a + &b)),
        cs.inverse(&a),
        cs.is_zero(&a),
        cs.is_zero(&(&a - &a)),
    ];
    let inverse = number(10).inverse().unwrap_or(F::ZERO);
    let expected = [number(10), number(20), number(30), inverse, F::ZERO, F::ONE];
    assert_eq!(results.each_ref().map(Num::value), expected);
    assert!(cs.is_satisfied());
    let hints = cs.num_variables() - 2; // the hint for a number that is zero is free: any value will do
    for variable in (1..cs.num_variables()).filter(|&variable| variable != hints) {
        cs.assignment_mut()[variable] += F::ONE;
        assert!(!cs.is_satisfied(), "variable {variable} is not determined");
        cs.assignment_mut()[variable] -= F::ONE;
    }
    let zero_inverse = cs.inverse(&Num::zero());
    assert_eq!(zero_inverse.value(), F::ZERO);
    assert!(!cs.is_satisfied());
}

/// Hint and answer are both the prover's: two wrong ones together must not agree.
#[test]
fn comparison_with_zero_admits_no_other_answer() {
    for (value, hint, answer) in [(10u64, 0u64, 1u64), (0, 0, 0), (0, 7, 0), (10, 7, 0), (10, 7, 1)] {
        let mut cs = ConstraintSystem::recording();
        let a = cs.witness(number(value));
        cs.is_zero(&a);
        assert!(cs.is_satisfied());
        let last = cs.num_variables() - 1;
        cs.assignment_mut()[last - 1..].copy_from_slice(&[number(hint), number(answer)]);
        assert!(!cs.is_satisfied(), "{value} with hint {hint} is zero: {answer}");
    }
}

#[test]
#[should_panic(expected = "public inputs are allocated before any witness")]
fn refuses_a_public_input_after_a_witness() {
    let mut cs = ConstraintSystem::assigning(0);
    cs.witness(F::ONE);
    cs.public(F::ONE);
}
