//! The argument as data, and its one canonical encoding.
//!
//! Every length follows from the configuration, so the encoding of the argument is a plain sequence of canonical field
//! elements (32 bytes, big-endian, below r), in transcript order. `file` has the containers around it.

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_statement::F;

use crate::config::COLUMNS;
use crate::error::check_length;
use crate::transcript::{Hint, Message};
use crate::whir::{self, Folded, Opened, Opening, Round, TreeOpening};
use crate::{Config, Error, range, sumcheck};

/// The argument: what the prover says (messages) and what helps the verifier (hints), in transcript order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// `y = Y~(rho_o, rho_t)`.
    pub output_value: Message<[F; 1]>,
    /// Rounds over the rank space (eq. 2).
    pub rank_sumcheck: Vec<Message<sumcheck::Round>>,
    /// `b`, `u` of every adapter.
    pub rank_values: Vec<Message<[F; 2]>>,
    /// Rounds over the input space (eq. 3).
    pub input_sumcheck: Vec<Message<sumcheck::Round>>,
    /// `a`, `x` of every adapter.
    pub input_values: Vec<Message<[F; 2]>>,
    /// Rounds of the range check (eq. 4).
    pub range_check: Vec<Message<range::Round>>,
    /// `w~(rho_w)` of every adapter.
    pub range_values: Vec<Message<[F; 1]>>,
    /// The opening.
    pub opening: Opening,
}

/// Reads the next element.
pub(crate) type Next<'a> = &'a mut dyn FnMut() -> Result<F, Error>;

fn read_array<const N: usize>(next: Next<'_>) -> Result<[F; N], Error> {
    let mut array = [F::from(0u64); N];
    for element in &mut array {
        *element = next()?;
    }
    Ok(array)
}

fn read_message<const N: usize>(next: Next<'_>) -> Result<Message<[F; N]>, Error> {
    read_array(next).map(Message::from_file)
}

pub(crate) fn read_vec<T>(count: usize, mut read: impl FnMut() -> Result<T, Error>) -> Result<Vec<T>, Error> {
    (0..count).map(|_| read()).collect()
}

impl Proof {
    /// No argument at all; refused by [`Self::check_shape`]. A prover's starting point.
    pub(crate) fn empty() -> Self {
        let zero = F::from(0u64);
        Self {
            output_value: Message::from_file([zero]),
            rank_sumcheck: Vec::new(),
            rank_values: Vec::new(),
            input_sumcheck: Vec::new(),
            input_values: Vec::new(),
            range_check: Vec::new(),
            range_values: Vec::new(),
            opening: Opening {
                join: Vec::new(),
                rounds: Vec::new(),
                final_polynomial: Message::from_file(Vec::new()),
                final_sumcheck: Vec::new(),
            },
        }
    }

    /// Checks every length against the configuration.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] names the field.
    pub fn check_shape(&self, config: &Config) -> Result<(), Error> {
        check_length("rank sumcheck", config.maxima().log_rank_space, self.rank_sumcheck.len())?;
        check_length("input sumcheck", config.maxima().log_input_space, self.input_sumcheck.len())?;
        check_length("range check", config.log_size(), self.range_check.len())?;
        check_length("rank values", config.adapters(), self.rank_values.len())?;
        check_length("input values", config.adapters(), self.input_values.len())?;
        check_length("range values", config.adapters(), self.range_values.len())?;
        whir::check_shape(config, &self.opening)
    }

    /// Visits every element in the order of the encoding.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a F)) {
        let mut all = |elements: &'a [F]| elements.iter().for_each(&mut *visit);
        all(self.output_value.unabsorbed());
        self.rank_sumcheck.iter().for_each(|round| all(round.unabsorbed()));
        self.rank_values.iter().for_each(|values| all(values.unabsorbed()));
        self.input_sumcheck.iter().for_each(|round| all(round.unabsorbed()));
        self.input_values.iter().for_each(|values| all(values.unabsorbed()));
        self.range_check.iter().for_each(|round| all(round.unabsorbed()));
        self.range_values.iter().for_each(|value| all(value.unabsorbed()));
        self.opening.join.iter().for_each(|round| all(round.unabsorbed()));
        for round in &self.opening.rounds {
            round.sumcheck.iter().for_each(|round| all(round.unabsorbed()));
            if let Some(folded) = &round.folded {
                all(folded.root.unabsorbed());
                all(folded.ood_value.unabsorbed());
            }
            all(round.nonce.unabsorbed());
            for tree in &round.trees {
                all(&tree.cap.0);
                for opened in &tree.opened.0 {
                    all(&opened.leaf);
                    opened.path.iter().for_each(|siblings| all(siblings));
                }
            }
        }
        all(self.opening.final_polynomial.unabsorbed());
        self.opening.final_sumcheck.iter().for_each(|round| all(round.unabsorbed()));
    }

    /// Reads the elements in the order of [`Self::visit`]; all lengths come from the configuration.
    ///
    /// # Errors
    /// Whatever `next` refuses.
    pub fn read(config: &Config, next: Next<'_>) -> Result<Self, Error> {
        let maxima = config.maxima();
        Ok(Self {
            output_value: read_message(next)?,
            rank_sumcheck: read_vec(maxima.log_rank_space, || read_message(next))?,
            rank_values: read_vec(config.adapters(), || read_message(next))?,
            input_sumcheck: read_vec(maxima.log_input_space, || read_message(next))?,
            input_values: read_vec(config.adapters(), || read_message(next))?,
            range_check: read_vec(config.log_size(), || read_message(next))?,
            range_values: read_vec(config.adapters(), || read_message(next))?,
            opening: read_opening(config, next)?,
        })
    }

    /// Number of elements of every proof under a configuration.
    pub fn element_count(config: &Config) -> usize {
        let mut count = 0usize;
        let zero = F::from(0u64);
        let counted = Self::read(config, &mut || {
            count = count.saturating_add(1);
            Ok(zero)
        });
        debug_assert!(counted.is_ok(), "reading zeros never fails");
        count
    }
}

fn read_opening(config: &Config, next: Next<'_>) -> Result<Opening, Error> {
    let join = read_vec(config.join_variables(), || read_message(next))?;
    let mut rounds = Vec::with_capacity(config.rounds.len());
    for (index, round) in config.rounds.iter().enumerate() {
        let is_last = index.saturating_add(1) == config.rounds.len();
        let sumcheck = read_vec(crate::config::FOLD, || read_message(next))?;
        let folded =
            if is_last { None } else { Some(Folded { root: read_message(next)?, ood_value: read_message(next)? }) };
        let nonce = read_message(next)?;
        let trees = read_vec(if index == 0 { config.commitments() } else { 1 }, || {
            let cap = Hint(read_vec(1usize << round.log_cap, &mut *next)?);
            let opened = read_vec(round.queries, || {
                let leaf = read_array::<COLUMNS>(next)?;
                Ok(Opened { leaf, path: read_vec(round.path_levels(), || read_array(next))? })
            })?;
            Ok(TreeOpening { cap, opened: Hint(opened) })
        })?;
        rounds.push(Round { sumcheck, folded, nonce, trees });
    }
    let final_polynomial = Message::from_file(read_vec(1usize << config.log_final, &mut *next)?);
    let final_sumcheck = read_vec(config.log_final, || read_message(next))?;
    Ok(Opening { join, rounds, final_polynomial, final_sumcheck })
}
