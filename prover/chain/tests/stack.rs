//! The deployment of the whole stack: the same addresses every time, nothing twice, everything read back.

mod support;

use alloy::primitives::{U256, keccak256};
use rankproof_chain::{
    Address, B256, Bytes, Chain, ChainConfig, DEPLOYER, Error, LocalNode, Rejection, SALT, Signer, StackConfig,
    verifier_bytecode,
};
use serde_json::{Value, json};
use support::{ask, bytes, deployed, everything_for, fixture, nonce};

#[tokio::test]
async fn deploys_five_contracts_once_and_finds_them_again() {
    let (node, chain, deployment, registry) = deployed().await;
    let account = chain.sender().unwrap();
    assert_eq!(nonce(&node, account).await, 5);
    assert_eq!(registry.verifier(), deployment.router());
    assert!(deployment.contracts.iter().all(|contract| contract.gas_used.is_some_and(|gas| gas > 100_000)));

    let again = chain.deploy(&everything_for(account), &verifier_bytecode(), None).await.unwrap();
    assert_eq!(nonce(&node, account).await, 5, "nothing was sent");
    for (first, second) in deployment.contracts.iter().zip(&again.contracts) {
        assert_eq!((first.address, first.code_hash), (second.address, second.code_hash));
        assert_eq!((second.transaction, second.gas_used), (None, None));
    }
    assert_eq!(again.info, deployment.info);

    // On a fresh chain, by another account, with the same people: the same addresses.
    let other = LocalNode::spawn().unwrap();
    let chain = Chain::connect(&other.rpc_url(), other.signer(1)).await.unwrap();
    let there = chain.deploy(&everything_for(account), &verifier_bytecode(), None).await.unwrap();
    assert_eq!(there.contracts.map(|contract| contract.address), deployment.contracts.map(|contract| contract.address));
}

/// `script/Stack.sol` wrote down what it computes.
#[tokio::test]
async fn deploys_to_the_addresses_of_the_script() {
    let text = std::fs::read_to_string(support::project().join("contracts/generated/stack.json")).unwrap();
    let script: Value = serde_json::from_str(&text).unwrap();
    let read = |value: &Value| value.as_str().unwrap().to_owned();
    assert_eq!(read(&script["deployer"]).parse::<Address>().unwrap(), DEPLOYER);
    assert_eq!(read(&script["salt"]).parse::<B256>().unwrap(), SALT);
    let config = ChainConfig::local().unwrap().stack;
    let example = &script["example_configuration"];
    assert_eq!(read(&example["guardian"]).parse::<Address>().unwrap(), config.guardian);
    assert_eq!(example["min_delay"], config.min_delay);

    let node = LocalNode::spawn().unwrap();
    let chain = Chain::connect(&node.rpc_url(), node.signer(0)).await.unwrap();
    let deployment = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap();
    for contract in &deployment.contracts {
        let expected = read(&script["example_addresses"][contract.contract]).parse::<Address>().unwrap();
        assert_eq!(contract.address, expected, "{}", contract.contract);
    }
}

#[tokio::test]
async fn tries_a_verifier_before_it_is_there() {
    let node = LocalNode::spawn().unwrap();
    let reader = Chain::connect(&node.rpc_url(), None).await.unwrap();
    let (first, second) = (fixture("first"), fixture("second"));
    reader.try_verifier(&verifier_bytecode(), &first.seal, &first.statements).await.unwrap();
    let error = reader.try_verifier(&verifier_bytecode(), &first.seal, &second.statements).await.unwrap_err();
    assert!(matches!(error, Error::Rejected(Rejection::ProofRejected)), "{error:?}");
    // PUSH1 1, PUSH1 0, RETURN: a contract of one STOP, which refuses nothing.
    let anything = Bytes::from_static(&[0x60, 1, 0x60, 0, 0xf3]);
    let error = reader.try_verifier(&anything, &first.seal, &first.statements).await.unwrap_err();
    assert!(matches!(error, Error::ReadBackMismatch { contract: "SealVerifier", .. }), "{error:?}");
}

