//! Layouts: what is planned is accepted, each rule is broken once, and the tables hold what the layout says.

mod support;

use proptest::prelude::*;
use rankproof_statement::{
    Error, F, InputsLayout, Maxima, QuantizedActivations, QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout,
    Witness, tables,
};
use support::{MAXIMA, SHAPES, honest, shorten, witness};

fn plans(witness: &Witness) -> (WeightsLayout, InputsLayout) {
    let weights = WeightsLayout::plan(&witness.adapter, &MAXIMA).expect("fits");
    let inputs = InputsLayout::plan(&weights, &witness.activations, &MAXIMA).expect("fits");
    (weights, inputs)
}

fn broken(slot: usize, rule: &'static str) -> Result<(), Error> {
    Err(Error::InvalidLayout { slot, rule })
}

fn weights_refused(change: impl FnOnce(&mut WeightsLayout)) -> Result<(), Error> {
    let (mut weights, _) = plans(&honest());
    assert_eq!(weights.check(&MAXIMA), Ok(()));
    change(&mut weights);
    weights.check(&MAXIMA)
}

fn inputs_refused(change: impl FnOnce(&mut WeightsLayout, &mut InputsLayout, &mut Maxima)) -> Result<(), Error> {
    let ((mut weights, mut inputs), mut maxima) = (plans(&honest()), MAXIMA);
    assert_eq!(inputs.check(&weights, &maxima), Ok(()));
    change(&mut weights, &mut inputs, &mut maxima);
    inputs.check(&weights, &maxima)
}

#[test]
fn rejects_each_broken_rule_of_a_weights_layout_by_its_name() {
    assert_eq!(weights_refused(|layout| layout.slots.clear()), broken(0, "at least one slot is active"));
    let more = |layout: &mut WeightsLayout| layout.slots.extend([layout.slots[2], layout.slots[2]]);
    assert_eq!(weights_refused(more), broken(0, "no more slots than the profile has"));
    for log_rank in [6, 64, usize::MAX] {
        assert_eq!(weights_refused(|layout| layout.log_rank = log_rank), broken(0, "log_rank within the profile"));
    }
    assert_eq!(weights_refused(|layout| layout.log_rank = 4), broken(0, "rank rows end within the rank space"));
    let tiny = Maxima { log_size: 1, ..MAXIMA };
    let (weights, _) = plans(&honest());
    assert_eq!(weights.check(&tiny), broken(0, "a unit is no larger than the polynomial"));
    for log in [7, 63, 64, usize::MAX] {
        assert_eq!(weights_refused(|layout| layout.slots[1].log_in = log), broken(1, "log_in within the profile"));
        assert_eq!(weights_refused(|layout| layout.slots[1].log_out = log), broken(1, "log_out within the profile"));
    }
    // log_units = 10 - 2: offsets end at 2^8.
    let block_a = "lora_a is an aligned block of the weights";
    let block_b = "lora_b is an aligned block of the weights";
    for offset in [1, 1 << 8, u32::MAX, 1 << 31] {
        assert_eq!(weights_refused(|layout| layout.slots[0].weights_a = offset), broken(0, block_a));
        assert_eq!(weights_refused(|layout| layout.slots[1].weights_b = offset), broken(1, block_b));
    }
    assert_eq!(weights_refused(|layout| layout.slots[2].weights_a = 128), Ok(()), "another place is as good");
    let gap = "outputs follow one another without a gap";
    assert_eq!(weights_refused(|layout| layout.slots[0].output_offset = 16), broken(0, gap));
    assert_eq!(weights_refused(|layout| layout.slots[1].output_offset = 0), broken(1, gap), "no overlap");
    assert_eq!(weights_refused(|layout| layout.slots[2].output_offset += 4), broken(2, gap));
    let aligned = "outputs are an aligned block of the output space";
    let growing = |layout: &mut WeightsLayout| {
        layout.slots.swap(0, 1);
        (layout.slots[0].output_offset, layout.slots[1].output_offset) = (0, 4);
    };
    assert_eq!(weights_refused(growing), broken(1, aligned), "4 outputs before 16");
    let full = |layout: &mut WeightsLayout| {
        for slot in &mut layout.slots {
            slot.log_out = 5;
            slot.weights_b = 0;
        }
        (layout.slots[1].output_offset, layout.slots[2].output_offset) = (32, 64);
    };
    assert_eq!(weights_refused(full), broken(2, aligned), "three times 32 outputs in a space of 64");
}

