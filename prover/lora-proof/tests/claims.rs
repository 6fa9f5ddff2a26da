//! The claims of eq. 5 and 6 against matrices written out in full, for random layouts, widths and shared inputs.

mod support;

use ark_ff::UniformRand;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_lora_proof::F;
use rankproof_lora_proof::claims::{Batched, Part, Points, Values};
use rankproof_lora_proof::multilinear::{dot, eq_table, evaluate, horner};
use rankproof_statement::field::from_signed;
use rankproof_statement::{InputsLayout, Maxima, WeightBits, WeightsLayout, Witness, tables};
use support::{Shape, weight_tables, witness};

const MAXIMA: Maxima =
    Maxima { log_size: 10, modules: 4, log_rank_space: 5, log_input_space: 7, log_output_space: 6, log_tokens: 3 };

fn random_witness(rng: &mut ChaCha20Rng) -> Witness {
    const NAMES: [&str; 4] = ["k", "o", "q", "v"];
    let modules = rng.gen_range(1..=4);
    let rank = rng.gen_range(1..=4);
    let mut shapes: Vec<Shape> = Vec::new();
    for name in NAMES.iter().take(modules) {
        let shared = shapes.last().filter(|_| rng.r#gen()).map(|shape| shape.1);
        let in_features = shared.unwrap_or_else(|| rng.gen_range(1..=20));
        shapes.push((name, in_features, rng.gen_range(1..=16), rng.gen_range(1..=rank), shared.is_some()));
    }
    let bits = if rng.r#gen() { WeightBits::Four } else { WeightBits::Eight };
    witness(&shapes, rng.gen_range(1..=8), bits, rng.r#gen())
}

/// `A` over rank space times input space, `B` over output times rank, `X` over input times tokens, `Y` over output
/// times tokens: the relation's matrices, with every module in its place.
struct Dense {
    a: Vec<F>,
    b: Vec<F>,
    x: Vec<F>,
    y: Vec<F>,
}

fn dense(witness: &Witness, weights: &WeightsLayout, inputs: &InputsLayout) -> Dense {
    let zeros = |log: usize| vec![F::from(0u64); 1 << log];
    let Maxima { log_rank_space, log_input_space, log_output_space, log_tokens, .. } = MAXIMA;
    let mut dense = Dense {
        a: zeros(log_rank_space + log_input_space),
        b: zeros(log_output_space + log_rank_space),
        x: zeros(log_input_space + log_tokens),
        y: zeros(log_output_space + log_tokens),
    };
    for (slot, module) in witness.adapter.modules.iter().enumerate() {
        let (first_k, first_j) = (slot << weights.log_rank, inputs.input_offsets[slot] as usize);
        let first_o = weights.slots[slot].output_offset as usize;
        for k in 0..module.rank {
            for j in 0..module.in_features {
                let code = module.lora_a[k * module.in_features + j];
                dense.a[((first_k + k) << log_input_space) + first_j + j] = from_signed(i64::from(code));
            }
            for o in 0..module.out_features {
                let code = module.lora_b[o * module.rank + k];
                dense.b[((first_o + o) << log_rank_space) + first_k + k] = from_signed(i64::from(code));
            }
        }
        for t in 0..witness.tokens() {
            for j in 0..module.in_features {
                let x = witness.activations[slot].x[t * module.in_features + j];
                dense.x[((first_j + j) << log_tokens) + t] = from_signed(i64::from(x));
            }
            for o in 0..module.out_features {
                let y = witness.outputs[slot][t * module.out_features + o];
                dense.y[((first_o + o) << log_tokens) + t] = from_signed(y);
            }
        }
    }
    dense
}

#[test]
fn claims_and_tables_and_evaluations_agree_for_random_layouts() {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let (mut eight_bits, mut shared, mut several) = (0, 0, 0);
    for case in 0..40 {
        let mut adapters = Vec::new();
        while adapters.len() < 1 + case % 3 {
            let witness = random_witness(&mut rng);
            let Ok(weights) = WeightsLayout::plan(&witness.adapter, &MAXIMA) else { continue };
            let Ok(inputs) = InputsLayout::plan(&weights, &witness.activations, &MAXIMA) else { continue };
            eight_bits += usize::from(weights.bits == WeightBits::Eight);
            several += usize::from(weights.slots.len() > 2);
            let mut distinct = inputs.input_offsets.clone();
            distinct.sort_unstable();
            distinct.dedup();
            shared += usize::from(distinct.len() < weights.slots.len());
            adapters.push((witness, weights, inputs));
        }

        let mut point = |count: usize| (0..count).map(|_| F::rand(&mut rng)).collect::<Vec<F>>();
        let [output, token] = [point(MAXIMA.log_output_space), point(MAXIMA.log_tokens)];
        let [rank, input] = [point(MAXIMA.log_rank_space), point(MAXIMA.log_input_space)];
        let [range, r] = [point(MAXIMA.log_size), point(MAXIMA.log_size)];
        let (gamma, oods, runs) = (point(1)[0], point(3 * adapters.len()), point(2 * adapters.len()));
        let points =
            Points { maxima: &MAXIMA, output: &output, token: &token, rank: &rank, input: &input, range: &range };
        let of_adapters = adapters.iter().zip(oods.chunks(3));
        let parts = of_adapters.clone().map(|((_, weights, inputs), ood)| Part {
            weights,
            inputs,
            weights_ood: ood[0],
            activations_ood: ood[1..].to_vec(),
        });
        let batched = Batched { points, adapters: parts.collect(), gamma, runs: &runs };
        let weight_tables = weight_tables(&batched, 1 << rng.gen_range(0..=MAXIMA.log_size));
        let at_r: Vec<F> = weight_tables.iter().map(|table| evaluate(table, &r)).collect();
        assert_eq!(batched.evaluate(&r), at_r, "{adapters:?}");

        let at = |table: &[F], first: &[F], second: &[F]| evaluate(table, &[first, second].concat());
        let (mut values, mut y, mut committed) = (Vec::new(), F::from(0u64), Vec::new());
        for (((witness, weights, inputs), ood), runs) in of_adapters.zip(runs.chunks(2)) {
            let nibbles = tables::weights(&witness.adapter, weights, &MAXIMA);
            let w: Vec<F> = nibbles.into_iter().map(F::from).collect();
            let z: Vec<F> =
                tables::activations(witness, weights, inputs, &MAXIMA).into_iter().map(from_signed).collect();
            // Two runs of one layout: the witness's, and one that doubles its inputs, so also its outputs.
            let doubled: Vec<F> = z.iter().map(|value| *value + value).collect();
            let combined = runs[0] + runs[1] + runs[1];
            let dense = dense(witness, weights, inputs);
            y += at(&dense.y, &output, &token) * combined;
            values.push(Values {
                a: at(&dense.a, &rank, &input),
                b: at(&dense.b, &output, &rank),
                range: evaluate(&w, &range),
                weights_ood: horner(&w, ood[0]),
                x: at(&dense.x, &input, &token) * combined,
                activations_ood: vec![horner(&z, ood[1]), horner(&doubled, ood[2])],
            });
            committed.extend([w, z, doubled]);
        }
        let sum: F = committed.iter().zip(&weight_tables).map(|(table, weight)| dot(table, weight)).sum();
        assert_eq!(batched.claim(&values, y), sum, "{adapters:?}");
    }
    assert!(eight_bits > 5 && shared > 5 && several > 5, "{eight_bits} {shared} {several}: the sample is varied");
}

/// Each value enters the joined claim with its own power of gamma.
#[test]
fn every_value_moves_the_claim() {
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let witness = witness(&[("q", 5, 6, 2, false)], 2, WeightBits::Eight, 1);
    let weights = WeightsLayout::plan(&witness.adapter, &MAXIMA).expect("fits");
    let inputs = InputsLayout::plan(&weights, &witness.activations, &MAXIMA).expect("fits");
    let [output, token, rank, input, range] = [6, 3, 5, 7, 10].map(|n| eq_table(&[], F::from(3u64)).repeat(n));
    let points = Points { maxima: &MAXIMA, output: &output, token: &token, rank: &rank, input: &input, range: &range };
    let part = |first: u64| Part {
        weights: &weights,
        inputs: &inputs,
        weights_ood: F::from(first),
        activations_ood: vec![F::from(first + 1), F::from(first + 2)],
    };
    let gamma = F::rand(&mut rng);
    let runs = [1u64, 8, 64, 512].map(F::from);
    let batched = Batched { points, adapters: vec![part(5), part(15)], gamma, runs: &runs };
    let (zero, one) = (F::from(0u64), F::from(1u64));
    let none = Values { a: zero, b: zero, range: zero, weights_ood: zero, x: zero, activations_ood: vec![zero; 2] };
    let base = batched.claim(&[none.clone(), none.clone()], zero);
    let mut claims = Vec::new();
    type Change = fn(&mut Values, F);
    let changes: [Change; 5] = [
        |values, one| values.a = one,
        |values, one| values.b = one,
        |values, one| values.range = one,
        |values, one| values.weights_ood = one,
        |values, one| values.x = one,
    ];
    let changed = |adapter: usize, change: &dyn Fn(&mut Values)| {
        let mut values = [none.clone(), none.clone()];
        change(&mut values[adapter]);
        batched.claim(&values, zero)
    };
    for adapter in 0..2 {
        claims.extend(changes.iter().map(|change| changed(adapter, &|values| change(values, one))));
    }
    claims.push(batched.claim(&[none.clone(), none.clone()], one));
    for adapter in 0..2 {
        claims.extend([0, 1].map(|run| changed(adapter, &|values| values.activations_ood[run] = one)));
    }
    let mut power = one;
    for (index, claim) in claims.iter().enumerate() {
        assert_eq!(*claim - base, power, "value {index}");
        power *= gamma;
    }
    assert_ne!(base, zero, "nibbles are unsigned, weights are not");
}
