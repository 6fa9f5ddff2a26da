//! Fiat-Shamir, with one run, with several, and with several adapters: prover, verifier, a committed file and docs/protocol.md say the same, event
//! by event; everything said is absorbed, and every challenge is used.

mod support;

use rankproof_lora_proof::argument::{adapter_preimage, argue, commit_run, state};
use rankproof_lora_proof::transcript::{Event, Fault, Kind, Transcript, labels};
use rankproof_lora_proof::{
    Config, Error, F, LoraProof, Oracle, Profile, SharedAdapter, SharedProof, SharedRun, commit_weights, verify,
};
use rankproof_statement::{WeightsLayout, tables};
use rayon::prelude::*;
use support::elements::{Part, elements, from_elements, parts};
use support::{events, honest, honest_adapters, honest_shared, honest_witness};

/// A configuration, its committed transcript and an honest proof, seen as one of several runs.
struct Case {
    config: Config,
    golden: &'static str,
    proof: SharedProof,
}

fn seen_as_shared(proof: &LoraProof) -> SharedProof {
    let LoraProof { statement, weights_layout, adapter, activations, proof } = proof.clone();
    let run =
        SharedRun { activations: statement.activations, context: statement.context, preimage: activations.preimage };
    let inputs_layout = activations.inputs_layout;
    let adapter =
        SharedAdapter { adapter_id: statement.adapter, weights_layout, adapter, inputs_layout, runs: vec![run] };
    SharedProof { adapters: vec![adapter], proof }
}

fn cases() -> [Case; 3] {
    let ((tiny, one), several) = (honest(), [honest_shared(), honest_adapters()]);
    let one = Case { config: tiny.clone(), golden: "transcript-tiny.txt", proof: seen_as_shared(one) };
    let [runs, adapters] = ["transcript-tiny-s2.txt", "transcript-tiny-a2.txt"];
    let [runs, adapters] = [(several[0], runs), (several[1], adapters)].map(|((config, proof), golden)| Case {
        config: config.clone(),
        golden,
        proof: proof.clone(),
    });
    [one, runs, adapters]
}

fn golden(name: &str) -> String {
    format!("{}/../../fixtures/golden/{name}", env!("CARGO_MANIFEST_DIR"))
}

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

fn heard(Case { config, proof, .. }: &Case) -> Transcript {
    let mut transcript = Transcript::recording();
    assert_eq!(proof.subject().verify_with(config, &mut transcript), Ok(()));
    transcript
}

/// `RANKPROOF_REGENERATE=1 cargo test -p rankproof-lora-proof --test transcript` writes the files.
#[test]
fn verifier_says_what_the_golden_files_and_the_protocol_say() {
    for case in cases() {
        let transcript = heard(&case);
        assert_eq!(lines(transcript.events()), lines(&events::expected(&case.config)), "{}", case.golden);
        let (recorded, path) = (said(transcript), golden(case.golden));
        if std::env::var_os("RANKPROOF_REGENERATE").is_some() {
            std::fs::write(&path, &recorded).expect("fixtures are writable");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        for (line, (recorded, golden)) in recorded.lines().zip(golden.lines()).enumerate() {
            assert_eq!(recorded, golden, "{} line {}", case.golden, line + 1);
        }
        assert_eq!(recorded, golden);
    }
}

/// With several runs it says the same too: its proofs convince, and every challenge depends on all that was said.
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
    assert_eq!(said(transcript), said(heard(&cases()[0])));
}

#[test]
fn a_transcript_that_absorbed_something_before_verifies_nothing() {
    for Case { config, proof, .. } in cases() {
        assert_eq!(proof.verify(&config), Ok(()));
        let mut transcript = Transcript::default();
        transcript.public("something", &[F::from(0u64)]);
        assert!(proof.subject().verify_with(&config, &mut transcript).is_err());
    }
    let (config, proof) = honest();
    assert_eq!(verify(config, proof), Ok(()));
}

/// What a verifier of this proof would draw next after it stopped, and why it stopped.
fn drawn_next(config: &Config, proof: &SharedProof, mut transcript: Transcript) -> (F, Option<Error>) {
    let refusal = proof.subject().verify_with(config, &mut transcript).err();
    (transcript.challenge("next"), refusal)
}

