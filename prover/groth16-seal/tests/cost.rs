//! The formula of the opening's constraints against circuits, to the constraint.

use rankproof_groth16_seal::cost::opening_constraints;
use rankproof_groth16_seal::{ConstraintSystem, circuit};
use rankproof_lora_proof::{Config, Parameters, Profile};

fn constraints(config: &Config) -> usize {
    let mut cs = ConstraintSystem::assigning(0);
    circuit::synthesize_subjects(&mut cs, config, &[circuit::blank_shared(config).subject()]);
    cs.num_constraints()
}

/// What does not depend on rates, folds, caps, queries and grinding.
fn rest(parameters: Parameters) -> usize {
    let config = Config::new(parameters).expect("a configuration");
    constraints(&config) - opening_constraints(&config)
}

#[test]
fn opening_costs_what_the_formula_says_in_every_profile_that_fits_the_same() {
    assert_eq!(constraints(&Profile::Tiny.config()), 296_590, "the circuit that is pinned");
    assert_eq!(constraints(&Profile::Small.config()), 449_725, "the circuit that is pinned");
    type Change = fn(&mut Parameters);
    let changes: [Change; 8] = [
        |parameters| parameters.log_inverse_rate = 1,
        |parameters| parameters.log_inverse_rate = 5,
        |parameters| parameters.log_domain_shrink = 2,
        |parameters| parameters.log_final_max = 5,
        |parameters| parameters.log_final_max = 10,
        |parameters| parameters.log_cap_max = 4,
        |parameters| parameters.max_pow_bits = [0, 21],
        |parameters| (parameters.security_bits, parameters.proximity_margin) = (80, 10),
    ];
    for profile in [
        Profile::Tiny,
        Profile::TinyS2,
        Profile::TinyA2,
        Profile::Small,
        Profile::SmallS8,
        Profile::SmallA4,
        Profile::Medium,
    ] {
        let expected = rest(profile.parameters());
        for (index, change) in changes.iter().enumerate() {
            let mut parameters = profile.parameters();
            change(&mut parameters);
            assert_eq!(rest(parameters), expected, "{} with change {index}", profile.name());
        }
    }
}

/// The codes of `medium` and of `large` for 2^14 to 2^23 weights; docs/protocol.md section 6 has the table.
#[test]
fn one_more_variable_adds_at_most_a_tenth() {
    let grown = |profile: Profile| {
        (14..=23).map(move |log_size| {
            let config = Config::new(profile.parameters().with_log_size(log_size)).expect("a configuration");
            (log_size, constraints(&config))
        })
    };
    let of_medium = [316_227, 340_424, 383_601, 414_687, 448_195, 475_816, 518_207, 551_699, 587_626, 614_202];
    let of_large = [460_196, 506_444, 556_384, 614_317, 650_585, 703_776, 751_945, 817_624, 852_202, 909_795];
    for (profile, expected) in [(Profile::Medium, of_medium), (Profile::Large, of_large)] {
        let counts: Vec<(usize, usize)> = grown(profile).collect();
        assert!(counts.iter().map(|(_, count)| *count).eq(expected), "{}: {counts:?}", profile.name());
        for pair in counts.windows(2) {
            let [(_, fewer), (log_size, more)] = pair else { unreachable!("windows of two") };
            assert!(*log_size <= 18 || more * 10 <= fewer * 11, "{} at {log_size}: {fewer}, {more}", profile.name());
        }
    }
}

/// What sharing an argument saves: docs/protocol.md section 6 has the numbers.
#[test]
fn further_adapters_and_runs_cost_what_the_protocol_says() {
    let with = |profile: Profile, change: &dyn Fn(&mut Parameters)| {
        let mut parameters = profile.parameters();
        change(&mut parameters);
        constraints(&Config::new(parameters).expect("a configuration"))
    };
    let adapters = [1, 2, 3, 4].map(|adapters| with(Profile::SmallA4, &|parameters| parameters.adapters = adapters));
    assert_eq!(adapters, [384_455, 605_031, 824_651, 1_044_640]);
    let runs = [7, 8].map(|runs| with(Profile::SmallS8, &|parameters| parameters.runs = runs));
    assert_eq!(runs, [1_013_427, 1_117_483]);
}
