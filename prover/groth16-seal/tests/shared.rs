//! Several runs under one argument, in the circuit and in a seal. What the native verifier refuses, a named part of the
//! circuit refuses too. Profile `tiny-s2`; an accepted proof comes first, every refusal changes one thing of it.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use std::sync::OnceLock;

use ark_ff::Field;
use rankproof_groth16_seal::{ConstraintSystem, Error, F, Matrices, SealProfile, circuit, seal};
use rankproof_lora_proof::shared::argue_shared;
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{Config, Error as ProofError, SharedProof};
use rankproof_statement::WeightBits;
use rankproof_statement::claim::{Statement, public_inputs};
use support::{SHAPES, another_run, prove_shared_witnesses, shared_by, witness};

const PROFILE: SealProfile = SealProfile::TINY_S2;

fn config() -> Config {
    PROFILE.config()
}

fn honest() -> &'static SharedProof {
    static HONEST: OnceLock<SharedProof> = OnceLock::new();
    HONEST.get_or_init(|| {
        let first = witness(&SHAPES, 5, WeightBits::Four, 1);
        let second = another_run(&first, 2);
        prove_shared_witnesses(&config(), &[first, second]).expect("provable")
    })
}

fn matrices() -> &'static Matrices {
    static MATRICES: OnceLock<Matrices> = OnceLock::new();
    MATRICES.get_or_init(|| seal::circuit_of(PROFILE))
}

fn complaint(proof: &SharedProof, claimed: &[Statement]) -> Option<String> {
    let mut cs = ConstraintSystem::assigning(matrices().num_variables());
    circuit::synthesize_subjects_with(&mut cs, &config(), &[proof.subject()], public_inputs(claimed));
    matrices().first_unsatisfied(cs.into_assignment().values()).map(|unsatisfied| unsatisfied.group)
}

/// The complaint under the proof's own claim.
fn own_complaint(proof: &SharedProof) -> Option<String> {
    complaint(proof, &proof.subject().statements())
}

#[test]
fn honest_runs_satisfy_the_circuit() {
    assert_eq!(own_complaint(honest()), None);
    let first = witness(&SHAPES, 16, WeightBits::Eight, 3);
    let wide = prove_shared_witnesses(&config(), &[first.clone(), another_run(&first, 4)]).expect("provable");
    assert_eq!(own_complaint(&wide), None);
    let alone = prove_shared_witnesses(&config(), &[first]).expect("provable");
    assert_eq!(own_complaint(&alone), None);
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
        assert!(proof.verify(&config()).is_err(), "{what}: accepted natively");
        let complaint = own_complaint(&proof).unwrap_or_else(|| panic!("{what}: the circuit is satisfied"));
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
        let proof = shared_by(&config(), &runs, argue_shared).expect("argued");
        let complaint = own_complaint(&proof).expect("a lie");
        assert!(complaint.starts_with("slot 0/rank sumcheck"), "{lies:?}: `{complaint}` complains");
    }
}

#[test]
fn a_seal_is_over_the_statements_of_the_runs_in_order() {
    let [first, second] = [honest().statements()[0], honest().statements()[1]];
    assert_eq!(complaint(honest(), &[first, second]), None);
    let other = Statement { context: F::from(77u64), ..second };
    for claimed in [[second, first], [first, first], [first, other]] {
        assert_eq!(complaint(honest(), &claimed).as_deref(), Some("root"));
    }
}

#[test]
fn transcript_is_the_native_one() {
    let mut native = Transcript::recording();
    assert_eq!(honest().subject().verify_with(&config(), &mut native), Ok(()));
    let mut transcript = circuit::transcript::TranscriptVar::default();
    let mut cs = ConstraintSystem::assigning(0);
    circuit::argument::enforce_with(&mut cs, &config(), &honest().subject(), &mut transcript);
    assert_eq!(transcript.events(), native.events());
}

#[test]
fn seals_of_two_runs_and_of_one() {
    let key = seal::development_keys(PROFILE).expect("the circuit fits the field");
    let sealed = seal::seal_shared(&key, honest()).expect("honest");
    assert_eq!((sealed.slots, sealed.statements.clone()), (2, honest().statements()));
    assert_eq!(seal::verify(key.verifying_key(), &sealed), Ok(()));
    let swapped = seal::Seal { statements: sealed.statements.iter().rev().copied().collect(), ..sealed.clone() };
    assert_eq!(seal::verify(key.verifying_key(), &swapped), Err(Error::SealRejected));

    let alone = prove_shared_witnesses(&config(), &[witness(&SHAPES, 5, WeightBits::Four, 1)]).expect("provable");
    let sealed = seal::seal_shared(&key, &alone).expect("honest");
    assert_eq!(sealed.statements.len(), 1);
    assert_eq!(seal::verify(key.verifying_key(), &sealed), Ok(()));

    let mut wrong = honest().clone();
    wrong.adapters[0].runs[1].context += F::ONE;
    let refused = seal::seal_shared(&key, &wrong).expect_err("another context");
    assert_eq!(refused, Error::ProofRejected { index: 0, source: ProofError::RankSumcheck });
}