/// For each element of a proof the number of the absorption that takes it, counted from 0, which is the statement; `None`
/// for hints. The last polynomial is sent before the last nonce, but stands at the end of the encoding.
fn absorptions(config: &Config) -> Vec<Option<usize>> {
    let parts = parts(config);
    let is_hint = |part: &Part| matches!(part, Part::Cap { .. } | Part::Leaf { .. } | Part::Path { .. });
    let last = config.rounds.len() - 1;
    let when = |part: &Part| match part {
        Part::FinalPolynomial { .. } => 1,
        Part::Nonce { round } if *round == last => 2,
        Part::FinalRound => 3,
        _ => 0,
    };
    let mut said: Vec<usize> = (0..parts.len()).filter(|index| !is_hint(&parts[*index])).collect();
    said.sort_by_key(|index| when(&parts[*index]));
    let mut absorptions = vec![None; parts.len()];
    let mut rest = said.as_slice();
    let messages = events::expected(config).into_iter().filter(|event| event.kind == Kind::Message);
    for (number, message) in (1..).zip(messages) {
        let (taken, after) = rest.split_at(message.length);
        taken.iter().for_each(|index| absorptions[*index] = Some(number));
        rest = after;
    }
    assert!(rest.is_empty(), "every message is absorbed");
    absorptions
}

/// Two proofs that differ in one element of one message share no challenge after it: nothing that a prover says is left
/// out of the transcript. If the absorption of that message is dropped, they share all of them, which is what the
/// comparison would notice. Two proofs that differ in a hint share all of them too.
#[test]
fn every_message_is_absorbed_and_no_hint_is() {
    for Case { config, golden, proof } in cases() {
        let (original, parts, absorptions) = (elements(&proof.proof), parts(&config), absorptions(&config));
        let changed = |index: usize, change: u64| {
            let mut changed = original.clone();
            changed[index] += F::from(change);
            SharedProof { proof: from_elements(&config, &changed), ..proof.clone() }
        };
        // Of hints, which are thousands and alike, one in fifty.
        let tried: Vec<usize> =
            (0..parts.len()).filter(|index| absorptions[*index].is_some() || index.is_multiple_of(50)).collect();
        tried.par_iter().for_each(|&index| {
            let (first, second) = (changed(index, 1), changed(index, 2));
            let drawn =
                |transcript: &Transcript| [&first, &second].map(|proof| drawn_next(&config, proof, transcript.clone()));
            let [(first_drawn, refusal), (second_drawn, other)] = drawn(&Transcript::default());
            assert!(refusal.is_some(), "{:?}", parts[index]);
            assert_eq!(refusal, other, "both stop at the same check: {:?}", parts[index]);
            assert_eq!(first_drawn == second_drawn, absorptions[index].is_none(), "{:?}", parts[index]);
            if let Some(number) = absorptions[index] {
                let [(first_drawn, _), (second_drawn, _)] = drawn(&Transcript::with_fault(Fault::Unabsorbed(number)));
                assert_eq!(first_drawn, second_drawn, "absorption {number} dropped: {:?}", parts[index]);
            }
        });
        let said = tried.iter().filter(|index| absorptions[**index].is_some()).count();
        println!("assurance: elements of messages whose absorption was dropped ({golden}) = {said}");
    }
}

/// All ids, as an adversary computes them who may choose them.
fn with_fresh_ids(config: &Config, proof: &mut SharedProof) {
    for adapter in &mut proof.adapters {
        let weights = adapter.weights_layout.digest(config.maxima());
        let inputs = adapter.inputs_layout.digest(config.maxima());
        adapter.adapter_id = adapter.adapter.id(config.inner_digest(), weights);
        for run in &mut adapter.runs {
            run.activations = run.preimage.id(config.inner_digest(), weights, inputs);
        }
    }
}

