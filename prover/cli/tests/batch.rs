//! Two proofs in one seal, on chain: the batch is one record, and each statement another one if that is wanted.

mod support;

use serde_json::json;
use support::anvil::{Anvil, succeed};
use support::{field, fixture, honest};

#[test]
#[ignore = "a minute: keys of two slots"]
fn a_batch_is_recorded_by_its_root_and_each_statement_when_that_is_wanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let anvil = Anvil::start("31337");
    let url = anvil.url.as_str();
    succeed(arguments!["keys", "new", "--profile", "tiny-x2", "-o", path("keys")]);
    succeed(arguments!["export", "--keys", path("keys"), "-o", path("export"), "--compile"]);
    let deployed =
        succeed(arguments!["deploy", "--rpc-url", url, "--keys", path("keys"), "--artifacts", path("export")]);
    let registry = field(&deployed, "registry");
    let second = path("second.proof");
    succeed(arguments![
        "prove",
        "--adapter",
        honest().adapter(),
        "--activations",
        fixture("activations.safetensors"),
        "--tokens",
        "1",
        "-o",
        second,
        "--outputs",
        path("outputs")
    ]);
    let seal = path("seal.json");
    succeed(arguments!["seal", honest().proof(), second, "--keys", path("keys"), "-o", seal]);

    let submit = arguments!["submit", seal, "--rpc-url", url, "--registry", registry];
    let submitted = succeed(&submit);
    assert_eq!(submitted["records"], 1, "the root");
    assert_eq!(succeed(&submit)["already_proven"], true);
    let asked = succeed(arguments!["status", seal, "--rpc-url", url, "--registry", registry]);
    for statement in asked["statements"].as_array().expect("two") {
        assert_eq!((&statement["proven"], &statement["proven_by_path"]), (&json!(false), &json!(true)));
    }
    let status = arguments!["status", "--rpc-url", url, "--registry", registry];
    let state = succeed(&status);
    let batch = &state["batches"][0];
    assert_eq!((&batch["root"], &state["statements"]), (&submitted["root"], &json!([])));
    assert_eq!(batch["statements"].as_array().map(Vec::len), Some(2));
    assert_eq!(state["equals_the_contract"], true);

    let each = succeed([submit, arguments!["--record-each"]].concat());
    assert_eq!((&each["records"], &each["root"]), (&json!(2), &submitted["root"]));
    let state = succeed(&status);
    assert_eq!(state["statements"].as_array().map(Vec::len), Some(2));
    assert_eq!(state["batches"].as_array().map(Vec::len), Some(1));
}
