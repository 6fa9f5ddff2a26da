//! Where the time and the memory of commit, prove and verify go, on synthetic adapters of true shapes.
//!
//! `timing [small|medium|large]`: MiniLM-L6 and Llama-3.2-1B (rank 8), Llama-3.1-8B (rank 16); q and v, 16 tokens
//! (8 in `medium`).
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Instant;

use rankproof_lora_proof::argument::{adapter_preimage, argue, commit_run, state};
use rankproof_lora_proof::transcript::Transcript;
use rankproof_lora_proof::{Commitment, F, Profile, commit_weights, memory, range, verify};
use rankproof_statement::{WeightBits, WeightsLayout, tables};

/// Processor time of all threads until now, in seconds, where the kernel tells it; a tick is 10 ms.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Runs a phase; says how long it took by the clock and on all processors, and the largest resident set meanwhile, where
/// the kernel counts it anew.
fn phase<T>(name: &str, run: impl FnOnce() -> T) -> T {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
    let (start, processor) = (Instant::now(), processor_seconds());
    let result = run();
    let (seconds, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - processor);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default().trim();
    println!("{name:24} {seconds:8.3} s {processor:8.2} s of processors {peak:>14}");
    result
}

fn main() {
    let profile = std::env::args().nth(1).unwrap_or_else(|| "small".to_owned());
    let profile = Profile::from_name(&profile).expect("tiny, small, medium or large");
    let config = profile.config();
    let (layers, hidden, value, rank, token_count) = match profile {
        Profile::Large => (32, 4096, 1024, 16, 16),
        Profile::Medium => (16, 2048, 512, 8, 8),
        _ => (6, 384, 384, 8, 16),
    };
    let report = config.security_report();
    println!("{:?}\nmin {:.2}, union {:.2}", config.rounds, report.min_bits(), report.union_bound_bits());
    let names: Vec<String> = (0..layers).flat_map(|i| [format!("{i}.q"), format!("{i}.v")]).collect();
    let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
    let shapes: Vec<support::Shape> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (*name, hidden, if i % 2 == 0 { hidden } else { value }, rank, i % 2 == 1))
        .collect();
    let witness = phase("synthetic witness", || support::witness(&shapes, token_count, WeightBits::Four, 1));
    let layout = WeightsLayout::plan(&witness.adapter, config.maxima()).expect("fits");
    let nibbles = tables::weights(&witness.adapter, &layout, config.maxima());
    let commitment = phase("commit to weights", || commit_weights(&config, nibbles.clone()));
    let levels = commitment.into_levels();
    let weights = phase("weights from a cache", || Commitment::from_cache(&config, nibbles, levels).expect("ours"));
    let salt = F::from(1u64);
    let adapter = adapter_preimage(&witness.adapter, weights.root(), weights.ood_value(), salt);
    let (opening, activations) =
        phase("commit to activations", || commit_run(&config, &witness, &layout, salt).expect("fits"));
    let unargued = state(&config, &layout, &adapter, opening, salt);
    let table = weights.nibbles().expect("weights");
    let seed: Vec<F> = (1..=config.log_size()).map(|i| F::from(i as u64) * salt).collect();
    phase("range check alone", || range::prove(&mut Transcript::default(), &[(table, F::from(1u64))], &seed));
    let positions: Vec<usize> = (0..config.rounds[0].queries).map(|i| i * 1000).collect();
    phase("leaves of the weights", || weights.leaves(&config, &positions));
    phase("leaves of activations", || activations.leaves(&config, &positions));
    let proof =
        phase("argument", || argue(&config, &mut Transcript::default(), &witness, unargued, [&weights, &activations]));
    phase("verify", || verify(&config, &proof).expect("verifies"));
    for phase in memory::commit(&config).iter().chain(&memory::prove(&config)) {
        println!("planned: {:32} {:6} MiB", phase.name, phase.bytes >> 20);
    }
    println!("{} bytes", proof.to_bytes(profile, &config).len());
}
