//! The quantized integers as tensors, for whoever wants to recompute `lora_b (lora_a X)` without this code.
//!
//! `<module>.lora_a` int8 `[rank, in]` and `<module>.lora_b` int8 `[out, rank]`, metadata `private: "true"`: the file
//! *is* the adapter, up to the scales.

use std::path::Path;

use rankproof_statement::QuantizedAdapter;

use crate::Error;
use crate::tensors::TensorWriter;

/// lora_a and lora_b of every module as a file, which only their owner may read; `path` is what an error names.
///
/// # Errors
/// [`Error::Io`] when there is no such safetensors file.
pub fn encode_integers(path: &Path, adapter: &QuantizedAdapter) -> Result<Vec<u8>, Error> {
    let mut writer = TensorWriter::default();
    for module in &adapter.modules {
        writer.add(format!("{}.lora_a", module.name), &[module.rank, module.in_features], &module.lora_a);
        writer.add(format!("{}.lora_b", module.name), &[module.out_features, module.rank], &module.lora_b);
    }
    writer.encode(path, Some(("private", "true")))
}
