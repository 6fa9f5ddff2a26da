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

use halo2_proofs::circuit::{AssignedCell, Region, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::{Field, PrimeField};
use halo2_proofs::plonk::{Advice, Column, ConstraintSystem, Error, Expression, Fixed, Selector, TableColumn};
use halo2_proofs::poly::Rotation;
use rankproof_statement::WeightBits;

use crate::opening::{nibbles, row_word, signed};
use crate::shape::{LANES, ROWS_PER_WORD};

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

/// A cell of the circuit.
pub type Cell = AssignedCell<Fp, Fp>;

/// A cell whose value is a known small integer (0 when the witness is unknown).
#[derive(Clone, Debug)]
pub struct Number {
    /// The cell.
    pub cell: Cell,
    /// Its value.
    pub value: i64,
}

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

/// Where a test breaks a witness: the value assigned there is one more than it should be, and everything after it is
/// computed from the broken value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Nibble of a lane.
    Nibble(usize),
    /// Number of a lane.
    Number(usize),
    /// Running sum, or a defined activation.
    Sum,
    /// Running word of weights.
    WeightsWord,
    /// Running word of numbers.
    NumbersWord,
}

/// Adds a wrong amount at one site of one block; only tests have one.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Index among [`crate::Shape::blocks`].
    pub block: usize,
    /// Row inside the block.
    pub row: usize,
    /// Which cell of the row.
    pub site: Site,
    /// What is added.
    pub amount: i64,
}

/// How an engine fills cells: whether values are known, and what a test breaks.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    /// False while keys are made.
    pub known: bool,
    /// The block being written.
    pub block: usize,
    /// A planted fault.
    pub fault: Option<Fault>,
}

impl Pen {
    fn slip(&self, row: usize, site: Site) -> i64 {
        let hit = |fault: &Fault| fault.block == self.block && fault.row == row && fault.site == site;
        self.fault.filter(hit).map_or(0, |fault| fault.amount)
    }

    fn ink(&self, value: Fp) -> Value<Fp> {
        if self.known { Value::known(value) } else { Value::unknown() }
    }
}

/// The dot products of one block.
#[derive(Debug)]
pub struct Dots<'a> {
    /// Codes, row-major, one vector per dot product.
    pub codes: Codes<'a>,
    /// Number of dot products.
    pub count: usize,
    /// What every vector is multiplied with.
    pub operand: &'a [Number],
    /// Width of the weights.
    pub bits: WeightBits,
    /// Width of a result and results per word, when the results are packed.
    pub pack: Option<(u32, usize)>,
}

