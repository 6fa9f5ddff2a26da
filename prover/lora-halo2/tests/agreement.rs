//! Two systems and the plain relation, on the same random witnesses: the same outputs proved, the same lies refused.

use std::sync::Arc;
use std::time::Duration;

use halo2_proofs::dev::MockProver;
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::Field;
use rankproof_lora_halo2::circuit::public;
use rankproof_lora_halo2::opening::{activations_id, value_words};
use rankproof_lora_halo2::{
    ActivationsBinding, AdapterBinding, Cache, Error, Keys, LoraCircuit, Opening, Plan, Shape, prove, verify_with,
};
use rankproof_lora_proof::argument::{adapter_preimage, argue, commit_run, state};
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{F, Profile, commit_weights, verify as verify_sumcheck};
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{
    QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout, Witness, relation, tables,
};

/// A reproducible stream of small integers.
struct Stream(u64);

impl Stream {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn random_witness(seed: u64) -> Witness {
    let mut stream = Stream(seed);
    let bits = if stream.below(2) == 0 { WeightBits::Four } else { WeightBits::Eight };
    let tokens = 1 + stream.below(3);
    let max = bits.max_code() as usize;
    let (mut modules, mut activations) = (Vec::new(), Vec::new());
    for index in 0..1 + stream.below(2) {
        let (in_features, out_features, rank) = (1 + stream.below(24), 1 + stream.below(24), 1 + stream.below(6));
        let name = format!("module.{index}");
        let mut codes =
            |count: usize| (0..count).map(|_| (stream.below(2 * max + 1) as i64 - max as i64) as i8).collect();
        let (lora_a, lora_b) = (codes(rank * in_features), codes(rank * out_features));
        modules.push(QuantizedModule {
            name: name.clone(),
            in_features,
            out_features,
            rank,
            lora_a,
            lora_b,
            out_scale: vec![0.5; out_features],
        });
        activations.push(QuantizedActivations {
            module: name,
            tokens,
            in_features,
            x: (0..tokens * in_features).map(|_| (stream.below(65_536) as i64 - 32_768) as i16).collect(),
            token_scale: vec![0.25; tokens],
        });
    }
    let mut adapter = QuantizedAdapter { bits, modules, base_model_digest: [0; 32] };
    sort_into_slots(&mut adapter);
    Witness::new(adapter, activations).expect("a witness")
}

/// What the native argument says to a witness, true or not: argued without asking whether the relation holds.
fn sumcheck_accepts(witness: &Witness) -> bool {
    let config = Profile::Tiny.config();
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("it fits");
    let weights = commit_weights(&config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let preimage = adapter_preimage(&witness.adapter, weights.root(), weights.ood_value(), F::from(1u64));
    let (activations, run) = commit_run(&config, witness, &layout, F::from(2u64)).expect("it fits");
    let unargued = state(&config, &layout, &preimage, activations, F::from(0u64));
    let proof = argue(&config, &mut Transcript::default(), witness, unargued, [&weights, &run]);
    verify_sumcheck(&config, &proof).is_ok()
}

fn bindings() -> (AdapterBinding, ActivationsBinding) {
    (
        AdapterBinding { manifest_digest: [1; 32], base_model_digest: [0; 32], salt: Fp::from(1) },
        ActivationsBinding { scales_digest: [2; 32], salt: Fp::from(2) },
    )
}

/// What the halo2 circuit says to honest weights and inputs with the published id of these outputs.
fn circuit_accepts(shape: &Shape, opening: &Opening, outputs: &[Vec<i64>]) -> bool {
    let mut instance = vec![Fp::ZERO; public::COUNT];
    instance[public::ADAPTER] = opening.adapter_id(shape);
    instance[public::ACTIVATIONS] =
        activations_id(shape, &value_words(shape, &opening.inputs, outputs), &opening.activations);
    let circuit = LoraCircuit::<1, 1>::new(Arc::new(shape.clone()), Some(Arc::new(opening.clone())));
    let k = Plan::new(shape).expect("a plan").k + 2;
    MockProver::run(k, &circuit, vec![instance]).expect("it fits").verify().is_ok()
}

#[test]
fn both_systems_and_the_relation_agree_on_random_witnesses() {
    for seed in 1..=6 {
        let honest = random_witness(seed);
        let shape = Shape::of(&honest.adapter, &honest.activations).expect("a shape");
        let (adapter, activations) = bindings();
        let opening = Opening::new(&honest, &shape, adapter, activations).expect("the relation holds");
        assert_eq!(relation::check(&honest), Ok(()));
        assert!(sumcheck_accepts(&honest), "seed {seed}");
        assert!(circuit_accepts(&shape, &opening, &honest.outputs), "seed {seed}");

        let mut lie = honest.clone();
        let mut stream = Stream(seed ^ 0x5eed);
        let module = stream.below(lie.outputs.len());
        let index = stream.below(lie.outputs[module].len());
        lie.outputs[module][index] += if stream.below(2) == 0 { 1 } else { -1 };
        assert!(matches!(relation::check(&lie), Err(rankproof_statement::Error::RelationViolated { .. })));
        assert!(!sumcheck_accepts(&lie), "seed {seed}");
        assert!(!circuit_accepts(&shape, &opening, &lie.outputs), "seed {seed}");
        assert!(matches!(Opening::new(&lie, &shape, adapter, activations), Err(Error::Statement(_))));
    }
}

#[test]
fn a_real_proof_holds_for_the_outputs_that_sumcheck_proves_and_for_no_other() {
    for seed in [7, 8] {
        let honest = random_witness(seed);
        assert!(sumcheck_accepts(&honest));
        let shape = Shape::of(&honest.adapter, &honest.activations).expect("a shape");
        let (adapter, activations) = bindings();
        let opening = Opening::new(&honest, &shape, adapter, activations).expect("the relation holds");
        let keys = Keys::new(&shape, &Cache::none(), 1 << 30).expect("keys");
        let inputs = opening.inputs.clone();
        let proof = prove(&keys, Arc::new(opening), Fp::from(3), Duration::ZERO).expect("a proof");
        assert_eq!(verify_with(&keys.verifier, &proof), Ok(()));
        // A client that was given the outputs recomputes the id that was proved; other outputs give another id.
        let id = |outputs: &[Vec<i64>]| activations_id(&shape, &value_words(&shape, &inputs, outputs), &activations);
        assert_eq!(proof.public_inputs.activations, id(&honest.outputs));
        let mut lie = honest.outputs.clone();
        lie[0][0] -= 1;
        assert_ne!(proof.public_inputs.activations, id(&lie));
    }
}
