//! Bad input: its own sentence, exit code 2, nothing written. Each case changes one thing of an honest twin.

mod support;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use support::{
    MODULE, PATTERN, Tensors, adapter_copy, adapter_of, edit_json, fail, fixture, honest, snapshot, succeed,
};

/// Runs a command that must fail with 2 and leave the folder as it is.
fn refused(folder: &Path, arguments: &[OsString], part: &str) {
    let before = snapshot(folder);
    let sentence = fail(2, arguments);
    assert!(sentence.contains(part), "expected `{part}` in: {sentence}");
    assert_eq!(snapshot(folder), before, "nothing is written: {sentence}");
}

#[test]
fn every_unsupported_field_of_the_config_is_refused_by_name() {
    let cases = [
        ("use_dora", json!(true)),
        ("lora_bias", json!(true)),
        ("bias", json!("all")),
        ("modules_to_save", json!(["classifier"])),
        ("use_qalora", json!(true)),
        ("layer_replication", json!([[0, 4], [2, 5]])),
        ("target_parameters", json!(["experts.weight"])),
        ("alora_invocation_tokens", json!([1, 2])),
        ("peft_type", json!("IA3")),
        ("a_field_of_tomorrow", json!({ "beta": 2 })),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("a.rpad");
    for (name, value) in cases {
        let adapter = adapter_copy();
        edit_json(&adapter.path().join("adapter_config.json"), |config| config[name] = value);
        let commit = arguments!["commit", adapter.path(), "-o", output, "--profile", "tiny", "--modules", PATTERN];
        refused(folder.path(), &commit, name);
    }
    let twin = adapter_copy();
    succeed(arguments!["commit", twin.path(), "-o", output, "--profile", "tiny", "--modules", PATTERN]);
}

/// Its error would be infinite, which JSON cannot say: `digest` could not read the public file.
#[test]
fn a_module_whose_update_cancels_while_the_rounded_one_does_not_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let lora_a = [1.0, 0.25, 0.25, 1.0, 1.25, 1.25];
    let output = |name: &str| folder.path().join(name);
    let commit = |adapter: &Path, name: &str| {
        arguments!["commit", adapter, "-o", output(name), "--profile", "tiny", "--bits", "4"]
    };
    let twin = adapter_of(3, &lora_a, &[1.0, 1.0, 1.0]);
    assert!(succeed(commit(twin.path(), "twin"))["worst_quantization_error"].as_f64().expect("a number") > 0.0);
    let zero = adapter_of(3, &lora_a, &[0.0; 3]);
    assert_eq!(succeed(commit(zero.path(), "zero"))["worst_quantization_error"], 0.0);
    let cancelling = adapter_of(3, &lora_a, &[1.0, 1.0, -1.0]);
    let sentence = "module `layer.0.query`: at 4 bits its error is no number";
    refused(folder.path(), &commit(cancelling.path(), "cancelling"), sentence);

    let inspected = succeed(arguments!["inspect", cancelling.path()]);
    assert_eq!(inspected["modules"][0]["error_4_bit"], json!(null));
    assert_eq!((&inspected["bits_needed"], &inspected["profile"]), (&json!(8), &json!(null)));
    assert!(inspected["fits"][0]["reason"].as_str().expect("a reason").starts_with(sentence), "{inspected}");
    assert_eq!(succeed(arguments!["inspect", twin.path()])["profile"], "tiny");
}

