//! The targets: one function a format, and what must hold of it.

use std::path::{Path, PathBuf};

use rankproof_adapter::{quantize, quantize_activations, read_activations, read_adapter, read_outputs, write_outputs};
use rankproof_groth16_seal::{ProvingKey, Seal, SealJson, VerifyingKey, seal};
use rankproof_lora_halo2::LoraProof as Halo2Proof;
use rankproof_lora_proof::{LoraProof, SharedProof, verify};
use rankproof_pipeline::adapter_file::AdapterFile;
use rankproof_pipeline::public_adapter::PublicAdapter;
use rankproof_pipeline::seal::{read_seal, seal_file_bytes};
use rankproof_statement::{Statement, WeightBits, relation};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::ceremony;
use crate::edits::{Edited, apply};
use crate::honest::{self, honest, lora_proof, verifying_key};

/// A decoder under attack.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Name of the fuzz target and of the folder of its corpus.
    pub name: &'static str,
    /// Reads bytes; panics when an invariant is broken. Says whether they were accepted.
    pub run: fn(&[u8]) -> bool,
    /// Fixed-seed mutations that `make test` tries.
    pub mutations: u64,
}

/// All of them.
pub const TARGETS: [Target; 19] = [
    Target { name: "adapter_config", run: adapter_config, mutations: 4_000 },
    Target { name: "adapter_weights", run: adapter_weights, mutations: 4_000 },
    Target { name: "activations", run: activations, mutations: 4_000 },
    Target { name: "outputs", run: outputs, mutations: 4_000 },
    Target { name: "adapter_file", run: adapter_file, mutations: 400 },
    Target { name: "public_adapter", run: public_adapter, mutations: 4_000 },
    Target { name: "lora_proof", run: lora_proof_file, mutations: 400 },
    Target { name: "shared_proof", run: shared_proof_file, mutations: 300 },
    Target { name: "adapters_proof", run: adapters_proof_file, mutations: 300 },
    Target { name: "halo2_proof", run: halo2_proof, mutations: 4_000 },
    Target { name: "halo2_gzip", run: halo2_gzip, mutations: 2_000 },
    Target { name: "verifying_key", run: verifying_key_file, mutations: 4_000 },
    Target { name: "proving_key", run: proving_key, mutations: 2_000 },
    Target { name: "seal_json", run: seal_json, mutations: 4_000 },
    Target { name: "seal_bytes", run: seal_bytes, mutations: 4_000 },
    Target { name: "r1cs", run: ceremony::constraints, mutations: 2_000 },
    Target { name: "ptau", run: ceremony::powers_of_tau, mutations: 1_000 },
    Target { name: "zkey", run: ceremony::key, mutations: 1_000 },
    Target { name: "ceremony_transcript", run: ceremony::transcript, mutations: 2_000 },
];

/// A folder of this thread's, on disk because most readers take paths.
pub(crate) fn folder() -> PathBuf {
    thread_local! {
        static FOLDER: TempDir = TempDir::new().expect("a temporary folder");
    }
    FOLDER.with(|folder| folder.path().to_path_buf())
}

pub(crate) fn written(name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder().join(name);
    std::fs::write(&path, bytes).expect("the temporary folder is writable");
    path
}

/// An adapter that is read twice is the same, and is quantised to codes that the relation takes, or refused.
fn adapter(config: &[u8], weights: &[u8]) -> bool {
    written("adapter_config.json", config);
    written("adapter_model.safetensors", weights);
    let Ok(adapter) = read_adapter(&folder(), None) else { return false };
    let again = read_adapter(&folder(), None).map(|again| again.modules.len());
    assert_eq!(again.ok(), Some(adapter.modules.len()));
    for bits in [WeightBits::Four, WeightBits::Eight] {
        let Ok(quantized) = quantize(&adapter, bits, [0; 32]) else { continue };
        if let Err(refused) = relation::check_adapter(&quantized) {
            let refused = refused.to_string();
            assert!(!refused.contains("outside"), "quantizing gives codes within their width: {refused}");
        }
    }
    true
}

