//! What is public about a circuit: bits, tokens, the sizes of every module, and which modules share an input.
//!
//! The work is cut into [`Block`]s, each a run of rows in the columns of one engine. The cut depends on the shape
//! alone, never on the number of columns, so the digests that hash the words of the blocks in order are the same
//! whatever the planner chooses.
//!
//! Bounds (`rankproof_statement::relation`): weights at most `2^(bits-1)` in size, `X` int16, `in <= 2^14`,
//! `rank <= 2^7`, so `|Y| <= 2^50` and nothing wraps around in a field of 255 bits.

#![deny(clippy::as_conversions, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use rankproof_statement::relation::{MAX_IN_FEATURES, MAX_RANK};
use rankproof_statement::{QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits};
use sha2::{Digest, Sha256};

use crate::Error;

/// Weights (nibbles) that one row of an engine multiplies.
pub const LANES: usize = 4;
/// Rows of nibbles in one hashed word: 56 nibbles, 224 bits.
pub const ROWS_PER_WORD: usize = 14;
/// Activations in one hashed word: 15 int16, 240 bits.
pub const ACTIVATIONS_PER_WORD: usize = 15;
/// Activations that one block defines.
pub const INPUT_BLOCK: usize = 16 * ACTIVATIONS_PER_WORD;
/// Rows that a block of outputs aims at: 18 whole words.
pub const OUTPUT_BLOCK_ROWS: usize = 18 * ROWS_PER_WORD;
/// Bits of a word that outputs may take.
const WORD_BITS: u32 = 248;
/// Largest number of modules in one circuit.
pub const MAX_MODULES: usize = 1 << 10;
/// Largest number of tokens in one circuit.
pub const MAX_TOKENS: usize = 1 << 12;
/// Largest number of output features of a module.
pub const MAX_OUT_FEATURES: usize = 1 << 16;

const LABEL: &[u8] = b"rankproof.halo2.shape.v1";

/// How a module turns its input into its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Update {
    /// `y = lora_b (lora_a x)`: `rank (in + out)` products.
    LowRank {
        /// Rows of `lora_a`, columns of `lora_b`.
        rank: usize,
    },
    /// `y = D x` with a full matrix, `in out` products. Only the benchmark uses it, to measure what the rank saves.
    Dense,
}

/// The sizes of one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ModuleShape {
    /// Input features.
    pub in_features: usize,
    /// Output features.
    pub out_features: usize,
    /// Low rank, or the dense comparison.
    pub update: Update,
    /// Which input vector the module reads; modules with equal inputs share one.
    pub input: usize,
}

impl ModuleShape {
    /// Length of the vector that `lora_b` (or the dense matrix) is applied to.
    pub fn inner_features(&self) -> usize {
        match self.update {
            Update::LowRank { rank } => rank,
            Update::Dense => self.in_features,
        }
    }
}

/// The public shape of a circuit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Width of every weight.
    pub bits: WeightBits,
    /// Tokens of the forward pass.
    pub tokens: usize,
    /// Modules, in the adapter's order.
    pub modules: Vec<ModuleShape>,
}

/// One unit of work of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// Defines activations `start .. start + length` of an input vector, each from four nibbles.
    Input {
        /// Input vector.
        input: usize,
        /// Token.
        token: usize,
        /// First activation.
        start: usize,
        /// Number of activations.
        length: usize,
    },
    /// One row of `lora_a` times the input.
    Down {
        /// Module.
        module: usize,
        /// Token.
        token: usize,
        /// Row of `lora_a`.
        row: usize,
    },
    /// Rows `start .. start + length` of `lora_b` times what the down projection gave.
    Up {
        /// Module.
        module: usize,
        /// Token.
        token: usize,
        /// First output.
        start: usize,
        /// Number of outputs.
        length: usize,
    },
}

fn length(value: usize) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