#[test]
fn every_damaged_weights_file_is_refused() {
    type Damage = fn(&Path);
    fn tensor(path: &Path, name: &str, bytes: [u8; 4]) {
        let mut tensors = Tensors::read(path);
        tensors.bytes(&format!("base_model.model.{MODULE}.{name}.weight"))[..4].copy_from_slice(&bytes);
        tensors.write(path);
    }
    let cases: [(Damage, &str); 9] = [
        (|path| tensor(path, "lora_A", f32::NAN.to_le_bytes()), "NaN or infinite"),
        (|path| tensor(path, "lora_B", f32::INFINITY.to_le_bytes()), "NaN or infinite"),
        (
            |path| {
                let mut tensors = Tensors::read(path);
                let header = tensors.header.as_object_mut().expect("an object");
                let name = format!("base_model.model.{MODULE}.lora_B.weight");
                let entry = header.remove(&name).expect("there");
                header.insert(format!("base_model.model.{MODULE}.lora_A.other.weight"), entry);
                tensors.write(path);
            },
            MODULE,
        ),
        (
            |path| {
                let mut tensors = Tensors::read(path);
                tensors.header[format!("base_model.model.{MODULE}.lora_A.weight")]["shape"] = json!([4, 768]);
                tensors.write(path);
            },
            MODULE,
        ),
        (
            |path| {
                let bytes = std::fs::read(path).expect("readable");
                std::fs::write(path, &bytes[..bytes.len() - 1]).expect("written");
            },
            "cut short",
        ),
        (
            |path| {
                let mut bytes = std::fs::read(path).expect("readable");
                bytes.push(0);
                std::fs::write(path, bytes).expect("written");
            },
            "appended",
        ),
        (
            |path| {
                let mut bytes = std::fs::read(path).expect("readable");
                bytes[..8].copy_from_slice(&u64::MAX.to_le_bytes());
                std::fs::write(path, bytes).expect("written");
            },
            "header claims",
        ),
        (|path| std::fs::remove_file(path).expect("removed"), "no such file"),
        (|path| std::fs::rename(path, path.with_file_name("adapter_model.bin")).expect("renamed"), "adapter_model"),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("a.rpad");
    for (damage, part) in cases {
        let adapter = adapter_copy();
        damage(&adapter.path().join("adapter_model.safetensors"));
        let commit = arguments!["commit", adapter.path(), "-o", output, "--profile", "tiny", "--modules", PATTERN];
        refused(folder.path(), &commit, part);
    }
}

#[test]
fn every_bad_argument_of_commit_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("a.rpad");
    let base = arguments!["commit", fixture(""), "-o", output];
    let cases = [
        (arguments!["--profile", "huge"], "huge"),
        (arguments!["--profile", "tiny"], "number of modules"),
        (arguments!["--bits", "5"], "--bits"),
        (arguments!["--modules", "("], "--modules"),
        (arguments!["--modules", "nothing"], "nothing"),
        (arguments!["--base-digest", "xyz"], "--base-digest"),
    ];
    for (extra, part) in cases {
        refused(folder.path(), &[base.clone(), extra].concat(), part);
    }
    std::fs::write(folder.path().join("a.rpad.json"), "mine").expect("written");
    refused(folder.path(), &base, "a.rpad.json");
}

#[test]
fn every_bad_argument_of_prove_is_refused() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let base = |adapter: &Path, activations: &Path, extra: &[OsString]| -> Vec<OsString> {
        let mut base = arguments!["prove", "--adapter", adapter, "--activations", activations];
        base.extend(arguments!["-o", path("p"), "--outputs", path("y")]);
        base.extend_from_slice(extra);
        base
    };
    let (adapter, activations) = (honest.adapter(), honest.activations());
    let reserved = format!("0x02{}", "0".repeat(62));
    let cases = [
        (arguments!["--tokens", "0"], "zero tokens"),
        (arguments!["--tokens", "17"], "--tokens"),
        (arguments!["--tokens", "-1"], "-1"),
        (arguments!["--context", "0xzz"], "--context"),
        (arguments!["--context", "f".repeat(64)], "--context"),
        (arguments!["--context", reserved], "context kind 2"),
        (arguments!["--system", "plonk"], "plonk"),
        (arguments!["--gzip"], "--gzip"),
        (arguments!["--export-json", path("j")], "--export-json"),
        (arguments!["--system", "halo2", "--export-json", path("p")], "--export-json"),
        (arguments!["--system", "halo2", "--export-json", honest.public()], "--force"),
        (arguments!["--system", "halo2", "--tokens", "17"], "--tokens"),
        (arguments!["--system", "halo2", "--context", reserved.clone()], "context kind 2"),
        (arguments!["--unknown"], "--unknown"),
    ];
    for (extra, part) in cases {
        refused(folder.path(), &base(&adapter, &activations, &extra), part);
    }
    refused(folder.path(), &base(&path("none"), &activations, &[]), "no such file");
    refused(folder.path(), &base(&honest.proof(), &activations, &[]), "wrong magic");
    refused(folder.path(), &base(&honest.public(), &activations, &[]), "wrong magic");
    refused(folder.path(), &base(&adapter, &path("none"), &[]), "no such file");
    refused(folder.path(), &base(&adapter, &fixture("adapter_model.safetensors"), &[]), MODULE);
    refused(folder.path(), &base(&adapter, &adapter, &[]), "safetensors");
    let same = arguments![
        "prove",
        "--adapter",
        adapter,
        "--activations",
        activations,
        "-o",
        path("p"),
        "--outputs",
        path("p")
    ];
    refused(folder.path(), &same, "--outputs");

    std::fs::write(path("y"), "mine").expect("written");
    refused(folder.path(), &base(&adapter, &activations, &[]), "--force");
    std::fs::remove_file(path("y")).expect("removed");
    succeed(base(&adapter, &activations, &["--tokens".into(), "2".into()]));
}

