//! Regenerates `fixtures/seals` and `contracts/generated/SealVerifyingKey.sol`, bit for bit, from the two adapters in
//! `fixtures/`: `cargo run --release -p rankproof-pipeline --example fixtures` at the root (`make fixtures`).
//!
//! Salts and the randomness of the seals come from fixed seeds, which is why these seals hide nothing and the key is a
//! development key. Everything else is the real thing: all modules of both adapters, proven and sealed.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rankproof_adapter::{quantize, quantize_activations, read_activations, read_adapter};
use rankproof_groth16_seal::{ProvingKey, SealJson, SealProfile, VerifyingKey, export, seal};
use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{LoraProof, commit_weights, prove};
use rankproof_statement::digest::use_context;
use rankproof_statement::layout::sort_into_slots;
use rankproof_statement::{F, WeightBits, WeightsLayout, Witness, tables};

const PROFILE: SealProfile = SealProfile::SMALL;

fn lora_proof(directory: &str, activations: &str, tokens: usize, request: &str) -> Result<LoraProof> {
    let config = PROFILE.config();
    let float = read_adapter(Path::new(directory), None)?;
    let mut adapter = quantize(&float, WeightBits::Four, [0; 32])?;
    sort_into_slots(&mut adapter);
    let shapes: Vec<(String, usize)> =
        adapter.modules.iter().map(|module| (module.name.clone(), module.in_features)).collect();
    let shapes = shapes.iter().map(|(name, in_features)| (name.as_str(), *in_features));
    let inputs = read_activations(&Path::new(directory).join(activations), shapes, Some(tokens))?;
    let witness = Witness::new(adapter, quantize_activations(&inputs))?;
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima())?;
    let commitment = commit_weights(&config, tables::weights(&witness.adapter, &layout, config.maxima()));
    let context = use_context(request.as_bytes());
    let salts = [F::from(1_001u64), F::from(1_002u64)];
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), salts[0]);
    Ok(prove(&config, &witness, &layout, &commitment, &preimage, context, salts[1])?)
}

fn write_seal(key: &ProvingKey, name: &str, proof: &LoraProof, seed: u64) -> Result<()> {
    let sealed = seal::seal_with_rng(key, std::slice::from_ref(proof), &mut ChaCha20Rng::seed_from_u64(seed))?;
    let path = format!("fixtures/seals/{name}.json");
    std::fs::write(&path, serde_json::to_string_pretty(&SealJson::from(&sealed))? + "\n").context(path.clone())?;
    eprintln!("{path}");
    Ok(())
}

fn write_key(key: &VerifyingKey) -> Result<()> {
    let header = key.header();
    let text = export::render_verifying_key(
        key.points(),
        header.slots,
        header.inner_digest,
        &header.profile,
        header.development,
    )?;
    let path = "contracts/generated/SealVerifyingKey.sol";
    std::fs::write(path, text).context(path)?;
    eprintln!("{path}");
    let path = Path::new("fixtures/seals/verifying.key");
    key.write(path)?;
    eprintln!("{}", path.display());
    Ok(())
}

fn main() -> Result<()> {
    ensure!(Path::new("fixtures/seals").is_dir(), "run this at the root of the repository");
    let key = seal::development_keys(PROFILE)?;
    write_key(key.verifying_key())?;
    let first = lora_proof("fixtures/minilm-qv-r8", "activations.safetensors", 16, "first")?;
    write_seal(&key, "first", &first, 1)?;
    write_seal(&key, "first_rerandomized", &first, 2)?;
    write_seal(&key, "second", &lora_proof("fixtures/minilm-qv-r8", "activations.safetensors", 16, "second")?, 3)?;
    // Another adapter, of other shapes, ranks and scaling, under the same key.
    let other = lora_proof("fixtures/minilm-all-r4-rslora", "activations_t4.safetensors", 4, "first")?;
    write_seal(&key, "other_adapter", &other, 4)
}
