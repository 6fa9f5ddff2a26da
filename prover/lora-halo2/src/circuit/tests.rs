//! Every constraint is broken once, and exactly the constraints that guard it complain.

mod sweep;

use std::collections::HashMap;
use std::sync::Arc;

use halo2_proofs::dev::{CircuitCost, MockProver, VerifyFailure};
use halo2_proofs::pasta::group::ff::Field;
use halo2_proofs::pasta::{Eq, Fp};
use rankproof_statement::WeightBits;

use super::{LoraCircuit, public};
use crate::engine::{Fault, Site};
use crate::keys::with_circuit;
use crate::opening::{
    ActivationsBinding, AdapterBinding, Opening, Weights, activations_id, adapter_id, apply, value_words, weight_words,
};
use crate::plan::{Columns, MAXIMUM_K, Plan, QUOTIENT_PIECES, engine_of_blocks};
use crate::shape::{Block, ModuleShape, Shape, Update};

/// One engine, one chip: the smallest circuit, in which every region index is easy to tell.
type Small = LoraCircuit<1, 1>;

/// A reproducible stream of small integers.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as i64
    }

    fn code(&mut self, bits: WeightBits) -> i8 {
        (self.next() % (1 << bits.bits()) - bits.offset()) as i8
    }
}

fn opening(shape: &Shape) -> Opening {
    let mut stream = Stream(7);
    let bits = shape.bits;
    let mut codes = |count: usize| -> Vec<i8> { (0..count).map(|_| stream.code(bits)).collect() };
    let weights: Vec<Weights> = shape
        .modules
        .iter()
        .map(|m| Weights {
            lora_a: match m.update {
                Update::LowRank { rank } => codes(rank * m.in_features),
                Update::Dense => Vec::new(),
            },
            lora_b: codes(m.out_features * m.inner_features()),
        })
        .collect();
    let features = shape.inputs();
    let inputs: Vec<Vec<i16>> = features
        .iter()
        .map(|features| (0..features * shape.tokens).map(|_| (stream.next() % 65_536 - 32_768) as i16).collect())
        .collect();
    let outputs = apply(shape, &weights, &inputs);
    Opening {
        weights,
        inputs,
        outputs,
        adapter: AdapterBinding { manifest_digest: [1; 32], base_model_digest: [2; 32], salt: Fp::from(3) },
        activations: ActivationsBinding { scales_digest: [4; 32], salt: Fp::from(5) },
    }
}

fn module(in_features: usize, rank: usize, out_features: usize) -> ModuleShape {
    ModuleShape { in_features, out_features, update: Update::LowRank { rank }, input: 0 }
}

fn shape(bits: WeightBits, tokens: usize, modules: Vec<ModuleShape>) -> Shape {
    Shape { bits, tokens, modules }
}

/// Rank 5 (a lane is left over in each product), two blocks of outputs, two tokens.
fn ragged() -> Shape {
    shape(WeightBits::Four, 2, vec![module(17, 5, 130)])
}

fn instance(shape: &Shape, opening: &Opening) -> Vec<Fp> {
    let mut instance = vec![Fp::ZERO; public::COUNT];
    instance[public::ADAPTER] = opening.adapter_id(shape);
    instance[public::ACTIVATIONS] = opening.activations_id(shape);
    instance[public::CONTEXT] = Fp::from(99);
    instance[public::METADATA] = Fp::from(100);
    instance
}

fn complaint(failure: &VerifyFailure) -> String {
    match failure {
        VerifyFailure::ConstraintNotSatisfied { constraint, location, .. } => format!("{constraint} {location}"),
        VerifyFailure::Lookup { lookup_index, location } => format!("lookup {lookup_index} {location}"),
        VerifyFailure::Permutation { column, location } => format!("copy {column:?} {location}"),
        other => format!("{other}"),
    }
}

fn run<const E: usize, const C: usize>(circuit: &LoraCircuit<E, C>, k: u32, instance: Vec<Fp>) -> Vec<String> {
    let prover = MockProver::run(k, circuit, vec![instance]).expect("the circuit fits");
    let mut complaints: Vec<String> = prover.verify().err().unwrap_or_default().iter().map(complaint).collect();
    complaints.sort();
    complaints
}

