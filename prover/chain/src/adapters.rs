//! The part of a registry that knows who stands for an adapter.
//!
//! An entry takes a seal whose context is of kind 2 over chain, registry and owner, so a seal that somebody else made
//! or copied registers for nobody but that owner.

use alloy::primitives::{Address, B256, Bytes};
use rankproof_statement::digest::registration_context;
use rankproof_statement::{F, Statement};

use crate::bindings::{registry_statement, word};
use crate::{Error, Registry};

/// An adapter's entry, as the registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterEntry {
    /// Who stands for it.
    pub owner: Address,
    /// Digest of the base model, as the owner claims.
    pub base_model: B256,
    /// Where the owner says more about it.
    pub metadata_uri: String,
    /// First four bytes of the seal that registered it.
    pub selector: [u8; 4],
    /// Seconds since 1970 of its block.
    pub registered_at: u64,
    /// The owner has revoked it.
    pub revoked: bool,
}

/// How a change of an entry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum EntryOutcome {
    /// The entry was so before; no transaction was sent and nothing was spent.
    AlreadySo,
    /// A transaction changed it.
    Changed {
        /// Hash of the transaction.
        transaction: B256,
        /// Number of its block.
        block: u64,
        /// Gas of the whole transaction.
        gas_used: u64,
    },
}

impl Registry {
    /// The context in which `owner` proves an adapter to register it here.
    pub fn registration_context(&self, owner: Address) -> F {
        registration_context(self.chain.chain_id(), &self.address().into_array(), &owner.into_array())
    }

    /// The entry of an adapter; `None` if there is none.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn adapter(&self, adapter: &F) -> Result<Option<AdapterEntry>, Error> {
        let found = self.contract().adapterOf(word(adapter)).call().await.map_err(|error| self.failed(error))?;
        Ok((found.owner != Address::ZERO).then_some(AdapterEntry {
            owner: found.owner,
            base_model: found.baseModel,
            metadata_uri: found.metadataURI,
            selector: found.selector.0,
            registered_at: found.registeredAt,
            revoked: found.revokedAt != 0,
        }))
    }

    /// Makes the signer the owner of the statement's adapter.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason, before anything is spent; [`Error::NoSigner`]; those of a
    /// transaction.
    pub async fn register(
        &self,
        seal: &[u8],
        statement: &Statement,
        base_model: B256,
        metadata_uri: &str,
    ) -> Result<EntryOutcome, Error> {
        let sender = self.chain.sender().ok_or(Error::NoSigner)?;
        let contract = self.contract();
        let call = contract.registerAdapter(
            Bytes::copy_from_slice(seal),
            registry_statement(statement),
            base_model,
            metadata_uri.to_owned(),
        );
        let input = call.calldata().clone();
        let is_so = |entry: &AdapterEntry| {
            entry.owner == sender && entry.base_model == base_model && entry.metadata_uri == metadata_uri
        };
        self.change(&statement.adapter, input, is_so, async || call.from(sender).call().await.map(drop)).await
    }

    /// Hands the adapter of the signer over.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn transfer(&self, adapter: &F, to: Address) -> Result<EntryOutcome, Error> {
        let sender = self.chain.sender().ok_or(Error::NoSigner)?;
        let contract = self.contract();
        let call = contract.transferAdapter(word(adapter), to);
        let input = call.calldata().clone();
        // What is revoked stays with its owner; the contract says so.
        let is_so = |entry: &AdapterEntry| entry.owner == to && (to != sender || !entry.revoked);
        self.change(adapter, input, is_so, async || call.from(sender).call().await.map(drop)).await
    }

    /// Marks the adapter of the signer as revoked, for ever.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn revoke(&self, adapter: &F) -> Result<EntryOutcome, Error> {
        let sender = self.chain.sender().ok_or(Error::NoSigner)?;
        let contract = self.contract();
        let call = contract.revokeAdapter(word(adapter));
        let input = call.calldata().clone();
        let is_so = |entry: &AdapterEntry| entry.owner == sender && entry.revoked;
        self.change(adapter, input, is_so, async || call.from(sender).call().await.map(drop)).await
    }

    /// Sees a killed run's transaction through, then stops if nothing is left to do, else simulates and sends: since
    /// that transaction the entry may have changed again.
    async fn change(
        &self,
        adapter: &F,
        input: Bytes,
        is_so: impl Fn(&AdapterEntry) -> bool,
        simulate: impl AsyncFnOnce() -> Result<(), alloy::contract::Error>,
    ) -> Result<EntryOutcome, Error> {
        let turn = self.chain.turn().await?;
        let resumed = self.chain.resume_in(&turn, self.address(), &input).await?;
        let is_so = self.adapter(adapter).await?.is_some_and(|entry| is_so(&entry));
        let receipt = match resumed {
            Some(receipt) if is_so => receipt,
            None if is_so => {
                self.chain.forget(self.address(), &input);
                return Ok(EntryOutcome::AlreadySo);
            }
            _ => {
                simulate().await.map_err(|error| self.failed(error))?;
                self.chain.send_in(&turn, self.address(), input).await?
            }
        };
        Ok(EntryOutcome::Changed {
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas_used: receipt.gas_used,
        })
    }
}
