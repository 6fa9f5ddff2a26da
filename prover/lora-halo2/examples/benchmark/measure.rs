//! One shape: what the planner says, and what proving it took.

use std::sync::Arc;
use std::time::{Duration, Instant};

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::{Cache, Keys, LoraProof, Plan, Shape, VerifierKeys, prove, verify_with};
use serde::{Deserialize, Serialize};

use crate::shapes::{opening, parse};

/// A row of a table.
#[derive(Debug, Deserialize, Serialize)]
pub struct Row {
    /// As it was given.
    pub shape: String,
    /// Products of a weight and a number.
    pub products: u64,
    /// Base-2 logarithm of the rows.
    pub k: u32,
    /// Rows used.
    pub rows: usize,
    /// Advice columns.
    pub advice_columns: usize,
    /// Pairs of nibbles looked up.
    pub lookups: u64,
    /// Poseidon permutations.
    pub permutations: usize,
    /// The planner's estimate of the peak memory.
    pub planned_mib: u64,
    /// What it took, when it was proved.
    pub measured: Option<Measured>,
    /// Why it was not proved.
    pub note: Option<String>,
}

/// Seconds, mebibytes and bytes.
#[derive(Debug, Deserialize, Serialize)]
pub struct Measured {
    /// Parameters, verifying key, proving key and the first proof, nothing being on disk.
    pub cold_seconds: f64,
    /// Of these, what a cache of parameters saves.
    pub params_seconds: f64,
    /// Of these, the verifying key: what the first check of a shape costs before the check itself.
    pub verifying_key_seconds: f64,
    /// Of these, the proving key.
    pub proving_key_seconds: f64,
    /// A proof with the keys in memory, median.
    pub warm_seconds: f64,
    /// The same in processor time of all threads, which other work on the machine does not change.
    pub warm_cpu_seconds: f64,
    /// Largest resident set of the process after the warm proofs.
    pub peak_mib: u64,
    /// Size of the file.
    pub proof_bytes: usize,
    /// A check with the verifying key in memory, median.
    pub verify_seconds: f64,
}

impl Row {
    /// What the planner says, however large.
    pub fn plan(text: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let plan = Plan::unbounded(&shape(text)?)?;
        Ok(Self {
            shape: text.to_owned(),
            products: plan.products,
            k: plan.k,
            rows: plan.rows,
            advice_columns: plan.columns.advice(),
            lookups: plan.lookups,
            permutations: plan.permutations,
            planned_mib: plan.memory >> 20,
            measured: None,
            note: None,
        })
    }
}

fn shape(text: &str) -> Result<Shape, &'static str> {
    parse(text).ok_or("a shape is IN,RANK,OUT[,TOKENS[,BITS]]")
}

/// Seconds that all threads of this process have worked, in the kernel's ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Proves a shape once cold and `runs` times warm, in this process.
pub fn measure(text: &str, runs: usize) -> Result<Row, Box<dyn std::error::Error>> {
    let shape = shape(text)?;
    let plan = Plan::new(&shape)?;
    let folder = std::env::temp_dir().join(format!("rankproof-benchmark-{}", std::process::id()));
    let cache = Cache::at(&folder);
    let cold = Instant::now();
    let params = cache.params(plan.k);
    let params_seconds = cold.elapsed().as_secs_f64();
    drop(params?);
    let start = Instant::now();
    let verifier = VerifierKeys::new(&shape, &cache);
    drop(std::fs::remove_dir_all(&folder));
    let (verifier, verifying_key_seconds) = (verifier?, start.elapsed().as_secs_f64());
    let start = Instant::now();
    let keys = Keys::with_verifier(&shape, verifier)?;
    let proving_key_seconds = start.elapsed().as_secs_f64();
    let opening = Arc::new(opening(&shape));
    let context = Fp::from(1);
    let first = prove(&keys, Arc::clone(&opening), context, Duration::ZERO)?;
    let cold_seconds = cold.elapsed().as_secs_f64();

    let (mut warm, mut cpu, mut checks, mut peak, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0, Vec::new());
    for _ in 0..runs.max(1) {
        let (start, cpu_start) = (Instant::now(), cpu_seconds());
        let proof = prove(&keys, Arc::clone(&opening), context, Duration::ZERO)?;
        warm.push(start.elapsed().as_secs_f64());
        cpu.push(cpu_seconds() - cpu_start);
        peak = proof.metadata.peak_memory_bytes >> 20;
        bytes = proof.to_bytes();
        let start = Instant::now();
        verify_with(&keys.verifier, &LoraProof::from_bytes(&bytes)?)?;
        checks.push(start.elapsed().as_secs_f64());
    }
    verify_with(&keys.verifier, &first)?;
    let measured = Measured {
        cold_seconds,
        params_seconds,
        verifying_key_seconds,
        proving_key_seconds,
        warm_seconds: median(warm),
        warm_cpu_seconds: median(cpu),
        peak_mib: peak,
        proof_bytes: bytes.len(),
        verify_seconds: median(checks),
    };
    Ok(Row { measured: Some(measured), ..Row::plan(text)? })
}
