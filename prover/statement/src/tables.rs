//! The two committed polynomials as tables of small integers (indices in `layout`).

use crate::{InputsLayout, Maxima, QuantizedAdapter, WeightBits, WeightsLayout, Witness};

/// The weights polynomial: `2^log_size` nibbles. A 4-bit weight is `nibble - 8`, an 8-bit one `16 hi + lo - 128`.
/// Padding inside a block encodes zero; outside blocks the nibble is 0. Modules must be in slot order.
pub fn weights(adapter: &QuantizedAdapter, layout: &WeightsLayout, maxima: &Maxima) -> Vec<u8> {
    let mut table = vec![0u8; 1 << maxima.log_size];
    let log_unit = layout.log_unit();
    let mut put = |unit: usize, k: usize, code: i8| {
        let base = (unit << log_unit) + k;
        let shifted = (i16::from(code) + adapter.bits.offset() as i16) as u8;
        match adapter.bits {
            WeightBits::Four => table[base] = shifted,
            WeightBits::Eight => {
                table[base] = shifted & 15;
                table[base + (1 << layout.log_rank)] = shifted >> 4;
            }
        }
    };
    for (module, slot) in adapter.modules.iter().zip(&layout.slots) {
        for k in 0..1usize << layout.log_rank {
            for j in 0..1usize << slot.log_in {
                let inside = k < module.rank && j < module.in_features;
                let code = if inside { module.lora_a[k * module.in_features + j] } else { 0 };
                put(slot.weights_a as usize + j, k, code);
            }
            for o in 0..1usize << slot.log_out {
                let inside = k < module.rank && o < module.out_features;
                let code = if inside { module.lora_b[o * module.rank + k] } else { 0 };
                put(slot.weights_b as usize + o, k, code);
            }
        }
    }
    table
}

/// The activations polynomial: `2^log_size` integers, inputs in the lower half, outputs in the upper half.
/// Modules must be in slot order.
pub fn activations(witness: &Witness, weights: &WeightsLayout, inputs: &InputsLayout, maxima: &Maxima) -> Vec<i64> {
    let mut table = vec![0i64; 1 << maxima.log_size];
    let half = 1usize << (maxima.log_size - 1);
    let tokens = witness.tokens();
    for (index, module) in witness.adapter.modules.iter().enumerate() {
        let (input, output) = (&witness.activations[index], &witness.outputs[index]);
        let first_input = inputs.input_offsets[index] as usize;
        let first_output = weights.slots[index].output_offset as usize;
        for t in 0..tokens {
            for j in 0..module.in_features {
                table[((first_input + j) << inputs.log_tokens) + t] = i64::from(input.x[t * module.in_features + j]);
            }
            for o in 0..module.out_features {
                table[half + ((first_output + o) << inputs.log_tokens) + t] = output[t * module.out_features + o];
            }
        }
    }
    table
}
