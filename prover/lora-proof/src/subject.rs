//! What one argument is about, and its verifier (docs/protocol.md section 3).
//!
//! An argument is about one adapter and [`Config::runs`] runs of it: one in a [`LoraProof`], several in a
//! [`crate::SharedProof`]. The relation is linear in X and Y, so several runs of one layout are argued as one, combined
//! by powers of a challenge `delta` that is drawn when all of them are bound.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_statement::digest::out_of_domain_point;
use rankproof_statement::{ActivationsPreimage, AdapterPreimage, F, InputsLayout, Statement, WeightsLayout};

use crate::argument::{ActivationsOpening, LoraProof};
use crate::claims::{Batched, Points, Values};
use crate::error::check_length;
use crate::proof::Proof;
use crate::transcript::{Transcript, labels};
use crate::{Config, Error, range, sumcheck, whir};

/// One run of an adapter, as an argument sees it.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The activations id.
    pub activations: F,
    /// The context.
    pub context: F,
    /// What the activations id opens to.
    pub preimage: &'a ActivationsPreimage,
}

/// What one argument is about: an adapter and `Config::runs` runs of it, of one layout.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The adapter id.
    pub adapter: F,
    /// What it opens to.
    pub adapter_preimage: &'a AdapterPreimage,
    /// Layout of the adapter.
    pub weights_layout: &'a WeightsLayout,
    /// Layout of every run.
    pub inputs_layout: &'a InputsLayout,
    /// The runs.
    pub runs: Vec<Run<'a>>,
    /// The argument.
    pub proof: &'a Proof,
}

impl LoraProof {
    /// What the argument of this proof is about.
    pub fn subject(&self) -> Subject<'_> {
        let Self { statement, weights_layout, adapter, activations, proof } = self;
        let ActivationsOpening { inputs_layout, preimage } = activations;
        let runs = vec![Run { activations: statement.activations, context: statement.context, preimage }];
        Subject { adapter: statement.adapter, adapter_preimage: adapter, weights_layout, inputs_layout, runs, proof }
    }
}

impl Subject<'_> {
    /// The statements, run by run.
    pub fn statements(&self) -> Vec<Statement> {
        let statement =
            |run: &Run<'_>| Statement { adapter: self.adapter, activations: run.activations, context: run.context };
        self.runs.iter().map(statement).collect()
    }

    /// What both sides absorb first.
    pub(crate) fn public_elements(&self, config: &Config) -> Vec<F> {
        let preimages = || self.runs.iter().map(|run| run.preimage);
        let mut elements = vec![config.inner_digest(), self.adapter];
        elements.extend(self.runs.iter().flat_map(|run| [run.activations, run.context]));
        elements.push(self.adapter_preimage.weights_root);
        elements.extend(preimages().map(|preimage| preimage.activations_root));
        elements.push(self.adapter_preimage.weights_ood);
        elements.extend(preimages().map(|preimage| preimage.activations_ood));
        elements.push(self.weights_layout.digest(config.maxima()));
        elements.push(self.inputs_layout.digest(config.maxima()));
        elements
    }

    /// Out-of-domain points of the activations, run by run.
    pub(crate) fn activations_ood_points(&self, config: &Config) -> Vec<F> {
        let inner_digest = config.inner_digest();
        self.runs.iter().map(|run| out_of_domain_point(inner_digest, run.preimage.activations_root)).collect()
    }
}

/// `delta^0`, `delta^1`, ..: what each run counts. One run counts 1, and nothing is drawn.
pub(crate) fn run_shares(config: &Config, transcript: &mut Transcript) -> Vec<F> {
    let mut shares = vec![F::from(1u64)];
    if config.runs() > 1 {
        let delta = transcript.challenge(labels::RUNS);
        shares.extend(
            std::iter::successors(Some(delta), |power| Some(*power * delta)).take(config.runs().saturating_sub(1)),
        );
    }
    shares
}

