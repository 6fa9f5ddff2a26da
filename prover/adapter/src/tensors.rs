//! Reading safetensors strictly, one tensor at a time, and writing them deterministically.
//!
//! A file is `header length (u64, little-endian) | header (JSON) | data`. Accepted only if every tensor's offsets are
//! what its shape and dtype need, the tensors tile the data without gap or overlap, no name appears twice, and not a
//! byte is left over. The header is bounded before it is read, and a tensor's bytes exist in the file before memory is
//! taken for them. Only what is asked for is read, so a base model of many gigabytes costs no memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::{Error, files};

/// Largest header that is read, bytes. A thousand tensors need some 100 kB.
pub(crate) const MAX_HEADER_BYTES: u64 = 1 << 24;

/// Most numbers that one command takes into memory (1 GiB as float32).
pub(crate) const MAX_NUMBERS: u64 = 1 << 28;

const LENGTH_BYTES: u64 = 8;

/// Where one tensor lies.
#[derive(Clone, Debug)]
pub(crate) struct TensorInfo {
    pub(crate) dtype: Dtype,
    pub(crate) shape: Vec<u64>,
    /// Offset from the start of the file, bytes.
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}

/// An open file whose header was checked completely.
#[derive(Debug)]
pub(crate) struct TensorFile {
    path: PathBuf,
    file: File,
    tensors: BTreeMap<String, TensorInfo>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderEntry {
    dtype: Dtype,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// The header in file order, repeated names kept so that they can be refused.
struct Header(Vec<(String, HeaderEntry)>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of tensors")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut entries = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<HashMap<String, String>>()?;
                    } else {
                        entries.push((name, map.next_value()?));
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl TensorFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let (file, file_bytes) = files::open(path)?;
        let owned = || path.to_path_buf();
        if file_bytes < LENGTH_BYTES {
            return Err(Error::HeaderMissing { path: owned(), bytes: file_bytes });
        }
        let mut length = [0; 8];
        (&file).read_exact(&mut length).map_err(|e| files::io_error(path, "read", &e))?;
        let (bytes, available) = (u64::from_le_bytes(length), file_bytes - LENGTH_BYTES);
        if bytes > MAX_HEADER_BYTES {
            return Err(Error::HeaderTooLarge { path: owned(), bytes, limit: MAX_HEADER_BYTES });
        }
        if bytes > available {
            return Err(Error::HeaderTruncated { path: owned(), bytes, available });
        }
        let mut header = Vec::new();
        (&file).take(bytes).read_to_end(&mut header).map_err(|e| files::io_error(path, "read", &e))?;
        let Header(entries) = serde_json::from_slice(&header)
            .map_err(|e| Error::HeaderSyntax { path: owned(), reason: e.to_string() })?;
        let data_start = LENGTH_BYTES + bytes;
        let (tensors, data_bytes) = place(path, entries, data_start)?;
        let actual = file_bytes - data_start;
        if actual != data_bytes {
            let (expected, actual) = (data_start.saturating_add(data_bytes), file_bytes);
            return Err(if actual < expected {
                Error::FileTruncated { path: owned(), expected, actual }
            } else {
                Error::FileOverlong { path: owned(), expected, actual }
            });
        }
        Ok(Self { path: owned(), file, tensors })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Names in byte order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Tensors by name, in byte order.
    pub(crate) fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    pub(crate) fn info(&self, tensor: &str) -> Result<&TensorInfo, Error> {
        self.tensors.get(tensor).ok_or_else(|| Error::TensorMissing { path: self.path.clone(), tensor: tensor.into() })
    }

    /// The two dimensions of a matrix, both at least 1.
    pub(crate) fn matrix_shape(&self, tensor: &str) -> Result<(usize, usize), Error> {
        let info = self.info(tensor)?;
        let sizes = |&[rows, columns]: &[u64; 2]| Some((usize::try_from(rows).ok()?, usize::try_from(columns).ok()?));
        match <&[u64; 2]>::try_from(info.shape.as_slice()).ok().and_then(sizes) {
            Some((rows, columns)) if rows > 0 && columns > 0 => Ok((rows, columns)),
            _ => Err(self.wrong_shape(tensor, info, "two dimensions, none of them zero".into())),
        }
    }

    pub(crate) fn wrong_shape(&self, tensor: &str, info: &TensorInfo, expected: String) -> Error {
        Error::WrongShape { path: self.path.clone(), tensor: tensor.into(), expected, actual: info.shape.clone() }
    }

    /// The first `rows` rows of a float32, float16 or bfloat16 matrix, widened exactly to float32, all finite.
    pub(crate) fn read_floats(&self, tensor: &str, rows: usize) -> Result<Vec<f32>, Error> {
        let info = self.info(tensor)?;
        let (_, columns) = self.matrix_shape(tensor)?;
        let values: Vec<f32> = match info.dtype {
            Dtype::F32 => chunks(&self.read_rows(tensor, rows, columns, 4)?, f32::from_le_bytes),
            Dtype::F16 => chunks(&self.read_rows(tensor, rows, columns, 2)?, |b| half::f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => {
                chunks(&self.read_rows(tensor, rows, columns, 2)?, |b| half::bf16::from_le_bytes(b).to_f32())
            }
            other => {
                let expected = "float32, float16 or bfloat16";
                let actual = other.to_string();
                return Err(Error::WrongDtype { path: self.path.clone(), tensor: tensor.into(), expected, actual });
            }
        };
        match values.iter().position(|v| !v.is_finite()) {
            Some(index) => Err(Error::NotFinite { path: self.path.clone(), tensor: tensor.into(), index }),
            None => Ok(values),
        }
    }

    /// A whole tensor of exactly this element type and shape.
    pub(crate) fn read_exact<T: Element<N>, const N: usize>(
        &self,
        tensor: &str,
        shape: &[usize],
    ) -> Result<Vec<T>, Error> {
        let info = self.info(tensor)?;
        if info.dtype != T::DTYPE {
            let (path, actual) = (self.path.clone(), info.dtype.to_string());
            return Err(Error::WrongDtype { path, tensor: tensor.into(), expected: T::NAME, actual });
        }
        if !info.shape.iter().map(|&d| usize::try_from(d).ok()).eq(shape.iter().map(|&d| Some(d))) {
            return Err(self.wrong_shape(tensor, info, format!("{shape:?}")));
        }
        Ok(chunks(&self.read_bytes(info.start, info.bytes)?, T::from_le))
    }

    fn read_rows(&self, tensor: &str, rows: usize, columns: usize, width: u64) -> Result<Vec<u8>, Error> {
        let info = self.info(tensor)?;
        // A prefix of a tensor whose size was checked in `open`: the minimum only guards a caller's mistake.
        let wanted = u64::try_from(rows).unwrap_or(u64::MAX).saturating_mul(u64::try_from(columns).unwrap_or(u64::MAX));
        self.read_bytes(info.start, wanted.saturating_mul(width).min(info.bytes))
    }

    fn read_bytes(&self, start: u64, bytes: u64) -> Result<Vec<u8>, Error> {
        self.seek(start)?;
        let mut content = Vec::new();
        let read = (&self.file).take(bytes).read_to_end(&mut content).map_err(|e| self.io_error(&e))?;
        if u64::try_from(read) != Ok(bytes) {
            let reason = "the file became shorter while it was read".into();
            return Err(Error::Io { path: self.path.clone(), action: "read", reason });
        }
        Ok(content)
    }

    /// Hands the bytes of a tensor to `sink` in pieces.
    pub(crate) fn stream(&self, info: &TensorInfo, mut sink: impl FnMut(&[u8])) -> Result<(), Error> {
        self.seek(info.start)?;
        let mut piece = vec![0; 1 << 20];
        let mut left = info.bytes;
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
            let part = piece.get_mut(..want).unwrap_or_default();
            (&self.file).read_exact(part).map_err(|e| self.io_error(&e))?;
            sink(part);
            left = left.saturating_sub(u64::try_from(want).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    fn seek(&self, start: u64) -> Result<(), Error> {
        (&self.file).seek(SeekFrom::Start(start)).map(drop).map_err(|e| self.io_error(&e))
    }

    fn io_error(&self, error: &std::io::Error) -> Error {
        files::io_error(&self.path, "read", error)
    }

    /// Refuses before memory is taken if so many numbers are about to be read.
    pub(crate) fn check_total(&self, numbers: impl Iterator<Item = u64>) -> Result<(), Error> {
        let numbers = numbers.fold(0, u64::saturating_add);
        if numbers > MAX_NUMBERS {
            return Err(Error::TooManyNumbers { path: self.path.clone(), numbers, limit: MAX_NUMBERS });
        }
        Ok(())
    }
}

/// Checks that the entries tile the data; returns them by name, and how many bytes the data has.
fn place(
    path: &Path,
    mut entries: Vec<(String, HeaderEntry)>,
    data_start: u64,
) -> Result<(BTreeMap<String, TensorInfo>, u64), Error> {
    let mut names = BTreeSet::new();
    if let Some((name, _)) = entries.iter().find(|(name, _)| !names.insert(name.as_str())) {
        return Err(Error::DuplicateTensor { path: path.into(), tensor: name.clone() });
    }
    entries.sort_by_key(|(_, entry)| entry.data_offsets);
    let mut tensors = BTreeMap::new();
    let mut next: u64 = 0;
    for (tensor, HeaderEntry { dtype, shape, data_offsets: (start, end) }) in entries {
        let path = || path.to_path_buf();
        let Some(expected) = tensor_bytes(dtype, &shape) else {
            return Err(Error::TensorSizeOverflow { path: path(), tensor });
        };
        if start != next {
            return Err(Error::TensorOffsetMismatch { path: path(), tensor, expected: next, actual: start });
        }
        if end.checked_sub(start) != Some(expected) {
            let actual = end.saturating_sub(start);
            return Err(Error::TensorSizeMismatch { path: path(), tensor, expected, actual });
        }
        let Some(from_file_start) = data_start.checked_add(start).filter(|s| s.checked_add(expected).is_some()) else {
            return Err(Error::TensorSizeOverflow { path: path(), tensor });
        };
        next = end;
        tensors.insert(tensor, TensorInfo { dtype, shape, start: from_file_start, bytes: expected });
    }
    Ok((tensors, next))
}

fn tensor_bytes(dtype: Dtype, shape: &[u64]) -> Option<u64> {
    let numbers = shape.iter().try_fold(1u64, |product, &d| product.checked_mul(d))?;
    let bits = numbers.checked_mul(u64::try_from(dtype.bitsize()).ok()?)?;
    (bits % 8 == 0).then_some(bits / 8)
}

fn chunks<T, const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|&chunk| read(chunk)).collect()
}

/// A number as safetensors stores it: little-endian, `N` bytes.
pub(crate) trait Element<const N: usize>: Copy {
    const DTYPE: Dtype;
    const NAME: &'static str;
    fn from_le(bytes: [u8; N]) -> Self;
    fn to_le(self) -> [u8; N];
}

macro_rules! element {
    ($($type:ty, $bytes:literal, $dtype:ident, $name:literal;)*) => {$(
        impl Element<$bytes> for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            const NAME: &'static str = $name;
            fn from_le(bytes: [u8; $bytes]) -> Self { <$type>::from_le_bytes(bytes) }
            fn to_le(self) -> [u8; $bytes] { self.to_le_bytes() }
        }
    )*};
}

element! {
    u8, 1, U8, "uint8";
    i8, 1, I8, "int8";
    i16, 2, I16, "int16";
    i64, 8, I64, "int64";
    f32, 4, F32, "float32";
    f64, 8, F64, "float64";
}

/// Tensors to be written, by name: the same tensors give the same bytes in whatever order they were added.
#[derive(Default)]
pub(crate) struct TensorWriter {
    tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>,
}

impl TensorWriter {
    pub(crate) fn add<T: Element<N>, const N: usize>(&mut self, name: String, shape: &[usize], values: &[T]) {
        let bytes = values.iter().flat_map(|v| v.to_le()).collect();
        self.tensors.insert(name, (T::DTYPE, shape.to_vec(), bytes));
    }

    /// The bytes of the file. One metadata entry at most: the order of several would not be deterministic.
    pub(crate) fn encode(&self, path: &Path, metadata: Option<(&str, &str)>) -> Result<Vec<u8>, Error> {
        let failed =
            |e: safetensors::SafeTensorError| Error::Io { path: path.into(), action: "encode", reason: e.to_string() };
        let views = self
            .tensors
            .iter()
            .map(|(name, (dtype, shape, bytes))| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let metadata = metadata.map(|(key, value)| HashMap::from([(key.to_owned(), value.to_owned())]));
        safetensors::serialize(views, metadata).map_err(failed)
    }
}
