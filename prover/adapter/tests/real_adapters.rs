//! The two real adapters of fixtures/: integers close to the captured floats, and outputs that survive the disk.

mod support;

use std::fs;
use std::process::Command;

use rankproof_adapter::{
    Adapter, Error, Module, ModuleOutputs, Outputs, accuracy, encode_integers, files, quantize, quantize_activations,
    read_activations, read_adapter, read_captured_delta, read_outputs, write_outputs,
};
use rankproof_statement::relation::Witness;
use rankproof_statement::{QuantizedAdapter, WeightBits};
use support::{fixture, integer_outputs};
use tempfile::TempDir;

/// Relative Frobenius error of delta that is allowed in every module, over several tokens.
const BOUNDS: [(WeightBits, f64); 2] = [(WeightBits::Four, 0.14), (WeightBits::Eight, 0.02)];
/// Over one token there is nothing to average: where its delta is small, the same absolute error weighs more.
const ONE_TOKEN_BOUNDS: [(WeightBits, f64); 2] = [(WeightBits::Four, 0.25), (WeightBits::Eight, 0.03)];

#[test]
fn deltas_are_close_to_the_captured_ones() {
    for (name, file, tokens, modules, scaling) in [
        ("minilm-qv-r8", "activations.safetensors", 16, 12, 2.0),
        ("minilm-qv-r8", "activations_t1.safetensors", 1, 12, 2.0),
        ("minilm-all-r4-rslora", "activations_t4.safetensors", 4, 36, 4.0),
        ("minilm-all-r4-rslora", "activations_t1.safetensors", 1, 36, 4.0),
    ] {
        let adapter = read_adapter(&fixture(name), None).unwrap();
        assert_eq!(adapter.modules.len(), modules);
        assert_eq!(adapter.base_model.as_deref(), Some("sentence-transformers/all-MiniLM-L6-v2"));
        let path = fixture(name).join(file);
        let inputs = adapter.modules.iter().map(|m| (m.name.as_str(), m.in_features));
        let activations = read_activations(&path, inputs, None).unwrap();
        assert_eq!(activations.tokens, tokens);
        let integers = quantize_activations(&activations);
        for (bits, bound) in if tokens == 1 { ONE_TOKEN_BOUNDS } else { BOUNDS } {
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

/// `lora_B lora_A` cancels in the floats, and in the integers too; what rounding leaves of the sums is no error.
#[test]
fn an_update_that_cancels_has_no_error_when_the_integers_cancel_too() {
    let (v, b, c) = ([0.949_999_8_f32, 0.929_999_8], 0.450_000_05, 0.920_000_1);
    let lora_a: Vec<f32> = [1.0, 3.0, 5.0].iter().flat_map(|factor| v.map(|entry| factor * entry)).collect();
    let mut module = Module {
        name: "m".to_owned(),
        in_features: 2,
        out_features: 2,
        rank: 3,
        lora_a,
        lora_b: vec![-8.0 * b, b, b, 3.0 * c, -c, 0.0],
        scaling: 1.0,
    };
    let error = |module: &Module| {
        let adapter = Adapter { base_model: None, modules: vec![module.clone()], notes: Vec::new() };
        let quantized = quantize(&adapter, WeightBits::Four, [0; 32]).unwrap();
        accuracy::weight_error(module, &quantized.modules[0])
    };
    assert_eq!(error(&module), 0.0);
    module.lora_b.fill(0.0);
    assert_eq!(error(&module), 0.0);
    // Only the floats cancel: there is nothing to compare with.
    module.lora_a = vec![1.0, 0.25, 0.25, 1.0, 1.25, 1.25];
    module.lora_b = vec![1.0, 1.0, -1.0, 0.0, 0.0, 0.0];
    assert_eq!(error(&module), f64::INFINITY);
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

fn quantized_fixture(name: &str, file: &str, bits: WeightBits, tokens: usize) -> (QuantizedAdapter, Outputs) {
    let adapter = read_adapter(&fixture(name), None).unwrap();
    let inputs = adapter.modules.iter().map(|m| (m.name.as_str(), m.in_features));
    let integers = quantize_activations(&read_activations(&fixture(name).join(file), inputs, Some(tokens)).unwrap());
    let quantized = quantize(&adapter, bits, [0; 32]).unwrap();
    let witness = Witness::new(quantized, integers).unwrap();
    let outputs = Outputs::from_witness(&witness, std::array::from_fn(|i| i as u8)).unwrap();
    (witness.adapter, outputs)
}

#[test]
fn outputs_survive_the_disk_and_are_deterministic() {
    let directory = TempDir::new().unwrap();
    let (first, second) = (directory.path().join("a.safetensors"), directory.path().join("b.safetensors"));
    let (_, outputs) = quantized_fixture("minilm-qv-r8", "activations.safetensors", WeightBits::Four, 3);
    write_outputs(&first, &outputs, false).unwrap();
    assert_eq!(read_outputs(&first).unwrap(), outputs);
    let mut reversed = outputs.clone();
    reversed.modules.reverse();
    write_outputs(&second, &reversed, false).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert_eq!(write_outputs(&first, &outputs, false), Err(Error::FileExists { path: first.clone() }));
    write_outputs(&first, &outputs, true).unwrap();
    reversed.modules[0] = reversed.modules[1].clone();
    let module = reversed.modules[0].activations.module.clone();
    assert_eq!(write_outputs(&first, &reversed, true), Err(Error::DuplicateModule { module }));
}

type Change = fn(&mut ModuleOutputs);

/// Writes outputs and integers and has `tools/check_outputs.py` recompute everything from the PEFT files.
#[test]
#[ignore = "needs python3; run with --ignored"]
fn python_recomputes_the_outputs() {
    for (name, file, bits, tokens, bound) in [
        ("minilm-qv-r8", "activations.safetensors", WeightBits::Four, 16, "0.14"),
        ("minilm-qv-r8", "activations.safetensors", WeightBits::Eight, 3, "0.02"),
        ("minilm-all-r4-rslora", "activations_t4.safetensors", WeightBits::Four, 4, "0.14"),
        ("minilm-all-r4-rslora", "activations_t4.safetensors", WeightBits::Eight, 4, "0.02"),
    ] {
        let (quantized, honest) = quantized_fixture(name, file, bits, tokens);
        let directory = TempDir::new().unwrap();
        let integers = directory.path().join("integers.safetensors");
        files::write_private(&integers, &encode_integers(&integers, &quantized).unwrap(), false).unwrap();
        let check = |outputs: &Outputs| {
            let path = directory.path().join("outputs.safetensors");
            write_outputs(&path, outputs, true).unwrap();
            let output = Command::new("python3")
                .arg(fixture("../tools/check_outputs.py"))
                .args([&integers, &path])
                .arg("--adapter")
                .arg(fixture(name))
                .arg("--activations")
                .arg(fixture(name).join(file))
                .args(["--bits", &bits.bits().to_string(), "--max-error", bound])
                .output()
                .unwrap();
            (output.status.code(), String::from_utf8(output.stderr).unwrap())
        };
        assert_eq!(check(&honest), (Some(0), String::new()), "{name} {bits:?}");
        let changes: [(&str, Change); 4] = [
            ("y", |m| m.y[7] += 1),
            ("y", |m| m.activations.x[0] ^= 1),
            ("out_scale", |m| m.out_scale[0] *= 1.5),
            ("token_scale", |m| m.activations.token_scale[0] *= 1.5),
        ];
        for (tensor, change) in changes {
            let mut wrong = honest.clone();
            change(&mut wrong.modules[5]);
            let (code, message) = check(&wrong);
            assert_eq!(code, Some(1));
            assert!(message.contains(&format!("`{tensor}` of")), "{message}");
        }
    }
}
