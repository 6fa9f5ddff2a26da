//! The compiler without forge gives what forge gives.

use std::path::{Path, PathBuf};

use rankproof_chain::verifier_bytecode;
use rankproof_pipeline::compile::{ARTIFACT_FILE, compile_verifier, read_artifact};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn compiles_the_committed_key_to_the_committed_bytecode() {
    let key = std::fs::read_to_string(root().join("contracts/generated/SealVerifyingKey.sol")).expect("generated");
    let artifact = compile_verifier(&key, Some(&root().join("tools/solc.cjs"))).expect("it compiles");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(ARTIFACT_FILE), artifact).expect("written");
    assert!(read_artifact(folder.path()).expect("bytecode") == verifier_bytecode());

    // Another constant is other bytecode.
    let other = key.replace("SLOTS = 1;", "SLOTS = 2;");
    assert_ne!(key, other);
    let artifact = compile_verifier(&other, None).expect("the project's compiler is found from here");
    std::fs::write(folder.path().join(ARTIFACT_FILE), artifact).expect("written");
    assert!(read_artifact(folder.path()).expect("bytecode") != verifier_bytecode());

    let refused = compile_verifier("library SealVerifyingKey {", None).unwrap_err().to_string();
    assert!(refused.contains("solc: ParserError"), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
}

#[test]
fn refuses_other_compilers_and_folders_without_bytecode() {
    for solc in ["/nowhere/solc", "/bin/true"] {
        let error = compile_verifier("", Some(Path::new(solc))).unwrap_err().to_string();
        assert!(error.contains("--solc") && error.contains(solc), "{error}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    assert!(read_artifact(folder.path()).is_err());
    for text in ["", "{}", "{\"bytecode\":{\"object\":\"0x\"}}", "{\"bytecode\":{\"object\":\"0xzz\"}}"] {
        std::fs::write(folder.path().join(ARTIFACT_FILE), text).expect("written");
        let error = read_artifact(folder.path()).unwrap_err().to_string();
        assert!(error.contains("--artifacts"), "{text}: {error}");
    }
    std::fs::write(folder.path().join(ARTIFACT_FILE), "{\"bytecode\":{\"object\":\"0x00\"}}").expect("written");
    assert_eq!(read_artifact(folder.path()).expect("bytecode").len(), 1);
}
