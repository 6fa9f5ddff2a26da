//! The LoRA proof: a transparent argument that a committed adapter turned inputs into outputs.
//!
//! Two short sumchecks over the rank and the input space, one range check, one opening, whatever the number of
//! modules (docs/protocol.md sections 3 and 4). The proof is succinct but **not** zero-knowledge: it stays with the
//! owner of the adapter, who publishes a seal of it.
//!
//! * [`profile`]: the named sets of parameters; [`config`]: the configuration derived from one, its digest; [`security`]:
//!   what that configuration is worth, term by term.
//! * [`transcript`], [`merkle`], [`reed_solomon`], [`multilinear`], [`sumcheck`], [`range`], [`whir`]: the parts; prover
//!   and verifier of one step share a page. [`table`], [`product`], [`weights`]: what only the prover
//!   has, as integers or piece by piece.
//! * [`claims`]: the claims about the committed polynomials, eq. 5 and 6.
//! * [`commitment`], [`argument`]: commit, prove; [`subject`]: verify; [`shared`]: several runs, and several adapters, under
//!   one argument.
//! * [`memory`]: what a prover holds, phase by phase.
//! * [`proof`]: the argument as data, and its one canonical encoding; [`mod@file`]: the files around it.

pub mod argument;
pub mod claims;
pub mod commitment;
pub mod config;
mod error;
pub mod file;
mod join;
pub mod memory;
pub mod merkle;
pub mod multilinear;
pub mod product;
pub mod profile;
pub mod proof;
pub mod range;
pub mod reed_solomon;
pub mod security;
pub mod shared;
pub mod subject;
pub mod sumcheck;
pub mod table;
pub mod transcript;
pub mod weights;
pub mod whir;

pub use argument::{ActivationsOpening, LoraProof, prove, prove_registration, verify};
pub use commitment::{Commitment, commit_activations, commit_weights};
pub use config::{Config, Parameters};
pub use error::{Error, Oracle};
pub use profile::Profile;
pub use proof::Proof;
pub use rankproof_statement::F;
pub use shared::{AdapterRequest, RunRequest, SharedAdapter, SharedProof, SharedRun, prove_shared};
pub use subject::{AdapterRuns, Subject};
