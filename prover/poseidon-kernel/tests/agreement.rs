//! The kernel against the scalar permutation, bit for bit.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use ark_std::{
    UniformRand,
    rand::{SeedableRng, rngs::StdRng},
};
use rankproof_poseidon::{Parameters, constants};
use rankproof_poseidon_kernel::{F, Kernel};

fn kernel<const WIDTH: usize, const INTERNAL: usize>(
    parameters: &Parameters<WIDTH, INTERNAL>,
) -> Option<Kernel<WIDTH>> {
    let kernel = Kernel::new(&parameters.internal_diagonal_minus_one, &parameters.external, &parameters.internal);
    if kernel.is_none() {
        eprintln!("no AVX-512 IFMA on this processor: nothing to compare");
    }
    kernel
}

fn scalar_compress<const W: usize, const I: usize>(parameters: &Parameters<W, I>, block: &[F; W]) -> F {
    let mut state = *block;
    parameters.permute(&mut state);
    state[0] + block[0]
}

fn check_blocks<const W: usize, const I: usize>(parameters: &Parameters<W, I>, kernel: &Kernel<W>, blocks: &[[F; W]]) {
    let mut out = vec![F::from(7u64); blocks.len()];
    kernel.compress_many(blocks, &mut out);
    let expected: Vec<F> = blocks.iter().map(|block| scalar_compress(parameters, block)).collect();
    assert_eq!(out, expected);
    let mut states = blocks.to_vec();
    kernel.permute_many(&mut states);
    let mut expected = blocks.to_vec();
    expected.iter_mut().for_each(|state| parameters.permute(state));
    assert_eq!(states, expected);
}

fn check_lengths_and_edges<const W: usize, const I: usize>(parameters: &Parameters<W, I>) {
    let Some(kernel) = kernel(parameters) else { return };
    let mut rng = StdRng::seed_from_u64(3);
    for length in (0..=17).chain([1000]) {
        let blocks: Vec<[F; W]> = (0..length).map(|_| std::array::from_fn(|_| F::rand(&mut rng))).collect();
        check_blocks(parameters, &kernel, &blocks);
    }
    // Edge values: all combinations in the first four elements, the rest drawn from them too.
    let raw = |limbs| F::new_unchecked(limbs); // the extreme Montgomery representatives
    let mut top = F::MODULUS;
    top.sub_with_borrow(&ark_ff::BigInt::from(1u64));
    let edges = [F::ZERO, F::ONE, -F::ONE, raw(ark_ff::BigInt::from(1u64)), raw(top), F::from(2u64).inverse().unwrap()];
    let mut blocks = Vec::new();
    for index in 0..edges.len().pow(4) {
        let mut block = [edges[index % 6]; W];
        for (i, element) in block.iter_mut().enumerate() {
            *element = edges[index / 6usize.pow(i as u32 % 4) % 6];
        }
        blocks.push(block);
    }
    check_blocks(parameters, &kernel, &blocks);
}

#[test]
fn width_4_agrees_with_the_scalar_code_for_all_lengths_and_edge_values() {
    check_lengths_and_edges(&constants::T4);
}

#[test]
fn width_16_agrees_with_the_scalar_code_for_all_lengths_and_edge_values() {
    check_lengths_and_edges(&constants::T16);
}

/// Both widths use what they are given: any constants, extreme ones included, not only the published.
#[test]
fn any_constants_agree_with_the_scalar_code() {
    let mut rng = StdRng::seed_from_u64(4);
    for extreme in [None, Some(F::ZERO), Some(-F::ONE), Some(F::ONE)] {
        let mut draw = |_| extreme.unwrap_or_else(|| F::rand(&mut rng));
        let wide = Parameters::<16, 5> {
            internal_diagonal_minus_one: std::array::from_fn(&mut draw),
            external: std::array::from_fn(|_| std::array::from_fn(&mut draw)),
            internal: std::array::from_fn(&mut draw),
        };
        let narrow = Parameters::<4, 3> {
            internal_diagonal_minus_one: std::array::from_fn(&mut draw),
            external: std::array::from_fn(|_| std::array::from_fn(&mut draw)),
            internal: std::array::from_fn(&mut draw),
        };
        let blocks: Vec<[F; 16]> = (0..9).map(|_| std::array::from_fn(&mut draw)).collect();
        let Some(kernel) = kernel(&wide) else { return };
        check_blocks(&wide, &kernel, &blocks);
        let blocks: Vec<[F; 4]> = (0..9).map(|_| std::array::from_fn(&mut draw)).collect();
        let Some(kernel) = self::kernel(&narrow) else { return };
        check_blocks(&narrow, &kernel, &blocks);
    }
}

fn trailing_zeros(state: &[F; 4], slot: usize, nonce: u64) -> u32 {
    let mut state = *state;
    state[slot] += F::from(nonce);
    constants::T4.permute(&mut state);
    state[0].into_bigint().0[0].trailing_zeros()
}

#[test]
fn the_nonce_found_is_the_smallest_of_the_range() {
    let Some(kernel) = kernel(&constants::T4) else { return };
    let mut rng = StdRng::seed_from_u64(5);
    for bits in [0, 1, 5, 8] {
        for slot in 0..4 {
            let state: [F; 4] = std::array::from_fn(|_| F::rand(&mut rng));
            for start in [0, 3, u64::MAX - 2000] {
                let expected = (start..).take(1999).find(|&nonce| trailing_zeros(&state, slot, nonce) >= bits);
                let found = expected.expect("a nonce within 1999 tries");
                assert_eq!(kernel.find_nonce(&state, slot, bits, start, 1999), expected);
                // The range ends before its end: one more nonce, or one less.
                assert_eq!(kernel.find_nonce(&state, slot, bits, start, found - start + 1), expected);
                assert_eq!(kernel.find_nonce(&state, slot, bits, start, found - start), None);
            }
        }
    }
    assert_eq!(kernel.find_nonce(&[F::ONE; 4], 0, 52, u64::MAX - 20, u64::MAX), None);
}

#[test]
#[should_panic(expected = "one output for each block")]
fn lengths_that_differ_panic() {
    match kernel(&constants::T4) {
        Some(kernel) => kernel.compress_many(&[[F::ONE; 4]; 3], &mut [F::ONE; 2]),
        None => panic!("one output for each block: not tested without a kernel"),
    }
}
