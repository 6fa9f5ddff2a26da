//! Deploy: verifier, stop, timelock, router and registry, each unless it is there, and everything read back.

use std::path::PathBuf;

use rankproof_adapter::files;
use rankproof_chain::{B256, Bytes, Chain, ChainConfig, LOCAL_CHAIN_ID, StackConfig, verifier_bytecode};
use rankproof_groth16_seal::seal::key_digest;
use serde::Serialize;

use super::{Access, block_on};
use crate::{Error, Progress, compile, keys, seal};

/// No configuration of a chain is larger.
const MAX_CONFIG_BYTES: u64 = 1 << 16;

/// Which key a verifier must hold.
#[derive(Clone, Debug)]
pub enum ExpectedKey {
    /// That of a folder.
    Folder(PathBuf),
    /// The one with this digest.
    Digest([u8; 32]),
}

/// What to deploy.
#[derive(Clone, Debug)]
pub struct DeployRequest {
    /// The key that is meant.
    pub key: ExpectedKey,
    /// Who may do what (`script/chains`); the file for a local chain without this.
    pub config: Option<PathBuf>,
    /// Folder with the verifier that `export --compile` made; that for the committed key without this.
    pub artifacts: Option<PathBuf>,
    /// A seal that the verifier must accept, instead of the one that the configuration names.
    pub known_seal: Option<PathBuf>,
}

/// What a deployment did, as read back from the chain.
#[derive(Clone, Debug, Serialize)]
pub struct Deployed {
    /// Chain id.
    pub chain_id: u64,
    /// Address of the immutable verifier.
    pub verifier: String,
    /// Address of the stop in front of it.
    pub stop: String,
    /// Address of the timelock that owns the router.
    pub timelock: String,
    /// Address of the router.
    pub router: String,
    /// Address of the registry.
    pub registry: String,
    /// Who may stop the verifier.
    pub guardian: String,
    /// Seconds before a change of the router.
    pub min_delay: u64,
    /// Name of the profile of its key.
    pub profile: String,
    /// First four bytes of its seals.
    pub selector: String,
    /// Digest of key, slots and parameters.
    pub key_digest: String,
    /// Whether anybody can forge seals for it.
    pub development_insecure: bool,
    /// What the key rests on, if its folder was given.
    pub setup: Option<String>,
    /// Everything was there before: nothing was sent, nothing was spent.
    pub already_deployed: bool,
    /// Gas of the verifier's deployment, if it happened now.
    pub gas_deploy_verifier: Option<u64>,
    /// Gas of the registry's deployment, if it happened now.
    pub gas_deploy_registry: Option<u64>,
    /// Gas of every contract that was deployed now.
    pub gas_deploy: u64,
    /// Each contract.
    pub contracts: Vec<rankproof_chain::Deployed>,
}

/// Deploys the stack; what the verifier holds must be the key with this digest.
///
/// # Errors
/// When the contract holds another key, a development key meets a real chain, or the node refuses.
pub async fn deploy_on(
    chain: &Chain,
    config: &StackConfig,
    verifier: &Bytes,
    key_digest: [u8; 32],
) -> Result<Deployed, Error> {
    let deployment = chain.deploy(config, verifier, Some(B256::from(key_digest))).await?;
    let gas = |index: usize| deployment.contracts.get(index).and_then(|contract| contract.gas_used);
    Ok(Deployed {
        chain_id: chain.chain_id(),
        verifier: deployment.verifier().to_string(),
        stop: deployment.stop().to_string(),
        timelock: deployment.timelock().to_string(),
        router: deployment.router().to_string(),
        registry: deployment.registry().to_string(),
        guardian: config.guardian.to_string(),
        min_delay: config.min_delay,
        already_deployed: deployment.contracts.iter().all(|contract| contract.transaction.is_none()),
        gas_deploy_verifier: gas(0),
        gas_deploy_registry: gas(4),
        gas_deploy: deployment.contracts.iter().filter_map(|contract| contract.gas_used).sum(),
        contracts: deployment.contracts.to_vec(),
        profile: deployment.info.profile,
        selector: deployment.info.selector,
        key_digest: deployment.info.key_digest.to_string(),
        development_insecure: deployment.info.is_development_key,
        setup: None,
    })
}

/// [`deploy_on`] for the key and the configuration that are meant.
///
/// # Errors
/// Those of [`deploy_on`]; bad keys, configuration or artifacts; a verifier that refuses the known seal.
pub fn deploy(access: &Access, request: &DeployRequest, progress: &dyn Progress) -> Result<Deployed, Error> {
    let (digest, setup) = match &request.key {
        ExpectedKey::Folder(keys) => {
            let key = keys::read_verifying_key(keys)?;
            (key_digest(&key)?, Some(keys::describe(&key, keys)?.setup))
        }
        ExpectedKey::Digest(digest) => (*digest, None),
    };
    let config = match &request.config {
        Some(path) => {
            let bytes = files::read(path, MAX_CONFIG_BYTES)?;
            ChainConfig::parse(path, &String::from_utf8_lossy(&bytes))?
        }
        None => ChainConfig::local()?,
    };
    let verifier = match &request.artifacts {
        Some(folder) => compile::read_artifact(folder)?,
        None => verifier_bytecode(),
    };
    if let Some(expected) = config.key_digest.filter(|expected| *expected != B256::from(digest)) {
        return Err(rankproof_chain::Error::KeyDigestMismatch { expected, actual: B256::from(digest) }.into());
    }
    // On a local chain any key may be deployed, so the seal of the project's own is asked for only elsewhere.
    let named = (config.chain_id != LOCAL_CHAIN_ID).then_some(&config.known_seal);
    let known = request.known_seal.as_ref().or(named).map(|path| seal::read_seal(path)).transpose()?;
    progress.stage("deploying");
    block_on(async {
        let chain = access.connect().await?;
        if chain.chain_id() != config.chain_id {
            let (expected, actual) = (config.chain_id, chain.chain_id());
            return Err(rankproof_chain::Error::OtherChain { expected, actual }.into());
        }
        if let Some(known) = &known {
            chain.try_verifier(&verifier, &known.to_bytes(), &known.statements).await?;
        }
        Ok(Deployed { setup, ..deploy_on(&chain, &config.stack, &verifier, digest).await? })
    })
}
