//! Dot products of weights and one operand, the weights and the results packed into words (gates 1, 3 and 4).

use halo2_proofs::circuit::Region;
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::{Field, PrimeField};
use halo2_proofs::plonk::Error;
use rankproof_statement::WeightBits;

use super::{Cell, EngineConfig, Number, Pen, Site};
use crate::opening::{nibbles, row_word, signed};
use crate::shape::{LANES, ROWS_PER_WORD};

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

/// Factor and shift of gate (1) for a row of one plane.
fn factor_and_shift(bits: WeightBits, plane: usize) -> (i64, i64) {
    match bits {
        WeightBits::Four => (1, 8),
        WeightBits::Eight if plane == 0 => (1, 0),
        WeightBits::Eight => (16, 128),
    }
}

impl EngineConfig {
    /// Multiplies vectors of weights by one operand. `keep_nibbles` is for a first token that others follow.
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
        let chunks = features.div_ceil(LANES);
        let rows = dots.count * chunks * planes;
        let mut cells = DotsCells::default();
        let (mut sum, mut weights_word, mut numbers_word) = (0i64, Fp::ZERO, Fp::ZERO);
        let start = |site| pen.ink(signed(pen.slip(0, site)));
        self.put(region, self.sum, 0, start(Site::SumStart))?;
        if matches!(dots.codes, Codes::Defined(_)) {
            self.put(region, self.weights_word, 0, start(Site::WeightsWordStart))?;
        }
        if dots.pack.is_some() {
            numbers_word = signed(pen.slip(0, Site::NumbersWordStart)); // kept until the first result is taken in
            self.put(region, self.numbers_word, 1, pen.ink(numbers_word))?;
        }
        for row in 0..rows {
            let (vector, chunk, plane) = (row / (chunks * planes), row / planes % chunks, row % planes);
            let lanes = chunk * LANES..features.min((chunk + 1) * LANES);
            let nibbles = match &dots.codes {
                Codes::Copied(sources) => {
                    self.copy_nibbles(region, pen, row, sources.get(row).ok_or(Error::Synthesis)?)?
                }
                Codes::Defined(codes) => {
                    // Codes are unknown while keys are made.
                    let codes = codes.get(vector * features + lanes.start..vector * features + lanes.end);
                    let values = nibbles(codes.unwrap_or(&[]), dots.bits, plane);
                    let (defined, word) = self.define_nibbles(region, pen, row, values, &mut weights_word)?;
                    if (row + 1).is_multiple_of(ROWS_PER_WORD) || row + 1 == rows {
                        cells.weight_words.push(word);
                    }
                    let values = std::array::from_fn(|lane| defined[lane].value);
                    if keep_nibbles {
                        cells.nibbles.push(defined);
                    }
                    values
                }
            };
            // Keep the sum inside one vector, start from 0 at its first row.
            let first = chunk == 0 && plane == 0;
            let last = chunk + 1 == chunks && plane + 1 == planes;
            sum = if first { 0 } else { sum };
            self.fix(region, self.keep, row, Fp::from(u64::from(!first)))?;
            let operands = dots.operand.get(lanes).ok_or(Error::Synthesis)?;
            let scale = factor_and_shift(dots.bits, plane);
            let cell = self.assign_products(region, pen, row, scale, &nibbles, operands, zero, &mut sum)?;
            if last {
                cells.results.push(Number { cell, value: sum });
            }
            // The word of results advances one row later, where the finished sum stands.
            if let Some((bits, per_word)) = dots.pack {
                let row = row + 1;
                let base = match (last, vector % per_word) {
                    (false, _) => Fp::ONE,
                    (true, 0) => Fp::ZERO,
                    (true, _) => Fp::from_u128(1 << bits),
                };
                let taken = if last { signed(sum) } else { Fp::ZERO };
                numbers_word = base * numbers_word + taken + signed(pen.slip(row, Site::NumbersWord));
                let end = self.assign_numbers_word(region, pen, row, base, last, numbers_word)?;
                if last && ((vector + 1).is_multiple_of(per_word) || vector + 1 == dots.count) {
                    cells.value_words.push(end);
                }
            }
        }
        Ok(cells)
    }

    /// A later token: the nibbles are those of the first one, by copy.
    fn copy_nibbles(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        row: usize,
        sources: &[Number; LANES],
    ) -> Result<[i64; LANES], Error> {
        let mut values = [0; LANES];
        for (lane, ((column, source), value)) in self.nibbles.iter().zip(sources).zip(&mut values).enumerate() {
            *value = source.value + pen.slip(row, Site::Nibble(lane));
            let cell = self.put(region, *column, row, pen.ink(signed(*value)))?;
            region.constrain_equal(cell.cell(), source.cell.cell())?;
        }
        Ok(values)
    }

    /// The first token: nibbles are new, and the running word takes them in (gate 3). Returns the word's cell.
    fn define_nibbles(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        row: usize,
        mut values: [i64; LANES],
        word: &mut Fp,
    ) -> Result<([Number; LANES], Cell), Error> {
        let mut defined = Vec::with_capacity(LANES);
        for (lane, (column, value)) in self.nibbles.iter().zip(&mut values).enumerate() {
            *value += pen.slip(row, Site::Nibble(lane));
            let cell = self.put(region, *column, row, pen.ink(signed(*value)))?;
            defined.push(Number { cell, value: *value });
        }
        let base = if row.is_multiple_of(ROWS_PER_WORD) { Fp::ZERO } else { Fp::from(1 << (4 * LANES)) };
        *word = base * *word + row_word(&values) + signed(pen.slip(row, Site::WeightsWord));
        self.q_weights_word.enable(region, row)?;
        self.fix(region, self.word_base, row, base)?;
        let end = self.put(region, self.weights_word, row + 1, pen.ink(*word))?;
        Ok((defined.try_into().map_err(|_| Error::Synthesis)?, end))
    }

    /// One row of gate (1): numbers are copies of the operand, spare lanes copies of zero. Returns the new sum's cell.
    #[expect(clippy::too_many_arguments, reason = "one row of a gate has this many parts")]
    fn assign_products(
        &self,
        region: &mut Region<'_, Fp>,
        pen: &Pen,
        row: usize,
        (factor, shift): (i64, i64),
        nibbles: &[i64; LANES],
        operands: &[Number],
        zero: &Number,
        sum: &mut i64,
    ) -> Result<Cell, Error> {
        self.q_dot.enable(region, row)?;
        self.fix(region, self.factor, row, signed(factor))?;
        self.fix(region, self.shift, row, signed(shift))?;
        for (lane, (column, nibble)) in self.numbers.iter().zip(nibbles).enumerate() {
            let source = operands.get(lane).unwrap_or(zero);
            let value = source.value + pen.slip(row, Site::Number(lane));
            let cell = self.put(region, *column, row, pen.ink(signed(value)))?;
            region.constrain_equal(cell.cell(), source.cell.cell())?;
            *sum += (factor * nibble - shift) * value;
        }
        *sum += pen.slip(row, Site::Sum);
        self.put(region, self.sum, row + 1, pen.ink(signed(*sum)))
    }
}
