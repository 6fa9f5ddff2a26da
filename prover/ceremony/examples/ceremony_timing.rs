//! Times phase 2 on a circuit of squarings that fills a domain of 2^POWER points:
//! `cargo run --release -p rankproof-ceremony --example ceremony_timing -- POWER FILE.ptau`.
//!
//! What a contribution costs depends on the size of the domain and the witness alone, so this is what it costs for any
//! circuit of that size; the first key of a real circuit takes longer, since its rows are denser.

use std::path::Path;
use std::time::Instant;

use rankproof_ceremony::contribute::contribute;
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{quiet, setup, verify};
use rankproof_groth16_seal::{F, Matrices, MatricesBuilder};

/// `x_(i+1) = x_i²`, the last one public.
fn squarings(log_domain: u32) -> Matrices {
    let constraints = (1u32 << log_domain) - 2;
    let term = |variable| [(variable, F::from(1u64))];
    let mut builder = MatricesBuilder::default();
    for row in 0..constraints {
        let output = if row + 1 == constraints { 1 } else { row + 3 };
        builder.row([&term(row + 2), &term(row + 2), &term(output)]);
    }
    builder.finish(1, constraints as usize + 2).expect("a circuit")
}

fn timed<T, E>(what: &str, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let start = Instant::now();
    let result = run()?;
    println!("{what:24} {:8.1} s", start.elapsed().as_secs_f64());
    Ok(result)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [power, powers] = arguments.as_slice() else {
        return Err("usage: ceremony_timing POWER FILE.ptau".into());
    };
    let matrices = squarings(power.parse()?);
    println!("{} constraints, {} threads", matrices.num_constraints(), rayon::current_num_threads());
    let powers = PowersOfTau::open(Path::new(powers))?;
    let folder = tempfile::tempdir_in(".")?;
    let [first, next] = ["0.zkey", "1.zkey"].map(|name| folder.path().join(name));
    timed("first key", || setup::write(&matrices, &powers, &first, false, &quiet))?;
    let first = Zkey::open(&first)?;
    timed("contribution", || contribute(&first, &next, "benchmark", b"", false, &quiet))?;
    let next = Zkey::open(&next)?;
    timed("verification", || verify::verify_from_initial(&matrices, &powers, &first, &next, &quiet))?;
    Ok(())
}
