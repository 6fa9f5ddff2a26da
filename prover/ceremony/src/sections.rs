//! The container of `.r1cs`, `.ptau` and `.zkey` files.
//!
//! ```text
//!     magic (4)  version (4)  number of sections (4)  { section (4)  length (8)  bytes }
//! ```
//!
//! Numbers are little-endian. Sections come in any order; here each comes once, and the file ends with the last.
//! Nothing is read whole: a file of powers of tau is larger than many machines.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::unwrap_used,
        clippy::expect_used
    )
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::points::Point;
use crate::{Error, FileFault};

const VERSION: u32 = 1;
/// More than any of the three formats has.
const MAX_SECTIONS: u32 = 64;
/// Points that are read at a time: 4 or 8 MiB.
pub const CHUNK_POINTS: usize = 1 << 16;
const POINTS_PER_TASK: usize = 1 << 9;

/// Where a section lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u64,
    /// Bytes.
    pub length: u64,
}

/// A file of sections, open for reading.
#[derive(Debug)]
pub struct SectionFile {
    path: PathBuf,
    /// Threads that read share its position.
    file: Mutex<File>,
    sections: BTreeMap<u32, Span>,
}

impl SectionFile {
    /// Opens a file and reads where its sections lie.
    ///
    /// # Errors
    /// [`FileFault::Magic`], [`FileFault::Version`], [`FileFault::SectionRepeated`], and [`FileFault::Length`] when the
    /// sections and the file end at different places.
    pub fn open(path: &Path, magic: &[u8; 4], expected: &'static str) -> Result<Self, Error> {
        let read = || -> Result<Self, FileFault> {
            let mut file = File::open(path)?;
            let actual = file.metadata()?.len();
            let mut head = [0; 12];
            file.read_exact(&mut head).map_err(|_| FileFault::Magic { expected })?;
            let mut bytes = head.as_slice();
            if bytes.split_off(..4) != Some(magic) {
                return Err(FileFault::Magic { expected });
            }
            let words = [take_u32(&mut bytes), take_u32(&mut bytes)].map(Option::unwrap_or_default);
            let [version, count] = words;
            if version != VERSION {
                return Err(FileFault::Version { expected: VERSION, actual: version });
            }
            if count > MAX_SECTIONS {
                return Err(FileFault::Unsupported("it has more sections than any file of its kind"));
            }
            let mut sections = BTreeMap::new();
            let mut position = 12u64;
            for _ in 0..count {
                let mut head = [0; 12];
                let cut = |_| FileFault::Length { expected: position.saturating_add(12), actual };
                file.seek(SeekFrom::Start(position))?;
                file.read_exact(&mut head).map_err(cut)?;
                let mut bytes = head.as_slice();
                let section = take_u32(&mut bytes).unwrap_or_default();
                let length = take_u64(&mut bytes).unwrap_or_default();
                let start = position.saturating_add(12);
                position = start.saturating_add(length);
                if position > actual {
                    return Err(FileFault::Length { expected: position, actual });
                }
                if sections.insert(section, Span { start, length }).is_some() {
                    return Err(FileFault::SectionRepeated { section });
                }
            }
            if position != actual {
                return Err(FileFault::Length { expected: position, actual });
            }
            Ok(Self { path: path.to_owned(), file: Mutex::new(file), sections })
        };
        read().map_err(|fault| fault.at(path))
    }

    /// The file's name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is such a section.
    pub fn has(&self, section: u32) -> bool {
        self.sections.contains_key(&section)
    }

    /// Where a section lies.
    ///
    /// # Errors
    /// [`FileFault::SectionMissing`] with `hint`.
    pub fn span(&self, section: u32, hint: &'static str) -> Result<Span, Error> {
        let span = self.sections.get(&section).copied();
        span.ok_or_else(|| FileFault::SectionMissing { section, hint }.at(&self.path))
    }

    /// Checks the length of a section.
    ///
    /// # Errors
    /// [`FileFault::SectionMissing`], [`FileFault::SectionLength`].
    pub fn expect_length(&self, section: u32, expected: u64, hint: &'static str) -> Result<Span, Error> {
        let span = self.span(section, hint)?;
        if span.length != expected {
            return Err(FileFault::SectionLength { section, expected, actual: span.length }.at(&self.path));
        }
        Ok(span)
    }

