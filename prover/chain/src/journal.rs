//! Signed transactions on disk, written before they are sent.
//!
//! One small file per purpose (sender, receiver and calldata): the nonce and every version of the transaction that was
//! signed for it. Whoever is killed and runs again finds its own transaction by its hash, waits for it or sends the
//! same bytes once more, and never signs a second transaction while the first may still be mined. Files are written
//! whole or not at all. They hold signed transactions, which are public once sent, and no key.
//!
//! A lock per account keeps two processes of one machine from choosing the same nonce; a killed process loses it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::fees::Fees;

/// No file of a journal is larger: a transaction with a contract in it, a few times over.
const MAX_BYTES: u64 = 16 << 20;

/// A folder of transactions under way.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    directory: PathBuf,
}

/// A transaction under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pending {
    /// Hash of block 0, or zero if the node did not have it: a local chain that begins anew has another one, and knows
    /// nothing of this.
    pub genesis: B256,
    /// The nonce of every attempt.
    pub nonce: u64,
    /// What was signed, oldest first; at most one of them can ever be mined.
    pub attempts: Vec<Attempt>,
}

/// One signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempt {
    /// Its hash.
    pub hash: B256,
    /// As it is sent.
    pub raw: Bytes,
    /// Wei per gas, at most.
    max_fee: U256,
    /// Wei per gas for the proposer, at most.
    max_priority_fee: U256,
}

impl Attempt {
    pub(crate) fn new(hash: B256, raw: Bytes, fees: Fees) -> Self {
        Self { hash, raw, max_fee: U256::from(fees.max_fee), max_priority_fee: U256::from(fees.max_priority_fee) }
    }

    pub(crate) fn fees(&self) -> Fees {
        Fees { max_fee: self.max_fee.saturating_to(), max_priority_fee: self.max_priority_fee.saturating_to() }
    }
}

/// What one file is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Purpose {
    pub chain_id: u64,
    pub sender: Address,
    /// Digest of receiver and calldata.
    pub digest: B256,
}

impl Journal {
    pub(crate) fn new(directory: &Path) -> Self {
        Self { directory: directory.into() }
    }

    /// The transaction under way for this purpose.
    pub(crate) fn read(&self, purpose: &Purpose) -> Result<Option<Pending>, Error> {
        let path = self.path(purpose);
        let damaged = |reason: String| Error::Journal { path: path.clone(), reason };
        match path.metadata() {
            Err(_) => return Ok(None),
            Ok(found) if found.len() > MAX_BYTES => return Err(damaged("it is too large".to_owned())),
            Ok(_) => {}
        }
        let bytes = fs::read(&path).map_err(|error| damaged(error.to_string()))?;
        let pending: Pending = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if pending.attempts.is_empty() {
            return Err(damaged("it holds no transaction".to_owned()));
        }
        Ok(Some(pending))
    }

    /// Writes it, to the disk, before anything is sent.
    pub(crate) fn write(&self, purpose: &Purpose, pending: &Pending) -> Result<(), Error> {
        let path = self.path(purpose);
        let refused = |error: std::io::Error| Error::Journal { path: path.clone(), reason: error.to_string() };
        fs::create_dir_all(&self.directory).map_err(refused)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.directory).map_err(refused)?;
        let bytes = serde_json::to_vec_pretty(pending).unwrap_or_default();
        file.write_all(&bytes).and_then(|()| file.as_file().sync_all()).map_err(refused)?;
        file.persist(&path).map_err(|error| refused(error.error))?;
        Ok(())
    }

    /// Nothing is under way any more.
    pub(crate) fn remove(&self, purpose: &Purpose) {
        // If the file stays, the next run finds a transaction that was mined, and says so.
        drop(fs::remove_file(self.path(purpose)));
    }

    /// Waits until no other process sends from this account; holds while the value lives.
    pub(crate) async fn lock(&self, chain_id: u64, sender: Address) -> Result<File, Error> {
        let path = self.directory.join(format!("{chain_id}-{sender}.lock"));
        let directory = self.directory.clone();
        let at = path.clone();
        let locking = tokio::task::spawn_blocking(move || -> std::io::Result<File> {
            fs::create_dir_all(&directory)?;
            let file = File::options().create(true).truncate(false).write(true).open(&path)?;
            file.lock()?;
            Ok(file)
        });
        let refused = |reason: String| Error::Journal { path: at, reason };
        match locking.await {
            Ok(Ok(file)) => Ok(file),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Err(error) => Err(refused(error.to_string())),
        }
    }

    fn path(&self, purpose: &Purpose) -> PathBuf {
        self.directory.join(format!("{}-{}-{}.json", purpose.chain_id, purpose.sender, purpose.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purpose(digest: u8) -> Purpose {
        Purpose { chain_id: 31337, sender: Address::repeat_byte(1), digest: B256::repeat_byte(digest) }
    }

    fn pending() -> Pending {
        let fees = Fees { max_fee: u128::MAX, max_priority_fee: 7 };
        let attempt = Attempt::new(B256::repeat_byte(3), Bytes::from_static(b"signed"), fees);
        assert_eq!(attempt.fees(), fees);
        Pending { genesis: B256::repeat_byte(2), nonce: 9, attempts: vec![attempt] }
    }

    #[test]
    fn keeps_one_transaction_per_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(&folder.path().join("made/when/needed"));
        assert_eq!(journal.read(&purpose(1)).unwrap(), None);
        journal.write(&purpose(1), &pending()).unwrap();
        assert_eq!(journal.read(&purpose(1)).unwrap(), Some(pending()));
        assert_eq!(journal.read(&purpose(2)).unwrap(), None);
        journal.remove(&purpose(1));
        assert_eq!(journal.read(&purpose(1)).unwrap(), None);
    }

    #[test]
    fn names_a_file_that_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        journal.write(&purpose(1), &pending()).unwrap();
        let path = journal.path(&purpose(1));
        let whole = fs::read(&path).unwrap();
        let empty = serde_json::to_vec(&Pending { attempts: vec![], ..pending() }).unwrap();
        for bytes in [&whole[..whole.len() / 2], b"", b"{}", &empty] {
            fs::write(&path, bytes).unwrap();
            let error = journal.read(&purpose(1)).unwrap_err();
            assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(journal.read(&purpose(1)).unwrap(), Some(pending()));
    }

    #[tokio::test]
    async fn lets_one_process_at_a_time_send_from_an_account() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path());
        let Purpose { chain_id, sender, .. } = purpose(1);
        let held = journal.lock(chain_id, sender).await.unwrap();
        let waiting = tokio::spawn({
            let journal = journal.clone();
            async move { journal.lock(chain_id, sender).await.map(drop) }
        });
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(!waiting.is_finished());
        drop(held);
        waiting.await.unwrap().unwrap();
    }
}
