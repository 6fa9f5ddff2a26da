//! Parameters chosen by a profile, and the configuration derived from them.
//!
//! Nothing here is ever read from a proof: prover, verifier and circuit take the same [`Config`], and its digest is
//! the first thing the transcript absorbs and part of both ids.

use rankproof_poseidon::hash;
use rankproof_statement::{F, Maxima, digest::tags};
use serde::{Deserialize, Serialize};

use crate::{Error, security};

/// Version of the argument; a change of transcript, layout or encoding changes it.
pub const VERSION: u64 = 1;
/// Variables folded per round: a leaf is 16 elements.
pub const FOLD: usize = 4;
/// Columns of a leaf.
pub const COLUMNS: usize = 1 << FOLD;
/// [`Parameters::log_final_max`] of most profiles.
pub const LOG_FINAL_MAX: usize = 7;
/// [`Parameters::log_cap_max`] of most profiles.
pub const LOG_CAP_MAX: usize = 7;
/// Most statements that share one argument.
pub const MAX_STATEMENTS: usize = 64;
/// Two-adicity of the field: the largest domain is `2^28`.
pub const TWO_ADICITY: usize = 28;
/// Bits of one squeezed element that may be used: the bias of `x mod 2^125` is below `2^-128`.
pub const USABLE_BITS: usize = 125;

/// What a profile chooses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// What fits.
    pub maxima: Maxima,
    /// Every term of the security report is at least this many bits.
    pub security_bits: u32,
    /// Base-2 logarithm of the inverse rate of the first codes.
    pub log_inverse_rate: usize,
    /// Base-2 logarithm of how much smaller each codeword is than the one before: 1 or 2.
    pub log_domain_shrink: usize,
    /// `m` of the Johnson regime: the distance is `1 - sqrt(rate) (1 + 1/(2m))`.
    pub proximity_margin: u32,
    /// Most grinding bits of the first round, and of the later ones.
    pub max_pow_bits: [u32; 2],
    /// Adapters that share one argument.
    pub adapters: usize,
    /// Runs of each adapter that share one argument.
    pub runs: usize,
    /// The last polynomial is sent in the clear when at most this many variables are left: 4 to 10.
    pub log_final_max: usize,
    /// A Merkle cap has at most two to this many nodes, 2 to 10: exactly that many, or half of it, so that paths end in it.
    pub log_cap_max: usize,
}

impl Parameters {
    /// Statements of one argument: runs of all adapters.
    pub const fn statements(&self) -> usize {
        self.adapters.saturating_mul(self.runs)
    }

    /// The same codes for polynomials of another size; no index space is larger than half of one.
    #[must_use]
    pub fn with_log_size(mut self, log_size: usize) -> Self {
        let maxima = &mut self.maxima;
        maxima.log_size = log_size;
        for space in [&mut maxima.log_input_space, &mut maxima.log_output_space] {
            *space = (*space).min(log_size.saturating_sub(1));
        }
        self
    }
}

/// One query phase: into the codeword committed before fold `round`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoundConfig {
    /// Base-2 logarithm of the number of leaves.
    pub log_leaves: usize,
    /// Variables left after this round's fold: a column is a polynomial of `2^log_degree` coefficients.
    pub log_degree: usize,
    /// `log_leaves - log_degree`.
    pub log_inverse_rate: usize,
    /// Queries.
    pub queries: usize,
    /// Grinding before the queries.
    pub pow_bits: u32,
    /// Base-2 logarithm of the size of the Merkle cap.
    pub log_cap: usize,
}

impl RoundConfig {
    /// Levels of a Merkle path, 4 children each.
    pub fn path_levels(&self) -> usize {
        self.log_leaves.saturating_sub(self.log_cap) / 2
    }

    /// Query positions taken from one squeezed element.
    pub fn positions_per_element(&self) -> usize {
        USABLE_BITS / self.log_leaves.max(1)
    }

    /// Squeezed elements that the positions of this round need.
    pub fn position_elements(&self) -> usize {
        self.queries.div_ceil(self.positions_per_element())
    }
}

/// Everything prover, verifier and circuit need to know; derived, never chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Config {
    /// What it was derived from.
    pub parameters: Parameters,
    /// The query phases, first one into all committed polynomials.
    pub rounds: Vec<RoundConfig>,
    /// Variables of the last polynomial.
    pub log_final: usize,
}

