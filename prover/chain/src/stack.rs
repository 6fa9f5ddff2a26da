//! The whole stack at addresses that are known before: verifier, stop, timelock, router, registry.
//!
//! Each contract is created by the deterministic deployment proxy with one salt, so its address depends on its creation
//! bytecode alone, arguments included: the same key and the same people give the same addresses on every chain, and
//! `script/Deploy.s.sol` deploys to the same ones. A contract that is there already is not deployed again, so a
//! deployment that was interrupted goes on where it was. In the end everything is read back from the chain and
//! compared with what was meant.

use alloy::primitives::{Address, B256, Bytes, U256, address, b256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::sol_types::SolConstructor;
use rankproof_statement::Statement;

use crate::Error;
use crate::bindings::{
    EmergencyStop, ProofRegistry, SealVerifier, TimelockController, VerifierRouter, verifier_statement,
};
use crate::chain::{Chain, LOCAL_CHAIN_ID, VerifierInfo};

/// The deterministic deployment proxy: the same at this address on nearly every chain, anvil's included. It takes a
/// salt and creation bytecode, and creates with CREATE2.
pub const DEPLOYER: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// `keccak256("rankproof.stack.v1")`, as in `script/Stack.sol`.
pub const SALT: B256 = b256!("bd7e67c652051212a09c4ba07d2cf534a348959f886f94d50971bc279d0173e9");

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackConfig {
    /// Who may stop the verifier without a proof.
    pub guardian: Address,
    /// Seconds between the announcement of a change of the router and the change.
    pub min_delay: u64,
    /// Who may announce, and cancel, changes.
    pub proposers: Vec<Address>,
    /// Who may carry announced changes out; the zero address is anybody.
    pub executors: Vec<Address>,
}

/// A contract of the stack.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Deployed {
    /// Its name.
    pub contract: &'static str,
    /// Where it is.
    pub address: Address,
    /// keccak256 of its code, as read back.
    pub code_hash: B256,
    /// The transaction that created it now; `None` if it was there before.
    pub transaction: Option<B256>,
    /// Gas of that transaction.
    pub gas_used: Option<u64>,
}

/// The stack, as read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// What the verifier says about itself.
    pub info: VerifierInfo,
    /// Verifier, stop, timelock, router, registry.
    pub contracts: [Deployed; 5],
}

impl Deployment {
    /// Address of the immutable verifier.
    pub fn verifier(&self) -> Address {
        self.contracts[0].address
    }

    /// Address of the stop in front of it.
    pub fn stop(&self) -> Address {
        self.contracts[1].address
    }

    /// Address of the timelock that owns the router.
    pub fn timelock(&self) -> Address {
        self.contracts[2].address
    }

    /// Address of the router.
    pub fn router(&self) -> Address {
        self.contracts[3].address
    }

    /// Address of the registry.
    pub fn registry(&self) -> Address {
        self.contracts[4].address
    }
}

/// The creation bytecode of the verifier for the committed key.
pub fn verifier_bytecode() -> Bytes {
    SealVerifier::BYTECODE.clone()
}

/// Creation bytecode, arguments included.
struct Plan {
    contract: &'static str,
    creation: Bytes,
}

impl Plan {
    fn new(contract: &'static str, bytecode: &Bytes, arguments: &impl SolConstructor) -> Self {
        Self { contract, creation: [bytecode.as_ref(), &arguments.abi_encode()].concat().into() }
    }

    fn address(&self) -> Address {
        DEPLOYER.create2(SALT, keccak256(&self.creation))
    }
}

/// The five contracts in the order of their creation; each one's arguments name those before it.
fn plan(config: &StackConfig, verifier: &Bytes) -> [Plan; 5] {
    let verifier = Plan { contract: "SealVerifier", creation: verifier.clone() };
    let stop = EmergencyStop::constructorCall { verifier_: verifier.address(), guardian_: config.guardian };
    let stop = Plan::new("EmergencyStop", &EmergencyStop::BYTECODE, &stop);
    let timelock = TimelockController::constructorCall {
        minDelay: U256::from(config.min_delay),
        proposers: config.proposers.clone(),
        executors: config.executors.clone(),
        admin: Address::ZERO,
    };
    let timelock = Plan::new("TimelockController", &TimelockController::BYTECODE, &timelock);
    let router = VerifierRouter::constructorCall { owner_: timelock.address(), verifiers: vec![stop.address()] };
    let router = Plan::new("VerifierRouter", &VerifierRouter::BYTECODE, &router);
    let registry = ProofRegistry::constructorCall { verifier_: router.address() };
    let registry = Plan::new("ProofRegistry", &ProofRegistry::BYTECODE, &registry);
    [verifier, stop, timelock, router, registry]
}

