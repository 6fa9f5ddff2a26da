//! Merkle compression in constraints: `P(x)[0] + x[0]`, 555 constraints for a leaf of 16, 264 for a node of 4.

use rankproof_poseidon::{
    compression::{LEAF_WIDTH, NODE_ARITY},
    constants,
};

use super::permutation::permute;
use crate::{ConstraintSystem, Num};

/// Compresses one leaf of 16 elements.
pub fn compress_leaf(cs: &mut ConstraintSystem, leaf: &[Num; LEAF_WIDTH]) -> Num {
    let mut state = leaf.clone();
    permute(cs, &constants::T16, &mut state);
    &state[0] + &leaf[0]
}

/// Compresses four children into their parent.
pub fn compress_node(cs: &mut ConstraintSystem, children: &[Num; NODE_ARITY]) -> Num {
    let mut state = children.clone();
    permute(cs, &constants::T4, &mut state);
    &state[0] + &children[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gadgets::testing;

    #[test]
    fn leaf_agrees_with_native() {
        let leaf = testing::random();
        let native = rankproof_poseidon::compress_leaf(&leaf);
        testing::check(&leaf, "leaf", 555, |cs, leaf| assert_eq!(compress_leaf(cs, leaf).value(), native));
    }

    #[test]
    fn node_agrees_with_native() {
        let children = testing::random();
        let native = rankproof_poseidon::compress_node(&children);
        testing::check(&children, "node", 264, |cs, children| assert_eq!(compress_node(cs, children).value(), native));
    }
}
