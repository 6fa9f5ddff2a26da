//! What a transcript has to say, from docs/protocol.md sections 3 and 4, not from the code that says it.

use rankproof_lora_proof::Config;
use rankproof_lora_proof::transcript::Kind::{Challenge, Message, Public};
use rankproof_lora_proof::transcript::{Event, Kind};

/// The events of a proof of this configuration, in order.
pub fn expected(config: &Config) -> Vec<Event> {
    let (maxima, adapters, runs) = (config.maxima(), config.parameters.adapters, config.parameters.runs);
    let mut events = Vec::new();
    let mut say = |kind: Kind, length: usize, label: &'static str| events.push(Event { label, kind, length });
    // The digest; per adapter its id, root, value and two layouts, and per run of it id, context, root and value.
    say(Public, 1 + adapters * (5 + 4 * runs), "statement");
    if adapters * runs > 1 {
        say(Challenge, 1, "delta");
    }
    say(Challenge, maxima.log_output_space, "rho_o, rho_t");
    say(Challenge, maxima.log_tokens, "rho_o, rho_t");
    say(Message, 1, "y");
    for _ in 0..maxima.log_rank_space {
        say(Message, 2, "rank round");
        say(Challenge, 1, "rho_k");
    }
    for _ in 0..adapters {
        say(Message, 2, "b, u");
    }
    if adapters > 1 {
        say(Challenge, 1, "mu");
    }
    for _ in 0..maxima.log_input_space {
        say(Message, 2, "input round");
        say(Challenge, 1, "rho_j");
    }
    for _ in 0..adapters {
        say(Message, 2, "a, x");
    }
    say(Challenge, config.log_size(), "rho_z");
    for _ in 0..config.log_size() {
        say(Message, 16, "range round");
        say(Challenge, 1, "rho_w");
    }
    for _ in 0..adapters {
        say(Message, 1, "w");
    }
    say(Challenge, 1, "gamma");
    let join = (adapters * (1 + runs)).next_power_of_two().ilog2() as usize;
    for (index, round) in config.rounds.iter().enumerate() {
        let is_last = index + 1 == config.rounds.len();
        for _ in 0..if index == 0 { join + 4 } else { 4 } {
            say(Message, 2, "fold round");
            say(Challenge, 1, "alpha");
        }
        if is_last {
            say(Message, 1 << config.log_final, "final polynomial");
        } else {
            say(Message, 1, "folded root");
            say(Challenge, 1, "ood point");
            say(Message, 1, "ood value");
        }
        say(Message, 1, "nonce");
        say(Challenge, 1, "work");
        say(Challenge, round.queries.div_ceil(125 / round.log_leaves), "positions");
        if !is_last {
            say(Challenge, 1, "combination");
        }
    }
    for _ in 0..config.log_final {
        say(Message, 2, "fold round");
        say(Challenge, 1, "alpha");
    }
    events
}