impl Subject<'_> {
    /// Checks a proof: all ids are the hashes of what is opened, and the argument holds.
    ///
    /// # Errors
    /// The check that failed.
    pub fn verify(&self, config: &Config) -> Result<(), Error> {
        self.verify_with(config, &mut Transcript::default())
    }

    /// The ids are the hashes of what is opened, and every length is what the configuration says.
    fn check_ids(&self, config: &Config) -> Result<(), Error> {
        let maxima = config.maxima();
        let inner_digest = config.inner_digest();
        check_length("runs", config.runs(), self.runs.len())?;
        self.weights_layout.check(maxima)?;
        self.inputs_layout.check(self.weights_layout, maxima)?;
        let weights_digest = self.weights_layout.digest(maxima);
        let inputs_digest = self.inputs_layout.digest(maxima);
        if self.adapter_preimage.id(inner_digest, weights_digest) != self.adapter {
            return Err(Error::AdapterIdMismatch);
        }
        let opens = |run: &Run<'_>| run.preimage.id(inner_digest, weights_digest, inputs_digest) == run.activations;
        if !self.runs.iter().all(opens) {
            return Err(Error::ActivationsIdMismatch);
        }
        self.proof.check_shape(config)
    }

    /// [`Self::verify`] with a transcript of the caller's.
    ///
    /// # Errors
    /// The check that failed.
    pub fn verify_with(&self, config: &Config, transcript: &mut Transcript) -> Result<(), Error> {
        self.check_ids(config)?;
        let (maxima, proof) = (config.maxima(), self.proof);

        transcript.public(labels::STATEMENT, &self.public_elements(config));
        let shares = run_shares(config, transcript);
        let output = transcript.challenges(labels::OUTPUT_POINT, maxima.log_output_space);
        let token = transcript.challenges(labels::OUTPUT_POINT, maxima.log_tokens);
        let [y] = *transcript.receive(labels::OUTPUT_VALUE, &proof.output_value);

        let rank = sumcheck::verify(transcript, [labels::RANK_ROUND, labels::RANK_POINT], y, &proof.rank_sumcheck);
        let [b, u] = *transcript.receive(labels::RANK_VALUES, &proof.rank_values);
        if b * u != rank.claim {
            return Err(Error::RankSumcheck);
        }
        let input = sumcheck::verify(transcript, [labels::INPUT_ROUND, labels::INPUT_POINT], u, &proof.input_sumcheck);
        let [a, x] = *transcript.receive(labels::INPUT_VALUES, &proof.input_values);
        if a * x != input.claim {
            return Err(Error::InputSumcheck);
        }
        let seed = transcript.challenges(labels::RANGE_SEED, config.log_size());
        let range = range::verify(transcript, &seed, &proof.range_check);
        let [range_value] = *transcript.receive(labels::RANGE_VALUE, &proof.range_value);
        if range::nibble_product(range_value) != range.claim {
            return Err(Error::RangeCheck);
        }

        let gamma = transcript.challenge(labels::BATCHING);
        let points = Points {
            maxima,
            weights: self.weights_layout,
            inputs: self.inputs_layout,
            output: &output,
            token: &token,
            rank: &rank.point,
            input: &input.point,
            range: &range.point,
            weights_ood: out_of_domain_point(config.inner_digest(), self.adapter_preimage.weights_root),
            activations_ood: &self.activations_ood_points(config),
        };
        let batched = Batched { points, gamma, runs: &shares };
        let oods: Vec<F> = self.runs.iter().map(|run| run.preimage.activations_ood).collect();
        let weights_ood = self.adapter_preimage.weights_ood;
        let claim = batched.claim(&Values { a, b, range: range_value, weights_ood, x, y, activations_ood: &oods });
        let mut roots = vec![self.adapter_preimage.weights_root];
        roots.extend(self.runs.iter().map(|run| run.preimage.activations_root));
        whir::verify(config, transcript, &roots, claim, |point| batched.evaluate(point), &proof.opening)
    }
}
