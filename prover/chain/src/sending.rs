//! A transaction from its simulation to a block that stays.
//!
//! One nonce, one purpose: the transaction is signed, written to the [journal](crate::journal), and only then sent. If
//! no block takes it, it is replaced by the same transaction with higher fees, within the caps. A receipt counts when
//! its block has enough blocks on it and is still the block of its number; a transaction that a reorganization threw
//! out is sent again, byte for byte. Whatever happens, at most one transaction per purpose can be mined, and a run that
//! was killed goes on where it was. From resuming over simulating to the last block a run holds its [`Turn`]: what it
//! simulated is still so when it sends.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::network::{TransactionBuilder, TxSignerSync};
use alloy::primitives::{Address, B256, Bytes, TxKind, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{BlockNumberOrTag, TransactionReceipt, TransactionRequest};

use crate::chain::Chain;
use crate::fees::{BLOCKS_LOOKED_AT, FeeCaps, Fees, REWARD_PERCENTILE};
use crate::journal::{Attempt, Journal, Pending, Purpose};
use crate::{Error, Signer};

/// How transactions are sent.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The most that is ever offered.
    pub fees: FeeCaps,
    /// Blocks that a receipt needs, its own included; without this 1 on the local chain and 3 elsewhere.
    pub confirmations: Option<u64>,
    /// A transaction that is in no block after this long is replaced by one with higher fees.
    pub replace_after: Duration,
    /// After this long without a confirmed receipt nothing is waited for any more.
    pub give_up_after: Duration,
    /// Folder of transactions under way; without this, a killed run forgets its transaction.
    pub journal: Option<PathBuf>,
}

impl Default for Sending {
    /// Replaced after 90 seconds, given up after 15 minutes, no journal.
    fn default() -> Self {
        Self {
            fees: FeeCaps::default(),
            confirmations: None,
            replace_after: Duration::from_secs(90),
            give_up_after: Duration::from_secs(900),
            journal: None,
        }
    }
}

/// Gas limit in percent of what the simulation took: the state may have changed by then.
const GAS_PERCENT: u64 = 120;

/// The right to send from an account. Whoever else uses the same journal waits while it lives.
#[must_use]
pub(crate) struct Turn {
    _lock: Option<File>,
}

impl Chain {
    /// Waits until nobody else sends from this account. Without signer or journal there is nothing to wait for.
    ///
    /// # Errors
    /// [`Error::Journal`].
    pub(crate) async fn turn(&self) -> Result<Turn, Error> {
        let (Some(sender), Some(journal)) = (self.sender(), self.journal()) else { return Ok(Turn { _lock: None }) };
        Ok(Turn { _lock: Some(journal.lock(self.chain_id(), sender).await?) })
    }

    /// [`Self::send_in`] a turn of its own.
    pub(crate) async fn send(&self, to: Address, input: Bytes) -> Result<TransactionReceipt, Error> {
        self.send_in(&self.turn().await?, to, input).await
    }

