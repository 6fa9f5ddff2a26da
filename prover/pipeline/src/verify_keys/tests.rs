//! Where keys come from, on a circuit of two rows under the name of a profile: the key of a ceremony whose files are at
//! hand passes, and each refusal changes one thing of it. Keys of whole profiles are in `tests/key_origin.rs` and in
//! `cli/tests/seals.rs`.

use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::{Error as CeremonyError, contribute, development, quiet, setup};
use rankproof_groth16_seal::keys::{Points, Queries};
use rankproof_groth16_seal::{ConstraintSystem, F, KeyHeader};
use tempfile::TempDir;

use super::*;
use crate::Quiet;

const PROFILE: SealProfile = SealProfile::TINY;

/// A folder with powers of tau, a first key, the last keys of two ceremonies, and `keys` of the first of them.
struct Folder {
    folder: TempDir,
    matrices: Matrices,
    key: ProvingKey,
}

impl Folder {
    fn honest() -> Self {
        let mut cs = ConstraintSystem::recording();
        let publics = [1u64, 2, 3].map(|value| cs.public(F::from(value)));
        let witness = cs.witness(F::from(2u64));
        let product = cs.mul(&publics[0], &witness);
        cs.enforce_equal(&product, &publics[1]);
        let matrices = cs.into_parts().0;
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        development::write(4, &path("powers"), false).expect("written");
        let powers = PowersOfTau::open(&path("powers")).expect("sound");
        setup::write(&matrices, &powers, &path("first"), false, &quiet).expect("written");
        for (name, last) in [("alice", "last"), ("mallory", "other")] {
            let open = |name: &str| Zkey::open(&path(name)).expect("a key");
            contribute::contribute(&open("first"), &path(name), name, b"", false, &quiet).expect("contributed");
            let beacon = Beacon { value: vec![7; 32], log_iterations: 10 };
            contribute::add_beacon(&open(name), &path(last), "beacon", beacon, false, &quiet).expect("ended");
        }
        let (initial, last) = (path("first"), Zkey::open(&path("last")).expect("a key"));
        let ceremony = Ceremony { matrices: matrices.clone(), powers: &powers, initial: Some(&initial), key: &last };
        let key = finalise::finalise(ceremony, Identity::of(PROFILE), true, &quiet).expect("honest");
        Self { folder, matrices, key }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The origin that `ceremony verify` writes for the ceremony with this last key.
    fn ceremony(&self, last: &str) -> Origin {
        Origin::Ceremony(Transcript::of(Zkey::open(&self.path(last)).expect("a key").contributions()))
    }

    /// Writes a key that says that it comes from there, and checks it.
    fn check(&self, key: &ProvingKey, origin: Origin, files: Option<&str>) -> Result<[Vec<Item>; 2], Error> {
        let keys = self.path("keys");
        keys::write(key, &keys, 0.0, origin)?;
        let files =
            files.map(|last| CeremonyFiles { powers: self.path("powers"), key: self.path(last), initial: None });
        let request = Request { keys, ceremony: files };
        let mut checked = Vec::new();
        let not_checked = check_origin(&request, self.matrices.clone(), PROFILE, key, &mut checked, &Quiet)?;
        Ok([checked, not_checked])
    }

    /// The key with one change; points and queries are refused nowhere before they are compared.
    fn changed(&self, change: impl FnOnce(&mut KeyHeader, &mut Points, &mut Queries)) -> ProvingKey {
        let verifying_key = self.key.verifying_key();
        let (mut header, mut points) = (verifying_key.header().clone(), verifying_key.points().clone());
        let mut queries = self.key.queries();
        change(&mut header, &mut points, &mut queries);
        ProvingKey::from_queries(self.matrices.clone(), header, points, queries).expect("sound in form")
    }
}

fn parts(items: &[Item]) -> Vec<&'static str> {
    items.iter().map(|item| item.part).collect()
}

#[test]
fn keys_of_a_ceremony_are_those_that_its_files_give() {
    let folder = Folder::honest();
    let check = |key: &ProvingKey, origin: Origin, last: &str| folder.check(key, origin, Some(last));
    let [checked, not_checked] = check(&folder.key, folder.ceremony("last"), "last").expect("honest");
    assert_eq!((parts(&checked), not_checked), (vec!["ceremony"], vec![]));

    // The files of another ceremony, and a folder that names it too.
    let other = check(&folder.key, folder.ceremony("last"), "other").unwrap_err();
    assert!(matches!(&other, Error::Ceremony(CeremonyError::Transcript { number: 1, .. })), "{other}");
    let refused = |key: &ProvingKey, origin: Origin, last: &str| match check(key, origin, last) {
        Err(Error::KeysRefused { fault, .. }) => fault,
        other => panic!("{other:?}"),
    };
    let foreign = "they are not the keys that the ceremony gives";
    assert_eq!(refused(&folder.key, folder.ceremony("other"), "other"), foreign);
    // One point of what verifies, one of what proves.
    let verifies = folder.changed(|_, points, _| points.alpha_g1 = -points.alpha_g1);
    assert_eq!(refused(&verifies, folder.ceremony("last"), "last"), foreign);
    let proves = folder.changed(|_, _, queries| queries.l[0] = -queries.l[0]);
    assert_eq!(refused(&proves, folder.ceremony("last"), "last"), foreign);
    // The powers of tau are public: keys for value do not come from them.
    let unmarked = folder.changed(|header, _, _| header.development = false);
    let error = check(&unmarked, folder.ceremony("last"), "last").unwrap_err();
    assert!(matches!(&error, Error::Ceremony(CeremonyError::Unfinished(_))), "{error}");
    // Keys that say nothing of a ceremony.
    let fault = refused(&folder.key, Origin::Imported, "last");
    assert_eq!(fault, "keys.json says of no ceremony that they come from it");
}

#[test]
fn what_is_not_checked_is_said() {
    let folder = Folder::honest();
    let not_checked = |key: &ProvingKey, origin: Origin| {
        let [checked, not_checked] = folder.check(key, origin, None).expect("nothing to compare with");
        assert_eq!(checked, [], "nothing of what they come from");
        assert_eq!(parts(&not_checked)[1..], ["points of the proving key"]);
        (not_checked[0].part, not_checked[0].finding)
    };
    let (part, finding) = not_checked(&folder.key, folder.ceremony("last"));
    assert!(part == "ceremony" && finding.contains("--zkey"), "{part}: {finding}");
    let (part, finding) = not_checked(&folder.key, Origin::Imported);
    assert!(part == "origin" && finding.contains("imported"), "{part}: {finding}");
}
