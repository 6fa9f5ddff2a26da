//! Commitments to the weights and to the activations: a Merkle root and an out-of-domain value.
//!
//! Without the value, list decoding would let one root stand for two sets of weights at far less than 2^security work.
//! The weights commitment depends on the adapter alone and is made once; a cache keeps what [`Commitment::from_cache`]
//! takes.

use rankproof_statement::digest::out_of_domain_point;
use rankproof_statement::{F, InputsLayout, WeightsLayout, Witness, field::from_signed, tables};
use rayon::prelude::*;

use crate::error::check_length;
use crate::merkle::{Leaf, MerkleTree};
use crate::multilinear::horner;
use crate::reed_solomon::{Codeword, leaf_of_nibbles};
use crate::{Config, Error};

/// Where leaves come from.
#[derive(Clone, Debug)]
enum Leaves {
    Codeword(Codeword),
    Nibbles(Vec<u8>),
}

/// A committed polynomial.
#[derive(Clone, Debug)]
pub struct Commitment {
    tree: MerkleTree,
    ood_value: F,
    leaves: Leaves,
}

impl Commitment {
    /// Merkle root.
    pub fn root(&self) -> F {
        self.tree.root()
    }

    /// Value at the out-of-domain point.
    pub fn ood_value(&self) -> F {
        self.ood_value
    }

    /// The tree.
    pub fn tree(&self) -> &MerkleTree {
        &self.tree
    }

    /// The leaves at some positions.
    pub fn leaves(&self, config: &Config, positions: &[usize]) -> Vec<Leaf> {
        match &self.leaves {
            Leaves::Codeword(codeword) => positions.iter().map(|position| codeword.leaf(*position)).collect(),
            Leaves::Nibbles(nibbles) => {
                positions.par_iter().map(|position| leaf_of_nibbles(nibbles, &config.rounds[0], *position)).collect()
            }
        }
    }

    fn new(config: &Config, table: &[F], keep: impl FnOnce(Codeword) -> Leaves) -> Self {
        let codeword = Codeword::encode(table, &config.rounds[0]);
        let tree = codeword.tree(config.rounds[0].log_cap);
        let ood_value = horner(table, out_of_domain_point(config.inner_digest(), tree.root()));
        Self { tree, ood_value, leaves: keep(codeword) }
    }

    /// A weights commitment from a cache: nibbles, and the leaf digests of its tree.
    ///
    /// # Errors
    /// When the lengths do not belong to this configuration.
    pub fn from_cache(config: &Config, nibbles: Vec<u8>, leaf_digests: Vec<F>) -> Result<Self, Error> {
        check_length("weights", 1 << config.log_size(), nibbles.len())?;
        check_length("leaf digests", 1 << config.rounds[0].log_leaves, leaf_digests.len())?;
        let tree = MerkleTree::new(leaf_digests, config.rounds[0].log_cap);
        let point = out_of_domain_point(config.inner_digest(), tree.root());
        let ood_value = nibbles.iter().rev().fold(F::from(0u64), |sum, nibble| sum * point + F::from(*nibble));
        Ok(Self { tree, ood_value, leaves: Leaves::Nibbles(nibbles) })
    }

    /// The nibbles of a weights commitment.
    pub fn nibbles(&self) -> Option<&[u8]> {
        match &self.leaves {
            Leaves::Nibbles(nibbles) => Some(nibbles),
            Leaves::Codeword(_) => None,
        }
    }
}

/// Commits to a table of nibbles (`2^log_size`, from `tables::weights`).
pub fn commit_weights(config: &Config, nibbles: Vec<u8>) -> Commitment {
    let table: Vec<F> = nibbles.par_iter().with_min_len(1 << 12).map(|nibble| F::from(*nibble)).collect();
    Commitment::new(config, &table, |_| Leaves::Nibbles(nibbles))
}

/// Commits to the activations of a witness; returns the commitment and the table as field elements.
pub fn commit_activations(
    config: &Config,
    witness: &Witness,
    weights: &WeightsLayout,
    inputs: &InputsLayout,
) -> (Commitment, Vec<F>) {
    let integers = tables::activations(witness, weights, inputs, config.maxima());
    let table: Vec<F> = integers.par_iter().with_min_len(1 << 12).map(|value| from_signed(*value)).collect();
    (Commitment::new(config, &table, Leaves::Codeword), table)
}
