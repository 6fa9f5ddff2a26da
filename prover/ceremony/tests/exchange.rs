//! Keys of ours in files of snarkjs and back: snarkjs proves with them, and what is not our key is refused.

mod support;

use std::path::Path;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use rankproof_ceremony::finalise::{Ceremony, Identity, finalise};
use rankproof_ceremony::points::Point;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{Error, FileFault, exchange, quiet, snark_json};
use rankproof_groth16_seal::error::UnsoundKey;
use rankproof_groth16_seal::keys::Points;
use rankproof_groth16_seal::{
    F, Groth16Proof, KeyHeader, Matrices, ProvingKey, Seal, SealJson, SealProfile, VerifyingKey, generator, seal,
    verifier,
};
use serde_json::Value;
use support::{Files, circuit, exchange as exchange_points};

/// Where the points of a key's header begin, after two moduli and three counts.
const HEADER_POINTS: usize = 2 * 36 + 12;
const BETA_G1: usize = HEADER_POINTS + 64;
const BETA_G2: usize = BETA_G1 + 64;
const GAMMA_G2: usize = BETA_G2 + 128;
const DELTA_G1: usize = GAMMA_G2 + 128;
const DELTA_G2: usize = DELTA_G1 + 64;

fn identity() -> Identity {
    Identity { profile: "test".to_owned(), slots: 1, inner_digest: [7; 32] }
}

fn development_keys(matrices: Matrices) -> ProvingKey {
    let Identity { profile, slots, inner_digest } = identity();
    generator::development_keys(matrices, &profile, slots, inner_digest).expect("a small circuit")
}

fn import(files: &Files, path: &Path) -> Result<ProvingKey, Error> {
    exchange::import(files.matrices.clone(), identity(), &Zkey::open(path)?)
}

/// The values of a witness as snarkjs reads them (`.wtns`).
fn witness(values: &[F]) -> Vec<u8> {
    let word = |number: usize| (number as u32).to_le_bytes();
    let length = |number: usize| (number as u64).to_le_bytes();
    let mut bytes = [&b"wtns"[..], &word(2), &word(2), &word(1), &length(40), &word(32)].concat();
    bytes.extend(F::MODULUS.to_bytes_le());
    bytes.extend([&word(values.len())[..], &word(2), &length(32 * values.len())].concat());
    values.iter().for_each(|value| bytes.extend(value.into_bigint().to_bytes_le()));
    bytes
}

fn number(value: &Value) -> ark_bn254::Fq {
    value.as_str().expect("a string").parse().expect("a number")
}

fn g1(point: &Value) -> G1Affine {
    G1Affine::new(number(&point[0]), number(&point[1]))
}

fn g2(point: &Value) -> G2Affine {
    let extension = |value: &Value| ark_bn254::Fq2::new(number(&value[0]), number(&value[1]));
    G2Affine::new(extension(&point[0]), extension(&point[1]))
}

/// A proof that snarkjs made, in our form.
fn read_proof(json: &[u8]) -> Groth16Proof {
    let json: Value = serde_json::from_slice(json).expect("JSON");
    Groth16Proof { a: g1(&json["pi_a"]), b: g2(&json["pi_b"]), c: g1(&json["pi_c"]) }
}

/// The committed key of a ceremony, which `test/CeremonyKey.t.sol` reads too.
#[test]
fn the_committed_key_of_a_ceremony_seals() {
    let read = |name: &str| -> Vec<u8> {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/ceremony/");
        std::fs::read(Path::new(path).join(name)).expect("a fixture")
    };
    let key = |name: &str| {
        let json: Value = serde_json::from_slice(&read(name)).expect("JSON");
        let header = KeyHeader {
            profile: "reduced-demo".to_owned(),
            slots: 4,
            development: true,
            circuit_digest: [0; 32],
            inner_digest: [0; 32],
        };
        let points = Points {
            alpha_g1: g1(&json["vk_alpha_1"]),
            beta_g2: g2(&json["vk_beta_2"]),
            gamma_g2: g2(&json["vk_gamma_2"]),
            delta_g2: g2(&json["vk_delta_2"]),
            gamma_abc_g1: json["IC"].as_array().expect("a list").iter().map(g1).collect(),
        };
        VerifyingKey::new(header, points)
    };
    let sealed: SealJson = serde_json::from_slice(&read("seal.json")).expect("JSON");
    let sealed = Seal::try_from(&sealed).expect("a seal");
    assert_eq!(seal::verify(&key("key.json").expect("sound"), &sealed), Ok(()));
    let left_by_snarkjs = key("verification_key.json").map(drop);
    assert_eq!(left_by_snarkjs, Err(rankproof_groth16_seal::Error::UnsoundKey(UnsoundKey::Generator("gamma"))));
}

