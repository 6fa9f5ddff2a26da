//! The layouts as variables: the rules of `statement::layout`, enforced (docs/protocol.md section 2).
//!
//! Sizes are one-hot vectors of booleans: in a slot they sum to `active`, so an inactive slot selects nothing. An offset
//! is a vector of bits `b_i`; with `u_i = 1` where the slot is active and `i >= log`, the single constraint
//! `b_i (b_i - u_i) = 0` makes `b_i` boolean, aligns the offset and clears inactive slots. That block and offset end
//! within their space is one more constraint for each position that may lie beyond it. Everything is a combination of
//! booleans, so packing for the digests costs nothing.

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::digest::tags;
use rankproof_statement::layout::OFFSETS_PER_ELEMENT;
use rankproof_statement::{F, InputsLayout, Maxima, SlotLayout, WeightBits, WeightsLayout};

use crate::gadgets::{bits::from_bits, sponge};
use crate::{ConstraintSystem, Num};

/// A choice among `0 ..`: at most one entry is 1.
#[derive(Clone, Debug)]
pub struct OneHot(pub Vec<Num>);

impl OneHot {
    /// Allocates booleans that sum to `active`; `choice` is ignored when it is out of range.
    fn new(cs: &mut ConstraintSystem, options: usize, choice: Option<usize>, active: &Num) -> Self {
        let entries: Vec<Num> = (0..options).map(|option| cs.boolean(choice == Some(option))).collect();
        cs.enforce_equal(&Num::sum(&entries), active);
        Self(entries)
    }

    /// The chosen number, `sum_i i * entry_i`.
    pub fn number(&self) -> Num {
        self.weighted(|option| F::from(option as u64))
    }

    /// Two to the chosen number (0 when nothing is chosen).
    fn power_of_two(&self) -> Num {
        self.weighted(|option| F::from(1u64 << option))
    }

    fn weighted(&self, weight: impl Fn(usize) -> F) -> Num {
        let terms: Vec<Num> = self.0.iter().enumerate().map(|(option, entry)| entry * weight(option)).collect();
        Num::sum(&terms)
    }

    /// 1 if the choice is more than `option`.
    pub fn above(&self, option: usize) -> Num {
        Num::sum(self.0.iter().skip(option + 1))
    }

    /// `sum_i entry_i * table_i`; one constraint an entry, none for constants.
    pub fn select(&self, cs: &mut ConstraintSystem, table: &[Num]) -> Num {
        let products: Vec<Num> = self.0.iter().zip(table).map(|(entry, value)| cs.mul(entry, value)).collect();
        Num::sum(&products)
    }

    /// The coordinates from the chosen position on, extended by zeros to `length`.
    pub fn shift(&self, cs: &mut ConstraintSystem, coordinates: &[Num], length: usize) -> Vec<Num> {
        (0..length)
            .map(|position| {
                let table: Vec<Num> = (0..self.0.len())
                    .map(|shift| coordinates.get(position + shift).cloned().unwrap_or_else(Num::zero))
                    .collect();
                let shifted = self.select(cs, &table);
                cs.reduce(&shifted)
            })
            .collect()
    }
}

/// An aligned block: bits of its offset, and for each whether it is free to be one.
#[derive(Clone, Debug)]
pub struct BlockVar {
    bits: Vec<Num>,
    free: Vec<Num>,
}

impl BlockVar {
    /// Allocates the offset of a block of `2^log` in a space of which `beyond(i)` says that position `i` lies outside.
    /// An offset that does not fit `width` bits makes the highest one no bit, so that nothing is satisfied.
    fn new(
        cs: &mut ConstraintSystem,
        offset: u32,
        width: usize,
        active: &Num,
        log: &OneHot,
        beyond: impl Fn(usize) -> Num,
    ) -> Self {
        let free: Vec<Num> = (0..width).map(|position| active - &log.above(position)).collect();
        let bits: Vec<Num> = free
            .iter()
            .enumerate()
            .map(|(position, free)| {
                let rest = offset.checked_shr(position as u32).unwrap_or(0);
                let bit = cs.witness(F::from(if position + 1 < width { rest & 1 } else { rest }));
                cs.enforce(&bit, &(&bit - free), &Num::zero());
                bit
            })
            .collect();
        for position in 0..width.max(log.0.len()) {
            let beyond = beyond(position);
            let bit = bits.get(position).cloned().unwrap_or_else(Num::zero);
            let larger = log.0.get(position + 1).cloned().unwrap_or_else(Num::zero);
            let used = &bit + &larger;
            if beyond.as_constant() == Some(F::ZERO) || used.as_constant() == Some(F::ZERO) {
                continue;
            }
            // Both are booleans: the sum is 0 only if neither the offset nor the block reaches beyond the space.
            cs.enforce(&used, &beyond, &Num::zero());
        }
        Self { bits, free }
    }

