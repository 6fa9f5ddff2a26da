//! The hunt for under-constraint in the whole circuits of the profiles `tiny` and `tiny-a2`: what a prover may choose, what
//! follows from the choice, and (`tiny`) that no variable moves alone.

#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};

use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rankproof_groth16_seal::r1cs::determinacy::{Determinacy, Origin};
use rankproof_groth16_seal::r1cs::perturbation::Perturbation;
use rankproof_groth16_seal::{Assignment, ConstraintSystem, F, Matrices, circuit};
use rankproof_lora_proof::{Config, Profile, Proof, Subject};
use rankproof_statement::WeightBits;
use rayon::prelude::*;
use support::{SHAPES, honest_adapters, prove_witness, witness};

fn written(config: &Config, subject: &Subject<'_>) -> (Matrices, Assignment) {
    let mut cs = ConstraintSystem::recording();
    circuit::synthesize_subjects(&mut cs, config, std::slice::from_ref(subject));
    let (matrices, assignment) = cs.into_parts();
    assert_eq!(matrices.first_unsatisfied(assignment.values()), None);
    (matrices, assignment)
}

fn honest(seed: u64) -> (Config, Matrices, Assignment) {
    let config = Profile::Tiny.config();
    let proof = prove_witness(&config, &witness(&SHAPES, 5, WeightBits::Four, seed), F::from(9u64));
    let (matrices, assignment) = written(&config, &proof.subject());
    (config, matrices, assignment)
}

/// The circuit of two adapters under one argument.
fn two_adapters() -> (Config, Matrices, Assignment) {
    let (config, proof) = honest_adapters();
    let (matrices, assignment) = written(config, &proof.subject());
    (config.clone(), matrices, assignment)
}

/// The part of the circuit, without numbers: `slot 0/opening/round 1/queries` is `slot/opening/round/queries`.
fn part(matrices: &Matrices, row: usize) -> String {
    let words =
        matrices.group(row).split('/').map(|word| word.trim_end_matches(|c: char| c == ' ' || c.is_ascii_digit()));
    words.collect::<Vec<&str>>().join("/")
}

/// The hints of the comparison with r - 1: `missing · hint = run`, one for each of its 53 runs of zeros.
const CANONICAL_HINTS: usize = 53;
/// Of an adapter: root and value, limbs of two digests, salt; of a run: root and value, limbs of a digest, salt, context.
const OPENINGS: [usize; 2] = [2 + 4 + 1, 2 + 2 + 1 + 1];

/// Canonical decompositions of a proof: one for each element that positions come from, one for each proof of work.
fn decompositions(config: &Config) -> usize {
    config.rounds.iter().map(|round| round.position_elements() + 1).sum()
}

/// What a prover may choose: the elements of the proof, one more sibling a level (all four children are witnessed), what
/// the ids open to, bits, and hints that decide nothing. All else follows, by the rows, in every assignment.
#[test]
fn the_prover_chooses_the_proof_and_nothing_else() {
    for (config, matrices, _) in [honest(1), two_adapters()] {
        let determinacy = Determinacy::of(&matrices);
        let count = |wanted: fn(&Origin) -> bool| determinacy.origins().iter().filter(|origin| wanted(origin)).count();
        let inputs = count(|origin| *origin == Origin::Input);
        let bits = count(|origin| matches!(origin, Origin::Bit { .. }));
        let trees = |index: usize| if index == 0 { config.commitments() } else { 1 };
        let rounds = config.rounds.iter().enumerate();
        let levels: usize = rounds.map(|(index, round)| trees(index) * round.queries * round.path_levels()).sum();
        let hints = decompositions(&config) * CANONICAL_HINTS;
        let openings = config.adapters() * OPENINGS[0] + config.statements() * OPENINGS[1];
        assert_eq!(inputs, Proof::element_count(&config) + levels + openings + hints);
        let decomposed = decompositions(&config) * 254;
        let in_layout =
            |origin: &&Origin| matches!(origin, Origin::Bit { row } if matrices.group(*row).contains("/layout"));
        let layout = determinacy.origins().iter().filter(in_layout).count();
        assert_eq!(bits, decomposed + layout);
        println!("{inputs} inputs, {bits} bits, {} computed", matrices.num_variables() - inputs - bits - 4);
    }
}

/// Everything that the circuit asserts, by part: all other rows compute a variable or make it a bit.
const ASSERTIONS: [(&str, usize); 24] = [
    ("evaluation", 1),
    ("root", 1),
    ("slot/input sumcheck", 1),
    ("slot/layout/log_rank", 1),
    ("slot/layout/log_tokens", 1),
    ("slot/layout/rank space", 2),
    ("slot/layout/slot/active", 4),
    ("slot/layout/slot/input", 12),
    ("slot/layout/slot/log_in", 4),
    ("slot/layout/slot/log_out", 4),
    ("slot/layout/slot/output", 20),
    ("slot/layout/slot/weights_a", 24),
    ("slot/layout/slot/weights_b", 24),
    ("slot/opening/final claim", 1),
    ("slot/opening/round/final queries", 29),
    ("slot/opening/round/positions", 10),
    ("slot/opening/round/positions/canonical", 530),
    ("slot/opening/round/proof of work", 4),
    ("slot/opening/round/proof of work/canonical", 106),
    ("slot/opening/round/queries/tree/cap root", 3),
    ("slot/opening/round/queries/tree/path/cap", 143),
    ("slot/opening/round/queries/tree/path/child", 429),
    ("slot/range check", 1),
    ("slot/rank sumcheck", 1),
];

