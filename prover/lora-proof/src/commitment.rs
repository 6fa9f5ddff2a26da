//! Commitments to the weights and to the activations: a Merkle root and an out-of-domain value.
//!
//! Without the value, list decoding would let one root stand for two sets of weights at far less than 2^security work.
//! A commitment keeps its table as small integers and its tree; no codeword is kept, queried leaves are computed again.
//! The weights commitment depends on the adapter alone and is made once; a cache keeps what [`Commitment::from_cache`]
//! takes.

use rankproof_statement::digest::out_of_domain_point;
use rankproof_statement::{F, InputsLayout, WeightsLayout, Witness, tables};
use rayon::prelude::*;

use crate::config::RoundConfig;
use crate::error::check_length;
use crate::merkle::{Leaf, MerkleTree};
use crate::table::{Table, univariate, with_entries};
use crate::{Config, Error, reed_solomon};

/// A committed polynomial.
#[derive(Clone, Debug)]
pub struct Commitment {
    inner_digest: F,
    tree: MerkleTree,
    ood_value: F,
    table: Table,
}

impl Commitment {
    /// `inner_digest` of the configuration it was made under.
    pub fn inner_digest(&self) -> F {
        self.inner_digest
    }

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
        let inner_digest = config.inner_digest();
        let point = out_of_domain_point(inner_digest, tree.root());
        let ood_value = with_entries!(&table, entries => univariate(entries, point));
        Self { inner_digest, tree, ood_value, table }
    }

    /// A weights commitment from a cache: nibbles, and the levels of its tree, leaf digests first; the leaf digests alone
    /// are enough, and hashed on.
    ///
    /// # Soundness
    /// Nothing shows that the digests belong to the nibbles, and nobody but the owner of the cache depends on it: a proof
    /// made with wrong ones has another root or a path that does not end in the cap, and is refused.
    ///
    /// # Errors
    /// When the lengths do not belong to this configuration.
    pub fn from_cache(config: &Config, nibbles: Vec<u8>, levels: Vec<Vec<F>>) -> Result<Self, Error> {
        check_length("weights", 1 << config.log_size(), nibbles.len())?;
        let lengths = level_lengths(&config.rounds[0]);
        if levels.len() != 1 {
            check_length("levels of the tree", lengths.len(), levels.len())?;
        }
        for (level, length) in levels.iter().zip(lengths) {
            check_length("digests of a level", length, level.len())?;
        }
        let tree = MerkleTree::complete(levels, config.rounds[0].log_cap);
        Ok(Self::with_tree(config, Table::Nibbles(nibbles), tree))
    }

    /// The levels of the tree, leaf digests first: what a cache keeps.
    pub fn into_levels(self) -> Vec<Vec<F>> {
        self.tree.into_levels()
    }

    /// The nibbles of a weights commitment.
    pub fn nibbles(&self) -> Option<&[u8]> {
        match &self.table {
            Table::Nibbles(nibbles) => Some(nibbles),
            Table::Integers(_) => None,
        }
    }
}

/// Digests of each level of a tree of this round, leaves first, cap last.
pub fn level_lengths(round: &RoundConfig) -> Vec<usize> {
    (0..=round.path_levels()).map(|level| 1 << (round.log_leaves - 2 * level)).collect()
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