#[test]
fn rejects_each_broken_rule_of_an_inputs_layout_by_its_name() {
    for log_tokens in [4, 64, usize::MAX] {
        let error = broken(0, "log_tokens within the profile");
        assert_eq!(inputs_refused(|_, inputs, _| inputs.log_tokens = log_tokens), error);
    }
    let count = "one input offset for each active slot";
    assert_eq!(inputs_refused(|_, inputs, _| inputs.input_offsets.push(0)), broken(0, count));
    assert_eq!(inputs_refused(|_, inputs, _| shorten(&mut inputs.input_offsets)), broken(0, count));
    let half = broken(0, "tokens fit in half of the polynomial");
    assert_eq!(inputs_refused(|_, _, maxima| maxima.log_size = 3), half);
    let rule = "inputs are an aligned block of the input space and of the lower half";
    for offset in [1, 1 << 6, u32::MAX] {
        assert_eq!(inputs_refused(|_, inputs, _| inputs.input_offsets[1] = offset), broken(1, rule));
    }
    // log_size 6 and 8 tokens leave 4 rows in each half.
    assert_eq!(inputs_refused(|_, _, maxima| maxima.log_size = 6), broken(0, rule));
    let rule = "outputs are an aligned block of the output space and of the upper half";
    let small_inputs = |weights: &mut WeightsLayout, inputs: &mut InputsLayout, maxima: &mut Maxima| {
        weights.slots.iter_mut().for_each(|slot| slot.log_in = 0);
        inputs.input_offsets.fill(0);
        maxima.log_size = 8;
    };
    assert_eq!(inputs_refused(small_inputs), broken(1, rule), "16 + 4 + 4 outputs in 16 rows");
}

#[test]
fn refuses_to_plan_what_does_not_fit_and_says_what() {
    let exceeds = |what, maximum, actual| Err(Error::ExceedsProfile { what, maximum, actual });
    let plan = |shapes: &[support::Shape], tokens: usize, maxima: Maxima| {
        let witness = witness(shapes, tokens, WeightBits::Four);
        let weights = WeightsLayout::plan(&witness.adapter, &maxima)?;
        InputsLayout::plan(&weights, &witness.activations, &maxima).map(|_| ())
    };
    assert_eq!(plan(&SHAPES, 5, MAXIMA), Ok(()));
    assert_eq!(plan(&SHAPES, 5, Maxima { modules: 2, ..MAXIMA }), exceeds("number of modules", 2, 3));
    assert_eq!(plan(&SHAPES, 5, Maxima { log_rank_space: 1, ..MAXIMA }), exceeds("padded rank", 2, 4));
    assert_eq!(plan(&SHAPES, 5, Maxima { log_rank_space: 3, ..MAXIMA }), exceeds("modules times padded rank", 8, 12));
    assert_eq!(plan(&SHAPES, 5, Maxima { log_input_space: 3, ..MAXIMA }), exceeds("padded in_features", 8, 16));
    assert_eq!(plan(&SHAPES, 5, Maxima { log_output_space: 3, ..MAXIMA }), exceeds("padded out_features", 8, 16));
    let weights = "number of padded weights (nibbles)";
    assert_eq!(plan(&SHAPES, 5, Maxima { log_size: 7, ..MAXIMA }), exceeds(weights, 128, 224));
    assert_eq!(
        plan(&SHAPES, 5, Maxima { log_output_space: 4, ..MAXIMA }),
        exceeds("sum of padded out_features", 16, 24)
    );
    assert_eq!(plan(&SHAPES, 5, Maxima { log_tokens: 2, ..MAXIMA }), exceeds("number of tokens", 4, 5));
    assert_eq!(plan(&SHAPES, 5, Maxima { log_input_space: 4, ..MAXIMA }), exceeds("sum of padded in_features", 16, 24));
    let tokens = |log_tokens, log_size| Maxima { log_tokens, log_size, ..MAXIMA };
    assert_eq!(plan(&SHAPES, 16, tokens(4, 9)), exceeds("inputs times padded tokens", 256, 384));
    let outputs = [("o", 1, 16, 1, false)];
    assert_eq!(plan(&outputs, 8, MAXIMA), Ok(()));
    assert_eq!(plan(&outputs, 8, tokens(3, 7)), exceeds("outputs times padded tokens", 64, 128));
    let (weights, _) = plans(&honest());
    let two = &honest().activations[..2];
    assert_eq!(
        InputsLayout::plan(&weights, two, &MAXIMA),
        Err(Error::ModuleCountMismatch { table: "activations", expected: 3, actual: 2 })
    );
    let mut empty = honest().adapter;
    empty.modules.clear();
    assert_eq!(WeightsLayout::plan(&empty, &MAXIMA), Err(Error::NoModules));
}

