//! Known answers of the permutations and agreement with an independent implementation.

use std::str::FromStr;

use ark_std::{UniformRand, rand::SeedableRng};
use rankproof_poseidon::{F, compress_leaf, compress_leaves, compress_node, compress_nodes, constants};

fn element(decimal: &str) -> F {
    F::from_str(decimal).expect("canonical decimal")
}

/// Published known answer (HorizenLabs/poseidon2), input 0, 1, 2, 3.
#[test]
fn width_4_matches_the_published_answer() {
    let mut state = std::array::from_fn(|i| F::from(i as u64));
    constants::T4.permute(&mut state);
    assert_eq!(
        state,
        [
            element("786823568102245344938517132468097745676732687098822989626730198331658606391"),
            element("16105493617470833344375945651585194737369509580406730765188791202038211593826"),
            element("2169165722086073256768101917994796590773204847633762971322389403847680713675"),
            element("20837792685223053096472825292260687493226094382304778455120670180090619921530"),
        ]
    );
}

/// Published known answer (HorizenLabs/poseidon2), input 0, 1, .., 15; first and third element.
#[test]
fn width_16_matches_the_published_answer() {
    let mut state = std::array::from_fn(|i| F::from(i as u64));
    constants::T16.permute(&mut state);
    assert_eq!(state[0], element("7129053404014098913941583447102076532611276040718594073862066403012892177215"));
    assert_eq!(state[2], element("11764907654416682971926471140388165312909351793032868507449176373009888376893"));
}

#[test]
fn both_widths_agree_with_an_independent_implementation() {
    let mut rng = ark_std::rand::rngs::StdRng::seed_from_u64(1);
    for _ in 0..50 {
        let narrow: [F; 4] = std::array::from_fn(|_| F::rand(&mut rng));
        let wide: [F; 16] = std::array::from_fn(|_| F::rand(&mut rng));
        let (mut a, mut b) = (narrow, wide);
        constants::T4.permute(&mut a);
        constants::T16.permute(&mut b);
        assert_eq!(a, taceo_poseidon2::bn254::t4::permutation(&narrow));
        assert_eq!(b, taceo_poseidon2::bn254::t16::permutation(&wide));
    }
}

#[test]
fn slices_are_compressed_like_single_blocks() {
    let mut rng = ark_std::rand::rngs::StdRng::seed_from_u64(2);
    let elements: Vec<F> = (0..16 * 37).map(|_| F::rand(&mut rng)).collect();
    let leaves: Vec<F> = elements.as_chunks::<16>().0.iter().map(compress_leaf).collect();
    let nodes: Vec<F> = elements.as_chunks::<4>().0.iter().map(compress_node).collect();
    assert_eq!(compress_leaves(&elements), leaves);
    assert_eq!(compress_nodes(&elements), nodes);
}
