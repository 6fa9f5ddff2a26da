//! Seals and verifying keys as files: every field, what is changed, and the exact error.
//!
//! Starts from the committed seals and their key (`fixtures/seals`). Structures are taken apart without `..`, so that a
//! new field does not compile until it has a row.

use std::path::{Path, PathBuf};

use ark_ec::AffineRepr;
use ark_ff::{BigInteger, Field, PrimeField};
use rankproof_groth16_seal::error::UnsoundKey;
use rankproof_groth16_seal::{Error, F, FileFault, KeyHeader, Seal, SealJson, VerifyingKey, seal};
use rankproof_statement::Statement;
use rankproof_statement::claim::StatementHex;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/seals").join(name)
}

fn json(name: &str) -> SealJson {
    serde_json::from_slice(&std::fs::read(fixture(name)).expect("a fixture")).expect("a seal")
}

fn first() -> Seal {
    Seal::try_from(&json("first.json")).expect("honest")
}

fn key() -> VerifyingKey {
    VerifyingKey::read(&fixture("verifying.key")).expect("honest")
}

#[test]
fn accepts_the_committed_seals() {
    let key = key();
    for name in ["first.json", "first_rerandomized.json", "second.json", "other_adapter.json"] {
        assert_eq!(seal::verify(&key, &Seal::try_from(&json(name)).expect("honest")), Ok(()), "{name}");
    }
}

#[test]
fn every_field_of_a_seal_is_refused_when_it_changes() {
    let (key, honest, other) = (key(), first(), Seal::try_from(&json("second.json")).expect("honest"));
    let Seal { profile: _, slots: _, selector, statements, root, proof } = &honest; // the first two at the end
    let refused = |change: &dyn Fn(&mut Seal)| {
        let mut changed = honest.clone();
        change(&mut changed);
        seal::verify(&key, &changed).expect_err("a changed seal")
    };
    let mut actual = *selector;
    actual[3] ^= 1;
    let mismatch = Error::SelectorMismatch { expected: *selector, actual };
    assert_eq!(refused(&|seal| seal.selector = actual), mismatch);
    let slots = key.header().slots as usize;
    assert_eq!(refused(&|seal| seal.statements.clear()), Error::StatementCount { slots, actual: 0 });
    let many = vec![statements[0]; slots + 1];
    let count = Error::StatementCount { slots, actual: slots + 1 };
    assert_eq!(refused(&|seal| seal.statements.clone_from(&many)), count);
    let Statement { adapter: _, activations: _, context: _ } = statements[0];
    let fields: [fn(&mut Statement) -> &mut F; 3] = [
        |statement| &mut statement.adapter,
        |statement| &mut statement.activations,
        |statement| &mut statement.context,
    ];
    for field in fields {
        let foreign = *field(&mut other.statements[0].clone());
        for value in [F::from(0u64), *field(&mut statements[0].clone()) + F::ONE, foreign] {
            let mut changed = statements[0];
            *field(&mut changed) = value;
            if changed != statements[0] {
                assert_eq!(refused(&|seal| seal.statements[0] = changed), Error::SealRejected);
            }
        }
    }
    for value in [F::from(0u64), *root + F::ONE, other.root] {
        assert_eq!(refused(&|seal| seal.root = value), Error::SealRejected);
    }
    let rejected = |change: &dyn Fn(&mut Seal)| assert_eq!(refused(change), Error::SealRejected);
    rejected(&|seal| seal.proof = other.proof.clone());
    rejected(&|seal| seal.proof.a = -proof.a);
    rejected(&|seal| seal.proof.b = -proof.b);
    rejected(&|seal| seal.proof.c = proof.a);
    rejected(&|seal| seal.proof.a = AffineRepr::zero());
    rejected(&|seal| seal.proof.c = AffineRepr::zero());
    assert_eq!(refused(&|seal| seal.proof.a.x += ark_bn254::Fq::ONE), Error::SealPoint { point: "A" });
    assert_eq!(refused(&|seal| seal.proof.b.y.c0 += ark_bn254::Fq::ONE), Error::SealPoint { point: "B" });
    assert_eq!(refused(&|seal| seal.proof.c.y += ark_bn254::Fq::ONE), Error::SealPoint { point: "C" });
    let (name, other) = (honest.profile.clone(), "other".to_owned());
    assert_eq!(
        refused(&|seal| seal.profile.clone_from(&other)),
        Error::SealOfAnotherProfile { key: name, seal: other.clone() }
    );
    let (key, seal) = (honest.slots, honest.slots + 1);
    assert_eq!(refused(&|seal| seal.slots += 1), Error::SlotsMismatch { key, seal });
}

