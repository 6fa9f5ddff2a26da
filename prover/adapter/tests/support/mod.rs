//! Honest little files in a temporary directory, made so that a test can change one thing.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A tensor with whatever name, dtype and bytes a test wants.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub name: String,
    pub dtype: &'static str,
    pub shape: Vec<u64>,
    pub bytes: Vec<u8>,
}

impl Tensor {
    pub fn f32(name: &str, shape: &[u64], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self { name: name.into(), dtype: "F32", shape: shape.into(), bytes }
    }

    /// Entries `1, 2, 3, ...` over 8, so exact in every float width.
    pub fn counting(name: &str, shape: &[u64]) -> Self {
        let numbers = shape.iter().product::<u64>();
        let values: Vec<f32> = (1..=numbers).map(|v| v as f32 / 8.0).collect();
        Self::f32(name, shape, &values)
    }
}

/// The header of these tensors, in this order, without gaps.
pub fn header(tensors: &[Tensor]) -> Value {
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), json!({"format": "pt"}));
    let mut start = 0;
    for tensor in tensors {
        let end = start + tensor.bytes.len();
        let entry = json!({"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert(tensor.name.clone(), entry);
        start = end;
    }
    Value::Object(header)
}

/// A file from a header as text and the data.
pub fn file_bytes(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

pub fn encode(tensors: &[Tensor]) -> Vec<u8> {
    let data: Vec<u8> = tensors.iter().flat_map(|t| t.bytes.clone()).collect();
    file_bytes(&header(tensors).to_string(), &data)
}

/// Module `layer.1.query`: rank 2, 4 inputs, 3 outputs; `layer.10.query`: rank 2, 2 inputs, 2 outputs.
pub struct TinyAdapter {
    pub config: Value,
    pub tensors: Vec<Tensor>,
    directory: TempDir,
}

pub const LORA_A: &str = "base_model.model.layer.1.query.lora_A.weight";
pub const LORA_B: &str = "base_model.model.layer.1.query.lora_B.weight";

impl TinyAdapter {
    pub fn honest() -> Self {
        let mut config: Value =
            serde_json::from_slice(&fs::read(fixture("minilm-qv-r8").join("adapter_config.json")).unwrap()).unwrap();
        config["r"] = json!(2);
        config["lora_alpha"] = json!(3);
        let tensors = vec![
            Tensor::counting(LORA_A, &[2, 4]),
            Tensor::counting(LORA_B, &[3, 2]),
            Tensor::counting("base_model.model.layer.10.query.lora_A.weight", &[2, 2]),
            Tensor::counting("base_model.model.layer.10.query.lora_B.weight", &[2, 2]),
        ];
        Self { config, tensors, directory: TempDir::new().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn config_path(&self) -> PathBuf {
        self.path().join("adapter_config.json")
    }

    pub fn weights_path(&self) -> PathBuf {
        self.path().join("adapter_model.safetensors")
    }

    pub fn tensor(&mut self, name: &str) -> &mut Tensor {
        self.tensors.iter_mut().find(|t| t.name == name).unwrap()
    }

    /// Writes both files and reads them.
    pub fn read(&self) -> Result<rankproof_adapter::Adapter, rankproof_adapter::Error> {
        fs::write(self.config_path(), self.config.to_string()).unwrap();
        fs::write(self.weights_path(), encode(&self.tensors)).unwrap();
        rankproof_adapter::read_adapter(self.path(), None)
    }
}

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

/// `lora_b (lora_a X)` in plain integers, `[tokens, out_features]`.
pub fn integer_outputs(
    module: &rankproof_statement::QuantizedModule,
    activations: &rankproof_statement::QuantizedActivations,
) -> Vec<i64> {
    let dot = |row: &[i8], v: &[i64]| row.iter().zip(v).map(|(&a, b)| i64::from(a) * b).sum::<i64>();
    let mut y = Vec::new();
    for x in activations.x.chunks(module.in_features) {
        let x: Vec<i64> = x.iter().copied().map(i64::from).collect();
        let inner: Vec<i64> = module.lora_a.chunks(module.in_features).map(|row| dot(row, &x)).collect();
        y.extend(module.lora_b.chunks(module.rank).map(|row| dot(row, &inner)));
    }
    y
}
