//! Every assertion of the circuit is the only one that stands against some attack: without it, a false witness would
//! satisfy the circuit.
//!
//! Each attack is a whole witness whose only unsatisfied rows are those of one part of the circuit. A prover that lies in
//! one place and is honest about all that follows gives most of them (`support/lora/argument_prover.rs`); rules of the
//! layout are attacked on the layout alone. Decompositions into bits (`positions`, `proof of work`, both `canonical`) are
//! attacked where they are written, in `src/gadgets/bits.rs`.

mod support;

use std::collections::BTreeSet;

use ark_ff::{AdditiveGroup, Field};
use rankproof_groth16_seal::circuit::layout::LayoutVar;
use rankproof_groth16_seal::r1cs::determinacy::Determinacy;
use rankproof_groth16_seal::r1cs::perturbation::Perturbation;
use rankproof_groth16_seal::{ConstraintSystem, F, Matrices};
use rankproof_lora_proof::transcript::{Message, Transcript};
use rankproof_lora_proof::{Config, Error, LoraProof, Oracle, Profile, verify};
use rankproof_statement::claim::public_inputs;
use rankproof_statement::{InputsLayout, Maxima, WeightsLayout};
use support::Circuit;
use support::lora::argument_prover::{Lies, prove_with};
use support::lora::honest_witness;
use support::lora::whir_prover::Cheat;

/// `slot 0/opening/round 1/queries` as `slot/opening/round/queries`.
fn without_numbers(group: &str) -> String {
    let words = group.split('/').map(|word| word.trim_end_matches(|c: char| c == ' ' || c.is_ascii_digit()));
    words.collect::<Vec<&str>>().join("/")
}

fn parts(matrices: &Matrices, rows: &[usize]) -> BTreeSet<String> {
    rows.iter().map(|row| without_numbers(matrices.group(*row))).collect()
}

/// Nothing but `part` complains.
fn guarded_by(matrices: &Matrices, rows: &[usize], part: &str, what: &str) {
    assert!(!rows.is_empty(), "{what}: the circuit is satisfied");
    let guarded = parts(matrices, rows);
    let expected = BTreeSet::from([part.to_owned()]);
    assert_eq!(guarded, expected, "{what}");
}

fn rows(circuit: &Circuit, proof: &LoraProof) -> Vec<usize> {
    let assignment = circuit.assignment(proof, public_inputs(&[proof.statement]));
    circuit.matrices.unsatisfied(assignment.values())
}

#[test]
fn accepts_the_honest_twin_of_a_second_prover() {
    let circuit = Circuit::tiny();
    let proof = prove_with(&circuit.config, &honest_witness(), Lies::NONE);
    assert_eq!(verify(&circuit.config, &proof), Ok(()));
    assert_eq!(rows(circuit, &proof), Vec::<usize>::new());
}

