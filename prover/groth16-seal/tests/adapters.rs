//! Several adapters under one argument, in the circuit and in a seal. What the native verifier refuses, a named part of the
//! circuit refuses too. Profile `tiny-a2`; an accepted proof comes first, every refusal changes one thing of it.

#[path = "support/shared_circuit.rs"]
mod shared_circuit;
#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use std::sync::OnceLock;

use ark_ff::Field;
use rankproof_groth16_seal::{F, SealProfile};
use rankproof_lora_proof::shared::argue_shared;
use rankproof_lora_proof::{Config, Parameters, SharedProof, prove_shared};
use rankproof_statement::Witness;
use rankproof_statement::claim::Statement;
use shared_circuit::{SharedCircuit, has_the_native_transcript, seals_two_and_one};
use support::{adapters_by, another_run, honest_adapters, honest_witness, prove_shared_witnesses, two_adapters};

const PROFILE: SealProfile = SealProfile::TINY_A2;

fn circuit() -> &'static SharedCircuit {
    static CIRCUIT: OnceLock<SharedCircuit> = OnceLock::new();
    CIRCUIT.get_or_init(|| SharedCircuit::of(PROFILE.config()))
}

fn honest() -> &'static SharedProof {
    &honest_adapters().1
}

fn argued(config: &Config, adapters: &[&[Witness]]) -> SharedProof {
    adapters_by(config, adapters, argue_shared).expect("argued")
}

#[test]
fn honest_adapters_satisfy_the_circuit() {
    assert_eq!(circuit().own_complaint(honest()), None);
    let [first, second] = two_adapters();
    let reversed = adapters_by(&circuit().config, &[&[second], &[first]], prove_shared).expect("provable");
    assert_eq!(circuit().own_complaint(&reversed), None);
    let alone = prove_shared_witnesses(&circuit().config, &[honest_witness()]).expect("provable");
    assert_eq!(circuit().own_complaint(&alone), None);
}

/// The circuit is written for any numbers of adapters and runs, not for those of the profiles alone.
#[test]
fn several_runs_of_several_adapters_satisfy_the_circuit() {
    let config = Config::new(Parameters { runs: 2, ..PROFILE.lora().parameters() }).expect("a configuration");
    let circuit = SharedCircuit::of(config);
    let [first, second] = two_adapters().map(|witness| [witness.clone(), another_run(&witness, 2)]);
    let proof = adapters_by(&circuit.config, &[&first, &second], prove_shared).expect("provable");
    let statements = proof.subject().statements();
    assert_eq!(statements.len(), 4);
    assert_eq!(circuit.complaint(&proof, &statements), None);
    for run in 0..4 {
        let mut wrong = [first.clone(), second.clone()];
        wrong[run / 2][run % 2].outputs[0][1] += 1;
        let proof = argued(&circuit.config, &[&wrong[0], &wrong[1]]);
        let complaint = circuit.own_complaint(&proof).expect("a lie");
        assert!(complaint.starts_with("slot 0/rank sumcheck"), "run {run}: `{complaint}` complains");
    }
}

