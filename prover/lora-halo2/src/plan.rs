//! Chooses columns and rows for a shape, and says what proving will cost before any work is done.
//!
//! Candidates are the circuits that are compiled in ([`Columns`]); each gives a `k` (base-2 logarithm of the rows), and
//! the cheapest by `2^k * commitments` is taken. Rows are exact: a test compares them with what the circuit lays out.
//! The memory estimate was fitted to measured runs (docs/benchmarks.md) and is above all of them; it is no guarantee.

use crate::Error;
use crate::circuit::HEAD_ROWS;
use crate::engine::{ADVICE_COLUMNS, LOOKUPS};
use crate::shape::{Block, Shape};
use crate::sponge::{ROWS_PER_PERMUTATION, permutations};

/// Largest circuit that the planner takes.
pub const MAXIMUM_K: u32 = 20;
/// Smallest circuit: the table of pairs has 256 rows.
pub(crate) const MINIMUM_K: u32 = 9;
/// Rows at the end that halo2 keeps for blinding and the permutation argument.
pub const RESERVED_ROWS: usize = 6;
/// Advice columns of a Poseidon chip.
const CHIP_ADVICE: usize = 4;
/// Columns of a chip in the permutation argument: three of state, three of constants.
const CHIP_EQUALITY: usize = 6;
/// Columns per product polynomial of the permutation argument: the circuit's degree less two.
const PERMUTATION_CHUNK: usize = 4;
/// Pieces of the quotient polynomial: the circuit's degree less one.
pub(crate) const QUOTIENT_PIECES: usize = 5;
/// Fixed columns of an engine and of a chip after selectors are merged, about.
const FIXED_PER_ENGINE: usize = 10;
const FIXED_PER_CHIP: usize = 9;

/// How many engines and Poseidon chips stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Columns {
    /// One engine, one chip.
    E1C1,
    /// One engine, two chips.
    E1C2,
    /// One engine, three chips.
    E1C3,
    /// Two engines, two chips.
    E2C2,
    /// Two engines, four chips.
    E2C4,
    /// Four engines, one chip: for many tokens and the dense comparison.
    E4C1,
}

impl Columns {
    /// Every choice.
    pub const ALL: [Self; 6] = [Self::E1C1, Self::E1C2, Self::E1C3, Self::E2C2, Self::E2C4, Self::E4C1];

    /// Engines.
    pub const fn engines(self) -> usize {
        match self {
            Self::E1C1 | Self::E1C2 | Self::E1C3 => 1,
            Self::E2C2 | Self::E2C4 => 2,
            Self::E4C1 => 4,
        }
    }

    /// Poseidon chips.
    pub const fn chips(self) -> usize {
        match self {
            Self::E1C1 | Self::E4C1 => 1,
            Self::E1C2 | Self::E2C2 => 2,
            Self::E1C3 => 3,
            Self::E2C4 => 4,
        }
    }

    /// Advice columns.
    pub const fn advice(self) -> usize {
        self.engines() * ADVICE_COLUMNS + self.chips() * CHIP_ADVICE
    }

    /// Look-up arguments.
    pub const fn lookups(self) -> usize {
        self.engines() * LOOKUPS
    }

    /// Columns in the permutation argument.
    pub(crate) const fn equality(self) -> usize {
        self.engines() * ADVICE_COLUMNS + self.chips() * CHIP_EQUALITY + 2
    }

    /// Polynomials that a proof commits to.
    pub const fn commitments(self) -> usize {
        self.advice() + 3 * self.lookups() + self.equality().div_ceil(PERMUTATION_CHUNK) + QUOTIENT_PIECES + 1
    }

    /// Polynomials that are held on the extended domain while proving.
    const fn extended(self) -> usize {
        let fixed = self.engines() * FIXED_PER_ENGINE + self.chips() * FIXED_PER_CHIP + 6;
        self.commitments() + self.equality() + fixed
    }
}

/// What the planner reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Columns side by side.
    pub columns: Columns,
    /// Base-2 logarithm of the rows.
    pub k: u32,
    /// Rows used of `2^k`.
    pub rows: usize,
    /// Rows of the busiest engine.
    pub engine_rows: usize,
    /// Rows of the busiest Poseidon chip.
    pub chip_rows: usize,
    /// Poseidon permutations.
    pub permutations: usize,
    /// Products of a weight and a number.
    pub products: u64,
    /// Pairs of nibbles looked up in used rows.
    pub lookups: u64,
    /// Estimate of the prover's peak memory in bytes.
    pub memory: u64,
}

/// Assigns blocks to engines: each to the one with the fewest rows so far.
pub fn engine_of_blocks(shape: &Shape, blocks: &[Block], engines: usize) -> Vec<usize> {
    let mut loads = vec![0usize; engines.max(1)];
    loads[0] = HEAD_ROWS;
    let place = |block: &Block| {
        let engine = (0..loads.len()).min_by_key(|engine| loads[*engine]).unwrap_or(0);
        loads[engine] += shape.rows(block);
        engine
    };
    blocks.iter().map(place).collect()
}

