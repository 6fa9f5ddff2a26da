//! The circuit of a configuration, recorded once: the rows do not depend on values, so a proof only assigns them.
#![allow(dead_code, reason = "each test file uses a part")]

#[path = "../../../lora-proof/tests/support/mod.rs"]
pub mod lora;

use std::sync::OnceLock;

use rankproof_groth16_seal::{Assignment, ConstraintSystem, F, Matrices, circuit};
use rankproof_lora_proof::{Config, LoraProof, Profile};
use rankproof_statement::Statement;
use rankproof_statement::claim::public_inputs;

pub struct Circuit {
    pub config: Config,
    pub matrices: Matrices,
}

impl Circuit {
    fn new(profile: Profile) -> Self {
        let config = profile.config();
        let mut cs = ConstraintSystem::recording();
        circuit::synthesize(&mut cs, &config, &[circuit::blank(&config)]);
        Self { config, matrices: cs.into_parts().0 }
    }

    /// That of the profile `tiny`, made once per test binary.
    pub fn tiny() -> &'static Self {
        static TINY: OnceLock<Circuit> = OnceLock::new();
        TINY.get_or_init(|| Self::new(Profile::Tiny))
    }

    /// That of the profile `small`, made once per test binary.
    pub fn small() -> &'static Self {
        static SMALL: OnceLock<Circuit> = OnceLock::new();
        SMALL.get_or_init(|| Self::new(Profile::Small))
    }

    /// What the circuit's writer makes of a proof, right or wrong, with these public inputs.
    pub fn assignment(&self, proof: &LoraProof, public: [F; 3]) -> Assignment {
        let mut cs = ConstraintSystem::assigning(self.matrices.num_variables());
        circuit::synthesize_with(&mut cs, &self.config, std::slice::from_ref(proof), public);
        cs.into_assignment()
    }

    /// The first part that complains about a proof, if any.
    pub fn complaint(&self, proof: &LoraProof) -> Option<String> {
        self.complaint_with(proof, proof.statement)
    }

    /// [`Self::complaint`] when the seal claims this statement.
    pub fn complaint_with(&self, proof: &LoraProof, claimed: Statement) -> Option<String> {
        let assignment = self.assignment(proof, public_inputs(&[claimed]));
        self.matrices.first_unsatisfied(assignment.values()).map(|unsatisfied| unsatisfied.group)
    }
}
