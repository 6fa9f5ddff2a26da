//! The proof as data, and its one canonical encoding.
//!
//! Every length follows from the configuration, so the encoding of the argument is a plain sequence of canonical field
//! elements (32 bytes, big-endian, below r). The container adds magic, version, profile, the digest of the
//! configuration, the statement, and what its ids open to; anything left over is refused.
//!
//! ```text
//! "RPLP" | version u16 | profile u8 | inner digest | statement (3) |
//! bits u8 | log_rank u8 | slots u16 | slots * (log_in u8 | log_out u8 | weights_a u32 | weights_b u32 | output u32) |
//! log_tokens u8 | slots * input u32 |
//! weights root, value | manifest digest | base model digest | salt | activations root, value | scales digest | salt |
//! argument
//! ```

#![deny(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use rankproof_statement::field::{from_canonical_bytes, size, to_canonical_bytes};
use rankproof_statement::{
    ActivationsPreimage, AdapterPreimage, F, InputsLayout, SlotLayout, Statement, WeightBits, WeightsLayout,
};

use crate::argument::{ActivationsOpening, LoraProof};
use crate::config::{COLUMNS, Profile};
use crate::error::check_length;
use crate::transcript::{Hint, Message};
use crate::whir::{self, Folded, Opened, Opening, Round, TreeOpening};
use crate::{Config, Error, range, sumcheck};

/// First bytes of a LoRA proof file.
pub const MAGIC: &[u8; 4] = b"RPLP";
/// Version of the encoding.
pub const FORMAT_VERSION: u16 = 1;

/// The argument: what the prover says (messages) and what helps the verifier (hints), in transcript order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// `y = Y~(rho_o, rho_t)`.
    pub output_value: Message<[F; 1]>,
    /// Rounds over the rank space (eq. 2).
    pub rank_sumcheck: Vec<Message<sumcheck::Round>>,
    /// `b`, `u`.
    pub rank_values: Message<[F; 2]>,
    /// Rounds over the input space (eq. 3).
    pub input_sumcheck: Vec<Message<sumcheck::Round>>,
    /// `a`, `x`.
    pub input_values: Message<[F; 2]>,
    /// Rounds of the range check (eq. 4).
    pub range_check: Vec<Message<range::Round>>,
    /// `w~(rho_w)`.
    pub range_value: Message<[F; 1]>,
    /// The opening.
    pub opening: Opening,
}

/// Reads the next element.
type Next<'a> = &'a mut dyn FnMut() -> Result<F, Error>;

fn read_array<const N: usize>(next: Next<'_>) -> Result<[F; N], Error> {
    let mut array = [F::from(0u64); N];
    for element in &mut array {
        *element = next()?;
    }
    Ok(array)
}

fn read_message<const N: usize>(next: Next<'_>) -> Result<Message<[F; N]>, Error> {
    read_array(next).map(Message::from_file)
}

fn read_vec<T>(count: usize, mut read: impl FnMut() -> Result<T, Error>) -> Result<Vec<T>, Error> {
    (0..count).map(|_| read()).collect()
}

impl Proof {
    /// No argument at all; refused by [`Self::check_shape`]. A prover's starting point.
    pub(crate) fn empty() -> Self {
        let zero = F::from(0u64);
        Self {
            output_value: Message::from_file([zero]),
            rank_sumcheck: Vec::new(),
            rank_values: Message::from_file([zero; 2]),
            input_sumcheck: Vec::new(),
            input_values: Message::from_file([zero; 2]),
            range_check: Vec::new(),
            range_value: Message::from_file([zero]),
            opening: Opening {
                join: Message::from_file([zero; 2]),
                rounds: Vec::new(),
                final_polynomial: Message::from_file(Vec::new()),
                final_sumcheck: Vec::new(),
            },
        }
    }

    /// Checks every length against the configuration.
    ///
    /// # Errors
    /// [`Error::LengthMismatch`] names the field.
    pub fn check_shape(&self, config: &Config) -> Result<(), Error> {
        check_length("rank sumcheck", config.maxima().log_rank_space, self.rank_sumcheck.len())?;
        check_length("input sumcheck", config.maxima().log_input_space, self.input_sumcheck.len())?;
        check_length("range check", config.log_size(), self.range_check.len())?;
        whir::check_shape(config, &self.opening)
    }

