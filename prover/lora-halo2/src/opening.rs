//! What the two public ids open to, and the ids themselves.
//!
//! ```text
//! adapter     = H(1, shape of the adapter, manifest digest, base model digest, words of the weights, salt_w)
//! activations = H(2, whole shape, scales digest, words of X, words of Y, salt_z)
//! ```
//!
//! `H` is [`crate::sponge::hash`]; 32-byte digests enter as two 128-bit limbs, high limb first. A word of weights is
//! `sum_i nibble_i 16^i`-like, most significant row first: `w <- 16^4 w + sum_{i<4} nibble_i 16^i` over at most 14 rows.
//! A word of numbers is `v <- 2^b v + number`, signed, with `b = 16` for `X` and [`Shape::output_bits`] for `Y`; signed
//! digits of that width are unique, so a word has one reading. Both ids hide what they open to as long as their salt is
//! uniform and secret; whoever gets X and Y gets `salt_z` with them.

use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::{Field, PrimeField};
use rankproof_statement::{QuantizedActivations, QuantizedAdapter, WeightBits, Witness, relation};

use crate::Error;
use crate::shape::{ACTIVATIONS_PER_WORD, Block, LANES, ROWS_PER_WORD, Shape, Update};
use crate::sponge::{TAG_ACTIVATIONS, TAG_ADAPTER, hash};

/// The weights of one module, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// `[rank, in_features]`; empty in a dense module.
    pub lora_a: Vec<i8>,
    /// `[out_features, rank]`, or the whole matrix `[out_features, in_features]` of a dense module.
    pub lora_b: Vec<i8>,
}

/// The digests and the salt beside the weights in an adapter id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdapterBinding {
    /// SHA-256 of the manifest (names, sizes, output scales).
    pub manifest_digest: [u8; 32],
    /// Digest of the base model, as declared; never proved.
    pub base_model_digest: [u8; 32],
    /// Uniform salt.
    pub salt: Fp,
}

/// The digest and the salt beside X and Y in an activations id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActivationsBinding {
    /// SHA-256 of the token scales.
    pub scales_digest: [u8; 32],
    /// Uniform salt.
    pub salt: Fp,
}

/// Everything the prover knows. Private.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// Weights per module.
    pub weights: Vec<Weights>,
    /// Per input vector, row-major `[tokens, in_features]`.
    pub inputs: Vec<Vec<i16>>,
    /// Per module, row-major `[tokens, out_features]`.
    pub outputs: Vec<Vec<i64>>,
    /// Beside the weights in the adapter id.
    pub adapter: AdapterBinding,
    /// Beside X and Y in the activations id.
    pub activations: ActivationsBinding,
}

impl Opening {
    /// Takes a witness that satisfies the relation.
    ///
    /// # Errors
    /// [`Error::Statement`] with the clause that the witness violates.
    pub fn new(
        witness: &Witness,
        shape: &Shape,
        adapter: AdapterBinding,
        activations: ActivationsBinding,
    ) -> Result<Self, Error> {
        relation::check(witness)?;
        let inputs = inputs_of(shape, &witness.activations);
        Ok(Self {
            weights: weights_of(&witness.adapter),
            inputs,
            outputs: witness.outputs.clone(),
            adapter,
            activations,
        })
    }

    /// The adapter id.
    pub fn adapter_id(&self, shape: &Shape) -> Fp {
        adapter_id(shape, &weight_words(shape, &self.weights), &self.adapter)
    }

    /// The activations id.
    pub fn activations_id(&self, shape: &Shape) -> Fp {
        activations_id(shape, &value_words(shape, &self.inputs, &self.outputs), &self.activations)
    }
}

/// The weights of an adapter.
pub fn weights_of(adapter: &QuantizedAdapter) -> Vec<Weights> {
    adapter.modules.iter().map(|m| Weights { lora_a: m.lora_a.clone(), lora_b: m.lora_b.clone() }).collect()
}

