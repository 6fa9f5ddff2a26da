//! The file of a proof: its two forms, what a reader refuses by name, and that nothing of the witness is in it.

mod support;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::container::{MAX_BYTES, to_bytes};
use rankproof_lora_halo2::{Cache, Error, Keys, LoraProof, Update, prove, verify, verify_with};
use rankproof_statement::WeightBits;
use support::{GIB, Honest, honest, open, witness};

#[test]
fn reads_back_what_it_writes_plain_and_compressed() {
    let proof = &honest().proof;
    assert_eq!(LoraProof::from_bytes(&proof.to_bytes()).as_ref(), Ok(proof));
    let compressed = proof.to_gzip().expect("compressed");
    assert_eq!(LoraProof::from_gzip(&compressed).as_ref(), Ok(proof));
    let json = proof.to_json();
    assert_eq!(json["public_inputs"]["context"], format!("0x{:064x}", 42));
    assert_eq!(json["proof_data"].as_str().map(str::len), Some(2 + 2 * proof.proof_data.len()));
}

#[test]
fn refuses_every_changed_byte() {
    let Honest { keys, proof, .. } = honest();
    let bytes = proof.to_bytes();
    for index in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[index] ^= 1 << (index % 8);
        if let Ok(read) = LoraProof::from_bytes(&changed) {
            assert!(verify_with(&keys.verifier, &read).is_err(), "byte {index} can be changed");
        }
    }
}

#[test]
fn refuses_every_prefix_and_every_extension() {
    let bytes = honest().proof.to_bytes();
    for length in 0..bytes.len() {
        assert!(LoraProof::from_bytes(&bytes[..length]).is_err(), "a prefix of {length} bytes is read");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(LoraProof::from_bytes(&longer), Err(Error::TrailingBytes { count: 1 }));
}

#[test]
fn refuses_every_changed_byte_of_a_compressed_file() {
    let compressed = honest().proof.to_gzip().expect("compressed");
    for index in 0..compressed.len() {
        let mut changed = compressed.clone();
        changed[index] ^= 1 << (index % 8);
        assert!(LoraProof::from_gzip(&changed).is_err(), "byte {index} can be changed");
    }
    let mut longer = compressed.clone();
    longer.push(0);
    assert!(LoraProof::from_gzip(&longer).is_err());
}

/// The honest proof's file, changed, and stamped anew by somebody who does not know the key: they need another key.
#[test]
fn rejects_with_stamp_rejected_when_metadata_change() {
    let Honest { keys, proof, .. } = honest();
    let mut changed = proof.clone();
    changed.metadata.proving_milliseconds += 1;
    assert_eq!(verify_with(&keys.verifier, &changed), Err(Error::StampRejected));
}

#[test]
fn rejects_with_proof_rejected_when_another_key_stamps_the_file() {
    use rankproof_lora_halo2::stamp::StampKey;
    let Honest { keys, proof, .. } = honest();
    let mut rng = rand10::rand_core::UnwrapErr(rand10::rngs::SysRng);
    let restamp = |mut file: LoraProof| {
        file.stamp = StampKey::draw(&mut rand10::rand_core::UnwrapErr(rand10::rngs::SysRng))
            .stamp(&file.stamped_digest(), &mut rand10::rand_core::UnwrapErr(rand10::rngs::SysRng));
        file
    };
    let key = StampKey::draw(&mut rng);
    let mut restamped = proof.clone();
    restamped.stamp = key.stamp(&proof.stamped_digest(), &mut rng);
    assert_eq!(verify_with(&keys.verifier, &restamped), Err(Error::ProofRejected));
    // With the stamp out of the way each field is guarded by the argument itself.
    let edits: [fn(&mut LoraProof); 3] = [
        |file| file.public_inputs.adapter += Fp::from(1),
        |file| file.public_inputs.activations += Fp::from(1),
        |file| file.public_inputs.context += Fp::from(1),
    ];
    for edit in edits {
        let mut changed = proof.clone();
        edit(&mut changed);
        assert_eq!(verify_with(&keys.verifier, &restamp(changed)), Err(Error::ProofRejected));
    }
    let mut changed = proof.clone();
    changed.metadata.rows += 1;
    let expected = Error::Malformed { field: "rows, look-ups, products", reason: "are not those of its shape" };
    assert_eq!(verify_with(&keys.verifier, &restamp(changed)), Err(expected));
    let mut changed = proof.clone();
    changed.params.circuit_digest[0] ^= 1;
    assert_eq!(verify_with(&keys.verifier, &restamp(changed)), Err(Error::CircuitMismatch));
}

/// Weights, activations and salts cannot be found in the file, in any packing that this program knows.
#[test]
fn the_file_holds_no_byte_of_the_witness() {
    let (shape, opening) = open(&witness(WeightBits::Eight, 1, &[(32, 4, 24)]));
    let keys = Keys::new(&shape, &Cache::none(), GIB).expect("keys");
    let proof = prove(&keys, Arc::new(opening.clone()), Fp::from(42), Duration::ZERO).expect("a proof");
    let file = proof.to_bytes();
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for module in &opening.weights {
        for codes in [&module.lora_a, &module.lora_b] {
            secrets.extend(
                codes.chunks(6).filter(|c| c.len() == 6).map(|c| c.iter().map(|w| w.cast_unsigned()).collect()),
            );
        }
    }
    secrets.extend(opening.inputs[0].chunks(4).map(|x| x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>()));
    secrets.extend(opening.inputs[0].chunks(4).map(|x| x.iter().flat_map(|x| x.to_be_bytes()).collect::<Vec<_>>()));
    secrets
        .extend(opening.outputs[0].chunks(1).map(|y| y[0].to_be_bytes().to_vec()).filter(|y| y[0] != 0 && y[0] != 255));
    let words = rankproof_lora_halo2::opening::weight_words(&shape, &opening.weights);
    let values = rankproof_lora_halo2::opening::value_words(&shape, &opening.inputs, &opening.outputs);
    for word in words.iter().chain(&values).chain([&opening.adapter.salt, &opening.activations.salt]) {
        let mut bytes = to_bytes(word);
        secrets.push(bytes.to_vec());
        bytes.reverse();
        secrets.push(bytes.to_vec());
    }
    for secret in secrets {
        assert!(!file.windows(secret.len()).any(|window| window == secret), "{secret:?} is in the file");
    }
}

/// One field of the honest file at a time; offsets are those of the encoding at the head of `container.rs`.
#[test]
fn every_field_that_no_honest_writer_gives_is_refused_by_name() {
    let bytes = honest().proof.to_bytes();
    LoraProof::from_bytes(&bytes).expect("the honest twin is read");
    let malformed = |field, reason| Error::Malformed { field, reason };
    let size = |what, maximum, actual| Error::SizeOutOfRange { what, maximum, actual };
    let modulus = "is not below the Pasta base modulus";
    let cases: [(&str, usize, &[u8], Error); 14] = [
        ("magic", 0, b"RPLP", Error::WrongMagic),
        ("version", 4, &[0, 0, 0, 2], Error::VersionMismatch { expected: 1, actual: 2 }),
        ("bits", 8, &[5], malformed("bits", "are neither 4 nor 8")),
        ("tokens", 9, &[0; 4], size("tokens", 1 << 12, 0)),
        ("modules", 13, &[0, 0, 4, 1], size("modules", 1 << 10, 1025)),
        ("kind", 17, &[2], malformed("module kind", "is unknown")),
        ("dense with a rank", 17, &[1], malformed("module kind", "is unknown")),
        ("in_features", 18, &[0, 0, 0x40, 1], size("in_features", 1 << 14, 0x4001)),
        ("out_features", 22, &[0, 1, 0, 1], size("out_features", 1 << 16, 0x1_0001)),
        ("rank", 26, &[0, 0, 0, 129], size("rank", 128, 129)),
        ("input", 30, &[0, 0, 0, 1], Error::InputOrder { module: 0, input: 1 }),
        ("adapter id", 34, &[0xff; 32], malformed("adapter id", modulus)),
        ("activations id", 66, &[0xff; 32], malformed("activations id", modulus)),
        ("context", 98, &[0xff; 32], malformed("context", modulus)),
    ];
    for (name, offset, value, expected) in cases {
        let mut changed = bytes.clone();
        changed[offset..offset + value.len()].copy_from_slice(value);
        assert_eq!(LoraProof::from_bytes(&changed), Err(expected), "{name}");
    }
    let length = u32::from_be_bytes(bytes[162..166].try_into().expect("four bytes"));
    let mut changed = bytes.clone();
    changed[162..166].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(LoraProof::from_bytes(&changed), Err(Error::Truncated { field: "argument" }));
    let mut changed = bytes.clone();
    changed[166 + length as usize + 2] = 0xff; // the first byte of the program's name
    assert_eq!(LoraProof::from_bytes(&changed), Err(malformed("program", "is not UTF-8")));
}

#[test]
fn a_compressed_file_that_grows_beyond_any_proof_is_refused() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 64 * MAX_BYTES]).expect("compressed");
    let bomb = encoder.finish().expect("compressed");
    assert!(bomb.len() < MAX_BYTES);
    let expected = Error::Malformed { field: "gzip stream", reason: "decompresses to more than any proof file" };
    assert_eq!(LoraProof::from_file_bytes(&bomb), Err(expected));
}

