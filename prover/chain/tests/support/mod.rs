//! The seals of `fixtures/seals`, a chain of one's own, and where the project is.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod gateway;
pub mod stage;

use std::path::{Path, PathBuf};

use alloy::providers::{Provider, ProviderBuilder};
use rankproof_chain::{Address, Chain, Deployment, LocalNode, Registry, StackConfig, verifier_bytecode};
use rankproof_statement::field::from_canonical_bytes;
use rankproof_statement::{F, Statement};
use serde_json::Value;

/// A seal as the prover wrote it.
#[derive(Clone)]
pub struct Fixture {
    pub seal: Vec<u8>,
    pub statements: Vec<Statement>,
    pub json: Value,
}

/// The root of the project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// One of the files that `fixtures/seals/README.md` lists.
pub fn fixture(name: &str) -> Fixture {
    let text = std::fs::read_to_string(project().join(format!("fixtures/seals/{name}.json"))).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let statement = |value: &Value| Statement {
        adapter: element(&value["adapter"]),
        activations: element(&value["activations"]),
        context: element(&value["context"]),
    };
    Fixture {
        seal: bytes(&json["seal"]),
        statements: json["statements"].as_array().unwrap().iter().map(statement).collect(),
        json,
    }
}

pub fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap().strip_prefix("0x").unwrap()).unwrap()
}

pub fn element(value: &Value) -> F {
    from_canonical_bytes(&bytes(value).try_into().unwrap()).unwrap()
}

/// A fresh anvil, a connection that signs, and the contracts. The node lives as long as the first value.
pub async fn deployed() -> (LocalNode, Chain, Deployment, Registry) {
    let node = LocalNode::spawn().unwrap();
    let chain = Chain::connect(&node.rpc_url(), node.signer(0)).await.unwrap();
    let deployment = chain.deploy(&everything_for(chain.sender().unwrap()), &verifier_bytecode(), None).await.unwrap();
    let registry = chain.registry(deployment.registry()).await.unwrap();
    (node, chain, deployment, registry)
}

/// One account may do everything, at once.
pub fn everything_for(account: Address) -> StackConfig {
    StackConfig { guardian: account, min_delay: 0, proposers: vec![account], executors: vec![account] }
}

/// Asks a node for something that no user asks for.
pub async fn ask(node: &LocalNode, method: &'static str, parameters: Value) -> Value {
    let provider = ProviderBuilder::new().connect_http(node.rpc_url().parse().unwrap());
    provider.raw_request(method.into(), parameters).await.unwrap()
}

/// How many transactions an account has in blocks.
pub async fn nonce(node: &LocalNode, account: Address) -> u64 {
    let provider = ProviderBuilder::new().connect_http(node.rpc_url().parse().unwrap());
    provider.get_transaction_count(account).await.unwrap()
}
