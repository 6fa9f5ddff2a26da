//! Honest witnesses of random shapes.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod argument_prover;
pub mod elements;
pub mod events;
pub mod whir_prover;

use std::sync::OnceLock;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::claims::Batched;
use rankproof_lora_proof::{
    AdapterRequest, Commitment, Config, Error, F, LoraProof, Profile, RunRequest, SharedProof, commit_weights, prove,
    prove_shared,
};
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{
    AdapterPreimage, QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout, Witness,
    tables,
};

/// Shape of one module: name, in, out, rank, and whether it reads the input of the module before.
pub type Shape = (&'static str, usize, usize, usize, bool);

/// Two modules that share an input and one rectangular module of lower rank.
pub const SHAPES: [Shape; 3] = [("q", 24, 40, 3, false), ("v", 24, 17, 4, true), ("wide", 70, 9, 1, false)];

pub fn witness(shapes: &[Shape], tokens: usize, bits: WeightBits, seed: u64) -> Witness {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let bound = bits.max_code() as i8;
    let mut modules = Vec::new();
    let mut activations: Vec<QuantizedActivations> = Vec::new();
    for (name, in_features, out_features, rank, shares) in shapes {
        let (name, in_features, out_features, rank) = ((*name).to_owned(), *in_features, *out_features, *rank);
        let mut codes = |count: usize| (0..count).map(|_| rng.gen_range(-bound..=bound)).collect::<Vec<i8>>();
        let (lora_a, lora_b) = (codes(rank * in_features), codes(out_features * rank));
        let out_scale = (0..out_features).map(|_| rng.gen_range(0.001..1.0)).collect();
        let input = match activations.last() {
            Some(last) if *shares => QuantizedActivations { module: name.clone(), ..last.clone() },
            _ => QuantizedActivations {
                module: name.clone(),
                tokens,
                in_features,
                x: (0..tokens * in_features).map(|_| rng.r#gen()).collect(),
                token_scale: (0..tokens).map(|_| rng.gen_range(0.001..1.0)).collect(),
            },
        };
        activations.push(input);
        modules.push(QuantizedModule { name, in_features, out_features, rank, lora_a, lora_b, out_scale });
    }
    let mut adapter = QuantizedAdapter { bits, modules, base_model_digest: [7; 32] };
    sort_into_slots(&mut adapter);
    Witness::new(adapter, activations).expect("honest witness")
}

pub fn prove_witness(config: &Config, witness: &Witness, context: F) -> LoraProof {
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let commitment = commit_weights(config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), F::from(1_234_567u64));
    prove(config, witness, &layout, &commitment, &preimage, context, F::from(7_654_321u64)).expect("provable")
}

/// The tables of all weight functions, put together from pieces of this length.
pub fn weight_tables(batched: &Batched<'_>, length: usize) -> Vec<Vec<F>> {
    let functions = batched.weight_functions();
    let starts = || (0..1usize << functions.log_size()).step_by(length);
    (0..batched.adapters.len() + batched.runs.len())
        .map(|polynomial| starts().flat_map(|start| functions.piece(polynomial, start, length)).collect())
        .collect()
}

/// The witness of [`honest`].
pub fn honest_witness() -> Witness {
    witness(&SHAPES, 5, WeightBits::Four, 1)
}

/// An honest proof of the tiny profile, made once per test binary; verifies.
pub fn honest() -> &'static (Config, LoraProof) {
    static HONEST: OnceLock<(Config, LoraProof)> = OnceLock::new();
    HONEST.get_or_init(|| {
        let config = Profile::Tiny.config();
        let proof = prove_witness(&config, &honest_witness(), F::from(9u64));
        (config, proof)
    })
}

