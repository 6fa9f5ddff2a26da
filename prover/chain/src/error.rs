//! What can go wrong between here and a block.

use std::path::PathBuf;

use alloy::contract;
use alloy::primitives::{Address, B256};
use alloy::transports::{RpcError, TransportErrorKind};

use crate::Rejection;

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
    /// No receipt in time; the transaction may still be mined.
    #[error("transaction {transaction}: no receipt after {seconds} s; ask for it again before sending another")]
    Unconfirmed {
        /// Hash of the transaction.
        transaction: B256,
        /// How long was waited.
        seconds: u64,
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
    /// The verifier holds another key than the one meant.
    #[error("verifier: key digest is {actual}, expected {expected}; export the contract again from the right keys")]
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

impl Error {
    /// Sorts an error of the transport: refused by a contract, refused by the node, or no answer at all.
    pub(crate) fn from_rpc(host: &str, error: RpcError<TransportErrorKind>) -> Self {
        let Some(response) = error.as_error_resp() else {
            // Errors of the HTTP client repeat the URL, which may hold a key.
            let reason = match &error {
                RpcError::Transport(TransportErrorKind::HttpError(http)) => format!("HTTP status {}", http.status),
                RpcError::Transport(_) => "no connection".to_owned(),
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
