//! From the first sending to a block that stays.
//!
//! A transaction may have been sent as soon as its bytes have left: an answer that is lost, late, or speaks of trouble
//! changes nothing about that. So an entry of the journal goes only when a receipt stays, when another transaction has
//! used the nonce, or when the very first sending was refused in words that are final while the node knows nothing of
//! the transaction. In every other case the same bytes are sent again, or the run ends and the next one goes on.

use std::time::{Duration, Instant};

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;

use crate::Error;
use crate::answers::{Meaning, is_final, meaning, says_known};
use crate::chain::{Chain, LOCAL_CHAIN_ID};
use crate::endpoint::is_fault;
use crate::journal::{Pending, Purpose};

/// Where most chains need that many blocks, their own included, before they stay.
const CONFIRMATIONS: u64 = 3;
/// How long a node may take to find the receipt of a nonce that it has counted, or the transactions in front of one.
const LAG: Duration = Duration::from_secs(10);
/// How often the same bytes are sent again: nodes forget.
const REPEAT_AFTER: Duration = Duration::from_secs(15);
/// How often a receipt is asked for on a chain that is local, and on others.
const POLL: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// What this run knows about its transaction.
struct Course {
    /// None of the attempts was ever sent.
    is_new: bool,
    /// When the newest attempt was signed, as far as this run knows.
    signed: Instant,
    /// When its bytes were sent.
    sent: Option<Instant>,
    /// How often in a row it was not known whether they arrived.
    doubts: u32,
    /// What the node said when it did not take them.
    message: Option<String>,
    /// A block had one of the attempts.
    mined: bool,
    /// Since when the nonce is used although no receipt is found.
    used: Option<Instant>,
    /// Since when transactions in front of this one are missing, and the nonce of the first of them.
    gap: Option<(Instant, u64)>,
}

impl Course {
    fn begin(is_new: bool) -> Self {
        let signed = Instant::now();
        Self { is_new, signed, sent: None, doubts: 0, message: None, mined: false, used: None, gap: None }
    }

    /// Whether the bytes are to be sent (again): nodes forget, and what may be lost is not waited for so long.
    fn is_due(&self, poll: Duration) -> bool {
        let pause = match self.doubts {
            0 => REPEAT_AFTER,
            doubts => poll.saturating_mul(1 << doubts.min(8)).min(REPEAT_AFTER),
        };
        self.sent.is_none_or(|at| at.elapsed() >= pause)
    }
}

impl Chain {
    /// Sends until a block that stays has one of the attempts. `is_new`: none of them was ever sent.
    ///
    /// # Errors
    /// Those of [`Self::send_in`].
    pub(crate) async fn see_through(
        &self,
        purpose: &Purpose,
        mut pending: Pending,
        is_new: bool,
    ) -> Result<TransactionReceipt, Error> {
        let start = Instant::now();
        let poll = if self.chain_id() == LOCAL_CHAIN_ID { POLL[0] } else { POLL[1] };
        let mut course = Course::begin(is_new);
        loop {
            if let Some(receipt) = self.receipt_of(&pending).await? {
                (course.mined, course.used) = (true, None);
                if self.is_confirmed(&receipt).await? {
                    self.remove(purpose);
                    let (transaction, block) = (receipt.transaction_hash, receipt.block_number.unwrap_or_default());
                    return if receipt.status() { Ok(receipt) } else { Err(Error::Reverted { transaction, block }) };
                }
            } else if self.nonce(purpose.sender, BlockNumberOrTag::Latest).await? > pending.nonce {
                if course.used.get_or_insert_with(Instant::now).elapsed() > LAG {
                    self.remove(purpose);
                    return Err(Error::NonceTaken { account: purpose.sender, nonce: pending.nonce });
                }
            } else {
                course.used = None;
                let thrown_out = std::mem::take(&mut course.mined);
                if course.signed.elapsed() >= self.sending.replace_after {
                    (course.signed, course.sent) = (Instant::now(), None);
                    self.replace(purpose, &mut pending).await?;
                }
                if thrown_out || course.is_due(poll) {
                    self.broadcast(purpose, &pending, &mut course).await?;
                    continue;
                }
            }
            if course.gap.is_some() {
                self.look_for_gap(purpose, &pending, &mut course).await?;
            }
            let is_late = start.elapsed() > self.sending.give_up_after;
            match course.gap {
                Some((since, missing)) if is_late || since.elapsed() > LAG => {
                    let (account, transaction) = (purpose.sender, newest(&pending));
                    return Err(Error::NonceGap { account, transaction, nonce: pending.nonce, missing });
                }
                None if is_late => {
                    let (transaction, seconds) = (newest(&pending), self.sending.give_up_after.as_secs());
                    return Err(Error::Unconfirmed { transaction, seconds, message: course.message });
                }
                _ => {}
            }
            tokio::time::sleep(poll).await;
        }
    }

