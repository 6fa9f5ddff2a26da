//! The encoding has one form: everything else is refused with the reason.

mod support;

use ark_ff::{BigInteger, PrimeField};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{Commitment, Error, F, LoraProof, Oracle, Profile, commit_weights, prove, verify};
use rankproof_statement::{Error as StatementError, WeightsLayout, tables};
use rayon::prelude::*;
use support::honest;

/// Where things are, for three slots: magic, version, profile, inner digest, statement, bits, log_rank, count, slots.
const VERSION: usize = 4;
const PROFILE: usize = 6;
const INNER_DIGEST: usize = 7;
const STATEMENT: usize = INNER_DIGEST + 32;
const BITS: usize = STATEMENT + 96;
const COUNT: usize = BITS + 2;
const SLOTS: usize = COUNT + 2;
const LOG_TOKENS: usize = SLOTS + 3 * 14;
const ADAPTER: usize = LOG_TOKENS + 1 + 3 * 4;
const ACTIVATIONS: usize = ADAPTER + 5 * 32;
const ARGUMENT: usize = ACTIVATIONS + 4 * 32;

fn bytes() -> Vec<u8> {
    let (config, proof) = honest();
    proof.to_bytes(Profile::Tiny, config)
}

fn read(bytes: &[u8]) -> Result<(), Error> {
    LoraProof::from_bytes(bytes).map(|_| ())
}

fn read_changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<(), Error> {
    let mut bytes = bytes();
    change(&mut bytes);
    read(&bytes)
}

#[test]
fn accepts_the_honest_twin() {
    let (config, proof) = honest();
    let bytes = bytes();
    assert_eq!(LoraProof::from_bytes(&bytes), Ok((proof.clone(), Profile::Tiny)));
    let elements = support::elements::elements(&proof.proof).len();
    assert_eq!(bytes.len(), ARGUMENT + 32 * elements);
    assert_eq!(verify(config, proof), Ok(()));
}

#[test]
fn rejects_truncated_files() {
    let bytes = bytes();
    for length in (0..bytes.len()).step_by(997).chain([1, 3, 4, 5, SLOTS, ARGUMENT, bytes.len() - 1]) {
        let expected = if length < 4 { Error::WrongMagic } else { Error::Truncated };
        assert_eq!(read(&bytes[..length]), Err(expected), "cut at {length}");
    }
}

#[test]
fn rejects_extended_files() {
    assert_eq!(read_changed(|bytes| bytes.push(0)), Err(Error::TrailingBytes(1)));
    assert_eq!(read_changed(|bytes| bytes.extend([7; 32])), Err(Error::TrailingBytes(32)));
}

#[test]
fn rejects_other_headers() {
    assert_eq!(read_changed(|bytes| bytes[0] ^= 1), Err(Error::WrongMagic));
    assert_eq!(read_changed(|bytes| bytes[VERSION + 1] = 2), Err(Error::VersionMismatch { expected: 1, actual: 2 }));
    assert_eq!(read_changed(|bytes| bytes[VERSION] = 1), Err(Error::VersionMismatch { expected: 1, actual: 257 }));
    assert_eq!(read_changed(|bytes| bytes[PROFILE] = 0), Err(Error::UnknownProfile(0)));
    assert_eq!(read_changed(|bytes| bytes[PROFILE] = 9), Err(Error::UnknownProfile(9)));
    assert_eq!(read_changed(|bytes| bytes[PROFILE] = Profile::Small.code()), Err(Error::ConfigMismatch));
    assert_eq!(read_changed(|bytes| bytes[INNER_DIGEST + 31] ^= 1), Err(Error::ConfigMismatch));
}

#[test]
fn rejects_small_numbers_out_of_range() {
    assert_eq!(read_changed(|bytes| bytes[BITS] = 5), Err(Error::OutOfRange { field: "bits", value: 5, maximum: 8 }));
    for (value, high, low) in [(5, 0, 5), (65_535, 255, 255)] {
        assert_eq!(
            read_changed(|bytes| bytes[COUNT..SLOTS].copy_from_slice(&[high, low])),
            Err(Error::OutOfRange { field: "slots", value, maximum: 4 })
        );
    }
}

/// `value + r`, the other number below 2^256 with the same residue.
fn add_modulus(scalar: &mut [u8]) {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().rev().zip(scalar.chunks_exact(8)) {
        *limb = u64::from_be_bytes(chunk.try_into().expect("8 bytes"));
    }
    let mut number = ark_ff::BigInt(limbs);
    assert!(!number.add_with_carry(&F::MODULUS), "2r is below 2^256");
    scalar.copy_from_slice(&number.to_bytes_be());
}