/// Plants a fault, publishes what `adjust` makes of the honest ids, and returns who complains.
fn complaints(shape: &Shape, fault: Option<Fault>, adjust: impl FnOnce(&mut Opening, &mut Vec<Fp>)) -> Vec<String> {
    let honest = opening(shape);
    let mut claimed = honest.clone();
    let mut public_inputs = instance(shape, &claimed);
    adjust(&mut claimed, &mut public_inputs);
    let mut circuit = Small::new(Arc::new(shape.clone()), Some(Arc::new(honest)));
    circuit.fault = fault;
    let k = Plan::new(shape).expect("a plan").k + 2;
    run(&circuit, k, public_inputs)
}

fn block_of(shape: &Shape, wanted: impl Fn(&Block) -> bool) -> usize {
    shape.blocks().iter().position(wanted).expect("such a block")
}

fn kinds(complaints: &[String]) -> Vec<String> {
    let mut kinds: Vec<String> =
        complaints.iter().map(|c| c.split(" in Region").next().unwrap_or(c).to_owned()).collect();
    kinds.dedup();
    kinds
}

fn check_satisfied<const E: usize, const C: usize>(shape: &Shape) {
    let opening = opening(shape);
    let public_inputs = instance(shape, &opening);
    let circuit = LoraCircuit::<E, C>::new(Arc::new(shape.clone()), Some(Arc::new(opening)));
    let k = Plan::new(shape).expect("a plan").k + 2;
    assert_eq!(run(&circuit, k, public_inputs), Vec::<String>::new(), "{shape:?} with {E} engines, {C} chips");
}

#[test]
fn accepts_every_column_choice_with_the_same_ids() {
    for bits in [WeightBits::Four, WeightBits::Eight] {
        let shape = shape(bits, 2, vec![module(9, 3, 7), ModuleShape { input: 1, ..module(4, 1, 5) }, module(9, 4, 2)]);
        check_satisfied::<1, 1>(&shape);
        check_satisfied::<1, 2>(&shape);
        check_satisfied::<1, 3>(&shape);
        check_satisfied::<2, 2>(&shape);
        check_satisfied::<2, 4>(&shape);
        check_satisfied::<4, 1>(&shape);
    }
}

#[test]
fn accepts_all_ranks_and_extreme_weights() {
    for rank in [1, 2, 4, 8, 16, 24, 32, 48, 64, 128] {
        check_satisfied::<1, 2>(&shape(WeightBits::Four, 1, vec![module(6, rank, 5)]));
    }
    check_satisfied::<1, 1>(&ragged());
    check_satisfied::<1, 1>(&Shape {
        modules: vec![ModuleShape { update: Update::Dense, ..module(20, 1, 12) }],
        ..ragged()
    });
}

/// The numbers that halo2 counts in a circuit, by the names that it gives them.
fn counts<const E: usize, const C: usize>(k: u32, circuit: &LoraCircuit<E, C>) -> HashMap<String, usize> {
    let text = format!("{:?}", CircuitCost::<Eq, LoraCircuit<E, C>>::measure(k, circuit));
    let fields = text.split([',', '{']).filter_map(|field| field.trim().split_once(": "));
    fields.filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?))).collect()
}

