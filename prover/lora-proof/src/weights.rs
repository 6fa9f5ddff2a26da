//! The weight functions of the joined claims, piece by piece (docs/protocol.md section 3, claims).
//!
//! A table of weights is as large as a committed polynomial with 32 bytes an entry, and the prover needs it a few times
//! only. So no such table is ever made: [`WeightFunctions::add_to`] computes any aligned piece of it, for a handful of
//! products an entry. `eq(p, .)` and the powers of a point are products of two small tables ([`Product`]); the blocks of
//! modules are products of a row and a rank.

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::F;

use crate::claims::Batched;
use crate::multilinear::eq_table;
use crate::product::Product;

/// Base-2 logarithm of the largest piece.
pub const LOG_PIECE: usize = 10;

/// A block of lora_a or lora_b in the weights polynomial.
#[derive(Clone, Debug)]
struct Block {
    /// Its first entry.
    first: usize,
    /// Entries.
    length: usize,
    /// Whether its rows are outputs (lora_b) or inputs (lora_a).
    is_output: bool,
    /// The row of its first unit.
    first_row: usize,
    /// The rank of its first row.
    first_rank: usize,
}

/// The weight functions of all committed polynomials: weights, then the activations of every run.
#[derive(Clone, Debug)]
pub struct WeightFunctions {
    log_size: usize,
    log_rank: usize,
    log_planes: usize,
    log_tokens: usize,
    blocks: Vec<Block>,
    rank: Vec<F>,
    input: Product,
    output: Product,
    tokens: Vec<F>,
    /// What each run counts.
    shares: Vec<F>,
    /// What every polynomial has besides: eq of the range check, powers of the out-of-domain point.
    products: Vec<Vec<Product>>,
}

impl Batched<'_> {
    /// `W` and every `Z_s`, for the prover.
    pub fn weight_functions(&self) -> WeightFunctions {
        let points = &self.points;
        let layout = points.weights;
        let power = |exponent: u64| self.gamma.pow([exponent]);
        let log_size = points.range.len();
        let mut blocks = Vec::new();
        for (index, (slot, offset)) in layout.slots.iter().zip(&points.inputs.input_offsets).enumerate() {
            let rows = [
                (false, slot.weights_a, *offset, slot.log_in),
                (true, slot.weights_b, slot.output_offset, slot.log_out),
            ];
            blocks.extend(rows.map(|(is_output, first_unit, first_row, log_rows)| Block {
                first: (first_unit as usize) << layout.log_unit(),
                length: 1 << (log_rows + layout.log_unit()),
                is_output,
                first_row: first_row as usize,
                first_rank: index << layout.log_rank,
            }));
        }
        let mut products = vec![vec![
            Product::eq(points.range, power(2), LOG_PIECE),
            Product::powers(points.weights_ood, power(3), log_size, LOG_PIECE),
        ]];
        products.extend(
            points
                .activations_ood
                .iter()
                .zip(6..)
                .map(|(ood, run)| vec![Product::powers(*ood, power(run), log_size, LOG_PIECE)]),
        );
        WeightFunctions {
            log_size,
            log_rank: layout.log_rank,
            log_planes: layout.bits.log_planes(),
            log_tokens: points.inputs.log_tokens,
            blocks,
            rank: eq_table(points.rank, F::ONE),
            input: Product::eq(points.input, F::ONE, LOG_PIECE),
            output: Product::eq(points.output, self.gamma, LOG_PIECE),
            tokens: eq_table(points.token, power(4)),
            shares: self.runs.to_vec(),
            products,
        }
    }
}

impl WeightFunctions {
    /// Adds `scale` times a piece of the weight function of one polynomial: its entries from `start` on. Pieces are
    /// powers of two up to `2^LOG_PIECE` and begin at a multiple of their length.
    pub fn add_to(&self, polynomial: usize, start: usize, scale: F, out: &mut [F]) {
        self.products[polynomial].iter().for_each(|product| product.add_to(start, scale, out));
        match polynomial.checked_sub(1) {
            None => self.blocks.iter().for_each(|block| self.add_block(block, start, scale, out)),
            Some(run) => self.add_activations(start, scale * self.shares[run], out),
        }
    }

    /// The part of a block that lies in the piece: of unit u, plane p and rank k, `row(u) 16^p rank(k)`.
    fn add_block(&self, block: &Block, start: usize, scale: F, out: &mut [F]) {
        let end = (start + out.len()).min(block.first + block.length);
        let rows = if block.is_output { &self.output } else { &self.input };
        let mut index = start.max(block.first);
        while index < end {
            let offset = index - block.first;
            let (row, plane) =
                (offset >> self.log_rank >> self.log_planes, (offset >> self.log_rank) & ((1 << self.log_planes) - 1));
            let rank = offset & ((1 << self.log_rank) - 1);
            let count = ((1 << self.log_rank) - rank).min(end - index);
            let mut factor = scale * rows.at(block.first_row + row);
            if plane == 1 {
                factor *= F::from(16u64);
            }
            let ranks = &self.rank[block.first_rank + rank..];
            let entries = &mut out[index - start..][..count];
            entries.iter_mut().zip(ranks).for_each(|(entry, rank)| *entry += factor * rank);
            index += count;
        }
    }

    /// `eq` of rows and tokens, inputs in the lower half and outputs in the upper one.
    fn add_activations(&self, start: usize, scale: F, out: &mut [F]) {
        let half = 1usize << (self.log_size - 1);
        let row_length = 1usize << self.log_tokens;
        let mut done = 0;
        while done < out.len() {
            let index = start + done;
            let rows = if index < half { &self.input } else { &self.output };
            let (row, token) = ((index & (half - 1)) >> self.log_tokens, index & (row_length - 1));
            let count = (row_length - token).min(out.len() - done);
            // A half may have more rows than there are inputs or outputs.
            if row < rows.len() {
                let factor = scale * rows.at(row);
                let entries = &mut out[done..done + count];
                entries.iter_mut().zip(&self.tokens[token..]).for_each(|(entry, token)| *entry += factor * token);
            }
            done += count;
        }
    }

    /// Base-2 logarithm of the entries of each.
    pub fn log_size(&self) -> usize {
        self.log_size
    }

    /// A piece of one weight function.
    pub fn piece(&self, polynomial: usize, start: usize, length: usize) -> Vec<F> {
        let mut piece = vec![F::ZERO; length];
        self.add_to(polynomial, start, F::ONE, &mut piece);
        piece
    }
}
