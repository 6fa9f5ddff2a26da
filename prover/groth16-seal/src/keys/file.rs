//! Key files: what both have in common, and the file of a verifying key.
//!
//! ```text
//!     magic (8)  version  header  points
//! ```
//!
//! Whatever is not exactly such a file is refused, with bytes left over too. Files are written beside their place and
//! renamed, so that one that exists is whole.
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

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
};

use super::{KeyHeader, Points, VerifyingKey, check_points, encoding::Item, is_valid_profile};
use crate::{Error, FileFault};

pub(super) const VERSION: u32 = 1;
const VERIFYING_MAGIC: &[u8; 8] = b"RKVRFKEY";
/// A verifying key is never longer: 64 KiB hold a thousand public inputs.
const MAX_VERIFYING_BYTES: u64 = 1 << 16;

pub(super) fn write_header(header: &KeyHeader, bytes: &mut Vec<u8>) {
    let profile = header.profile.as_bytes();
    u8::try_from(profile.len()).unwrap_or(u8::MAX).write(bytes); // `is_valid_profile`: at most 64
    bytes.extend_from_slice(profile);
    header.slots.write(bytes);
    u8::from(header.development).write(bytes);
    header.circuit_digest.write(bytes);
    header.inner_digest.write(bytes);
}

pub(super) fn read_header(bytes: &mut &[u8]) -> Result<KeyHeader, FileFault> {
    let invalid = |field| move || FileFault::Header { field };
    let profile = u8::read(bytes).and_then(|length| bytes.split_off(..usize::from(length)));
    let profile = profile.and_then(|profile| std::str::from_utf8(profile).ok()).filter(|name| is_valid_profile(name));
    let profile = profile.ok_or_else(invalid("profile"))?.to_owned();
    let slots = u32::read(bytes).filter(|slots| *slots > 0).ok_or_else(invalid("slots"))?;
    let development = match u8::read(bytes) {
        Some(0) => false,
        Some(1) => true,
        _ => return Err(FileFault::Header { field: "development" }),
    };
    let circuit_digest = Item::read(bytes).ok_or_else(invalid("circuit digest"))?;
    let inner_digest = Item::read(bytes).ok_or_else(invalid("inner digest"))?;
    Ok(KeyHeader { profile, slots, development, circuit_digest, inner_digest })
}

pub(super) fn check_magic_and_version(
    bytes: &mut &[u8],
    magic: &[u8; 8],
    expected: &'static str,
) -> Result<(), FileFault> {
    if bytes.split_off(..magic.len()) != Some(magic) {
        return Err(FileFault::Magic { expected });
    }
    match u32::read(bytes) {
        Some(VERSION) => Ok(()),
        version => Err(FileFault::Version { expected: VERSION, actual: version.unwrap_or(0) }),
    }
}

/// Writes beside `path`, then renames: a file that exists is whole.
pub(super) fn write_atomically(path: &Path, write: impl FnOnce(&mut File) -> std::io::Result<()>) -> Result<(), Error> {
    let attempt = || -> std::io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        write(file.as_file_mut())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|error| FileFault::from(error).at(path))
}

pub(super) fn verifying_key_bytes(key: &VerifyingKey) -> Vec<u8> {
    let mut bytes = VERIFYING_MAGIC.to_vec();
    VERSION.write(&mut bytes);
    write_header(&key.header, &mut bytes);
    write_points(&key.points, &mut bytes);
    bytes
}

pub(super) fn write_points(points: &Points, bytes: &mut Vec<u8>) {
    points.alpha_g1.write(bytes);
    [points.beta_g2, points.gamma_g2, points.delta_g2].iter().for_each(|point| point.write(bytes));
    points.gamma_abc_g1.iter().for_each(|point| point.write(bytes));
}

/// Reads the fixed points and then as many of the rest as there are bytes.
fn read_points(bytes: &mut &[u8]) -> Option<Points> {
    let alpha_g1 = Item::read(bytes)?;
    let (beta_g2, gamma_g2, delta_g2) = (Item::read(bytes)?, Item::read(bytes)?, Item::read(bytes)?);
    let mut gamma_abc_g1 = Vec::new();
    while !bytes.is_empty() {
        gamma_abc_g1.push(Item::read(bytes)?);
    }
    Some(Points { alpha_g1, beta_g2, gamma_g2, delta_g2, gamma_abc_g1 })
        .filter(|points| !points.gamma_abc_g1.is_empty())
}

impl VerifyingKey {
    /// Reads the bytes of a verifying key's file.
    ///
    /// # Errors
    /// [`FileFault`] at `path`.
    pub fn from_bytes(mut bytes: &[u8], path: &Path) -> Result<Self, Error> {
        let bytes = &mut bytes;
        check_magic_and_version(bytes, VERIFYING_MAGIC, "verifying key").map_err(|fault| fault.at(path))?;
        let header = read_header(bytes).map_err(|fault| fault.at(path))?;
        let points = read_points(bytes).ok_or_else(|| FileFault::Value { section: "points" }.at(path))?;
        check_points(&points).map_err(|reason| FileFault::UnsoundKey(reason).at(path))?;
        Ok(Self { header, points })
    }

    /// Writes the key to a file.
    ///
    /// # Errors
    /// [`FileFault::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        write_atomically(path, |file| file.write_all(&verifying_key_bytes(self)))
    }

    /// Reads a key from a file and checks it.
    ///
    /// # Errors
    /// [`FileFault`] at `path`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let read = || -> Result<Vec<u8>, FileFault> {
            let file = File::open(path)?;
            let (actual, expected) = (file.metadata()?.len(), MAX_VERIFYING_BYTES);
            if actual > expected {
                return Err(FileFault::Length { expected, actual });
            }
            let mut bytes = Vec::new();
            file.take(MAX_VERIFYING_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        Self::from_bytes(&read().map_err(|fault| fault.at(path))?, path)
    }
}
