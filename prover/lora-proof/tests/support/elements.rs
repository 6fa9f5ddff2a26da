//! The elements of a proof by name, in the order of the encoding.

use ark_ff::{AdditiveGroup, Field};
use rankproof_lora_proof::config::{COLUMNS, FOLD};
use rankproof_lora_proof::{Config, Error, F, Oracle, Proof, SharedProof};
use rayon::prelude::*;

/// What one element is; rounds, oracles and queries numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    OutputValue,
    RankRound,
    RankValue,
    InputRound,
    InputValue,
    RangeRound,
    RangeValue,
    Join,
    FoldRound { round: usize },
    FoldedRoot { round: usize },
    OodValue { round: usize },
    Nonce { round: usize },
    Cap { oracle: Oracle },
    Leaf { oracle: Oracle, query: usize },
    Path { oracle: Oracle, query: usize },
    FinalPolynomial { round: usize },
    FinalRound,
}

/// What every element of a proof is. Written from docs/protocol.md section 4, not from the encoder, so that a field
/// that is added to a proof without a place here changes the count.
pub fn parts(config: &Config) -> Vec<Part> {
    let maxima = config.maxima();
    let mut parts = Vec::new();
    let mut put = |count: usize, part: Part| parts.extend(std::iter::repeat_n(part, count));
    put(1, Part::OutputValue);
    put(2 * maxima.log_rank_space, Part::RankRound);
    let adapters = config.parameters.adapters;
    put(2 * adapters, Part::RankValue);
    put(2 * maxima.log_input_space, Part::InputRound);
    put(2 * adapters, Part::InputValue);
    put(16 * config.log_size(), Part::RangeRound);
    put(adapters, Part::RangeValue);
    put(2 * config.join_variables(), Part::Join);
    let last = config.rounds.len() - 1;
    for (round, round_config) in config.rounds.iter().enumerate() {
        put(2 * FOLD, Part::FoldRound { round });
        if round < last {
            put(1, Part::FoldedRoot { round });
            put(1, Part::OodValue { round });
        }
        put(1, Part::Nonce { round });
        let oracles = match round {
            0 => {
                let mut oracles = Vec::new();
                for adapter in 0..adapters {
                    oracles.push(Oracle::Weights { adapter });
                    oracles.extend((0..config.parameters.runs).map(|run| Oracle::Activations { adapter, run }));
                }
                oracles
            }
            _ => vec![Oracle::Folded(round)],
        };
        for oracle in oracles {
            put(1 << round_config.log_cap, Part::Cap { oracle });
            for query in 0..round_config.queries {
                put(COLUMNS, Part::Leaf { oracle, query });
                put(3 * round_config.path_levels(), Part::Path { oracle, query });
            }
        }
    }
    put(1 << config.log_final, Part::FinalPolynomial { round: last });
    put(2 * config.log_final, Part::FinalRound);
    parts
}

/// The check that must refuse a proof in which this element alone was changed. Nonces go stale with every message
/// before them.
pub fn refusal(config: &Config, part: Part) -> Error {
    let stale = |round: usize| Error::ProofOfWork { round, bits: config.rounds[round].pow_bits };
    match part {
        Part::OutputValue | Part::RankRound | Part::RankValue => Error::RankSumcheck,
        Part::InputRound | Part::InputValue => Error::InputSumcheck,
        Part::RangeRound | Part::RangeValue => Error::RangeCheck,
        Part::Join => stale(0),
        Part::FoldRound { round }
        | Part::FoldedRoot { round }
        | Part::OodValue { round }
        | Part::Nonce { round }
        | Part::FinalPolynomial { round } => stale(round),
        Part::Cap { oracle } => Error::MerkleCap { oracle },
        Part::Leaf { oracle, query } | Part::Path { oracle, query } => Error::MerklePath { oracle, query },
        Part::FinalRound => Error::FinalClaim,
    }
}

/// All elements, in the order of the encoding.
pub fn elements(proof: &Proof) -> Vec<F> {
    let mut elements = Vec::new();
    proof.visit(&mut |element| elements.push(*element));
    elements
}

/// The proof with these elements.
pub fn from_elements(config: &Config, elements: &[F]) -> Proof {
    let mut elements = elements.iter();
    Proof::read(config, &mut || Ok(*elements.next().expect("as many elements as the configuration demands")))
        .expect("elements are canonical")
}

/// Changes one element of every part of an honest proof, and every 29th of all: its own check must refuse each.
pub fn refuses_every_element(config: &Config, honest: &SharedProof) {
    let (original, parts) = (elements(&honest.proof), parts(config));
    assert_eq!(parts.len(), original.len());
    assert_eq!(parts.len(), Proof::element_count(config));
    let first = |index: usize| index.checked_sub(1).and_then(|before| parts.get(before)) != parts.get(index);
    let tried: Vec<usize> = (0..parts.len()).filter(|index| first(*index) || index.is_multiple_of(29)).collect();
    tried.par_iter().for_each(|&index| {
        for value in [original[index] + F::ONE, F::ZERO] {
            if value == original[index] {
                continue;
            }
            let mut changed = original.clone();
            changed[index] = value;
            let proof = SharedProof { proof: from_elements(config, &changed), ..honest.clone() };
            assert_eq!(proof.verify(config), Err(refusal(config, parts[index])), "{index}: {:?}", parts[index]);
        }
    });
}