    /// A section of at most `limit` bytes, whole.
    ///
    /// # Errors
    /// Those of [`Self::span`], and [`FileFault::SectionLength`] when it is longer.
    pub fn bytes(&self, section: u32, limit: u64, hint: &'static str) -> Result<Vec<u8>, Error> {
        let span = self.span(section, hint)?;
        if span.length > limit {
            return Err(FileFault::SectionLength { section, expected: limit, actual: span.length }.at(&self.path));
        }
        self.read(span.start, span.length)
    }

    /// Bytes from a place that lies within a section.
    pub(crate) fn read(&self, start: u64, length: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.read_into(start, &mut bytes)?;
        Ok(bytes)
    }

    fn read_into(&self, start: u64, bytes: &mut [u8]) -> Result<(), Error> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(bytes));
        read.map_err(|error| FileFault::from(error).at(&self.path))
    }

    /// Gives `count` points of a section, from the point `first` on, to `visit`, a chunk at a time.
    ///
    /// # Errors
    /// [`FileFault::SectionLength`] when the section is shorter, [`FileFault::Value`], and those of `visit`.
    pub fn for_points<P: Point>(
        &self,
        section: u32,
        first: usize,
        count: usize,
        mut visit: impl FnMut(&[P]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let span = self.span(section, "points")?;
        let size = u64::try_from(P::SIZE).unwrap_or(u64::MAX);
        let bytes_of = |points: usize| u64::try_from(points).unwrap_or(u64::MAX).saturating_mul(size);
        let end = bytes_of(first.saturating_add(count));
        if end > span.length {
            return Err(FileFault::SectionLength { section, expected: end, actual: span.length }.at(&self.path));
        }
        let mut position = span.start.saturating_add(bytes_of(first));
        let mut remaining = count;
        let mut buffer = Vec::new();
        while remaining > 0 {
            let points = remaining.min(CHUNK_POINTS);
            buffer.resize(points.saturating_mul(P::SIZE), 0);
            self.read_into(position, &mut buffer)?;
            let chunk = parse_points(&buffer).ok_or_else(|| FileFault::Value { section }.at(&self.path))?;
            visit(&chunk)?;
            position = position.saturating_add(bytes_of(points));
            remaining = remaining.saturating_sub(points);
        }
        Ok(())
    }

    /// Points of a section, whole.
    ///
    /// # Errors
    /// Those of [`Self::for_points`].
    pub fn points<P: Point>(&self, section: u32, first: usize, count: usize) -> Result<Vec<P>, Error> {
        let mut points = Vec::new();
        self.for_points(section, first, count, |chunk| {
            points.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(points)
    }

    /// Copies a section into a file that is being written.
    ///
    /// # Errors
    /// [`FileFault::SectionMissing`], [`FileFault::Io`].
    pub fn copy(&self, section: u32, writer: &mut SectionWriter) -> Result<(), Error> {
        writer.begin(section)?;
        self.for_bytes(section, |bytes| writer.bytes(bytes))?;
        writer.end()
    }

    /// Gives the bytes of a section to `visit`, some MiB at a time.
    ///
    /// # Errors
    /// [`FileFault::SectionMissing`], [`FileFault::Io`], and those of `visit`.
    pub fn for_bytes(&self, section: u32, mut visit: impl FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        const PIECE: u64 = 1 << 22;
        let span = self.span(section, "a part of the key")?;
        let mut done = 0u64;
        while done < span.length {
            let piece = span.length.saturating_sub(done).min(PIECE);
            visit(&self.read(span.start.saturating_add(done), piece)?)?;
            done = done.saturating_add(piece);
        }
        Ok(())
    }
}

fn parse_points<P: Point>(bytes: &[u8]) -> Option<Vec<P>> {
    let parse = |mut bytes: &[u8]| -> Option<Vec<P>> {
        let mut points = Vec::with_capacity(POINTS_PER_TASK);
        while !bytes.is_empty() {
            points.push(P::read_on_curve(&mut bytes)?);
        }
        Some(points)
    };
    let parts: Option<Vec<Vec<P>>> = bytes.par_chunks(POINTS_PER_TASK.saturating_mul(P::SIZE)).map(parse).collect();
    Some(parts?.concat()).filter(|points| P::are_in_group(points))
}

/// Takes a number off the front.
pub(crate) fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*word))
}

