//! PEFT directories: what is accepted with which meaning, and every refusal by its own name.

mod support;

use std::fs;

use rankproof_adapter::{Error, read_adapter};
use regex::Regex;
use serde_json::{Value, json};
use support::{LORA_A, LORA_B, Tensor, TinyAdapter};

/// The honest twin of every refusal in this file.
#[test]
fn accepts_the_honest_adapter() {
    let adapter = TinyAdapter::honest().read().unwrap();
    let names: Vec<&str> = adapter.modules.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["layer.1.query", "layer.10.query"]);
    let module = &adapter.modules[0];
    assert_eq!((module.rank, module.in_features, module.out_features), (2, 4, 3));
    assert_eq!(module.lora_a[..3], [0.125, 0.25, 0.375]);
    assert_eq!(module.lora_b.len(), 6);
    assert_eq!(module.scaling, 1.5);
    assert!(adapter.notes.is_empty());
}

#[test]
fn accepts_half_precision_and_the_adapter_name_form() {
    let expected = TinyAdapter::honest().read().unwrap();
    let mut tiny = TinyAdapter::honest();
    for (name, dtype) in [(LORA_A, "F16"), (LORA_B, "BF16")] {
        let tensor = tiny.tensor(name);
        tensor.dtype = dtype;
        tensor.name = name.replace(".weight", ".default.weight");
        let values = tensor.bytes.chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
        tensor.bytes = values
            .flat_map(|v| match dtype {
                "F16" => half::f16::from_f32(v).to_le_bytes(),
                _ => half::bf16::from_f32(v).to_le_bytes(),
            })
            .collect();
    }
    assert_eq!(tiny.read().unwrap(), expected);
}

#[test]
fn scales_by_the_square_root_with_rslora() {
    let mut tiny = TinyAdapter::honest();
    tiny.config["use_rslora"] = json!(true);
    assert_eq!(tiny.read().unwrap().modules[0].scaling, 3.0 / 2f64.sqrt());
}

#[test]
fn takes_rank_and_alpha_from_the_one_matching_pattern() {
    let mut tiny = TinyAdapter::honest();
    tiny.config["r"] = json!(8);
    tiny.config["rank_pattern"] = json!({"layer.1.query": 2, r"layer\.\d\d\.query": 2});
    tiny.config["alpha_pattern"] = json!({"10.query": 7.5});
    let modules = tiny.read().unwrap().modules;
    assert_eq!((modules[0].scaling, modules[1].scaling), (1.5, 3.75));
    // `1.query` alone would also match the end of `layer.1.query`, but never of `layer.10.query`.
    tiny.config["alpha_pattern"] = json!({"1.query": 9});
    let modules = tiny.read().unwrap().modules;
    assert_eq!((modules[0].scaling, modules[1].scaling), (4.5, 1.5));
}

#[test]
fn selects_modules_by_regex() {
    let tiny = TinyAdapter::honest();
    tiny.read().unwrap();
    let select = |pattern: &str| read_adapter(tiny.path(), Some(&Regex::new(pattern).unwrap()));
    assert_eq!(select("10").unwrap().modules.len(), 1);
    assert_eq!(select("query").unwrap().modules.len(), 2);
    assert_eq!(select("^query"), Err(Error::NothingSelected { path: tiny.weights_path(), pattern: "^query".into() }));
}

#[test]
fn notes_an_initialization_that_changed_the_base_weights() {
    let mut tiny = TinyAdapter::honest();
    tiny.config["init_lora_weights"] = json!("gaussian");
    assert!(tiny.read().unwrap().notes.is_empty());
    tiny.config["init_lora_weights"] = json!("pissa_niter_16");
    assert_eq!(tiny.read().unwrap().notes.len(), 1);
}

