//! Integers and scales of an adapter and of one forward pass.
//!
//! `delta_m[o,t] ~ out_scale_m[o] * token_scale_m[t] * Y_m[o,t]` (docs/protocol.md section 1). The integers are what
//! is proved; the scales are declared and bound by digests.

use serde::{Deserialize, Serialize};

/// Width of a quantised weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum WeightBits {
    /// Codes -7..=7, one nibble a weight.
    Four,
    /// Codes -127..=127, two nibbles a weight.
    Eight,
}

impl WeightBits {
    /// 4 or 8.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Four => 4,
            Self::Eight => 8,
        }
    }

    /// Largest code an honest quantiser emits: `2^(bits-1) - 1`.
    pub const fn max_code(self) -> i32 {
        (1 << (self.bits() - 1)) - 1
    }

    /// What the encoding subtracts: a nibble stands for `nibble - 8`, two nibbles for `16 hi + lo - 128`.
    pub const fn offset(self) -> i64 {
        1 << (self.bits() - 1)
    }

    /// Base-2 logarithm of the number of nibble planes: 0 or 1.
    pub const fn log_planes(self) -> usize {
        match self {
            Self::Four => 0,
            Self::Eight => 1,
        }
    }
}

/// One LoRA module in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedModule {
    /// The module's name in the base model, without PEFT's prefix.
    pub name: String,
    /// Columns of `lora_a`.
    pub in_features: usize,
    /// Rows of `lora_b`.
    pub out_features: usize,
    /// Rows of `lora_a`, columns of `lora_b`.
    pub rank: usize,
    /// Row-major `[rank, in_features]`.
    pub lora_a: Vec<i8>,
    /// Row-major `[out_features, rank]`.
    pub lora_b: Vec<i8>,
    /// One scale per output row, `[out_features]`; PEFT's scaling and the scales of `lora_a` are folded in.
    pub out_scale: Vec<f64>,
}

/// A whole adapter in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedAdapter {
    /// Width of every weight of this adapter.
    pub bits: WeightBits,
    /// In any order; the layout sorts them.
    pub modules: Vec<QuantizedModule>,
    /// The digest of the base model the adapter was made for, as its owner declares it (0 when not declared).
    pub base_model_digest: [u8; 32],
}

/// The input of one module in one forward pass, in integers.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedActivations {
    /// The module's name, as in [`QuantizedModule::name`].
    pub module: String,
    /// Number of tokens.
    pub tokens: usize,
    /// Input features.
    pub in_features: usize,
    /// Row-major `[tokens, in_features]`.
    pub x: Vec<i16>,
    /// One scale per token, `[tokens]`.
    pub token_scale: Vec<f64>,
}
