//! Submit: a seal becomes a record.

use std::path::Path;

use rankproof_chain::{Address, Registry, SubmitOutcome};
use rankproof_groth16_seal::seal::Seal;
use serde::Serialize;

use super::{Access, block_on};
use crate::{Error, Progress, seal};

/// What a submission did.
#[derive(Clone, Debug, Serialize)]
pub struct Submission {
    /// Everything was proven before: nothing was sent, nothing was spent.
    pub already_proven: bool,
    /// Root of the batch; the leaf, if it is a single statement.
    pub root: String,
    /// Hash of the transaction.
    pub transaction: Option<String>,
    /// Number of its block.
    pub block: Option<u64>,
    /// Gas of the whole transaction.
    pub gas_submit: Option<u64>,
    /// Records that it made.
    pub records: usize,
}

/// Submits a seal to a registry.
///
/// # Errors
/// [`Error::Chain`] with the contract's reason, before anything is spent.
pub async fn submit_to(registry: &Registry, seal: &Seal, record_each: bool) -> Result<Submission, Error> {
    Ok(match registry.submit(&seal.to_bytes(), &seal.statements, record_each).await? {
        SubmitOutcome::AlreadyProven { root } => Submission {
            already_proven: true,
            root: root.to_string(),
            transaction: None,
            block: None,
            gas_submit: None,
            records: 0,
        },
        SubmitOutcome::Submitted(submitted) => Submission {
            already_proven: false,
            root: submitted.root.to_string(),
            transaction: Some(submitted.transaction.to_string()),
            block: Some(submitted.block),
            gas_submit: Some(submitted.gas_used),
            records: submitted.records.len(),
        },
    })
}

/// [`submit_to`] for a seal file.
///
/// # Errors
/// Those of [`submit_to`], and of a bad seal file.
pub fn submit(
    access: &Access,
    registry: Address,
    seal: &Path,
    record_each: bool,
    progress: &dyn Progress,
) -> Result<Submission, Error> {
    let seal = seal::read_seal(seal)?;
    progress.stage("submitting");
    block_on(async {
        let registry = access.connect().await?.registry(registry).await?;
        submit_to(&registry, &seal, record_each).await
    })
}
