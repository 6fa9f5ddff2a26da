//! What one argument is about, and its verifier (docs/protocol.md section 3).
//!
//! An argument is about [`Config::adapters`] adapters and [`Config::runs`] runs of each: one of one in a [`LoraProof`],
//! more in a [`crate::SharedProof`]. The relation is linear in X and Y, so all runs are argued as one, combined by powers
//! of a challenge `delta` that is drawn when all of them are bound. What is not linear, the products of every adapter
//! and the range of its weights, becomes one sum: plain over ranks, where `delta` tells the adapters apart, and by powers
//! of a challenge `mu` from there on.

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
use crate::claims::{Batched, Part, Points, Values};
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

/// One adapter and its runs, all of one layout.
#[derive(Clone, Debug)]
pub struct AdapterRuns<'a> {
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
}

/// What one argument is about: `Config::adapters` adapters, and `Config::runs` runs of each.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The adapters.
    pub adapters: Vec<AdapterRuns<'a>>,
    /// The argument.
    pub proof: &'a Proof,
}

impl LoraProof {
    /// What the argument of this proof is about.
    pub fn subject(&self) -> Subject<'_> {
        let Self { statement, weights_layout, adapter, activations, proof } = self;
        let ActivationsOpening { inputs_layout, preimage } = activations;
        let runs = vec![Run { activations: statement.activations, context: statement.context, preimage }];
        let adapter =
            AdapterRuns { adapter: statement.adapter, adapter_preimage: adapter, weights_layout, inputs_layout, runs };
        Subject { adapters: vec![adapter], proof }
    }
}

impl AdapterRuns<'_> {
    /// What both sides absorb about one adapter.
    fn public_elements(&self, config: &Config) -> impl Iterator<Item = F> {
        let preimages = || self.runs.iter().map(|run| run.preimage);
        let mut elements = vec![self.adapter];
        elements.extend(self.runs.iter().flat_map(|run| [run.activations, run.context]));
        elements.push(self.adapter_preimage.weights_root);
        elements.extend(preimages().map(|preimage| preimage.activations_root));
        elements.push(self.adapter_preimage.weights_ood);
        elements.extend(preimages().map(|preimage| preimage.activations_ood));
        elements.push(self.weights_layout.digest(config.maxima()));
        elements.push(self.inputs_layout.digest(config.maxima()));
        elements.into_iter()
    }

    /// What the claims about this adapter are read through.
    fn part(&self, config: &Config) -> Part<'_> {
        let inner_digest = config.inner_digest();
        let ood_point = |root: F| out_of_domain_point(inner_digest, root);
        Part {
            weights: self.weights_layout,
            inputs: self.inputs_layout,
            weights_ood: ood_point(self.adapter_preimage.weights_root),
            activations_ood: self.runs.iter().map(|run| ood_point(run.preimage.activations_root)).collect(),
        }
    }

    /// The ids are the hashes of what is opened, and the layouts keep the rules.
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
        if self.runs.iter().all(opens) { Ok(()) } else { Err(Error::ActivationsIdMismatch) }
    }
}

impl Subject<'_> {
    /// The statements: adapter by adapter, run by run.
    pub fn statements(&self) -> Vec<Statement> {
        let of_adapter = |adapter: &AdapterRuns<'_>| {
            let id = adapter.adapter;
            let statement =
                |run: &Run<'_>| Statement { adapter: id, activations: run.activations, context: run.context };
            adapter.runs.iter().map(statement).collect::<Vec<Statement>>()
        };
        self.adapters.iter().flat_map(of_adapter).collect()
    }

    /// What both sides absorb first.
    pub(crate) fn public_elements(&self, config: &Config) -> Vec<F> {
        let of_adapters = self.adapters.iter().flat_map(|adapter| adapter.public_elements(config));
        std::iter::once(config.inner_digest()).chain(of_adapters).collect()
    }

    /// The roots in the order of the commitments: for every adapter its weights, then the activations of its runs.
    fn roots(&self) -> Vec<F> {
        let of_adapter = |adapter: &AdapterRuns<'_>| {
            let of_runs = adapter.runs.iter().map(|run| run.preimage.activations_root);
            std::iter::once(adapter.adapter_preimage.weights_root).chain(of_runs).collect::<Vec<F>>()
        };
        self.adapters.iter().flat_map(of_adapter).collect()
    }
}

/// `1`, `challenge`, `challenge^2`, ..: what each of `count` terms counts. One term counts 1, and nothing is drawn.
fn shares(transcript: &mut Transcript, label: &'static str, count: usize) -> Vec<F> {
    let one = F::from(1u64);
    if count <= 1 {
        return vec![one];
    }
    let challenge = transcript.challenge(label);
    std::iter::successors(Some(one), |power| Some(*power * challenge)).take(count).collect()
}

