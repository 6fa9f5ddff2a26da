//! The constraints themselves: `⟨a_i, v⟩ · ⟨b_i, v⟩ = ⟨c_i, v⟩` for every row `i` over the assignment `v`.
//!
//! Every distinct linear combination is stored once and evaluated once; a row names three of them. An S-box uses its
//! input three times and that input has some sixty terms, so this is a third of the size of three plain matrices.
//! `v = (1, public inputs, witness)`.

use std::collections::HashMap;

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::num::{Num, Term, Variable};
use crate::F;

const DIGEST_LABEL: &[u8] = b"rankproof.r1cs.v1";

/// A rank-1 constraint system without its assignment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrices {
    /// Public inputs, without the constant one.
    pub(crate) num_public: usize,
    /// All variables: one, public inputs, witness.
    pub(crate) num_variables: usize,
    /// Distinct coefficients.
    pub(crate) coefficients: Vec<F>,
    /// All combinations, one after the other: (variable, position in `coefficients`).
    pub(crate) terms: Vec<(Variable, u32)>,
    /// Where each combination ends in `terms`.
    pub(crate) ends: Vec<u32>,
    /// The combinations a, b, c of each row.
    pub(crate) rows: Vec<[u32; 3]>,
    /// Names of parts of the circuit; not part of the digest, empty when read from a file.
    groups: Groups,
}

/// Which row belongs to which named part of the circuit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Groups {
    paths: Vec<String>,
    /// (first row, position in `paths`), in increasing order of rows.
    spans: Vec<(usize, usize)>,
}

/// A constraint that an assignment does not satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsatisfied {
    /// Position of the constraint.
    pub index: usize,
    /// The part of the circuit it belongs to, names separated by `/`.
    pub group: String,
}

impl Matrices {
    /// Joins what was read from a file; `None` when a position points nowhere.
    pub(crate) fn from_sections(
        num_public: usize,
        num_variables: usize,
        coefficients: Vec<F>,
        terms: Vec<(Variable, u32)>,
        ends: Vec<u32>,
        rows: Vec<[u32; 3]>,
    ) -> Option<Self> {
        let is_below = |position: u32, length: usize| usize::try_from(position).is_ok_and(|position| position < length);
        let fits = num_public < num_variables
            && terms.iter().all(|&(v, c)| is_below(v, num_variables) && is_below(c, coefficients.len()))
            && ends.is_sorted()
            && usize::try_from(ends.last().copied().unwrap_or(0)) == Ok(terms.len())
            && rows.iter().flatten().all(|&combination| is_below(combination, ends.len()));
        let groups = Groups::default();
        fits.then_some(Self { num_public, num_variables, coefficients, terms, ends, rows, groups })
    }

    /// Number of constraints.
    pub fn num_constraints(&self) -> usize {
        self.rows.len()
    }

    /// Number of public inputs, without the constant one.
    pub fn num_public(&self) -> usize {
        self.num_public
    }

    /// Number of variables, with the constant one.
    pub fn num_variables(&self) -> usize {
        self.num_variables
    }

    /// Number of terms kept, every distinct combination counted once.
    pub fn num_terms(&self) -> usize {
        self.terms.len()
    }

    /// Number of nonzero entries of the three matrices.
    pub fn num_nonzero(&self) -> usize {
        self.rows.iter().flatten().map(|&combination| self.combination(combination as usize).len()).sum()
    }

