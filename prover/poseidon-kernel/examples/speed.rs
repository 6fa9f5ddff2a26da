//! Nanoseconds per permutation, scalar and vectorized, on one core: medians of interleaved runs, the best
//! runs (on a machine with other work, the figure to trust), and their ratios.
//!
//! `cargo run --release -p rankproof-poseidon-kernel --example speed`

use std::{hint::black_box, time::Instant};

use ark_std::{
    UniformRand,
    rand::{SeedableRng, rngs::StdRng},
};
use rankproof_poseidon::{Parameters, constants};
use rankproof_poseidon_kernel::{F, Kernel};

const RUNS: usize = 31;

/// Best and median.
fn quantiles(mut times: Vec<f64>) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times[0], times[times.len() / 2]]
}

fn nanoseconds(blocks: usize, work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e9 / blocks as f64
}

fn measure<const W: usize, const I: usize>(parameters: &Parameters<W, I>, blocks: usize) {
    let Some(kernel) = Kernel::new(&parameters.internal_diagonal_minus_one, &parameters.external, &parameters.internal)
    else {
        println!("no AVX-512 IFMA on this processor");
        return;
    };
    let mut rng = StdRng::seed_from_u64(1);
    let blocks: Vec<[F; W]> = (0..blocks).map(|_| std::array::from_fn(|_| F::rand(&mut rng))).collect();
    let mut out = vec![blocks[0][0]; blocks.len()];
    let (mut scalar, mut vector) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        scalar.push(nanoseconds(blocks.len(), || {
            for (block, out) in blocks.iter().zip(&mut out) {
                let mut state = *block;
                parameters.permute(&mut state);
                *out = state[0] + block[0];
            }
            black_box(&out);
        }));
        vector.push(nanoseconds(blocks.len(), || {
            kernel.compress_many(&blocks, &mut out);
            black_box(&out);
        }));
    }
    let (scalar, vector) = (quantiles(scalar), quantiles(vector));
    for (name, (scalar, vector)) in ["best", "median"].iter().zip(scalar.iter().zip(&vector)) {
        println!("width {W:2}, {name:6}: scalar {scalar:8.0} ns, kernel {vector:7.0} ns, ratio {:.2}", scalar / vector);
    }
}

fn main() {
    measure(&constants::T4, 1024);
    measure(&constants::T16, 512);
    let Some(kernel) =
        Kernel::new(&constants::T4.internal_diagonal_minus_one, &constants::T4.external, &constants::T4.internal)
    else {
        return;
    };
    let state = [F::from(1u64), F::from(2u64), F::from(3u64), F::from(4u64)];
    let tried = 16_384;
    let time = nanoseconds(tried, || {
        black_box(kernel.find_nonce(black_box(&state), 0, 52, 0, tried as u64));
    });
    println!("grinding: {time:.0} ns a nonce");
}
