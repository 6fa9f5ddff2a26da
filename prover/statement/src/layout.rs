//! Where each module lies in the two committed polynomials (docs/protocol.md section 2).
//!
//! Sizes are padded to powers of two. A *slot* is a module's place in the layout: slots are ordered by padded output
//! size, descending, then by module name. Every slot takes the same `2^log_rank` rank rows: slot `m` owns
//! `K = m 2^log_rank ..`. The weights polynomial is cut into *units*, one unit per input (or output) feature of a
//! slot: `unit = [plane | k]`, that is `planes * 2^log_rank` nibbles, low plane first. Slot `m` owns `2^log_in` units
//! for `lora_a` (its columns) and `2^log_out` units for `lora_b` (its rows):
//!
//! ```text
//! w[((weights_a + j) * planes + plane) * 2^log_rank + k]   nibble of lora_a[k, j]
//! w[((weights_b + o) * planes + plane) * 2^log_rank + k]   nibble of lora_b[o, k]
//! z[(input_offset + j) * 2^log_tokens + t]                 X[j, t], lower half
//! z[2^(n-1) + (output_offset + o) * 2^log_tokens + t]      Y[o, t], upper half
//! ```
//!
//! [`WeightsLayout::check`] and [`InputsLayout::check`] are the rules that make the argument sound; the circuit
//! enforces the same ones (`groth16-seal/src/circuit/layout.rs`). An overlap of outputs or ranks would mix modules and
//! is impossible by construction; an overlap in `w` is weight tying and one in the inputs is input sharing: both are
//! bound by the digests, and sound.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_poseidon::hash;
use serde::{Deserialize, Serialize};

use crate::field::size;
use crate::{Error, F, WeightBits, digest::tags};

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "an owner's choice over its own sizes; reads nothing foreign"
)]
mod plan;

pub use crate::relation::{MAX_LOG_IN, MAX_LOG_RANK};
pub use plan::{padded_log, sort_into_slots};

/// Input offsets packed into one field element of [`InputsLayout::elements`], 32 bits each, first one lowest.
pub const OFFSETS_PER_ELEMENT: usize = 7;

/// What a profile can hold; base-2 logarithms where named so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Maxima {
    /// Variables of both committed polynomials, `n`.
    pub log_size: usize,
    /// Slots for modules, `M`.
    pub modules: usize,
    /// Rank space, `kappa`.
    pub log_rank_space: usize,
    /// Input space, `iota`.
    pub log_input_space: usize,
    /// Output space, `omega`.
    pub log_output_space: usize,
    /// Tokens, `tau`.
    pub log_tokens: usize,
}

impl Maxima {
    /// Largest padded input size of one module.
    pub fn max_log_in(&self) -> usize {
        MAX_LOG_IN.min(self.log_input_space)
    }

    /// Largest padded rank.
    pub fn max_log_rank(&self) -> usize {
        MAX_LOG_RANK.min(self.log_rank_space)
    }
}

/// One module's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotLayout {
    /// Padded input features, base-2 logarithm.
    pub log_in: usize,
    /// Padded output features, base-2 logarithm.
    pub log_out: usize,
    /// First unit of `lora_a`, a multiple of `2^log_in`.
    pub weights_a: u32,
    /// First unit of `lora_b`, a multiple of `2^log_out`.
    pub weights_b: u32,
    /// First output row: the sum of the padded output sizes of the slots before.
    pub output_offset: u32,
}

/// What the circuit interprets of an adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightsLayout {
    /// Width of every weight.
    pub bits: WeightBits,
    /// Padded rank shared by all slots, base-2 logarithm.
    pub log_rank: usize,
    /// The active slots.
    pub slots: Vec<SlotLayout>,
}

/// What the circuit interprets of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputsLayout {
    /// Padded tokens, base-2 logarithm.
    pub log_tokens: usize,
    /// First input row of each active slot, a multiple of its `2^log_in`.
    pub input_offsets: Vec<u32>,
}

impl WeightsLayout {
    /// Base-2 logarithm of the nibbles in a unit.
    pub fn log_unit(&self) -> usize {
        self.log_rank.saturating_add(self.bits.log_planes())
    }

