//! Sums of points by columns: what each variable of a circuit weighs in the points of its rows.
//!
//! ```text
//!     column_j = Σ_i m_ij P_i        for all variables j, m one of the three matrices
//! ```
//!
//! A circuit stores each distinct combination once, so first the points of the rows that use a combination are added,
//! then every variable takes a multiple of that sum for each combination that it occurs in: by interleaved windows
//! (Straus), with one small table per combination and the digits of each distinct coefficient computed once.

use ark_bn254::{G1Affine, G1Projective, g1};
use ark_ec::{CurveGroup, scalar_mul::glv::GLVConfig};
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use rankproof_groth16_seal::{F, Matrices};
use rayon::prelude::*;

use crate::points::Point;

/// Digits are odd and below `2^WINDOW` in size.
const WINDOW: usize = 4;
const TABLE: usize = 1 << (WINDOW - 1);
/// A variable in more combinations than this is summed by buckets instead.
const LONG: usize = 1 << 9;

/// The nonzero digits of a coefficient, highest first: position, odd digit.
type Digits = Vec<(u16, i8)>;

/// Which variable occurs where: the combinations of a circuit, by columns.
pub struct Columns<'a> {
    matrices: &'a Matrices,
    digits: Vec<Digits>,
    starts: Vec<usize>,
    /// (combination, position of the coefficient), by variable.
    entries: Vec<(u32, u32)>,
}

/// The odd multiples of a point, up to `2^WINDOW`.
type Multiples<P> = [P; TABLE];

/// Digits of a coefficient that are still to be added, and the multiples to add.
type Waiting<'a, P> = (&'a [(u16, i8)], &'a Multiples<P>);

impl<'a> Columns<'a> {
    /// Sorts the terms of a circuit by variables.
    pub fn new(matrices: &'a Matrices) -> Self {
        let digits = matrices.coefficients().par_iter().map(digits).collect();
        let mut starts = vec![0; matrices.num_variables() + 1];
        for combination in 0..matrices.num_combinations() {
            matrices.combination(combination).iter().for_each(|(variable, _)| starts[*variable as usize + 1] += 1);
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0); matrices.num_terms()];
        for combination in 0..matrices.num_combinations() {
            for (variable, coefficient) in matrices.combination(combination) {
                let place = &mut next[*variable as usize];
                entries[*place] = (combination as u32, *coefficient);
                *place += 1;
            }
        }
        Self { matrices, digits, starts, entries }
    }

    /// For every variable `Σ coefficient · weight` over the combinations that it occurs in.
    ///
    /// # Panics
    /// When there is not one weight per combination.
    pub fn sum<P: Point>(&self, weights: &[P]) -> Vec<P::Group> {
        assert_eq!(weights.len(), self.matrices.num_combinations(), "one weight per combination");
        let tables = tables(weights);
        (0..self.matrices.num_variables())
            .into_par_iter()
            .with_min_len(16)
            .map(|variable| {
                let entries = &self.entries[self.starts[variable]..self.starts[variable + 1]];
                if entries.len() > LONG { self.buckets(entries, weights) } else { self.windows(entries, &tables) }
            })
            .collect()
    }

    fn buckets<P: Point>(&self, entries: &[(u32, u32)], weights: &[P]) -> P::Group {
        let entries: Vec<&(u32, u32)> = entries.iter().filter(|(c, _)| !weights[*c as usize].is_zero()).collect();
        let points: Vec<P> = entries.iter().map(|(combination, _)| weights[*combination as usize]).collect();
        let coefficient = |(_, position): &&(u32, u32)| self.matrices.coefficients()[*position as usize];
        P::combine(&points, &entries.iter().map(coefficient).collect::<Vec<_>>())
    }

    fn windows<P: Point>(&self, entries: &[(u32, u32)], tables: &[Option<Multiples<P>>]) -> P::Group {
        let mut waiting: Vec<Waiting<'_, P>> = Vec::with_capacity(entries.len());
        for (combination, coefficient) in entries {
            if let Some(table) = &tables[*combination as usize] {
                waiting.push((&self.digits[*coefficient as usize], table));
            }
        }
        let top = waiting.iter().filter_map(|(digits, _)| digits.first()).map(|(position, _)| *position).max();
        let mut sum = P::Group::ZERO;
        for position in (0..=top.unwrap_or(0)).rev() {
            sum.double_in_place();
            for (digits, table) in &mut waiting {
                if let Some(digit) = take_digit(digits, position) {
                    add_multiple(&mut sum, table, digit);
                }
            }
        }
        sum
    }
}

