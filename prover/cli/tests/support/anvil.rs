//! An anvil of a test's own, the binary run against it, and a few questions that no user asks.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use super::{root, text};

/// The first accounts of every anvil; public, and worth nothing elsewhere.
pub const KEYS: [&str; 2] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
];

/// Their addresses.
pub const ACCOUNTS: [&str; 2] =
    ["0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"];

/// A running anvil on a free port. It ends with this value.
pub struct Anvil {
    process: Child,
    pub url: String,
}

impl Anvil {
    pub fn start(chain_id: &str) -> Self {
        Self::start_with(&["--chain-id", chain_id])
    }

    pub fn start_with(arguments: &[&str]) -> Self {
        let installed = root().join("node_modules/.bin/anvil");
        let program = if installed.is_file() { installed } else { PathBuf::from("anvil") };
        let mut process = Command::new(program)
            .args(["--port", "0", "--hardfork", "osaka"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("anvil is there: run `npm ci`, or install Foundry 1.7");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut addresses =
            lines.map_while(Result::ok).filter_map(|line| Some(line.split_once("Listening on ")?.1.to_owned()));
        let address = addresses.next().expect("anvil says where it listens");
        // The rest of its output is read, so that it never waits for a reader.
        std::thread::spawn(move || addresses.for_each(drop));
        Self { process, url: format!("http://{}", address.trim()) }
    }

    /// Asks it to end, and waits: it saves its state if it was told where.
    pub fn end(mut self) {
        interrupt(&self.process);
        drop(self.process.wait());
    }

    /// A request to the node itself, around every proxy.
    pub fn ask(&self, method: &str, parameters: Value) -> Value {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters });
        let answer = post(self.url.trim_start_matches("http://"), request.to_string().as_bytes()).expect("an answer");
        let mut answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    /// How many transactions an account has in blocks.
    pub fn nonce(&self, account: &str) -> u64 {
        let count = self.ask("eth_getTransactionCount", json!([account, "latest"]));
        u64::from_str_radix(count.as_str().expect("a number").trim_start_matches("0x"), 16).expect("a number")
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// What Ctrl-C does.
pub fn interrupt(process: &Child) {
    let status = Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

/// One HTTP request on a connection of its own; returns the body of the answer.
pub fn post(address: &str, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    Ok(answer.split_off(end))
}

/// The binary with this key, or none, in the root of the project.
pub fn command(key: Option<&str>, arguments: impl AsRef<[OsString]>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rankproof"));
    command.current_dir(root()).env_remove("RANKPROOF_PRIVATE_KEY").args(arguments.as_ref());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(key) = key {
        command.env("RANKPROOF_PRIVATE_KEY", key);
    }
    command
}

/// Runs it to its end; no key is ever shown.
pub fn run(key: Option<&str>, arguments: impl AsRef<[OsString]>) -> Output {
    let output = command(key, arguments).output().expect("the binary runs");
    for printed in [text(&output.stdout), text(&output.stderr)] {
        for key in KEYS {
            assert!(!printed.to_lowercase().contains(&key[..16]), "a key is shown: {printed}");
        }
    }
    output
}

/// Runs it with `--json` for the first account and returns its report.
pub fn succeed(arguments: impl AsRef<[OsString]>) -> Value {
    let mut arguments = arguments.as_ref().to_vec();
    arguments.push("--json".into());
    let output = run(Some(KEYS[0]), &arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("stdout is JSON")
}

/// Runs it, expects this exit code, and returns the one sentence.
pub fn fail(code: i32, key: Option<&str>, arguments: impl AsRef<[OsString]>) -> String {
    let output = run(key, arguments.as_ref());
    let sentence = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{:?}: {sentence}", arguments.as_ref());
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    sentence
}

/// What `contracts/generated/SealVerifyingKey.sol` says about its key.
pub fn committed_key_digest() -> String {
    let solidity = std::fs::read_to_string(root().join("contracts/generated/SealVerifyingKey.sol")).expect("generated");
    let line = solidity.lines().find_map(|line| line.split_once("Key digest ")).expect("it names its digest");
    line.1.trim().to_owned()
}

/// One of the seals that `fixtures/seals/README.md` lists.
pub fn seal_fixture(name: &str) -> PathBuf {
    root().join("fixtures/seals").join(name)
}
