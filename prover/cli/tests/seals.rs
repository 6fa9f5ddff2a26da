//! Keys, seals and the export, on profile tiny.

mod support;

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::json;
use support::{edit_json, fail, field, honest, snapshot, succeed};
use tempfile::TempDir;

struct Sealed {
    folder: TempDir,
    keys: serde_json::Value,
    sealed: serde_json::Value,
}

impl Sealed {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn sealed() -> &'static Sealed {
    static SEALED: OnceLock<Sealed> = OnceLock::new();
    SEALED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let keys = succeed(arguments!["keys", "new", "--profile", "tiny", "-o", path("keys")]);
        let sealed = succeed(arguments!["seal", honest().proof(), "--keys", path("keys"), "-o", path("seal.json")]);
        Sealed { folder, keys, sealed }
    })
}

#[test]
fn a_seal_verifies_and_states_what_was_proven() {
    let sealed = sealed();
    assert_eq!(sealed.keys["development_insecure"], true);
    assert_eq!(sealed.sealed["seal_bytes"], 292);
    let report = succeed(arguments!["verify-seal", sealed.path("seal.json"), "--keys", sealed.path("keys")]);
    assert_eq!(report["verified"], true);
    assert_eq!(report["development_insecure"], true);
    let statement = &report["statements"][0];
    for name in ["adapter_id", "activations_id", "context"] {
        assert_eq!(field(statement, name), field(&honest().proven, name));
    }
    let info = succeed(arguments!["keys", "info", "--keys", sealed.path("keys")]);
    assert_eq!(info, sealed.keys);
    assert_eq!(field(&info, "selector"), field(&report, "selector"));
    // A folder of keys says what its maker wants; the digest says which key is meant.
    let digest = field(&info, "key_digest");
    assert_eq!((field(&report, "key_digest"), field(&sealed.sealed, "key_digest")), (digest, digest));
    let meant = |digest: &str| {
        arguments!["verify-seal", sealed.path("seal.json"), "--keys", sealed.path("keys"), "--key-digest", digest]
    };
    succeed(meant(digest));
    let mut other = digest.to_owned();
    other.replace_range(2..3, if other.as_bytes()[2] == b'0' { "1" } else { "0" });
    let sentence = fail(1, meant(&other));
    assert!(sentence.contains(&format!("is {digest}, expected {other}")), "{sentence}");
}

#[test]
fn a_seal_of_another_statement_or_with_other_bytes_is_refused() {
    let sealed = sealed();
    let edited = sealed.path("edited.json");
    let verify = arguments!["verify-seal", edited, "--keys", sealed.path("keys")];
    let one = format!("0x{:064x}", 1);
    for name in ["adapter", "activations", "context"] {
        std::fs::copy(sealed.path("seal.json"), &edited).expect("copied");
        succeed(&verify);
        edit_json(&edited, |seal| seal["statements"][0][name] = json!(one));
        let output = support::rankproof(&verify);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{name}");
    }
    for position in [2, 12, 90, 200, 400, 585] {
        std::fs::copy(sealed.path("seal.json"), &edited).expect("copied");
        edit_json(&edited, |seal| {
            let mut digits = seal["seal"].as_str().expect("hexadecimal").to_owned();
            let changed = if digits.as_bytes()[position] == b'0' { "1" } else { "0" };
            digits.replace_range(position..=position, changed);
            seal["seal"] = json!(digits);
        });
        let output = support::rankproof(&verify);
        assert!(matches!(output.status.code(), Some(1 | 2)), "digit {position}: {}", support::text(&output.stderr));
        assert_eq!(support::text(&output.stderr).lines().count(), 1);
    }
}

#[test]
fn keys_and_seals_are_not_replaced_without_force() {
    let sealed = sealed();
    let before = snapshot(&sealed.path("keys"));
    fail(2, arguments!["keys", "new", "--profile", "tiny", "-o", sealed.path("keys")]);
    let seal = arguments!["seal", honest().proof(), "--keys", sealed.path("keys"), "-o", sealed.path("seal.json")];
    assert!(fail(2, seal).contains("--force"));
    assert_eq!(snapshot(&sealed.path("keys")), before);
}

#[test]
fn missing_and_damaged_keys_are_refused() {
    let sealed = sealed();
    let seal =
        |keys: &str| arguments!["seal", honest().proof(), "--keys", sealed.path(keys), "-o", sealed.path("never.json")];
    assert!(fail(2, seal("none")).contains("verifying.key"));
    std::fs::create_dir(sealed.path("damaged")).expect("a folder");
    for name in ["proving.key", "verifying.key"] {
        std::fs::copy(sealed.path("keys").join(name), sealed.path("damaged").join(name)).expect("copied");
    }
    let damaged = sealed.path("damaged").join("proving.key");
    let length = damaged.metadata().expect("there").len();
    std::fs::OpenOptions::new().write(true).open(&damaged).expect("open").set_len(length - 1).expect("cut");
    assert!(fail(2, seal("damaged")).contains("proving.key"));
    assert!(!sealed.path("never.json").exists());
}

