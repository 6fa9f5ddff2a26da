//! Measures halo2 proofs: `cargo run --release -p rankproof-lora-halo2 --example benchmark -- [OPTIONS] [SHAPE...]`
//!
//! A shape is `IN,RANK,OUT[,TOKENS[,BITS]]`; rank `dense` is the full matrix, which exists for this comparison alone.
//! Without shapes the table of docs/benchmarks.md is measured, with `--compare` the low ranks and full matrices.
//!
//! ```text
//! --compare      pairs of low rank and full matrix instead of the table
//! --plan         rows and columns only, nothing is proved
//! --runs N       warm proofs per shape (median), 3 without this
//! --minutes N    stops a shape after N minutes and reports its plan, 10 without this
//! --json         one JSON array instead of a Markdown table
//! ```
//!
//! Each shape is measured in a process of its own, so that its peak memory is its own. What the planner says does not fit
//! nine tenths of the free memory is not tried.

mod measure;
mod shapes;

use std::io::Read;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use measure::{Row, measure};
use shapes::{COMPARED, TABLE};

type Failure = Box<dyn std::error::Error>;

#[derive(Debug)]
struct Options {
    compare: bool,
    plan: bool,
    json: bool,
    alone: bool,
    runs: usize,
    minutes: u64,
    shapes: Vec<String>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options =
            Self { compare: false, plan: false, json: false, alone: false, runs: 3, minutes: 10, shapes: Vec::new() };
        while let Some(argument) = arguments.next() {
            let mut number = |name: &str| arguments.next().ok_or_else(|| format!("{name} needs a number"));
            match argument.as_str() {
                "--compare" => options.compare = true,
                "--plan" => options.plan = true,
                "--json" => options.json = true,
                "--alone" => options.alone = true,
                "--runs" => options.runs = number("--runs")?.parse()?,
                "--minutes" => options.minutes = number("--minutes")?.parse()?,
                shape if !shape.starts_with('-') => options.shapes.push(argument),
                other => return Err(format!("{other} is no option; they are at the head of the example").into()),
            }
        }
        if options.shapes.is_empty() {
            let compared = || COMPARED.iter().flat_map(|(low, dense)| [*low, *dense]).map(str::to_owned).collect();
            let table = || TABLE.iter().map(|shape| (*shape).to_owned()).collect();
            options.shapes = if options.compare { compared() } else { table() };
        }
        Ok(options)
    }
}

/// Memory that is free now, in mebibytes.
fn available_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(16 << 20) >> 10
}

/// Measures a shape in a process of its own, or says why not.
fn row(shape: &str, options: &Options) -> Result<Row, Failure> {
    let mut planned = Row::plan(shape)?;
    if options.plan {
        return Ok(planned);
    }
    let free = available_mib() / 10 * 9;
    if planned.planned_mib > free || planned.k > rankproof_lora_halo2::plan::MAXIMUM_K {
        planned.note = Some(format!("planned: {} MiB needed", planned.planned_mib));
        return Ok(planned);
    }
    let runs = options.runs.to_string();
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--alone", "--runs", &runs, shape])
        .stdout(Stdio::piped())
        .spawn()?;
    let deadline = Instant::now() + Duration::from_secs(60 * options.minutes);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            planned.note = Some(format!("planned: stopped after {} minutes", options.minutes));
            return Ok(planned);
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let mut text = String::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_string(&mut text)?;
    }
    if !status.success() {
        return Err(format!("{shape} failed").into());
    }
    Ok(serde_json::from_str(&text)?)
}

fn print_head() {
    println!(
        "| in,rank,out[,tokens[,bits]] | products | k | rows | advice columns | look-ups | warm s | warm CPU s | cold s | \
         parameters s | verifying key s | proving key s | peak MiB | planned MiB | proof bytes | verify ms |"
    );
    println!("|{}", "---|".repeat(16));
}

fn print_row(row: &Row) {
    let Row { shape, products, k, rows, advice_columns, lookups, planned_mib, .. } = row;
    print!("| {shape} | {products} | {k} | {rows} | {advice_columns} | {lookups} | ");
    match &row.measured {
        Some(m) => println!(
            "{:.2} | {:.2} | {:.1} | {:.1} | {:.1} | {:.1} | {} | {planned_mib} | {} | {:.0} |",
            m.warm_seconds,
            m.warm_cpu_seconds,
            m.cold_seconds,
            m.params_seconds,
            m.verifying_key_seconds,
            m.proving_key_seconds,
            m.peak_mib,
            m.proof_bytes,
            m.verify_seconds * 1000.0,
        ),
        None => println!("{} | | | | | | | {planned_mib} | | |", row.note.as_deref().unwrap_or("planned")),
    }
}

/// What the low rank saves, pair by pair: rows, look-ups, products and, where both were proved, time and memory.
fn print_gains(rows: &[Row]) {
    println!();
    println!(
        "| low rank | full matrix | in·out / rank (in+out) | products | look-ups | cells used | warm time | memory | \
         proved |"
    );
    println!("|{}", "---|".repeat(9));
    for pair in rows.chunks_exact(2) {
        let (low, dense) = (&pair[0], &pair[1]);
        let ratio = |low: u64, dense: u64| format!("{:.1}", dense as f64 / low as f64);
        let cells = |row: &Row| (row.rows * row.advice_columns) as u64;
        let (time, memory, proved) = match (&low.measured, &dense.measured) {
            (Some(l), Some(d)) => {
                (format!("{:.1}", d.warm_seconds / l.warm_seconds), ratio(l.peak_mib, d.peak_mib), "both")
            }
            (Some(_), None) => (String::new(), ratio(low.planned_mib, dense.planned_mib) + " planned", "low rank"),
            _ => (String::new(), ratio(low.planned_mib, dense.planned_mib) + " planned", "neither"),
        };
        let products = ratio(low.products, dense.products);
        println!(
            "| {} | {} | {products} | {products} | {} | {} | {time} | {memory} | {proved} |",
            low.shape,
            dense.shape,
            ratio(low.lookups, dense.lookups),
            ratio(cells(low), cells(dense)),
        );
    }
}

fn run() -> Result<(), Failure> {
    let options = Options::read(std::env::args().skip(1))?;
    if options.alone {
        let shape = options.shapes.first().map(String::as_str).unwrap_or_default();
        println!("{}", serde_json::to_string(&measure(shape, options.runs)?)?);
        return Ok(());
    }
    if !options.json {
        print_head();
    }
    let mut rows = Vec::new();
    for shape in &options.shapes {
        let row = row(shape, &options)?;
        if !options.json {
            print_row(&row);
        }
        rows.push(row);
    }
    if options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else if options.compare {
        print_gains(&rows);
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
