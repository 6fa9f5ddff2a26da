//! Several runs of one adapter under one argument. An honest proof comes first; every refusal changes one thing of it.
mod support;

use ark_ff::Field;
use rankproof_lora_proof::shared::argue_shared;
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{Config, Error, F, LoraProof, Oracle, Profile, SharedProof};
use rankproof_statement::WeightBits;
use support::elements::refuses_every_element;
use support::{SHAPES, another_run, honest_shared, prove_shared_witnesses, prove_witness, shared_by, witness};

fn config() -> Config {
    Profile::TinyS2.config()
}

/// Two runs of the adapter of [`support::honest_witness`].
fn honest() -> &'static SharedProof {
    &honest_shared().1
}

#[test]
fn two_runs_are_proven_at_once() {
    let (config, proof) = (config(), honest());
    assert_eq!(proof.verify(&config), Ok(()));
    let statements = proof.statements();
    assert_eq!(statements.len(), 2);
    assert_eq!(statements[0].adapter, statements[1].adapter);
    assert_ne!(statements[0].activations, statements[1].activations);
    assert_eq!([statements[0].context, statements[1].context], [F::from(1u64), F::from(2u64)]);
}

#[test]
fn eight_bit_weights_and_full_tokens_too() {
    let config = config();
    let first = witness(&SHAPES, 16, WeightBits::Eight, 5);
    let proof = prove_shared_witnesses(&config, &[first.clone(), another_run(&first, 6)]).expect("provable");
    assert_eq!(proof.verify(&config), Ok(()));
}

#[test]
fn one_run_fills_the_profile() {
    let config = config();
    let proof = prove_shared_witnesses(&config, &[witness(&SHAPES, 5, WeightBits::Four, 1)]).expect("provable");
    assert_eq!(proof.verify(&config), Ok(()));
    assert_eq!((proof.adapters[0].runs.len(), proof.statements().len()), (2, 1));
}

#[test]
fn each_run_is_bound() {
    type Change = fn(&mut SharedProof);
    let changes: [(&str, Change, Error); 15] = [
        ("adapter id", |p| p.adapters[0].adapter_id += F::ONE, Error::AdapterIdMismatch),
        ("weights value", |p| p.adapters[0].adapter.weights_ood += F::ONE, Error::AdapterIdMismatch),
        ("first activations id", |p| p.adapters[0].runs[0].activations += F::ONE, Error::ActivationsIdMismatch),
        ("second activations id", |p| p.adapters[0].runs[1].activations += F::ONE, Error::ActivationsIdMismatch),
        ("second root", |p| p.adapters[0].runs[1].preimage.activations_root += F::ONE, Error::ActivationsIdMismatch),
        ("second value", |p| p.adapters[0].runs[1].preimage.activations_ood += F::ONE, Error::ActivationsIdMismatch),
        ("second scales", |p| p.adapters[0].runs[1].preimage.scales_digest[3] ^= 1, Error::ActivationsIdMismatch),
        // The ids do not bind the context: the transcript does.
        ("second context", |p| p.adapters[0].runs[1].context += F::ONE, Error::RankSumcheck),
        ("runs swapped", |p| p.adapters[0].runs.swap(0, 1), Error::RankSumcheck),
        ("one run for both", |p| p.adapters[0].runs[1] = p.adapters[0].runs[0].clone(), Error::RankSumcheck),
        (
            "a run less",
            |p| p.adapters[0].runs.truncate(1),
            Error::LengthMismatch { field: "runs", expected: 2, actual: 1 },
        ),
        (
            "a run more",
            |p| p.adapters[0].runs.extend_from_within(..1),
            Error::LengthMismatch { field: "runs", expected: 2, actual: 3 },
        ),
        (
            "a join round less",
            |p| p.proof.opening.join.truncate(1),
            Error::LengthMismatch { field: "join", expected: 2, actual: 1 },
        ),
        (
            "a leaf of the second run",
            |p| p.proof.opening.rounds[0].trees[2].opened.0[4].leaf[1] += F::ONE,
            Error::MerklePath { oracle: Oracle::Activations { adapter: 0, run: 1 }, query: 4 },
        ),
        (
            "trees of the runs swapped",
            |p| p.proof.opening.rounds[0].trees.swap(1, 2),
            Error::MerkleCap { oracle: Oracle::Activations { adapter: 0, run: 0 } },
        ),
    ];
    for (what, change, error) in changes {
        let mut proof = honest().clone();
        change(&mut proof);
        assert_eq!(proof.verify(&config()), Err(error), "{what}");
    }
}

#[test]
fn every_element_is_refused_by_its_own_check() {
    refuses_every_element(&config(), honest());
}

