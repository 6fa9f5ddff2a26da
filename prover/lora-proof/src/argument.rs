//! The argument: commit, prove, verify (docs/protocol.md section 3).
//!
//! Order of the transcript: digest, ids, context, roots, out-of-domain values and layouts; what combines several runs, if
//! there are several; the output point and `y`; the sumcheck over ranks (eq. 2); what combines several adapters, if there
//! are several; the sumcheck over inputs (eq. 3); the range check (eq. 4); the opening of everything that is left. The
//! verifier in `subject.rs` follows the prover below line by line, and so does `groth16-seal/src/circuit/argument.rs`.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_statement::digest::{Registration, check_context, manifest_bytes, scales_bytes, sha256};
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, F, InputsLayout, QuantizedAdapter, Statement, WeightsLayout, Witness,
    relation,
};
use rayon::prelude::*;

use crate::claims::{Batched, Points};
use crate::commitment::{Commitment, commit_activations};
use crate::multilinear::eq_table;
use crate::product::Product;
use crate::proof::Proof;
use crate::subject::{Subject, adapter_shares, run_shares};
use crate::table::Entry;
use crate::transcript::{Transcript, labels};
use crate::weights::LOG_PIECE;
use crate::{Config, Error, range, sumcheck, whir};

/// What the activations id of a proof opens to; the client needs it to recompute the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationsOpening {
    /// Layout of the run.
    pub inputs_layout: InputsLayout,
    /// What is hashed into the id.
    pub preimage: ActivationsPreimage,
}

/// A statement, what its ids open to, and the argument. Not zero-knowledge: it stays with the owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoraProof {
    /// The public claim.
    pub statement: Statement,
    /// Layout of the adapter.
    pub weights_layout: WeightsLayout,
    /// What the adapter id opens to.
    pub adapter: AdapterPreimage,
    /// What the activations id opens to.
    pub activations: ActivationsOpening,
    /// The argument.
    pub proof: Proof,
}

/// Builds the activations id of a run: its commitment, and what the id opens to.
///
/// # Errors
/// When the run does not fit the profile.
pub fn commit_run(
    config: &Config,
    witness: &Witness,
    weights_layout: &WeightsLayout,
    salt: F,
) -> Result<(ActivationsOpening, Commitment), Error> {
    let inputs_layout = InputsLayout::plan(weights_layout, &witness.activations, config.maxima())?;
    let commitment = commit_activations(config, witness, weights_layout, &inputs_layout);
    let preimage = ActivationsPreimage {
        activations_root: commitment.root(),
        activations_ood: commitment.ood_value(),
        scales_digest: sha256(&scales_bytes(&witness.activations)),
        salt,
    };
    Ok((ActivationsOpening { inputs_layout, preimage }, commitment))
}

/// Checks that layout, commitment and what the id opens to are those of the adapter under this configuration. That the
/// committed weights are the adapter's is not compared: a proof with others convinces nobody.
///
/// # Errors
/// [`Error::CommitmentMismatch`]; when the adapter does not fit the profile.
pub(crate) fn check_commitment(
    config: &Config,
    witness: &Witness,
    weights_layout: &WeightsLayout,
    weights: &Commitment,
    adapter: &AdapterPreimage,
) -> Result<(), Error> {
    let same_layout = WeightsLayout::plan(&witness.adapter, config.maxima())? == *weights_layout;
    let opening = (adapter.weights_root, adapter.weights_ood);
    for (what, is_same) in [
        ("configuration", weights.inner_digest() == config.inner_digest()),
        ("layout", same_layout),
        ("root or value", opening == (weights.root(), weights.ood_value())),
    ] {
        if !is_same {
            return Err(Error::CommitmentMismatch(what));
        }
    }
    Ok(())
}

/// What the adapter id opens to.
pub fn adapter_preimage(witness_adapter: &QuantizedAdapter, root: F, ood: F, salt: F) -> AdapterPreimage {
    AdapterPreimage {
        weights_root: root,
        weights_ood: ood,
        manifest_digest: sha256(&manifest_bytes(witness_adapter)),
        base_model_digest: witness_adapter.base_model_digest,
        salt,
    }
}

