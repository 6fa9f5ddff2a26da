//! Activation files and output files: what is accepted, and every refusal by its own name.

mod support;

use std::fs;
use std::path::PathBuf;

use rankproof_adapter::{
    Activations, Adapter, Error, Module, ModuleActivations, ModuleOutputs, Outputs, dequantize_delta, quantize,
    quantize_activations, read_activations, read_captured_delta, read_outputs, write_outputs,
};
use rankproof_statement::{QuantizedActivations, WeightBits};
use support::{Tensor, encode};
use tempfile::TempDir;

struct Capture {
    directory: TempDir,
    tensors: Vec<Tensor>,
}

const WANTED: [(&str, usize); 2] = [("q", 4), ("v", 2)];

impl Capture {
    fn honest() -> Self {
        let tensors = vec![
            Tensor::counting("q.x", &[3, 4]),
            Tensor::counting("v.x", &[3, 2]),
            Tensor::counting("v.delta", &[3, 5]),
            Tensor::f32("unwanted.x", &[1, 1], &[f32::NAN]),
        ];
        Self { directory: TempDir::new().unwrap(), tensors }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("x.safetensors")
    }

    fn read(&self, tokens: Option<usize>) -> Result<Activations, Error> {
        fs::write(self.path(), encode(&self.tensors)).unwrap();
        read_activations(&self.path(), WANTED, tokens)
    }
}

#[test]
fn reads_the_wanted_modules_and_the_first_tokens() {
    let capture = Capture::honest();
    let all = capture.read(None).unwrap();
    assert_eq!((all.tokens, all.modules.len(), all.modules[0].x.len()), (3, 2, 12));
    let first = capture.read(Some(2)).unwrap();
    assert_eq!(first.modules[1].x, [0.125, 0.25, 0.375, 0.5]);
    assert_eq!(read_captured_delta(&capture.path(), "v", 5, 2).unwrap().unwrap().len(), 10);
    assert_eq!(read_captured_delta(&capture.path(), "v", 6, 2).unwrap(), None);
    assert_eq!(read_captured_delta(&capture.path(), "q", 5, 2).unwrap(), None);
}

#[test]
fn rejects_tokens_that_are_not_there() {
    let capture = Capture::honest();
    let path = capture.path();
    assert!(capture.read(Some(3)).is_ok());
    let expected = Error::TokensUnavailable { path: path.clone(), asked: 4, available: 3 };
    assert_eq!(capture.read(Some(4)), Err(expected));
    assert_eq!(capture.read(Some(0)), Err(Error::NoTokens { path: path.clone() }));
    let mut capture = Capture::honest();
    capture.tensors[0] = Tensor::counting("q.x", &[0, 4]);
    assert_eq!(capture.read(None), Err(Error::NoTokens { path: capture.path() }));
}

#[test]
fn rejects_inputs_that_are_missing_or_do_not_fit() {
    let mut capture = Capture::honest();
    capture.tensors.remove(1);
    assert_eq!(capture.read(None), Err(Error::ActivationsMissing { path: capture.path(), module: "v".into() }));

    let mut capture = Capture::honest();
    capture.tensors[1] = Tensor::counting("v.x", &[2, 2]);
    let (path, module) = (capture.path(), "v".into());
    assert_eq!(capture.read(None), Err(Error::TokenCountMismatch { path, module, expected: 3, actual: 2 }));

    let mut capture = Capture::honest();
    capture.tensors[1] = Tensor::counting("v.x", &[3, 3]);
    let (path, tensor, expected) = (capture.path(), "v.x".into(), "[tokens, 2]".into());
    assert_eq!(capture.read(None), Err(Error::WrongShape { path, tensor, expected, actual: vec![3, 3] }));
}

