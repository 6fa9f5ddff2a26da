//! Searches the parameters of LoRA proofs for a profile's maxima: `parameters [PROFILE..] [--json]`, or
//! `make parameters`.
//!
//! Tries rates, shrinks, sizes of the last polynomial and of caps, grinding and proximity margins; whatever stays below
//! the target of a security term is no configuration at all. For each it counts the constraints of the seal's circuit
//! (exact, `rankproof_groth16_seal::cost`) and predicts the seconds of proving and sealing from counts of operations and
//! the unit costs below. It prints the Pareto front of what pulls apart, the time of proving and constraints: `*` is what
//! the profile has, `+` what is fastest as a sum of proving and sealing. What no parameter changes (the sumchecks, which
//! follow n) is left out of the times, so they are for comparing, not for promising.

use std::process::ExitCode;

use rankproof_groth16_seal::cost::opening_constraints;
use rankproof_groth16_seal::{ConstraintSystem, circuit};
use rankproof_lora_proof::config::{COLUMNS, RoundConfig};
use rankproof_lora_proof::{Config, Parameters, Profile, Proof};
use serde::Serialize;

/// Threads of the machine that times are predicted for.
const THREADS: f64 = 2.0;
/// Seconds of one permutation of width 16 (a leaf), with the kernel and without: `poseidon-kernel`, example `speed`.
const LEAF_SECONDS: [f64; 2] = [3.3e-6, 30e-6];
/// Seconds of one permutation of width 4 (a node, a nonce).
const NODE_SECONDS: [f64; 2] = [1.1e-6, 10e-6];
/// Seconds of one product in the field (docs/benchmarks.md); a butterfly is one.
const PRODUCT_SECONDS: f64 = 14.6e-9;
/// Seconds of one entry when a queried leaf is computed again from its table: small integers, field elements.
const ENTRY_SECONDS: [f64; 2] = [2e-9, 17e-9];
/// Thread-seconds of sealing per constraint and per point of its domain. Fitted to `small`: 12.6 thread-seconds, of
/// which a fifth goes into the domain (one multi-scalar multiplication of five and a half, six transforms).
const CONSTRAINT_SECONDS: f64 = 22e-6;
const DOMAIN_SECONDS: f64 = 5e-6;

/// What one set of parameters gives.
#[derive(Clone, Debug, Serialize)]
struct Candidate {
    log_inverse_rate: usize,
    log_domain_shrink: usize,
    log_final: usize,
    log_cap_max: usize,
    max_pow_bits: [u32; 2],
    proximity_margin: u32,
    queries: Vec<usize>,
    pow_bits: Vec<u32>,
    smallest_term_bits: f64,
    constraints: usize,
    log_domain: u32,
    proof_elements: usize,
    /// Bytes of the first codeword of one polynomial.
    codeword_bytes: usize,
    /// Encoding and hashing the weights, once for an adapter: with the vectorised hash, and without.
    commit_seconds: [f64; 2],
    /// Encoding and hashing everything else, grinding, and computing the queried leaves again.
    prove_seconds: [f64; 2],
    seal_seconds: f64,
    /// Whether the profile has these parameters.
    chosen: bool,
}

impl Candidate {
    fn new(config: &Config, other_constraints: usize, chosen: bool) -> Self {
        let parameters = &config.parameters;
        let constraints = other_constraints + opening_constraints(config);
        let domain = (constraints + 4).next_power_of_two();
        let seconds = |hash: usize| {
            let tree = |round: &RoundConfig| tree_seconds(round, hash);
            let grinding = |round: &RoundConfig| (1u64 << round.pow_bits) as f64 * NODE_SECONDS[hash];
            let opening = |(index, round): (usize, &RoundConfig)| {
                let (trees, entry) = if index == 0 { (config.commitments(), 0) } else { (1, 1) };
                (trees * round.queries * (COLUMNS << round.log_degree)) as f64 * ENTRY_SECONDS[entry]
            };
            let first = config.rounds.first().map_or(0.0, tree);
            let later: f64 = config.rounds.iter().skip(1).map(tree).sum();
            let grinding: f64 = config.rounds.iter().map(grinding).sum();
            let opening: f64 = config.rounds.iter().enumerate().map(opening).sum();
            [first / THREADS, (first * config.statements() as f64 + later + grinding + opening) / THREADS]
        };
        let [with_kernel, scalar] = [0, 1].map(seconds);
        let log_leaves = config.rounds.first().map_or(0, |round| round.log_leaves);
        Self {
            log_inverse_rate: parameters.log_inverse_rate,
            log_domain_shrink: parameters.log_domain_shrink,
            log_final: config.log_final,
            log_cap_max: parameters.log_cap_max,
            max_pow_bits: parameters.max_pow_bits,
            proximity_margin: parameters.proximity_margin,
            queries: config.rounds.iter().map(|round| round.queries).collect(),
            pow_bits: config.rounds.iter().map(|round| round.pow_bits).collect(),
            smallest_term_bits: config.security_report().min_bits(),
            constraints,
            log_domain: domain.ilog2(),
            proof_elements: Proof::element_count(config),
            codeword_bytes: (32 * COLUMNS) << log_leaves,
            commit_seconds: [with_kernel[0], scalar[0]],
            prove_seconds: [with_kernel[1], scalar[1]],
            seal_seconds: (constraints as f64 * CONSTRAINT_SECONDS + domain as f64 * DOMAIN_SECONDS) / THREADS,
            chosen,
        }
    }

    /// What is to be small.
    fn costs(&self) -> [f64; 2] {
        [self.prove_seconds[0], self.constraints as f64]
    }

    /// Prove and seal.
    fn total(&self) -> f64 {
        self.prove_seconds[0] + self.seal_seconds
    }

