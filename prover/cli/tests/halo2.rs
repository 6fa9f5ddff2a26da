//! The other proof system behind the same commands: prove, digest, verify; and what it refuses.

mod support;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use support::{Tensors, adapter_of, fail, field, honest, prove_one_token, rankproof, succeed, text};

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

/// `prove --system halo2` with the honest adapter, one token of its inputs, and `more`.
fn prove_arguments(proof: &Path, outputs: &Path, more: &[&OsStr]) -> Vec<OsString> {
    let mut arguments = prove_one_token("halo2", proof, outputs);
    arguments.extend(more.iter().map(OsString::from));
    arguments
}

/// One token of the honest adapter, proved once per test binary.
fn halo2() -> &'static Halo2 {
    static HALO2: OnceLock<Halo2> = OnceLock::new();
    HALO2.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let (proof, outputs) = (folder.path().join("proof.rph2"), folder.path().join("outputs.safetensors"));
        let json = folder.path().join("proof.json");
        let more = ["--context".as_ref(), "7".as_ref(), "--export-json".as_ref(), json.as_os_str()];
        let proven = succeed(prove_arguments(&proof, &outputs, &more));
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

/// Every byte of the header and the stamp, every 97th byte of the argument.
#[test]
fn every_sampled_byte_changed_is_refused() {
    let bytes = std::fs::read(halo2().proof()).expect("a proof");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed");
    let (head, tail) = (170, bytes.len() - 200);
    let positions = (0..head).chain((head..tail).step_by(97)).chain(tail..bytes.len());
    for position in positions {
        let mut changed = bytes.clone();
        changed[position] ^= 1 << (position % 8);
        std::fs::write(&path, changed).expect("written");
        let output = rankproof([OsStr::new("verify"), path.as_os_str()]);
        let sentence = text(&output.stderr);
        assert!(matches!(output.status.code(), Some(1 | 2)), "byte {position}: {:?} {sentence}", output.status);
        assert!(sentence.starts_with("error: ") && sentence.lines().count() == 1, "byte {position}: {sentence}");
    }
}

#[test]
fn a_compressed_proof_is_read_and_its_json_shows_the_same_statement() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("proof.rph2.gz");
    let outputs = folder.path().join("outputs.safetensors");
    let proven = succeed(prove_arguments(&path, &outputs, &["--gzip".as_ref()]));
    let bytes = std::fs::read(&path).expect("a proof");
    assert_eq!(proven["proof_file_bytes"], bytes.len());
    assert!(bytes.starts_with(&[0x1f, 0x8b]));
    let verified = succeed(arguments!["verify", path, "--adapter-id", field(&halo2().proven, "adapter_id")]);
    assert_eq!(verified["system"], "halo2");
    assert_eq!(verified["activations_id"], proven["activations_id"]);
    let changed = folder.path().join("changed");
    for position in (0..bytes.len()).step_by(61).chain([0, 3, 9, bytes.len() - 1]) {
        let mut other = bytes.clone();
        other[position] ^= 1 << (position % 8);
        std::fs::write(&changed, other).expect("written");
        fail(2, arguments!["verify", changed]);
    }

    let json: Value =
        serde_json::from_slice(&std::fs::read(halo2().folder.path().join("proof.json")).expect("written"))
            .expect("it is JSON");
    let proven = &halo2().proven;
    assert_eq!(json["public_inputs"]["adapter"], proven["adapter_id"]);
    assert_eq!(json["public_inputs"]["activations"], proven["activations_id"]);
    assert_eq!(json["metadata"]["rows"], proven["rows"]);
    assert_eq!(json["params"]["modules"][0]["rank"], 8);
}

/// What this machine cannot look up is an error of the machine, not of the proof; parameters are made again.
#[test]
fn a_damaged_cache_is_not_said_to_be_a_bad_proof() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join(".rankproof/halo2");
    let verify = || {
        Command::new(env!("CARGO_BIN_EXE_rankproof"))
            .current_dir(folder.path())
            .arg("verify")
            .arg(halo2().proof())
            .output()
            .expect("the binary runs")
    };
    assert_eq!(verify().status.code(), Some(0));
    let damage = |extension: &str, position: usize| {
        let file = std::fs::read_dir(&cache)
            .expect("a cache")
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .find(|path| path.extension().is_some_and(|found| found == extension))
            .expect("it is kept");
        let honest = std::fs::read(&file).expect("readable");
        let mut bytes = honest.clone();
        bytes[position] ^= 1;
        std::fs::write(&file, bytes).expect("damaged");
        (file, honest)
    };
    let (params, honest) = damage("params", 40);
    assert_eq!(verify().status.code(), Some(0));
    assert_eq!(std::fs::read(params).expect("made again"), honest);
    damage("circuit", 0);
    let output = verify();
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(".circuit"), "{}", text(&output.stderr));
}

/// `medium` holds wider modules than a halo2 circuit: everything works but `--system halo2`, which says so.
#[test]
fn an_adapter_that_is_too_wide_for_halo2_has_no_ids_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let lora_b: Vec<f32> = (0..65_537).map(|index| (index % 7) as f32 - 3.0).collect();
    let adapter = adapter_of(1, &[1.0, -0.5], &lora_b);
    succeed(arguments!["commit", adapter.path(), "-o", path("a"), "--profile", "medium"]);
    let public: Value = serde_json::from_slice(&std::fs::read(path("a.json")).expect("written")).expect("JSON");
    assert_eq!(public.get("halo2_adapter_id"), None);

    // Refused before the activations are looked for.
    let (proof, outputs) = (path("p"), path("y"));
    let prove =
        arguments!["prove", "--adapter", path("a"), "--activations", path("x"), "-o", proof, "--outputs", outputs];
    let sentence = fail(2, prove.iter().cloned().chain(arguments!["--system", "halo2"]));
    let expected = "module `layer.0.query` has 65537 outputs, and the halo2 system takes 65536";
    assert!(sentence.contains(expected), "{sentence}");

    Tensors::of([("layer.0.query.x".to_owned(), [1, 2], &[1.0, 2.0])]).write(&path("x"));
    let proven = succeed(prove);
    let digest =
        succeed(arguments!["digest", "--adapter", path("a.json"), "--activations", path("x"), "--outputs", outputs]);
    assert_eq!(field(&digest, "activations_id"), field(&proven, "activations_id"));
    assert_eq!((digest.get("halo2_adapter_id"), digest.get("halo2_activations_id")), (None, None));
}

#[test]
fn an_existing_file_is_not_replaced() {
    let sentence = fail(2, prove_arguments(&halo2().proof(), Path::new("never-written"), &[]));
    assert!(sentence.contains("proof.rph2"), "{sentence}");
}
