//! Where a command writes: at places that are free, or may be replaced, no two files at one, and none over what is read.

use std::path::{Path, PathBuf};

use crate::Error;

/// Refuses to replace an existing file unless forced.
pub(crate) fn check_free(path: &Path, force: bool) -> Result<(), Error> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(rankproof_adapter::Error::FileExists { path: path.into() }.into());
    }
    Ok(())
}

/// Refuses to write two files to one place, and to a place that is read; each file comes with its argument.
pub(crate) fn check_distinct(read: &[(&'static str, &Path)], written: &[(&'static str, &Path)]) -> Result<(), Error> {
    let files: Vec<(&'static str, &Path)> = [read, written].concat();
    let places: Vec<PathBuf> = files.iter().map(|(_, path)| place(path)).collect();
    for (index, ((argument, path), place)) in files.iter().zip(&places).enumerate().skip(read.len()) {
        let mut earlier = files.iter().zip(&places).take(index);
        if let Some(((other, _), _)) = earlier.find(|(_, earlier)| *earlier == place) {
            return Err(Error::BadArgument {
                argument,
                reason: format!("{} is a file of {other} already", path.display()),
                remedy: "give every file a name of its own",
            });
        }
    }
    Ok(())
}

/// What a file replaces: a name in a folder, whatever the folder is called. A link of that name is replaced, not what
/// it leads to. A folder that is not there is as it is spelled; writing into it fails.
fn place(path: &Path) -> PathBuf {
    let Some(name) = path.file_name() else { return path.into() };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    parent.canonicalize().unwrap_or_else(|_| parent.into()).join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The working folder of a test is that of its crate.
    #[test]
    fn names_of_one_place_are_refused_by_the_argument_of_the_later() {
        let absolute = std::env::current_dir().expect("a folder").join("y");
        let distinct = |later: &Path| check_distinct(&[], &[("--output", "y".as_ref()), ("--outputs", later)]);
        for other in ["z", "src/y", "missing/y", "missing/../y", "Y"] {
            distinct(other.as_ref()).expect("another place");
        }
        for same in ["y", "./y", "src/../y", "src/.././y"].map(Path::new).into_iter().chain([absolute.as_path()]) {
            let error = distinct(same).unwrap_err();
            let Error::BadArgument { argument: "--outputs", reason, .. } = &error else { panic!("{error}") };
            assert_eq!(*reason, format!("{} is a file of --output already", same.display()));
        }
    }

    #[test]
    fn what_is_read_is_not_written_over_and_may_be_read_twice() {
        let read = [("--adapter", "a".as_ref()), ("--activations", "x".as_ref()), ("--activations", "x".as_ref())];
        let written = |path: &'static str| check_distinct(&read, &[("--output", path.as_ref())]);
        written("p").expect("another place");
        let error = written("./a").unwrap_err();
        let Error::BadArgument { argument: "--output", reason, .. } = &error else { panic!("{error}") };
        assert_eq!(reason, "./a is a file of --adapter already");
        assert!(matches!(written("src/../x"), Err(Error::BadArgument { argument: "--output", .. })));
    }
}
