//! A registry on a chain whose blocks are made by hand, and submissions that can be killed.

use std::time::{Duration, Instant};

use alloy::primitives::B256;
use rankproof_chain::SubmitOutcome::AlreadyProven;
use rankproof_chain::{Address, Chain, Error, LocalNode, Registry, Sending, SubmitOutcome, Submitted};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Fixture, ask, deployed, fixture};

/// Long enough for everything that needs no block.
pub const MOMENT: Duration = Duration::from_millis(400);

/// A registry on a chain whose blocks are made by [`mine`], an account, and a folder for the journal.
pub struct Stage {
    pub node: LocalNode,
    pub account: Address,
    pub registry: Address,
    pub folder: tempfile::TempDir,
}

impl Stage {
    pub async fn set() -> Self {
        let (node, chain, _, registry) = deployed().await;
        ask(&node, "evm_setAutomine", json!([false])).await;
        let (account, registry) = (chain.sender().unwrap(), registry.address());
        Self { node, account, registry, folder: tempfile::tempdir().unwrap() }
    }

    pub fn sending(&self) -> Sending {
        let journal = Some(self.folder.path().join("pending"));
        Sending { journal, give_up_after: Duration::from_secs(30), ..Sending::default() }
    }

    pub async fn registry(&self, sending: Sending) -> Registry {
        self.registry_at(&self.node.rpc_url(), sending).await
    }

    pub async fn registry_at(&self, url: &str, sending: Sending) -> Registry {
        let chain = Chain::connect(url, self.node.signer(0)).await.unwrap();
        chain.with_sending(sending).registry(self.registry).await.unwrap()
    }

    /// Submits in the background; aborting it is being killed.
    pub async fn submit(&self, sending: Sending, name: &str) -> JoinHandle<Result<SubmitOutcome, Error>> {
        self.submit_at(&self.node.rpc_url(), sending, name).await
    }

    /// The same through another URL.
    pub async fn submit_at(&self, url: &str, sending: Sending, name: &str) -> JoinHandle<Result<SubmitOutcome, Error>> {
        let (registry, Fixture { seal, statements, .. }) = (self.registry_at(url, sending).await, fixture(name));
        let running = tokio::spawn(async move { registry.submit(&seal, &statements, false).await });
        tokio::time::sleep(MOMENT).await;
        running
    }

    pub async fn mine(&self) {
        ask(&self.node, "anvil_mine", json!(["0x1"])).await;
    }

    /// The transactions of the account that no block has, by nonce.
    pub async fn waiting(&self) -> Vec<Value> {
        let pool = ask(&self.node, "txpool_content", json!([])).await;
        let mut own = Vec::new();
        for part in ["pending", "queued"] {
            let accounts = pool[part].as_object().cloned().unwrap_or_default();
            for (account, transactions) in accounts {
                if account.parse::<Address>().unwrap() == self.account {
                    own.extend(transactions.as_object().unwrap().values().cloned());
                }
            }
        }
        own
    }

    /// The only transaction that no block has, once there is one.
    pub async fn wait_for_one(&self) -> B256 {
        let start = Instant::now();
        loop {
            let waiting = self.waiting().await;
            if let [one] = waiting.as_slice() {
                return hash(one);
            }
            assert!(waiting.is_empty() && start.elapsed() < Duration::from_secs(20), "{waiting:?}");
            tokio::time::sleep(MOMENT).await;
        }
    }

    pub async fn records(&self) -> usize {
        let registry = self.registry(self.sending()).await;
        let mut follower = registry.follow(0);
        let _ = follower.step().await.unwrap();
        follower.entries().len()
    }

    pub fn journal_is_empty(&self) -> bool {
        let files = std::fs::read_dir(self.folder.path().join("pending")).unwrap();
        files.map(|file| file.unwrap().path()).all(|path| path.extension().is_some_and(|end| end == "lock"))
    }
}

/// What a submission that succeeds says.
pub async fn submitted(running: JoinHandle<Result<SubmitOutcome, Error>>) -> Submitted {
    match running.await.unwrap().unwrap() {
        SubmitOutcome::Submitted(submitted) => submitted,
        AlreadyProven { .. } => panic!("it was not proven before"),
    }
}

pub fn hash(transaction: &Value) -> B256 {
    transaction["hash"].as_str().unwrap().parse().unwrap()
}
