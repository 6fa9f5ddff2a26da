//! snarkjs, as a process of its own, reads what we write.

mod support;

use rankproof_ceremony::contribute::{add_beacon, contribute};
use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::ptau::{Levels, PowersOfTau};
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{development, quiet, r1cs, setup, verify};
use support::{BEACON, Files, circuit, snarkjs};

#[test]
fn snarkjs_reads_our_constraints() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("circuit.r1cs");
    let matrices = circuit().0;
    r1cs::write(&matrices, &path, false).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let plain = folder.path().join("plain");
        std::fs::write(&plain, []).expect("written");
        assert_eq!(mode(&path), mode(&plain), "what is to be published is as readable as any new file");
    }
    assert_eq!(r1cs::read(&path).expect("read").digest(), matrices.digest());
    let output = snarkjs(folder.path(), &["r1cs", "info", "circuit.r1cs"]).expect("snarkjs reads it");
    for line in [
        "Curve: bn-128".to_owned(),
        format!("# of Wires: {}", matrices.num_variables()),
        format!("# of Constraints: {}", matrices.num_constraints()),
        "# of Public Inputs: 3".to_owned(),
        "# of Outputs: 0".to_owned(),
    ] {
        assert!(output.contains(&line), "{line}: {output}");
    }
}

#[test]
fn snarkjs_verifies_our_powers_of_tau() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("development.ptau");
    development::write(4, &path, false).expect("written");
    let powers = PowersOfTau::open(&path).expect("read");
    assert!(powers.is_development());
    powers.check_powers().expect("powers");
    powers.check_lagrange(Levels::All).expect("Lagrange forms");
    let output = snarkjs(folder.path(), &["powersoftau", "verify", "development.ptau"]).expect("snarkjs verifies");
    assert!(output.contains("Powers of Tau Ok!"), "{output}");
    assert!(output.contains("INSECURE"), "{output}");
}

#[test]
fn our_first_key_is_that_of_snarkjs_byte_for_byte() {
    let files = Files::new();
    files.snarkjs(&["groth16", "setup", "circuit.r1cs", "development.ptau", "theirs.zkey"]);
    setup::write(&files.matrices, &files.powers, &files.path("ours.zkey"), false, &quiet).expect("written");
    assert!(files.bytes("ours.zkey") == files.bytes("theirs.zkey"), "the files differ");
}

/// Contributions of both tools in one chain, verified by both.
#[test]
fn each_tool_continues_and_verifies_the_other() {
    let files = Files::new();
    setup::write(&files.matrices, &files.powers, &files.path("0.zkey"), false, &quiet).expect("written");
    let open = |name: &str| Zkey::open(&files.path(name)).expect("a key");
    contribute(&open("0.zkey"), &files.path("1.zkey"), "alice", b"", false, &quiet).expect("ours");
    files.snarkjs(&["zkey", "contribute", "1.zkey", "2.zkey", "--name=bob", "-e=more entropy"]);
    contribute(&open("2.zkey"), &files.path("3.zkey"), "carol", b"dice", false, &quiet).expect("ours");
    files.snarkjs(&["zkey", "beacon", "3.zkey", "theirs.zkey", BEACON, "10", "-n=final"]);
    let beacon = Beacon { value: hex::decode(BEACON).expect("hex"), log_iterations: 10 };
    add_beacon(&open("3.zkey"), &files.path("ours.zkey"), "final", beacon, false, &quiet).expect("ours");
    assert!(files.bytes("ours.zkey") == files.bytes("theirs.zkey"), "a beacon leaves nothing to choose");

    verify::verify(&files.matrices, &files.powers, &open("theirs.zkey"), &quiet).expect("verifies");
    verify::verify_from_initial(&files.matrices, &files.powers, &open("0.zkey"), &open("theirs.zkey"), &quiet)
        .expect("verifies");
    let output = files.snarkjs(&["zkey", "verify", "circuit.r1cs", "development.ptau", "ours.zkey"]);
    assert!(output.contains("ZKey Ok!"), "{output}");
    for name in ["alice", "bob", "carol", "final"] {
        assert!(output.contains(name), "{name}: {output}");
    }
    let key = open("ours.zkey");
    let hash = key.contributions().list[0].hash();
    let words: Vec<String> = hash.chunks(4).map(hex::encode).collect();
    assert!(output.contains(&words[..4].join(" ")), "the hash that snarkjs shows is ours: {output}");
}
