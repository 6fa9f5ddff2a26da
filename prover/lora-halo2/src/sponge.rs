//! Poseidon P128Pow5T3 over the Pasta base field, natively and as gates, for messages of any public length.
//!
//! The capacity starts as `tag 2^128 + length 2^64`, messages are padded with zeros to a multiple of the rate 2, the
//! digest is the first element of the last state (Poseidon paper, ePrint 2019/458, section 4.2; with tag 0 this is the
//! constant-length mode of `halo2_gadgets`, which a test checks). The circuit spreads the permutations of one sponge
//! over several chips, each with columns of its own: the chain of states is copied from chip to chip.

use halo2_gadgets::poseidon::primitives::{Absorbing, Domain, P128Pow5T3, Spec};
use halo2_gadgets::poseidon::{
    PaddedWord, PoseidonInstructions, PoseidonSpongeInstructions, Pow5Chip, Pow5Config, StateWord,
};
use halo2_proofs::circuit::{AssignedCell, Layouter, Value};
use halo2_proofs::pasta::Fp;
use halo2_proofs::pasta::group::ff::{Field, PrimeField};
use halo2_proofs::plonk::{Advice, Column, ConstraintSystem, Error};

use crate::engine::{Pen, Site};
use crate::opening::signed;

/// Elements of the state.
pub const WIDTH: usize = 3;
/// Elements absorbed by one permutation.
pub const RATE: usize = 2;
/// Rows that one permutation takes in the columns of its chip: three to absorb, one for the state, one per full round
/// and one per two partial rounds.
pub const ROWS_PER_PERMUTATION: usize = 3 + 1 + 8 + 56 / 2;

/// Domain of the adapter id.
pub const TAG_ADAPTER: u64 = 1;
/// Domain of the activations id.
pub const TAG_ACTIVATIONS: u64 = 2;

/// One Poseidon chip and the columns of its state.
#[derive(Clone, Debug)]
pub struct SpongeConfig {
    pow5: Pow5Config<Fp, WIDTH, RATE>,
    state: [Column<Advice>; WIDTH],
}

/// The domain of [`hash`]; its capacity element depends on the message, so it is set outside this trait.
#[derive(Clone, Copy, Debug)]
struct Message;

impl Domain<Fp, RATE> for Message {
    type Padding = std::iter::Empty<Fp>;

    fn name() -> String {
        "rankproof message".to_owned()
    }

    fn initial_capacity_element() -> Fp {
        Fp::ZERO
    }

    fn padding(_: usize) -> Self::Padding {
        std::iter::empty()
    }
}

fn capacity(tag: u64, length: usize) -> Fp {
    let two_64 = Fp::from_u128(1 << 64);
    (Fp::from(tag) * two_64 + Fp::from(length as u64)) * two_64
}

/// Number of permutations that a message of `length` elements takes.
pub fn permutations(length: usize) -> usize {
    length.div_ceil(RATE).max(1)
}

/// The digest of a message.
pub fn hash(tag: u64, message: &[Fp]) -> Fp {
    let (round_constants, mds, _) = <P128Pow5T3 as Spec<Fp, WIDTH, RATE>>::constants();
    let half_full = <P128Pow5T3 as Spec<Fp, WIDTH, RATE>>::full_rounds() / 2;
    let partial = half_full..half_full + <P128Pow5T3 as Spec<Fp, WIDTH, RATE>>::partial_rounds();
    let sbox = |value: Fp| value.square().square() * value;
    let mut state = [Fp::ZERO, Fp::ZERO, capacity(tag, message.len())];
    for index in 0..permutations(message.len()) {
        for (word, value) in state.iter_mut().zip(message.iter().skip(index * RATE).take(RATE)) {
            *word += value;
        }
        for (round, constants) in round_constants.iter().enumerate() {
            for (word, constant) in state.iter_mut().zip(constants) {
                *word += constant;
            }
            let boxes = if partial.contains(&round) { 1 } else { WIDTH };
            for word in state.iter_mut().take(boxes) {
                *word = sbox(*word);
            }
            state = std::array::from_fn(|row| mds[row].iter().zip(&state).map(|(m, s)| *m * s).sum());
        }
    }
    state[0]
}

/// Allocates the columns and gates of one chip.
pub fn configure(meta: &mut ConstraintSystem<Fp>) -> SpongeConfig {
    let state = std::array::from_fn(|_| meta.advice_column());
    let partial_sbox = meta.advice_column();
    let rc_a = std::array::from_fn(|_| meta.fixed_column());
    let rc_b = std::array::from_fn(|_| meta.fixed_column());
    SpongeConfig { pow5: Pow5Chip::configure::<P128Pow5T3>(meta, state, partial_sbox, rc_a, rc_b), state }
}

/// Hashes cells; permutation number `i` of the circuit runs on chip `i mod chips`, and `next` counts them.
///
/// The first state of a sponge takes one row of the chip of its first permutation.
///
/// # Errors
/// What the layouter reports.
pub fn assign_hash(
    chips: &[SpongeConfig],
    next: &mut usize,
    layouter: &mut impl Layouter<Fp>,
    tag: u64,
    message: &[AssignedCell<Fp, Fp>],
    pen: &Pen,
) -> Result<AssignedCell<Fp, Fp>, Error> {
    type Chip = Pow5Chip<Fp, WIDTH, RATE>;
    let columns = chips[*next % chips.len()].state;
    let sponge = usize::from(*next > 0);
    let initial = [Fp::ZERO, Fp::ZERO, capacity(tag, message.len())];
    let mut state: [StateWord<Fp>; WIDTH] = layouter.assign_region(
        || "initial state",
        |mut region| {
            let mut words = Vec::with_capacity(WIDTH);
            for (index, (column, value)) in columns.into_iter().zip(initial).enumerate() {
                let slip = signed(pen.slip(sponge * WIDTH + index, Site::Sum));
                let cell = region.assign_advice(|| "state", column, 0, || Value::known(value + slip))?;
                region.constrain_constant(cell.cell(), value)?;
                words.push(StateWord::from(cell));
            }
            words.try_into().map_err(|_| Error::Synthesis)
        },
    )?;
    for index in 0..permutations(message.len()) {
        let chip = Chip::construct(chips[*next % chips.len()].pow5.clone());
        let mut block = Absorbing::init_empty();
        for lane in 0..RATE {
            let word = message.get(index * RATE + lane).cloned();
            let word = word.map_or(PaddedWord::Padding(Fp::ZERO), PaddedWord::Message);
            block.absorb(word).map_err(|_| Error::Synthesis)?;
        }
        state = PoseidonSpongeInstructions::<Fp, P128Pow5T3, Message, WIDTH, RATE>::add_input(
            &chip, layouter, &state, &block,
        )?;
        state = PoseidonInstructions::<Fp, P128Pow5T3, WIDTH, RATE>::permute(&chip, layouter, &state)?;
        *next += 1;
    }
    let [digest, ..] = state;
    Ok(digest.into())
}

#[cfg(test)]
mod tests {
    use halo2_gadgets::poseidon::primitives::{ConstantLength, Hash};

    use super::*;

    #[test]
    fn equals_the_published_constant_length_hash_under_tag_zero() {
        let message = [Fp::from(1), -Fp::from(2), Fp::from(3)];
        let published = Hash::<Fp, P128Pow5T3, ConstantLength<3>, WIDTH, RATE>::init().hash(message);
        assert_eq!(hash(0, &message), published);
        assert_ne!(hash(1, &message), published);
        assert_ne!(hash(0, &[message[0], message[1], message[2], Fp::ZERO]), published);
    }
}
