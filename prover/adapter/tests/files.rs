//! Writing: whole or not at all, and never over somebody's file by accident.

use std::fs;

use rankproof_adapter::Error;
use rankproof_adapter::files::{read, write_atomically, write_private};
use tempfile::TempDir;

#[test]
fn replaces_only_with_force_and_leaves_nothing_behind() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("out");
    write_atomically(&path, b"one", false).unwrap();
    assert_eq!(write_atomically(&path, b"two", false), Err(Error::FileExists { path: path.clone() }));
    assert_eq!(fs::read(&path).unwrap(), b"one");
    write_private(&path, b"three", true).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"three");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn names_the_file_when_the_directory_is_missing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("absent/out");
    match write_atomically(&path, b"one", true) {
        Err(Error::Io { path: named, action: "write", .. }) => assert_eq!(named, path),
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_up_to_the_limit() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("in");
    fs::write(&path, b"12345").unwrap();
    assert_eq!(read(&path, 5), Ok(b"12345".to_vec()));
    assert_eq!(read(&path, 4), Err(Error::FileTooLarge { path, bytes: 5, limit: 4 }));
}

#[cfg(unix)]
#[test]
fn keeps_private_files_to_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let directory = TempDir::new().unwrap();
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode() & 0o777;
    write_private(&directory.path().join("secret"), b"1", false).unwrap();
    write_atomically(&directory.path().join("public"), b"1", false).unwrap();
    assert_eq!(mode("secret"), 0o600);
    assert_eq!(mode("public") & 0o600, 0o600);
}
