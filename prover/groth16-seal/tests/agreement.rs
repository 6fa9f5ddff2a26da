//! The relation over plain integers, the native verifier, the circuit and the seal accept and reject alike.
//!
//! Random shapes up to what the profile `tiny` holds: one to four modules, ranks 1 to 32, 1 to 16 tokens, inputs shared or
//! not, both widths; each with an honest witness and one thing changed. Failures are kept, smallest first, in
//! `agreement.regressions` and tried before anything else. The full layer has more of them, and those that need the profile
//! `small`: ranks up to 128 and 64 tokens.

mod support;

use std::sync::OnceLock;

use ark_ff::{Field, UniformRand};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_groth16_seal::{Error as SealError, F, ProvingKey, SealProfile, prover, seal};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{Config, Error, LoraProof, commit_weights, prove, verify};
use rankproof_statement::claim::public_inputs;
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{
    Error as StatementError, InputsLayout, QuantizedActivations, QuantizedAdapter, QuantizedModule, Statement,
    WeightBits, WeightsLayout, Witness, relation, tables,
};
use support::Circuit;
use support::lora::elements::{elements, from_elements};

/// One module: base-2 logarithms of sizes, what is taken off them, rank, whether it reads the input before.
type Shape = (u32, u32, usize, usize, usize, bool);

fn shapes(max_modules: usize, max_rank: usize) -> impl Strategy<Value = Vec<Shape>> {
    let size = (0..9u32, 0..9u32, 0..40usize, 0..40usize, 1..=max_rank, any::<bool>());
    prop::collection::vec(size, 1..=max_modules)
}

fn bits() -> impl Strategy<Value = WeightBits> {
    prop_oneof![Just(WeightBits::Four), Just(WeightBits::Eight)]
}

/// The largest witness of these shapes that the profile holds: whatever does not fit is halved.
fn fitting(config: &Config, shapes: &[Shape], tokens: usize, bits: WeightBits, seed: u64) -> Witness {
    let mut sizes: Vec<[usize; 3]> = shapes
        .iter()
        .map(|(log_in, log_out, less_in, less_out, rank, _)| {
            let size = |log: &u32, less: &usize| (1usize << log).saturating_sub(*less).max(1);
            [size(log_in, less_in), size(log_out, less_out), *rank]
        })
        .collect();
    loop {
        let named: Vec<(String, [usize; 3], bool)> = sizes
            .iter()
            .zip(shapes)
            .enumerate()
            .map(|(index, (size, shape))| (format!("module{index}"), *size, shape.5))
            .collect();
        let witness = random_witness(&named, tokens, bits, seed);
        let layout = WeightsLayout::plan(&witness.adapter, config.maxima());
        let fits =
            layout.is_ok_and(|layout| InputsLayout::plan(&layout, &witness.activations, config.maxima()).is_ok());
        if fits {
            return witness;
        }
        let largest = sizes.iter_mut().flatten().max().expect("a module");
        *largest /= 2;
    }
}

fn random_witness(modules: &[(String, [usize; 3], bool)], tokens: usize, bits: WeightBits, seed: u64) -> Witness {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let (low, high) = match bits {
        WeightBits::Four => (-8i8, 7i8),
        WeightBits::Eight => (-128, 127),
    };
    let mut adapter = QuantizedAdapter { bits, modules: Vec::new(), base_model_digest: [3; 32] };
    let mut inputs: Vec<QuantizedActivations> = Vec::new();
    for (name, [in_features, out_features, rank], shares) in modules {
        let (name, in_features, out_features, rank) = (name.clone(), *in_features, *out_features, *rank);
        let mut codes = |count: usize| (0..count).map(|_| rng.gen_range(low..=high)).collect::<Vec<i8>>();
        let (lora_a, lora_b) = (codes(rank * in_features), codes(out_features * rank));
        let input = match inputs.last() {
            Some(last) if *shares && last.in_features == in_features => {
                QuantizedActivations { module: name.clone(), ..last.clone() }
            }
            _ => QuantizedActivations {
                module: name.clone(),
                tokens,
                in_features,
                x: (0..tokens * in_features).map(|_| rng.r#gen()).collect(),
                token_scale: vec![0.5; tokens],
            },
        };
        inputs.push(input);
        let out_scale = vec![0.25; out_features];
        adapter.modules.push(QuantizedModule { name, in_features, out_features, rank, lora_a, lora_b, out_scale });
    }
    sort_into_slots(&mut adapter);
    let position = |name: &String| inputs.iter().position(|input| input.module == *name).expect("every module has one");
    let order: Vec<usize> = adapter.modules.iter().map(|module| position(&module.name)).collect();
    let inputs = order.into_iter().map(|index| inputs[index].clone()).collect();
    Witness::new(adapter, inputs).expect("an honest witness")
}

fn try_prove(config: &Config, witness: &Witness) -> Result<LoraProof, Error> {
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima())?;
    let commitment = commit_weights(config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let salt = F::from(5u64);
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), salt);
    prove(config, witness, &layout, &commitment, &preimage, F::from(1u64), salt)
}

