//! The contracts as Rust types, from the ABI and bytecode that forge built (`contracts/generated/abi`).

#![allow(missing_docs, reason = "generated from the ABI, which carries no comments")]
#![allow(clippy::too_many_arguments, reason = "generated from the ABI: a contract takes what it takes")]

use alloy::primitives::U256;
use alloy::sol;
use rankproof_statement::field::{from_canonical_bytes, to_canonical_bytes};
use rankproof_statement::{F, Statement};

sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    SealVerifier,
    "../../contracts/generated/abi/SealVerifier.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    EmergencyStop,
    "../../contracts/generated/abi/EmergencyStop.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    TimelockController,
    "../../contracts/generated/abi/TimelockController.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    VerifierRouter,
    "../../contracts/generated/abi/VerifierRouter.json"
);

sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    ProofRegistry,
    "../../contracts/generated/abi/ProofRegistry.json"
);

/// A field element as the word that a contract takes.
pub(crate) fn word(element: &F) -> U256 {
    U256::from_be_bytes(to_canonical_bytes(element))
}

/// A word of a contract as a field element; `None` if it is not below r, which no record of the registry is.
pub(crate) fn element(word: &U256) -> Option<F> {
    from_canonical_bytes(&word.to_be_bytes::<32>()).ok()
}

/// A statement as the registry takes it.
pub(crate) fn registry_statement(statement: &Statement) -> ProofRegistry::Statement {
    ProofRegistry::Statement {
        adapter: word(&statement.adapter),
        activations: word(&statement.activations),
        context: word(&statement.context),
    }
}

/// A statement as a verifier takes it.
pub(crate) fn verifier_statement(statement: &Statement) -> SealVerifier::Statement {
    SealVerifier::Statement {
        adapter: word(&statement.adapter),
        activations: word(&statement.activations),
        context: word(&statement.context),
    }
}

/// A statement as the registry has it; `None` if one of its elements is not below r.
pub(crate) fn statement(adapter: &U256, activations: &U256, context: &U256) -> Option<Statement> {
    Some(Statement { adapter: element(adapter)?, activations: element(activations)?, context: element(context)? })
}