/// The same bytes by another compressor: refused, so that a file has one compressed form.
#[test]
fn a_compressed_file_of_another_writer_is_refused() {
    let proof = &honest().proof;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&proof.to_bytes()).expect("compressed");
    let other = encoder.finish().expect("compressed");
    let honest_bytes = proof.to_gzip().expect("compressed");
    assert_eq!(LoraProof::from_file_bytes(&honest_bytes).as_ref(), Ok(proof));
    let reason = "is not what this program writes; decompress it with gunzip and read that";
    assert_eq!(LoraProof::from_file_bytes(&other), Err(Error::Malformed { field: "gzip stream", reason }));
}

/// The argument of a dense module holds, and `verify` refuses it all the same: it is not the statement.
#[test]
fn a_dense_proof_is_for_the_benchmark_alone() {
    let (mut shape, opening) = open(&witness(WeightBits::Four, 1, &[(6, 1, 4)]));
    shape.modules[0].update = Update::Dense;
    let mut opening = opening;
    opening.weights[0].lora_a.clear();
    opening.weights[0].lora_b = (0..24).map(|code| code % 16 - 8).collect();
    opening.outputs = rankproof_lora_halo2::opening::apply(&shape, &opening.weights, &opening.inputs);
    let keys = Keys::new(&shape, &Cache::none(), GIB).expect("keys");
    let proof = prove(&keys, Arc::new(opening), Fp::from(42), Duration::ZERO).expect("a proof");
    assert_eq!(verify_with(&keys.verifier, &proof), Ok(()));
    let expected = Error::Malformed { field: "module kind", reason: "is dense, which only the benchmark uses" };
    assert_eq!(verify(&proof, &Cache::none(), GIB), Err(expected));
    assert!(verify(&honest().proof, &Cache::none(), GIB).is_ok());
}