fn adapter_config(script: &[u8]) -> bool {
    adapter(&apply(&honest().config, script).bytes, &honest().weights)
}

fn adapter_weights(script: &[u8]) -> bool {
    adapter(&honest().config, &apply(&honest().weights, script).bytes)
}

/// What is accepted is finite and rectangular, and so is what it is quantised to.
fn activations(script: &[u8]) -> bool {
    let path = written("activations", &apply(&honest().activations, script).bytes);
    let wanted = [("layer.1.query", 4), ("layer.10.query", 2)];
    let Ok(activations) = read_activations(&path, wanted, None) else { return false };
    for (module, (_, in_features)) in activations.modules.iter().zip(wanted) {
        assert_eq!(module.x.len(), activations.tokens * in_features);
        assert!(module.x.iter().all(|x| x.is_finite()));
    }
    for module in quantize_activations(&activations) {
        assert_eq!(module.x.len(), module.tokens * module.in_features);
        assert!(module.token_scale.iter().all(|scale| scale.is_finite()));
    }
    true
}

/// What is accepted survives writing.
fn outputs(script: &[u8]) -> bool {
    let path = written("outputs", &apply(&honest().outputs, script).bytes);
    let Ok(outputs) = read_outputs(&path) else { return false };
    write_outputs(&path, &outputs, true).expect("what was read is of one run");
    // Debug output compares bit patterns closely enough: -0.0 and 0.0 print differently, nothing is NaN.
    assert_eq!(format!("{:?}", read_outputs(&path)), format!("Ok({outputs:?})"));
    true
}

fn adapter_file(script: &[u8]) -> bool {
    let Edited { mut bytes, repair } = apply(&honest().adapter_file, script);
    // "RPAD", version (2), length of the body (8), body, SHA-256 of everything before.
    if repair && let Some(body) = bytes.len().checked_sub(14 + 32) {
        bytes[6..14].copy_from_slice(&(body as u64).to_be_bytes());
        let end = bytes.len() - 32;
        let digest = Sha256::digest(&bytes[..end]);
        bytes[end..].copy_from_slice(&digest);
    }
    let Ok(file) = AdapterFile::from_bytes(&bytes) else { return false };
    assert!(file.to_bytes() == bytes, "one encoding");
    let _ = file.open();
    true
}

fn public_adapter(script: &[u8]) -> bool {
    let path = written("public", &apply(&honest().public_adapter, script).bytes);
    let Ok((public, _)) = PublicAdapter::read(&path) else { return false };
    let path = written("public", &public.to_bytes());
    assert_eq!(PublicAdapter::read(&path).map(|(again, _)| again).ok(), Some(public));
    true
}

fn lora_proof_file(script: &[u8]) -> bool {
    let Edited { bytes, .. } = apply(&honest().lora_proof, script);
    let Ok((proof, profile)) = LoraProof::from_bytes(&bytes) else { return false };
    let config = profile.config();
    assert!(proof.to_bytes(profile, &config) == bytes, "one encoding");
    if verify(&config, &proof).is_ok() {
        assert!(proof == *lora_proof(), "a changed proof is accepted");
    }
    true
}

fn shared_proof_file(script: &[u8]) -> bool {
    several(&honest().shared_proof, script)
}

fn adapters_proof_file(script: &[u8]) -> bool {
    several(&honest().adapters_proof, script)
}

/// A proof of several statements, edited.
fn several(honest: &[u8], script: &[u8]) -> bool {
    let Edited { bytes, .. } = apply(honest, script);
    let Ok((proof, profile)) = SharedProof::from_bytes(&bytes) else { return false };
    let config = profile.config();
    assert!(proof.to_bytes(profile, &config) == bytes, "one encoding");
    if proof.verify(&config).is_ok() {
        assert!(bytes == honest, "a changed proof is accepted");
    }
    true
}

