//! From arguments to one call of the pipeline.

use rankproof_pipeline::memory::parse_size;
use rankproof_pipeline::words::{parse_bytes, parse_element, print_bytes};
use rankproof_pipeline::{
    Error, F, SealProfile, WeightBits, base_digest, bench, commit, demo, digest, exchange, halo2, inspect, keys,
    profile, seal, seal_profile, verify, verify_keys,
};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use crate::arguments::{Bits, Command, Export, Keys, KeysExport, KeysImport, KeysVerify, VerifySeal};
use crate::bars::Bars;
use crate::{run_chain, run_prove};

/// The limit of `--memory`.
pub fn memory(text: Option<&str>) -> Result<Option<u64>, Error> {
    text.map(parse_size).transpose()
}

/// Runs a command; the report is what is shown. With `json`, what is shown before it is JSON too.
pub fn run(command: &Command, json: bool) -> Result<Value, Error> {
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
                memory: memory(arguments.memory.as_deref())?,
                force: arguments.force,
            };
            report(&commit::commit(&request, &bars)?)
        }
        Command::BaseDigest(arguments) => {
            let digest = base_digest(&arguments.model, &bars)?;
            Ok(serde_json::json!({ "base_model_digest": print_bytes(&digest) }))
        }
        Command::Prove(arguments) => run_prove::prove(arguments, &bars),
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
        Command::Keys(Keys::Verify(KeysVerify { keys, zkey, ptau, initial })) => {
            let ceremony = zkey.clone().zip(ptau.clone()).map(|(key, powers)| {
                let initial = initial.clone();
                verify_keys::CeremonyFiles { powers, key, initial }
            });
            let request = verify_keys::Request { keys: keys.clone(), ceremony };
            report(&verify_keys::verify_keys(&request, &bars)?)
        }
        Command::Keys(Keys::Export(KeysExport { keys, seal, zkey, output, force })) => {
            let (keys, seal, output) = (keys.clone(), seal.clone(), output.clone());
            let request = exchange::Export { keys, seal, zkey: *zkey, output, force: *force };
            report(&exchange::export(&request, &bars)?)
        }
        Command::Keys(Keys::Import(KeysImport { zkey, profile, output, force })) => {
            let profile = seal_profile(profile)?;
            let directory = output.clone().unwrap_or_else(|| keys::default_directory(profile));
            report(&exchange::import(zkey, profile, &directory, *force, &bars)?)
        }
        Command::Ceremony(command) => crate::ceremony::run(command, &bars),
        Command::Seal(arguments) => {
            let request = seal::Request {
                proofs: arguments.proofs.clone(),
                keys: arguments.keys.clone(),
                output: arguments.output.clone(),
                force: arguments.force,
            };
            report(&seal::seal(&request, &bars)?)
        }
        Command::VerifySeal(VerifySeal { seal, keys, key_digest }) => {
            let expected = key_digest.as_deref().map(|text| parse_bytes("--key-digest", text)).transpose()?;
            report(&seal::verify_seal(seal, keys, expected)?)
        }
        Command::Export(arguments) => {
            let compile = arguments.compile.then(|| keys::Compile { solc: arguments.solc.clone() });
            let Export { keys, output, force, .. } = arguments;
            report(&keys::export_solidity(keys, output, compile.as_ref(), *force, &bars)?)
        }
        Command::Deploy(arguments) => run_chain::deploy(arguments, &bars),
        Command::Submit(arguments) => run_chain::submit(arguments, &bars),
        Command::Context(command) => run_chain::context(command),
        Command::Register(arguments) => run_chain::register(arguments, &bars),
        Command::Transfer(arguments) => run_chain::transfer(arguments, &bars),
        Command::Revoke(arguments) => run_chain::revoke(arguments, &bars),
        Command::Status(arguments) => run_chain::status(arguments, &bars),
        Command::Watch(arguments) => run_chain::watch(arguments, json),
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
pub fn report(report: &impl Serialize) -> Result<Value, Error> {
    Ok(serde_json::to_value(report).unwrap_or_default())
}
