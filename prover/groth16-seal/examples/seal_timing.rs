//! Times of setup, key files, sealing and verifying for a profile: `seal_timing PROFILE`.
#[path = "../../lora-proof/tests/support/mod.rs"]
mod support;

use std::time::Instant;

use rankproof_groth16_seal::{F, ProvingKey, SealProfile, seal};
use rankproof_statement::WeightBits;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "tiny".to_owned());
    let profile = SealProfile::from_name(&name).expect("a profile");
    let config = profile.config();
    let time = |what: &str, start: Instant| println!("{what:24} {:8.2} s", start.elapsed().as_secs_f64());

    let start = Instant::now();
    let matrices = seal::circuit_of(profile);
    time("write the circuit", start);
    let start = Instant::now();
    println!("{} constraints, digest {}", matrices.num_constraints(), hex::encode(matrices.digest()));
    time("digest", start);
    drop(matrices);
    let start = Instant::now();
    let key = seal::development_keys(profile).expect("keys");
    time("setup", start);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("proving.key");
    let start = Instant::now();
    key.write(&path).expect("written");
    time("write keys", start);
    drop(key);
    let start = Instant::now();
    let key = ProvingKey::read(&path).expect("read");
    time("read keys", start);

    let proof =
        support::prove_witness(&config, &support::witness(&support::SHAPES, 5, WeightBits::Four, 1), F::from(1u64));
    for _ in 0..3 {
        let start = Instant::now();
        let sealed = seal::seal(&key, std::slice::from_ref(&proof)).expect("sealed");
        time("seal", start);
        let start = Instant::now();
        seal::verify(key.verifying_key(), &sealed).expect("verifies");
        time("verify", start);
        assert_eq!(sealed.to_bytes().len(), seal::SEAL_BYTES);
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}
