//! The public statement, and what a seal makes of a batch of statements (docs/protocol.md section 5).
//!
//! Public inputs of a seal, in this order: [`ROOT`], [`CHALLENGE`], [`EVALUATION`]. The contract computes the same
//! challenge and evaluation from calldata (`contracts/libraries/StatementLib.sol`; both are tested on golden values).

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::PrimeField;
use rankproof_poseidon::{hash, root_of_nodes};
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};

use crate::digest::tags;
use crate::field::{from_canonical_bytes, size, to_canonical_bytes};
use crate::{Error, F};

/// Position of the Merkle root among the public inputs.
pub const ROOT: usize = 0;
/// Position of the challenge.
pub const CHALLENGE: usize = 1;
/// Position of the evaluation.
pub const EVALUATION: usize = 2;
/// Number of public inputs.
pub const PUBLIC_INPUTS: usize = 3;

/// Label hashed into the challenge.
pub const SEAL_LABEL: &[u8] = b"rankproof.seal.v1";

/// "The adapter committed in `adapter` was applied to the inputs in `activations` and gave the outputs in
/// `activations`", bound to `context`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Statement {
    /// Adapter id.
    pub adapter: F,
    /// Activations id.
    pub activations: F,
    /// What the statement is for; 0 is bound to nothing.
    pub context: F,
}

impl Statement {
    /// The three elements, in order.
    pub fn elements(&self) -> [F; 3] {
        [self.adapter, self.activations, self.context]
    }

    /// 96 bytes: three canonical big-endian elements.
    pub fn to_bytes(&self) -> [u8; 96] {
        let mut bytes = [0u8; 96];
        for (target, element) in bytes.chunks_exact_mut(32).zip(&self.elements()) {
            target.copy_from_slice(&to_canonical_bytes(element));
        }
        bytes
    }

    /// Reads [`Self::to_bytes`].
    ///
    /// # Errors
    /// [`Error::NonCanonicalScalar`] when an element is r or more.
    pub fn from_canonical_bytes(bytes: &[u8; 96]) -> Result<Self, Error> {
        let mut elements = [F::from(0u64); 3];
        for (element, chunk) in elements.iter_mut().zip(bytes.as_chunks::<32>().0) {
            *element = from_canonical_bytes(chunk)?;
        }
        let [adapter, activations, context] = elements;
        Ok(Self { adapter, activations, context })
    }

    /// The leaf of the seal's tree.
    pub fn leaf(&self) -> F {
        hash(tags::LEAF, &self.elements())
    }
}

/// Root over the leaves of all slots of a seal: 4-to-1 nodes, each level padded with zeros; one leaf is its own root.
pub fn root(statements: &[Statement]) -> F {
    root_of_nodes(&statements.iter().map(Statement::leaf).collect::<Vec<_>>())
}

/// Pads a batch to the number of slots with its last statement; `None` when it is empty or too long.
pub fn pad(statements: &[Statement], slots: usize) -> Option<Vec<Statement>> {
    let last = *statements.last().filter(|_| statements.len() <= slots)?;
    let mut padded = statements.to_vec();
    padded.resize(slots, last);
    Some(padded)
}

/// `keccak256(abi.encode(keccak256(label), root, statements)) mod r` over all slots.
pub fn challenge(root: &F, padded: &[Statement]) -> F {
    let word = |value: u64| {
        let mut word = [0u8; 32];
        word[24..].copy_from_slice(&value.to_be_bytes());
        word
    };
    let mut hasher = Keccak256::new();
    hasher.update(Keccak256::digest(SEAL_LABEL));
    hasher.update(to_canonical_bytes(root));
    hasher.update(word(96));
    hasher.update(word(size(padded.len())));
    for statement in padded {
        hasher.update(statement.to_bytes());
    }
    F::from_be_bytes_mod_order(&hasher.finalize())
}

/// `sum_i c_i challenge^i` over the flattened elements of all slots.
pub fn evaluation(challenge: &F, padded: &[Statement]) -> F {
    padded
        .iter()
        .flat_map(Statement::elements)
        .collect::<Vec<_>>()
        .iter()
        .rev()
        .fold(F::from(0u64), |sum, element| sum * challenge + element)
}

/// The three public inputs of a seal over a padded batch.
pub fn public_inputs(padded: &[Statement]) -> [F; PUBLIC_INPUTS] {
    let root = root(padded);
    let challenge = challenge(&root, padded);
    [root, challenge, evaluation(&challenge, padded)]
}

/// A statement as 0x-prefixed hexadecimal words, for JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementHex {
    /// Adapter id.
    pub adapter: String,
    /// Activations id.
    pub activations: String,
    /// Context.
    pub context: String,
}
