//! Fiat-Shamir: what the prover says, in order, and the challenges drawn from it.
//!
//! A [`Message`] can only be sent or received through a [`Transcript`], which absorbs it; a [`Hint`] never is absorbed
//! and must be checked against something that was. The order of both is the order of docs/protocol.md sections 3, 4;
//! native prover, native verifier and circuit use the same labels, and [`Transcript::recording`] lets tests compare.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_poseidon::Duplex;
use rankproof_statement::{F, digest::tags};

/// The labels, in the order of first use.
pub mod labels {
    /// Digest, ids, roots and layouts that both sides know.
    pub const STATEMENT: &str = "statement";
    /// Combination of the runs that share an argument.
    pub const RUNS: &str = "delta";
    /// Output point.
    pub const OUTPUT_POINT: &str = "rho_o, rho_t";
    /// `Y~` there.
    pub const OUTPUT_VALUE: &str = "y";
    /// Rounds of the sumcheck over ranks.
    pub const RANK_ROUND: &str = "rank round";
    /// Its point.
    pub const RANK_POINT: &str = "rho_k";
    /// `b`, `u`.
    pub const RANK_VALUES: &str = "b, u";
    /// Combination of the adapters that share an argument.
    pub const ADAPTERS: &str = "mu";
    /// Rounds of the sumcheck over inputs.
    pub const INPUT_ROUND: &str = "input round";
    /// Its point.
    pub const INPUT_POINT: &str = "rho_j";
    /// `a`, `x`.
    pub const INPUT_VALUES: &str = "a, x";
    /// Point of the zerocheck.
    pub const RANGE_SEED: &str = "rho_z";
    /// Rounds of the range check.
    pub const RANGE_ROUND: &str = "range round";
    /// Its point.
    pub const RANGE_POINT: &str = "rho_w";
    /// `w~(rho_w)`.
    pub const RANGE_VALUE: &str = "w";
    /// Batching of the claims.
    pub const BATCHING: &str = "gamma";
    /// Sumcheck rounds of the opening.
    pub const FOLD_ROUND: &str = "fold round";
    /// Fold challenges.
    pub const FOLD: &str = "alpha";
    /// Root of a folded polynomial.
    pub const FOLDED_ROOT: &str = "folded root";
    /// Out-of-domain point.
    pub const OOD_POINT: &str = "ood point";
    /// Value there.
    pub const OOD_VALUE: &str = "ood value";
    /// Last polynomial.
    pub const FINAL_POLYNOMIAL: &str = "final polynomial";
    /// Proof of work.
    pub const NONCE: &str = "nonce";
    /// Its outcome.
    pub const WORK: &str = "work";
    /// Query positions.
    pub const POSITIONS: &str = "positions";
    /// Combination of the queries.
    pub const COMBINATION: &str = "combination";
}

/// Something the prover says; absorbed before the next challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<T>(T);

impl<T> Message<T> {
    /// Wraps what was read from a file; only [`Transcript::receive`] gives it to a verifier.
    pub fn from_file(value: T) -> Self {
        Self(value)
    }

    /// The value without absorbing it: for encoders, and for circuits, which allocate first and absorb in the circuit.
    pub fn unabsorbed(&self) -> &T {
        &self.0
    }

    /// Mutable access for encoders and tests.
    pub fn unabsorbed_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Something that helps the verifier and that it must check itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint<T>(pub T);

/// What happened in a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Absorbed data known to both sides.
    Public,
    /// Absorbed message.
    Message,
    /// Squeezed challenge.
    Challenge,
}

/// One entry of a recorded transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// From [`labels`].
    pub label: &'static str,
    /// What.
    pub kind: Kind,
    /// Field elements.
    pub length: usize,
}

/// One thing that a transcript does wrong, so that tests can say what would follow. Counted from 0.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The absorption of this number is left out.
    Unabsorbed(usize),
    /// The challenge of this number is one more than what was squeezed.
    Shifted(usize),
}

/// The Fiat-Shamir state of one side.
#[derive(Clone, Debug)]
pub struct Transcript {
    duplex: Duplex,
    events: Option<Vec<Event>>,
    fault: Option<Fault>,
}

impl Default for Transcript {
    fn default() -> Self {
        Self { duplex: Duplex::new(tags::TRANSCRIPT), events: None, fault: None }
    }
}

impl Transcript {
    /// A transcript that remembers its events.
    pub fn recording() -> Self {
        Self { events: Some(Vec::new()), ..Self::default() }
    }

    /// A transcript that does one thing wrong: for tests.
    #[doc(hidden)]
    pub fn with_fault(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    /// The events so far; empty unless recording.
    pub fn events(&self) -> &[Event] {
        self.events.as_deref().unwrap_or_default()
    }

    fn note(&mut self, label: &'static str, kind: Kind, length: usize) {
        if let Some(events) = &mut self.events {
            events.push(Event { label, kind, length });
        }
    }

    fn absorb(&mut self, elements: &[F]) {
        if let Some(Fault::Unabsorbed(before)) = self.fault {
            self.fault = before.checked_sub(1).map(Fault::Unabsorbed);
            if before == 0 {
                return;
            }
        }
        for element in elements {
            self.duplex.absorb(*element);
        }
    }

    fn squeeze(&mut self) -> F {
        let squeezed = self.duplex.squeeze();
        match self.fault {
            Some(Fault::Shifted(before)) => {
                self.fault = before.checked_sub(1).map(Fault::Shifted);
                squeezed + F::from(u64::from(before == 0))
            }
            _ => squeezed,
        }
    }

    /// Absorbs what both sides know.
    pub fn public(&mut self, label: &'static str, elements: &[F]) {
        self.note(label, Kind::Public, elements.len());
        self.absorb(elements);
    }

    /// Prover: absorbs a value and wraps it for the proof.
    pub fn send<T: AsRef<[F]>>(&mut self, label: &'static str, value: T) -> Message<T> {
        self.note(label, Kind::Message, value.as_ref().len());
        self.absorb(value.as_ref());
        Message(value)
    }

    /// Verifier: absorbs a message and hands out its value.
    pub fn receive<'a, T: AsRef<[F]>>(&mut self, label: &'static str, message: &'a Message<T>) -> &'a T {
        self.note(label, Kind::Message, message.0.as_ref().len());
        self.absorb(message.0.as_ref());
        &message.0
    }

    /// Draws one challenge.
    pub fn challenge(&mut self, label: &'static str) -> F {
        self.note(label, Kind::Challenge, 1);
        self.squeeze()
    }

    /// Draws several challenges.
    pub fn challenges(&mut self, label: &'static str, count: usize) -> Vec<F> {
        self.note(label, Kind::Challenge, count);
        (0..count).map(|_| self.squeeze()).collect()
    }

    /// The duplex, for grinding.
    pub(crate) fn duplex(&self) -> &Duplex {
        &self.duplex
    }
}
