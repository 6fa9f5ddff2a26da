//! Honest files of every format, small and the same in every run (but for what halo2 draws), made once.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use halo2_proofs::pasta::Fp;
use rankproof_adapter::{
    Adapter, Module, Outputs, quantize, quantize_activations, read_activations, read_adapter, write_outputs,
};
use rankproof_groth16_seal::{ConstraintSystem, F, VerifyingKey, generator};
use rankproof_lora_halo2::{ActivationsBinding, AdapterBinding, Cache, Keys, Opening, Shape};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{AdapterRequest, LoraProof, Profile, RunRequest, commit_weights, prove, prove_shared};
use rankproof_pipeline::adapter_file::AdapterFile;
use rankproof_pipeline::public_adapter::PublicAdapter;
use rankproof_statement::field::to_canonical_bytes;
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{AdapterPreimage, WeightBits, WeightsLayout, Witness, tables};
use tempfile::TempDir;

/// Memory that the halo2 keys may take, bytes.
const MEMORY: u64 = 1 << 30;

/// Two modules: name, rank, inputs, outputs.
const MODULES: [(&str, usize, usize, usize); 2] = [("layer.1.query", 2, 4, 3), ("layer.10.query", 2, 2, 2)];
const TOKENS: usize = 2;

/// The files.
#[derive(Clone, Debug)]
pub struct Honest {
    /// `adapter_config.json`.
    pub config: Vec<u8>,
    /// `adapter_model.safetensors`.
    pub weights: Vec<u8>,
    /// Captured activations.
    pub activations: Vec<u8>,
    /// Outputs of a run.
    pub outputs: Vec<u8>,
    /// Private adapter file.
    pub adapter_file: Vec<u8>,
    /// Its public side.
    pub public_adapter: Vec<u8>,
    /// A LoRA proof of the profile `tiny`.
    pub lora_proof: Vec<u8>,
    /// A proof of two runs, of the profile `tiny-s2`.
    pub shared_proof: Vec<u8>,
    /// A proof of two adapters, of the profile `tiny-a2`.
    pub adapters_proof: Vec<u8>,
    /// The proving key of a circuit of two rows.
    pub proving_key: Vec<u8>,
    /// The verifying key of the committed seals.
    pub verifying_key: Vec<u8>,
    /// A committed seal.
    pub seal_json: Vec<u8>,
}

/// A folder of the repository's fixtures.
pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

