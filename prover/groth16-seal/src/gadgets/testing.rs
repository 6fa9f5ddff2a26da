//! What every gadget test does: agree with native code in both modes, count, and force every variable.

use std::array;

use ark_ff::{Field, UniformRand};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::{ConstraintSystem, F, Num};

/// Random elements, the same in every run.
pub(crate) fn random<const N: usize>() -> [F; N] {
    let mut rng = ChaCha20Rng::seed_from_u64(N as u64);
    array::from_fn(|_| F::rand(&mut rng))
}

/// Writes `part` twice in a group of the given name and checks it: satisfied, `constraints` rows, the same values when
/// only assigning, rows independent of the inputs' values, and every variable that `part` allocates determined, with
/// the group named when it is forced.
pub(crate) fn check<const N: usize>(
    inputs: &[F; N],
    name: &str,
    constraints: usize,
    part: impl Fn(&mut ConstraintSystem, &[Num; N]),
) {
    let write = |mut cs: ConstraintSystem| {
        let inputs = inputs.map(|input| cs.witness(input));
        cs.group(name, |cs| part(cs, &inputs));
        cs
    };
    let mut recorded = write(ConstraintSystem::recording());
    assert_eq!(recorded.which_unsatisfied(), None);
    assert_eq!(recorded.num_constraints(), constraints);
    let assigned = write(ConstraintSystem::assigning(0));
    assert_eq!(assigned.num_constraints(), constraints);
    for variable in N + 1..recorded.num_variables() {
        recorded.assignment_mut()[variable] += F::ONE;
        let unsatisfied = recorded.which_unsatisfied();
        let group = unsatisfied.unwrap_or_else(|| panic!("variable {variable} is not determined")).group;
        assert!(group.starts_with(name), "{group}");
        recorded.assignment_mut()[variable] -= F::ONE;
    }
    assert_eq!(recorded.into_parts().1, assigned.into_assignment());
}

/// The digest of the rows of a circuit.
pub(crate) fn digest(part: impl FnOnce(&mut ConstraintSystem)) -> [u8; 32] {
    let mut cs = ConstraintSystem::recording();
    part(&mut cs);
    cs.into_parts().0.digest()
}
