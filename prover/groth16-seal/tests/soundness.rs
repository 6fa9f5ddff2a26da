//! Wrong proofs leave the circuit unsatisfied, and the part that the protocol says catches them complains.
//!
//! Each case starts from an honest proof that the circuit accepts, changes one thing, and is refused natively too.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use ark_ff::Field;
use rankproof_groth16_seal::{ConstraintSystem, F, circuit};
use rankproof_lora_proof::{Config, LoraProof, Profile, Proof, verify};
use rankproof_statement::claim::public_inputs;
use rankproof_statement::{Statement, WeightBits};
use support::{SHAPES, prove_witness, witness};

fn honest(config: &Config, seed: u64) -> LoraProof {
    prove_witness(config, &witness(&SHAPES, 5, WeightBits::Four, seed), F::from(9u64))
}

fn complaint(config: &Config, proof: &LoraProof) -> Option<String> {
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize(&mut cs, config, std::slice::from_ref(proof));
    cs.which_unsatisfied().map(|unsatisfied| unsatisfied.group)
}

type Mutation = (&'static str, fn(&mut LoraProof), &'static str);

/// What is changed, how, and the part of the circuit that must complain first.
fn mutations() -> Vec<Mutation> {
    vec![
        ("adapter id", |p| p.statement.adapter += F::ONE, "slot 0/adapter id"),
        ("activations id", |p| p.statement.activations += F::ONE, "slot 0/activations id"),
        ("context", |p| p.statement.context += F::ONE, "slot 0/"),
        ("weights root", |p| p.adapter.weights_root += F::ONE, "slot 0/adapter id"),
        ("weights value", |p| p.adapter.weights_ood += F::ONE, "slot 0/adapter id"),
        ("manifest", |p| p.adapter.manifest_digest[0] ^= 1, "slot 0/adapter id"),
        ("base model", |p| p.adapter.base_model_digest[31] ^= 1, "slot 0/adapter id"),
        ("adapter salt", |p| p.adapter.salt += F::ONE, "slot 0/adapter id"),
        ("activations root", |p| p.activations.preimage.activations_root += F::ONE, "slot 0/activations id"),
        ("activations value", |p| p.activations.preimage.activations_ood += F::ONE, "slot 0/activations id"),
        ("scales", |p| p.activations.preimage.scales_digest[7] ^= 1, "slot 0/activations id"),
        ("activations salt", |p| p.activations.preimage.salt += F::ONE, "slot 0/activations id"),
        ("bits", |p| p.weights_layout.bits = WeightBits::Eight, "slot 0/adapter id"),
        ("rank", |p| p.weights_layout.log_rank -= 1, "slot 0/adapter id"),
        ("tokens", |p| p.activations.inputs_layout.log_tokens -= 1, "slot 0/activations id"),
        ("offset off its alignment", |p| p.weights_layout.slots[0].weights_a += 1, "slot 0/layout/slot 0/weights_a"),
        ("outputs overlap", |p| p.weights_layout.slots[1].output_offset = 0, "slot 0/layout/slot 1/output"),
        (
            "block beyond the weights",
            |p| p.weights_layout.slots[0].weights_b = 1 << 13,
            "slot 0/layout/slot 0/weights_b",
        ),
        ("size beyond the profile", |p| p.weights_layout.slots[0].log_in = 15, "slot 0/layout/slot 0/log_in"),
        (
            "input beyond the rows",
            |p| p.activations.inputs_layout.input_offsets[0] = 1 << 11,
            "slot 0/layout/slot 0/input",
        ),
        ("y", |p| p.proof.output_value.unabsorbed_mut()[0] += F::ONE, "slot 0/rank sumcheck"),
        ("rank round", |p| p.proof.rank_sumcheck[1].unabsorbed_mut()[0] += F::ONE, "slot 0/rank sumcheck"),
        ("b", |p| p.proof.rank_values[0].unabsorbed_mut()[0] += F::ONE, "slot 0/rank sumcheck"),
        ("u", |p| p.proof.rank_values[0].unabsorbed_mut()[1] += F::ONE, "slot 0/rank sumcheck"),
        ("input round", |p| p.proof.input_sumcheck[2].unabsorbed_mut()[1] += F::ONE, "slot 0/input sumcheck"),
        ("a", |p| p.proof.input_values[0].unabsorbed_mut()[0] += F::ONE, "slot 0/input sumcheck"),
        ("x", |p| p.proof.input_values[0].unabsorbed_mut()[1] += F::ONE, "slot 0/input sumcheck"),
        ("range round", |p| p.proof.range_check[3].unabsorbed_mut()[15] += F::ONE, "slot 0/range check"),
        ("range value", |p| p.proof.range_values[0].unabsorbed_mut()[0] += F::ONE, "slot 0/range check"),
        ("join round", |p| p.proof.opening.join[0].unabsorbed_mut()[0] += F::ONE, "slot 0/opening"),
        (
            "fold round",
            |p| p.proof.opening.rounds[0].sumcheck[0].unabsorbed_mut()[0] += F::ONE,
            "slot 0/opening/round 0",
        ),
        (
            "nonce",
            |p| p.proof.opening.rounds[0].nonce.unabsorbed_mut()[0] += F::ONE,
            "slot 0/opening/round 0/proof of work",
        ),
        (
            "folded root",
            |p| p.proof.opening.rounds[0].folded.as_mut().expect("not last").root.unabsorbed_mut()[0] += F::ONE,
            "slot 0/opening/round 0",
        ),
        (
            "out-of-domain value",
            |p| p.proof.opening.rounds[0].folded.as_mut().expect("not last").ood_value.unabsorbed_mut()[0] += F::ONE,
            "slot 0/opening/round 0",
        ),
        (
            "cap",
            |p| p.proof.opening.rounds[0].trees[1].cap.0[3] += F::ONE,
            "slot 0/opening/round 0/queries/tree 1/cap root",
        ),
        (
            "leaf",
            |p| p.proof.opening.rounds[0].trees[0].opened.0[5].leaf[9] += F::ONE,
            "slot 0/opening/round 0/queries/tree 0/path",
        ),
        (
            "path",
            |p| p.proof.opening.rounds[1].trees[0].opened.0[2].path[1][0] += F::ONE,
            "slot 0/opening/round 1/queries/tree 0/path",
        ),
        (
            "final polynomial",
            |p| p.proof.opening.final_polynomial.unabsorbed_mut()[0] += F::ONE,
            "slot 0/opening/round 1",
        ),
        (
            "final round",
            |p| p.proof.opening.final_sumcheck[1].unabsorbed_mut()[0] += F::ONE,
            "slot 0/opening/final claim",
        ),
        (
            "trees swapped",
            |p| p.proof.opening.rounds[0].trees.swap(0, 1),
            "slot 0/opening/round 0/queries/tree 0/cap root",
        ),
    ]
}

