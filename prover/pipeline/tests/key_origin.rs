//! Keys that bear the name of a profile and are for another circuit, or do not come from where they say. The twin that
//! passes, keys of the profile's own circuit, is in `cli/tests/seals.rs`.

use std::path::Path;

use rankproof_ceremony::finalise::Identity;
use rankproof_groth16_seal::error::UnsoundKey;
use rankproof_groth16_seal::keys::{PROVING_KEY_FILE, VERIFYING_KEY_FILE};
use rankproof_groth16_seal::{
    ConstraintSystem, Error as SealError, F, KeyHeader, ProvingKey, SealProfile, generator, seal,
};
use rankproof_pipeline::verify_keys::{Request, verify_keys};
use rankproof_pipeline::{Error, Family, Quiet, keys};

fn write(key: &ProvingKey, folder: &Path) {
    key.write(&folder.join(PROVING_KEY_FILE)).expect("written");
    key.verifying_key().write(&folder.join(VERIFYING_KEY_FILE)).expect("written");
}

#[test]
fn keys_for_another_circuit_than_that_of_their_profile_are_refused() {
    let mut cs = ConstraintSystem::recording();
    let publics = [1u64, 2, 3].map(|value| cs.public(F::from(value)));
    let witness = cs.witness(F::from(2u64));
    let product = cs.mul(&publics[0], &witness);
    cs.enforce_equal(&product, &publics[1]);
    let Identity { profile, slots, inner_digest } = Identity::of(SealProfile::TINY);
    let key = generator::development_keys(cs.into_parts().0, &profile, slots, inner_digest).expect("a small circuit");
    let folder = tempfile::tempdir().expect("a folder");
    write(&key, folder.path());
    // Its name and its points are in order, which is all that a verifying key tells.
    assert_eq!(keys::info(folder.path()).expect("sound in form").profile, "tiny");
    let error = verify_keys(&Request { keys: folder.path().into(), ceremony: None }, &Quiet).unwrap_err();
    assert!(matches!(error, Error::Seal(SealError::CircuitMismatch { .. })), "{error}");
    assert_eq!(error.family(), Family::Input);
    // Beta is another one in G1: said before anything is compared with the circuit.
    let mut queries = key.queries();
    queries.beta_g1 = -queries.beta_g1;
    let (matrices, points) = (key.matrices().clone(), key.verifying_key().points().clone());
    write(&ProvingKey::from_queries(matrices, key.header().clone(), points, queries).expect("in form"), folder.path());
    let error = verify_keys(&Request { keys: folder.path().into(), ceremony: None }, &Quiet).unwrap_err();
    assert!(matches!(error, Error::Seal(SealError::UnsoundKey(UnsoundKey::DiffersInG1("beta")))), "{error}");
}

/// Whoever takes the mark off development keys has keys that any chain takes, and that everybody forges with.
#[test]
#[ignore = "a minute, keys of tiny three times: make test-full"]
fn development_keys_without_their_mark_are_refused() {
    let key = seal::development_keys(SealProfile::TINY).expect("keys");
    let folder = tempfile::tempdir().expect("a folder");
    let verify = || verify_keys(&Request { keys: folder.path().into(), ceremony: None }, &Quiet);
    write(&key, folder.path());
    let report = verify().expect("they say what they are");
    assert!(report.development_insecure && report.not_checked.len() == 2, "{report:?}");
    let (matrices, points) = (key.matrices().clone(), key.verifying_key().points().clone());
    let header = KeyHeader { development: false, ..key.header().clone() };
    write(&ProvingKey::from_queries(matrices, header, points, key.queries()).expect("sound in form"), folder.path());
    let Err(Error::KeysRefused { fault, .. }) = verify() else { panic!("accepted") };
    assert!(fault.contains("without the mark"), "{fault}");
    // Other points than those of the seed: nothing speaks against these keys, and the report says what is not known.
    let (header, mut points) =
        (KeyHeader { development: false, ..key.header().clone() }, key.verifying_key().points().clone());
    points.alpha_g1 = -points.alpha_g1;
    write(
        &ProvingKey::from_queries(key.matrices().clone(), header, points, key.queries()).expect("in form"),
        folder.path(),
    );
    let report = verify().expect("not of the seed");
    assert_eq!(report.checked.last().map(|item| item.part), Some("public seed"));
    assert!(!report.development_insecure && report.not_checked.len() == 2, "{report:?}");
}

/// Keys that say that the public seed gives them are made again from it.
#[test]
#[ignore = "a minute, keys of tiny four times: make test-full"]
fn keys_that_the_public_seed_does_not_give_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = keys::create(SealProfile::TINY, folder.path(), false, &Quiet).expect("keys").key;
    let verify = || verify_keys(&Request { keys: folder.path().into(), ceremony: None }, &Quiet);
    assert_eq!(verify().expect("they do come from it").not_checked, []);
    let refused = |key: &ProvingKey| {
        write(key, folder.path());
        let Err(Error::KeysRefused { fault, .. }) = verify() else { panic!("accepted") };
        assert!(fault.contains("which gives other keys"), "{fault}");
    };
    let (matrices, header, points) = (key.matrices(), key.header(), key.verifying_key().points());
    let mut queries = key.queries();
    queries.l[0] = -queries.l[0];
    refused(&ProvingKey::from_queries(matrices.clone(), header.clone(), points.clone(), queries).expect("in form"));
    // The verifying key is another one, and its folder names no digest.
    let info = folder.path().join(keys::INFO_FILE);
    let mut said: serde_json::Value = serde_json::from_slice(&std::fs::read(&info).expect("there")).expect("JSON");
    said.as_object_mut().expect("an object").remove("key_digest").expect("named");
    std::fs::write(&info, said.to_string()).expect("written");
    let mut points = points.clone();
    points.alpha_g1 = -points.alpha_g1;
    refused(&ProvingKey::from_queries(matrices.clone(), header.clone(), points, key.queries()).expect("in form"));
}
