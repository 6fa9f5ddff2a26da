//! Deploy, submit and status on an anvil, with the committed seals; and the demo, which does everything.
//!
//! anvil is looked for in `node_modules/.bin` and on `PATH`. Without one these tests fail and say what to install: a
//! test that is not run is not a test that passed (`make test` runs `npm ci` first).

mod support;

use std::ffi::OsString;
use std::process::Command;

use serde_json::{Value, json};
use support::anvil::{ACCOUNTS, Anvil, KEYS, committed_key_digest, fail, seal_fixture, succeed};
use support::{edit_json, field, root, text};

fn with_key(value: &str) -> Vec<OsString> {
    arguments!["deploy", "--rpc-url", value, "--key-digest", committed_key_digest()]
}

#[test]
fn deploys_submits_once_and_answers() {
    let anvil = Anvil::start("31337");
    let url = anvil.url.as_str();
    let deployed = succeed(with_key(url));
    assert_eq!(deployed["development_insecure"], true);
    assert_eq!(field(&deployed, "key_digest"), committed_key_digest());
    let registry = field(&deployed, "registry");
    assert_eq!(deployed["already_deployed"], false);
    assert_eq!(deployed["contracts"].as_array().map(Vec::len), Some(5));
    let again = succeed(with_key(url));
    assert_eq!(again["already_deployed"], true);
    assert_eq!(again["gas_deploy"], 0);
    assert_eq!(field(&again, "registry"), registry);
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 5, "the second deployment sent nothing");

    let first = seal_fixture("first.json");
    let submit = arguments!["submit", first, "--rpc-url", url, "--registry", registry];
    let status = arguments!["status", first, "--rpc-url", url, "--registry", registry];
    assert!(fail(1, None, &status).contains("no record"), "nothing is proven yet");
    let submitted = succeed(&submit);
    assert_eq!(submitted["already_proven"], false);
    assert_eq!(submitted["records"], 1);
    assert!(submitted["gas_submit"].as_u64().is_some_and(|gas| gas <= 280_000), "{submitted}");
    let again = succeed(&submit);
    assert_eq!(again["already_proven"], true);
    assert!(again["transaction"].is_null());
    let answer = succeed(&status);
    assert_eq!(answer["statements"][0]["proven"], true);
    assert_eq!(answer["statements"][0]["proven_by_path"], true);

    // The key behind the registry is compared with that of a folder: the committed one, and one of another name.
    let folder = tempfile::tempdir().expect("a folder");
    let key = std::fs::read(root().join("fixtures/seals/verifying.key")).expect("a fixture");
    std::fs::write(folder.path().join("verifying.key"), &key).expect("written");
    let everything = arguments!["status", "--rpc-url", url, "--registry", registry];
    let keys = arguments!["--keys", folder.path()];
    let with_keys = |question: &[OsString]| [question, &keys].concat();
    assert_eq!(field(&succeed(with_keys(&status)), "key_digest"), committed_key_digest());
    let behind = succeed(with_keys(&everything));
    assert_eq!(field(&behind["verifiers"][0], "key_digest"), committed_key_digest());
    assert!(again["setup"].is_null(), "a digest says nothing about its setup");
    let deployed = succeed(arguments!["deploy", "--rpc-url", url, "--keys", folder.path()]);
    assert!(field(&deployed, "setup").contains("development only"), "{deployed}");
    // Gamma and delta exchanged: sound in form, and not the key that was deployed. Four points follow delta.
    let delta = key.len() - 4 * 64 - 128;
    let gamma = delta - 128;
    let mut other = key.clone();
    other.copy_within(delta..delta + 128, gamma);
    other[delta..delta + 128].copy_from_slice(&key[gamma..delta]);
    std::fs::write(folder.path().join("verifying.key"), &other).expect("written");
    for question in [&status, &everything] {
        assert!(fail(1, None, with_keys(question)).contains("holds the key with digest"));
    }

    let statement = answer["statements"][0].clone();
    let ask = |adapter: &str, activations: &str, context: &str| {
        arguments![
            "status",
            "--rpc-url",
            url,
            "--registry",
            registry,
            "--adapter-id",
            adapter,
            "--activations-id",
            activations,
            "--context",
            context
        ]
    };
    let [adapter, activations, context] =
        ["adapter_id", "activations_id", "context"].map(|name| field(&statement, name));
    assert_eq!(succeed(ask(adapter, activations, context))["proven"], true);
    for wrong in [ask("1", activations, context), ask(adapter, "1", context), ask(adapter, activations, "1")] {
        assert!(fail(1, None, &wrong).contains("no record"));
    }
}