fn halo2_proof(script: &[u8]) -> bool {
    let halo2 = honest::halo2();
    let Edited { bytes, .. } = apply(&halo2.proof, script);
    let Ok(proof) = Halo2Proof::from_bytes(&bytes) else { return false };
    assert!(proof.to_bytes() == bytes, "one encoding");
    if rankproof_lora_halo2::verify_with(&halo2.keys.verifier, &proof).is_ok() {
        assert!(bytes == halo2.proof, "a changed proof is accepted");
    }
    true
}

fn halo2_gzip(script: &[u8]) -> bool {
    let plain = Halo2Proof::from_bytes(&honest::halo2().proof).expect("honest");
    let Edited { bytes, .. } = apply(&plain.to_gzip().expect("in memory"), script);
    let Ok(proof) = Halo2Proof::from_gzip(&bytes) else { return false };
    assert_eq!(proof.to_gzip().ok(), Some(bytes), "one encoding");
    true
}

fn verifying_key_file(script: &[u8]) -> bool {
    let Edited { bytes, .. } = apply(&honest().verifying_key, script);
    let Ok(key) = VerifyingKey::from_bytes(&bytes, Path::new("verifying.key")) else { return false };
    let path = folder().join("verifying.key");
    key.write(&path).expect("writable");
    assert!(std::fs::read(&path).expect("written") == bytes, "one encoding");
    true
}

/// Where the digest of a proving key of this profile name stands: after magic, version, header and counts.
fn digest_of_proving_key(bytes: &[u8]) -> Option<usize> {
    let profile = usize::from(*bytes.get(12)?);
    Some(8 + 4 + 1 + profile + 4 + 1 + 64 + 28).filter(|digest| digest + 32 <= bytes.len())
}

fn proving_key(script: &[u8]) -> bool {
    let Edited { mut bytes, repair } = apply(&honest().proving_key, script);
    if repair && let Some(at) = digest_of_proving_key(&bytes) {
        let digest = Sha256::new().chain_update(&bytes[..at]).chain_update(&bytes[at + 32..]).finalize();
        bytes[at..at + 32].copy_from_slice(&digest);
    }
    let path = written("proving.key", &bytes);
    let Ok(key) = ProvingKey::read(&path) else { return false };
    key.write(&path).expect("writable");
    assert!(std::fs::read(&path).expect("written") == bytes, "one encoding");
    true
}

/// A seal that verifies is of the sealed statement: its points may have been re-randomised, nothing else.
fn only_the_sealed_statement(read: &Seal) {
    let json: SealJson = serde_json::from_slice(&honest().seal_json).expect("honest");
    let honest = Seal::try_from(&json).expect("honest");
    if seal::verify(verifying_key(), read).is_ok() {
        assert_eq!((&read.statements, read.root), (&honest.statements, honest.root), "a forged seal");
    }
}

fn seal_json(script: &[u8]) -> bool {
    let Edited { bytes, .. } = apply(&honest().seal_json, script);
    let path = written("seal.json", &bytes);
    let Ok(seal) = read_seal(&path) else { return false };
    let path = written("seal.json", &seal_file_bytes(&seal));
    assert_eq!(read_seal(&path).ok().as_ref(), Some(&seal));
    only_the_sealed_statement(&seal);
    true
}

/// Statement (96 bytes) and seal (292).
fn seal_bytes(script: &[u8]) -> bool {
    let json: SealJson = serde_json::from_slice(&honest().seal_json).expect("honest");
    let honest = Seal::try_from(&json).expect("honest");
    let Edited { bytes, .. } = apply(&[&honest.statements[0].to_bytes()[..], &honest.to_bytes()].concat(), script);
    let Some((statement, bytes)) = bytes.split_first_chunk::<96>() else { return false };
    let Ok(statement) = Statement::from_canonical_bytes(statement) else { return false };
    let Ok(seal) = Seal::from_bytes(bytes, honest.profile, honest.slots, vec![statement]) else { return false };
    assert!(seal.to_bytes() == bytes, "one encoding");
    only_the_sealed_statement(&seal);
    true
}
