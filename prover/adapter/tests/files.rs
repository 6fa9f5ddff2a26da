//! Writing: whole or not at all, and never over somebody's file by accident.

use std::fs;

use rankproof_adapter::Error;
use rankproof_adapter::files::{Batch, holds, read, write_atomically, write_private};
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

/// Names and contents of a folder.
fn content(directory: &TempDir) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

/// `one` is there, `two` is not, `three` is as the case makes it.
fn batch(directory: &TempDir, force: bool, third: &str) -> Result<Batch, Error> {
    let mut batch = Batch::new(force);
    batch.add_private(&directory.path().join("one"), b"new one")?;
    batch.add_shared(&directory.path().join("two"), b"new two")?;
    batch.add_private(&directory.path().join(third), b"new three")?;
    Ok(batch)
}

#[test]
fn a_batch_replaces_all_or_nothing() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("one"), b"old one").unwrap();
    let before = content(&directory);
    // A temporary file cannot be made, and nothing stays of the others.
    assert!(matches!(batch(&directory, true, "absent/three"), Err(Error::Io { path, .. }) if path.ends_with("three")));
    assert_eq!(content(&directory), before);
    // The last rename is refused: what was there is back, what was not is gone.
    fs::create_dir(directory.path().join("three")).unwrap();
    let before = content(&directory);
    let refused = batch(&directory, true, "three").unwrap().finish();
    assert!(matches!(refused, Err(Error::Io { path, action: "write", .. }) if path.ends_with("three")));
    assert_eq!(content(&directory), before);
    fs::remove_dir(directory.path().join("three")).unwrap();
    batch(&directory, true, "three").unwrap().finish().unwrap();
    let after = [("one", "new one"), ("three", "new three"), ("two", "new two")];
    assert_eq!(content(&directory), after.map(|(name, bytes)| (name.into(), bytes.into())));
}

#[test]
fn a_batch_without_force_replaces_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("three");
    let staged = batch(&directory, false, "three").unwrap();
    fs::write(&path, b"somebody's").unwrap();
    assert_eq!(staged.finish(), Err(Error::FileExists { path: path.clone() }));
    assert_eq!(content(&directory), [("three".into(), b"somebody's".to_vec())]);
    assert_eq!(batch(&directory, false, "three").map(drop), Err(Error::FileExists { path: path.clone() }));
    fs::remove_file(&path).unwrap();
    batch(&directory, false, "three").unwrap().finish().unwrap();
    assert_eq!(content(&directory).len(), 3);
}

#[test]
fn a_file_holds_its_bytes_and_no_others() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("in");
    assert_eq!(holds(&path, b""), Ok(false), "it is not there");
    fs::write(&path, b"12345").unwrap();
    assert_eq!(holds(&path, b"12345"), Ok(true));
    for other in [b"1234".as_slice(), b"12346", b"123456", b""] {
        assert_eq!(holds(&path, other), Ok(false));
    }
    assert_eq!(holds(directory.path(), b""), Err(Error::NotARegularFile { path: directory.path().into() }));
}
