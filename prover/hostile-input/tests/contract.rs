//! The contract accepts and refuses the seals that the native verifier accepts and refuses: changed ones from a fixed
//! seed, and re-randomised ones, which both must accept.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use ark_ec::CurveGroup;
use ark_ff::{Field, UniformRand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_chain::{Chain, Error, LocalNode, Registry, StackConfig, verifier_bytecode};
use rankproof_groth16_seal::{F, Seal, SealJson, SealProfile, seal};
use rankproof_hostile_input::edits::apply;
use rankproof_hostile_input::honest::{fixture, verifying_key};
use rankproof_statement::{Statement, WeightBits};
use support::{SHAPES, Shape, prove_witness, witness};

const CASES: usize = 400;

fn read(name: &str) -> Seal {
    let bytes = std::fs::read(fixture("seals").join(name)).expect("a fixture");
    Seal::try_from(&serde_json::from_slice::<SealJson>(&bytes).expect("a seal")).expect("honest")
}

/// `(r A, B / r, C)` proves what `(A, B, C)` does.
fn rerandomized(mut seal: Seal, rng: &mut ChaCha20Rng) -> Seal {
    let r = F::rand(rng);
    seal.proof.a = (seal.proof.a * r).into_affine();
    seal.proof.b = (seal.proof.b * r.inverse().expect("not 0")).into_affine();
    seal
}

/// One statement and the bytes of a seal, changed or not.
fn case(honest: &[Seal], rng: &mut ChaCha20Rng) -> (Statement, Vec<u8>) {
    let seal = rerandomized(honest[rng.gen_range(0..honest.len())].clone(), rng);
    let statement = seal.statements[0];
    let (mut statement, mut bytes) = (statement, seal.to_bytes());
    match rng.gen_range(0..5) {
        0 => {}
        1 => statement = honest[rng.gen_range(0..honest.len())].statements[0],
        2 => statement.context += F::from(rng.gen_range(0..2u64)),
        3 => {
            // A word of another seal.
            let (other, word) = (honest[rng.gen_range(0..honest.len())].to_bytes(), 4 + 32 * rng.gen_range(0..9));
            bytes[word..word + 32].copy_from_slice(&other[word..word + 32]);
        }
        _ => {
            let mut script = vec![0, rng.gen_range(0..9)];
            script.extend(rng.gen_range(0..292u32).to_le_bytes());
            script.extend([rng.r#gen(), rng.r#gen(), 0, 0]);
            bytes = apply(&bytes, &script).bytes;
        }
    }
    (statement, bytes)
}

/// A fresh anvil with the contracts; it lives as long as the first value.
async fn deployed() -> (LocalNode, Registry) {
    let node = LocalNode::spawn().expect("anvil: run npm ci");
    let chain = Chain::connect(&node.rpc_url(), node.signer(0)).await.expect("a node");
    let owner = vec![chain.sender().expect("a signer")];
    let stack = StackConfig { guardian: owner[0], min_delay: 0, proposers: owner.clone(), executors: owner };
    let deployment = chain.deploy(&stack, &verifier_bytecode(), None).await.expect("deployed");
    let registry = chain.registry(deployment.registry()).await.expect("deployed");
    (node, registry)
}

#[tokio::test]
async fn contract_and_native_verifier_agree() {
    let (_node, registry) = deployed().await;
    let honest = ["first.json", "second.json", "other_adapter.json"].map(read);
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let mut accepted = 0;
    for number in 0..CASES {
        let (statement, bytes) = case(&honest, &mut rng);
        let (profile, slots) = (honest[0].profile.clone(), honest[0].slots);
        let native = Seal::from_bytes(&bytes, profile, slots, vec![statement])
            .and_then(|read| seal::verify(verifying_key(), &read));
        let contract = registry.verify(&bytes, &[statement]).await;
        assert!(matches!(contract, Ok(()) | Err(Error::Rejected { .. })), "case {number}: {contract:?}");
        assert_eq!(native.is_ok(), contract.is_ok(), "case {number}: {native:?}, {contract:?}");
        accepted += usize::from(native.is_ok());
    }
    assert!(accepted > CASES / 10 && accepted < CASES / 2, "both outcomes are tried: {accepted}");
    println!("assurance: seals judged alike by contract and native verifier = {CASES}");
    println!("{accepted} accepted, {} refused", CASES - accepted);
}

/// One module, name, in, out, rank, and whether it shares its input.
const WIDE: [Shape; 2] = [("a", 200, 90, 128, false), ("b", 200, 17, 100, true)];

/// From integers to the contract: ranks up to 128 and up to 64 tokens, sealed here, judged by everybody.
#[tokio::test]
#[ignore = "minutes: make test-full"]
async fn seals_of_many_shapes_convince_the_contract() {
    let key = seal::development_keys(SealProfile::SMALL).expect("the circuit fits the field");
    assert_eq!(key.verifying_key(), verifying_key(), "the key of the contract");
    let config = SealProfile::SMALL.config();
    let (_node, registry) = deployed().await;
    let shapes: [(&[Shape], usize, WeightBits); 4] = [
        (&SHAPES[..1], 1, WeightBits::Four),
        (&SHAPES, 17, WeightBits::Eight),
        (&WIDE[..1], 40, WeightBits::Four),
        (&WIDE, 64, WeightBits::Eight),
    ];
    let mut seals = Vec::new();
    for ((shapes, tokens, bits), context) in shapes.into_iter().zip(1u64..) {
        let proof = prove_witness(&config, &witness(shapes, tokens, bits, context), F::from(context));
        assert_eq!(rankproof_lora_proof::verify(&config, &proof), Ok(()));
        seals.push(seal::seal(&key, std::slice::from_ref(&proof)).expect("honest"));
    }
    for (index, sealed) in seals.iter().enumerate() {
        let next = &seals[(index + 1) % seals.len()];
        let other = Statement { context: sealed.statements[0].context + F::ONE, ..sealed.statements[0] };
        for (statement, is_sealed) in [(sealed.statements[0], true), (next.statements[0], false), (other, false)] {
            let claimed = Seal { statements: vec![statement], ..sealed.clone() };
            assert_eq!(seal::verify(verifying_key(), &claimed).is_ok(), is_sealed, "seal {index}");
            let contract = registry.verify(&sealed.to_bytes(), &[statement]).await;
            assert!(matches!(contract, Ok(()) | Err(Error::Rejected { .. })), "seal {index}: {contract:?}");
            assert_eq!(contract.is_ok(), is_sealed, "seal {index}");
        }
    }
    println!("assurance: fresh seals judged alike by contract and native verifier = {}", 3 * seals.len());
}