/// The input vectors of a run, one for all modules that share it.
pub fn inputs_of(shape: &Shape, activations: &[QuantizedActivations]) -> Vec<Vec<i16>> {
    let owners = (0..shape.inputs().len()).map(|input| shape.owner(input));
    owners.filter_map(|owner| activations.get(owner)).map(|entry| entry.x.clone()).collect()
}

/// A signed integer as a field element.
pub fn signed(value: i64) -> Fp {
    let size = Fp::from(value.unsigned_abs());
    if value < 0 { -size } else { size }
}

/// A 32-byte digest as two 128-bit limbs, high limb first.
pub fn limbs(digest: &[u8; 32]) -> [Fp; 2] {
    let limb = |bytes: &[u8]| bytes.iter().fold(0u128, |sum, byte| (sum << 8) | u128::from(*byte));
    [Fp::from_u128(limb(&digest[..16])), Fp::from_u128(limb(&digest[16..]))]
}

/// The nibbles of `LANES` weights in one plane: a 4-bit weight is `nibble - 8`, an 8-bit one `16 hi + lo - 128`. Lanes
/// past the end of the vector get the nibbles of 0; nothing depends on them.
pub fn nibbles(codes: &[i8], bits: WeightBits, plane: usize) -> [i64; LANES] {
    std::array::from_fn(|lane| {
        let code = i64::from(codes.get(lane).copied().unwrap_or(0)) + bits.offset();
        match bits {
            WeightBits::Four => code,
            WeightBits::Eight if plane == 0 => code & 15,
            WeightBits::Eight => code >> 4,
        }
    })
}

/// `sum_i nibble_i 16^i` of one row.
pub fn row_word(nibbles: &[i64; LANES]) -> Fp {
    signed(nibbles.iter().rev().fold(0, |sum, nibble| 16 * sum + nibble))
}

/// The words of all weights, in hashing order.
pub fn weight_words(shape: &Shape, weights: &[Weights]) -> Vec<Fp> {
    let mut words = Vec::new();
    for block in shape.blocks() {
        let (vectors, length): (&[i8], usize) = match block {
            Block::Down { module, token: 0, row } => {
                let features = shape.modules[module].in_features;
                (&weights[module].lora_a[row * features..(row + 1) * features], features)
            }
            Block::Up { module, token: 0, start, length } => {
                let features = shape.modules[module].inner_features();
                (&weights[module].lora_b[start * features..(start + length) * features], features)
            }
            _ => continue,
        };
        let rows = vectors.chunks(length).flat_map(|vector| {
            vector.chunks(LANES).flat_map(|codes| {
                (0..1 << shape.bits.log_planes()).map(|plane| row_word(&nibbles(codes, shape.bits, plane)))
            })
        });
        let shift = Fp::from(1 << (4 * LANES));
        for (index, row) in rows.enumerate() {
            if index % ROWS_PER_WORD == 0 {
                words.push(Fp::ZERO);
            }
            if let Some(word) = words.last_mut() {
                *word = *word * shift + row;
            }
        }
    }
    words
}

/// Checks that every output is one that weights and inputs of this shape can give. Beyond that width the digits of a
/// word are not unique: `(y + 2^b, y' - 1)` would be packed like `(y, y')`.
///
/// # Errors
/// [`Error::OutputOutOfRange`], or [`Error::SizeOutOfRange`] when a table does not have the size of its shape.
pub fn check_outputs(shape: &Shape, outputs: &[Vec<i64>]) -> Result<(), Error> {
    let size = |what: &'static str, expected: usize, actual: usize| {
        if expected == actual { Ok(()) } else { Err(Error::SizeOutOfRange { what, maximum: expected, actual }) }
    };
    size("number of output tables", shape.modules.len(), outputs.len())?;
    for (module, (sizes, table)) in shape.modules.iter().zip(outputs).enumerate() {
        size("length of an output table", sizes.out_features * shape.tokens, table.len())?;
        let bound = 1i64 << (shape.output_bits(sizes) - 1);
        if let Some(index) = table.iter().position(|y| *y <= -bound || *y >= bound) {
            return Err(Error::OutputOutOfRange { module, index });
        }
    }
    Ok(())
}

