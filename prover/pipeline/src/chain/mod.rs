//! Chain: deploy the contracts, submit seals, register adapters, ask what is proven, watch.
//!
//! Everything is simulated before it is sent; what is done already is not done again, and what a killed run had begun
//! is gone on with (`rankproof_chain::Sending`). Private keys come from a keystore file or from the caller, and are
//! shown nowhere.

mod deploy;
mod register;
mod status;
mod submit;
mod watch;

use std::future::Future;
use std::path::{Path, PathBuf};

use rankproof_chain::{Address, Chain, Signer};
pub use rankproof_chain::{FeeCaps, Sending, WEI_PER_GWEI};

pub use deploy::{DeployRequest, Deployed, ExpectedKey, deploy, deploy_on};
pub use register::{EntryChange, RegistrationContext, register, registration_context, revoke, transfer};
pub use status::{
    AdapterStatus, BatchStatus, Question, RecordStatus, RegistryStatus, StatementStatus, Status, VerifierStatus,
    registry_status, status, status_of,
};
pub use submit::{Submission, submit, submit_to};
pub use watch::{WatchRequest, Watched, watch};

use crate::Error;

/// Who signs.
#[derive(Clone)]
pub enum Account {
    /// Nobody: reading only.
    None,
    /// A private key in hexadecimal.
    PrivateKey(String),
    /// An encrypted key file and its password.
    Keystore(PathBuf, String),
}

/// Which node, who signs, and how transactions are sent.
#[derive(Clone)]
pub struct Access {
    /// `http://HOST:PORT` or `https://HOST/PATH`.
    pub rpc_url: String,
    /// Who signs.
    pub account: Account,
    /// Caps, confirmations, patience, journal.
    pub sending: Sending,
}

impl Access {
    /// For reading.
    pub fn to_read(rpc_url: &str) -> Self {
        Self { rpc_url: rpc_url.to_owned(), account: Account::None, sending: Sending::default() }
    }

    /// Connects.
    ///
    /// # Errors
    /// A bad URL, key or keystore; a node that does not answer.
    pub async fn connect(&self) -> Result<Chain, Error> {
        let signer = match &self.account {
            Account::None => None,
            Account::PrivateKey(text) => Some(Signer::from_hex(text)?),
            Account::Keystore(path, password) => Some(Signer::from_keystore(path, password)?),
        };
        Ok(Chain::connect(&self.rpc_url, signer).await?.with_sending(self.sending.clone()))
    }
}

/// Runs a conversation with a node to its end.
///
/// # Errors
/// Those of the conversation, and of a system that gives no threads.
pub fn block_on<T>(conversation: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Error::Environment { what: format!("no threads for the network ({error})") })?;
    runtime.block_on(conversation)
}

/// Reads an address.
///
/// # Errors
/// [`Error::BadArgument`].
pub fn parse_address(argument: &'static str, text: &str) -> Result<Address, Error> {
    text.trim().parse().map_err(|_| Error::BadArgument {
        argument,
        reason: "it is no address".to_owned(),
        remedy: "give 0x and 40 hexadecimal digits",
    })
}

/// Reads a fee in gwei, with at most nine decimals, as wei.
///
/// # Errors
/// [`Error::BadArgument`].
pub fn parse_gwei(argument: &'static str, text: &str) -> Result<u128, Error> {
    let bad = || Error::BadArgument {
        argument,
        reason: format!("`{text}` is no fee"),
        remedy: "give a number of gwei with at most nine decimals",
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 9 {
        return Err(bad());
    }
    let decimals: u128 = format!("{decimals:0<9}").parse().map_err(|_| bad())?;
    let whole: u128 = whole.parse().map_err(|_| bad())?;
    whole.checked_mul(WEI_PER_GWEI).and_then(|wei| wei.checked_add(decimals)).ok_or_else(bad)
}

/// Reads a password: the first line of a file.
///
/// # Errors
/// When the file cannot be read.
pub fn read_password(path: &Path) -> Result<String, Error> {
    let bytes = rankproof_adapter::files::read(path, 1 << 16)?;
    let text = String::from_utf8(bytes).map_err(|_| Error::BadArgument {
        argument: "--password-file",
        reason: "it is not UTF-8".to_owned(),
        remedy: "give a text file whose first line is the password",
    })?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_gwei_with_decimals() {
        for (text, wei) in [("1", 1_000_000_000), ("0.5", 500_000_000), ("2.000000001", 2_000_000_001), ("0", 0)] {
            assert_eq!(parse_gwei("--max-fee-gwei", text).ok(), Some(wei), "{text}");
        }
        for text in ["", ".", "1.", ".5", "-1", "1e3", "0x1", "1.0000000001", &"9".repeat(40)] {
            assert!(matches!(parse_gwei("--max-fee-gwei", text), Err(Error::BadArgument { .. })), "{text}");
        }
    }
}