/// Proves a statement about a committed adapter. Modules of the witness must be in slot order.
///
/// # Errors
/// [`Error::Statement`] when the relation does not hold, the run does not fit, or the context is of a reserved kind;
/// [`Error::CommitmentMismatch`]; [`Error::AdapterCount`] or [`Error::RunCount`] for a profile of several. All before
/// any heavy work.
pub fn prove(
    config: &Config,
    witness: &Witness,
    weights_layout: &WeightsLayout,
    weights: &Commitment,
    adapter: &AdapterPreimage,
    context: F,
    activations_salt: F,
) -> Result<LoraProof, Error> {
    check_context(&context)?;
    prove_in_context(config, witness, weights_layout, weights, adapter, context, activations_salt)
}

/// [`prove`] in the context of a registration, which whoever wants it has to spell out.
///
/// # Errors
/// Those of [`prove`].
pub fn prove_registration(
    config: &Config,
    witness: &Witness,
    weights_layout: &WeightsLayout,
    weights: &Commitment,
    adapter: &AdapterPreimage,
    registration: &Registration,
    activations_salt: F,
) -> Result<LoraProof, Error> {
    prove_in_context(config, witness, weights_layout, weights, adapter, registration.context(), activations_salt)
}

fn prove_in_context(
    config: &Config,
    witness: &Witness,
    weights_layout: &WeightsLayout,
    weights: &Commitment,
    adapter: &AdapterPreimage,
    context: F,
    activations_salt: F,
) -> Result<LoraProof, Error> {
    if config.adapters() != 1 {
        return Err(Error::AdapterCount { maximum: config.adapters(), actual: 1 });
    }
    if config.runs() != 1 {
        return Err(Error::RunCount { maximum: config.runs(), actual: 1 });
    }
    relation::check(witness)?;
    check_commitment(config, witness, weights_layout, weights, adapter)?;
    let (activations, commitment) = commit_run(config, witness, weights_layout, activations_salt)?;
    let unargued = state(config, weights_layout, adapter, activations, context);
    Ok(argue(config, &mut Transcript::default(), witness, unargued, [weights, &commitment]))
}

/// A statement and what its ids open to, not argued yet.
#[doc(hidden)]
pub fn state(
    config: &Config,
    weights_layout: &WeightsLayout,
    adapter: &AdapterPreimage,
    activations: ActivationsOpening,
    context: F,
) -> LoraProof {
    let maxima = config.maxima();
    let inner_digest = config.inner_digest();
    let weights_digest = weights_layout.digest(maxima);
    let statement = Statement {
        adapter: adapter.id(inner_digest, weights_digest),
        activations: activations.preimage.id(inner_digest, weights_digest, activations.inputs_layout.digest(maxima)),
        context,
    };
    LoraProof {
        statement,
        weights_layout: weights_layout.clone(),
        adapter: adapter.clone(),
        activations,
        proof: Proof::empty(),
    }
}

/// Argues a statement without asking whether it holds: [`prove`] asks first, tests of soundness and of the transcript
/// do not.
#[doc(hidden)]
pub fn argue(
    config: &Config,
    transcript: &mut Transcript,
    witness: &Witness,
    mut lora_proof: LoraProof,
    commitments: [&Commitment; 2],
) -> LoraProof {
    let proof = prove_argument(config, transcript, &[&[witness]], &lora_proof.subject(), &commitments);
    lora_proof.proof = proof;
    lora_proof
}