/// All points times one scalar, with the endomorphism of G1: `k P = k_1 P + k_2 φ(P)`, both half as long as k.
pub fn multiply(points: &[G1Affine], scalar: &F) -> Vec<G1Affine> {
    let halves = g1::Config::scalar_decomposition(*scalar);
    let [(positive_1, one), (positive_2, two)] = [halves.0, halves.1];
    let [one, two] =
        [(positive_1, one), (positive_2, two)].map(|(positive, half)| digits(&if positive { half } else { -half }));
    let tops = [&one, &two].map(|digits| digits.first().map_or(0, |(position, _)| *position));
    let products: Vec<G1Projective> = tables(points)
        .par_iter()
        .map(|table| {
            let mut product = G1Projective::ZERO;
            let Some(table) = table else { return product };
            let turned = table.map(|multiple| g1::Config::endomorphism_affine(&multiple));
            let (mut one, mut two) = (one.as_slice(), two.as_slice());
            for position in (0..=tops[0].max(tops[1])).rev() {
                product.double_in_place();
                for (digits, table) in [(&mut one, table), (&mut two, &turned)] {
                    if let Some(digit) = take_digit(digits, position) {
                        add_multiple(&mut product, table, digit);
                    }
                }
            }
            product
        })
        .collect();
    normalize(&products)
}

fn add_multiple<P: Point>(sum: &mut P::Group, table: &Multiples<P>, digit: i8) {
    let multiple = table[usize::from(digit.unsigned_abs() / 2)];
    if digit > 0 {
        *sum += multiple;
    } else {
        *sum -= multiple;
    }
}

/// Takes the first digit off, if it stands at a position.
fn take_digit(digits: &mut &[(u16, i8)], position: u16) -> Option<i8> {
    let ((_, digit), rest) = digits.split_first().filter(|((at, _), _)| *at == position)?;
    *digits = rest;
    Some(*digit)
}

/// A negative number is shorter as such.
fn digits(coefficient: &F) -> Digits {
    let (negative, positive) = ((-*coefficient).into_bigint(), coefficient.into_bigint());
    let (number, sign) = if negative < positive { (negative, -1) } else { (positive, 1) };
    let naf = number.find_wnaf(WINDOW).expect("a window of four bits is one");
    let digits = naf.iter().enumerate().filter(|(_, digit)| **digit != 0);
    let mut digits: Digits = digits.map(|(position, digit)| (position as u16, sign * *digit as i8)).collect();
    digits.reverse();
    digits
}

/// `None` for infinity.
fn tables<P: Point>(weights: &[P]) -> Vec<Option<Multiples<P>>> {
    const CHUNK: usize = 1 << 10;
    let parts: Vec<Vec<Option<Multiples<P>>>> = weights
        .par_chunks(CHUNK)
        .map(|weights| {
            let mut multiples = Vec::with_capacity(weights.len() * TABLE);
            for weight in weights {
                let mut multiple = weight.into_group();
                let twice = multiple.double();
                for _ in 0..TABLE {
                    multiples.push(multiple);
                    multiple += twice;
                }
            }
            let multiples = P::Group::normalize_batch(&multiples);
            let table = |multiples: &[P]| Multiples::<P>::try_from(multiples).ok().filter(|table| !table[0].is_zero());
            multiples.chunks_exact(TABLE).map(table).collect()
        })
        .collect();
    parts.concat()
}

/// The points of the rows that use a combination, added: `use_of` says which of a row's combinations count, and with
/// which points.
pub fn weights<P: Point>(matrices: &Matrices, sources: [Option<&[P]>; 3]) -> Vec<P> {
    let mut sums = vec![P::Group::ZERO; matrices.num_combinations()];
    for (row, combinations) in matrices.rows().iter().enumerate() {
        for (combination, source) in combinations.iter().zip(sources) {
            if let Some(points) = source {
                sums[*combination as usize] += points[row];
            }
        }
    }
    normalize::<P>(&sums)
}

/// Affine forms, a chunk per task.
pub fn normalize<P: Point>(points: &[P::Group]) -> Vec<P> {
    const CHUNK: usize = 1 << 12;
    let parts: Vec<Vec<P>> = points.par_chunks(CHUNK).map(P::Group::normalize_batch).collect();
    parts.concat()
}

#[cfg(test)]
mod tests {
    use ark_ec::AffineRepr;
    use rankproof_groth16_seal::MatricesBuilder;

    use super::*;

    #[test]
    fn sums_are_those_of_the_definition() {
        let scalar = |number: u64| F::from(number) * F::from(u64::MAX) * F::from(u64::MAX) * F::from(u64::MAX);
        let mut builder = MatricesBuilder::default();
        let row_a = [(0, scalar(3)), (1, -F::from(1u64)), (3, scalar(77))];
        let row_b = [(1, F::from(5u64)), (2, scalar(9))];
        builder.row([&row_a, &row_b, &[(2, F::from(1u64))]]);
        builder.row([&row_b, &row_a, &[]]);
        let matrices = builder.finish(1, 5).expect("five variables");
        let points = [1u64, 2].map(|row| (G1Affine::generator() * F::from(row)).into_affine());
        let weights = weights(&matrices, [Some(&points), None, None]);
        let sums = Columns::new(&matrices).sum(&weights);
        let scalars = [scalar(3), -F::from(1u64) + F::from(10u64), scalar(18), scalar(77), F::from(0u64)];
        for (sum, scalar) in sums.iter().zip(scalars) {
            assert_eq!(*sum, G1Affine::generator() * scalar);
        }
        let points = [points[0], points[1], G1Affine::identity()];
        let products = points.map(|point| (point * scalar(5)).into_affine());
        assert_eq!(multiply(&points, &scalar(5)), products);
    }
}