impl Chain {
    /// Deploys whatever is not there yet, and reads everything back.
    ///
    /// `expected_key_digest` is what `groth16-seal` computes from the key file that the caller means; without it,
    /// whatever key the bytecode holds is deployed, which is for a local chain. What the verifier is gets asked before
    /// anything is paid for.
    ///
    /// # Errors
    /// [`Error::DevelopmentKey`] on a chain that is not local, [`Error::KeyDigestMismatch`], [`Error::Rejected`] with
    /// the reason of a constructor, [`Error::NotTheContract`] for other bytecode or a chain without the deployment
    /// proxy, [`Error::ReadBackMismatch`], and those of a transaction.
    pub async fn deploy(
        &self,
        config: &StackConfig,
        verifier: &Bytes,
        expected_key_digest: Option<B256>,
    ) -> Result<Deployment, Error> {
        if self.code_at(DEPLOYER).await?.is_empty() {
            return Err(Error::NotTheContract { address: DEPLOYER, expected: "deterministic deployment proxy" });
        }
        let [first, ..] = plan(config, verifier);
        let code = self.constructed(first.address(), &first.creation).await?;
        let info = self.describe_verifier(first.address(), Some(code)).await?;
        if info.is_development_key && self.chain_id() != LOCAL_CHAIN_ID {
            return Err(Error::DevelopmentKey { chain_id: self.chain_id() });
        }
        if let Some(expected) = expected_key_digest.filter(|expected| *expected != info.key_digest) {
            return Err(Error::KeyDigestMismatch { expected, actual: info.key_digest });
        }
        let [verifier, stop, timelock, router, registry] = plan(config, verifier);
        let contracts = [
            self.create(verifier).await?,
            self.create(stop).await?,
            self.create(timelock).await?,
            self.create(router).await?,
            self.create(registry).await?,
        ];
        let deployment = Deployment { info, contracts };
        self.read_back(&deployment, config).await?;
        Ok(deployment)
    }

