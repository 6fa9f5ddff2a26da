//! The Poseidon2 permutation in constraints: three for each S-box and nothing else.
//!
//! `x² = x·x, x⁴ = x²·x², x⁵ = x⁴·x`: 264 constraints at width 4, 555 at width 16. Linear layers and round constants only
//! rewrite combinations. Through the internal rounds a combination grows by one term a round (to `width + rounds`); the
//! last external rounds bring every output back to `width` terms or fewer. Cutting the growth with fresh variables costs
//! more proving time than the shorter rows save, because every combination is evaluated once (see [`crate::r1cs`]).
//!
//! Order and constants are those of `rankproof_poseidon::permutation`.

use std::array;

use ark_ff::Field;
use rankproof_poseidon::permutation::{EXTERNAL_ROUNDS, Parameters};

use crate::{ConstraintSystem, F, Num};

/// Applies the permutation in place.
pub fn permute<const WIDTH: usize, const INTERNAL: usize>(
    cs: &mut ConstraintSystem,
    parameters: &Parameters<WIDTH, INTERNAL>,
    state: &mut [Num; WIDTH],
) {
    external_matrix(state);
    let (first, last) = parameters.external.split_at(EXTERNAL_ROUNDS / 2);
    for constants in first {
        external_round(cs, state, constants);
    }
    for &constant in &parameters.internal {
        state[0] = sbox(cs, &(&state[0] + constant));
        let sum = Num::sum(state.iter());
        for (element, &diagonal) in state.iter_mut().zip(&parameters.internal_diagonal_minus_one) {
            *element = sum.add_scaled(diagonal, element);
        }
    }
    for constants in last {
        external_round(cs, state, constants);
    }
}

/// `x⁵`; the second factor of the last product is `x`, so that the variable `x⁴` never appears on the right
/// (the right-hand sides are what a key holds in G2).
fn sbox(cs: &mut ConstraintSystem, x: &Num) -> Num {
    let square = cs.square(x);
    let fourth = cs.square(&square);
    cs.mul(&fourth, x)
}

fn external_round<const WIDTH: usize>(cs: &mut ConstraintSystem, state: &mut [Num; WIDTH], constants: &[F; WIDTH]) {
    for (element, &constant) in state.iter_mut().zip(constants) {
        *element = sbox(cs, &(&*element + constant));
    }
    external_matrix(state);
}

/// The external linear layer: `M4` on each block of four, then each block plus the sum of all blocks (width > 4).
fn external_matrix<const WIDTH: usize>(state: &mut [Num; WIDTH]) {
    let (two, four) = (F::ONE + F::ONE, F::from(4u64));
    for block in state.chunks_exact_mut(4) {
        let (ab, cd) = (&block[0] + &block[1], &block[2] + &block[3]);
        let (low, high) = (cd.add_scaled(two, &block[1]), ab.add_scaled(two, &block[3]));
        let fourth = high.add_scaled(four, &cd); // a + b + 4c + 6d
        let second = low.add_scaled(four, &ab); // 4a + 6b + c + d
        block[0] = &high + &second; // 5a + 7b + c + 3d
        block[2] = &low + &fourth; // a + 3b + 5c + 7d
        block[1] = second;
        block[3] = fourth;
    }
    if WIDTH > 4 {
        let sums: [Num; 4] = array::from_fn(|column| Num::sum(state.iter().skip(column).step_by(4)));
        for block in state.chunks_exact_mut(4) {
            for (element, sum) in block.iter_mut().zip(&sums) {
                *element += sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rankproof_poseidon::constants::{T4, T16};

    use super::*;
    use crate::gadgets::testing;

    fn agrees<const WIDTH: usize, const INTERNAL: usize>(
        parameters: &Parameters<WIDTH, INTERNAL>,
        constraints: usize,
        terms: usize,
    ) {
        let inputs: [F; WIDTH] = testing::random();
        let mut native = inputs;
        parameters.permute(&mut native);
        testing::check(&inputs, "permutation", constraints, |cs, inputs| {
            let mut state: [Num; WIDTH] = array::from_fn(|index| inputs[index].clone());
            permute(cs, parameters, &mut state);
            assert_eq!(state.each_ref().map(Num::value), native);
            assert!(state.iter().all(|element| element.num_terms() <= WIDTH));
            let mut recording = ConstraintSystem::recording();
            let mut state = inputs.each_ref().map(|input| recording.witness(input.value()));
            permute(&mut recording, parameters, &mut state);
            assert_eq!(recording.into_parts().0.num_terms(), terms);
        });
    }

    #[test]
    fn width_4_agrees_with_native_in_264_constraints() {
        agrees(&T4, 264, 2_468);
    }

    #[test]
    fn width_16_agrees_with_native_in_555_constraints() {
        agrees(&T16, 555, 6_208);
    }

    #[test]
    fn a_constant_state_needs_no_constraint() {
        let mut native = [F::ONE; 4];
        T4.permute(&mut native);
        let mut cs = ConstraintSystem::recording();
        let mut state = array::from_fn(|_| Num::one());
        permute(&mut cs, &T4, &mut state);
        assert_eq!(state.map(|element| element.as_constant()), native.map(Some));
        assert_eq!(cs.num_constraints(), 0);
    }
}