#[test]
fn plans_exactly_what_the_circuit_uses() {
    let shared = vec![module(40, 3, 17), module(40, 2, 9), ModuleShape { input: 1, ..module(250, 1, 100) }];
    let dense = vec![ModuleShape { update: Update::Dense, ..module(40, 1, 50) }];
    for (bits, tokens, modules) in [
        (WeightBits::Four, 1, vec![module(300, 4, 300)]),
        (WeightBits::Four, 3, vec![module(33, 8, 47)]),
        (WeightBits::Four, 1, vec![module(64, 64, 64)]),
        (WeightBits::Eight, 2, shared),
        (WeightBits::Four, 2, dense),
    ] {
        let shape = shape(bits, tokens, modules);
        let k = 14; // every choice fits
        let shared = Arc::new(shape.clone());
        for plan in Plan::all(&shape) {
            let counts = with_circuit!(plan.columns, C => counts(k, &C::new(Arc::clone(&shared), None)));
            assert_eq!(counts["max_advice_rows"], plan.rows, "{plan}");
            assert_eq!(counts["advice_columns"], plan.columns.advice(), "{plan}");
            assert_eq!(counts["lookups"], plan.columns.lookups(), "{plan}");
            assert_eq!(counts["permutation_cols"], plan.columns.equality(), "{plan}");
            assert_eq!(counts["max_deg"], QUOTIENT_PIECES + 1, "{plan}");
        }
        // What is chosen fits, and a circuit of half the rows does not hold it.
        let plan = Plan::new(&shape).expect("a plan");
        assert!(plan.k <= MAXIMUM_K);
        let opening = opening(&shape);
        let public_inputs = instance(&shape, &opening);
        with_circuit!(plan.columns, C => {
            let circuit = C::new(shared, Some(Arc::new(opening)));
            assert_eq!(run(&circuit, plan.k, public_inputs.clone()), Vec::<String>::new());
            if plan.k > 9 {
                assert!(MockProver::run(plan.k - 1, &circuit, vec![public_inputs]).is_err(), "{plan}");
            }
        });
    }
}

#[test]
fn spreads_blocks_over_all_engines() {
    let shape = shape(WeightBits::Four, 1, vec![module(64, 8, 64)]);
    let engines = engine_of_blocks(&shape, &shape.blocks(), 2);
    assert!(engines.contains(&0) && engines.contains(&1));
}

#[test]
fn an_output_that_is_one_too_large_breaks_the_dot_product_alone() {
    let shape = ragged();
    let block = block_of(&shape, |b| matches!(b, Block::Up { token: 1, .. }));
    let rows = shape.dot_rows(5);
    let fault = Fault { block, row: 3 * rows - 1, site: Site::Sum, amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        opening.outputs[0][130 + 2] += 1; // the ids are those of the false output, so only the product is wrong
        public_inputs[public::ACTIVATIONS] = opening.activations_id(&ragged());
    });
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("('dot product')"), "{complaints:?}");
    assert!(complaints[0].ends_with(&format!("at offset {}", fault.row)), "{complaints:?}");
}

#[test]
fn a_down_projection_that_is_one_too_large_breaks_the_dot_product_alone() {
    let shape = ragged();
    let block = block_of(&shape, |b| matches!(b, Block::Down { row: 4, token: 0, .. }));
    let fault = Fault { block, row: 0, site: Site::Sum, amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        for output in 0..130 {
            opening.outputs[0][output] += i64::from(opening.weights[0].lora_b[output * 5 + 4]);
        }
        public_inputs[public::ACTIVATIONS] = opening.activations_id(&ragged());
    });
    assert_eq!(kinds(&complaints).len(), 1, "{complaints:?}");
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("('dot product')"), "{complaints:?}");
}

#[test]
fn a_weight_above_seven_breaks_the_look_up_alone() {
    let shape = shape(WeightBits::Four, 1, vec![module(8, 2, 3)]);
    let mut opening = opening(&shape);
    opening.weights[0].lora_a[9] = 8; // nibble 16: the ids and outputs below are computed from it
    opening.outputs = apply(&shape, &opening.weights, &opening.inputs);
    let public_inputs = instance(&shape, &opening);
    let circuit = Small::new(Arc::new(shape.clone()), Some(Arc::new(opening)));
    let complaints = run(&circuit, 11, public_inputs);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].starts_with("lookup 0 "), "{complaints:?}");
}

#[test]
fn a_weight_below_minus_eight_breaks_the_look_up_alone() {
    let shape = shape(WeightBits::Four, 1, vec![module(8, 2, 3)]);
    let mut opening = opening(&shape);
    opening.weights[0].lora_a[3] = -9; // nibble -1, lane 3
    opening.outputs = apply(&shape, &opening.weights, &opening.inputs);
    let public_inputs = instance(&shape, &opening);
    let circuit = Small::new(Arc::new(shape.clone()), Some(Arc::new(opening)));
    let complaints = run(&circuit, 11, public_inputs);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].starts_with("lookup 1 "), "{complaints:?}");
}