    /// Visits every element in the order of the encoding.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a F)) {
        let mut all = |elements: &'a [F]| elements.iter().for_each(&mut *visit);
        all(self.output_value.unabsorbed());
        self.rank_sumcheck.iter().for_each(|round| all(round.unabsorbed()));
        all(self.rank_values.unabsorbed());
        self.input_sumcheck.iter().for_each(|round| all(round.unabsorbed()));
        all(self.input_values.unabsorbed());
        self.range_check.iter().for_each(|round| all(round.unabsorbed()));
        all(self.range_value.unabsorbed());
        all(self.opening.join.unabsorbed());
        for round in &self.opening.rounds {
            round.sumcheck.iter().for_each(|round| all(round.unabsorbed()));
            if let Some(folded) = &round.folded {
                all(folded.root.unabsorbed());
                all(folded.ood_value.unabsorbed());
            }
            all(round.nonce.unabsorbed());
            for tree in &round.trees {
                all(&tree.cap.0);
                for opened in &tree.opened.0 {
                    all(&opened.leaf);
                    opened.path.iter().for_each(|siblings| all(siblings));
                }
            }
        }
        all(self.opening.final_polynomial.unabsorbed());
        self.opening.final_sumcheck.iter().for_each(|round| all(round.unabsorbed()));
    }

    /// Reads the elements in the order of [`Self::visit`]; all lengths come from the configuration.
    ///
    /// # Errors
    /// Whatever `next` refuses.
    pub fn read(config: &Config, next: Next<'_>) -> Result<Self, Error> {
        let maxima = config.maxima();
        Ok(Self {
            output_value: read_message(next)?,
            rank_sumcheck: read_vec(maxima.log_rank_space, || read_message(next))?,
            rank_values: read_message(next)?,
            input_sumcheck: read_vec(maxima.log_input_space, || read_message(next))?,
            input_values: read_message(next)?,
            range_check: read_vec(config.log_size(), || read_message(next))?,
            range_value: read_message(next)?,
            opening: read_opening(config, next)?,
        })
    }

    /// Number of elements of every proof under a configuration.
    pub fn element_count(config: &Config) -> usize {
        let mut count = 0usize;
        let zero = F::from(0u64);
        let counted = Self::read(config, &mut || {
            count = count.saturating_add(1);
            Ok(zero)
        });
        debug_assert!(counted.is_ok(), "reading zeros never fails");
        count
    }
}

fn read_opening(config: &Config, next: Next<'_>) -> Result<Opening, Error> {
    let join = read_message(next)?;
    let mut rounds = Vec::with_capacity(config.rounds.len());
    for (index, round) in config.rounds.iter().enumerate() {
        let is_last = index.saturating_add(1) == config.rounds.len();
        let sumcheck = read_vec(crate::config::FOLD, || read_message(next))?;
        let folded =
            if is_last { None } else { Some(Folded { root: read_message(next)?, ood_value: read_message(next)? }) };
        let nonce = read_message(next)?;
        let trees = read_vec(if index == 0 { 2 } else { 1 }, || {
            let cap = Hint(read_vec(1usize << round.log_cap, &mut *next)?);
            let opened = read_vec(round.queries, || {
                let leaf = read_array::<COLUMNS>(next)?;
                Ok(Opened { leaf, path: read_vec(round.path_levels(), || read_array(next))? })
            })?;
            Ok(TreeOpening { cap, opened: Hint(opened) })
        })?;
        rounds.push(Round { sumcheck, folded, nonce, trees });
    }
    let final_polynomial = Message::from_file(read_vec(1usize << config.log_final, &mut *next)?);
    let final_sumcheck = read_vec(config.log_final, || read_message(next))?;
    Ok(Opening { join, rounds, final_polynomial, final_sumcheck })
}

/// Takes bytes from the front, or says that they are missing.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, tail) = self.0.split_first_chunk::<N>().ok_or(Error::Truncated)?;
        self.0 = tail;
        Ok(*head)
    }

    fn small(&mut self) -> Result<usize, Error> {
        Ok(usize::from(u8::from_be_bytes(self.take()?)))
    }

    fn offset(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    fn element(&mut self) -> Result<F, Error> {
        Ok(from_canonical_bytes(&self.take()?)?)
    }
}

/// The byte that stands for a width.
fn bits_code(bits: WeightBits) -> u8 {
    match bits {
        WeightBits::Four => 4,
        WeightBits::Eight => 8,
    }
}

/// A base-2 logarithm in a file; those of a checked layout are far below 255.
fn byte(log: usize) -> u8 {
    u8::try_from(log).unwrap_or(u8::MAX)
}

