//! The whole way on an anvil: deploy, submit, ask. Each refusal differs in one thing from what is accepted.

mod support;

use alloy::primitives::U256;
use rankproof_chain::{Address, B256, Chain, Error, Event, Rejection, SubmitOutcome, merkle};
use rankproof_statement::F;
use serde_json::json;
use support::{ask, bytes, deployed, fixture};

/// Limits of product.md, for whole transactions with one statement.
const VERIFY_GAS: u64 = 235_000;
const SUBMIT_GAS: u64 = 280_000;

#[tokio::test]
async fn deploys_submits_and_reads_back() {
    let (_node, chain, deployment, registry) = deployed().await;
    let first = fixture("first");
    let statement = first.statements[0];
    assert_eq!(deployment.info.selector, first.json["selector"].as_str().unwrap());
    assert_eq!(deployment.info.profile, first.json["profile"].as_str().unwrap());
    assert_eq!(deployment.info.slots, first.json["slots"].as_u64().unwrap());
    assert!(deployment.info.is_development_key);
    assert_eq!(registry.verifier(), deployment.router());
    let routes = registry.routes().await.unwrap();
    assert_eq!(routes.len(), 1);
    assert_eq!((routes[0].address, routes[0].removed, routes[0].stopped), (deployment.stop(), false, false));
    assert_eq!(routes[0].info, deployment.info);

    registry.verify(&first.seal, &first.statements).await.unwrap();
    assert!(!registry.is_proven(&statement).await.unwrap());
    let SubmitOutcome::Submitted(submitted) = registry.submit(&first.seal, &first.statements, false).await.unwrap()
    else {
        panic!("nothing was recorded before");
    };
    let leaf = merkle::leaf(&statement);
    assert_eq!(submitted.root, leaf);
    let selector = bytes(&first.json["selector"]).try_into().unwrap();
    assert_eq!(submitted.records, [Event::StatementRecorded { leaf, statement, selector }]);
    assert!(registry.is_proven(&statement).await.unwrap());
    assert!(registry.is_proven_by_path(&statement, leaf, &[]).await.unwrap());
    assert!(!registry.is_proven_by_path(&statement, leaf, &[B256::ZERO]).await.unwrap());

    let verify_gas = chain.measure_verify(deployment.verifier(), &first.seal, &first.statements).await.unwrap();
    println!("gas: submit {} verify {verify_gas}", submitted.gas_used);
    assert!(verify_gas <= VERIFY_GAS, "verify took {verify_gas}");
    assert!(submitted.gas_used <= SUBMIT_GAS, "submit took {}", submitted.gas_used);
}

/// What passes every question on to `to`, but for one that it fails at without reverting, as a node does that is ill.
fn failing_at(question: &str, to: Address) -> String {
    let selector = hex::encode(&alloy::primitives::keccak256(question)[..4]);
    // If the first four bytes are the selector, INVALID; else STATICCALL with the same data, and its answer.
    let to = hex::encode(to);
    format!("0x60003560e01c63{selector}14603e573660006000376000600036600073{to}5afa503d600060003e3d6000f35bfe")
}

/// A verifier whose stop cannot be asked is not one that is not stopped, and a router that fails is no verifier.
#[tokio::test]
async fn a_question_that_fails_is_not_answered_with_no() {
    for is_router in [false, true] {
        let (node, _, deployment, registry) = deployed().await;
        let (question, place) =
            if is_router { ("selectors()", deployment.router()) } else { ("stopped()", deployment.stop()) };
        // What is asked besides has the same answers: those of the contract's own code, elsewhere.
        let copy = Address::repeat_byte(0x77);
        let code = ask(&node, "eth_getCode", json!([place, "latest"])).await;
        ask(&node, "anvil_setCode", json!([copy, code])).await;
        assert_eq!(registry.routes().await.unwrap().len(), 1);
        ask(&node, "anvil_setCode", json!([place, failing_at(question, copy)])).await;
        let error = registry.routes().await.unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{question}: {error:?}");
    }
}

#[tokio::test]
async fn spends_nothing_on_what_is_proven() {
    let (node, _, _, registry) = deployed().await;
    let first = fixture("first");
    let other = fixture("first_rerandomized");
    assert_ne!(first.seal, other.seal);
    let submitted = registry.submit(&first.seal, &first.statements, false).await.unwrap();
    assert!(matches!(submitted, SubmitOutcome::Submitted(_)));

    // Without a key nothing can be spent at all.
    let reader = Chain::connect(&node.rpc_url(), None).await.unwrap();
    let reader = reader.registry(registry.address()).await.unwrap();
    for seal in [&first.seal, &other.seal] {
        for record_each in [false, true] {
            let again = reader.submit(seal, &first.statements, record_each).await.unwrap();
            assert_eq!(again, SubmitOutcome::AlreadyProven { root: merkle::leaf(&first.statements[0]) });
        }
    }
    let mut follower = registry.follow(0);
    let _ = follower.step().await.unwrap();
    assert_eq!(follower.entries().len(), 1);

    let second = fixture("second");
    let error = reader.submit(&second.seal, &second.statements, false).await.unwrap_err();
    assert!(matches!(error, Error::NoSigner), "{error:?}");
}