#[test]
fn every_mutation_is_refused_natively_and_in_the_circuit() {
    let config = Profile::Tiny.config();
    let honest = honest(&config, 1);
    assert_eq!(verify(&config, &honest), Ok(()));
    assert_eq!(complaint(&config, &honest), None);
    for (what, mutate, group) in mutations() {
        let mut proof = honest.clone();
        mutate(&mut proof);
        assert!(verify(&config, &proof).is_err(), "{what}: accepted natively");
        let complaint = complaint(&config, &proof).unwrap_or_else(|| panic!("{what}: the circuit is satisfied"));
        assert!(complaint.starts_with(group), "{what}: `{complaint}` complains, not `{group}`");
    }
}

#[test]
fn parts_of_another_proof_do_not_fit() {
    let config = Profile::Tiny.config();
    let (first, second) = (honest(&config, 1), honest(&config, 2));
    let cases: [(&str, LoraProof); 3] = [
        ("argument of another adapter", LoraProof { proof: second.proof.clone(), ..first.clone() }),
        ("another adapter", LoraProof { adapter: second.adapter.clone(), ..first.clone() }),
        ("other activations", LoraProof { activations: second.activations.clone(), ..first.clone() }),
    ];
    for (what, proof) in cases {
        assert!(verify(&config, &proof).is_err(), "{what}: accepted natively");
        assert!(complaint(&config, &proof).is_some(), "{what}: the circuit is satisfied");
    }
}

