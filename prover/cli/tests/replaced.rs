//! Files that are there already: `--force` replaces all of them or none, whatever fails on the way, two names of one
//! place are refused, and `commit` without `--force` finds a public side that is not that of its adapter file.

mod support;

use std::ffi::OsString;
use std::path::Path;

use support::{PATTERN, fail, field, fixture, honest, prove_one_token, snapshot, succeed};

const SYSTEMS: [&str; 2] = ["sumcheck", "halo2"];

/// One token of the honest adapter, over what is there.
fn prove(system: &str, proof: &Path, outputs: &Path) -> Vec<OsString> {
    [prove_one_token(system, proof, outputs), arguments!["--force"]].concat()
}

fn commit(output: &Path, more: Vec<OsString>) -> Vec<OsString> {
    let mut arguments = arguments!["commit", fixture(""), "-o", output, "--profile", "tiny", "--modules", PATTERN];
    arguments.extend(more);
    arguments
}

/// Runs what fails, which changes nothing.
fn fails_and_changes_nothing(folder: &Path, code: i32, arguments: &[OsString]) -> String {
    let before = snapshot(folder);
    let sentence = fail(code, arguments);
    let after = snapshot(folder);
    assert!(after.keys().eq(before.keys()), "{arguments:?}: {:?}, before {:?}", after.keys(), before.keys());
    let changed: Vec<_> = before.iter().filter(|(path, content)| after.get(*path) != Some(content)).collect();
    assert!(changed.is_empty(), "{arguments:?}: {:?}", changed.iter().map(|(path, _)| path).collect::<Vec<_>>());
    sentence
}

/// Outputs hold the only salt of an activations id, which may stand in a registry.
#[test]
fn a_proof_that_cannot_be_written_leaves_the_old_outputs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder")).expect("a folder");
    for system in SYSTEMS {
        succeed(prove(system, &path("p"), &path("y")));
        let before = snapshot(folder.path());
        succeed(prove(system, &path("p"), &path("y")));
        assert!(before.iter().all(|(path, content)| snapshot(folder.path())[path] != *content), "all are replaced");
        // No temporary file can be made, or the last rename is refused: the outputs are the first of both.
        let sentence = fails_and_changes_nothing(folder.path(), 3, &prove(system, &path("missing/p"), &path("y")));
        assert!(sentence.contains("missing/p: cannot write"), "{sentence}");
        let sentence = fails_and_changes_nothing(folder.path(), 3, &prove(system, &path("folder"), &path("y")));
        assert!(sentence.contains("folder: cannot write"), "{sentence}");
    }
    let mut with_json = prove("halo2", &path("p"), &path("y"));
    with_json.extend(arguments!["--export-json", path("j")]);
    succeed(&with_json);
    *with_json.last_mut().expect("the file") = path("missing/j").into();
    let sentence = fails_and_changes_nothing(folder.path(), 3, &with_json);
    assert!(sentence.contains("missing/j: cannot write"), "{sentence}");
}

#[test]
fn a_proof_of_several_runs_that_cannot_be_written_leaves_the_old_outputs() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    succeed(arguments!["commit", fixture(""), "-o", path("a"), "--profile", "tiny-s2", "--modules", PATTERN]);
    let prove = |proof: &str| {
        let mut arguments = arguments!["prove", "--adapter", path("a"), "--tokens", "1", "--force", "-o", path(proof)];
        for outputs in ["y0", "y1"] {
            arguments.extend(arguments!["--activations", honest().activations(), "--outputs", path(outputs)]);
        }
        arguments
    };
    std::fs::create_dir(path("folder")).expect("a folder");
    succeed(prove("p"));
    let sentence = fails_and_changes_nothing(folder.path(), 3, &prove("missing/p"));
    assert!(sentence.contains("missing/p: cannot write"), "{sentence}");
    let sentence = fails_and_changes_nothing(folder.path(), 2, &prove("folder/../y1"));
    assert!(sentence.contains("give every file a name of its own"), "{sentence}");
    succeed(prove("p"));
}

#[test]
fn integers_that_cannot_be_written_leave_the_old_adapter_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder")).expect("a folder");
    let integers = |name: &str| commit(&path("a"), arguments!["--force", "--export-integers", path(name)]);
    let first = succeed(integers("i"));
    assert_ne!(field(&succeed(integers("i")), "adapter_id"), field(&first, "adapter_id"));
    let sentence = fails_and_changes_nothing(folder.path(), 3, &integers("missing/i"));
    assert!(sentence.contains("missing/i: cannot write"), "{sentence}");
    for same in ["a", "a.json", "folder/../a.json"] {
        let sentence = fails_and_changes_nothing(folder.path(), 2, &integers(same));
        assert!(sentence.starts_with("--export-integers: ") && sentence.contains("a name of its own"), "{sentence}");
    }
}