impl Shape {
    /// The shape of a run. Modules (their weights are not looked at) whose activations and token scales are equal share an input vector.
    ///
    /// # Errors
    /// When a size is zero or above its bound.
    pub fn of(adapter: &QuantizedAdapter, activations: &[QuantizedActivations]) -> Result<Self, Error> {
        let mut owners: Vec<usize> = Vec::new();
        let mut modules = Vec::with_capacity(adapter.modules.len());
        for (position, (module, entry)) in adapter.modules.iter().zip(activations).enumerate() {
            let same = |owner: &usize| {
                activations.get(*owner).is_some_and(|other| {
                    other.in_features == entry.in_features
                        && other.x == entry.x
                        && other
                            .token_scale
                            .iter()
                            .map(|s| s.to_bits())
                            .eq(entry.token_scale.iter().map(|s| s.to_bits()))
                })
            };
            let input = owners.iter().position(same).unwrap_or_else(|| {
                owners.push(position);
                owners.len().saturating_sub(1)
            });
            modules.push(ModuleShape {
                in_features: module.in_features,
                out_features: module.out_features,
                update: Update::LowRank { rank: module.rank },
                input,
            });
        }
        let shape = Self { bits: adapter.bits, tokens: activations.first().map_or(0, |entry| entry.tokens), modules };
        shape.check()?;
        Ok(shape)
    }

