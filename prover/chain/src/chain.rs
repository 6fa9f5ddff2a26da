//! A connection to a chain, and what it takes to put the contracts there.

use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::{DynProvider, PendingTransactionError, Provider, ProviderBuilder, WatchTxError};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::transports::http::reqwest::Url;

use crate::bindings::{ProofRegistry, SealVerifier};
use crate::{Error, Registry, Rejection, Signer};

/// The chain id of anvil and Hardhat: the only one where a development key is worth anything.
pub const LOCAL_CHAIN_ID: u64 = 31337;

/// How long the first answer of a node is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long a receipt is waited for.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(180);

/// Where the code of a verifier that is not deployed yet is looked at.
const PROBE: Address = Address::repeat_byte(0xee);

/// A connection to a node over HTTP, which signs if it has a [`Signer`].
#[derive(Clone, Debug)]
pub struct Chain {
    pub(crate) provider: DynProvider,
    /// Host and port, for errors: the rest of a URL may hold a key.
    pub(crate) host: String,
    chain_id: u64,
    sender: Option<Address>,
}

/// What a verifier says about itself.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct VerifierInfo {
    /// First four bytes of every seal for it, as hexadecimal.
    pub selector: String,
    /// Digest of key, slots and parameters: what `groth16-seal` calls `verifying_key_digest`.
    pub key_digest: B256,
    /// Digest of the parameters of the circuit.
    pub parameters_digest: B256,
    /// Statements per seal.
    pub slots: u64,
    /// Name of the profile.
    pub profile: String,
    /// Whether anybody can forge seals for it.
    pub is_development_key: bool,
}

/// A verifier and a registry, freshly deployed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Deployment {
    /// Address of the verifier.
    pub verifier: Address,
    /// Address of the registry.
    pub registry: Address,
    /// What the verifier says about itself.
    pub info: VerifierInfo,
    /// Gas of the verifier's deployment.
    pub gas_verifier: u64,
    /// Gas of the registry's deployment.
    pub gas_registry: u64,
}

/// The creation bytecode of the verifier for the committed key.
pub fn verifier_bytecode() -> Bytes {
    SealVerifier::BYTECODE.clone()
}

impl Chain {
    /// Connects, and asks for the chain id.
    ///
    /// # Errors
    /// [`Error::UrlInvalid`], [`Error::Unreachable`].
    pub async fn connect(rpc_url: &str, signer: Option<Signer>) -> Result<Self, Error> {
        let url = parse_url(rpc_url)?;
        let host = host_of(&url);
        let sender = signer.as_ref().map(Signer::address);
        let provider = match signer {
            Some(Signer(signer)) => ProviderBuilder::new().wallet(signer).connect_http(url).erased(),
            None => ProviderBuilder::new().connect_http(url).erased(),
        };
        let chain_id = tokio::time::timeout(CONNECT_TIMEOUT, provider.get_chain_id())
            .await
            .map_err(|_| Error::Unreachable { host: host.clone(), reason: "no answer in time".to_owned() })?
            .map_err(|error| Error::from_rpc(&host, error))?;
        Ok(Self { provider, host, chain_id, sender })
    }

    /// The id of the chain.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The account that pays, if there is a signer.
    pub fn sender(&self) -> Option<Address> {
        self.sender
    }

    /// Deploys the verifier for the committed key, and a registry for it.
    ///
    /// `expected_key_digest` is what `groth16-seal` computes from the key file that the caller means; without it,
    /// whatever key the bytecode holds is deployed, which is for a local chain.
    ///
    /// # Errors
    /// As [`Self::deploy_verifier`].
    pub async fn deploy(&self, expected_key_digest: Option<B256>) -> Result<Deployment, Error> {
        let (verifier, info, gas_verifier) = self.deploy_verifier(verifier_bytecode(), expected_key_digest).await?;
        let (registry, gas_registry) = self.deploy_registry(verifier).await?;
        Ok(Deployment { verifier, registry, info, gas_verifier, gas_registry })
    }

    /// Deploys a verifier from its creation bytecode; returns its address, its description and the gas.
    ///
    /// What it is gets asked before it is paid for.
    ///
    /// # Errors
    /// [`Error::DevelopmentKey`] on a chain that is not local, [`Error::KeyDigestMismatch`], [`Error::Rejected`] with
    /// the reason of the constructor, [`Error::NotTheContract`] for other bytecode, and those of a transaction.
    pub async fn deploy_verifier(
        &self,
        bytecode: Bytes,
        expected_key_digest: Option<B256>,
    ) -> Result<(Address, VerifierInfo, u64), Error> {
        let creation = TransactionRequest::default().with_deploy_code(bytecode);
        let code = self.provider.call(creation.clone()).await.map_err(|error| Error::from_rpc(&self.host, error))?;
        let info = self.describe_verifier(PROBE, Some(code)).await?;
        if info.is_development_key && self.chain_id != LOCAL_CHAIN_ID {
            return Err(Error::DevelopmentKey { chain_id: self.chain_id });
        }
        if let Some(expected) = expected_key_digest.filter(|expected| *expected != info.key_digest) {
            return Err(Error::KeyDigestMismatch { expected, actual: info.key_digest });
        }
        let (address, gas) = self.create(creation, "verifier").await?;
        Ok((address, info, gas))
    }