/// What is changed in a proof: positions are taken modulo what is there.
#[derive(Clone, Debug)]
enum Change {
    Element { index: usize, to: u8, seed: u64 },
    Swap { index: usize },
    Statement { index: usize, seed: u64 },
    Digest { index: usize, bit: u8 },
    Offset { slot: usize, which: usize, bit: u32 },
    Size { slot: usize, which: usize },
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<usize>(), 0..3u8, any::<u64>()).prop_map(|(index, to, seed)| Change::Element { index, to, seed }),
        1 => any::<usize>().prop_map(|index| Change::Swap { index }),
        1 => (any::<usize>(), any::<u64>()).prop_map(|(index, seed)| Change::Statement { index, seed }),
        1 => (any::<usize>(), any::<u8>()).prop_map(|(index, bit)| Change::Digest { index, bit }),
        2 => (any::<usize>(), any::<usize>(), 0..14u32)
            .prop_map(|(slot, which, bit)| Change::Offset { slot, which, bit }),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(slot, which)| Change::Size { slot, which }),
    ]
}

fn apply(config: &Config, honest: &LoraProof, change: &Change) -> LoraProof {
    let mut proof = honest.clone();
    let mut list = elements(&proof.proof);
    let count = list.len();
    match change {
        Change::Element { index, to, seed } => {
            let element = &mut list[index % count];
            *element = match to {
                0 => F::from(0u64),
                1 => *element + F::ONE,
                _ => F::rand(&mut ChaCha20Rng::seed_from_u64(*seed)),
            };
            proof.proof = from_elements(config, &list);
        }
        Change::Swap { index } => {
            list.swap(index % (count - 1), index % (count - 1) + 1);
            proof.proof = from_elements(config, &list);
        }
        Change::Statement { index, seed } => {
            let Statement { adapter, activations, context } = &mut proof.statement;
            let AllElements(opened) = AllElements::of(&mut proof.adapter, &mut proof.activations.preimage);
            let mut all: Vec<&mut F> = vec![adapter, activations, context];
            all.extend(opened);
            let chosen = index % all.len();
            *all[chosen] = F::rand(&mut ChaCha20Rng::seed_from_u64(*seed));
        }
        Change::Digest { index, bit } => {
            let digests = [
                &mut proof.adapter.manifest_digest,
                &mut proof.adapter.base_model_digest,
                &mut proof.activations.preimage.scales_digest,
            ];
            let chosen = index % digests.len();
            digests.into_iter().nth(chosen).expect("one of three")[usize::from(*bit) / 8] ^= 1 << (bit % 8);
        }
        Change::Offset { slot, which, bit } => {
            let slots = proof.weights_layout.slots.len();
            let layout = &mut proof.weights_layout.slots[slot % slots];
            let offset = match which % 4 {
                0 => &mut layout.weights_a,
                1 => &mut layout.weights_b,
                2 => &mut layout.output_offset,
                _ => &mut proof.activations.inputs_layout.input_offsets[slot % slots],
            };
            *offset ^= 1 << bit;
        }
        Change::Size { slot, which } => {
            let slots = proof.weights_layout.slots.len();
            let layout = &mut proof.weights_layout.slots[slot % slots];
            let log = match which % 4 {
                0 => &mut layout.log_in,
                1 => &mut layout.log_out,
                2 => &mut proof.weights_layout.log_rank,
                _ => &mut proof.activations.inputs_layout.log_tokens,
            };
            *log = if which & 4 == 0 { *log + 1 } else { log.saturating_sub(1) };
        }
    }
    proof
}

struct AllElements<'a>(Vec<&'a mut F>);

impl<'a> AllElements<'a> {
    fn of(
        adapter: &'a mut rankproof_statement::AdapterPreimage,
        activations: &'a mut rankproof_statement::ActivationsPreimage,
    ) -> Self {
        Self(vec![
            &mut adapter.weights_root,
            &mut adapter.weights_ood,
            &mut adapter.salt,
            &mut activations.activations_root,
            &mut activations.activations_ood,
            &mut activations.salt,
        ])
    }
}

fn configured(cases: u32) -> ProptestConfig {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/agreement.regressions");
    ProptestConfig {
        cases,
        max_shrink_iters: 50,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(path))),
        rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_121),
        ..ProptestConfig::default()
    }
}

