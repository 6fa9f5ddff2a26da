//! snarkjs, as a process of its own, reads what we write.

mod support;

use rankproof_ceremony::ptau::{Levels, PowersOfTau};
use rankproof_ceremony::{development, r1cs};
use support::{circuit, snarkjs};

#[test]
fn snarkjs_reads_our_constraints() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("circuit.r1cs");
    let matrices = circuit().0;
    r1cs::write(&matrices, &path, false).expect("written");
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
