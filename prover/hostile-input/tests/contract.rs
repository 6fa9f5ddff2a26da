//! The contract accepts and refuses the seals that the native verifier accepts and refuses: changed ones from a fixed
//! seed, and re-randomised ones, which both must accept.

use ark_ec::CurveGroup;
use ark_ff::{Field, UniformRand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_chain::{Chain, Error, LocalNode, StackConfig, verifier_bytecode};
use rankproof_groth16_seal::{F, Seal, SealJson, seal};
use rankproof_hostile_input::edits::apply;
use rankproof_hostile_input::honest::{fixture, verifying_key};
use rankproof_statement::Statement;

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

#[tokio::test]
async fn contract_and_native_verifier_agree() {
    let node = LocalNode::spawn().expect("anvil: run npm ci");
    let chain = Chain::connect(&node.rpc_url(), node.signer(0)).await.expect("a node");
    let owner = vec![chain.sender().expect("a signer")];
    let stack = StackConfig { guardian: owner[0], min_delay: 0, proposers: owner.clone(), executors: owner };
    let deployment = chain.deploy(&stack, &verifier_bytecode(), None).await.expect("deployed");
    let registry = chain.registry(deployment.registry()).await.expect("deployed");
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
