//! safetensors files that are not what they say, each from an honest one with one thing changed.

mod support;

use std::fs;
use std::path::PathBuf;

use rankproof_adapter::{Error, base_model_digest};
use serde_json::json;
use support::{Tensor, encode, file_bytes, header};
use tempfile::TempDir;

struct Twin {
    directory: TempDir,
    tensors: Vec<Tensor>,
}

impl Twin {
    /// Two tensors of 16 and 24 bytes; `base_model_digest` reads every byte of them.
    fn honest() -> Self {
        let tensors = vec![Tensor::counting("first", &[2, 2]), Tensor::counting("second", &[6])];
        let twin = Self { directory: TempDir::new().unwrap(), tensors };
        assert!(twin.digest(&encode(&twin.tensors)).is_ok());
        twin
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("model.safetensors")
    }

    fn digest(&self, bytes: &[u8]) -> Result<[u8; 32], Error> {
        fs::write(self.path(), bytes).unwrap();
        base_model_digest(&self.path(), |_, _| ())
    }

    fn data(&self) -> Vec<u8> {
        self.tensors.iter().flat_map(|t| t.bytes.clone()).collect()
    }

    /// The honest data under a changed header.
    fn with_header(&self, change: impl FnOnce(&mut serde_json::Value)) -> Result<[u8; 32], Error> {
        let mut changed = header(&self.tensors);
        change(&mut changed);
        self.digest(&file_bytes(&changed.to_string(), &self.data()))
    }
}

#[test]
fn rejects_headers_that_are_too_short_too_long_or_cut() {
    let twin = Twin::honest();
    let path = twin.path();
    assert_eq!(twin.digest(&[1, 2, 3]), Err(Error::HeaderMissing { path: path.clone(), bytes: 3 }));
    let bomb = u64::MAX.to_le_bytes();
    let expected = Error::HeaderTooLarge { path: path.clone(), bytes: u64::MAX, limit: 1 << 24 };
    assert_eq!(twin.digest(&bomb), Err(expected));
    let bomb = [&(1u64 << 20).to_le_bytes()[..], b"{}"].concat();
    assert_eq!(twin.digest(&bomb), Err(Error::HeaderTruncated { path, bytes: 1 << 20, available: 2 }));
}

#[test]
fn rejects_with_header_syntax() {
    let twin = Twin::honest();
    for text in [
        "",
        "[]",
        "{",
        "{} {}",
        "\u{0}",
        r#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#,
        r#"{"__metadata__":{"a":1}}"#,
    ] {
        let result = twin.digest(&file_bytes(text, &[0; 4]));
        assert!(matches!(result, Err(Error::HeaderSyntax { .. })), "{text}: {result:?}");
    }
    let not_utf8 = [&4u64.to_le_bytes()[..], b"{\"\xff\""].concat();
    assert!(matches!(twin.digest(&not_utf8), Err(Error::HeaderSyntax { .. })));
}

#[test]
fn rejects_with_duplicate_tensor() {
    let twin = Twin::honest();
    let text =
        r#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#;
    let expected = Error::DuplicateTensor { path: twin.path(), tensor: "a".into() };
    assert_eq!(twin.digest(&file_bytes(text, &[0; 2])), Err(expected));
}

#[test]
fn rejects_offsets_with_a_gap_or_an_overlap() {
    let twin = Twin::honest();
    for start in [12, 20] {
        let result = twin.with_header(|h| h["second"]["data_offsets"] = json!([start, start + 24]));
        let (path, tensor) = (twin.path(), "second".into());
        assert_eq!(result, Err(Error::TensorOffsetMismatch { path, tensor, expected: 16, actual: start }));
    }
}

#[test]
fn rejects_with_tensor_size_mismatch() {
    let twin = Twin::honest();
    let expected =
        |actual| Error::TensorSizeMismatch { path: twin.path(), tensor: "second".into(), expected: 24, actual };
    assert_eq!(twin.with_header(|h| h["second"]["data_offsets"] = json!([16, 36])), Err(expected(20)));
    assert_eq!(twin.with_header(|h| h["second"]["data_offsets"] = json!([16, 3])), Err(expected(0)));
    let result = twin.with_header(|h| h["second"]["shape"] = json!([7]));
    assert_eq!(
        result,
        Err(Error::TensorSizeMismatch { path: twin.path(), tensor: "second".into(), expected: 28, actual: 24 })
    );
}