impl LoraProof {
    /// The canonical bytes.
    pub fn to_bytes(&self, profile: Profile, config: &Config) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(FORMAT_VERSION.to_be_bytes());
        bytes.push(profile.code());
        bytes.extend(to_canonical_bytes(&config.inner_digest()));
        bytes.extend(self.statement.to_bytes());
        let layout = &self.weights_layout;
        bytes.extend([bits_code(layout.bits), byte(layout.log_rank)]);
        bytes.extend(u16::try_from(layout.slots.len()).unwrap_or(u16::MAX).to_be_bytes());
        for slot in &layout.slots {
            bytes.extend([byte(slot.log_in), byte(slot.log_out)]);
            for offset in [slot.weights_a, slot.weights_b, slot.output_offset] {
                bytes.extend(offset.to_be_bytes());
            }
        }
        let inputs = &self.activations.inputs_layout;
        bytes.push(byte(inputs.log_tokens));
        inputs.input_offsets.iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
        let AdapterPreimage { weights_root, weights_ood, manifest_digest, base_model_digest, salt } = &self.adapter;
        bytes.extend(to_canonical_bytes(weights_root));
        bytes.extend(to_canonical_bytes(weights_ood));
        bytes.extend(manifest_digest);
        bytes.extend(base_model_digest);
        bytes.extend(to_canonical_bytes(salt));
        let ActivationsPreimage { activations_root, activations_ood, scales_digest, salt } = &self.activations.preimage;
        bytes.extend(to_canonical_bytes(activations_root));
        bytes.extend(to_canonical_bytes(activations_ood));
        bytes.extend(scales_digest);
        bytes.extend(to_canonical_bytes(salt));
        self.proof.visit(&mut |element| bytes.extend(to_canonical_bytes(element)));
        bytes
    }

    /// Reads [`Self::to_bytes`]. Nothing in the bytes chooses a parameter: the profile code only selects one of ours.
    ///
    /// # Errors
    /// What is malformed.
    pub fn from_bytes(bytes: &[u8]) -> Result<(Self, Profile), Error> {
        let mut reader = Reader(bytes);
        if reader.take::<4>().map_err(|_| Error::WrongMagic)? != *MAGIC {
            return Err(Error::WrongMagic);
        }
        let version = u16::from_be_bytes(reader.take()?);
        if version != FORMAT_VERSION {
            return Err(Error::VersionMismatch { expected: FORMAT_VERSION, actual: version });
        }
        let profile = Profile::from_code(u8::from_be_bytes(reader.take()?))?;
        let config = profile.config();
        if reader.element()? != config.inner_digest() {
            return Err(Error::ConfigMismatch);
        }
        let statement = Statement::from_canonical_bytes(&reader.take()?)?;
        let code = u8::from_be_bytes(reader.take()?);
        let bits = [WeightBits::Four, WeightBits::Eight].into_iter().find(|bits| bits_code(*bits) == code);
        let bits = bits.ok_or(Error::OutOfRange { field: "bits", value: u64::from(code), maximum: 8 })?;
        let log_rank = reader.small()?;
        let count = usize::from(u16::from_be_bytes(reader.take()?));
        if count > config.maxima().modules {
            let maximum = size(config.maxima().modules);
            return Err(Error::OutOfRange { field: "slots", value: size(count), maximum });
        }
        let slots = read_vec(count, || {
            Ok(SlotLayout {
                log_in: reader.small()?,
                log_out: reader.small()?,
                weights_a: reader.offset()?,
                weights_b: reader.offset()?,
                output_offset: reader.offset()?,
            })
        })?;
        let log_tokens = reader.small()?;
        let input_offsets = read_vec(count, || reader.offset())?;
        let adapter = AdapterPreimage {
            weights_root: reader.element()?,
            weights_ood: reader.element()?,
            manifest_digest: reader.take()?,
            base_model_digest: reader.take()?,
            salt: reader.element()?,
        };
        let preimage = ActivationsPreimage {
            activations_root: reader.element()?,
            activations_ood: reader.element()?,
            scales_digest: reader.take()?,
            salt: reader.element()?,
        };
        let proof = Proof::read(&config, &mut || reader.element())?;
        if !reader.0.is_empty() {
            return Err(Error::TrailingBytes(reader.0.len()));
        }
        let weights_layout = WeightsLayout { bits, log_rank, slots };
        let inputs_layout = InputsLayout { log_tokens, input_offsets };
        let activations = ActivationsOpening { inputs_layout, preimage };
        Ok((Self { statement, weights_layout, adapter, activations, proof }, profile))
    }
}
