//! Keys that bear the name of a profile and are for another circuit. The twin that passes, keys of the profile's own
//! circuit, is in `cli/tests/seals.rs`.

use std::path::Path;

use rankproof_ceremony::finalise::Identity;
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
}
