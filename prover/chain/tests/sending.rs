//! One transaction, whatever happens to it: stuck, replaced, forgotten, thrown out by a reorganization, or left behind
//! by a process that was killed. Blocks are made by hand.

mod support;

use std::path::Path;
use std::time::Duration;

use alloy::primitives::U256;
use rankproof_chain::{Error, FeeCaps, Sending, SubmitOutcome::AlreadyProven, WEI_PER_GWEI};
use serde_json::{Value, json};
use support::gateway::gateway;
use support::stage::{MOMENT, Stage, hash, submitted};
use support::{Fixture, ask, fixture, nonce};

fn fee(transaction: &Value, name: &str) -> u128 {
    transaction[name].as_str().unwrap().parse::<U256>().unwrap().to()
}

#[tokio::test]
async fn a_killed_run_is_gone_on_with_and_sends_nothing_else() {
    let stage = Stage::set().await;
    let before = nonce(&stage.node, stage.account).await;
    for _ in 0..3 {
        stage.submit(stage.sending(), "first").await.abort();
    }
    let waiting = stage.waiting().await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let last = stage.submit(stage.sending(), "first").await;
    stage.mine().await;
    assert_eq!(submitted(last).await.transaction, hash(&waiting[0]));
    assert!(stage.journal_is_empty());
    assert_eq!(nonce(&stage.node, stage.account).await, before + 1);
    assert_eq!(stage.records().await, 1);

    // Killed after the block: the receipt is found.
    let running = stage.submit(stage.sending(), "second").await;
    running.abort();
    stage.mine().await;
    let found = stage.submit(stage.sending(), "second").await;
    assert_eq!(submitted(found).await.records.len(), 1);
    let again = stage.submit(stage.sending(), "second").await;
    assert!(matches!(again.await.unwrap().unwrap(), AlreadyProven { .. }));
    assert_eq!(nonce(&stage.node, stage.account).await, before + 2);
}

#[tokio::test]
async fn a_transaction_that_was_signed_and_never_sent_is_sent_as_it_is() {
    let stage = Stage::set().await;
    stage.submit(stage.sending(), "first").await.abort();
    let signed = hash(&stage.waiting().await[0]);
    // As if the process had been killed between its journal and its first request.
    ask(&stage.node, "anvil_dropAllTransactions", json!([])).await;
    assert!(stage.waiting().await.is_empty());
    let running = stage.submit(stage.sending(), "first").await;
    assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [signed]);
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, signed);
}

#[tokio::test]
async fn a_stuck_transaction_is_replaced_within_the_caps() {
    let stage = Stage::set().await;
    let sending = Sending { replace_after: Duration::from_secs(2), ..stage.sending() };
    let running = stage.submit(sending, "first").await;
    let first = stage.waiting().await;
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let second = stage.waiting().await;
    assert_eq!((first.len(), second.len()), (1, 1), "the nonce is the same");
    assert_eq!(first[0]["nonce"], second[0]["nonce"]);
    assert_ne!(hash(&first[0]), hash(&second[0]));
    for name in ["maxFeePerGas", "maxPriorityFeePerGas"] {
        assert!(fee(&second[0], name) * 10 > fee(&first[0], name) * 11, "{name} rises by more than a tenth");
    }
    running.abort();
    // The next run finds the replacement, not only what was signed first.
    let running = stage.submit(stage.sending(), "first").await;
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, hash(&second[0]));
    assert_eq!(stage.records().await, 1);
}

#[tokio::test]
async fn caps_are_kept() {
    let stage = Stage::set().await;
    let dear = U256::from(90 * WEI_PER_GWEI);
    ask(&stage.node, "anvil_setNextBlockBaseFeePerGas", json!([dear])).await;
    stage.mine().await;
    ask(&stage.node, "anvil_setNextBlockBaseFeePerGas", json!([dear])).await;
    let caps = |max_fee: u128| FeeCaps { max_fee: max_fee * WEI_PER_GWEI, max_priority_fee: WEI_PER_GWEI };
    let low = stage.submit(Sending { fees: caps(50), ..stage.sending() }, "first").await;
    let error = low.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::FeeAboveCap { cap, .. } if cap == 50 * WEI_PER_GWEI), "{error:?}");
    assert!(stage.waiting().await.is_empty());

    let sending = Sending { fees: caps(100), replace_after: Duration::from_millis(500), ..stage.sending() };
    let running = stage.submit(sending, "first").await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let waiting = stage.waiting().await;
    assert_eq!(waiting.len(), 1);
    assert!(fee(&waiting[0], "maxFeePerGas") <= 100 * WEI_PER_GWEI);
    assert!(fee(&waiting[0], "maxPriorityFeePerGas") <= WEI_PER_GWEI);
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, hash(&waiting[0]));
}