/// Each row: a field, a value that means "off" and is accepted, a value that is refused by name.
#[test]
fn rejects_with_config_field_unsupported_when_a_variant_is_on() {
    let rows: Vec<(&str, Value, Value)> = vec![
        ("use_dora", json!(false), json!(true)),
        ("lora_bias", json!(false), json!(true)),
        ("bias", json!("none"), json!("lora_only")),
        ("modules_to_save", json!([]), json!(["classifier"])),
        ("trainable_token_indices", json!(null), json!([1, 2])),
        ("use_qalora", json!(false), json!(true)),
        ("layer_replication", json!(null), json!([[0, 4], [2, 5]])),
        ("target_parameters", json!([]), json!(["experts.gate"])),
        ("alora_invocation_tokens", json!(null), json!([5])),
        ("arrow_config", json!(null), json!({"top_k": 2})),
        ("use_bdlora", json!(null), json!({"nblocks": 2})),
        ("kasa_config", json!(null), json!({"beta": 0.1})),
        ("monteclora_config", json!(null), json!({"num_samples": 8})),
        ("velora_config", json!(null), json!({"scale": 1.0})),
        ("megatron_config", json!(null), json!({"tensor_model_parallel_size": 2})),
        ("ensure_weight_tying", json!(false), json!(true)),
        ("enable_lora", json!(null), json!([true, false])),
    ];
    for (field, off, on) in rows {
        let mut tiny = TinyAdapter::honest();
        tiny.config[field] = off;
        assert!(tiny.read().is_ok(), "{field} off");
        tiny.config[field] = on.clone();
        match tiny.read() {
            Err(Error::ConfigFieldUnsupported { field: named, actual, .. }) => {
                assert_eq!((named.as_str(), actual), (field, on.to_string()));
            }
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn rejects_with_config_field_unknown_when_it_is_not_off() {
    for (value, accepted) in [
        (json!(null), true),
        (json!({}), true),
        (json!([]), true),
        (json!(false), true),
        (json!(true), false),
        (json!(0), false),
        (json!({"a": 1}), false),
    ] {
        let mut tiny = TinyAdapter::honest();
        tiny.config["use_next_thing"] = value.clone();
        let expected = Error::ConfigFieldUnknown {
            path: tiny.config_path(),
            field: "use_next_thing".into(),
            actual: value.to_string(),
        };
        assert_eq!(tiny.read().map(drop), if accepted { Ok(()) } else { Err(expected) });
    }
    // False may mean anything in a field that is no switch by its name.
    let mut tiny = TinyAdapter::honest();
    tiny.config["apply_scaling"] = json!(false);
    assert!(matches!(tiny.read(), Err(Error::ConfigFieldUnknown { .. })));
}

#[test]
fn rejects_config_values_by_field() {
    for (field, value) in [
        ("r", json!(0)),
        ("r", json!(-2)),
        ("r", json!(2.5)),
        ("r", json!("2")),
        ("r", json!(1u64 << 40)),
        ("lora_alpha", json!(0)),
        ("lora_alpha", json!("16")),
        ("use_rslora", json!(1)),
        ("rank_pattern", json!([2])),
        ("alpha_pattern", json!("query")),
    ] {
        let mut tiny = TinyAdapter::honest();
        tiny.config[field] = value.clone();
        match tiny.read() {
            Err(Error::ConfigFieldInvalid { field: named, actual, .. }) => {
                assert_eq!((named.as_str(), actual), (field, value.to_string()));
            }
            other => panic!("{field} = {value}: {other:?}"),
        }
    }
}

#[test]
fn rejects_with_config_field_missing() {
    for field in ["peft_type", "r", "lora_alpha"] {
        let mut tiny = TinyAdapter::honest();
        tiny.config.as_object_mut().unwrap().remove(field);
        let expected = Error::ConfigFieldMissing { path: tiny.config_path(), field: field.into() };
        assert_eq!(tiny.read(), Err(expected));
    }
}

#[test]
fn rejects_with_peft_type_unsupported() {
    let mut tiny = TinyAdapter::honest();
    tiny.config["peft_type"] = json!("ADALORA");
    let expected = Error::PeftTypeUnsupported { path: tiny.config_path(), actual: "\"ADALORA\"".into() };
    assert_eq!(tiny.read(), Err(expected));
}

#[test]
fn rejects_with_config_syntax_when_it_is_no_json_object() {
    let tiny = TinyAdapter::honest();
    tiny.read().unwrap();
    for text in ["", "[]", "{\"r\": NaN}", "{} x", "\u{0}", &"[".repeat(100_000)] {
        fs::write(tiny.config_path(), text).unwrap();
        assert!(matches!(read_adapter(tiny.path(), None), Err(Error::ConfigSyntax { .. })));
    }
    fs::write(tiny.config_path(), vec![b' '; (1 << 20) + 1]).unwrap();
    let expected = Error::FileTooLarge { path: tiny.config_path(), bytes: (1 << 20) + 1, limit: 1 << 20 };
    assert_eq!(read_adapter(tiny.path(), None), Err(expected));
}

#[test]
fn rejects_with_pattern_ambiguous_when_two_patterns_match_one_module() {
    for field in ["rank_pattern", "alpha_pattern"] {
        let mut tiny = TinyAdapter::honest();
        tiny.config[field] = json!({"layer.1.query": 2});
        assert!(tiny.read().is_ok());
        tiny.config[field] = json!({"layer.1.query": 2, "query": 2});
        match tiny.read() {
            Err(Error::PatternAmbiguous { field: named, module, first, second, .. }) => {
                assert_eq!((named, module.as_str()), (field, "layer.1.query"));
                assert_eq!((first.as_str(), second.as_str()), ("layer.1.query", "query"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn rejects_with_pattern_invalid_what_python_reads_otherwise() {
    for pattern in ["(", "(?!1)query", "(?i)query", "[a&&b]", "[a[b]]", "(a)\\1", "query\\Z"] {
        let mut tiny = TinyAdapter::honest();
        tiny.config["rank_pattern"] = json!({ pattern: 2 });
        match tiny.read() {
            Err(Error::PatternInvalid { pattern: named, .. }) => assert_eq!(named, pattern),
            other => panic!("{pattern}: {other:?}"),
        }
    }
    let mut tiny = TinyAdapter::honest();
    tiny.config["rank_pattern"] = json!({"(?:key|value)[0-9\\]]": 2});
    assert!(tiny.read().is_ok());
}

#[test]
fn rejects_tensors_that_are_no_lora_weights() {
    for (name, supported) in [
        ("base_model.model.embed.lora_embedding_A", Some("embedding")),
        ("base_model.model.layer.1.query.lora_magnitude_vector.weight", Some("DoRA")),
        ("base_model.model.layer.1.query.lora_B.bias", Some("bias")),
        ("base_model.model.classifier.modules_to_save.default.weight", Some("modules")),
        ("base_model.model.classifier.weight", None),
        ("base_model.model.layer.1.query.lora_diag.weight", None),
        ("model.layer.1.query.lora_A.weight", None),
        ("base_model.model.layer.1.query.lora_A.a.b.weight", None),
    ] {
        let mut tiny = TinyAdapter::honest();
        tiny.tensors.push(Tensor::counting(name, &[2, 2]));
        match (tiny.read(), supported) {
            (Err(Error::TensorUnsupported { tensor, reason, .. }), Some(word)) => {
                assert_eq!(tensor, name);
                assert!(reason.contains(word));
            }
            (Err(Error::NotALoraTensor { tensor, .. }), None) => assert_eq!(tensor, name),
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn rejects_a_missing_half() {
    let mut tiny = TinyAdapter::honest();
    tiny.tensors.retain(|t| t.name != LORA_B);
    let expected = Error::LoraBMissing { path: tiny.weights_path(), module: "layer.1.query".into() };
    assert_eq!(tiny.read(), Err(expected));
    let mut tiny = TinyAdapter::honest();
    tiny.tensors.retain(|t| t.name != LORA_A);
    let expected = Error::LoraAMissing { path: tiny.weights_path(), module: "layer.1.query".into() };
    assert_eq!(tiny.read(), Err(expected));
    let mut tiny = TinyAdapter::honest();
    tiny.tensors.clear();
    let expected = Error::NoModules { path: tiny.weights_path() };
    assert_eq!(tiny.read(), Err(expected));
}

#[test]
fn rejects_with_module_repeated_under_two_adapter_names() {
    let mut tiny = TinyAdapter::honest();
    tiny.tensors.push(Tensor::counting("base_model.model.layer.1.query.lora_A.other.weight", &[2, 4]));
    let module = "layer.1.query".into();
    assert_eq!(tiny.read(), Err(Error::ModuleRepeated { path: tiny.weights_path(), module, matrix: "lora_A" }));
}

#[test]
fn rejects_with_module_name_invalid() {
    let mut tiny = TinyAdapter::honest();
    tiny.tensors.push(Tensor::counting("base_model.model.a\nb.lora_A.weight", &[2, 4]));
    let expected = Error::ModuleNameInvalid { path: tiny.weights_path(), module: "a\\nb".into() };
    assert_eq!(tiny.read(), Err(expected));
    for module in [String::new(), "m".repeat(513)] {
        let mut tiny = TinyAdapter::honest();
        tiny.tensors.push(Tensor::counting(&format!("base_model.model.{module}.lora_A.weight"), &[2, 4]));
        assert_eq!(tiny.read(), Err(Error::ModuleNameInvalid { path: tiny.weights_path(), module }));
    }
}

#[test]
fn rejects_shapes_that_do_not_fit() {
    let mut tiny = TinyAdapter::honest();
    *tiny.tensor(LORA_B) = Tensor::counting(LORA_B, &[3, 1]);
    let module = || "layer.1.query".to_owned();
    let expected = Error::LoraShapeMismatch {
        path: tiny.weights_path(),
        module: module(),
        lora_a: vec![2, 4],
        lora_b: vec![3, 1],
    };
    assert_eq!(tiny.read(), Err(expected));

    let mut tiny = TinyAdapter::honest();
    *tiny.tensor(LORA_A) = Tensor::counting(LORA_A, &[1, 4]);
    *tiny.tensor(LORA_B) = Tensor::counting(LORA_B, &[3, 1]);
    let expected = Error::RankMismatch { path: tiny.weights_path(), module: module(), expected: 2, actual: 1 };
    assert_eq!(tiny.read(), Err(expected));

    for shape in [vec![8], vec![2, 2, 2], vec![0, 4]] {
        let mut tiny = TinyAdapter::honest();
        *tiny.tensor(LORA_A) = Tensor::counting(LORA_A, &shape);
        match tiny.read() {
            Err(Error::WrongShape { tensor, actual, .. }) => assert_eq!((tensor.as_str(), actual), (LORA_A, shape)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn rejects_numbers_that_are_not_finite() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut tiny = TinyAdapter::honest();
        tiny.tensor(LORA_B).bytes[8..12].copy_from_slice(&value.to_le_bytes());
        let expected = Error::NotFinite { path: tiny.weights_path(), tensor: LORA_B.into(), index: 2 };
        assert_eq!(tiny.read(), Err(expected));
    }
}

#[test]
fn rejects_with_wrong_dtype_when_weights_are_integers() {
    let mut tiny = TinyAdapter::honest();
    tiny.tensor(LORA_A).dtype = "I32";
    let expected = "float32, float16 or bfloat16";
    let actual = "I32".to_owned();
    let path = tiny.weights_path();
    assert_eq!(tiny.read(), Err(Error::WrongDtype { path, tensor: LORA_A.into(), expected, actual }));
}

#[test]
fn rejects_with_pickle_refused() {
    let tiny = TinyAdapter::honest();
    tiny.read().unwrap();
    let pickle = tiny.path().join("adapter_model.bin");
    fs::write(&pickle, b"\x80\x02").unwrap();
    assert!(read_adapter(tiny.path(), None).is_ok(), "PEFT prefers safetensors too");
    fs::remove_file(tiny.weights_path()).unwrap();
    assert_eq!(read_adapter(tiny.path(), None), Err(Error::PickleRefused { path: pickle.clone() }));
    fs::remove_file(pickle).unwrap();
    assert_eq!(read_adapter(tiny.path(), None), Err(Error::FileMissing { path: tiny.weights_path() }));
}
