//! Every decoder on the committed corpus (`fuzz/corpus`) and on mutations from a fixed seed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rankproof_hostile_input::{TARGETS, Target};

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// The committed inputs of a target, by name.
fn committed(target: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(corpus(target)).expect("a corpus is committed");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.map(|path| (path.clone(), std::fs::read(&path).expect("readable"))).collect()
}

/// One to four edits, now and then with repaired checksums, or an input of the corpus changed in one byte.
fn mutation(rng: &mut ChaCha20Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    if rng.gen_range(0..4) == 0 {
        let mut input = corpus[rng.gen_range(0..corpus.len())].clone();
        let at = rng.gen_range(0..input.len().max(1));
        input.get_mut(at).into_iter().for_each(|byte| *byte = rng.r#gen());
        return input;
    }
    let mut script = vec![rng.gen_range(0..2)];
    for _ in 0..rng.gen_range(1..=4) {
        script.push(rng.gen_range(0..10));
        // Heads of files are where lengths are.
        let position: u32 = if rng.r#gen() { rng.gen_range(0..600) } else { rng.r#gen() };
        script.extend(position.to_le_bytes());
        script.extend((0..rng.gen_range(0..4)).map(|_| rng.r#gen::<u8>()));
    }
    script
}

fn replay(Target { name, run, mutations }: Target) -> (usize, u64, u64) {
    let corpus: Vec<Vec<u8>> = committed(name).into_values().collect();
    assert!(run(&[]), "{name}: the honest file is accepted");
    let mut accepted = corpus.iter().map(|input| u64::from(run(input))).sum();
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    for _ in 0..mutations {
        accepted += u64::from(run(&mutation(&mut rng, &corpus)));
    }
    (corpus.len(), mutations, accepted)
}

macro_rules! replays {
    ($($name:ident),* $(,)?) => {
        const REPLAYED: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            let target = TARGETS.into_iter().find(|target| target.name == stringify!($name)).expect("a target");
            let (inputs, mutations, accepted) = replay(target);
            println!("assurance: replayed {} = {}", target.name, inputs as u64 + mutations);
            println!("{}: {inputs} inputs, {mutations} mutations, {accepted} accepted", target.name);
        })*
    };
}

replays!(
    adapter_config,
    adapter_weights,
    activations,
    outputs,
    adapter_file,
    public_adapter,
    lora_proof,
    shared_proof,
    adapters_proof,
    halo2_proof,
    halo2_gzip,
    verifying_key,
    proving_key,
    seal_json,
    seal_bytes,
    r1cs,
    ptau,
    zkey,
    ceremony_transcript,
);

#[test]
fn every_target_is_replayed_and_fuzzed() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, REPLAYED);
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let mut files: Vec<String> = std::fs::read_dir(fuzz)
        .expect("fuzz targets")
        .map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    files.sort();
    let mut sorted = names;
    sorted.sort_unstable();
    assert_eq!(files, sorted);
}