#[test]
fn every_lie_is_refused_by_one_assertion_alone() {
    let circuit = Circuit::tiny();
    let config = &circuit.config;
    let honest = honest_witness();
    let mut wrong = honest.clone();
    wrong.outputs[2][3] += 1;
    let none = Lies::NONE;
    let last = config.rounds.len() - 1;
    let stale = Error::ProofOfWork { round: last, bits: config.rounds[last].pow_bits };
    let cap = |oracle| Error::MerkleCap { oracle };
    let cap_root = "slot/opening/round/queries/tree/cap root";
    let opening = |opening| Lies { opening, ..none };
    let attacks = [
        ("adapter id", &honest, Lies { ids: [1, 0], ..none }, Some(Error::AdapterIdMismatch), "slot/adapter id"),
        (
            "activations id",
            &honest,
            Lies { ids: [0, 1], ..none },
            Some(Error::ActivationsIdMismatch),
            "slot/activations id",
        ),
        ("a wrong output", &wrong, none, Some(Error::RankSumcheck), "slot/rank sumcheck"),
        ("a wrong u", &wrong, Lies { u: true, ..none }, Some(Error::InputSumcheck), "slot/input sumcheck"),
        ("a wrong a", &wrong, Lies { u: true, a: true, ..none }, Some(Error::FinalClaim), "slot/opening/final claim"),
        ("a nibble of 16", &honest, Lies { padding: 16, ..none }, Some(Error::RangeCheck), "slot/range check"),
        (
            "a wrong v_w",
            &honest,
            Lies { ood_values: [1, 0], ..none },
            Some(Error::FinalClaim),
            "slot/opening/final claim",
        ),
        (
            "a wrong v_z",
            &honest,
            Lies { ood_values: [0, 1], ..none },
            Some(Error::FinalClaim),
            "slot/opening/final claim",
        ),
        (
            "root of the weights",
            &honest,
            Lies { roots: [1, 0], ..none },
            Some(cap(Oracle::Weights { adapter: 0 })),
            cap_root,
        ),
        (
            "root of the activations",
            &honest,
            Lies { roots: [0, 1], ..none },
            Some(cap(Oracle::Activations { adapter: 0, run: 0 })),
            cap_root,
        ),
        ("a folded root", &honest, opening(Cheat::OtherFoldedRoot), Some(cap(Oracle::Folded(1))), cap_root),
        ("no work", &honest, opening(Cheat::NoWork), Some(stale), "slot/opening/round/proof of work"),
        (
            "a codeword far from the code",
            &honest,
            opening(Cheat::CorruptFolded),
            None,
            "slot/opening/round/final queries",
        ),
        (
            "an out-of-domain value",
            &honest,
            opening(Cheat::OtherOodValue),
            Some(Error::FinalClaim),
            "slot/opening/final claim",
        ),
    ];
    let count = attacks.len();
    for (what, witness, lies, error, part) in attacks {
        let proof = prove_with(config, witness, lies);
        let native = verify(config, &proof);
        match error {
            Some(error) => assert_eq!(native, Err(error), "{what}"),
            None => assert!(matches!(native, Err(Error::FinalQuery { .. })), "{what}: {native:?}"),
        }
        guarded_by(&circuit.matrices, &rows(circuit, &proof), part, what);
    }
    println!("assurance: lies refused by one assertion alone = {count}");
}

#[test]
fn public_inputs_are_guarded_one_by_one() {
    let circuit = Circuit::tiny();
    let proof = prove_with(&circuit.config, &honest_witness(), Lies::NONE);
    let [root, challenge, evaluation] = public_inputs(&[proof.statement]);
    let complain = |public| circuit.matrices.unsatisfied(circuit.assignment(&proof, public).values());
    guarded_by(&circuit.matrices, &complain([root + F::ONE, challenge, evaluation]), "root", "root");
    guarded_by(&circuit.matrices, &complain([root, challenge, evaluation + F::ONE]), "evaluation", "evaluation");
    guarded_by(&circuit.matrices, &complain([root, challenge + F::ONE, evaluation]), "evaluation", "challenge");
}

/// The fold challenges of the first round: the verifier's transcript, replayed without its checks.
fn first_alphas(config: &Config, lora_proof: &LoraProof) -> Vec<F> {
    let LoraProof { statement, weights_layout, adapter, activations, proof } = lora_proof;
    let maxima = config.maxima();
    let preimage = &activations.preimage;
    let mut transcript = Transcript::default();
    let public = [config.inner_digest(), statement.adapter, statement.activations, statement.context];
    let roots = [adapter.weights_root, preimage.activations_root, adapter.weights_ood, preimage.activations_ood];
    let digests = [weights_layout.digest(maxima), activations.inputs_layout.digest(maxima)];
    transcript.public("", &[&public[..], &roots, &digests].concat());
    transcript.challenges("", maxima.log_output_space + maxima.log_tokens);
    transcript.receive("", &proof.output_value);
    fn rounds<const N: usize>(transcript: &mut Transcript, rounds: &[Message<[F; N]>]) -> Vec<F> {
        let mut round = |message| {
            transcript.receive("", message);
            transcript.challenge("")
        };
        rounds.iter().map(&mut round).collect()
    }
    rounds(&mut transcript, &proof.rank_sumcheck);
    transcript.receive("", &proof.rank_values[0]);
    rounds(&mut transcript, &proof.input_sumcheck);
    transcript.receive("", &proof.input_values[0]);
    transcript.challenges("", config.log_size());
    rounds(&mut transcript, &proof.range_check);
    transcript.receive("", &proof.range_values[0]);
    transcript.challenge("");
    transcript.receive("", &proof.opening.join[0]);
    transcript.challenge("");
    rounds(&mut transcript, &proof.opening.rounds[0].sumcheck)
}

