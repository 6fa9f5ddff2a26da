//! Poseidon2 over BN254 Fr for many inputs at once: eight permutations side by side in AVX-512 IFMA registers.
//!
//! [`Kernel::compress_many`] computes `P(x)[0] + x[0]` for a slice of blocks, [`Kernel::find_nonce`] searches a
//! proof-of-work nonce. `P` is the permutation of `prover/poseidon/src/permutation.rs`; the constants come from the
//! caller, and every result is bit-identical with that scalar code, which is the oracle of the tests here.
//!
//! Shapes: an element is five limbs of 52 bits in Montgomery form with `R = 2^260`; a vector register holds one limb
//! of eight elements. [`limbs`] is the scalar side of that representation, `field` the arithmetic with its bounds,
//! `rounds` the permutation, `engine` the way in and out.
//!
//! # The fence
//! This is the only crate of the workspace with `unsafe` code. It has two kinds of it: `engine` enters code compiled
//! for AVX-512 after it asked the processor, and `field` moves rows of eight words between memory and registers.
//! Everything else, the whole arithmetic included, is safe code.
//!
//! It does not guarantee constant time (inputs are commitments' contents on the prover's own machine), and it is
//! absent on other processors: there [`Kernel::new`] returns `None` and the caller keeps its scalar code.

#[cfg(target_arch = "x86_64")]
mod engine;
#[cfg(target_arch = "x86_64")]
mod field;
#[cfg(target_arch = "x86_64")]
mod limbs;
#[cfg(target_arch = "x86_64")]
mod rounds;

#[cfg(not(target_arch = "x86_64"))]
#[path = "absent.rs"]
mod engine;

/// The scalar field of BN254.
pub type F = ark_bn254::Fr;

/// Number of external rounds of the permutation, half before and half after the internal ones.
pub const EXTERNAL_ROUNDS: usize = 8;

/// The vectorized permutation of one width, 4 or 16.
#[derive(Debug)]
pub struct Kernel<const WIDTH: usize>(engine::Engine<WIDTH>);

impl<const WIDTH: usize> Kernel<WIDTH> {
    /// Prepares the constants: the diagonal of the internal matrix minus one, the round constants of the external
    /// rounds, those of the internal ones. `None` when this processor has no AVX-512 IFMA.
    pub fn new(
        internal_diagonal_minus_one: &[F; WIDTH],
        external: &[[F; WIDTH]; EXTERNAL_ROUNDS],
        internal: &[F],
    ) -> Option<Self> {
        const { assert!(WIDTH == 4 || WIDTH == 16, "the external matrix is written for widths 4 and 16") };
        engine::Engine::new(internal_diagonal_minus_one, external, internal).map(Self)
    }

    /// Writes `P(x)[0] + x[0]` of every block to the element of `out` with the same index.
    ///
    /// # Panics
    /// When `blocks` and `out` differ in length.
    pub fn compress_many(&self, blocks: &[[F; WIDTH]], out: &mut [F]) {
        assert_eq!(blocks.len(), out.len(), "one output for each block");
        self.0.compress_many(blocks, out);
    }

    /// Permutes every state in place.
    pub fn permute_many(&self, states: &mut [[F; WIDTH]]) {
        self.0.permute_many(states);
    }

    /// The smallest nonce `n` in `start..start + count` for which the state, with `n` added to element `slot` and then
    /// permuted, has an element 0 whose canonical representative ends in `bits` zero bits; `None` when there is none.
    /// The range is cut at `u64::MAX`, which itself is not tried.
    ///
    /// # Panics
    /// When `slot` is not below the width, or `bits` is above 52.
    pub fn find_nonce(&self, state: &[F; WIDTH], slot: usize, bits: u32, start: u64, count: u64) -> Option<u64> {
        assert!(slot < WIDTH, "slot {slot} of a state of {WIDTH}");
        assert!(bits <= 52, "a nonce for {bits} bits, of 52 at most");
        self.0.find_nonce(state, slot, bits, start, count)
    }
}
