//! The other proof system behind the same commands: prove, digest, verify; and what it refuses.

mod support;

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;
use support::{fail, field, honest, succeed};

struct Halo2 {
    folder: tempfile::TempDir,
    proven: Value,
}

impl Halo2 {
    fn proof(&self) -> std::path::PathBuf {
        self.folder.path().join("proof.rph2")
    }

    fn outputs(&self) -> std::path::PathBuf {
        self.folder.path().join("outputs.safetensors")
    }
}

/// One token of the honest adapter, proved once per test binary.
fn halo2() -> &'static Halo2 {
    static HALO2: OnceLock<Halo2> = OnceLock::new();
    HALO2.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let proven = succeed(arguments![
            "prove",
            "--system",
            "halo2",
            "--adapter",
            honest().adapter(),
            "--activations",
            honest().activations(),
            "--tokens",
            "1",
            "--context",
            "7",
            "-o",
            folder.path().join("proof.rph2"),
            "--outputs",
            folder.path().join("outputs.safetensors")
        ]);
        Halo2 { folder, proven }
    })
}

#[test]
fn both_systems_prove_the_same_adapter_and_outputs() {
    let public: Value =
        serde_json::from_slice(&std::fs::read(honest().public()).expect("public")).expect("the public file is JSON");
    let digest = succeed(arguments![
        "digest",
        "--adapter",
        honest().public(),
        "--activations",
        honest().activations(),
        "--outputs",
        halo2().outputs(),
        "--tokens",
        "1"
    ]);
    let proven = &halo2().proven;
    assert_eq!(field(proven, "adapter_id"), field(&public, "halo2_adapter_id"));
    assert_eq!(field(proven, "adapter_id"), field(&digest, "halo2_adapter_id"));
    assert_eq!(field(proven, "activations_id"), field(&digest, "halo2_activations_id"));
    let verified = succeed(arguments![
        "verify",
        halo2().proof(),
        "--adapter-id",
        field(&public, "halo2_adapter_id"),
        "--activations-id",
        field(&digest, "halo2_activations_id"),
        "--context",
        "7"
    ]);
    assert_eq!(verified["verified"], true);
    assert_eq!(verified["system"], "halo2");
}

#[test]
fn an_id_of_the_other_system_or_another_context_is_refused() {
    let proof = halo2().proof();
    for (argument, value, what) in [
        ("--adapter-id", field(&honest().committed, "adapter_id"), "the adapter id is"),
        ("--activations-id", "1", "the activations id is"),
        ("--context", "8", "the context is"),
    ] {
        let sentence = fail(1, arguments!["verify", proof, argument, value]);
        assert!(sentence.contains(what), "{sentence}");
    }
}

#[test]
fn a_changed_cut_or_extended_proof_is_refused() {
    let bytes = std::fs::read(halo2().proof()).expect("a proof");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed");
    let refused = |bytes: &[u8], code: i32, part: &str| {
        std::fs::write(&path, bytes).expect("written");
        let sentence = fail(code, arguments!["verify", path]);
        assert!(sentence.contains(part) && sentence.contains("changed"), "{sentence}");
    };
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    refused(&changed, 1, "stamp");
    refused(&bytes[..bytes.len() - 1], 2, "ends inside `stamp`");
    let longer: Vec<u8> = bytes.iter().copied().chain([0]).collect();
    refused(&longer, 2, "1 bytes follow");
    let mut other_version = bytes.clone();
    other_version[7] = 2;
    refused(&other_version, 2, "version 2");
}

#[test]
fn an_existing_file_is_not_replaced() {
    let sentence = fail(
        2,
        arguments![
            "prove",
            "--system",
            "halo2",
            "--adapter",
            honest().adapter(),
            "--activations",
            honest().activations(),
            "-o",
            halo2().proof(),
            "--outputs",
            Path::new("never-written")
        ],
    );
    assert!(sentence.contains("proof.rph2"), "{sentence}");
}
