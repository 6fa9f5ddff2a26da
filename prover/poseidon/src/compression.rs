//! Merkle compression: `P(x)[0] + x[0]` at width 16 (leaves) and width 4 (nodes).
//!
//! The slice functions are where a vectorised kernel slips in: they take all the leaves (or nodes) of a level at once.

use rayon::prelude::*;

use crate::{F, constants};

/// Elements in one Merkle leaf.
pub const LEAF_WIDTH: usize = 16;
/// Children of one Merkle node.
pub const NODE_ARITY: usize = 4;

/// Compresses one leaf of 16 elements.
pub fn compress_leaf(leaf: &[F; LEAF_WIDTH]) -> F {
    let mut state = *leaf;
    constants::T16.permute(&mut state);
    state[0] + leaf[0]
}

/// Compresses four children into their parent.
pub fn compress_node(children: &[F; NODE_ARITY]) -> F {
    let mut state = *children;
    constants::T4.permute(&mut state);
    state[0] + children[0]
}

/// Compresses many leaves, stored one after the other (16 elements each).
///
/// # Panics
/// When the length is not a multiple of 16.
pub fn compress_leaves(elements: &[F]) -> Vec<F> {
    let (leaves, rest) = elements.as_chunks::<LEAF_WIDTH>();
    assert!(rest.is_empty(), "leaves of 16 elements");
    leaves.par_iter().with_min_len(16).map(compress_leaf).collect()
}

/// Compresses many nodes, stored one after the other (4 children each).
///
/// # Panics
/// When the length is not a multiple of 4.
pub fn compress_nodes(elements: &[F]) -> Vec<F> {
    let (nodes, rest) = elements.as_chunks::<NODE_ARITY>();
    assert!(rest.is_empty(), "nodes of 4 children");
    nodes.par_iter().with_min_len(64).map(compress_node).collect()
}
