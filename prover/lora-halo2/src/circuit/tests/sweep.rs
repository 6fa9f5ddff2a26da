//! Every cell of a circuit is broken once, with everything after it computed from the broken value and the ids of that
//! published: the constraint that defines the cell complains, and no other.
//!
//! The ids are taken from the assignment itself, so no complaint comes from them. What a cell is guarded by:
//!
//! | cell | who complains |
//! |---|---|
//! | nibble out of range | its look-up, in every token |
//! | nibble of a later token, in range | its copy |
//! | number of a lane, used or spare | its copy |
//! | sum, defined activation, running words | the gate of the row |
//! | zero, digests of shapes, first states of the sponges | their copy from a constant |
//! | cells above the first row | nobody, and no id changes: nothing depends on them |
//! | private digests and salts | nobody: they are free |
//!
//! What Poseidon's own gates guard is the affair of `halo2_gadgets`.

use super::*;
use crate::engine::{HEAD, SPONGES};
use crate::shape::LANES;

/// What may complain about a fault.
#[derive(Debug)]
enum Guard {
    /// Nobody: the cell is private and free.
    Free,
    /// Nobody, and the ids are those of the honest assignment: nothing depends on the cell.
    Unused,
    /// One or more copies.
    Copy,
    /// The gate, at the row of the fault.
    Gate(&'static str),
    /// The look-up of a pair, at the row of the fault, in this many blocks.
    LookUp { pair: usize, blocks: usize },
}

/// An opening whose nibbles are at most 14, so that adding one leaves them in range.
fn roomy(shape: &Shape) -> Opening {
    let mut opening = opening(shape);
    let offset = shape.bits.offset();
    for weights in &mut opening.weights {
        for code in weights.lora_a.iter_mut().chain(&mut weights.lora_b) {
            let shifted = i64::from(*code) + offset;
            let lowered = [shifted & 15, shifted >> 4].map(|nibble| nibble.min(14));
            *code = (lowered[0] + 16 * lowered[1] - offset) as i8;
        }
    }
    opening.outputs = apply(shape, &opening.weights, &opening.inputs);
    opening
}

/// Every fault of a shape and what guards it.
fn faults(shape: &Shape) -> Vec<(Fault, Guard)> {
    let mut faults = Vec::new();
    for (block, laid) in shape.blocks().iter().enumerate() {
        let mut add = |row, site, amount, guard| faults.push((Fault { block, row, site, amount }, guard));
        let (rows, token, packs) = match *laid {
            Block::Input { length, .. } => {
                for row in 0..length {
                    for lane in 0..LANES {
                        add(row, Site::Nibble(lane), 16, Guard::LookUp { pair: lane / 2, blocks: 1 });
                    }
                    add(row, Site::Sum, 1, Guard::Gate("activation"));
                    add(row, Site::NumbersWord, 1, Guard::Gate("numbers word"));
                }
                add(0, Site::NumbersWordStart, 1, Guard::Unused);
                continue;
            }
            Block::Down { token, .. } => (shape.rows(laid) - 1, token, false),
            Block::Up { token, .. } => (shape.rows(laid) - 2, token, true),
        };
        for row in 0..rows {
            for lane in 0..LANES {
                if token == 0 {
                    let guard = Guard::LookUp { pair: lane / 2, blocks: shape.tokens };
                    add(row, Site::Nibble(lane), 16, guard);
                } else {
                    add(row, Site::Nibble(lane), 1, Guard::Copy);
                }
                add(row, Site::Number(lane), 1, Guard::Copy);
            }
            add(row, Site::Sum, 1, Guard::Gate("dot product"));
            if token == 0 {
                add(row, Site::WeightsWord, 1, Guard::Gate("weights word"));
            }
            if packs {
                add(row + 1, Site::NumbersWord, 1, Guard::Gate("numbers word"));
            }
        }
        add(0, Site::SumStart, 1, Guard::Unused);
        if token == 0 {
            add(0, Site::WeightsWordStart, 1, Guard::Unused);
        }
        if packs {
            add(0, Site::NumbersWordStart, 1, Guard::Unused);
        }
    }
    // Zero, shape of the adapter, manifest, base model, whole shape, scales, both salts.
    for row in 0..13 {
        let guard = if matches!(row, 0..=2 | 7..=8) { Guard::Copy } else { Guard::Free };
        faults.push((Fault { block: HEAD, row, site: Site::Sum, amount: 1 }, guard));
    }
    for row in 0..6 {
        faults.push((Fault { block: SPONGES, row, site: Site::Sum, amount: 1 }, Guard::Copy));
    }
    faults
}

/// Who complains about the fault when the ids of the broken assignment are published, and the public inputs with them.
fn complaints_about<const E: usize, const C: usize>(
    shape: &Arc<Shape>,
    opening: &Arc<Opening>,
    fault: Fault,
    k: u32,
) -> (Vec<String>, Vec<Fp>) {
    let mut circuit = LoraCircuit::<E, C>::new(Arc::clone(shape), Some(Arc::clone(opening)));
    circuit.fault = Some(fault);
    let mut public_inputs = instance(shape, opening);
    MockProver::run(k, &circuit, vec![public_inputs.clone()]).expect("the circuit fits");
    let hashed = std::mem::take(&mut *circuit.hashed.lock().expect("no test panicked"));
    public_inputs[public::ADAPTER] = hashed[hashed.len() - 2];
    public_inputs[public::ACTIVATIONS] = hashed[hashed.len() - 1];
    (run(&circuit, k, public_inputs.clone()), public_inputs)
}

/// Breaks every cell, one at a time, and returns how many were broken.
fn sweep<const E: usize, const C: usize>(shape: &Shape) -> usize {
    let (shape, opening) = (Arc::new(shape.clone()), Arc::new(roomy(shape)));
    let faults = faults(&shape);
    let honest = LoraCircuit::<E, C>::new(Arc::clone(&shape), Some(Arc::clone(&opening)));
    let fits = |k: &u32| MockProver::run(*k, &honest, vec![instance(&shape, &opening)]).is_ok();
    let k = (9..MAXIMUM_K).find(fits).expect("the circuit fits");
    for (fault, guard) in &faults {
        let (complaints, public_inputs) = complaints_about::<E, C>(&shape, &opening, *fault, k);
        let at_row = format!("at offset {}", fault.row);
        match guard {
            Guard::Free => assert_eq!(complaints, Vec::<String>::new(), "{fault:?}"),
            Guard::Unused => {
                assert_eq!(complaints, Vec::<String>::new(), "{fault:?}");
                assert_eq!(public_inputs, instance(&shape, &opening), "{fault:?} changes an id");
            }
            Guard::Copy => {
                assert!(!complaints.is_empty(), "nobody complains about {fault:?}");
                assert!(complaints.iter().all(|c| c.starts_with("copy ")), "{fault:?}: {complaints:?}");
            }
            Guard::Gate(name) => {
                assert_eq!(complaints.len(), 1, "{fault:?}: {complaints:?}");
                assert!(complaints[0].contains(&format!("('{name}')")), "{fault:?}: {complaints:?}");
                assert!(complaints[0].ends_with(&at_row), "{fault:?}: {complaints:?}");
            }
            Guard::LookUp { pair, blocks } => {
                assert_eq!(complaints.len(), *blocks, "{fault:?}: {complaints:?}");
                for complaint in &complaints {
                    let index: usize = complaint.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
                    assert!(complaint.starts_with("lookup ") && index % 2 == *pair, "{fault:?}: {complaints:?}");
                    assert!(complaint.ends_with(&at_row), "{fault:?}: {complaints:?}");
                }
            }
        }
    }
    faults.len()
}

/// Spare lanes, an input that two modules share, one that they do not.
fn small(bits: WeightBits, tokens: usize) -> Shape {
    let modules = vec![module(5, 2, 3), ModuleShape { input: 1, ..module(4, 1, 2) }, module(5, 1, 1)];
    shape(bits, tokens, modules)
}

#[test]
fn every_cell_is_guarded_by_its_own_constraint_with_four_bits_and_two_tokens() {
    assert_eq!(sweep::<1, 3>(&small(WeightBits::Four, 2)), 417);
}

#[test]
fn every_cell_is_guarded_by_its_own_constraint_with_eight_bits() {
    assert_eq!(sweep::<1, 3>(&small(WeightBits::Eight, 1)), 364);
}

#[test]
fn every_engine_guards_its_cells() {
    assert_eq!(sweep::<2, 4>(&small(WeightBits::Four, 1)), 228);
}