#[test]
fn an_activation_out_of_range_breaks_the_look_up() {
    let shape = shape(WeightBits::Four, 1, vec![module(8, 2, 3)]);
    let fault = Fault { block: 0, row: 5, site: Site::Nibble(3), amount: 16 };
    let complaints = complaints(&shape, Some(fault), |_, _| {});
    assert!(
        complaints.iter().any(|c| c.starts_with("lookup 1 in Region") && c.ends_with("at offset 5")),
        "{complaints:?}"
    );
    // Everything else is consistent with the activation, except that the published ids are those of the honest one.
    assert!(complaints.iter().all(|c| c.starts_with("lookup 1") || c.starts_with("copy")), "{complaints:?}");
    assert!(!complaints.iter().any(|c| c.contains("gate")), "{complaints:?}");
}

#[test]
fn an_activation_that_is_not_its_nibbles_breaks_the_activation_gate() {
    let shape = shape(WeightBits::Four, 1, vec![module(8, 2, 3)]);
    let fault = Fault { block: 0, row: 2, site: Site::Sum, amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        opening.inputs[0][2] += 1;
        opening.outputs =
            apply(&super::tests::shape(WeightBits::Four, 1, vec![module(8, 2, 3)]), &opening.weights, &opening.inputs);
        public_inputs[public::ACTIVATIONS] =
            opening.activations_id(&super::tests::shape(WeightBits::Four, 1, vec![module(8, 2, 3)]));
    });
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("('activation')") && complaints[0].ends_with("at offset 2"), "{complaints:?}");
}

#[test]
fn a_false_word_of_weights_breaks_the_weights_word_gate_alone() {
    let shape = ragged();
    let block = block_of(&shape, |b| matches!(b, Block::Down { row: 0, token: 0, .. }));
    let rows = shape.dot_rows(17);
    let fault = Fault { block, row: rows - 1, site: Site::WeightsWord, amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        let mut words = weight_words(&ragged(), &opening.weights);
        words[0] += Fp::ONE;
        public_inputs[public::ADAPTER] = adapter_id(&ragged(), &words, &opening.adapter);
    });
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("('weights word')"), "{complaints:?}");
}

#[test]
fn a_false_word_of_activations_breaks_the_numbers_word_gate_alone() {
    let shape = ragged();
    let fault = Fault { block: 0, row: 14, site: Site::NumbersWord, amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        let mut words = value_words(&ragged(), &opening.inputs, &opening.outputs);
        words[0] += Fp::ONE;
        public_inputs[public::ACTIVATIONS] = activations_id(&ragged(), &words, &opening.activations);
    });
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("('numbers word')") && complaints[0].ends_with("at offset 14"), "{complaints:?}");
}

#[test]
fn a_false_word_of_outputs_breaks_the_numbers_word_gate_alone() {
    let shape = ragged();
    let block = block_of(&shape, |b| matches!(b, Block::Up { token: 0, .. }));
    let per_word = shape.outputs_per_word(&shape.modules[0]);
    let row = per_word * shape.dot_rows(5); // the last output of the first word stands on this row
    let fault = Fault { block, row, site: Site::NumbersWord, amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        let mut words = value_words(&ragged(), &opening.inputs, &opening.outputs);
        let inputs = 2 * 17usize.div_ceil(15);
        words[inputs] += Fp::ONE;
        public_inputs[public::ACTIVATIONS] = activations_id(&ragged(), &words, &opening.activations);
    });
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert!(complaints[0].contains("('numbers word')"), "{complaints:?}");
}

