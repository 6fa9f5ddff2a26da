//! Results as Markdown tables and as charts.

use crate::cases::Case;
use crate::chart::{Series, draw};
use crate::models::Target;
use crate::stages::{Row, SealCosts};

const MIB: f64 = (1u64 << 20) as f64;

/// One line about a case that has not been measured.
pub fn print_case(case: &Case) {
    let modules = case.shape.modules.len();
    println!(
        "{:20} {:16} {modules:4} modules of rank {:2}, {:8} weights, {:2} tokens",
        case.name,
        case.profile,
        case.shape.rank,
        case.shape.weights(),
        case.tokens
    );
}

fn seal_columns(seal: Option<&SealCosts>) -> String {
    match seal {
        Some(seal) => format!(
            "{:.1} s ({:.1}) | {:.0} MiB | {:.1} s ({:.1}) | {:.0} MiB |",
            seal.keys.wall,
            seal.keys.cpu,
            seal.keys_bytes as f64 / MIB,
            seal.seal.wall,
            seal.seal.cpu,
            seal.peak_bytes as f64 / MIB,
        ),
        None => " | | | |".to_owned(),
    }
}

fn costs(row: &Row) -> String {
    let proof = &row.proof;
    format!(
        "{:.2} s ({:.2}) | {:.2} s ({:.2}) | {:.0} ms | {:.0} MiB | {} B | {} | {}",
        proof.commit.wall,
        proof.commit.cpu,
        proof.prove.wall,
        proof.prove.cpu,
        proof.verify_seconds * 1000.0,
        proof.peak_bytes as f64 / MIB,
        proof.proof_bytes,
        row.constraints,
        seal_columns(row.seal.as_ref()),
    )
}

const COSTS: &str =
    "commit | prove | verify | memory | proof | constraints | keys | key file | seal | memory of sealing";

/// Both tables, as in docs/benchmarks.md; seconds by the clock, and of all threads in brackets.
pub fn print_tables(rows: &[Row]) {
    let (models, sizes): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.model.is_some());
    if !sizes.is_empty() {
        println!("| n | {COSTS} |\n|{}", "---|".repeat(11));
        sizes.iter().for_each(|row| println!("| {} | {}", row.log_size, costs(row)));
        println!();
    }
    if !models.is_empty() {
        println!("| model | modules | rank | weights | tokens | profile | {COSTS} |\n|{}", "---|".repeat(16));
        for row in models {
            let target = if row.target == Some(Target::QueryValue) { "q, v" } else { "all linear" };
            let model = row.model.as_deref().unwrap_or_default();
            let Row { modules, rank, weights, tokens, profile, .. } = row;
            println!("| {model}, {target} | {modules} | {rank} | {weights} | {tokens} | {profile} | {}", costs(row));
        }
    }
}

/// File names and charts of the growth curve.
pub fn charts(rows: &[Row]) -> Vec<(&'static str, String)> {
    let line = |name, value: &dyn Fn(&Row) -> Option<f64>| Series {
        name,
        points: rows
            .iter()
            .filter(|row| row.model.is_none())
            .filter_map(|row| Some((row.log_size, value(row).filter(|value| *value > 0.0)?)))
            .collect(),
    };
    let of_seal = |value: fn(&SealCosts) -> f64| move |row: &Row| row.seal.as_ref().map(value);
    let times = [
        line("commit", &|row| Some(row.proof.commit.cpu)),
        line("prove", &|row| Some(row.proof.prove.cpu)),
        line("verify", &|row| Some(row.proof.verify_seconds)),
        line("keys, once", &of_seal(|seal| seal.keys.cpu)),
        line("seal", &of_seal(|seal| seal.seal.cpu)),
        line("verify the seal", &of_seal(|seal| seal.verify_seconds)),
    ];
    let sizes = [
        line("proof", &|row| Some(row.proof.proof_bytes as f64 / MIB)),
        line("memory of proving", &|row| Some(row.proof.peak_bytes as f64 / MIB)),
        line("memory of sealing", &of_seal(|seal| seal.peak_bytes as f64 / MIB)),
        line("proving key", &of_seal(|seal| seal.keys_bytes as f64 / MIB)),
    ];
    let constraints = [line("constraints", &|row| Some(row.constraints as f64))];
    let axis = "weights of the adapter";
    [
        ("growth-seconds.svg", draw("Seconds of all threads together", axis, &times)),
        ("growth-mebibytes.svg", draw("Mebibytes", axis, &sizes)),
        ("growth-constraints.svg", draw("Constraints of the seal", axis, &constraints)),
    ]
    .into_iter()
    .filter_map(|(name, chart)| Some((name, chart?)))
    .collect()
}