impl Config {
    /// Derives the configuration.
    ///
    /// # Errors
    /// [`Error::Parameters`] when the sizes make no sense or a term of the security report stays below the target.
    pub fn new(parameters: Parameters) -> Result<Self, Error> {
        let n = parameters.maxima.log_size;
        if !(4..=10).contains(&parameters.log_final_max) || !(2..=10).contains(&parameters.log_cap_max) {
            return Err(Error::Parameters("log_final_max must be 4 to 10, log_cap_max 2 to 10"));
        }
        if n <= parameters.log_final_max || parameters.log_inverse_rate == 0 || parameters.proximity_margin < 3 {
            return Err(Error::Parameters("size, rate or proximity margin too small"));
        }
        let maxima = &parameters.maxima;
        let spaces = [maxima.log_rank_space, maxima.log_input_space, maxima.log_output_space, maxima.log_tokens];
        if maxima.modules == 0 || maxima.modules > usize::from(u16::MAX) || spaces.iter().any(|log| *log > TWO_ADICITY)
        {
            return Err(Error::Parameters("no module, too many modules, or an index space too large"));
        }
        if !(1..=MAX_STATEMENTS).contains(&parameters.statements()) {
            return Err(Error::Parameters("runs of all adapters together must be 1 to 64"));
        }
        if !(1..=2).contains(&parameters.log_domain_shrink) {
            return Err(Error::Parameters("log_domain_shrink must be 1 or 2"));
        }
        let mut rounds = Vec::new();
        let mut variables = n;
        while variables > parameters.log_final_max {
            let round = rounds.len();
            let log_leaves = n
                .checked_add(parameters.log_inverse_rate)
                .and_then(|log| log.checked_sub(parameters.log_domain_shrink * round + FOLD))
                .ok_or(Error::Parameters("a domain is too large or a rate too high"))?;
            variables =
                variables.checked_sub(FOLD).ok_or(Error::Parameters("size is not reachable by folds of four"))?;
            if log_leaves > TWO_ADICITY || log_leaves <= variables {
                return Err(Error::Parameters("a domain is too large or a rate too high"));
            }
            let log_inverse_rate = log_leaves - variables;
            let [first, later] = parameters.max_pow_bits;
            let (queries, pow_bits) = security::queries(
                parameters.security_bits,
                if round == 0 { first } else { later },
                log_inverse_rate,
                parameters.proximity_margin,
            );
            // Levels of a path are two bits each.
            let log_cap = parameters.log_cap_max - log_leaves.abs_diff(parameters.log_cap_max) % 2;
            if log_leaves < log_cap {
                return Err(Error::Parameters("a tree is smaller than its cap"));
            }
            rounds.push(RoundConfig {
                log_leaves,
                log_degree: variables,
                log_inverse_rate,
                queries,
                pow_bits,
                log_cap,
            });
        }
        let config = Self { parameters, rounds, log_final: variables };
        if config.security_report().min_bits() < f64::from(config.parameters.security_bits) {
            return Err(Error::Parameters("a term of the security report stays below the target"));
        }
        Ok(config)
    }

    /// What fits.
    pub fn maxima(&self) -> &Maxima {
        &self.parameters.maxima
    }

    /// Adapters that share one argument.
    pub fn adapters(&self) -> usize {
        self.parameters.adapters
    }

    /// Runs of each adapter that share one argument.
    pub fn runs(&self) -> usize {
        self.parameters.runs
    }

    /// Statements of one argument: runs of all adapters.
    pub fn statements(&self) -> usize {
        self.parameters.statements()
    }

    /// Committed polynomials: for every adapter its weights, then the activations of each of its runs.
    pub fn commitments(&self) -> usize {
        self.adapters().saturating_mul(self.runs().saturating_add(1))
    }

    /// Variables that join the committed polynomials into one: `ceil(log2(commitments))`.
    pub fn join_variables(&self) -> usize {
        self.commitments().next_power_of_two().trailing_zeros() as usize
    }

    /// Variables of each committed polynomial.
    pub fn log_size(&self) -> usize {
        self.parameters.maxima.log_size
    }

    /// Security term by term.
    pub fn security_report(&self) -> security::Report {
        security::report(self)
    }

    /// `inner_digest`: everything above, hashed. Two configurations share a digest only if they are equal.
    pub fn inner_digest(&self) -> F {
        let parameters = &self.parameters;
        let maxima = &parameters.maxima;
        let [first, later] = parameters.max_pow_bits;
        let mut numbers = vec![
            VERSION,
            maxima.log_size as u64,
            maxima.modules as u64,
            maxima.log_rank_space as u64,
            maxima.log_input_space as u64,
            maxima.log_output_space as u64,
            maxima.log_tokens as u64,
            u64::from(parameters.security_bits),
            parameters.log_inverse_rate as u64,
            parameters.log_domain_shrink as u64,
            u64::from(parameters.proximity_margin),
            u64::from(first),
            u64::from(later),
            FOLD as u64,
            self.log_final as u64,
            self.rounds.len() as u64,
        ];
        for round in &self.rounds {
            numbers.extend([
                round.log_leaves as u64,
                round.log_degree as u64,
                round.queries as u64,
                u64::from(round.pow_bits),
                round.log_cap as u64,
            ]);
        }
        // What most profiles have is left out: one number more is the runs, three more are sizes too, four are all.
        let sizes = [parameters.log_final_max, parameters.log_cap_max];
        let usual_sizes = sizes == [LOG_FINAL_MAX, LOG_CAP_MAX];
        let one_adapter = parameters.adapters == 1;
        if parameters.runs > 1 || !usual_sizes || !one_adapter {
            numbers.push(parameters.runs as u64);
        }
        if !usual_sizes || !one_adapter {
            numbers.extend(sizes.map(|size| size as u64));
        }
        if !one_adapter {
            numbers.push(parameters.adapters as u64);
        }
        hash(tags::INNER, &numbers.into_iter().map(F::from).collect::<Vec<_>>())
    }
}