#[test]
fn an_operand_that_is_not_the_activation_breaks_the_copy() {
    let shape = ragged();
    let block = block_of(&shape, |b| matches!(b, Block::Down { row: 1, token: 1, .. }));
    let fault = Fault { block, row: 1, site: Site::Number(2), amount: 1 };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        // x_6 is read as x_6 + 1 by row 1 of lora_a alone: every product is right for the number beside it.
        let slip = i64::from(opening.weights[0].lora_a[17 + 6]);
        for output in 0..130 {
            opening.outputs[0][130 + output] += slip * i64::from(opening.weights[0].lora_b[output * 5 + 1]);
        }
        public_inputs[public::ACTIVATIONS] = opening.activations_id(&ragged());
    });
    assert!(!complaints.is_empty());
    assert!(complaints.iter().all(|c| c.starts_with("copy ")), "{complaints:?}");
}

#[test]
fn a_spare_lane_that_is_not_zero_breaks_the_copy() {
    let shape = ragged();
    let block = block_of(&shape, |b| matches!(b, Block::Down { row: 0, token: 0, .. }));
    let fault = Fault { block, row: 4, site: Site::Number(3), amount: 1 }; // 17 features: lanes 1 to 3 of row 4 are spare
    let complaints = complaints(&shape, Some(fault), |_, _| {});
    // A spare weight is 0, so nothing but the copy from the constant changes.
    assert!(!complaints.is_empty());
    assert!(complaints.iter().all(|c| c.starts_with("copy ")), "{complaints:?}");
}

#[test]
fn a_weight_that_changes_with_the_token_breaks_the_copy() {
    let shape = ragged();
    let honest = opening(&shape);
    let old = honest.weights[0].lora_a[0];
    let amount = if old == 7 { -1 } else { 1 };
    let block = block_of(&shape, |b| matches!(b, Block::Down { row: 0, token: 1, .. }));
    let fault = Fault { block, row: 0, site: Site::Nibble(0), amount };
    let complaints = complaints(&shape, Some(fault), |opening, public_inputs| {
        // Token 1 is answered by another adapter, and its outputs are published.
        let mut other = opening.clone();
        other.weights[0].lora_a[0] += amount as i8;
        let outputs = apply(&ragged(), &other.weights, &other.inputs);
        opening.outputs[0][130..].copy_from_slice(&outputs[0][130..]);
        public_inputs[public::ACTIVATIONS] = opening.activations_id(&ragged());
    });
    assert!(!complaints.is_empty());
    assert!(complaints.iter().all(|c| c.starts_with("copy ")), "{complaints:?}");
}

#[test]
fn every_wrong_public_id_breaks_its_copy() {
    let shape = shape(WeightBits::Eight, 1, vec![module(8, 2, 3)]);
    assert_eq!(complaints(&shape, None, |_, _| {}), Vec::<String>::new());
    for position in [public::ADAPTER, public::ACTIVATIONS] {
        let complaints = complaints(&shape, None, |_, public_inputs| public_inputs[position] += Fp::ONE);
        assert!(!complaints.is_empty());
        assert!(complaints.iter().all(|c| c.starts_with("copy ")), "{complaints:?}");
    }
}

#[test]
fn every_part_of_an_opening_is_bound_by_an_id() {
    let shape = shape(WeightBits::Four, 1, vec![module(8, 2, 3)]);
    let honest = opening(&shape);
    type Edit = fn(&mut Opening);
    let edits: [(&str, Edit); 8] = [
        ("lora_a", |o| o.weights[0].lora_a[0] ^= 1),
        ("lora_b", |o| o.weights[0].lora_b[5] ^= 1),
        ("x", |o| o.inputs[0][7] ^= 1),
        ("y", |o| o.outputs[0][2] += 1),
        ("manifest", |o| o.adapter.manifest_digest[31] ^= 1),
        ("base model", |o| o.adapter.base_model_digest[0] ^= 1),
        ("scales", |o| o.activations.scales_digest[16] ^= 1),
        ("salts", |o| std::mem::swap(&mut o.adapter.salt, &mut o.activations.salt)),
    ];
    for (part, edit) in edits {
        let mut edited = honest.clone();
        edit(&mut edited);
        assert_ne!(instance(&shape, &edited), instance(&shape, &honest), "{part} is not bound");
    }
}
