//! Every element and every field of an honest proof, changed one at a time, is refused by the check that is named for it.

mod support;

use rankproof_lora_proof::transcript::Message;
use rankproof_lora_proof::{Config, Error, F, LoraProof, Oracle, Proof, verify};
use rankproof_statement::digest::Registration;
use rankproof_statement::field::from_signed;
use rankproof_statement::{Error as StatementError, WeightBits};
use rayon::prelude::*;
use support::elements::{Part, elements, from_elements, parts, refusal};
use support::{SHAPES, honest, honest_witness, prove_witness, witness};

fn one() -> F {
    F::from(1u64)
}

/// An honest proof, its twin with one change, and what verification says to the twin.
fn refused(change: impl FnOnce(&mut LoraProof)) -> Result<(), Error> {
    let (config, honest) = honest();
    let mut changed = honest.clone();
    change(&mut changed);
    assert_ne!(&changed, honest, "the change changes something");
    verify(config, &changed)
}

fn refused_argument(change: impl FnOnce(&mut Proof)) -> Result<(), Error> {
    refused(|proof| change(&mut proof.proof))
}

#[test]
fn accepts_the_honest_twin() {
    let (config, proof) = honest();
    assert_eq!(verify(config, proof), Ok(()));
}

#[test]
fn names_every_element_of_a_proof() {
    let (config, proof) = honest();
    assert_eq!(parts(config).len(), elements(&proof.proof).len());
    assert_eq!(parts(config).len(), Proof::element_count(config));
}

/// The first and the last element of every part, and every 13th of all.
fn sampled(config: &Config) -> Vec<(usize, Part)> {
    let parts = parts(config);
    let is_edge = |index: usize, neighbour: Option<usize>| {
        neighbour.and_then(|neighbour| parts.get(neighbour)) != parts.get(index)
    };
    let query = |part: &Part| match part {
        Part::Leaf { query, .. } | Part::Path { query, .. } => *query,
        _ => 0,
    };
    parts
        .iter()
        .copied()
        .enumerate()
        .filter(|(index, part)| {
            let edge = is_edge(*index, index.checked_sub(1)) || is_edge(*index, index.checked_add(1));
            (edge && query(part) < 2) || index % 13 == 0
        })
        .collect()
}

#[test]
fn rejects_every_changed_element_by_its_own_check() {
    let (config, honest) = honest();
    let original = elements(&honest.proof);
    let sampled = sampled(config);
    assert!(sampled.len() > 300, "{} elements", sampled.len());
    sampled.par_iter().for_each(|(index, part)| {
        let mut changed = original.clone();
        changed[*index] += one();
        let proof = LoraProof { proof: from_elements(config, &changed), ..honest.clone() };
        assert_eq!(verify(config, &proof), Err(refusal(config, *part)), "element {index}, {part:?}");
    });
}

#[test]
fn rejects_zeroed_and_negated_elements() {
    let (config, honest) = honest();
    let original = elements(&honest.proof);
    sampled(config).par_iter().step_by(7).for_each(|(index, part)| {
        for replacement in [F::from(0u64), -original[*index]] {
            if replacement == original[*index] {
                continue;
            }
            let mut changed = original.clone();
            changed[*index] = replacement;
            let proof = LoraProof { proof: from_elements(config, &changed), ..honest.clone() };
            assert_eq!(verify(config, &proof), Err(refusal(config, *part)), "element {index}, {part:?}");
        }
    });
}

#[test]
fn rejects_changed_ids_and_what_they_open_to() {
    type Change = fn(&mut LoraProof);
    let adapter: [Change; 6] = [
        |proof| proof.statement.adapter += one(),
        |proof| proof.adapter.weights_root += one(),
        |proof| proof.adapter.weights_ood += one(),
        |proof| proof.adapter.manifest_digest[31] ^= 1,
        |proof| proof.adapter.base_model_digest[0] ^= 1,
        |proof| proof.adapter.salt += one(),
    ];
    for (index, change) in adapter.into_iter().enumerate() {
        assert_eq!(refused(change), Err(Error::AdapterIdMismatch), "change {index}");
    }
    let activations: [Change; 5] = [
        |proof| proof.statement.activations += one(),
        |proof| proof.activations.preimage.activations_root += one(),
        |proof| proof.activations.preimage.activations_ood += one(),
        |proof| proof.activations.preimage.scales_digest[15] ^= 1,
        |proof| proof.activations.preimage.salt += one(),
    ];
    for (index, change) in activations.into_iter().enumerate() {
        assert_eq!(refused(change), Err(Error::ActivationsIdMismatch), "change {index}");
    }
}

