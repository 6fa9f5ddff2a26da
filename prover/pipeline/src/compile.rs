//! Compile: the verifier of one's own keys, without forge.
//!
//! `contracts/generated/verifier-input.json` is what forge hands to the compiler for `SealVerifier`: sources, settings
//! and the compiler's version, pinned. The one source that holds the key is replaced by that of the caller's keys, and
//! the same compiler gets the rest as it is; for the committed keys the result is the committed bytecode, byte for byte.

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rankproof_adapter::files;
use rankproof_chain::Bytes;
use serde::Deserialize;
use serde_json::Value;

use crate::Error;

/// Sources, settings and compiler, from `tools/abi.cjs`.
const PINNED: &str = include_str!("../../../contracts/generated/verifier-input.json");
/// The source that holds the key.
const KEY_SOURCE: &str = "contracts/generated/SealVerifyingKey.sol";
/// The source of the contract, and its name.
const CONTRACT: [&str; 2] = ["contracts/SealVerifier.sol", "SealVerifier"];
/// ABI and creation bytecode, as in `contracts/generated/abi`.
pub const ARTIFACT_FILE: &str = "SealVerifier.json";
/// No artifact is larger.
const MAX_BYTES: u64 = 1 << 22;

/// What is pinned.
#[derive(Deserialize)]
struct Pinned {
    /// Version of the compiler, with its commit.
    compiler: String,
    /// Standard JSON input.
    input: Value,
}

/// A compiler of the pinned version, and how it is called.
struct Compiler {
    program: PathBuf,
    arguments: Vec<PathBuf>,
}

impl Compiler {
    fn native(program: &Path) -> Self {
        Self { program: program.into(), arguments: vec![] }
    }

    /// The wrapper of this project around the compiler from npm.
    fn wrapper(script: PathBuf) -> Self {
        Self { program: "node".into(), arguments: vec![script] }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command
    }

    /// What `--version` says; `None` if it does not run.
    fn version(&self) -> Option<String> {
        let output = self.command().arg("--version").stdin(Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned()).filter(|_| output.status.success())
    }

    /// Finds one: `--solc`, else the first of the right version among `solc` on `PATH` and the project's wrapper, in
    /// the working directory or above it.
    fn find(given: Option<&Path>, version: &str) -> Result<Self, Error> {
        let is_right = |compiler: &Self| compiler.version().is_some_and(|text| text.contains(version));
        if let Some(given) = given {
            let script = given.extension().is_some_and(|end| end == "cjs" || end == "js");
            let compiler = if script { Self::wrapper(given.into()) } else { Self::native(given) };
            return match compiler.version() {
                Some(text) if text.contains(version) => Ok(compiler),
                Some(text) => Err(wrong_solc(format!("{} is another version ({})", given.display(), last_line(&text)))),
                None => Err(wrong_solc(format!("{} does not run", given.display()))),
            };
        }
        let search_path = env::var_os("PATH").unwrap_or_default();
        let native = env::split_paths(&search_path).map(|place| place.join("solc")).filter(|solc| solc.is_file());
        let directory = env::current_dir().unwrap_or_default();
        let scripts = directory.ancestors().map(|above| above.join("tools/solc.cjs")).filter(|script| script.is_file());
        let all = native.map(|solc| Self::native(&solc)).chain(scripts.map(Self::wrapper));
        all.into_iter().find(is_right).ok_or_else(|| wrong_solc(format!("there is no solc {version} here")))
    }

    /// Standard JSON in, standard JSON out.
    fn run(&self, input: &Value) -> Result<Value, Error> {
        let failed = |what: String| Error::Environment { what: format!("solc: {what}") };
        let mut child = self.command().arg("--standard-json").spawn().map_err(|error| failed(error.to_string()))?;
        let bytes = input.to_string().into_bytes();
        // The compiler reads everything before it writes.
        let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(&bytes));
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        written.map_err(|error| failed(error.to_string()))?;
        serde_json::from_slice(&output.stdout).map_err(|_| failed("its answer is no JSON".to_owned()))
    }
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim()
}

fn wrong_solc(reason: String) -> Error {
    let remedy = "run `npm ci` in the project and call this from there, put that solc on PATH, or name it";
    Error::BadArgument { argument: "--solc", reason, remedy }
}

/// ABI and creation bytecode of the verifier whose key this Solidity library holds, as the text of an artifact.
///
/// # Errors
/// When there is no compiler of the pinned version, or it refuses.
pub fn compile_verifier(key_library: &str, solc: Option<&Path>) -> Result<String, Error> {
    let own_mistake = || Error::Environment { what: "the pinned compiler input is damaged".to_owned() };
    let Pinned { compiler, mut input } = serde_json::from_str(PINNED).map_err(|_| own_mistake())?;
    let key = input.pointer_mut("/sources").and_then(|sources| sources.get_mut(KEY_SOURCE)).ok_or_else(own_mistake)?;
    *key = serde_json::json!({ "content": key_library });
    let output = Compiler::find(solc, &compiler)?.run(&input)?;
    let errors = output["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    if let Some(error) = errors.iter().find(|error| error["severity"] == "error") {
        let message = error["formattedMessage"].as_str().unwrap_or("it refuses the sources");
        let what = format!("solc: {}", message.split_whitespace().collect::<Vec<_>>().join(" "));
        return Err(Error::Environment { what });
    }
    let [source, name] = CONTRACT;
    let contract = &output["contracts"][source][name];
    let code = contract["evm"]["bytecode"]["object"]
        .as_str()
        .filter(|code| !code.is_empty())
        .ok_or_else(|| Error::Environment { what: "solc: its answer has no bytecode".to_owned() })?;
    let artifact = serde_json::json!({ "abi": contract["abi"], "bytecode": { "object": format!("0x{code}") } });
    Ok(serde_json::to_string_pretty(&artifact).unwrap_or_default() + "\n")
}

/// The creation bytecode in a folder of artifacts.
///
/// # Errors
/// When there is none, or the file is not what [`compile_verifier`] makes.
pub fn read_artifact(folder: &Path) -> Result<Bytes, Error> {
    let path = folder.join(ARTIFACT_FILE);
    let bytes = files::read(&path, MAX_BYTES)?;
    let code = serde_json::from_slice::<Value>(&bytes)
        .ok()
        .and_then(|artifact| artifact["bytecode"]["object"].as_str().and_then(|code| code.parse::<Bytes>().ok()))
        .filter(|code| !code.is_empty());
    code.ok_or_else(|| Error::BadArgument {
        argument: "--artifacts",
        reason: format!("{} has no bytecode", path.display()),
        remedy: "make it with `rankproof export --compile`",
    })
}