    /// Deploys a registry for the verifier at this address; returns its address and the gas.
    ///
    /// # Errors
    /// [`Error::NotTheContract`] if there is no verifier, and those of a transaction.
    pub async fn deploy_registry(&self, verifier: Address) -> Result<(Address, u64), Error> {
        self.verifier_info(verifier).await?;
        let creation = ProofRegistry::deploy_builder(&self.provider, verifier).into_transaction_request();
        self.create(creation, "registry").await
    }

    /// The registry at this address.
    ///
    /// # Errors
    /// [`Error::NotTheContract`] if there is none.
    pub async fn registry(&self, address: Address) -> Result<Registry, Error> {
        Registry::open(self.clone(), address).await
    }

    /// What the verifier at this address says about itself.
    ///
    /// # Errors
    /// [`Error::NotTheContract`] if there is none.
    pub async fn verifier_info(&self, verifier: Address) -> Result<VerifierInfo, Error> {
        self.describe_verifier(verifier, None).await
    }

    /// Asks the verifier at an address, or `code` as if it were there.
    async fn describe_verifier(&self, address: Address, code: Option<Bytes>) -> Result<VerifierInfo, Error> {
        let verifier = SealVerifier::new(address, &self.provider);
        let mut state = StateOverride::default();
        if let Some(code) = code {
            state.insert(address, AccountOverride { code: Some(code), ..Default::default() });
        }
        let failed = |error| Error::from_contract(&self.host, address, "verifier of seals", error);
        // Anything that answers by reverting is no verifier either.
        let wrong = |error| match failed(error) {
            Error::Rejected(Rejection::Unknown { .. }) => {
                Error::NotTheContract { address, expected: "verifier of seals" }
            }
            error => error,
        };
        let slots = verifier.slots().state(state.clone()).call().await.map_err(wrong)?;
        let selector = verifier.SELECTOR().state(state.clone()).call().await.map_err(wrong)?;
        Ok(VerifierInfo {
            selector: selector.to_string(),
            key_digest: verifier.keyDigest().state(state.clone()).call().await.map_err(wrong)?,
            parameters_digest: verifier.parametersDigest().state(state.clone()).call().await.map_err(wrong)?,
            slots: slots.saturating_to(),
            profile: verifier.profile().state(state.clone()).call().await.map_err(wrong)?,
            is_development_key: verifier.isDevelopmentKey().state(state).call().await.map_err(wrong)?,
        })
    }

    async fn create(&self, creation: TransactionRequest, expected: &'static str) -> Result<(Address, u64), Error> {
        let receipt = self.send(creation).await?;
        let address = receipt.contract_address.ok_or(Error::NotTheContract { address: Address::ZERO, expected })?;
        Ok((address, receipt.gas_used))
    }

    /// Signs, sends, and waits for a receipt that says that it went well.
    pub(crate) async fn send(&self, request: TransactionRequest) -> Result<TransactionReceipt, Error> {
        let sender = self.sender.ok_or(Error::NoSigner)?;
        let pending = self
            .provider
            .send_transaction(request.with_from(sender))
            .await
            .map_err(|error| Error::from_rpc(&self.host, error))?
            .with_timeout(Some(RECEIPT_TIMEOUT));
        let transaction = *pending.tx_hash();
        let receipt = pending.get_receipt().await.map_err(|error| match error {
            PendingTransactionError::TransportError(error) => Error::from_rpc(&self.host, error),
            PendingTransactionError::TxWatcher(WatchTxError::Timeout) => {
                Error::Unconfirmed { transaction, seconds: RECEIPT_TIMEOUT.as_secs() }
            }
            _ => Error::Unconfirmed { transaction, seconds: 0 },
        })?;
        if !receipt.status() {
            return Err(Error::Reverted { transaction, block: receipt.block_number.unwrap_or_default() });
        }
        Ok(receipt)
    }
}

fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (host, _) => host.unwrap_or("?").to_owned(),
    }
}

fn parse_url(text: &str) -> Result<Url, Error> {
    let invalid = |url: &str, reason| Err(Error::UrlInvalid { url: url.to_owned(), reason });
    let Ok(url) = text.parse::<Url>() else {
        // What does not parse cannot be cut into a part that is safe to show.
        return invalid("...", "not a URL; expected http://HOST:PORT");
    };
    let shown = format!("{}://{}", url.scheme(), host_of(&url));
    match url.scheme() {
        "http" => Ok(url),
        "https" => invalid(&shown, "there is no TLS here; use the http endpoint of a node or of a local proxy"),
        _ => invalid(&shown, "expected http"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_what_is_no_http_url_and_never_shows_a_key() {
        assert!(parse_url("http://127.0.0.1:8545").is_ok());
        for text in ["", "127.0.0.1:8545", "ftp://user:secret@host/secret", "secret"] {
            let error = parse_url(text).unwrap_err();
            assert!(matches!(error, Error::UrlInvalid { .. }));
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[tokio::test]
    async fn says_which_node_does_not_answer_without_its_path() {
        let error = Chain::connect("http://127.0.0.1:9/secret", None).await.unwrap_err();
        assert!(matches!(&error, Error::Unreachable { host, .. } if host == "127.0.0.1:9"), "{error:?}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