    /// The offset.
    pub fn offset(&self) -> Num {
        from_bits(&self.bits)
    }

    /// `prod_{i >= log} eq1(bit_i, r_i)`; two constraints a position. For an inactive slot it is 1.
    ///
    /// A free position contributes `1 - r + bit (2r - 1)`, another one 1: both are `1 - bit + r (2 bit - free)`.
    pub fn prefix_eq(&self, cs: &mut ConstraintSystem, coordinates: &[Num]) -> Num {
        let mut product = Num::one();
        for ((bit, free), r) in self.bits.iter().zip(&self.free).zip(coordinates) {
            let term = cs.mul(r, &(&(bit * F::from(2u64)) - free));
            let factor = &(&Num::one() - bit) + &term;
            product = cs.mul(&product, &factor);
        }
        product
    }
}

/// One slot.
#[derive(Clone, Debug)]
pub struct SlotVar {
    /// Whether the slot holds a module.
    pub active: Num,
    /// Padded input size.
    pub log_in: OneHot,
    /// Padded output size.
    pub log_out: OneHot,
    /// Units of `lora_a`.
    pub weights_a: BlockVar,
    /// Units of `lora_b`.
    pub weights_b: BlockVar,
    /// Rows of the output.
    pub output: BlockVar,
    /// Rows of the input.
    pub input: BlockVar,
}

/// Both layouts.
#[derive(Clone, Debug)]
pub struct LayoutVar {
    /// Whether weights are 8 bits wide.
    pub wide: Num,
    /// Padded rank.
    pub log_rank: OneHot,
    /// Nibbles in a unit.
    pub log_unit: OneHot,
    /// Padded tokens.
    pub log_tokens: OneHot,
    /// All slots of the profile.
    pub slots: Vec<SlotVar>,
}

impl LayoutVar {
    /// Allocates both layouts and enforces their rules.
    pub fn new(cs: &mut ConstraintSystem, maxima: &Maxima, weights: &WeightsLayout, inputs: &InputsLayout) -> Self {
        let one = Num::one();
        let wide = cs.boolean(weights.bits == WeightBits::Eight);
        let log_rank =
            cs.group("log_rank", |cs| OneHot::new(cs, maxima.max_log_rank() + 1, Some(weights.log_rank), &one));
        let log_unit = cs.group("log_unit", |cs| log_unit(cs, &wide, &log_rank));
        let log_tokens =
            cs.group("log_tokens", |cs| OneHot::new(cs, maxima.log_tokens + 1, Some(inputs.log_tokens), &one));
        let mut layout = Self { wide, log_rank, log_unit, log_tokens, slots: Vec::new() };
        let mut outputs = Num::zero();
        for index in 0..maxima.modules {
            let slot = weights.slots.get(index).zip(inputs.input_offsets.get(index));
            let slot = cs.group_indexed("slot", index, |cs| layout.slot(cs, maxima, slot, &outputs));
            outputs += &slot.log_out.power_of_two();
            layout.slots.push(slot);
        }
        cs.group("rank space", |cs| layout.enforce_rank_space(cs, maxima));
        layout
    }