#[test]
fn two_names_of_one_place_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("folder")).expect("a folder");
    succeed(prove("sumcheck", &path("p"), &path("y")));
    for (system, other) in SYSTEMS.into_iter().flat_map(|system| [(system, "folder/../y"), (system, "./y")]) {
        let sentence = fails_and_changes_nothing(folder.path(), 2, &prove(system, &path(other), &path("y")));
        assert!(sentence.starts_with("--outputs: ") && sentence.contains("a name of its own"), "{sentence}");
    }
    let elsewhere = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(folder.path(), elsewhere.path().join("link")).expect("a link");
    let sentence =
        fails_and_changes_nothing(folder.path(), 2, &prove("sumcheck", &elsewhere.path().join("link/y"), &path("y")));
    assert!(sentence.contains("give every file a name of its own"), "{sentence}");
    let mut with_json = prove("halo2", &path("p"), &path("y"));
    with_json.extend(arguments!["--export-json", path("folder/../y")]);
    let sentence = fails_and_changes_nothing(folder.path(), 2, &with_json);
    assert!(sentence.starts_with("--export-json: ") && sentence.contains("a name of its own"), "{sentence}");
}

/// What `commit --force`, killed between its two renames, leaves: the new adapter file, the old public side.
/// `--force` replaces earlier results, not what a command reads: an adapter file has the only salt of its id.
#[test]
fn what_is_read_is_not_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    for (from, to) in [(honest().adapter(), "a"), (honest().activations(), "x"), (honest().proof(), "p")] {
        std::fs::copy(from, path(to)).expect("copied");
    }
    let own = |proof: &str, outputs: &str, system: &str| {
        let mut arguments = prove(system, &path(proof), &path(outputs));
        for (position, name) in [(4, "a"), (6, "x")] {
            arguments[position] = path(name).into();
        }
        arguments
    };
    for system in SYSTEMS {
        for (proof, outputs, read) in [("a", "y", "--adapter"), ("q", "x", "--activations"), ("q", "./a", "--adapter")]
        {
            let sentence = fails_and_changes_nothing(folder.path(), 2, &own(proof, outputs, system));
            assert!(sentence.contains(&format!("is a file of {read} already")), "{sentence}");
        }
        succeed(own("q", "y", system));
    }
    let seal = arguments!["seal", path("p"), "--force", "-o", path("p")];
    let sentence = fails_and_changes_nothing(folder.path(), 2, &seal);
    assert!(sentence.contains("is a file of PROOFS already"), "{sentence}");
    let adapter = support::adapter_copy();
    let weights = adapter.path().join("adapter_model.safetensors");
    let commit = arguments!["commit", adapter.path(), "-o", weights, "--force", "--profile", "tiny"];
    let sentence = fails_and_changes_nothing(adapter.path(), 2, &commit);
    assert!(sentence.contains("is a file of ADAPTER_DIR already"), "{sentence}");
}

#[test]
fn commit_writes_a_stale_public_side_again_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let id_of = |public: &[u8]| {
        let public: serde_json::Value = serde_json::from_slice(public).expect("JSON");
        field(&public, "adapter_id").to_owned()
    };
    succeed(commit(&path("a"), vec![]));
    let old = std::fs::read(path("a.json")).expect("readable");
    let new = succeed(commit(&path("a"), vec!["--force".into()]));
    let public = std::fs::read(path("a.json")).expect("readable");
    assert_eq!(succeed(commit(&path("a"), vec![]))["notes"], serde_json::json!([]));

    std::fs::write(path("a.json"), &old).expect("written");
    assert_ne!(id_of(&old), field(&new, "adapter_id"));
    let again = succeed(commit(&path("a"), vec![]));
    assert_eq!(field(&again, "adapter_id"), field(&new, "adapter_id"));
    assert_eq!(id_of(&std::fs::read(path("a.json")).expect("readable")), field(&new, "adapter_id"));
    assert_eq!(std::fs::read(path("a.json")).expect("readable"), public);
    let note = again["notes"][0].as_str().expect("a note");
    assert!(note.contains("a.json: it was not the public side of") && note.contains("written again"), "{note}");

    // What is no public adapter file is somebody's.
    std::fs::write(path("a.json"), "{}").expect("written");
    let sentence = fails_and_changes_nothing(folder.path(), 2, &commit(&path("a"), vec![]));
    assert!(sentence.contains("a.json is there and is no public adapter file"), "{sentence}");
}

#[test]
fn commit_refuses_integers_of_something_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let arguments = commit(&path("a"), arguments!["--export-integers", path("i")]);
    succeed(&arguments);
    let integers = std::fs::read(path("i")).expect("readable");
    assert_eq!(succeed(&arguments)["up_to_date"], true);
    for stale in [&integers[..integers.len() - 1], &[integers.as_slice(), &[0]].concat(), b"mine"] {
        std::fs::write(path("i"), stale).expect("written");
        let sentence = fails_and_changes_nothing(folder.path(), 2, &arguments);
        assert!(sentence.starts_with("--export-integers: ") && sentence.contains("remove it"), "{sentence}");
    }
    std::fs::remove_file(path("i")).expect("removed");
    succeed(&arguments);
    assert_eq!(std::fs::read(path("i")).expect("readable"), integers);
}