#[test]
fn damaged_adapter_files_are_refused() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let bytes = std::fs::read(honest.adapter()).expect("readable");
    let mut changed = bytes.clone();
    changed[200] ^= 1;
    for (name, content, part) in [
        ("changed", changed, "were changed"),
        ("cut", bytes[..bytes.len() / 2].to_vec(), "truncated"),
        ("extended", [bytes.clone(), vec![0]].concat(), "1 bytes follow"),
        ("empty", Vec::new(), "wrong magic"),
    ] {
        std::fs::write(path(name), content).expect("written");
        let arguments = arguments![
            "prove",
            "--adapter",
            path(name),
            "--activations",
            honest.activations(),
            "-o",
            path("p"),
            "--outputs",
            path("y")
        ];
        refused(folder.path(), &arguments, part);
    }
}

#[test]
fn edited_public_adapter_files_are_refused() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let edited = folder.path().join("edited.json");
    let digest = arguments![
        "digest",
        "--adapter",
        edited,
        "--activations",
        honest.activations(),
        "--outputs",
        honest.outputs(),
        "--tokens",
        support::TOKENS
    ];
    type Edit = fn(&mut serde_json::Value);
    let cases: [(Edit, &str); 9] = [
        (|public| public["format"] = json!("rankproof.adapter.v2"), "format"),
        (|public| public["profile"] = json!("huge"), "profile"),
        (|public| public["profile"] = json!("small"), "inner_digest"),
        (|public| public["bits"] = json!(5), "bits"),
        (|public| public["adapter_id"] = json!("0xzz"), "adapter_id"),
        (|public| public["modules"][0]["rank"] = json!(7), "manifest_digest"),
        (|public| public["modules"][0]["in_features"] = json!(u64::MAX), "in_features"),
        (|public| public["modules"][0]["out_scale"][0] = json!(0.25), "manifest_digest"),
        (|public| public["surplus"] = json!(1), "surplus"),
    ];
    for (edit, part) in cases {
        std::fs::copy(honest.public(), &edited).expect("copied");
        edit_json(&edited, edit);
        refused(folder.path(), &digest, part);
    }
    std::fs::copy(honest.public(), &edited).expect("copied");
    succeed(&digest);
}

#[test]
fn usage_errors_are_one_sentence_and_help_is_none() {
    for arguments in [arguments!["verify"], arguments!["nonsense"], arguments!["commit", "x"]] {
        let sentence = fail(2, &arguments);
        assert!(sentence.ends_with("see `rankproof --help`"), "{sentence}");
    }
    for help in ["--help", "--version"] {
        let output = support::rankproof([help]);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty() && !output.stdout.is_empty());
    }
}

#[test]
fn a_disk_that_refuses_is_exit_code_3() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing");
    let prove = arguments![
        "prove",
        "--adapter",
        honest.adapter(),
        "--activations",
        honest.activations(),
        "--tokens",
        "2",
        "-o",
        missing.join("p"),
        "--outputs",
        folder.path().join("y")
    ];
    let sentence = fail(3, prove);
    assert!(sentence.contains("missing"), "{sentence}");
    assert!(snapshot(folder.path()).is_empty(), "the outputs are not left alone: {:?}", snapshot(folder.path()).keys());
}

#[test]
fn a_killed_run_leaves_no_half_file() {
    let honest = honest();
    for milliseconds in [20, 120, 250, 400] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_rankproof"))
            .args(arguments![
                "prove",
                "--adapter",
                honest.adapter(),
                "--activations",
                honest.activations(),
                "--tokens",
                "2",
                "-o",
                path("p"),
                "--outputs",
                path("y")
            ])
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the binary runs");
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().expect("killed");
        child.wait().expect("ended");
        if path("p").exists() {
            succeed(arguments!["verify", path("p")]);
            assert!(path("y").exists(), "the outputs come first");
        }
        if path("y").exists() {
            Tensors::read(&path("y")).bytes(&format!("{MODULE}.y"));
        }
    }
}