#[test]
fn what_is_refused_natively_is_refused_by_a_named_part() {
    type Change = fn(&mut SharedProof);
    let changes: [(&str, Change, &str); 21] = [
        ("first id", |p| p.adapters[0].adapter_id += F::ONE, "slot 0/adapter id"),
        ("second id", |p| p.adapters[1].adapter_id += F::ONE, "slot 0/adapter id"),
        ("second root", |p| p.adapters[1].adapter.weights_root += F::ONE, "slot 0/adapter id"),
        ("second value", |p| p.adapters[1].adapter.weights_ood += F::ONE, "slot 0/adapter id"),
        ("second manifest", |p| p.adapters[1].adapter.manifest_digest[3] ^= 1, "slot 0/adapter id"),
        ("second base model", |p| p.adapters[1].adapter.base_model_digest[3] ^= 1, "slot 0/adapter id"),
        ("second salt", |p| p.adapters[1].adapter.salt += F::ONE, "slot 0/adapter id"),
        ("second layout", |p| p.adapters[1].weights_layout.slots[0].weights_a ^= 1 << 9, "slot 0/adapter id"),
        ("second inputs", |p| p.adapters[1].inputs_layout.log_tokens -= 1, "slot 0/activations id"),
        ("second activations", |p| p.adapters[1].runs[0].activations += F::ONE, "slot 0/activations id"),
        ("second context", |p| p.adapters[1].runs[0].context += F::ONE, "slot 0/rank sumcheck"),
        ("adapters swapped", |p| p.adapters.swap(0, 1), "slot 0/rank sumcheck"),
        ("one adapter for both", |p| p.adapters[1] = p.adapters[0].clone(), "slot 0/rank sumcheck"),
        (
            "the run of the other adapter",
            |p| p.adapters[1].runs[0] = p.adapters[0].runs[0].clone(),
            "slot 0/activations id",
        ),
        ("b of the second", |p| p.proof.rank_values[1].unabsorbed_mut()[0] += F::ONE, "slot 0/rank sumcheck"),
        ("u of the second", |p| p.proof.rank_values[1].unabsorbed_mut()[1] += F::ONE, "slot 0/rank sumcheck"),
        ("a of the second", |p| p.proof.input_values[1].unabsorbed_mut()[0] += F::ONE, "slot 0/input sumcheck"),
        ("x of the second", |p| p.proof.input_values[1].unabsorbed_mut()[1] += F::ONE, "slot 0/input sumcheck"),
        ("w of the second", |p| p.proof.range_values[1].unabsorbed_mut()[0] += F::ONE, "slot 0/range check"),
        (
            "a leaf of the second adapter",
            |p| p.proof.opening.rounds[0].trees[2].opened.0[4].leaf[1] += F::ONE,
            "slot 0/opening/round 0/queries/tree 2/path",
        ),
        (
            "trees of the adapters swapped",
            |p| p.proof.opening.rounds[0].trees.swap(1, 3),
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

/// Values of one adapter in the place of the other.
#[test]
fn values_of_the_adapters_cannot_be_exchanged() {
    type Change = fn(&mut rankproof_lora_proof::Proof);
    let changes: [(Change, &str); 3] = [
        (|p| p.rank_values.swap(0, 1), "slot 0/input sumcheck"),
        (|p| p.input_values.swap(0, 1), "slot 0/input sumcheck"),
        (|p| p.range_values.swap(0, 1), "slot 0/range check"),
    ];
    for (change, group) in changes {
        let mut proof = honest().clone();
        change(&mut proof.proof);
        let complaint = circuit().own_complaint(&proof).expect("refused");
        assert!(complaint.starts_with(group), "`{complaint}` complains, not `{group}`");
    }
}

#[test]
fn wrong_outputs_argued_all_the_same_satisfy_nothing() {
    for lies in [[1, 0], [0, 1], [1, -1]] {
        let mut witnesses = two_adapters();
        witnesses.iter_mut().zip(lies).for_each(|(witness, lie)| witness.outputs[1][3] += lie);
        let [first, second] = witnesses;
        let complaint = circuit().own_complaint(&argued(&circuit().config, &[&[first], &[second]])).expect("a lie");
        assert!(complaint.starts_with("slot 0/rank sumcheck"), "{lies:?}: `{complaint}` complains");
    }
}

#[test]
fn a_seal_is_over_the_statements_of_the_adapters_in_order() {
    let [first, second] = [honest().statements()[0], honest().statements()[1]];
    assert_eq!(circuit().complaint(honest(), &[first, second]), None);
    let exchanged = Statement { adapter: first.adapter, ..second };
    let other = Statement { context: F::from(77u64), ..second };
    for claimed in [[second, first], [first, first], [first, exchanged], [first, other]] {
        assert_eq!(circuit().complaint(honest(), &claimed).as_deref(), Some("root"));
    }
}

#[test]
fn transcript_is_the_native_one() {
    has_the_native_transcript(&circuit().config, honest());
}

#[test]
fn seals_of_two_adapters_and_of_one() {
    let alone = prove_shared_witnesses(&circuit().config, &[honest_witness()]).expect("provable");
    let mut wrong = honest().clone();
    wrong.adapters[1].runs[0].context += F::ONE;
    seals_two_and_one(PROFILE, honest(), &alone, &wrong);
}
