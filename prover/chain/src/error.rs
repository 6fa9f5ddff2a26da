//! What can go wrong between here and a block.

use std::path::PathBuf;

use alloy::contract;
use alloy::primitives::{Address, B256};
use alloy::transports::{RpcError, TransportErrorKind};

use crate::Rejection;
use crate::fees::{FeeCaps, WEI_PER_GWEI};

/// Why a call or transaction did not do what it should. Each message names the remedy where there is one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of the node is not a URL that this build can open.
    #[error("rpc url {url:?}: {reason}")]
    UrlInvalid {
        /// As given, without user, password, path and query, which may hold a key.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The node did not answer, or not in its protocol.
    #[error("node at {host}: {reason}; check that it runs and that the rpc url is right")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the transport says.
        reason: String,
    },
    /// The node refused the request, for instance for want of funds.
    #[error("node: {message}")]
    Refused {
        /// What the node says.
        message: String,
    },
    /// The contract refused, in the simulation: nothing was spent.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The transaction was mined, and reverted although its simulation had not.
    #[error("transaction {transaction}: reverted in block {block}; its simulation had succeeded, so look for a race")]
    Reverted {
        /// Hash of the transaction.
        transaction: B256,
        /// Number of its block.
        block: u64,
    },
    /// No receipt that stays, in time; the transaction may still be mined.
    #[error(
        "transaction {transaction}: not confirmed after {seconds} s{}; run the same command again, which goes on with \
         this transaction",
        said(message)
    )]
    Unconfirmed {
        /// Hash of the transaction.
        transaction: B256,
        /// How long was waited.
        seconds: u64,
        /// What the node said when the transaction was last sent, if it did not take it.
        message: Option<String>,
    },
    /// The node refused the transaction in words that do not say whether it is lost.
    #[error(
        "transaction {transaction}: the node said {message:?}, and may have sent it all the same; run the same command \
         again, which goes on with this transaction"
    )]
    MaybeSent {
        /// Hash of the transaction.
        transaction: B256,
        /// What the node says.
        message: String,
    },
    /// Another transaction of the account was mined instead.
    #[error(
        "account {account}: its nonce {nonce} was used by another transaction; run the same command again, and send \
         from this account from one place at a time"
    )]
    NonceTaken {
        /// Who sends.
        account: Address,
        /// Whose number.
        nonce: u64,
    },
    /// Transactions of the account that come before this one are missing.
    #[error(
        "transaction {transaction}: it has nonce {nonce} of account {account}, and nonce {missing} is missing in front \
         of it; send what is missing from this account, and run the same command again, which goes on with this \
         transaction"
    )]
    NonceGap {
        /// Who sends.
        account: Address,
        /// Hash of the transaction.
        transaction: B256,
        /// Its nonce.
        nonce: u64,
        /// The first one that no transaction has.
        missing: u64,
    },
    /// The next block costs more than may be paid.
    #[error(
        "fees: the base fee is {} gwei, the cap {} gwei; wait, or raise --max-fee-gwei",
        gwei(*base_fee), gwei(*cap)
    )]
    FeeAboveCap {
        /// Wei per gas.
        base_fee: u128,
        /// Wei per gas.
        cap: u128,
    },
    /// What an earlier run signed offers more than may be paid now.
    #[error(
        "transaction {transaction} of an earlier run: it offers {} gwei, of which {} for the proposer, the caps are {} \
         and {}; raise --max-fee-gwei and --max-priority-fee-gwei to go on with it, it may have been broadcast, which \
         nobody can take back",
        gwei(*max_fee), gwei(*max_priority_fee), gwei(caps.max_fee), gwei(caps.max_priority_fee)
    )]
    AttemptAboveCaps {
        /// Its hash.
        transaction: B256,
        /// Wei per gas.
        max_fee: u128,
        /// Wei per gas, for the proposer.
        max_priority_fee: u128,
        /// Those of this run.
        caps: Box<FeeCaps>,
    },
    /// The file of a transaction under way cannot be read or written.
    #[error("journal {}: {reason}; see to it that it can be read and written, or remove it", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What was deployed is not what was meant.
    #[error("{contract}: its {what} is {actual}, expected {expected}; do not use this deployment")]
    ReadBackMismatch {
        /// Name of the contract.
        contract: &'static str,
        /// What was asked for.
        what: &'static str,
        /// What was meant.
        expected: String,
        /// What the chain says.
        actual: String,
    },
    /// Events that a registry does not emit, or not in this order.
    #[error(
        "events of block {block}: {what}; read from the block of the registry's deployment on, and ask another node"
    )]
    HistoryBroken {
        /// Number of the block.
        block: u64,
        /// What cannot be.
        what: String,
    },
    /// The registry's events and its answers do not agree.
    #[error("registry {registry}: at block {block} it does not answer what its events say: {what}; ask another node")]
    StateDiffers {
        /// Its address.
        registry: Address,
        /// Number of the block.
        block: u64,
        /// The first difference.
        what: String,
    },
    /// There is no contract, or another one, at an address.
    #[error("address {address}: no {expected} there; check the address and the chain")]
    NotTheContract {
        /// Where it was looked for.
        address: Address,
        /// The contract that was expected.
        expected: &'static str,
    },
    /// Something has to be signed, and there is no key.
    #[error("no signer: give a private key or a keystore file to send a transaction")]
    NoSigner,
    /// Not a private key. The text is not repeated.
    #[error("private key: expected 64 hexadecimal digits of a number between 1 and the order of secp256k1")]
    PrivateKeyInvalid,
    /// A key file could not be opened.
    #[error("keystore {path}: {reason}; check the path and the password")]
    Keystore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A key that everybody can forge with, on a chain that is not local.
    #[error(
        "development key on chain {chain_id}: anybody can forge its seals; use the keys of a ceremony, or chain 31337"
    )]
    DevelopmentKey {
        /// Where it was to be deployed.
        chain_id: u64,
    },
    /// The file that says what is deployed cannot be meant.
    #[error("{}: {reason}; correct it, script/chains/example.toml shows how", path.display())]
    ChainConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file that says what is deployed is for another chain.
    #[error("chain {actual}: the configuration is for chain {expected}; give --config for this chain, or another node")]
    OtherChain {
        /// Of the configuration.
        expected: u64,
        /// Of the node.
        actual: u64,
    },
    /// The verifier holds another key than the one meant.
    #[error(
        "verifier: key digest is {actual}, expected {expected}; compile it from the right keys with `rankproof export \
         --compile`, and deploy with --artifacts"
    )]
    KeyDigestMismatch {
        /// What the caller expects.
        expected: B256,
        /// What the code computes.
        actual: B256,
    },
    /// No anvil to start.
    #[error(
        "anvil: not found in node_modules/.bin of {directory} or above it, nor on PATH; run `npm ci` in the project \
         root, or install Foundry 1.7"
    )]
    AnvilMissing {
        /// Where the search began.
        directory: PathBuf,
    },
    /// anvil is there, and does not start.
    #[error("anvil at {path}: {reason}")]
    AnvilFailed {
        /// The program.
        path: PathBuf,
        /// What it, or the system, says.
        reason: String,
    },
    /// A batch without statements has no tree.
    #[error("batch: no statements; give at least one")]
    EmptyBatch,
}

