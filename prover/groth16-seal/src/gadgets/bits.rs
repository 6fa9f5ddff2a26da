//! Bits of a field element, and choices by bits.
//!
//! A field element has up to two 254-bit representations (`x` and `x + r`, since `2^254 < 2r`); 32 % of them do. Where
//! bits of a *challenge* decide something (query positions, proof of work), only the canonical one may pass:
//! [`to_bits_canonical`] proves `Σ bit_i 2^i ≤ r - 1`.
//!
//! The comparison walks the bits of `r - 1` from the top, in runs. Let `E` be the number of zeros so far where `r - 1`
//! has ones: as long as `E = 0` the number agrees with `r - 1`, provided that it had no ones where `r - 1` has zeros.
//! For each run of zeros, with `Z` the number of ones in it, `Z = E · hint`: if `E = 0` then `Z` must be 0; once `E > 0`
//! the number is smaller whatever follows. One constraint a run of zeros, nothing for ones.

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

use crate::{ConstraintSystem, F, Num};

/// Bits of a canonical field element.
pub const FIELD_BITS: usize = F::MODULUS_BIT_SIZE as usize;

/// Decomposes a number below `2^num_bits` into bits, low bit first; `num_bits + 1` constraints.
///
/// # Soundness
/// The bits are unique because `2^num_bits < r`; a larger number satisfies no assignment.
///
/// # Panics
/// When `num_bits` is 254 or more: use [`to_bits_canonical`].
pub fn to_bits(cs: &mut ConstraintSystem, number: &Num, num_bits: usize) -> Vec<Num> {
    assert!(num_bits < FIELD_BITS, "{num_bits} bits wrap around: use to_bits_canonical");
    decompose(cs, number, num_bits)
}

/// Decomposes any field element into its 254 canonical bits, low bit first; 308 constraints: 255, and one for each of
/// the 53 runs of zeros of `r - 1`.
pub fn to_bits_canonical(cs: &mut ConstraintSystem, number: &Num) -> Vec<Num> {
    let bits = decompose(cs, number, FIELD_BITS);
    cs.group("canonical", |cs| enforce_below_modulus(cs, &bits));
    bits
}

fn decompose(cs: &mut ConstraintSystem, number: &Num, num_bits: usize) -> Vec<Num> {
    let value = number.value().into_bigint();
    let bits: Vec<Num> = (0..num_bits).map(|index| cs.boolean(value.get_bit(index))).collect();
    cs.enforce_equal(number, &from_bits(&bits));
    bits
}

/// `Σ bit_i 2^i`, low bit first, without a constraint.
pub fn from_bits(bits: &[Num]) -> Num {
    let mut power = F::ONE;
    let mut parts = Vec::with_capacity(bits.len());
    for bit in bits {
        parts.push(bit * power);
        power.double_in_place();
    }
    sum_balanced(&parts)
}

/// Sums by halves: merging equal lengths keeps long combinations from being copied once per term.
fn sum_balanced(parts: &[Num]) -> Num {
    match parts {
        [] => Num::zero(),
        [part] => part.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            &sum_balanced(left) + &sum_balanced(right)
        }
    }
}

/// `Σ bit_i 2^i ≤ r - 1` over the integers, for 254 boolean bits.
fn enforce_below_modulus(cs: &mut ConstraintSystem, bits: &[Num]) {
    let largest = (-F::ONE).into_bigint();
    let mut missing = Num::zero(); // E
    let mut position = bits.len();
    while position > 0 {
        let run_end = position;
        let ones = largest.get_bit(position - 1);
        while position > 0 && largest.get_bit(position - 1) == ones {
            position -= 1;
        }
        let run = Num::sum(&bits[position..run_end]);
        if ones {
            missing = &missing + &(&Num::constant(F::from((run_end - position) as u64)) - &run);
        } else {
            let hint = cs.witness(missing.value().inverse().unwrap_or(F::ZERO) * run.value());
            cs.enforce(&missing, &hint, &run);
        }
    }
}

