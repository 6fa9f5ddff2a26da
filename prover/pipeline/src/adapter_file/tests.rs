//! Each rejection starts from an honest file that reads, changes one thing, and names the fault.

use rankproof_lora_proof::merkle::MerkleTree;
use rankproof_statement::{F, QuantizedAdapter, QuantizedModule, WeightBits};

use super::*;

const HEADER: usize = 14;
const DIGEST: usize = 32;

fn module(name: &str) -> QuantizedModule {
    QuantizedModule {
        name: name.to_owned(),
        in_features: 3,
        out_features: 2,
        rank: 2,
        lora_a: vec![1, -2, 3, 4, -5, 6],
        lora_b: vec![-7, 7, 0, 1],
        out_scale: vec![0.5, 0.25],
    }
}

fn honest() -> AdapterFile {
    let modules = vec![module("a"), module("b")];
    AdapterFile {
        profile: Profile::Tiny,
        source_digest: [9; 32],
        adapter: QuantizedAdapter { bits: WeightBits::Four, modules, base_model_digest: [7; 32] },
        quantization_errors: vec![0.1, 0.2],
        salt: F::from(11u64),
        levels: level_lengths(&Profile::Tiny.config().rounds[0])
            .iter()
            .map(|length| (0..*length).map(|i| F::from(i as u64)).collect())
            .collect(),
    }
}

/// Puts the right length and digest around a changed body, so that only the change itself can be refused.
fn signed(body: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT_VERSION.to_be_bytes());
    bytes.extend((body.len() as u64).to_be_bytes());
    bytes.extend(body);
    let digest = sha256(&bytes);
    bytes.extend(digest);
    bytes
}

fn changed_body(change: impl FnOnce(&mut Vec<u8>)) -> Result<AdapterFile, Fault> {
    let bytes = honest().to_bytes();
    let mut body = bytes[HEADER..bytes.len() - DIGEST].to_vec();
    assert_eq!(signed(&body), bytes, "the twin is the honest file");
    change(&mut body);
    AdapterFile::from_bytes(&signed(&body))
}

/// Offset of the first module inside the body: profile, inner and source digest, bits, base digest, salt, count.
const FIRST_MODULE: usize = 1 + 32 + 32 + 1 + 32 + 32 + 2;

#[test]
fn reads_what_it_writes() {
    let file = honest();
    let read = AdapterFile::from_bytes(&file.to_bytes()).expect("honest");
    assert_eq!(read.to_bytes(), file.to_bytes());
    assert_eq!(read.adapter, file.adapter);
    assert_eq!(read.quantization_errors, file.quantization_errors);
    let committed = read.open().expect("fits");
    assert_eq!(committed.commitment.tree().levels(), file.levels);
    let again = AdapterFile::new(committed, file.source_digest, file.quantization_errors.clone());
    assert_eq!(again.to_bytes(), file.to_bytes());
}

/// Files of version 1 end with the leaf digests; what is above is hashed again.
#[test]
fn reads_files_of_version_1() {
    let mut file = honest();
    let whole = MerkleTree::new(file.levels[0].clone(), Profile::Tiny.config().rounds[0].log_cap);
    file.levels.truncate(1);
    let bytes = file.to_bytes();
    assert_eq!(bytes[4..6], 1u16.to_be_bytes());
    let read = AdapterFile::from_bytes(&bytes).expect("version 1");
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!(*read.open().expect("fits").commitment.tree(), whole);
}

#[test]
fn rejects_with_wrong_magic_what_starts_otherwise() {
    let mut bytes = honest().to_bytes();
    bytes[0] ^= 1;
    assert_eq!(AdapterFile::from_bytes(&bytes).err(), Some(Fault::WrongMagic));
    assert_eq!(AdapterFile::from_bytes(b"RP").err(), Some(Fault::WrongMagic));
}

#[test]
fn rejects_with_version_mismatch_another_version() {
    let mut bytes = honest().to_bytes();
    bytes[5] = 3;
    assert_eq!(AdapterFile::from_bytes(&bytes).err(), Some(Fault::VersionMismatch { expected: 2, actual: 3 }));
    // The version says how far the tree goes, so it cannot be exchanged.
    let body = &honest().to_bytes()[HEADER..];
    let mut older = signed(&body[..body.len() - DIGEST]);
    older[5] = 1;
    let end = older.len() - DIGEST;
    let digest = sha256(&older[..end]);
    older[end..].copy_from_slice(&digest);
    let above = 32 * honest().levels[1..].iter().map(Vec::len).sum::<usize>() as u64;
    assert_eq!(AdapterFile::from_bytes(&older).err(), Some(Fault::TrailingBytes(above)));
}

