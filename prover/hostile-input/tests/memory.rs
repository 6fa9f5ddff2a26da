//! Hostile files are refused before memory is taken for what they claim: the peak of a process that does nothing else.
//!
//! Each case runs in a process of its own, this test binary with the name of the case in the environment, which prints
//! its peak (VmHWM). Files of 100 GiB are sparse.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use rankproof_adapter::{base_model_digest, read_activations, read_adapter, read_outputs};
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::r1cs;
use rankproof_ceremony::transcript::Transcript;
use rankproof_ceremony::zkey::Zkey;
use rankproof_groth16_seal::{ProvingKey, VerifyingKey};
use rankproof_lora_halo2::{LoraProof as Halo2Proof, ModuleShape, Plan, Shape, Update};
use rankproof_pipeline::commit::read_adapter_file;
use rankproof_pipeline::public_adapter::PublicAdapter;
use rankproof_pipeline::seal::read_seal;
use rankproof_pipeline::{halo2, verify};
use rankproof_statement::WeightBits;
use tempfile::TempDir;

/// What a refusal may take on top of an idle process.
const MAX_KIB: u64 = 64 << 10;
const CASE: &str = "RANKPROOF_MEMORY_CASE";
const SPARSE: u64 = 100 << 30;

type Read = fn(&Path) -> Result<(), String>;

fn sentence<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|error| error.to_string())
}

/// Reads `adapter_config.json`, or the weights beside an honest configuration.
fn adapter(path: &Path, name: &str) -> Result<(), String> {
    let folder = path.with_extension("folder");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::copy(
        rankproof_hostile_input::honest::fixture("minilm-qv-r8/adapter_config.json"),
        folder.join("adapter_config.json"),
    )
    .expect("copied");
    std::fs::rename(path, folder.join(name)).expect("moved");
    sentence(read_adapter(&folder, None))
}

/// Every reader of a file.
const READERS: [(&str, Read); 16] = [
    ("adapter_config.json", |path| adapter(path, "adapter_config.json")),
    ("adapter_model.safetensors", |path| adapter(path, "adapter_model.safetensors")),
    ("activations", |path| sentence(read_activations(path, [("m", 4)], None))),
    ("outputs", |path| sentence(read_outputs(path))),
    ("base model", |path| sentence(base_model_digest(path, |_, _| ()))),
    ("adapter file", |path| sentence(read_adapter_file(path))),
    ("public adapter", |path| sentence(PublicAdapter::read(path))),
    ("LoRA proof", |path| sentence(verify::read_proof(path))),
    ("halo2 proof", |path| {
        let request = verify::Request { proof: path.into(), adapter_id: None, activations_id: None, context: None };
        sentence(halo2::verify(&request))
    }),
    ("verifying key", |path| sentence(VerifyingKey::read(path))),
    ("proving key", |path| sentence(ProvingKey::read(path))),
    ("seal", |path| sentence(read_seal(path))),
    ("constraints", |path| sentence(r1cs::read(path))),
    ("powers of tau", |path| sentence(PowersOfTau::open(path))),
    ("key of a ceremony", |path| sentence(Zkey::open(path))),
    ("transcript", |path| sentence(Transcript::read(path))),
];

/// Constraints of a circuit with 2^32 - 1 variables and rows, and none of them there.
fn constraints_without_rows() -> Vec<u8> {
    let section =
        |number: u32, bytes: &[u8]| [&number.to_le_bytes()[..], &(bytes.len() as u64).to_le_bytes(), bytes].concat();
    let modulus = <rankproof_groth16_seal::F as ark_ff::PrimeField>::MODULUS;
    let modulus = ark_ff::BigInteger::to_bytes_le(&modulus);
    let counts = [u32::MAX, 0, 3, 0, u32::MAX, 0, u32::MAX].map(u32::to_le_bytes).concat();
    let header = [&32u32.to_le_bytes()[..], &modulus, &counts].concat();
    let sections = [section(1, &header), section(2, &[]), section(3, &[])].concat();
    [&b"r1cs\x01\0\0\0\x03\0\0\0"[..], &sections].concat()
}

/// A safetensors file with this header.
fn tensors(header: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header].concat()
}

/// A shape as large as the bounds of the halo2 system allow; only its plan is made.
fn largest_shape(_: &Path) -> Result<(), String> {
    let module = |input| ModuleShape {
        in_features: 1 << 14,
        out_features: 1 << 16,
        update: Update::LowRank { rank: 128 },
        input,
    };
    let shape = Shape { bits: WeightBits::Eight, tokens: 1 << 12, modules: (0..1 << 10).map(module).collect() };
    shape.check().expect("within every bound");
    sentence(Plan::new(&shape))
}