#[tokio::test]
async fn rejects_each_change_with_the_reason_of_the_contract() {
    let (_node, _, _, registry) = deployed().await;
    let first = fixture("first");
    let second = fixture("second");
    registry.verify(&first.seal, &first.statements).await.unwrap();

    let refused = async |seal: &[u8], statements: &[_]| {
        let by_verify = registry.verify(seal, statements).await.unwrap_err();
        let by_submit = registry.submit(seal, statements, true).await.unwrap_err();
        let (Error::Rejected(by_verify), Error::Rejected(by_submit)) = (by_verify, by_submit) else {
            panic!("not refused by the contract");
        };
        assert_eq!(by_verify, by_submit);
        by_verify
    };

    assert_eq!(refused(&first.seal, &second.statements).await, Rejection::ProofRejected);
    for element in 0..3 {
        let mut statement = first.statements[0];
        match element {
            0 => statement.adapter += F::from(1u64),
            1 => statement.activations += F::from(1u64),
            _ => statement.context += F::from(1u64),
        }
        assert_eq!(refused(&first.seal, &[statement]).await, Rejection::ProofRejected);
    }
    let mut swapped = first.statements[0];
    std::mem::swap(&mut swapped.adapter, &mut swapped.activations);
    assert_eq!(refused(&first.seal, &[swapped]).await, Rejection::ProofRejected);

    let slots = U256::from(first.json["slots"].as_u64().unwrap());
    let none = Rejection::StatementCountOutOfRange { maximum: slots, actual: U256::ZERO };
    assert_eq!(refused(&first.seal, &[]).await, none);
    let many = vec![first.statements[0]; slots.to::<usize>() + 1];
    let too_many = Rejection::StatementCountOutOfRange { maximum: slots, actual: slots + U256::from(1) };
    assert_eq!(refused(&first.seal, &many).await, too_many);

    let mut longer = first.seal.clone();
    longer.push(0);
    for (seal, length) in [(&first.seal[..291], 291), (&longer[..], 293)] {
        let expected = Rejection::SealLengthMismatch { expected: U256::from(292), actual: U256::from(length) };
        assert_eq!(refused(seal, &first.statements).await, expected);
    }
    let mut seal = first.seal.clone();
    seal[0] ^= 1;
    assert!(matches!(refused(&seal, &first.statements).await, Rejection::SelectorUnknown { .. }));
    let none = Rejection::SealWithoutSelector { length: U256::from(3) };
    assert_eq!(refused(&first.seal[..3], &first.statements).await, none);
    let mut seal = first.seal.clone();
    seal[4..36].fill(0xff);
    assert_eq!(refused(&seal, &first.statements).await, Rejection::RootNotCanonical { root: U256::MAX });
    let mut seal = first.seal.clone();
    seal[35] ^= 1;
    assert_eq!(refused(&seal, &first.statements).await, Rejection::ProofRejected);
    let mut seal = first.seal.clone();
    seal[67] ^= 1;
    let off_the_curve = Rejection::PrecompileFailed { precompile: U256::from(8) };
    assert_eq!(refused(&seal, &first.statements).await, off_the_curve);
    let mut seal = first.seal.clone();
    seal[260..292].fill(0xff);
    let not_reduced = Rejection::ProofCoordinateNotCanonical { index: U256::from(7), value: U256::MAX };
    assert_eq!(refused(&seal, &first.statements).await, not_reduced);

    let mut follower = registry.follow(0);
    let _ = follower.step().await.unwrap();
    assert!(follower.entries().is_empty(), "nothing of all that was recorded");
    assert!(!registry.is_proven(&first.statements[0]).await.unwrap());
}

#[tokio::test]
async fn rejects_a_wrong_seal_even_for_a_proven_statement() {
    let (_node, _, _, registry) = deployed().await;
    let first = fixture("first");
    let _ = registry.submit(&first.seal, &first.statements, false).await.unwrap();
    let error = registry.submit(&fixture("second").seal, &first.statements, false).await.unwrap_err();
    assert!(matches!(error, Error::Rejected(Rejection::ProofRejected)), "{error:?}");
}

#[tokio::test]
async fn rejects_addresses_without_the_contract() {
    let (_node, chain, deployment, _) = deployed().await;
    let nobody = Address::repeat_byte(0x42);
    assert!(chain.registry(deployment.registry()).await.is_ok());
    for address in [nobody, deployment.stop(), deployment.timelock(), deployment.router()] {
        let error = chain.registry(address).await.unwrap_err();
        assert!(matches!(error, Error::NotTheContract { expected: "proof registry", .. }), "{error:?}");
    }
    assert!(chain.verifier_info(deployment.verifier()).await.is_ok());
    for address in [nobody, deployment.registry()] {
        let error = chain.verifier_info(address).await.unwrap_err();
        assert!(matches!(error, Error::NotTheContract { expected: "verifier of seals", .. }), "{error:?}");
    }
}

#[tokio::test]
async fn says_when_the_account_cannot_pay() {
    let (node, _, deployment, _) = deployed().await;
    let poor = rankproof_chain::Signer::from_hex(&"11".repeat(32)).unwrap();
    let chain = Chain::connect(&node.rpc_url(), Some(poor)).await.unwrap();
    let registry = chain.registry(deployment.registry()).await.unwrap();
    let first = fixture("first");
    let error = registry.submit(&first.seal, &first.statements, false).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert!(!error.to_string().contains("1111111111111111"), "{error}");
}
