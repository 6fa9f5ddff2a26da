//! The state of a registry from its events alone: equal to what the contract answers, also after reorganizations.

mod support;

use alloy::primitives::U256;
use rankproof_chain::{B256, Error, Event, Follower, Registry, Update, merkle};
use serde_json::json;
use support::{ask, bytes, deployed, fixture};

async fn submit(registry: &Registry, name: &str) {
    let fixture = fixture(name);
    let _ = registry.submit(&fixture.seal, &fixture.statements, false).await.unwrap();
}

/// Steps until nothing is new; returns what was said and what was taken back.
async fn catch_up(follower: &mut Follower) -> (usize, usize) {
    let (mut said, mut taken_back) = (0, 0);
    loop {
        match follower.step().await.unwrap() {
            Update::Events { entries, .. } => said += entries.len(),
            Update::RolledBack { entries, .. } => taken_back += entries.len(),
            Update::Again => {}
            Update::UpToDate => return (said, taken_back),
        }
    }
}

#[tokio::test]
async fn rebuilds_records_and_equals_the_contract() {
    let (_node, _, _, registry) = deployed().await;
    let mut follower = registry.follow(0);
    assert_eq!(catch_up(&mut follower).await, (0, 0));
    for name in ["first", "second", "first_rerandomized", "other_adapter"] {
        submit(&registry, name).await;
    }
    assert_eq!(catch_up(&mut follower).await, (3, 0));
    follower.compare().await.unwrap();
    let selector: [u8; 4] = bytes(&fixture("first").json["selector"]).try_into().unwrap();
    for name in ["first", "second", "other_adapter"] {
        let statement = fixture(name).statements[0];
        let record = &follower.state().statements[&merkle::leaf(&statement)];
        assert_eq!((record.statements.as_slice(), record.selectors.as_slice()), (&[statement][..], &[selector][..]));
    }
    assert_eq!(catch_up(&mut follower).await, (0, 0));

    // Somebody who comes later sees the same.
    let mut late = registry.follow(0);
    catch_up(&mut late).await;
    assert_eq!(late.state(), follower.state());
}

#[tokio::test]
async fn takes_back_what_a_reorganization_undid() {
    let (node, _, _, registry) = deployed().await;
    submit(&registry, "first").await;
    let mut follower = registry.follow(0);
    assert_eq!(catch_up(&mut follower).await, (1, 0));
    let before = follower.state().clone();
    let snapshot = ask(&node, "evm_snapshot", json!([])).await;
    submit(&registry, "second").await;
    assert_eq!(catch_up(&mut follower).await, (1, 0));
    assert_eq!(ask(&node, "evm_revert", json!([snapshot])).await, true);
    assert_eq!(catch_up(&mut follower).await, (0, 1), "the chain is shorter");
    assert_eq!(follower.state(), &before);
    submit(&registry, "other_adapter").await;
    assert_eq!(catch_up(&mut follower).await, (1, 0));

    // The last two blocks are replaced by empty ones: as many blocks, other hashes.
    let head = follower.block();
    ask(&node, "anvil_reorg", json!([2, []])).await;
    let (said, taken_back) = catch_up(&mut follower).await;
    assert_eq!((said, taken_back), (0, 2));
    assert_eq!(follower.block(), head);
    assert!(follower.state().statements.is_empty());
    follower.compare().await.unwrap();
    submit(&registry, "second").await;
    assert_eq!(catch_up(&mut follower).await, (1, 0));
    follower.compare().await.unwrap();
}

#[tokio::test]
async fn notices_a_contract_that_does_not_answer_what_it_said() {
    let (node, _, _, registry) = deployed().await;
    submit(&registry, "first").await;
    let mut follower = registry.follow(0);
    catch_up(&mut follower).await;
    follower.compare().await.unwrap();
    // A node that lies about a slot: the record is taken out of the storage, wherever the compiler put its mapping.
    let leaf = merkle::leaf(&fixture("first").statements[0]);
    for slot in 0u64..8 {
        let key = alloy::primitives::keccak256([leaf.as_slice(), &U256::from(slot).to_be_bytes::<32>()].concat());
        ask(&node, "anvil_setStorageAt", json!([registry.address(), key, B256::ZERO])).await;
    }
    ask(&node, "anvil_mine", json!(["0x1"])).await;
    catch_up(&mut follower).await;
    let error = follower.compare().await.unwrap_err();
    assert!(matches!(error, Error::StateDiffers { registry: at, .. } if at == registry.address()), "{error:?}");
}

#[tokio::test]
async fn reads_from_the_block_that_it_is_told() {
    let (_node, chain, _, registry) = deployed().await;
    submit(&registry, "first").await;
    let head = chain.block_number().await.unwrap();
    let mut whole = registry.follow(head);
    assert_eq!(catch_up(&mut whole).await, (1, 0));
    let entry = &whole.entries()[0];
    let leaf_of_first = merkle::leaf(&fixture("first").statements[0]);
    assert!(matches!(&entry.event, Event::StatementRecorded { leaf, .. } if *leaf == leaf_of_first));
    assert_eq!(chain.block_hash(entry.block).await.unwrap(), Some(entry.block_hash));
    let mut late = registry.follow(head + 1);
    assert_eq!(catch_up(&mut late).await, (0, 0));
    assert_eq!(late.block(), None);
    late.compare().await.unwrap();
}
