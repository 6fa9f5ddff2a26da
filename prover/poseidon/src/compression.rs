//! Merkle compression: `P(x)[0] + x[0]` at width 16 (leaves) and width 4 (nodes).
//!
//! The slice functions take all the leaves (or nodes) of a level at once: eight at a time where the processor has
//! AVX-512 IFMA ([`crate::lanes`]), one by one elsewhere, with the same result.

use ark_ff::AdditiveGroup;
use rankproof_poseidon_kernel::Kernel;
use rayon::prelude::*;

use crate::{F, constants, lanes};

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

/// Hashes nodes on, 4 to 1, to a single root, each level padded with zeros; one node is its own root, none give 0.
pub fn root_of_nodes(nodes: &[F]) -> F {
    let mut level = nodes.to_vec();
    while level.len() > 1 {
        level.resize(level.len().next_multiple_of(NODE_ARITY), F::ZERO);
        level = level.as_chunks::<NODE_ARITY>().0.iter().map(compress_node).collect();
    }
    level.first().copied().unwrap_or_default()
}

/// Compresses many leaves, stored one after the other (16 elements each).
///
/// # Panics
/// When the length is not a multiple of 16.
pub fn compress_leaves(elements: &[F]) -> Vec<F> {
    let (leaves, rest) = elements.as_chunks::<LEAF_WIDTH>();
    assert!(rest.is_empty(), "leaves of 16 elements");
    compress_many(lanes::width_16(), compress_leaf, leaves)
}

/// Compresses many nodes, stored one after the other (4 children each).
///
/// # Panics
/// When the length is not a multiple of 4.
pub fn compress_nodes(elements: &[F]) -> Vec<F> {
    let (nodes, rest) = elements.as_chunks::<NODE_ARITY>();
    assert!(rest.is_empty(), "nodes of 4 children");
    compress_many(lanes::width_4(), compress_node, nodes)
}

/// With the kernel if there is one, else block by block.
fn compress_many<const WIDTH: usize>(
    kernel: Option<&Kernel<WIDTH>>,
    compress: impl Fn(&[F; WIDTH]) -> F + Sync,
    blocks: &[[F; WIDTH]],
) -> Vec<F> {
    /// Blocks that one thread takes at a time: a multiple of the lanes, about 0.1 ms.
    const SHARE: usize = 64;
    let mut out = vec![F::ZERO; blocks.len()];
    out.par_chunks_mut(SHARE).zip(blocks.par_chunks(SHARE)).for_each(|(out, blocks)| match kernel {
        Some(kernel) => kernel.compress_many(blocks, out),
        None => out.iter_mut().zip(blocks).for_each(|(out, block)| *out = compress(block)),
    });
    out
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use ark_std::rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn both_ways_give_the_same_digests_for_every_remainder() {
        let mut rng = StdRng::seed_from_u64(1);
        for count in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
            let elements: Vec<F> = (0..16 * count).map(|_| F::rand(&mut rng)).collect();
            let (leaves, nodes) = (elements.as_chunks().0, elements.as_chunks().0);
            assert_eq!(compress_leaves(&elements), compress_many(None, compress_leaf, leaves));
            assert_eq!(compress_nodes(&elements), compress_many(None, compress_node, nodes));
        }
    }
}