#[test]
fn rejects_a_changed_context_because_every_challenge_moves() {
    assert_eq!(refused(|proof| proof.statement.context += one()), Err(Error::RankSumcheck));
}

#[test]
fn rejects_changed_layouts() {
    let invalid = |slot, rule| Err(Error::Statement(StatementError::InvalidLayout { slot, rule }));
    assert_eq!(refused(|proof| proof.weights_layout.bits = WeightBits::Eight), Err(Error::AdapterIdMismatch));
    assert_eq!(refused(|proof| proof.weights_layout.log_rank += 1), Err(Error::AdapterIdMismatch));
    assert_eq!(refused(|proof| proof.weights_layout.log_rank = 200), invalid(0, "log_rank within the profile"));
    let alignment = "lora_a is an aligned block of the weights";
    assert_eq!(refused(|proof| proof.weights_layout.slots[0].weights_a += 1), invalid(0, alignment));
    assert_eq!(refused(|proof| proof.weights_layout.slots[2].weights_a = 1 << 7), Err(Error::AdapterIdMismatch));
    let gap = "outputs follow one another without a gap";
    assert_eq!(refused(|proof| proof.weights_layout.slots[1].output_offset += 1 << 6), invalid(1, gap));
    assert_eq!(refused(|proof| proof.activations.inputs_layout.log_tokens = 4), Err(Error::ActivationsIdMismatch));
    let length = "one input offset for each active slot";
    assert_eq!(refused(|proof| proof.activations.inputs_layout.input_offsets.push(0)), invalid(0, length));
    assert_eq!(
        refused(|proof| proof.activations.inputs_layout.input_offsets[2] += 1 << 7),
        Err(Error::ActivationsIdMismatch)
    );
}

/// Recomputes both ids, as an adversary does who may choose them.
fn with_fresh_ids(proof: &mut LoraProof) {
    let config = &honest().0;
    let weights = proof.weights_layout.digest(config.maxima());
    let inputs = proof.activations.inputs_layout.digest(config.maxima());
    proof.statement.adapter = proof.adapter.id(config.inner_digest(), weights);
    proof.statement.activations = proof.activations.preimage.id(config.inner_digest(), weights, inputs);
}

#[test]
fn rejects_changed_openings_even_when_the_ids_follow() {
    type Change = fn(&mut LoraProof);
    let changes: [Change; 8] = [
        |proof| proof.adapter.salt += one(),
        |proof| proof.activations.preimage.salt += one(),
        |proof| proof.adapter.manifest_digest[0] ^= 1,
        |proof| proof.activations.preimage.scales_digest[0] ^= 1,
        |proof| proof.adapter.weights_root += one(),
        |proof| proof.activations.preimage.activations_ood += one(),
        |proof| proof.weights_layout.slots[2].weights_a = 1 << 7,
        |proof| proof.activations.inputs_layout.input_offsets[2] += 1 << 7,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let result = refused(|proof| {
            change(proof);
            with_fresh_ids(proof);
        });
        assert_eq!(result, Err(Error::RankSumcheck), "change {index}");
    }
}

#[test]
fn rejects_proofs_of_other_statements() {
    let (config, honest) = honest();
    let context = honest.statement.context;
    let mut reordered = honest_witness();
    for (module, activations) in reordered.adapter.modules.iter().zip(&mut reordered.activations) {
        activations.x.rotate_left(module.in_features);
        activations.token_scale.rotate_left(1);
    }
    for (module, outputs) in reordered.adapter.modules.iter().zip(&mut reordered.outputs) {
        outputs.rotate_left(module.out_features);
    }
    let mut edited = honest_witness();
    edited.adapter.modules[0].lora_a[0] ^= 1;
    edited = rankproof_statement::Witness::new(edited.adapter, edited.activations).expect("honest");
    let mut rescaled = honest_witness();
    rescaled.adapter.modules[1].out_scale[0] *= 2.0;
    let others = [
        ("another context", prove_witness(config, &honest_witness(), context + one())),
        ("other activations", prove_witness(config, &other_activations(), context)),
        ("another token order", prove_witness(config, &reordered, context)),
        ("an edited adapter", prove_witness(config, &edited, context)),
        ("another scale", prove_witness(config, &rescaled, context)),
    ];
    for (name, other) in others {
        assert_eq!(verify(config, &other), Ok(()), "{name}: honest by itself");
        assert_ne!(other.statement, honest.statement, "{name}: another statement");
        let argument_of_other = LoraProof { proof: other.proof.clone(), ..honest.clone() };
        assert_eq!(verify(config, &argument_of_other), Err(Error::RankSumcheck), "{name}: other argument");
        let statement_of_other = LoraProof { statement: other.statement, ..honest.clone() };
        let expected = if other.statement.adapter != honest.statement.adapter {
            Error::AdapterIdMismatch
        } else if other.statement.activations != honest.statement.activations {
            Error::ActivationsIdMismatch
        } else {
            Error::RankSumcheck
        };
        assert_eq!(verify(config, &statement_of_other), Err(expected), "{name}: other statement");
    }
}

