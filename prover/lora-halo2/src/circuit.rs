//! The halo2 circuit of a statement: `Y_m = lora_b_m (lora_a_m X_m)` for every module and token, with both ids public.
//!
//! Public inputs, one column: the adapter id, the activations id, the context, the digest of the container's metadata
//! (positions in [`public`]). The circuit says: there are nibbles, activations and salts such that both ids are the
//! digests of [`crate::opening`], and every packed output is the product of equation 1 of docs/protocol.md. Context and
//! metadata are copied in and otherwise free: the transcript binds them.
//!
//! `ENGINES` engines multiply side by side, `CHIPS` Poseidon chips hash side by side; the planner chooses both. What is
//! proved does not depend on them. Soundness of the range: nibbles are looked up, activations are four nibbles, so all
//! sums stay below `2^51` and an equation in the field is one over the integers.

use std::collections::HashMap;
use std::sync::Arc;

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::plonk::{Circuit, Column, ConstraintSystem, Error, Instance, TableColumn};

use crate::engine::{Cell, Codes, Dots, DotsCells, EngineConfig, Fault, HEAD, Number, Pen, SPONGES, Site};
use crate::opening::{Opening, limbs, signed};
use crate::plan::engine_of_blocks;
use crate::shape::{ACTIVATIONS_PER_WORD, Block, LANES, Shape, Update};
use crate::sponge::{self, SpongeConfig, TAG_ACTIVATIONS, TAG_ADAPTER};

/// Positions of the public inputs.
pub mod public {
    /// Adapter id.
    pub const ADAPTER: usize = 0;
    /// Activations id.
    pub const ACTIVATIONS: usize = 1;
    /// Context.
    pub const CONTEXT: usize = 2;
    /// Digest of the container's metadata.
    pub const METADATA: usize = 3;
    /// Number of public inputs.
    pub const COUNT: usize = 4;
}

/// Rows that the head of the circuit takes in the first engine: zero, two digests of shapes (constants), the private
/// digests and salts, context and metadata.
pub const HEAD_ROWS: usize = 1 + 4 + 8 + 2;

/// The circuit of one shape, with or without what the prover knows.
#[derive(Clone, Debug)]
pub struct LoraCircuit<const ENGINES: usize, const CHIPS: usize> {
    /// Public shape.
    pub shape: Arc<Shape>,
    /// Private; `None` while keys are made.
    pub opening: Option<Arc<Opening>>,
    /// What a test breaks.
    pub(crate) fault: Option<Fault>,
    /// The ids that the assignment hashes to, honest or not.
    #[cfg(test)]
    pub(crate) hashed: Arc<std::sync::Mutex<Vec<Fp>>>,
}

/// All columns of the circuit.
#[derive(Clone, Debug)]
pub struct LoraConfig {
    pairs: [TableColumn; 2],
    engines: Vec<EngineConfig>,
    chips: Vec<SpongeConfig>,
    instance: Column<Instance>,
}

struct Head {
    zero: Number,
    adapter: Vec<Cell>,
    activations: Vec<Cell>,
    adapter_salt: Cell,
    activations_salt: Cell,
}

/// Cells that blocks leave for later blocks and for the digests.
#[derive(Default)]
struct Ledger {
    inputs: HashMap<(usize, usize), Vec<Number>>,
    downs: HashMap<(usize, usize), Vec<Number>>,
    nibbles: HashMap<(usize, bool, usize), Vec<[Number; LANES]>>,
    weight_words: Vec<Cell>,
    value_words: Vec<Cell>,
}

impl<const ENGINES: usize, const CHIPS: usize> LoraCircuit<ENGINES, CHIPS> {
    /// The circuit of a prover, or, without an opening, of a key.
    pub fn new(shape: Arc<Shape>, opening: Option<Arc<Opening>>) -> Self {
        Self {
            shape,
            opening,
            fault: None,
            #[cfg(test)]
            hashed: Arc::default(),
        }
    }

    /// Keeps the ids of an assignment for a test that publishes them.
    #[cfg(test)]
    fn record(&self, ids: [&Cell; 2]) {
        for id in ids {
            id.value().map(|value| self.hashed.lock().expect("no test panicked").push(*value));
        }
    }

    fn assign_table(config: &LoraConfig, layouter: &mut impl Layouter<Fp>) -> Result<(), Error> {
        layouter.assign_table(
            || "pairs of nibbles",
            |mut table| {
                for row in 0..256usize {
                    for (column, value) in config.pairs.into_iter().zip([row & 15, row >> 4]) {
                        table.assign_cell(|| "nibble", column, row, || Value::known(Fp::from(value as u64)))?;
                    }
                }
                Ok(())
            },
        )
    }