    /// The rules of a weights layout; the circuit enforces the same.
    ///
    /// # Errors
    /// [`Error::InvalidLayout`] names slot and rule.
    pub fn check(&self, maxima: &Maxima) -> Result<(), Error> {
        let rule = |slot: usize, holds: bool, rule: &'static str| {
            if holds { Ok(()) } else { Err(Error::InvalidLayout { slot, rule }) }
        };
        rule(0, !self.slots.is_empty(), "at least one slot is active")?;
        rule(0, self.slots.len() <= maxima.modules, "no more slots than the profile has")?;
        rule(0, self.log_rank <= maxima.max_log_rank(), "log_rank within the profile")?;
        let rank_rows = size(self.slots.len()).saturating_mul(1 << self.log_rank);
        rule(0, rank_rows <= 1 << maxima.log_rank_space, "rank rows end within the rank space")?;
        let log_units = maxima.log_size.checked_sub(self.log_unit());
        rule(0, log_units.is_some(), "a unit is no larger than the polynomial")?;
        let log_units = log_units.unwrap_or(0);
        let mut output_end = 0u64;
        for (index, slot) in self.slots.iter().enumerate() {
            rule(index, slot.log_in <= maxima.max_log_in(), "log_in within the profile")?;
            rule(index, slot.log_out <= maxima.log_output_space, "log_out within the profile")?;
            rule(index, is_block(slot.weights_a, slot.log_in, log_units), "lora_a is an aligned block of the weights")?;
            rule(
                index,
                is_block(slot.weights_b, slot.log_out, log_units),
                "lora_b is an aligned block of the weights",
            )?;
            rule(index, u64::from(slot.output_offset) == output_end, "outputs follow one another without a gap")?;
            let aligned = is_block(slot.output_offset, slot.log_out, maxima.log_output_space);
            rule(index, aligned, "outputs are an aligned block of the output space")?;
            output_end = output_end.saturating_add(1 << slot.log_out);
        }
        Ok(())
    }

    /// The layout as field elements: a header, then one element per slot of the profile (zero when inactive).
    ///
    /// Header: `[bits = 8] + 2^8 log_rank`. Slot: `1 + 2 log_in + 2^8 log_out + 2^16 weights_a + 2^48 weights_b
    /// + 2^80 output_offset`.
    pub fn elements(&self, maxima: &Maxima) -> Vec<F> {
        let mut elements = Vec::with_capacity(maxima.modules.saturating_add(1));
        elements.push(F::from(size(self.bits.log_planes()) | size(self.log_rank) << 8));
        elements.extend(self.slots.iter().map(|slot| {
            let logs = 1 | size(slot.log_in) << 1 | size(slot.log_out) << 8;
            let offsets = u128::from(slot.weights_a) | u128::from(slot.weights_b) << 32;
            F::from(u128::from(logs) | offsets << 16 | u128::from(slot.output_offset) << 80)
        }));
        elements.resize(maxima.modules.saturating_add(1), F::from(0u64));
        elements
    }

    /// `weights_layout` of docs/protocol.md section 1.
    pub fn digest(&self, maxima: &Maxima) -> F {
        hash(tags::WEIGHTS_LAYOUT, &self.elements(maxima))
    }
}

/// An aligned block of `2^log` entries inside a space of `2^log_space`.
fn is_block(offset: u32, log: usize, log_space: usize) -> bool {
    log <= log_space
        && log < 32
        && u64::from(offset) >> log << log == u64::from(offset)
        && u64::from(offset) >> log_space == 0
}

impl InputsLayout {
    /// The rules of an inputs layout, given a checked weights layout; the circuit enforces the same.
    ///
    /// # Errors
    /// [`Error::InvalidLayout`] names slot and rule.
    pub fn check(&self, weights: &WeightsLayout, maxima: &Maxima) -> Result<(), Error> {
        let rule = |slot: usize, holds: bool, rule: &'static str| {
            if holds { Ok(()) } else { Err(Error::InvalidLayout { slot, rule }) }
        };
        rule(0, self.log_tokens <= maxima.log_tokens, "log_tokens within the profile")?;
        rule(0, self.input_offsets.len() == weights.slots.len(), "one input offset for each active slot")?;
        let rows = maxima.log_size.checked_sub(self.log_tokens.saturating_add(1));
        rule(0, rows.is_some(), "tokens fit in half of the polynomial")?;
        let rows = rows.unwrap_or(0);
        for (index, (slot, offset)) in weights.slots.iter().zip(&self.input_offsets).enumerate() {
            let in_space = is_block(*offset, slot.log_in, maxima.log_input_space.min(rows));
            rule(index, in_space, "inputs are an aligned block of the input space and of the lower half")?;
            let out_space = is_block(slot.output_offset, slot.log_out, maxima.log_output_space.min(rows));
            rule(index, out_space, "outputs are an aligned block of the output space and of the upper half")?;
        }
        Ok(())
    }

    /// The layout as field elements: `log_tokens`, then the offsets of all slots of the profile, seven to an element.
    pub fn elements(&self, maxima: &Maxima) -> Vec<F> {
        let mut offsets = self.input_offsets.clone();
        offsets.resize(maxima.modules, 0);
        let pack = |group: &[u32]| {
            let shift = F::from(1u64 << 32);
            group.iter().rev().fold(F::from(0u64), |sum, offset| sum * shift + F::from(*offset))
        };
        std::iter::once(F::from(size(self.log_tokens))).chain(offsets.chunks(OFFSETS_PER_ELEMENT).map(pack)).collect()
    }

    /// `inputs_layout` of docs/protocol.md section 1.
    pub fn digest(&self, maxima: &Maxima) -> F {
        hash(tags::INPUTS_LAYOUT, &self.elements(maxima))
    }
}