/// What each run counts: powers of `delta`, adapter by adapter.
pub(crate) fn run_shares(config: &Config, transcript: &mut Transcript) -> Vec<F> {
    shares(transcript, labels::RUNS, config.statements())
}

/// What each adapter counts in the sumcheck over inputs and in the range check: powers of `mu`.
pub(crate) fn adapter_shares(config: &Config, transcript: &mut Transcript) -> Vec<F> {
    shares(transcript, labels::ADAPTERS, config.adapters())
}

/// `sum_s share_s value_s`.
fn combined(shares: &[F], values: impl Iterator<Item = F>) -> F {
    shares.iter().zip(values).map(|(share, value)| *share * value).sum()
}

impl Subject<'_> {
    /// Checks a proof: all ids are the hashes of what is opened, and the argument holds.
    ///
    /// # Errors
    /// The check that failed.
    pub fn verify(&self, config: &Config) -> Result<(), Error> {
        self.verify_with(config, &mut Transcript::default())
    }

    /// [`Self::verify`] with a transcript of the caller's.
    ///
    /// # Errors
    /// The check that failed.
    pub fn verify_with(&self, config: &Config, transcript: &mut Transcript) -> Result<(), Error> {
        check_length("adapters", config.adapters(), self.adapters.len())?;
        self.adapters.iter().try_for_each(|adapter| adapter.check_ids(config))?;
        self.proof.check_shape(config)?;
        let (maxima, proof) = (config.maxima(), self.proof);

        transcript.public(labels::STATEMENT, &self.public_elements(config));
        let runs = run_shares(config, transcript);
        let output = transcript.challenges(labels::OUTPUT_POINT, maxima.log_output_space);
        let token = transcript.challenges(labels::OUTPUT_POINT, maxima.log_tokens);
        let [y] = *transcript.receive(labels::OUTPUT_VALUE, &proof.output_value);

        let rank = sumcheck::verify(transcript, [labels::RANK_ROUND, labels::RANK_POINT], y, &proof.rank_sumcheck);
        let receive_ranks = |values| *transcript.receive(labels::RANK_VALUES, values);
        let ranks: Vec<[F; 2]> = proof.rank_values.iter().map(receive_ranks).collect();
        if ranks.iter().map(|[b, u]| *b * u).sum::<F>() != rank.claim {
            return Err(Error::RankSumcheck);
        }
        let adapters = adapter_shares(config, transcript);
        let u = combined(&adapters, ranks.iter().map(|[_, u]| *u));
        let input = sumcheck::verify(transcript, [labels::INPUT_ROUND, labels::INPUT_POINT], u, &proof.input_sumcheck);
        let receive_inputs = |values| *transcript.receive(labels::INPUT_VALUES, values);
        let inputs: Vec<[F; 2]> = proof.input_values.iter().map(receive_inputs).collect();
        if combined(&adapters, inputs.iter().map(|[a, x]| *a * x)) != input.claim {
            return Err(Error::InputSumcheck);
        }
        let seed = transcript.challenges(labels::RANGE_SEED, config.log_size());
        let range = range::verify(transcript, &seed, &proof.range_check);
        let receive_ranges = |value| *transcript.receive(labels::RANGE_VALUE, value);
        let ranges: Vec<[F; 1]> = proof.range_values.iter().map(receive_ranges).collect();
        if combined(&adapters, ranges.iter().map(|[w]| range::nibble_product(*w))) != range.claim {
            return Err(Error::RangeCheck);
        }

        let gamma = transcript.challenge(labels::BATCHING);
        let point = Points {
            maxima,
            output: &output,
            token: &token,
            rank: &rank.point,
            input: &input.point,
            range: &range.point,
        };
        let batched = Batched { points: point, adapters: self.parts(config), gamma, runs: &runs };
        let values = self.adapters.iter().zip(&ranks).zip(&inputs).zip(&ranges);
        let values = values.map(|(((adapter, [b, _]), [a, x]), [range])| Values {
            a: *a,
            b: *b,
            range: *range,
            weights_ood: adapter.adapter_preimage.weights_ood,
            x: *x,
            activations_ood: adapter.runs.iter().map(|run| run.preimage.activations_ood).collect(),
        });
        let claim = batched.claim(&values.collect::<Vec<Values>>(), y);
        whir::verify(config, transcript, &self.roots(), claim, |point| batched.evaluate(point), &proof.opening)
    }

    /// What the claims about each adapter are read through.
    pub(crate) fn parts(&self, config: &Config) -> Vec<Part<'_>> {
        self.adapters.iter().map(|adapter| adapter.part(config)).collect()
    }
}