#[test]
fn refuses_what_the_contract_refuses_before_anything_is_spent() {
    let anvil = Anvil::start("31337");
    let url = anvil.url.as_str();
    let deployed = succeed(with_key(url));
    let registry = field(&deployed, "registry");
    let folder = tempfile::tempdir().expect("a folder");
    let edited = folder.path().join("edited.json");
    // The statement of another context under the seal of the first.
    let second: Value =
        serde_json::from_slice(&std::fs::read(seal_fixture("second.json")).expect("there")).expect("JSON");
    std::fs::copy(seal_fixture("first.json"), &edited).expect("copied");
    edit_json(&edited, |seal| {
        for name in ["statements", "challenge"] {
            seal[name] = second[name].clone();
        }
    });
    let submit = arguments!["submit", edited, "--rpc-url", url, "--registry", registry];
    let output = support::anvil::run(Some(KEYS[0]), &submit);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{}", text(&output.stderr));
    // A forged seal: its proof is a real one, of something else.
    std::fs::copy(seal_fixture("first.json"), &edited).expect("copied");
    edit_json(&edited, |seal| {
        let own = seal["seal"].as_str().expect("hexadecimal")[..74].to_owned();
        seal["seal"] = json!(own + &second["seal"].as_str().expect("hexadecimal")[74..]);
    });
    assert!(fail(1, Some(KEYS[0]), &submit).contains("it does not prove these statements"));
    // A valid seal under another selector is refused by the contract itself.
    std::fs::copy(seal_fixture("first.json"), &edited).expect("copied");
    edit_json(&edited, |seal| {
        seal["selector"] = json!("0x00000000");
        let digits = seal["seal"].as_str().expect("hexadecimal").to_owned();
        seal["seal"] = json!(format!("0x00000000{}", &digits[10..]));
    });
    assert!(fail(1, Some(KEYS[0]), &submit).contains("no verifier here has its selector 0x00000000"));
    // The twin: the same file unchanged.
    std::fs::copy(seal_fixture("first.json"), &edited).expect("copied");
    assert_eq!(succeed(&submit)["already_proven"], false);
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 6, "the refusals sent nothing");
}

#[test]
fn a_development_key_is_refused_on_any_other_chain() {
    let anvil = Anvil::start("1");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("1.toml");
    let example = std::fs::read_to_string(root().join("script/chains/example.toml")).expect("there");
    let digest = format!("0x{:064x}", 1);
    let text = example.replace("11155111", "1").replace(&digest, &committed_key_digest());
    std::fs::write(&config, text).expect("written");
    // Without a configuration of its own it is for the local chain only.
    assert!(fail(2, Some(KEYS[0]), with_key(&anvil.url)).contains("configuration is for chain 31337"));
    let mut deploy = with_key(&anvil.url);
    deploy.extend(arguments!["--config", config, "--known-seal", seal_fixture("first.json")]);
    let sentence = fail(2, Some(KEYS[0]), &deploy);
    assert!(sentence.contains("development key on chain 1"), "{sentence}");
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 0);
}

