//! A prover of the whole argument that lies where it is told to, and is honest about everything that follows.
//!
//! Written apart from `argument::argue`, from plain tables over the index spaces; without a lie it must convince the
//! verifier, which also checks `argue` against a second implementation.

use ark_ff::{AdditiveGroup, Field};
use rankproof_lora_proof::argument::{adapter_preimage, state};
use rankproof_lora_proof::claims::{Batched, Part, Points};
use rankproof_lora_proof::multilinear::{eq_table, evaluate, horner};
use rankproof_lora_proof::transcript::{Message, Transcript, labels};
use rankproof_lora_proof::{ActivationsOpening, Config, F, LoraProof, Proof, range, sumcheck};
use rankproof_statement::digest::{out_of_domain_point, scales_bytes, sha256};
use rankproof_statement::field::from_signed;
use rankproof_statement::{ActivationsPreimage, InputsLayout, WeightsLayout, Witness, tables};

use super::weight_tables;
use super::whir_prover::{Cheat, Leaves, open};

/// What is not true.
#[derive(Clone, Copy, Debug)]
pub struct Lies {
    /// Added to the adapter id and to the activations id.
    pub ids: [u64; 2],
    /// Added to the roots of the weights and of the activations; all that depends on them follows.
    pub roots: [u64; 2],
    /// Added to the values at the out-of-domain points.
    pub ood_values: [u64; 2],
    /// `u` is whatever makes the sumcheck over ranks end well.
    pub u: bool,
    /// `a` is whatever makes the sumcheck over inputs end well.
    pub a: bool,
    /// A nibble that no module reads is this one.
    pub padding: u8,
    /// In the opening.
    pub opening: Cheat,
}

impl Lies {
    /// None at all.
    pub const NONE: Self =
        Self { ids: [0; 2], roots: [0; 2], ood_values: [0; 2], u: false, a: false, padding: 0, opening: Cheat::None };
}

/// A table over one index space: `entry(slot)` gives where a module's part starts and its values.
fn table(log_size: usize, slots: usize, part: impl Fn(usize) -> (usize, Vec<F>)) -> Vec<F> {
    let mut table = vec![F::ZERO; 1 << log_size];
    for slot in 0..slots {
        let (first, values) = part(slot);
        table[first..].iter_mut().zip(values).for_each(|(entry, value)| *entry += value);
    }
    table
}

/// The claim that is left after the rounds of a sumcheck.
fn reduce(claim: F, rounds: &[Message<sumcheck::Round>], point: &[F]) -> F {
    rounds.iter().zip(point).fold(claim, |claim, (round, r)| sumcheck::next_claim(*round.unabsorbed(), claim, *r))
}

