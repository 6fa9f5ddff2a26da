//! Measures halo2 proofs: `cargo run --release -p rankproof-lora-halo2 --example benchmark -- SHAPE...`
//!
//! A shape is `IN,RANK,OUT[,TOKENS[,BITS]]`; rank `dense` is the full matrix, for comparison. Without shapes the table of
//! docs/halo2.md is measured. Each shape is measured in a process of its own, so that its peak memory is its own. Cold:
//! no parameters on disk, keys made from nothing. Warm: keys in memory, the second proof; beside its wall time stands the
//! processor time of all threads, which other work on the machine does not change. `--plan` only plans.

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::opening::{Weights, apply};
use rankproof_lora_halo2::{
    ActivationsBinding, AdapterBinding, Cache, Keys, LoraProof, ModuleShape, Opening, Plan, Shape, Update,
    VerifierKeys, prove, verify_with,
};
use rankproof_statement::WeightBits;

const TABLE: &[&str] = &["16,2,16", "64,4,64", "768,2,256", "768,4,768", "768,4,2304", "384,8,384", "384,8,384,16"];
const COMPARED: &[(&str, &str)] = &[
    ("768,16,768", "768,dense,768"),
    ("1024,32,4096", "1024,dense,4096"),
    ("1024,24,1024", "1024,dense,1024"),
    ("4096,64,4096", "4096,dense,4096"),
    ("1024,48,16384", "1024,dense,16384"),
    ("8192,128,8192", "8192,dense,8192"),
];

fn parse(text: &str) -> Option<Shape> {
    let parts: Vec<&str> = text.split(',').collect();
    let (in_features, out_features) = (parts.first()?.parse().ok()?, parts.get(2)?.parse().ok()?);
    let update = match *parts.get(1)? {
        "dense" => Update::Dense,
        rank => Update::LowRank { rank: rank.parse().ok()? },
    };
    let tokens = parts.get(3).map_or(Some(1), |tokens| tokens.parse().ok())?;
    let bits = match parts.get(4) {
        None | Some(&"4") => WeightBits::Four,
        Some(&"8") => WeightBits::Eight,
        _ => return None,
    };
    Some(Shape { bits, tokens, modules: vec![ModuleShape { in_features, out_features, update, input: 0 }] })
}

/// Reproducible integers over the whole range.
fn opening(shape: &Shape) -> Opening {
    let mut state = 11u64;
    let mut next = move |modulus: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % modulus
    };
    let offset = shape.bits.offset();
    let mut codes = |count: usize| (0..count).map(|_| (next(1 << shape.bits.bits()) as i64 - offset) as i8).collect();
    let weights: Vec<Weights> = shape
        .modules
        .iter()
        .map(|module| Weights {
            lora_a: match module.update {
                Update::LowRank { rank } => codes(rank * module.in_features),
                Update::Dense => Vec::new(),
            },
            lora_b: codes(module.out_features * module.inner_features()),
        })
        .collect();
    let inputs: Vec<Vec<i16>> = shape
        .inputs()
        .iter()
        .map(|features| (0..features * shape.tokens).map(|i| (i as i64 * 7919 % 65_536 - 32_768) as i16).collect())
        .collect();
    let outputs = apply(shape, &weights, &inputs);
    Opening {
        weights,
        inputs,
        outputs,
        adapter: AdapterBinding { manifest_digest: [1; 32], base_model_digest: [2; 32], salt: Fp::from(3) },
        activations: ActivationsBinding { scales_digest: [4; 32], salt: Fp::from(5) },
    }
}

/// Seconds that all threads of this process have worked, in the kernel's ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn measure(text: &str) -> Result<(), Box<dyn std::error::Error>> {
    let shape = parse(text).ok_or("a shape is IN,RANK,OUT[,TOKENS[,BITS]]")?;
    let plan = Plan::new(&shape)?;
    let start = Instant::now();
    let keys = Keys::new(&shape, &Cache::none(), 22 << 30)?;
    let key_time = start.elapsed();
    let opening = Arc::new(opening(&shape));
    let context = Fp::from(1);
    let cold_proof = prove(&keys, Arc::clone(&opening), context, key_time)?;
    let cold = start.elapsed();
    let (start, cpu_start) = (Instant::now(), cpu_seconds());
    let proof = prove(&keys, opening, context, Duration::ZERO)?;
    let (warm, warm_cpu) = (start.elapsed(), cpu_seconds() - cpu_start);
    let bytes = proof.to_bytes();
    let peak = proof.metadata.peak_memory_bytes >> 20;
    let start = Instant::now();
    verify_with(&keys.verifier, &LoraProof::from_bytes(&bytes)?)?;
    let verify = start.elapsed();
    let start = Instant::now();
    let verifier = VerifierKeys::new(&shape, &Cache::none())?;
    let verifier_keys = start.elapsed();
    verify_with(&verifier, &cold_proof)?;
    println!(
        "| {text} | {} | {} | {} | {} | {} | {:.1} | {:.2} | {warm_cpu:.2} | {peak} | {} | {} | {:.3} | {:.1} |",
        plan.products,
        plan.k,
        plan.rows,
        plan.columns.advice(),
        plan.lookups,
        cold.as_secs_f64(),
        warm.as_secs_f64(),
        plan.memory >> 20,
        bytes.len(),
        verify.as_secs_f64(),
        verifier_keys.as_secs_f64(),
    );
    Ok(())
}

fn print_head() {
    println!(
        "| in,rank,out[,tokens[,bits]] | products | k | rows | advice columns | look-ups | cold s | warm s | warm CPU s | peak MiB | \
         planned MiB | proof bytes | verify s | verifier key s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
}

fn print_plans() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "| low rank | products | rows | k | dense products | dense rows | dense k | products ratio | rows ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for (low, dense) in COMPARED {
        let plan = |text: &str| parse(text).ok_or("bad shape").map(|shape| Plan::unbounded(&shape));
        let (low_plan, dense_plan) = (plan(low)??, plan(dense)??);
        println!(
            "| {low} | {} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
            low_plan.products,
            low_plan.rows,
            low_plan.k,
            dense_plan.products,
            dense_plan.rows,
            dense_plan.k,
            dense_plan.products as f64 / low_plan.products as f64,
            dense_plan.rows as f64 / low_plan.rows as f64,
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--plan"] => print_plans(),
        ["--one", shape] => measure(shape),
        shapes => {
            print_head();
            let shapes = if shapes.is_empty() { TABLE } else { shapes };
            shapes.iter().try_for_each(|shape| {
                let status = Command::new(std::env::current_exe()?).args(["--one", shape]).status()?;
                if status.success() { Ok(()) } else { Err(format!("{shape} failed").into()) }
            })
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
