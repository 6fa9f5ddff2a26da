//! Eight proofs in one seal, eight runs under one argument, four adapters under one: what holds of two must hold of more.
//! The circuits alone, without keys; minutes, so in the full layer.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use ark_ff::Field;
use rankproof_groth16_seal::{ConstraintSystem, F, Matrices, SealProfile, circuit, seal};
use rankproof_lora_proof::shared::argue_shared;
use rankproof_lora_proof::{Error, LoraProof, Oracle, SharedProof, Subject, prove_shared, verify};
use rankproof_statement::claim::{Statement, public_inputs};
use rankproof_statement::{WeightBits, Witness};
use support::{SHAPES, adapters_by, another_run, prove_shared_witnesses, prove_witness, shared_by, witness};

/// The first part of the circuit that complains under a claim of these statements.
fn complaint(profile: SealProfile, matrices: &Matrices, subjects: &[Subject<'_>], claimed: &[Statement]) -> String {
    let mut cs = ConstraintSystem::assigning(matrices.num_variables());
    circuit::synthesize_subjects_with(&mut cs, &profile.config(), subjects, public_inputs(claimed));
    matrices.first_unsatisfied(cs.into_assignment().values()).map_or_else(String::new, |unsatisfied| unsatisfied.group)
}

fn statements(proofs: &[&LoraProof]) -> Vec<Statement> {
    proofs.iter().map(|proof| proof.statement).collect()
}

#[test]
#[ignore = "minutes: make test-full"]
fn eight_slots_verify_eight_proofs() {
    const PROFILE: SealProfile = SealProfile::SMALL_X8;
    let (config, matrices) = (PROFILE.config(), seal::circuit_of(PROFILE));
    // Three adapters, four runs, four contexts.
    let prove = |seed, tokens, context| {
        prove_witness(&config, &witness(&SHAPES, tokens, WeightBits::Four, seed), F::from(context))
    };
    let [a, b, c, d] = [prove(1, 5, 9u64), prove(2, 40, 10), prove(3, 64, 11), prove(1, 5, 12)];
    let complaint = |proofs: &[&LoraProof], claimed: &[Statement]| {
        let subjects: Vec<Subject<'_>> = proofs.iter().map(|proof| proof.subject()).collect();
        complaint(PROFILE, &matrices, &subjects, claimed)
    };
    let honest = [&a, &b, &c, &d, &c, &b, &a, &d];
    let claimed = statements(&honest);
    assert_eq!(complaint(&honest, &claimed), "");

    // One bad among eight.
    let mut wrong = c.clone();
    wrong.proof.output_value.unabsorbed_mut()[0] += F::ONE;
    assert_eq!(verify(&config, &wrong), Err(Error::RankSumcheck));
    for slot in [0, 3, 7] {
        let mut batch = honest;
        batch[slot] = &wrong;
        let complaint = complaint(&batch, &statements(&batch));
        assert!(complaint.starts_with(&format!("slot {slot}/rank sumcheck")), "`{complaint}` complains");
    }
    // Proofs swapped between slots, under the claim of the order before.
    let mut swapped = honest;
    swapped.swap(2, 6);
    assert_eq!(complaint(&swapped, &claimed), "root");
    // A proof under the statement of its neighbor.
    let foreign = LoraProof { statement: a.statement, ..d.clone() };
    let mut batch = honest;
    batch[7] = &foreign;
    let refused = complaint(&batch, &statements(&batch));
    assert!(refused.starts_with("slot 7/rank sumcheck"), "`{refused}` complains");
    // A filler repeated where another statement is claimed, and a statement without its proof.
    let filled = [&a, &b, &c, &c, &c, &c, &c, &c];
    assert_eq!(complaint(&filled, &statements(&filled)), "");
    assert_eq!(complaint(&filled, &statements(&[&a, &b, &c, &c, &c, &c, &c, &d])), "root");
    println!("assurance: batches of eight proofs judged by the circuit = 9");
}

#[test]
#[ignore = "minutes: make test-full"]
fn eight_runs_share_one_argument() {
    const PROFILE: SealProfile = SealProfile::SMALL_S8;
    let (config, matrices) = (PROFILE.config(), seal::circuit_of(PROFILE));
    let first = witness(&SHAPES, 33, WeightBits::Four, 1);
    let mut runs = vec![first.clone()];
    runs.extend((2..9).map(|seed| another_run(&first, seed)));
    let honest = prove_shared_witnesses(&config, &runs).expect("provable");
    assert_eq!(honest.verify(&config), Ok(()));
    let claimed = honest.subject().statements();
    let judge = |proof: &SharedProof, claimed: &[Statement]| complaint(PROFILE, &matrices, &[proof.subject()], claimed);
    assert_eq!(judge(&honest, &claimed), "");

    // Statements swapped, one without its run, one repeated.
    let mut swapped = claimed.clone();
    swapped.swap(1, 6);
    assert_eq!(judge(&honest, &swapped), "root");
    let mut without = claimed.clone();
    without[7].context += F::ONE;
    assert_eq!(judge(&honest, &without), "root");
    let mut repeated = claimed.clone();
    repeated[7] = repeated[6];
    assert_eq!(judge(&honest, &repeated), "root");

    // Runs, their trees and their contexts swapped inside the proof.
    let mut changed = honest.clone();
    changed.adapters[0].runs.swap(1, 6);
    assert_eq!(changed.verify(&config), Err(Error::RankSumcheck));
    let refused = judge(&changed, &changed.subject().statements());
    assert!(refused.starts_with("slot 0/rank sumcheck"), "`{refused}` complains");
    let mut changed = honest.clone();
    changed.proof.opening.rounds[0].trees.swap(2, 7);
    assert_eq!(changed.verify(&config), Err(Error::MerkleCap { oracle: Oracle::Activations { adapter: 0, run: 1 } }));
    let refused = judge(&changed, &claimed);
    assert!(refused.starts_with("slot 0/opening/round 0/queries/tree 2/cap root"), "`{refused}` complains");

    // One bad among eight, argued all the same; and two whose lies cancel in their sum.
    for lies in [vec![(5, 1)], vec![(2, 1), (7, -1)]] {
        let mut wrong = runs.clone();
        lies.iter().for_each(|(run, lie): &(usize, i64)| wrong[*run].outputs[1][3] += lie);
        let proof = shared_by(&config, &wrong, argue_shared).expect("argued");
        assert_eq!(proof.verify(&config), Err(Error::RankSumcheck), "{lies:?}");
        let refused = judge(&proof, &proof.subject().statements());
        assert!(refused.starts_with("slot 0/rank sumcheck"), "{lies:?}: `{refused}` complains");
    }
    println!("assurance: proofs of eight runs judged by the circuit = 8");
}

#[test]
#[ignore = "minutes: make test-full"]
fn four_adapters_share_one_argument() {
    const PROFILE: SealProfile = SealProfile::SMALL_A4;
    let (config, matrices) = (PROFILE.config(), seal::circuit_of(PROFILE));
    let bits = [WeightBits::Four, WeightBits::Eight, WeightBits::Four, WeightBits::Eight];
    let witnesses: Vec<Witness> = bits
        .into_iter()
        .zip([(1, 5), (2, 40), (3, 64), (4, 33)])
        .map(|(bits, (seed, tokens))| witness(&SHAPES, tokens, bits, seed))
        .collect();
    let one_each = |witnesses: &[Witness], prover| {
        let adapters: Vec<&[Witness]> = witnesses.chunks(1).collect();
        adapters_by(&config, &adapters, prover)
    };
    let honest = one_each(&witnesses, prove_shared).expect("provable");
    assert_eq!(honest.verify(&config), Ok(()));
    let claimed = honest.subject().statements();
    let judge = |proof: &SharedProof, claimed: &[Statement]| complaint(PROFILE, &matrices, &[proof.subject()], claimed);
    assert_eq!(judge(&honest, &claimed), "");

    // Three adapters: the last one fills the profile.
    let three = one_each(&witnesses[..3], prove_shared).expect("provable");
    assert_eq!((three.statements().len(), judge(&three, &three.subject().statements()).as_str()), (3, ""));

    // Statements swapped, one without its run, one repeated, one about the adapter of another.
    let claims: [fn(&mut [Statement]); 4] = [
        |claimed| claimed.swap(1, 2),
        |claimed| claimed[3].context += F::ONE,
        |claimed| claimed[3] = claimed[2],
        |claimed| claimed[3].adapter = claimed[2].adapter,
    ];
    for claim in claims {
        let mut claimed = claimed.clone();
        claim(&mut claimed);
        assert_eq!(judge(&honest, &claimed), "root");
    }

    // Adapters and their trees swapped inside the proof.
    let mut changed = honest.clone();
    changed.adapters.swap(1, 2);
    assert_eq!(changed.verify(&config), Err(Error::RankSumcheck));
    let refused = judge(&changed, &changed.subject().statements());
    assert!(refused.starts_with("slot 0/rank sumcheck"), "`{refused}` complains");
    let mut changed = honest.clone();
    changed.proof.opening.rounds[0].trees.swap(2, 6);
    assert_eq!(changed.verify(&config), Err(Error::MerkleCap { oracle: Oracle::Weights { adapter: 1 } }));
    let refused = judge(&changed, &claimed);
    assert!(refused.starts_with("slot 0/opening/round 0/queries/tree 2/cap root"), "`{refused}` complains");

    // One bad among four, argued all the same; and two whose lies cancel in their sum.
    for lies in [vec![(2, 1)], vec![(0, 1), (3, -1)]] {
        let mut wrong = witnesses.clone();
        lies.iter().for_each(|(adapter, lie): &(usize, i64)| wrong[*adapter].outputs[1][3] += lie);
        let proof = one_each(&wrong, argue_shared).expect("argued");
        assert_eq!(proof.verify(&config), Err(Error::RankSumcheck), "{lies:?}");
        let refused = judge(&proof, &proof.subject().statements());
        assert!(refused.starts_with("slot 0/rank sumcheck"), "{lies:?}: `{refused}` complains");
    }
    println!("assurance: proofs of four adapters judged by the circuit = 10");
}
