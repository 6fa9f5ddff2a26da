//! Commit, prove, digest, verify: what agrees, and what a wrong id, edited outputs or an edited adapter do.

mod support;

use std::process::Command;

use support::{MODULE, PATTERN, TOKENS, Tensors, adapter_copy, fail, field, fixture, honest, root, snapshot, succeed};

#[test]
fn commit_prove_digest_and_verify_agree_on_the_ids() {
    let honest = honest();
    assert_eq!(honest.committed["up_to_date"], false);
    assert_eq!(honest.proven["tokens"], 5);
    assert_eq!(honest.proven["modules"], 1);
    let digest = succeed(arguments![
        "digest",
        "--adapter",
        honest.public(),
        "--activations",
        honest.activations(),
        "--outputs",
        honest.outputs(),
        "--tokens",
        TOKENS
    ]);
    let adapter_id = field(&honest.committed, "adapter_id");
    let activations_id = field(&digest, "activations_id");
    assert_eq!(field(&honest.proven, "adapter_id"), adapter_id);
    assert_eq!(field(&digest, "adapter_id"), adapter_id);
    assert_eq!(field(&honest.proven, "activations_id"), activations_id);
    let verified = succeed(arguments![
        "verify",
        honest.proof(),
        "--adapter-id",
        adapter_id,
        "--activations-id",
        activations_id,
        "--context",
        "7"
    ]);
    assert_eq!(verified["verified"], true);
    assert_eq!(verified["security_bits"], 100);
}

#[test]
fn outputs_are_what_python_computes_from_the_integers() {
    let honest = honest();
    let output = Command::new("python3")
        .arg(root().join("tools/check_outputs.py"))
        .args([honest.integers(), honest.outputs()])
        .arg("--activations")
        .arg(honest.activations())
        .args(["--max-error", "0.14", "--bits", "4", "--adapter"])
        .arg(fixture(""))
        .output()
        .expect("python3 runs");
    assert!(output.status.success(), "{}", support::text(&output.stderr));
    assert!(support::text(&output.stdout).contains("1 modules x 5 tokens agree"), "{}", support::text(&output.stdout));
}

#[test]
fn verify_refuses_with_exit_code_1_another_adapter_activations_or_context() {
    let honest = honest();
    for (argument, what) in
        [("--adapter-id", "the adapter id"), ("--activations-id", "the activations id"), ("--context", "the context")]
    {
        let sentence = fail(1, arguments!["verify", honest.proof(), argument, "0x8"]);
        assert!(sentence.contains(what) && sentence.contains("proof.rplp"), "{sentence}");
    }
}

#[test]
fn another_context_token_count_or_adapter_is_another_statement() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let fewer = succeed(arguments![
        "prove",
        "--adapter",
        honest.adapter(),
        "--activations",
        honest.activations(),
        "--tokens",
        "4",
        "-o",
        path("fewer"),
        "--outputs",
        path("fewer.safetensors")
    ]);
    assert_eq!(field(&fewer, "adapter_id"), field(&honest.proven, "adapter_id"));
    assert_ne!(field(&fewer, "activations_id"), field(&honest.proven, "activations_id"));
    let id = field(&honest.proven, "activations_id");
    fail(1, arguments!["verify", path("fewer"), "--activations-id", id]);
    let again =
        succeed(arguments!["commit", fixture(""), "-o", path("again.rpad"), "--profile", "tiny", "--modules", PATTERN]);
    assert_ne!(field(&again, "adapter_id"), field(&honest.committed, "adapter_id"), "a fresh salt, a fresh id");
}

fn digest_of(activations: &std::path::Path, outputs: &std::path::Path) -> Vec<std::ffi::OsString> {
    arguments![
        "digest",
        "--adapter",
        honest().public(),
        "--activations",
        activations,
        "--outputs",
        outputs,
        "--tokens",
        TOKENS
    ]
}

#[test]
fn digest_refuses_with_exit_code_1_another_token_order() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let swapped = folder.path().join("swapped.safetensors");
    let mut tensors = Tensors::read(&honest.activations());
    let row = 384 * 4;
    let x = tensors.bytes(&format!("{MODULE}.x"));
    let (first, rest) = x.split_at_mut(row);
    first.swap_with_slice(&mut rest[..row]);
    tensors.write(&swapped);
    succeed(digest_of(&honest.activations(), &honest.outputs()));
    let sentence = fail(1, digest_of(&swapped, &honest.outputs()));
    assert!(sentence.contains(MODULE) && sentence.contains("x_int"), "{sentence}");
}

#[test]
fn digest_refuses_with_exit_code_1_edited_outputs() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let edited = folder.path().join("edited.safetensors");
    for (part, byte) in [("delta", 0), ("x_int", 0), ("y", 0), ("out_scale", 3), ("token_scale", 3)] {
        let mut tensors = Tensors::read(&honest.outputs());
        tensors.bytes(&format!("{MODULE}.{part}"))[byte] ^= 1;
        tensors.write(&edited);
        let sentence = fail(1, digest_of(&honest.activations(), &edited));
        assert!(sentence.contains("edited.safetensors") && sentence.contains(MODULE), "{part}: {sentence}");
    }
}

