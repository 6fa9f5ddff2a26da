//! Opening what may be hostile, and writing so that a killed run leaves no half file under the final name.
//!
//! Symbolic links are followed (the Hugging Face cache is made of them), but what they lead to must be a regular file:
//! opening a pipe would wait for ever.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::Error;

mod batch;

pub use batch::Batch;

/// Opens a regular file and tells its length in bytes.
///
/// # Errors
/// [`Error::FileMissing`], [`Error::NotARegularFile`], [`Error::Io`].
pub fn open(path: &Path) -> Result<(File, u64), Error> {
    let found = std::fs::metadata(path).map_err(|e| io_error(path, "open", &e))?;
    if !found.is_file() {
        return Err(Error::NotARegularFile { path: path.into() });
    }
    let file = File::open(path).map_err(|e| io_error(path, "open", &e))?;
    let length = file.metadata().map_err(|e| io_error(path, "open", &e))?.len();
    Ok((file, length))
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// [`Error::FileTooLarge`] before anything is allocated, and those of [`open`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let (file, bytes) = open(path)?;
    if bytes > limit {
        return Err(Error::FileTooLarge { path: path.into(), bytes, limit });
    }
    let mut content = Vec::new();
    // The file may grow after its length was taken: the limit holds all the same.
    file.take(limit).read_to_end(&mut content).map_err(|e| io_error(path, "read", &e))?;
    Ok(content)
}

/// Reads the first bytes of a file, fewer if it is shorter.
///
/// # Errors
/// Those of [`open`].
pub fn read_head(path: &Path, bytes: u64) -> Result<Vec<u8>, Error> {
    let (file, _) = open(path)?;
    let mut head = Vec::new();
    file.take(bytes).read_to_end(&mut head).map_err(|e| io_error(path, "read", &e))?;
    Ok(head)
}

/// Writes a file that others may read (as the umask says): a temporary name in the same directory, then a rename.
///
/// # Errors
/// [`Error::FileExists`] if `path` exists and `force` is false (checked by the rename itself, so two runs cannot race);
/// [`Error::Io`].
pub fn write_atomically(path: &Path, bytes: &[u8], force: bool) -> Result<(), Error> {
    write(path, bytes, force, Mode::Shared)
}

/// As [`write_atomically`], readable by its owner only: for salts, integers and whatever else reveals the adapter.
///
/// # Errors
/// Those of [`write_atomically`].
pub fn write_private(path: &Path, bytes: &[u8], force: bool) -> Result<(), Error> {
    write(path, bytes, force, Mode::Private)
}

/// Whether a file has exactly these bytes; one that is not there has not.
///
/// # Errors
/// [`Error::NotARegularFile`], [`Error::Io`].
pub fn holds(path: &Path, bytes: &[u8]) -> Result<bool, Error> {
    match read(path, u64::try_from(bytes.len()).unwrap_or(u64::MAX)) {
        Ok(content) => Ok(content == bytes),
        Err(Error::FileMissing { .. } | Error::FileTooLarge { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Shared,
    Private,
}

fn write(path: &Path, bytes: &[u8], force: bool, mode: Mode) -> Result<(), Error> {
    place(stage(path, bytes, force, mode)?, path, force)
}

/// The folder of a file, and how temporary names in it begin.
fn beside(path: &Path) -> (&Path, tempfile::Builder<'static, 'static>) {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".rankproof-");
    (directory, builder)
}

/// Writes the bytes under a temporary name in the folder where they belong.
fn stage(path: &Path, bytes: &[u8], force: bool, mode: Mode) -> Result<NamedTempFile, Error> {
    let failed = |e: &std::io::Error| io_error(path, "write", e);
    // Early, so that a long run is not refused only at its end by the rename.
    if !force && path.symlink_metadata().is_ok() {
        return Err(Error::FileExists { path: path.into() });
    }
    let (directory, mut builder) = beside(path);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let bits = if mode == Mode::Private { 0o600 } else { 0o666 };
        builder.permissions(std::fs::Permissions::from_mode(bits));
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut temporary = builder.tempfile_in(directory).map_err(|e| failed(&e))?;
    temporary.write_all(bytes).map_err(|e| failed(&e))?;
    temporary.as_file().sync_all().map_err(|e| failed(&e))?;
    Ok(temporary)
}

/// Gives a temporary file its name.
fn place(temporary: NamedTempFile, path: &Path, force: bool) -> Result<(), Error> {
    let renamed = if force { temporary.persist(path) } else { temporary.persist_noclobber(path) };
    renamed.map(drop).map_err(|e| match e.error.kind() {
        ErrorKind::AlreadyExists if !force => Error::FileExists { path: path.into() },
        _ => io_error(path, "write", &e.error),
    })
}

pub(crate) fn io_error(path: &Path, action: &'static str, error: &std::io::Error) -> Error {
    match error.kind() {
        ErrorKind::NotFound if action == "open" => Error::FileMissing { path: path.into() },
        _ => Error::Io { path: path.into(), action, reason: error.to_string() },
    }
}
