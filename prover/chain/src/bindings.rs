//! The contracts as Rust types, from the ABI and bytecode that forge built (`contracts/generated/abi`).

#![allow(missing_docs, reason = "generated from the ABI, which carries no comments")]
#![allow(clippy::too_many_arguments, reason = "generated from the ABI: a contract takes what it takes")]

use alloy::primitives::U256;
use alloy::sol;
use rankproof_statement::F;
use rankproof_statement::field::{from_canonical_bytes, to_canonical_bytes};

sol!(
    #[derive(Debug, PartialEq, Eq)]
    #[sol(rpc)]
    SealVerifier,
    "../../contracts/generated/abi/SealVerifier.json"
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