    /// Bytes of memory that the constraints take.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.coefficients[..])
            + size_of_val(&self.terms[..])
            + size_of_val(&self.ends[..])
            + size_of_val(&self.rows[..])
    }

    /// Number of distinct combinations.
    pub fn num_combinations(&self) -> usize {
        self.ends.len()
    }

    /// The distinct coefficients, which the terms of [`Self::combination`] point into.
    pub fn coefficients(&self) -> &[F] {
        &self.coefficients
    }

    /// The combinations a, b, c of each row.
    pub fn rows(&self) -> &[[u32; 3]] {
        &self.rows
    }

    /// The terms of a combination: variable, position in [`Self::coefficients`].
    ///
    /// # Panics
    /// When there is no such combination.
    pub fn combination(&self, index: usize) -> &[(Variable, u32)] {
        let start = index.checked_sub(1).map_or(0, |previous| self.ends[previous] as usize);
        &self.terms[start..self.ends[index] as usize]
    }

    /// SHA-256 over dimensions, coefficients and rows: what a key is made for.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(DIGEST_LABEL);
        let sizes = [self.coefficients.len(), self.terms.len(), self.ends.len(), self.rows.len()];
        for size in [self.num_public, self.num_variables].into_iter().chain(sizes) {
            hasher.update((size as u64).to_le_bytes());
        }
        for coefficient in &self.coefficients {
            hasher.update(coefficient.into_bigint().to_bytes_le());
        }
        let mut buffer = Vec::with_capacity(1 << 16);
        let words = self.terms.iter().flat_map(|&(variable, coefficient)| [variable, coefficient]);
        for word in words.chain(self.ends.iter().copied()).chain(self.rows.iter().flatten().copied()) {
            buffer.extend_from_slice(&word.to_le_bytes());
            if buffer.len() == buffer.capacity() {
                hasher.update(&buffer);
                buffer.clear();
            }
        }
        hasher.update(&buffer);
        hasher.finalize().into()
    }

    /// The value of every combination.
    ///
    /// # Panics
    /// When the assignment has another length than the variables.
    pub fn evaluate(&self, assignment: &[F]) -> Vec<F> {
        assert_eq!(assignment.len(), self.num_variables, "one value per variable");
        (0..self.ends.len())
            .into_par_iter()
            .with_min_len(1 << 10)
            .map(|index| {
                let mut sum = F::ZERO;
                for &(variable, coefficient) in self.combination(index) {
                    let value = assignment[variable as usize];
                    let coefficient = self.coefficients[coefficient as usize];
                    sum += if coefficient == F::ONE { value } else { value * coefficient };
                }
                sum
            })
            .collect()
    }

    /// The first row whose product does not hold, given the values of all combinations.
    pub(crate) fn first_unsatisfied_row(&self, values: &[F]) -> Option<usize> {
        self.rows
            .par_iter()
            .with_min_len(1 << 10)
            .position_first(|&[a, b, c]| values[a as usize] * values[b as usize] != values[c as usize])
    }

    /// The first constraint that the assignment does not satisfy.
    ///
    /// # Panics
    /// When the assignment has another length than the variables.
    pub fn first_unsatisfied(&self, assignment: &[F]) -> Option<Unsatisfied> {
        let index = self.first_unsatisfied_row(&self.evaluate(assignment))?;
        Some(Unsatisfied { index, group: self.group(index).to_owned() })
    }

    /// All constraints that the assignment does not satisfy, in order.
    ///
    /// # Panics
    /// When the assignment has another length than the variables.
    pub fn unsatisfied(&self, assignment: &[F]) -> Vec<usize> {
        let values = self.evaluate(assignment);
        let holds = |&[a, b, c]: &[u32; 3]| values[a as usize] * values[b as usize] == values[c as usize];
        self.rows.iter().enumerate().filter(|(_, row)| !holds(row)).map(|(index, _)| index).collect()
    }

    /// The part of the circuit that a constraint belongs to; empty when names are not known.
    pub fn group(&self, index: usize) -> &str {
        let following = self.groups.spans.partition_point(|&(first, _)| first <= index);
        let span = following.checked_sub(1).and_then(|position| self.groups.spans.get(position));
        span.and_then(|&(_, path)| self.groups.paths.get(path)).map_or("", String::as_str)
    }

    /// Number of constraints in the groups whose path starts with `prefix`.
    pub fn num_constraints_in(&self, prefix: &str) -> usize {
        let spans = &self.groups.spans;
        let ends = spans.iter().skip(1).map(|&(first, _)| first).chain([self.rows.len()]);
        let sizes = spans.iter().zip(ends).filter(|((_, path), _)| self.groups.paths[*path].starts_with(prefix));
        sizes.map(|((first, _), end)| end - first).sum()
    }
}