#[test]
fn bytes_of_a_seal_have_one_form() {
    let honest = first();
    let bytes = honest.to_bytes();
    let read = |bytes: &[u8]| Seal::from_bytes(bytes, honest.profile.clone(), honest.slots, honest.statements.clone());
    assert_eq!(read(&bytes), Ok(honest.clone()));
    for length in 0..bytes.len() {
        assert_eq!(read(&bytes[..length]), Err(Error::SealMalformed("it is too short")), "{length}");
    }
    assert_eq!(read(&[&bytes[..], &[0]].concat()), Err(Error::SealMalformed("bytes follow the last point")));
    let with = |at: usize, word: &[u8]| {
        let mut changed = bytes.clone();
        changed[at..at + word.len()].copy_from_slice(word);
        read(&changed)
    };
    let r = F::MODULUS.to_bytes_be();
    assert_eq!(with(4, &r), Err(Error::SealMalformed("its root is not below r")));
    let q = ark_bn254::Fq::MODULUS.to_bytes_be();
    for word in 0..8 {
        let error = Error::SealMalformed("a coordinate is not below the field's modulus");
        assert_eq!(with(36 + 32 * word, &q), Err(error), "word {word}");
    }
    for (at, point) in [(36, "A"), (100, "B"), (228, "C")] {
        assert_eq!(with(at, &[0; 31]), Err(Error::SealPoint { point }));
    }
}

#[test]
fn every_field_of_a_seal_file_says_one_thing() {
    let honest = json("first.json");
    let SealJson { profile: _, slots: _, selector: _, statements, root: _, challenge: _, evaluation: _, seal: _ } =
        honest.clone();
    let StatementHex { adapter: _, activations: _, context: _ } = &statements[0];
    let refused = |change: &dyn Fn(&mut SealJson)| {
        let mut changed = honest.clone();
        change(&mut changed);
        Seal::try_from(&changed).expect_err("a changed file")
    };
    let malformed = Error::SealMalformed;
    let contradiction = malformed("its fields contradict each other or are not written canonically");
    let one = format!("0x{:064x}", 1);
    for slots in [0, 65, u32::MAX] {
        assert_eq!(refused(&|file| file.slots = slots), malformed("its number of slots is not between 1 and 64"));
    }
    assert_eq!(refused(&|file| file.selector = "0x00000000".to_owned()), contradiction);
    assert_eq!(refused(&|file| file.root.clone_from(&one)), contradiction);
    assert_eq!(refused(&|file| file.challenge.clone_from(&one)), contradiction);
    assert_eq!(refused(&|file| file.evaluation.clone_from(&one)), contradiction);
    assert_eq!(refused(&|file| file.seal = file.seal.to_uppercase().replacen("0X", "0x", 1)), contradiction);
    assert_eq!(refused(&|file| file.seal.push('0')), malformed("a number is not hexadecimal"));
    assert_eq!(refused(&|file| file.seal.push_str("00")), malformed("bytes follow the last point"));
    assert_eq!(
        refused(&|file| file.seal = file.seal.replacen("0x", "x", 1)),
        malformed("a number does not start with 0x")
    );
    let modulus = format!("0x{}", hex::encode(F::MODULUS.to_bytes_be()));
    let fields: [fn(&mut StatementHex) -> &mut String; 3] = [
        |statement| &mut statement.adapter,
        |statement| &mut statement.activations,
        |statement| &mut statement.context,
    ];
    for field in fields {
        // Challenge and evaluation are of the statements: another one contradicts them.
        assert_eq!(refused(&|file| field(&mut file.statements[0]).clone_from(&one)), contradiction);
        let word = malformed("an element is not 32 bytes");
        assert_eq!(refused(&|file| *field(&mut file.statements[0]) = "0x01".to_owned()), word);
        let reduced = malformed("an element is not below r");
        assert_eq!(refused(&|file| field(&mut file.statements[0]).clone_from(&modulus)), reduced);
    }
    let slots = honest.slots as usize;
    assert_eq!(refused(&|file| file.statements.clear()), Error::StatementCount { slots, actual: 0 });
    let error = Error::StatementCount { slots, actual: 2 };
    assert_eq!(refused(&|file| (file.statements.push(file.statements[0].clone()), file.slots = 1).0), error);
}

/// The pairing asks for neither, but people read them beside `verified`.
#[test]
fn what_a_seal_says_of_its_key_is_compared() {
    let (key, honest) = (key(), first());
    assert_eq!(seal::verify(&key, &honest), Ok(()));
    let named = honest.profile.clone();
    let renamed = Seal { profile: "large\nsetup  a ceremony".to_owned(), ..honest.clone() };
    let error = Error::SealOfAnotherProfile { key: named, seal: renamed.profile.clone() };
    assert_eq!(seal::verify(&key, &renamed), Err(error));
    // With challenge and evaluation of that many slots the file does not contradict itself.
    let wider = Seal { slots: honest.slots + 7, ..honest.clone() };
    let read = Seal::try_from(&SealJson::from(&wider)).expect("nothing contradicts");
    assert_eq!(seal::verify(&key, &read), Err(Error::SlotsMismatch { key: honest.slots, seal: honest.slots + 7 }));
}

