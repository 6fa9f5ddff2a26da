//! Shapes come from proof files: a large one is refused before anything of its size is made.

use rankproof_lora_halo2::plan::MAXIMUM_K;
use rankproof_lora_halo2::{Error, ModuleShape, Plan, Shape, Update};
use rankproof_statement::WeightBits;

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
