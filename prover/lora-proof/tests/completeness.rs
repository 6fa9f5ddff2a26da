//! Honest proofs verify, for many shapes, and survive their encoding.

mod support;

use rankproof_lora_proof::{F, LoraProof, Profile, Proof, verify};
use rankproof_statement::WeightBits;
use support::{SHAPES, another_run, prove_shared_witnesses, prove_witness, witness};

#[test]
fn accepts_honest_proofs_of_many_shapes() {
    let config = Profile::Tiny.config();
    for (tokens, bits, shapes) in [
        (5, WeightBits::Four, &SHAPES[..]),
        (16, WeightBits::Eight, &SHAPES[..1]),
        (1, WeightBits::Four, &SHAPES[2..]),
        (2, WeightBits::Eight, &SHAPES[..2]),
        (1, WeightBits::Four, &[("one", 1, 1, 1, false)]),
        (3, WeightBits::Four, &[("deep", 64, 64, 32, false)]),
    ] {
        let witness = witness(shapes, tokens, bits, 1);
        let proof = prove_witness(&config, &witness, F::from(0u64));
        assert_eq!(verify(&config, &proof), Ok(()), "{tokens} tokens, {bits:?}, {shapes:?}");
    }
}

#[test]
fn encoding_round_trips_and_has_one_length() {
    let config = Profile::Tiny.config();
    let proof = prove_witness(&config, &witness(&SHAPES, 5, WeightBits::Four, 1), F::from(9u64));
    let mut count = 0;
    proof.proof.visit(&mut |_| count += 1);
    assert_eq!(count, Proof::element_count(&config));
    let bytes = proof.to_bytes(Profile::Tiny, &config);
    assert_eq!(LoraProof::from_bytes(&bytes), Ok((proof, Profile::Tiny)));
}

/// Field arithmetic is exact, so how the work is cut changes nothing.
#[test]
fn one_thread_and_many_give_the_same_bytes() {
    let config = Profile::Tiny.config();
    let shared = Profile::TinyS2.config();
    let first = witness(&SHAPES, 5, WeightBits::Eight, 1);
    let runs = [first.clone(), another_run(&first, 2)];
    let prove_with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let one = prove_witness(&config, &first, F::from(9u64)).to_bytes(Profile::Tiny, &config);
            let several = prove_shared_witnesses(&shared, &runs).expect("provable");
            (one, several.to_bytes(Profile::TinyS2, &shared))
        })
    };
    let alone = prove_with(1);
    for threads in [2, 4, 7] {
        assert!(prove_with(threads) == alone, "{threads} threads");
    }
}
