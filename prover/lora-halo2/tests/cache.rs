//! What is kept on disk: it saves time, and nothing of it is trusted.

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use halo2_proofs::pasta::Fp;
use rankproof_lora_halo2::{Cache, Error, Keys, Plan, prove, verify};
use sha2::{Digest, Sha256};
use support::{GIB, Honest, honest};

/// A folder that a verification of the honest proof has filled, its file of parameters, and what is in that.
fn filled() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().expect("a folder");
    verify(&honest().proof, &Cache::at(folder.path()), GIB).expect("it verifies and fills the cache");
    let k = Plan::new(&honest().shape).expect("a plan").k;
    let params = folder.path().join(format!("vesta-k{k}.params"));
    let bytes = std::fs::read(&params).expect("written");
    (folder, params, bytes)
}

/// The honest parameters with every generator negated: as good as they to whoever does not ask where they come from.
fn negated(k: u32) -> Vec<u8> {
    let mut params = Vec::new();
    Cache::none().params(k).expect("made").write(&mut params).expect("memory");
    let (k, points) = params.split_at(4);
    let negate = |point: &[u8]| {
        let mut point = point.to_vec();
        point[31] ^= 0x80; // the sign of y
        point
    };
    k.iter().copied().chain(points.chunks_exact(32).flat_map(negate)).collect()
}

/// With its SHA-256 behind it: the digest of a file that is in the file itself is anybody's.
fn with_digest(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.extend_from_slice(&Sha256::digest(&bytes));
    bytes
}

#[test]
fn a_planted_file_of_parameters_is_replaced_and_nothing_made_with_it_holds() {
    let Honest { shape, opening, proof, .. } = honest();
    let (folder, params, honest_bytes) = filled();
    let cache = Cache::at(folder.path());
    verify(proof, &cache, GIB).expect("it verifies from the cache");
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).expect("a time");
    let before = modified(&params);
    verify(proof, &cache, GIB).expect("again");
    assert_eq!((std::fs::read(&params).expect("kept"), modified(&params)), (honest_bytes.clone(), before));

    let other = negated(Plan::new(shape).expect("a plan").k);
    for planted in [with_digest(other.clone()), other, with_digest(honest_bytes.clone())] {
        std::fs::write(&params, &planted).expect("planted");
        // The record of the circuit is planted with it: of those generators, or none.
        std::fs::remove_file(circuit_record(folder.path())).expect("removed");
        let keys = Keys::new(shape, &cache, GIB).expect("keys");
        assert_eq!(keys.verifier.circuit_digest, proof.params.circuit_digest, "the generators are the honest ones");
        assert_eq!(std::fs::read(&params).expect("made again"), honest_bytes);
        std::fs::write(&params, &planted).expect("planted again");
        let made = prove(&keys, Arc::clone(opening), Fp::from(42), Duration::ZERO).expect("a proof");
        verify(&made, &cache, GIB).expect("a proof under the pinned parameters verifies");
        assert_eq!(std::fs::read(&params).expect("made again"), honest_bytes);
    }
}

#[test]
fn a_damaged_file_of_parameters_is_replaced() {
    let (folder, params, honest_bytes) = filled();
    let cache = Cache::at(folder.path());
    let mut flipped = honest_bytes.clone();
    flipped[100] ^= 1;
    let longer: Vec<u8> = honest_bytes.iter().copied().chain([0]).collect();
    let k = Plan::new(&honest().shape).expect("a plan").k;
    cache.params(k + 1).expect("made");
    let of_another_size = std::fs::read(folder.path().join(format!("vesta-k{}.params", k + 1))).expect("written");
    for damaged in [flipped, longer, honest_bytes[..honest_bytes.len() - 1].to_vec(), of_another_size, Vec::new()] {
        std::fs::write(&params, damaged).expect("damaged");
        verify(&honest().proof, &cache, GIB).expect("it verifies");
        assert_eq!(std::fs::read(&params).expect("made again"), honest_bytes);
    }
    std::fs::remove_file(&params).expect("removed");
    std::fs::create_dir(&params).expect("a folder in its place");
    let refused = verify(&honest().proof, &cache, GIB);
    assert!(matches!(refused, Err(Error::Cache { step: "write", .. })), "{refused:?}");
}

fn circuit_record(folder: &Path) -> PathBuf {
    let is_record = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "circuit");
    let entries = std::fs::read_dir(folder).expect("listed").filter_map(Result::ok);
    entries.map(|entry| entry.path()).find(is_record).expect("a circuit digest is kept")
}

/// A record may refuse what holds, and the message names the file; it makes nothing hold.
#[test]
fn the_record_of_a_circuit_only_refuses() {
    let (folder, ..) = filled();
    let cache = Cache::at(folder.path());
    let record = circuit_record(folder.path());
    let honest_digest = honest().proof.params.circuit_digest;
    for planted in [vec![0; 32], Vec::new(), [&honest_digest[..], &[0]].concat()] {
        std::fs::write(&record, planted).expect("changed");
        match verify(&honest().proof, &cache, GIB) {
            Err(Error::Cache { step: "use", path, reason }) => {
                assert_eq!(Path::new(&path), record);
                assert!(reason.contains("was another one"), "{reason}");
            }
            outcome => panic!("{outcome:?}"),
        }
    }
    std::fs::remove_file(&record).expect("removed");
    verify(&honest().proof, &cache, GIB).expect("it verifies and the record is made again");
    assert_eq!(std::fs::read(&record).expect("made again"), honest_digest);
}

#[test]
fn there_are_no_parameters_above_the_largest_plan() {
    let rows = Error::TooManyRows { rows: 1 << 21, maximum_k: 20 };
    assert_eq!(Cache::none().params(21).err(), Some(rows), "larger than any plan");
}
