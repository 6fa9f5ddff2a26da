//! 4-ary Merkle trees that end in a cap.
//!
//! Leaves are 16 field elements (`compress_leaf`), nodes have 4 children (`compress_node`). Levels stop at a cap of
//! at most `2^Parameters::log_cap_max` nodes; the root is the cap hashed on, 4 to 1, its last level padded with zeros. A
//! proof carries the cap once as a hint, checked against the root, and for each query a path to the cap.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_poseidon::{compress_leaf, compress_node, compress_nodes, root_of_nodes};
use rankproof_statement::F;

use crate::config::COLUMNS;
use crate::transcript::Hint;

/// One leaf.
pub type Leaf = [F; COLUMNS];
/// The three siblings on each level, in child order, the path's own child left out.
pub type Path = Vec<[F; 3]>;

/// A tree over `2^log_leaves` leaf digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerkleTree {
    /// Level 0 are the leaf digests, the last level is the cap.
    levels: Vec<Vec<F>>,
    root: F,
}

impl MerkleTree {
    /// Builds the tree.
    ///
    /// # Panics
    /// When the number of leaves is not `4^k` times the cap size.
    pub fn new(leaf_digests: Vec<F>, log_cap: usize) -> Self {
        Self::complete(vec![leaf_digests], log_cap)
    }

    /// Builds what is missing above the first levels of a tree, which are taken as they are.
    ///
    /// # Panics
    /// When the number of leaves is not `4^k` times the cap size.
    pub(crate) fn complete(mut levels: Vec<Vec<F>>, log_cap: usize) -> Self {
        while let Some(level) = levels.last().filter(|level| level.len() > 1 << log_cap) {
            let parents = compress_nodes(level);
            levels.push(parents);
        }
        let cap = levels.last().map_or(&[][..], Vec::as_slice);
        assert_eq!(cap.len(), 1 << log_cap, "leaves are a power of four times the cap");
        let root = cap_root(cap);
        Self { levels, root }
    }

    /// The root.
    pub fn root(&self) -> F {
        self.root
    }

    /// The cap.
    pub fn cap(&self) -> &[F] {
        self.levels.last().map_or(&[], Vec::as_slice)
    }

    /// All levels, leaf digests first, cap last: what a cache keeps.
    pub fn levels(&self) -> &[Vec<F>] {
        &self.levels
    }

    /// [`Self::levels`], without a copy.
    pub fn into_levels(self) -> Vec<Vec<F>> {
        self.levels
    }

    /// The siblings of a leaf on every level below the cap.
    ///
    /// # Panics
    /// When there is no such leaf.
    #[expect(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        reason = "prover: its own tree"
    )]
    pub fn path(&self, position: usize) -> Path {
        let below_cap = self.levels.len() - 1;
        self.levels[..below_cap]
            .iter()
            .enumerate()
            .map(|(depth, level)| {
                let own = position >> (2 * depth);
                let first = own & !3;
                let mut siblings = (first..first + 4).filter(|child| *child != own).map(|child| level[child]);
                std::array::from_fn(|_| siblings.next().expect("three siblings"))
            })
            .collect()
    }
}

/// The root above a cap: hashed 4 to 1, the last level padded with zeros.
pub fn cap_root(cap: &[F]) -> F {
    root_of_nodes(cap)
}

/// The four children on each level of a path, given the leaf digest: what a circuit allocates.
pub fn children(position: usize, digest: F, path: &[[F; 3]]) -> Vec<[F; 4]> {
    let mut node = digest;
    path.iter()
        .enumerate()
        .map(|(depth, [a, b, c])| {
            let shift = u32::try_from(depth.saturating_mul(2)).unwrap_or(u32::MAX);
            let children = match position.checked_shr(shift).unwrap_or(0) & 3 {
                0 => [node, *a, *b, *c],
                1 => [*a, node, *b, *c],
                2 => [*a, *b, node, *c],
                _ => [*a, *b, *c, node],
            };
            node = compress_node(&children);
            children
        })
        .collect()
}

/// Whether a leaf lies at `position` under a cap.
pub fn is_under_cap(cap: &Hint<Vec<F>>, position: usize, leaf: &Leaf, path: &[[F; 3]]) -> bool {
    let digest = compress_leaf(leaf);
    let node = children(position, digest, path).last().map_or(digest, compress_node);
    let shift = u32::try_from(path.len().saturating_mul(2)).unwrap_or(u32::MAX);
    position.checked_shr(shift).and_then(|index| cap.0.get(index)) == Some(&node)
}