/// What both sides know is absorbed as well, of every run; without that absorption, statements would share challenges.
#[test]
fn everything_public_is_absorbed() {
    type Change = fn(&mut SharedAdapter, F);
    type RunChange = fn(&mut SharedRun, F);
    let once: [(&str, Change); 5] = [
        ("adapter salt", |adapter, change| adapter.adapter.salt += change),
        ("weights root", |adapter, change| adapter.adapter.weights_root += change),
        ("weights value", |adapter, change| adapter.adapter.weights_ood += change),
        ("weights layout", |adapter, change| {
            adapter.weights_layout.slots[2].weights_a = if change == F::from(1u64) { 1 << 7 } else { 1 << 8 };
        }),
        ("inputs layout", |adapter, change| {
            adapter.inputs_layout.input_offsets[2] = if change == F::from(1u64) { 1 << 7 } else { 1 << 8 };
        }),
    ];
    let each: [(&str, RunChange); 4] = [
        ("context", |run, change| run.context += change),
        ("activations salt", |run, change| run.preimage.salt += change),
        ("activations root", |run, change| run.preimage.activations_root += change),
        ("activations value", |run, change| run.preimage.activations_ood += change),
    ];
    for Case { config, golden, proof } in cases() {
        let judge = |what: &str, changed: [SharedProof; 2]| {
            let changed = changed.map(|mut proof| {
                with_fresh_ids(&config, &mut proof);
                proof
            });
            let drawn =
                |transcript: Transcript| changed.each_ref().map(|proof| drawn_next(&config, proof, transcript.clone()));
            let [(first, refusal), (second, other)] = drawn(Transcript::default());
            assert_eq!((refusal, other), (Some(Error::RankSumcheck), Some(Error::RankSumcheck)), "{golden}: {what}");
            assert_ne!(first, second, "{golden}: {what}");
            let [(first, _), (second, _)] = drawn(Transcript::with_fault(Fault::Unabsorbed(0)));
            assert_eq!(first, second, "{golden}: {what}, with the absorption dropped");
        };
        let twice = |change: &dyn Fn(&mut SharedProof, F)| {
            [1u64, 2].map(|number| {
                let mut changed = proof.clone();
                change(&mut changed, F::from(number));
                changed
            })
        };
        for adapter in 0..proof.adapters.len() {
            for (what, change) in once {
                judge(what, twice(&|proof, number| change(&mut proof.adapters[adapter], number)));
            }
            for run in 0..proof.adapters[adapter].runs.len() {
                for (what, change) in each {
                    judge(what, twice(&|proof, number| change(&mut proof.adapters[adapter].runs[run], number)));
                }
            }
        }
    }
}

/// Who must complain when this challenge is another one than was drawn. Points at which outputs, runs and claims are
/// combined decide only what is opened, so the last check complains.
fn complaint(config: &Config, event: &Event, round: usize, is_final: bool, element: usize) -> Error {
    let is_last = round + 1 == config.rounds.len();
    match event.label {
        labels::RANK_POINT => Error::RankSumcheck,
        labels::INPUT_POINT => Error::InputSumcheck,
        labels::RANGE_SEED | labels::RANGE_POINT => Error::RangeCheck,
        labels::FOLD if is_last && !is_final => Error::FinalQuery { query: 0 },
        labels::WORK => Error::ProofOfWork { round, bits: config.rounds[round].pow_bits },
        labels::POSITIONS => {
            let query = element * config.rounds[round].positions_per_element();
            let oracle = if round == 0 { Oracle::Weights { adapter: 0 } } else { Oracle::Folded(round) };
            Error::MerklePath { oracle, query }
        }
        labels::ADAPTERS => Error::InputSumcheck,
        labels::RUNS
        | labels::OUTPUT_POINT
        | labels::BATCHING
        | labels::FOLD
        | labels::OOD_POINT
        | labels::COMBINATION => Error::FinalClaim,
        other => panic!("{other} is a challenge that no row names"),
    }
}

/// Two challenges are satisfied by every honest proof, whatever they are: the first coordinate of the range check's point,
/// since a product that is 0 everywhere is 0 on both halves, and the very last one, after which nothing is said.
#[test]
fn every_challenge_is_used() {
    for case in cases() {
        let Case { config, golden, proof } = &case;
        let mut shifted: Vec<Result<(), Error>> = Vec::new();
        let (mut round, mut is_final) = (0, false);
        for event in heard(&case).events() {
            if event.kind == Kind::Challenge {
                let of_element = |element| Err(complaint(config, event, round, is_final, element));
                shifted.extend((0..event.length).map(of_element));
            }
            if event.label == labels::RANGE_SEED {
                let first = shifted.len() - event.length;
                shifted[first] = Ok(());
            }
            match event.label {
                labels::POSITIONS if round + 1 == config.rounds.len() => is_final = true,
                labels::COMBINATION => round += 1,
                _ => {}
            }
        }
        *shifted.last_mut().expect("not empty") = Ok(());
        shifted.par_iter().enumerate().for_each(|(number, expected)| {
            let mut transcript = Transcript::with_fault(Fault::Shifted(number));
            let verdict = proof.subject().verify_with(config, &mut transcript);
            assert_eq!(verdict, *expected, "{golden}: challenge {number}");
        });
        println!("assurance: challenges shifted ({golden}) = {} of {}", shifted.len() - 2, shifted.len());
    }
}