/// One witness: everybody accepts it; a wrong output and a changed proof are refused by everybody.
fn agree(circuit: &Circuit, witness: &Witness, edits: &[Change], output: usize) -> Result<(), TestCaseError> {
    let config = &circuit.config;
    prop_assert_eq!(relation::check(witness), Ok(()));
    let proof = try_prove(config, witness).expect("the relation holds");
    prop_assert_eq!(verify(config, &proof), Ok(()));
    prop_assert_eq!(circuit.complaint(&proof), None);

    let mut wrong = witness.clone();
    let module = output % wrong.outputs.len();
    let position = output % wrong.outputs[module].len();
    wrong.outputs[module][position] ^= 1;
    let relation = relation::check(&wrong).expect_err("one output is wrong");
    let is_relation = matches!(relation, StatementError::RelationViolated { .. });
    prop_assert!(is_relation);
    prop_assert_eq!(try_prove(config, &wrong).map(|_| ()), Err(Error::Statement(relation)));

    for change in edits {
        let changed = apply(config, &proof, change);
        let is_same = changed == proof;
        let native = verify(config, &changed);
        let complaint = circuit.complaint(&changed);
        prop_assert_eq!(native.is_ok(), is_same, "{:?}: {:?}", change, native);
        prop_assert_eq!(complaint.is_none(), is_same, "{:?}: circuit {:?}, native {:?}", change, complaint, native);
    }
    Ok(())
}

proptest! {
    #![proptest_config(configured(8))]
    #[test]
    fn relation_verifier_and_circuit_agree(
        shapes in shapes(4, 32),
        tokens in 1..=16usize,
        bits in bits(),
        seed in any::<u64>(),
        edits in prop::collection::vec(changes(), 6),
        output in any::<usize>(),
    ) {
        let circuit = Circuit::tiny();
        agree(circuit, &fitting(&circuit.config, &shapes, tokens, bits, seed), &edits, output)?;
    }
}

proptest! {
    #![proptest_config(configured(150))]
    #[test]
    #[ignore = "minutes: make test-full"]
    fn relation_verifier_and_circuit_agree_at_length(
        shapes in shapes(4, 32),
        tokens in 1..=16usize,
        bits in bits(),
        seed in any::<u64>(),
        edits in prop::collection::vec(changes(), 12),
        output in any::<usize>(),
    ) {
        let circuit = Circuit::tiny();
        agree(circuit, &fitting(&circuit.config, &shapes, tokens, bits, seed), &edits, output)?;
    }
}

proptest! {
    #![proptest_config(configured(8))]
    /// The profile `small`: ranks to 128, and mostly more tokens than `tiny` holds.
    #[test]
    #[ignore = "minutes: make test-full"]
    fn relation_verifier_and_circuit_agree_up_to_rank_128_and_64_tokens(
        shapes in shapes(4, 128),
        tokens in prop_oneof![1 => 1..=16usize, 3 => 17..=64usize, 1 => Just(64usize)],
        bits in bits(),
        seed in any::<u64>(),
        edits in prop::collection::vec(changes(), 8),
        output in any::<usize>(),
    ) {
        let circuit = Circuit::small();
        let witness = fitting(&circuit.config, &shapes, tokens, bits, seed);
        println!("{tokens} tokens, {} modules, ranks {:?}", witness.adapter.modules.len(),
            witness.adapter.modules.iter().map(|module| module.rank).collect::<Vec<_>>());
        agree(circuit, &witness, &edits, output)?;
    }
}

fn key() -> &'static ProvingKey {
    static KEY: OnceLock<ProvingKey> = OnceLock::new();
    KEY.get_or_init(|| seal::development_keys(SealProfile::TINY).expect("the circuit fits the field"))
}

/// The seal of an honest proof convinces, for exactly its statement; no wrong proof gets one, not even when the native
/// check before it is left out.
#[test]
fn seals_agree_with_proofs() {
    let circuit = Circuit::tiny();
    let shapes = [(5, 4, 3, 0, 5, false), (5, 3, 3, 2, 2, true)];
    let witness = fitting(&circuit.config, &shapes, 3, WeightBits::Eight, 4);
    let proof = try_prove(&circuit.config, &witness).expect("honest");
    let sealed = seal::seal(key(), std::slice::from_ref(&proof)).expect("honest");
    assert_eq!(seal::verify(key().verifying_key(), &sealed), Ok(()));
    assert_eq!(sealed.statements, [proof.statement]);
    for change in [
        |statement: &mut Statement| statement.adapter += F::ONE,
        |statement: &mut Statement| statement.activations += F::ONE,
        |statement: &mut Statement| statement.context += F::ONE,
    ] {
        let mut other = sealed.clone();
        change(&mut other.statements[0]);
        assert_eq!(seal::verify(key().verifying_key(), &other), Err(SealError::SealRejected));
    }

    let edits = [
        Change::Element { index: 0, to: 1, seed: 0 },
        Change::Element { index: 2_000, to: 2, seed: 1 },
        Change::Statement { index: 2, seed: 2 },
        Change::Offset { slot: 0, which: 3, bit: 9 },
    ];
    for change in edits {
        let changed = apply(&circuit.config, &proof, &change);
        let native = verify(&circuit.config, &changed).expect_err("changed");
        let refused = seal::seal(key(), std::slice::from_ref(&changed));
        assert_eq!(refused, Err(SealError::ProofRejected { index: 0, source: native }), "{change:?}");
        let forced = circuit.assignment(&changed, public_inputs(&[changed.statement]));
        let refused = prover::prove(key(), &forced);
        assert!(matches!(refused, Err(SealError::Unsatisfied { .. })), "{change:?}: {refused:?}");
    }
}