    fn is_dominated_by(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.costs(), other.costs());
        theirs.iter().zip(&ours).all(|(theirs, ours)| theirs <= ours) && theirs != ours
    }
}

/// Thread-seconds of encoding one table for a round and hashing its tree; `hash` picks the unit costs.
fn tree_seconds(round: &RoundConfig, hash: usize) -> f64 {
    let leaves = (1u64 << round.log_leaves) as f64;
    let butterflies = COLUMNS as f64 * leaves * round.log_leaves as f64 / 2.0;
    leaves * (LEAF_SECONDS[hash] + NODE_SECONDS[hash] / 3.0) + butterflies * PRODUCT_SECONDS
}

/// Every set of parameters that reaches the target, for the maxima of a profile.
fn candidates(profile: Profile) -> Vec<Candidate> {
    let own = profile.config();
    let mut cs = ConstraintSystem::assigning(0);
    circuit::synthesize_subjects(&mut cs, &own, &[circuit::blank_shared(&own).subject()]);
    let other_constraints = cs.num_constraints() - opening_constraints(&own);
    let mut found: Vec<Candidate> = Vec::new();
    let mut seen: Vec<Config> = Vec::new();
    let mut add = |parameters: Parameters| {
        let Ok(config) = Config::new(parameters) else { return };
        // Bounds that change nothing give the same rounds again.
        let same = |other: &Config| (&other.rounds, other.log_final) == (&config.rounds, config.log_final);
        if !seen.iter().any(same) {
            found.push(Candidate::new(&config, other_constraints, config == own));
            seen.push(config);
        }
    };
    add(own.parameters.clone());
    for log_inverse_rate in 1..=6 {
        for log_domain_shrink in 1..=2 {
            for log_final_max in 6..=9 {
                for log_cap_max in 5..=8 {
                    for max_pow_bits in pow_bits() {
                        for proximity_margin in [30, 100, 1000] {
                            add(Parameters {
                                log_inverse_rate,
                                log_domain_shrink,
                                log_final_max,
                                log_cap_max,
                                max_pow_bits,
                                proximity_margin,
                                ..own.parameters.clone()
                            });
                        }
                    }
                }
            }
        }
    }
    found
}

fn pow_bits() -> impl Iterator<Item = [u32; 2]> {
    (14..=20).flat_map(|first| [0, 2, 4].map(|less| [first, first - less]))
}

/// Those that no other beats in everything, and the profile's own; little proving first.
fn front(all: &[Candidate]) -> Vec<&Candidate> {
    let is_best = |candidate: &Candidate| !all.iter().any(|other| candidate.is_dominated_by(other));
    let mut front: Vec<&Candidate> = all.iter().filter(|candidate| candidate.chosen || is_best(candidate)).collect();
    front.sort_by(|a, b| a.prove_seconds[0].total_cmp(&b.prove_seconds[0]).then(a.constraints.cmp(&b.constraints)));
    front
}

/// A table of the front; a line that saves less than 2 % of the constraints of the one before is left out.
fn print(profile: Profile, all: &[Candidate]) {
    let maxima = *profile.config().maxima();
    let front = front(all);
    let fastest = front.iter().map(|candidate| candidate.total()).fold(f64::INFINITY, f64::min);
    let sizes = format!("n = {}, {} modules", maxima.log_size, maxima.modules);
    println!("{}: {sizes}; {} sets of parameters reach the target", profile.name(), all.len());
    println!(
        "  {:4} s {:5} {:5} {:16} {:6} {:16} {:>6} {:>11} {:6} {:>8} {:>6} {:>8} {:>6} {:>6}",
        "rate",
        "final",
        "cap",
        "grinding",
        "margin",
        "queries",
        "bits",
        "constraints",
        "domain",
        "codeword",
        "commit",
        "prove",
        "seal",
        "sum"
    );
    let mut last = usize::MAX;
    for candidate in front {
        let mark = match (candidate.chosen, candidate.total() <= fastest) {
            (true, _) => "*",
            (false, true) => "+",
            (false, false) if candidate.constraints as f64 > 0.98 * last as f64 => continue,
            (false, false) => " ",
        };
        last = candidate.constraints;
        println!(
            "{mark} 2^-{} {} 2^{:<3} 2^{:<3} {:16} {:6} {:16} {:6.2} {:11} 2^{:<4} {:4} MiB {:6.2} {:8.2} {:6.2} {:6.2}",
            candidate.log_inverse_rate,
            candidate.log_domain_shrink,
            candidate.log_final,
            candidate.log_cap_max,
            format!("{:?}", candidate.pow_bits),
            candidate.proximity_margin,
            format!("{:?}", candidate.queries),
            candidate.smallest_term_bits,
            candidate.constraints,
            candidate.log_domain,
            candidate.codeword_bytes >> 20,
            candidate.commit_seconds[0],
            candidate.prove_seconds[0],
            candidate.seal_seconds,
            candidate.total(),
        );
    }
}

fn run() -> Result<(), String> {
    let (options, names): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    if let Some(option) = options.iter().find(|option| *option != "--json") {
        return Err(format!("there is no option {option}: parameters [PROFILE..] [--json]"));
    }
    let mut profiles = Vec::new();
    for name in &names {
        let all = Profile::ALL.map(Profile::name).join(", ");
        profiles
            .push(Profile::from_name(name).ok_or_else(|| format!("there is no profile {name}: take one of {all}"))?);
    }
    if profiles.is_empty() {
        profiles = Profile::ALL.to_vec();
    }
    for profile in profiles {
        let all = candidates(profile);
        if options.is_empty() {
            print(profile, &all);
        } else {
            println!("{}", serde_json::json!({ "profile": profile.name(), "front": front(&all) }));
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
