//! The number of threads changes no byte: proof, keys and seal from a pool of one thread and from one of four.
//!
//! There is one pool, rayon's own, and nothing of ours builds another inside it. Arkworks does: each of its multi-scalar
//! multiplications runs in a pool of its own with as many threads, while the outer one waits.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rankproof_groth16_seal::{ConstraintSystem, F, ProvingKey, SealProfile, generator, seal};
use rankproof_lora_proof::{LoraProof, Profile};
use rankproof_poseidon::{Tag, hash};
use rankproof_statement::WeightBits;
use support::{SHAPES, prove_witness, witness};

/// What `work` gives in pools of one thread and of four.
fn in_both_pools<T: Send>(work: impl Fn() -> T + Sync) -> [T; 2] {
    [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            assert_eq!(rayon::current_num_threads(), threads);
            work()
        })
    })
}

fn proof() -> LoraProof {
    prove_witness(&Profile::Tiny.config(), &witness(&SHAPES, 5, WeightBits::Four, 1), F::from(9u64))
}

#[test]
fn proofs_are_the_same_bytes() {
    let config = Profile::Tiny.config();
    let [one, four] = in_both_pools(|| proof().to_bytes(Profile::Tiny, &config));
    assert_eq!(one, four);
}

/// Keys of a small circuit: those of `tiny` are pinned, whatever the number of threads.
#[test]
fn keys_are_the_same() {
    let key = || {
        let mut cs = ConstraintSystem::recording();
        let digest = cs.public(hash(Tag(1), &[F::from(7u64); 40]));
        let elements = vec![cs.witness(F::from(7u64)); 40];
        let hashed = rankproof_groth16_seal::gadgets::sponge::hash(&mut cs, Tag(1), &elements);
        cs.enforce_equal(&hashed, &digest);
        generator::development_keys(cs.into_parts().0, "test", 1, [0; 32]).expect("a small circuit")
    };
    let [one, four] = in_both_pools(key);
    assert!(one == four, "two development keys of one circuit differ");
}

fn seal_bytes(key: &ProvingKey, proof: &LoraProof) -> Vec<u8> {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    seal::seal_with_rng(key, std::slice::from_ref(proof), &mut rng).expect("honest").to_bytes()
}

#[test]
#[ignore = "a minute: make test-full"]
fn seals_of_the_same_randomness_are_the_same_bytes() {
    let key = seal::development_keys(SealProfile::TINY).expect("the circuit fits the field");
    let proof = proof();
    let [one, four] = in_both_pools(|| seal_bytes(&key, &proof));
    assert_eq!(one, four);
}
