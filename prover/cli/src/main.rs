//! `rankproof`, the command line.
//!
//! A thin door: read the arguments, call one function of the pipeline, show its report. Results go to stdout (with
//! `--json` as one object), progress and errors to stderr, an error as one sentence. Exit codes: 0 done, 1 refused,
//! 2 bad usage or input, 3 environment.

mod arguments;
mod bars;
mod ceremony;
mod chain_arguments;
mod profiles;
mod run;
mod run_chain;
mod run_prove;
mod show;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::arguments::Cli;

/// Bad usage or input.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run::run(&cli.command, cli.json) {
        Ok(report) => {
            let text = if cli.json { show::json(&report) } else { show::text(&report) };
            // Whoever closed the pipe has read enough.
            drop(std::io::stdout().lock().write_all(text.as_bytes()));
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(error.family().exit_code())
        }
    }
}

fn complain(sentence: &str) {
    drop(writeln!(std::io::stderr().lock(), "error: {}", show::plain(sentence)));
}

/// Help goes to stdout and is no failure; anything else becomes one sentence.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        drop(write!(std::io::stdout().lock(), "{}", error.render()));
        return ExitCode::SUCCESS;
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        drop(write!(std::io::stderr().lock(), "{}", error.render()));
        return ExitCode::from(USAGE);
    }
    let text = error.render().to_string();
    let lines = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let words = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    complain(&format!("{}; see `rankproof --help`", words.trim_start_matches("error: ")));
    ExitCode::from(USAGE)
}