    fn assign_head(&self, config: &LoraConfig, layouter: &mut impl Layouter<Fp>) -> Result<Head, Error> {
        let engine = config.engines.first().ok_or(Error::Synthesis)?;
        let digest = |pick: fn(&Opening) -> [u8; 32]| self.opening.as_ref().map(|opening| limbs(&pick(opening)));
        let pen = Pen { known: self.opening.is_some(), block: HEAD, fault: self.fault };
        let free = |row: usize, value: Option<Fp>| {
            value.map_or(Value::unknown(), |value| Value::known(value + signed(pen.slip(row, Site::Sum))))
        };
        layouter.assign_region(
            || "head",
            |mut region| {
                let zero = engine.assign_zero(&mut region, &pen, 0)?;
                let mut row = 1;
                let mut put = |region: &mut _, value: Result<Fp, Option<Fp>>| {
                    let cell = match value {
                        Ok(constant) => engine.assign_constant(region, &pen, row, constant),
                        Err(private) => engine.assign_free(region, row, free(row, private)),
                    };
                    row += 1;
                    cell
                };
                let mut adapter = Vec::new();
                let mut activations = Vec::new();
                for limb in limbs(&self.shape.adapter_digest()) {
                    adapter.push(put(&mut region, Ok(limb))?);
                }
                for private in [digest(|o| o.adapter.manifest_digest), digest(|o| o.adapter.base_model_digest)] {
                    for limb in 0..2 {
                        adapter.push(put(&mut region, Err(private.map(|limbs| limbs[limb])))?);
                    }
                }
                for limb in limbs(&self.shape.run_digest()) {
                    activations.push(put(&mut region, Ok(limb))?);
                }
                let scales = digest(|o| o.activations.scales_digest);
                for limb in 0..2 {
                    activations.push(put(&mut region, Err(scales.map(|limbs| limbs[limb])))?);
                }
                let adapter_salt = put(&mut region, Err(self.opening.as_ref().map(|o| o.adapter.salt)))?;
                let activations_salt = put(&mut region, Err(self.opening.as_ref().map(|o| o.activations.salt)))?;
                for position in [public::CONTEXT, public::METADATA] {
                    engine.assign_public(&mut region, row, config.instance, position)?;
                    row += 1;
                }
                Ok(Head { zero, adapter, activations, adapter_salt, activations_salt })
            },
        )
    }

