//! The universal circuit: `K` LoRA proofs verify, and the seal is over exactly their statements.
//!
//! For every slot it allocates the statement, the layouts and the proof, recomputes both ids, replays the transcript and
//! enforces what `rankproof_lora_proof::verify` checks, file by file:
//!
//! * [`transcript`]: absorb and squeeze, in the same order under the same labels;
//! * [`layout`]: the rules of `WeightsLayout::check` and `InputsLayout::check`, and the digests of both;
//! * [`claims`]: the weight functions (docs/protocol.md eq. 5, 6);
//! * [`argument`]: ids, the two sumchecks, the range check (eq. 2 to 4);
//! * [`whir`]: the opening.
//!
//! Then it hashes the leaves to `root` and ties the public inputs `root`, `challenge`, `evaluation` to the statements
//! (section 5). Shapes and offsets are witness: one key serves every adapter that fits the profile. No slot is empty.
//!
//! Nothing is refused while assigning: a wrong proof gives an assignment that breaks a constraint.

pub mod argument;
pub mod claims;
pub mod layout;
pub mod transcript;
pub mod whir;

use rankproof_lora_proof::{
    ActivationsOpening, Config, LoraProof, Proof, SharedAdapter, SharedProof, SharedRun, Subject,
};
use rankproof_statement::claim::{CHALLENGE, EVALUATION, PUBLIC_INPUTS, ROOT, public_inputs};
use rankproof_statement::digest::tags;
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, InputsLayout, SlotLayout, Statement, WeightBits, WeightsLayout,
};

use crate::gadgets::{merkle, polynomial, sponge};
use crate::{ConstraintSystem, F, Num};

/// Writes the circuit over one proof per slot; the public inputs are those of the proofs' statements.
///
/// # Panics
/// When a proof does not have the configuration's shape: check it first (`Subject::verify` does).
pub fn synthesize(cs: &mut ConstraintSystem, config: &Config, proofs: &[LoraProof]) {
    let subjects: Vec<Subject<'_>> = proofs.iter().map(LoraProof::subject).collect();
    synthesize_subjects(cs, config, &subjects);
}

/// [`synthesize`] for proofs of one or of several statements.
///
/// # Panics
/// As [`synthesize`].
pub fn synthesize_subjects(cs: &mut ConstraintSystem, config: &Config, subjects: &[Subject<'_>]) {
    let statements: Vec<Statement> = subjects.iter().flat_map(Subject::statements).collect();
    synthesize_subjects_with(cs, config, subjects, public_inputs(&statements));
}

/// [`synthesize`] with public inputs of the caller's: for tests that claim something else than what was proven.
///
/// # Panics
/// As [`synthesize`].
pub fn synthesize_with(cs: &mut ConstraintSystem, config: &Config, proofs: &[LoraProof], public: [F; PUBLIC_INPUTS]) {
    let subjects: Vec<Subject<'_>> = proofs.iter().map(LoraProof::subject).collect();
    synthesize_subjects_with(cs, config, &subjects, public);
}

/// [`synthesize_with`] for proofs of one or of several statements.
///
/// # Panics
/// As [`synthesize`].
pub fn synthesize_subjects_with(
    cs: &mut ConstraintSystem,
    config: &Config,
    subjects: &[Subject<'_>],
    public: [F; PUBLIC_INPUTS],
) {
    let public = public.map(|input| cs.public(input));
    let statements: Vec<[Num; 3]> = subjects
        .iter()
        .enumerate()
        .flat_map(|(slot, subject)| cs.group_indexed("slot", slot, |cs| argument::enforce(cs, config, subject)))
        .collect();
    bind_statements(cs, &public, statements);
}

/// Ties the public inputs to the statements: the last part of the circuit, which is all that a seal's contract sees.
pub fn bind_statements(cs: &mut ConstraintSystem, public: &[Num; PUBLIC_INPUTS], statements: Vec<[Num; 3]>) {
    cs.group("root", |cs| {
        let leaves: Vec<Num> = statements.iter().map(|statement| sponge::hash(cs, tags::LEAF, statement)).collect();
        let root = merkle::cap_root(cs, &leaves);
        cs.enforce_equal(&public[ROOT], &root);
    });
    cs.group("evaluation", |cs| {
        let elements: Vec<Num> = statements.into_iter().flatten().collect();
        let evaluation = polynomial::horner(cs, &elements, &public[CHALLENGE]);
        cs.enforce_equal(&public[EVALUATION], &evaluation);
    });
}

/// A proof of the right shape that proves nothing: what setup writes the circuit over. The rows never depend on values.
///
/// # Panics
/// Never: reading zeros does not fail.
pub fn blank(config: &Config) -> LoraProof {
    let zero = F::from(0u64);
    let slot = SlotLayout { log_in: 0, log_out: 0, weights_a: 0, weights_b: 1, output_offset: 0 };
    LoraProof {
        statement: Statement { adapter: zero, activations: zero, context: zero },
        weights_layout: WeightsLayout { bits: WeightBits::Four, log_rank: 0, slots: vec![slot] },
        adapter: AdapterPreimage {
            weights_root: zero,
            weights_ood: zero,
            manifest_digest: [0; 32],
            base_model_digest: [0; 32],
            salt: zero,
        },
        activations: ActivationsOpening {
            inputs_layout: InputsLayout { log_tokens: 0, input_offsets: vec![0] },
            preimage: ActivationsPreimage {
                activations_root: zero,
                activations_ood: zero,
                scales_digest: [0; 32],
                salt: zero,
            },
        },
        proof: Proof::read(config, &mut || Ok(zero)).expect("reading zeros does not fail"),
    }
}

/// [`blank`] with the configuration's numbers of adapters and of runs.
///
/// # Panics
/// As [`blank`].
pub fn blank_shared(config: &Config) -> SharedProof {
    let LoraProof { statement, weights_layout, adapter, activations, proof } = blank(config);
    let ActivationsOpening { inputs_layout, preimage } = activations;
    let run = SharedRun { activations: statement.activations, context: statement.context, preimage };
    let runs = vec![run; config.runs()];
    let adapter = SharedAdapter { adapter_id: statement.adapter, weights_layout, adapter, inputs_layout, runs };
    SharedProof { adapters: vec![adapter; config.adapters()], proof }
}
