//! The ids of a statement and everything they bind (docs/protocol.md section 1).
//!
//! Both ids are hiding: their salts are uniform. Byte strings enter as two 128-bit limbs, high limb first. What a
//! reader relies on but no circuit interprets (module names, real sizes, scales) is bound through SHA-256 digests of
//! canonical byte strings, so that any language can recompute them.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use ark_ff::PrimeField;
use rankproof_poseidon::hash;
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use crate::field::{limbs, size, to_canonical_bytes};
use crate::{Error, F, QuantizedActivations, QuantizedAdapter};

/// The domains of the tagged hash.
pub mod tags {
    use rankproof_poseidon::Tag;

    /// Adapter id.
    pub const ADAPTER: Tag = Tag(1);
    /// Activations id.
    pub const ACTIVATIONS: Tag = Tag(2);
    /// Out-of-domain point of a commitment.
    pub const OUT_OF_DOMAIN: Tag = Tag(3);
    /// What the circuit interprets of an adapter.
    pub const WEIGHTS_LAYOUT: Tag = Tag(4);
    /// What the circuit interprets of a run.
    pub const INPUTS_LAYOUT: Tag = Tag(5);
    /// Leaf of a seal's tree.
    pub const LEAF: Tag = Tag(6);
    /// Digest of the inner configuration.
    pub const INNER: Tag = Tag(7);
    /// Fiat-Shamir transcript.
    pub const TRANSCRIPT: Tag = Tag(8);
}

/// What the adapter id commits to. Private to the owner: the salt hides the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterPreimage {
    /// Merkle root of the encoded weights.
    pub weights_root: F,
    /// Value of the weights polynomial at the out-of-domain point.
    pub weights_ood: F,
    /// SHA-256 of [`manifest_bytes`].
    pub manifest_digest: [u8; 32],
    /// Digest of the base model, as declared.
    pub base_model_digest: [u8; 32],
    /// Uniform salt.
    pub salt: F,
}

impl AdapterPreimage {
    /// The elements hashed, in order.
    pub fn elements(&self, inner_digest: F, weights_layout: F) -> [F; 9] {
        let [manifest_high, manifest_low] = limbs(&self.manifest_digest);
        let [base_high, base_low] = limbs(&self.base_model_digest);
        [
            inner_digest,
            self.weights_root,
            self.weights_ood,
            weights_layout,
            manifest_high,
            manifest_low,
            base_high,
            base_low,
            self.salt,
        ]
    }

    /// The adapter id.
    pub fn id(&self, inner_digest: F, weights_layout: F) -> F {
        hash(tags::ADAPTER, &self.elements(inner_digest, weights_layout))
    }
}

/// What the activations id commits to. The salt goes to the client together with the outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivationsPreimage {
    /// Merkle root of the encoded activations.
    pub activations_root: F,
    /// Value of the activations polynomial at the out-of-domain point.
    pub activations_ood: F,
    /// SHA-256 of [`scales_bytes`].
    pub scales_digest: [u8; 32],
    /// Uniform salt.
    pub salt: F,
}

impl ActivationsPreimage {
    /// The elements hashed, in order.
    pub fn elements(&self, inner_digest: F, weights_layout: F, inputs_layout: F) -> [F; 8] {
        let [scales_high, scales_low] = limbs(&self.scales_digest);
        [
            inner_digest,
            self.activations_root,
            self.activations_ood,
            weights_layout,
            inputs_layout,
            scales_high,
            scales_low,
            self.salt,
        ]
    }

    /// The activations id.
    pub fn id(&self, inner_digest: F, weights_layout: F, inputs_layout: F) -> F {
        hash(tags::ACTIVATIONS, &self.elements(inner_digest, weights_layout, inputs_layout))
    }
}

/// The out-of-domain point of a committed polynomial: it exists only after the root.
pub fn out_of_domain_point(inner_digest: F, root: F) -> F {
    hash(tags::OUT_OF_DOMAIN, &[inner_digest, root])
}