/// What an earlier run signed under higher caps stays where it is: it is neither sent again nor forgotten.
#[tokio::test]
async fn caps_hold_for_what_an_earlier_run_signed() {
    let stage = Stage::set().await;
    let dear = U256::from(40 * WEI_PER_GWEI);
    ask(&stage.node, "anvil_setNextBlockBaseFeePerGas", json!([dear])).await;
    stage.mine().await;
    let caps = |max_fee: u128, max_priority_fee: u128| {
        let fees = FeeCaps { max_fee: max_fee * WEI_PER_GWEI, max_priority_fee: max_priority_fee * WEI_PER_GWEI };
        Sending { fees, ..stage.sending() }
    };
    stage.submit(caps(80, 2), "first").await.abort();
    let signed = stage.waiting().await;
    assert!(fee(&signed[0], "maxFeePerGas") > 50 * WEI_PER_GWEI, "{signed:?}");
    assert!(fee(&signed[0], "maxPriorityFeePerGas") > 0, "{signed:?}");
    ask(&stage.node, "anvil_dropAllTransactions", json!([])).await;
    for lower in [caps(50, 2), caps(80, 0)] {
        let error = stage.submit(lower.clone(), "first").await.await.unwrap().unwrap_err();
        let Error::AttemptAboveCaps { transaction, caps, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*transaction, **caps), (hash(&signed[0]), lower.fees));
        assert!(error.to_string().contains("raise --max-fee-gwei"), "{error}");
        assert!(stage.waiting().await.is_empty());
    }
    let running = stage.submit(caps(80, 2), "first").await;
    assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [hash(&signed[0])]);
    // A block has it by now: what it cost is spent, and whoever asks is told.
    running.abort();
    stage.mine().await;
    let found = stage.submit(caps(50, 2), "first").await;
    assert_eq!(submitted(found).await.transaction, hash(&signed[0]));
}

/// What comes before it in the queue is lost; it must not be signed again for the gap, since it may still be waiting
/// elsewhere.
#[tokio::test]
async fn a_transaction_behind_a_gap_is_kept_and_the_gap_is_said() {
    let stage = Stage::set().await;
    let next = nonce(&stage.node, stage.account).await;
    let other = json!([{ "from": stage.account, "to": stage.account, "nonce": U256::from(next) }]);
    ask(&stage.node, "eth_sendTransaction", other.clone()).await;
    stage.submit(stage.sending(), "first").await.abort();
    let waiting = stage.waiting().await;
    assert_eq!(waiting.len(), 2, "{waiting:?}");
    ask(&stage.node, "anvil_dropAllTransactions", json!([])).await;
    let hasty = Sending { give_up_after: MOMENT, ..stage.sending() };
    let error = stage.submit(hasty, "first").await.await.unwrap().unwrap_err();
    let Error::NonceGap { transaction, nonce: own, missing, .. } = error else { panic!("{error:?}") };
    assert!(waiting.iter().map(hash).any(|hash| hash == transaction));
    assert_eq!((own, missing), (next + 1, next));
    // Sent again it waits, and not for the gap once somebody has filled it.
    let running = stage.submit(stage.sending(), "first").await;
    assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [transaction]);
    ask(&stage.node, "eth_sendTransaction", other).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, transaction);
    assert_eq!(nonce(&stage.node, stage.account).await, next + 2);
}

#[tokio::test]
async fn confirmations_are_waited_for_and_a_lost_transaction_is_sent_again() {
    let stage = Stage::set().await;
    let running = stage.submit(Sending { confirmations: Some(3), ..stage.sending() }, "first").await;
    let signed = hash(&stage.waiting().await[0]);
    let snapshot = ask(&stage.node, "evm_snapshot", json!([])).await;
    stage.mine().await;
    stage.mine().await;
    tokio::time::sleep(MOMENT).await;
    assert!(!running.is_finished(), "two blocks are not three");

    // The chain goes back, and what was in the blocks is forgotten.
    assert_eq!(ask(&stage.node, "evm_revert", json!([snapshot])).await, true);
    ask(&stage.node, "anvil_dropAllTransactions", json!([])).await;
    tokio::time::sleep(MOMENT).await;
    assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [signed], "the same bytes again");
    for _ in 0..3 {
        assert!(!running.is_finished());
        stage.mine().await;
        tokio::time::sleep(MOMENT).await;
    }
    assert_eq!(submitted(running).await.transaction, signed);
    assert_eq!(stage.records().await, 1);
}

