//! A prover of the opening that cheats in one chosen place, and grinds and answers everything else honestly.
//!
//! Written apart from `whir::open` (leaves are kept as lists, so that they can be anything); with [`Cheat::None`] it
//! must convince the verifier, which also checks `whir::open` against a second implementation.

use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use rankproof_lora_proof::F;
use rankproof_lora_proof::config::{COLUMNS, Config, FOLD, RoundConfig};
use rankproof_lora_proof::merkle::{Leaf, MerkleTree};
use rankproof_lora_proof::multilinear::{add_powers, dot, horner};
use rankproof_lora_proof::reed_solomon::domain_point;
use rankproof_lora_proof::sumcheck;
use rankproof_lora_proof::transcript::{Hint, Message, Transcript, labels};
use rankproof_lora_proof::whir::{Folded, Opened, Opening, Round, TreeOpening, positions};
use rankproof_poseidon::compress_leaf;
use rankproof_poseidon::grinding::does_work;
use rayon::prelude::*;

/// Where to cheat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cheat {
    /// Nowhere.
    None,
    /// The folded polynomial is another one, and everything after it is honest about that one.
    OtherFolded,
    /// Another folded polynomial is committed, but the sumcheck goes on with the right one.
    OtherFoldedCommitted,
    /// The committed codeword of the folded polynomial is corrupted at every odd position.
    CorruptFolded,
    /// Another value at the out-of-domain point.
    OtherOodValue,
    /// Another last polynomial, after an honest run.
    OtherFinal,
    /// Queries are answered from other positions.
    OtherPositions,
    /// Another root is sent than the tree of the folded polynomial has.
    OtherFoldedRoot,
    /// No nonce works in the last round.
    NoWork,
}

/// Leaves and their tree.
pub struct Leaves {
    leaves: Vec<Leaf>,
    pub tree: MerkleTree,
}

impl Leaves {
    pub fn new(leaves: Vec<Leaf>, round: &RoundConfig) -> Self {
        let tree = MerkleTree::new(leaves.par_iter().map(compress_leaf).collect(), round.log_cap);
        Self { leaves, tree }
    }

    /// All of the codeword at once.
    pub fn honest(table: &[F], round: &RoundConfig) -> Vec<Leaf> {
        let domain = Radix2EvaluationDomain::<F>::new(1 << round.log_leaves).expect("within the two-adicity");
        let columns: Vec<Vec<F>> = table.chunks(1 << round.log_degree).map(|column| domain.fft(column)).collect();
        (0..1usize << round.log_leaves).map(|p| std::array::from_fn(|column| columns[column][p])).collect()
    }

    fn open(&self, positions: &[usize]) -> TreeOpening {
        let opened = |position: &usize| Opened { leaf: self.leaves[*position], path: self.tree.path(*position) };
        TreeOpening { cap: Hint(self.tree.cap().to_vec()), opened: Hint(positions.iter().map(opened).collect()) }
    }
}

/// Adds something that is no codeword to every leaf at an odd position.
pub fn corrupt(leaves: &mut [Leaf]) {
    for (position, leaf) in leaves.iter_mut().enumerate().skip(1).step_by(2) {
        leaf[position % COLUMNS] += F::from((position * position + 1) as u64);
    }
}

/// The first nonce that works, or that does not.
fn grind(transcript: &Transcript, bits: u32, is_wanted: bool) -> F {
    let works = |nonce: &u32| {
        let mut attempt = transcript.clone();
        attempt.send(labels::NONCE, [F::from(*nonce)]);
        does_work(&attempt.challenge(labels::WORK), bits) == is_wanted
    };
    F::from((0..u32::MAX).into_par_iter().by_exponential_blocks().find_first(works).expect("some nonce works"))
}

