//! A small circuit with the public inputs of a seal, and snarkjs as a process.
#![allow(dead_code, reason = "each test file uses a part")]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use rankproof_ceremony::contribute::{add_beacon, contribute};
use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{development, quiet, r1cs, setup};
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

    /// A ceremony of ours: `0.zkey`, then alice, bob, carol, and the beacon in `4.zkey`.
    pub fn with_ceremony() -> Self {
        let files = Self::new();
        setup::write(&files.matrices, &files.powers, &files.path("0.zkey"), false, &quiet).expect("written");
        for (index, name) in ["alice", "bob", "carol"].iter().enumerate() {
            let next = files.path(&format!("{}.zkey", index + 1));
            contribute(&files.key(&format!("{index}.zkey")), &next, name, b"", false, &quiet).expect("contributed");
        }
        let beacon = Beacon { value: hex::decode(BEACON).expect("hex"), log_iterations: 10 };
        add_beacon(&files.key("3.zkey"), &files.path("4.zkey"), "final", beacon, false, &quiet).expect("ended");
        files
    }

    pub fn key(&self, name: &str) -> Zkey {
        Zkey::open(&self.path(name)).expect("a key")
    }

    /// A copy with one section, or all of it, changed; a file of its own, since tests run side by side in one folder.
    pub fn changed(&self, name: &str, section: u32, change: impl FnOnce(&mut [u8])) -> PathBuf {
        let mut bytes = self.bytes(name);
        let range = section_range(&bytes, section);
        change(&mut bytes[range]);
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        self.write(&format!("changed{}.{name}", NUMBER.fetch_add(1, Ordering::Relaxed)), &bytes)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).expect("written");
        self.path(name)
    }

    /// Runs snarkjs here; it must succeed.
    pub fn snarkjs(&self, arguments: &[&str]) -> String {
        snarkjs(self.folder.path(), arguments).unwrap_or_else(|output| panic!("{arguments:?}: {output}"))
    }
}

/// Where a section lies.
pub fn section_range(bytes: &[u8], section: u32) -> Range<usize> {
    let mut position = 12;
    loop {
        let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
        let length = u64::from_le_bytes(bytes[position + 4..position + 12].try_into().expect("eight bytes")) as usize;
        let start = position + 12;
        if word(position) == section {
            return start..start + length;
        }
        position = start + length;
    }
}

/// Exchanges two points.
pub fn exchange(bytes: &mut [u8], size: usize, one: usize, other: usize) {
    assert_ne!(bytes[one * size..(one + 1) * size], bytes[other * size..(other + 1) * size], "two different points");
    (0..size).for_each(|byte| bytes.swap(one * size + byte, other * size + byte));
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
