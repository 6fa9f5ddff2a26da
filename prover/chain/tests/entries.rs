//! Entries that change hands while a command is killed. The verifier behind the registry accepts everything here.

mod support;

use alloy::primitives::B256;
use rankproof_chain::{Address, Chain, EntryOutcome, Registry};
use rankproof_statement::{F, Statement};
use serde_json::json;
use support::ask;
use support::stage::{MOMENT, Stage};

/// The registry for the account with this number, with a journal of its own.
async fn of_account(stage: &Stage, index: usize) -> Registry {
    let mut sending = stage.sending();
    sending.journal = Some(stage.folder.path().join(index.to_string()));
    let chain = Chain::connect(&stage.node.rpc_url(), stage.node.signer(index)).await.unwrap();
    chain.with_sending(sending).registry(stage.registry).await.unwrap()
}

async fn owner(registry: &Registry, adapter: &F) -> Option<Address> {
    registry.adapter(adapter).await.unwrap().map(|entry| entry.owner)
}

fn changed(outcome: EntryOutcome) -> B256 {
    match outcome {
        EntryOutcome::Changed { transaction, .. } => transaction,
        EntryOutcome::AlreadySo => panic!("it was not so before"),
    }
}

#[tokio::test]
async fn a_transfer_that_was_killed_is_no_answer_once_the_entry_came_back() {
    let stage = Stage::set().await;
    let (first, second) = (of_account(&stage, 0).await, of_account(&stage, 1).await);
    ask(&stage.node, "anvil_setCode", json!([first.verifier(), "0x00"])).await;
    ask(&stage.node, "evm_setAutomine", json!([true])).await;
    let [one, two] = [&first, &second].map(|registry| registry.chain().sender().unwrap());
    let adapter = F::from(7u64);
    let context = first.registration_context(one);
    let statement = Statement { adapter, activations: F::from(8u64), context };
    let registered = first.register(&[0; 292], &statement, B256::ZERO, "about").await.unwrap();
    assert_ne!(changed(registered), B256::ZERO);

    // Killed before it saw its block.
    ask(&stage.node, "evm_setAutomine", json!([false])).await;
    let killed = tokio::spawn({
        let first = first.clone();
        async move { first.transfer(&adapter, two).await }
    });
    tokio::time::sleep(MOMENT).await;
    killed.abort();
    let sent = stage.wait_for_one().await;
    ask(&stage.node, "evm_setAutomine", json!([true])).await;
    stage.mine().await;
    assert_eq!(owner(&first, &adapter).await, Some(two));

    // Run again at once, it would find its transaction; but the entry came back before.
    let journal = std::fs::read_dir(stage.folder.path().join("0")).unwrap();
    let entry = journal.map(|file| file.unwrap().path()).find(|path| path.extension().is_some_and(|end| end == "json"));
    let (entry, bytes) = entry.map(|path| (path.clone(), std::fs::read(path).unwrap())).unwrap();
    assert_eq!(changed(first.transfer(&adapter, two).await.unwrap()), sent);
    std::fs::write(entry, bytes).unwrap();
    assert_ne!(changed(second.transfer(&adapter, one).await.unwrap()), sent);
    assert_eq!(owner(&first, &adapter).await, Some(one));
    assert_ne!(changed(first.transfer(&adapter, two).await.unwrap()), sent);
    assert_eq!(owner(&first, &adapter).await, Some(two));
    assert_eq!(first.transfer(&adapter, two).await.unwrap(), EntryOutcome::AlreadySo);
}
