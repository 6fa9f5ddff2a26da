//! One engine: eleven advice columns that define activations, multiply weights by numbers, and pack both into words.
//!
//! Every row holds four nibbles `n_0..n_3`, always range-checked: the pairs `(n_0, n_1)` and `(n_2, n_3)` are looked up
//! in the table of all 256 pairs. Beside them: four numbers `v_0..v_3`, a running sum `s`, a running word of weights
//! `p` and a running word of numbers `q`. With the fixed `keep`, `factor`, `shift`, `word_base`, `value_base`, `take`:
//!
//! ```text
//! dot product:     s' = keep s + factor sum_i n_i v_i - shift sum_i v_i                                   (1)
//! activation:      s  = n_0 + 16 n_1 + 256 n_2 + 4096 n_3 - 2^15                                          (2)
//! weights word:    p' = word_base p + n_0 + 16 n_1 + 256 n_2 + 4096 n_3                                   (3)
//! numbers word:    q' = value_base q + take s                                                             (4)
//! ```
//!
//! where `'` is the next row. A 4-bit weight has factor 1 and shift 8; an 8-bit weight takes two rows, the low plane
//! with factor 1 and shift 0, the high plane with factor 16 and shift 128. A product costs one lane and one quarter of
//! a pair of look-ups, whatever the width of the number: the sum `u` of a down projection is multiplied as it is, with
//! no decomposition (docs/halo2.md compares this with a table of nibble times byte). Unused lanes have `v_i` copied
//! from a constant 0.

mod dots;
mod input;
mod pen;

use halo2_proofs::circuit::{Region, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::Field;
use halo2_proofs::plonk::{Advice, Column, ConstraintSystem, Error, Expression, Fixed, Selector, TableColumn};
use halo2_proofs::poly::Rotation;

pub use self::dots::{Codes, Dots, DotsCells};
pub use self::input::InputCells;
pub use self::pen::{Cell, Fault, HEAD, Number, Pen, SPONGES, Site};
use crate::opening::signed;
use crate::shape::LANES;

/// Advice columns of an engine.
pub const ADVICE_COLUMNS: usize = 2 * LANES + 3;
/// Look-ups per row of an engine, each of two nibbles.
pub const LOOKUPS: usize = LANES / 2;
/// Name of gate (1).
pub const GATE_DOT: &str = "dot product";
/// Name of gate (2).
pub const GATE_ACTIVATION: &str = "activation";
/// Name of gate (3).
pub const GATE_WEIGHTS_WORD: &str = "weights word";
/// Name of gate (4).
pub const GATE_NUMBERS_WORD: &str = "numbers word";

/// Columns and selectors of one engine.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    nibbles: [Column<Advice>; LANES],
    numbers: [Column<Advice>; LANES],
    sum: Column<Advice>,
    weights_word: Column<Advice>,
    numbers_word: Column<Advice>,
    keep: Column<Fixed>,
    factor: Column<Fixed>,
    shift: Column<Fixed>,
    word_base: Column<Fixed>,
    value_base: Column<Fixed>,
    take: Column<Fixed>,
    q_dot: Selector,
    q_activation: Selector,
    q_weights_word: Selector,
    q_numbers_word: Selector,
}

impl EngineConfig {
    /// Allocates the columns and gates of one engine; `pairs` is the table of all pairs of nibbles.
    pub fn configure(meta: &mut ConstraintSystem<Fp>, pairs: [TableColumn; 2]) -> Self {
        let advice = |meta: &mut ConstraintSystem<Fp>| {
            let column = meta.advice_column();
            meta.enable_equality(column);
            column
        };
        let config = Self {
            nibbles: std::array::from_fn(|_| advice(meta)),
            numbers: std::array::from_fn(|_| advice(meta)),
            sum: advice(meta),
            weights_word: advice(meta),
            numbers_word: advice(meta),
            keep: meta.fixed_column(),
            factor: meta.fixed_column(),
            shift: meta.fixed_column(),
            word_base: meta.fixed_column(),
            value_base: meta.fixed_column(),
            take: meta.fixed_column(),
            q_dot: meta.selector(),
            q_activation: meta.selector(),
            q_weights_word: meta.selector(),
            q_numbers_word: meta.selector(),
        };
        for pair in config.nibbles.chunks(2) {
            meta.lookup(|meta| {
                pair.iter()
                    .zip(pairs)
                    .map(|(column, table)| (meta.query_advice(*column, Rotation::cur()), table))
                    .collect()
            });
        }
        config.create_gates(meta);
        config
    }

