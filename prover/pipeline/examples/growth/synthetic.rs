//! Adapters of given shapes with made-up numbers, in the files that PEFT writes; for benchmarks and tests alone.
//!
//! Every number comes from a generator seeded by the name of its tensor, so the files are the same every time, and inputs
//! that two modules share are equal. Tensors are written one row at a time: memory does not grow with the adapter.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::models::Shape;

/// Name of the file of captured inputs.
pub const ACTIVATIONS_FILE: &str = "activations.safetensors";

/// One tensor of a file: its name, what seeds its numbers, its shape and how large the numbers get.
struct Tensor {
    name: String,
    seed: String,
    rows: usize,
    columns: usize,
    scale: f32,
}

/// Writes `adapter_config.json`, `adapter_model.safetensors` and `activations.safetensors` into a folder that is made.
pub fn write(shape: &Shape, tokens: usize, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut targets: Vec<&str> = shape.modules.iter().filter_map(|module| module.name.rsplit('.').next()).collect();
    targets.sort_unstable();
    targets.dedup();
    let config = json!({
        "base_model_name_or_path": shape.base_model,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "lora_alpha": 2 * shape.rank,
        "lora_dropout": 0.0,
        "modules_to_save": null,
        "peft_type": "LORA",
        "r": shape.rank,
        "target_modules": targets,
        "task_type": null,
        "use_dora": false,
        "use_rslora": false,
    });
    let path = folder.join("adapter_config.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&config)?)
        .with_context(|| format!("cannot write {}", path.display()))?;

    let mut weights = Vec::new();
    let mut inputs = Vec::new();
    for module in &shape.modules {
        let tensor = |matrix: &str, rows: usize, columns: usize| {
            let name = format!("base_model.model.{}.{matrix}.weight", module.name);
            Tensor { seed: name.clone(), name, rows, columns, scale: 1.0 / (columns as f32).sqrt() }
        };
        weights.push(tensor("lora_A", shape.rank, module.in_features));
        weights.push(tensor("lora_B", module.out_features, shape.rank));
        inputs.push(Tensor {
            name: format!("{}.x", module.name),
            seed: format!("input {}", module.reads),
            rows: tokens,
            columns: module.in_features,
            scale: 1.0,
        });
    }
    write_tensors(&folder.join("adapter_model.safetensors"), &weights)?;
    write_tensors(&folder.join(ACTIVATIONS_FILE), &inputs)
}

/// `header length (u64, little-endian) | header (JSON) | data`, float32.
fn write_tensors(path: &Path, tensors: &[Tensor]) -> Result<()> {
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), json!({ "format": "pt" }));
    let mut end = 0usize;
    for tensor in tensors {
        let start = end;
        end += size_of::<f32>() * tensor.rows * tensor.columns;
        let entry = json!({ "dtype": "F32", "shape": [tensor.rows, tensor.columns], "data_offsets": [start, end] });
        header.insert(tensor.name.clone(), entry);
    }
    let header = serde_json::to_vec(&Value::Object(header))?;
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        for tensor in tensors {
            let mut rng = ChaCha8Rng::from_seed(Sha256::digest(&tensor.seed).into());
            for _ in 0..tensor.rows * tensor.columns {
                // The sum of four is near enough to a bell.
                let sum: f32 = (0..4).map(|_| rng.gen_range(-1.0f32..1.0)).sum();
                file.write_all(&(tensor.scale * sum).to_le_bytes())?;
            }
        }
        file.flush()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
