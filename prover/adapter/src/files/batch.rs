//! Files that belong together: all of them are written, or none.

use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::{Mode, beside, place, stage};
use crate::Error;

/// Files that are first all written under temporary names beside their places, and then all renamed.
///
/// A full disk or a missing folder is noticed before the first rename, and nothing has changed. A rename that fails
/// puts back what the earlier ones replaced, where the file system has hard links. Dropped without [`Self::finish`],
/// it leaves nothing.
#[derive(Debug)]
pub struct Batch {
    force: bool,
    staged: Vec<(NamedTempFile, PathBuf)>,
}

/// What a renamed file has replaced.
enum Earlier {
    Nothing,
    /// Its second name.
    File(TempPath),
    /// The file system gave it no second name.
    Lost,
}

impl Batch {
    /// No files yet; `force` replaces those that exist.
    pub const fn new(force: bool) -> Self {
        Self { force, staged: Vec::new() }
    }

    /// Adds a file that others may read (as the umask says).
    ///
    /// # Errors
    /// [`Error::FileExists`] without `force`, [`Error::Io`].
    pub fn add_shared(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.add(path, bytes, Mode::Shared)
    }

    /// Adds a file that only its owner may read.
    ///
    /// # Errors
    /// Those of [`Self::add_shared`].
    pub fn add_private(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.add(path, bytes, Mode::Private)
    }

    fn add(&mut self, path: &Path, bytes: &[u8], mode: Mode) -> Result<(), Error> {
        self.staged.push((stage(path, bytes, self.force, mode)?, path.into()));
        Ok(())
    }

    /// Gives all files their names, in the order in which they were added.
    ///
    /// # Errors
    /// [`Error::FileExists`] if one appeared meanwhile and there is no `force`, [`Error::Io`].
    pub fn finish(self) -> Result<(), Error> {
        let mut placed: Vec<(PathBuf, Earlier)> = Vec::with_capacity(self.staged.len());
        for (temporary, path) in self.staged {
            let earlier = Earlier::of(&path);
            if let Err(error) = place(temporary, &path, self.force) {
                placed.into_iter().rev().for_each(|(path, earlier)| earlier.put_back(&path));
                return Err(error);
            }
            placed.push((path, earlier));
        }
        Ok(())
    }
}

impl Earlier {
    fn of(path: &Path) -> Self {
        if path.symlink_metadata().is_err() {
            return Self::Nothing;
        }
        let (directory, builder) = beside(path);
        let linked = builder.make_in(directory, |name| std::fs::hard_link(path, name));
        linked.map_or(Self::Lost, |linked| Self::File(linked.into_temp_path()))
    }

    /// As far as the file system lets it: the error that is reported is the one that came first.
    fn put_back(self, path: &Path) {
        match self {
            Self::Nothing => drop(std::fs::remove_file(path)),
            Self::File(second) => drop(second.persist(path)),
            Self::Lost => {}
        }
    }
}
