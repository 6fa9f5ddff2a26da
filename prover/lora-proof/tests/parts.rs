//! The parts one by one, against their definitions.

mod support;

use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_lora_proof::config::COLUMNS;
use rankproof_lora_proof::merkle::{Leaf, MerkleTree, cap_root, children, is_under_cap};
use rankproof_lora_proof::multilinear::{add_powers, dot, eq, eq_table, evaluate, fold, horner, power_weight};
use rankproof_lora_proof::reed_solomon::{domain_point, generator, leaf, tree as tree_of};
use rankproof_lora_proof::transcript::{Hint, Transcript, labels};
use rankproof_lora_proof::whir::positions;
use rankproof_lora_proof::{F, Profile, range, sumcheck};
use rankproof_poseidon::grinding::does_work;
use rankproof_poseidon::{compress_leaf, compress_node};
use support::whir_prover::Leaves;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn elements(rng: &mut ChaCha20Rng, count: usize) -> Vec<F> {
    (0..count).map(|_| F::rand(rng)).collect()
}

/// The vertex of the cube with this index, most significant bit first.
fn vertex(index: usize, variables: usize) -> Vec<F> {
    (0..variables).rev().map(|bit| F::from((index >> bit & 1) as u64)).collect()
}

#[test]
fn eq_is_one_on_equal_vertices_and_its_table_is_its_values() {
    let mut rng = rng(1);
    for variables in 0..6 {
        let (p, scale) = (elements(&mut rng, variables), F::rand(&mut rng));
        let table = eq_table(&p, scale);
        for (index, entry) in table.iter().enumerate() {
            assert_eq!(*entry, scale * eq(&p, &vertex(index, variables)));
        }
        assert_eq!(table.iter().sum::<F>(), scale);
        for a in 0..1 << variables {
            for b in 0..1 << variables {
                let value = eq(&vertex(a, variables), &vertex(b, variables));
                assert_eq!(value, F::from(u64::from(a == b)));
            }
        }
    }
}

#[test]
fn power_weight_extends_the_powers_and_reads_a_table_as_coefficients() {
    let mut rng = rng(2);
    for variables in 0..8 {
        let x = F::rand(&mut rng);
        for index in 0..1usize << variables {
            assert_eq!(power_weight(x, &vertex(index, variables)), x.pow([index as u64]));
        }
        let mut powers = vec![F::ZERO; 1 << variables];
        add_powers(&mut powers, x, F::from(3u64));
        let r = elements(&mut rng, variables);
        assert_eq!(evaluate(&powers, &r), F::from(3u64) * power_weight(x, &r));
        let table = elements(&mut rng, 1 << variables);
        assert_eq!(F::from(3u64) * horner(&table, x), dot(&table, &powers));
    }
}

#[test]
fn adding_powers_does_not_depend_on_how_the_table_is_cut() {
    let x = F::from(7u64);
    let mut table = vec![F::from(1u64); 1 << 13];
    add_powers(&mut table, x, F::from(2u64));
    let mut power = F::from(2u64);
    for entry in &table {
        assert_eq!(*entry, power + F::from(1u64));
        power *= x;
    }
}

#[test]
fn folding_is_evaluating_one_variable_at_a_time() {
    let mut rng = rng(3);
    let table = elements(&mut rng, 1 << 7);
    let point = elements(&mut rng, 7);
    let direct = dot(&table, &eq_table(&point, F::ONE));
    assert_eq!(evaluate(&table, &point), direct);
    let mut folded = table;
    fold(&mut folded, point[0]);
    assert_eq!(evaluate(&folded, &point[1..]), direct);
}

#[test]
fn sumcheck_ends_in_the_product_at_its_point() {
    let mut rng = rng(4);
    let (a, b) = (elements(&mut rng, 64), elements(&mut rng, 64));
    let claim = dot(&a, &b);
    let (mut folded_a, mut folded_b) = (a.clone(), b.clone());
    let names = [labels::RANK_ROUND, labels::RANK_POINT];
    let (rounds, point) = sumcheck::prove(&mut Transcript::default(), names, &mut folded_a, &mut folded_b);
    let reduced = sumcheck::verify(&mut Transcript::default(), names, claim, &rounds);
    assert_eq!(reduced.point, point);
    assert_eq!(reduced.claim, evaluate(&a, &point) * evaluate(&b, &point));
    assert_eq!([folded_a[0], folded_b[0]], [evaluate(&a, &point), evaluate(&b, &point)]);
    let wrong = sumcheck::verify(&mut Transcript::default(), names, claim + F::ONE, &rounds);
    assert_ne!(wrong.claim, reduced.claim);
}

#[test]
fn sumcheck_rounds_sum_to_the_claim() {
    let mut rng = rng(5);
    let (a, b, r) = (elements(&mut rng, 8), elements(&mut rng, 8), F::rand(&mut rng));
    let claim = dot(&a, &b);
    let round = sumcheck::round(&a, &b);
    let at = |x: F| sumcheck::next_claim(round, claim, x);
    assert_eq!(at(F::ZERO) + at(F::ONE), claim);
    let (mut a, mut b) = (a, b);
    fold(&mut a, r);
    fold(&mut b, r);
    assert_eq!(at(r), dot(&a, &b));
}