#[test]
fn a_tampered_proof_is_not_sealed() {
    let sealed = sealed();
    let mut bytes = std::fs::read(honest().proof()).expect("a proof");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let path = sealed.path("tampered");
    std::fs::write(&path, bytes).expect("written");
    let sentence = fail(1, arguments!["seal", path, "--keys", sealed.path("keys"), "-o", sealed.path("never.json")]);
    assert!(sentence.contains("tampered"), "{sentence}");
    assert!(!sealed.path("never.json").exists());
}

#[test]
fn export_writes_the_key_that_seals_name() {
    let sealed = sealed();
    let export = arguments!["export", "--keys", sealed.path("keys"), "-o", sealed.path("solidity")];
    let report = succeed(&export);
    let solidity = std::fs::read_to_string(sealed.path("solidity").join("SealVerifyingKey.sol")).expect("written");
    assert!(solidity.contains(field(&report, "key_digest").trim_start_matches("0x")), "{solidity}");
    assert!(solidity.contains("DEVELOPMENT KEY"));
    assert!(field(&report, "key_digest").starts_with(field(&sealed.sealed, "selector")));
    fail(2, &export);
}

/// A folder with a copy of the keys.
fn copy_of_keys(name: &str) -> PathBuf {
    let copy = sealed().path(name);
    std::fs::create_dir(&copy).expect("a folder");
    for file in ["proving.key", "verifying.key", "keys.json"] {
        std::fs::copy(sealed().path("keys").join(file), copy.join(file)).expect("copied");
    }
    copy
}

fn parts(report: &serde_json::Value, list: &str) -> Vec<String> {
    let items = report[list].as_array().unwrap_or_else(|| panic!("{list} in {report}"));
    items.iter().map(|item| field(item, "part").to_owned()).collect()
}

#[test]
fn keys_are_verified_by_making_them_again() {
    let report = succeed(arguments!["keys", "verify", "--keys", sealed().path("keys")]);
    assert_eq!(report["verified"], true);
    assert_eq!(parts(&report, "checked"), ["verifying key", "proving key", "circuit", "development keys"]);
    assert_eq!(parts(&report, "not_checked"), Vec::<String>::new());
    assert_eq!(field(&report, "key_digest"), field(&sealed().keys, "key_digest"));

    // The verifying key of another pair, and keys that say that they come from a ceremony.
    let other = copy_of_keys("other");
    std::fs::copy(support::root().join("fixtures/seals/verifying.key"), other.join("verifying.key")).expect("copied");
    assert!(fail(1, arguments!["keys", "verify", "--keys", other]).contains("are not of one pair"));
    let ceremony = arguments!["keys", "verify", "--keys", sealed().path("keys"), "--zkey", other, "--ptau", other];
    assert!(fail(1, ceremony).contains("says of no ceremony"));
    assert!(fail(2, arguments!["keys", "verify", "--keys", sealed().path("keys"), "--zkey", other]).contains("--ptau"));
    assert!(fail(2, arguments!["keys", "verify", "--keys", sealed().path("none")]).contains("verifying.key"));
    // Nobody says where they come from: what is left to check is checked, and the report says what is not.
    let silent = copy_of_keys("silent");
    std::fs::remove_file(silent.join("keys.json")).expect("removed");
    let report = succeed(arguments!["keys", "verify", "--keys", silent]);
    assert_eq!(parts(&report, "not_checked"), ["origin", "points of the proving key"]);
    assert!(field(&report, "setup").contains("does not say"), "{report}");
}

/// Out as a `.zkey` and in again: the same key, but nobody knows any more where it comes from.
#[test]
fn keys_go_out_to_snarkjs_and_come_back_as_development_keys() {
    let sealed = sealed();
    let out = sealed.path("snarkjs");
    let export = arguments![
        "keys",
        "export",
        "--keys",
        sealed.path("keys"),
        "--seal",
        sealed.path("seal.json"),
        "--zkey",
        "-o",
        out
    ];
    let report = succeed(&export);
    assert_eq!(report["files"].as_array().map(Vec::len), Some(4), "{report}");
    assert!(field(&report, "setup").contains("anybody can forge"));
    assert!(fail(2, &export).contains("--force"));
    let zkey = out.join("proving.zkey");
    let import =
        |profile: &str, to: &str| arguments!["keys", "import", zkey, "--profile", profile, "-o", sealed.path(to)];
    let imported = succeed(import("tiny", "imported"));
    assert_eq!(field(&imported, "key_digest"), field(&sealed.keys, "key_digest"));
    assert!(imported["development_insecure"] == true && field(&imported, "setup").contains("imported"), "{imported}");
    assert!(fail(1, import("tiny-x2", "never")).contains("the size of the key is not that of the circuit"));
    assert!(fail(2, import("tiny", "imported")).contains("--force"));
    assert!(!sealed.path("never").exists());
    // A seal of other keys is not exported with these.
    let foreign = support::root().join("fixtures/seals/first.json");
    let other = sealed.path("other-snarkjs");
    let export = arguments!["keys", "export", "--keys", sealed.path("keys"), "--seal", foreign, "-o", other];
    assert!(fail(1, export).contains("selector"));
    assert!(!other.exists());
}