    /// Sends the newest attempt. Only the first sending of all can be refused for good: after that, a node that knows
    /// the transaction, or has seen its nonce used, says so in many ways, and the receipt decides.
    async fn broadcast(&self, purpose: &Purpose, pending: &Pending, course: &mut Course) -> Result<(), Error> {
        let Some(attempt) = pending.attempts.last() else { return Ok(()) };
        self.sending.fees.admit(attempt.hash, attempt.fees())?;
        let is_first = std::mem::take(&mut course.is_new);
        let answer = self.provider.send_raw_transaction(&attempt.raw).await;
        course.sent = Some(Instant::now());
        (course.doubts, course.message) = match answer {
            Ok(_) => (0, None),
            Err(error) => match error.as_error_resp().map(|said| (meaning(said), said.message.to_string())) {
                Some((_, message)) if says_known(&message) => (0, None),
                Some((Meaning::Decision, message)) if is_first && !self.is_there(pending).await? => {
                    if !is_final(&message) {
                        return Err(Error::MaybeSent { transaction: attempt.hash, message });
                    }
                    self.remove(purpose);
                    return Err(self.failed(error));
                }
                Some((Meaning::Decision, message)) => (0, Some(message)),
                Some((Meaning::Busy | Meaning::Doubt, message)) => (course.doubts + 1, Some(message)),
                None => match (is_fault(&error), self.failed(error)) {
                    (true, Error::Unreachable { reason, .. }) => (course.doubts + 1, Some(reason)),
                    (_, error) => return Err(error),
                },
            },
        };
        self.look_for_gap(purpose, pending, course).await
    }

    /// Whether the account's next nonce is before that of the transaction, and since when.
    async fn look_for_gap(&self, purpose: &Purpose, pending: &Pending, course: &mut Course) -> Result<(), Error> {
        let next = self.nonce(purpose.sender, BlockNumberOrTag::Pending).await?;
        course.gap = (next < pending.nonce).then(|| (course.gap.map_or_else(Instant::now, |(since, _)| since), next));
        Ok(())
    }

    /// Whether a block or the node's pool has one of the attempts.
    pub(crate) async fn is_there(&self, pending: &Pending) -> Result<bool, Error> {
        Ok(self.receipt_of(pending).await?.is_some() || self.is_known(pending).await?)
    }

    async fn receipt_of(&self, pending: &Pending) -> Result<Option<TransactionReceipt>, Error> {
        for attempt in pending.attempts.iter().rev() {
            let receipt = self.provider.get_transaction_receipt(attempt.hash).await;
            if let Some(receipt) = receipt.map_err(|error| self.failed(error))? {
                return Ok(Some(receipt));
            }
        }
        Ok(None)
    }

    async fn is_known(&self, pending: &Pending) -> Result<bool, Error> {
        for attempt in &pending.attempts {
            let found = self.provider.get_transaction_by_hash(attempt.hash).await;
            if found.map_err(|error| self.failed(error))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether its block has enough blocks on it, and still is the block of its number.
    async fn is_confirmed(&self, receipt: &TransactionReceipt) -> Result<bool, Error> {
        let (Some(number), Some(hash)) = (receipt.block_number, receipt.block_hash) else { return Ok(false) };
        let default = if self.chain_id() == LOCAL_CHAIN_ID { 1 } else { CONFIRMATIONS };
        let wanted = self.sending.confirmations.unwrap_or(default).max(1);
        let head = self.block_number().await?;
        Ok(head.saturating_add(1) >= number.saturating_add(wanted) && self.block_hash(number).await? == Some(hash))
    }
}

/// Hash of the newest attempt.
fn newest(pending: &Pending) -> B256 {
    pending.attempts.last().map_or(B256::ZERO, |attempt| attempt.hash)
}
