//! The transcript of the tiny profile: prover, verifier and a committed file say the same, event by event.

mod support;

use rankproof_lora_proof::argument::{adapter_preimage, argue, commit_run, state, verify_with};
use rankproof_lora_proof::transcript::{Event, Transcript};
use rankproof_lora_proof::{F, Profile, commit_weights, verify};
use rankproof_statement::{WeightsLayout, tables};
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
    let (opening, activations, z) = commit_run(&config, &witness, &layout, F::from(7_654_321u64)).expect("fits");
    let unargued = state(&config, &layout, &adapter, opening, F::from(9u64));
    let mut transcript = Transcript::recording();
    let proof = argue(&config, &mut transcript, &witness, unargued, [&weights, &activations], z);
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