/// The entry of a table of `2^k` that `k` bits select, low bit first; `2^k - 1` constraints.
///
/// # Caller must
/// have enforced that the bits are boolean.
///
/// # Panics
/// When the table does not have `2^k` entries.
pub fn select(cs: &mut ConstraintSystem, bits: &[Num], table: &[Num]) -> Num {
    assert_eq!(table.len(), 1 << bits.len(), "a table of 2^{} entries", bits.len());
    let mut level = table.to_vec();
    for bit in bits {
        level = level.chunks_exact(2).map(|pair| cs.select(bit, &pair[1], &pair[0])).collect();
    }
    level.swap_remove(0)
}

#[cfg(test)]
mod tests {
    use ark_ff::UniformRand;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;
    use crate::gadgets::testing;

    /// Runs of zeros in r - 1.
    const ZERO_RUNS: usize = 53;

    #[test]
    fn decomposes_small_numbers() {
        testing::check(&[F::from(0b1011u64)], "bits", 6, |cs, [number]| {
            let bits = to_bits(cs, number, 5);
            let expected = [1u64, 1, 0, 1, 0].map(F::from);
            assert!(bits.iter().map(Num::value).eq(expected));
        });
    }

    #[test]
    fn rejects_a_number_with_one_bit_too_many() {
        for (number, satisfied) in [(31u64, true), (32, false)] {
            let mut cs = ConstraintSystem::recording();
            let number = cs.witness(F::from(number));
            to_bits(&mut cs, &number, 5);
            assert_eq!(cs.is_satisfied(), satisfied);
        }
    }

    #[test]
    fn decomposes_any_element_canonically() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut numbers = vec![F::ZERO, F::ONE, -F::ONE, -F::from(2u64), -F::from(1u64 << 28)];
        numbers.extend((0..20).map(|_| F::rand(&mut rng)));
        for number in numbers {
            let mut cs = ConstraintSystem::recording();
            let bits = to_bits_canonical(&mut cs, &Num::constant(number));
            assert_eq!(cs.which_unsatisfied(), None);
            assert_eq!(from_bits(&bits).value(), number);
            assert!((0..FIELD_BITS).all(|i| bits[i].value() == F::from(number.into_bigint().get_bit(i))));
            assert_eq!(cs.num_constraints(), FIELD_BITS + 1 + ZERO_RUNS);
        }
    }

    /// Writes the bits of `integer` over those of `number` and fills in the best hints that there are.
    fn force(number: F, integer: <F as PrimeField>::BigInt) -> Option<String> {
        let mut cs = ConstraintSystem::recording();
        let number = cs.witness(number);
        let forced: Vec<Num> = (0..FIELD_BITS).map(|index| cs.boolean(integer.get_bit(index))).collect();
        cs.enforce_equal(&number, &from_bits(&forced));
        cs.group("canonical", |cs| enforce_below_modulus(cs, &forced));
        cs.which_unsatisfied().map(|unsatisfied| unsatisfied.group)
    }

    #[test]
    fn rejects_the_second_representation() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let mut rejected = 0;
        let smallest = [0u64, 1, 2, 1 << 28].map(F::from);
        for number in smallest.into_iter().chain((0..60).map(|_| F::rand(&mut rng))) {
            let integer = number.into_bigint();
            assert_eq!(force(number, integer), None);
            let mut second = integer;
            second.add_with_carry(&F::MODULUS);
            if second.num_bits() as usize <= FIELD_BITS {
                assert_eq!(force(number, second).as_deref(), Some("canonical"));
                rejected += 1;
            }
        }
        assert!(rejected >= 15, "32 % of elements have two representations");
    }

    #[test]
    fn selects_every_entry() {
        for index in 0..8u64 {
            testing::check(&testing::random::<8>(), "select", 7 + 4, |cs, table| {
                let bits = to_bits(cs, &Num::constant(F::from(index)), 3);
                assert_eq!(select(cs, &bits, table).value(), table[index as usize].value());
            });
        }
    }
}
