//! The security report against an independent calculator (the crate p3-security), and pinned numbers.
//!
//! p3-security states the Johnson regime at `eta = sqrt(rate)/20`, or at an explicit `log2 eta`; ours is
//! `eta = sqrt(rate)/(2m)`. No term of ours that they have too may claim more bits than theirs for the same `eta`.

use p3_security::whir::SecurityAssumption::JohnsonBound;
use rankproof_lora_proof::config::FOLD;
use rankproof_lora_proof::security::{FIELD_BITS, bits_per_query, log_list_size, queries};
use rankproof_lora_proof::{Config, Error, Profile, Proof};

/// p3-security takes whole bits; ours is `floor(log2 r)`.
const FIELD: usize = 253;
/// Rounding of two floating-point paths to the same number.
const ROUNDING: f64 = 1e-9;

fn log_eta(log_inverse_rate: usize, margin: u32) -> f64 {
    -0.5 * log_inverse_rate as f64 - (2.0 * f64::from(margin)).log2()
}

fn configs() -> Vec<Config> {
    let mut configs: Vec<Config> = Profile::ALL.into_iter().map(Profile::config).collect();
    for profile in Profile::ALL {
        for (security_bits, log_inverse_rate) in [(128, 3), (100, 4), (80, 2)] {
            let mut parameters = profile.parameters();
            parameters.security_bits = security_bits;
            parameters.log_inverse_rate = log_inverse_rate;
            configs.push(Config::new(parameters).expect("parameters give a configuration"));
        }
    }
    configs
}

fn term(config: &Config, name: &str) -> f64 {
    let report = config.security_report();
    let term = report.terms.iter().find(|term| term.name == name);
    term.unwrap_or_else(|| panic!("the report has `{name}`")).bits
}

#[test]
fn queries_are_worth_what_p3_says_at_its_own_margin() {
    const P3_MARGIN: u32 = 10;
    for log_inverse_rate in 1..12 {
        let ours = bits_per_query(log_inverse_rate, P3_MARGIN);
        let theirs = JohnsonBound.queries_error(log_inverse_rate, 1);
        assert!((ours - theirs).abs() < ROUNDING, "rate 2^-{log_inverse_rate}: {ours} against {theirs}");
        for target in [80, 100, 128] {
            let (count, pow_bits) = queries(target, 0, log_inverse_rate, P3_MARGIN);
            assert_eq!((count, pow_bits), (JohnsonBound.queries(target as usize, log_inverse_rate), 0));
        }
    }
}

#[test]
fn list_sizes_equal_those_of_p3() {
    for margin in [3, 10, 100, 1000] {
        for log_inverse_rate in 1..12 {
            let theirs =
                JohnsonBound.list_size_bits_at_log_eta(10, log_inverse_rate, log_eta(log_inverse_rate, margin));
            assert!((log_list_size(log_inverse_rate, margin) - theirs).abs() < ROUNDING);
        }
    }
}

#[test]
fn no_term_claims_more_than_p3() {
    for config in configs() {
        let margin = config.parameters.proximity_margin;
        let at_most = |ours: f64, theirs: f64, name: &str| {
            assert!(ours <= theirs + ROUNDING, "{name}: {ours} against {theirs}");
        };
        let first = &config.rounds[0];
        let n = config.log_size();
        let eta = log_eta(first.log_inverse_rate, margin);
        let ood = JohnsonBound.ood_error_at_log_eta(n, first.log_inverse_rate, FIELD, 1, eta);
        at_most(term(&config, "out-of-domain value of each commitment"), ood, "commitment");
        // Five values of each adapter and the outputs of each statement, after the first claim.
        let claims = (5 * config.adapters() + config.statements()) as f64;
        let batching =
            FIELD as f64 - claims.log2() - JohnsonBound.list_size_bits_at_log_eta(n, first.log_inverse_rate, eta);
        at_most(term(&config, "batching of the claims"), batching, "batching");
        for (index, round) in config.rounds.iter().enumerate() {
            let rate = round.log_inverse_rate;
            let eta = log_eta(rate, margin);
            let variables = round.log_degree + FOLD;
            let fold = JohnsonBound.fold_sumcheck_error_at_log_eta(FIELD, variables, rate, eta);
            at_most(term(&config, &format!("round {index}: fold, sumcheck")), fold, "fold");
            let columns = if index == 0 { 16 << config.join_variables() } else { 16 };
            let gap = JohnsonBound.prox_gaps_error_at_log_eta(round.log_degree, rate, FIELD, columns, eta);
            at_most(term(&config, &format!("round {index}: fold, correlated agreement")), gap, "agreement");
            let Some(next) = config.rounds.get(index + 1) else { continue };
            let eta = log_eta(next.log_inverse_rate, margin);
            let variables = next.log_degree + FOLD;
            let ood = JohnsonBound.ood_error_at_log_eta(variables, next.log_inverse_rate, FIELD, 1, eta);
            at_most(term(&config, &format!("round {index}: out-of-domain sample")), ood, "sample");
            let combination = JohnsonBound.queries_combination_error_at_log_eta(
                FIELD,
                variables,
                next.log_inverse_rate,
                1,
                round.queries,
                eta,
            );
            at_most(term(&config, &format!("round {index}: combination of the queries")), combination, "combination");
        }
    }
}

