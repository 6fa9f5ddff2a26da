//! Small adapters and runs made from formulas, so that another language can make the same ones.
#![allow(dead_code, reason = "each test file uses a part")]

use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{Maxima, QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, Witness};

/// Name, in, out, rank, and whether the module reads the input of the one before.
pub type Shape = (&'static str, usize, usize, usize, bool);

/// Two modules that share an input, and a rectangular one of lower rank.
pub const SHAPES: [Shape; 3] = [("q", 5, 9, 3, false), ("v", 5, 4, 4, true), ("wide", 12, 3, 1, false)];

/// The maxima that the tests use.
pub const MAXIMA: Maxima =
    Maxima { log_size: 10, modules: 4, log_rank_space: 5, log_input_space: 6, log_output_space: 6, log_tokens: 3 };

/// `-bound ..= bound`, by a fixed recurrence on the index.
fn code(seed: usize, index: usize, bound: i32) -> i32 {
    let mixed = (index as u64 + 1).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(seed as u64 * 1_442_695_041);
    ((mixed >> 33) % (2 * bound as u64 + 1)) as i32 - bound
}

/// An honest witness, in slot order.
pub fn witness(shapes: &[Shape], tokens: usize, bits: WeightBits) -> Witness {
    let mut modules = Vec::new();
    let mut activations: Vec<QuantizedActivations> = Vec::new();
    for (seed, (name, in_features, out_features, rank, shares)) in shapes.iter().enumerate() {
        let (name, in_features, out_features, rank) = ((*name).to_owned(), *in_features, *out_features, *rank);
        let codes = |count: usize, salt: usize| {
            (0..count).map(|index| code(7 * seed + salt, index, bits.max_code()) as i8).collect::<Vec<i8>>()
        };
        let (lora_a, lora_b) = (codes(rank * in_features, 1), codes(out_features * rank, 2));
        let out_scale = (0..out_features).map(|o| 0.5 / (o + seed + 1) as f64).collect();
        activations.push(match activations.last() {
            Some(last) if *shares => QuantizedActivations { module: name.clone(), ..last.clone() },
            _ => QuantizedActivations {
                module: name.clone(),
                tokens,
                in_features,
                x: (0..tokens * in_features).map(|index| code(7 * seed + 3, index, 32_767) as i16).collect(),
                token_scale: (0..tokens).map(|t| 0.25 / (t + seed + 3) as f64).collect(),
            },
        });
        modules.push(QuantizedModule { name, in_features, out_features, rank, lora_a, lora_b, out_scale });
    }
    let mut adapter = QuantizedAdapter { bits, modules, base_model_digest: [7; 32] };
    sort_into_slots(&mut adapter);
    Witness::new(adapter, activations).expect("honest witness")
}

/// The witness of most tests.
pub fn honest() -> Witness {
    witness(&SHAPES, 5, WeightBits::Four)
}

/// Takes the last entry away.
pub fn shorten<T>(list: &mut Vec<T>) {
    assert!(list.pop().is_some(), "there is an entry to take away");
}