/// Development keys, and keys of a ceremony: each comes back as it was, and snarkjs proves with the file.
#[test]
fn keys_survive_and_snarkjs_proves_with_them() {
    let files = Files::with_ceremony();
    let last = files.key("4.zkey");
    let (matrices, initial) = (files.matrices.clone(), files.path("0.zkey"));
    let ceremony = Ceremony { matrices, powers: &files.powers, initial: Some(&initial), key: &last };
    let of_ceremony = finalise(ceremony, identity(), true, &quiet).expect("allowed");
    let (_, assignment) = circuit();
    files.write("witness.wtns", &witness(assignment.values()));
    for key in [development_keys(files.matrices.clone()), of_ceremony] {
        exchange::export(&key, &files.path("ours.zkey"), true).expect("written");
        let again = import(&files, &files.path("ours.zkey")).expect("its own");
        assert_eq!(again.verifying_key(), key.verifying_key());
        assert!(again.queries() == key.queries(), "every point comes back");

        files.snarkjs(&["zkey", "export", "verificationkey", "ours.zkey", "theirs.json"]);
        let mut theirs: Value = serde_json::from_slice(&files.bytes("theirs.json")).expect("JSON");
        theirs.as_object_mut().expect("an object").remove("vk_alphabeta_12");
        assert_eq!(snark_json::verification_key(key.verifying_key()), theirs);
        files.snarkjs(&["groth16", "prove", "ours.zkey", "witness.wtns", "proof.json", "public.json"]);
        let proof = read_proof(&files.bytes("proof.json"));
        verifier::verify(key.verifying_key(), assignment.public_inputs(), &proof)
            .expect("snarkjs proves what we verify");
    }
    // It is no step of a ceremony.
    let exported = Zkey::open(&files.path("ours.zkey")).expect("a key");
    assert!(exported.contributions().list.is_empty() && exported.contributions().circuit_hash == [0; 64]);
    assert!(matches!(
        exchange::export(&development_keys(files.matrices.clone()), &files.path("ours.zkey"), false),
        Err(Error::File { fault: FileFault::Exists, .. })
    ));
}

#[test]
fn keys_that_are_not_of_the_circuit_are_refused() {
    let files = Files::new();
    exchange::export(&development_keys(files.matrices.clone()), &files.path("ours.zkey"), false).expect("written");
    import(&files, &files.path("ours.zkey")).expect("honest");
    let fault =
        |section: u32, change: &dyn Fn(&mut [u8])| match import(&files, &files.changed("ours.zkey", section, change)) {
            Err(Error::Key { what, .. }) => what,
            other => panic!("{:?}", other.map(|key| key.header().clone())),
        };
    assert_eq!(fault(4, &|bytes| bytes[60] ^= 1), "the matrices of the key");
    assert_eq!(fault(2, &|bytes| exchange_points(&mut bytes[BETA_G1 - 64..], 64, 0, 1)), "beta");
    assert_eq!(fault(2, &|bytes| bytes.copy_within(BETA_G1..BETA_G1 + 64, DELTA_G1)), "delta");
    // A circuit of another size.
    let error = exchange::import(Matrices::default(), identity(), &files.key("ours.zkey")).map(drop).unwrap_err();
    assert!(matches!(error, Error::Key { what: "the size of the key", .. }), "{error}");
    // Keys of a profile are taken for its own circuit alone.
    let other = Identity::of(SealProfile::TINY);
    let key =
        exchange::import(files.matrices.clone(), other, &files.key("ours.zkey")).expect("the name is the caller's");
    assert!(key.header().development && key.check_circuit([0; 32]).is_err());
}

/// What the gate of keys refuses, in a file of snarkjs.
#[test]
fn keys_with_which_anybody_could_forge_are_refused() {
    let files = Files::new();
    exchange::export(&development_keys(files.matrices.clone()), &files.path("ours.zkey"), false).expect("written");
    import(&files, &files.path("ours.zkey")).expect("honest");
    let refused = |change: &dyn Fn(&mut [u8])| match import(&files, &files.changed("ours.zkey", 2, change)) {
        Err(Error::Seal(rankproof_groth16_seal::Error::UnsoundKey(reason))) => reason,
        other => panic!("{:?}", other.map(|key| key.header().clone())),
    };
    assert_eq!(
        refused(&|bytes| bytes.copy_within(DELTA_G2..DELTA_G2 + 128, GAMMA_G2)),
        UnsoundKey::Equal("gamma", "delta")
    );
    let unfinished = |bytes: &mut [u8]| {
        let (mut g1, mut g2) = (Vec::new(), Vec::new());
        G1Affine::generator().write(&mut g1);
        G2Affine::generator().write(&mut g2);
        bytes[DELTA_G1..DELTA_G1 + 64].copy_from_slice(&g1);
        bytes[DELTA_G2..DELTA_G2 + 128].copy_from_slice(&g2);
    };
    assert_eq!(refused(&unfinished), UnsoundKey::Generator("delta"));
    assert_eq!(refused(&|bytes| bytes[HEADER_POINTS..HEADER_POINTS + 64].fill(0)), UnsoundKey::Infinity("alpha"));
    assert_eq!(refused(&|bytes| bytes[GAMMA_G2..GAMMA_G2 + 128].fill(0)), UnsoundKey::Infinity("gamma"));
    // A point off its curve is refused earlier, as any value in a file is.
    let outside = files.changed("ours.zkey", 2, |bytes| bytes[BETA_G2] ^= 1);
    let fault = Zkey::open(&outside).map(drop).unwrap_err();
    assert!(matches!(fault, Error::File { fault: FileFault::Value { section: 2 }, .. }), "{fault}");
}
