//! `prove`: one run or several, of one adapter or of several, with either system.

use std::path::PathBuf;

use rankproof_pipeline::words::parse_element;
use rankproof_pipeline::{Error, F, halo2, prove, prove_shared};
use serde_json::Value;

use crate::arguments::Prove;
use crate::bars::Bars;
use crate::run::{memory, report};
use crate::run_chain;

fn bad(argument: &'static str, reason: impl Into<String>, remedy: &'static str) -> Error {
    Error::BadArgument { argument, reason: reason.into(), remedy }
}

/// Runs the command.
pub fn prove(arguments: &Prove, bars: &Bars) -> Result<Value, Error> {
    if arguments.system != "sumcheck" && arguments.system != halo2::SYSTEM {
        let reason = format!("`{}` is not available in this version", arguments.system);
        return Err(bad("--system", reason, "use sumcheck or halo2"));
    }
    let is_halo2 = arguments.system == halo2::SYSTEM;
    let runs = arguments.activations.len();
    if arguments.outputs.len() != runs {
        let reason = format!("{} files for {runs} of activations", arguments.outputs.len());
        return Err(bad("--outputs", reason, "give one for each --activations"));
    }
    let contexts = contexts(arguments, runs)?;
    let adapters = adapters(arguments, runs)?;
    let forms = halo2::Forms { gzip: arguments.gzip, json: arguments.export_json.clone() };
    for (argument, given) in [("--gzip", forms.gzip), ("--export-json", forms.json.is_some())] {
        if given && !is_halo2 {
            return Err(bad(argument, "a sumcheck proof has one form", "leave it out, or prove with --system halo2"));
        }
    }
    let memory = memory(arguments.memory.as_deref())?;
    if is_halo2 && memory.is_some() {
        return Err(bad(
            "--memory",
            "a halo2 proof takes what it takes",
            "leave it out, or prove with --system sumcheck",
        ));
    }
    let ([adapter], [activations], [outputs], [context]) =
        (adapters.as_slice(), arguments.activations.as_slice(), arguments.outputs.as_slice(), contexts.as_slice())
    else {
        return several(arguments, is_halo2, adapters, contexts, memory, bars);
    };
    let request = prove::Request {
        adapter: adapter.clone(),
        activations: activations.clone(),
        purpose: match &arguments.register_on {
            Some(text) => prove::Purpose::Registration(run_chain::registration(text)?),
            None => prove::Purpose::Context(*context),
        },
        tokens: arguments.tokens,
        proof: arguments.output.clone(),
        outputs: outputs.clone(),
        memory,
        force: arguments.force,
    };
    if is_halo2 {
        return report(&halo2::prove(&request, &forms, bars)?);
    }
    if prove_shared::is_for_several_runs(adapter)? {
        return several(arguments, is_halo2, adapters, contexts, memory, bars);
    }
    report(&prove::prove(&request, bars)?)
}

fn several(
    arguments: &Prove,
    is_halo2: bool,
    adapters: Vec<PathBuf>,
    contexts: Vec<F>,
    memory: Option<u64>,
    bars: &Bars,
) -> Result<Value, Error> {
    if is_halo2 {
        return Err(bad("--activations", "a halo2 proof is of one run", "prove run by run"));
    }
    if arguments.register_on.is_some() {
        let reason = "a registration is proven with an adapter of a profile of one run";
        return Err(bad("--register-on", reason, "commit the adapter with --profile small"));
    }
    let runs = adapters.into_iter().zip(&arguments.activations).zip(&arguments.outputs).zip(contexts);
    let runs = runs
        .map(|(((adapter, activations), outputs), context)| prove_shared::Run {
            adapter,
            activations: activations.clone(),
            context,
            outputs: outputs.clone(),
        })
        .collect();
    let request = prove_shared::Request {
        runs,
        tokens: arguments.tokens,
        proof: arguments.output.clone(),
        memory,
        force: arguments.force,
    };
    report(&prove_shared::prove(&request, bars)?)
}

/// An adapter for each run.
fn adapters(arguments: &Prove, runs: usize) -> Result<Vec<PathBuf>, Error> {
    match arguments.adapter.as_slice() {
        [one] => Ok(vec![one.clone(); runs]),
        each if each.len() == runs => Ok(each.to_vec()),
        each => {
            let reason = format!("{} adapters for {runs} runs", each.len());
            Err(bad("--adapter", reason, "give one for all runs, or one for each"))
        }
    }
}

/// A context for each run.
fn contexts(arguments: &Prove, runs: usize) -> Result<Vec<F>, Error> {
    let given = arguments.context.iter().map(|text| parse_element("--context", text));
    let given = given.collect::<Result<Vec<F>, Error>>()?;
    match given.as_slice() {
        [] => Ok(vec![F::from(0u64); runs]),
        [one] => Ok(vec![*one; runs]),
        each if each.len() == runs => Ok(each.to_vec()),
        each => {
            let reason = format!("{} contexts for {runs} runs", each.len());
            Err(bad("--context", reason, "give one for all runs, or one for each"))
        }
    }
}