/// Vectors over the three index spaces, computed from the integers of one adapter; see eq. 2 and 3. X and Y are those of
/// its runs, combined by their shares.
struct Integers<'a> {
    adapter: &'a QuantizedAdapter,
    witnesses: &'a [&'a Witness],
    shares: &'a [F],
    weights: &'a WeightsLayout,
    inputs: &'a InputsLayout,
    maxima: &'a rankproof_statement::Maxima,
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "prover: its own layout, checked before"
)]
impl Integers<'_> {
    fn modules(&self) -> impl Iterator<Item = (usize, &rankproof_statement::QuantizedModule)> {
        self.adapter.modules.iter().enumerate()
    }

    fn runs(&self) -> impl Iterator<Item = (&Witness, &F)> {
        self.witnesses.iter().copied().zip(self.shares)
    }

    fn first_rank(&self, slot: usize) -> usize {
        slot << self.weights.log_rank
    }

    /// `X~(., rho_t)` over the input space.
    fn inputs_at(&self, tokens: &[F]) -> Vec<F> {
        let mut values = vec![F::from(0u64); 1 << self.maxima.log_input_space];
        let mut done = std::collections::HashSet::new();
        for (slot, module) in self.modules() {
            let first = self.inputs.input_offsets[slot] as usize;
            if !done.insert(first) {
                continue;
            }
            for (witness, share) in self.runs() {
                let x = &witness.activations[slot].x;
                values[first..first + module.in_features].par_iter_mut().enumerate().for_each(|(j, value)| {
                    let column = x.iter().skip(j).step_by(module.in_features);
                    *value += *share * i64::dot(column.map(|x| i64::from(*x)), tokens);
                });
            }
        }
        values
    }

    /// `Y~(rho_o, rho_t)`.
    fn output_at(&self, outputs: &Product, tokens: &[F]) -> F {
        let of_module = |(slot, module): (usize, &rankproof_statement::QuantizedModule)| {
            let eq = outputs.range(self.weights.slots[slot].output_offset as usize, module.out_features);
            let of_run = |(witness, share): (&Witness, &F)| {
                let rows = witness.outputs[slot].par_chunks(module.out_features).zip(tokens);
                *share * rows.map(|(row, token)| *token * i64::dot(row.iter().copied(), &eq)).sum::<F>()
            };
            self.runs().map(of_run).sum::<F>()
        };
        self.modules().map(of_module).sum()
    }

    /// `B~(rho_o, .)` over the rank space.
    fn up_projection_at(&self, outputs: &Product) -> Vec<F> {
        let mut values = vec![F::from(0u64); 1 << self.maxima.log_rank_space];
        for (slot, module) in self.modules() {
            let eq = outputs.range(self.weights.slots[slot].output_offset as usize, module.out_features);
            let ranks = &mut values[self.first_rank(slot)..][..module.rank];
            ranks.par_iter_mut().enumerate().for_each(|(k, value)| {
                let column = module.lora_b.iter().skip(k).step_by(module.rank);
                *value = i64::dot(column.map(|b| i64::from(*b)), &eq);
            });
        }
        values
    }

    /// `U~(., rho_t) = sum_j A(., j) X~(j, rho_t)` over the rank space.
    fn down_projected(&self, inputs: &[F]) -> Vec<F> {
        let mut values = vec![F::from(0u64); 1 << self.maxima.log_rank_space];
        for (slot, module) in self.modules() {
            let first = self.inputs.input_offsets[slot] as usize;
            let ranks = &mut values[self.first_rank(slot)..];
            let rows = module.lora_a.par_chunks_exact(module.in_features).zip(ranks);
            rows.for_each(|(row, value)| *value = i64::dot(row.iter().map(|a| i64::from(*a)), &inputs[first..]));
        }
        values
    }

    /// `A~(rho_k, .)` over the input space; shared input ranges add up.
    fn down_projection_at(&self, ranks: &[F]) -> Vec<F> {
        let mut values = vec![F::from(0u64); 1 << self.maxima.log_input_space];
        for (slot, module) in self.modules() {
            let first = self.inputs.input_offsets[slot] as usize;
            let ranks = &ranks[self.first_rank(slot)..];
            values[first..first + module.in_features].par_iter_mut().with_min_len(64).enumerate().for_each(
                |(j, value)| {
                    let column = module.lora_a.iter().skip(j).step_by(module.in_features);
                    *value += i64::dot(column.map(|a| i64::from(*a)), ranks);
                },
            );
        }
        values
    }
}