/// A prover that lies about outputs, with everything else honest, also where the lies of two runs cancel.
#[test]
fn wrong_outputs_argued_all_the_same_are_caught_by_the_first_sumcheck() {
    let first = witness(&SHAPES, 5, WeightBits::Four, 1);
    let second = another_run(&first, 2);
    for lies in [[1, 0], [0, 1], [1, -1], [1, 1]] {
        let mut runs = [first.clone(), second.clone()];
        runs.iter_mut().zip(lies).for_each(|(run, lie)| run.outputs[1][3] += lie);
        let proof = shared_by(&config(), &runs, argue_shared).expect("argued");
        assert_eq!(proof.verify(&config()), Err(Error::RankSumcheck), "{lies:?}");
    }
    assert_eq!(shared_by(&config(), &[first, second], argue_shared).expect("argued").verify(&config()), Ok(()));
}

#[test]
fn a_wrong_output_of_any_run_is_refused_before_proving() {
    let first = witness(&SHAPES, 5, WeightBits::Four, 1);
    let second = another_run(&first, 2);
    for run in 0..2 {
        let mut runs = [first.clone(), second.clone()];
        runs[run].outputs[1][3] += 1;
        let refused = prove_shared_witnesses(&config(), &runs).expect_err("a wrong output");
        assert!(matches!(refused, Error::Statement(_)), "{refused}");
    }
}

#[test]
fn requests_that_cannot_share_are_refused() {
    let config = config();
    let first = witness(&SHAPES, 5, WeightBits::Four, 1);
    let three = [first.clone(), another_run(&first, 2), another_run(&first, 3)];
    assert_eq!(prove_shared_witnesses(&config, &three).expect_err("three"), Error::RunCount { maximum: 2, actual: 3 });
    let other = witness(&SHAPES, 5, WeightBits::Four, 2);
    let adapters = prove_shared_witnesses(&config, &[first.clone(), other]).expect_err("two adapters");
    assert_eq!(adapters, Error::RunsDiffer { run: 1, what: "adapter" });
    let mut longer = witness(&SHAPES, 12, WeightBits::Four, 1);
    longer.adapter = first.adapter.clone();
    let longer = rankproof_statement::Witness::new(longer.adapter, longer.activations).expect("honest");
    let refused = prove_shared_witnesses(&config, &[first, longer]).expect_err("12 tokens are padded to 16");
    assert!(matches!(refused, Error::RunsDiffer { run: 1, .. }), "{refused}");
}

#[test]
fn proofs_of_one_and_of_several_runs_do_not_mix() {
    let shared = config();
    let single = Profile::Tiny.config();
    assert_ne!(shared.inner_digest(), single.inner_digest());
    let proof = prove_witness(&single, &witness(&SHAPES, 5, WeightBits::Four, 1), F::from(9u64));
    let refused = rankproof_lora_proof::verify(&shared, &proof).expect_err("one run");
    assert_eq!(refused, Error::LengthMismatch { field: "runs", expected: 2, actual: 1 });
    let bytes = honest().to_bytes(Profile::TinyS2, &shared);
    assert_eq!(SharedProof::from_bytes(&bytes).expect("its own bytes"), (honest().clone(), Profile::TinyS2));
    assert_eq!(LoraProof::from_bytes(&bytes).expect_err("several runs"), Error::WrongMagic);
    let as_single: Vec<u8> = b"RPLP".iter().chain(&bytes[4..]).copied().collect();
    assert_eq!(LoraProof::from_bytes(&as_single).expect_err("several runs"), Error::SharedProfile("tiny-s2"));
    let single_bytes = proof.to_bytes(Profile::Tiny, &single);
    let as_shared: Vec<u8> = b"RPLS".iter().chain(&single_bytes[4..]).copied().collect();
    assert_eq!(SharedProof::from_bytes(&as_shared).expect_err("one run"), Error::WrongMagic);
    assert_eq!(SharedProof::from_bytes(&bytes[..bytes.len() - 1]).expect_err("short"), Error::Truncated);
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(SharedProof::from_bytes(&longer).expect_err("long"), Error::TrailingBytes(1));
}

/// The challenge that combines the runs comes after everything that says what the runs are.
#[test]
fn runs_are_combined_after_they_are_bound() {
    let mut transcript = Transcript::recording();
    assert_eq!(honest().subject().verify_with(&config(), &mut transcript), Ok(()));
    let labels: Vec<String> = transcript.events().iter().take(3).map(|event| format!("{event:?}")).collect();
    assert!(labels[0].contains("statement") && labels[1].contains("delta"), "{labels:?}");
    assert!(labels[0].contains("14"), "two more ids and contexts, roots and values: {}", labels[0]);
}
