//! Files that claim more than anybody has: refused before memory is taken for what they claim.
//!
//! The files are sparse, so that they have the lengths that their headers ask for and occupy nothing.

mod support;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rankproof_adapter::{Error, read_activations, read_adapter, read_captured_delta, read_outputs};
use serde_json::{Value, json};
use support::{LORA_A, LORA_B, TinyAdapter};
use tempfile::TempDir;

/// What `read_adapter` and its like take at most, in numbers.
const MAX_NUMBERS: u64 = 1 << 28;

/// Writes a safetensors file of these `(name, dtype, bytes of one number, shape)`, all zeros.
fn sparse(path: &Path, tensors: &[(&str, &str, u64, &[u64])]) {
    let (mut header, mut start) = (serde_json::Map::new(), 0);
    for (name, dtype, width, shape) in tensors {
        let end = start + shape.iter().product::<u64>() * width;
        header.insert((*name).to_owned(), json!({"dtype": dtype, "shape": shape, "data_offsets": [start, end]}));
        start = end;
    }
    let header = Value::Object(header).to_string();
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    file.set_len(8 + header.len() as u64 + start).unwrap();
}

/// Reads an adapter of one module whose two matrices are these.
fn read(lora_a: &[u64], lora_b: &[u64]) -> (PathBuf, Result<(), Error>) {
    let mut tiny = TinyAdapter::honest();
    tiny.config["r"] = json!(lora_a[0].min(1 << 16));
    assert!(tiny.read().is_err() || lora_a[0] == 2, "writes the configuration");
    sparse(&tiny.weights_path(), &[(LORA_A, "BF16", 2, lora_a), (LORA_B, "BF16", 2, lora_b)]);
    (tiny.weights_path(), read_adapter(tiny.path(), None).map(drop))
}

#[test]
fn accepts_the_honest_twin_of_zeros() {
    assert_eq!(read(&[2, 4], &[3, 2]).1, Ok(()));
}

#[test]
fn rejects_with_wrong_shape_when_a_module_is_larger_than_any() {
    let expected = "features up to 2^24 and rank up to 2^16".to_owned();
    let wide = vec![2, (1 << 24) + 1];
    let (path, result) = read(&wide, &[3, 2]);
    let error = Error::WrongShape { path, tensor: LORA_A.into(), expected: expected.clone(), actual: wide };
    assert_eq!(result, Err(error));
    let tall = vec![(1 << 24) + 1, 2];
    let (path, result) = read(&[2, 4], &tall);
    let error = Error::WrongShape { path, tensor: LORA_B.into(), expected: expected.clone(), actual: tall };
    assert_eq!(result, Err(error));
    let square = vec![(1 << 16) + 1, (1 << 16) + 1];
    let (path, result) = read(&square, &[1, (1 << 16) + 1]);
    assert_eq!(result, Err(Error::WrongShape { path, tensor: LORA_A.into(), expected, actual: square }));
}

#[test]
fn rejects_with_too_many_numbers() {
    let too_many = |path: &Path, numbers| Error::TooManyNumbers { path: path.into(), numbers, limit: MAX_NUMBERS };
    let (path, result) = read(&[32, 1 << 23], &[1, 32]);
    assert_eq!(result, Err(too_many(&path, MAX_NUMBERS + 32)));

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("activations.safetensors");
    sparse(&path, &[("m.x", "F16", 2, &[(1 << 14) + 1, 1 << 14]), ("m.delta", "F16", 2, &[(1 << 14) + 1, 1 << 14])]);
    let numbers = MAX_NUMBERS + (1 << 14);
    assert_eq!(read_activations(&path, [("m", 1 << 14)], None).map(drop), Err(too_many(&path, numbers)));
    assert_eq!(read_activations(&path, [("m", 1 << 14)], Some(1)).unwrap().tokens, 1, "the first row alone fits");
    let delta = |tokens| read_captured_delta(&path, "m", 1 << 14, tokens).map(|delta| delta.map(|delta| delta.len()));
    assert_eq!(delta((1 << 14) + 1), Err(too_many(&path, numbers)));
    assert_eq!(delta(1), Ok(Some(1 << 14)));

    let salt: (&str, &str, u64, &[u64]) = ("activations_salt", "U8", 1, &[32]);
    sparse(&path, &[salt, ("m.y", "I64", 8, &[1 << 14, 1 << 13])]);
    assert_eq!(read_outputs(&path).map(drop), Err(too_many(&path, MAX_NUMBERS + 8)));
}