    fn slot(
        &self,
        cs: &mut ConstraintSystem,
        maxima: &Maxima,
        slot: Option<(&SlotLayout, &u32)>,
        outputs: &Num,
    ) -> SlotVar {
        let active = cs.group("active", |cs| {
            let active = cs.boolean(slot.is_some());
            match self.slots.last() {
                // The first slot is active; after an inactive slot comes no active one.
                None => cs.enforce_equal(&active, &Num::one()),
                Some(before) => cs.enforce(&active, &(&Num::one() - &before.active), &Num::zero()),
            }
            active
        });
        let (layout, input_offset) = slot.map_or((None, 0), |(layout, offset)| (Some(layout), *offset));
        let size = |cs: &mut ConstraintSystem, name, maximum, choice| {
            cs.group(name, |cs| OneHot::new(cs, maximum + 1, choice, &active))
        };
        let log_in = size(cs, "log_in", maxima.max_log_in(), layout.map(|layout| layout.log_in));
        let log_out = size(cs, "log_out", maxima.log_output_space, layout.map(|layout| layout.log_out));

        let n = maxima.log_size;
        // Position i lies beyond the 2^(n - log_unit) units if log_unit >= n - i.
        let beyond_units = |position: usize| match n.checked_sub(position) {
            None | Some(0) => Num::one(),
            Some(shift) => self.log_unit.above(shift - 1),
        };
        // Position i lies beyond the rows of half a polynomial if log_tokens >= n - 1 - i.
        let beyond_rows = |space: usize| {
            move |position: usize| match (n - 1).checked_sub(position) {
                None | Some(0) => Num::one(),
                Some(_) if position >= space => Num::one(),
                Some(shift) => self.log_tokens.above(shift - 1),
            }
        };
        let weights = |cs: &mut ConstraintSystem, name, offset: Option<u32>, log: &OneHot| {
            cs.group(name, |cs| BlockVar::new(cs, offset.unwrap_or(0), n, &active, log, beyond_units))
        };
        let weights_a = weights(cs, "weights_a", layout.map(|layout| layout.weights_a), &log_in);
        let weights_b = weights(cs, "weights_b", layout.map(|layout| layout.weights_b), &log_out);
        let output = cs.group("output", |cs| {
            let space = maxima.log_output_space;
            let offset = layout.map_or(0, |layout| layout.output_offset);
            let block = BlockVar::new(cs, offset, space, &active, &log_out, beyond_rows(space));
            // Outputs follow one another without a gap.
            cs.enforce(&active, outputs, &block.offset());
            block
        });
        let input = cs.group("input", |cs| {
            let space = maxima.log_input_space;
            BlockVar::new(cs, input_offset, space, &active, &log_in, beyond_rows(space))
        });
        SlotVar { active, log_in, log_out, weights_a, weights_b, output, input }
    }

    /// `slots * 2^log_rank <= 2^kappa`: with rank `2^r`, slot `2^(kappa - r)` is not active.
    fn enforce_rank_space(&self, cs: &mut ConstraintSystem, maxima: &Maxima) {
        for (log_rank, chosen) in self.log_rank.0.iter().enumerate() {
            let slots = maxima.log_rank_space.checked_sub(log_rank).map_or(0, |log| 1usize << log);
            if let Some(first_too_many) = self.slots.get(slots) {
                cs.enforce(chosen, &first_too_many.active, &Num::zero());
            }
        }
    }

    /// `weights_layout`: see `WeightsLayout::elements`.
    pub fn weights_digest(&self, cs: &mut ConstraintSystem) -> Num {
        let power = |exponent: u64| F::from(2u64).pow([exponent]);
        let mut elements = vec![self.wide.add_scaled(power(8), &self.log_rank.number())];
        elements.extend(self.slots.iter().map(|slot| {
            slot.active
                .add_scaled(power(1), &slot.log_in.number())
                .add_scaled(power(8), &slot.log_out.number())
                .add_scaled(power(16), &slot.weights_a.offset())
                .add_scaled(power(48), &slot.weights_b.offset())
                .add_scaled(power(80), &slot.output.offset())
        }));
        self.digest(cs, tags::WEIGHTS_LAYOUT, &elements)
    }

    /// `inputs_layout`: see `InputsLayout::elements`.
    pub fn inputs_digest(&self, cs: &mut ConstraintSystem) -> Num {
        let mut elements = vec![self.log_tokens.number()];
        elements.extend(self.slots.chunks(OFFSETS_PER_ELEMENT).map(|group| {
            group.iter().rev().fold(Num::zero(), |sum, slot| &(&sum * F::from(1u64 << 32)) + &slot.input.offset())
        }));
        self.digest(cs, tags::INPUTS_LAYOUT, &elements)
    }

    fn digest(&self, cs: &mut ConstraintSystem, tag: rankproof_poseidon::Tag, elements: &[Num]) -> Num {
        let elements: Vec<Num> = elements.iter().map(|element| cs.reduce(element)).collect();
        let digest = sponge::hash(cs, tag, &elements);
        cs.reduce(&digest)
    }
}

/// `log_rank + 1` for wide weights, `log_rank` otherwise.
fn log_unit(cs: &mut ConstraintSystem, wide: &Num, log_rank: &OneHot) -> OneHot {
    let shifted: Vec<Num> = log_rank.0.iter().map(|entry| cs.mul(wide, entry)).collect();
    let entry = |position: usize| {
        let stays = log_rank.0.get(position).zip(shifted.get(position)).map(|(entry, moved)| entry - moved);
        let moves = position.checked_sub(1).and_then(|before| shifted.get(before));
        &stays.unwrap_or_else(Num::zero) + moves.unwrap_or(&Num::zero())
    };
    OneHot((0..=log_rank.0.len()).map(entry).collect())
}
