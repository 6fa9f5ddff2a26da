//! Status: what a registry knows, asked for a statement, or rebuilt whole from its events.

use std::path::{Path, PathBuf};

use rankproof_chain::{Address, B256, Follower, Record, Registry, Route, Update, merkle};
use rankproof_groth16_seal::seal::key_digest;
use rankproof_statement::{F, Statement};
use serde::Serialize;

use super::{Access, block_on};
use crate::keys;
use crate::seal::{self, StatementReport};
use crate::words::{print_bytes, print_element};
use crate::{Error, Progress};

/// Whether a statement is proven.
#[derive(Clone, Debug, Serialize)]
pub struct StatementStatus {
    /// The adapter id.
    pub adapter_id: String,
    /// The activations id.
    pub activations_id: String,
    /// The context.
    pub context: String,
    /// A record of its own.
    pub proven: bool,
    /// In the recorded batch.
    pub proven_by_path: bool,
}

/// What a registry knows of some statements.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Always true: a statement that is not proven is an error.
    pub proven: bool,
    /// Address of the registry.
    pub registry: String,
    /// Address of what its seals have passed.
    pub verifier: String,
    /// Whether anybody can forge seals for one of the verifiers behind it.
    pub development_insecure: bool,
    /// Digest of the key that was asked for, and that one of them holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_digest: Option<String>,
    /// Each statement.
    pub statements: Vec<StatementStatus>,
}

/// What to ask a registry for.
#[derive(Clone, Debug)]
pub enum Question {
    /// Every statement of a seal.
    Seal(PathBuf),
    /// One statement, as people type it.
    Statement {
        /// The adapter id.
        adapter_id: F,
        /// The activations id.
        activations_id: F,
        /// The context.
        context: F,
    },
}

/// Asks a registry for the statements of a batch, each alone and by its path.
///
/// # Errors
/// Those of the connection.
pub async fn status_of(registry: &Registry, statements: &[Statement]) -> Result<Vec<StatementStatus>, Error> {
    let tree = merkle::Tree::new(statements)?;
    let mut answers = Vec::with_capacity(statements.len());
    for statement in statements {
        let path = tree.path(statement).unwrap_or_default();
        answers.push(StatementStatus {
            adapter_id: print_element(&statement.adapter),
            activations_id: print_element(&statement.activations),
            context: print_element(&statement.context),
            proven: registry.is_proven(statement).await?,
            proven_by_path: registry.is_proven_by_path(statement, tree.root(), &path).await?,
        });
    }
    Ok(answers)
}

/// Asks a registry; with a folder of keys, also whether a verifier behind it holds that key.
///
/// # Errors
/// [`Error::NotProven`] names the first statement that is not proven; [`Error::KeyNotDeployed`].
pub fn status(access: &Access, address: Address, question: &Question, keys: Option<&Path>) -> Result<Status, Error> {
    let expected = keys.map(digest_of).transpose()?;
    let statements = match question {
        Question::Seal(path) => seal::read_seal(path)?.statements,
        Question::Statement { adapter_id, activations_id, context } => {
            vec![Statement { adapter: *adapter_id, activations: *activations_id, context: *context }]
        }
    };
    block_on(async {
        let registry = access.connect().await?.registry(address).await?;
        let answers = status_of(&registry, &statements).await?;
        if let Some(missing) = answers.iter().find(|answer| !answer.proven && !answer.proven_by_path) {
            return Err(Error::NotProven {
                registry: address.to_string(),
                adapter_id: missing.adapter_id.clone(),
                activations_id: missing.activations_id.clone(),
                context: missing.context.clone(),
            });
        }
        let routes = registry.routes().await?;
        let key_digest = expected.map(|digest| find_key(address, &routes, digest)).transpose()?;
        Ok(Status {
            proven: true,
            registry: address.to_string(),
            verifier: registry.verifier().to_string(),
            development_insecure: routes.iter().any(|route| route.info.is_development_key),
            key_digest,
            statements: answers,
        })
    })
}

/// The digest of the key in a folder.
fn digest_of(keys: &Path) -> Result<B256, Error> {
    Ok(B256::from(key_digest(&keys::read_verifying_key(keys)?)?))
}

/// The digest, if a verifier that answers holds the key: a contract computes it from the constants that verify.
fn find_key(registry: Address, routes: &[Route], digest: B256) -> Result<String, Error> {
    let holds = |route: &&Route| route.info.key_digest == digest && !route.stopped && !route.removed;
    match routes.iter().find(holds) {
        Some(route) => Ok(route.info.key_digest.to_string()),
        None => Err(Error::KeyNotDeployed { registry: registry.to_string(), key_digest: digest.to_string() }),
    }
}

/// A verifier behind a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifierStatus {
    /// First four bytes of its seals.
    pub selector: String,
    /// Address of the verifier, or of the stop in front of it.
    pub address: String,
    /// Name of the profile of its key.
    pub profile: String,
    /// Digest of its key, slots and parameters.
    pub key_digest: String,
    /// Whether anybody can forge seals for it.
    pub development_insecure: bool,
    /// Whether it was stopped.
    pub stopped: bool,
    /// Whether it was removed from the router.
    pub removed: bool,
}

/// The record of a single statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordStatus {
    /// Its leaf.
    pub leaf: String,
    /// The adapter id.
    pub adapter_id: String,
    /// The activations id.
    pub activations_id: String,
    /// The context.
    pub context: String,
    /// First four bytes of the seals that carried it.
    pub selectors: Vec<String>,
    /// Number of the block of the first one.
    pub block: u64,
}

