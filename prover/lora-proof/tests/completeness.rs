//! Honest proofs verify, for many shapes, and survive their encoding.

mod support;

use rankproof_lora_proof::{F, LoraProof, Profile, Proof, verify};
use rankproof_statement::WeightBits;
use support::{SHAPES, prove_witness, witness};

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
