//! The transcript of the tiny profile: prover, verifier and a committed file say the same, event by event.

mod support;

use rankproof_lora_proof::LoraProof;
use rankproof_lora_proof::argument::{adapter_preimage, argue, commit_run, state, verify_with};
use rankproof_lora_proof::transcript::{Event, Transcript};
use rankproof_lora_proof::{F, Profile, commit_weights, verify};
use rankproof_statement::{WeightsLayout, tables};
use rayon::prelude::*;
use support::elements::{Part, elements, from_elements, parts};
use support::{honest, honest_witness};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/golden/transcript-tiny.txt");

fn lines(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| format!("{:9} {:3} {}\n", format!("{:?}", event.kind), event.length, event.label))
        .collect()
}

/// The events, and one more challenge: it depends on every element that was absorbed, so the file pins those too.
fn said(mut transcript: Transcript) -> String {
    let events = lines(transcript.events());
    let after = transcript.challenge("after everything");
    events + &format!("after everything: {after}\n")
}

fn verifier_said() -> String {
    let (config, proof) = honest();
    let mut transcript = Transcript::recording();
    assert_eq!(verify_with(config, proof, &mut transcript), Ok(()));
    said(transcript)
}

/// `RANKPROOF_REGENERATE=1 cargo test -p rankproof-lora-proof --test transcript` writes the file.
#[test]
fn verifier_says_what_the_golden_file_says() {
    let recorded = verifier_said();
    if std::env::var_os("RANKPROOF_REGENERATE").is_some() {
        std::fs::write(GOLDEN, &recorded).expect("fixtures are writable");
    }
    let golden = std::fs::read_to_string(GOLDEN).expect("fixtures/golden/transcript-tiny.txt");
    for (line, (recorded, golden)) in recorded.lines().zip(golden.lines()).enumerate() {
        assert_eq!(recorded, golden, "line {}", line + 1);
    }
    assert_eq!(recorded, golden);
}

#[test]
fn prover_says_what_the_verifier_says() {
    let config = Profile::Tiny.config();
    let witness = honest_witness();
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let weights = commit_weights(&config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let adapter = adapter_preimage(&witness.adapter, weights.root(), weights.ood_value(), F::from(1_234_567u64));
    let (opening, activations) = commit_run(&config, &witness, &layout, F::from(7_654_321u64)).expect("fits");
    let unargued = state(&config, &layout, &adapter, opening, F::from(9u64));
    let mut transcript = Transcript::recording();
    let proof = argue(&config, &mut transcript, &witness, unargued, [&weights, &activations]);
    assert_eq!(proof, honest().1, "`prove` is its checks and then `argue`");
    assert_eq!(said(transcript), verifier_said());
}

#[test]
fn a_transcript_that_absorbed_something_before_verifies_nothing() {
    let (config, proof) = honest();
    assert_eq!(verify(config, proof), Ok(()));
    let mut transcript = Transcript::default();
    transcript.public("something", &[F::from(0u64)]);
    assert!(verify_with(config, proof, &mut transcript).is_err());
}

/// What a verifier of this proof would draw next after it stopped, and why it stopped.
fn drawn_next(proof: &LoraProof) -> (F, Option<rankproof_lora_proof::Error>) {
    let mut transcript = Transcript::default();
    let refusal = verify_with(&honest().0, proof, &mut transcript).err();
    (transcript.challenge("next"), refusal)
}

/// Two proofs that differ in one element of one message share no challenge after it: nothing that a prover says is left
/// out of the transcript. Two proofs that differ in a hint share all of them, as they would if an absorption were
/// dropped, so the comparison would notice.
#[test]
fn every_message_is_absorbed_and_no_hint_is() {
    let (config, proof) = honest();
    let original = elements(&proof.proof);
    let parts = parts(config);
    let drawn = |index: usize, change: u64| {
        let mut changed = original.clone();
        changed[index] += F::from(change);
        drawn_next(&LoraProof { proof: from_elements(config, &changed), ..proof.clone() })
    };
    let is_hint = |part: &Part| matches!(part, Part::Cap { .. } | Part::Leaf { .. } | Part::Path { .. });
    // Of hints, which are thousands and alike, one in fifty.
    let tried: Vec<usize> =
        (0..parts.len()).filter(|index| !is_hint(&parts[*index]) || index.is_multiple_of(50)).collect();
    tried.par_iter().for_each(|&index| {
        let ((first, refusal), (second, other)) = (drawn(index, 1), drawn(index, 2));
        assert!(refusal.is_some(), "{:?}", parts[index]);
        assert_eq!(refusal, other, "both stop at the same check: {:?}", parts[index]);
        assert_eq!(first == second, is_hint(&parts[index]), "{:?}", parts[index]);
    });
    println!("assurance: absorptions dropped = {}", tried.iter().filter(|index| !is_hint(&parts[**index])).count());
    let context = |change: u64| {
        let mut changed = proof.clone();
        changed.statement.context += F::from(change);
        drawn_next(&changed).0
    };
    assert_ne!(context(1), context(2));
}