fn other_activations() -> rankproof_statement::Witness {
    let mut activations = honest_witness().activations;
    activations[2].x[0] ^= 1;
    rankproof_statement::Witness::new(honest_witness().adapter, activations).expect("honest")
}

#[test]
fn rejects_swapped_entries() {
    let (config, _) = honest();
    let last = config.rounds.len() - 1;
    let stale = |round: usize| Err(Error::ProofOfWork { round, bits: config.rounds[round].pow_bits });
    assert_eq!(refused_argument(|proof| proof.rank_sumcheck.swap(0, 1)), Err(Error::RankSumcheck));
    // `b u = u b`, but the next sumcheck starts from the wrong one.
    assert_eq!(refused_argument(|proof| proof.rank_values[0].unabsorbed_mut().swap(0, 1)), Err(Error::InputSumcheck));
    assert_eq!(refused_argument(|proof| proof.input_sumcheck.swap(0, 11)), Err(Error::InputSumcheck));
    assert_eq!(refused_argument(|proof| proof.range_check.swap(3, 4)), Err(Error::RangeCheck));
    assert_eq!(refused_argument(|proof| proof.opening.rounds[0].sumcheck.swap(0, 1)), stale(0));
    assert_eq!(refused_argument(|proof| proof.opening.rounds[last].sumcheck.swap(2, 3)), stale(last));
    assert_eq!(
        refused_argument(|proof| proof.opening.rounds[0].trees.swap(0, 1)),
        Err(Error::MerkleCap { oracle: Oracle::Weights { adapter: 0 } })
    );
    assert_eq!(
        refused_argument(|proof| proof.opening.rounds[0].trees[1].opened.0.swap(4, 5)),
        Err(Error::MerklePath { oracle: Oracle::Activations { adapter: 0, run: 0 }, query: 4 })
    );
    assert_eq!(
        refused_argument(|proof| proof.opening.rounds[last].trees[0].cap.0.swap(0, 1)),
        Err(Error::MerkleCap { oracle: Oracle::Folded(last) })
    );
    assert_eq!(refused_argument(|proof| proof.opening.final_polynomial.unabsorbed_mut().swap(0, 1)), stale(last));
    assert_eq!(refused_argument(|proof| proof.opening.final_sumcheck.swap(0, 1)), Err(Error::FinalClaim));
    assert_eq!(
        refused_argument(|proof| proof.opening.rounds.swap(0, 1)),
        Err(Error::LengthMismatch { field: "folded polynomial of a round", expected: 1, actual: 0 })
    );
}