#[test]
fn rejects_scalars_that_are_not_reduced() {
    let bytes = bytes();
    let elements = (bytes.len() - ARGUMENT) / 32;
    let header = [INNER_DIGEST, STATEMENT, STATEMENT + 32, STATEMENT + 64, ADAPTER, ADAPTER + 32, ADAPTER + 128];
    let preimage = [ACTIVATIONS, ACTIVATIONS + 32, ACTIVATIONS + 96];
    let argument = (0..elements).step_by(37).chain([elements - 1]).map(|index| ARGUMENT + 32 * index);
    for offset in header.into_iter().chain(preimage).chain(argument) {
        let mut changed = bytes.clone();
        add_modulus(&mut changed[offset..offset + 32]);
        assert_eq!(read(&changed), Err(Error::Statement(StatementError::NonCanonicalScalar)), "offset {offset}");
    }
}

/// Whichever check it is: no changed byte survives reading and verifying.
#[test]
fn rejects_every_changed_byte_of_the_header_and_many_others() {
    let bytes = bytes();
    let positions: Vec<usize> = (0..ARGUMENT).chain((ARGUMENT..bytes.len()).step_by(1009)).collect();
    positions.par_iter().for_each(|position| {
        let mut changed = bytes.clone();
        changed[*position] ^= 1 << (position % 8);
        let outcome = LoraProof::from_bytes(&changed).and_then(|(proof, profile)| verify(&profile.config(), &proof));
        assert!(outcome.is_err(), "byte {position}");
    });
}

#[test]
fn never_panics_on_layouts_that_no_encoder_writes() {
    let bytes = bytes();
    for offset in BITS..ADAPTER {
        for value in [0, 1, 31, 32, 63, 64, 127, 128, 255] {
            let mut changed = bytes.clone();
            if changed[offset] == value {
                continue;
            }
            changed[offset] = value;
            let outcome =
                LoraProof::from_bytes(&changed).and_then(|(proof, profile)| verify(&profile.config(), &proof));
            assert!(outcome.is_err(), "byte {offset} is {value}");
        }
    }
}

#[test]
fn rejects_a_cached_commitment_of_other_lengths() {
    let config = Profile::Tiny.config();
    let (size, leaves) = (1 << config.log_size(), 1 << config.rounds[0].log_leaves);
    let weights = commit_weights(&config, vec![3; size]);
    let levels = weights.tree().levels().to_vec();
    let cached = |nibbles: usize, levels: &[Vec<F>]| Commitment::from_cache(&config, vec![3; nibbles], levels.to_vec());
    for given in [&levels[..], &levels[..1]] {
        let read = cached(size, given).expect("honest");
        assert_eq!((read.tree(), read.ood_value()), (weights.tree(), weights.ood_value()));
    }
    let refused = |nibbles: usize, levels: &[Vec<F>]| cached(nibbles, levels).err();
    let error = |field, expected, actual| Some(Error::LengthMismatch { field, expected, actual });
    assert_eq!(refused(size - 1, &levels), error("weights", size, size - 1));
    assert_eq!(refused(size, &levels[..2]), error("levels of the tree", levels.len(), 2));
    assert_eq!(refused(size, &[]), error("levels of the tree", levels.len(), 0));
    assert_eq!(refused(size, &[levels[1].clone()]), error("digests of a level", leaves, leaves / 4));
    let mut shorter = levels.clone();
    shorter[1].pop();
    assert_eq!(refused(size, &shorter), error("digests of a level", leaves / 4, leaves / 4 - 1));
}

/// A wrong cache harms nobody but its owner: the proof that comes of it is refused.
#[test]
fn a_proof_from_a_wrong_cache_is_refused() {
    let config = Profile::Tiny.config();
    let witness = support::honest_witness();
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let nibbles = tables::weights(&witness.adapter, &layout, config.maxima());
    let honest = commit_weights(&config, nibbles.clone()).into_levels();
    let verified = |change: fn(&mut Vec<Vec<F>>)| {
        let mut levels = honest.clone();
        change(&mut levels);
        let weights = Commitment::from_cache(&config, nibbles.clone(), levels).expect("lengths");
        let adapter = adapter_preimage(&witness.adapter, weights.root(), weights.ood_value(), F::from(1u64));
        let proof = prove(&config, &witness, &layout, &weights, &adapter, F::from(0u64), F::from(2u64));
        verify(&config, &proof.expect("the statement is true"))
    };
    assert_eq!(verified(|_| ()), Ok(()));
    let oracle = Oracle::Weights { adapter: 0 };
    // Leaf digests, the nodes above them, the cap: the path of the first query misses each.
    let changes: [fn(&mut Vec<Vec<F>>); 3] = [
        |levels| levels[0].iter_mut().for_each(|digest| *digest += F::from(1u64)),
        |levels| levels[1].iter_mut().for_each(|digest| *digest += F::from(1u64)),
        |levels| levels.last_mut().expect("a cap").iter_mut().for_each(|digest| *digest += F::from(1u64)),
    ];
    for change in changes {
        assert_eq!(verified(change), Err(Error::MerklePath { oracle, query: 0 }));
    }
}
