//! A deployed `ProofRegistry`: what is proven, and how more gets there.

use alloy::primitives::{Address, B256, Bytes};
use alloy::rpc::types::TransactionReceipt;
use rankproof_statement::Statement;

use crate::bindings::ProofRegistry::{self, ProofRegistryInstance};
use crate::bindings::{EmergencyStop, SealVerifier, VerifierRouter, registry_statement, verifier_statement};
use crate::chain::{Chain, VerifierInfo};
use crate::events::Event;
use crate::{Error, Rejection, merkle};

/// What an address is called if it is not one.
const EXPECTED: &str = "proof registry";

/// A registry, what its seals have passed, and the connection to both.
#[derive(Clone, Debug)]
pub struct Registry {
    pub(crate) chain: Chain,
    address: Address,
    verifier: Address,
}

/// How a submission ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum SubmitOutcome {
    /// Everything was a record before; no transaction was sent and nothing was spent.
    AlreadyProven {
        /// Root of the batch; the leaf, if it is a single statement.
        root: B256,
    },
    /// A transaction made the records.
    Submitted(Submitted),
}

/// A mined submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Root of the batch; the leaf, if it is a single statement.
    pub root: B256,
    /// Hash of the transaction.
    pub transaction: B256,
    /// Number of its block.
    pub block: u64,
    /// Gas of the whole transaction.
    pub gas_used: u64,
    /// The records that it made. None, if somebody else's transaction came first.
    pub records: Vec<Event>,
}

/// One verifier behind a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The verifier, or the stop in front of it.
    pub address: Address,
    /// Its owner has taken it away.
    pub removed: bool,
    /// It was stopped. A verifier without a stop never is.
    pub stopped: bool,
    /// What it says about itself.
    pub info: VerifierInfo,
}

impl Registry {
    pub(crate) async fn open(chain: Chain, address: Address) -> Result<Self, Error> {
        let wrong = |error| match Error::from_contract(&chain.host, address, EXPECTED, error) {
            Error::Rejected(Rejection::Unknown { .. }) => Error::NotTheContract { address, expected: EXPECTED },
            error => error,
        };
        let contract = ProofRegistry::new(address, &chain.provider);
        // A stop has a verifier too, and no records.
        contract.isRecorded(B256::ZERO).call().await.map_err(wrong)?;
        let verifier = contract.verifier().call().await.map_err(wrong)?;
        Ok(Self { chain, address, verifier })
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The address of what its seals have passed: a router, a stop or a verifier.
    pub fn verifier(&self) -> Address {
        self.verifier
    }

    /// The connection.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Every verifier behind it, in the order in which they were added.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn routes(&self) -> Result<Vec<Route>, Error> {
        let router = VerifierRouter::new(self.verifier, &self.chain.provider);
        let selectors = router.selectors().call().await.map_err(|error| self.failed(error));
        let Some(selectors) = if_known(selectors)? else {
            return Ok(vec![self.route(self.verifier, false).await?]); // no router, but the one verifier itself
        };
        let mut routes = Vec::with_capacity(selectors.len());
        for selector in selectors {
            let route = router.routeOf(selector).call().await.map_err(|error| self.failed(error))?;
            routes.push(self.route(route.verifier, route.removed).await?);
        }
        Ok(routes)
    }

    async fn route(&self, address: Address, removed: bool) -> Result<Route, Error> {
        let info = self.chain.verifier_info(address).await?;
        let stop = EmergencyStop::new(address, &self.chain.provider);
        let stopped = stop.stopped().call().await.map_err(|error| self.failed(error));
        let stopped = if_known(stopped)?.unwrap_or(false); // a verifier without a stop
        Ok(Route { address, removed, stopped, info })
    }