/// Takes a number off the front.
pub(crate) fn take_u64(bytes: &mut &[u8]) -> Option<u64> {
    let (word, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(u64::from_le_bytes(*word))
}

/// A file of sections that is being written, beside its place: a file that exists is whole.
#[derive(Debug)]
pub struct SectionWriter {
    path: PathBuf,
    file: BufWriter<tempfile::NamedTempFile>,
    position: u64,
    /// Where the length of the current section stands.
    length_at: Option<u64>,
}

impl SectionWriter {
    /// Begins a file; one that exists is refused unless `force`.
    ///
    /// # Errors
    /// [`FileFault::Exists`], [`FileFault::Io`].
    pub fn create(path: &Path, magic: &[u8; 4], num_sections: u32, force: bool) -> Result<Self, Error> {
        if !force && path.symlink_metadata().is_ok() {
            return Err(FileFault::Exists.at(path));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        // Everybody may read what is public, as the umask says.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.tempfile_in(folder).map_err(|error| FileFault::from(error).at(path))?;
        let file = BufWriter::with_capacity(1 << 20, file);
        let mut writer = Self { path: path.to_owned(), file, position: 0, length_at: None };
        writer.bytes(magic)?;
        writer.u32(VERSION)?;
        writer.u32(num_sections)?;
        Ok(writer)
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|error| FileFault::from(error).at(&self.path))?;
        self.position = self.position.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Appends a number.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn u32(&mut self, number: u32) -> Result<(), Error> {
        self.bytes(&number.to_le_bytes())
    }

    /// Begins a section.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn begin(&mut self, section: u32) -> Result<(), Error> {
        self.u32(section)?;
        self.length_at = Some(self.position);
        self.bytes(&[0; 8])
    }

    /// Ends a section: its length is known now.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn end(&mut self) -> Result<(), Error> {
        let Some(length_at) = self.length_at.take() else { return Ok(()) };
        let length = self.position.saturating_sub(length_at).saturating_sub(8);
        let (file, position) = (&mut self.file, self.position);
        let mut patch = || -> std::io::Result<()> {
            file.seek(SeekFrom::Start(length_at))?;
            file.write_all(&length.to_le_bytes())?;
            file.seek(SeekFrom::Start(position)).map(|_| ())
        };
        patch().map_err(|error| FileFault::from(error).at(&self.path))
    }

    /// Appends a whole section.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn section(&mut self, section: u32, bytes: &[u8]) -> Result<(), Error> {
        self.begin(section)?;
        self.bytes(bytes)?;
        self.end()
    }

    /// Appends points.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn points<P: Point>(&mut self, points: &[P]) -> Result<(), Error> {
        points.chunks(CHUNK_POINTS).try_for_each(|points| self.bytes(&encode(points, P::write)))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn finish(self) -> Result<(), Error> {
        let path = self.path;
        let file = self.file.into_inner().map_err(|error| FileFault::from(error.into_error()).at(&path))?;
        let persist = || -> std::io::Result<()> {
            file.as_file().sync_all()?;
            file.persist(&path).map(|_| ()).map_err(|error| error.error)
        };
        persist().map_err(|error| FileFault::from(error).at(&path))
    }
}

/// Points one after the other, in a form of theirs.
pub(crate) fn encode<P: Point>(points: &[P], write: fn(&P, &mut Vec<u8>)) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = points
        .par_chunks(POINTS_PER_TASK)
        .map(|points| {
            let mut bytes = Vec::with_capacity(points.len().saturating_mul(P::SIZE));
            points.iter().for_each(|point| write(point, &mut bytes));
            bytes
        })
        .collect();
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each reads one section of an open file again and again, and never sees a byte of the other's.
    #[test]
    fn threads_share_an_open_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sections");
        let mut writer = SectionWriter::create(&path, b"test", 2, false).expect("created");
        (1..=2u32).for_each(|section| writer.section(section, &[section as u8; 1 << 12]).expect("written"));
        writer.finish().expect("written");
        let file = SectionFile::open(&path, b"test", "test").expect("honest");
        let together = std::sync::Barrier::new(2);
        std::thread::scope(|scope| {
            for section in 1..=2u32 {
                let (file, together) = (&file, &together);
                scope.spawn(move || {
                    together.wait();
                    for _ in 0..20_000 {
                        assert!(file.bytes(section, 1 << 12, "there").expect("readable") == [section as u8; 1 << 12]);
                    }
                });
            }
        });
    }
}
