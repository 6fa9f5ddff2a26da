//! The files of a ceremony: constraints, powers of tau, keys, transcripts. Honest ones, and what must hold of any others.
//!
//! The circuit has two rows. Its one participant draws a secret of its own in every run; all files have the same lengths.

use std::path::Path;
use std::sync::OnceLock;

use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::ptau::{Levels, PowersOfTau};
use rankproof_ceremony::sections::SectionFile;
use rankproof_ceremony::transcript::Transcript;
use rankproof_ceremony::zkey::{Contributions, Zkey};
use rankproof_ceremony::{chain, contribute, development, quiet, r1cs, setup, verify};
use rankproof_groth16_seal::{ConstraintSystem, F, Matrices};
use tempfile::TempDir;

use crate::edits::{Edited, apply};
use crate::targets::{folder, written};

/// Section of constraints that holds the rows.
const ROWS: u32 = 2;
/// Section of a key that holds its contributions.
const CONTRIBUTIONS: u32 = 10;
/// Sections of powers of tau that hold points.
const POINTS: [u32; 9] = [2, 3, 4, 5, 6, 12, 13, 14, 15];
/// Hashing a beacon more often than this is only slow.
const MAX_LOG_ITERATIONS: u8 = 12;
/// No section of the honest files is longer.
const LIMIT: u64 = 1 << 20;

/// The files.
#[derive(Debug)]
pub struct Honest {
    folder: TempDir,
    matrices: Matrices,
    /// Constraints.
    pub r1cs: Vec<u8>,
    /// Powers of tau.
    pub ptau: Vec<u8>,
    /// The key after a participant and a beacon.
    pub zkey: Vec<u8>,
    /// Its transcript.
    pub transcript: Vec<u8>,
}

fn make() -> Honest {
    let mut cs = ConstraintSystem::recording();
    let public = cs.public(F::from(9u64));
    let root = cs.witness(F::from(3u64));
    let square = cs.square(&root);
    cs.enforce_equal(&square, &public);
    let matrices = cs.into_parts().0;
    let folder = TempDir::new().expect("a temporary folder");
    let [circuit, powers, first, second, last] =
        ["r1cs", "ptau", "0.zkey", "1.zkey", "2.zkey"].map(|name| folder.path().join(name));
    r1cs::write(&matrices, &circuit, false).expect("written");
    development::write(3, &powers, false).expect("written");
    setup::write(&matrices, &PowersOfTau::open(&powers).expect("sound"), &first, false, &quiet).expect("written");
    let open = |path: &Path| Zkey::open(path).expect("a key");
    contribute::contribute(&open(&first), &second, "alice", b"", false, &quiet).expect("contributed");
    let beacon = Beacon { value: vec![7; 32], log_iterations: 10 };
    contribute::add_beacon(&open(&second), &last, "beacon", beacon, false, &quiet).expect("ended");
    let read = |path: &Path| std::fs::read(path).expect("written before");
    let transcript = Transcript::of(open(&last).contributions()).to_json().into_bytes();
    Honest { matrices, r1cs: read(&circuit), ptau: read(&powers), zkey: read(&last), transcript, folder }
}

/// The honest files.
pub fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(make)
}

impl Honest {
    fn powers(&self) -> PowersOfTau {
        PowersOfTau::open(&self.folder.path().join("ptau")).expect("honest")
    }

    fn key(&self, name: &str) -> Zkey {
        Zkey::open(&self.folder.path().join(name)).expect("honest")
    }
}

/// What is accepted is the same circuit when it is written and read again, and rows have one encoding.
pub(crate) fn constraints(script: &[u8]) -> bool {
    let path = written("circuit.r1cs", &apply(&honest().r1cs, script).bytes);
    let Ok(matrices) = r1cs::read(&path) else { return false };
    let again = folder().join("again.r1cs");
    r1cs::write(&matrices, &again, true).expect("writable");
    assert_eq!(r1cs::read(&again).expect("written").digest(), matrices.digest());
    let rows = |path: &Path| {
        let file = SectionFile::open(path, b"r1cs", "constraints").expect("read before");
        file.bytes(ROWS, LIMIT, "the rows").expect("there")
    };
    assert!(rows(&path) == rows(&again), "one encoding");
    true
}

