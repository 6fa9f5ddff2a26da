//! The way into the vector code and out of it: detection, transposition, domains, remainders.

use std::arch::x86_64::*;

use ark_ff::BigInt;

use crate::field::{LANES, Loose, Tight};
use crate::limbs::{Limbs, into_domain, join, out_of_domain, split};
use crate::rounds::Rounds;
use crate::{EXTERNAL_ROUNDS, F};

/// The constants, and with them the knowledge that this processor has AVX-512 IFMA.
#[derive(Debug)]
pub struct Engine<const WIDTH: usize> {
    rounds: Rounds<WIDTH>,
    into_domain: Limbs,
    out_of_domain: Limbs,
}

impl<const WIDTH: usize> Engine<WIDTH> {
    /// `None` when the processor (or the operating system) lacks the registers or the instructions.
    pub fn new(diagonal: &[F; WIDTH], external: &[[F; WIDTH]; EXTERNAL_ROUNDS], internal: &[F]) -> Option<Self> {
        let present = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma");
        present.then(|| Self {
            rounds: Rounds::new(diagonal, external, internal),
            into_domain: into_domain(),
            out_of_domain: out_of_domain(),
        })
    }

    /// See [`crate::Kernel::compress_many`].
    pub fn compress_many(&self, blocks: &[[F; WIDTH]], out: &mut [F]) {
        for (blocks, out) in blocks.chunks(LANES).zip(out.chunks_mut(LANES)) {
            // SAFETY: an `Engine` exists only where `new` found the instructions.
            #[allow(unsafe_code)]
            unsafe {
                self.compress_group(blocks, out);
            }
        }
    }

    /// See [`crate::Kernel::permute_many`].
    pub fn permute_many(&self, states: &mut [[F; WIDTH]]) {
        for states in states.chunks_mut(LANES) {
            // SAFETY: an `Engine` exists only where `new` found the instructions.
            #[allow(unsafe_code)]
            unsafe {
                self.permute_group(states);
            }
        }
    }

    /// See [`crate::Kernel::find_nonce`].
    pub fn find_nonce(&self, state: &[F; WIDTH], slot: usize, bits: u32, start: u64, count: u64) -> Option<u64> {
        // SAFETY: an `Engine` exists only where `new` found the instructions.
        #[allow(unsafe_code)]
        unsafe {
            self.find_nonce_in(state, slot, bits, start, count)
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn compress_group(&self, blocks: &[[F; WIDTH]], out: &mut [F]) {
        let mut state = self.load(blocks);
        let first = state[0];
        self.rounds.permute(&mut state);
        let sum = state[0].add(&first).reduce();
        store(&self.leave(&sum), out.iter_mut());
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn permute_group(&self, states: &mut [[F; WIDTH]]) {
        let mut state = self.load(states);
        self.rounds.permute(&mut state);
        for i in 0..WIDTH {
            store(&self.leave(&state[i].reduce()), states.iter_mut().map(|state| &mut state[i]));
        }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    fn find_nonce_in(&self, state: &[F; WIDTH], slot: usize, bits: u32, start: u64, count: u64) -> Option<u64> {
        let unit = Tight::broadcast(&[1, 0, 0, 0, 0]);
        let wanted = _mm512_set1_epi64(((1u64 << bits) - 1).cast_signed());
        let end = start.saturating_add(count);
        let mut states = [*state; LANES];
        let mut nonce = start;
        while nonce < end {
            let here = (end - nonce).min(LANES as u64);
            for (lane, element) in (0..here).zip(&mut states) {
                element[slot] = state[slot] + F::from(nonce + lane);
            }
            let mut wide = self.load(&states);
            self.rounds.permute(&mut wide);
            // A product with the plain 1 takes the element out of Montgomery form.
            let canonical = wide[0].reduce().mul(&unit).canonical();
            let zeros = _mm512_testn_epi64_mask(canonical.0[0], wanted);
            let lane = u64::from(zeros.trailing_zeros());
            if lane < here {
                return Some(nonce + lane);
            }
            nonce += here;
        }
        None
    }

    /// Transposes up to eight states into lanes (the others are zero) and brings them into the domain: below 1.02.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn load(&self, states: &[[F; WIDTH]]) -> [Loose; WIDTH] {
        let domain = Tight::broadcast(&self.into_domain);
        let mut wide = [domain.loose(); WIDTH];
        for i in 0..WIDTH {
            let mut lanes = [[0; LANES]; 5];
            for (lane, state) in states.iter().enumerate().take(LANES) {
                let limbs = split(&state[i].0.0);
                for (row, limb) in lanes.iter_mut().zip(limbs) {
                    row[lane] = limb;
                }
            }
            wide[i] = Tight::from_rows(&lanes).mul(&domain);
        }
        wide
    }

    /// The representation of ark-ff, `x * 2^256 mod p`, limbs and value canonical.
    #[target_feature(enable = "avx512f,avx512ifma")]
    fn leave(&self, element: &Tight) -> Tight {
        element.mul(&Tight::broadcast(&self.out_of_domain)).canonical()
    }
}

/// Writes the lanes of a canonical element, as many as there are places.
#[target_feature(enable = "avx512f,avx512ifma")]
fn store<'a>(element: &Tight, out: impl Iterator<Item = &'a mut F>) {
    let [a, b, c, d, e] = element.rows();
    for (lane, place) in out.enumerate().take(LANES) {
        *place = F::new_unchecked(BigInt(join(&[a[lane], b[lane], c[lane], d[lane], e[lane]])));
    }
}
