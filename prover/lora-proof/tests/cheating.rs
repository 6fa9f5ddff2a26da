//! Provers that lie in one place and are honest about everything that follows from it: each is caught by the check that
//! docs/protocol.md names for it. Unlike a changed proof, these come with fresh challenges and fresh grinding.

mod support;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rankproof_lora_proof::argument::{adapter_preimage, argue, commit_run, state};
use rankproof_lora_proof::multilinear::{dot, eq, eq_table};
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{Config, Error, F, Oracle, Profile, commit_weights, verify, whir};
use rankproof_statement::{WeightBits, WeightsLayout, Witness, tables};
use support::whir_prover::{Cheat, Leaves, corrupt, open};
use support::{SHAPES, honest_witness, witness};

/// Proves with integers `argued` after committing to the weights and activations of `committed`.
fn prove_split(committed: &Witness, argued: &Witness, change: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
    let config = Profile::Tiny.config();
    let layout = WeightsLayout::plan(&committed.adapter, config.maxima()).expect("fits");
    let mut nibbles = tables::weights(&committed.adapter, &layout, config.maxima());
    change(&mut nibbles);
    let weights = commit_weights(&config, nibbles);
    let adapter = adapter_preimage(&committed.adapter, weights.root(), weights.ood_value(), F::from(1u64));
    let (opening, activations) = commit_run(&config, committed, &layout, F::from(2u64)).expect("fits");
    let unargued = state(&config, &layout, &adapter, opening, F::from(0u64));
    let proof = argue(&config, &mut Transcript::default(), argued, unargued, [&weights, &activations]);
    verify(&config, &proof)
}

/// Outputs as the integers give them, whatever the width of the weights.
fn with_true_outputs(mut witness: Witness) -> Witness {
    let mut wide = witness.adapter.clone();
    wide.bits = WeightBits::Eight;
    witness.outputs = Witness::new(wide, witness.activations.clone()).expect("codes fit eight bits").outputs;
    witness
}

#[test]
fn accepts_the_honest_twin() {
    let witness = honest_witness();
    assert_eq!(with_true_outputs(witness.clone()), witness);
    assert_eq!(prove_split(&witness, &witness, |_| ()), Ok(()));
}

#[test]
fn rejects_a_weight_outside_its_width_by_the_range_check() {
    let mut wide = honest_witness();
    wide.adapter.modules[1].lora_b[5] = 8; // the nibble 16
    let wide = with_true_outputs(wide);
    assert_eq!(prove_split(&wide, &wide, |_| ()), Err(Error::RangeCheck));
}

#[test]
fn rejects_an_entry_outside_all_blocks_by_the_range_check() {
    let witness = honest_witness();
    assert_eq!(prove_split(&witness, &witness, |nibbles| nibbles[16_000] = 15), Ok(()), "any nibble will do there");
    assert_eq!(prove_split(&witness, &witness, |nibbles| nibbles[16_000] = 16), Err(Error::RangeCheck));
    assert_eq!(prove_split(&witness, &witness, |nibbles| nibbles[16_000] = 255), Err(Error::RangeCheck));
}

#[test]
fn rejects_a_wrong_output_by_the_rank_sumcheck() {
    let mut wrong = honest_witness();
    wrong.outputs[2][3] += 1;
    assert_eq!(prove_split(&wrong, &wrong, |_| ()), Err(Error::RankSumcheck));
}

#[test]
fn rejects_true_outputs_argued_over_others_that_are_committed_by_the_last_claim() {
    let honest = honest_witness();
    let mut wrong = honest.clone();
    wrong.outputs[2][3] += 1;
    assert_eq!(prove_split(&wrong, &honest, |_| ()), Err(Error::FinalClaim));
}

#[test]
fn rejects_other_inputs_and_other_weights_than_the_committed_by_the_last_claim() {
    let honest = honest_witness();
    let mut activations = honest.activations.clone();
    activations[2].x[1] ^= 4;
    let other_inputs = Witness::new(honest.adapter.clone(), activations).expect("honest");
    let committed = Witness { outputs: other_inputs.outputs.clone(), ..honest.clone() };
    assert_eq!(prove_split(&committed, &other_inputs, |_| ()), Err(Error::FinalClaim));

    let mut adapter = honest.adapter.clone();
    adapter.modules[0].lora_a[3] ^= 1;
    let other_weights = Witness::new(adapter, honest.activations.clone()).expect("honest");
    let committed = Witness { outputs: other_weights.outputs.clone(), ..honest.clone() };
    assert_eq!(prove_split(&committed, &other_weights, |_| ()), Err(Error::FinalClaim));
}

#[test]
fn rejects_outputs_of_another_module() {
    let mut swapped = witness(&[("a", 24, 40, 3, false), ("b", 24, 40, 3, true)], 5, WeightBits::Four, 3);
    swapped.outputs.swap(0, 1);
    assert_eq!(prove_split(&swapped, &swapped, |_| ()), Err(Error::RankSumcheck));
}

#[test]
fn rejects_an_output_where_no_module_writes() {
    // 17 outputs of `v` are padded to 32: the proof says that the padding is B (A X) too, which is zero.
    let mut padded = witness(&SHAPES, 5, WeightBits::Four, 1);
    let position = padded.adapter.modules.iter().position(|module| module.name == "v").expect("SHAPES has v");
    let module = &mut padded.adapter.modules[position];
    module.out_features += 1;
    module.lora_b.extend(std::iter::repeat_n(0, module.rank));
    module.out_scale.push(1.0);
    let mut padded = Witness::new(padded.adapter, padded.activations).expect("honest");
    assert_eq!(prove_split(&padded, &padded, |_| ()), Ok(()));
    let last = padded.outputs[position].len() - 1;
    padded.outputs[position][last] = 1;
    assert_eq!(prove_split(&padded, &padded, |_| ()), Err(Error::RankSumcheck));
}