/// What passes the checks has the points of the honest file: nobody finds powers of another tau by changing bytes.
pub(crate) fn powers_of_tau(script: &[u8]) -> bool {
    let path = written("powers.ptau", &apply(&honest().ptau, script).bytes);
    let Ok(powers) = PowersOfTau::open(&path) else { return false };
    if powers.check_powers().and_then(|()| powers.check_lagrange(Levels::All)).is_err() {
        return false;
    }
    let honest = honest().powers();
    for section in POINTS {
        let bytes = |powers: &PowersOfTau| powers.file().bytes(section, LIMIT, "points").expect("there");
        assert!(bytes(&powers) == bytes(&honest), "changed points are accepted in section {section}");
    }
    true
}

/// Contributions have one encoding; a key that verifies has the points and contributions of the honest one.
pub(crate) fn key(script: &[u8]) -> bool {
    let Edited { bytes, .. } = apply(&honest().zkey, script);
    let Ok(key) = Zkey::open(&written("some.zkey", &bytes)) else { return false };
    let contributions = key.contributions();
    assert_eq!(Contributions::read(&contributions.to_bytes()).as_ref(), Some(contributions));
    let section = key.file().bytes(CONTRIBUTIONS, LIMIT, "the contributions").expect("read before");
    assert!(section == contributions.to_bytes(), "one encoding");
    let beacons = contributions.list.iter().filter_map(|contribution| contribution.parameters.beacon.as_ref());
    if beacons.into_iter().any(|beacon| beacon.log_iterations > MAX_LOG_ITERATIONS) {
        return false;
    }
    if chain::check(contributions).is_err() {
        return false;
    }
    let files = honest();
    let (powers, first, last) = (files.powers(), files.key("0.zkey"), files.key("2.zkey"));
    if verify::verify_from_initial(&files.matrices, &powers, &first, &key, &quiet).is_err() {
        return false;
    }
    let hashes = |key: &Zkey| key.contributions().list.iter().map(|entry| entry.hash()).collect::<Vec<_>>();
    assert!(key.header() == last.header() && hashes(&key) == hashes(&last), "a changed key is accepted");
    true
}

/// A value that is null is one that is not there.
fn without_nulls(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        serde_json::Value::Object(fields) => {
            let known = fields.into_iter().filter(|(_, value)| !value.is_null());
            known.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        value => value,
    }
}

/// What is accepted says what its JSON says, and reads back equal; what fits the honest key names its contributions.
pub(crate) fn transcript(script: &[u8]) -> bool {
    let Edited { bytes, .. } = apply(&honest().transcript, script);
    let path = written("transcript.json", &bytes);
    let Ok(transcript) = Transcript::read(&path) else { return false };
    let said: serde_json::Value = serde_json::from_slice(&bytes).expect("one value of JSON");
    let understood: serde_json::Value = serde_json::from_str(&transcript.to_json()).expect("JSON");
    assert_eq!(without_nulls(said), understood, "something else was understood");
    assert_eq!(transcript.format, "rankproof.ceremony.v1");
    let path = written("transcript.json", transcript.to_json().as_bytes());
    assert_eq!(Transcript::read(&path).as_ref().ok(), Some(&transcript));
    let key = honest().key("2.zkey");
    if transcript.check(key.contributions()).is_ok() {
        let named = |transcript: &Transcript| {
            transcript.contributions.iter().map(|entry| (entry.name.clone(), entry.hash.clone())).collect::<Vec<_>>()
        };
        assert_eq!(named(&transcript), named(&Transcript::of(key.contributions())), "another ceremony is accepted");
    }
    true
}
