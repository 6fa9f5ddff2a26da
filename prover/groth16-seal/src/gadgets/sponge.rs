//! The sponge at width 4 in constraints: rate 3, capacity 1 (element 3); 264 constraints a permutation.
//!
//! [`hash`] and [`Duplex`] permute exactly when `rankproof_poseidon::sponge` does. A squeezed element is a combination of
//! up to four variables: cheap to use a few times, worth a [`ConstraintSystem::reduce`] when used in long sums.

use rankproof_poseidon::{constants, sponge::RATE, sponge::Tag};

use super::permutation::permute;
use crate::{ConstraintSystem, F, Num, r1cs::count};

fn initial_state(tag: Tag, length: u32) -> [Num; 4] {
    [Num::zero(), Num::zero(), Num::zero(), Num::constant(tag.capacity(length))]
}

/// Hashes a sequence of elements whose length is part of the domain.
pub fn hash(cs: &mut ConstraintSystem, tag: Tag, elements: &[Num]) -> Num {
    let mut state = initial_state(tag, count(elements.len()));
    for block in elements.chunks(RATE) {
        for (slot, element) in state.iter_mut().zip(block) {
            *slot += element;
        }
        permute(cs, &constants::T4, &mut state);
    }
    if elements.is_empty() {
        permute(cs, &constants::T4, &mut state);
    }
    let [digest, ..] = state;
    digest
}

/// The Fiat-Shamir duplex.
#[derive(Clone, Debug)]
pub struct Duplex {
    state: [Num; 4],
    absorbed: usize,
    squeezed: usize,
}

impl Duplex {
    /// A fresh state in the given domain.
    pub fn new(tag: Tag) -> Self {
        Self { state: initial_state(tag, 0), absorbed: 0, squeezed: RATE }
    }

    fn permute(&mut self, cs: &mut ConstraintSystem) {
        permute(cs, &constants::T4, &mut self.state);
        self.absorbed = 0;
        self.squeezed = 0;
    }

    /// Absorbs one element.
    pub fn absorb(&mut self, cs: &mut ConstraintSystem, element: &Num) {
        if self.absorbed == RATE {
            self.permute(cs);
        }
        self.state[self.absorbed] += element;
        self.absorbed += 1;
        self.squeezed = RATE;
    }

    /// Squeezes one element.
    pub fn squeeze(&mut self, cs: &mut ConstraintSystem) -> Num {
        if self.absorbed > 0 || self.squeezed >= RATE {
            self.permute(cs);
        }
        let element = self.state[self.squeezed].clone();
        self.squeezed += 1;
        element
    }

    /// The state's values, for agreement tests with the native duplex.
    pub fn values(&self) -> [F; 4] {
        self.state.each_ref().map(Num::value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing;

    const TAG: Tag = Tag(77);

    fn hash_agrees<const N: usize>(constraints: usize) {
        let elements: [F; N] = testing::random();
        let native = rankproof_poseidon::hash(TAG, &elements);
        testing::check(&elements, "hash", constraints, |cs, elements| {
            assert_eq!(hash(cs, TAG, elements).value(), native);
        });
    }

    #[test]
    fn hash_agrees_with_native_at_every_length_of_the_last_block() {
        hash_agrees::<0>(0); // nothing but constants
        hash_agrees::<1>(264);
        hash_agrees::<3>(264);
        hash_agrees::<4>(528);
    }

    #[test]
    fn tag_and_length_change_the_rows() {
        let digest = |tag, length| {
            testing::digest(|cs| {
                let elements: Vec<Num> = (0..length).map(|_| cs.witness(F::from(1u64))).collect();
                hash(cs, tag, &elements);
            })
        };
        assert_eq!(digest(TAG, 2), digest(TAG, 2));
        assert_ne!(digest(TAG, 2), digest(Tag(78), 2));
        assert_ne!(digest(TAG, 2), digest(TAG, 3));
    }

    #[test]
    fn duplex_agrees_with_native_in_every_phase() {
        let elements: [F; 9] = testing::random();
        // How many to absorb and then to squeeze: mid-block switches, full blocks, nothing absorbed.
        let script = [(0, 1), (1, 1), (3, 3), (4, 4), (1, 0), (0, 2)];
        let mut native = rankproof_poseidon::Duplex::new(TAG);
        let mut expected = Vec::new();
        let mut remaining = elements.iter();
        for (absorb, squeeze) in script {
            remaining.by_ref().take(absorb).for_each(|&element| native.absorb(element));
            expected.extend((0..squeeze).map(|_| native.squeeze()));
        }
        // Permutations: 1 of constants only (free), then 1, 1, 2 + 1, 1.
        testing::check(&elements, "duplex", 6 * 264, |cs, elements| {
            let mut duplex = Duplex::new(TAG);
            let mut squeezed = Vec::new();
            let mut remaining = elements.iter();
            for (absorb, squeeze) in script {
                remaining.by_ref().take(absorb).for_each(|element| duplex.absorb(cs, element));
                squeezed.extend((0..squeeze).map(|_| duplex.squeeze(cs).value()));
            }
            assert_eq!(squeezed, expected);
        });
    }
}