/// The record of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BatchStatus {
    /// Its root.
    pub root: String,
    /// First four bytes of the seals that carried it.
    pub selectors: Vec<String>,
    /// Number of the block of the first one.
    pub block: u64,
    /// Its statements, in the order that was sealed.
    pub statements: Vec<StatementReport>,
}

/// An adapter's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AdapterStatus {
    /// The adapter id.
    pub adapter_id: String,
    /// Who stands for it.
    pub owner: String,
    /// Digest of the base model, as the first owner claimed.
    pub claimed_base_model: String,
    /// Where the first owner said more.
    pub metadata_uri: String,
    /// First four bytes of the seal that registered it.
    pub selector: String,
    /// Whether it is revoked.
    pub revoked: bool,
    /// Number of the block of its registration.
    pub block: u64,
}

/// Everything that a registry has said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegistryStatus {
    /// Address of the registry.
    pub registry: String,
    /// Id of the chain.
    pub chain_id: u64,
    /// Address of what its seals have passed.
    pub verifier: String,
    /// Number of the last block that was read.
    pub block: Option<u64>,
    /// Always true: a contract that does not answer what its events say is an error.
    pub equals_the_contract: bool,
    /// The verifiers behind it.
    pub verifiers: Vec<VerifierStatus>,
    /// Single statements.
    pub statements: Vec<RecordStatus>,
    /// Batches.
    pub batches: Vec<BatchStatus>,
    /// Entries of adapters.
    pub adapters: Vec<AdapterStatus>,
}

/// Rebuilds everything that a registry knows from its events alone, and compares it with what the contract answers;
/// with a folder of keys, also asks whether a verifier behind it holds that key.
///
/// # Errors
/// Those of the connection; events that no registry emits; a contract that answers something else;
/// [`Error::KeyNotDeployed`].
pub fn registry_status(
    access: &Access,
    address: Address,
    from_block: u64,
    keys: Option<&Path>,
    progress: &dyn Progress,
) -> Result<RegistryStatus, Error> {
    let expected = keys.map(digest_of).transpose()?;
    progress.stage("reading the events");
    block_on(async {
        let registry = access.connect().await?.registry(address).await?;
        if let Some(digest) = expected {
            find_key(address, &registry.routes().await?, digest)?;
        }
        let mut follower = registry.follow(from_block);
        while follower.step().await? != Update::UpToDate {}
        describe(&registry, &follower).await
    })
}

/// The state of a reader, compared with the contract.
pub(crate) async fn describe(registry: &Registry, follower: &Follower) -> Result<RegistryStatus, Error> {
    follower.compare().await?;
    let routes = registry.routes().await?;
    let state = follower.state();
    let selectors = |record: &Record| record.selectors.iter().map(|selector| print_bytes(selector)).collect();
    let statement = |record: &Record| record.statements.first().map(seal::describe_statement);
    Ok(RegistryStatus {
        registry: registry.address().to_string(),
        chain_id: registry.chain().chain_id(),
        verifier: registry.verifier().to_string(),
        block: follower.block(),
        equals_the_contract: true,
        verifiers: routes
            .into_iter()
            .map(|route| VerifierStatus {
                selector: route.info.selector,
                address: route.address.to_string(),
                profile: route.info.profile,
                key_digest: route.info.key_digest.to_string(),
                development_insecure: route.info.is_development_key,
                stopped: route.stopped,
                removed: route.removed,
            })
            .collect(),
        statements: state
            .statements
            .iter()
            .filter_map(|(leaf, record)| {
                let StatementReport { adapter_id, activations_id, context } = statement(record)?;
                let (leaf, selectors, block) = (leaf.to_string(), selectors(record), record.block);
                Some(RecordStatus { leaf, adapter_id, activations_id, context, selectors, block })
            })
            .collect(),
        batches: state
            .batches
            .iter()
            .map(|(root, record)| BatchStatus {
                root: root.to_string(),
                selectors: selectors(record),
                block: record.block,
                statements: record.statements.iter().map(seal::describe_statement).collect(),
            })
            .collect(),
        adapters: state
            .adapters
            .values()
            .map(|entry| AdapterStatus {
                adapter_id: print_element(&entry.adapter),
                owner: entry.owner.to_string(),
                claimed_base_model: entry.base_model.to_string(),
                metadata_uri: entry.metadata_uri.clone(),
                selector: print_bytes(&entry.selector),
                revoked: entry.revoked,
                block: entry.block,
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use rankproof_chain::VerifierInfo;

    use super::*;

    /// A verifier with this digest; what it says besides is not looked at.
    fn route(digest: u8) -> Route {
        let info = VerifierInfo {
            selector: String::new(),
            key_digest: B256::repeat_byte(digest),
            parameters_digest: B256::ZERO,
            slots: 1,
            profile: "tiny".to_owned(),
            is_development_key: true,
        };
        Route { address: Address::ZERO, removed: false, stopped: false, info }
    }

    #[test]
    fn only_a_verifier_that_answers_holds_a_key() {
        let find = |routes: &[Route]| match find_key(Address::ZERO, routes, B256::repeat_byte(1)) {
            Err(Error::KeyNotDeployed { key_digest, .. }) => {
                assert_eq!(key_digest, B256::repeat_byte(1).to_string());
                false
            }
            found => found.expect("no other error") == B256::repeat_byte(1).to_string(),
        };
        assert!(find(&[route(2), route(1)]));
        assert!(!find(&[]));
        assert!(!find(&[route(2)]), "another key");
        let (stopped, removed) = (Route { stopped: true, ..route(1) }, Route { removed: true, ..route(1) });
        assert!(!find(std::slice::from_ref(&stopped)), "stopped");
        assert!(!find(std::slice::from_ref(&removed)), "removed");
        assert!(find(&[stopped, removed, route(1)]), "one of three answers");
    }
}
