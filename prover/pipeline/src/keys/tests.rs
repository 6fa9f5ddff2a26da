//! Which keys `demo` and `bench` replace: only those that the public seed gives again.

use rankproof_ceremony::transcript::Transcript;
use rankproof_groth16_seal::{ConstraintSystem, Error as SealError, F, FileFault, KeyHeader, generator};

use super::*;
use crate::Quiet;

const PROFILE: SealProfile = SealProfile::TINY;

/// Development keys of a small circuit under the name of a profile.
fn other_keys(profile: &str, inner_digest: [u8; 32]) -> ProvingKey {
    let mut cs = ConstraintSystem::recording();
    let publics = [1u64, 2, 3].map(|value| cs.public(F::from(value)));
    let witness = cs.witness(F::from(2u64));
    let product = cs.mul(&publics[0], &witness);
    cs.enforce_equal(&product, &publics[1]);
    generator::development_keys(cs.into_parts().0, profile, 1, inner_digest).expect("a small circuit")
}

/// Keys of another circuit of this build's configuration.
fn stale_keys() -> ProvingKey {
    other_keys(PROFILE.name(), seal::parameters_digest(&PROFILE.config()))
}

fn folder_of(key: &ProvingKey, origin: Origin) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write(key, folder.path(), 1.0, origin).expect("written");
    folder
}

fn content(folder: &Path) -> Vec<Option<Vec<u8>>> {
    [PROVING_KEY_FILE, VERIFYING_KEY_FILE, INFO_FILE].map(|name| std::fs::read(folder.join(name)).ok()).into()
}

fn refused(folder: &Path, what: &str) {
    let before = content(folder);
    let error = load_or_create(PROFILE, folder, &Quiet).err().unwrap_or_else(|| panic!("{what} are replaced"));
    let Error::BadArgument { argument: "--keys", reason, remedy } = &error else { panic!("{error}") };
    assert!(reason.contains(what) && reason.contains("nothing says that the public seed"), "{reason}");
    assert_eq!(*remedy, "name another folder, or remove them");
    assert_eq!(content(folder), before);
}

#[test]
fn keys_of_the_public_seed_may_be_made_again() {
    let is_free = |folder: &Path| matches!(find(PROFILE, folder, &Quiet), Ok(None));
    assert!(is_free(tempfile::tempdir().expect("a folder").path()));
    for key in [stale_keys(), other_keys(PROFILE.name(), [7; 32]), other_keys("forgotten", [7; 32])] {
        let folder = folder_of(&key, Origin::Seed);
        assert!(is_free(folder.path()));
        // A run that was killed has written one of them.
        std::fs::remove_file(folder.path().join(VERIFYING_KEY_FILE)).expect("removed");
        assert!(is_free(folder.path()));
    }
}

#[test]
fn keys_of_any_other_origin_are_not_replaced() {
    let transcript =
        Transcript { format: "rankproof.ceremony.v1".into(), circuit_hash: "00".into(), contributions: Vec::new() };
    let ceremony = || Origin::Ceremony(transcript.clone());
    let finished = |key: ProvingKey| {
        let (matrices, points) = (key.matrices().clone(), key.verifying_key().points().clone());
        let header = KeyHeader { development: false, ..key.header().clone() };
        ProvingKey::from_queries(matrices, header, points, key.queries()).expect("in form")
    };
    let older = || other_keys(PROFILE.name(), [7; 32]);
    for (key, origin) in [
        (stale_keys(), Origin::Imported),
        (stale_keys(), ceremony()),
        (finished(stale_keys()), ceremony()),
        (older(), Origin::Imported),
        (finished(older()), ceremony()),
        (finished(other_keys("forgotten", [7; 32])), ceremony()),
    ] {
        let folder = folder_of(&key, origin);
        refused(folder.path(), "keys of another circuit");
        for name in [VERIFYING_KEY_FILE, PROVING_KEY_FILE] {
            let path = folder.path().join(name);
            let bytes = std::fs::read(&path).expect("readable");
            std::fs::remove_file(&path).expect("removed");
            refused(folder.path(), "one of the two files of keys");
            std::fs::write(&path, bytes).expect("written");
        }
    }
}

#[test]
fn keys_of_which_the_folder_does_not_speak_are_not_replaced() {
    let folder = folder_of(&stale_keys(), Origin::Seed);
    let info = folder.path().join(INFO_FILE);
    let said = std::fs::read(&info).expect("readable");
    let mut without_digest: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
    without_digest.as_object_mut().expect("an object").remove("key_digest").expect("named");
    std::fs::write(&info, without_digest.to_string()).expect("written");
    refused(folder.path(), "keys of another circuit");
    std::fs::remove_file(&info).expect("removed");
    refused(folder.path(), "keys of another circuit");
    std::fs::write(&info, said).expect("written");
    assert!(matches!(find(PROFILE, folder.path(), &Quiet), Ok(None)));
    // Either file is of somebody else's keys, as after a run that was killed while it replaced keys.
    for name in [PROVING_KEY_FILE, VERIFYING_KEY_FILE] {
        let (path, other) =
            (folder.path().join(name), folder_of(&other_keys(PROFILE.name(), [7; 32]), Origin::Imported));
        let own = std::fs::read(&path).expect("readable");
        std::fs::copy(other.path().join(name), &path).expect("copied");
        refused(folder.path(), "keys of another circuit");
        std::fs::write(&path, own).expect("written");
    }
}

/// A damaged file is said to be that, whatever the folder says.
#[test]
fn a_damaged_key_is_not_replaced() {
    let folder = folder_of(&stale_keys(), Origin::Seed);
    let path = folder.path().join(PROVING_KEY_FILE);
    let mut bytes = std::fs::read(&path).expect("readable");
    *bytes.last_mut().expect("bytes") ^= 1;
    std::fs::write(&path, bytes).expect("written");
    let Err(Error::Seal(SealError::KeyFile { fault, .. })) = load_or_create(PROFILE, folder.path(), &Quiet) else {
        panic!("replaced")
    };
    assert!(!matches!(fault, FileFault::Io(_)), "{fault}");
}
