//! Several runs of one adapter under one argument, with the real binary: each run's client checks its own statement.

mod support;

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use support::{PATTERN, fail, field, fixture, seals_all_statements, succeed};
use tempfile::TempDir;

/// An adapter of profile `tiny-s2` and a proof of two runs: five tokens each, two contexts.
struct Proven {
    folder: TempDir,
    report: Value,
}

impl Proven {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn activations() -> PathBuf {
    fixture("activations.safetensors")
}

fn proven() -> &'static Proven {
    static PROVEN: OnceLock<Proven> = OnceLock::new();
    PROVEN.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        succeed(arguments!["commit", fixture(""), "-o", path("a"), "--profile", "tiny-s2", "--modules", PATTERN]);
        let report = succeed(arguments![
            "prove",
            "--adapter",
            path("a"),
            "--activations",
            activations(),
            "--activations",
            activations(),
            "--context",
            "1",
            "--context",
            "2",
            "--tokens",
            "5",
            "-o",
            path("p"),
            "--outputs",
            path("y0"),
            "--outputs",
            path("y1")
        ]);
        Proven { folder, report }
    })
}

#[test]
fn every_client_recomputes_its_own_activations_id() {
    let proven = proven();
    assert_eq!(proven.report["runs"], 2);
    let statements = proven.report["statements"].as_array().expect("a list");
    for (run, statement) in statements.iter().enumerate() {
        let digest = succeed(arguments![
            "digest",
            "--adapter",
            proven.path("a.json"),
            "--activations",
            activations(),
            "--outputs",
            proven.path(&format!("y{run}")),
            "--tokens",
            "5"
        ]);
        assert_eq!(field(&digest, "activations_id"), field(statement, "activations_id"));
        let (id, context) = (field(statement, "activations_id"), field(statement, "context"));
        let verified = succeed(arguments!["verify", proven.path("p"), "--activations-id", id, "--context", context]);
        assert_eq!(verified["statements"], proven.report["statements"]);
    }
    // The activations of one run in the context of the other.
    let (first, second) = (field(&statements[0], "activations_id"), field(&statements[1], "context"));
    let sentence = fail(1, arguments!["verify", proven.path("p"), "--activations-id", first, "--context", second]);
    assert!(sentence.contains("the context"), "{sentence}");
}

#[test]
fn one_run_is_enough() {
    let proven = proven();
    let report = succeed(arguments![
        "prove",
        "--adapter",
        proven.path("a"),
        "--activations",
        activations(),
        "--tokens",
        "5",
        "-o",
        proven.path("one"),
        "--outputs",
        proven.path("one.y")
    ]);
    assert_eq!((&report["runs"], report["statements"].as_array().map(Vec::len)), (&Value::from(1), Some(1)));
    assert_eq!(succeed(arguments!["verify", proven.path("one")])["verified"], true);
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
    let prove = |extra: &[&str], runs: usize, outputs: usize| {
        let mut arguments: Vec<std::ffi::OsString> = arguments!["prove", "--adapter", proven.path("a")];
        arguments.extend(arguments!["-o", proven.path("none")]);
        for _ in 0..runs {
            arguments.extend(arguments!["--activations", activations()]);
        }
        for run in 0..outputs {
            arguments.extend(arguments!["--outputs", proven.path(&format!("none{run}"))]);
        }
        arguments.extend(extra.iter().map(std::ffi::OsString::from));
        arguments
    };
    let registration = "31337:0x0000000000000000000000000000000000000001:0x0000000000000000000000000000000000000002";
    let cases = [
        (prove(&[], 3, 3), "--activations"),
        (prove(&[], 2, 1), "--outputs"),
        (prove(&["--context", "1", "--context", "2", "--context", "3"], 2, 2), "--context"),
        (prove(&["--system", "halo2"], 2, 2), "--activations"),
        (prove(&["--register-on", registration], 2, 2), "--register-on"),
    ];
    for (arguments, named) in cases {
        let sentence = fail(2, &arguments);
        assert!(sentence.contains(named), "{arguments:?}: {sentence}");
    }
    assert!(!proven.path("none").exists() && !proven.path("none0").exists());
}

#[test]
#[ignore = "a minute: make test-full"]
fn a_seal_holds_the_statements_of_both_runs() {
    let proven = proven();
    seals_all_statements(proven.folder.path(), "tiny-s2", &proven.report);
}