#[tokio::test]
async fn goes_on_after_a_deployment_that_stopped_half_way() {
    let node = LocalNode::spawn().unwrap();
    let chain = Chain::connect(&node.rpc_url(), node.signer(0)).await.unwrap();
    let config = everything_for(chain.sender().unwrap());
    // Another guardian shares the verifier, and the timelock with nobody else's help.
    let other = StackConfig { guardian: Address::repeat_byte(7), ..config.clone() };
    let first = chain.deploy(&other, &verifier_bytecode(), None).await.unwrap();
    let second = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap();
    let was_there = second.contracts.each_ref().map(|contract| contract.transaction.is_none());
    assert_eq!(was_there, [true, false, true, false, false]);
    assert_eq!(first.verifier(), second.verifier());
    assert_ne!(first.registry(), second.registry());
    assert_eq!(nonce(&node, chain.sender().unwrap()).await, 8);
}

#[tokio::test]
async fn refuses_a_development_key_anywhere_else_before_it_is_paid_for() {
    let (node, ..) = deployed().await;
    let program = support::project().join("node_modules/.bin/anvil");
    let elsewhere = alloy::node_bindings::Anvil::at(program).arg("--chain-id").arg("1").try_spawn().unwrap();
    let chain = Chain::connect(&elsewhere.endpoint(), node.signer(0)).await.unwrap();
    assert_eq!(chain.chain_id(), 1);
    let account = chain.sender().unwrap();
    let error = chain.deploy(&everything_for(account), &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::DevelopmentKey { chain_id: 1 }), "{error:?}");
    assert_eq!(chain.block_number().await.unwrap(), 0, "nothing was sent");
}

#[tokio::test]
async fn deploys_the_key_that_is_meant_or_nothing() {
    let (node, chain, deployment, _) = deployed().await;
    let (account, digest) = (chain.sender().unwrap(), deployment.info.key_digest);
    let config = StackConfig { guardian: Address::repeat_byte(7), ..everything_for(account) };
    let mut other = digest;
    other.0[0] ^= 1;
    let error = chain.deploy(&config, &verifier_bytecode(), Some(other)).await.unwrap_err();
    assert!(matches!(error, Error::KeyDigestMismatch { expected, .. } if expected == other), "{error:?}");
    assert_eq!(nonce(&node, account).await, 5, "nothing was sent");
    assert!(chain.deploy(&config, &verifier_bytecode(), Some(digest)).await.is_ok());
    assert_eq!(digest[..4], bytes(&fixture("first").json["selector"]));
}

#[tokio::test]
async fn refuses_bytecode_that_makes_no_verifier_and_chains_without_the_proxy() {
    let (node, chain, ..) = deployed().await;
    let config = everything_for(chain.sender().unwrap());
    // PUSH1 1, PUSH1 0, RETURN: a contract that is one zero byte.
    let nothing = Bytes::from_static(&[0x60, 1, 0x60, 0, 0xf3]);
    let error = chain.deploy(&config, &nothing, None).await.unwrap_err();
    assert!(matches!(error, Error::NotTheContract { expected: "verifier of seals", .. }), "{error:?}");
    ask(&node, "anvil_setCode", json!([DEPLOYER, "0x"])).await;
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::NotTheContract { address: DEPLOYER, .. }), "{error:?}");
}

