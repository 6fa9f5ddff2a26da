//! Sections, lengths and counts that no honest file has, beside the honest one that is read.

mod support;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ark_bn254::G1Affine;
use rankproof_ceremony::ptau::PowersOfTau;
use rankproof_ceremony::transcript::Transcript;
use rankproof_ceremony::zkey::Zkey;
use rankproof_ceremony::{Error, FileFault, quiet, r1cs, verify};
use support::{Files, section_range};

/// Is read: `the_honest_files_are_read`.
fn honest() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(Files::with_ceremony)
}

fn fault<T: std::fmt::Debug>(result: Result<T, Error>) -> FileFault {
    match result {
        Err(Error::File { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

/// A copy with another section in the place of one.
fn with_section(name: &str, section: u32, copy: &str, content: impl FnOnce(Vec<u8>) -> Vec<u8>) -> PathBuf {
    let mut bytes = honest().bytes(name);
    let range = section_range(&bytes, section);
    let content = content(bytes[range.clone()].to_vec());
    bytes[range.start - 8..range.start].copy_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.splice(range, content);
    honest().write(copy, &bytes)
}

#[test]
fn the_honest_files_are_read() {
    let files = honest();
    let same = with_section("circuit.r1cs", 2, "same.r1cs", |rows| rows);
    assert_eq!(r1cs::read(&same).expect("honest").digest(), files.matrices.digest());
    PowersOfTau::open(&with_section("development.ptau", 1, "same.ptau", |header| header)).expect("honest");
    Zkey::open(&with_section("4.zkey", 2, "same.zkey", |header| header)).expect("honest");
}

#[test]
fn sections_that_are_too_many_too_long_or_unknown_are_refused() {
    let files = honest();
    let mut many = files.bytes("circuit.r1cs");
    many[8] = 65;
    assert!(matches!(fault(r1cs::read(&files.write("many.r1cs", &many))), FileFault::Unsupported(_)));
    // Custom gates have two sections, either of which is enough.
    for section in [4u32, 5] {
        let mut gates = files.bytes("circuit.r1cs");
        gates[8] += 1;
        gates.extend(section.to_le_bytes());
        gates.extend([0; 8]);
        let refused = fault(r1cs::read(&files.write("gates.r1cs", &gates)));
        assert!(matches!(refused, FileFault::Unsupported(why) if why.contains("custom gates")), "{section}");
    }
    let longer = |mut header: Vec<u8>| {
        header.push(0);
        header
    };
    let refused = fault(r1cs::read(&with_section("circuit.r1cs", 1, "longer.r1cs", longer)));
    assert_eq!(refused, FileFault::SectionLength { section: 1, expected: 64, actual: 65 });
    let other = files.changed("4.zkey", 1, |protocol| protocol[0] = 2);
    assert!(matches!(fault(Zkey::open(&other)), FileFault::Unsupported(why) if why.contains("Groth16")));
    // Four points of IC: the constant, and three public inputs.
    let key = files.key("4.zkey");
    assert_eq!(key.file().points::<G1Affine>(3, 0, 4).map(|points| points.len()).ok(), Some(4));
    let beyond = fault(key.file().points::<G1Affine>(3, 1, 4));
    assert_eq!(beyond, FileFault::SectionLength { section: 3, expected: 5 * 64, actual: 4 * 64 });
}

#[test]
fn rows_that_claim_more_than_there_is_are_refused() {
    let count = honest().changed("circuit.r1cs", 2, |rows| rows[..4].fill(0xff));
    assert_eq!(fault(r1cs::read(&count)), FileFault::Value { section: 2 });
}

/// Rows are read in pieces of 4 MiB. These, without a term, end where the third piece does.
#[test]
fn a_byte_behind_the_last_piece_of_rows_is_found() {
    const ROWS: u32 = 1 << 20;
    with_section("circuit.r1cs", 1, "large.r1cs", |mut header| {
        header[60..].copy_from_slice(&ROWS.to_le_bytes());
        header
    });
    let read = |more: usize| {
        let mut bytes = honest().bytes("large.r1cs");
        let range = section_range(&bytes, 2);
        let rows = vec![0; 12 * ROWS as usize + more];
        bytes[range.start - 8..range.start].copy_from_slice(&(rows.len() as u64).to_le_bytes());
        bytes.splice(range, rows);
        r1cs::read(&honest().write("pieces.r1cs", &bytes))
    };
    assert_eq!(read(0).expect("a circuit that says nothing").num_constraints(), 1 << 20);
    assert_eq!(fault(read(1)), FileFault::Value { section: 2 });
}

#[test]
fn a_first_key_with_contributions_or_more_entries_is_refused() {
    let files = honest();
    let what = |path: &Path| {
        let key = Zkey::open(path).expect("a key");
        match verify::check_initial(&files.matrices, &files.powers, &key, &quiet) {
            Err(Error::Key { what, .. }) => what,
            other => panic!("{other:?}"),
        }
    };
    let list = files.key("4.zkey").contributions().to_bytes();
    assert_eq!(what(&with_section("0.zkey", 10, "contributions.zkey", |_| list)), "the first key");
    let repeated = |mut entries: Vec<u8>| {
        let last = entries[entries.len() - 44..].to_vec();
        entries.extend(last);
        entries
    };
    assert_eq!(what(&with_section("0.zkey", 4, "entries.zkey", repeated)), "the matrices of the key");
}

#[test]
fn transcripts_of_another_format_circuit_or_length_are_refused() {
    let files = honest();
    let contributions = files.key("4.zkey").contributions().clone();
    let transcript = Transcript::of(&contributions);
    transcript.check(&contributions).expect("honest");
    let read = |text: &str| Transcript::read(&files.write("transcript.json", text.as_bytes()));
    assert_eq!(read(&transcript.to_json()).expect("honest"), transcript);
    let refused = |text: &str| match fault(read(text)) {
        FileFault::Json(why) => why,
        other => panic!("{other:?}"),
    };
    let spaces = " ".repeat(1 << 20);
    assert_eq!(refused(&(transcript.to_json() + &spaces)), "it is too long");
    let other = transcript.to_json().replace("ceremony.v1", "ceremony.v2");
    assert_eq!(refused(&other), "its format is `rankproof.ceremony.v2`");
    let mut circuit = transcript.clone();
    circuit.circuit_hash.replace_range(..1, if circuit.circuit_hash.starts_with('0') { "1" } else { "0" });
    assert!(matches!(circuit.check(&contributions), Err(Error::Transcript { number: 0, .. })));
    let format = Transcript { format: "rankproof.ceremony.v2".to_owned(), ..transcript };
    assert!(matches!(format.check(&contributions), Err(Error::Transcript { number: 0, .. })));
}
