//! Our key and our seals in a verifier that somebody else wrote: the Solidity of the crate `taceo-groth16-sol` (gnark's
//! template), rendered for the committed key, compiled and asked on an anvil. It takes our seals and refuses what our own
//! verifier refuses. Neither the template nor what is rendered is kept.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use alloy::network::TransactionBuilder as _;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;
use ark_ec::CurveGroup;
use ark_ff::{Field, UniformRand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_chain::LocalNode;
use rankproof_groth16_seal::{F, Seal, SealJson, seal};
use rankproof_hostile_input::honest::{fixture, verifying_key};
use rankproof_statement::claim::public_inputs;
use rankproof_statement::field::to_canonical_bytes;
use serde_json::{Value, json};
use taceo_groth16_sol::askama::Template as _;
use taceo_groth16_sol::{SolidityVerifierConfig, SolidityVerifierContext, prepare_compressed_proof};

const CASES: usize = 150;
/// Selector, root; then the points.
const POINTS: usize = 4 + 32;

fn read(name: &str) -> Seal {
    let bytes = std::fs::read(fixture("seals").join(name)).expect("a fixture");
    Seal::try_from(&serde_json::from_slice::<SealJson>(&bytes).expect("a seal")).expect("honest")
}

fn honest() -> [Seal; 3] {
    ["first.json", "second.json", "other_adapter.json"].map(read)
}

/// Creation bytecode of the generated verifier for the committed key, by the project's compiler.
fn compiled() -> Bytes {
    let context =
        SolidityVerifierContext { vk: verifying_key().points().clone(), config: SolidityVerifierConfig::default() };
    let input = json!({
        "language": "Solidity",
        "sources": { "Verifier.sol": { "content": context.render().expect("a template") } },
        "settings": {
            "evmVersion": "osaka",
            "optimizer": { "enabled": true, "runs": 1000 },
            "outputSelection": { "*": { "*": ["evm.bytecode.object"] } },
        },
    });
    let compiler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools/solc.cjs");
    let mut child = Command::new("node")
        .arg(compiler)
        .arg("--standard-json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node: run npm ci");
    child.stdin.take().expect("piped").write_all(input.to_string().as_bytes()).expect("the compiler reads");
    let output = child.wait_with_output().expect("the compiler ends");
    let output: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let code = output["contracts"]["Verifier.sol"]["Verifier"]["evm"]["bytecode"]["object"].as_str();
    code.unwrap_or_else(|| panic!("{}", output["errors"])).parse().expect("bytecode")
}

/// What the generated verifier is asked: the points of a proof as words, and the three public inputs.
#[derive(Clone)]
struct Question {
    points: Vec<u8>,
    inputs: [[u8; 32]; 3],
}

impl Question {
    /// The words of the points are those of our own encoding.
    fn of(seal: &Seal) -> Self {
        let inputs = public_inputs(&seal.statements).map(|input| to_canonical_bytes(&input));
        Self { points: seal.to_bytes()[POINTS..].to_vec(), inputs }
    }
}

struct Generated<P> {
    provider: P,
    address: Address,
}

impl<P: Provider> Generated<P> {
    async fn deploy(provider: P) -> Self {
        let account = provider.get_accounts().await.expect("a node")[0];
        let creation = TransactionRequest::default().with_from(account).with_deploy_code(compiled());
        let sent = provider.send_transaction(creation).await.expect("sent");
        let receipt = sent.get_receipt().await.expect("mined");
        assert!(receipt.status(), "deployed");
        Self { address: receipt.contract_address.expect("a contract"), provider }
    }

    /// Asks; the error is what the contract reverts with.
    async fn ask(&self, signature: &str, words: &[u8]) -> Result<(), Bytes> {
        let data = [&keccak256(signature)[..4], words].concat();
        let call = TransactionRequest::default().with_to(self.address).with_input(data);
        let Err(refused) = self.provider.call(call).await else { return Ok(()) };
        let payload = refused.as_error_resp().unwrap_or_else(|| panic!("the node answers: {refused}"));
        Err(payload.as_revert_data().unwrap_or_else(|| panic!("it reverts: {refused}")))
    }

    async fn verify(&self, question: &Question) -> Result<(), Bytes> {
        let words = [&question.points[..], &question.inputs.concat()].concat();
        self.ask("verifyProof(uint256[8],uint256[3])", &words).await
    }
}

fn refusal(error: &str) -> Result<(), Bytes> {
    Err(Bytes::copy_from_slice(&keccak256(error)[..4]))
}

/// `(r A, B / r, C)` proves what `(A, B, C)` does.
fn rerandomized(mut seal: Seal, rng: &mut ChaCha20Rng) -> Seal {
    let r = F::rand(rng);
    seal.proof.a = (seal.proof.a * r).into_affine();
    seal.proof.b = (seal.proof.b * r.inverse().expect("not 0")).into_affine();
    seal
}

/// A seal and a change of it, as our verifier and as the generated one sees it.
fn case(honest: &[Seal], rng: &mut ChaCha20Rng) -> (Result<Seal, rankproof_groth16_seal::Error>, Question) {
    let seal = rerandomized(honest[rng.gen_range(0..honest.len())].clone(), rng);
    let other = honest[rng.gen_range(0..honest.len())].clone();
    let mut bytes = seal.to_bytes();
    let mut statements = seal.statements.clone();
    match rng.gen_range(0..4) {
        0 => {}
        1 => statements = other.statements,
        2 => {
            let word = POINTS + 32 * rng.gen_range(0..8usize);
            bytes[word..word + 32].copy_from_slice(&other.to_bytes()[word..word + 32]);
        }
        _ => bytes[POINTS + rng.gen_range(0..256usize)] ^= 1 << rng.gen_range(0..8),
    }
    let inputs = public_inputs(&statements).map(|input| to_canonical_bytes(&input));
    let question = Question { points: bytes[POINTS..].to_vec(), inputs };
    bytes[4..POINTS].copy_from_slice(&inputs[0]);
    (Seal::from_bytes(&bytes, seal.profile, seal.slots, statements), question)
}

#[tokio::test]
async fn a_generated_verifier_takes_our_seals_and_no_others() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let node = LocalNode::spawn().expect("anvil: run npm ci");
    let provider = ProviderBuilder::new().connect_http(node.rpc_url().parse().expect("a URL"));
    let generated = Generated::deploy(provider).await;
    let honest = honest();
    for seal in &honest {
        let question = Question::of(seal);
        assert_eq!(generated.verify(&question).await, Ok(()));
        let compressed = prepare_compressed_proof(&seal.proof).map(|word: U256| word.to_be_bytes::<32>()).concat();
        let words = [&compressed[..], &question.inputs.concat()].concat();
        assert_eq!(generated.ask("verifyCompressedProof(uint256[4],uint256[3])", &words).await, Ok(()));
    }

    let question = Question::of(&honest[0]);
    for input in 0..3 {
        let mut other = question.clone();
        other.inputs[input] = Question::of(&honest[1]).inputs[input];
        assert_eq!(generated.verify(&other).await, refusal("ProofInvalid()"), "public input {input}");
        let modulus = U256::from_be_bytes(to_canonical_bytes(&-F::ONE)) + U256::ONE;
        let beyond = U256::from_be_bytes(question.inputs[input]) + modulus;
        other.inputs[input] = beyond.to_be_bytes();
        assert_eq!(generated.verify(&other).await, refusal("PublicInputNotInField()"), "public input {input} + r");
    }
    for word in 0..8 {
        let mut other = question.clone();
        other.points[32 * word + 31] ^= 1;
        assert_eq!(generated.verify(&other).await, refusal("ProofInvalid()"), "word {word} of the points");
    }

    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let mut accepted = 0;
    for number in 0..CASES {
        let (read, question) = case(&honest, &mut rng);
        let ours = read.and_then(|seal| seal::verify(verifying_key(), &seal));
        let theirs = generated.verify(&question).await;
        assert_eq!(ours.is_ok(), theirs.is_ok(), "case {number}: {ours:?}, {theirs:?}");
        accepted += usize::from(ours.is_ok());
    }
    assert!(accepted > CASES / 10 && accepted < CASES * 2 / 3, "both outcomes are tried: {accepted}");
    println!("assurance: seals judged alike by a generated verifier = {}", CASES + 2 * honest.len() + 14);
    println!("{accepted} of {CASES} random ones accepted");
}