    /// Asks the verifier of this creation bytecode, deployed or not, for its verdict on a seal that is known to be good,
    /// and on the same seal for another statement. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the verifier's reason; [`Error::ReadBackMismatch`] if it accepts the other statement.
    pub async fn try_verifier(&self, verifier: &Bytes, seal: &[u8], statements: &[Statement]) -> Result<(), Error> {
        self.verify_with(verifier, seal, statements).await?;
        let mut others = statements.to_vec();
        others.iter_mut().for_each(|other| std::mem::swap(&mut other.adapter, &mut other.activations));
        match self.verify_with(verifier, seal, &others).await {
            Err(Error::Rejected(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => same("SealVerifier", "verdict on a known seal for another statement", "refused", "accepted"),
        }
    }

    async fn verify_with(&self, verifier: &Bytes, seal: &[u8], statements: &[Statement]) -> Result<(), Error> {
        let plan = Plan { contract: "SealVerifier", creation: verifier.clone() };
        let (address, code) = (plan.address(), self.constructed(plan.address(), &plan.creation).await?);
        let state = StateOverride::from_iter([(address, AccountOverride { code: Some(code), ..Default::default() })]);
        let contract = SealVerifier::new(address, &self.provider);
        let statements = statements.iter().map(verifier_statement).collect();
        let call = contract.verify(Bytes::copy_from_slice(seal), statements);
        let verdict = call.state(state).call().await;
        verdict.map_err(|error| Error::from_contract(&self.host, address, "verifier of seals", error))?;
        Ok(())
    }

    /// Creates a contract unless it is there, and compares its code with what its constructor returns.
    async fn create(&self, plan: Plan) -> Result<Deployed, Error> {
        let Plan { contract, creation } = &plan;
        let address = plan.address();
        let expected = self.constructed(address, creation).await?;
        let input: Bytes = [SALT.as_slice(), creation].concat().into();
        let turn = self.turn().await?;
        let receipt = match self.resume_in(&turn, DEPLOYER, &input).await {
            Ok(receipt) => receipt,
            // Somebody else created it first; what is there is compared below.
            Err(Error::Reverted { .. }) => None,
            Err(error) => return Err(error),
        };
        let receipt = match receipt {
            None if self.code_at(address).await?.is_empty() => {
                match self.send_in(&turn, DEPLOYER, input.clone()).await {
                    Ok(receipt) => Some(receipt),
                    // The same, in a block or before the gas was estimated.
                    Err(Error::Reverted { .. } | Error::Rejected(_)) if !self.code_at(address).await?.is_empty() => {
                        None
                    }
                    Err(error) => return Err(error),
                }
            }
            receipt => receipt,
        };
        self.forget(DEPLOYER, &input);
        let code = self.code_at(address).await?;
        same(contract, "code hash", keccak256(&expected), keccak256(&code))?;
        Ok(Deployed {
            contract,
            address,
            code_hash: keccak256(&code),
            transaction: receipt.as_ref().map(|receipt| receipt.transaction_hash),
            gas_used: receipt.as_ref().map(|receipt| receipt.gas_used),
        })
    }

    /// What a constructor returns at this address: its creation bytecode is run there, on an empty account.
    async fn constructed(&self, address: Address, creation: &Bytes) -> Result<Bytes, Error> {
        let account =
            AccountOverride { code: Some(creation.clone()), state: Some(Default::default()), ..Default::default() };
        let state = StateOverride::from_iter([(address, account)]);
        let call = TransactionRequest { to: Some(address.into()), ..Default::default() };
        self.provider.call(call).overrides(state).await.map_err(|error| self.failed(error))
    }

    async fn code_at(&self, address: Address) -> Result<Bytes, Error> {
        self.provider.get_code_at(address).await.map_err(|error| self.failed(error))
    }

    /// Asks every contract who it is, whom it trusts, and whether it still is as it was deployed: what
    /// `script/Check.s.sol` asks.
    async fn read_back(&self, deployment: &Deployment, config: &StackConfig) -> Result<(), Error> {
        let [_, stop, timelock, router, registry] = &deployment.contracts;
        let failed = |at: &Deployed, error| Error::from_contract(&self.host, at.address, at.contract, error);
        same("EmergencyStop", "description", &deployment.info, &self.verifier_info(stop.address).await?)?;

        let contract = EmergencyStop::new(stop.address, &self.provider);
        let answer = contract.verifier().call().await.map_err(|error| failed(stop, error))?;
        same("EmergencyStop", "verifier", deployment.verifier(), answer)?;
        let answer = contract.guardian().call().await.map_err(|error| failed(stop, error))?;
        same("EmergencyStop", "guardian", config.guardian, answer)?;
        let answer = contract.stopped().call().await.map_err(|error| failed(stop, error))?;
        same("EmergencyStop", "stop", false, answer)?;

        let contract = TimelockController::new(timelock.address, &self.provider);
        let answer = contract.getMinDelay().call().await.map_err(|error| failed(timelock, error))?;
        same("TimelockController", "delay", U256::from(config.min_delay), answer)?;
        let people = [config.proposers.clone(), config.executors.clone()].concat();
        let roles = [
            ("proposer", keccak256("PROPOSER_ROLE"), config.proposers.clone(), true),
            ("canceller", keccak256("CANCELLER_ROLE"), config.proposers.clone(), true),
            ("executor", keccak256("EXECUTOR_ROLE"), config.executors.clone(), true),
            ("administrator", B256::ZERO, vec![timelock.address], true),
            ("administrator beside the timelock", B256::ZERO, people, false),
        ];
        for (name, role, members, expected) in roles {
            for member in members {
                let has = contract.hasRole(role, member).call().await.map_err(|error| failed(timelock, error))?;
                let who = |has| if has { format!("{member}") } else { "nobody".to_owned() };
                same("TimelockController", name, who(expected), who(has))?;
            }
        }

        let contract = VerifierRouter::new(router.address, &self.provider);
        let answer = contract.owner().call().await.map_err(|error| failed(router, error))?;
        same("VerifierRouter", "owner", deployment.timelock(), answer)?;
        let answer = contract.pendingOwner().call().await.map_err(|error| failed(router, error))?;
        same("VerifierRouter", "pending owner", Address::ZERO, answer)?;
        let answer = contract.selectors().call().await.map_err(|error| failed(router, error))?;
        same("VerifierRouter", "number of selectors", 1, answer.len())?;
        let selector = deployment.info.key_digest[..4].try_into().unwrap_or_default();
        let answer = contract.routeOf(selector).call().await.map_err(|error| failed(router, error))?;
        same("VerifierRouter", "verifier", deployment.stop(), answer.verifier)?;
        same("VerifierRouter", "removal of the verifier", false, answer.removed)?;

        let contract = ProofRegistry::new(registry.address, &self.provider);
        let answer = contract.verifier().call().await.map_err(|error| failed(registry, error))?;
        same("ProofRegistry", "verifier", deployment.router(), answer)
    }
}

/// What was read back is what was meant.
fn same<T: PartialEq + std::fmt::Debug>(
    contract: &'static str,
    what: &'static str,
    expected: T,
    actual: T,
) -> Result<(), Error> {
    if expected == actual {
        return Ok(());
    }
    let (expected, actual) = (format!("{expected:?}"), format!("{actual:?}"));
    Err(Error::ReadBackMismatch { contract, what, expected, actual })
}
