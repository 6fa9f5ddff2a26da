//! `status` and `watch`: everything that a registry knows, from its events alone, through reorganizations.

mod support;

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};

use serde_json::{Value, json};
use support::anvil::{Anvil, command, committed_key_digest, interrupt, seal_fixture, succeed};
use support::field;

fn deployed(anvil: &Anvil) -> String {
    let report = succeed(arguments!["deploy", "--rpc-url", anvil.url, "--key-digest", committed_key_digest()]);
    field(&report, "registry").to_owned()
}

fn submit(anvil: &Anvil, registry: &str, name: &str) {
    succeed(arguments!["submit", seal_fixture(name), "--rpc-url", anvil.url, "--registry", registry]);
}

struct Watching {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Watching {
    fn start(anvil: &Anvil, registry: &str, more: &[&str]) -> Self {
        let arguments: Vec<OsString> =
            arguments!["watch", "--rpc-url", anvil.url, "--registry", registry, "--poll-ms", "50", "--json"];
        let more = more.iter().map(OsString::from).collect();
        let mut process = command(None, [arguments, more].concat()).spawn().expect("the binary runs");
        let lines = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, lines }
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"))
    }

    fn end(mut self) {
        assert!(self.process.wait().expect("it ends").success());
    }
}

#[test]
fn rebuilds_the_registry_from_its_events_and_it_equals_the_contract() {
    let anvil = Anvil::start("31337");
    let registry = deployed(&anvil);
    let status = arguments!["status", "--rpc-url", anvil.url, "--registry", registry];
    let empty = succeed(&status);
    assert_eq!((&empty["statements"], &empty["equals_the_contract"]), (&json!([]), &json!(true)));
    for name in ["first.json", "second.json", "other_adapter.json"] {
        submit(&anvil, &registry, name);
    }
    let state = succeed(&status);
    let selector: Value =
        serde_json::from_slice(&std::fs::read(seal_fixture("first.json")).expect("there")).expect("JSON");
    let selector = selector["selector"].clone();
    assert_eq!(state["equals_the_contract"], true);
    let statements = state["statements"].as_array().expect("a list");
    assert_eq!(statements.len(), 3);
    assert!(statements.iter().all(|record| record["selectors"] == json!([selector])), "{state}");
    assert_eq!(state["verifiers"][0]["selector"], selector);
    assert_eq!(state["verifiers"][0]["development_insecure"], true);
    assert_eq!(state["verifiers"][0]["stopped"], false);

    let mut watching = Watching::start(&anvil, &registry, &["--count", "3"]);
    for _ in 0..3 {
        let event = watching.next();
        assert_eq!(event["event"], "statement_recorded");
        let leaf = field(&event, "leaf").to_owned();
        let record = statements.iter().find(|record| record["leaf"] == leaf.as_str()).expect("the same leaf");
        for name in ["adapter_id", "activations_id", "context", "block"] {
            assert_eq!(record[name], event[name], "{name}");
        }
    }
    let mut last = watching.next();
    assert_eq!(last.as_object_mut().expect("an object").remove("event"), Some(json!("state")));
    assert_eq!(last, state);
    watching.end();
}

#[test]
fn follows_new_blocks_takes_back_what_was_undone_and_ends_when_interrupted() {
    let anvil = Anvil::start("31337");
    let registry = deployed(&anvil);
    let mut watching = Watching::start(&anvil, &registry, &[]);
    submit(&anvil, &registry, "first.json");
    assert_eq!(watching.next()["event"], "statement_recorded");
    let snapshot = anvil.ask("evm_snapshot", json!([]));
    submit(&anvil, &registry, "second.json");
    let second = watching.next();
    anvil.ask("evm_revert", json!([snapshot]));
    let undone = watching.next();
    assert_eq!((&undone["event"], &undone["events"]), (&json!("rolled_back"), &json!(1)));
    submit(&anvil, &registry, "other_adapter.json");
    let other = watching.next();
    assert_eq!(other["event"], "statement_recorded");
    assert_ne!(other["leaf"], second["leaf"]);
    interrupt(&watching.process);
    let last = watching.next();
    assert_eq!((&last["event"], &last["equals_the_contract"]), (&json!("state"), &json!(true)));
    assert_eq!(last["statements"].as_array().map(Vec::len), Some(2));
    watching.end();
}

#[test]
fn ends_at_a_block() {
    let anvil = Anvil::start("31337");
    let registry = deployed(&anvil);
    let mut watching = Watching::start(&anvil, &registry, &["--until-block", "7"]);
    submit(&anvil, &registry, "first.json");
    assert_eq!(watching.next()["event"], "statement_recorded");
    anvil.ask("anvil_mine", json!(["0x1"]));
    let last = watching.next();
    assert_eq!((&last["event"], &last["block"]), (&json!("state"), &json!(7)));
    watching.end();
}
