//! The relation: an honest witness passes, and each fact it rests on is named when it is broken.

mod support;

use rankproof_statement::relation::{MAX_IN_FEATURES, MAX_RANK, check, check_adapter};
use rankproof_statement::{Error, WeightBits, Witness};
use support::{SHAPES, honest, shorten, witness};

fn refused(change: impl FnOnce(&mut Witness)) -> Result<(), Error> {
    let mut changed = honest();
    assert_eq!(check(&changed), Ok(()));
    change(&mut changed);
    check(&changed)
}

/// `Y = B (A X)` by the definition, one sum at a time.
fn output(witness: &Witness, slot: usize, o: usize, t: usize) -> i64 {
    let (module, input) = (&witness.adapter.modules[slot], &witness.activations[slot]);
    (0..module.rank)
        .flat_map(|k| (0..module.in_features).map(move |j| (k, j)))
        .map(|(k, j)| {
            i64::from(module.lora_b[o * module.rank + k])
                * i64::from(module.lora_a[k * module.in_features + j])
                * i64::from(input.x[t * module.in_features + j])
        })
        .sum()
}

#[test]
fn outputs_are_the_sums_of_the_definition() {
    for bits in [WeightBits::Four, WeightBits::Eight] {
        let witness = witness(&SHAPES, 3, bits);
        assert_eq!(check(&witness), Ok(()));
        for (slot, module) in witness.adapter.modules.iter().enumerate() {
            for t in 0..3 {
                for o in 0..module.out_features {
                    let claimed = witness.outputs[slot][t * module.out_features + o];
                    assert_eq!(claimed, output(&witness, slot, o, t));
                }
            }
        }
    }
}

/// What is put together by hand is checked before anything is computed from it.
#[test]
fn rejects_a_witness_whose_shapes_disagree() {
    let honest = honest();
    let (name, expected) = (honest.adapter.modules[0].name.clone(), honest.adapter.modules[0].lora_a.len());
    let mut short = honest.adapter.clone();
    short.modules[0].lora_a.pop();
    let error = Error::TableLength { module: name, table: "lora_a", expected, actual: expected - 1 };
    assert_eq!(Witness::new(short, honest.activations.clone()), Err(error));
    assert_eq!(Witness::new(honest.adapter.clone(), honest.activations.clone()), Ok(honest));
}

#[test]
fn the_largest_output_fits_with_room() {
    let shape = [("big", MAX_IN_FEATURES, 1, MAX_RANK, false)];
    let mut big = witness(&shape, 1, WeightBits::Eight);
    let module = &mut big.adapter.modules[0];
    module.lora_a.fill(-128);
    module.lora_b.fill(-128);
    big.activations[0].x.fill(i16::MIN);
    let big = Witness::new(big.adapter, big.activations).expect("codes fit eight bits");
    assert_eq!(big.outputs[0], [-(1i64 << 50)]);
    assert_eq!(check(&big), Ok(()));
}

#[test]
fn rejects_a_wrong_output_by_name_and_place() {
    let name = honest().adapter.modules[1].name.clone();
    let out_features = honest().adapter.modules[1].out_features;
    let computed = honest().outputs[1][2 * out_features + 1];
    assert_eq!(
        refused(|witness| witness.outputs[1][2 * out_features + 1] -= 1),
        Err(Error::RelationViolated { module: name, output: 1, token: 2, claimed: computed - 1, computed })
    );
}

#[test]
fn rejects_adapters_without_modules_and_with_twins() {
    assert_eq!(refused(|witness| witness.adapter.modules.clear()), Err(Error::NoModules));
    let twin = |witness: &mut Witness| witness.adapter.modules[1].name = "q".into();
    assert_eq!(refused(twin), Err(Error::DuplicateModule { name: "q".into() }));
}

#[test]
fn rejects_lists_that_do_not_have_one_entry_per_module() {
    let error = |table, actual| Err(Error::ModuleCountMismatch { table, expected: 3, actual });
    assert_eq!(refused(|witness| witness.activations.push(witness.activations[0].clone())), error("activations", 4));
    assert_eq!(refused(|witness| shorten(&mut witness.activations)), error("activations", 2));
    assert_eq!(refused(|witness| witness.outputs.push(Vec::new())), error("outputs", 4));
    assert_eq!(refused(|witness| shorten(&mut witness.outputs)), error("outputs", 2));
}

