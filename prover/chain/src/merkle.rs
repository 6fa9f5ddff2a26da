//! The keccak Merkle tree of a batch, as the registry and OpenZeppelin's `StandardMerkleTree` build it.
//!
//! `leaf = keccak256(keccak256(adapter ‖ activations ‖ context))`, leaves sorted, an inner node is the keccak of its
//! two children in ascending order. `L` leaves make `2L - 1` nodes: the root has index 0, node `i` has the children
//! `2i + 1` and `2i + 2`, the smallest leaf has the last index. A batch of one is its own root.
//!
//! A path proves that a statement is in a tree, not that the tree is recorded: that is for the registry to say. Both
//! sides are tested on `fixtures/merkle/standard_trees.json`, which OpenZeppelin's library made.

use alloy::primitives::{B256, keccak256};
use rankproof_statement::Statement;

use crate::Error;

/// The leaf of a statement, which is also the key of its single record.
pub fn leaf(statement: &Statement) -> B256 {
    keccak256(keccak256(statement.to_bytes()))
}

/// The tree over the statements of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Node 0 is the root; never empty.
    nodes: Vec<B256>,
}

impl Tree {
    /// Builds the tree; the order of the statements does not matter.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`].
    pub fn new(statements: &[Statement]) -> Result<Self, Error> {
        if statements.is_empty() {
            return Err(Error::EmptyBatch);
        }
        let mut leaves: Vec<B256> = statements.iter().map(leaf).collect();
        leaves.sort_unstable_by(|a, b| b.cmp(a));
        let mut nodes = vec![B256::ZERO; leaves.len() - 1];
        nodes.extend(leaves);
        for index in (0..statements.len() - 1).rev() {
            nodes[index] = parent(nodes[2 * index + 1], nodes[2 * index + 2]);
        }
        Ok(Self { nodes })
    }

    /// What the registry records for the batch.
    pub fn root(&self) -> B256 {
        self.nodes[0]
    }

    /// The siblings from the leaf of `statement` up to the root; `None` if it is not in the batch.
    pub fn path(&self, statement: &Statement) -> Option<Vec<B256>> {
        let leaf = leaf(statement);
        let first_leaf = self.nodes.len() / 2;
        let mut index = first_leaf + self.nodes[first_leaf..].iter().position(|node| *node == leaf)?;
        let mut path = Vec::new();
        while index > 0 {
            let sibling = if index % 2 == 1 { index + 1 } else { index - 1 };
            path.push(self.nodes[sibling]);
            index = (index - 1) / 2;
        }
        Some(path)
    }
}

/// Whether `path` leads from the leaf of `statement` to `root`.
pub fn is_in_tree(statement: &Statement, root: B256, path: &[B256]) -> bool {
    path.iter().fold(leaf(statement), |node, sibling| parent(node, *sibling)) == root
}

fn parent(a: B256, b: B256) -> B256 {
    keccak256([a.min(b), a.max(b)].concat())
}

#[cfg(test)]
mod tests {
    use rankproof_statement::F;

    use super::*;

    fn statements(count: u64) -> Vec<Statement> {
        let statement =
            |i: u64| Statement { adapter: F::from(i), activations: F::from(10 * i), context: F::from(100 * i) };
        (1..=count).map(statement).collect()
    }

    #[test]
    fn builds_the_trees_of_openzeppelin() {
        let golden = include_str!("../../../fixtures/merkle/standard_trees.json");
        let golden: serde_json::Value = serde_json::from_str(golden).unwrap();
        let trees = golden["trees"].as_array().unwrap();
        assert_eq!(trees.len(), 5);
        for golden in trees {
            let paths: Vec<Vec<B256>> = serde_json::from_value(golden["paths"].clone()).unwrap();
            let statements = statements(paths.len() as u64);
            for (statement, golden) in statements.iter().zip(golden["statements"].as_array().unwrap()) {
                let word: B256 = serde_json::from_value(golden["activations"].clone()).unwrap();
                assert_eq!(statement.to_bytes()[32..64], word[..], "the file holds other statements");
            }
            let tree = Tree::new(&statements).unwrap();
            assert_eq!(serde_json::to_value(tree.root()).unwrap(), golden["root"]);
            for (statement, path) in statements.iter().zip(&paths) {
                assert_eq!(tree.path(statement).as_ref(), Some(path));
                assert!(is_in_tree(statement, tree.root(), path));
            }
        }
    }

    #[test]
    fn order_and_repetition() {
        let mut batch = statements(3);
        let root = Tree::new(&batch).unwrap().root();
        batch.reverse();
        assert_eq!(Tree::new(&batch).unwrap().root(), root);
        let repeated = Tree::new(&[batch[0], batch[0]]).unwrap();
        assert_ne!(repeated.root(), leaf(&batch[0]));
        assert!(is_in_tree(&batch[0], repeated.root(), &repeated.path(&batch[0]).unwrap()));
    }

    #[test]
    fn rejects_another_statement_path_or_root() {
        let batch = statements(4);
        let tree = Tree::new(&batch[..3]).unwrap();
        let path = tree.path(&batch[0]).unwrap();
        assert!(is_in_tree(&batch[0], tree.root(), &path));
        assert!(!is_in_tree(&batch[1], tree.root(), &path));
        assert!(!is_in_tree(&batch[0], tree.root(), &path[1..]));
        assert!(!is_in_tree(&batch[0], leaf(&batch[0]), &path));
        assert_eq!(tree.path(&batch[3]), None);
        assert!(matches!(Tree::new(&[]), Err(Error::EmptyBatch)));
    }
}
