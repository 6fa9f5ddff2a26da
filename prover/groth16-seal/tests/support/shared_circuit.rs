//! The circuit of proofs of several statements, and what is asked of it whether these are of runs or of adapters.

use rankproof_groth16_seal::{ConstraintSystem, Error, Matrices, SealProfile, circuit, seal};
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{Config, Error as ProofError, SharedProof};
use rankproof_statement::claim::{Statement, public_inputs};

/// A circuit of one slot, recorded once: the rows do not depend on values.
pub struct SharedCircuit {
    pub config: Config,
    pub matrices: Matrices,
}

impl SharedCircuit {
    pub fn of(config: Config) -> Self {
        let mut cs = ConstraintSystem::recording();
        circuit::synthesize_subjects(&mut cs, &config, &[circuit::blank_shared(&config).subject()]);
        Self { config, matrices: cs.into_parts().0 }
    }

    /// The first part that complains about a proof under a claim, if any.
    pub fn complaint(&self, proof: &SharedProof, claimed: &[Statement]) -> Option<String> {
        let mut cs = ConstraintSystem::assigning(self.matrices.num_variables());
        circuit::synthesize_subjects_with(&mut cs, &self.config, &[proof.subject()], public_inputs(claimed));
        self.matrices.first_unsatisfied(cs.into_assignment().values()).map(|unsatisfied| unsatisfied.group)
    }

    /// The complaint under the proof's own claim.
    pub fn own_complaint(&self, proof: &SharedProof) -> Option<String> {
        self.complaint(proof, &proof.subject().statements())
    }
}

/// The circuit says and draws what the native verifier does.
pub fn has_the_native_transcript(config: &Config, honest: &SharedProof) {
    let mut native = Transcript::recording();
    assert_eq!(honest.subject().verify_with(config, &mut native), Ok(()));
    let mut transcript = circuit::transcript::TranscriptVar::default();
    let mut cs = ConstraintSystem::assigning(0);
    circuit::argument::enforce_with(&mut cs, config, &honest.subject(), &mut transcript);
    assert_eq!(transcript.events(), native.events());
}

/// One key seals two statements and a single one; not in another order, and no `wrong` proof.
pub fn seals_two_and_one(profile: SealProfile, honest: &SharedProof, alone: &SharedProof, wrong: &SharedProof) {
    let key = seal::development_keys(profile).expect("the circuit fits the field");
    let sealed = seal::seal_shared(&key, honest).expect("honest");
    assert_eq!((sealed.slots, sealed.statements.clone()), (2, honest.statements()));
    assert_eq!(seal::verify(key.verifying_key(), &sealed), Ok(()));
    let swapped = seal::Seal { statements: sealed.statements.iter().rev().copied().collect(), ..sealed.clone() };
    assert_eq!(seal::verify(key.verifying_key(), &swapped), Err(Error::SealRejected));

    let sealed = seal::seal_shared(&key, alone).expect("honest");
    assert_eq!(sealed.statements.len(), 1);
    assert_eq!(seal::verify(key.verifying_key(), &sealed), Ok(()));

    let refused = seal::seal_shared(&key, wrong).expect_err("another context");
    assert_eq!(refused, Error::ProofRejected { index: 0, source: ProofError::RankSumcheck });
}
