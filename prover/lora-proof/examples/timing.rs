//! Where the time of commit, prove and verify goes, on a synthetic adapter that fills the `small` profile.
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use rankproof_lora_proof::argument::adapter_preimage;
use rankproof_lora_proof::{F, Profile, commit_weights, prove, verify};
use rankproof_statement::{WeightBits, WeightsLayout, tables};

fn main() {
    let config = Profile::Small.config();
    println!("{:?}", config.rounds);
    let report = config.security_report();
    for term in &report.terms {
        println!("{:60} {:7.2}", term.name, term.bits);
    }
    println!("min {:.2}, union {:.2}", report.min_bits(), report.union_bound_bits());
    let shapes: Vec<support::Shape> = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]
        .iter()
        .enumerate()
        .map(|(i, name)| (*name, 384, 384, 8, i % 2 == 1))
        .collect();
    let witness = support::witness(&shapes, 16, WeightBits::Four, 1);
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let start = Instant::now();
    let commitment = commit_weights(&config, tables::weights(&witness.adapter, &layout, config.maxima()));
    println!("commit {:?}", start.elapsed());
    let salt = F::from(1u64);
    let preimage = adapter_preimage(&witness.adapter, commitment.root(), commitment.ood_value(), salt);
    for _ in 0..3 {
        let start = Instant::now();
        let proof = prove(&config, &witness, &layout, &commitment, &preimage, salt, salt).expect("provable");
        println!("prove {:?}", start.elapsed());
        let start = Instant::now();
        verify(&config, &proof).expect("verifies");
        println!("verify {:?}, {} bytes", start.elapsed(), proof.to_bytes(Profile::Small, &config).len());
    }
}
