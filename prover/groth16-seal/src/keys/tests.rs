use std::path::PathBuf;

use ark_ec::short_weierstrass::SWCurveConfig;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};

use super::{encoding::Item, *};
use crate::{ConstraintSystem, F, FileFault, generator::development_keys};

fn key() -> ProvingKey {
    let mut cs = ConstraintSystem::recording();
    let public = cs.public(F::from(9u64));
    let root = cs.witness(F::from(3u64));
    let square = cs.square(&root);
    cs.enforce_equal(&square, &public);
    let (matrices, _) = cs.into_parts();
    development_keys(matrices, "test-1.0", 2, [7; 32]).expect("a small circuit")
}

struct Files {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn files() -> Files {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Files { path: folder.path().join("some.key"), _folder: folder }
}

fn bytes_of(key: &ProvingKey) -> Vec<u8> {
    let files = files();
    key.write(&files.path).expect("written");
    std::fs::read(&files.path).expect("read")
}

fn read(bytes: &[u8]) -> Result<ProvingKey, FileFault> {
    let files = files();
    std::fs::write(&files.path, bytes).expect("written");
    ProvingKey::read(&files.path).map_err(|error| match error {
        Error::KeyFile { path, fault } if path == files.path => fault,
        other => panic!("expected a fault of the file, got {other:?}"),
    })
}

/// magic, version, profile, slots, development, two digests, counts, digest of the body.
const HEAD: usize = 8 + 4 + (1 + 8) + 4 + 1 + 64 + 28 + 32;

#[test]
fn proving_key_survives_its_file() {
    let key = key();
    let bytes = bytes_of(&key);
    let copy = read(&bytes).expect("what was written");
    assert_eq!(copy.header(), key.header());
    assert_eq!(copy.verifying_key(), key.verifying_key());
    assert_eq!((&copy.a_query, &copy.l_query, &copy.h_query), (&key.a_query, &key.l_query, &key.h_query));
    assert_eq!((&copy.b_variables, &copy.b_g1_query), (&key.b_variables, &key.b_g1_query));
    assert_eq!(bytes_of(&copy), bytes);
    assert_eq!(copy.check_circuit(key.matrices().digest()), Ok(()));
    let circuit = [1; 32];
    assert_eq!(copy.check_circuit(circuit), Err(Error::CircuitMismatch { key: key.header().circuit_digest, circuit }));
}

#[test]
fn development_keys_are_the_same_everywhere_and_differ_by_configuration() {
    let (first, second) = (key(), key());
    assert_eq!(bytes_of(&first), bytes_of(&second));
    assert!(first.header().development);
    let other = development_keys(first.matrices().clone(), "test-1.0", 2, [8; 32]).expect("a small circuit");
    assert_ne!(other.verifying_key().points().alpha_g1, first.verifying_key().points().alpha_g1);
    assert_ne!(other.verifying_key().digest(), first.verifying_key().digest());
}

#[test]
fn rejects_with_length_when_cut_or_extended() {
    let mut bytes = bytes_of(&key());
    let expected = bytes.len() as u64;
    let length = |bytes: &[u8]| read(bytes).map(|_| ()).unwrap_err();
    bytes.push(0);
    assert_eq!(length(&bytes), FileFault::Length { expected, actual: expected + 1 });
    bytes.truncate(expected as usize - 1);
    assert_eq!(length(&bytes), FileFault::Length { expected, actual: expected - 1 });
    bytes.truncate(HEAD);
    assert_eq!(length(&bytes), FileFault::Length { expected, actual: HEAD as u64 });
    bytes.truncate(HEAD - 1);
    assert_eq!(length(&bytes), FileFault::Header { field: "digest" });
    assert_eq!(length(&[]), FileFault::Magic { expected: "proving key" });
}

#[test]
fn rejects_every_changed_byte() {
    let bytes = bytes_of(&key());
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        let fault = read(&changed).map(|_| ()).expect_err("every byte counts");
        assert!(!matches!(fault, FileFault::Io(_)), "byte {position}: {fault:?}");
    }
}

#[test]
fn rejects_what_each_field_of_the_head_must_not_be() {
    let bytes = bytes_of(&key());
    let changed = |position: usize, value: u8| {
        let mut changed = bytes.clone();
        changed[position] = value;
        read(&changed).map(|_| ()).unwrap_err()
    };
    assert_eq!(changed(0, b'X'), FileFault::Magic { expected: "proving key" });
    assert_eq!(changed(8, 9), FileFault::Version { expected: 1, actual: 9 });
    assert_eq!(changed(12, 0), FileFault::Header { field: "profile" });
    assert_eq!(changed(12, 65), FileFault::Header { field: "profile" });
    assert_eq!(changed(13, b'/'), FileFault::Header { field: "profile" });
    assert_eq!(changed(21, 0), FileFault::Header { field: "slots" });
    assert_eq!(changed(25, 2), FileFault::Header { field: "development" });
    assert_eq!(changed(24, 1), FileFault::Digest); // another number of slots
    assert_eq!(changed(26, bytes[26] ^ 1), FileFault::Digest); // another circuit
    assert!(matches!(changed(93, 255), FileFault::Header { field: "counts" }));
    assert_eq!(changed(HEAD - 1, bytes[HEAD - 1] ^ 1), FileFault::Digest);
    let sign_of_beta = HEAD + 64 + 128 - 1;
    assert_eq!(changed(sign_of_beta, 255), FileFault::Value { section: "beta" });
    let files = files();
    assert_eq!(
        ProvingKey::read(&files.path),
        Err(Error::KeyFile { path: files.path.clone(), fault: FileFault::Io(std::io::ErrorKind::NotFound) })
    );
}

