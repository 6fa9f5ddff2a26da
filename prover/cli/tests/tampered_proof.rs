//! A proof file with any byte changed, cut or extended is refused with exit code 1 or 2, and nothing panics.

mod support;

use std::path::Path;

use support::{honest, rankproof, succeed, text};

fn refused(path: &Path, what: &str) {
    let output = rankproof([std::ffi::OsStr::new("verify"), path.as_os_str()]);
    let sentence = text(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{what}: {:?} {sentence}", output.status);
    assert_eq!(sentence.lines().count(), 1, "{what}: {sentence}");
    assert!(sentence.starts_with("error: "), "{what}: {sentence}");
}

/// Every byte of the header, the statement and the layouts, then samples all over the argument.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    (0..length.min(160)).step_by(3).chain((160..length).step_by(length / 150)).chain([length - 1])
}

#[test]
fn every_sampled_byte_changed_is_refused() {
    let bytes = std::fs::read(honest().proof()).expect("a proof");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("changed");
    std::fs::write(&path, &bytes).expect("written");
    succeed(arguments!["verify", path]);
    for (index, position) in positions(bytes.len()).enumerate() {
        let mut changed = bytes.clone();
        changed[position] ^= 1 << (index % 8);
        std::fs::write(&path, changed).expect("written");
        refused(&path, &format!("byte {position} changed"));
    }
}

#[test]
fn every_sampled_cut_and_every_extension_is_refused() {
    let bytes = std::fs::read(honest().proof()).expect("a proof");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cut");
    for length in (0..bytes.len()).step_by(bytes.len() / 40).chain([1, 6, bytes.len() - 1]) {
        std::fs::write(&path, &bytes[..length]).expect("written");
        refused(&path, &format!("cut to {length} bytes"));
    }
    for tail in [vec![0], vec![0; 32], bytes.clone()] {
        std::fs::write(&path, [bytes.clone(), tail].concat()).expect("written");
        refused(&path, "extended");
    }
}