#[test]
fn merkle_paths_are_guarded_level_by_level() {
    let circuit = Circuit::tiny();
    let proof = prove_with(&circuit.config, &honest_witness(), Lies::NONE);

    // A sibling of any level: what is hashed above it is consistent, only the cap is not.
    for level in 0..circuit.config.rounds[0].path_levels() {
        let mut changed = proof.clone();
        changed.proof.opening.rounds[0].trees[1].opened.0[7].path[level][0] += F::ONE;
        let error = Error::MerklePath { oracle: Oracle::Activations { adapter: 0, run: 0 }, query: 7 };
        assert_eq!(verify(&circuit.config, &changed), Err(error));
        let part = "slot/opening/round/queries/tree/path/cap";
        guarded_by(&circuit.matrices, &rows(circuit, &changed), part, "a sibling");
    }

    // Another leaf that folds to the same value, under the true path: only the child in its place tells them apart.
    let leaf = proof.proof.opening.rounds[0].trees[1].opened.0[7].leaf;
    let alpha = first_alphas(&circuit.config, &proof)[3];
    let change = [(leaf[0], alpha), (leaf[1], alpha - F::ONE)];
    let assignment = circuit.assignment(&proof, public_inputs(&[proof.statement]));
    let place = |value: F| {
        let mut places = assignment.values().iter().enumerate().filter(|(_, other)| **other == value);
        let (place, _) = places.next().expect("the leaf is witnessed");
        assert!(places.next().is_none(), "once");
        place
    };
    let changes = change.map(|(value, change)| (place(value), change));
    let perturbation = Perturbation::new(&circuit.matrices, assignment.values());
    let broken = perturbation.follow_all(&Determinacy::of(&circuit.matrices), &changes);
    let part = "slot/opening/round/queries/tree/path/child";
    guarded_by(&circuit.matrices, &broken, part, "another leaf of the same value");
}

/// The layout alone, and what of it does not hold.
fn layout_rows(maxima: &Maxima, weights: &WeightsLayout, inputs: &InputsLayout) -> (Matrices, Vec<usize>) {
    let mut cs = ConstraintSystem::recording();
    LayoutVar::new(&mut cs, maxima, weights, inputs);
    let (matrices, assignment) = cs.into_parts();
    let rows = matrices.unsatisfied(assignment.values());
    (matrices, rows)
}

type LayoutAttack = (&'static str, fn(&mut WeightsLayout, &mut InputsLayout), &'static str);

/// One broken rule each. The last slot (2) is attacked where a size decides what follows it.
const LAYOUT_ATTACKS: [LayoutAttack; 19] = [
    ("no rank", |w, _| w.log_rank = 99, "log_rank"),
    ("no tokens", |_, i| i.log_tokens = 99, "log_tokens"),
    ("no slot", |w, i| (w.slots.clear(), i.input_offsets.clear()).0, "slot/active"),
    ("no input size", |w, _| w.slots[2].log_in = 99, "slot/log_in"),
    ("no output size", |w, _| w.slots[2].log_out = 99, "slot/log_out"),
    ("lora_a off its alignment", |w, _| w.slots[0].weights_a += 1, "slot/weights_a"),
    ("lora_a beyond the weights", |w, _| w.slots[0].weights_a = 1 << 12, "slot/weights_a"),
    ("lora_a far beyond the weights", |w, _| w.slots[0].weights_a = 1 << 13, "slot/weights_a"),
    ("lora_b off its alignment", |w, _| w.slots[1].weights_b += 16, "slot/weights_b"),
    ("lora_b beyond the weights", |w, _| w.slots[1].weights_b = 1 << 12, "slot/weights_b"),
    ("a gap between outputs", |w, _| w.slots[2].output_offset += 16, "slot/output"),
    ("outputs that overlap", |w, _| w.slots[1].output_offset = 0, "slot/output"),
    ("outputs beyond their space", |w, _| w.slots[0].output_offset = 1 << 13, "slot/output"),
    ("outputs off their alignment", |w, _| w.slots.swap(0, 2), "slot/output"),
    ("inputs off their alignment", |_, i| i.input_offsets[0] += 1, "slot/input"),
    ("inputs beyond half of the polynomial", |_, i| i.input_offsets[0] = 1 << 11, "slot/input"),
    ("inputs beyond their space", |_, i| i.input_offsets[0] |= 1 << 12, "slot/input"),
    ("lora_b far beyond the weights", |w, _| w.slots[1].weights_b |= 1 << 14, "slot/weights_b"),
    ("too many rows of ranks", |w, _| w.log_rank = 5, "rank space"),
];