#[tokio::test]
async fn a_nonce_that_somebody_else_used_is_said_and_the_next_run_succeeds() {
    let stage = Stage::set().await;
    let running = stage.submit(stage.sending(), "first").await;
    ask(&stage.node, "anvil_dropAllTransactions", json!([])).await;
    let used = nonce(&stage.node, stage.account).await + 1;
    ask(&stage.node, "anvil_setNonce", json!([stage.account, U256::from(used)])).await;
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::NonceTaken { nonce, .. } if nonce == used - 1), "{error:?}");
    let running = stage.submit(stage.sending(), "first").await;
    stage.mine().await;
    assert_eq!(submitted(running).await.records.len(), 1);
}

#[tokio::test]
async fn what_was_left_behind_for_a_chain_that_began_anew_is_forgotten() {
    let old = Stage::set().await;
    let running = old.submit(old.sending(), "first").await;
    running.abort();
    let new = Stage::set().await;
    assert!(!old.journal_is_empty());
    assert_eq!(old.registry, new.registry, "the same purpose on another chain");
    tokio::time::sleep(MOMENT).await;
    let running = new.submit(old.sending(), "first").await;
    new.mine().await;
    assert_eq!(submitted(running).await.records.len(), 1);
    assert!(old.journal_is_empty());
}

#[tokio::test]
async fn two_runs_at_once_take_two_nonces() {
    let stage = Stage::set().await;
    let before = nonce(&stage.node, stage.account).await;
    let first = stage.submit(stage.sending(), "first").await;
    let second = stage.submit(stage.sending(), "second").await;
    stage.mine().await;
    let first = submitted(first).await;
    tokio::time::sleep(MOMENT).await;
    stage.mine().await;
    assert_ne!(first.transaction, submitted(second).await.transaction);
    assert_eq!(nonce(&stage.node, stage.account).await, before + 2);
    assert_eq!(stage.records().await, 2);
}

/// The second one simulates when the first one is done, and finds nothing left to do, however long a simulation takes.
#[tokio::test]
async fn the_same_submission_twice_at_once_sends_one_transaction() {
    let stage = Stage::set().await;
    let before = nonce(&stage.node, stage.account).await;
    let url = gateway(&stage.node, |request| {
        if request["method"] == "eth_call" {
            std::thread::sleep(MOMENT);
        }
        None
    });
    let [first, second] =
        [stage.registry_at(&url, stage.sending()).await, stage.registry_at(&url, stage.sending()).await];
    let [first, second] = [first, second].map(|registry| {
        let Fixture { seal, statements, .. } = fixture("first");
        tokio::spawn(async move { registry.submit(&seal, &statements, false).await })
    });
    let sent = stage.wait_for_one().await;
    stage.mine().await;
    tokio::time::sleep(2 * MOMENT).await;
    let waiting = stage.waiting().await;
    assert!(waiting.is_empty(), "besides {sent}: {waiting:?}");
    let outcomes = [first.await.unwrap().unwrap(), second.await.unwrap().unwrap()];
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, AlreadyProven { .. })).count(), 1, "{outcomes:?}");
    assert_eq!(nonce(&stage.node, stage.account).await, before + 1);
}

#[tokio::test]
async fn says_which_transaction_is_not_confirmed_and_goes_on_with_it() {
    let stage = Stage::set().await;
    let hasty = Sending { give_up_after: Duration::from_millis(300), ..stage.sending() };
    let error = stage.submit(hasty, "first").await.await.unwrap().unwrap_err();
    let signed = hash(&stage.waiting().await[0]);
    assert!(matches!(error, Error::Unconfirmed { transaction, .. } if transaction == signed), "{error:?}");
    let running = stage.submit(stage.sending(), "first").await;
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, signed);
    let folder: &Path = stage.folder.path();
    assert!(folder.join("pending").is_dir());
}

/// Simulated, it was good; until there is a block, the registry refuses everything. A transaction that did nothing is no
/// record, although a block has it.
#[tokio::test]
async fn a_transaction_that_reverts_in_its_block_is_named() {
    let stage = Stage::set().await;
    let running = stage.submit(stage.sending(), "first").await;
    let sent = hash(&stage.waiting().await[0]);
    ask(&stage.node, "anvil_setCode", json!([stage.registry, "0x5f5ffd"])).await;
    stage.mine().await;
    let error = running.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Reverted { transaction, .. } if transaction == sent), "{error:?}");
    assert!(stage.journal_is_empty());
}