#[test]
fn rejects_dropped_and_added_entries_with_field_and_counts() {
    /// Drops the last entry, or repeats it.
    fn resize<T: Clone>(list: &mut Vec<T>, grow: bool) {
        let last = list.pop().expect("not empty");
        if grow {
            list.extend([last.clone(), last]);
        }
    }
    type Change = fn(&mut Proof, bool);
    let (config, _) = honest();
    let maxima = config.maxima();
    let (first, second) = (&config.rounds[0], &config.rounds[1]);
    let cases: [(&'static str, usize, Change); 13] = [
        ("rank sumcheck", maxima.log_rank_space, |proof, grow| resize(&mut proof.rank_sumcheck, grow)),
        ("input sumcheck", maxima.log_input_space, |proof, grow| resize(&mut proof.input_sumcheck, grow)),
        ("range check", config.log_size(), |proof, grow| resize(&mut proof.range_check, grow)),
        ("rounds", config.rounds.len(), |proof, grow| resize(&mut proof.opening.rounds, grow)),
        ("sumcheck of a round", 4, |proof, grow| resize(&mut proof.opening.rounds[0].sumcheck, grow)),
        ("trees of a round", 2, |proof, grow| resize(&mut proof.opening.rounds[0].trees, grow)),
        ("trees of a round", 1, |proof, grow| resize(&mut proof.opening.rounds[1].trees, grow)),
        ("cap", 1 << first.log_cap, |proof, grow| resize(&mut proof.opening.rounds[0].trees[0].cap.0, grow)),
        ("queries", first.queries, |proof, grow| resize(&mut proof.opening.rounds[0].trees[1].opened.0, grow)),
        ("queries", second.queries, |proof, grow| resize(&mut proof.opening.rounds[1].trees[0].opened.0, grow)),
        ("path", second.path_levels(), |proof, grow| {
            resize(&mut proof.opening.rounds[1].trees[0].opened.0[3].path, grow);
        }),
        ("final polynomial", 1 << config.log_final, |proof, grow| {
            resize(proof.opening.final_polynomial.unabsorbed_mut(), grow);
        }),
        ("final sumcheck", config.log_final, |proof, grow| resize(&mut proof.opening.final_sumcheck, grow)),
    ];
    for (field, expected, change) in cases {
        for (grow, actual) in [(false, expected - 1), (true, expected + 1)] {
            let error = Err(Error::LengthMismatch { field, expected, actual });
            assert_eq!(refused_argument(|proof| change(proof, grow)), error);
        }
    }
    let field = "folded polynomial of a round";
    assert_eq!(
        refused_argument(|proof| proof.opening.rounds[0].folded = None),
        Err(Error::LengthMismatch { field, expected: 1, actual: 0 })
    );
    assert_eq!(
        refused_argument(|proof| proof.opening.rounds[1].folded = proof.opening.rounds[0].folded.clone()),
        Err(Error::LengthMismatch { field, expected: 0, actual: 1 })
    );
}

#[test]
fn rejects_a_nonce_that_does_no_work() {
    let (config, _) = honest();
    for (round, round_config) in config.rounds.iter().enumerate() {
        assert!(round_config.pow_bits > 0, "round {round} grinds");
        let result = refused_argument(|proof| {
            proof.opening.rounds[round].nonce = Message::from_file([from_signed(-1)]);
        });
        assert_eq!(result, Err(Error::ProofOfWork { round, bits: round_config.pow_bits }));
    }
}

#[test]
fn refuses_to_prove_false_statements_and_reserved_contexts() {
    let (config, _) = honest();
    let prove = |witness: &rankproof_statement::Witness, context: F| {
        use rankproof_lora_proof::{argument::adapter_preimage, commit_weights};
        let layout = rankproof_statement::WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
        let nibbles = rankproof_statement::tables::weights(&witness.adapter, &layout, config.maxima());
        let commitment = commit_weights(config, nibbles);
        let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), one());
        rankproof_lora_proof::prove(config, witness, &layout, &commitment, &preimage, context, one()).map(|_| ())
    };
    let small = witness(&SHAPES[..1], 1, WeightBits::Four, 2);
    assert_eq!(prove(&small, one()), Ok(()));
    let mut wrong = small.clone();
    wrong.outputs[0][7] += 1;
    let (claimed, computed) = (wrong.outputs[0][7], small.outputs[0][7]);
    assert_eq!(
        prove(&wrong, one()),
        Err(Error::Statement(StatementError::RelationViolated {
            module: "q".into(),
            output: 7,
            token: 0,
            claimed,
            computed
        }))
    );
    let registration = F::from(2u64) * ark_ff::Field::pow(&F::from(2u64), [248]);
    let error = StatementError::ReservedContextKind { kind: 2 };
    assert_eq!(prove(&small, registration), Err(Error::Statement(error)));
}

#[test]
fn proves_a_registration_that_is_spelled_out_and_never_its_context() {
    use rankproof_lora_proof::argument::adapter_preimage;
    use rankproof_lora_proof::{commit_weights, prove, prove_registration};
    let (config, _) = honest();
    let small = witness(&SHAPES[..1], 1, WeightBits::Four, 2);
    let layout = rankproof_statement::WeightsLayout::plan(&small.adapter, config.maxima()).expect("fits");
    let weights =
        commit_weights(config, rankproof_statement::tables::weights(&small.adapter, &layout, config.maxima()));
    let preimage = adapter_preimage(&small.adapter, weights.root(), weights.ood_value(), one());
    let registration = Registration { chain_id: 1, registry: [2; 20], owner: [3; 20] };
    let proof =
        prove_registration(config, &small, &layout, &weights, &preimage, &registration, one()).expect("it holds");
    assert_eq!(verify(config, &proof), Ok(()));
    assert_eq!(proof.statement.context, registration.context());
    let refused = prove(config, &small, &layout, &weights, &preimage, registration.context(), one());
    assert_eq!(refused.unwrap_err(), Error::Statement(StatementError::ReservedContextKind { kind: 2 }));
}
