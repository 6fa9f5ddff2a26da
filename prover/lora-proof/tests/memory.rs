//! The plan of what a prover holds, against what docs/protocol.md says there is to hold.

use rankproof_lora_proof::config::COLUMNS;
use rankproof_lora_proof::memory::{Phase, cached_weights, commit, float_weights, prove};
use rankproof_lora_proof::{Config, Parameters, Profile};

const ELEMENT: u64 = 32;

fn with(parameters: Parameters) -> Config {
    Config::new(parameters).expect("a configuration")
}

/// Digests of a tree over `2^log_leaves` leaves, four to one, down to its cap.
fn tree(log_leaves: usize, log_cap: usize) -> u64 {
    (log_cap..=log_leaves).rev().step_by(2).map(|level| ELEMENT << level).sum()
}

fn first_tree(config: &Config) -> u64 {
    tree(config.rounds[0].log_leaves, config.rounds[0].log_cap)
}

fn bytes(phases: &[Phase]) -> Vec<u64> {
    phases.iter().map(|phase| phase.bytes).collect()
}

#[test]
fn weights_are_a_tree_and_a_byte_a_nibble() {
    for profile in Profile::ALL {
        let config = profile.config();
        let cached = first_tree(&config) + (1 << config.log_size());
        assert_eq!(cached_weights(&config), cached);
        let [Phase { bytes, .. }] = commit(&config).try_into().expect("one phase");
        // A block of columns is encoded beside it.
        let block = (COLUMNS as u64 * ELEMENT) << config.rounds[0].log_degree.min(15);
        assert!(bytes >= float_weights(&config) + cached + block, "{profile:?}");
    }
}

/// A run is a tree, 8 bytes an entry, and a witness of weights, int16 inputs and int64 outputs.
#[test]
fn a_further_run_adds_what_a_run_is() {
    for profile in [Profile::TinyS2, Profile::SmallS8] {
        let parameters = profile.parameters();
        let config = with(Parameters { runs: parameters.runs - 1, ..parameters.clone() });
        let n = config.log_size();
        let run = first_tree(&config) + (8 << n) + (2 << n) + ((2 + 8) << (n - 1));
        let [fewer, all] = [config, with(parameters)].map(|config| bytes(&prove(&config)));
        assert_eq!(all, fewer.iter().map(|bytes| bytes + run).collect::<Vec<u64>>(), "{profile:?}");
    }
}

/// An adapter is its weights and a run, and tables of its own in both sumchecks and in the range check.
#[test]
fn a_further_adapter_adds_its_weights_and_a_run() {
    let parameters = Profile::SmallA4.parameters();
    let config = with(Parameters { adapters: 3, ..parameters.clone() });
    let n = config.log_size();
    let adapter = cached_weights(&config) + first_tree(&config) + (8 << n) + (2 << n) + ((2 + 8) << (n - 1));
    let [three, four] = [config, with(parameters)].map(|config| prove(&config));
    for (three, four) in three.iter().zip(&four) {
        let tables = match three.name {
            "range check" => ELEMENT << (n - 2),
            "sumchecks over ranks and inputs" => ((3 * ELEMENT) << 15) + ((4 * ELEMENT) << 9),
            _ => 0,
        };
        assert_eq!(four.bytes - three.bytes, adapter + tables, "{}", three.name);
    }
}

/// What each phase needs beside the tables and trees that are there all the time.
#[test]
fn phases_count_their_own_tables() {
    for profile in Profile::ALL {
        let config = profile.config();
        let (n, [first, second, ..]) = (config.log_size(), config.rounds.as_slice()) else { panic!("two rounds") };
        let (adapters, statements) = (config.adapters() as u64, config.statements() as u64);
        let witnesses = (statements + 1) * ((2 << n) + ((2 + 8) << (n - 1)));
        let held = adapters * cached_weights(&config) + statements * (first_tree(&config) + (8 << n)) + witnesses;
        let block = |log_degree: usize| (COLUMNS as u64 * ELEMENT) << log_degree.min(15);
        let own = [
            block(first.log_degree),
            0,
            adapters * (ELEMENT << (n - 2)),
            2 * (ELEMENT << (n - 2)),
            3 * (ELEMENT << (n - 4)) + tree(second.log_leaves, second.log_cap) + block(second.log_degree),
        ];
        for (phase, own) in prove(&config).iter().zip(own) {
            assert!(phase.bytes >= held + own, "{profile:?}, {}: {} of {}", phase.name, phase.bytes, held + own);
        }
    }
}
