//! Several proofs in one seal: each is verified in its own slot, and the seal is over exactly their statements in order.
//!
//! Profile `tiny-x2`. A batch that is accepted comes first; every refusal changes one thing of it.
mod support;

use ark_ff::Field;
use rankproof_groth16_seal::{ConstraintSystem, Error, F, Matrices, ProvingKey, SealProfile, circuit, seal};
use rankproof_lora_proof::{Error as ProofError, LoraProof};
use rankproof_statement::WeightBits;
use rankproof_statement::claim::{Statement, public_inputs};
use std::sync::OnceLock;
use support::lora::{SHAPES, prove_witness, witness};

const PROFILE: SealProfile = SealProfile::TINY_X2;

fn proof(seed: u64, context: u64) -> LoraProof {
    prove_witness(&PROFILE.config(), &witness(&SHAPES, 5, WeightBits::Four, seed), F::from(context))
}

/// Two adapters, two contexts.
fn proofs() -> &'static [LoraProof; 2] {
    static PROOFS: OnceLock<[LoraProof; 2]> = OnceLock::new();
    PROOFS.get_or_init(|| [proof(1, 9), proof(2, 10)])
}

fn matrices() -> &'static Matrices {
    static MATRICES: OnceLock<Matrices> = OnceLock::new();
    MATRICES.get_or_init(|| seal::circuit_of(PROFILE))
}

fn statements(proofs: &[LoraProof]) -> Vec<Statement> {
    proofs.iter().map(|proof| proof.statement).collect()
}

/// The first part of the circuit that complains about these proofs under a claim of these statements.
fn complaint(proofs: &[LoraProof], claimed: &[Statement]) -> Option<String> {
    let mut cs = ConstraintSystem::assigning(matrices().num_variables());
    circuit::synthesize_with(&mut cs, &PROFILE.config(), proofs, public_inputs(claimed));
    matrices().first_unsatisfied(cs.into_assignment().values()).map(|unsatisfied| unsatisfied.group)
}

#[test]
fn each_slot_verifies_its_own_proof() {
    let [first, second] = proofs();
    for batch in [[first, second], [second, first], [first, first]] {
        let batch = batch.map(LoraProof::clone);
        assert_eq!(complaint(&batch, &statements(&batch)), None);
    }
    let mut wrong = second.clone();
    wrong.proof.output_value.unabsorbed_mut()[0] += F::ONE;
    for (batch, slot) in [([first, &wrong], "slot 1/rank sumcheck"), ([&wrong, first], "slot 0/rank sumcheck")] {
        let batch = batch.map(LoraProof::clone);
        let complaint = complaint(&batch, &statements(&batch)).expect("one proof is wrong");
        assert!(complaint.starts_with(slot), "`{complaint}` complains");
    }
}

#[test]
fn a_batch_proves_its_statements_in_its_order_and_no_other() {
    let batch = proofs();
    let honest = statements(batch);
    assert_eq!(complaint(batch, &honest), None);
    let third = proof(3, 11).statement;
    for claimed in [[honest[1], honest[0]], [honest[0], honest[0]], [honest[0], third], [third, honest[1]]] {
        assert_eq!(complaint(batch, &claimed).as_deref(), Some("root"), "{claimed:?}");
    }
    // A proof under the statement of its neighbor.
    let swapped = [
        LoraProof { statement: honest[1], ..batch[0].clone() },
        LoraProof { statement: honest[0], ..batch[1].clone() },
    ];
    let complaint = complaint(&swapped, &honest).expect("neither proof is of its statement");
    assert!(complaint.starts_with("slot 0/"), "`{complaint}` complains");
}

#[test]
fn twice_the_slots_are_twice_the_rows_and_a_root() {
    let single = seal::circuit_of(SealProfile::TINY).num_constraints();
    // Root and evaluation: one more leaf, a node over both, three more elements.
    let tree = matrices().num_constraints() - 2 * single;
    assert!(tree < 1_000, "{tree} constraints beyond the slots");
}

#[test]
fn seals_of_one_and_of_two_proofs() {
    let key: ProvingKey = seal::development_keys(PROFILE).expect("the circuit fits the field");
    let batch = proofs();
    let sealed = seal::seal(&key, batch).expect("honest");
    assert_eq!((sealed.slots, sealed.statements.len()), (2, 2));
    assert_eq!(seal::verify(key.verifying_key(), &sealed), Ok(()));

    let changed =
        |statements: Vec<Statement>| seal::verify(key.verifying_key(), &seal::Seal { statements, ..sealed.clone() });
    let [first, second] = [sealed.statements[0], sealed.statements[1]];
    assert_eq!(changed(vec![second, first]), Err(Error::SealRejected), "swapped");
    assert_eq!(changed(vec![first]), Err(Error::SealRejected), "a statement left out");
    assert_eq!(changed(vec![first, first]), Err(Error::SealRejected), "a repeated filler");
    let too_many = Err(Error::StatementCount { slots: 2, actual: 3 });
    assert_eq!(changed(vec![first, second, second]), too_many, "a statement without its proof");
    assert_eq!(changed(vec![]), Err(Error::StatementCount { slots: 2, actual: 0 }));

    // One proof fills both slots: [A] and [A, A] share a seal.
    let alone = seal::seal(&key, &batch[..1]).expect("honest");
    assert_eq!(alone.statements, vec![first]);
    assert_eq!(seal::verify(key.verifying_key(), &alone), Ok(()));
    let twice = seal::Seal { statements: vec![first, first], ..alone.clone() };
    assert_eq!(seal::verify(key.verifying_key(), &twice), Ok(()));
    let other = seal::Seal { statements: vec![first, second], ..alone };
    assert_eq!(seal::verify(key.verifying_key(), &other), Err(Error::SealRejected));

    let mut wrong = batch.clone();
    wrong[1].proof.output_value.unabsorbed_mut()[0] += F::ONE;
    let refused = seal::seal(&key, &wrong).expect_err("one bad among two");
    assert_eq!(refused, Error::ProofRejected { index: 1, source: ProofError::RankSumcheck });
    let three = [batch[0].clone(), batch[1].clone(), batch[0].clone()];
    assert_eq!(seal::seal(&key, &three).expect_err("too many"), Error::StatementCount { slots: 2, actual: 3 });
}