/// The bytes after an edit, with the digest that belongs to them: what a forger would write.
fn read_edited(edit: impl FnOnce(&mut Vec<u8>)) -> Result<ProvingKey, FileFault> {
    let mut bytes = bytes_of(&key());
    edit(&mut bytes);
    let digest = Sha256::new().chain_update(&bytes[..HEAD - 32]).chain_update(&bytes[HEAD..]).finalize();
    bytes[HEAD - 32..HEAD].copy_from_slice(&digest);
    read(&bytes)
}

#[test]
fn rejects_what_a_right_digest_does_not_excuse() {
    let key = key();
    assert!(read_edited(|_| ()).is_ok());
    let refused = |edit: &dyn Fn(&mut Vec<u8>)| read_edited(edit).map(|_| ()).unwrap_err();
    assert_eq!(refused(&|bytes| bytes[26] ^= 1), FileFault::Header { field: "circuit digest" });
    assert_eq!(refused(&|bytes| bytes[HEAD..HEAD + 64].fill(0)), FileFault::UnsoundKey(UnsoundKey::Infinity("alpha")));
    let gamma = HEAD + 64 + 128;
    let equal = FileFault::UnsoundKey(UnsoundKey::Equal("gamma", "delta"));
    assert_eq!(refused(&|bytes| bytes.copy_within(gamma + 128..gamma + 256, gamma)), equal);
    // The variables of B: behind the fixed points, IC, the matrices and A.
    let matrices = &key.matrices;
    let points = 64 + 3 * 128 + 64 * (matrices.num_public + 1) + 2 * 64;
    let sections = 32 * matrices.coefficients.len() + 8 * matrices.terms.len() + 4 * matrices.ends.len();
    let variables = HEAD + points + sections + 12 * matrices.rows.len() + 64 * matrices.num_variables;
    let order = || FileFault::Value { section: "variables of B" };
    assert!(key.b_variables.len() > 1);
    assert_eq!(refused(&|bytes| bytes.copy_within(variables..variables + 4, variables + 4)), order());
    let last = variables + 4 * (key.b_variables.len() - 1);
    let beyond = (matrices.num_variables as u32).to_le_bytes();
    assert_eq!(refused(&|bytes| bytes[last..last + 4].copy_from_slice(&beyond)), order());
    // The points of every query, the last ones of each, which are not in its first piece.
    let in_b = key.b_variables.len();
    let a_end = variables;
    let b_g1_end = variables + 4 * in_b + 64 * in_b;
    let b_g2_end = b_g1_end + 128 * in_b;
    let h_end = b_g2_end + 64 * key.h_query.len();
    let l_end = h_end + 64 * key.l_query.len();
    assert_eq!(l_end, bytes_of(&key).len());
    for (end, section) in [(a_end, "A"), (b_g1_end, "B in G1"), (b_g2_end, "B in G2"), (h_end, "H"), (l_end, "L")] {
        assert_eq!(refused(&|bytes| bytes[end - 32] ^= 1), FileFault::Value { section });
    }
}

#[test]
fn verifying_key_survives_its_file() {
    let key = key().verifying_key;
    let files = files();
    key.write(&files.path).expect("written");
    assert_eq!(VerifyingKey::read(&files.path).as_ref(), Ok(&key));
    let bytes = std::fs::read(&files.path).expect("read");
    assert_eq!(key.digest(), <[u8; 32]>::from(Sha256::digest(&bytes)));
    let read = |bytes: &[u8]| VerifyingKey::from_bytes(bytes, &files.path);
    let points = Err(FileFault::Value { section: "points" }.at(&files.path));
    assert_eq!(read(&bytes[..bytes.len() - 1]), points);
    assert_eq!(read(&[bytes.as_slice(), &[0]].concat()), points);
    for position in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[position] ^= 1;
        assert!(read(&changed).map_or(true, |changed| changed.digest() != key.digest()), "byte {position}");
    }
}