    fn create_gates(&self, meta: &mut ConstraintSystem<Fp>) {
        // sum_i n_i 16^i
        let row_word = |meta: &mut halo2_proofs::plonk::VirtualCells<'_, Fp>| {
            self.nibbles.iter().rev().fold(Expression::Constant(Fp::ZERO), |word, column| {
                word * Fp::from(16) + meta.query_advice(*column, Rotation::cur())
            })
        };
        // (1) s' = keep s + factor sum_i n_i v_i - shift sum_i v_i
        meta.create_gate(GATE_DOT, |meta| {
            let q = meta.query_selector(self.q_dot);
            let [keep, factor, shift] = [self.keep, self.factor, self.shift].map(|column| meta.query_fixed(column));
            let sum = meta.query_advice(self.sum, Rotation::cur());
            let next = meta.query_advice(self.sum, Rotation::next());
            let nibbles = self.nibbles.map(|column| meta.query_advice(column, Rotation::cur()));
            let numbers = self.numbers.map(|column| meta.query_advice(column, Rotation::cur()));
            let zero = Expression::Constant(Fp::ZERO);
            let products = nibbles.iter().zip(&numbers).fold(zero.clone(), |all, (n, v)| all + n.clone() * v.clone());
            let total = numbers.into_iter().fold(zero, |all, v| all + v);
            vec![q * (keep * sum + factor * products - shift * total - next)]
        });
        // (2) s = sum_i n_i 16^i - 2^15
        meta.create_gate(GATE_ACTIVATION, |meta| {
            let q = meta.query_selector(self.q_activation);
            let sum = meta.query_advice(self.sum, Rotation::cur());
            vec![q * (row_word(meta) - Expression::Constant(Fp::from(1 << 15)) - sum)]
        });
        // (3) p' = word_base p + sum_i n_i 16^i
        meta.create_gate(GATE_WEIGHTS_WORD, |meta| {
            let q = meta.query_selector(self.q_weights_word);
            let base = meta.query_fixed(self.word_base);
            let word = meta.query_advice(self.weights_word, Rotation::cur());
            let next = meta.query_advice(self.weights_word, Rotation::next());
            vec![q * (base * word + row_word(meta) - next)]
        });
        // (4) q' = value_base q + take s
        meta.create_gate(GATE_NUMBERS_WORD, |meta| {
            let q = meta.query_selector(self.q_numbers_word);
            let [base, take] = [self.value_base, self.take].map(|column| meta.query_fixed(column));
            let word = meta.query_advice(self.numbers_word, Rotation::cur());
            let next = meta.query_advice(self.numbers_word, Rotation::next());
            let sum = meta.query_advice(self.sum, Rotation::cur());
            vec![q * (base * word + take * sum - next)]
        });
    }

    /// Writes integers into the sum column, one a row, unconstrained: the private words of a message.
    pub fn assign_free(&self, region: &mut Region<'_, Fp>, row: usize, value: Value<Fp>) -> Result<Cell, Error> {
        region.assign_advice(|| "free", self.sum, row, || value)
    }

    /// A constant zero.
    pub fn assign_zero(&self, region: &mut Region<'_, Fp>, pen: &Pen, row: usize) -> Result<Number, Error> {
        let cell = self.assign_constant(region, pen, row, Fp::ZERO)?;
        Ok(Number { cell, value: pen.slip(row, Site::Sum) })
    }

    /// A constant, by copy from the constants' column.
    pub fn assign_constant(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        row: usize,
        value: Fp,
    ) -> Result<Cell, Error> {
        let written = value + signed(pen.slip(row, Site::Sum));
        let cell = region.assign_advice(|| "constant", self.sum, row, || Value::known(written))?;
        region.constrain_constant(cell.cell(), value)?;
        Ok(cell)
    }

    /// A public value.
    pub fn assign_public(
        &self,
        region: &mut Region<'_, Fp>,
        row: usize,
        column: Column<halo2_proofs::plonk::Instance>,
        position: usize,
    ) -> Result<Cell, Error> {
        region.assign_advice_from_instance(|| "public", column, position, self.sum, row)
    }

    fn put(
        &self,
        region: &mut Region<'_, Fp>,
        column: Column<Advice>,
        row: usize,
        value: Value<Fp>,
    ) -> Result<Cell, Error> {
        region.assign_advice(|| "", column, row, || value)
    }

    fn fix(&self, region: &mut Region<'_, Fp>, column: Column<Fixed>, row: usize, value: Fp) -> Result<(), Error> {
        region.assign_fixed(|| "", column, row, || Value::known(value)).map(|_| ())
    }

    fn assign_numbers_word(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        row: usize,
        base: Fp,
        take: bool,
        word: Fp,
    ) -> Result<Cell, Error> {
        self.q_numbers_word.enable(region, row)?;
        self.fix(region, self.value_base, row, base)?;
        self.fix(region, self.take, row, Fp::from(u64::from(take)))?;
        self.put(region, self.numbers_word, row + 1, pen.ink(word))
    }
}
