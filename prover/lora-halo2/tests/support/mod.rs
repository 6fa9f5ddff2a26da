//! Reproducible witnesses, and one honest proof per test binary.
#![allow(dead_code, reason = "each test file uses a part")]

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::{
    ActivationsBinding, AdapterBinding, Cache, Keys, LoraProof, Opening, Shape, prove, verify_with,
};
use rankproof_statement::{QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, Witness};

pub const GIB: u64 = 1 << 30;

pub fn witness(bits: WeightBits, tokens: usize, sizes: &[(usize, usize, usize)]) -> Witness {
    let mut state = 5u64;
    let mut next = move |modulus: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as i64 % modulus
    };
    let max = i64::from(bits.max_code());
    let mut codes = |count: usize| (0..count).map(|_| (next(2 * max + 1) - max) as i8).collect::<Vec<_>>();
    let modules: Vec<QuantizedModule> = sizes
        .iter()
        .enumerate()
        .map(|(index, (in_features, rank, out_features))| QuantizedModule {
            name: format!("layer.{index}"),
            in_features: *in_features,
            out_features: *out_features,
            rank: *rank,
            lora_a: codes(rank * in_features),
            lora_b: codes(rank * out_features),
            out_scale: vec![0.5; *out_features],
        })
        .collect();
    let activations = modules
        .iter()
        .map(|module| QuantizedActivations {
            module: module.name.clone(),
            tokens,
            in_features: module.in_features,
            x: (0..tokens * module.in_features).map(|i| (i * 7919 % 65_535) as u16 as i16).collect(),
            token_scale: vec![0.25; tokens],
        })
        .collect();
    let adapter = QuantizedAdapter { bits, modules, base_model_digest: [9; 32] };
    Witness::new(adapter, activations).expect("a witness")
}

pub fn open(witness: &Witness) -> (Shape, Opening) {
    let shape = Shape::of(&witness.adapter, &witness.activations).expect("a shape");
    let adapter = AdapterBinding { manifest_digest: [1; 32], base_model_digest: [9; 32], salt: Fp::from(77) };
    let activations = ActivationsBinding { scales_digest: [2; 32], salt: Fp::from(78) };
    let opening = Opening::new(witness, &shape, adapter, activations).expect("the relation holds");
    (shape, opening)
}

pub struct Honest {
    pub shape: Shape,
    pub opening: Arc<Opening>,
    pub keys: Keys,
    pub proof: LoraProof,
}

/// One honest proof that all rejection tests start from.
pub fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(|| {
        let (shape, opening) = open(&witness(WeightBits::Four, 1, &[(12, 2, 9)]));
        let keys = Keys::new(&shape, &Cache::none(), GIB).expect("keys");
        let opening = Arc::new(opening);
        let proof = prove(&keys, Arc::clone(&opening), Fp::from(42), Duration::ZERO).expect("a proof");
        verify_with(&keys.verifier, &proof).expect("the honest twin verifies");
        Honest { shape, opening, keys, proof }
    })
}