/// Proves `witness` with some lies. The outputs of the witness are committed as they are, right or wrong.
pub fn prove_with(config: &Config, witness: &Witness, lies: Lies) -> LoraProof {
    let maxima = config.maxima();
    let weights = WeightsLayout::plan(&witness.adapter, maxima).expect("fits");
    let inputs = InputsLayout::plan(&weights, &witness.activations, maxima).expect("fits");
    let mut nibbles = tables::weights(&witness.adapter, &weights, maxima);
    *nibbles.last_mut().expect("not empty") = lies.padding;
    let w: Vec<F> = nibbles.iter().map(|nibble| F::from(*nibble)).collect();
    let z: Vec<F> = tables::activations(witness, &weights, &inputs, maxima).into_iter().map(from_signed).collect();
    let leaves = [&w, &z].map(|table| Leaves::new(Leaves::honest(table, &config.rounds[0]), &config.rounds[0]));
    let mut roots = leaves.each_ref().map(|leaves| leaves.tree.root());
    roots.iter_mut().zip(lies.roots).for_each(|(root, lie)| *root += F::from(lie));
    let ood_points = roots.map(|root| out_of_domain_point(config.inner_digest(), root));
    let [weights_ood, activations_ood] =
        [0, 1].map(|index| horner([&w, &z][index], ood_points[index]) + F::from(lies.ood_values[index]));

    let adapter = adapter_preimage(&witness.adapter, roots[0], weights_ood, F::from(3u64));
    let preimage = ActivationsPreimage {
        activations_root: roots[1],
        activations_ood,
        scales_digest: sha256(&scales_bytes(&witness.activations)),
        salt: F::from(4u64),
    };
    let opening = ActivationsOpening { inputs_layout: inputs.clone(), preimage };
    let mut lora_proof = state(config, &weights, &adapter, opening, F::from(9u64));
    lora_proof.statement.adapter += F::from(lies.ids[0]);
    lora_proof.statement.activations += F::from(lies.ids[1]);

    let mut transcript = Transcript::default();
    let statement = lora_proof.statement;
    let [weights_digest, inputs_digest] = [weights.digest(maxima), inputs.digest(maxima)];
    let ids = [config.inner_digest(), statement.adapter, statement.activations, statement.context];
    let committed = [roots[0], roots[1], weights_ood, activations_ood, weights_digest, inputs_digest];
    transcript.public(labels::STATEMENT, &[&ids[..], &committed].concat());

    let output = transcript.challenges(labels::OUTPUT_POINT, maxima.log_output_space);
    let token = transcript.challenges(labels::OUTPUT_POINT, maxima.log_tokens);
    let (output_eq, token_eq) = (eq_table(&output, F::ONE), eq_table(&token, F::ONE));
    let modules = &witness.adapter.modules;
    let slots = modules.len();
    let output_of = |slot: usize| weights.slots[slot].output_offset as usize;
    let input_of = |slot: usize| inputs.input_offsets[slot] as usize;
    // What row `row` of a [tokens, width] table is at the token point.
    let at_token = |values: &[F], width: usize, row: usize| -> F {
        values.iter().skip(row).step_by(width).zip(&token_eq).map(|(value, eq)| *value * eq).sum()
    };
    let rows_at_token =
        |values: Vec<F>, width: usize| -> Vec<F> { (0..width).map(|row| at_token(&values, width, row)).collect() };
    let y = table(maxima.log_output_space, slots, |slot| {
        let values = witness.outputs[slot].iter().map(|value| from_signed(*value)).collect();
        (output_of(slot), rows_at_token(values, modules[slot].out_features))
    });
    let mut seen = std::collections::BTreeSet::new();
    let owned: Vec<bool> = (0..slots).map(|slot| seen.insert(input_of(slot))).collect();
    let x = table(maxima.log_input_space, slots, |slot| {
        let values = witness.activations[slot].x.iter().map(|value| from_signed(i64::from(*value))).collect();
        let rows = rows_at_token(values, modules[slot].in_features);
        (input_of(slot), if owned[slot] { rows } else { Vec::new() })
    });
    let number = |code: i8| from_signed(i64::from(code));

    let y = transcript.send(labels::OUTPUT_VALUE, [evaluate(&y, &output)]);
    let mut b = table(maxima.log_rank_space, slots, |slot| {
        let module = &modules[slot];
        let column = |k: usize| {
            let rows = module.lora_b.iter().skip(k).step_by(module.rank).zip(&output_eq[output_of(slot)..]);
            rows.map(|(code, eq)| number(*code) * eq).sum()
        };
        (slot << weights.log_rank, (0..module.rank).map(column).collect())
    });
    let mut u = table(maxima.log_rank_space, slots, |slot| {
        let module = &modules[slot];
        let row = |row: &[i8]| row.iter().zip(&x[input_of(slot)..]).map(|(code, x)| number(*code) * x).sum();
        (slot << weights.log_rank, module.lora_a.chunks_exact(module.in_features).map(row).collect())
    });
    let (rank_sumcheck, rank) =
        sumcheck::prove(&mut transcript, [labels::RANK_ROUND, labels::RANK_POINT], &mut b, &mut u);
    let (b, mut u) = (b[0], u[0]);
    if lies.u {
        u = reduce(y.unabsorbed()[0], &rank_sumcheck, &rank) * b.inverse().expect("b is not 0");
    }
    let rank_values = transcript.send(labels::RANK_VALUES, [b, u]);

    let rank_eq = eq_table(&rank, F::ONE);
    let mut a = table(maxima.log_input_space, slots, |slot| {
        let module = &modules[slot];
        let ranks = &rank_eq[slot << weights.log_rank..];
        let column = |j: usize| {
            let codes = module.lora_a.iter().skip(j).step_by(module.in_features).zip(ranks);
            codes.map(|(code, eq)| number(*code) * eq).sum()
        };
        (input_of(slot), (0..module.in_features).map(column).collect())
    });
    let mut x = x;
    let (input_sumcheck, input) =
        sumcheck::prove(&mut transcript, [labels::INPUT_ROUND, labels::INPUT_POINT], &mut a, &mut x);
    let (mut a, x) = (a[0], x[0]);
    if lies.a {
        a = reduce(u, &input_sumcheck, &input) * x.inverse().expect("x is not 0");
    }
    let input_values = transcript.send(labels::INPUT_VALUES, [a, x]);

    let seed = transcript.challenges(labels::RANGE_SEED, config.log_size());
    let (range_check, range, range_value) = range::prove(&mut transcript, &[(&nibbles, F::ONE)], &seed);
    let range_value = transcript.send(labels::RANGE_VALUE, [range_value[0]]);
    let gamma = transcript.challenge(labels::BATCHING);
    let points = Points { maxima, output: &output, token: &token, rank: &rank, input: &input, range: &range };
    let part = Part {
        weights: &weights,
        inputs: &inputs,
        weights_ood: ood_points[0],
        activations_ood: ood_points[1..].to_vec(),
    };
    let runs = [F::from(1u64)];
    let functions = weight_tables(&Batched { points, adapters: vec![part], gamma, runs: &runs }, 1 << 8);
    let (opening, _) = open(config, &mut transcript, &leaves.each_ref(), vec![w, z], functions, lies.opening);
    lora_proof.proof = Proof {
        output_value: y,
        rank_sumcheck,
        rank_values: vec![rank_values],
        input_sumcheck,
        input_values: vec![input_values],
        range_check,
        range_values: vec![range_value],
        opening,
    };
    lora_proof
}