    fn assign_block(
        &self,
        engine: &EngineConfig,
        pen: Pen,
        block: &Block,
        zero: &Number,
        ledger: &mut Ledger,
        layouter: &mut impl Layouter<Fp>,
    ) -> Result<(), Error> {
        let shape = &*self.shape;
        let opening = self.opening.as_deref();
        let module_of = |index: usize| shape.modules.get(index).copied().ok_or(Error::Synthesis);
        match *block {
            Block::Input { input, token, start, length } => {
                let features = shape.inputs().get(input).copied().ok_or(Error::Synthesis)?;
                let first = token * features + start;
                let values = opening.and_then(|o| o.inputs.get(input)).and_then(|x| x.get(first..first + length));
                let cells = layouter.assign_region(
                    || "input",
                    |mut region| {
                        engine.assign_input(&mut region, &pen, values.unwrap_or(&[]), length, ACTIVATIONS_PER_WORD)
                    },
                )?;
                ledger.inputs.entry((input, token)).or_default().extend(cells.numbers);
                ledger.value_words.extend(cells.words);
            }
            Block::Down { module, token, row } => {
                let sizes = module_of(module)?;
                let range = row * sizes.in_features..(row + 1) * sizes.in_features;
                let codes = opening.and_then(|o| o.weights.get(module)).and_then(|w| w.lora_a.get(range));
                let operand = ledger.inputs.get(&(sizes.input, token)).ok_or(Error::Synthesis)?;
                let site = (module, false, row);
                let source = (token > 0).then(|| ledger.nibbles.get(&site)).flatten();
                let cells = self.assign_dots(engine, &pen, codes, source, operand, 1, None, zero, layouter)?;
                ledger.downs.entry((module, token)).or_default().extend(cells.results);
                ledger.weight_words.extend(cells.weight_words);
                if token == 0 {
                    ledger.nibbles.insert(site, cells.nibbles);
                }
            }
            Block::Up { module, token, start, length } => {
                let sizes = module_of(module)?;
                let features = sizes.inner_features();
                let range = start * features..(start + length) * features;
                let codes = opening.and_then(|o| o.weights.get(module)).and_then(|w| w.lora_b.get(range));
                let operand = match sizes.update {
                    Update::LowRank { .. } => ledger.downs.get(&(module, token)),
                    Update::Dense => ledger.inputs.get(&(sizes.input, token)),
                };
                let operand = operand.ok_or(Error::Synthesis)?;
                let site = (module, true, start);
                let source = (token > 0).then(|| ledger.nibbles.get(&site)).flatten();
                let pack = Some((shape.output_bits(&sizes), shape.outputs_per_word(&sizes)));
                let cells = self.assign_dots(engine, &pen, codes, source, operand, length, pack, zero, layouter)?;
                ledger.weight_words.extend(cells.weight_words);
                ledger.value_words.extend(cells.value_words);
                if token == 0 {
                    ledger.nibbles.insert(site, cells.nibbles);
                }
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the two callers differ in exactly these")]
    fn assign_dots(
        &self,
        engine: &EngineConfig,
        pen: &Pen,
        codes: Option<&[i8]>,
        source: Option<&Vec<[Number; LANES]>>,
        operand: &[Number],
        count: usize,
        pack: Option<(u32, usize)>,
        zero: &Number,
        layouter: &mut impl Layouter<Fp>,
    ) -> Result<DotsCells, Error> {
        let keep_nibbles = self.shape.tokens > 1 && source.is_none();
        layouter.assign_region(
            || "dot products",
            |mut region| {
                let codes =
                    source.map_or(Codes::Defined(codes.unwrap_or(&[])), |source| Codes::Copied(source.as_slice()));
                let dots = Dots { codes, count, operand, bits: self.shape.bits, pack };
                engine.assign_dots(&mut region, pen, &dots, zero, keep_nibbles)
            },
        )
    }
}

impl<const ENGINES: usize, const CHIPS: usize> Circuit<Fp> for LoraCircuit<ENGINES, CHIPS> {
    type Config = LoraConfig;
    type FloorPlanner = SimpleFloorPlanner;

    fn without_witnesses(&self) -> Self {
        Self::new(Arc::clone(&self.shape), None)
    }

    fn configure(meta: &mut ConstraintSystem<Fp>) -> LoraConfig {
        let instance = meta.instance_column();
        meta.enable_equality(instance);
        let constants = meta.fixed_column();
        meta.enable_constant(constants);
        let pairs = [meta.lookup_table_column(), meta.lookup_table_column()];
        let engines = (0..ENGINES).map(|_| EngineConfig::configure(meta, pairs)).collect();
        let chips = (0..CHIPS).map(|_| sponge::configure(meta)).collect();
        LoraConfig { pairs, engines, chips, instance }
    }

    fn synthesize(&self, config: LoraConfig, mut layouter: impl Layouter<Fp>) -> Result<(), Error> {
        Self::assign_table(&config, &mut layouter)?;
        let head = self.assign_head(&config, &mut layouter)?;
        let mut ledger = Ledger::default();
        let blocks = self.shape.blocks();
        let engines = engine_of_blocks(&self.shape, &blocks, ENGINES);
        for (index, (block, engine)) in blocks.iter().zip(engines).enumerate() {
            let engine = config.engines.get(engine).ok_or(Error::Synthesis)?;
            let pen = Pen { known: self.opening.is_some(), block: index, fault: self.fault };
            self.assign_block(engine, pen, block, &head.zero, &mut ledger, &mut layouter)?;
        }
        let mut permutation = 0;
        let pen = Pen { known: self.opening.is_some(), block: SPONGES, fault: self.fault };
        let mut message = head.adapter;
        message.extend(ledger.weight_words);
        message.push(head.adapter_salt);
        let adapter = sponge::assign_hash(&config.chips, &mut permutation, &mut layouter, TAG_ADAPTER, &message, &pen)?;
        let mut message = head.activations;
        message.extend(ledger.value_words);
        message.push(head.activations_salt);
        let activations =
            sponge::assign_hash(&config.chips, &mut permutation, &mut layouter, TAG_ACTIVATIONS, &message, &pen)?;
        #[cfg(test)]
        self.record([&adapter, &activations]);
        layouter.constrain_instance(adapter.cell(), config.instance, public::ADAPTER)?;
        layouter.constrain_instance(activations.cell(), config.instance, public::ACTIVATIONS)
    }
}

#[cfg(test)]
mod tests;
