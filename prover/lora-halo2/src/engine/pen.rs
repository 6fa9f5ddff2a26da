//! Cells with the integers in them, and the pen that fills them: what is known, and what a test breaks on purpose.

use halo2_proofs::circuit::{AssignedCell, Value};
use halo2_proofs::pasta::Fp;

/// A cell of the circuit.
pub type Cell = AssignedCell<Fp, Fp>;

/// A cell whose value is a known small integer (0 when the witness is unknown).
#[derive(Clone, Debug)]
pub struct Number {
    /// The cell.
    pub cell: Cell,
    /// Its value.
    pub value: i64,
}

/// Where a test breaks a witness: the value assigned there is one more than it should be, and everything after it is
/// computed from the broken value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// Nibble of a lane.
    Nibble(usize),
    /// Number of a lane.
    Number(usize),
    /// Running sum, or a defined activation.
    Sum,
    /// Running word of weights.
    WeightsWord,
    /// Running word of numbers.
    NumbersWord,
    /// The cell above the first running sum of a block (row 0): nothing may depend on it.
    SumStart,
    /// The same of the words of weights.
    WeightsWordStart,
    /// The same of the words of numbers.
    NumbersWordStart,
}

/// In place of a block: the head of the circuit, its cells being sums.
pub const HEAD: usize = usize::MAX;
/// In place of a block: the first states of the two sponges, three sums each, those of the adapter id first.
pub const SPONGES: usize = usize::MAX - 1;

/// Adds a wrong amount at one site of one block; only tests have one.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Index among [`crate::Shape::blocks`], [`HEAD`] or [`SPONGES`].
    pub block: usize,
    /// Row inside the block.
    pub row: usize,
    /// Which cell of the row.
    pub site: Site,
    /// What is added.
    pub amount: i64,
}

/// How an engine fills cells: whether values are known, and what a test breaks.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    /// False while keys are made.
    pub known: bool,
    /// The block being written.
    pub block: usize,
    /// A planted fault.
    pub fault: Option<Fault>,
}

impl Pen {
    /// What the planted fault adds here; 0 nearly everywhere.
    pub fn slip(&self, row: usize, site: Site) -> i64 {
        let hit = |fault: &Fault| fault.block == self.block && fault.row == row && fault.site == site;
        self.fault.filter(hit).map_or(0, |fault| fault.amount)
    }

    /// The value, unless keys are being made.
    pub fn ink(&self, value: Fp) -> Value<Fp> {
        if self.known { Value::known(value) } else { Value::unknown() }
    }
}
