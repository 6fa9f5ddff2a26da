//! Merkle paths in a 4-ary tree that ends in a cap, and the root of the cap.
//!
//! Leaf `i` is child `i mod 4` of its parent: the two lowest bits of the position choose the child, the next two the
//! child one level up, and what is left selects the node of the cap. All four children of a level are witnessed, the
//! one that the bits select must equal the node below (three constraints), and they compress to the node above (264).
//! The cap is a hint; its own root, absorbed by the transcript, is what binds it.

use rankproof_poseidon::compression::NODE_ARITY;

use super::{bits, compression::compress_node};
use crate::{ConstraintSystem, F, Num};

const BITS_PER_LEVEL: usize = 2;

/// Enforces that `leaf` (a compressed leaf) sits at `position` under `cap`.
///
/// `levels` holds the four children of every level from the leaves up; `position` are the bits of the leaf's position,
/// low bit first; `cap` has `2^(position bits - 2 · levels)` nodes.
///
/// # Caller must
/// have enforced that the bits of `position` are boolean, and bind `cap` ([`cap_root`]).
///
/// # Panics
/// When the sizes do not fit together.
pub fn enforce_path(cs: &mut ConstraintSystem, leaf: &Num, position: &[Num], levels: &[[F; NODE_ARITY]], cap: &[Num]) {
    assert!(position.len() >= BITS_PER_LEVEL * levels.len(), "two bits a level");
    let (path_bits, cap_bits) = position.split_at(BITS_PER_LEVEL * levels.len());
    let mut node = leaf.clone();
    for (children, bits) in levels.iter().zip(path_bits.chunks_exact(BITS_PER_LEVEL)) {
        let children = children.map(|child| cs.witness(child));
        cs.group("child", |cs| enforce_child(cs, &children, bits, &node));
        node = cs.group("parent", |cs| compress_node(cs, &children));
    }
    cs.group("cap", |cs| {
        let selected = bits::select(cs, cap_bits, cap);
        cs.enforce_equal(&selected, &node);
    });
}

/// The child that two bits select is `node`: three constraints.
fn enforce_child(cs: &mut ConstraintSystem, children: &[Num; NODE_ARITY], bits: &[Num], node: &Num) {
    let [first, second, third, fourth] = children;
    let lower = cs.select(&bits[0], second, first);
    let upper = cs.select(&bits[0], fourth, third);
    // lower + bit · (upper - lower) = node
    cs.enforce(&bits[1], &(&upper - &lower), &(node - &lower));
}

/// The root of a cap: four to one, upwards; the last level is filled up with zeros.
pub fn cap_root(cs: &mut ConstraintSystem, cap: &[Num]) -> Num {
    let mut level = cap.to_vec();
    while level.len() > 1 {
        let parents = level.chunks(NODE_ARITY).map(|children| {
            let children = std::array::from_fn(|index| children.get(index).cloned().unwrap_or_else(Num::zero));
            compress_node(cs, &children)
        });
        level = parents.collect();
    }
    level.pop().unwrap_or_else(Num::zero)
}

#[cfg(test)]
mod tests {
    use ark_ff::{AdditiveGroup, Field};

    use super::*;
    use crate::gadgets::testing;

    /// A tree over 32 leaves with a cap of 2: the children of each level on the way up from `index`, and the cap.
    fn tree(leaves: &[F; 32], index: usize) -> ([[F; 4]; 2], Vec<F>) {
        let (mut nodes, mut index) = (leaves.to_vec(), index);
        let levels = [(); 2].map(|()| {
            let children = std::array::from_fn(|child| nodes[index / 4 * 4 + child]);
            nodes = rankproof_poseidon::compress_nodes(&nodes);
            index /= 4;
            children
        });
        (levels, nodes)
    }

    fn path(cs: &mut ConstraintSystem, leaf: F, index: u64, levels: &[[F; 4]], cap: &[F]) {
        let leaf = cs.witness(leaf);
        let cap: Vec<Num> = cap.iter().map(|&node| cs.witness(node)).collect();
        let position = cs.witness(F::from(index));
        let position = bits::to_bits(cs, &position, 5);
        cs.group("path", |cs| enforce_path(cs, &leaf, &position, levels, &cap));
    }

    #[test]
    fn accepts_every_leaf_at_its_place_and_nowhere_else() {
        let leaves: [F; 32] = testing::random();
        for index in 0..32 {
            let (levels, cap) = tree(&leaves, index);
            let run = |leaf, index: usize, levels: &[[F; 4]], cap: &[F]| {
                let mut cs = ConstraintSystem::recording();
                path(&mut cs, leaf, index as u64, levels, cap);
                assert_eq!(cs.num_constraints(), 6 + 2 * 267 + 2);
                cs.which_unsatisfied().map(|unsatisfied| unsatisfied.group)
            };
            assert_eq!(run(leaves[index], index, &levels, &cap), None);
            let rejected = |leaf, index, levels: &[[F; 4]], cap: &[F], group: &str| {
                assert_eq!(run(leaf, index, levels, cap).as_deref(), Some(group));
            };
            rejected(leaves[index] + F::ONE, index, &levels, &cap, "path/child");
            rejected(leaves[index], index ^ 1, &levels, &cap, "path/child");
            rejected(leaves[index], index ^ 8, &levels, &cap, "path/child");
            rejected(leaves[index], index ^ 16, &levels, &cap, "path/cap");
            rejected(leaves[index], index, &levels, &[cap[1], cap[0]], "path/cap");
            let mut sibling = levels;
            sibling[0][(index + 1) % 4] += F::ONE;
            rejected(leaves[index], index, &sibling, &cap, "path/child");
        }
    }

    #[test]
    fn determines_every_variable() {
        let leaves: [F; 32] = testing::random();
        let (levels, cap) = tree(&leaves, 22);
        testing::check(&[leaves[22], cap[0], cap[1]], "path", 5 + 2 * 267 + 2, |cs, [leaf, low, high]| {
            let position: Vec<Num> = [0u64, 1, 1, 0, 1].map(|bit| cs.boolean(bit == 1)).into();
            enforce_path(cs, leaf, &position, &levels, &[low.clone(), high.clone()]);
        });
    }

    #[test]
    fn rows_do_not_depend_on_the_position() {
        let leaves: [F; 32] = testing::random();
        let digests = [3, 30].map(|index| {
            let (levels, cap) = tree(&leaves, index);
            testing::digest(|cs| path(cs, leaves[index], index as u64, &levels, &cap))
        });
        assert_eq!(digests[0], digests[1]);
    }

    #[test]
    fn cap_root_fills_the_last_level_with_zeros() {
        let cap: [F; 8] = testing::random();
        let [low, high] = [&cap[..4], &cap[4..]].map(|children| rankproof_poseidon::compress_nodes(children)[0]);
        let root = rankproof_poseidon::compress_node(&[low, high, F::ZERO, F::ZERO]);
        testing::check(&cap, "cap", 3 * 264, |cs, cap| assert_eq!(cap_root(cs, cap).value(), root));
        let root = low;
        testing::check(&[cap[0], cap[1], cap[2], cap[3]], "cap", 264, |cs, cap| {
            assert_eq!(cap_root(cs, cap).value(), root);
        });
    }
}
