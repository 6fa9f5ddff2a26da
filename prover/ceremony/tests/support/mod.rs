//! A small circuit with the public inputs of a seal, and snarkjs as a process.
#![allow(dead_code, reason = "each test file uses a part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::{development, r1cs};
use rankproof_groth16_seal::{Assignment, ConstraintSystem, F, Matrices, gadgets::sponge};

/// `digest = H(preimage)`, with two public inputs more that occur in a product.
pub fn circuit() -> (Matrices, Assignment) {
    let mut cs = ConstraintSystem::recording();
    let preimage = [F::from(42u64), F::from(43u64)];
    let tag = rankproof_poseidon::Tag(1);
    let digest = cs.public(rankproof_poseidon::hash(tag, &preimage));
    let (left, right) = (cs.public(F::from(6u64)), cs.public(F::from(7u64)));
    let preimage = preimage.map(|element| cs.witness(element));
    let hashed = sponge::hash(&mut cs, tag, &preimage);
    cs.enforce_equal(&hashed, &digest);
    let product = cs.mul(&left, &right);
    cs.enforce_equal(&(&preimage[0] - &product), &rankproof_groth16_seal::Num::zero());
    cs.into_parts()
}

/// What a beacon would be drawn from: any public value.
pub const BEACON: &str = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A folder with `circuit.r1cs` and `development.ptau`.
pub struct Files {
    folder: tempfile::TempDir,
    pub matrices: Matrices,
    pub powers: PowersOfTau,
}

impl Files {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let matrices = circuit().0;
        r1cs::write(&matrices, &folder.path().join("circuit.r1cs"), false).expect("written");
        let powers = folder.path().join("development.ptau");
        development::write(9, &powers, false).expect("written");
        Self { powers: PowersOfTau::open(&powers).expect("powers"), folder, matrices }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("a file")
    }

    /// Runs snarkjs here; it must succeed.
    pub fn snarkjs(&self, arguments: &[&str]) -> String {
        snarkjs(self.folder.path(), arguments).unwrap_or_else(|output| panic!("{arguments:?}: {output}"))
    }
}

/// Runs snarkjs in a folder; its output, or what it printed when it refused.
pub fn snarkjs(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let cli = concat!(env!("CARGO_MANIFEST_DIR"), "/../../node_modules/snarkjs/build/cli.cjs");
    let output = Command::new("node").arg(cli).args(arguments).current_dir(folder).output();
    let output = output.expect("node runs: install Node 20 and run `npm ci`");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}
