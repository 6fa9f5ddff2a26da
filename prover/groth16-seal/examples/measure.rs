//! Times and memory of every step around a circuit of Merkle paths, the bulk of the real one.
//!
//! `cargo run --release -p rankproof-groth16-seal --example measure [paths] [folder]`: 235 paths of 1 leaf and
//! 5 levels are some 450 k constraints. Each path also decomposes its position canonically.

use std::{path::Path, time::Instant};

use rankproof_groth16_seal::{
    ConstraintSystem, F, Num, ProvingKey,
    gadgets::{bits, compression, merkle},
    generator, prover, verifier,
};
use rankproof_poseidon::{compress_leaf, compress_node};

const LEVELS: usize = 5;
const CAP: usize = 64;

/// One path of made-up siblings for each query; the cap holds what they lead to.
fn circuit(cs: &mut ConstraintSystem, paths: u64) {
    let total = cs.public(F::from(paths));
    for query in 0..paths {
        cs.group_indexed("query", query as usize, |cs| {
            let leaf: [F; 16] = std::array::from_fn(|index| F::from(query * 16 + index as u64));
            let mut node = compress_leaf(&leaf);
            let children = [(); LEVELS].map(|()| {
                let children = [node, leaf[1], leaf[2], leaf[3]];
                node = compress_node(&children);
                children
            });
            let leaf = leaf.map(|element| cs.witness(element));
            let digest = compression::compress_leaf(cs, &leaf);
            let position = cs.witness(F::from(0u64));
            let bits = bits::to_bits_canonical(cs, &position);
            let cap: Vec<Num> = (0..CAP).map(|_| cs.witness(node)).collect();
            merkle::enforce_path(cs, &digest, &bits[..2 * LEVELS + 6], &children, &cap);
        });
    }
    let paths = cs.witness(F::from(paths));
    cs.enforce_equal(&total, &paths);
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what:28} {:8.3} s   peak {} MiB", start.elapsed().as_secs_f64(), peak_mib());
    result
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let paths: u64 = arguments.next().map_or(Ok(235), |paths| paths.parse())?;
    let folder = arguments.next().unwrap_or_else(|| std::env::temp_dir().display().to_string());
    let file = Path::new(&folder).join("measure.key");
    if !file.exists() {
        let mut cs = ConstraintSystem::recording();
        timed("record", || circuit(&mut cs, paths));
        let (matrices, _) = cs.into_parts();
        println!(
            "{} constraints, {} variables, {} nonzeros, {} terms kept, {} MiB",
            matrices.num_constraints(),
            matrices.num_variables(),
            matrices.num_nonzero(),
            matrices.num_terms(),
            matrices.bytes() >> 20
        );
        timed("digest", || matrices.digest());
        let key = timed("development keys", || generator::development_keys(matrices, "measure", 1, [0; 32]))?;
        timed("write", || key.write(&file))?;
        println!("run again to measure proving with the key in {}", file.display());
        return Ok(());
    }
    let key = timed("read", || ProvingKey::read(&file))?;
    let assignment = timed("witness", || {
        let mut cs = ConstraintSystem::assigning(key.matrices().num_variables());
        circuit(&mut cs, paths);
        cs.into_assignment()
    });
    let proof = timed("prove", || prover::prove(&key, &assignment))?;
    timed("verify", || verifier::verify(key.verifying_key(), assignment.public_inputs(), &proof))?;
    Ok(())
}