#[test]
fn nibble_product_vanishes_on_nibbles_only() {
    for value in 0..16u64 {
        assert_eq!(range::nibble_product(F::from(value)), F::ZERO);
    }
    for value in [F::from(16u64), F::from(255u64), -F::ONE, F::from(2u64).inverse().expect("odd field")] {
        let direct: F = (0..16u64).map(|root| value - F::from(root)).product();
        assert_eq!(range::nibble_product(value), direct);
        assert_ne!(direct, F::ZERO);
    }
}

/// `h` given by its 17 coefficients: the claim is `(1-rho) h(0) + rho h(1)`, the next one `h(r)`.
#[test]
fn range_rounds_follow_their_polynomial() {
    let mut rng = rng(6);
    let coefficients = elements(&mut rng, 17);
    let (rho, r) = (F::rand(&mut rng), F::rand(&mut rng));
    let claim = (F::ONE - rho) * coefficients[0] + rho * coefficients.iter().sum::<F>();
    let round: range::Round = std::array::from_fn(|index| coefficients[index + 1]);
    assert_eq!(range::next_claim(&round, claim, rho, r), horner(&coefficients, r));
    assert_ne!(range::next_claim(&round, claim + F::ONE, rho, r), horner(&coefficients, r));
}

/// Several tables in one range check: each is told apart by its factor.
#[test]
fn range_check_of_several_tables_ends_in_the_sum_of_their_products() {
    let mut rng = rng(8);
    let (seed, factors) = (elements(&mut rng, 8), elements(&mut rng, 3));
    let mut tables: Vec<Vec<u8>> = (0..3).map(|_| (0..256).map(|_| rng.gen_range(0..16)).collect()).collect();
    let ends_right = |tables: &[Vec<u8>]| {
        let parts: Vec<(&[u8], F)> = tables.iter().map(Vec::as_slice).zip(factors.iter().copied()).collect();
        let (rounds, point, values) = range::prove(&mut Transcript::default(), &parts, &seed);
        for (table, value) in tables.iter().zip(&values) {
            let table: Vec<F> = table.iter().map(|nibble| F::from(*nibble)).collect();
            assert_eq!(*value, evaluate(&table, &point));
        }
        let products = values.iter().zip(&factors).map(|(value, factor)| range::nibble_product(*value) * factor);
        range::verify(&mut Transcript::default(), &seed, &rounds).claim == products.sum::<F>()
    };
    assert!(ends_right(&tables));
    for table in 0..3 {
        let honest = std::mem::replace(&mut tables[table][77], 200);
        assert!(!ends_right(&tables), "table {table}");
        tables[table][77] = honest;
    }
}

#[test]
fn range_check_ends_in_the_product_of_an_honest_table_and_of_no_other() {
    let mut rng = rng(7);
    let seed = elements(&mut rng, 8);
    let mut nibbles: Vec<u8> = (0..256).map(|_| rng.gen_range(0..16)).collect();
    let ends_right = |nibbles: &[u8]| {
        let (rounds, point, values) = range::prove(&mut Transcript::default(), &[(nibbles, F::ONE)], &seed);
        let table: Vec<F> = nibbles.iter().map(|nibble| F::from(*nibble)).collect();
        assert_eq!(values, [evaluate(&table, &point)]);
        let reduced = range::verify(&mut Transcript::default(), &seed, &rounds);
        assert_eq!(reduced.point, point);
        reduced.claim == range::nibble_product(values[0])
    };
    assert!(ends_right(&nibbles));
    for position in [0, 127, 255] {
        let honest = std::mem::replace(&mut nibbles[position], 16);
        assert!(!ends_right(&nibbles), "position {position}");
        nibbles[position] = honest;
    }
}

#[test]
fn a_folded_leaf_is_a_value_of_the_folded_table() {
    let mut rng = rng(8);
    let round = &Profile::Tiny.config().rounds[1];
    let table = elements(&mut rng, COLUMNS << round.log_degree);
    let alpha = elements(&mut rng, 4);
    let mut folded = table.clone();
    alpha.iter().for_each(|r| fold(&mut folded, *r));
    let weights = eq_table(&alpha, F::ONE);
    for position in [0, 1, 2, 1000, (1 << round.log_leaves) - 1] {
        let x = domain_point(round.log_leaves, position);
        assert_eq!(dot(&leaf(&table, round, position), &weights), horner(&folded, x), "position {position}");
    }
}