/// Argues what a subject says. `witnesses` are the runs of every adapter, `commitments` in the order of the transcript:
/// of every adapter the weights, then the activations of its runs.
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "prover: its own tables, never empty")]
pub(crate) fn prove_argument(
    config: &Config,
    transcript: &mut Transcript,
    witnesses: &[&[&Witness]],
    subject: &Subject<'_>,
    commitments: &[&Commitment],
) -> Proof {
    let maxima = config.maxima();
    let one = F::from(1u64);
    transcript.public(labels::STATEMENT, &subject.public_elements(config));
    let runs = run_shares(config, transcript);
    let of_adapters = witnesses.iter().zip(&subject.adapters).zip(runs.chunks(config.runs()));
    let integers: Vec<Integers<'_>> = of_adapters
        .map(|((witnesses, adapter), shares)| Integers {
            adapter: &witnesses[0].adapter,
            witnesses,
            shares,
            weights: adapter.weights_layout,
            inputs: adapter.inputs_layout,
            maxima,
        })
        .collect();

    let output_point = transcript.challenges(labels::OUTPUT_POINT, maxima.log_output_space);
    let token_point = transcript.challenges(labels::OUTPUT_POINT, maxima.log_tokens);
    let (outputs, tokens) = (Product::eq(&output_point, one, LOG_PIECE), eq_table(&token_point, one));
    let output_value = integers.iter().map(|integers| integers.output_at(&outputs, &tokens)).sum();
    let output_value = transcript.send(labels::OUTPUT_VALUE, [output_value]);

    let inputs_at: Vec<Vec<F>> = integers.iter().map(|integers| integers.inputs_at(&tokens)).collect();
    let products = integers.iter().zip(&inputs_at);
    let mut products: Vec<[Vec<F>; 2]> = products
        .map(|(integers, inputs_at)| [integers.up_projection_at(&outputs), integers.down_projected(inputs_at)])
        .collect();
    let labels_of = [labels::RANK_ROUND, labels::RANK_POINT];
    let (rank_sumcheck, rank_point) =
        sumcheck::prove_sum(transcript, labels_of, &vec![one; products.len()], &mut products);
    let rank_values = products.iter().map(|[b, u]| transcript.send(labels::RANK_VALUES, [b[0], u[0]])).collect();

    let adapters = adapter_shares(config, transcript);
    let ranks = eq_table(&rank_point, one);
    let products = integers.iter().zip(inputs_at);
    let mut products: Vec<[Vec<F>; 2]> =
        products.map(|(integers, inputs_at)| [integers.down_projection_at(&ranks), inputs_at]).collect();
    let (input_sumcheck, input_point) =
        sumcheck::prove_sum(transcript, [labels::INPUT_ROUND, labels::INPUT_POINT], &adapters, &mut products);
    let input_values = products.iter().map(|[a, x]| transcript.send(labels::INPUT_VALUES, [a[0], x[0]])).collect();

    let nibbles = commitments.iter().step_by(config.runs().saturating_add(1));
    let nibbles: Vec<(&[u8], F)> = nibbles
        .map(|weights| weights.nibbles().expect("a weights commitment keeps its nibbles"))
        .zip(adapters.iter().copied())
        .collect();
    let seed = transcript.challenges(labels::RANGE_SEED, config.log_size());
    let (range_check, range_point, range_values) = range::prove(transcript, &nibbles, &seed);
    let range_values = range_values.iter().map(|value| transcript.send(labels::RANGE_VALUE, [*value])).collect();

    let gamma = transcript.challenge(labels::BATCHING);
    let points = Points {
        maxima,
        output: &output_point,
        token: &token_point,
        rank: &rank_point,
        input: &input_point,
        range: &range_point,
    };
    let weights = Batched { points, adapters: subject.parts(config), gamma, runs: &runs }.weight_functions();
    let opening = whir::open(config, transcript, commitments, &weights);
    Proof { output_value, rank_sumcheck, rank_values, input_sumcheck, input_values, range_check, range_values, opening }
}

/// Checks a LoRA proof: both ids are the hashes of what is opened, and the argument holds.
///
/// # Errors
/// The check that failed.
pub fn verify(config: &Config, lora_proof: &LoraProof) -> Result<(), Error> {
    lora_proof.subject().verify(config)
}

/// [`verify`] with a transcript of the caller's, for instance a recording one.
///
/// # Errors
/// The check that failed.
pub fn verify_with(config: &Config, lora_proof: &LoraProof, transcript: &mut Transcript) -> Result<(), Error> {
    lora_proof.subject().verify_with(config, transcript)
}
