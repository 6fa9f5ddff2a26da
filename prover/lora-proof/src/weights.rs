//! The weight functions of the joined claims, piece by piece (docs/protocol.md section 3, claims).
//!
//! A table of weights is as large as a committed polynomial with 32 bytes an entry, and the prover needs it a few times
//! only. So no such table is ever made: [`WeightFunctions::add_to`] computes any aligned piece of it, for a handful of
//! products an entry. `eq(p, .)` and the powers of a point are products of two small tables ([`Product`]); the blocks of
//! modules are products of a row and a rank.

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::F;

use crate::claims::{Batched, Part};
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

/// The weight functions of all committed polynomials: for every adapter its weights, then the activations of its runs.
#[derive(Clone, Debug)]
pub struct WeightFunctions {
    log_size: usize,
    input: Product,
    /// Times `gamma`.
    output: Product,
    adapters: Vec<OfAdapter>,
}

/// What differs between adapters.
#[derive(Clone, Debug)]
struct OfAdapter {
    log_rank: usize,
    log_planes: usize,
    log_tokens: usize,
    blocks: Vec<Block>,
    /// `eq` of ranks, times the power of `gamma` with which the adapter's claims begin.
    rank: Vec<F>,
    /// `eq` of tokens, times the power of `gamma` of `x`.
    tokens: Vec<F>,
    /// The power of `gamma` of `y`, over that which `tokens` and `output` give it.
    outputs: F,
    /// What each run counts.
    shares: Vec<F>,
    /// What every polynomial has besides: eq of the range check, powers of the out-of-domain point.
    products: Vec<Vec<Product>>,
}

impl Batched<'_> {
    /// `W` and every `Z_s` of every adapter, for the prover.
    pub fn weight_functions(&self) -> WeightFunctions {
        let points = &self.points;
        let mut shares = self.runs;
        let mut power = self.first_power(self.adapters.len());
        let of_adapter = |(index, part): (usize, &Part<'_>)| {
            let of_runs = part.activations_ood.iter().map(|ood| {
                power *= self.gamma;
                vec![Product::powers(*ood, power, points.range.len(), LOG_PIECE)]
            });
            let of_runs = of_runs.collect();
            let own;
            (own, shares) = shares.split_at(part.activations_ood.len());
            self.of_adapter(index, part, own, of_runs)
        };
        WeightFunctions {
            log_size: points.range.len(),
            input: Product::eq(points.input, F::ONE, LOG_PIECE),
            output: Product::eq(points.output, self.gamma, LOG_PIECE),
            adapters: self.adapters.iter().enumerate().map(of_adapter).collect(),
        }
    }

    fn of_adapter(&self, index: usize, part: &Part<'_>, shares: &[F], of_runs: Vec<Vec<Product>>) -> OfAdapter {
        let (points, layout) = (&self.points, part.weights);
        let first = self.first_power(index);
        let power = |exponent: u64| first * self.gamma.pow([exponent]);
        let mut blocks = Vec::new();
        for (index, (slot, offset)) in layout.slots.iter().zip(&part.inputs.input_offsets).enumerate() {
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
            Product::powers(part.weights_ood, power(3), points.range.len(), LOG_PIECE),
        ]];
        products.extend(of_runs);
        OfAdapter {
            log_rank: layout.log_rank,
            log_planes: layout.bits.log_planes(),
            log_tokens: part.inputs.log_tokens,
            blocks,
            rank: eq_table(points.rank, first),
            tokens: eq_table(points.token, power(4)),
            outputs: self.first_power(self.adapters.len() - index - 1),
            shares: shares.to_vec(),
            products,
        }
    }
}

impl WeightFunctions {
    /// Adds `scale` times a piece of the weight function of one polynomial: its entries from `start` on. Pieces are
    /// powers of two up to `2^LOG_PIECE` and begin at a multiple of their length.
    pub fn add_to(&self, polynomial: usize, start: usize, scale: F, out: &mut [F]) {
        let mut polynomial = polynomial;
        for adapter in &self.adapters {
            match adapter.products.get(polynomial) {
                None => polynomial -= adapter.products.len(),
                Some(products) => {
                    products.iter().for_each(|product| product.add_to(start, scale, out));
                    match polynomial.checked_sub(1) {
                        None => {
                            adapter.blocks.iter().for_each(|block| self.add_block(adapter, block, start, scale, out))
                        }
                        Some(run) => self.add_activations(adapter, start, scale * adapter.shares[run], out),
                    }
                    return;
                }
            }
        }
    }

    /// The part of a block that lies in the piece: of unit u, plane p and rank k, `row(u) 16^p rank(k)`.
    fn add_block(&self, adapter: &OfAdapter, block: &Block, start: usize, scale: F, out: &mut [F]) {
        let OfAdapter { log_rank, log_planes, rank: ranks, .. } = adapter;
        let end = (start + out.len()).min(block.first + block.length);
        let rows = if block.is_output { &self.output } else { &self.input };
        let mut index = start.max(block.first);
        while index < end {
            let offset = index - block.first;
            let (row, plane) = (offset >> log_rank >> log_planes, (offset >> log_rank) & ((1 << log_planes) - 1));
            let rank = offset & ((1 << log_rank) - 1);
            let count = ((1 << log_rank) - rank).min(end - index);
            let mut factor = scale * rows.at(block.first_row + row);
            if plane == 1 {
                factor *= F::from(16u64);
            }
            let entries = &mut out[index - start..][..count];
            entries.iter_mut().zip(&ranks[block.first_rank + rank..]).for_each(|(entry, rank)| *entry += factor * rank);
            index += count;
        }
    }

    /// `eq` of rows and tokens, inputs in the lower half and outputs in the upper one.
    fn add_activations(&self, adapter: &OfAdapter, start: usize, scale: F, out: &mut [F]) {
        let OfAdapter { log_tokens, tokens, outputs, .. } = adapter;
        let half = 1usize << (self.log_size - 1);
        let row_length = 1usize << log_tokens;
        let mut done = 0;
        while done < out.len() {
            let index = start + done;
            let (rows, of_rows) = if index < half { (&self.input, scale) } else { (&self.output, scale * outputs) };
            let (row, token) = ((index & (half - 1)) >> log_tokens, index & (row_length - 1));
            let count = (row_length - token).min(out.len() - done);
            // A half may have more rows than there are inputs or outputs.
            if row < rows.len() {
                let factor = of_rows * rows.at(row);
                let entries = &mut out[done..done + count];
                entries.iter_mut().zip(&tokens[token..]).for_each(|(entry, token)| *entry += factor * token);
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
