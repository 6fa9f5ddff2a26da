//! A server in front of the node answers in its own words: whatever they mean, there is one transaction for one
//! purpose.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rankproof_chain::{Error, Sending, Update};
use serde_json::{Value, json};
use support::gateway::{Answer, gateway};
use support::nonce;
use support::stage::{MOMENT, Stage, hash, submitted};
use tokio::task::JoinSet;

/// The first so many requests of a method are answered so.
fn at_first(times: usize, method: &'static str, answer: Answer) -> impl Fn(&Value) -> Option<Answer> {
    let asked = AtomicUsize::new(0);
    move |request| {
        let is_one = request["method"] == method && asked.fetch_add(1, Ordering::Relaxed) < times;
        is_one.then(|| answer.clone())
    }
}

/// Answers to `eth_sendRawTransaction` that do not say whether it was sent.
const DOUBTFUL: [(u16, i64, &str); 7] = [
    (504, -32603, "upstream request timeout"),
    (503, -32000, "no backend"),
    (502, 1, "bad gateway"),
    (429, -32000, "slower"),
    (200, -32603, "Internal error"),
    (200, -32002, "request timed out"),
    (200, -32005, "limit exceeded"),
];

#[tokio::test]
async fn a_transaction_that_may_have_been_sent_is_gone_on_with() {
    let mut cases = JoinSet::new();
    for (status, code, message) in DOUBTFUL {
        cases.spawn(killed_and_gone_on_with(Answer::error(status, code, message, true)));
        for forwards in [true, false] {
            cases.spawn(waited_for(Answer::error(status, code, message, forwards)));
        }
    }
    cases.join_all().await;
}

/// It is sent, and whoever asks is told something else, however often.
async fn killed_and_gone_on_with(answer: Answer) {
    let stage = Stage::set().await;
    let before = nonce(&stage.node, stage.account).await;
    let url = gateway(&stage.node, at_first(usize::MAX, "eth_sendRawTransaction", answer.clone()));
    let first = stage.submit_at(&url, stage.sending(), "first").await;
    let sent = stage.wait_for_one().await;
    first.abort();
    let second = stage.submit_at(&url, stage.sending(), "first").await;
    tokio::time::sleep(2 * MOMENT).await;
    assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [sent], "{answer:?}");
    stage.mine().await;
    assert_eq!(submitted(second).await.transaction, sent, "{answer:?}");
    assert_eq!(nonce(&stage.node, stage.account).await, before + 1, "{answer:?}");
    assert!(stage.journal_is_empty());
}

/// A run that nobody kills waits for it as well, whether it was sent the first time or not.
async fn waited_for(answer: Answer) {
    let stage = Stage::set().await;
    let url = gateway(&stage.node, at_first(2, "eth_sendRawTransaction", answer.clone()));
    let running = stage.submit_at(&url, stage.sending(), "first").await;
    let sent = stage.wait_for_one().await;
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, sent, "{answer:?}");
}

#[tokio::test]
async fn a_refusal_that_is_final_leaves_nothing_behind_unless_the_node_knows_the_transaction() {
    for message in ["insufficient funds for gas * price + value", "transaction underpriced", "intrinsic gas too low"] {
        let stage = Stage::set().await;
        let refusing = |forwards| {
            let answer = Answer::error(200, -32000, message, forwards);
            gateway(&stage.node, at_first(1, "eth_sendRawTransaction", answer))
        };
        let error = stage.submit_at(&refusing(false), stage.sending(), "first").await.await.unwrap().unwrap_err();
        assert!(matches!(&error, Error::Refused { message: said } if said == message), "{error:?}");
        assert!(stage.waiting().await.is_empty());
        assert!(stage.journal_is_empty());
        let running = stage.submit_at(&refusing(true), stage.sending(), "first").await;
        assert_eq!(stage.waiting().await.len(), 1);
        stage.mine().await;
        assert_eq!(submitted(running).await.records.len(), 1, "{message}");
    }
}

#[tokio::test]
async fn words_that_nobody_knows_are_said_and_the_transaction_is_kept() {
    let stage = Stage::set().await;
    let answer = Answer::error(200, -32000, "the moon is full", false);
    let url = gateway(&stage.node, at_first(1, "eth_sendRawTransaction", answer));
    let error = stage.submit_at(&url, stage.sending(), "first").await.await.unwrap().unwrap_err();
    let Error::MaybeSent { transaction, message } = &error else { panic!("{error:?}") };
    assert_eq!(message, "the moon is full");
    assert!(!stage.journal_is_empty());
    let running = stage.submit_at(&url, stage.sending(), "first").await;
    assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [*transaction]);
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, *transaction);
}