#[test]
fn inputs_are_shared_if_and_only_if_they_are_equal_to_the_last_bit() {
    let honest = honest();
    let offsets = |activations: &[QuantizedActivations]| {
        let weights = WeightsLayout::plan(&honest.adapter, &MAXIMA).expect("fits");
        InputsLayout::plan(&weights, activations, &MAXIMA).expect("fits").input_offsets
    };
    let position = |name: &str| honest.adapter.modules.iter().position(|module| module.name == name).expect("exists");
    let (q, v) = (position("q"), position("v"));
    let shared = offsets(&honest.activations);
    assert_eq!(shared[q], shared[v]);
    let mut other_x = honest.activations.clone();
    other_x[v].x[24] ^= 1;
    let mut other_scale = honest.activations.clone();
    other_scale[v].token_scale[4] = f64::from_bits(other_scale[v].token_scale[4].to_bits() + 1);
    for activations in [other_x, other_scale] {
        let separate = offsets(&activations);
        assert_ne!(separate[q], separate[v]);
    }
}

#[test]
fn digests_tell_layouts_apart() {
    let (weights, inputs) = plans(&honest());
    let mut digests = vec![weights.digest(&MAXIMA), inputs.digest(&MAXIMA)];
    let changes: [fn(&mut WeightsLayout); 8] = [
        |layout| layout.bits = WeightBits::Eight,
        |layout| layout.log_rank += 1,
        |layout| layout.slots[0].log_in += 1,
        |layout| layout.slots[0].log_out += 1,
        |layout| layout.slots[1].weights_a ^= 1 << 7,
        |layout| layout.slots[1].weights_b ^= 1 << 7,
        |layout| layout.slots[1].output_offset ^= 1 << 5,
        |layout| shorten(&mut layout.slots),
    ];
    for change in changes {
        let mut changed = weights.clone();
        change(&mut changed);
        digests.push(changed.digest(&MAXIMA));
    }
    let changes: [fn(&mut InputsLayout); 3] = [
        |layout| layout.log_tokens += 1,
        |layout| layout.input_offsets[0] ^= 1 << 5,
        |layout| layout.input_offsets.swap(0, 2),
    ];
    for change in changes {
        let mut changed = inputs.clone();
        change(&mut changed);
        digests.push(changed.digest(&MAXIMA));
    }
    let distinct: std::collections::HashSet<_> = digests.iter().collect();
    assert_eq!(distinct.len(), digests.len());
}

#[test]
fn input_offsets_are_packed_seven_to_an_element_first_lowest() {
    let layout = InputsLayout { log_tokens: 2, input_offsets: (1..=9).collect() };
    let elements = layout.elements(&Maxima { modules: 10, ..MAXIMA });
    let shift = F::from(1u64 << 32);
    let packed =
        |offsets: &[u64]| offsets.iter().rev().fold(F::from(0u64), |sum, offset| sum * shift + F::from(*offset));
    assert_eq!(elements, [F::from(2u64), packed(&[1, 2, 3, 4, 5, 6, 7]), packed(&[8, 9])]);
    let empty = InputsLayout { log_tokens: 2, input_offsets: vec![1] };
    assert_eq!(empty.elements(&Maxima { modules: 15, ..MAXIMA }).len(), 4, "inactive slots are zeros");
}

