//! Real proofs: every rank on a rectangular shape, a real module, and what a verifier refuses.

mod support;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::{Cache, Error, Keys, Opening, Plan, VerifierKeys, prove, verify, verify_with};
use rankproof_statement::{WeightBits, Witness};
use support::{GIB, Honest, honest, open, witness};

fn prove_and_verify(witness: &Witness) {
    let (shape, opening) = open(witness);
    let keys = Keys::new(&shape, &Cache::none(), 8 * GIB).expect("keys");
    let ids = (opening.adapter_id(&shape), opening.activations_id(&shape));
    let proof = prove(&keys, Arc::new(opening), Fp::from(42), Duration::ZERO).expect("a proof");
    verify_with(&keys.verifier, &proof).expect("it verifies");
    assert_eq!((proof.public_inputs.adapter, proof.public_inputs.activations), ids);
}

#[test]
fn proves_ranks_1_to_16_on_rectangular_shapes() {
    for (rank, sizes) in [(1, (20, 30)), (2, (16, 40)), (4, (40, 16)), (8, (24, 12)), (16, (12, 20))] {
        prove_and_verify(&witness(WeightBits::Four, 1, &[(sizes.0, rank, sizes.1)]));
    }
}

#[test]
fn proves_eight_bits_several_modules_and_tokens_in_one_proof() {
    prove_and_verify(&witness(WeightBits::Eight, 3, &[(10, 2, 7), (10, 3, 5), (6, 1, 11)]));
}

fn real_module(tokens: usize, count: usize) -> Witness {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/minilm-qv-r8");
    let adapter = rankproof_adapter::read_adapter(&folder, None).expect("the fixture");
    let mut quantized = rankproof_adapter::quantize(&adapter, WeightBits::Four, [3; 32]).expect("quantised");
    quantized.modules.truncate(count);
    let wanted = quantized.modules.iter().map(|module| (module.name.as_str(), module.in_features));
    let file = folder.join("activations.safetensors");
    let float = rankproof_adapter::read_activations(&file, wanted, Some(tokens)).expect("activations");
    let activations = rankproof_adapter::quantize_activations(&float);
    Witness::new(quantized, activations).expect("a witness")
}

#[test]
fn proves_a_real_module_of_the_fixture() {
    prove_and_verify(&real_module(1, 1));
}

#[test]
fn plans_all_modules_of_the_fixture() {
    let (shape, _) = open(&real_module(1, 12));
    let plan = Plan::new(&shape).expect("a plan");
    assert_eq!((shape.modules.len(), shape.inputs().len()), (12, 6), "query and value share an input");
    assert_eq!((plan.k, plan.rows, plan.columns.advice(), plan.products), (14, 10_841, 38, 73_728));
}

#[test]
#[ignore = "half a minute and 1.5 GB: all twelve modules of the fixture in one proof"]
fn proves_all_modules_of_the_fixture() {
    prove_and_verify(&real_module(1, 12));
}

#[test]
fn rejects_a_proof_of_another_shape() {
    let Honest { proof, .. } = honest();
    let mut shape = proof.params.shape.clone();
    shape.modules[0].out_features += 1;
    let keys = VerifierKeys::new(&shape, &Cache::none()).expect("keys");
    assert_eq!(verify_with(&keys, proof), Err(Error::CircuitMismatch));
}

#[test]
fn rejects_with_relation_violated_before_proving() {
    let Honest { opening, keys, .. } = honest();
    let mut false_opening = (**opening).clone();
    false_opening.outputs[0][3] += 1;
    let result = prove(keys, Arc::new(false_opening), Fp::from(42), Duration::ZERO);
    assert_eq!(result.err(), Some(Error::RelationViolated));
}

