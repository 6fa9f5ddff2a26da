//! The committed ABI and bytecode are those that forge builds from the committed sources.

mod support;

use std::process::Command;

use serde_json::Value;

#[test]
fn committed_abi_and_bytecode_are_what_forge_builds() {
    let project = support::project();
    let local = project.join("node_modules/.bin/forge");
    let forge = if local.is_file() { local } else { "forge".into() };
    if Command::new(&forge).arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no forge (run `npm ci`); contracts/generated/abi was not compared with anything");
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let build = Command::new(&forge)
        .args(["build", "--skip", "test", "--skip", "script", "--out"])
        .arg(out.path().join("out"))
        .arg("--cache-path")
        .arg(out.path().join("cache"))
        .current_dir(&project)
        .output()
        .unwrap();
    assert!(build.status.success(), "forge: {}", String::from_utf8_lossy(&build.stderr));
    for name in ["SealVerifier", "EmergencyStop", "TimelockController", "VerifierRouter", "ProofRegistry"] {
        let read = |path: std::path::PathBuf| -> Value {
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
        };
        let built = read(out.path().join(format!("out/{name}.sol/{name}.json")));
        let committed = read(project.join(format!("contracts/generated/abi/{name}.json")));
        let hint = "run `forge build && node tools/abi.cjs` and commit the result";
        assert!(committed["abi"] == built["abi"], "ABI of {name} differs: {hint}");
        let code = |value: &Value| value["bytecode"]["object"].as_str().unwrap().to_owned();
        assert!(code(&committed) == code(&built), "bytecode of {name} differs: {hint}");
        assert!(code(&committed).len() > 1000, "{name} is not empty");
    }
}