/// The words of all activations, then of all outputs, in hashing order.
///
/// # Caller must
/// Have checked outputs that somebody else computed with [`check_outputs`].
pub fn value_words(shape: &Shape, inputs: &[Vec<i16>], outputs: &[Vec<i64>]) -> Vec<Fp> {
    let mut words = Vec::new();
    let mut pack = |values: &mut dyn Iterator<Item = i64>, bits: u32, per_word: usize| {
        let base = Fp::from_u128(1 << bits);
        for (index, value) in values.enumerate() {
            if index % per_word == 0 {
                words.push(Fp::ZERO);
            }
            if let Some(word) = words.last_mut() {
                *word = *word * base + signed(value);
            }
        }
    };
    let features = shape.inputs();
    for block in shape.blocks() {
        match block {
            Block::Input { input, token, start, length } => {
                let first = token * features[input] + start;
                let values = &inputs[input][first..first + length];
                pack(&mut values.iter().map(|x| i64::from(*x)), 16, ACTIVATIONS_PER_WORD);
            }
            Block::Up { module, token, start, length } => {
                let sizes = &shape.modules[module];
                let first = token * sizes.out_features + start;
                let values = &outputs[module][first..first + length];
                pack(&mut values.iter().copied(), shape.output_bits(sizes), shape.outputs_per_word(sizes));
            }
            Block::Down { .. } => {}
        }
    }
    words
}

/// The message whose digest is the adapter id.
pub fn adapter_message(shape: &Shape, words: &[Fp], binding: &AdapterBinding) -> Vec<Fp> {
    let digests = [shape.adapter_digest(), binding.manifest_digest, binding.base_model_digest];
    let head = digests.iter().flat_map(limbs);
    head.chain(words.iter().copied()).chain([binding.salt]).collect()
}

/// The message whose digest is the activations id.
pub fn activations_message(shape: &Shape, words: &[Fp], binding: &ActivationsBinding) -> Vec<Fp> {
    let head = [shape.run_digest(), binding.scales_digest].into_iter().flat_map(|digest| limbs(&digest));
    head.chain(words.iter().copied()).chain([binding.salt]).collect()
}

/// The adapter id of packed weights.
pub fn adapter_id(shape: &Shape, words: &[Fp], binding: &AdapterBinding) -> Fp {
    hash(TAG_ADAPTER, &adapter_message(shape, words, binding))
}

/// The activations id of packed inputs and outputs: what a client recomputes from the tensors it was given.
pub fn activations_id(shape: &Shape, words: &[Fp], binding: &ActivationsBinding) -> Fp {
    hash(TAG_ACTIVATIONS, &activations_message(shape, words, binding))
}

/// The outputs of weights and inputs, by plain integer arithmetic; used for dense modules, which no witness has.
pub fn apply(shape: &Shape, weights: &[Weights], inputs: &[Vec<i16>]) -> Vec<Vec<i64>> {
    let dot = |row: &[i8], x: &[i64]| row.iter().zip(x).map(|(w, x)| i64::from(*w) * x).sum::<i64>();
    let modules = shape.modules.iter().zip(weights);
    modules
        .map(|(sizes, module)| {
            let tokens = inputs[sizes.input].chunks(sizes.in_features);
            tokens
                .flat_map(|x| {
                    let x: Vec<i64> = x.iter().map(|x| i64::from(*x)).collect();
                    let inner = match sizes.update {
                        Update::LowRank { .. } => {
                            module.lora_a.chunks(sizes.in_features).map(|row| dot(row, &x)).collect()
                        }
                        Update::Dense => x,
                    };
                    module.lora_b.chunks(sizes.inner_features()).map(|row| dot(row, &inner)).collect::<Vec<_>>()
                })
                .collect()
        })
        .collect()
}