/// Wei as gwei, for people.
fn gwei(wei: u128) -> String {
    format!("{}.{:03}", wei / WEI_PER_GWEI, wei % WEI_PER_GWEI / 1_000_000)
}

/// What a node said, for people.
fn said(message: &Option<String>) -> String {
    message.as_ref().map(|message| format!(", and the node says {message:?}")).unwrap_or_default()
}

impl Error {
    /// Sorts an error of the transport: refused by a contract, refused by the node, or no answer at all.
    pub(crate) fn from_rpc(host: &str, error: RpcError<TransportErrorKind>) -> Self {
        let Some(response) = error.as_error_resp() else {
            // Errors of the HTTP client repeat the URL, which may hold a key.
            let reason = match &error {
                RpcError::Transport(kind) => match kind.as_http_error() {
                    Some(http) => format!("HTTP status {}", http.status),
                    None => "no connection".to_owned(),
                },
                RpcError::LocalUsageError(source) => source.to_string(),
                _ => "its answer is not what the protocol says".to_owned(),
            };
            return Self::Unreachable { host: host.to_owned(), reason };
        };
        match response.as_revert_data() {
            Some(data) => Self::Rejected(Rejection::decode(&data)),
            None if response.message.contains("revert") => Self::Rejected(Rejection::decode(&[])),
            None => Self::Refused { message: response.message.to_string() },
        }
    }

    /// [`Self::from_rpc`] for calls of a contract at `address`.
    pub(crate) fn from_contract(host: &str, address: Address, expected: &'static str, error: contract::Error) -> Self {
        match error {
            contract::Error::TransportError(error) => Self::from_rpc(host, error),
            _ => Self::NotTheContract { address, expected },
        }
    }
}
