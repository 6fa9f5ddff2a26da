//! Several runs of one adapter under one argument: `Config::runs` statements that share the weights' opening.
//!
//! A further run costs a tree and its openings, not an argument of its own. All runs have one layout: the same padded
//! number of tokens, the same modules sharing inputs. Fewer runs than the profile has are filled up with the last one,
//! as a contract does with statements.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_statement::digest::check_context;
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, F, InputsLayout, Statement, WeightsLayout, Witness, relation,
};

use crate::argument::{commit_run, prove_argument};
use crate::commitment::Commitment;
use crate::proof::Proof;
use crate::subject::{Run, Subject};
use crate::transcript::Transcript;
use crate::{Config, Error};

/// One run: its part of the statement and what the activations id opens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRun {
    /// The activations id.
    pub activations: F,
    /// The context.
    pub context: F,
    /// What the activations id opens to.
    pub preimage: ActivationsPreimage,
}

/// Statements about one adapter, what their ids open to, and the one argument for all of them. Not zero-knowledge: it
/// stays with the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedProof {
    /// The adapter id.
    pub adapter_id: F,
    /// Layout of the adapter.
    pub weights_layout: WeightsLayout,
    /// What the adapter id opens to.
    pub adapter: AdapterPreimage,
    /// Layout of every run.
    pub inputs_layout: InputsLayout,
    /// The runs, `Config::runs` of them.
    pub runs: Vec<SharedRun>,
    /// The argument.
    pub proof: Proof,
}

impl SharedProof {
    /// What the argument is about.
    pub fn subject(&self) -> Subject<'_> {
        let Self { adapter_id, weights_layout, adapter, inputs_layout, runs, proof } = self;
        let runs = runs
            .iter()
            .map(|run| Run { activations: run.activations, context: run.context, preimage: &run.preimage })
            .collect();
        Subject { adapter: *adapter_id, adapter_preimage: adapter, weights_layout, inputs_layout, runs, proof }
    }

    /// The statements, without the repetitions at the end that fill the runs.
    pub fn statements(&self) -> Vec<Statement> {
        without_repeated_end(self.subject().statements())
    }

    /// Checks the proof.
    ///
    /// # Errors
    /// The check that failed.
    pub fn verify(&self, config: &Config) -> Result<(), Error> {
        self.subject().verify(config)
    }
}

/// Drops statements at the end that repeat the one before: they fill a profile's runs.
pub fn without_repeated_end(mut statements: Vec<Statement>) -> Vec<Statement> {
    while let [.., before, last] = statements.as_slice() {
        if before != last {
            break;
        }
        statements.pop();
    }
    statements
}

/// What is proven about one run.
#[derive(Clone, Debug)]
pub struct RunRequest<'a> {
    /// The adapter with this run's inputs and outputs, modules in slot order.
    pub witness: &'a Witness,
    /// What the statement is for.
    pub context: F,
    /// Salt of the activations id.
    pub salt: F,
}

/// Proves runs of a committed adapter under one argument.
///
/// # Errors
/// [`Error::RunCount`]; [`Error::RunsDiffer`] for another adapter or another layout; [`Error::Statement`] when the
/// relation does not hold, a run does not fit, or a context is of a reserved kind. All before any heavy work but the
/// commitments.
pub fn prove_shared(
    config: &Config,
    requests: &[RunRequest<'_>],
    weights_layout: &WeightsLayout,
    weights: &Commitment,
    adapter: &AdapterPreimage,
) -> Result<SharedProof, Error> {
    for (run, request) in requests.iter().enumerate() {
        check_context(&request.context)?;
        relation::check(request.witness)?;
        if requests.first().is_some_and(|first| request.witness.adapter != first.witness.adapter) {
            return Err(Error::RunsDiffer { run, what: "adapter" });
        }
    }
    argue_shared(config, requests, weights_layout, weights, adapter)
}

/// [`prove_shared`] without asking whether the statements hold: for tests of soundness.
#[doc(hidden)]
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "prover: the number of runs is checked first"
)]
pub fn argue_shared(
    config: &Config,
    requests: &[RunRequest<'_>],
    weights_layout: &WeightsLayout,
    weights: &Commitment,
    adapter: &AdapterPreimage,
) -> Result<SharedProof, Error> {
    let missing = config.runs().checked_sub(requests.len()).filter(|missing| *missing < config.runs());
    let Some(missing) = missing else { return Err(Error::RunCount { maximum: config.runs(), actual: requests.len() }) };
    let mut committed = Vec::with_capacity(config.runs());
    for request in requests {
        committed.push(commit_run(config, request.witness, weights_layout, request.salt)?);
    }
    let inputs_layout = committed[0].0.inputs_layout.clone();
    let maxima = config.maxima();
    let (inner_digest, weights_digest) = (config.inner_digest(), weights_layout.digest(maxima));
    let inputs_digest = inputs_layout.digest(maxima);
    let mut runs = Vec::with_capacity(config.runs());
    for (run, ((opening, _), request)) in committed.iter().zip(requests).enumerate() {
        if opening.inputs_layout != inputs_layout {
            return Err(Error::RunsDiffer { run, what: "padded number of tokens, or other modules sharing inputs," });
        }
        let activations = opening.preimage.id(inner_digest, weights_digest, inputs_digest);
        runs.push(SharedRun { activations, context: request.context, preimage: opening.preimage.clone() });
    }
    let mut indices: Vec<usize> = (0..requests.len()).collect();
    indices.extend(std::iter::repeat_n(requests.len() - 1, missing));
    let runs = indices.iter().map(|index| runs[*index].clone()).collect();
    let adapter_id = adapter.id(inner_digest, weights_digest);
    let (weights_layout, adapter) = (weights_layout.clone(), adapter.clone());
    let mut shared = SharedProof { adapter_id, weights_layout, adapter, inputs_layout, runs, proof: Proof::empty() };

    let witnesses: Vec<&Witness> = indices.iter().map(|index| requests[*index].witness).collect();
    let mut commitments = vec![weights];
    commitments.extend(indices.iter().map(|index| &committed[*index].1));
    let transcript = &mut Transcript::default();
    shared.proof = prove_argument(config, transcript, &witnesses, &shared.subject(), &commitments);
    Ok(shared)
}