#[test]
fn every_field_of_a_verifying_key_names_another_key() {
    let honest = key();
    let KeyHeader { profile: _, slots: _, development: _, circuit_digest: _, inner_digest: _ } = honest.header();
    let with = |change: &dyn Fn(&mut KeyHeader)| {
        let mut header = honest.header().clone();
        change(&mut header);
        VerifyingKey::new(header, honest.points().clone()).expect("the points are sound")
    };
    assert!(seal::profile_of(&honest).is_ok());
    let name = honest.header().profile.clone();
    let unknown = Error::UnknownProfile { name: "other".to_owned() };
    assert_eq!(seal::profile_of(&with(&|header| header.profile = "other".to_owned())), Err(unknown));
    let unknown = Error::UnknownProfile { name: name.clone() };
    assert_eq!(seal::profile_of(&with(&|header| header.slots = 63)), Err(unknown));
    let mismatch = Error::ConfigurationMismatch { profile: name };
    assert_eq!(seal::profile_of(&with(&|header| header.inner_digest[31] ^= 1)), Err(mismatch));
    // What the selector commits to: a seal of the honest key is none of another's.
    let seal = first();
    for change in [&(|header: &mut KeyHeader| header.inner_digest[0] ^= 1) as &dyn Fn(&mut KeyHeader), &|h| h.slots = 2]
    {
        let error = seal::verify(&with(change), &seal).expect_err("another key");
        assert!(matches!(error, Error::SelectorMismatch { .. }), "{error:?}");
    }
    // What it does not commit to moves the digest of the file.
    for change in [&(|header: &mut KeyHeader| header.development ^= true) as &dyn Fn(&mut KeyHeader), &|h| {
        h.circuit_digest[0] ^= 1;
    }] {
        assert_ne!(with(change).digest(), honest.digest());
    }
}

fn at(path: &Path, fault: FileFault) -> Error {
    Error::KeyFile { path: path.into(), fault }
}

#[test]
fn key_files_with_which_anybody_could_forge_are_refused() {
    let honest = std::fs::read(fixture("verifying.key")).expect("a fixture");
    let path = Path::new("some.key");
    let points = honest.len() - (64 + 3 * 128 + key().points().gamma_abc_g1.len() * 64);
    let [beta, gamma, delta] = [0, 1, 2].map(|index| points + 64 + 128 * index);
    let with = |edit: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = honest.clone();
        edit(&mut changed);
        VerifyingKey::from_bytes(&changed, path).map(drop)
    };
    let unsound = |reason| Err(at(path, FileFault::UnsoundKey(reason)));
    assert_eq!(with(&|_| ()), Ok(()));
    assert_eq!(
        with(&|bytes| bytes.copy_within(delta..delta + 128, gamma)),
        unsound(UnsoundKey::Equal("gamma", "delta"))
    );
    assert_eq!(with(&|bytes| bytes.copy_within(gamma..delta, beta)), unsound(UnsoundKey::Equal("beta", "gamma")));
    assert_eq!(with(&|bytes| bytes.copy_within(beta..gamma, delta)), unsound(UnsoundKey::Equal("beta", "delta")));
    assert_eq!(with(&|bytes| bytes[points..points + 64].fill(0)), unsound(UnsoundKey::Infinity("alpha")));
    assert_eq!(with(&|bytes| bytes[beta..gamma].fill(0)), unsound(UnsoundKey::Infinity("beta")));
    assert_eq!(with(&|bytes| bytes[delta + 128..][..64].fill(0)), unsound(UnsoundKey::Infinity("IC")));
    let point = Err(at(path, FileFault::Value { section: "points" }));
    assert_eq!(with(&|bytes| bytes[beta] ^= 1), point);
    assert_eq!(with(&|bytes| bytes.truncate(delta + 128)), point, "no public input at all");

    let folder = tempfile::tempdir().expect("a folder");
    let long = folder.path().join("long.key");
    let mut file = std::fs::File::create(&long).expect("a file");
    std::io::Write::write_all(&mut file, &honest).expect("written");
    file.set_len((1 << 16) + 1).expect("longer");
    let length = FileFault::Length { expected: 1 << 16, actual: (1 << 16) + 1 };
    assert_eq!(VerifyingKey::read(&long).map(drop), Err(at(&long, length)));
}
