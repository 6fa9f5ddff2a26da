//! What is measured: shapes as text, reproducible integers for them, and the two lists.

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::opening::{Weights, apply};
use rankproof_lora_halo2::{ActivationsBinding, AdapterBinding, ModuleShape, Opening, Shape, Update};
use rankproof_statement::WeightBits;

/// Single modules, one token and sixteen.
pub const TABLE: &[&str] = &[
    "16,2,16",
    "64,4,64",
    "768,2,256",
    "768,4,768",
    "768,4,2304",
    "384,8,384",
    "16,2,16,16",
    "64,4,64,16",
    "768,2,256,16",
    "768,4,768,16",
    "768,4,2304,16",
    "384,8,384,16",
];

/// A low rank and the full matrix of the same size.
pub const COMPARED: &[(&str, &str)] = &[
    ("64,4,64", "64,dense,64"),
    ("256,16,256", "256,dense,256"),
    ("768,16,768", "768,dense,768"),
    ("1024,24,1024", "1024,dense,1024"),
    ("1024,32,4096", "1024,dense,4096"),
    ("4096,64,4096", "4096,dense,4096"),
    ("1024,48,16384", "1024,dense,16384"),
    ("8192,128,8192", "8192,dense,8192"),
];

/// Reads `IN,RANK,OUT[,TOKENS[,BITS]]`; rank `dense` is the full matrix.
pub fn parse(text: &str) -> Option<Shape> {
    let parts: Vec<&str> = text.split(',').collect();
    let (in_features, out_features) = (parts.first()?.parse().ok()?, parts.get(2)?.parse().ok()?);
    let update = match *parts.get(1)? {
        "dense" => Update::Dense,
        rank => Update::LowRank { rank: rank.parse().ok()? },
    };
    let tokens = parts.get(3).map_or(Some(1), |tokens| tokens.parse().ok())?;
    let bits = match parts.get(4) {
        None | Some(&"4") => WeightBits::Four,
        Some(&"8") => WeightBits::Eight,
        _ => return None,
    };
    Some(Shape { bits, tokens, modules: vec![ModuleShape { in_features, out_features, update, input: 0 }] })
}

/// Reproducible integers over the whole range.
pub fn opening(shape: &Shape) -> Opening {
    let mut state = 11u64;
    let mut next = move |modulus: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % modulus
    };
    let offset = shape.bits.offset();
    let mut codes = |count: usize| (0..count).map(|_| (next(1 << shape.bits.bits()) as i64 - offset) as i8).collect();
    let weights: Vec<Weights> = shape
        .modules
        .iter()
        .map(|module| Weights {
            lora_a: match module.update {
                Update::LowRank { rank } => codes(rank * module.in_features),
                Update::Dense => Vec::new(),
            },
            lora_b: codes(module.out_features * module.inner_features()),
        })
        .collect();
    let inputs: Vec<Vec<i16>> = shape
        .inputs()
        .iter()
        .map(|features| (0..features * shape.tokens).map(|i| (i as i64 * 7919 % 65_536 - 32_768) as i16).collect())
        .collect();
    let outputs = apply(shape, &weights, &inputs);
    Opening {
        weights,
        inputs,
        outputs,
        adapter: AdapterBinding { manifest_digest: [1; 32], base_model_digest: [2; 32], salt: Fp::from(3) },
        activations: ActivationsBinding { scales_digest: [4; 32], salt: Fp::from(5) },
    }
}