/// Any table entry, by what the header of `layout` says about it.
#[test]
fn tables_hold_what_the_layout_says() {
    for bits in [WeightBits::Four, WeightBits::Eight] {
        let witness = witness(&SHAPES, 5, bits);
        let (layout, inputs) = plans(&witness);
        let table = tables::weights(&witness.adapter, &layout, &MAXIMA);
        let planes = 1usize << bits.log_planes();
        let mut expected = vec![0u8; 1 << MAXIMA.log_size];
        for (module, slot) in witness.adapter.modules.iter().zip(&layout.slots) {
            for k in 0..1usize << layout.log_rank {
                for unit in 0..(1usize << slot.log_in) + (1usize << slot.log_out) {
                    let (first, feature, code) = match unit.checked_sub(1 << slot.log_in) {
                        None if unit < module.in_features && k < module.rank => {
                            (slot.weights_a, unit, module.lora_a[k * module.in_features + unit])
                        }
                        None => (slot.weights_a, unit, 0),
                        Some(o) if o < module.out_features && k < module.rank => {
                            (slot.weights_b, o, module.lora_b[o * module.rank + k])
                        }
                        Some(o) => (slot.weights_b, o, 0),
                    };
                    for plane in 0..planes {
                        let unsigned = i64::from(code) + bits.offset();
                        let nibble = (unsigned >> (4 * plane)) & 15;
                        let index = ((first as usize + feature) * planes + plane) * (1 << layout.log_rank) + k;
                        assert_eq!(expected[index], 0, "blocks do not overlap");
                        expected[index] = nibble as u8;
                    }
                }
            }
        }
        assert_eq!(table, expected);

        let table = tables::activations(&witness, &layout, &inputs, &MAXIMA);
        let half = 1usize << (MAXIMA.log_size - 1);
        let mut expected = vec![0i64; 2 * half];
        for (index, module) in witness.adapter.modules.iter().enumerate() {
            for t in 0..5 {
                for j in 0..module.in_features {
                    let row = inputs.input_offsets[index] as usize + j;
                    expected[row * 8 + t] = i64::from(witness.activations[index].x[t * module.in_features + j]);
                }
                for o in 0..module.out_features {
                    let row = layout.slots[index].output_offset as usize + o;
                    expected[half + row * 8 + t] = witness.outputs[index][t * module.out_features + o];
                }
            }
        }
        assert_eq!(table, expected);
    }
}

