//! Activations: defined from four nibbles each, and packed into words (gates 2 and 4).

use halo2_proofs::circuit::Region;
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::Field;
use halo2_proofs::plonk::Error;

use super::{Cell, EngineConfig, Number, Pen, Site};
use crate::opening::signed;

/// What a block of activations leaves for others.
#[derive(Clone, Debug, Default)]
pub struct InputCells {
    /// One cell per activation.
    pub numbers: Vec<Number>,
    /// Finished words.
    pub words: Vec<Cell>,
}

impl EngineConfig {
    /// Defines activations, one a row, 15 to a word. An empty slice stands for `length` unknown ones.
    pub fn assign_input(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        values: &[i16],
        length: usize,
        per_word: usize,
    ) -> Result<InputCells, Error> {
        let mut cells = InputCells::default();
        let mut word = Fp::ZERO;
        self.put(region, self.numbers_word, 0, pen.ink(signed(pen.slip(0, Site::NumbersWordStart))))?;
        for row in 0..length {
            let code = i64::from(values.get(row).copied().unwrap_or(0)) + (1 << 15);
            let mut value = -(1 << 15);
            for (lane, column) in self.nibbles.iter().enumerate() {
                let nibble = ((code >> (4 * lane)) & 15) + pen.slip(row, Site::Nibble(lane));
                value += nibble << (4 * lane);
                self.put(region, *column, row, pen.ink(signed(nibble)))?;
            }
            value += pen.slip(row, Site::Sum);
            self.q_activation.enable(region, row)?;
            let cell = self.put(region, self.sum, row, pen.ink(signed(value)))?;
            cells.numbers.push(Number { cell, value });
            let base = if row % per_word == 0 { Fp::ZERO } else { Fp::from(1 << 16) };
            word = base * word + signed(value + pen.slip(row, Site::NumbersWord));
            let end = self.assign_numbers_word(region, pen, row, base, true, word)?;
            if (row + 1) % per_word == 0 || row + 1 == length {
                cells.words.push(end);
            }
        }
        Ok(cells)
    }
}