#[test]
fn rejects_tables_of_another_length() {
    let error = |table, expected: usize, actual| {
        Err(Error::TableLength { module: honest().adapter.modules[0].name.clone(), table, expected, actual })
    };
    assert_eq!(honest().adapter.modules[0].name, "q");
    assert_eq!(refused(|witness| shorten(&mut witness.adapter.modules[0].lora_a)), error("lora_a", 15, 14));
    assert_eq!(refused(|witness| witness.adapter.modules[0].lora_b.push(0)), error("lora_b", 27, 28));
    assert_eq!(refused(|witness| witness.adapter.modules[0].out_scale.push(1.0)), error("out_scale", 9, 10));
    assert_eq!(refused(|witness| shorten(&mut witness.activations[0].x)), error("x", 25, 24));
    assert_eq!(refused(|witness| shorten(&mut witness.activations[0].token_scale)), error("token_scale", 5, 4));
    assert_eq!(refused(|witness| witness.activations[0].in_features = 6), error("in_features", 5, 6));
    assert_eq!(refused(|witness| shorten(&mut witness.outputs[0])), error("outputs", 45, 44));
}

#[test]
fn rejects_codes_outside_their_width() {
    let error = |table, index, value| Err(Error::WeightOutOfRange { module: "q".into(), table, index, value, bits: 4 });
    assert_eq!(refused(|witness| witness.adapter.modules[0].lora_a[3] = 8), error("lora_a", 3, 8));
    assert_eq!(refused(|witness| witness.adapter.modules[0].lora_b[26] = -9), error("lora_b", 26, -9));
    let lowest = |witness: &mut Witness| {
        witness.adapter.modules[0].lora_a[3] = -8;
        *witness = Witness::new(witness.adapter.clone(), witness.activations.clone()).expect("fits");
    };
    assert_eq!(refused(lowest), Ok(()), "-8 is a nibble, though no honest quantiser writes it");
}

#[test]
fn rejects_scales_that_are_not_positive_and_finite() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(
            refused(|witness| witness.adapter.modules[0].out_scale[2] = scale),
            Err(Error::BadScale { module: "q".into(), table: "out_scale", index: 2 })
        );
        assert_eq!(
            refused(|witness| witness.activations[0].token_scale[4] = scale),
            Err(Error::BadScale { module: "q".into(), table: "token_scale", index: 4 })
        );
    }
}

#[test]
fn rejects_activations_of_other_modules_and_lengths() {
    let missing = Err(Error::MissingActivations { module: "q".into() });
    assert_eq!(refused(|witness| witness.activations[0].module = "k".into()), missing);
    assert_eq!(
        refused(|witness| witness.activations[2].tokens = 4),
        Err(Error::TokenCountMismatch { module: honest().adapter.modules[2].name.clone(), expected: 5, actual: 4 })
    );
    let mut others = honest().activations;
    others.remove(0);
    assert_eq!(
        Witness::new(honest().adapter, others).map(|_| ()),
        Err(Error::MissingActivations { module: "q".into() })
    );
}

#[test]
fn ignores_activations_of_modules_that_are_not_in_the_adapter() {
    let mut activations = honest().activations;
    activations.reverse();
    let mut other = activations[0].clone();
    other.module = "not committed".into();
    activations.push(other);
    assert_eq!(Witness::new(honest().adapter, activations), Ok(honest()));
}

#[test]
fn rejects_sizes_beyond_the_bounds_of_the_relation() {
    let too_large = |what, maximum: usize, actual: usize| {
        Err(Error::ExceedsProfile { what, maximum: maximum as u64, actual: actual as u64 })
    };
    let with_size = |set: fn(&mut rankproof_statement::QuantizedModule)| {
        let mut adapter = honest().adapter;
        assert_eq!(check_adapter(&adapter), Ok(()));
        set(&mut adapter.modules[0]);
        check_adapter(&adapter)
    };
    assert_eq!(with_size(|module| module.rank = MAX_RANK + 1), too_large("rank", MAX_RANK, MAX_RANK + 1));
    assert_eq!(with_size(|module| module.rank = 0), too_large("rank", MAX_RANK, 0));
    assert_eq!(
        with_size(|module| module.in_features = MAX_IN_FEATURES + 1),
        too_large("in_features", MAX_IN_FEATURES, MAX_IN_FEATURES + 1)
    );
    assert_eq!(with_size(|module| module.out_features = 0), too_large("out_features", u32::MAX as usize, 0));
    let no_tokens = |witness: &mut Witness| witness.activations.iter_mut().for_each(|entry| entry.tokens = 0);
    assert_eq!(refused(no_tokens), too_large("tokens", 1 << 20, 0));
}
