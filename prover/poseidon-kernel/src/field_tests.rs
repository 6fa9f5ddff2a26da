//! The arithmetic against big integers: congruence, and every bound of the table in `field`.

use ark_ff::{Field, PrimeField, UniformRand};
use ark_std::rand::{Rng, RngCore, SeedableRng, rngs::StdRng};
use num_bigint::BigUint;

use super::{LANES, Loose, Product, Tight};
use crate::F;
use crate::limbs::{LIMB_MASK, Limbs, P, split};

/// Runs a check where there are the instructions, and says so where not.
fn with_instructions(check: unsafe fn()) {
    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma") {
        // SAFETY: the processor has the features that the checks are compiled for.
        #[allow(unsafe_code)]
        unsafe {
            check();
        }
    } else {
        eprintln!("no AVX-512 IFMA on this processor: nothing to check");
    }
}

fn value(limbs: &Limbs) -> BigUint {
    limbs.iter().rev().fold(BigUint::ZERO, |high, limb| (high << 52u32) + BigUint::from(*limb))
}

fn modulus() -> BigUint {
    value(&P)
}

/// `hundredths / 100 * p`.
fn bound(hundredths: u32) -> BigUint {
    modulus() * hundredths / 100u32
}

fn rows(lanes: &[Limbs; LANES]) -> [[u64; LANES]; 5] {
    std::array::from_fn(|limb| std::array::from_fn(|lane| lanes[lane][limb]))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn wide(lanes: &[Limbs; LANES]) -> Tight {
    Tight::from_rows(&rows(lanes))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn lanes(wide: &Tight) -> [Limbs; LANES] {
    let rows = wide.rows();
    std::array::from_fn(|lane| std::array::from_fn(|limb| rows[limb][lane]))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn assert_tight(element: &Tight) {
    for limbs in lanes(element) {
        assert!(limbs.iter().all(|&limb| limb <= LIMB_MASK), "{limbs:x?}");
    }
}

/// Extreme limbs, extreme values, and random ones of every size.
fn operand(rng: &mut StdRng) -> Limbs {
    let edges = [
        [0; 5],
        [1, 0, 0, 0, 0],
        [LIMB_MASK; 5],
        P,
        [P[0] - 1, P[1], P[2], P[3], P[4]],
        [P[0] + 1, P[1], P[2], P[3], P[4]],
        [0, 0, 0, 0, LIMB_MASK],
        [LIMB_MASK, LIMB_MASK, LIMB_MASK, LIMB_MASK, 0],
    ];
    match rng.next_u32() % 3 {
        0 => edges[rng.gen_range(0..edges.len())],
        1 => std::array::from_fn(|_| [0, 1, LIMB_MASK, 1 << 51][rng.gen_range(0..4)]),
        _ => std::array::from_fn(|_| rng.next_u64() & LIMB_MASK),
    }
}

#[test]
fn products_of_field_elements_agree_with_ark() {
    with_instructions(check_field_products);
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn check_field_products() {
    let mut rng = StdRng::seed_from_u64(10);
    let radix_inverse = F::from(2u64).pow([260]).inverse().expect("not zero");
    let edges = [F::from(0u64), F::from(1u64), -F::from(1u64), F::from(2u64), radix_inverse, -radix_inverse];
    let mut pairs: Vec<(F, F)> = edges.iter().flat_map(|&a| edges.map(|b| (a, b))).collect();
    pairs.resize_with(100_048, || (F::rand(&mut rng), F::rand(&mut rng)));
    for group in pairs.as_chunks::<LANES>().0 {
        let a = wide(&group.map(|(a, _)| split(&a.into_bigint().0)));
        let b = wide(&group.map(|(_, b)| split(&b.into_bigint().0)));
        let product = lanes(&a.mul(&b).canonical());
        let square = lanes(&a.square().canonical());
        for (lane, (a, b)) in group.iter().enumerate() {
            assert_eq!(product[lane], split(&(*a * b * radix_inverse).into_bigint().0));
            assert_eq!(square[lane], split(&(*a * a * radix_inverse).into_bigint().0));
        }
    }
}

#[test]
fn sums_of_products_reduce_to_congruent_values_below_the_bound() {
    with_instructions(check_sums_of_products);
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn check_sums_of_products() {
    let mut rng = StdRng::seed_from_u64(11);
    for terms in [1, 2, 5, 64] {
        for _ in 0..300 {
            let mut product = Product::zero();
            let mut exact = vec![BigUint::ZERO; LANES];
            for term in 0..terms {
                // The last term of 64 must not have the extreme value: the result has to stay below 2^260.
                let (a, b): ([Limbs; LANES], [Limbs; LANES]) = if terms == 64 && term % 2 == 0 {
                    ([[LIMB_MASK, LIMB_MASK, LIMB_MASK, LIMB_MASK, LIMB_MASK >> 6]; LANES], [[LIMB_MASK; 5]; LANES])
                } else if terms == 64 {
                    ([P; LANES], std::array::from_fn(|_| operand(&mut rng)))
                } else {
                    (std::array::from_fn(|_| operand(&mut rng)), std::array::from_fn(|_| operand(&mut rng)))
                };
                product.add_product(&wide(&a), &wide(&b));
                for lane in 0..LANES {
                    exact[lane] += value(&a[lane]) * value(&b[lane]);
                }
            }
            let reduced = product.reduce();
            let limbs = lanes(&Tight(reduced.0)); // loose limbs, all the same below 2^63
            for lane in 0..LANES {
                assert!(limbs[lane].iter().all(|limb| limb >> 63 == 0));
                let result = value(&limbs[lane]);
                assert_eq!((&result << 260u32) % modulus(), &exact[lane] % modulus());
                assert!(result <= (&exact[lane] >> 260u32) + modulus());
            }
        }
    }
}

#[test]
fn a_square_is_the_product_with_itself() {
    with_instructions(check_squares);
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn check_squares() {
    let mut rng = StdRng::seed_from_u64(12);
    for _ in 0..5000 {
        let a = wide(&std::array::from_fn(|_| operand(&mut rng)));
        let (square, product) = (a.square().reduce(), a.mul(&a).reduce());
        assert_eq!(lanes(&square), lanes(&product));
    }
}

#[test]
fn reductions_keep_the_residue_and_meet_their_bounds() {
    with_instructions(check_reductions);
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn check_reductions() {
    let mut rng = StdRng::seed_from_u64(13);
    for round in 0..20_000u32 {
        // Limbs 0 to 3 as loose as they come, below 2^63; the value below 2^12 p.
        let loose: [Limbs; LANES] = std::array::from_fn(|_| {
            let mut limbs: Limbs = std::array::from_fn(|_| rng.next_u64() >> rng.gen_range(1..60));
            limbs[4] = rng.next_u64() % (P[4] << rng.gen_range(0..12));
            match round % 3 {
                0 => limbs,
                // Multiples of p and their neighbors.
                1 => {
                    let factor = rng.gen_range(0..1 << 10);
                    P.map(|limb| limb * factor)
                }
                _ => [(1 << 63) - 1, (1 << 63) - 1, (1 << 63) - 1, (1 << 63) - 1, limbs[4]],
            }
        });
        let element = Loose(wide(&loose).0);
        let reduced = element.reduce();
        assert_tight(&reduced);
        for (before, after) in loose.iter().zip(lanes(&reduced)) {
            assert_eq!(value(before) % modulus(), value(&after) % modulus());
            assert!(value(&after) < bound(103), "{before:x?}");
        }
        let canonical = reduced.loose().canonical();
        assert_tight(&canonical);
        for (before, after) in loose.iter().zip(lanes(&canonical)) {
            assert_eq!(value(before) % modulus(), value(&after));
        }
    }
}

#[test]
fn carries_and_canonical_values_are_exact_at_the_edges() {
    with_instructions(check_edges);
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn check_edges() {
    let below_double: Limbs = [2 * P[0] - 1, 2 * P[1], 2 * P[2], 2 * P[3], 2 * P[4]];
    let numbers = [
        [0; 5],
        [1, 0, 0, 0, 0],
        [P[0] - 1, P[1], P[2], P[3], P[4]],
        P,
        [P[0] + 1, P[1], P[2], P[3], P[4]],
        below_double,
        [(1 << 63) - 1, (1 << 63) - 1, (1 << 63) - 1, (1 << 63) - 1, 0],
        [LIMB_MASK; 5],
    ];
    let carried = Loose(wide(&numbers).0).carry();
    assert_tight(&carried);
    for (before, after) in numbers.iter().zip(lanes(&carried)) {
        assert_eq!(value(before), value(&after));
    }
    let mut numbers = numbers;
    numbers[7] = [0, 0, 0, 0, P[4]];
    let canonical = Loose(wide(&numbers).0).canonical();
    for (before, after) in numbers.iter().zip(lanes(&canonical)) {
        assert_eq!(value(before) % modulus(), value(&after));
    }
}