/// Two tables of outputs that pack into the same words: the false one is refused by its width.
#[test]
fn rejects_with_output_out_of_range_what_would_pack_like_other_outputs() {
    use rankproof_lora_halo2::opening::{check_outputs, value_words};
    let Honest { shape, opening, .. } = honest();
    let bits = shape.output_bits(&shape.modules[0]);
    let mut outputs = opening.outputs.clone();
    outputs[0][0] -= 1;
    outputs[0][1] += 1 << bits;
    let words = |outputs: &[Vec<i64>]| value_words(shape, &opening.inputs, outputs);
    assert_eq!(words(&outputs), words(&opening.outputs));
    assert_eq!(check_outputs(shape, &opening.outputs), Ok(()));
    assert_eq!(check_outputs(shape, &outputs), Err(Error::OutputOutOfRange { module: 0, index: 1 }));
    // Tables of another number or length.
    let size = |what, maximum, actual| Err(Error::SizeOutOfRange { what, maximum, actual });
    assert_eq!(check_outputs(shape, &[]), size("number of output tables", 1, 0));
    let cut = [opening.outputs[0][..8].to_vec()];
    assert_eq!(check_outputs(shape, &cut), size("length of an output table", 9, 8));
}

/// A witness with a wrong output is not opened at all.
#[test]
fn rejects_a_witness_outside_the_relation() {
    let mut witness = witness(WeightBits::Four, 1, &[(12, 2, 9)]);
    let (shape, opening) = open(&witness);
    let open = |witness: &Witness| Opening::new(witness, &shape, opening.adapter, opening.activations);
    assert!(open(&witness).is_ok());
    witness.outputs[0][3] += 1;
    assert!(matches!(open(&witness), Err(Error::Statement(_))));
}

#[test]
fn refuses_what_does_not_fit_memory_and_says_so() {
    let shape = &honest().shape;
    let plan = Plan::new(shape).expect("a plan");
    let expected = Error::OutOfMemory { needed_mib: plan.memory >> 20, allowed_mib: 16 };
    assert_eq!(Keys::new(shape, &Cache::none(), 16 << 20).err(), Some(expected.clone()));
    assert_eq!(verify(&honest().proof, &Cache::none(), 16 << 20).err(), Some(expected));
}

/// A file may name sizes that are each allowed and together are beyond any machine; they are refused unlisted.
#[test]
fn refuses_a_shape_of_billions_of_blocks_at_once() {
    use rankproof_lora_halo2::{ModuleShape, Update};
    let module = |input| ModuleShape { in_features: 1, out_features: 1, update: Update::LowRank { rank: 128 }, input };
    let mut shape = honest().shape.clone();
    shape.tokens = 1 << 12;
    shape.modules = (0..1 << 10).map(module).collect();
    shape.check().expect("every size is within its bound");
    assert!(matches!(Plan::new(&shape), Err(Error::TooManyRows { maximum_k: 20, .. })));
}

#[test]
fn two_proofs_of_one_witness_share_no_commitment() {
    let Honest { opening, keys, proof, .. } = honest();
    let again = prove(keys, Arc::clone(opening), Fp::from(42), Duration::ZERO).expect("a proof");
    verify_with(&keys.verifier, &again).expect("it verifies");
    assert_eq!(again.proof_data.len(), proof.proof_data.len());
    let same = proof.proof_data.chunks(32).filter(|chunk| again.proof_data.chunks(32).any(|other| other == *chunk));
    assert_eq!(same.count(), 0);
}

const PINNED: [&str; 2] = [
    "5c8af87f76a79ab0037bbe8fc65161e0d11c381b361b0a9a8fc73d1bafd143fc",
    "783c91c31f7172f1f455f22497a72ba113fa97759c651e0ff6cbc5e2c5ad0d4b",
];

/// What the circuits are: a change here is a change of every proof and needs a new version of the format.
#[test]
fn circuits_are_pinned() {
    let digest = |bits, tokens, sizes| {
        let (shape, _) = open(&witness(bits, tokens, &[sizes]));
        let keys = VerifierKeys::new(&shape, &Cache::none()).expect("keys");
        keys.circuit_digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let digests = [digest(WeightBits::Four, 1, (12, 2, 9)), digest(WeightBits::Eight, 2, (17, 5, 40))];
    assert_eq!(digests, PINNED);
}
