//! The real binary on the real adapter in `fixtures/`: one module, a few tokens, profile tiny.
#![allow(dead_code, reason = "each test file uses a part")]

pub mod anvil;
pub mod proxy;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The module that is committed.
pub const MODULE: &str = "encoder.layer.0.attention.self.query";
/// A regular expression for it alone.
pub const PATTERN: &str = "^encoder\\.layer\\.0\\.attention\\.self\\.query$";
/// Tokens that are proven.
pub const TOKENS: &str = "5";

/// Arguments of a command, from strings and paths alike.
#[macro_export]
macro_rules! arguments {
    ($($argument:expr),* $(,)?) => { vec![$(std::ffi::OsString::from(&$argument)),*] };
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn fixture(name: &str) -> PathBuf {
    root().join("fixtures/minilm-qv-r8").join(name)
}

/// Runs `rankproof`.
pub fn rankproof<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rankproof")).args(arguments).output().expect("the binary runs")
}

/// Runs `rankproof --json` and returns the one object that it prints.
pub fn succeed<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Value {
    let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    let output = rankproof(std::iter::once("--json".into()).chain(arguments.iter().cloned()));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    let printed = text(&output.stdout);
    assert_eq!(printed.lines().count(), 1, "one object, one line: {printed}");
    let report: Value = serde_json::from_str(&printed).expect("stdout is JSON");
    assert!(report.is_object(), "{report}");
    report
}

/// Runs `rankproof`, expects a failure with this exit code, and returns the sentence.
pub fn fail<S: AsRef<std::ffi::OsStr>>(code: i32, arguments: impl IntoIterator<Item = S>) -> String {
    let arguments: Vec<_> = arguments.into_iter().map(|argument| argument.as_ref().to_owned()).collect();
    let output = rankproof(&arguments);
    let sentence = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {sentence}");
    assert!(output.stdout.is_empty(), "a failure prints nothing on stdout: {}", text(&output.stdout));
    assert_eq!(sentence.lines().count(), 1, "one sentence: {sentence}");
    sentence.strip_prefix("error: ").unwrap_or_else(|| panic!("{sentence}")).trim_end().to_owned()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

pub fn field<'a>(report: &'a Value, name: &str) -> &'a str {
    report[name].as_str().unwrap_or_else(|| panic!("{name} in {report}"))
}

/// Makes keys of a profile and seals the proof `p` of a folder with them: the seal has the statements of this report.
pub fn seals_all_statements(folder: &Path, profile: &str, report: &Value) {
    let path = |name: &str| folder.join(name);
    succeed(arguments!["keys", "new", "--profile", profile, "-o", path("keys")]);
    let (keys, seal) = (path("keys"), path("seal.json"));
    let sealed = succeed(arguments!["seal", path("p"), "--keys", keys, "-o", seal]);
    assert_eq!(sealed["statements"], report["statements"]);
    let verified = succeed(arguments!["verify-seal", seal, "--keys", keys]);
    assert_eq!(verified["statements"], report["statements"]);
}

/// Every file below a folder, with its content.
pub fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(snapshot(&path));
        } else {
            files.insert(path.clone(), std::fs::read(&path).expect("readable"));
        }
    }
    files
}

/// A committed adapter, a proof and its outputs, made once per test binary.
pub struct Honest {
    folder: TempDir,
    pub committed: Value,
    pub proven: Value,
}

impl Honest {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn adapter(&self) -> PathBuf {
        self.path("adapter.rpad")
    }

    pub fn public(&self) -> PathBuf {
        self.path("adapter.rpad.json")
    }

    pub fn proof(&self) -> PathBuf {
        self.path("proof.rplp")
    }

    pub fn outputs(&self) -> PathBuf {
        self.path("outputs.safetensors")
    }

    pub fn integers(&self) -> PathBuf {
        self.path("integers.safetensors")
    }

    pub fn activations(&self) -> PathBuf {
        fixture("activations.safetensors")
    }
}

pub fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let committed = succeed(arguments![
            "commit",
            fixture(""),
            "-o",
            path("adapter.rpad"),
            "--profile",
            "tiny",
            "--modules",
            PATTERN,
            "--export-integers",
            path("integers.safetensors"),
            "--base-digest",
            "0xab"
        ]);
        let proven = succeed(arguments![
            "prove",
            "--adapter",
            path("adapter.rpad"),
            "--activations",
            fixture("activations.safetensors"),
            "--context",
            "0x7",
            "--tokens",
            TOKENS,
            "-o",
            path("proof.rplp"),
            "--outputs",
            path("outputs.safetensors")
        ]);
        Honest { folder, committed, proven }
    })
}

/// `prove` for one token of the honest adapter.
pub fn prove_one_token(system: &str, proof: &Path, outputs: &Path) -> Vec<OsString> {
    arguments![
        "prove",
        "--system",
        system,
        "--adapter",
        honest().adapter(),
        "--activations",
        honest().activations(),
        "--tokens",
        "1",
        "-o",
        proof,
        "--outputs",
        outputs
    ]
}

/// A copy of the fixture adapter in a folder of its own.
pub fn adapter_copy() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["adapter_config.json", "adapter_model.safetensors"] {
        std::fs::copy(fixture(name), folder.path().join(name)).expect("copied");
    }
    folder
}

/// An adapter of the one module `layer.0.query` in a folder of its own; its update is `lora_b lora_a`.
pub fn adapter_of(rank: usize, lora_a: &[f32], lora_b: &[f32]) -> TempDir {
    let folder = adapter_copy();
    edit_json(&folder.path().join("adapter_config.json"), |config| {
        config["r"] = rank.into();
        config["lora_alpha"] = rank.into();
    });
    let tensors = [("lora_A", [rank, lora_a.len() / rank], lora_a), ("lora_B", [lora_b.len() / rank, rank], lora_b)];
    let named = |(name, shape, values)| (format!("base_model.model.layer.0.query.{name}.weight"), shape, values);
    Tensors::of(tensors.map(named)).write(&folder.path().join("adapter_model.safetensors"));
    folder
}

/// Changes one field of a JSON file.
pub fn edit_json(path: &Path, edit: impl FnOnce(&mut Value)) {
    let mut value: Value = serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON");
    edit(&mut value);
    std::fs::write(path, serde_json::to_vec(&value).expect("JSON")).expect("written");
}

/// A safetensors file in parts: header and data.
pub struct Tensors {
    pub header: Value,
    pub data: Vec<u8>,
}

impl Tensors {
    /// Float32 tensors: name, shape, values.
    pub fn of<const N: usize>(tensors: [(String, [usize; 2], &[f32]); N]) -> Self {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, shape, values) in tensors {
            let start = data.len();
            data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            header.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] }));
        }
        Self { header: Value::Object(header), data }
    }

    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("readable");
        let (length, rest) = bytes.split_at(8);
        let length = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
        Self { header: serde_json::from_slice(&rest[..length]).expect("a header"), data: rest[length..].to_vec() }
    }

    /// The bytes of a tensor.
    pub fn bytes(&mut self, name: &str) -> &mut [u8] {
        let offsets = &self.header[name]["data_offsets"];
        let offset = |index: usize| offsets[index].as_u64().unwrap_or_else(|| panic!("{name}")) as usize;
        let (start, end) = (offset(0), offset(1));
        &mut self.data[start..end]
    }

    pub fn write(&self, path: &Path) {
        let header = serde_json::to_vec(&self.header).expect("JSON");
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header);
        bytes.extend(&self.data);
        std::fs::write(path, bytes).expect("written");
    }
}
