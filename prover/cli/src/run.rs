//! From arguments to one call of the pipeline.

use rankproof_pipeline::chain::{self, Account, ExpectedKey, Question};
use rankproof_pipeline::words::{parse_bytes, parse_element, print_bytes};
use rankproof_pipeline::{
    Error, F, SealProfile, WeightBits, base_digest, bench, commit, demo, digest, halo2, inspect, keys, profile, prove,
    seal, seal_profile, verify,
};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::arguments::{Access, Bits, Command, Keys};
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
                bits: width(arguments.bits),
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
            if arguments.system != "sumcheck" && arguments.system != halo2::SYSTEM {
                return Err(Error::BadArgument {
                    argument: "--system",
                    reason: format!("`{}` is not available in this version", arguments.system),
                    remedy: "use sumcheck or halo2",
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
            if arguments.system == halo2::SYSTEM {
                return report(&halo2::prove(&request, &bars)?);
            }
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
                adapter_id: bytes("--adapter-id", arguments.adapter_id.as_deref())?,
                activations_id: bytes("--activations-id", arguments.activations_id.as_deref())?,
                context: bytes("--context", arguments.context.as_deref())?,
            };
            if halo2::is_proof(&request.proof) {
                return report(&halo2::verify(&request)?);
            }
            // The ids of a sumcheck proof are below r: a larger number is a slip of the hand.
            for (argument, text) in [
                ("--adapter-id", &arguments.adapter_id),
                ("--activations-id", &arguments.activations_id),
                ("--context", &arguments.context),
            ] {
                element(argument, text.as_deref())?;
            }
            report(&verify::verify(&request)?)
        }
        Command::Keys(Keys::New(arguments)) => {
            let profile = seal_profile(&arguments.profile)?;
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
        Command::Deploy(arguments) => {
            let key = match &arguments.key_digest {
                Some(text) => ExpectedKey::Digest(parse_bytes("--key-digest", text)?),
                None => ExpectedKey::Folder(arguments.keys.clone()),
            };
            report(&chain::deploy(&access(&arguments.access)?, &key, &bars)?)
        }
        Command::Submit(arguments) => {
            let registry = chain::parse_address("--registry", &arguments.registry)?;
            let access = access(&arguments.access)?;
            report(&chain::submit(&access, registry, &arguments.seal, arguments.record_each, &bars)?)
        }
        Command::Status(arguments) => {
            let registry = chain::parse_address("--registry", &arguments.registry)?;
            let question = match (&arguments.seal, &arguments.adapter_id, &arguments.activations_id) {
                (_, Some(adapter_id), Some(activations_id)) => Question::Statement {
                    adapter_id: parse_element("--adapter-id", adapter_id)?,
                    activations_id: parse_element("--activations-id", activations_id)?,
                    context: parse_element("--context", &arguments.context)?,
                },
                (seal, _, _) => Question::Seal(seal.clone().unwrap_or_default()),
            };
            let access = chain::Access { rpc_url: arguments.rpc_url.clone(), account: Account::None };
            report(&chain::status(&access, registry, &question)?)
        }
        Command::Demo(arguments) => {
            let request = demo::Request {
                directory: arguments.adapter_dir.clone(),
                activations: arguments.activations.clone(),
                tokens: arguments.tokens,
                modules: arguments.modules.clone(),
                bits: width(arguments.bits),
                profile: SealProfile::SMALL,
                keys: arguments.keys.clone(),
                work: arguments.work.clone(),
                context: element("--context", arguments.context.as_deref())?,
            };
            report(&demo::demo(&request, &bars)?)
        }
        Command::Bench(arguments) => {
            let request = bench::Request {
                cases: cases(&arguments.fixtures),
                profile: SealProfile::SMALL,
                keys: arguments.keys.clone(),
                runs: arguments.runs,
                chain: !arguments.no_chain,
            };
            report(&bench::bench(&request, &bars)?)
        }
    }
}

fn width(bits: Bits) -> WeightBits {
    match bits {
        Bits::Four => WeightBits::Four,
        Bits::Eight => WeightBits::Eight,
    }
}

/// Where a private key may be, besides a keystore.
const PRIVATE_KEY_VARIABLE: &str = "RANKPROOF_PRIVATE_KEY";

fn access(arguments: &Access) -> Result<chain::Access, Error> {
    let account = match (&arguments.keystore, &arguments.password_file) {
        (Some(keystore), Some(password)) => Account::Keystore(keystore.clone(), chain::read_password(password)?),
        _ => match std::env::var(PRIVATE_KEY_VARIABLE) {
            Ok(key) => Account::PrivateKey(key),
            Err(_) => {
                return Err(Error::BadArgument {
                    argument: "--keystore",
                    reason: format!("it is not given, and {PRIVATE_KEY_VARIABLE} is not set"),
                    remedy: "give one of them, so that the transaction can be signed",
                });
            }
        },
    };
    Ok(chain::Access { rpc_url: arguments.rpc_url.clone(), account })
}

/// What the benchmark proves: the adapter of the demo, half of it, at 8 bits, and an adapter of other shapes.
fn cases(fixtures: &Path) -> Vec<bench::Case> {
    let case = |name: &str, folder: &str, activations: &str, modules: Option<&str>, bits| bench::Case {
        name: name.to_owned(),
        directory: fixtures.join(folder),
        activations: fixtures.join(folder).join(activations),
        modules: modules.map(str::to_owned),
        tokens: None,
        bits,
    };
    let (square, mixed) = ("minilm-qv-r8", "minilm-all-r4-rslora");
    let file = "activations.safetensors";
    vec![
        case("query, value, rank 8", square, file, None, WeightBits::Four),
        case("half of the layers", square, file, Some("layer\\.[0-2]\\."), WeightBits::Four),
        case("8 bits", square, file, None, WeightBits::Eight),
        case("all linear, rank 4", mixed, "activations_t4.safetensors", None, WeightBits::Four),
    ]
}

fn bytes(argument: &str, text: Option<&str>) -> Result<Option<[u8; 32]>, Error> {
    text.map(|text| parse_bytes(argument, text)).transpose()
}

fn element(argument: &str, text: Option<&str>) -> Result<Option<F>, Error> {
    text.map(|text| parse_element(argument, text)).transpose()
}

/// Reports are plain data: turning one into JSON cannot fail, and if it did, `null` would be shown.
fn report(report: &impl Serialize) -> Result<Value, Error> {
    Ok(serde_json::to_value(report).unwrap_or_default())
}