/// Builds [`Matrices`] row by row.
#[derive(Debug)]
pub(super) struct Recorder {
    matrices: Matrices,
    coefficient_ids: HashMap<F, u32>,
    combination_ids: HashMap<Box<[(Variable, u32)]>, u32>,
    path_ids: HashMap<String, usize>,
    path: String,
    scratch: Vec<(Variable, u32)>,
}

impl Recorder {
    pub(super) fn new() -> Self {
        let mut recorder = Self {
            matrices: Matrices::default(),
            coefficient_ids: HashMap::new(),
            combination_ids: HashMap::new(),
            path_ids: HashMap::new(),
            path: String::new(),
            scratch: Vec::new(),
        };
        recorder.enter(String::new());
        recorder
    }

    /// Names the rows that follow; returns the name that was in force.
    pub(super) fn enter(&mut self, path: String) -> String {
        let next = self.matrices.groups.paths.len();
        let id = *self.path_ids.entry(path.clone()).or_insert(next);
        if id == next {
            self.matrices.groups.paths.push(path.clone());
        }
        let first = self.matrices.rows.len();
        let spans = &mut self.matrices.groups.spans;
        spans.pop_if(|span| span.0 == first);
        spans.push((first, id));
        std::mem::replace(&mut self.path, path)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn row(&mut self, a: &Num, b: &Num, c: &Num) {
        let left = self.intern(a);
        let right = if std::ptr::eq(a, b) { left } else { self.intern(b) };
        let output = self.intern(c);
        self.matrices.rows.push([left, right, output]);
    }

    fn intern(&mut self, num: &Num) -> u32 {
        num.with_terms(|terms| self.intern_terms(terms))
    }

    fn intern_terms(&mut self, terms: &[Term]) -> u32 {
        let Self { matrices, coefficient_ids, combination_ids, scratch, .. } = self;
        scratch.clear();
        scratch.extend(terms.iter().map(|&(variable, coefficient)| {
            let id = *coefficient_ids.entry(coefficient).or_insert_with(|| {
                matrices.coefficients.push(coefficient);
                count(matrices.coefficients.len() - 1)
            });
            (variable, id)
        }));
        if let Some(&id) = combination_ids.get(scratch.as_slice()) {
            return id;
        }
        let id = count(matrices.ends.len());
        matrices.terms.extend_from_slice(scratch);
        matrices.ends.push(count(matrices.terms.len()));
        combination_ids.insert(scratch.as_slice().into(), id);
        id
    }

    pub(super) fn matrices(&mut self, num_public: usize, num_variables: usize) -> &Matrices {
        self.matrices.num_public = num_public;
        self.matrices.num_variables = num_variables;
        &self.matrices
    }

    pub(super) fn finish(mut self, num_public: usize, num_variables: usize) -> Matrices {
        self.matrices(num_public, num_variables);
        self.matrices
    }
}

/// Builds [`Matrices`] from rows that were written elsewhere: the rows of a circuit, in its order, give its digest.
#[derive(Debug)]
pub struct MatricesBuilder(Recorder);

impl Default for MatricesBuilder {
    fn default() -> Self {
        Self(Recorder::new())
    }
}

impl MatricesBuilder {
    /// Appends `⟨a, v⟩ · ⟨b, v⟩ = ⟨c, v⟩`; terms are (variable, coefficient).
    ///
    /// # Panics
    /// After 2^32 rows, terms or combinations.
    pub fn row(&mut self, row: [&[Term]; 3]) {
        let row = row.map(|terms| self.0.intern_terms(terms));
        self.0.matrices.rows.push(row);
    }

    /// The system; `None` when a term names a variable that does not exist, or there are more inputs than variables.
    pub fn finish(self, num_public: usize, num_variables: usize) -> Option<Matrices> {
        let Matrices { coefficients, terms, ends, rows, .. } = self.0.matrices;
        Matrices::from_sections(num_public, num_variables, coefficients, terms, ends, rows)
    }
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).expect("fewer than 2^32 of anything in one circuit")
}
