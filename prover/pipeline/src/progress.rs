//! How a long stage tells its door where it is.
//!
//! The pipeline draws nothing: a door decides what progress looks like, or that nobody looks ([`Quiet`]).

/// Receives progress. Stages follow one another; a new stage ends the one before.
pub trait Progress: Sync {
    /// A stage begins, for instance "proving".
    fn stage(&self, name: &str);
    /// `done` of `total` units of the present stage are over.
    fn position(&self, done: u64, total: u64);
}

/// Nobody looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn stage(&self, _name: &str) {}
    fn position(&self, _done: u64, _total: u64) {}
}
