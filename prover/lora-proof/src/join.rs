//! The first rounds of the opening, from the integers (docs/protocol.md section 4, join and folds).
//!
//! A sumcheck over variables t that name one of a few parts, `sum_t sum_i P(t, i) Q(t, i)`, is told by the inner
//! products of every pair of parts, `M[t][u] = sum_i P(t, i) Q(u, i)`, alone ([`Form`]): they are computed in one pass
//! over pieces that fit a cache, and no table of field elements appears. That is done twice: first the parts are the
//! committed polynomials, then the four quarters of what they were joined to. The tables that the remaining rounds work
//! on have a quarter of the size. What is read again and again are small integers; weights are computed again.

use ark_ff::{AdditiveGroup, Field};
use rankproof_statement::F;
use rayon::prelude::*;

use crate::commitment::Commitment;
use crate::multilinear::{eq_table, fold};
use crate::sumcheck::{self, FOLD_LABELS};
use crate::table::{Entry, IntegerSum, with_entries};
use crate::transcript::{Message, Transcript};
use crate::weights::{LOG_PIECE, WeightFunctions};

/// Variables of the joined polynomial that are folded from the integers.
pub const FOLDED_HERE: usize = 2;

/// Inner products of every pair of a power of two parts, row by row.
struct Form {
    parts: usize,
    products: Vec<F>,
}

impl Form {
    fn at(&self, row: usize, column: usize) -> F {
        self.products[row * self.parts + column]
    }

    /// The round polynomial of the most significant variable.
    fn round(&self) -> sumcheck::Round {
        let half = self.parts / 2;
        let mut round = [F::ZERO; 2];
        for low in 0..half {
            let high = low + half;
            round[0] += self.at(low, low);
            round[1] += self.at(high, high) - self.at(high, low) - self.at(low, high) + self.at(low, low);
        }
        round
    }

    /// Fixes that variable, in the rows and in the columns.
    fn fold(&mut self, r: F) {
        fold(&mut self.products, r);
        let mut rows = Vec::with_capacity(self.products.len() / 2);
        for row in self.products.chunks_exact(self.parts) {
            let mut row = row.to_vec();
            fold(&mut row, r);
            rows.append(&mut row);
        }
        self.products = rows;
        self.parts /= 2;
    }

    /// All its rounds: the messages and the point.
    fn prove(mut self, transcript: &mut Transcript) -> (Vec<Message<sumcheck::Round>>, Vec<F>) {
        let [round_label, challenge_label] = FOLD_LABELS;
        (0..self.parts.ilog2())
            .map(|_| {
                let message = transcript.send(round_label, self.round());
                let r = transcript.challenge(challenge_label);
                self.fold(r);
                (message, r)
            })
            .unzip()
    }
}

/// Sums a list of elements over the pieces of a table of `2^log_size` entries.
fn sum_over_pieces(log_size: usize, count: usize, of_piece: impl Fn(usize, usize, &mut [F]) + Sync) -> Vec<F> {
    let log_piece = log_size.min(LOG_PIECE);
    (0..1usize << (log_size - log_piece))
        .into_par_iter()
        .with_min_len(4)
        .fold(
            || vec![F::ZERO; count],
            |mut sums, piece| {
                of_piece(piece << log_piece, 1 << log_piece, &mut sums);
                sums
            },
        )
        .reduce(
            || vec![F::ZERO; count],
            |mut a, b| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                a
            },
        )
}

/// The committed polynomials and their weight functions.
pub(crate) struct Parts<'a> {
    pub commitments: &'a [&'a Commitment],
    pub weights: &'a WeightFunctions,
}

impl Parts<'_> {
    /// The rounds that join the polynomials; what is left is the one polynomial that they become.
    pub fn prove_join(&self, transcript: &mut Transcript) -> (Vec<Message<sumcheck::Round>>, Joined<'_>) {
        let count = self.commitments.len();
        let parts = count.next_power_of_two();
        let products = sum_over_pieces(self.weights.log_size(), parts * parts, |start, length, sums| {
            for column in 0..count {
                let weights = self.weights.piece(column, start, length);
                for (row, commitment) in self.commitments.iter().enumerate() {
                    sums[row * parts + column] += with_entries!(commitment.table(), entries => {
                        Entry::dot(entries[start..start + length].iter().copied(), &weights)
                    });
                }
            }
        });
        let (rounds, point) = Form { parts, products }.prove(transcript);
        (rounds, Joined { parts: self, shares: eq_table(&point, F::ONE) })
    }
}

/// `P(i) = sum_s share_s p_s(i)`, and Q likewise.
pub(crate) struct Joined<'a> {
    parts: &'a Parts<'a>,
    shares: Vec<F>,
}

impl Joined<'_> {
    /// Pieces of P and of Q: the sums of those that start at the given entries, each times its factor.
    fn pieces(&self, starts: &[(usize, F)], length: usize) -> [Vec<F>; 2] {
        let mut sums = vec![IntegerSum::default(); length];
        let mut weights = vec![F::ZERO; length];
        for (start, factor) in starts {
            for (polynomial, (commitment, share)) in self.parts.commitments.iter().zip(&self.shares).enumerate() {
                let factor = *factor * share;
                with_entries!(commitment.table(), entries => {
                    let entries = &entries[*start..start + length];
                    sums.iter_mut().zip(entries).for_each(|(sum, entry)| entry.add_product(sum, &factor));
                });
                self.parts.weights.add_to(polynomial, *start, factor, &mut weights);
            }
        }
        [sums.into_iter().map(<i64 as Entry>::reduce).collect(), weights]
    }

    /// The rounds over the first variables, and the tables of P and Q that are left.
    pub fn prove_folds(&self, transcript: &mut Transcript) -> (Vec<Message<sumcheck::Round>>, [Vec<F>; 2]) {
        const PARTS: usize = 1 << FOLDED_HERE;
        let log_left = self.parts.weights.log_size() - FOLDED_HERE;
        let products = sum_over_pieces(log_left, PARTS * PARTS, |start, length, sums| {
            let parts: [_; PARTS] =
                std::array::from_fn(|part| self.pieces(&[((part << log_left) + start, F::ONE)], length));
            for (row, [values, _]) in parts.iter().enumerate() {
                for (column, [_, weights]) in parts.iter().enumerate() {
                    sums[row * PARTS + column] += F::dot(values.iter().copied(), weights);
                }
            }
        });
        let (rounds, point) = Form { parts: PARTS, products }.prove(transcript);
        let factors = eq_table(&point, F::ONE);
        let mut tables = [vec![F::ZERO; 1 << log_left], vec![F::ZERO; 1 << log_left]];
        let [values, weights] = &mut tables;
        let length = 1 << log_left.min(LOG_PIECE);
        values.par_chunks_mut(length).zip(weights.par_chunks_mut(length)).enumerate().for_each(|(piece, out)| {
            let starts: Vec<(usize, F)> = factors
                .iter()
                .enumerate()
                .map(|(part, factor)| ((part << log_left) + piece * length, *factor))
                .collect();
            let [values, weights] = self.pieces(&starts, length);
            out.0.copy_from_slice(&values);
            out.1.copy_from_slice(&weights);
        });
        (rounds, tables)
    }
}
