//! Proof of work on a duplex: a nonce that, absorbed, makes the next squeezed element end in zero bits.
//!
//! The bits are the low ones of the canonical representative. [`does_work`] is what a verifier asks of the squeezed
//! element; [`Duplex::grind`] finds the smallest nonce, with all threads, the same nonce on every machine.

use ark_ff::{BigInteger, PrimeField};
use rankproof_poseidon_kernel::Kernel;
use rayon::prelude::*;

use crate::{Duplex, F, constants, lanes};

/// The most bits of work that [`Duplex::grind`] looks for.
pub const MAX_BITS: u32 = 52;

/// Whether a squeezed element has `bits` zero bits at its low end.
pub fn does_work(element: &F, bits: u32) -> bool {
    (0..bits as usize).all(|bit| !element.into_bigint().get_bit(bit))
}

impl Duplex {
    /// The smallest nonce for which `absorb(F::from(nonce))` makes the next squeezed element do `bits` bits of work.
    /// The duplex stays as it is. Takes `2^bits` permutations on average.
    ///
    /// # Panics
    /// When `bits` is above [`MAX_BITS`].
    pub fn grind(&self, bits: u32) -> u64 {
        assert!(bits <= MAX_BITS, "{bits} bits of work, of {MAX_BITS} at most");
        self.grind_with(lanes::width_4(), bits)
    }

    fn grind_with(&self, kernel: Option<&Kernel<4>>, bits: u32) -> u64 {
        /// Nonces that one thread tries at a time: a multiple of the lanes, below 1 ms.
        const SHARE: u64 = 256;
        /// Shares between two looks at whether a nonce was found.
        const SHARES: u64 = 32;
        let (state, slot) = self.next_slot();
        let search = |start: u64| match kernel {
            Some(kernel) => kernel.find_nonce(&state, slot, bits, start, SHARE),
            None => (start..start + SHARE).find(|&nonce| {
                let mut state = state;
                state[slot] += F::from(nonce);
                constants::T4.permute(&mut state);
                does_work(&state[0], bits)
            }),
        };
        (0..u64::MAX / (SHARE * SHARES))
            .find_map(|batch| {
                (batch * SHARES..(batch + 1) * SHARES).into_par_iter().find_map_first(|share| search(share * SHARE))
            })
            .expect("2^64 tries for at most 52 bits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tag;

    fn squeezed(duplex: &Duplex, nonce: u64) -> F {
        let mut duplex = duplex.clone();
        duplex.absorb(F::from(nonce));
        duplex.squeeze()
    }

    /// After 0, 1, 2 and 3 absorbed elements, and after a squeeze: every slot a nonce can meet.
    #[test]
    fn both_ways_find_the_smallest_nonce_in_every_slot() {
        for absorbed in 0..5u64 {
            for squeeze in [false, true] {
                let mut duplex = Duplex::new(Tag(9));
                (0..absorbed).for_each(|i| duplex.absorb(F::from(i + 1)));
                if squeeze {
                    duplex.squeeze();
                }
                for bits in [0, 1, 4, 9] {
                    let nonce = duplex.grind(bits);
                    assert_eq!(duplex.grind_with(None, bits), nonce);
                    assert!(does_work(&squeezed(&duplex, nonce), bits));
                    assert!((0..nonce).all(|smaller| !does_work(&squeezed(&duplex, smaller), bits)));
                }
            }
        }
    }

    #[test]
    fn work_is_counted_from_the_lowest_bit() {
        assert!(does_work(&F::from(8u64), 3));
        assert!(!does_work(&F::from(8u64), 4));
        assert!(does_work(&F::from(0u64), 200));
    }

    #[test]
    #[should_panic(expected = "53 bits of work, of 52 at most")]
    fn work_without_end_panics() {
        Duplex::new(Tag(9)).grind(53);
    }
}