/// Elements of the two messages that are hashed.
fn message_lengths(shape: &Shape, blocks: &[Block]) -> [usize; 2] {
    let weights: usize = blocks.iter().map(|block| shape.weight_words(block)).sum();
    let values: usize = blocks.iter().map(|block| shape.value_words(block)).sum();
    [6 + weights + 1, 4 + values + 1]
}

fn plan_with(shape: &Shape, blocks: &[Block], columns: Columns) -> Plan {
    let mut loads = vec![0usize; columns.engines()];
    loads[0] = HEAD_ROWS;
    for (block, engine) in blocks.iter().zip(engine_of_blocks(shape, blocks, columns.engines())) {
        loads[engine] += shape.rows(block);
    }
    let mut chips = vec![0usize; columns.chips()];
    let mut next = 0;
    for length in message_lengths(shape, blocks) {
        chips[next % columns.chips()] += 1;
        for _ in 0..permutations(length) {
            chips[next % columns.chips()] += ROWS_PER_PERMUTATION;
            next += 1;
        }
    }
    let (engine_rows, chip_rows) = (loads.into_iter().max().unwrap_or(0), chips.into_iter().max().unwrap_or(0));
    let rows = engine_rows.max(chip_rows);
    let k = (rows + RESERVED_ROWS).next_power_of_two().trailing_zeros().max(MINIMUM_K);
    let dot_rows = |block: &Block| match block {
        Block::Input { length, .. } => *length,
        Block::Down { .. } => shape.rows(block) - 1,
        Block::Up { .. } => shape.rows(block) - 2,
    };
    let products = shape.modules.iter().map(|module| {
        let per_token = match module.update {
            crate::Update::LowRank { rank } => rank * (module.in_features + module.out_features),
            crate::Update::Dense => module.in_features * module.out_features,
        };
        (per_token * shape.tokens) as u64
    });
    Plan {
        columns,
        k,
        rows,
        engine_rows,
        chip_rows,
        permutations: next,
        products: products.sum(),
        lookups: blocks.iter().map(|block| (dot_rows(block) * LOOKUPS) as u64).sum(),
        memory: memory(columns, k),
    }
}

/// Peak memory of a prover in bytes: what its polynomials take, 64 MiB of everything else, and a twentieth to spare (16
/// tokens of 768×4×2304 took a hundredth more than the sum).
fn memory(columns: Columns, k: u32) -> u64 {
    let polynomials = 14 * columns.extended() as u64 + 6 * columns.commitments() as u64;
    let sum = (1u64 << k) * 32 * polynomials + (64 << 20);
    sum + sum / 20
}

impl Plan {
    /// The cheapest circuit for a shape.
    ///
    /// # Errors
    /// When the shape is out of bounds, or needs more than `2^MAXIMUM_K` rows.
    pub fn new(shape: &Shape) -> Result<Self, Error> {
        shape.check()?;
        // Before any block is listed: a proof file of 18 kB may claim a shape of 2^30 blocks.
        let most_engines = Columns::ALL.into_iter().map(Columns::engines).max().unwrap_or(1);
        let rows = shape.total_rows().div_ceil(most_engines);
        if rows > 1 << MAXIMUM_K {
            return Err(Error::TooManyRows { rows, maximum_k: MAXIMUM_K });
        }
        let plan = Self::unbounded(shape)?;
        if plan.k > MAXIMUM_K {
            return Err(Error::TooManyRows { rows: plan.rows, maximum_k: MAXIMUM_K });
        }
        Ok(plan)
    }

    /// The cheapest circuit for a shape, however large; for reports.
    ///
    /// # Errors
    /// When the shape is out of bounds.
    pub fn unbounded(shape: &Shape) -> Result<Self, Error> {
        shape.check()?;
        let cost = |plan: &Plan| ((plan.columns.commitments() as u64) << plan.k, plan.memory);
        Self::all(shape).into_iter().min_by_key(cost).ok_or(Error::SizeOutOfRange {
            what: "modules",
            maximum: 0,
            actual: 0,
        })
    }

    /// What every choice of columns takes.
    pub(crate) fn all(shape: &Shape) -> [Self; Columns::ALL.len()] {
        let blocks = shape.blocks();
        Columns::ALL.map(|columns| plan_with(shape, &blocks, columns))
    }

    /// Refuses what does not fit the memory a prover may take.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`].
    pub fn check_memory(&self, allowed: u64) -> Result<(), Error> {
        if self.memory <= allowed {
            return Ok(());
        }
        Err(Error::OutOfMemory { needed_mib: self.memory >> 20, allowed_mib: allowed >> 20 })
    }
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "k {}, {} rows, {} advice columns, {} look-ups a row",
            self.k,
            self.rows,
            self.columns.advice(),
            self.columns.lookups()
        )
    }
}