#[test]
fn rejects_inputs_that_are_not_finite_or_no_floats() {
    let mut capture = Capture::honest();
    capture.tensors[1].bytes[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
    let (path, tensor) = (capture.path(), "v.x".into());
    assert_eq!(capture.read(None), Err(Error::NotFinite { path, tensor, index: 1 }));

    let mut capture = Capture::honest();
    capture.tensors[1].dtype = "U32";
    assert!(matches!(capture.read(None), Err(Error::WrongDtype { actual, .. }) if actual == "U32"));
}

#[test]
fn quantizes_tokens_by_their_own_scale_and_rounds_ties_to_even() {
    let module = ModuleActivations {
        name: "q".into(),
        in_features: 5,
        x: vec![32767.0, 0.5, 1.5, -2.5, -32767.0, 0.0, 0.0, 0.0, 0.0, -0.0],
    };
    let [quantized] = quantize_activations(&Activations { tokens: 2, modules: vec![module] }).try_into().unwrap();
    assert_eq!(quantized.x, [32767, 0, 2, -2, -32767, 0, 0, 0, 0, 0]);
    assert_eq!(quantized.token_scale, [1.0, 1.0]);
}

fn outputs() -> Outputs {
    let module = |name: &str| ModuleOutputs {
        activations: QuantizedActivations {
            module: name.into(),
            tokens: 2,
            in_features: 3,
            x: vec![1, -2, 3, 4, 5, 32767],
            token_scale: vec![0.5, 0.1],
        },
        y: vec![7, -(1 << 50), 0, 9],
        out_scale: vec![0.3, 2.0],
    };
    Outputs { salt: [9; 32], modules: vec![module("a"), module("a.b")] }
}

#[test]
fn dequantizes_in_the_documented_order() {
    let expected = [(0.3 * 0.5) * 7.0, (2.0 * 0.5) * -((1u64 << 50) as f64), 0.0, (2.0 * 0.1) * 9.0];
    let ModuleOutputs { activations, y, out_scale } = &outputs().modules[0];
    assert_eq!(dequantize_delta(out_scale, &activations.token_scale, y), expected.map(|v: f64| v as f32));
}

/// Changes one tensor of an honest outputs file and says how reading it fails.
fn reread(change: impl FnOnce(&mut Vec<Tensor>)) -> (PathBuf, Result<Outputs, Error>) {
    let outputs = outputs();
    let mut tensors = vec![bytes("activations_salt", "U8", &[32], outputs.salt.to_vec())];
    for module in &outputs.modules {
        let QuantizedActivations { module: name, x, token_scale, .. } = &module.activations;
        let name = |part: &str| format!("{name}.{part}");
        tensors.push(Tensor::f32(&name("delta"), &[2, 2], &module.delta()));
        tensors.push(bytes(&name("x_int"), "I16", &[2, 3], x.iter().flat_map(|v| v.to_le_bytes()).collect()));
        tensors.push(bytes(&name("y"), "I64", &[2, 2], module.y.iter().flat_map(|v| v.to_le_bytes()).collect()));
        let floats = |v: &[f64]| v.iter().flat_map(|v| v.to_le_bytes()).collect();
        tensors.push(bytes(&name("out_scale"), "F64", &[2], floats(&module.out_scale)));
        tensors.push(bytes(&name("token_scale"), "F64", &[2], floats(token_scale)));
    }
    change(&mut tensors);
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("y.safetensors");
    fs::write(&path, encode(&tensors)).unwrap();
    let result = read_outputs(&path);
    (path, result)
}

fn bytes(name: &str, dtype: &'static str, shape: &[u64], bytes: Vec<u8>) -> Tensor {
    Tensor { name: name.into(), dtype, shape: shape.into(), bytes }
}

fn named<'a>(tensors: &'a mut [Tensor], name: &str) -> &'a mut Tensor {
    tensors.iter_mut().find(|t| t.name == name).unwrap()
}

#[test]
fn reads_outputs_that_somebody_else_wrote() {
    assert_eq!(reread(|_| ()).1, Ok(outputs()));
}

#[test]
fn rejects_with_delta_mismatch_when_any_number_behind_it_changes() {
    for (tensor, byte) in [("a.delta", 4), ("a.y", 0), ("a.out_scale", 14), ("a.token_scale", 6)] {
        let (path, result) = reread(|t| named(t, tensor).bytes[byte] ^= 1);
        match result {
            Err(Error::DeltaMismatch { path: named, module, .. }) => assert_eq!((named, module.as_str()), (path, "a")),
            other => panic!("{tensor}: {other:?}"),
        }
    }
}