#[test]
fn digest_gives_another_id_for_consistently_edited_outputs_or_another_salt() {
    let honest = honest();
    let folder = tempfile::tempdir().expect("a folder");
    let edited = folder.path().join("edited.safetensors");
    // y is zero or not: set it to a small number and delta to what the scales make of it.
    let mut tensors = Tensors::read(&honest.outputs());
    let scale = |bytes: &[u8]| f64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
    let out_scale = scale(tensors.bytes(&format!("{MODULE}.out_scale")));
    let token_scale = scale(tensors.bytes(&format!("{MODULE}.token_scale")));
    tensors.bytes(&format!("{MODULE}.y"))[..8].copy_from_slice(&3i64.to_le_bytes());
    let delta = (out_scale * token_scale * 3.0) as f32;
    tensors.bytes(&format!("{MODULE}.delta"))[..4].copy_from_slice(&delta.to_le_bytes());
    tensors.write(&edited);
    let wrong_y = succeed(digest_of(&honest.activations(), &edited));
    assert_ne!(field(&wrong_y, "activations_id"), field(&honest.proven, "activations_id"));

    let mut tensors = Tensors::read(&honest.outputs());
    tensors.bytes("activations_salt")[31] ^= 1;
    tensors.write(&edited);
    let other_salt = succeed(digest_of(&honest.activations(), &edited));
    assert_ne!(field(&other_salt, "activations_id"), field(&honest.proven, "activations_id"));
}

#[test]
fn commit_says_up_to_date_and_rewrites_nothing() {
    let adapter = adapter_copy();
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("a.rpad");
    let commit = arguments!["commit", adapter.path(), "-o", output, "--profile", "tiny", "--modules", PATTERN];
    let first = succeed(&commit);
    let before = snapshot(folder.path());
    assert_eq!(before.len(), 2);
    let second = succeed(&commit);
    assert_eq!(second["up_to_date"], true);
    assert_eq!(field(&second, "adapter_id"), field(&first, "adapter_id"));
    assert_eq!(snapshot(folder.path()), before);
    // The same content under another name and a newer time is the same adapter.
    let renamed = adapter_copy();
    let mut moved = commit.clone();
    moved[1] = renamed.path().into();
    assert_eq!(succeed(&moved)["up_to_date"], true);
}

#[test]
fn commit_notices_an_edited_adapter_and_other_options() {
    let adapter = adapter_copy();
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("a.rpad");
    let commit = arguments!["commit", adapter.path(), "-o", output, "--profile", "tiny", "--modules", PATTERN];
    let first = succeed(&commit);
    let before = snapshot(folder.path());
    for extra in [arguments!["--bits", "8"], arguments!["--base-digest", "1"]] {
        let sentence = fail(2, commit.iter().chain(&extra));
        assert!(sentence.contains("a.rpad") && sentence.contains("--force"), "{sentence}");
    }
    let weights = adapter.path().join("adapter_model.safetensors");
    let mut tensors = Tensors::read(&weights);
    tensors.bytes(&format!("base_model.model.{MODULE}.lora_A.weight"))[2] ^= 1;
    tensors.write(&weights);
    let sentence = fail(2, &commit);
    assert!(sentence.contains("other weights or options") && sentence.contains("--force"), "{sentence}");
    assert_eq!(snapshot(folder.path()), before, "nothing was written");
    let forced = succeed(commit.iter().cloned().chain(arguments!["--force"]));
    assert_ne!(field(&forced, "adapter_id"), field(&first, "adapter_id"));
}

#[test]
fn eight_bits_and_half_of_the_tokens_work_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    succeed(arguments![
        "commit",
        fixture(""),
        "-o",
        path("a"),
        "--profile",
        "tiny",
        "--modules",
        PATTERN,
        "--bits",
        "8",
        "--export-integers",
        path("integers")
    ]);
    succeed(arguments![
        "prove",
        "--adapter",
        path("a"),
        "--activations",
        fixture("activations.safetensors"),
        "--tokens",
        "3",
        "-o",
        path("p"),
        "--outputs",
        path("y")
    ]);
    let output = Command::new("python3")
        .arg(root().join("tools/check_outputs.py"))
        .args([path("integers"), path("y")])
        .arg("--activations")
        .arg(fixture("activations.safetensors"))
        .args(["--max-error", "0.02"])
        .output()
        .expect("python3 runs");
    assert!(output.status.success(), "{}", support::text(&output.stderr));
}

#[test]
fn inspect_and_base_digest_report() {
    let report = succeed(arguments!["inspect", fixture("")]);
    assert_eq!(report["bits_needed"], 4);
    assert_eq!(report["profile"], "small");
    assert_eq!(report["modules"].as_array().map(Vec::len), Some(12));
    let model = fixture("adapter_model.safetensors");
    let report = succeed(arguments!["base-digest", model]);
    assert_eq!(field(&report, "base_model_digest").len(), 66);
}
