//! The file of a halo2 proof, field by field, with the exact error of each; no proof is made.
//!
//! Structures are taken apart without `..`, so that a new field does not compile until it has a row.

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::stamp::Stamp;
use rankproof_lora_halo2::{Error, LoraProof, Metadata, ModuleShape, ProofParams, PublicInputs, Shape, Update};
use rankproof_statement::WeightBits;

/// Where things are, for one module: magic, version, bits, tokens, modules, the module, three elements, digest.
const VERSION: usize = 4;
const BITS: usize = 8;
const TOKENS: usize = 9;
const COUNT: usize = 13;
const MODULE: usize = 17;
const ADAPTER: usize = MODULE + 17;
const DIGEST: usize = ADAPTER + 96;
const ARGUMENT: usize = DIGEST + 32;
const PROGRAM: usize = ARGUMENT + 4 + 10;
const NUMBERS: usize = PROGRAM + 2 + 7;
const STAMP: usize = NUMBERS + 7 * 8;

/// A file of the right form that proves nothing.
fn proof() -> LoraProof {
    let module = ModuleShape { in_features: 12, out_features: 9, update: Update::LowRank { rank: 2 }, input: 0 };
    LoraProof {
        version: 1,
        params: ProofParams {
            shape: Shape { bits: WeightBits::Four, tokens: 3, modules: vec![module] },
            circuit_digest: [7; 32],
        },
        proof_data: vec![1; 10],
        public_inputs: PublicInputs { adapter: Fp::from(1), activations: Fp::from(2), context: Fp::from(3) },
        metadata: Metadata {
            program: "program".to_owned(),
            rows: 1,
            lookups: 2,
            products: 3,
            key_milliseconds: 4,
            witness_milliseconds: 5,
            proving_milliseconds: 6,
            peak_memory_bytes: 7,
        },
        stamp: Stamp { public: [1; 32], commitment: [2; 32], response: [3; 32] },
    }
}

fn read(bytes: &[u8]) -> Result<(), Error> {
    LoraProof::from_bytes(bytes).map(drop)
}

fn with(at: usize, value: &[u8]) -> Result<(), Error> {
    let mut bytes = proof().to_bytes();
    bytes[at..at + value.len()].copy_from_slice(value);
    read(&bytes)
}

#[test]
fn accepts_the_honest_twin() {
    let bytes = proof().to_bytes();
    assert_eq!(bytes.len(), STAMP + 96);
    assert_eq!(LoraProof::from_bytes(&bytes), Ok(proof()));
}

#[test]
fn every_field_is_refused_by_its_own_error() {
    assert_eq!(with(0, b"X"), Err(Error::WrongMagic));
    assert_eq!(with(VERSION, &[0, 0, 0, 2]), Err(Error::VersionMismatch { expected: 1, actual: 2 }));
    assert_eq!(with(BITS, &[5]), Err(Error::Malformed { field: "bits", reason: "are neither 4 nor 8" }));
    let size = |what, maximum, actual| Err(Error::SizeOutOfRange { what, maximum, actual });
    assert_eq!(with(TOKENS, &[0; 4]), size("tokens", 1 << 12, 0));
    assert_eq!(with(TOKENS, &[0xff; 4]), size("tokens", 1 << 12, 0xffff_ffff));
    assert_eq!(with(COUNT, &[0xff; 4]), size("modules", 1 << 10, 0xffff_ffff));
    let kind = Err(Error::Malformed { field: "module kind", reason: "is unknown" });
    assert_eq!(with(MODULE, &[2]), kind);
    assert_eq!(with(MODULE, &[1]), kind, "dense, with a rank");
    assert_eq!(with(MODULE + 1, &[0; 4]), size("in_features", 1 << 14, 0));
    assert_eq!(with(MODULE + 5, &[0xff; 4]), size("out_features", 1 << 16, 0xffff_ffff));
    assert_eq!(with(MODULE + 9, &[0; 4]), size("rank", 128, 0));
    assert_eq!(with(MODULE + 13, &[0, 0, 0, 1]), Err(Error::InputOrder { module: 0, input: 1 }));
    for (index, field) in ["adapter id", "activations id", "context"].into_iter().enumerate() {
        let reason = "is not below the Pasta base modulus";
        assert_eq!(with(ADAPTER + 32 * index, &[0xff; 32]), Err(Error::Malformed { field, reason }));
    }
    assert_eq!(with(ARGUMENT, &[0xff; 4]), Err(Error::Truncated { field: "argument" }));
    assert_eq!(with(PROGRAM, &[0xff; 2]), Err(Error::Truncated { field: "program" }));
    assert_eq!(with(PROGRAM + 2, &[0xff]), Err(Error::Malformed { field: "program", reason: "is not UTF-8" }));
    let longer = [proof().to_bytes(), vec![0; 3]].concat();
    assert_eq!(read(&longer), Err(Error::TrailingBytes { count: 3 }));
}

