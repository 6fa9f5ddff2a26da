//! Several adapters under one argument. An honest proof comes first; every refusal changes one thing of it.
mod support;

use ark_ff::Field;
use rankproof_lora_proof::shared::argue_shared;
use rankproof_lora_proof::{Config, Error, F, LoraProof, Oracle, Profile, Proof, SharedProof, prove_shared};
use rankproof_statement::{WeightBits, Witness};
use support::elements::refuses_every_element;
use support::{
    SHAPES, adapters_by, another_run, honest_adapters, prove_shared_witnesses, prove_witness, two_adapters, witness,
};

fn config() -> Config {
    Profile::TinyA2.config()
}

/// One run each of [`support::two_adapters`].
fn honest() -> &'static SharedProof {
    &honest_adapters().1
}

fn argued(adapters: &[&[Witness]]) -> SharedProof {
    adapters_by(&config(), adapters, argue_shared).expect("argued")
}

#[test]
fn two_adapters_are_proven_at_once() {
    let (config, proof) = (config(), honest());
    assert_eq!(proof.verify(&config), Ok(()));
    let statements = proof.statements();
    assert_eq!(statements.len(), 2);
    assert_ne!(statements[0].adapter, statements[1].adapter);
    assert_ne!(statements[0].activations, statements[1].activations);
    assert_eq!([statements[0].context, statements[1].context], [F::from(1u64), F::from(2u64)]);
    let layouts = proof.adapters.iter().map(|adapter| (adapter.weights_layout.bits, adapter.inputs_layout.log_tokens));
    assert_eq!(layouts.collect::<Vec<_>>(), [(WeightBits::Four, 3), (WeightBits::Eight, 4)], "they differ in all");
}

/// Whatever the numbers of adapters and of runs: nothing but the profile's lists of them is fixed.
#[test]
fn several_runs_of_several_adapters_are_proven_at_once() {
    let several = |adapters, runs| {
        let parameters = rankproof_lora_proof::Parameters { adapters, runs, ..Profile::TinyA2.parameters() };
        Config::new(parameters).expect("a configuration")
    };
    let [first, second] = two_adapters();
    let (first, second) = ([first.clone(), another_run(&first, 2)], [second.clone(), another_run(&second, 3)]);
    for (adapters, runs) in [(2, 2), (3, 2)] {
        let config = several(adapters, runs);
        let proof = adapters_by(&config, &[&first, &second], prove_shared).expect("provable");
        assert_eq!(proof.verify(&config), Ok(()), "{adapters} adapters, {runs} runs");
        assert_eq!(proof.subject().statements().len(), adapters * runs);
        let mut wrong = second.clone();
        wrong[1].outputs[0][1] += 1;
        let proof = adapters_by(&config, &[&first, &wrong], argue_shared).expect("argued");
        assert_eq!(proof.verify(&config), Err(Error::RankSumcheck), "{adapters} adapters, {runs} runs");
    }
}

#[test]
fn one_adapter_fills_the_profile() {
    let config = config();
    let proof = prove_shared_witnesses(&config, &[witness(&SHAPES, 5, WeightBits::Four, 1)]).expect("provable");
    assert_eq!(proof.verify(&config), Ok(()));
    assert_eq!((proof.adapters.len(), proof.statements().len()), (2, 1));
}