fn honest_layout() -> (Maxima, WeightsLayout, InputsLayout) {
    let maxima = *Profile::Tiny.config().maxima();
    let witness = honest_witness();
    let weights = WeightsLayout::plan(&witness.adapter, &maxima).expect("fits");
    let inputs = InputsLayout::plan(&weights, &witness.activations, &maxima).expect("fits");
    (maxima, weights, inputs)
}

#[test]
fn every_rule_of_a_layout_is_enforced_by_its_own_rows() {
    let (maxima, weights, inputs) = honest_layout();
    assert_eq!(layout_rows(&maxima, &weights, &inputs).1, Vec::<usize>::new());
    for (what, change, part) in LAYOUT_ATTACKS {
        let (mut weights, mut inputs) = (weights.clone(), inputs.clone());
        change(&mut weights, &mut inputs);
        let native = weights.check(&maxima).and_then(|()| inputs.check(&weights, &maxima));
        assert!(native.is_err(), "{what}: accepted natively");
        let (matrices, rows) = layout_rows(&maxima, &weights, &inputs);
        guarded_by(&matrices, &rows, part, what);
    }
    println!("assurance: layouts refused by one rule alone = {}", LAYOUT_ATTACKS.len() + 3);
}

/// Blocks that together end beyond the space, though each offset follows from the ones before.
#[test]
fn outputs_end_within_half_of_the_polynomial() {
    let (maxima, mut weights, mut inputs) = honest_layout();
    inputs.log_tokens = maxima.log_tokens;
    let mut end = 0;
    for slot in &mut weights.slots {
        (slot.log_out, slot.output_offset, slot.weights_b) = (8, end, 0);
        end += 1 << slot.log_out;
    }
    let offsets = &mut inputs.input_offsets;
    offsets.iter_mut().for_each(|offset| *offset = 0);
    assert!(weights.check(&maxima).is_ok() && inputs.check(&weights, &maxima).is_err());
    let (matrices, rows) = layout_rows(&maxima, &weights, &inputs);
    guarded_by(&matrices, &rows, "slot/output", "outputs beyond");
}

/// Slots 0 and 2 hold modules, slot 1 does not: no native layout says so, a witness could.
#[test]
fn no_active_slot_follows_an_inactive_one() {
    let (maxima, mut weights, inputs) = honest_layout();
    weights.slots[2].output_offset = 1 << weights.slots[0].log_out;
    let variables = |modules: usize| {
        let mut cs = ConstraintSystem::assigning(0);
        LayoutVar::new(&mut cs, &Maxima { modules, ..maxima }, &weights, &inputs);
        cs.num_variables()
    };
    let mut cs = ConstraintSystem::recording();
    LayoutVar::new(&mut cs, &maxima, &weights, &inputs);
    cs.assignment_mut()[variables(1)..variables(2)].fill(F::ZERO);
    let (matrices, assignment) = cs.into_parts();
    guarded_by(&matrices, &matrices.unsatisfied(assignment.values()), "slot/active", "a gap between slots");
}

/// A size chosen twice, and one chosen by halves: a choice is one bit.
#[test]
fn a_size_is_chosen_once() {
    let (maxima, weights, inputs) = honest_layout();
    let mut cs = ConstraintSystem::recording();
    LayoutVar::new(&mut cs, &maxima, &weights, &inputs);
    let (matrices, assignment) = cs.into_parts();
    // Variables: 1 is `wide`, then the six choices of log_rank; 2 is chosen.
    let choice = |log: usize| 2 + log;
    assert_eq!(assignment.values()[choice(weights.log_rank)], F::ONE);
    let changed = |changes: &[(usize, F)]| {
        let mut assignment = assignment.clone();
        changes.iter().for_each(|(variable, value)| assignment.values_mut()[*variable] = *value);
        parts(&matrices, &matrices.unsatisfied(assignment.values()))
    };
    let complains = BTreeSet::from(["log_rank".to_owned()]);
    assert_eq!(changed(&[(choice(0), F::ONE)]), complains, "twice");
    let half = (F::ONE + F::ONE).inverse().expect("2 is not 0");
    assert!(changed(&[(choice(2), half), (choice(1), half)]).contains("log_rank"), "by halves");
}