/// An honest proof of two runs of the adapter of [`honest_witness`], made once per test binary; verifies.
pub fn honest_shared() -> &'static (Config, SharedProof) {
    static HONEST: OnceLock<(Config, SharedProof)> = OnceLock::new();
    HONEST.get_or_init(|| {
        let config = Profile::TinyS2.config();
        let first = honest_witness();
        let second = another_run(&first, 2);
        let proof = prove_shared_witnesses(&config, &[first, second]).expect("provable");
        (config, proof)
    })
}

/// The witnesses of [`honest_adapters`]: other modules, other sizes, the other width.
pub fn two_adapters() -> [Witness; 2] {
    let shapes = [("alone", 50, 33, 5, false), ("v", 24, 17, 4, false), ("w", 24, 30, 2, true)];
    [honest_witness(), witness(&shapes, 9, WeightBits::Eight, 11)]
}

/// An honest proof of one run each of two adapters, made once per test binary; verifies.
pub fn honest_adapters() -> &'static (Config, SharedProof) {
    static HONEST: OnceLock<(Config, SharedProof)> = OnceLock::new();
    HONEST.get_or_init(|| {
        let config = Profile::TinyA2.config();
        let [first, second] = two_adapters();
        let proof = adapters_by(&config, &[&[first], &[second]], prove_shared).expect("provable");
        (config, proof)
    })
}

/// Another run of a witness's adapter: the same layout, other inputs and scales.
pub fn another_run(witness: &Witness, seed: u64) -> Witness {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let mut activations = witness.activations.clone();
    for index in 0..activations.len() {
        let shared = (0..index).find(|earlier| witness.activations[*earlier].x == witness.activations[index].x);
        if let Some(earlier) = shared {
            activations[index].x = activations[earlier].x.clone();
            activations[index].token_scale = activations[earlier].token_scale.clone();
        } else {
            activations[index].x.iter_mut().for_each(|x| *x = rng.r#gen());
            activations[index].token_scale.iter_mut().for_each(|scale| *scale = rng.gen_range(0.001..1.0));
        }
    }
    Witness::new(witness.adapter.clone(), activations).expect("honest witness")
}

/// Runs of one adapter under one argument, with contexts 1, 2, ..
pub fn prove_shared_witnesses(config: &Config, witnesses: &[Witness]) -> Result<SharedProof, Error> {
    shared_by(config, witnesses, prove_shared)
}

type SharedProver = fn(&Config, &[AdapterRequest<'_>]) -> Result<SharedProof, Error>;

/// [`prove_shared_witnesses`] with a prover of the caller's.
pub fn shared_by(config: &Config, witnesses: &[Witness], prover: SharedProver) -> Result<SharedProof, Error> {
    adapters_by(config, &[witnesses], prover)
}

/// Runs of several adapters under one argument, with contexts 1, 2, ..
pub fn adapters_by(config: &Config, adapters: &[&[Witness]], prover: SharedProver) -> Result<SharedProof, Error> {
    let committed: Vec<(WeightsLayout, Commitment, AdapterPreimage)> = adapters
        .iter()
        .zip(1_234_567u64..)
        .map(|(witnesses, salt)| {
            let adapter = &witnesses[0].adapter;
            let layout = WeightsLayout::plan(adapter, config.maxima()).expect("fits");
            let commitment = commit_weights(config, tables::weights(adapter, &layout, config.maxima()));
            let preimage = adapter_preimage(adapter, commitment.root(), commitment.ood_value(), F::from(salt));
            (layout, commitment, preimage)
        })
        .collect();
    let mut number = 1u64..;
    let mut run = |witness| {
        let run = number.next().expect("endless");
        RunRequest { witness, context: F::from(run), salt: F::from(7_000 + run) }
    };
    let requests: Vec<AdapterRequest<'_>> = adapters
        .iter()
        .zip(&committed)
        .map(|(witnesses, (weights_layout, weights, adapter))| {
            let runs = witnesses.iter().map(&mut run).collect();
            AdapterRequest { weights_layout, weights, adapter, runs }
        })
        .collect();
    prover(config, &requests)
}
