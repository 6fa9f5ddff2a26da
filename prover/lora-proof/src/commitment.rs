//! Commitments to the weights and to the activations: a Merkle root and an out-of-domain value.
//!
//! Without the value, list decoding would let one root stand for two sets of weights at far less than 2^security work.
//! A commitment keeps its table as small integers and its tree; no codeword is kept, queried leaves are computed again.
//! The weights commitment depends on the adapter alone and is made once; a cache keeps what [`Commitment::from_cache`]
//! takes.

use rankproof_statement::digest::out_of_domain_point;
use rankproof_statement::{F, InputsLayout, WeightsLayout, Witness, tables};
use rayon::prelude::*;

use crate::error::check_length;
use crate::merkle::{Leaf, MerkleTree};
use crate::table::{Table, univariate, with_entries};
use crate::{Config, Error, reed_solomon};

/// A committed polynomial.
#[derive(Clone, Debug)]
pub struct Commitment {
    tree: MerkleTree,
    ood_value: F,
    table: Table,
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

    /// The committed polynomial.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The leaves at some positions.
    pub fn leaves(&self, config: &Config, positions: &[usize]) -> Vec<Leaf> {
        let round = &config.rounds[0];
        with_entries!(&self.table, entries => positions
            .par_iter()
            .map(|position| reed_solomon::leaf(entries, round, *position))
            .collect())
    }

    fn new(config: &Config, table: Table) -> Self {
        let tree = with_entries!(&table, entries => reed_solomon::tree(entries, &config.rounds[0]));
        Self::with_tree(config, table, tree)
    }

    fn with_tree(config: &Config, table: Table, tree: MerkleTree) -> Self {
        let point = out_of_domain_point(config.inner_digest(), tree.root());
        let ood_value = with_entries!(&table, entries => univariate(entries, point));
        Self { tree, ood_value, table }
    }

    /// A weights commitment from a cache: nibbles, and the leaf digests of its tree.
    ///
    /// # Errors
    /// When the lengths do not belong to this configuration.
    pub fn from_cache(config: &Config, nibbles: Vec<u8>, leaf_digests: Vec<F>) -> Result<Self, Error> {
        check_length("weights", 1 << config.log_size(), nibbles.len())?;
        check_length("leaf digests", 1 << config.rounds[0].log_leaves, leaf_digests.len())?;
        let tree = MerkleTree::new(leaf_digests, config.rounds[0].log_cap);
        Ok(Self::with_tree(config, Table::Nibbles(nibbles), tree))
    }

    /// The nibbles of a weights commitment.
    pub fn nibbles(&self) -> Option<&[u8]> {
        match &self.table {
            Table::Nibbles(nibbles) => Some(nibbles),
            Table::Integers(_) => None,
        }
    }
}

/// Commits to a table of nibbles (`2^log_size`, from `tables::weights`).
pub fn commit_weights(config: &Config, nibbles: Vec<u8>) -> Commitment {
    Commitment::new(config, Table::Nibbles(nibbles))
}

/// Commits to the activations of a witness.
pub fn commit_activations(
    config: &Config,
    witness: &Witness,
    weights: &WeightsLayout,
    inputs: &InputsLayout,
) -> Commitment {
    Commitment::new(config, Table::Integers(tables::activations(witness, weights, inputs, config.maxima())))
}