#[test]
fn rejects_output_tensors_that_are_missing_or_unexpected() {
    for tensor in ["activations_salt", "a.delta", "a.x_int", "a.y", "a.out_scale", "a.token_scale"] {
        let (path, result) = reread(|t| t.retain(|t| t.name != tensor));
        assert_eq!(result, Err(Error::TensorMissing { path, tensor: tensor.into() }));
    }
    let (path, result) = reread(|t| t.push(bytes("note", "U8", &[1], vec![0])));
    assert_eq!(result, Err(Error::TensorUnexpected { path, tensor: "note".into() }));
}

#[test]
fn rejects_output_tensors_of_another_type_or_shape() {
    let (_, result) = reread(|t| named(t, "a.y").dtype = "U64");
    assert!(matches!(result, Err(Error::WrongDtype { expected: "int64", .. })));
    let (_, result) = reread(|t| named(t, "a.delta").shape = vec![4, 1]);
    assert!(matches!(result, Err(Error::WrongShape { actual, .. }) if actual == [4, 1]));
    let (_, result) = reread(|t| *named(t, "activations_salt") = bytes("activations_salt", "U8", &[31], vec![9; 31]));
    assert!(matches!(result, Err(Error::WrongShape { actual, .. }) if actual == [31]));
    let (_, result) = reread(|t| named(t, "a.out_scale").bytes[..8].copy_from_slice(&f64::NAN.to_le_bytes()));
    assert!(matches!(result, Err(Error::NotFinite { tensor, index: 0, .. }) if tensor == "a.out_scale"));
}

#[test]
fn rejects_modules_of_different_runs() {
    let (path, result) = reread(|t| {
        for (part, width) in [("x_int", 6), ("y", 16), ("delta", 8), ("token_scale", 8)] {
            let tensor = named(t, &format!("a.b.{part}"));
            tensor.shape[0] = 1;
            tensor.bytes.truncate(width);
        }
    });
    assert_eq!(result, Err(Error::TokenCountMismatch { path, module: "a.b".into(), expected: 2, actual: 1 }));
}

#[test]
fn rejects_outputs_whose_lengths_do_not_fit() {
    let honest = outputs().modules.remove(0);
    let module = rankproof_statement::QuantizedModule {
        name: "a".into(),
        in_features: 3,
        out_features: 2,
        rank: 1,
        lora_a: vec![1; 3],
        lora_b: vec![1; 2],
        out_scale: honest.out_scale.clone(),
    };
    assert_eq!(ModuleOutputs::new(&module, honest.activations.clone(), honest.y.clone()), Ok(honest.clone()));
    let short = ModuleOutputs::new(&module, honest.activations, vec![1; 3]);
    let refused = Error::LengthMismatch { module: "a".into(), what: "y", expected: 4, actual: 3 };
    assert_eq!(short, Err(refused.clone()));

    let mut by_hand = outputs();
    by_hand.modules[0].y.pop();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("outputs.safetensors");
    assert_eq!(write_outputs(&path, &by_hand, false), Err(refused));
    assert_eq!(write_outputs(&path, &outputs(), false), Ok(()));
}

#[test]
fn rejects_with_scale_not_finite_when_the_scaling_leaves_the_range() {
    let module = |scaling| Module {
        name: "a".into(),
        in_features: 1,
        out_features: 1,
        rank: 1,
        lora_a: vec![f32::MAX],
        lora_b: vec![f32::MAX],
        scaling,
    };
    let quantized = |scaling| {
        let adapter = Adapter { base_model: None, modules: vec![module(scaling)], notes: Vec::new() };
        quantize(&adapter, WeightBits::Four, [0; 32]).map(drop)
    };
    assert_eq!(quantized(1.0), Ok(()));
    assert_eq!(quantized(f64::MAX), Err(Error::ScaleNotFinite { module: "a".into() }));
}