    /// Records the statements of a seal, unless all of them are records of its selector already.
    ///
    /// With `record_each` every statement of a batch becomes a record of its own, besides the root. The simulation
    /// that comes first verifies the seal in either case, so an outcome always speaks of a valid seal. A transaction
    /// of an earlier run that was killed is found in the journal and seen through.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason, before anything is spent; [`Error::NoSigner`]; those of a
    /// transaction.
    pub async fn submit(
        &self,
        seal: &[u8],
        statements: &[Statement],
        record_each: bool,
    ) -> Result<SubmitOutcome, Error> {
        let contract = self.contract();
        let mut call = contract.submit(
            Bytes::copy_from_slice(seal),
            statements.iter().map(registry_statement).collect(),
            record_each,
        );
        if let Some(sender) = self.chain.sender() {
            call = call.from(sender);
        }
        let input = call.calldata().clone();
        let turn = self.chain.turn().await?;
        if let Some(receipt) = self.chain.resume_in(&turn, self.address, &input).await? {
            return Ok(self.submitted(merkle::Tree::new(statements)?.root(), &receipt));
        }
        let simulated = call.call().await.map_err(|error| self.failed(error))?;
        if simulated.newRecords.is_zero() {
            self.chain.forget(self.address, &input);
            return Ok(SubmitOutcome::AlreadyProven { root: simulated.root });
        }
        Ok(self.submitted(simulated.root, &self.chain.send_in(&turn, self.address, input).await?))
    }

    fn submitted(&self, root: B256, receipt: &TransactionReceipt) -> SubmitOutcome {
        SubmitOutcome::Submitted(Submitted {
            root,
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas_used: receipt.gas_used,
            records: self.events_in(receipt),
        })
    }

    /// Asks the verifier whether the seal proves the statements; changes nothing, spends nothing.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason.
    pub async fn verify(&self, seal: &[u8], statements: &[Statement]) -> Result<(), Error> {
        self.chain.verify_at(self.verifier, seal, statements).await
    }

    /// Whether the single statement is a record.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn is_proven(&self, statement: &Statement) -> Result<bool, Error> {
        self.contract().isProven_1(registry_statement(statement)).call().await.map_err(|error| self.failed(error))
    }

    /// Whether the statement is in the recorded batch with this root; [`crate::merkle::Tree`] has root and path.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn is_proven_by_path(&self, statement: &Statement, root: B256, path: &[B256]) -> Result<bool, Error> {
        let contract = self.contract();
        let call = contract.isProven_0(registry_statement(statement), root, path.to_vec());
        call.call().await.map_err(|error| self.failed(error))
    }

    fn events_in(&self, receipt: &TransactionReceipt) -> Vec<Event> {
        let logs = receipt.logs().iter().filter(|log| log.address() == self.address);
        logs.filter_map(|log| Event::decode(&log.inner)).collect()
    }

    pub(crate) fn contract(&self) -> ProofRegistryInstance<&alloy::providers::DynProvider> {
        ProofRegistry::new(self.address, &self.chain.provider)
    }

    pub(crate) fn failed(&self, error: alloy::contract::Error) -> Error {
        Error::from_contract(&self.chain.host, self.address, EXPECTED, error)
    }
}

impl Chain {
    /// Asks what verifies seals at this address (a verifier, a stop or a router) for this one.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason.
    pub async fn verify_at(&self, verifier: Address, seal: &[u8], statements: &[Statement]) -> Result<(), Error> {
        let contract = SealVerifier::new(verifier, &self.provider);
        let statements = statements.iter().map(verifier_statement).collect();
        let verdict = contract.verify(Bytes::copy_from_slice(seal), statements).call().await;
        verdict.map_err(|error| Error::from_contract(&self.host, verifier, "verifier of seals", error))?;
        Ok(())
    }

    /// The gas of a whole transaction that does nothing but verify. It is sent, and paid for.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason; [`Error::NoSigner`]; those of a transaction.
    pub async fn measure_verify(&self, verifier: Address, seal: &[u8], statements: &[Statement]) -> Result<u64, Error> {
        self.verify_at(verifier, seal, statements).await?;
        let contract = SealVerifier::new(verifier, &self.provider);
        let statements = statements.iter().map(verifier_statement).collect();
        let input = contract.verify(Bytes::copy_from_slice(seal), statements).calldata().clone();
        Ok(self.send(verifier, input).await?.gas_used)
    }
}

/// The answer of a contract that may not know the question; then it reverts, or answers nothing. A question that failed
/// for another reason is not answered.
fn if_known<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Error::Rejected(_) | Error::NotTheContract { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