#[test]
fn another_token_order_is_another_statement() {
    let config = Profile::Tiny.config();
    let witness = witness(&SHAPES, 4, WeightBits::Four, 3);
    let proof = prove_witness(&config, &witness, F::from(9u64));
    let mut swapped = witness.clone();
    for (module, input) in swapped.adapter.modules.iter().zip(&mut swapped.activations) {
        let (first, second) = input.x.split_at_mut(module.in_features);
        first.swap_with_slice(&mut second[..module.in_features]);
        input.token_scale.swap(0, 1);
    }
    for (module, output) in swapped.adapter.modules.iter().zip(&mut swapped.outputs) {
        let (first, second) = output.split_at_mut(module.out_features);
        first.swap_with_slice(&mut second[..module.out_features]);
    }
    let reordered = prove_witness(&config, &swapped, F::from(9u64));
    assert_eq!(proof.statement.adapter, reordered.statement.adapter);
    assert_ne!(proof.statement.activations, reordered.statement.activations);
    // The reordered run is as provable as the first, but neither proof serves the other's statement.
    let replayed = LoraProof { statement: proof.statement, ..reordered };
    assert!(verify(&config, &replayed).is_err());
    assert!(complaint(&config, &replayed).is_some_and(|group| group.starts_with("slot 0/activations id")));
}

#[test]
fn public_inputs_bind_the_statement() {
    let config = Profile::Tiny.config();
    let proof = honest(&config, 1);
    let complaint_for = |public| {
        let mut cs = ConstraintSystem::recording();
        circuit::synthesize_with(&mut cs, &config, std::slice::from_ref(&proof), public);
        cs.which_unsatisfied().map(|unsatisfied| unsatisfied.group)
    };
    let honest = public_inputs(&[proof.statement]);
    assert_eq!(complaint_for(honest), None);
    let other = public_inputs(&[Statement { context: F::from(10u64), ..proof.statement }]);
    assert_eq!(complaint_for(other).as_deref(), Some("root"));
    let [root, challenge, evaluation] = honest;
    assert_eq!(complaint_for([root + F::ONE, challenge, evaluation]).as_deref(), Some("root"));
    assert_eq!(complaint_for([root, challenge + F::ONE, evaluation]).as_deref(), Some("evaluation"));
    assert_eq!(complaint_for([root, challenge, evaluation + F::ONE]).as_deref(), Some("evaluation"));
}

#[test]
fn a_blank_proof_satisfies_nothing() {
    let config = Profile::Tiny.config();
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize(&mut cs, &config, &[circuit::blank(&config)]);
    assert!(cs.which_unsatisfied().is_some());
    assert!(Proof::element_count(&config) > 3000);
}

/// Changes variables all over the circuit, one at a time: none is free.
#[test]
fn no_sampled_variable_is_free() {
    let config = Profile::Tiny.config();
    let proof = honest(&config, 1);
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize(&mut cs, &config, std::slice::from_ref(&proof));
    let (matrices, mut assignment) = cs.into_parts();
    assert_eq!(matrices.first_unsatisfied(assignment.values()), None);
    let variables = matrices.num_variables();
    let samples = 60;
    for sample in 0..samples {
        let variable = 1 + sample * (variables - 1) / samples + sample % 7;
        assignment.values_mut()[variable] += F::ONE;
        assert!(matrices.first_unsatisfied(assignment.values()).is_some(), "variable {variable} is free");
        assignment.values_mut()[variable] -= F::ONE;
    }
}
