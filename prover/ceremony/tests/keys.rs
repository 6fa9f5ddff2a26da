//! Keys of a ceremony: what they seal is verified by us and by snarkjs; keys of unfinished ceremonies are refused.

mod support;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use rankproof_ceremony::contribute::{add_beacon, contribute};
use rankproof_ceremony::finalise::{Ceremony, Identity, finalise, restored};
use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{Error, quiet, setup, snark_json};
use rankproof_groth16_seal::error::UnsoundKey;
use rankproof_groth16_seal::{ProvingKey, SealProfile, export, prover, seal, verifier};
use support::{BEACON, Files, circuit};

fn identity() -> Identity {
    Identity { profile: "test".to_owned(), slots: 1, inner_digest: [7; 32] }
}

fn keys(files: &Files, powers: &PowersOfTau, name: &str, development: bool) -> Result<ProvingKey, Error> {
    keys_of(files, powers, name, identity(), development)
}

fn keys_of(
    files: &Files,
    powers: &PowersOfTau,
    name: &str,
    identity: Identity,
    development: bool,
) -> Result<ProvingKey, Error> {
    let (key, initial) = (files.key(name), files.path("0.zkey"));
    let ceremony = Ceremony { matrices: files.matrices.clone(), powers, initial: Some(&initial), key: &key };
    finalise(ceremony, identity, development, &quiet)
}

fn refusal(result: Result<ProvingKey, Error>) -> &'static str {
    match result {
        Err(Error::Unfinished(reason)) => reason,
        other => panic!("{:?}", other.map(|key| key.header().clone())),
    }
}

/// A proof with the key, checked by everybody who can.
fn check_seal(files: &Files, key: &ProvingKey) {
    let assignment = circuit().1;
    let proof = prover::prove(key, &assignment).expect("honest");
    verifier::verify(key.verifying_key(), assignment.public_inputs(), &proof).expect("verifies");
    for (name, value) in [
        ("verification_key.json", snark_json::verification_key(key.verifying_key())),
        ("proof.json", snark_json::proof(&proof)),
        ("public.json", snark_json::public(assignment.public_inputs())),
    ] {
        files.write(name, value.to_string().as_bytes());
    }
    let verify = ["groth16", "verify", "verification_key.json", "public.json", "proof.json"];
    assert!(files.snarkjs(&verify).contains("OK!"));
    let mut public = assignment.public_inputs().to_vec();
    public[0] += rankproof_groth16_seal::F::from(1u64);
    files.write("public.json", snark_json::public(&public).to_string().as_bytes());
    let cli = support::snarkjs(files.path("").as_path(), &verify);
    assert!(cli.is_err_and(|output| output.contains("Invalid proof")), "another public input");
}

#[test]
fn development_powers_give_development_keys_that_seal() {
    let files = Files::with_ceremony();
    let reason = refusal(keys(&files, &files.powers, "4.zkey", false));
    assert!(reason.contains("development"), "{reason}");
    let key = keys(&files, &files.powers, "4.zkey", true).expect("allowed");
    assert!(key.header().development);
    check_seal(&files, &key);
    // Contracts take the key: gamma is no generator, and everything but gamma and IC is the ceremony's.
    let points = key.verifying_key().points();
    export::verifying_key_digest(points, 1, [7; 32]).expect("safe");
    assert_ne!(points.gamma_g2, G2Affine::generator());
    let restored = restored(key.verifying_key());
    assert_eq!(restored.gamma_g2, G2Affine::generator());
    let ic: Vec<G1Affine> = files.key("4.zkey").file().points(3, 0, 4).expect("IC");
    assert_eq!(restored.gamma_abc_g1, ic);
    // What snarkjs exports from the same file.
    files.snarkjs(&["zkey", "export", "verificationkey", "4.zkey", "theirs.json"]);
    let mut theirs: serde_json::Value = serde_json::from_slice(&files.bytes("theirs.json")).expect("JSON");
    theirs.as_object_mut().expect("an object").remove("vk_alphabeta_12");
    assert_eq!(snark_json::verification_key(key.verifying_key()), theirs);
    // A key of any profile is taken for one of that profile, however many runs are in a proof.
    for profile in SealProfile::ALL {
        let key = keys_of(&files, &files.powers, "4.zkey", Identity::of(profile), true).expect("allowed");
        assert_eq!(seal::profile_of(key.verifying_key()), Ok(profile));
    }
    // The key survives its file.
    let path = files.path("proving.key");
    key.write(&path).expect("written");
    assert_eq!(ProvingKey::read(&path).expect("read").verifying_key(), key.verifying_key());
}

/// Phase 1 with a participant, by snarkjs; each unfinished phase 2 is refused, the finished one gives keys for value.
#[test]
fn keys_for_value_need_a_participant_and_a_beacon() {
    let files = Files::new();
    files.snarkjs(&["powersoftau", "new", "bn128", "9", "new.ptau"]);
    files.snarkjs(&["powersoftau", "contribute", "new.ptau", "one.ptau", "--name=dave", "-e=entropy"]);
    files.snarkjs(&["powersoftau", "prepare", "phase2", "one.ptau", "final.ptau"]);
    let powers = PowersOfTau::open(&files.path("final.ptau")).expect("prepared");
    assert!(!powers.is_development());
    setup::write(&files.matrices, &powers, &files.path("0.zkey"), false, &quiet).expect("written");
    let open = |name: &str| Zkey::open(&files.path(name)).expect("a key");
    let beacon = || Beacon { value: hex::decode(BEACON).expect("hex"), log_iterations: 10 };
    contribute(&open("0.zkey"), &files.path("erin.zkey"), "erin", b"", false, &quiet).expect("contributed");
    add_beacon(&open("0.zkey"), &files.path("beacon.zkey"), "final", beacon(), false, &quiet).expect("contributed");
    add_beacon(&open("erin.zkey"), &files.path("final.zkey"), "final", beacon(), false, &quiet).expect("contributed");

    let key = keys(&files, &powers, "final.zkey", false).expect("finished");
    assert!(!key.header().development);
    check_seal(&files, &key);
    assert!(refusal(keys(&files, &powers, "beacon.zkey", false)).contains("nobody contributed"));
    assert!(refusal(keys(&files, &powers, "erin.zkey", false)).contains("not a beacon"));
    assert!(keys(&files, &powers, "erin.zkey", true).expect("allowed").header().development);
    // Without any contribution, delta is the generator: refused even for development.
    let untouched = keys(&files, &powers, "0.zkey", true);
    let unsound = rankproof_groth16_seal::Error::UnsoundKey(UnsoundKey::Generator("delta"));
    assert!(matches!(untouched, Err(Error::Seal(error)) if error == unsound));
}
