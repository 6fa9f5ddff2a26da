//! A deployed `ProofRegistry`: what is proven, and how more gets there.

use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log, TransactionReceipt};
use alloy::sol_types::SolEventInterface;
use rankproof_statement::Statement;

use crate::bindings::ProofRegistry::{self, ProofRegistryEvents, ProofRegistryInstance};
use crate::bindings::SealVerifier;
use crate::bindings::{element, word};
use crate::chain::{Chain, VerifierInfo};
use crate::{Error, Rejection};

/// What an address is called if it is not one.
const EXPECTED: &str = "proof registry";

/// A registry, its verifier, and the connection to both.
#[derive(Clone, Debug)]
pub struct Registry {
    chain: Chain,
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
    pub records: Vec<Record>,
}

/// An event of the registry: one for each record, ever.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// A single statement.
    Statement {
        /// Its leaf.
        leaf: B256,
        /// The statement.
        statement: Statement,
    },
    /// A batch of two or more.
    Batch {
        /// Root of its tree (`merkle`).
        root: B256,
        /// The statements, in the order that was sealed.
        statements: Vec<Statement>,
    },
}

impl Registry {
    pub(crate) async fn open(chain: Chain, address: Address) -> Result<Self, Error> {
        let verifier = ProofRegistry::new(address, &chain.provider).verifier().call().await;
        let verifier = verifier.map_err(|error| match Error::from_contract(&chain.host, address, EXPECTED, error) {
            Error::Rejected(Rejection::Unknown { .. }) => Error::NotTheContract { address, expected: EXPECTED },
            error => error,
        })?;
        Ok(Self { chain, address, verifier })
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The address of its verifier.
    pub fn verifier(&self) -> Address {
        self.verifier
    }

    /// What its verifier says about itself.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn verifier_info(&self) -> Result<VerifierInfo, Error> {
        self.chain.verifier_info(self.verifier).await
    }

    /// Records the statements of a seal, unless all of them are records already.
    ///
    /// With `record_each` every statement of a batch becomes a record of its own, besides the root. The simulation
    /// that comes first verifies the seal in either case, so an outcome always speaks of a valid seal.
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
        let simulated = call.call().await.map_err(|error| self.failed(error))?;
        let root = simulated.root;
        if simulated.newRecords.is_zero() {
            return Ok(SubmitOutcome::AlreadyProven { root });
        }
        let receipt = self.chain.send(call.into_transaction_request()).await?;
        Ok(SubmitOutcome::Submitted(Submitted {
            root,
            transaction: receipt.transaction_hash,
            block: receipt.block_number.unwrap_or_default(),
            gas_used: receipt.gas_used,
            records: self.records_in(&receipt),
        }))
    }

    /// Asks the verifier whether the seal proves the statements; changes nothing, spends nothing.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason.
    pub async fn verify(&self, seal: &[u8], statements: &[Statement]) -> Result<(), Error> {
        let contract = SealVerifier::new(self.verifier, &self.chain.provider);
        let statements = statements.iter().map(verifier_statement).collect();
        contract.verify(Bytes::copy_from_slice(seal), statements).call().await.map_err(|error| self.failed(error))?;
        Ok(())
    }

    /// The gas of a whole transaction that does nothing but verify. It is sent, and paid for.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the contract's reason; [`Error::NoSigner`]; those of a transaction.
    pub async fn measure_verify(&self, seal: &[u8], statements: &[Statement]) -> Result<u64, Error> {
        self.verify(seal, statements).await?;
        let contract = SealVerifier::new(self.verifier, &self.chain.provider);
        let statements = statements.iter().map(verifier_statement).collect();
        let call = contract.verify(Bytes::copy_from_slice(seal), statements);
        Ok(self.chain.send(call.into_transaction_request()).await?.gas_used)
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

    /// Every record made from block `from` on, in order, with the number of its block.
    ///
    /// # Errors
    /// Those of the connection; a node may refuse a range that it finds too long.
    pub async fn records(&self, from: u64) -> Result<Vec<(u64, Record)>, Error> {
        let filter = Filter::new().address(self.address).from_block(from);
        let logs = self.chain.provider.get_logs(&filter).await;
        let logs = logs.map_err(|error| Error::from_rpc(&self.chain.host, error))?;
        let record = |log: &Log| Some((log.block_number.unwrap_or_default(), decode(log)?));
        Ok(logs.iter().filter_map(record).collect())
    }

    fn records_in(&self, receipt: &TransactionReceipt) -> Vec<Record> {
        receipt.logs().iter().filter(|log| log.address() == self.address).filter_map(decode).collect()
    }

    fn contract(&self) -> ProofRegistryInstance<&alloy::providers::DynProvider> {
        ProofRegistry::new(self.address, &self.chain.provider)
    }

    fn failed(&self, error: alloy::contract::Error) -> Error {
        Error::from_contract(&self.chain.host, self.address, EXPECTED, error)
    }
}

fn registry_statement(statement: &Statement) -> ProofRegistry::Statement {
    ProofRegistry::Statement {
        adapter: word(&statement.adapter),
        activations: word(&statement.activations),
        context: word(&statement.context),
    }
}

fn verifier_statement(statement: &Statement) -> SealVerifier::Statement {
    SealVerifier::Statement {
        adapter: word(&statement.adapter),
        activations: word(&statement.activations),
        context: word(&statement.context),
    }
}

/// An event of the registry; `None` for what is none, or could not come from one of its records.
fn decode(log: &Log) -> Option<Record> {
    match ProofRegistryEvents::decode_log(&log.inner).ok()?.data {
        ProofRegistryEvents::StatementRecorded(event) => Some(Record::Statement {
            leaf: event.leaf,
            statement: Statement {
                adapter: element(&event.adapter)?,
                activations: element(&event.activations)?,
                context: element(&event.context)?,
            },
        }),
        ProofRegistryEvents::BatchRecorded(event) => {
            let statement = |s: &ProofRegistry::Statement| {
                Some(Statement {
                    adapter: element(&s.adapter)?,
                    activations: element(&s.activations)?,
                    context: element(&s.context)?,
                })
            };
            let statements = event.statements.iter().map(statement).collect::<Option<_>>()?;
            Some(Record::Batch { root: event.root, statements })
        }
        _ => None, // of an adapter's entry
    }
}