#[tokio::test]
async fn names_what_is_not_as_it_was_meant() {
    let (node, chain, deployment, _) = deployed().await;
    let config = everything_for(chain.sender().unwrap());
    // The router gets another owner: slot 0 of Ownable.
    let owner = U256::from(7);
    let slot = json!([deployment.router(), "0x0", format!("{owner:#066x}")]);
    ask(&node, "anvil_setStorageAt", slot).await;
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::ReadBackMismatch { contract: "VerifierRouter", what: "owner", .. }), "{error:?}");
    // Back again; then somebody who may become the owner, and a proposer who administers.
    let timelock = U256::from_be_slice(deployment.timelock().as_slice());
    ask(&node, "anvil_setStorageAt", json!([deployment.router(), "0x0", format!("{timelock:#066x}")])).await;
    assert!(chain.deploy(&config, &verifier_bytecode(), None).await.is_ok());
    ask(&node, "anvil_setStorageAt", json!([deployment.router(), "0x1", format!("{owner:#066x}")])).await;
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::ReadBackMismatch { what: "pending owner", .. }), "{error:?}");
    ask(&node, "anvil_setStorageAt", json!([deployment.router(), "0x1", format!("{:#066x}", U256::ZERO)])).await;
    // `_roles[0].hasRole[proposer]`: mapping in slot 0 of AccessControl, the members first.
    let nested = |key: B256, slot: B256| keccak256([key, slot].concat());
    let proposer = nested(config.proposers[0].into_word(), nested(B256::ZERO, B256::ZERO));
    ask(&node, "anvil_setStorageAt", json!([deployment.timelock(), proposer, B256::with_last_byte(1)])).await;
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    let administrator = "administrator beside the timelock";
    assert!(matches!(error, Error::ReadBackMismatch { what, .. } if what == administrator), "{error:?}");
    ask(&node, "anvil_setStorageAt", json!([deployment.timelock(), proposer, B256::ZERO])).await;
    assert!(chain.deploy(&config, &verifier_bytecode(), None).await.is_ok());
    // Other code at the address of the registry.
    ask(&node, "anvil_setCode", json!([deployment.registry(), "0x00"])).await;
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::ReadBackMismatch { contract: "ProofRegistry", what: "code hash", .. }), "{error:?}");
}

/// Two accounts deploy the same stack at once: every contract is created by one of them, and both find all five.
#[tokio::test]
async fn two_accounts_deploy_one_stack_at_once() {
    for _ in 0..3 {
        let node = LocalNode::spawn().unwrap();
        let chains = [
            Chain::connect(&node.rpc_url(), node.signer(0)).await.unwrap(),
            Chain::connect(&node.rpc_url(), node.signer(1)).await.unwrap(),
        ];
        let config = everything_for(chains[0].sender().unwrap());
        let bytecode = verifier_bytecode();
        let (first, second) =
            tokio::join!(chains[0].deploy(&config, &bytecode, None), chains[1].deploy(&config, &bytecode, None));
        let (first, second) = (first.unwrap(), second.unwrap());
        for (first, second) in first.contracts.iter().zip(&second.contracts) {
            assert_eq!((first.address, first.code_hash), (second.address, second.code_hash));
            assert!(first.transaction.is_none() || second.transaction.is_none(), "{} twice", first.contract);
        }
    }
}

/// A stack whose verifier was stopped is not the one that is meant, although every address and code is.
#[tokio::test]
async fn a_stopped_stack_is_not_deployed_already() {
    let (node, chain, deployment, _) = deployed().await;
    let config = everything_for(chain.sender().unwrap());
    assert!(chain.deploy(&config, &verifier_bytecode(), None).await.is_ok());
    let data = format!("0x{}", hex::encode(&keccak256("stop()")[..4]));
    let stop = json!([{ "from": config.guardian, "to": deployment.stop(), "data": data }]);
    ask(&node, "eth_sendTransaction", stop).await;
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::ReadBackMismatch { contract: "EmergencyStop", what: "stop", .. }), "{error:?}");
}

#[tokio::test]
async fn says_who_cannot_deploy() {
    let node = LocalNode::spawn().unwrap();
    let config = everything_for(Address::repeat_byte(7));
    let reader = Chain::connect(&node.rpc_url(), None).await.unwrap();
    let error = reader.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::NoSigner), "{error:?}");
    let poor = Signer::from_hex(&"11".repeat(32)).unwrap();
    let chain = Chain::connect(&node.rpc_url(), Some(poor)).await.unwrap();
    let error = chain.deploy(&config, &verifier_bytecode(), None).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
}
