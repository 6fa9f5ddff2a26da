//! Interleaved Reed-Solomon codes over the multiplicative subgroups of the field.
//!
//! A table of `2^(4+m)` entries is cut into 16 columns of `2^m` (the first four variables name the column); each
//! column is read as the coefficients of a polynomial and evaluated on the subgroup of order `2^log_leaves`, in the
//! order `1, g, g^2, ..`. Leaf `i` holds the 16 values at `g^i`. Folding a codeword with `eq(alpha, .)` over the columns
//! gives the codeword of the folded table.

use ark_ff::{FftField, Field};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rankproof_poseidon::compress_leaves;
use rankproof_statement::F;
use rayon::prelude::*;

use crate::config::{COLUMNS, RoundConfig};
use crate::merkle::{Leaf, MerkleTree};

/// Leaves hashed together.
const BLOCK: usize = 256;

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

/// A codeword, one vector per column.
#[derive(Clone, Debug)]
pub struct Codeword {
    columns: Vec<Vec<F>>,
}

impl Codeword {
    /// Encodes a table for a round.
    ///
    /// # Panics
    /// When the table is not `2^(4 + log_degree)` entries.
    pub fn encode(table: &[F], round: &RoundConfig) -> Self {
        assert_eq!(table.len(), COLUMNS << round.log_degree, "sixteen columns");
        let domain = Radix2EvaluationDomain::<F>::new(1 << round.log_leaves).expect("within the two-adicity");
        let columns = table.par_chunks(1 << round.log_degree).map(|column| domain.fft(column)).collect();
        Self { columns }
    }

    /// One leaf.
    pub fn leaf(&self, position: usize) -> Leaf {
        std::array::from_fn(|column| self.columns[column][position])
    }

    /// Hashes all leaves into a tree.
    pub fn tree(&self, log_cap: usize) -> MerkleTree {
        let leaves = self.columns[0].len();
        let digests = (0..leaves.div_ceil(BLOCK))
            .into_par_iter()
            .flat_map_iter(|block| {
                let positions = block * BLOCK..leaves.min((block + 1) * BLOCK);
                let elements: Vec<F> = positions.flat_map(|position| self.leaf(position)).collect();
                compress_leaves(&elements)
            })
            .collect();
        MerkleTree::new(digests, log_cap)
    }
}

/// One leaf computed from nibbles alone, for a prover that keeps no codeword: per column the powers of the point are
/// summed by nibble value, so that it costs additions, not products.
pub fn leaf_of_nibbles(nibbles: &[u8], round: &RoundConfig, position: usize) -> Leaf {
    let x = domain_point(round.log_leaves, position);
    let size = 1usize << round.log_degree;
    let mut powers = Vec::with_capacity(size);
    let mut power = F::ONE;
    for _ in 0..size {
        powers.push(power);
        power *= x;
    }
    std::array::from_fn(|column| {
        let mut buckets = [F::from(0u64); 16];
        for (nibble, power) in nibbles[column * size..(column + 1) * size].iter().zip(&powers) {
            buckets[usize::from(*nibble & 15)] += power;
        }
        buckets.iter().enumerate().map(|(value, sum)| F::from(value as u64) * sum).sum()
    })
}
