//! The Poseidon2 permutation (ePrint 2023/323), widths 4 and 16, S-box x^5.
//!
//! `external layer, 4 external rounds, internal rounds, 4 external rounds`; the external matrix is the 4x4 MDS matrix
//! of the paper, for width 16 combined over the four blocks; the internal matrix is `J + diag(d)` (all ones plus a
//! diagonal). The circuit gadget `groth16-seal/src/gadgets/permutation.rs` follows the same order.

use std::cell::Cell;

use ark_ff::{AdditiveGroup, Field};

use crate::F;

/// Number of external rounds, half before and half after the internal ones.
pub const EXTERNAL_ROUNDS: usize = 8;

thread_local! {
    static COMPUTED: Cell<u64> = const { Cell::new(0) };
}

/// Permutations that this thread has computed one by one, of both widths: for tests that bound the work of a verifier,
/// which hashes nothing in lanes.
#[doc(hidden)]
pub fn computed() -> u64 {
    COMPUTED.get()
}

/// The constants of one width; `INTERNAL` is the number of internal rounds.
#[derive(Debug)]
pub struct Parameters<const WIDTH: usize, const INTERNAL: usize> {
    /// The internal matrix is all ones plus this diagonal.
    pub internal_diagonal_minus_one: [F; WIDTH],
    /// Round constants of the external rounds, one row a round.
    pub external: [[F; WIDTH]; EXTERNAL_ROUNDS],
    /// Round constants of the internal rounds, added to element 0.
    pub internal: [F; INTERNAL],
}

impl<const WIDTH: usize, const INTERNAL: usize> Parameters<WIDTH, INTERNAL> {
    /// Applies the permutation in place.
    pub fn permute(&self, state: &mut [F; WIDTH]) {
        COMPUTED.set(COMPUTED.get().wrapping_add(1));
        external_matrix(state);
        let (first, last) = self.external.split_at(EXTERNAL_ROUNDS / 2);
        for constants in first {
            external_round(state, constants);
        }
        for constant in &self.internal {
            state[0] = sbox(state[0] + constant);
            let sum: F = state.iter().sum();
            for (element, diagonal) in state.iter_mut().zip(&self.internal_diagonal_minus_one) {
                *element = *element * diagonal + sum;
            }
        }
        for constants in last {
            external_round(state, constants);
        }
    }
}

fn sbox(x: F) -> F {
    let square = x.square();
    square.square() * x
}

fn external_round<const WIDTH: usize>(state: &mut [F; WIDTH], constants: &[F; WIDTH]) {
    for (element, constant) in state.iter_mut().zip(constants) {
        *element = sbox(*element + constant);
    }
    external_matrix(state);
}

/// The external linear layer: `M4` on each block of four, then each block plus the sum of all blocks (width > 4).
fn external_matrix<const WIDTH: usize>(state: &mut [F; WIDTH]) {
    for block in state.chunks_exact_mut(4) {
        let [a, b, c, d] = [block[0], block[1], block[2], block[3]];
        let (ab, cd) = (a + b, c + d);
        let (low, high) = (b.double() + cd, d.double() + ab);
        let fourth = cd.double().double() + high; // a + b + 4c + 6d
        let second = ab.double().double() + low; // 4a + 6b + c + d
        block[0] = high + second; // 5a + 7b + c + 3d
        block[1] = second;
        block[2] = low + fourth; // a + 3b + 5c + 7d
        block[3] = fourth;
    }
    if WIDTH > 4 {
        let mut sums = [F::from(0u64); 4];
        for block in state.chunks_exact(4) {
            for (sum, element) in sums.iter_mut().zip(block) {
                *sum += element;
            }
        }
        for block in state.chunks_exact_mut(4) {
            for (element, sum) in block.iter_mut().zip(&sums) {
                *element += sum;
            }
        }
    }
}
