//! Several adapters under one argument, with the real binary: each client checks the statement about its adapter.

mod support;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use support::{fail, field, fixture, seals_all_statements, succeed};
use tempfile::TempDir;

/// Two adapters of profile `tiny-a2`, of other modules and other widths, and a proof of one run each.
struct Proven {
    folder: TempDir,
    report: Value,
}

impl Proven {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `prove` for these runs: adapter and tokens are the same for all, or one each.
    fn arguments(&self, adapters: &[&str], proof: &str, runs: usize, more: &[&str]) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = arguments!["prove", "-o", self.path(proof), "--tokens", "5"];
        for adapter in adapters {
            arguments.extend(arguments!["--adapter", self.path(adapter)]);
        }
        for run in 0..runs {
            arguments.extend(arguments!["--activations", activations()]);
            arguments.extend(arguments!["--outputs", self.path(&format!("{proof}.y{run}"))]);
        }
        arguments.extend(more.iter().map(OsString::from));
        arguments
    }
}

fn activations() -> PathBuf {
    fixture("activations.safetensors")
}

fn proven() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| {
        let mut proven = Proven { folder: tempfile::tempdir().expect("a folder"), report: Value::Null };
        for (name, profile, bits, modules) in [
            ("a", "tiny-a2", "4", r"layer\.0\..*query"),
            ("b", "tiny-a2", "8", r"layer\.3\..*value"),
            ("alone", "tiny", "4", r"layer\.0\..*query"),
            ("runs", "tiny-s2", "4", r"layer\.0\..*query"),
        ] {
            let to = proven.path(name);
            succeed(arguments![
                "commit",
                fixture(""),
                "-o",
                to,
                "--profile",
                profile,
                "--bits",
                bits,
                "--modules",
                modules
            ]);
        }
        let contexts = ["--context", "1", "--context", "2"];
        proven.report = succeed(proven.arguments(&["a", "b"], "p", 2, &contexts));
        proven
    })
}

#[test]
fn every_client_recomputes_its_own_activations_id() {
    let proven = proven();
    assert_eq!((&proven.report["adapters"], &proven.report["runs"]), (&Value::from(2), &Value::from(2)));
    assert_eq!(proven.report.get("adapter_id"), None, "there are two");
    let statements = proven.report["statements"].as_array().expect("a list");
    assert_ne!(statements[0]["adapter_id"], statements[1]["adapter_id"]);
    for (run, (name, statement)) in ["a.json", "b.json"].into_iter().zip(statements).enumerate() {
        let digest = succeed(arguments![
            "digest",
            "--adapter",
            proven.path(name),
            "--activations",
            activations(),
            "--outputs",
            proven.path(&format!("p.y{run}")),
            "--tokens",
            "5"
        ]);
        assert_eq!(field(&digest, "activations_id"), field(statement, "activations_id"));
        assert_eq!(field(&digest, "adapter_id"), field(statement, "adapter_id"));
        let (adapter, context) = (field(statement, "adapter_id"), field(statement, "context"));
        let verified = succeed(arguments!["verify", proven.path("p"), "--adapter-id", adapter, "--context", context]);
        assert_eq!(verified["statements"], proven.report["statements"]);
        assert_eq!(verified.get("adapter_id"), None);
    }
    // One adapter in the context of the other.
    let (first, second) = (field(&statements[0], "adapter_id"), field(&statements[1], "context"));
    let sentence = fail(1, arguments!["verify", proven.path("p"), "--adapter-id", first, "--context", second]);
    assert!(sentence.contains("the context"), "{sentence}");
}

/// One adapter fills the profile; the same adapter twice is two runs of it.
#[test]
fn one_adapter_is_enough_and_may_come_twice() {
    let proven = proven();
    let report = succeed(proven.arguments(&["b"], "one", 1, &[]));
    assert_eq!((&report["adapters"], report["statements"].as_array().map(Vec::len)), (&Value::from(1), Some(1)));
    assert!(report["adapter_id"].is_string(), "{report}");
    let report = succeed(proven.arguments(&["b"], "twice", 2, &[]));
    assert_eq!((&report["adapters"], report["statements"].as_array().map(Vec::len)), (&Value::from(1), Some(2)));
    for proof in ["one", "twice"] {
        assert_eq!(succeed(arguments!["verify", proven.path(proof)])["verified"], true);
    }
}

#[test]
fn a_changed_proof_is_refused() {
    let proven = proven();
    let mut bytes = std::fs::read(proven.path("p")).expect("written");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(proven.path("changed"), bytes).expect("written");
    let sentence = fail(1, arguments!["verify", proven.path("changed")]);
    assert!(sentence.contains("changed"), "{sentence}");
}

#[test]
fn what_cannot_share_is_refused_by_argument_before_anything_is_written() {
    let proven = proven();
    let cases = [
        (proven.arguments(&["a", "b"], "none", 1, &[]), "--adapter: 2 adapters for 1 runs"),
        (proven.arguments(&["a", "b", "a"], "none", 3, &[]), "--activations: 3 runs; profile tiny-a2"),
        (proven.arguments(&["a", "alone"], "none", 2, &[]), "is of profile tiny, the first of tiny-a2"),
        (proven.arguments(&["alone"], "none", 2, &[]), "prove run by run"),
        (
            proven.arguments(&["runs", "runs2"], "none", 2, &[]),
            "--adapter: several adapters; a proof of profile tiny-s2",
        ),
        (proven.arguments(&["a", "b"], "none", 2, &["--system", "halo2"]), "a halo2 proof is of one run"),
    ];
    std::fs::copy(proven.path("runs"), proven.path("runs2")).expect("copied");
    for (arguments, named) in cases {
        let sentence = fail(2, &arguments);
        assert!(sentence.contains(named), "{arguments:?}: {sentence}");
    }
    assert!(!proven.path("none").exists() && !proven.path("none.y0").exists());
}

#[test]
#[ignore = "a minute: make test-full"]
fn a_seal_holds_the_statements_of_both_adapters() {
    let proven = proven();
    seals_all_statements(proven.folder.path(), "tiny-a2", &proven.report);
}