/// Where the weights of a block come from.
#[derive(Debug)]
pub enum Codes<'a> {
    /// The first token: weights are defined here and packed into words. An empty slice stands for unknown weights.
    Defined(&'a [i8]),
    /// Later tokens: copies of the nibbles that the first token defined.
    Copied(&'a [[Number; LANES]]),
}

/// What a block of dot products leaves for others.
#[derive(Clone, Debug, Default)]
pub struct DotsCells {
    /// Nibbles by row, for later tokens.
    pub nibbles: Vec<[Number; LANES]>,
    /// One sum per dot product.
    pub results: Vec<Number>,
    /// Finished words of weights.
    pub weight_words: Vec<Cell>,
    /// Finished words of results.
    pub value_words: Vec<Cell>,
}

/// What a block of activations leaves for others.
#[derive(Clone, Debug, Default)]
pub struct InputCells {
    /// One cell per activation.
    pub numbers: Vec<Number>,
    /// Finished words.
    pub words: Vec<Cell>,
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
    pub fn assign_zero(&self, region: &mut Region<'_, Fp>, row: usize) -> Result<Number, Error> {
        let cell = region.assign_advice_from_constant(|| "zero", self.sum, row, Fp::ZERO)?;
        Ok(Number { cell, value: 0 })
    }

    /// A constant.
    pub fn assign_constant(&self, region: &mut Region<'_, Fp>, row: usize, value: Fp) -> Result<Cell, Error> {
        region.assign_advice_from_constant(|| "constant", self.sum, row, value)
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
        self.put(region, self.numbers_word, 0, pen.ink(word))?;
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

    /// Multiplies vectors of weights by one operand.
    pub fn assign_dots(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        dots: &Dots<'_>,
        zero: &Number,
        keep_nibbles: bool,
    ) -> Result<DotsCells, Error> {
        let planes = 1usize << dots.bits.log_planes();
        let features = dots.operand.len();
        let rows = dots.count * features.div_ceil(LANES) * planes;
        let mut cells = DotsCells::default();
        let (mut sum, mut weights_word, mut numbers_word) = (0i64, Fp::ZERO, Fp::ZERO);
        self.put(region, self.sum, 0, pen.ink(Fp::ZERO))?;
        let defines = matches!(dots.codes, Codes::Defined(_));
        if defines {
            self.put(region, self.weights_word, 0, pen.ink(Fp::ZERO))?;
        }
        let mut row = 0;
        for vector in 0..dots.count {
            for (chunk, operands) in dots.operand.chunks(LANES).enumerate() {
                for plane in 0..planes {
                    let nibble_values = match &dots.codes {
                        Codes::Copied(sources) => {
                            let sources = sources.get(row).ok_or(Error::Synthesis)?;
                            let mut values = [0; LANES];
                            for (lane, (column, source)) in self.nibbles.iter().zip(sources).enumerate() {
                                values[lane] = source.value + pen.slip(row, Site::Nibble(lane));
                                let cell = self.put(region, *column, row, pen.ink(signed(values[lane])))?;
                                region.constrain_equal(cell.cell(), source.cell.cell())?;
                            }
                            values
                        }
                        Codes::Defined(codes) => {
                            let start = (vector * features + chunk * LANES).min(codes.len());
                            let end = (vector * features + features).min(codes.len());
                            let mut values = nibbles(&codes[start..end], dots.bits, plane);
                            let mut row_cells = Vec::with_capacity(LANES);
                            for (lane, value) in values.iter_mut().enumerate() {
                                *value += pen.slip(row, Site::Nibble(lane));
                                let cell = self.put(region, self.nibbles[lane], row, pen.ink(signed(*value)))?;
                                row_cells.push(Number { cell, value: *value });
                            }
                            let base = if row % ROWS_PER_WORD == 0 { Fp::ZERO } else { Fp::from(1 << (4 * LANES)) };
                            let slip = signed(pen.slip(row, Site::WeightsWord));
                            weights_word = base * weights_word + row_word(&values) + slip;
                            self.q_weights_word.enable(region, row)?;
                            self.fix(region, self.word_base, row, base)?;
                            let end = self.put(region, self.weights_word, row + 1, pen.ink(weights_word))?;
                            if (row + 1) % ROWS_PER_WORD == 0 || row + 1 == rows {
                                cells.weight_words.push(end);
                            }
                            if keep_nibbles {
                                cells.nibbles.push(row_cells.try_into().map_err(|_| Error::Synthesis)?);
                            }
                            values
                        }
                    };
                    // Keep the sum inside one vector, start from 0 at its first row.
                    let first = chunk == 0 && plane == 0;
                    let (factor, shift) = match dots.bits {
                        WeightBits::Four => (1, 8),
                        WeightBits::Eight if plane == 0 => (1, 0),
                        WeightBits::Eight => (16, 128),
                    };
                    self.q_dot.enable(region, row)?;
                    self.fix(region, self.keep, row, Fp::from(u64::from(!first)))?;
                    self.fix(region, self.factor, row, signed(factor))?;
                    self.fix(region, self.shift, row, signed(shift))?;
                    sum = if first { 0 } else { sum };
                    for (lane, column) in self.numbers.iter().enumerate() {
                        let source = operands.get(lane).unwrap_or(zero);
                        let value = source.value + pen.slip(row, Site::Number(lane));
                        let cell = self.put(region, *column, row, pen.ink(signed(value)))?;
                        region.constrain_equal(cell.cell(), source.cell.cell())?;
                        sum += (factor * nibble_values[lane] - shift) * value;
                    }
                    sum += pen.slip(row, Site::Sum);
                    let sum_cell = self.put(region, self.sum, row + 1, pen.ink(signed(sum)))?;
                    let last = chunk + 1 == features.div_ceil(LANES) && plane + 1 == planes;
                    if last {
                        cells.results.push(Number { cell: sum_cell, value: sum });
                    }
                    row += 1;
                    // The word of results advances one row later, where the finished sum stands.
                    if let Some((bits, per_word)) = dots.pack {
                        let base = match (last, vector % per_word) {
                            (false, _) => Fp::ONE,
                            (true, 0) => Fp::ZERO,
                            (true, _) => Fp::from_u128(1 << bits),
                        };
                        let slip = signed(pen.slip(row, Site::NumbersWord));
                        let taken = if last { signed(sum) } else { Fp::ZERO };
                        numbers_word = base * numbers_word + taken + slip;
                        if row == 1 {
                            self.put(region, self.numbers_word, 1, pen.ink(Fp::ZERO))?;
                        }
                        let end = self.assign_numbers_word(region, pen, row, base, last, numbers_word)?;
                        if last && ((vector + 1) % per_word == 0 || vector + 1 == dots.count) {
                            cells.value_words.push(end);
                        }
                    }
                }
            }
        }
        Ok(cells)
    }
}