#[test]
fn rejects_with_tensor_size_overflow() {
    let twin = Twin::honest();
    for shape in [json!([1u64 << 63, 4]), json!([u64::MAX]), json!([1u64 << 40, 1u64 << 40, 0])] {
        let result = twin.with_header(|h| h["second"]["shape"] = shape);
        assert_eq!(result, Err(Error::TensorSizeOverflow { path: twin.path(), tensor: "second".into() }));
    }
    // Half a byte.
    let text = r#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#;
    let expected = Error::TensorSizeOverflow { path: twin.path(), tensor: "a".into() };
    assert_eq!(twin.digest(&file_bytes(text, &[0])), Err(expected));
}

#[test]
fn rejects_files_cut_or_extended_at_any_length() {
    let twin = Twin::honest();
    let honest = encode(&twin.tensors);
    let total = honest.len() as u64;
    for length in 0..honest.len() {
        assert!(twin.digest(&honest[..length]).is_err(), "{length}");
    }
    let (path, cut) = (twin.path(), honest.len() - 1);
    let expected = Error::FileTruncated { path: path.clone(), expected: total, actual: total - 1 };
    assert_eq!(twin.digest(&honest[..cut]), Err(expected));
    let extended = [honest, vec![0]].concat();
    assert_eq!(twin.digest(&extended), Err(Error::FileOverlong { path, expected: total, actual: total + 1 }));
}

/// No byte of a file may make the reader panic, whatever it becomes.
#[test]
fn never_panics_when_a_header_byte_changes() {
    let twin = Twin::honest();
    let honest = encode(&twin.tensors);
    for index in 0..honest.len() - 40 {
        for mask in [1, 0x10, 0x80] {
            let mut changed = honest.clone();
            changed[index] ^= mask;
            let _ = twin.digest(&changed);
        }
    }
}

#[test]
fn rejects_what_is_no_regular_file() {
    let twin = Twin::honest();
    let directory = twin.directory.path();
    let digest = |path| base_model_digest(path, |_, _| ());
    assert_eq!(digest(directory), Err(Error::NotARegularFile { path: directory.into() }));
    let absent = directory.join("absent");
    assert_eq!(digest(&absent), Err(Error::FileMissing { path: absent.clone() }));
}

#[test]
fn digest_depends_on_the_weights_and_not_on_the_file() {
    let twin = Twin::honest();
    let honest = twin.digest(&encode(&twin.tensors)).unwrap();

    let mut swapped = twin.tensors.clone();
    swapped.reverse();
    assert_eq!(twin.digest(&encode(&swapped)).unwrap(), honest, "order in the file");
    let without_metadata = twin.with_header(|h| drop(h.as_object_mut().unwrap().remove("__metadata__")));
    assert_eq!(without_metadata.unwrap(), honest, "metadata");
    let padded = format!("{}   ", header(&twin.tensors));
    assert_eq!(twin.digest(&file_bytes(&padded, &twin.data())).unwrap(), honest, "padding");

    let changes: [fn(&mut Tensor); 5] = [
        |t| t.bytes[5] ^= 1,
        |t| t.name.push('x'),
        |t| t.dtype = "I32",
        |t| t.shape = vec![4, 1],
        |t| t.shape = vec![4],
    ];
    let mut seen = vec![honest];
    for change in changes {
        let mut tensors = twin.tensors.clone();
        change(&mut tensors[0]);
        let digest = twin.digest(&encode(&tensors)).unwrap();
        assert!(!seen.contains(&digest));
        seen.push(digest);
    }
}

/// Recomputed with Python's hashlib from the format in the module header.
#[test]
fn digest_has_a_known_answer() {
    let twin = Twin::honest();
    let digest = twin.digest(&encode(&twin.tensors)).unwrap();
    let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(text, "05eb7c15844cdc3de059bf2dd05ff1748b09ed638a2cb91e1e59136fdf0f1503");
}

#[test]
fn digest_reports_progress_up_to_the_end() {
    let twin = Twin::honest();
    fs::write(twin.path(), encode(&twin.tensors)).unwrap();
    let mut calls = Vec::new();
    base_model_digest(&twin.path(), |done, total| calls.push((done, total))).unwrap();
    assert_eq!(calls, [(16, 40), (40, 40)]);
}
