//! Register: an adapter gets an owner, another one, or none any more.

use std::path::Path;

use rankproof_chain::{Address, B256, EntryOutcome, Registry};
use rankproof_statement::F;
use rankproof_statement::digest::Registration;
use serde::Serialize;

use super::{Access, block_on};
use crate::words::print_element;
use crate::{Error, Progress, seal};

/// The context of a registration, and what it is made of.
#[derive(Clone, Debug, Serialize)]
pub struct RegistrationContext {
    /// Id of the chain.
    pub chain_id: u64,
    /// Address of the registry.
    pub registry: String,
    /// The owner.
    pub owner: String,
    /// The context of kind 2 over the three.
    pub context: String,
}

/// What a statement's context must be for this owner to register its adapter there.
pub fn registration_context(registration: &Registration) -> RegistrationContext {
    RegistrationContext {
        chain_id: registration.chain_id,
        registry: Address::from(registration.registry).to_string(),
        owner: Address::from(registration.owner).to_string(),
        context: print_element(&registration.context()),
    }
}

/// What a change of an entry did.
#[derive(Clone, Debug, Serialize)]
pub struct EntryChange {
    /// The entry was so before: nothing was sent, nothing was spent.
    pub already_so: bool,
    /// The adapter id.
    pub adapter_id: String,
    /// Who stands for it now.
    pub owner: String,
    /// Whether it is revoked.
    pub revoked: bool,
    /// Digest of the base model, as the first owner claimed.
    pub claimed_base_model: String,
    /// Where the first owner said more.
    pub metadata_uri: String,
    /// Hash of the transaction.
    pub transaction: Option<String>,
    /// Number of its block.
    pub block: Option<u64>,
    /// Gas of the whole transaction.
    pub gas: Option<u64>,
}

/// Makes the signer the owner of the adapter of a seal, which was proven for exactly that.
///
/// # Errors
/// A bad seal file or one of several statements; [`Error::Chain`] with the contract's reason.
pub fn register(
    access: &Access,
    registry: Address,
    seal: &Path,
    base_model: [u8; 32],
    metadata_uri: &str,
    progress: &dyn Progress,
) -> Result<EntryChange, Error> {
    let path = seal;
    let seal = seal::read_seal(path)?;
    let [statement] = seal.statements.as_slice() else {
        return Err(Error::BadArgument {
            argument: "SEAL.json",
            reason: format!("{} has {} statements", path.display(), seal.statements.len()),
            remedy: "register with a seal of one statement",
        });
    };
    progress.stage("registering");
    block_on(async {
        let registry = access.connect().await?.registry(registry).await?;
        let outcome = registry.register(&seal.to_bytes(), statement, B256::from(base_model), metadata_uri).await?;
        describe(&registry, &statement.adapter, outcome).await
    })
}

/// Hands the signer's adapter to another owner.
///
/// # Errors
/// [`Error::Chain`] with the contract's reason.
pub fn transfer(
    access: &Access,
    registry: Address,
    adapter: &F,
    to: Address,
    progress: &dyn Progress,
) -> Result<EntryChange, Error> {
    progress.stage("transferring");
    block_on(async {
        let registry = access.connect().await?.registry(registry).await?;
        let outcome = registry.transfer(adapter, to).await?;
        describe(&registry, adapter, outcome).await
    })
}

/// Marks the signer's adapter as revoked, for ever.
///
/// # Errors
/// [`Error::Chain`] with the contract's reason.
pub fn revoke(access: &Access, registry: Address, adapter: &F, progress: &dyn Progress) -> Result<EntryChange, Error> {
    progress.stage("revoking");
    block_on(async {
        let registry = access.connect().await?.registry(registry).await?;
        let outcome = registry.revoke(adapter).await?;
        describe(&registry, adapter, outcome).await
    })
}

/// What happened, and the entry as the registry has it afterwards.
async fn describe(registry: &Registry, adapter: &F, outcome: EntryOutcome) -> Result<EntryChange, Error> {
    let entry = registry.adapter(adapter).await?;
    let (transaction, block, gas) = match outcome {
        EntryOutcome::AlreadySo => (None, None, None),
        EntryOutcome::Changed { transaction, block, gas_used } => {
            (Some(transaction.to_string()), Some(block), Some(gas_used))
        }
    };
    Ok(EntryChange {
        already_so: outcome == EntryOutcome::AlreadySo,
        adapter_id: print_element(adapter),
        owner: entry.as_ref().map(|entry| entry.owner.to_string()).unwrap_or_default(),
        revoked: entry.as_ref().is_some_and(|entry| entry.revoked),
        claimed_base_model: entry.as_ref().map(|entry| entry.base_model.to_string()).unwrap_or_default(),
        metadata_uri: entry.map(|entry| entry.metadata_uri).unwrap_or_default(),
        transaction,
        block,
        gas,
    })
}
