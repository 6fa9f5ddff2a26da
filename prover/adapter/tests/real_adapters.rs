//! The two real adapters of fixtures/: integers close to the captured floats, and outputs that survive the disk.

mod support;

use std::fs;

use rankproof_adapter::{
    Error, ModuleOutputs, Outputs, accuracy, quantize, quantize_activations, read_activations, read_adapter,
    read_captured_delta, read_outputs, write_integers, write_outputs,
};
use rankproof_statement::WeightBits;
use support::{fixture, integer_outputs};
use tempfile::TempDir;

/// The bounds of the issue, relative Frobenius error of delta per module.
const BOUNDS: [(WeightBits, f64); 2] = [(WeightBits::Four, 0.14), (WeightBits::Eight, 0.02)];

#[test]
fn deltas_are_close_to_the_captured_ones() {
    for (name, file, modules, scaling) in [
        ("minilm-qv-r8", "activations.safetensors", 12, 2.0),
        ("minilm-qv-r8", "activations_t1.safetensors", 12, 2.0),
        ("minilm-all-r4-rslora", "activations_t1.safetensors", 36, 4.0),
    ] {
        let adapter = read_adapter(&fixture(name), None).unwrap();
        assert_eq!(adapter.modules.len(), modules);
        assert_eq!(adapter.base_model.as_deref(), Some("sentence-transformers/all-MiniLM-L6-v2"));
        let path = fixture(name).join(file);
        let inputs = adapter.modules.iter().map(|m| (m.name.as_str(), m.in_features));
        let activations = read_activations(&path, inputs, None).unwrap();
        let integers = quantize_activations(&activations);
        for (bits, bound) in BOUNDS {
            let quantized = quantize(&adapter, bits, [0; 32]).unwrap();
            let mut worst: f64 = 0.0;
            for ((module, x), (float, float_x)) in
                quantized.modules.iter().zip(&integers).zip(adapter.modules.iter().zip(&activations.modules))
            {
                assert_eq!(float.scaling, scaling);
                let captured =
                    read_captured_delta(&path, &module.name, module.out_features, x.tokens).unwrap().unwrap();
                let reference = accuracy::float_delta(float, &float_x.x);
                assert!(accuracy::relative_error(&reference, &captured) < 1e-6);
                let outputs = ModuleOutputs::new(module, x.clone(), integer_outputs(module, x)).unwrap();
                let error = accuracy::relative_error(&outputs.delta(), &captured);
                assert!(error <= bound, "{name} {file} {} {bits:?}: {error}", module.name);
                // The error without data is of the same size: it bounds nothing, but it is no nonsense either.
                let weights = accuracy::weight_error(float, module);
                assert!(weights > bound / 100.0 && weights < bound * 1.5, "{} {weights}", module.name);
                worst = worst.max(error);
            }
            println!("{name} {file} {bits:?}: worst delta error {worst:.4}");
        }
    }
}

/// Gram matrices against the product written out.
#[test]
fn weight_error_is_the_frobenius_error_of_the_product() {
    let adapter = read_adapter(&fixture("minilm-qv-r8"), None).unwrap();
    let quantized = quantize(&adapter, WeightBits::Four, [0; 32]).unwrap();
    let (float, integer) = (&adapter.modules[3], &quantized.modules[3]);
    let (mut error, mut norm) = (0.0, 0.0);
    for o in 0..float.out_features {
        for j in 0..float.in_features {
            let (mut w, mut w_q) = (0.0, 0i32);
            for k in 0..float.rank {
                let (a, b) = (k * float.in_features + j, o * float.rank + k);
                w += float.scaling * f64::from(float.lora_b[b]) * f64::from(float.lora_a[a]);
                w_q += i32::from(integer.lora_b[b]) * i32::from(integer.lora_a[a]);
            }
            error += (integer.out_scale[o] * f64::from(w_q) - w).powi(2);
            norm += w * w;
        }
    }
    assert!((accuracy::weight_error(float, integer) / (error / norm).sqrt() - 1.0).abs() < 1e-9);
}

#[test]
fn codes_are_symmetric_and_every_row_uses_the_largest() {
    let adapter = read_adapter(&fixture("minilm-all-r4-rslora"), None).unwrap();
    for (bits, _) in BOUNDS {
        for module in quantize(&adapter, bits, [0; 32]).unwrap().modules {
            for row in module.lora_a.chunks(module.in_features).chain(module.lora_b.chunks(module.rank)) {
                let largest = row.iter().map(|v| i32::from(*v).abs()).max().unwrap();
                assert!(largest == bits.max_code() || largest == 0);
            }
            assert!(module.out_scale.iter().all(|s| *s > 0.0));
        }
    }
}

fn outputs_of_fixture(tokens: usize) -> Outputs {
    let adapter = read_adapter(&fixture("minilm-qv-r8"), None).unwrap();
    let inputs = adapter.modules.iter().map(|m| (m.name.as_str(), m.in_features));
    let path = fixture("minilm-qv-r8").join("activations.safetensors");
    let integers = quantize_activations(&read_activations(&path, inputs, Some(tokens)).unwrap());
    let quantized = quantize(&adapter, WeightBits::Four, [0; 32]).unwrap();
    let modules = quantized
        .modules
        .iter()
        .zip(integers)
        .map(|(module, x)| ModuleOutputs::new(module, x.clone(), integer_outputs(module, &x)).unwrap())
        .collect();
    Outputs { salt: std::array::from_fn(|i| i as u8), modules }
}

#[test]
fn outputs_survive_the_disk_and_are_deterministic() {
    let directory = TempDir::new().unwrap();
    let (first, second) = (directory.path().join("a.safetensors"), directory.path().join("b.safetensors"));
    let outputs = outputs_of_fixture(3);
    write_outputs(&first, &outputs, false).unwrap();
    assert_eq!(read_outputs(&first).unwrap(), outputs);
    let mut reversed = outputs.clone();
    reversed.modules.reverse();
    write_outputs(&second, &reversed, false).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert_eq!(write_outputs(&first, &outputs, false), Err(Error::FileExists { path: first.clone() }));
    write_outputs(&first, &outputs, true).unwrap();
}

/// Writes outputs and integers and has `tools/check_outputs.py` recompute everything from the PEFT files.
#[test]
#[ignore = "needs python3; `make test` runs it"]
fn python_recomputes_the_outputs() {
    let root = fixture("..");
    let adapter = read_adapter(&fixture("minilm-qv-r8"), None).unwrap();
    let quantized = quantize(&adapter, WeightBits::Four, [0; 32]).unwrap();
    let directory = TempDir::new().unwrap();
    let integers = directory.path().join("integers.safetensors");
    write_integers(&integers, &quantized, false).unwrap();
    let check = |outputs: &Outputs| {
        let path = directory.path().join("outputs.safetensors");
        write_outputs(&path, outputs, true).unwrap();
        std::process::Command::new("python3")
            .arg(root.join("tools/check_outputs.py"))
            .args([&integers, &path])
            .arg("--adapter")
            .arg(fixture("minilm-qv-r8"))
            .arg("--activations")
            .arg(fixture("minilm-qv-r8").join("activations.safetensors"))
            .args(["--bits", "4", "--max-error", "0.14"])
            .output()
            .unwrap()
    };
    let honest = outputs_of_fixture(3);
    let output = check(&honest);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut wrong = honest;
    wrong.modules[5].y[7] += 1;
    let output = check(&wrong);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`y` of"));
}