/// Opens; returns the opening and the positions of the last round.
pub fn open(
    config: &Config,
    transcript: &mut Transcript,
    commitments: &[&Leaves],
    mut tables: Vec<Vec<F>>,
    mut weights: Vec<Vec<F>>,
    cheat: Cheat,
) -> (Opening, Vec<usize>) {
    const FOLD_LABELS: [&str; 2] = [labels::FOLD_ROUND, labels::FOLD];
    let zero = vec![F::from(0u64); 1 << config.log_size()];
    for list in [&mut tables, &mut weights] {
        list.resize(1 << config.join_variables(), zero.clone());
    }
    let step = |from: &[F], to: &[F]| from.iter().zip(to).map(|(from, to)| *to - from).collect::<Vec<F>>();
    let mut join = Vec::new();
    while tables.len() > 1 {
        let half = tables.len() / 2;
        let (high_p, high_q) = (tables.split_off(half), weights.split_off(half));
        let steps = |low: &[Vec<F>], high: &[Vec<F>]| -> Vec<Vec<F>> {
            low.iter().zip(high).map(|(low, high)| step(low, high)).collect()
        };
        let (step_p, step_q) = (steps(&tables, &high_p), steps(&weights, &high_q));
        let sum = |p: &[Vec<F>], q: &[Vec<F>]| p.iter().zip(q).map(|(p, q)| dot(p, q)).sum::<F>();
        join.push(transcript.send(labels::FOLD_ROUND, [sum(&tables, &weights), sum(&step_p, &step_q)]));
        let t = transcript.challenge(labels::FOLD);
        for (list, steps) in [(&mut tables, &step_p), (&mut weights, &step_q)] {
            for (value, step) in list.iter_mut().flatten().zip(steps.iter().flatten()) {
                *value += t * step;
            }
        }
    }
    let (mut table, mut weight) = (tables.remove(0), weights.remove(0));

    let mut rounds = Vec::new();
    let mut final_polynomial = Message::from_file(Vec::new());
    let mut oracle: Option<Leaves> = None;
    let mut last_positions = Vec::new();
    for (index, round) in config.rounds.iter().enumerate() {
        let sumcheck =
            (0..FOLD).map(|_| sumcheck::prove_round(transcript, FOLD_LABELS, &mut table, &mut weight).0).collect();
        let mut next = None;
        let folded = config.rounds.get(index + 1).map(|following| {
            let mut committed = table.clone();
            if matches!(cheat, Cheat::OtherFolded | Cheat::OtherFoldedCommitted) {
                committed[3] += F::from(1u64);
            }
            if cheat == Cheat::OtherFolded {
                table.clone_from(&committed);
            }
            let mut leaves = Leaves::honest(&committed, following);
            if cheat == Cheat::CorruptFolded {
                corrupt(&mut leaves);
            }
            let leaves = Leaves::new(leaves, following);
            let lie = F::from(u64::from(cheat == Cheat::OtherFoldedRoot));
            let root = transcript.send(labels::FOLDED_ROOT, [leaves.tree.root() + lie]);
            let point = transcript.challenge(labels::OOD_POINT);
            let lie = F::from(u64::from(cheat == Cheat::OtherOodValue));
            let ood_value = transcript.send(labels::OOD_VALUE, [horner(&table, point) + lie]);
            next = Some((leaves, point));
            Folded { root, ood_value }
        });
        if folded.is_none() {
            let mut polynomial = table.clone();
            if cheat == Cheat::OtherFinal {
                polynomial[5] += F::from(1u64);
            }
            final_polynomial = transcript.send(labels::FINAL_POLYNOMIAL, polynomial);
        }
        let works = cheat != Cheat::NoWork || next.is_some();
        let nonce = transcript.send(labels::NONCE, [grind(transcript, round.pow_bits, works)]);
        transcript.challenge(labels::WORK);
        let positions = positions(transcript, round);
        let answered: Vec<usize> = match cheat {
            Cheat::OtherPositions => positions.iter().map(|position| position ^ 1).collect(),
            _ => positions.clone(),
        };
        let trees = match &oracle {
            None => commitments.iter().map(|commitment| commitment.open(&answered)).collect(),
            Some(leaves) => vec![leaves.open(&answered)],
        };
        rounds.push(Round { sumcheck, folded, nonce, trees });
        if let Some((leaves, point)) = next {
            let gamma = transcript.challenge(labels::COMBINATION);
            let xs = positions.iter().map(|position| domain_point(round.log_leaves, *position));
            let mut scale = gamma;
            for x in std::iter::once(point).chain(xs) {
                add_powers(&mut weight, x, scale);
                scale *= gamma;
            }
            oracle = Some(leaves);
        }
        last_positions = positions;
    }
    let (final_sumcheck, _) = sumcheck::prove(transcript, FOLD_LABELS, &mut table, &mut weight);
    (Opening { join, rounds, final_polynomial, final_sumcheck }, last_positions)
}
