//! A ceremony with the real binary, on a circuit of one constraint, and what is refused.

mod support;

use std::path::{Path, PathBuf};

use support::{edit_json, fail, field, succeed};

/// `witness · witness = public`, in circom's format.
fn constraints(path: &Path) {
    let modulus = hex::decode("010000f093f5e1439170b97948e833285d588181b64550b829a031e1724e6430").expect("hex");
    let word = |number: u32| number.to_le_bytes().to_vec();
    let term = |variable: u32| [word(1), word(variable), word(1), vec![0; 28]].concat();
    let header = [word(32), modulus, word(3), word(0), word(1), word(1), word(3), word(0), word(1)].concat();
    let rows = [term(2), term(2), term(1)].concat();
    let labels: Vec<u8> = (0..3u64).flat_map(u64::to_le_bytes).collect();
    let mut bytes = [b"r1cs".to_vec(), word(1), word(3)].concat();
    for (number, section) in [(1, header), (2, rows), (3, labels)] {
        bytes.extend(word(number));
        bytes.extend((section.len() as u64).to_le_bytes());
        bytes.extend(section);
    }
    std::fs::write(path, bytes).expect("written");
}

struct Files(tempfile::TempDir);

impl Files {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Constraints, powers of tau, and the keys of a ceremony: first, alice, bob, and the beacon.
    fn honest() -> Self {
        let files = Self(tempfile::tempdir().expect("a folder"));
        let [circuit, powers, first] = ["circuit.r1cs", "powers.ptau", "0.zkey"].map(|name| files.path(name));
        constraints(&circuit);
        let report = succeed(arguments!["ceremony", "ptau", "--power", "3", "-o", powers]);
        assert_eq!(report["development_insecure"], true);
        succeed(arguments!["ceremony", "new", "--r1cs", circuit, "--ptau", powers, "-o", first]);
        for (before, after, name) in [("0.zkey", "1.zkey", "alice"), ("1.zkey", "2.zkey", "bob")] {
            let (before, after) = (files.path(before), files.path(after));
            let report = succeed(arguments!["ceremony", "contribute", before, "-o", after, "--name", name]);
            assert_eq!(field(&report, "hash").len(), 128);
        }
        let (before, after) = (files.path("2.zkey"), files.path("3.zkey"));
        succeed(arguments!["ceremony", "beacon", before, "-o", after, "--value", "0x0123456789abcdef"]);
        files
    }

    fn verify(&self, key: &str, more: &[(&str, &str)]) -> Vec<std::ffi::OsString> {
        let [key, circuit, powers] = [key, "circuit.r1cs", "powers.ptau"].map(|name| self.path(name));
        let mut all = arguments!["ceremony", "verify", key, "--r1cs", circuit, "--ptau", powers];
        for (option, name) in more {
            all.extend([(*option).into(), self.path(name).into()]);
        }
        all
    }
}

#[test]
fn a_ceremony_verifies_and_its_transcript_names_everybody() {
    let files = Files::honest();
    let more = [("--initial", "0.zkey"), ("--transcript", "3.zkey.json")];
    for report in [succeed(files.verify("3.zkey", &[])), succeed(files.verify("3.zkey", &more))] {
        let names: Vec<&str> =
            report["contributions"].as_array().expect("a list").iter().map(|entry| field(entry, "name")).collect();
        assert_eq!(names, ["alice", "bob", "beacon"]);
        assert!(field(&report, "shortcoming").contains("development"), "{report}");
        assert!(report["phase_1"][0].as_str().expect("a name").starts_with("INSECURE"), "{report}");
    }
    // Times were recorded as the keys were passed on.
    let transcript = std::fs::read(files.path("3.zkey.json")).expect("a transcript");
    let transcript: serde_json::Value = serde_json::from_slice(&transcript).expect("JSON");
    assert!(transcript["contributions"].as_array().expect("a list").iter().all(|entry| entry["unix_time"].is_u64()));
}

#[test]
fn what_does_not_hold_is_refused_with_1_and_bad_input_with_2() {
    let files = Files::honest();
    succeed(files.verify("3.zkey", &[("--transcript", "3.zkey.json")]));
    let dropped = fail(1, files.verify("2.zkey", &[("--transcript", "3.zkey.json")]));
    assert!(dropped.contains("contribution 3 (beacon): is missing in the key: it was dropped"), "{dropped}");
    edit_json(&files.path("3.zkey.json"), |transcript| transcript["contributions"][1]["name"] = "eve".into());
    let renamed = fail(1, files.verify("3.zkey", &[("--transcript", "3.zkey.json")]));
    assert!(renamed.contains("contribution 2 (eve): has another name"), "{renamed}");
    // A key whose transcript says something else is not passed on.
    let after = files.path("4.zkey");
    let passed_on = arguments!["ceremony", "contribute", files.path("3.zkey"), "-o", after, "--name", "carol"];
    assert!(fail(1, &passed_on).contains("(eve)"));
    assert!(!after.exists());

    let mut bytes = std::fs::read(files.path("3.zkey")).expect("a key");
    bytes.pop();
    std::fs::write(files.path("cut.zkey"), &bytes).expect("written");
    assert!(fail(2, files.verify("cut.zkey", &[])).contains("cut or extended"));
    assert!(fail(2, files.verify("circuit.r1cs", &[])).contains("is not a snarkjs key (.zkey) file"));
    assert!(fail(2, files.verify("absent.zkey", &[])).contains("absent.zkey"));
    assert!(fail(2, files.verify("3.zkey", &[("--transcript", "circuit.r1cs")])).contains("not a transcript"));
    let powers = files.path("powers.ptau");
    assert!(fail(2, arguments!["ceremony", "ptau", "--power", "3", "-o", powers]).contains("exists already"));
    let other = files.path("other.ptau");
    assert!(fail(2, arguments!["ceremony", "ptau", "--power", "28", "-o", other]).contains("expected 1 to 27"));
    let (before, after) = (files.path("2.zkey"), files.path("5.zkey"));
    let beacon = |value: &str, log: &str| {
        fail(2, arguments!["ceremony", "beacon", before, "-o", after, "--value", value, "--log-iterations", log])
    };
    assert!(beacon("xyz", "10").contains("--value: it is not hexadecimal"));
    assert!(beacon("", "10").contains("1 to 255 bytes"));
    assert!(beacon("00", "9").contains("10 to 30"));
    let nameless = arguments!["ceremony", "contribute", before, "-o", after, "--name", ""];
    assert!(fail(2, &nameless).contains("expected 1 to 64 bytes"));
    assert!(!after.exists());
}
