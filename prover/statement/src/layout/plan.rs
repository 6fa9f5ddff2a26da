//! Where the modules of an adapter and of one forward pass go: the canonical layout, an owner's choice.
//!
//! Larger blocks come first, so every offset is aligned without a gap. Nothing relies on this choice: what is sound is
//! what [`WeightsLayout::check`] and [`InputsLayout::check`] accept, and both plans end with them.

use super::{InputsLayout, Maxima, SlotLayout, WeightsLayout};
use crate::field::size;
use crate::{Error, QuantizedActivations, QuantizedAdapter};

/// Base-2 logarithm of the padded size.
pub fn padded_log(size: usize) -> usize {
    size.next_power_of_two().trailing_zeros() as usize
}

/// Orders the modules of an adapter as slots: padded output size descending, then name.
pub fn sort_into_slots(adapter: &mut QuantizedAdapter) {
    adapter.modules.sort_by(|a, b| {
        padded_log(b.out_features)
            .cmp(&padded_log(a.out_features))
            .then_with(|| a.name.as_bytes().cmp(b.name.as_bytes()))
    });
}

/// Gives aligned offsets to blocks of sizes `2^log`, larger blocks first, equal ones in the given order.
/// Returns the offsets in the given order and the end.
fn allocate(logs: &[usize]) -> (Vec<u64>, u64) {
    let mut order: Vec<usize> = (0..logs.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(logs[index]));
    let mut offsets = vec![0; logs.len()];
    let mut end = 0u64;
    for index in order {
        offsets[index] = end;
        end += 1u64 << logs[index];
    }
    (offsets, end)
}

fn exceeds(what: &'static str, maximum: u64, actual: u64) -> Result<(), Error> {
    if actual > maximum { Err(Error::ExceedsProfile { what, maximum, actual }) } else { Ok(()) }
}

impl Maxima {
    /// Refuses a run with more tokens than the profile holds.
    ///
    /// # Errors
    /// [`Error::ExceedsProfile`].
    pub fn check_tokens(&self, tokens: usize) -> Result<(), Error> {
        exceeds("number of tokens", 1 << self.log_tokens, size(tokens))
    }
}

impl WeightsLayout {
    /// Lays out an adapter whose modules are in slot order.
    ///
    /// # Errors
    /// [`Error::ExceedsProfile`] names what does not fit.
    pub fn plan(adapter: &QuantizedAdapter, maxima: &Maxima) -> Result<Self, Error> {
        if adapter.modules.is_empty() {
            return Err(Error::NoModules);
        }
        exceeds("number of modules", size(maxima.modules), size(adapter.modules.len()))?;
        let log_rank = adapter.modules.iter().map(|module| padded_log(module.rank)).max().unwrap_or(0);
        exceeds("padded rank", 1 << maxima.max_log_rank(), 1 << log_rank)?;
        let rank_rows = size(adapter.modules.len()) << log_rank;
        exceeds("modules times padded rank", 1 << maxima.log_rank_space, rank_rows)?;
        let mut logs = Vec::new();
        for module in &adapter.modules {
            let (log_in, log_out) = (padded_log(module.in_features), padded_log(module.out_features));
            exceeds("padded in_features", 1 << maxima.max_log_in(), 1 << log_in)?;
            exceeds("padded out_features", 1 << maxima.log_output_space, 1 << log_out)?;
            logs.extend([log_in, log_out]);
        }
        let log_unit = log_rank + adapter.bits.log_planes();
        let (weights, end) = allocate(&logs);
        exceeds("number of padded weights (nibbles)", 1 << maxima.log_size, end << log_unit)?;
        let output_logs: Vec<usize> = logs.iter().skip(1).step_by(2).copied().collect();
        let (outputs, end) = allocate(&output_logs);
        exceeds("sum of padded out_features", 1 << maxima.log_output_space, end)?;
        let slots = (0..adapter.modules.len())
            .map(|slot| SlotLayout {
                log_in: logs[2 * slot],
                log_out: logs[2 * slot + 1],
                weights_a: weights[2 * slot] as u32,
                weights_b: weights[2 * slot + 1] as u32,
                output_offset: outputs[slot] as u32,
            })
            .collect();
        let layout = Self { bits: adapter.bits, log_rank, slots };
        layout.check(maxima)?;
        Ok(layout)
    }
}

impl InputsLayout {
    /// Lays out one forward pass; modules whose quantised input and token scales are equal share one range.
    ///
    /// # Errors
    /// [`Error::ExceedsProfile`] names what does not fit; [`Error::ModuleCountMismatch`] when a module is missing.
    pub fn plan(weights: &WeightsLayout, activations: &[QuantizedActivations], maxima: &Maxima) -> Result<Self, Error> {
        if activations.len() != weights.slots.len() {
            let (expected, actual) = (weights.slots.len(), activations.len());
            return Err(Error::ModuleCountMismatch { table: "activations", expected, actual });
        }
        let tokens = activations.first().map_or(0, |entry| entry.tokens);
        maxima.check_tokens(tokens)?;
        let log_tokens = padded_log(tokens.max(1));
        let mut owners: Vec<usize> = Vec::new();
        let mut owner_of = Vec::with_capacity(activations.len());
        for (slot, entry) in activations.iter().enumerate() {
            let same = |&owner: &usize| same_input(&activations[owner], entry);
            let position = owners.iter().position(same).unwrap_or_else(|| {
                owners.push(slot);
                owners.len() - 1
            });
            owner_of.push(position);
        }
        let logs: Vec<usize> = owners.iter().map(|&slot| weights.slots[slot].log_in).collect();
        let (offsets, end) = allocate(&logs);
        exceeds("sum of padded in_features", 1 << maxima.log_input_space, end)?;
        exceeds("inputs times padded tokens", 1 << (maxima.log_size - 1), end << log_tokens)?;
        let output_end = weights.slots.iter().map(|slot| 1u64 << slot.log_out).sum::<u64>();
        exceeds("outputs times padded tokens", 1 << (maxima.log_size - 1), output_end << log_tokens)?;
        let input_offsets = owner_of.iter().map(|&owner| offsets[owner] as u32).collect();
        let layout = Self { log_tokens, input_offsets };
        layout.check(weights, maxima)?;
        Ok(layout)
    }
}

fn same_input(a: &QuantizedActivations, b: &QuantizedActivations) -> bool {
    let bits = |scales: &[f64]| scales.iter().map(|scale| scale.to_bits()).collect::<Vec<_>>();
    a.in_features == b.in_features && a.x == b.x && bits(&a.token_scale) == bits(&b.token_scale)
}
