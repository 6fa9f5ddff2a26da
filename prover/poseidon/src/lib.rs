//! Poseidon2 over the BN254 scalar field: the one hash of Rankproof, native side.
//!
//! * [`permutation`]: widths 4 and 16 on the published [`constants`].
//! * [`compression`]: 16 elements to 1 (Merkle leaves) and 4 to 1 (Merkle nodes), `P(x)[0] + x[0]`.
//! * [`sponge`]: rate 3, capacity 1: tagged fixed-length hashing, and the duplex that drives Fiat-Shamir.
//! * [`grinding`]: proof of work on a duplex.
//!
//! Domains are separated by width (leaves against everything else) and by the capacity tag (`sponge`). Collision
//! resistance rests on the 127 bits of one field element. The circuit gadgets mirror these files by name.

pub mod compression;
pub mod constants;
pub mod grinding;
mod lanes;
pub mod permutation;
pub mod sponge;

/// The scalar field of BN254.
pub type F = ark_bn254::Fr;

pub use compression::{compress_leaf, compress_leaves, compress_node, compress_nodes, root_of_nodes};
pub use permutation::Parameters;
pub use sponge::{Duplex, Tag, hash};