#[test]
fn a_cut_file_names_the_field_that_is_missing() {
    let bytes = proof().to_bytes();
    let ends = [
        (VERSION, "version"),
        (BITS, "bits"),
        (TOKENS, "tokens"),
        (COUNT, "modules"),
        (MODULE, "module kind"),
        (MODULE + 1, "in_features"),
        (MODULE + 5, "out_features"),
        (MODULE + 9, "rank"),
        (MODULE + 13, "input"),
        (ADAPTER, "adapter id"),
        (ADAPTER + 32, "activations id"),
        (ADAPTER + 64, "context"),
        (DIGEST, "circuit digest"),
        (ARGUMENT, "argument"),
        (PROGRAM, "program"),
        (NUMBERS, "rows"),
        (NUMBERS + 8, "look-ups"),
        (NUMBERS + 16, "products"),
        (NUMBERS + 24, "key time"),
        (NUMBERS + 32, "witness time"),
        (NUMBERS + 40, "proving time"),
        (NUMBERS + 48, "peak memory"),
        (STAMP, "stamp"),
    ];
    for (end, field) in ends {
        assert_eq!(read(&bytes[..end]), Err(Error::Truncated { field }), "{end}");
    }
    assert_eq!(read(&bytes[..3]), Err(Error::WrongMagic));
}

/// What no byte of the encoding says cannot differ: every field moves some byte.
#[test]
fn every_field_is_in_the_file() {
    let honest = proof();
    let LoraProof { version: _, params, proof_data: _, public_inputs, metadata, stamp } = &honest;
    let ProofParams { shape, circuit_digest: _ } = params;
    let Shape { bits: _, tokens: _, modules } = shape;
    let ModuleShape { in_features: _, out_features: _, update: _, input: _ } = modules[0];
    let PublicInputs { adapter: _, activations: _, context: _ } = public_inputs;
    let Metadata {
        program: _,
        rows: _,
        lookups: _,
        products: _,
        key_milliseconds: _,
        witness_milliseconds: _,
        proving_milliseconds: _,
        peak_memory_bytes: _,
    } = metadata;
    let Stamp { public: _, commitment: _, response: _ } = stamp;
    let changes: [fn(&mut LoraProof); 21] = [
        |p| p.version = 2,
        |p| p.params.shape.bits = WeightBits::Eight,
        |p| p.params.shape.tokens += 1,
        |p| p.params.shape.modules[0].in_features += 1,
        |p| p.params.shape.modules[0].out_features += 1,
        |p| p.params.shape.modules[0].update = Update::Dense,
        |p| p.params.shape.modules[0].input += 1,
        |p| p.params.circuit_digest[31] ^= 1,
        |p| p.proof_data[9] ^= 1,
        |p| p.public_inputs.adapter += Fp::from(1),
        |p| p.public_inputs.activations += Fp::from(1),
        |p| p.public_inputs.context += Fp::from(1),
        |p| p.metadata.program.push('x'),
        |p| p.metadata.rows += 1,
        |p| p.metadata.lookups += 1,
        |p| p.metadata.products += 1,
        |p| p.metadata.key_milliseconds += 1,
        |p| p.metadata.witness_milliseconds += 1,
        |p| p.metadata.proving_milliseconds += 1,
        |p| p.metadata.peak_memory_bytes += 1,
        |p| p.stamp.response[31] ^= 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = honest.clone();
        change(&mut changed);
        assert_ne!(changed.to_bytes(), honest.to_bytes(), "change {number}");
        assert_ne!(changed.stamped_digest(), [0; 32]);
        let is_stamp = changed.stamp != honest.stamp;
        assert_eq!(changed.stamped_digest() == honest.stamped_digest(), is_stamp, "change {number}: stamped");
    }
}