#[test]
fn rejects_verifying_keys_with_which_anybody_could_forge() {
    let key = key().verifying_key;
    let refused = |change: &dyn Fn(&mut Points)| {
        let mut points = key.points().clone();
        change(&mut points);
        let Err(Error::UnsoundKey(reason)) = VerifyingKey::new(key.header().clone(), points) else {
            panic!("accepted");
        };
        reason
    };
    assert_eq!(VerifyingKey::new(key.header().clone(), key.points().clone()).as_ref(), Ok(&key));
    assert_eq!(refused(&|points| points.gamma_g2 = points.delta_g2), UnsoundKey::Equal("gamma", "delta"));
    assert_eq!(refused(&|points| points.gamma_g2 = -points.delta_g2), UnsoundKey::Equal("gamma", "delta"));
    assert_eq!(refused(&|points| points.beta_g2 = points.gamma_g2), UnsoundKey::Equal("beta", "gamma"));
    assert_eq!(refused(&|points| points.beta_g2 = -points.delta_g2), UnsoundKey::Equal("beta", "delta"));
    for generator in [G2Affine::generator(), -G2Affine::generator()] {
        assert_eq!(refused(&|points| points.beta_g2 = generator), UnsoundKey::Generator("beta"));
        assert_eq!(refused(&|points| points.gamma_g2 = generator), UnsoundKey::Generator("gamma"));
        assert_eq!(refused(&|points| points.delta_g2 = generator), UnsoundKey::Generator("delta"));
    }
    type G1Point = fn(&mut Points) -> &mut G1Affine;
    let in_g1: [(&str, G1Point); 3] = [
        ("alpha", |points| &mut points.alpha_g1),
        ("IC", |points| &mut points.gamma_abc_g1[0]),
        ("IC", |points| &mut points.gamma_abc_g1[1]),
    ];
    for (name, point) in in_g1 {
        assert_eq!(refused(&|points| *point(points) = G1Affine::identity()), UnsoundKey::Infinity(name));
        assert_eq!(refused(&|points| point(points).x += ark_bn254::Fq::ONE), UnsoundKey::NotInGroup(name));
    }
    type G2Point = fn(&mut Points) -> &mut G2Affine;
    let in_g2: [(&str, G2Point); 3] = [
        ("beta", |points| &mut points.beta_g2),
        ("gamma", |points| &mut points.gamma_g2),
        ("delta", |points| &mut points.delta_g2),
    ];
    for (name, point) in in_g2 {
        assert_eq!(refused(&|points| *point(points) = G2Affine::identity()), UnsoundKey::Infinity(name));
        assert_eq!(refused(&|points| point(points).x += Fq2::ONE), UnsoundKey::NotInGroup(name));
        assert_eq!(refused(&|points| *point(points) = outside_the_subgroup()), UnsoundKey::NotInGroup(name));
    }
}

#[test]
fn points_that_provers_take_are_those_that_verifiers_take() {
    let key = key();
    assert_eq!(key.check_pairs(), Ok(()));
    let differs = |name| Err(Error::UnsoundKey(UnsoundKey::DiffersInG1(name)));
    assert_eq!(ProvingKey { beta_g1: -key.beta_g1, ..key.clone() }.check_pairs(), differs("beta"));
    assert_eq!(ProvingKey { delta_g1: key.beta_g1, ..key.clone() }.check_pairs(), differs("delta"));
    // What is taken apart is put together again.
    let queries = key.queries();
    let again =
        ProvingKey::from_queries(key.matrices.clone(), key.header().clone(), key.verifying_key.points.clone(), queries);
    assert_eq!(again, Ok(key));
}

/// A point on the curve of G2 whose order is not r: most of them.
fn outside_the_subgroup() -> G2Affine {
    let mut x = Fq2::ONE;
    loop {
        let point = G2Affine::get_point_from_x_unchecked(x, true);
        if let Some(point) = point.filter(|point| !point.is_in_correct_subgroup_assuming_on_curve()) {
            return point;
        }
        x += Fq2::ONE;
    }
}

type Fq2 = <ark_bn254::g2::Config as ark_ec::CurveConfig>::BaseField;

#[test]
fn items_refuse_numbers_that_are_not_reduced_and_points_off_their_curve() {
    fn survives<T: Item + PartialEq + std::fmt::Debug>(item: &T) {
        let mut bytes = Vec::new();
        item.write(&mut bytes);
        assert_eq!(bytes.len(), T::SIZE);
        assert_eq!(T::read(&mut bytes.as_slice()).as_ref(), Some(item));
        bytes.pop();
        assert_eq!(T::read(&mut bytes.as_slice()), None);
    }
    survives(&-F::ONE);
    survives(&G1Affine::generator());
    survives(&G1Affine::identity());
    survives(&G2Affine::generator());
    survives(&G2Affine::identity());
    survives(&(1u32, 2u32));
    survives(&[1u32, 2, 3]);
    let modulus = F::MODULUS.to_bytes_le();
    assert_eq!(F::read(&mut modulus.as_slice()), None);
    let mut point = G1Affine::generator();
    assert_eq!(<ark_bn254::g1::Config as SWCurveConfig>::COEFF_B, ark_bn254::Fq::from(3u64));
    point.y.double_in_place();
    let mut bytes = Vec::new();
    point.write(&mut bytes);
    assert_eq!(G1Affine::read(&mut bytes.as_slice()), None);
}
