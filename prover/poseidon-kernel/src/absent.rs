//! The engine on processors other than x86-64: a type without values, so that [`crate::Kernel`] never exists there.

use crate::{EXTERNAL_ROUNDS, F};

/// Has no values.
#[derive(Debug)]
pub enum Engine<const WIDTH: usize> {}

impl<const WIDTH: usize> Engine<WIDTH> {
    /// Always `None`.
    pub fn new(_: &[F; WIDTH], _: &[[F; WIDTH]; EXTERNAL_ROUNDS], _: &[F]) -> Option<Self> {
        None
    }

    /// Cannot be called.
    pub fn compress_many(&self, _: &[[F; WIDTH]], _: &mut [F]) {
        match *self {}
    }

    /// Cannot be called.
    pub fn permute_many(&self, _: &mut [[F; WIDTH]]) {
        match *self {}
    }

    /// Cannot be called.
    pub fn find_nonce(&self, _: &[F; WIDTH], _: usize, _: u32, _: u64, _: u64) -> Option<u64> {
        match *self {}
    }
}