/// A safetensors file of float32 tensors that count up.
fn tensors(shapes: &[(String, [usize; 2])]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, shape) in shapes {
        let start = data.len();
        let numbers = (1..=shape.iter().product::<usize>()).map(|number| number as f32 / 8.0);
        data.extend(numbers.flat_map(f32::to_le_bytes));
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert(name.clone(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// Runs of the same inputs in different contexts under one argument: of one adapter, or of the same weights committed with
/// another salt for each run.
fn shared(profile: Profile, witness: &Witness, contexts: [u64; 2]) -> Vec<u8> {
    let config = profile.config();
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let commitment = commit_weights(&config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let (root, value) = (commitment.root(), commitment.ood_value());
    let salts = (1_001u64..).take(config.adapters());
    let preimages: Vec<AdapterPreimage> =
        salts.map(|salt| adapter_preimage(&witness.adapter, root, value, F::from(salt))).collect();
    let run = |context: &u64| RunRequest { witness, context: F::from(*context), salt: F::from(1_002 + context) };
    let requests = preimages.iter().zip(contexts.chunks(config.runs())).map(|(adapter, contexts)| AdapterRequest {
        weights_layout: &layout,
        weights: &commitment,
        adapter,
        runs: contexts.iter().map(run).collect(),
    });
    let requests: Vec<AdapterRequest<'_>> = requests.collect();
    prove_shared(&config, &requests).expect("true").to_bytes(profile, &config)
}

/// The witness of the honest files.
fn witness(folder: &Path) -> (Adapter, Witness) {
    let adapter = read_adapter(folder, None).expect("an adapter");
    let mut quantized = quantize(&adapter, WeightBits::Four, [0xab; 32]).expect("finite scales");
    sort_into_slots(&mut quantized);
    let wanted = MODULES.map(|(name, _, in_features, _)| (name, in_features));
    let inputs = read_activations(&folder.join("activations"), wanted, None).expect("activations");
    let witness = Witness::new(quantized, quantize_activations(&inputs)).expect("a witness");
    (adapter, witness)
}

fn proving_key(path: &Path) {
    let mut cs = ConstraintSystem::recording();
    let public = cs.public(F::from(9u64));
    let root = cs.witness(F::from(3u64));
    let square = cs.square(&root);
    cs.enforce_equal(&square, &public);
    let key = generator::development_keys(cs.into_parts().0, "test", 1, [7; 32]).expect("a small circuit");
    key.write(path).expect("written");
}

fn make() -> Honest {
    let folder = TempDir::new().expect("a temporary folder");
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("written before");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("writable");
    let config = std::fs::read(fixture("minilm-qv-r8/adapter_config.json")).expect("a fixture");
    let mut config: serde_json::Value = serde_json::from_slice(&config).expect("JSON");
    config["r"] = 2.into();
    write("adapter_config.json", config.to_string().as_bytes());
    let shapes = MODULES.iter().flat_map(|(name, rank, in_features, out_features)| {
        let key = |matrix| format!("base_model.model.{name}.{matrix}.weight");
        [(key("lora_A"), [*rank, *in_features]), (key("lora_B"), [*out_features, *rank])]
    });
    write("adapter_model.safetensors", &tensors(&shapes.collect::<Vec<_>>()));
    let inputs = MODULES.map(|(name, _, in_features, _)| (format!("{name}.x"), [TOKENS, in_features]));
    write("activations", &tensors(&inputs));

    let (float, witness) = witness(folder.path());
    let config = Profile::Tiny.config();
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let commitment = commit_weights(&config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let salts = [F::from(1_001u64), F::from(1_002u64)];
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), salts[0]);
    let proof = prove(&config, &witness, &layout, &commitment, &preimage, F::from(7u64), salts[1]).expect("true");
    let outputs = Outputs::from_witness(&witness, to_canonical_bytes(&salts[1])).expect("of one run");
    write_outputs(&folder.path().join("outputs"), &outputs, false).expect("written");
    let error_of = |module: &Module, name: &str| (module.name == name).then_some(0.125);
    let errors = witness
        .adapter
        .modules
        .iter()
        .filter_map(|quantized| float.modules.iter().find_map(|module| error_of(module, &quantized.name)));
    let file = AdapterFile {
        profile: Profile::Tiny,
        source_digest: [3; 32],
        adapter: witness.adapter.clone(),
        quantization_errors: errors.collect(),
        salt: salts[0],
        levels: commitment.tree().levels().to_vec(),
    };
    let adapter_file = file.to_bytes();
    let errors = file.quantization_errors.clone();
    let public = PublicAdapter::new(&file.open().expect("fits"), &errors).expect("public");
    proving_key(&folder.path().join("proving.key"));
    Honest {
        config: read("adapter_config.json"),
        weights: read("adapter_model.safetensors"),
        activations: read("activations"),
        outputs: read("outputs"),
        adapter_file,
        public_adapter: public.to_bytes(),
        lora_proof: proof.to_bytes(Profile::Tiny, &config),
        shared_proof: shared(Profile::TinyS2, &witness, [7, 8]),
        adapters_proof: shared(Profile::TinyA2, &witness, [7, 8]),
        proving_key: read("proving.key"),
        verifying_key: std::fs::read(fixture("seals/verifying.key")).expect("a fixture"),
        seal_json: std::fs::read(fixture("seals/first.json")).expect("a fixture"),
    }
}

/// The honest files.
pub fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(make)
}

/// The honest LoRA proof, decoded.
pub fn lora_proof() -> &'static LoraProof {
    static PROOF: OnceLock<LoraProof> = OnceLock::new();
    PROOF.get_or_init(|| LoraProof::from_bytes(&honest().lora_proof).expect("honest").0)
}

/// The verifying key of the committed seals, decoded.
pub fn verifying_key() -> &'static VerifyingKey {
    static KEY: OnceLock<VerifyingKey> = OnceLock::new();
    KEY.get_or_init(|| VerifyingKey::from_bytes(&honest().verifying_key, Path::new("verifying.key")).expect("honest"))
}

/// Keys of a shape of one module, and the bytes of an honest proof under them.
#[derive(Debug)]
pub struct Halo2 {
    /// The keys.
    pub keys: Keys,
    /// The proof.
    pub proof: Vec<u8>,
}

/// An honest halo2 proof, made on first use.
pub fn halo2() -> &'static Halo2 {
    static HALO2: OnceLock<Halo2> = OnceLock::new();
    HALO2.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        std::fs::write(folder.path().join("adapter_config.json"), &honest().config).expect("writable");
        std::fs::write(folder.path().join("adapter_model.safetensors"), &honest().weights).expect("writable");
        std::fs::write(folder.path().join("activations"), &honest().activations).expect("writable");
        let (_, witness) = witness(folder.path());
        let shape = Shape::of(&witness.adapter, &witness.activations).expect("a shape");
        let adapter = AdapterBinding { manifest_digest: [1; 32], base_model_digest: [9; 32], salt: Fp::from(77) };
        let activations = ActivationsBinding { scales_digest: [2; 32], salt: Fp::from(78) };
        let opening = Opening::new(&witness, &shape, adapter, activations).expect("the relation holds");
        let keys = Keys::new(&shape, &Cache::none(), MEMORY).expect("a small shape");
        let proof = rankproof_lora_halo2::prove(&keys, Arc::new(opening), Fp::from(42), Duration::ZERO).expect("true");
        Halo2 { proof: proof.to_bytes(), keys }
    })
}
