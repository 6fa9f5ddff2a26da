//! Killed at any moment, against a node behind a bad line: in the end five contracts and one record, by six
//! transactions.

mod support;

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::anvil::{ACCOUNTS, Anvil, KEYS, command, committed_key_digest, run, seal_fixture, succeed};
use support::proxy::{FAULTS, Proxy, Random};
use support::{field, text};

/// Of a hundred requests, so many go wrong.
const FAULT_PERCENT: u64 = 20;
/// How often a command that was killed may be run again before it must have succeeded.
const ATTEMPTS: usize = 5;

fn deploy(url: &str, journal: &Path) -> Vec<OsString> {
    arguments!["deploy", "--rpc-url", url, "--key-digest", committed_key_digest(), "--journal", journal, "--json"]
}

fn submit(url: &str, journal: &Path, registry: &str) -> Vec<OsString> {
    let seal = seal_fixture("first.json");
    arguments!["submit", seal, "--rpc-url", url, "--registry", registry, "--journal", journal, "--json"]
}

/// Starts a command, kills it after so long, and says whether it was still running.
fn kill_after(arguments: &[OsString], moment: Duration) -> bool {
    let mut process = command(Some(KEYS[0]), arguments).spawn().expect("the binary runs");
    std::thread::sleep(moment);
    let was_running = process.try_wait().expect("a child").is_none();
    drop(process.kill()); // SIGKILL
    drop(process.wait());
    was_running
}

/// Runs a command again until it succeeds, as a supervisor does.
fn finish(arguments: &[OsString]) -> Value {
    let mut said = String::new();
    for _ in 0..ATTEMPTS {
        let output = run(Some(KEYS[0]), arguments);
        if output.status.success() {
            return serde_json::from_slice(&output.stdout).expect("stdout is JSON");
        }
        said.push_str(&text(&output.stderr));
    }
    panic!("{arguments:?} did not succeed: {said}");
}

/// Ends with exactly one of everything: contracts, record, and transactions of the account.
fn check(anvil: &Anvil, registry: &str) {
    let state = succeed(arguments!["status", "--rpc-url", anvil.url, "--registry", registry]);
    assert_eq!(state["statements"].as_array().map(Vec::len), Some(1), "{state}");
    assert_eq!(state["verifiers"].as_array().map(Vec::len), Some(1), "{state}");
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 6, "five contracts and one submission");
    let waiting = anvil.ask("txpool_status", json!([]));
    assert_eq!((&waiting["pending"], &waiting["queued"]), (&json!("0x0"), &json!("0x0")), "nothing is left waiting");
}

/// Blocks come once in so many seconds, so that a transaction waits: two for one purpose would both be mined.
fn slow(block_time: &str) -> Anvil {
    Anvil::start_with(&["--block-time", block_time])
}

/// How long both commands take when nobody kills them.
fn undisturbed(seed: u64, block_time: &str) -> [Duration; 2] {
    let (anvil, folder) = (slow(block_time), tempfile::tempdir().expect("a folder"));
    let proxy = Proxy::start(&anvil.url, seed, FAULT_PERCENT);
    let start = Instant::now();
    let deployed = finish(&deploy(&proxy.url, folder.path()));
    let deploying = start.elapsed();
    let start = Instant::now();
    let registry = field(&deployed, "registry");
    finish(&submit(&proxy.url, folder.path(), registry));
    check(&anvil, registry);
    [deploying, start.elapsed()]
}

/// Each scenario kills `deploy` once and `submit` once, on a chain of its own. Returns how many kills struck.
fn killed(scenarios: u64, block_time: &str) -> usize {
    let [deploying, submitting] = undisturbed(0, block_time);
    println!("undisturbed: deploy {deploying:.1?}, submit {submitting:.1?}");
    let mut random = Random::new(5);
    let mut moment = |longest: Duration| longest.mul_f64(random.below(1000) as f64 / 1000.0);
    let (mut struck, mut seen) = (0, [0; FAULTS.len()]);
    for scenario in 0..scenarios {
        let (anvil, folder) = (slow(block_time), tempfile::tempdir().expect("a folder"));
        let proxy = Proxy::start(&anvil.url, scenario + 1, FAULT_PERCENT);
        let arguments = deploy(&proxy.url, folder.path());
        struck += usize::from(kill_after(&arguments, moment(deploying)));
        let deployed = finish(&arguments);
        let registry = field(&deployed, "registry");
        let arguments = submit(&proxy.url, folder.path(), registry);
        struck += usize::from(kill_after(&arguments, moment(submitting)));
        finish(&arguments);
        check(&anvil, registry);
        seen.iter_mut().zip(proxy.seen()).for_each(|(sum, count)| *sum += count);
    }
    println!("{struck} of {} kills struck; faults {FAULTS:?}: {seen:?}", 2 * scenarios);
    assert!(seen.iter().all(|count| *count > 0) || scenarios < 10, "every fault happened: {seen:?}");
    struck
}

#[test]
fn four_kills_leave_one_record_each_time() {
    assert!(killed(2, "1") >= 1);
}

#[test]
#[ignore = "minutes: 50 kills"]
fn fifty_kills_leave_one_record_each_time() {
    assert!(killed(25, "2") >= 40, "most kills strike a running command");
}

#[test]
fn a_node_that_is_restarted_and_a_reorganization_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let arguments = ["--state", state.to_str().expect("UTF-8")];
    let anvil = Anvil::start_with(&arguments);
    let proxy = Proxy::start(&anvil.url, 7, FAULT_PERCENT);
    let deployed = finish(&deploy(&proxy.url, folder.path()));
    let registry = field(&deployed, "registry");
    let mut waiting = submit(&proxy.url, folder.path(), registry);
    waiting.extend(arguments!["--confirmations", "3"]);
    let process = command(Some(KEYS[0]), &waiting).spawn().expect("the binary runs");
    let mined = Instant::now();
    while anvil.nonce(ACCOUNTS[0]) < 6 {
        assert!(mined.elapsed() < Duration::from_secs(60), "the submission is mined");
        std::thread::sleep(Duration::from_millis(50));
    }
    // It waits for two more blocks. Its own is replaced by an empty one; then the node ends, and comes back on another
    // port with what it has saved.
    anvil.ask("anvil_reorg", json!([1, []]));
    let lost = Instant::now();
    while anvil.nonce(ACCOUNTS[0]) < 6 {
        assert!(lost.elapsed() < Duration::from_secs(60), "the submission is sent again");
        std::thread::sleep(Duration::from_millis(50));
    }
    anvil.end();
    std::thread::sleep(Duration::from_secs(1));
    let anvil = Anvil::start_with(&arguments);
    proxy.lead_to(&anvil.url);
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 6, "the state was saved");
    anvil.ask("anvil_mine", json!(["0x2"]));
    let output = process.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output.stderr));
    check(&anvil, registry);
}