#[test]
fn every_term_reaches_the_target_with_the_grinding_that_is_done() {
    for config in configs() {
        let parameters = &config.parameters;
        let report = config.security_report();
        assert!(report.min_bits() >= f64::from(parameters.security_bits));
        for (index, round) in config.rounds.iter().enumerate() {
            let most = parameters.max_pow_bits[usize::from(index > 0)];
            assert!(round.pow_bits <= most, "round {index} grinds {} of at most {most} bits", round.pow_bits);
            let worth = round.queries as f64 * bits_per_query(round.log_inverse_rate, parameters.proximity_margin);
            assert!(worth + f64::from(round.pow_bits) >= f64::from(parameters.security_bits));
        }
        let grinding: Vec<u32> = report.terms.iter().map(|term| term.pow_bits).filter(|bits| *bits > 0).collect();
        let expected: Vec<u32> = config.rounds.iter().map(|round| round.pow_bits).filter(|bits| *bits > 0).collect();
        assert_eq!(grinding, expected, "the report says how much of each term is grinding");
    }
}

#[test]
fn numbers_of_the_profiles_are_pinned() {
    let summary = |profile: Profile| {
        let config = profile.config();
        let rounds: Vec<_> = config
            .rounds
            .iter()
            .map(|round| (round.log_leaves, round.log_degree, round.queries, round.pow_bits, round.log_cap))
            .collect();
        let report = config.security_report();
        (rounds, config.log_final, report.security_bits(), format!("{:.2}", report.union_bound_bits()))
    };
    assert_eq!(summary(Profile::Tiny), (vec![(13, 10, 57, 15, 7), (12, 6, 29, 14, 6)], 6, 100, "99.40".into()));
    assert_eq!(
        summary(Profile::Small),
        (vec![(17, 14, 57, 15, 7), (16, 10, 29, 14, 6), (15, 6, 20, 11, 7)], 6, 100, "98.95".into())
    );
    assert_eq!(
        summary(Profile::SmallS8),
        (vec![(18, 14, 43, 15, 6), (17, 10, 25, 13, 7), (16, 6, 18, 11, 6)], 6, 100, "99.02".into())
    );
    assert_eq!(
        summary(Profile::SmallA4),
        (vec![(18, 14, 42, 17, 6), (16, 10, 28, 17, 6), (14, 6, 21, 17, 6)], 6, 100, "99.20".into())
    );
    assert_eq!(
        summary(Profile::Medium),
        (vec![(19, 16, 55, 18, 5), (18, 12, 29, 14, 6), (17, 8, 19, 15, 5)], 8, 100, "98.81".into())
    );
    assert_eq!(
        summary(Profile::Large),
        (
            vec![(21, 19, 84, 17, 7), (19, 15, 43, 15, 7), (17, 11, 29, 14, 7), (15, 7, 22, 13, 7)],
            7,
            100,
            "98.67".into()
        )
    );
}

/// docs/protocol.md section 6 quotes them.
#[test]
fn lengths_of_arguments_are_pinned() {
    let lengths = Profile::ALL.map(|profile| Proof::element_count(&profile.config()));
    assert_eq!(lengths, [4_257, 5_892, 4_921, 15_716, 6_551, 10_459, 6_194, 13_990]);
}

#[test]
fn field_bits_are_rounded_down() {
    use ark_ff::PrimeField;
    let bits = <rankproof_lora_proof::F as PrimeField>::MODULUS_BIT_SIZE;
    assert_eq!(FIELD_BITS, f64::from(bits - 1));
    assert_eq!(FIELD_BITS, FIELD as f64);
}

