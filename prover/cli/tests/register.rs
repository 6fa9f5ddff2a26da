//! One adapter from keys of one's own to its entry: compiled without forge, deployed, proven for one owner, sealed,
//! registered; and everybody else is refused.

mod support;

use std::ffi::OsString;

use serde_json::json;
use support::anvil::{ACCOUNTS, Anvil, KEYS, committed_key_digest, fail, run, seal_fixture, succeed};
use support::{field, fixture, honest, root, text};

#[test]
fn registers_for_the_owner_that_was_proven_and_for_nobody_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let anvil = Anvil::start("31337");
    let url = anvil.url.as_str();

    // Keys of another profile than the committed one, and their verifier.
    succeed(arguments!["keys", "new", "--profile", "tiny", "-o", path("keys")]);
    let exported = succeed(arguments!["export", "--keys", path("keys"), "-o", path("export"), "--compile"]);
    assert!(exported["code_bytes"].as_u64().is_some_and(|bytes| bytes > 2000), "{exported}");
    let deploy = arguments!["deploy", "--rpc-url", url, "--keys", path("keys"), "--artifacts", path("export")];
    // Without the artifacts it would be the committed key.
    assert!(fail(2, Some(KEYS[0]), &deploy[..5]).contains("--compile"));
    let deployed = succeed(&deploy);
    assert_eq!(deployed["key_digest"], exported["key_digest"]);
    assert_eq!(deployed["profile"], "tiny");
    let registry = field(&deployed, "registry");

    let printed = succeed(arguments![
        "context",
        "register",
        "--chain-id",
        "31337",
        "--registry",
        registry,
        "--owner",
        ACCOUNTS[0]
    ]);
    let context = field(&printed, "context");
    assert!(context.starts_with("0x02"), "{context}");
    let prove = |purpose: [&str; 2], output: &str| -> Vec<OsString> {
        let [option, value] = purpose;
        arguments![
            "prove",
            "--adapter",
            honest().adapter(),
            "--activations",
            fixture("activations.safetensors"),
            "--tokens",
            "2",
            option,
            value,
            "-o",
            path(output),
            "--outputs",
            path(&format!("{output}.outputs")),
            "--force"
        ]
    };
    // The context that is printed is refused as it stands: a registration is always spelled out.
    assert!(fail(2, None, prove(["--context", context], "opaque")).contains("reserved"));
    for bad in ["31337", "x:y:z", &format!("31337:{registry}"), &format!("31337:{registry}:{registry}:1")] {
        assert!(fail(2, None, prove(["--register-on", bad], "bad")).contains("--register-on"), "{bad}");
    }
    let registration = format!("31337:{registry}:{}", ACCOUNTS[0]);
    let proven = succeed(prove(["--register-on", &registration], "proof"));
    assert_eq!(field(&proven, "context"), context);
    let seal = path("seal.json");
    succeed(arguments!["seal", path("proof"), "--keys", path("keys"), "-o", seal]);

    let register = |registry: &str| -> Vec<OsString> {
        arguments![
            "register",
            seal,
            "--rpc-url",
            url,
            "--registry",
            registry,
            "--base-model",
            "0xab",
            "--metadata-uri",
            "ipfs://about"
        ]
    };
    let sentence = fail(1, Some(KEYS[1]), register(registry));
    assert!(sentence.contains("registration: the statement has context"), "a squatter: {sentence}");

    // Another registry on the same chain, for the same key.
    let config = path("31337.toml");
    let local = std::fs::read_to_string(root().join("script/chains/31337.toml")).expect("there");
    std::fs::write(&config, local.replace("min_delay = 60", "min_delay = 61")).expect("written");
    let other = succeed([deploy, arguments!["--config", config]].concat());
    assert_ne!(field(&other, "registry"), registry);
    assert_eq!(other["verifier"], deployed["verifier"]);
    let sentence = fail(1, Some(KEYS[0]), register(field(&other, "registry")));
    assert!(sentence.contains("registration: the statement has context"), "another registry: {sentence}");

    // The same registry on another chain.
    anvil.ask("anvil_setChainId", json!([31338]));
    let sentence = fail(1, Some(KEYS[0]), register(registry));
    assert!(sentence.contains("registration: the statement has context"), "another chain: {sentence}");
    anvil.ask("anvil_setChainId", json!([31337]));

    // A registry whose verifiers hold other keys does not know the seal.
    let committed = succeed(arguments!["deploy", "--rpc-url", url, "--key-digest", committed_key_digest()]);
    let submit = arguments!["submit", seal, "--rpc-url", url, "--registry", field(&committed, "registry")];
    let sentence = fail(1, Some(KEYS[0]), submit);
    assert!(sentence.contains(&format!("no verifier here has its selector {}", field(&deployed, "selector"))));
    // A seal that is no registration registers nothing.
    let mut plain = register(field(&committed, "registry"));
    plain[1] = seal_fixture("first.json").into();
    assert!(fail(1, Some(KEYS[0]), plain).contains("registration: the statement has context"));

    let sent = anvil.nonce(ACCOUNTS[0]);
    let registered = succeed(register(registry));
    assert_eq!(registered["already_so"], false);
    assert_eq!(field(&registered, "owner"), ACCOUNTS[0]);
    assert_eq!(field(&registered, "adapter_id"), field(&proven, "adapter_id"));
    assert_eq!(field(&registered, "claimed_base_model"), format!("0x{:064x}", 0xab));
    assert_eq!(succeed(register(registry))["already_so"], true);
    assert_eq!(anvil.nonce(ACCOUNTS[0]), sent + 1, "the second registration sent nothing");
    let sentence = fail(1, Some(KEYS[1]), register(registry));
    assert!(sentence.contains("registration: the statement has context"), "{sentence}");

    let adapter = field(&proven, "adapter_id");
    let change = |command: &str, more: &[&str]| -> Vec<OsString> {
        let arguments = arguments![command, "--rpc-url", url, "--registry", registry, "--adapter-id", adapter];
        [arguments, more.iter().map(OsString::from).collect()].concat()
    };
    assert!(fail(1, Some(KEYS[1]), change("revoke", &[])).contains("it belongs to"));
    assert!(fail(1, Some(KEYS[0]), change("transfer", &["--to", &format!("0x{:040x}", 0)])).contains("zero address"));
    let transferred = succeed(change("transfer", &["--to", ACCOUNTS[1]]));
    assert_eq!(field(&transferred, "owner"), ACCOUNTS[1]);
    assert!(fail(1, Some(KEYS[0]), change("revoke", &[])).contains("it belongs to"));
    // Registered once and for all: not even who proved it gets it back.
    assert!(fail(1, Some(KEYS[0]), register(registry)).contains("it is registered already"));
    let output = run(Some(KEYS[1]), change("revoke", &["--json"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(fail(1, Some(KEYS[1]), change("transfer", &["--to", ACCOUNTS[0]])).contains("it was revoked"));

    let state = succeed(arguments!["status", "--rpc-url", url, "--registry", registry]);
    let entry = &state["adapters"][0];
    assert_eq!(state["equals_the_contract"], true);
    assert_eq!((&entry["revoked"], field(entry, "owner")), (&json!(true), ACCOUNTS[1]));
    assert_eq!(field(entry, "metadata_uri"), "ipfs://about");
    assert_eq!(state["statements"].as_array().map(Vec::len), Some(1), "a registration is a record too");
}
