//! Interleaved Reed-Solomon codes over the multiplicative subgroups of the field.
//!
//! A table of `2^(4+m)` entries is cut into 16 columns of `2^m` (the first four variables name the column); each
//! column is read as the coefficients of a polynomial and evaluated on the subgroup of order `2^log_leaves`, in the
//! order `1, g, g^2, ..`. Leaf `i` holds the 16 values at `g^i`. Folding a codeword with `eq(alpha, .)` over the columns
//! gives the codeword of the folded table.
//!
//! A codeword is many times its table, so it is never held. The subgroup is the union of the cosets `g^s <h>`, where h
//! has the order `2^b` of a *block* and `s = 0, 1, ..`; leaf `s + 2^(log_leaves - b) i` is at `g^s h^i`. On one coset
//! `x^(2^b)` is a constant c, so a column is reduced to its remainder modulo `x^(2^b) - c` and transformed, the leaves
//! of the block are hashed, and the block is dropped. A queried leaf is computed again from the table.

use ark_ff::{AdditiveGroup, FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rankproof_poseidon::compress_leaves;
use rankproof_statement::F;
use rayon::prelude::*;

use crate::config::{COLUMNS, RoundConfig};
use crate::merkle::{Leaf, MerkleTree};
use crate::table::{Entry, STEP, powers, univariate_with};

/// Leaves hashed together.
const HASHED_TOGETHER: usize = 256;
/// Base-2 logarithm of the most leaves in a block: a column of it stays in a core's cache.
pub const LOG_BLOCK_MAX: usize = 15;

/// The generator of the evaluation domain, of order `2^log_leaves`.
///
/// # Panics
/// When the order exceeds the two-adicity; configurations never do.
pub fn generator(log_leaves: usize) -> F {
    F::get_root_of_unity(1 << log_leaves).expect("the domain lies within the two-adicity")
}

/// The evaluation point of a leaf.
pub fn domain_point(log_leaves: usize, position: usize) -> F {
    generator(log_leaves).pow([position as u64])
}

/// Base-2 logarithm of the leaves in a block of this round.
pub fn log_block(round: &RoundConfig) -> usize {
    round.log_degree.min(LOG_BLOCK_MAX)
}

/// The tree over the codeword of a table.
///
/// # Panics
/// When the table is not `2^(4 + log_degree)` entries.
pub fn tree<E: Entry>(table: &[E], round: &RoundConfig) -> MerkleTree {
    MerkleTree::new(leaf_digests(table, round, log_block(round)), round.log_cap)
}

/// The digests of all leaves, block by block.
fn leaf_digests<E: Entry>(table: &[E], round: &RoundConfig, log_block: usize) -> Vec<F> {
    assert_eq!(table.len(), COLUMNS << round.log_degree, "sixteen columns");
    let blocks = 1usize << (round.log_leaves - log_block);
    let domain = Radix2EvaluationDomain::<F>::new(1 << log_block).expect("within the two-adicity");
    let mut digests = vec![F::ZERO; 1 << round.log_leaves];
    let mut columns = vec![vec![F::ZERO; 1 << log_block]; COLUMNS];
    for block in 0..blocks {
        let offset = domain_point(round.log_leaves, block);
        let shifts = powers(offset, 1 << log_block);
        let constants = powers(offset.pow([1 << log_block]), 1 << (round.log_degree - log_block));
        table.par_chunks(1 << round.log_degree).zip(&mut columns).for_each(|(table, column)| {
            column.resize(1 << log_block, F::ZERO);
            for (index, (value, shift)) in column.iter_mut().zip(&shifts).enumerate() {
                *value = E::dot(table[index..].iter().step_by(1 << log_block).copied(), &constants) * shift;
            }
            domain.fft_in_place(column);
        });
        let shares = digests.par_chunks_mut(HASHED_TOGETHER * blocks).enumerate();
        shares.for_each(|(share, digests)| {
            let first = share * HASHED_TOGETHER;
            let leaves = first..first + digests.len() / blocks;
            let elements: Vec<F> = leaves.flat_map(|leaf| columns.iter().map(move |column| column[leaf])).collect();
            let hashed = compress_leaves(&elements);
            digests[block..].iter_mut().step_by(blocks).zip(hashed).for_each(|(digest, hash)| *digest = hash);
        });
    }
    digests
}

/// One leaf, computed from the table.
pub fn leaf<E: Entry>(table: &[E], round: &RoundConfig, position: usize) -> Leaf {
    let x = domain_point(round.log_leaves, position);
    let steps = powers(x, STEP);
    let stride = x.pow([STEP as u64]);
    let size = 1usize << round.log_degree;
    std::array::from_fn(|column| univariate_with(&table[column * size..(column + 1) * size], &steps, stride))
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::{Rng, SeedableRng};
    use rankproof_poseidon::compress_leaf;

    use super::*;
    use crate::Profile;

    /// The definition: each column evaluated at every point.
    #[test]
    fn blocks_of_every_size_give_the_leaves_of_the_definition() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let round = &Profile::Tiny.config().rounds[1];
        let integers: Vec<i64> = (0..COLUMNS << round.log_degree).map(|_| rng.r#gen()).collect();
        let elements: Vec<F> = (0..COLUMNS << round.log_degree).map(|_| F::rand(&mut rng)).collect();
        let x = |position| domain_point(round.log_leaves, position);
        let defined = |position| -> Leaf {
            let mut columns = elements.chunks(1 << round.log_degree);
            std::array::from_fn(|_| crate::multilinear::horner(columns.next().expect("sixteen"), x(position)))
        };
        for position in [0, 1, 77, (1 << round.log_leaves) - 1] {
            assert_eq!(leaf(&elements, round, position), defined(position));
        }
        for log_block in 0..=round.log_degree {
            let digests = leaf_digests(&integers, round, log_block);
            for position in (0..1 << round.log_leaves).step_by(61) {
                assert_eq!(digests[position], compress_leaf(&leaf(&integers, round, position)), "2^{log_block}");
            }
            assert_eq!(leaf_digests(&elements, round, log_block)[5], compress_leaf(&defined(5)));
        }
    }

    /// Columns that are longer than one table of powers.
    #[test]
    fn leaves_of_long_columns_are_those_of_the_definition() {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(2);
        let round = &Profile::Small.config().rounds[0];
        assert!(1 << round.log_degree > STEP);
        let nibbles: Vec<u8> = (0..COLUMNS << round.log_degree).map(|_| rng.gen_range(0..16)).collect();
        let position = 12_345;
        let x = domain_point(round.log_leaves, position);
        for (column, value) in nibbles.chunks(1 << round.log_degree).zip(leaf(&nibbles, round, position)) {
            let column: Vec<F> = column.iter().map(|nibble| F::from(*nibble)).collect();
            assert_eq!(value, crate::multilinear::horner(&column, x));
        }
    }
}