#[test]
fn refuses_parameters_that_make_no_sense() {
    type Change = fn(&mut rankproof_lora_proof::Parameters);
    let small = "size, rate or proximity margin too small";
    let space = "no module, too many modules, or an index space too large";
    let domain = "a domain is too large or a rate too high";
    let sizes = "log_final_max must be 4 to 10, log_cap_max 2 to 10";
    let statements = "runs of all adapters together must be 1 to 64";
    let cases: [(Change, &str); 22] = [
        (|parameters| parameters.adapters = 0, statements),
        (|parameters| parameters.runs = 0, statements),
        (|parameters| parameters.runs = 65, statements),
        (|parameters| (parameters.adapters, parameters.runs) = (8, 9), statements),
        (|parameters| (parameters.adapters, parameters.runs) = (usize::MAX, usize::MAX), statements),
        (|parameters| parameters.log_final_max = 3, sizes),
        (|parameters| parameters.log_final_max = 11, sizes),
        (|parameters| parameters.log_cap_max = 1, sizes),
        (|parameters| parameters.log_cap_max = 11, sizes),
        (|parameters| parameters.maxima.log_size = 6, small),
        (|parameters| parameters.log_inverse_rate = 0, small),
        (|parameters| parameters.proximity_margin = 2, small),
        (|parameters| parameters.maxima.modules = 0, space),
        (|parameters| parameters.maxima.modules = 1 << 16, space),
        (|parameters| parameters.maxima.log_tokens = 29, space),
        (|parameters| parameters.log_domain_shrink = 0, "log_domain_shrink must be 1 or 2"),
        (|parameters| parameters.log_domain_shrink = 3, "log_domain_shrink must be 1 or 2"),
        (
            |parameters| (parameters.maxima.log_size, parameters.log_inverse_rate) = (8, 1),
            "a tree is smaller than its cap",
        ),
        (|parameters| parameters.maxima.log_size = 30, domain),
        (|parameters| parameters.maxima.log_size = usize::MAX, domain),
        (|parameters| parameters.log_inverse_rate = usize::MAX, domain),
        (|parameters| parameters.security_bits = 160, "a term of the security report stays below the target"),
    ];
    for (change, reason) in cases {
        let mut parameters = Profile::Tiny.parameters();
        assert!(Config::new(parameters.clone()).is_ok());
        change(&mut parameters);
        assert_eq!(Config::new(parameters), Err(Error::Parameters(reason)));
    }
}

#[test]
fn every_parameter_moves_the_digest() {
    type Change = fn(&mut rankproof_lora_proof::Parameters);
    let changes: [Change; 19] = [
        |parameters| parameters.maxima.modules += 1,
        |parameters| parameters.maxima.log_rank_space += 1,
        |parameters| parameters.maxima.log_input_space += 1,
        |parameters| parameters.maxima.log_output_space += 1,
        |parameters| parameters.maxima.log_tokens += 1,
        |parameters| parameters.maxima.log_size += 4,
        |parameters| parameters.security_bits += 1,
        |parameters| parameters.log_inverse_rate += 1,
        |parameters| parameters.proximity_margin += 1,
        |parameters| parameters.max_pow_bits[1] += 1,
        |parameters| parameters.runs += 1,
        // Numbers that are left out when they are the usual ones are not taken for each other.
        |parameters| parameters.runs = 8,
        |parameters| parameters.log_final_max = 8,
        |parameters| parameters.log_cap_max = 8,
        |parameters| (parameters.log_final_max, parameters.log_cap_max) = (8, 8),
        |parameters| (parameters.runs, parameters.log_final_max, parameters.log_cap_max) = (8, 8, 8),
        |parameters| parameters.adapters = 8,
        |parameters| (parameters.adapters, parameters.runs) = (8, 8),
        |parameters| (parameters.adapters, parameters.log_final_max) = (8, 8),
    ];
    let mut digests: Vec<_> = Profile::ALL.map(|profile| profile.config().inner_digest()).to_vec();
    for change in changes {
        let mut parameters = Profile::Tiny.parameters();
        change(&mut parameters);
        digests.push(Config::new(parameters).expect("still a configuration").inner_digest());
    }
    let distinct: std::collections::HashSet<_> = digests.iter().collect();
    assert_eq!(distinct.len(), digests.len());
}