    /// Checks every size against its bound, and that inputs are numbered in the order in which they first appear.
    ///
    /// # Errors
    /// The first size that is zero or too large, or [`Error::InputOrder`].
    pub fn check(&self) -> Result<(), Error> {
        let bound = |what: &'static str, maximum: usize, actual: usize| {
            if actual == 0 || actual > maximum { Err(Error::SizeOutOfRange { what, maximum, actual }) } else { Ok(()) }
        };
        bound("modules", MAX_MODULES, self.modules.len())?;
        bound("tokens", MAX_TOKENS, self.tokens)?;
        let mut inputs: Vec<usize> = Vec::new();
        for (position, module) in self.modules.iter().enumerate() {
            bound("in_features", MAX_IN_FEATURES, module.in_features)?;
            bound("out_features", MAX_OUT_FEATURES, module.out_features)?;
            if let Update::LowRank { rank } = module.update {
                bound("rank", MAX_RANK, rank)?;
            }
            match inputs.get(module.input) {
                Some(features) if *features == module.in_features => {}
                None if module.input == inputs.len() => inputs.push(module.in_features),
                _ => return Err(Error::InputOrder { module: position, input: module.input }),
            }
        }
        Ok(())
    }

    /// Input features of every input vector.
    pub fn inputs(&self) -> Vec<usize> {
        let mut inputs = Vec::new();
        for module in &self.modules {
            if module.input == inputs.len() {
                inputs.push(module.in_features);
            }
        }
        inputs
    }

    /// The module that an input vector is read from: the first that uses it.
    pub fn owner(&self, input: usize) -> usize {
        self.modules.iter().position(|module| module.input == input).unwrap_or(0)
    }

    /// Rows that one dot product of `features` weights takes: a row multiplies [`LANES`] nibbles of one plane.
    pub fn dot_rows(&self, features: usize) -> usize {
        features.div_ceil(LANES) << self.bits.log_planes()
    }

    /// Width of an output in a hashed word: one more bit than the largest `|Y|` of the module needs, so that signed
    /// digits of this width are unique.
    pub fn output_bits(&self, module: &ModuleShape) -> u32 {
        let bits = self.bits.bits();
        let log = |value: usize| value.max(1).next_power_of_two().trailing_zeros();
        let weights = match module.update {
            Update::LowRank { rank } => 2 * (bits - 1) + log(rank),
            Update::Dense => bits - 1,
        };
        15 + weights + log(module.in_features) + 2
    }

    /// Outputs in one hashed word.
    pub fn outputs_per_word(&self, module: &ModuleShape) -> usize {
        usize::try_from(WORD_BITS / self.output_bits(module)).unwrap_or(1)
    }

    /// Outputs in one block: about [`OUTPUT_BLOCK_ROWS`] rows, at least one whole word of outputs.
    pub fn outputs_per_block(&self, module: &ModuleShape) -> usize {
        (OUTPUT_BLOCK_ROWS / self.dot_rows(module.inner_features())).max(self.outputs_per_word(module))
    }

    /// All blocks, in the order in which they are laid out and their words are hashed.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (input, features) in self.inputs().into_iter().enumerate() {
            for token in 0..self.tokens {
                for start in (0..features).step_by(INPUT_BLOCK) {
                    let length = INPUT_BLOCK.min(features - start);
                    blocks.push(Block::Input { input, token, start, length });
                }
            }
        }
        for (index, module) in self.modules.iter().enumerate() {
            for token in 0..self.tokens {
                if let Update::LowRank { rank } = module.update {
                    blocks.extend((0..rank).map(|row| Block::Down { module: index, token, row }));
                }
                let step = self.outputs_per_block(module);
                for start in (0..module.out_features).step_by(step) {
                    let length = step.min(module.out_features - start);
                    blocks.push(Block::Up { module: index, token, start, length });
                }
            }
        }
        blocks
    }

    /// Rows of a block, the tail that holds its last sum and words included.
    pub fn rows(&self, block: &Block) -> usize {
        let module = |index: usize| self.modules.get(index).copied();
        match *block {
            Block::Input { length, .. } => length + 1,
            Block::Down { module: index, .. } => module(index).map_or(0, |m| self.dot_rows(m.in_features) + 1),
            Block::Up { module: index, length, .. } => {
                module(index).map_or(0, |m| length * self.dot_rows(m.inner_features()) + 2)
            }
        }
    }

    /// Rows of all blocks together, without listing them.
    pub fn total_rows(&self) -> usize {
        let inputs = self.inputs().into_iter().map(|features| features.saturating_add(features.div_ceil(INPUT_BLOCK)));
        let modules = self.modules.iter().map(|module| {
            let down = match module.update {
                Update::LowRank { rank } => rank.saturating_mul(self.dot_rows(module.in_features) + 1),
                Update::Dense => 0,
            };
            let blocks = module.out_features.div_ceil(self.outputs_per_block(module));
            let up = module.out_features.saturating_mul(self.dot_rows(module.inner_features()));
            down.saturating_add(up).saturating_add(blocks.saturating_mul(2))
        });
        inputs.chain(modules).fold(0, usize::saturating_add).saturating_mul(self.tokens)
    }

    /// Hashed words of weights in a block (none after the first token: the weights are the same).
    pub fn weight_words(&self, block: &Block) -> usize {
        match *block {
            Block::Down { token: 0, .. } => (self.rows(block) - 1).div_ceil(ROWS_PER_WORD),
            Block::Up { token: 0, .. } => (self.rows(block) - 2).div_ceil(ROWS_PER_WORD),
            _ => 0,
        }
    }

    /// Hashed words of activations or outputs in a block.
    pub fn value_words(&self, block: &Block) -> usize {
        match *block {
            Block::Input { length, .. } => length.div_ceil(ACTIVATIONS_PER_WORD),
            Block::Up { module, length, .. } => {
                self.modules.get(module).map_or(0, |m| length.div_ceil(self.outputs_per_word(m)))
            }
            Block::Down { .. } => 0,
        }
    }

    /// The shape of an adapter without a run: one token, inputs not shared. Enough for the adapter id.
    ///
    /// # Errors
    /// When a size is zero or above its bound.
    pub fn of_adapter(adapter: &QuantizedAdapter) -> Result<Self, Error> {
        let module = |(input, module): (usize, &QuantizedModule)| ModuleShape {
            in_features: module.in_features,
            out_features: module.out_features,
            update: Update::LowRank { rank: module.rank },
            input,
        };
        let modules = adapter.modules.iter().enumerate().map(module).collect();
        let shape = Self { bits: adapter.bits, tokens: 1, modules };
        shape.check()?;
        Ok(shape)
    }

    /// Canonical bytes of what the adapter alone decides: label, bits, number of modules, then per module the kind
    /// (0 low rank, 1 dense), `in_features`, `out_features` and rank. Integers are 8 bytes, big-endian.
    pub fn adapter_bytes(&self) -> Vec<u8> {
        let mut bytes = LABEL.to_vec();
        let mut put = |value: u64| bytes.extend_from_slice(&value.to_be_bytes());
        put(u64::from(self.bits.bits()));
        put(length(self.modules.len()));
        for module in &self.modules {
            let (kind, rank) = match module.update {
                Update::LowRank { rank } => (0, rank),
                Update::Dense => (1, 0),
            };
            put(kind);
            put(length(module.in_features));
            put(length(module.out_features));
            put(length(rank));
        }
        bytes
    }

    /// Canonical bytes of the whole shape: [`Self::adapter_bytes`], tokens, then the input vector of every module.
    pub fn run_bytes(&self) -> Vec<u8> {
        let mut bytes = self.adapter_bytes();
        bytes.extend_from_slice(&length(self.tokens).to_be_bytes());
        for module in &self.modules {
            bytes.extend_from_slice(&length(module.input).to_be_bytes());
        }
        bytes
    }

    /// SHA-256 of [`Self::adapter_bytes`].
    pub fn adapter_digest(&self) -> [u8; 32] {
        Sha256::digest(self.adapter_bytes()).into()
    }

    /// SHA-256 of [`Self::run_bytes`].
    pub fn run_digest(&self) -> [u8; 32] {
        Sha256::digest(self.run_bytes()).into()
    }
}
