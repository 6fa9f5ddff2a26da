//! A connection to a chain.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::transports::{RpcError, TransportErrorKind};

use crate::bindings::SealVerifier;
use crate::sending::Sending;
use crate::{Error, Registry, Rejection, Signer, endpoint};

/// The chain id of anvil and Hardhat: the only one where a development key is worth anything.
pub const LOCAL_CHAIN_ID: u64 = 31337;

/// A connection to a node over HTTP, which signs if it has a [`Signer`].
#[derive(Clone, Debug)]
pub struct Chain {
    pub(crate) provider: DynProvider,
    /// Host and port, for errors: the rest of a URL may hold a key.
    pub(crate) host: String,
    pub(crate) signer: Option<Signer>,
    pub(crate) sending: Sending,
    chain_id: u64,
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

impl Chain {
    /// Connects, and asks for the chain id.
    ///
    /// # Errors
    /// [`Error::UrlInvalid`], [`Error::Unreachable`].
    pub async fn connect(rpc_url: &str, signer: Option<Signer>) -> Result<Self, Error> {
        let (provider, host) = endpoint::open(rpc_url)?;
        let chain_id = provider.get_chain_id().await.map_err(|error| Error::from_rpc(&host, error))?;
        Ok(Self { provider, host, signer, sending: Sending::default(), chain_id })
    }

    /// The same connection, sending in this way.
    #[must_use]
    pub fn with_sending(self, sending: Sending) -> Self {
        Self { sending, ..self }
    }

    /// The id of the chain.
    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The account that pays, if there is a signer.
    pub fn sender(&self) -> Option<Address> {
        self.signer.as_ref().map(Signer::address)
    }

    /// The number of the newest block.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn block_number(&self) -> Result<u64, Error> {
        self.provider.get_block_number().await.map_err(|error| self.failed(error))
    }

    /// The hash of the block with this number; `None` if there is none yet.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn block_hash(&self, number: u64) -> Result<Option<B256>, Error> {
        let block = self.provider.get_block(BlockId::number(number)).await.map_err(|error| self.failed(error))?;
        Ok(block.map(|block| block.header.hash))
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
    pub(crate) async fn describe_verifier(&self, address: Address, code: Option<Bytes>) -> Result<VerifierInfo, Error> {
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

    pub(crate) fn failed(&self, error: RpcError<TransportErrorKind>) -> Error {
        Error::from_rpc(&self.host, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn says_which_node_does_not_answer_without_its_path() {
        for scheme in ["http", "https"] {
            let error = Chain::connect(&format!("{scheme}://127.0.0.1:9/secret"), None).await.unwrap_err();
            assert!(matches!(&error, Error::Unreachable { host, .. } if host == "127.0.0.1:9"), "{error:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
