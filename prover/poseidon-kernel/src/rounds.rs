//! The permutation on eight states at once.
//!
//! The same order as `prover/poseidon/src/permutation.rs`: external matrix, four external rounds, the internal rounds,
//! four external rounds. Bounds, as multiples of `p`, stand in the comments; the rules are those of `field`.

use crate::field::{Loose, Tight};
use crate::limbs::{Limbs, montgomery};
use crate::{EXTERNAL_ROUNDS, F};

/// The constants of the permutation, as the kernel holds them; each below `p`.
#[derive(Debug)]
pub struct Rounds<const WIDTH: usize> {
    diagonal: [Limbs; WIDTH],
    external: [[Limbs; WIDTH]; EXTERNAL_ROUNDS],
    internal: Vec<Limbs>,
}

impl<const WIDTH: usize> Rounds<WIDTH> {
    /// Converts the constants.
    pub fn new(diagonal: &[F; WIDTH], external: &[[F; WIDTH]; EXTERNAL_ROUNDS], internal: &[F]) -> Self {
        Self {
            diagonal: diagonal.map(montgomery),
            external: external.map(|row| row.map(montgomery)),
            internal: internal.iter().copied().map(montgomery).collect(),
        }
    }

    /// Permutes eight states. Elements below 2 on entry, below 82 on return.
    #[target_feature(enable = "avx512f,avx512ifma")]
    pub fn permute(&self, state: &mut [Loose; WIDTH]) {
        let (first, last) = self.external.split_at(EXTERNAL_ROUNDS / 2);
        external_matrix(state);
        for constants in first {
            external_round(state, constants);
        }
        self.internal_rounds(state);
        for constants in last {
            external_round(state, constants);
        }
    }

    /// The internal rounds: the S-box on element 0, then every element times its diagonal, plus the sum of all.
    ///
    /// The S-box is a chain of three products that wait for each other; the products of the diagonal wait for none
    /// of them, so a third of them is issued behind each.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn internal_rounds(&self, state: &mut [Loose; WIDTH]) {
        let third = (WIDTH - 1) / 3;
        let diagonal = &self.diagonal;
        let mut first = state[0].reduce().loose();
        let mut rest = [first.carry(); WIDTH];
        for i in 1..WIDTH {
            rest[i] = state[i].reduce();
        }
        let mut products = *state;
        for constant in &self.internal {
            let x = first.add(&Tight::broadcast(constant).loose()).carry(); // 2.1 + 1
            let square = x.square().carry(); // 1.12
            for i in 1..=third {
                products[i] = rest[i].mul(&Tight::broadcast(&diagonal[i])); // 1.03
            }
            let fourth = square.square().carry(); // 1.02
            for i in third + 1..=2 * third {
                products[i] = rest[i].mul(&Tight::broadcast(&diagonal[i]));
            }
            let fifth = fourth.mul(&x).carry(); // 1.04
            let mut sum = rest[1].loose();
            for element in &rest[2..] {
                sum = sum.add(&element.loose()); // 15 * 2.1
            }
            for i in 2 * third + 1..WIDTH {
                products[i] = rest[i].mul(&Tight::broadcast(&diagonal[i]));
            }
            let sum = sum.add(&fifth.loose()).reduce().loose(); // 1.03
            first = fifth.mul(&Tight::broadcast(&diagonal[0])).add(&sum); // 1.02 + 1.03
            for i in 1..WIDTH {
                rest[i] = products[i].add(&sum).carry(); // 1.03 + 1.03
            }
        }
        state[0] = first;
        for i in 1..WIDTH {
            state[i] = rest[i].loose();
        }
    }
}

/// Constants, S-boxes, external matrix. Elements below 160 on entry, below 82 on return.
#[target_feature(enable = "avx512f,avx512ifma")]
fn external_round<const WIDTH: usize>(state: &mut [Loose; WIDTH], constants: &[Limbs; WIDTH]) {
    for i in 0..WIDTH {
        let x = state[i].add(&Tight::broadcast(&constants[i]).loose()).reduce(); // 1.03
        let square = x.square().carry(); // 1.02
        let fourth = square.square().carry(); // 1.02
        state[i] = fourth.mul(&x); // 1.02
    }
    external_matrix(state);
}

/// The external matrix: `M4` on each block of four, then each block plus the sum of all blocks (width > 4).
///
/// The largest row sum is 16 at width 4 and 80 at width 16: values and limbs grow by that much. Limbs below `2^56.2`
/// ([`crate::field::Product::reduce`] of one product) stay below `2^62.6`.
#[inline]
#[target_feature(enable = "avx512f,avx512ifma")]
fn external_matrix<const WIDTH: usize>(state: &mut [Loose; WIDTH]) {
    for block in state.as_chunks_mut::<4>().0 {
        let [a, b, c, d] = *block;
        let (ab, cd) = (a.add(&b), c.add(&d));
        let (low, high) = (b.double().add(&cd), d.double().add(&ab));
        let fourth = cd.double().double().add(&high); // a + b + 4c + 6d
        let second = ab.double().double().add(&low); // 4a + 6b + c + d
        *block = [high.add(&second), second, low.add(&fourth), fourth];
    }
    if WIDTH > 4 {
        let (blocks, _) = state.as_chunks_mut::<4>();
        let mut sums = blocks[0];
        for block in &blocks[1..] {
            for i in 0..4 {
                sums[i] = sums[i].add(&block[i]);
            }
        }
        for block in blocks {
            for i in 0..4 {
                block[i] = block[i].add(&sums[i]);
            }
        }
    }
}