/// A gzip stream of 2^30 zeros.
fn gzip_bomb(_: &Path) -> Result<(), String> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..1 << 10).for_each(|_| encoder.write_all(&zeros).expect("in memory"));
    sentence(Halo2Proof::from_gzip(&encoder.finish().expect("in memory")))
}

/// Names, what is in the file, its length if longer, and who reads it.
fn cases() -> Vec<(String, Vec<u8>, u64, Read)> {
    let mut cases: Vec<(String, Vec<u8>, u64, Read)> = Vec::new();
    for (name, read) in READERS {
        cases.push((format!("{name}: 100 GiB of nothing"), Vec::new(), SPARSE, read));
        cases.push((format!("{name}: a million brackets"), vec![b'['; 1 << 20], 0, read));
        cases.push((format!("{name}: a million brackets in a tensor header"), tensors(&vec![b'['; 1 << 20]), 0, read));
        cases.push((format!("{name}: a header of 2^60 bytes"), (1u64 << 60).to_le_bytes().to_vec(), SPARSE, read));
        let overflow =
            br#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,18446744073709551615]}}"#;
        cases.push((format!("{name}: sizes that overflow"), tensors(overflow), 0, read));
        // The heads of our own formats, then every count at its largest.
        let huge: Vec<u8> = match name {
            "adapter file" => [&b"RPAD\0\x01"[..], &(1u64 << 60).to_be_bytes()].concat(),
            "LoRA proof" => [&b"RPLP\0\x01\x01"[..], &[0xff; 200]].concat(),
            "halo2 proof" => [&b"RPH2\0\0\0\x01\x04"[..], &[0xff; 200]].concat(),
            "verifying key" => [&b"RKVRFKEY\x01\0\0\0"[..], &[0xff; 200]].concat(),
            "proving key" => {
                let header = [&b"RKPRVKEY\x01\0\0\0\x04test\x01\0\0\0\x01"[..], &[0; 64]].concat();
                [header, vec![0xff; 28 + 32]].concat()
            }
            "constraints" => constraints_without_rows(),
            "powers of tau" => [&b"ptau\x01\0\0\0"[..], &[0xff; 200]].concat(),
            "key of a ceremony" => [&b"zkey\x01\0\0\0"[..], &[0xff; 200]].concat(),
            _ => continue,
        };
        cases.push((format!("{name}: counts at their largest"), huge.clone(), 0, read));
        cases.push((format!("{name}: counts at their largest, 100 GiB"), huge, SPARSE, read));
    }
    cases.push(("halo2 shape at every bound".to_owned(), Vec::new(), 0, largest_shape));
    cases.push(("halo2 proof: gzip of 1 GiB".to_owned(), Vec::new(), 0, gzip_bomb));
    cases.push(("idle".to_owned(), Vec::new(), 0, |_| Err("nothing was read".to_owned())));
    cases
}

/// Peak resident memory of this process, KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
#[ignore = "a part of refusals_take_little_memory, which starts it in a process of its own"]
fn child() {
    let Ok(name) = std::env::var(CASE) else { return };
    let (_, bytes, length, read) = cases().into_iter().find(|case| case.0 == name).expect("a case");
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("hostile");
    let mut file = File::create(&path).expect("a file");
    file.write_all(&bytes).expect("written");
    if length > 0 {
        file.set_len(length).expect("a sparse file");
    }
    let refusal = read(&path).expect_err("hostile files are refused");
    println!("peak {} {}", peak(), refusal.lines().next().unwrap_or_default());
}

/// Runs a case in a process of its own; the peak in KiB, and the refusal.
fn measure(name: &str) -> (u64, String) {
    let binary = std::env::current_exe().expect("this test binary");
    let arguments = ["child", "--exact", "--ignored", "--nocapture", "--test-threads=1"];
    let output = Command::new(binary).args(arguments).env(CASE, name).output().expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("peak ").map(|(_, line)| line.to_owned()));
    let line = line.unwrap_or_else(|| panic!("{name}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    let (peak, refusal) = line.split_once(' ').expect("peak and refusal");
    (peak.parse().expect("a number"), refusal.to_owned())
}

#[test]
fn refusals_take_little_memory() {
    let (idle, _) = measure("idle");
    let mut worst = 0;
    let cases = cases();
    for (name, ..) in &cases {
        let (peak, refusal) = measure(name);
        let above = peak.saturating_sub(idle);
        println!("{above:7} KiB  {name}: {}", refusal.chars().take(120).collect::<String>());
        assert!(above < MAX_KIB, "{name}: {above} KiB");
        worst = worst.max(above);
    }
    println!("assurance: hostile files refused = {}", cases.len() - 1);
    println!("assurance: most memory of a refusal, KiB = {worst}");
}
