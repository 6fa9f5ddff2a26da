//! Several statements under one argument: `Config::runs` runs of each of `Config::adapters` adapters.
//!
//! A further run costs a tree and its openings, a further adapter two, not an argument of its own. All runs of one
//! adapter have one layout: the same padded number of tokens, the same modules sharing inputs. Fewer runs than the
//! profile has are filled up with the last one, fewer adapters with the last one and its runs, as a contract does with
//! statements.

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

use crate::argument::{ActivationsOpening, check_commitment, commit_run, prove_argument};
use crate::commitment::Commitment;
use crate::proof::Proof;
use crate::subject::{AdapterRuns, Run, Subject};
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

/// An adapter and its runs: their parts of the statements and what the ids open to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedAdapter {
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
}

/// Statements about adapters, what their ids open to, and the one argument for all of them. Not zero-knowledge: it
/// stays with the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedProof {
    /// The adapters, `Config::adapters` of them.
    pub adapters: Vec<SharedAdapter>,
    /// The argument.
    pub proof: Proof,
}

impl SharedAdapter {
    fn runs(&self) -> AdapterRuns<'_> {
        let Self { adapter_id, weights_layout, adapter, inputs_layout, runs } = self;
        let runs = runs
            .iter()
            .map(|run| Run { activations: run.activations, context: run.context, preimage: &run.preimage })
            .collect();
        AdapterRuns { adapter: *adapter_id, adapter_preimage: adapter, weights_layout, inputs_layout, runs }
    }
}

impl SharedProof {
    /// What the argument is about.
    pub fn subject(&self) -> Subject<'_> {
        Subject { adapters: self.adapters.iter().map(SharedAdapter::runs).collect(), proof: &self.proof }
    }

    /// The statements, without the repetitions at the end that fill the profile.
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

/// Drops statements at the end that repeat the one before: they fill a profile.
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

/// A committed adapter, and what is proven about it.
#[derive(Clone, Debug)]
pub struct AdapterRequest<'a> {
    /// Layout of the adapter.
    pub weights_layout: &'a WeightsLayout,
    /// Its commitment.
    pub weights: &'a Commitment,
    /// What its id opens to.
    pub adapter: &'a AdapterPreimage,
    /// Its runs.
    pub runs: Vec<RunRequest<'a>>,
}

/// Proves runs of committed adapters under one argument.
///
/// # Errors
/// [`Error::AdapterCount`], [`Error::RunCount`]; [`Error::RunsDiffer`] for runs of another adapter or another layout;
/// [`Error::CommitmentMismatch`]; [`Error::Statement`] when the relation does not hold, a run does not fit, or a context
/// is of a reserved kind. All before any heavy work but the commitments.
pub fn prove_shared(config: &Config, requests: &[AdapterRequest<'_>]) -> Result<SharedProof, Error> {
    for AdapterRequest { weights_layout, weights, adapter, runs } in requests {
        for (run, request) in runs.iter().enumerate() {
            check_context(&request.context)?;
            relation::check(request.witness)?;
            if runs.first().is_some_and(|first| request.witness.adapter != first.witness.adapter) {
                return Err(Error::RunsDiffer { run, what: "adapter" });
            }
        }
        if let Some(first) = runs.first() {
            check_commitment(config, first.witness, weights_layout, weights, adapter)?;
        }
    }
    argue_shared(config, requests)
}

/// [`prove_shared`] without asking whether the statements hold: for tests of soundness.
#[doc(hidden)]
pub fn argue_shared(config: &Config, requests: &[AdapterRequest<'_>]) -> Result<SharedProof, Error> {
    if !(1..=config.adapters()).contains(&requests.len()) {
        return Err(Error::AdapterCount { maximum: config.adapters(), actual: requests.len() });
    }
    for request in requests {
        if !(1..=config.runs()).contains(&request.runs.len()) {
            return Err(Error::RunCount { maximum: config.runs(), actual: request.runs.len() });
        }
    }
    let committed = requests.iter().map(|request| commit_runs(config, request)).collect::<Result<Vec<_>, Error>>()?;
    let (mut adapters, mut witnesses, mut commitments) = (Vec::new(), Vec::new(), Vec::new());
    for (request, committed) in fill(config.adapters(), requests.iter().zip(&committed)) {
        adapters.push(committed.stated.clone());
        witnesses.push(fill(config.runs(), request.runs.iter().map(|run| run.witness)));
        commitments.push(request.weights);
        commitments.extend(fill(config.runs(), committed.runs.iter()));
    }
    let mut shared = SharedProof { adapters, proof: Proof::empty() };
    let witnesses: Vec<&[&Witness]> = witnesses.iter().map(Vec::as_slice).collect();
    let transcript = &mut Transcript::default();
    shared.proof = prove_argument(config, transcript, &witnesses, &shared.subject(), &commitments);
    Ok(shared)
}

/// What is said about an adapter and its runs, and the commitments to those that are there.
struct Committed {
    stated: SharedAdapter,
    runs: Vec<Commitment>,
}

/// As many as `count`, the last one repeated.
fn fill<T: Clone>(count: usize, items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().take(count).collect();
    if let Some(last) = items.last().cloned() {
        items.resize(count, last);
    }
    items
}

/// Commits to the runs of one adapter, at least one.
fn commit_runs(config: &Config, request: &AdapterRequest<'_>) -> Result<Committed, Error> {
    let AdapterRequest { weights_layout, adapter, runs, .. } = request;
    let maxima = config.maxima();
    let (inner_digest, weights_digest) = (config.inner_digest(), weights_layout.digest(maxima));
    let mut layout: Option<InputsLayout> = None;
    let (mut stated, mut commitments) = (Vec::new(), Vec::new());
    for (run, request) in runs.iter().enumerate() {
        let (ActivationsOpening { inputs_layout, preimage }, commitment) =
            commit_run(config, request.witness, weights_layout, request.salt)?;
        let activations = preimage.id(inner_digest, weights_digest, inputs_layout.digest(maxima));
        if layout.get_or_insert_with(|| inputs_layout.clone()) != &inputs_layout {
            return Err(Error::RunsDiffer { run, what: "padded number of tokens, or other modules sharing inputs," });
        }
        stated.push(SharedRun { activations, context: request.context, preimage });
        commitments.push(commitment);
    }
    let inputs_layout = layout.ok_or(Error::RunCount { maximum: config.runs(), actual: 0 })?;
    let stated = SharedAdapter {
        adapter_id: adapter.id(inner_digest, weights_digest),
        weights_layout: (*weights_layout).clone(),
        adapter: (*adapter).clone(),
        inputs_layout,
        runs: fill(config.runs(), stated),
    };
    Ok(Committed { stated, runs: commitments })
}
