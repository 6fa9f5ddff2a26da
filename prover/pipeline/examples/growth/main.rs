//! What proofs and seals cost as adapters grow: `make bench-growth`, or
//! `cargo run --release -p rankproof-pipeline --example growth -- [OPTIONS] [CASE..]`.
//!
//! Without cases everything is measured: `n14` to `n23`, adapters that fill 2^n weights under the codes of `medium`, and
//! adapters of the shapes of real models under the profile that holds them. The adapters are made up, in the files that
//! PEFT writes. Every case has its own result file, and what has one is not measured again: stop it whenever you like.
//!
//! ```text
//! --results DIR    where results (and, while they are needed, keys) go; target/growth without this
//! --charts DIR     writes growth.json and the charts of all results there
//! --no-seal        no keys and no seals: they take most of the time
//! --adapter DIR    only writes the PEFT files of the one case there
//! --list           only lists the cases
//! ```

mod cases;
mod chart;
mod models;
mod report;
mod stages;
mod synthetic;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, bail, ensure};
use cases::Case;
use stages::Row;

#[derive(Debug)]
struct Options {
    results: PathBuf,
    charts: Option<PathBuf>,
    adapter: Option<PathBuf>,
    with_seal: bool,
    list: bool,
    /// Runs one stage of one case in this process: `keys` or `measure`.
    stage: Option<String>,
    cases: Vec<Case>,
}

impl Options {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let all = cases::all();
        let mut options = Self {
            results: PathBuf::from("target/growth"),
            charts: None,
            adapter: None,
            with_seal: true,
            list: false,
            stage: None,
            cases: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--results" => options.results = value()?.into(),
                "--charts" => options.charts = Some(value()?.into()),
                "--adapter" => options.adapter = Some(value()?.into()),
                "--stage" => options.stage = Some(value()?),
                "--no-seal" => options.with_seal = false,
                "--list" => options.list = true,
                name => {
                    let case = all.iter().find(|case| case.name == name);
                    let case =
                        case.with_context(|| format!("{name} is no case and no option: --list lists the cases"))?;
                    options.cases.push(case.clone());
                }
            }
        }
        if options.cases.is_empty() {
            options.cases = all;
        }
        Ok(options)
    }

    fn result_file(&self, case: &Case) -> PathBuf {
        self.results.join(format!("{}.json", case.name))
    }

    /// A result that has everything that is asked for.
    fn finished(&self, case: &Case) -> Option<Row> {
        let row: Row = serde_json::from_slice(&std::fs::read(self.result_file(case)).ok()?).ok()?;
        (row.seal.is_some() || !self.with_seal).then_some(row)
    }
}

/// Runs one stage of a case in a process of its own; returns what it prints.
fn child(stage: &str, case: &Case, options: &Options) -> Result<Vec<u8>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--stage", stage, &case.name, "--results"]).arg(&options.results);
    if !options.with_seal {
        command.arg("--no-seal");
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{} failed at stage {stage}: {}", case.name, output.status);
    Ok(output.stdout)
}

fn measure(case: &Case, options: &Options) -> Result<Row> {
    if options.with_seal {
        eprintln!("{}: making keys", case.name);
        child("keys", case, options)?;
    }
    eprintln!("{}: committing, proving{}", case.name, if options.with_seal { ", sealing" } else { "" });
    let row: Row = serde_json::from_slice(&child("measure", case, options)?).context("a stage printed no result")?;
    write(&options.result_file(case), &serde_json::to_vec_pretty(&row)?)?;
    if case.of_profile.is_none() {
        stages::remove_keys(case, &options.results);
    }
    Ok(row)
}

/// Whole files or none: a stopped run leaves no half result.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    rankproof_adapter::files::write_atomically(path, bytes, true)?;
    Ok(())
}

fn run() -> Result<()> {
    let options = Options::read(std::env::args().skip(1))?;
    if options.list {
        options.cases.iter().for_each(report::print_case);
        return Ok(());
    }
    let alone = || match options.cases.as_slice() {
        [case] => Ok(case),
        _ => bail!("name one case"),
    };
    if let Some(folder) = &options.adapter {
        let case = alone()?;
        return synthetic::write(&case.shape, case.tokens, folder);
    }
    std::fs::create_dir_all(&options.results).with_context(|| format!("cannot make {}", options.results.display()))?;
    match options.stage.as_deref() {
        Some("keys") => return stages::make_keys(alone()?, &options.results),
        Some(_) => {
            let row = stages::measure(alone()?, &options.results, options.with_seal)?;
            println!("{}", serde_json::to_string(&row)?);
            return Ok(());
        }
        None => {}
    }
    let mut rows = Vec::new();
    for case in &options.cases {
        rows.push(match options.finished(case) {
            Some(row) => row,
            None => measure(case, &options)?,
        });
    }
    report::print_tables(&rows);
    if let Some(folder) = &options.charts {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let mut text = serde_json::to_vec_pretty(&rows)?;
        text.push(b'\n');
        write(&folder.join("growth.json"), &text)?;
        for (name, svg) in report::charts(&rows) {
            write(&folder.join(name), svg.as_bytes())?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