#[test]
fn asserts_what_the_list_says() {
    let (_, matrices, _) = honest(1);
    let mut asserted: BTreeMap<String, usize> = BTreeMap::new();
    for row in Determinacy::of(&matrices).asserting() {
        *asserted.entry(part(&matrices, *row)).or_default() += 1;
    }
    let expected = ASSERTIONS.iter().map(|(part, count)| ((*part).to_owned(), *count)).collect();
    assert_eq!(asserted, expected);

    // Two adapters add layouts and trees, and neither an assertion of another kind nor one of each sumcheck.
    let (_, matrices, _) = two_adapters();
    let mut of_two: BTreeMap<String, usize> = BTreeMap::new();
    for row in Determinacy::of(&matrices).asserting() {
        *of_two.entry(part(&matrices, *row)).or_default() += 1;
    }
    assert_eq!(of_two.keys().collect::<Vec<_>>(), asserted.keys().collect::<Vec<_>>());
    for (part, count) in &asserted {
        if part.contains("/layout/") {
            assert_eq!(of_two[part], 2 * count, "{part}");
        }
        if part.ends_with("sumcheck") || part.ends_with("range check") || part.ends_with("claim") {
            assert_eq!((of_two[part], *count), (1, 1), "{part}");
        }
    }
}

/// Every variable of the circuit, changed by 1, by -1 and by something at random, breaks a row. The only exceptions are
/// hints of the comparison with r - 1 at a run above which the number equals r - 1: `0 · hint = 0` holds for any hint,
/// and a hint occurs in no other row, so that it decides nothing.
#[test]
fn no_variable_moves_alone() {
    let (_, matrices, assignment) = honest(1);
    let mut perturbation = Perturbation::new(&matrices, assignment.values());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut free = Vec::new();
    let changes = [F::ONE, -F::ONE, F::rand(&mut rng)];
    for variable in 1..matrices.num_variables() {
        if changes.iter().any(|change| perturbation.breaks(variable, *change).is_none()) {
            free.push(variable);
        }
    }
    println!("assurance: variables moved alone = {}", changes.len() * (matrices.num_variables() - 1));
    println!("assurance: hints that moved freely = {}", free.len());
    let determinacy = Determinacy::of(&matrices);
    let hints = decompositions(&Profile::Tiny.config()) * CANONICAL_HINTS;
    assert!(free.len() <= hints / 20, "a number starts like r - 1 once in a hundred times: {}", free.len());
    for variable in free {
        let rows = perturbation.rows_of(variable);
        assert_eq!(determinacy.origins()[variable], Origin::Input, "variable {variable}");
        assert!(rows.len() == 1 && matrices.group(rows[0]).ends_with("/canonical"), "variable {variable}: {rows:?}");
    }
}

/// Changes inputs and bits (one in `step`, and all sizes of the layout), recomputes all that follows, and collects the
/// parts that complain.
fn complaints(matrices: &Matrices, assignment: &Assignment, step: usize) -> (usize, BTreeSet<String>) {
    let determinacy = Determinacy::of(matrices);
    let perturbation = Perturbation::new(matrices, assignment.values());
    let is_size =
        |row: usize| ["log_rank", "log_tokens", "active"].iter().any(|end| matrices.group(row).ends_with(end));
    let is_tried = |variable: usize| match determinacy.origins()[variable] {
        Origin::Input => variable.is_multiple_of(step),
        Origin::Bit { row } => variable.is_multiple_of(step) || is_size(row),
        Origin::Public | Origin::Computed { .. } => false,
    };
    let tried: Vec<usize> = (1..matrices.num_variables()).filter(|variable| is_tried(*variable)).collect();
    let violated = tried.par_iter().flat_map_iter(|&variable| {
        let value = assignment.values()[variable];
        let is_bit = matches!(determinacy.origins()[variable], Origin::Bit { .. });
        let change = if is_bit { F::ONE - value.double() } else { F::ONE };
        let rows = perturbation.follow(&determinacy, variable, change);
        let hint = perturbation.rows_of(variable);
        let decides_nothing = hint.len() == 1 && matrices.group(hint[0]).ends_with("/canonical") && !is_bit;
        assert!(!rows.is_empty() || decides_nothing, "variable {variable} is free");
        rows.into_iter().map(|row| part(matrices, row)).collect::<BTreeSet<String>>()
    });
    (tried.len(), violated.collect())
}

/// A prover who changes one thing that is his to choose, and recomputes everything else, fails at an assertion; and the
/// changes together make every assertion of the list complain.
#[test]
fn every_assertion_complains_about_some_choice() {
    let mut total = 0;
    for (_, matrices, assignment) in [honest(1), two_adapters()] {
        let (tried, parts) = complaints(&matrices, &assignment, 37);
        total += tried;
        let expected: BTreeSet<String> = ASSERTIONS.iter().map(|(part, _)| (*part).to_owned()).collect();
        assert_eq!(expected.difference(&parts).collect::<Vec<_>>(), Vec::<&String>::new());
    }
    println!("assurance: choices changed and followed = {total}");
}

/// [`every_assertion_complains_about_some_choice`] for every input and every bit, also of another witness.
#[test]
#[ignore = "minutes: make test-full"]
fn every_choice_is_caught() {
    for (what, (_, matrices, assignment)) in
        [("one adapter", honest(1)), ("another", honest(2)), ("two adapters", two_adapters())]
    {
        let (tried, parts) = complaints(&matrices, &assignment, 1);
        println!("{what}: {tried} choices changed, {} parts complained", parts.len());
    }
}