#[test]
fn rejects_with_truncated_at_every_cut() {
    let bytes = honest().to_bytes();
    for length in (6..bytes.len()).step_by(997).chain([13, bytes.len() - 1]) {
        assert_eq!(AdapterFile::from_bytes(&bytes[..length]).err(), Some(Fault::Truncated), "{length} bytes");
    }
}

#[test]
fn rejects_with_truncated_a_length_beyond_the_file() {
    let mut bytes = honest().to_bytes();
    bytes[6..14].copy_from_slice(&u64::MAX.to_be_bytes());
    assert_eq!(AdapterFile::from_bytes(&bytes).err(), Some(Fault::Truncated));
}

#[test]
fn rejects_with_trailing_bytes_one_byte_more() {
    let mut bytes = honest().to_bytes();
    bytes.push(0);
    assert_eq!(AdapterFile::from_bytes(&bytes).err(), Some(Fault::TrailingBytes(1)));
    assert_eq!(changed_body(|body| body.push(0)).err(), Some(Fault::TrailingBytes(1)));
}

#[test]
fn rejects_with_digest_mismatch_any_changed_byte_of_body_or_digest() {
    let bytes = honest().to_bytes();
    for position in (HEADER..bytes.len()).step_by(4999).chain([bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[position] ^= 0x10;
        assert_eq!(AdapterFile::from_bytes(&changed).err(), Some(Fault::DigestMismatch), "byte {position}");
    }
}

#[test]
fn rejects_with_unknown_profile_a_code_that_is_none() {
    assert_eq!(changed_body(|body| body[0] = 99).err(), Some(Fault::UnknownProfile(99)));
}

#[test]
fn rejects_with_config_mismatch_another_inner_digest() {
    assert_eq!(changed_body(|body| body[32] ^= 1).err(), Some(Fault::ConfigMismatch));
    assert_eq!(changed_body(|body| body[0] = Profile::Small.code()).err(), Some(Fault::ConfigMismatch));
}

#[test]
fn rejects_with_unknown_bits_five() {
    assert_eq!(changed_body(|body| body[65] = 5).err(), Some(Fault::UnknownBits(5)));
}

#[test]
fn rejects_a_salt_that_is_not_canonical() {
    let fault = Fault::Statement(rankproof_statement::Error::NonCanonicalScalar);
    assert_eq!(changed_body(|body| body[98..130].fill(0xff)).err(), Some(fault));
}

#[test]
fn rejects_with_bad_name_bytes_that_are_not_utf8() {
    assert_eq!(changed_body(|body| body[FIRST_MODULE + 2] = 0xff).err(), Some(Fault::BadName));
}

#[test]
fn rejects_with_module_order_modules_out_of_slot_order() {
    assert_eq!(changed_body(|body| body[FIRST_MODULE + 2] = b'c').err(), Some(Fault::ModuleOrder));
}

#[test]
fn rejects_with_truncated_sizes_beyond_the_body() {
    let in_features = FIRST_MODULE + 3;
    let huge = |body: &mut Vec<u8>| body[in_features..in_features + 12].fill(0xff);
    assert_eq!(changed_body(huge).err(), Some(Fault::Truncated));
}

#[test]
fn rejects_a_code_outside_its_width() {
    let first_code = FIRST_MODULE + 3 + 12 + 8;
    let fault = rankproof_statement::Error::WeightOutOfRange {
        module: "a".to_owned(),
        table: "lora_a",
        index: 0,
        value: 8,
        bits: 4,
    };
    assert_eq!(changed_body(|body| body[first_code] = 8).err(), Some(Fault::Statement(fault)));
}

#[test]
fn rejects_with_leaf_count_another_number_of_leaves() {
    let expected = 1u64 << Profile::Tiny.config().rounds[0].log_leaves;
    let mut file = honest();
    file.levels[0].pop();
    let refused = AdapterFile::from_bytes(&file.to_bytes()).err();
    assert_eq!(refused, Some(Fault::LeafCount { expected, actual: expected - 1 }));
}

#[test]
fn the_head_alone_names_the_profile() {
    let bytes = honest().to_bytes();
    let head = &bytes[..HEAD_BYTES as usize];
    assert_eq!(AdapterFile::profile_of(head), Ok(Profile::Tiny));
    assert_eq!(AdapterFile::profile_of(&head[..head.len() - 1]), Err(Fault::Truncated));
    assert_eq!(AdapterFile::profile_of(&[b"RPAX", &head[4..]].concat()), Err(Fault::WrongMagic));
    let unknown = [&head[..head.len() - 1], &[99]].concat();
    assert_eq!(AdapterFile::profile_of(&unknown), Err(Fault::UnknownProfile(99)));
}