#[test]
fn each_adapter_is_bound() {
    type Change = fn(&mut SharedProof);
    let length = |field, expected, actual| Error::LengthMismatch { field, expected, actual };
    let changes: [(&str, Change, Error); 21] = [
        ("first id", |p| p.adapters[0].adapter_id += F::ONE, Error::AdapterIdMismatch),
        ("second id", |p| p.adapters[1].adapter_id += F::ONE, Error::AdapterIdMismatch),
        ("second root", |p| p.adapters[1].adapter.weights_root += F::ONE, Error::AdapterIdMismatch),
        ("second value", |p| p.adapters[1].adapter.weights_ood += F::ONE, Error::AdapterIdMismatch),
        ("second manifest", |p| p.adapters[1].adapter.manifest_digest[3] ^= 1, Error::AdapterIdMismatch),
        ("second base model", |p| p.adapters[1].adapter.base_model_digest[3] ^= 1, Error::AdapterIdMismatch),
        ("second salt", |p| p.adapters[1].adapter.salt += F::ONE, Error::AdapterIdMismatch),
        ("second layout", |p| p.adapters[1].weights_layout.slots[0].weights_a ^= 1 << 9, Error::AdapterIdMismatch),
        ("second inputs", |p| p.adapters[1].inputs_layout.log_tokens -= 1, Error::ActivationsIdMismatch),
        ("second activations", |p| p.adapters[1].runs[0].activations += F::ONE, Error::ActivationsIdMismatch),
        // The ids do not bind the context, nor each other: the transcript does.
        ("second context", |p| p.adapters[1].runs[0].context += F::ONE, Error::RankSumcheck),
        ("adapters swapped", |p| p.adapters.swap(0, 1), Error::RankSumcheck),
        ("one adapter for both", |p| p.adapters[1] = p.adapters[0].clone(), Error::RankSumcheck),
        (
            "the run of the other adapter",
            |p| p.adapters[1].runs[0] = p.adapters[0].runs[0].clone(),
            Error::ActivationsIdMismatch,
        ),
        ("an adapter less", |p| p.adapters.truncate(1), length("adapters", 2, 1)),
        ("an adapter more", |p| p.adapters.extend_from_within(..1), length("adapters", 2, 3)),
        ("values of an adapter less", |p| p.proof.rank_values.truncate(1), length("rank values", 2, 1)),
        ("inputs of an adapter less", |p| p.proof.input_values.truncate(1), length("input values", 2, 1)),
        ("range of an adapter less", |p| p.proof.range_values.truncate(1), length("range values", 2, 1)),
        (
            "a leaf of the second adapter",
            |p| p.proof.opening.rounds[0].trees[2].opened.0[4].leaf[1] += F::ONE,
            Error::MerklePath { oracle: Oracle::Weights { adapter: 1 }, query: 4 },
        ),
        (
            "trees of the adapters swapped",
            |p| p.proof.opening.rounds[0].trees.swap(1, 3),
            Error::MerkleCap { oracle: Oracle::Activations { adapter: 0, run: 0 } },
        ),
    ];
    println!("assurance: changes of a proof of two adapters = {}", changes.len());
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

/// Values of one adapter that are taken from the other keep the sum over ranks, but not what follows.
#[test]
fn values_of_the_adapters_cannot_be_exchanged() {
    type Change = fn(&mut Proof);
    let changes: [(Change, Error); 3] = [
        // b u of both stays the same sum; the next challenge, mu, depends on their order.
        (|p| p.rank_values.swap(0, 1), Error::InputSumcheck),
        (|p| p.input_values.swap(0, 1), Error::InputSumcheck),
        (|p| p.range_values.swap(0, 1), Error::RangeCheck),
    ];
    for (change, error) in changes {
        let mut proof = honest().clone();
        change(&mut proof.proof);
        assert_eq!(proof.verify(&config()), Err(error));
    }
}

/// A prover that lies about the outputs of either adapter, or of both, so that the lies cancel.
#[test]
fn wrong_outputs_of_any_adapter_are_caught_by_the_first_sumcheck() {
    for lies in [[1, 0], [0, 1], [1, -1], [1, 1]] {
        let mut witnesses = two_adapters();
        witnesses.iter_mut().zip(lies).for_each(|(witness, lie)| witness.outputs[1][3] += lie);
        let [first, second] = witnesses;
        assert_eq!(argued(&[&[first], &[second]]).verify(&config()), Err(Error::RankSumcheck), "{lies:?}");
    }
    let [first, second] = two_adapters();
    assert_eq!(argued(&[&[first], &[second]]).verify(&config()), Ok(()));
}

/// The outputs of one adapter, given to the other: each is honest about something else.
#[test]
fn an_output_of_the_other_adapter_is_caught() {
    let [first, _] = two_adapters();
    let other = witness(&SHAPES, 5, WeightBits::Four, 21);
    let mut exchanged = [first.clone(), other.clone()];
    exchanged[0].outputs = other.outputs.clone();
    exchanged[1].outputs = first.outputs.clone();
    let [wrong, other_wrong] = exchanged;
    assert_eq!(argued(&[&[wrong], &[other_wrong]]).verify(&config()), Err(Error::RankSumcheck));
    assert_eq!(argued(&[&[first], &[other]]).verify(&config()), Ok(()));
}

#[test]
fn a_wrong_output_of_any_adapter_is_refused_before_proving() {
    for adapter in 0..2 {
        let mut witnesses = two_adapters();
        witnesses[adapter].outputs[1][3] += 1;
        let [first, second] = witnesses;
        let refused = adapters_by(&config(), &[&[first], &[second]], prove_shared).expect_err("a wrong output");
        assert!(matches!(refused, Error::Statement(_)), "{refused}");
    }
}

#[test]
fn requests_of_too_many_or_no_adapters_are_refused() {
    let config = config();
    let [first, second] = two_adapters();
    let third = witness(&SHAPES[..1], 5, WeightBits::Four, 4);
    let three: [&[Witness]; 3] = [std::slice::from_ref(&first), &[second], &[third]];
    let refused = adapters_by(&config, &three, prove_shared).expect_err("three");
    assert_eq!(refused, Error::AdapterCount { maximum: 2, actual: 3 });
    assert_eq!(prove_shared(&config, &[]).expect_err("none"), Error::AdapterCount { maximum: 2, actual: 0 });
    let runs = [first.clone(), another_run(&first, 2)];
    let refused = adapters_by(&config, &[&runs], prove_shared).expect_err("two runs");
    assert_eq!(refused, Error::RunCount { maximum: 1, actual: 2 });
}

#[test]
fn proofs_of_one_and_of_several_adapters_do_not_mix() {
    let (shared, single, runs) = (config(), Profile::Tiny.config(), Profile::TinyS2.config());
    assert_ne!(shared.inner_digest(), single.inner_digest());
    assert_ne!(shared.inner_digest(), runs.inner_digest());
    let proof = prove_witness(&single, &witness(&SHAPES, 5, WeightBits::Four, 1), F::from(9u64));
    let refused = rankproof_lora_proof::verify(&shared, &proof).expect_err("one adapter");
    assert_eq!(refused, Error::LengthMismatch { field: "adapters", expected: 2, actual: 1 });
    let refused = honest().verify(&runs).expect_err("two adapters");
    assert_eq!(refused, Error::LengthMismatch { field: "adapters", expected: 1, actual: 2 });
    let bytes = honest().to_bytes(Profile::TinyA2, &shared);
    assert_eq!(SharedProof::from_bytes(&bytes).expect("its own bytes"), (honest().clone(), Profile::TinyA2));
    let as_single: Vec<u8> = b"RPLP".iter().chain(&bytes[4..]).copied().collect();
    assert_eq!(LoraProof::from_bytes(&as_single).expect_err("two adapters"), Error::SharedProfile("tiny-a2"));
    assert_eq!(SharedProof::from_bytes(&bytes[..bytes.len() - 1]).expect_err("short"), Error::Truncated);
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(SharedProof::from_bytes(&longer).expect_err("long"), Error::TrailingBytes(1));
}
