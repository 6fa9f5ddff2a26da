//! Keys that bear the name of a profile and are for another circuit. The twin that passes, keys of the profile's own
//! circuit, is in `cli/tests/seals.rs`.

use rankproof_ceremony::finalise::Identity;
use rankproof_groth16_seal::keys::{PROVING_KEY_FILE, VERIFYING_KEY_FILE};
use rankproof_groth16_seal::{ConstraintSystem, Error as SealError, F, SealProfile, generator};
use rankproof_pipeline::verify_keys::{Request, verify_keys};
use rankproof_pipeline::{Error, Family, Quiet, keys};

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
    key.write(&folder.path().join(PROVING_KEY_FILE)).expect("written");
    key.verifying_key().write(&folder.path().join(VERIFYING_KEY_FILE)).expect("written");
    // Its name and its points are in order, which is all that a verifying key tells.
    assert_eq!(keys::info(folder.path()).expect("sound in form").profile, "tiny");
    let error = verify_keys(&Request { keys: folder.path().into(), ceremony: None }, &Quiet).unwrap_err();
    assert!(matches!(error, Error::Seal(SealError::CircuitMismatch { .. })), "{error}");
    assert_eq!(error.family(), Family::Input);
}
