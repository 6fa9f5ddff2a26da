//! The universal circuit against the native verifier.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use rankproof_groth16_seal::{ConstraintSystem, F, circuit};
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{Config, Error, LoraProof, Profile, argument, verify};
use rankproof_statement::WeightBits;
use support::{SHAPES, Shape, events, prove_witness, witness};

fn honest(config: &Config, shapes: &[Shape], tokens: usize, bits: WeightBits, seed: u64) -> LoraProof {
    prove_witness(config, &witness(shapes, tokens, bits, seed), F::from(seed))
}

/// The part of the circuit that complains, if any.
fn complaint(config: &Config, proof: &LoraProof) -> Option<String> {
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize(&mut cs, config, std::slice::from_ref(proof));
    cs.which_unsatisfied().map(|unsatisfied| unsatisfied.group)
}

#[test]
fn accepts_honest_proofs_of_many_shapes() {
    let config = Profile::Tiny.config();
    for (tokens, bits, shapes) in [
        (5, WeightBits::Four, &SHAPES[..]),
        (16, WeightBits::Eight, &SHAPES[..1]),
        (1, WeightBits::Four, &SHAPES[2..]),
        (2, WeightBits::Eight, &SHAPES[..2]),
        (1, WeightBits::Four, &[("one", 1, 1, 1, false)]),
        (3, WeightBits::Four, &[("deep", 64, 64, 32, false)]),
    ] {
        let proof = honest(&config, shapes, tokens, bits, 1);
        assert_eq!(complaint(&config, &proof), None, "{tokens} tokens, {bits:?}, {shapes:?}");
    }
}

/// As many modules, rank rows and tokens as `medium` and `large` hold, in both widths.
#[test]
#[ignore = "minutes: make test-full"]
fn accepts_proofs_that_fill_the_larger_profiles() {
    for (profile, rank, tokens, bits) in
        [(Profile::Medium, 32, 33, WeightBits::Four), (Profile::Large, 17, 100, WeightBits::Eight)]
    {
        let config = profile.config();
        let names = (0..config.maxima().modules).map(|slot| &*format!("module {slot}").leak());
        let shapes: Vec<Shape> =
            names.enumerate().map(|(slot, name)| (name, 30, 50 + slot % 20, rank, slot % 3 == 1)).collect();
        let proof = honest(&config, &shapes, tokens, bits, 1);
        assert_eq!(verify(&config, &proof), Ok(()), "{}", profile.name());
        assert_eq!(complaint(&config, &proof), None, "{}", profile.name());
        let mut changed = proof.clone();
        let last = changed.activations.inputs_layout.input_offsets.last_mut().expect("modules");
        *last = if *last == 0 { 32 } else { 0 };
        assert_eq!(verify(&config, &changed), Err(Error::ActivationsIdMismatch), "{}", profile.name());
        assert_eq!(complaint(&config, &changed).as_deref(), Some("slot 0/activations id"), "{}", profile.name());
    }
}

#[test]
fn rows_do_not_depend_on_the_witness() {
    let config = Profile::Tiny.config();
    let rows = |proof: &LoraProof| {
        let mut cs = ConstraintSystem::recording();
        circuit::synthesize(&mut cs, &config, std::slice::from_ref(proof));
        let (matrices, _) = cs.into_parts();
        (matrices.digest(), matrices.num_constraints())
    };
    let blank = rows(&circuit::blank(&config));
    assert_eq!(rows(&honest(&config, &SHAPES, 5, WeightBits::Four, 1)), blank);
    assert_eq!(rows(&honest(&config, &SHAPES[..1], 16, WeightBits::Eight, 2)), blank);
}

#[test]
fn transcript_is_the_native_one() {
    let config = Profile::Tiny.config();
    let proof = honest(&config, &SHAPES, 5, WeightBits::Four, 1);
    let mut native = Transcript::recording();
    argument::verify_with(&config, &proof, &mut native).expect("honest");
    let mut transcript = circuit::transcript::TranscriptVar::default();
    circuit::argument::enforce_with(&mut ConstraintSystem::assigning(0), &config, &proof.subject(), &mut transcript);
    assert_eq!(transcript.events(), native.events());
}

#[test]
fn transcripts_of_all_profiles_are_those_of_the_protocol() {
    for profile in Profile::ALL {
        let config = profile.config();
        let mut transcript = circuit::transcript::TranscriptVar::default();
        let blank = circuit::blank_shared(&config);
        let cs = &mut ConstraintSystem::assigning(0);
        circuit::argument::enforce_with(cs, &config, &blank.subject(), &mut transcript);
        assert_eq!(transcript.events(), events::expected(&config), "{}", profile.name());
    }
}

/// Where the constraints go; run with `--nocapture`.
#[test]
fn constraint_counts() {
    for profile in Profile::ALL.into_iter().filter(|profile| *profile != Profile::Large) {
        let config = profile.config();
        let mut cs = ConstraintSystem::recording();
        circuit::synthesize_subjects(&mut cs, &config, &[circuit::blank_shared(&config).subject()]);
        let (matrices, _) = cs.into_parts();
        println!(
            "{}: {} constraints, {} terms, {} nonzero, {} MB",
            profile.name(),
            matrices.num_constraints(),
            matrices.num_terms(),
            matrices.num_nonzero(),
            matrices.bytes() >> 20
        );
        for group in [
            "slot 0/layout",
            "slot 0/weights layout digest",
            "slot 0/inputs layout digest",
            "slot 0/statement",
            "slot 0/output value",
            "slot 0/rank sumcheck",
            "slot 0/input sumcheck",
            "slot 0/range check",
            "slot 0/claims",
            "slot 0/opening",
            "slot 0/opening/round 0",
            "slot 0/opening/round 0/positions",
            "slot 0/opening/round 0/proof of work",
            "slot 0/opening/round 0/queries",
            "slot 0/opening/round 0/queries/tree 0/cap root",
            "slot 0/opening/round 1",
            "slot 0/opening/round 2",
            "slot 0/opening/weight functions",
            "slot 0/opening/power weights",
            "slot 0/opening/final",
        ] {
            println!("  {:8} {group}", matrices.num_constraints_in(group));
        }
    }
}