/// Names, real sizes and output scales, in slot order: `"rankproof.manifest.v1"`, the number of modules, then per
/// module the name's length and bytes, `in_features`, `out_features`, `rank` and the output scales. Integers are
/// 8 bytes big-endian, scales the big-endian bytes of their IEEE-754 double.
pub fn manifest_bytes(adapter: &QuantizedAdapter) -> Vec<u8> {
    let mut bytes = b"rankproof.manifest.v1".to_vec();
    let mut put = |value: u64, tail: &[u8]| {
        bytes.extend_from_slice(&value.to_be_bytes());
        bytes.extend_from_slice(tail);
    };
    put(size(adapter.modules.len()), &[]);
    for module in &adapter.modules {
        put(size(module.name.len()), module.name.as_bytes());
        put(size(module.in_features), &[]);
        put(size(module.out_features), &[]);
        put(size(module.rank), &[]);
        for scale in &module.out_scale {
            put(scale.to_bits(), &[]);
        }
    }
    bytes
}

/// Real token count and token scales, in slot order: `"rankproof.scales.v1"`, the number of modules, the number of
/// tokens, then the token scales of each module; encoded as in [`manifest_bytes`].
pub fn scales_bytes(activations: &[QuantizedActivations]) -> Vec<u8> {
    let mut bytes = b"rankproof.scales.v1".to_vec();
    bytes.extend_from_slice(&size(activations.len()).to_be_bytes());
    bytes.extend_from_slice(&size(activations.first().map_or(0, |entry| entry.tokens)).to_be_bytes());
    for scale in activations.iter().flat_map(|entry| &entry.token_scale) {
        bytes.extend_from_slice(&scale.to_bits().to_be_bytes());
    }
    bytes
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Context kind that binds what an application decides.
pub const CONTEXT_USE: u8 = 1;
/// Context kind of a registration; only [`registration_context`] makes it.
pub const CONTEXT_REGISTRATION: u8 = 2;

/// A context of kind 1: `2^248 + (keccak256(fields) mod 2^248)`. The application decides the fields, at least chain id,
/// contract and request.
pub fn use_context(fields: &[u8]) -> F {
    context(CONTEXT_USE, fields)
}

/// A context of kind 2: that in which `owner` proves an adapter in order to register it in the contract `registry` on
/// the chain `chain_id`. The fields are `abi.encode(chain_id, registry, owner)`, three words, as in
/// `contracts/libraries/ContextLib.sol`; addresses are their 20 bytes.
///
/// # Caller must
/// take all three from the person who registers, each by its name: a statement in this context gives the adapter's
/// entry to `owner`.
pub fn registration_context(chain_id: u64, registry: &[u8; 20], owner: &[u8; 20]) -> F {
    let mut fields = vec![0; 24];
    fields.extend_from_slice(&chain_id.to_be_bytes());
    for address in [registry, owner] {
        fields.extend_from_slice(&[0; 12]);
        fields.extend_from_slice(address);
    }
    context(CONTEXT_REGISTRATION, &fields)
}

/// Who registers an adapter, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Id of the chain.
    pub chain_id: u64,
    /// Address of the registry.
    pub registry: [u8; 20],
    /// Address of the owner that the entry will have.
    pub owner: [u8; 20],
}

impl Registration {
    /// [`registration_context`] of the three.
    pub fn context(&self) -> F {
        registration_context(self.chain_id, &self.registry, &self.owner)
    }
}

fn context(kind: u8, fields: &[u8]) -> F {
    let mut bytes: [u8; 32] = Keccak256::digest(fields).into();
    let [top, ..] = &mut bytes;
    *top = kind;
    F::from_be_bytes_mod_order(&bytes) // kinds are at most 2, so it is below 2^250 < r: nothing is reduced
}

/// The kind of a context, its bits from 248 up.
pub fn context_kind(context: &F) -> u8 {
    to_canonical_bytes(context)[0]
}

/// Refuses the context kinds that a prover must not sign.
///
/// # Errors
/// [`Error::ReservedContextKind`] for kind 2 and above.
pub fn check_context(context: &F) -> Result<(), Error> {
    let kind = context_kind(context);
    if kind >= CONTEXT_REGISTRATION { Err(Error::ReservedContextKind { kind }) } else { Ok(()) }
}
