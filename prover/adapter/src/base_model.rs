//! The digest of a base model's weights: what they are, not how a file happens to hold them.
//!
//! SHA-256 over, with every number a u64 in little-endian bytes:
//!
//! ```text
//! "rankproof.base-model.v1" | number of tensors
//! then for every tensor, by name in byte order:
//!   length of name | name | length of dtype | dtype | number of dimensions | each dimension | number of bytes | bytes
//! ```
//!
//! `dtype` is the safetensors name (`F32`), `bytes` are the raw ones. Metadata, the order in the file and the padding of
//! the header do not matter; a converted dtype does.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;
use crate::tensors::TensorFile;

const DOMAIN: &[u8] = b"rankproof.base-model.v1";

/// Streams the file once; calls `progress` with bytes done and bytes in all.
///
/// # Errors
/// Those of a bad tensor file.
pub fn base_model_digest(path: &Path, mut progress: impl FnMut(u64, u64)) -> Result<[u8; 32], Error> {
    let file = TensorFile::open(path)?;
    let total = file.tensors().values().fold(0, |sum: u64, info| sum.saturating_add(info.bytes));
    let mut hasher = Sha256::new();
    hasher.update(DOMAIN);
    absorb_length(&mut hasher, file.tensors().len());
    let mut done: u64 = 0;
    for (name, info) in file.tensors() {
        let dtype = info.dtype.to_string();
        for text in [name.as_str(), &dtype] {
            absorb_length(&mut hasher, text.len());
            hasher.update(text);
        }
        absorb_length(&mut hasher, info.shape.len());
        for dimension in &info.shape {
            hasher.update(dimension.to_le_bytes());
        }
        hasher.update(info.bytes.to_le_bytes());
        file.stream(info, |piece| {
            hasher.update(piece);
            done = done.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            progress(done, total);
        })?;
    }
    Ok(hasher.finalize().into())
}

#[expect(clippy::as_conversions, reason = "a usize has at most 64 bits")]
fn absorb_length(hasher: &mut Sha256, length: usize) {
    hasher.update((length as u64).to_le_bytes());
}
