//! The sponge at width 4: rate 3, capacity 1 (element 3).
//!
//! [`hash`] is the fixed-length hash `H` of docs/protocol.md section 1: the capacity starts as `tag * 2^32 + length`,
//! input is added in blocks of three, the output is element 0. [`Duplex`] is the Fiat-Shamir state: absorbed elements
//! are added to the rate, a squeeze after absorbing permutes first. The order and number of absorptions is fixed by
//! the parameters of the protocol (which are hashed into the first one), so blocks need no padding.

use ark_ff::AdditiveGroup;

use crate::{F, constants};

/// Elements absorbed or squeezed per permutation.
pub const RATE: usize = 3;
const CAPACITY: usize = 3;

/// A domain of the sponge: what kind of thing is being hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(pub u32);

impl Tag {
    /// The initial capacity, `tag * 2^32 + length`.
    pub fn capacity(self, length: u32) -> F {
        F::from((u64::from(self.0) << 32) | u64::from(length))
    }
}

/// Hashes a sequence of elements whose length is part of the domain.
///
/// # Panics
/// When there are 2^32 elements or more.
pub fn hash(tag: Tag, elements: &[F]) -> F {
    let length = u32::try_from(elements.len()).expect("fewer than 2^32 elements");
    let mut state = [F::ZERO, F::ZERO, F::ZERO, tag.capacity(length)];
    for block in elements.chunks(RATE) {
        for (slot, element) in state.iter_mut().zip(block) {
            *slot += element;
        }
        constants::T4.permute(&mut state);
    }
    if elements.is_empty() {
        constants::T4.permute(&mut state);
    }
    state[0]
}

/// The Fiat-Shamir duplex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplex {
    state: [F; 4],
    absorbed: usize,
    squeezed: usize,
}

impl Duplex {
    /// A fresh state in the given domain.
    pub fn new(tag: Tag) -> Self {
        Self { state: [F::ZERO, F::ZERO, F::ZERO, tag.capacity(0)], absorbed: 0, squeezed: RATE }
    }

    fn permute(&mut self) {
        constants::T4.permute(&mut self.state);
        self.absorbed = 0;
        self.squeezed = 0;
    }

    /// Absorbs one element.
    pub fn absorb(&mut self, element: F) {
        if self.absorbed == RATE {
            self.permute();
        }
        if let Some(slot) = self.state.get_mut(self.absorbed) {
            *slot += element;
        }
        self.absorbed = self.absorbed.saturating_add(1);
        self.squeezed = RATE;
    }

    /// The state that the next absorbed element is added to, and where: what [`Self::absorb`] does before it adds.
    pub(crate) fn next_slot(&self) -> ([F; 4], usize) {
        let mut next = self.clone();
        if next.absorbed == RATE {
            next.permute();
        }
        (next.state, next.absorbed)
    }

    /// Squeezes one element.
    pub fn squeeze(&mut self) -> F {
        if self.absorbed > 0 || self.squeezed >= RATE {
            self.permute();
        }
        let element = self.state.get(self.squeezed).copied().unwrap_or(self.state[CAPACITY]);
        self.squeezed = self.squeezed.saturating_add(1);
        element
    }
}