/// Leaves that are computed again for a query are those of the tree, whatever the table is made of.
#[test]
fn leaves_computed_again_are_those_of_the_tree() {
    let mut rng = rng(9);
    let round = &Profile::Tiny.config().rounds[1];
    let nibbles: Vec<u8> = (0..COLUMNS << round.log_degree).map(|_| rng.gen_range(0..16)).collect();
    let integers: Vec<i64> = nibbles.iter().map(|nibble| i64::from(*nibble)).collect();
    let elements: Vec<F> = nibbles.iter().map(|nibble| F::from(*nibble)).collect();
    let whole = Leaves::honest(&elements, round);
    let trees = [tree_of(&nibbles, round), tree_of(&integers, round), tree_of(&elements, round)];
    for position in [0, 1, 77, (1 << round.log_leaves) - 1] {
        assert_eq!(leaf(&nibbles, round, position), whole[position]);
        assert_eq!(leaf(&integers, round, position), whole[position]);
        assert_eq!(leaf(&elements, round, position), whole[position]);
    }
    let tree = Leaves::new(whole, round).tree;
    assert!(trees.iter().all(|other| *other == tree));
}

#[test]
fn domains_are_subgroups_of_their_order() {
    use ark_ff::PrimeField;
    let exponent = (-F::ONE).into_bigint() >> 28;
    assert_eq!(generator(28), F::from(5u64).pow(exponent), "docs/protocol.md section 4: 5^((r-1)/2^28)");
    for log in [1, 7, 13, 28] {
        let g = generator(log);
        assert_eq!(g.pow([1 << log]), F::ONE);
        assert_eq!(g.pow([1 << (log - 1)]), -F::ONE);
        assert_eq!(domain_point(log, 3), g * g * g);
        assert_eq!(generator(log - 1), g.square(), "each domain is the square of the next larger one");
    }
}

fn tree(log_leaves: usize, log_cap: usize) -> (Vec<Leaf>, MerkleTree) {
    let mut rng = rng(10);
    let leaves: Vec<Leaf> = (0..1 << log_leaves).map(|_| std::array::from_fn(|_| F::rand(&mut rng))).collect();
    let tree = MerkleTree::new(leaves.iter().map(compress_leaf).collect(), log_cap);
    (leaves, tree)
}

#[test]
fn merkle_paths_lead_to_the_cap_from_their_own_position_only() {
    for (log_leaves, log_cap) in [(8, 6), (9, 7), (10, 6), (6, 6)] {
        let (leaves, tree) = tree(log_leaves, log_cap);
        let cap = Hint(tree.cap().to_vec());
        assert_eq!(cap_root(&cap.0), tree.root());
        for position in [0, 1, 2, 3, leaves.len() / 2 + 1, leaves.len() - 1] {
            let path = tree.path(position);
            assert_eq!(path.len(), (log_leaves - log_cap) / 2);
            assert!(is_under_cap(&cap, position, &leaves[position], &path));
            assert!(!is_under_cap(&cap, position ^ 1, &leaves[position], &path));
            assert!(!is_under_cap(&cap, position + leaves.len(), &leaves[position], &path));
            assert!(!is_under_cap(&cap, position, &leaves[position ^ 1], &path));
            for level in 0..path.len() {
                let mut changed = path.clone();
                changed[level].rotate_left(1);
                assert!(!is_under_cap(&cap, position, &leaves[position], &changed), "level {level}");
            }
            if let [first, ..] = children(position, compress_leaf(&leaves[position]), &path).as_slice() {
                assert_eq!(first[position & 3], compress_leaf(&leaves[position]));
            }
        }
        assert!(!is_under_cap(&cap, usize::MAX, &leaves[0], &tree.path(0)));
    }
}

#[test]
fn the_root_is_the_cap_hashed_on_with_zeros() {
    let cap: Vec<F> = (1..=8u64).map(F::from).collect();
    let node = |children: [F; 4]| compress_node(&children);
    let [low, high] = [node([cap[0], cap[1], cap[2], cap[3]]), node([cap[4], cap[5], cap[6], cap[7]])];
    assert_eq!(cap_root(&cap), node([low, high, F::ZERO, F::ZERO]));
    assert_eq!(cap_root(&cap[..1]), cap[0]);
}

#[test]
fn positions_are_the_low_bits_in_order_and_within_the_domain() {
    use ark_ff::{BigInteger, PrimeField};
    for round in &Profile::Small.config().rounds {
        let mut transcript = Transcript::default();
        let mut copy = transcript.clone();
        let drawn = positions(&mut transcript, round);
        assert_eq!(drawn.len(), round.queries);
        let per_element = 125 / round.log_leaves;
        assert_eq!(round.positions_per_element(), per_element);
        let squeezed = copy.challenges(labels::POSITIONS, round.queries.div_ceil(per_element));
        for (index, position) in drawn.iter().enumerate() {
            assert!(*position < 1 << round.log_leaves);
            let bits = squeezed[index / per_element].into_bigint().to_bits_le();
            let first = index % per_element * round.log_leaves;
            let value = (0..round.log_leaves).map(|bit| usize::from(bits[first + bit]) << bit).sum::<usize>();
            assert_eq!(*position, value);
        }
    }
}

#[test]
fn work_is_zero_bits_at_the_low_end() {
    assert!(does_work(&F::from(0u64), 64));
    assert!(does_work(&F::from(0b1000u64), 3));
    assert!(!does_work(&F::from(0b1000u64), 4));
    assert!(does_work(&F::from(1u64), 0));
    assert!(does_work(&-F::ONE, 28), "r - 1 is 2^28 times an odd number");
    assert!(!does_work(&-F::ONE, 29));
}