fn arb_adapter() -> impl Strategy<Value = (QuantizedAdapter, Vec<QuantizedActivations>)> {
    let module = (1usize..40, 1usize..40, 1usize..9, any::<bool>());
    (proptest::collection::vec(module, 1..6), 1usize..9, any::<bool>()).prop_map(|(shapes, tokens, wide)| {
        let bits = if wide { WeightBits::Eight } else { WeightBits::Four };
        let mut modules = Vec::new();
        let mut activations: Vec<QuantizedActivations> = Vec::new();
        for (index, (in_features, out_features, rank, shares)) in shapes.into_iter().enumerate() {
            let previous = activations.last().filter(|_| shares);
            let in_features = previous.map_or(in_features, |previous| previous.in_features);
            let module = format!("m{index}");
            let x = previous.map_or_else(|| vec![index as i16; tokens * in_features], |previous| previous.x.clone());
            activations.push(QuantizedActivations {
                module: module.clone(),
                tokens,
                in_features,
                x,
                token_scale: vec![1.0; tokens],
            });
            modules.push(QuantizedModule {
                name: module,
                in_features,
                out_features,
                rank,
                lora_a: vec![1; rank * in_features],
                lora_b: vec![-1; out_features * rank],
                out_scale: vec![1.0; out_features],
            });
        }
        (QuantizedAdapter { bits, modules, base_model_digest: [0; 32] }, activations)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_planned_is_accepted_and_outputs_are_disjoint((mut adapter, activations) in arb_adapter()) {
        const LARGE: Maxima = Maxima {
            log_size: 14, modules: 6, log_rank_space: 6, log_input_space: 9, log_output_space: 9, log_tokens: 3,
        };
        rankproof_statement::layout::sort_into_slots(&mut adapter);
        let witness = Witness::new(adapter, activations).expect("honest");
        let weights = WeightsLayout::plan(&witness.adapter, &LARGE).expect("fits");
        prop_assert_eq!(weights.check(&LARGE), Ok(()));
        let inputs = InputsLayout::plan(&weights, &witness.activations, &LARGE).expect("fits");
        prop_assert_eq!(inputs.check(&weights, &LARGE), Ok(()));

        let mut used = vec![false; 1 << LARGE.log_output_space];
        for (module, slot) in witness.adapter.modules.iter().zip(&weights.slots) {
            prop_assert!(module.out_features <= 1 << slot.log_out && module.in_features <= 1 << slot.log_in);
            prop_assert!(module.rank <= 1 << weights.log_rank);
            for row in used.iter_mut().skip(slot.output_offset as usize).take(1 << slot.log_out) {
                prop_assert!(!std::mem::replace(row, true), "two modules write one output row");
            }
        }
        let mut blocks: Vec<(u32, u32)> = weights
            .slots
            .iter()
            .flat_map(|slot| [(slot.weights_a, 1 << slot.log_in), (slot.weights_b, 1 << slot.log_out)])
            .collect();
        blocks.sort_unstable();
        for pair in blocks.windows(2) {
            prop_assert!(pair[0].0 + pair[0].1 <= pair[1].0, "an honest layout ties no weights");
        }
        for (a, first) in witness.activations.iter().zip(&inputs.input_offsets) {
            for (b, second) in witness.activations.iter().zip(&inputs.input_offsets) {
                let equal = a.x == b.x && a.token_scale == b.token_scale && a.in_features == b.in_features;
                prop_assert_eq!(equal, first == second);
            }
        }
    }

    /// Whatever a layout says, checking it answers; and what is accepted has disjoint outputs within its half.
    #[test]
    fn checking_never_panics_and_accepts_no_overlap(
        log_rank in 0usize..5,
        slots in proptest::collection::vec((0usize..8, 0usize..7, 0u32..300, 0u32..300, 0u32..70), 0..6),
        eight in any::<bool>(),
        log_tokens in 0usize..5,
        gaps in any::<bool>(),
    ) {
        let mut end = 0u32;
        let bits = if eight { WeightBits::Eight } else { WeightBits::Four };
        let mut slots = slots;
        if !gaps {
            slots.sort_by_key(|slot| std::cmp::Reverse(slot.1));
        }
        let align = |offset: u32, log: usize| if gaps { offset } else { ((offset % 64) >> log) << log };
        let input_offsets = slots.iter().map(|slot| align(slot.2, slot.0)).collect();
        let slots = slots
            .into_iter()
            .map(|(log_in, log_out, weights_a, weights_b, offset)| {
                let output_offset = if gaps { offset } else { end };
                let (weights_a, weights_b) = (align(weights_a, log_in), align(weights_b, log_out));
                end += 1 << log_out;
                rankproof_statement::SlotLayout { log_in, log_out, weights_a, weights_b, output_offset }
            })
            .collect();
        let weights = WeightsLayout { bits, log_rank, slots };
        let inputs = InputsLayout { log_tokens, input_offsets };
        if weights.check(&MAXIMA).is_ok() && inputs.check(&weights, &MAXIMA).is_ok() {
            let mut end = 0u32;
            for slot in &weights.slots {
                prop_assert!(slot.output_offset >= end);
                end = slot.output_offset + (1 << slot.log_out);
            }
            prop_assert!((end as usize) << log_tokens <= 1 << (MAXIMA.log_size - 1));
        }
    }
}
