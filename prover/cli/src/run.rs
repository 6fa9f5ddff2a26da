//! From arguments to one call of the pipeline.

use rankproof_pipeline::words::{parse_bytes, parse_element, print_bytes};
use rankproof_pipeline::{
    Error, F, WeightBits, base_digest, commit, digest, inspect, keys, profile, prove, seal, verify,
};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::{Bits, Command, Keys};
use crate::bars::Bars;

/// Runs a command; the report is what is shown.
pub fn run(command: &Command) -> Result<Value, Error> {
    let bars = Bars::new();
    match command {
        Command::Inspect(arguments) => {
            let request =
                inspect::Request { directory: arguments.adapter_dir.clone(), modules: arguments.modules.clone() };
            report(&inspect::inspect(&request)?)
        }
        Command::Commit(arguments) => {
            let request = commit::Request {
                directory: arguments.adapter_dir.clone(),
                output: arguments.output.clone(),
                profile: profile(&arguments.profile)?,
                bits: match arguments.bits {
                    Bits::Four => WeightBits::Four,
                    Bits::Eight => WeightBits::Eight,
                },
                modules: arguments.modules.clone(),
                base_model_digest: match &arguments.base_digest {
                    Some(text) => parse_bytes("--base-digest", text)?,
                    None => [0; 32],
                },
                integers: arguments.export_integers.clone(),
                force: arguments.force,
            };
            report(&commit::commit(&request, &bars)?)
        }
        Command::BaseDigest(arguments) => {
            let digest = base_digest(&arguments.model, &bars)?;
            Ok(serde_json::json!({ "base_model_digest": print_bytes(&digest) }))
        }
        Command::Prove(arguments) => {
            if arguments.system != "sumcheck" {
                return Err(Error::BadArgument {
                    argument: "--system",
                    reason: format!("`{}` is not available in this version", arguments.system),
                    remedy: "use sumcheck",
                });
            }
            let request = prove::Request {
                adapter: arguments.adapter.clone(),
                activations: arguments.activations.clone(),
                context: parse_element("--context", &arguments.context)?,
                tokens: arguments.tokens,
                proof: arguments.output.clone(),
                outputs: arguments.outputs.clone(),
                force: arguments.force,
            };
            report(&prove::prove(&request, &bars)?)
        }
        Command::Digest(arguments) => {
            let request = digest::Request {
                adapter: arguments.adapter.clone(),
                activations: arguments.activations.clone(),
                outputs: arguments.outputs.clone(),
                tokens: arguments.tokens,
            };
            report(&digest::digest(&request, &bars)?)
        }
        Command::Verify(arguments) => {
            let request = verify::Request {
                proof: arguments.proof.clone(),
                adapter_id: element("--adapter-id", arguments.adapter_id.as_deref())?,
                activations_id: element("--activations-id", arguments.activations_id.as_deref())?,
                context: element("--context", arguments.context.as_deref())?,
            };
            report(&verify::verify(&request)?)
        }
        Command::Keys(Keys::New(arguments)) => {
            let profile = profile(&arguments.profile)?;
            let directory = arguments.output.clone().unwrap_or_else(|| keys::default_directory(profile));
            report(&keys::create(profile, &directory, arguments.force, &bars)?.report)
        }
        Command::Keys(Keys::Info(arguments)) => report(&keys::info(&arguments.keys)?),
        Command::Seal(arguments) => {
            let request = seal::Request {
                proofs: arguments.proofs.clone(),
                keys: arguments.keys.clone(),
                output: arguments.output.clone(),
                force: arguments.force,
            };
            report(&seal::seal(&request, &bars)?)
        }
        Command::VerifySeal(arguments) => report(&seal::verify_seal(&arguments.seal, &arguments.keys)?),
        Command::Export(arguments) => {
            report(&keys::export_solidity(&arguments.keys, &arguments.output, arguments.force)?)
        }
    }
}

fn element(argument: &str, text: Option<&str>) -> Result<Option<F>, Error> {
    text.map(|text| parse_element(argument, text)).transpose()
}

/// Reports are plain data: turning one into JSON cannot fail, and if it did, `null` would be shown.
fn report(report: &impl Serialize) -> Result<Value, Error> {
    Ok(serde_json::to_value(report).unwrap_or_default())
}