/// [`open_all`] of the profile `tiny`: two tables.
fn open_random(cheat: Cheat, corrupt_commitment: Option<usize>, lie: u64) -> (Result<(), Error>, Vec<usize>) {
    open_all(&Profile::Tiny.config(), cheat, corrupt_commitment, lie)
}

/// An opening of random tables against random points, with one cheat; what the verifier says, and the positions of
/// the last round.
fn open_all(
    config: &Config,
    cheat: Cheat,
    corrupt_commitment: Option<usize>,
    lie: u64,
) -> (Result<(), Error>, Vec<usize>) {
    use ark_ff::UniformRand;
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let n = config.log_size();
    let mut elements = |length: usize| -> Vec<Vec<F>> {
        (0..config.commitments()).map(|_| (0..length).map(|_| F::rand(&mut rng)).collect()).collect()
    };
    let (tables, points) = (elements(1 << n), elements(n));
    let weights: Vec<Vec<F>> = points.iter().map(|point| eq_table(point, F::from(1u64))).collect();
    let claim = tables.iter().zip(&weights).map(|(table, weight)| dot(table, weight)).sum::<F>() + F::from(lie);
    let mut leaves: Vec<_> = tables.iter().map(|table| Leaves::honest(table, &config.rounds[0])).collect();
    if let Some(tree) = corrupt_commitment {
        corrupt(&mut leaves[tree]);
    }
    let commitments: Vec<Leaves> = leaves.into_iter().map(|leaves| Leaves::new(leaves, &config.rounds[0])).collect();
    let roots: Vec<F> = commitments.iter().map(|leaves| leaves.tree.root()).collect();
    let mut prover = Transcript::default();
    prover.public("claim", &[&roots[..], &[claim]].concat());
    let mut verifier = prover.clone();
    let committed: Vec<&Leaves> = commitments.iter().collect();
    let (opening, positions) = open(config, &mut prover, &committed, tables, weights, cheat);
    let evaluate = |point: &[F]| points.iter().map(|own| eq(own, point)).collect();
    (whir::verify(config, &mut verifier, &roots, claim, evaluate, &opening), positions)
}

#[test]
fn accepts_an_opening_by_a_second_implementation() {
    assert_eq!(open_random(Cheat::None, None, 0).0, Ok(()));
}

#[test]
fn rejects_a_wrong_claim() {
    assert_eq!(open_random(Cheat::None, None, 1).0, Err(Error::FinalClaim));
}

#[test]
fn rejects_commitments_far_from_the_code() {
    assert_eq!(open_random(Cheat::None, Some(0), 0).0, Err(Error::FinalClaim));
    assert_eq!(open_random(Cheat::None, Some(1), 0).0, Err(Error::FinalClaim));
}

#[test]
fn rejects_a_folded_codeword_far_from_the_code_at_its_first_corrupted_query() {
    let (result, positions) = open_random(Cheat::CorruptFolded, None, 0);
    let query = positions.iter().position(|position| position % 2 == 1).expect("some query is odd");
    assert_eq!(result, Err(Error::FinalQuery { query }));
}

#[test]
fn rejects_folded_polynomials_that_do_not_match() {
    assert_eq!(open_random(Cheat::OtherFolded, None, 0).0, Err(Error::FinalClaim));
    assert_eq!(open_random(Cheat::OtherFoldedCommitted, None, 0).0, Err(Error::FinalQuery { query: 0 }));
    assert_eq!(open_random(Cheat::OtherOodValue, None, 0).0, Err(Error::FinalClaim));
}

#[test]
fn rejects_another_last_polynomial() {
    assert_eq!(open_random(Cheat::OtherFinal, None, 0).0, Err(Error::FinalQuery { query: 0 }));
}

#[test]
fn rejects_answers_from_other_positions() {
    let error = Error::MerklePath { oracle: Oracle::Weights { adapter: 0 }, query: 0 };
    assert_eq!(open_random(Cheat::OtherPositions, None, 0).0, Err(error));
}

/// Two runs share the opening: what is caught of one polynomial is caught of each.
#[test]
fn rejects_the_same_of_several_runs() {
    let config = Profile::TinyS2.config();
    let open = |cheat, corrupted, lie| open_all(&config, cheat, corrupted, lie).0;
    assert_eq!(open(Cheat::None, None, 0), Ok(()));
    assert_eq!(open(Cheat::None, None, 1), Err(Error::FinalClaim));
    for tree in 0..config.commitments() {
        assert_eq!(open(Cheat::None, Some(tree), 0), Err(Error::FinalClaim), "tree {tree}");
    }
    assert_eq!(open(Cheat::OtherFolded, None, 0), Err(Error::FinalClaim));
    assert_eq!(open(Cheat::OtherFoldedCommitted, None, 0), Err(Error::FinalQuery { query: 0 }));
    assert_eq!(open(Cheat::OtherOodValue, None, 0), Err(Error::FinalClaim));
    assert_eq!(open(Cheat::OtherFinal, None, 0), Err(Error::FinalQuery { query: 0 }));
    assert_eq!(open(Cheat::OtherFoldedRoot, None, 0), Err(Error::MerkleCap { oracle: Oracle::Folded(1) }));
    let last = config.rounds.len() - 1;
    let stale = Error::ProofOfWork { round: last, bits: config.rounds[last].pow_bits };
    assert_eq!(open(Cheat::NoWork, None, 0), Err(stale));
    let error = Error::MerklePath { oracle: Oracle::Weights { adapter: 0 }, query: 0 };
    assert_eq!(open(Cheat::OtherPositions, None, 0), Err(error));
}