#[tokio::test]
async fn says_what_the_node_said_when_nothing_is_confirmed() {
    let stage = Stage::set().await;
    let answer = Answer::error(200, -32603, "the disk is full", false);
    let url = gateway(&stage.node, at_first(usize::MAX, "eth_sendRawTransaction", answer));
    let hasty = Sending { give_up_after: Duration::from_millis(300), ..stage.sending() };
    let error = stage.submit_at(&url, hasty, "first").await.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Unconfirmed { .. }), "{error:?}");
    assert!(error.to_string().contains("the disk is full"), "{error}");
}

#[tokio::test]
async fn what_is_only_asked_is_asked_again() {
    let mut cases = JoinSet::new();
    for (status, code, message) in DOUBTFUL {
        cases.spawn(asked_again(Answer::error(status, code, message, false)));
    }
    cases.join_all().await;
}

async fn asked_again(answer: Answer) {
    let stage = Stage::set().await;
    let methods = ["eth_call", "eth_estimateGas", "eth_feeHistory", "eth_getTransactionCount"];
    let words = methods.map(|method| at_first(2, method, answer.clone()));
    let url = gateway(&stage.node, move |request| words.iter().find_map(|words| words(request)));
    let running = stage.submit_at(&url, stage.sending(), "first").await;
    let sent = stage.wait_for_one().await;
    stage.mine().await;
    assert_eq!(submitted(running).await.transaction, sent, "{answer:?}");
}

#[tokio::test]
async fn a_range_with_too_many_results_is_halved_at_once() {
    let stage = Stage::set().await;
    stage.mine().await;
    for (status, code, message) in [
        (200, -32005, "query returned more than 10000 results"),
        (200, -32602, "eth_getLogs is limited to a 10,000 range"),
        (429, -32005, "query returned more than 10000 results"),
        (503, -32000, "query timeout exceeded"),
        (200, -32603, "something about logs"),
    ] {
        let url = gateway(&stage.node, move |request| {
            let filter = &request["params"][0];
            let block = |name: &str| u64::from_str_radix(filter[name].as_str().unwrap().trim_start_matches("0x"), 16);
            let is_long = request["method"] == "eth_getLogs" && block("toBlock").unwrap() > block("fromBlock").unwrap();
            is_long.then(|| Answer::error(status, code, message, false))
        });
        let mut follower = stage.registry_at(&url, stage.sending()).await.follow(0);
        let start = Instant::now();
        while follower.step().await.unwrap() != Update::UpToDate {
            assert!(start.elapsed() < Duration::from_secs(15), "{status} {code} {message}");
        }
        assert_eq!(follower.block(), Some(stage.registry(stage.sending()).await.chain().block_number().await.unwrap()));
    }
}

#[tokio::test]
async fn a_node_without_its_first_block_is_no_other_chain() {
    let stage = Stage::set().await;
    let before = nonce(&stage.node, stage.account).await;
    let url = gateway(&stage.node, |request| {
        let is_first = request["method"] == "eth_getBlockByNumber" && request["params"][0] == "0x0";
        is_first.then(|| Answer { status: 200, body: json!({ "result": null }), forwards: false })
    });
    // Left behind by a run that knew the first block, by one that did not, gone on with by the other.
    for urls in [[stage.node.rpc_url(), url.clone()], [url.clone(), stage.node.rpc_url()], [url.clone(), url.clone()]] {
        stage.submit_at(&urls[0], stage.sending(), "first").await.abort();
        let sent = stage.waiting().await;
        assert_eq!(sent.len(), 1);
        let running = stage.submit_at(&urls[1], stage.sending(), "first").await;
        assert_eq!(stage.waiting().await.iter().map(hash).collect::<Vec<_>>(), [hash(&sent[0])], "{urls:?}");
        running.abort();
    }
    let running = stage.submit_at(&url, stage.sending(), "first").await;
    stage.mine().await;
    assert_eq!(submitted(running).await.records.len(), 1);
    assert_eq!(nonce(&stage.node, stage.account).await, before + 1);
}
