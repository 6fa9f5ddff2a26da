//! The made-up adapters of the growth benchmark: the files are those of PEFT, the shapes those of the models.

#[path = "../examples/growth/cases.rs"]
#[allow(dead_code, reason = "the benchmark uses all of it")]
mod cases;
#[path = "../examples/growth/models.rs"]
mod models;
#[path = "../examples/growth/synthetic.rs"]
mod synthetic;

use std::path::{Path, PathBuf};

use models::Shape;
use rankproof_adapter::{read_activations, read_adapter};
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{QuantizedAdapter, QuantizedModule, WeightBits, WeightsLayout};

fn shape(case: &str) -> Shape {
    cases::all().into_iter().find(|known| known.name == case).expect("a case").shape
}

/// Name, inputs, outputs and rank of every module.
fn modules(folder: &Path) -> Vec<(String, usize, usize, usize)> {
    let adapter = read_adapter(folder, None).expect("an adapter");
    let describe =
        |module: rankproof_adapter::Module| (module.name, module.in_features, module.out_features, module.rank);
    adapter.modules.into_iter().map(describe).collect()
}

#[test]
fn adapters_of_minilm_have_the_modules_of_the_real_ones() {
    for (case, fixture) in [("minilm-qv", "minilm-qv-r8"), ("minilm-all", "minilm-all-r4-rslora")] {
        let folder = tempfile::tempdir().expect("a folder");
        synthetic::write(&shape(case), 2, folder.path()).expect("written");
        let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(fixture);
        assert_eq!(modules(folder.path()), modules(&real), "{case}");
    }
}

#[test]
fn files_are_the_same_every_time_and_inputs_are_shared_as_in_the_model() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    for folder in &folders {
        synthetic::write(&shape("minilm-all"), 3, folder.path()).expect("written");
    }
    for name in ["adapter_config.json", "adapter_model.safetensors", synthetic::ACTIVATIONS_FILE] {
        let [one, other] = folders.each_ref().map(|folder| std::fs::read(folder.path().join(name)).expect("a file"));
        assert!(one == other, "{name}");
    }
    let path: PathBuf = folders[0].path().join(synthetic::ACTIVATIONS_FILE);
    let layer = |name: &str, in_features| (format!("encoder.layer.0.{name}"), in_features);
    let names =
        [layer("attention.self.query", 384), layer("attention.self.value", 384), layer("attention.output.dense", 384)];
    let wanted = names.iter().map(|(name, in_features)| (name.as_str(), *in_features));
    let inputs = read_activations(&path, wanted, None).expect("inputs");
    let [query, value, output] = [0, 1, 2].map(|index| &inputs.modules[index].x);
    assert_eq!(inputs.tokens, 3);
    assert!(query == value && query != output);
}

#[test]
fn every_adapter_fits_what_it_is_measured_under() {
    for case in cases::all() {
        let modules = case.shape.modules.iter().map(|module| QuantizedModule {
            name: module.name.clone(),
            in_features: module.in_features,
            out_features: module.out_features,
            rank: case.shape.rank,
            lora_a: Vec::new(),
            lora_b: Vec::new(),
            out_scale: Vec::new(),
        });
        let mut adapter =
            QuantizedAdapter { bits: WeightBits::Four, modules: modules.collect(), base_model_digest: [0; 32] };
        sort_into_slots(&mut adapter);
        let layout = WeightsLayout::plan(&adapter, case.config.maxima());
        assert!(layout.is_ok(), "{}: {layout:?}", case.name);
        assert!(case.shape.weights() <= 1 << case.config.log_size(), "{}", case.name);
        if case.model.is_none() {
            assert_eq!(case.shape.weights(), 1 << case.config.log_size(), "{} is full", case.name);
        }
    }
}
