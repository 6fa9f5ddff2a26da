//! Shapes come from proof files: a large one is refused before anything of its size is made.

use rankproof_lora_halo2::plan::MAXIMUM_K;
use rankproof_lora_halo2::{Error, ModuleShape, Plan, Shape, Update};
use rankproof_statement::{QuantizedAdapter, WeightBits};

fn shape(bits: WeightBits, tokens: usize, modules: &[(usize, usize, usize)]) -> Shape {
    let module = |(input, (in_features, rank, out_features)): (usize, &(usize, usize, usize))| ModuleShape {
        in_features: *in_features,
        out_features: *out_features,
        update: Update::LowRank { rank: *rank },
        input,
    };
    Shape { bits, tokens, modules: modules.iter().enumerate().map(module).collect() }
}

#[test]
fn rows_are_counted_without_listing_blocks() {
    for bits in [WeightBits::Four, WeightBits::Eight] {
        for (tokens, modules) in [
            (1, &[(1, 1, 1)][..]),
            (3, &[(240, 4, 252), (241, 5, 253)]),
            (2, &[(384, 8, 1000), (7, 128, 9), (1, 3, 777)]),
        ] {
            let shape = shape(bits, tokens, modules);
            let listed: usize = shape.blocks().iter().map(|block| shape.rows(block)).sum();
            assert_eq!(shape.total_rows(), listed, "{shape:?}");
        }
    }
}

/// 17 bytes a module claim 2^41 rows; the plan of it would list a billion blocks.
#[test]
fn rejects_with_too_many_rows_before_listing_blocks() {
    let largest = shape(WeightBits::Eight, 1 << 12, &vec![(1 << 14, 128, 1 << 16); 1 << 10]);
    assert_eq!(largest.check(), Ok(()), "within every bound");
    let rows = largest.total_rows().div_ceil(4);
    assert!(rows > 1 << 39);
    assert_eq!(Plan::new(&largest), Err(Error::TooManyRows { rows, maximum_k: MAXIMUM_K }));
    let small = shape(WeightBits::Eight, 1, &[(1 << 10, 8, 1 << 10)]);
    assert!(Plan::new(&small).is_ok());
}

/// A size out of its bounds is named before anything is counted from it, whoever asks.
#[test]
fn rejects_with_size_out_of_range_wherever_a_shape_comes_from() {
    let of = |tokens| shape(WeightBits::Four, tokens, &[(4, 2, 3)]);
    assert!(Plan::new(&of(1 << 12)).is_ok() && Plan::unbounded(&of(1 << 12)).is_ok());
    let tokens = |actual| Error::SizeOutOfRange { what: "tokens", maximum: 1 << 12, actual };
    assert_eq!(Plan::new(&of(1 << 40)), Err(tokens(1 << 40)), "it also has too many rows");
    assert_eq!(Plan::unbounded(&of((1 << 12) + 1)), Err(tokens((1 << 12) + 1)));
    let empty = QuantizedAdapter { bits: WeightBits::Four, modules: Vec::new(), base_model_digest: [0; 32] };
    let modules = Error::SizeOutOfRange { what: "modules", maximum: 1 << 10, actual: 0 };
    assert_eq!(Shape::of_adapter(&empty), Err(modules.clone()));
    assert_eq!(Shape::of(&empty, &[]), Err(modules));
}

/// Blocks that fill every engine to its end fit while they are counted, and not with what every circuit holds besides.
#[test]
fn rejects_with_too_many_rows_what_only_its_plan_shows() {
    let of = |modules: usize, tokens| shape(WeightBits::Four, tokens, &vec![(1, 1, 1); modules]);
    let full = 4usize << MAXIMUM_K;
    let sizes = (1..=1 << 10).map(|modules| (modules, full / of(modules, 1).total_rows()));
    let fuller = |(modules, tokens): &(usize, usize)| of(*modules, *tokens).total_rows();
    let (modules, tokens) = sizes.filter(|(_, tokens)| *tokens <= 1 << 12).max_by_key(fuller).expect("some");
    let largest = of(modules, tokens);
    assert!(largest.total_rows() <= full, "{modules} modules, {tokens} tokens");
    let plan = Plan::unbounded(&largest).expect("within every bound");
    assert!(plan.k > MAXIMUM_K, "{plan:?}");
    assert_eq!(Plan::new(&largest), Err(Error::TooManyRows { rows: plan.rows, maximum_k: MAXIMUM_K }));
}
