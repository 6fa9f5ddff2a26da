//! The Fiat-Shamir transcript in constraints: the same labels in the same order as the native verifier.
//!
//! A message is a vector of witnessed numbers; [`TranscriptVar::receive`] absorbs it before anything is drawn after it.
//! Hints are witnessed where they are used and never come here.

use rankproof_lora_proof::transcript::{Event, Kind};
use rankproof_statement::digest::tags;

use crate::gadgets::sponge::Duplex;
use crate::{ConstraintSystem, Num};

/// The Fiat-Shamir state of the circuit, and what happened in it.
#[derive(Debug)]
pub struct TranscriptVar {
    duplex: Duplex,
    events: Vec<Event>,
}

impl Default for TranscriptVar {
    fn default() -> Self {
        Self { duplex: Duplex::new(tags::TRANSCRIPT), events: Vec::new() }
    }
}

impl TranscriptVar {
    /// The events so far, to be compared with the native verifier's.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    fn absorb(&mut self, cs: &mut ConstraintSystem, label: &'static str, kind: Kind, elements: &[Num]) {
        self.events.push(Event { label, kind, length: elements.len() });
        elements.iter().for_each(|element| self.duplex.absorb(cs, element));
    }

    /// Absorbs what both sides know.
    pub fn public(&mut self, cs: &mut ConstraintSystem, label: &'static str, elements: &[Num]) {
        self.absorb(cs, label, Kind::Public, elements);
    }

    /// Absorbs a message.
    pub fn receive(&mut self, cs: &mut ConstraintSystem, label: &'static str, elements: &[Num]) {
        self.absorb(cs, label, Kind::Message, elements);
    }

    /// Draws one challenge, as a single variable.
    pub fn challenge(&mut self, cs: &mut ConstraintSystem, label: &'static str) -> Num {
        self.events.push(Event { label, kind: Kind::Challenge, length: 1 });
        let squeezed = self.duplex.squeeze(cs);
        cs.reduce(&squeezed)
    }

    /// Draws several challenges.
    pub fn challenges(&mut self, cs: &mut ConstraintSystem, label: &'static str, count: usize) -> Vec<Num> {
        self.events.push(Event { label, kind: Kind::Challenge, length: count });
        (0..count)
            .map(|_| {
                let squeezed = self.duplex.squeeze(cs);
                cs.reduce(&squeezed)
            })
            .collect()
    }
}
