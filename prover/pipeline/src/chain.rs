//! Chain: deploy a verifier and its registry, submit a seal, ask what is proven.
//!
//! Everything is simulated before it is sent; what is proven already is not sent again. Private keys come from a
//! keystore file or from the caller, and are shown nowhere.

use std::future::Future;
use std::path::{Path, PathBuf};

use rankproof_chain::{Address, B256, Chain, Registry, Signer, SubmitOutcome, merkle};
use rankproof_groth16_seal::export;
use rankproof_groth16_seal::seal::Seal;
use rankproof_statement::{F, Statement};
use serde::Serialize;

use crate::words::print_element;
use crate::{Error, Progress, keys, seal};

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

/// Which node, and who signs.
#[derive(Clone)]
pub struct Access {
    /// `http://HOST:PORT`.
    pub rpc_url: String,
    /// Who signs.
    pub account: Account,
}

impl Access {
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
        Ok(Chain::connect(&self.rpc_url, signer).await?)
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

/// What a deployment did.
#[derive(Clone, Debug, Serialize)]
pub struct Deployed {
    /// Chain id.
    pub chain_id: u64,
    /// Address of the verifier.
    pub verifier: String,
    /// Address of the registry.
    pub registry: String,
    /// Name of the profile of its key.
    pub profile: String,
    /// First four bytes of its seals.
    pub selector: String,
    /// Digest of key, slots and parameters.
    pub key_digest: String,
    /// Whether anybody can forge seals for it.
    pub development_insecure: bool,
    /// What the key rests on, when it was named by its folder.
    pub setup: Option<String>,
    /// Gas of the verifier's deployment.
    pub gas_deploy_verifier: u64,
    /// Gas of the registry's deployment.
    pub gas_deploy_registry: u64,
}

/// Deploys the verifier and a registry; what the verifier holds must be the key with this digest.
///
/// # Errors
/// When the contract holds another key, a development key meets a real chain, or the node refuses.
pub async fn deploy_on(chain: &Chain, key_digest: [u8; 32]) -> Result<Deployed, Error> {
    let deployment = chain.deploy(Some(B256::from(key_digest))).await?;
    Ok(Deployed {
        chain_id: chain.chain_id(),
        verifier: deployment.verifier.to_string(),
        registry: deployment.registry.to_string(),
        profile: deployment.info.profile,
        selector: deployment.info.selector,
        key_digest: deployment.info.key_digest.to_string(),
        development_insecure: deployment.info.is_development_key,
        setup: None,
        gas_deploy_verifier: deployment.gas_verifier,
        gas_deploy_registry: deployment.gas_registry,
    })
}

/// Which key a verifier must hold.
#[derive(Clone, Debug)]
pub enum ExpectedKey {
    /// That of a folder.
    Folder(PathBuf),
    /// The one with this digest.
    Digest([u8; 32]),
}

/// [`deploy_on`] for the key that is meant.
///
/// # Errors
/// Those of [`deploy_on`], and of bad keys.
pub fn deploy(access: &Access, key: &ExpectedKey, progress: &dyn Progress) -> Result<Deployed, Error> {
    let (digest, setup) = match key {
        ExpectedKey::Folder(folder) => (key_digest(folder)?, Some(keys::info(folder)?.setup)),
        ExpectedKey::Digest(digest) => (*digest, None),
    };
    progress.stage("deploying");
    let deployed = block_on(async { deploy_on(&access.connect().await?, digest).await })?;
    Ok(Deployed { setup, ..deployed })
}

fn key_digest(keys: &Path) -> Result<[u8; 32], Error> {
    let key = keys::read_verifying_key(keys)?;
    let header = key.header();
    Ok(export::verifying_key_digest(key.points(), header.slots, header.inner_digest)
        .map_err(rankproof_groth16_seal::Error::from)?)
}

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

/// What a registry knows.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Always true: a statement that is not proven is an error.
    pub proven: bool,
    /// Address of the registry.
    pub registry: String,
    /// Address of its verifier.
    pub verifier: String,
    /// Whether anybody can forge seals for it.
    pub development_insecure: bool,
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

/// Asks a registry.
///
/// # Errors
/// [`Error::NotProven`] names the first statement that is not proven.
pub fn status(access: &Access, address: Address, question: &Question) -> Result<Status, Error> {
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
        let info = registry.verifier_info().await?;
        Ok(Status {
            proven: true,
            registry: address.to_string(),
            verifier: registry.verifier().to_string(),
            development_insecure: info.is_development_key,
            statements: answers,
        })
    })
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
