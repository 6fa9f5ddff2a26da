//! Several runs under one argument, in the circuit and in a seal. What the native verifier refuses, a named part of the
//! circuit refuses too. Profile `tiny-s2`; an accepted proof comes first, every refusal changes one thing of it.

#[path = "support/shared_circuit.rs"]
mod shared_circuit;
#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use std::sync::OnceLock;

use ark_ff::Field;
use rankproof_groth16_seal::{F, SealProfile};
use rankproof_lora_proof::SharedProof;
use rankproof_lora_proof::shared::argue_shared;
use rankproof_statement::WeightBits;
use rankproof_statement::claim::Statement;
use shared_circuit::{SharedCircuit, has_the_native_transcript, seals_two_and_one};
use support::{SHAPES, another_run, honest_shared, honest_witness, prove_shared_witnesses, shared_by, witness};

const PROFILE: SealProfile = SealProfile::TINY_S2;

fn circuit() -> &'static SharedCircuit {
    static CIRCUIT: OnceLock<SharedCircuit> = OnceLock::new();
    CIRCUIT.get_or_init(|| SharedCircuit::of(PROFILE.config()))
}

/// Two runs of the adapter of [`support::honest_witness`].
fn honest() -> &'static SharedProof {
    &honest_shared().1
}

#[test]
fn honest_runs_satisfy_the_circuit() {
    assert_eq!(circuit().own_complaint(honest()), None);
    let first = witness(&SHAPES, 16, WeightBits::Eight, 3);
    let wide = prove_shared_witnesses(&circuit().config, &[first.clone(), another_run(&first, 4)]).expect("provable");
    assert_eq!(circuit().own_complaint(&wide), None);
    let alone = prove_shared_witnesses(&circuit().config, &[first]).expect("provable");
    assert_eq!(circuit().own_complaint(&alone), None);
}

#[test]
fn what_is_refused_natively_is_refused_by_a_named_part() {
    type Change = fn(&mut SharedProof);
    let changes: [(&str, Change, &str); 14] = [
        ("adapter id", |p| p.adapters[0].adapter_id += F::ONE, "slot 0/adapter id"),
        ("first activations id", |p| p.adapters[0].runs[0].activations += F::ONE, "slot 0/activations id"),
        ("second activations id", |p| p.adapters[0].runs[1].activations += F::ONE, "slot 0/activations id"),
        ("second root", |p| p.adapters[0].runs[1].preimage.activations_root += F::ONE, "slot 0/activations id"),
        ("second value", |p| p.adapters[0].runs[1].preimage.activations_ood += F::ONE, "slot 0/activations id"),
        ("second scales", |p| p.adapters[0].runs[1].preimage.scales_digest[3] ^= 1, "slot 0/activations id"),
        ("second salt", |p| p.adapters[0].runs[1].preimage.salt += F::ONE, "slot 0/activations id"),
        ("second context", |p| p.adapters[0].runs[1].context += F::ONE, "slot 0/rank sumcheck"),
        ("runs swapped", |p| p.adapters[0].runs.swap(0, 1), "slot 0/rank sumcheck"),
        ("one run for both", |p| p.adapters[0].runs[1] = p.adapters[0].runs[0].clone(), "slot 0/rank sumcheck"),
        ("second join round", |p| p.proof.opening.join[1].unabsorbed_mut()[0] += F::ONE, "slot 0/opening/round 0"),
        (
            "a leaf of the second run",
            |p| p.proof.opening.rounds[0].trees[2].opened.0[4].leaf[1] += F::ONE,
            "slot 0/opening/round 0/queries/tree 2/path",
        ),
        (
            "a cap of the second run",
            |p| p.proof.opening.rounds[0].trees[2].cap.0[4] += F::ONE,
            "slot 0/opening/round 0/queries/tree 2/cap root",
        ),
        (
            "trees of the runs swapped",
            |p| p.proof.opening.rounds[0].trees.swap(1, 2),
            "slot 0/opening/round 0/queries/tree 1/cap root",
        ),
    ];
    for (what, change, group) in changes {
        let mut proof = honest().clone();
        change(&mut proof);
        assert!(proof.verify(&circuit().config).is_err(), "{what}: accepted natively");
        let complaint = circuit().own_complaint(&proof).unwrap_or_else(|| panic!("{what}: the circuit is satisfied"));
        assert!(complaint.starts_with(group), "{what}: `{complaint}` complains, not `{group}`");
    }
}

#[test]
fn wrong_outputs_argued_all_the_same_satisfy_nothing() {
    let first = witness(&SHAPES, 5, WeightBits::Four, 1);
    let second = another_run(&first, 2);
    for lies in [[1, 0], [0, 1], [1, -1]] {
        let mut runs = [first.clone(), second.clone()];
        runs.iter_mut().zip(lies).for_each(|(run, lie)| run.outputs[1][3] += lie);
        let proof = shared_by(&circuit().config, &runs, argue_shared).expect("argued");
        let complaint = circuit().own_complaint(&proof).expect("a lie");
        assert!(complaint.starts_with("slot 0/rank sumcheck"), "{lies:?}: `{complaint}` complains");
    }
}

#[test]
fn a_seal_is_over_the_statements_of_the_runs_in_order() {
    let [first, second] = [honest().statements()[0], honest().statements()[1]];
    assert_eq!(circuit().complaint(honest(), &[first, second]), None);
    let other = Statement { context: F::from(77u64), ..second };
    for claimed in [[second, first], [first, first], [first, other]] {
        assert_eq!(circuit().complaint(honest(), &claimed).as_deref(), Some("root"));
    }
}

#[test]
fn transcript_is_the_native_one() {
    has_the_native_transcript(&circuit().config, honest());
}

#[test]
fn seals_of_two_runs_and_of_one() {
    let alone = prove_shared_witnesses(&circuit().config, &[honest_witness()]).expect("provable");
    let mut wrong = honest().clone();
    wrong.adapters[0].runs[1].context += F::ONE;
    seals_two_and_one(PROFILE, honest(), &alone, &wrong);
}