    /// Sees a transaction of an earlier run through, if a node knows one with this receiver and calldata.
    ///
    /// # Errors
    /// Those of [`Self::send_in`].
    pub(crate) async fn resume_in(
        &self,
        _: &Turn,
        to: Address,
        input: &Bytes,
    ) -> Result<Option<TransactionReceipt>, Error> {
        if self.signer.is_none() {
            return Ok(None);
        }
        let purpose = self.purpose(to, input)?;
        let Some(pending) = self.under_way(&purpose).await? else { return Ok(None) };
        if !self.is_there(&pending).await? {
            return Ok(None);
        }
        match self.see_through(&purpose, pending, false).await {
            Ok(receipt) => Ok(Some(receipt)),
            // Somebody else used the nonce: this transaction will never be mined.
            Err(Error::NonceTaken { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Nothing has to be sent for this receiver and calldata any more.
    pub(crate) fn forget(&self, to: Address, input: &Bytes) {
        if let (Some(journal), Ok(purpose)) = (self.journal(), self.purpose(to, input)) {
            journal.remove(&purpose);
        }
    }

    /// Signs, sends, and waits for a receipt that says that it went well, in a block that stays. The caller has
    /// simulated the same call.
    ///
    /// # Errors
    /// [`Error::NoSigner`], [`Error::FeeAboveCap`], [`Error::AttemptAboveCaps`], [`Error::Refused`],
    /// [`Error::MaybeSent`], [`Error::Reverted`], [`Error::Unconfirmed`], [`Error::NonceTaken`], [`Error::NonceGap`],
    /// [`Error::Journal`]; those of the connection. After all but `Refused` and `FeeAboveCap` the same call goes on
    /// where this one was.
    pub(crate) async fn send_in(&self, _: &Turn, to: Address, input: Bytes) -> Result<TransactionReceipt, Error> {
        let purpose = self.purpose(to, &input)?;
        if let Some(pending) = self.under_way(&purpose).await? {
            return self.see_through(&purpose, pending, false).await;
        }
        let request = TransactionRequest::default().with_from(purpose.sender).with_to(to).with_input(input.clone());
        let gas = self.provider.estimate_gas(request).await.map_err(|error| self.failed(error))?;
        let fees = self.sending.fees.offer(&self.fee_history().await?)?;
        let nonce = self.nonce(purpose.sender, BlockNumberOrTag::Pending).await?;
        let transaction = TxEip1559 {
            chain_id: self.chain_id(),
            nonce,
            gas_limit: gas.saturating_mul(GAS_PERCENT) / 100,
            max_fee_per_gas: fees.max_fee,
            max_priority_fee_per_gas: fees.max_priority_fee,
            to: TxKind::Call(to),
            input,
            ..Default::default()
        };
        let attempts = vec![self.sign(transaction)?];
        let pending = Pending { genesis: self.genesis().await?.unwrap_or_default(), nonce, attempts };
        self.write(&purpose, &pending)?;
        self.see_through(&purpose, pending, true).await
    }

    /// The transaction of an earlier run, if it may still be mined or was.
    async fn under_way(&self, purpose: &Purpose) -> Result<Option<Pending>, Error> {
        let Some(journal) = self.journal() else { return Ok(None) };
        let Some(pending) = journal.read(purpose)? else { return Ok(None) };
        // Only a block 0 that is known, then and now, can be another one.
        let known = (pending.genesis != B256::ZERO).then_some(pending.genesis);
        if let (Some(then), Some(now)) = (known, self.genesis().await?)
            && then != now
        {
            journal.remove(purpose);
            return Ok(None);
        }
        Ok(Some(pending))
    }

    /// Signs the same transaction with higher fees, if the caps allow it.
    pub(crate) async fn replace(&self, purpose: &Purpose, pending: &mut Pending) -> Result<(), Error> {
        let Some(last) = pending.attempts.last() else { return Ok(()) };
        let fresh = match self.sending.fees.offer(&self.fee_history().await?) {
            Ok(fresh) => fresh,
            Err(_) => return Ok(()),
        };
        let Some(fees) = self.sending.fees.raise(last.fees(), fresh) else { return Ok(()) };
        let Ok(TxEnvelope::Eip1559(signed)) = TxEnvelope::decode_2718(&mut last.raw.as_ref()) else { return Ok(()) };
        let transaction = TxEip1559 {
            max_fee_per_gas: fees.max_fee,
            max_priority_fee_per_gas: fees.max_priority_fee,
            ..signed.into_parts().0
        };
        pending.attempts.push(self.sign(transaction)?);
        self.write(purpose, pending)
    }

    fn sign(&self, mut transaction: TxEip1559) -> Result<Attempt, Error> {
        let Signer(signer) = self.signer.as_ref().ok_or(Error::NoSigner)?;
        let fees =
            Fees { max_fee: transaction.max_fee_per_gas, max_priority_fee: transaction.max_priority_fee_per_gas };
        let signature = signer.sign_transaction_sync(&mut transaction).map_err(|_| Error::PrivateKeyInvalid)?;
        let signed = TxEnvelope::from(transaction.into_signed(signature));
        Ok(Attempt::new(*signed.tx_hash(), signed.encoded_2718().into(), fees))
    }

    fn purpose(&self, to: Address, input: &Bytes) -> Result<Purpose, Error> {
        let sender = self.sender().ok_or(Error::NoSigner)?;
        let digest = keccak256([to.as_slice(), input].concat());
        Ok(Purpose { chain_id: self.chain_id(), sender, digest })
    }

    fn journal(&self) -> Option<Journal> {
        self.sending.journal.as_deref().map(Journal::new)
    }

    fn write(&self, purpose: &Purpose, pending: &Pending) -> Result<(), Error> {
        self.journal().map_or(Ok(()), |journal| journal.write(purpose, pending))
    }

    pub(crate) fn remove(&self, purpose: &Purpose) {
        if let Some(journal) = self.journal() {
            journal.remove(purpose);
        }
    }

    async fn fee_history(&self) -> Result<alloy::rpc::types::FeeHistory, Error> {
        let history =
            self.provider.get_fee_history(BLOCKS_LOOKED_AT, BlockNumberOrTag::Latest, &[REWARD_PERCENTILE]).await;
        history.map_err(|error| self.failed(error))
    }

    pub(crate) async fn nonce(&self, account: Address, at: BlockNumberOrTag) -> Result<u64, Error> {
        let count = self.provider.get_transaction_count(account).block_id(at.into()).await;
        count.map_err(|error| self.failed(error))
    }

    /// Hash of block 0, if the node has it.
    async fn genesis(&self) -> Result<Option<B256>, Error> {
        self.block_hash(0).await
    }
}