#[test]
fn wrong_addresses_keys_and_nodes_have_their_own_codes() {
    let anvil = Anvil::start("31337");
    let url = anvil.url.as_str();
    let first = seal_fixture("first.json");
    let nowhere = format!("0x{}", "11".repeat(20));
    let submit = |url: &str, registry: &str| arguments!["submit", first, "--rpc-url", url, "--registry", registry];
    assert!(fail(2, Some(KEYS[0]), submit(url, "0x12")).contains("--registry"));
    assert!(fail(2, Some(KEYS[0]), submit(url, &nowhere)).contains("no proof registry there"));
    assert!(fail(2, None, submit(url, &nowhere)).contains("RANKPROOF_PRIVATE_KEY"));
    assert!(fail(2, Some("12"), submit(url, &nowhere)).contains("private key"));
    assert!(fail(2, Some(KEYS[0]), submit("ftp://x", &nowhere)).contains("http"));
    assert!(fail(3, Some(KEYS[0]), submit("http://127.0.0.1:9", &nowhere)).contains("127.0.0.1:9"));
    let other = arguments!["deploy", "--rpc-url", url, "--key-digest", "0x01"];
    assert!(fail(2, Some(KEYS[0]), &other).contains("key digest"));
    let with = |more: Vec<OsString>| [with_key(url), more].concat();
    assert!(fail(2, Some(KEYS[0]), with(arguments!["--max-fee-gwei", "1e3"])).contains("--max-fee-gwei"));
    assert!(fail(2, Some(KEYS[0]), with(arguments!["--max-fee-gwei", "0.000000001"])).contains("--max-fee-gwei"));
    // A known seal of another key than the one that is deployed.
    let folder = tempfile::tempdir().expect("a folder");
    let edited = folder.path().join("edited.json");
    std::fs::copy(&first, &edited).expect("copied");
    edit_json(&edited, |seal| {
        seal["selector"] = json!("0x00000000");
        let digits = seal["seal"].as_str().expect("hexadecimal").to_owned();
        seal["seal"] = json!(format!("0x00000000{}", &digits[10..]));
    });
    assert!(fail(1, Some(KEYS[0]), with(arguments!["--known-seal", edited])).contains("selector"));
    assert_eq!(anvil.nonce(ACCOUNTS[0]), 0, "nothing was sent");
    succeed(with(arguments!["--known-seal", first]));
}

#[test]
fn the_demo_does_the_whole_job() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = arguments!["demo", "--keys", folder.path().join("keys"), "--work", folder.path().join("work")];
    let report = succeed(&demo);
    let positive = [
        "modules",
        "tokens",
        "log_size",
        "commit_seconds",
        "proof_seconds",
        "proof_bytes",
        "verify_seconds",
        "constraints",
        "setup_seconds",
        "seal_seconds",
        "seal_bytes",
        "peak_rss_bytes",
        "gas_deploy",
        "gas_deploy_verifier",
        "gas_submit",
        "gas_verify",
        "security_bits",
    ];
    for name in positive {
        assert!(report[name].as_f64().is_some_and(|value| value > 0.0), "{name} in {report}");
    }
    assert_eq!(report["proven"], true);
    assert_eq!(report["proven_by_path"], true);
    assert_eq!(report["submitting_again_is_free"], true);
    assert_eq!((&report["modules"], &report["tokens"], &report["log_size"]), (&json!(12), &json!(16), &json!(18)));
    assert_eq!(report["seal_bytes"], 292);
    assert_eq!(report["security_bits"], 100);
    assert!(report["gas_verify"].as_u64().is_some_and(|gas| gas <= 235_000), "{report}");
    assert!(report["gas_submit"].as_u64().is_some_and(|gas| gas <= 280_000), "{report}");
    assert!(report["worst_delta_error"].as_f64().is_some_and(|error| error <= 0.14), "{report}");
    assert!(field(&report, "adapter_id").len() == 66 && field(&report, "activations_id").len() == 66);
    // What it left behind is what the single commands take.
    let work = |name: &str| folder.path().join("work").join(name);
    let verified = succeed(arguments!["verify", work("proof.rplp"), "--adapter-id", field(&report, "adapter_id")]);
    assert_eq!(verified["activations_id"], report["activations_id"]);
    succeed(arguments!["verify-seal", work("seal.json"), "--keys", folder.path().join("keys")]);
}

#[test]
fn the_demo_says_at_once_when_there_is_no_anvil() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_rankproof"))
        .current_dir(folder.path())
        .env("PATH", "")
        .arg("demo")
        .arg(root().join("fixtures/minilm-qv-r8"))
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("npm ci"), "{}", text(&output.stderr));
}
