//! What a configuration is worth: every term of the round-by-round soundness error, in bits.
//!
//! Johnson bound only: distance `1 - sqrt(rate) - eta` with `eta = sqrt(rate)/(2m)`; no conjecture up to capacity.
//! Terms follow WHIR (ePrint 2024/1586, section 5) for an interleaved Reed-Solomon code whose columns are folded by
//! multilinear combinations. The mutual correlated agreement term uses the weaker, older form
//! `2^(2 log_leaves) / (|F| (2 eta)^7)` (ePrint 2020/654, theorem 1.2, carried to mutual agreement), which later
//! results improve; it has room to spare. Grinding counts toward the query terms. All terms are statistical in the
//! random-oracle model; on top stand the collision resistance of Poseidon2 (127 bits generic) and, for a seal, Groth16
//! over BN254 (about 100 bits by current estimates).

use serde::Serialize;

use crate::config::{COLUMNS, Config, FOLD};

/// `floor(log2 r)`: every error over the field is divided by at most this.
pub const FIELD_BITS: f64 = 253.0;
/// Degree of the range check's round polynomials, eq factor included.
const RANGE_DEGREE: f64 = 17.0;
/// Claims about each adapter in the batched opening: `a`, `b`, `w`, its out-of-domain value, `x`.
const CLAIMS: f64 = 5.0; // besides `y`, and one out-of-domain value for each run

/// One term.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    /// What can go wrong.
    pub name: String,
    /// `-log2` of its probability, grinding included.
    pub bits: f64,
    /// Grinding bits in `bits`.
    pub pow_bits: u32,
}

/// All terms of a configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The terms, in the order of the protocol.
    pub terms: Vec<Term>,
}

impl Report {
    /// The smallest term.
    pub fn min_bits(&self) -> f64 {
        self.terms.iter().map(|term| term.bits).fold(f64::INFINITY, f64::min)
    }

    /// The smallest term, rounded down: the level that is advertised.
    pub fn security_bits(&self) -> u32 {
        self.min_bits().max(0.0).floor() as u32
    }

    /// `-log2` of the sum of all terms.
    pub fn union_bound_bits(&self) -> f64 {
        -self.terms.iter().map(|term| (-term.bits).exp2()).sum::<f64>().log2()
    }
}

/// `-log2(sqrt(rate) + eta)`: what one query is worth.
pub fn bits_per_query(log_inverse_rate: usize, margin: u32) -> f64 {
    0.5 * log_inverse_rate as f64 - (1.0 + 0.5 / f64::from(margin)).log2()
}

/// `log2` of the list size at that distance, `1 / (2 eta sqrt(rate)) = m / rate`.
pub fn log_list_size(log_inverse_rate: usize, margin: u32) -> f64 {
    f64::from(margin).log2() + log_inverse_rate as f64
}

/// Queries, and the grinding that is really needed with them, for `target` bits with at most `max_pow` bits of work.
pub fn queries(target: u32, max_pow: u32, log_inverse_rate: usize, margin: u32) -> (usize, u32) {
    let per_query = bits_per_query(log_inverse_rate, margin);
    let queries = (f64::from(target.saturating_sub(max_pow)) / per_query).ceil().max(1.0);
    let pow = (f64::from(target) - queries * per_query).ceil().max(0.0);
    (queries as usize, pow as u32)
}

/// `log2` of the error of mutual correlated agreement of one fold of two words, times the columns that fold at once.
fn log_agreement_error(log_leaves: usize, log_inverse_rate: usize, margin: u32, columns: usize) -> f64 {
    let log_two_eta = -0.5 * log_inverse_rate as f64 - f64::from(margin).log2();
    2.0 * log_leaves as f64 - 7.0 * log_two_eta + (columns as f64).log2()
}

/// The report of a configuration.
pub fn report(config: &Config) -> Report {
    let maxima = config.maxima();
    let margin = config.parameters.proximity_margin;
    let mut terms = Vec::new();
    let mut add = |name: String, bits: f64, pow_bits: u32| terms.push(Term { name, bits, pow_bits });
    let field = |log_numerator: f64| FIELD_BITS - log_numerator;
    let Some(first) = config.rounds.first() else { return Report { terms } };

    let log_list = log_list_size(first.log_inverse_rate, margin);
    let out_of_domain = |log_list: f64, log_degree: usize| field(2.0 * log_list - 1.0 + log_degree as f64);
    add("out-of-domain value of each commitment".into(), out_of_domain(log_list, config.log_size()), 0);
    let outputs = (maxima.log_output_space + maxima.log_tokens) as f64;
    add("random output point (eq. 2)".into(), field(outputs.log2()), 0);
    add("sumcheck rounds over ranks and inputs (eq. 2, 3)".into(), field(1.0), 0);
    add("random point of the range check (eq. 4)".into(), field((config.log_size() as f64).log2()), 0);
    add("sumcheck rounds of the range check".into(), field(RANGE_DEGREE.log2()), 0);
    let (statements, adapters) = (config.statements() as f64, config.adapters() as f64);
    if config.statements() > 1 {
        add("random combination of the runs".into(), field((statements - 1.0).log2() + log_list), 0);
    }
    if config.adapters() > 1 {
        add("random combination of the adapters".into(), field((adapters - 1.0).log2() + log_list), 0);
    }
    add("batching of the claims".into(), field((CLAIMS * adapters + statements).log2() + log_list), 0);

    for (index, round) in config.rounds.iter().enumerate() {
        let log_list = log_list_size(round.log_inverse_rate, margin);
        let columns = if index == 0 { COLUMNS << config.join_variables() } else { COLUMNS };
        add(format!("round {index}: fold, sumcheck"), field(1.0 + log_list), 0);
        let agreement = log_agreement_error(round.log_leaves, round.log_inverse_rate, margin, columns);
        add(format!("round {index}: fold, correlated agreement"), field(agreement), 0);
        let query_bits = round.queries as f64 * bits_per_query(round.log_inverse_rate, margin);
        add(
            format!("round {index}: {} queries", round.queries),
            query_bits + f64::from(round.pow_bits),
            round.pow_bits,
        );
        if let Some(next) = config.rounds.get(index + 1) {
            let next_list = log_list_size(next.log_inverse_rate, margin);
            let variables = next.log_degree + FOLD;
            add(format!("round {index}: out-of-domain sample"), out_of_domain(next_list, variables), 0);
            let combined = 1.0 + (round.queries as f64 + 1.0).log2() + next_list;
            add(format!("round {index}: combination of the queries"), field(combined), 0);
        }
    }
    add("last sumcheck".into(), field(1.0), 0);
    Report { terms }
}
