//! Every file and every contribution with one change, beside the honest one that passes.

mod support;

use std::path::Path;
use std::sync::OnceLock;

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::AffineRepr;
use rankproof_ceremony::contribute::{add_beacon, contribute};
use rankproof_ceremony::parameters::Beacon;
use rankproof_ceremony::ptau::{Levels, PowersOfTau};
use rankproof_ceremony::transcript::Transcript;
use rankproof_ceremony::zkey::{Contribution, Contributions, Zkey};
use rankproof_ceremony::{ContributionFault, Error, FileFault, chain, development, quiet, r1cs, setup, verify};
use rankproof_groth16_seal::MatricesBuilder;
use support::{Files, exchange, section_range};

/// Verifies: `the_honest_ceremony_verifies`.
fn honest() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(Files::with_ceremony)
}

fn contributions() -> Contributions {
    honest().key("4.zkey").contributions().clone()
}

fn verified(key: &Path) -> Result<(), Error> {
    let files = honest();
    verify::verify_from_initial(&files.matrices, &files.powers, &files.key("0.zkey"), &Zkey::open(key)?, &quiet)
}

#[test]
fn the_honest_ceremony_verifies() {
    let files = honest();
    verified(&files.path("4.zkey")).expect("honest");
    verify::verify(&files.matrices, &files.powers, &files.key("4.zkey"), &quiet).expect("honest");
    verify::check_initial(&files.matrices, &files.powers, &files.key("0.zkey"), &quiet).expect("honest");
    let contributions = contributions();
    Transcript::of(&contributions).check(&contributions).expect("honest");
}

fn chain_fault(change: impl FnOnce(&mut Vec<Contribution>)) -> (usize, String, ContributionFault) {
    let mut contributions = contributions();
    chain::check(&contributions).expect("honest");
    change(&mut contributions.list);
    match chain::check(&contributions) {
        Err(Error::Contribution { number, name, fault }) => (number, name, fault),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_a_contribution_that_was_dropped_reordered_or_repeated() {
    let transcript = ContributionFault::Transcript;
    assert_eq!(chain_fault(|list| drop(list.remove(0))), (1, "bob".into(), transcript.clone()));
    assert_eq!(chain_fault(|list| drop(list.remove(1))), (2, "carol".into(), transcript));
    let reordered = ContributionFault::Reordered { instead: 2 };
    assert_eq!(chain_fault(|list| list.swap(0, 1)), (1, "bob".into(), reordered));
    let reordered = ContributionFault::Reordered { instead: 3 };
    assert_eq!(chain_fault(|list| list.swap(1, 2)), (2, "carol".into(), reordered));
    let repeat = |list: &mut Vec<Contribution>| list.insert(2, list[1].clone());
    assert_eq!(chain_fault(repeat), (3, "bob".into(), ContributionFault::Repeated { of: 2 }));
    let end = |list: &mut Vec<Contribution>| list.push(list[0].clone());
    assert_eq!(chain_fault(end), (5, "alice".into(), ContributionFault::Repeated { of: 1 }));
}

#[test]
fn names_a_contribution_with_any_field_altered() {
    let altered = |change: fn(&mut Contribution)| chain_fault(|list| change(&mut list[1]));
    let bob = |fault| (2, "bob".to_owned(), fault);
    assert_eq!(altered(|bob| bob.transcript[0] ^= 1), bob(ContributionFault::Transcript));
    assert_eq!(altered(|bob| bob.g1_s = -bob.g1_s), bob(ContributionFault::Transcript));
    assert_eq!(altered(|bob| bob.g1_sx = -bob.g1_sx), bob(ContributionFault::Transcript));
    assert_eq!(altered(|bob| bob.g2_spx = -bob.g2_spx), bob(ContributionFault::ProofOfKnowledge));
    assert_eq!(altered(|bob| bob.delta_after = -bob.delta_after), bob(ContributionFault::Delta));
    assert_eq!(altered(|bob| bob.delta_after = G1Affine::identity()), bob(ContributionFault::Infinity));
    assert_eq!(altered(|bob| bob.g2_spx = G2Affine::identity()), bob(ContributionFault::Infinity));
    assert!(altered(|bob| bob.g2_spx = G2Affine::generator()) == bob(ContributionFault::ProofOfKnowledge));
    // A name and a beacon are not hashed; a beacon is checked by itself.
    let beacon = |list: &mut Vec<Contribution>| {
        list[3].parameters.beacon.as_mut().expect("the last is a beacon").value[0] ^= 1;
    };
    assert_eq!(chain_fault(beacon), (4, "final".into(), ContributionFault::Beacon));
    let claims = |list: &mut Vec<Contribution>| list[1].parameters = list[3].parameters.clone();
    assert_eq!(chain_fault(claims), (2, "final".into(), ContributionFault::Beacon));
}

#[test]
fn transcript_names_what_the_key_lacks() {
    let transcript = Transcript::of(&contributions());
    let fault = |change: fn(&mut Vec<Contribution>)| {
        let mut contributions = contributions();
        change(&mut contributions.list);
        match transcript.check(&contributions) {
            Err(Error::Transcript { number, name, fault }) => (number, name, fault),
            other => panic!("{other:?}"),
        }
    };
    let dropped = "is missing in the key: it was dropped";
    assert_eq!(fault(|list| drop(list.remove(1))), (2, "bob".into(), dropped));
    assert_eq!(fault(|list| drop(list.pop())), (4, "final".into(), dropped));
    let moved = "stands in another place in the key: contributions were reordered or added";
    assert_eq!(fault(|list| list.swap(0, 1)), (1, "alice".into(), moved));
    assert_eq!(fault(|list| list.insert(2, list[1].clone())), (3, "bob".into(), "is repeated"));
    assert_eq!(
        fault(|list| list[0].transcript[0] ^= 1),
        (1, "alice".into(), "is another one in the key: it was altered")
    );
    let renamed = "has another name or beacon in the key";
    assert_eq!(fault(|list| list[2].parameters.name = None), (3, "carol".into(), renamed));
    let added = |list: &mut Vec<Contribution>| {
        let mut more = list[0].clone();
        more.transcript[0] ^= 1;
        list.push(more);
    };
    assert_eq!(fault(added), (5, "alice".into(), "is in the key but not in the transcript"));
}

fn key_fault(path: &Path) -> &'static str {
    match verified(path) {
        Err(Error::Key { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_the_part_of_a_key_that_was_altered() {
    let files = honest();
    let points = [(3, 64, "IC"), (5, 64, "A"), (6, 64, "B in G1"), (7, 128, "B in G2"), (8, 64, "L"), (9, 64, "H")];
    for (section, size, what) in points {
        let start = if matches!(section, 6 | 7) { 6 } else { 0 };
        let changed = files.changed("4.zkey", section, |bytes| {
            let other = (start + 1..).find(|at| bytes[at * size..(at + 1) * size] != bytes[start * size..][..size]);
            exchange(bytes, size, start, other.expect("two different points"));
        });
        assert_eq!(key_fault(&changed), what);
    }
    assert_eq!(key_fault(&files.changed("4.zkey", 4, |bytes| bytes[60] ^= 1)), "the matrices");
    // Alpha by beta in the header; delta in G2 by beta in G2.
    assert_eq!(key_fault(&files.changed("4.zkey", 2, |bytes| bytes.copy_within(148..212, 84))), "the header");
    assert_eq!(key_fault(&files.changed("4.zkey", 2, |bytes| bytes.copy_within(212..340, 532))), "delta");
}

/// What is wrong before the last key is compared with the first is said by both ways of verifying.
#[test]
fn every_part_of_a_ceremony_is_checked_with_and_without_the_first_key() {
    let files = honest();
    let both = |powers: &PowersOfTau, key: &Zkey| {
        let initial = files.key("0.zkey");
        let again = verify::verify(&files.matrices, powers, key, &quiet);
        [again, verify::verify_from_initial(&files.matrices, powers, &initial, key, &quiet)]
    };
    assert!(both(&files.powers, &files.key("4.zkey")).iter().all(Result::is_ok));
    let altered = with_contributions("altered.zkey", |all| all.list[1].g2_spx = -all.list[1].g2_spx);
    for result in both(&files.powers, &Zkey::open(&altered).expect("a key")) {
        let fault = ContributionFault::ProofOfKnowledge;
        assert!(matches!(&result, Err(Error::Contribution { number: 2, fault: f, .. }) if *f == fault), "{result:?}");
    }
    let powers = files.changed("development.ptau", 4, |bytes| exchange(bytes, 64, 100, 101));
    for result in both(&PowersOfTau::open(&powers).expect("powers"), &files.key("4.zkey")) {
        assert!(matches!(result, Err(Error::Powers { what: "alpha", .. })), "{result:?}");
    }
    let initial = Zkey::open(&files.changed("0.zkey", 4, |bytes| bytes[60] ^= 1)).expect("a key");
    let first = verify::verify_from_initial(&files.matrices, &files.powers, &initial, &files.key("4.zkey"), &quiet);
    assert!(matches!(first, Err(Error::Key { what: "the matrices of the key", .. })), "{first:?}");
}

#[test]
fn key_of_another_circuit_is_refused() {
    let files = honest();
    // The same constraints, the last one twice.
    let mut builder = MatricesBuilder::default();
    let terms = |combination: u32| -> Vec<_> {
        let terms = files.matrices.combination(combination as usize).iter();
        terms.map(|&(variable, at)| (variable, files.matrices.coefficients()[at as usize])).collect()
    };
    let rows = files.matrices.rows();
    for row in rows.iter().chain(rows.last()) {
        let row = row.map(terms);
        builder.row([&row[0], &row[1], &row[2]]);
    }
    let other = builder.finish(files.matrices.num_public(), files.matrices.num_variables()).expect("a circuit");
    setup::write(&other, &files.powers, &files.path("other.zkey"), false, &quiet).expect("written");
    contribute(&files.key("other.zkey"), &files.path("other1.zkey"), "mallory", b"", false, &quiet)
        .expect("contributed");
    verify::verify(&other, &files.powers, &files.key("other1.zkey"), &quiet).expect("honest, for that circuit");
    assert_eq!(key_fault(&files.path("other1.zkey")), "the circuit's hash");
    let error = verify::verify(&files.matrices, &files.powers, &files.key("other1.zkey"), &quiet).unwrap_err();
    assert!(matches!(error, Error::Key { what: "the circuit's hash", .. }), "{error}");
}

/// A key whose list of contributions says something else.
fn with_contributions(name: &str, change: impl FnOnce(&mut Contributions)) -> std::path::PathBuf {
    let files = honest();
    let mut bytes = files.bytes("4.zkey");
    let mut contributions = contributions();
    change(&mut contributions);
    let range = section_range(&bytes, 10);
    let section = contributions.to_bytes();
    bytes[range.start - 8..range.start].copy_from_slice(&(section.len() as u64).to_le_bytes());
    bytes.splice(range, section);
    files.write(name, &bytes)
}

#[test]
fn names_delta_when_the_last_contribution_was_dropped() {
    verified(&with_contributions("same.zkey", |_| ())).expect("unchanged");
    assert_eq!(key_fault(&with_contributions("dropped.zkey", |all| drop(all.list.pop()))), "delta");
    let foreign = with_contributions("foreign.zkey", |all| all.circuit_hash[0] ^= 1);
    assert!(matches!(verified(&foreign), Err(Error::Contribution { number: 1, .. })));
}

#[test]
fn first_key_of_another_circuit_or_with_altered_points_is_refused() {
    let files = honest();
    let fault = |path: &Path| match verify::check_initial(
        &files.matrices,
        &files.powers,
        &Zkey::open(path).expect("a key"),
        &quiet,
    ) {
        Err(Error::Key { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    for (section, size, what) in [
        (3, 64, "IC or L of the first key"),
        (5, 64, "A of the first key"),
        (6, 64, "B in G1 of the first key"),
        (7, 128, "B in G2 of the first key"),
        (8, 64, "IC or L of the first key"),
        (9, 64, "H of the first key"),
    ] {
        let start = if matches!(section, 6 | 7) { 6 } else { 0 };
        let changed = files.changed("0.zkey", section, |bytes| {
            let other = (start + 1..).find(|at| bytes[at * size..(at + 1) * size] != bytes[start * size..][..size]);
            exchange(bytes, size, start, other.expect("two different points"));
        });
        assert_eq!(fault(&changed), what);
    }
    assert_eq!(fault(&files.changed("0.zkey", 4, |bytes| bytes[60] ^= 1)), "the matrices of the key");
    assert_eq!(fault(&files.changed("0.zkey", 10, |bytes| bytes[0] ^= 1)), "the circuit's hash in the first key");
    assert_eq!(fault(&files.path("1.zkey")), "the header of the first key");
}

fn file_fault<T: std::fmt::Debug>(result: Result<T, Error>) -> FileFault {
    match result {
        Err(Error::File { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_that_are_cut_extended_or_of_another_kind_are_refused() {
    let files = honest();
    type Open = fn(&Path) -> Result<(), Error>;
    let kinds: [(&str, Open); 3] = [
        ("circuit.r1cs", |path| r1cs::read(path).map(drop)),
        ("development.ptau", |path| PowersOfTau::open(path).map(drop)),
        ("4.zkey", |path| Zkey::open(path).map(drop)),
    ];
    for (index, (name, open)) in kinds.iter().enumerate() {
        open(&files.path(name)).expect("honest");
        let bytes = files.bytes(name);
        let length = bytes.len() as u64;
        for cut in [bytes.len() - 1, bytes.len() / 2, 30, 12] {
            let cut = files.write("cut", &bytes[..cut]);
            assert!(matches!(file_fault(open(&cut)), FileFault::Length { .. }), "{name}");
        }
        let longer = files.write("longer", &[&bytes[..], &[0]].concat());
        assert_eq!(file_fault(open(&longer)), FileFault::Length { expected: length, actual: length + 1 });
        assert!(matches!(file_fault(open(&files.write("empty", &[]))), FileFault::Magic { .. }));
        let other = files.path(kinds[(index + 1) % 3].0);
        assert!(matches!(file_fault(open(&other)), FileFault::Magic { .. }), "{name}");
        let mut version = bytes.clone();
        version[4] = 9;
        let version = files.write("version", &version);
        assert_eq!(file_fault(open(&version)), FileFault::Version { expected: 1, actual: 9 });
        let mut twice = bytes.clone();
        let second = section_range(&bytes, 2).start - 12;
        twice[second..second + 4].copy_from_slice(&1u32.to_le_bytes());
        let twice = files.write("twice", &twice);
        assert_eq!(file_fault(open(&twice)), FileFault::SectionRepeated { section: 1 });
        let mut missing = bytes.clone();
        missing[second..second + 4].copy_from_slice(&33u32.to_le_bytes());
        let missing = files.write("missing", &missing);
        assert!(matches!(file_fault(open(&missing)), FileFault::SectionMissing { section: 2, .. }), "{name}");
        let header = if index == 2 { 2 } else { 1 };
        let field = files.changed(name, header, |bytes| bytes[5] ^= 1);
        assert!(matches!(file_fault(open(&field)), FileFault::Unsupported(_)), "{name}");
    }
    assert_eq!(file_fault(Zkey::open(Path::new("no such file"))), FileFault::Io(std::io::ErrorKind::NotFound));
}

#[test]
fn constraints_with_one_change_are_refused_or_another_circuit() {
    let files = honest();
    let read = |section, change: fn(&mut [u8])| r1cs::read(&files.changed("circuit.r1cs", section, change));
    let honest = r1cs::read(&files.path("circuit.r1cs")).expect("honest").digest();
    assert_eq!(honest, files.matrices.digest());
    let other = read(2, |bytes| bytes[8] ^= 1).expect("another coefficient").digest();
    assert_ne!(honest, other);
    let (value, actual) = (FileFault::Value { section: 2 }, files.matrices.num_variables() as u64);
    assert_eq!(file_fault(read(2, |bytes| bytes[0] ^= 1)), value, "another number of terms");
    assert_eq!(file_fault(read(2, |bytes| bytes[7] = 1)), value, "no such variable");
    assert_eq!(file_fault(read(2, |bytes| bytes[8..40].fill(0xff))), value, "not reduced");
    assert_eq!(file_fault(read(2, |bytes| bytes[8..40].fill(0))), value, "zero");
    assert_eq!(file_fault(read(1, |bytes| bytes[60] -= 1)), value, "a row is left over");
    assert_eq!(file_fault(read(1, |bytes| bytes[60] += 1)), value, "a row is missing");
    assert_eq!(file_fault(read(1, |bytes| bytes[36..40].fill(0))), FileFault::Value { section: 1 }, "no variables");
    let labels = FileFault::SectionLength { section: 3, expected: 8 * (1 << 24 | actual), actual: 8 * actual };
    assert_eq!(file_fault(read(1, |bytes| bytes[39] = 1)), labels, "more variables than labels");
}

#[test]
fn powers_of_tau_with_one_point_moved_are_refused() {
    let files = honest();
    let check = |path: &Path| {
        let powers = PowersOfTau::open(path)?;
        powers.check_powers()?;
        powers.check_lagrange(Levels::All)
    };
    check(&files.path("development.ptau")).expect("honest");
    let sections = [(2, 64), (3, 128), (4, 64), (5, 64), (12, 64), (13, 128), (14, 64), (15, 64)];
    for (section, size) in sections {
        let changed = files.changed("development.ptau", section, |bytes| {
            let last = bytes.len() / size - 1;
            exchange(bytes, size, last - 1, last);
        });
        let powers = PowersOfTau::open(&changed).expect("sound in form");
        let refused = if section < 12 { powers.check_powers() } else { powers.check_lagrange(Levels::All) };
        assert!(matches!(refused, Err(Error::Powers { .. })), "{section}");
        let outside = files.changed("development.ptau", section, |bytes| bytes[size] ^= 1);
        assert_eq!(file_fault(check(&outside)), FileFault::Value { section });
    }
    let mut generator = Vec::new();
    rankproof_ceremony::points::Point::write(&G2Affine::generator(), &mut generator);
    let beta = files.changed("development.ptau", 6, |bytes| bytes.copy_from_slice(&generator));
    assert!(matches!(check(&beta), Err(Error::Powers { what: "beta in G1 and G2", .. })));
    let other = files.changed("development.ptau", 3, |bytes| exchange(bytes, 128, 1, 2));
    assert!(matches!(check(&other), Err(Error::Powers { what: "tau in G1 and G2", .. })));
    for (section, size) in [(2, 64), (3, 128)] {
        let first = files.changed("development.ptau", section, |bytes| exchange(bytes, size, 0, 1));
        assert!(matches!(check(&first), Err(Error::Powers { what: "the first power of tau", .. })), "{section}");
    }
    // Secrets of one: nobody contributed.
    let mut one = Vec::new();
    rankproof_ceremony::points::Point::write(&G1Affine::generator(), &mut one);
    for (section, at, secret) in [(2, 64, "tau"), (4, 0, "alpha"), (5, 0, "beta")] {
        let known = files.changed("development.ptau", section, |bytes| bytes[at..at + 64].copy_from_slice(&one));
        assert!(matches!(check(&known), Err(Error::Powers { what, .. }) if what == secret), "{secret}");
    }
    // All powers of zero but the first; alpha and beta zero.
    for (section, kept) in [(2, 64), (3, 128), (4, 0), (5, 0)] {
        let zero = files.changed("development.ptau", section, |bytes| bytes[kept..].fill(0));
        assert!(matches!(check(&zero), Err(Error::Powers { fault: "is zero", .. })), "{section}");
    }
}

#[test]
fn names_and_beacons_that_do_not_fit_are_refused() {
    let files = honest();
    let (key, path) = (files.key("0.zkey"), files.path("named.zkey"));
    let named = |length: usize| contribute(&key, &path, &"n".repeat(length), b"", true, &quiet).map(drop);
    named(64).expect("the longest name");
    for actual in [0, 65] {
        let error = named(actual).unwrap_err();
        assert!(matches!(error, Error::NameInvalid { max: 64, actual: length } if length == actual), "{error}");
    }
    let ended = |length: usize, log_iterations: u8| {
        add_beacon(&key, &path, "final", Beacon { value: vec![1; length], log_iterations }, true, &quiet).map(drop)
    };
    ended(255, 10).expect("the longest beacon");
    let error = |length, log_iterations| match ended(length, log_iterations) {
        Err(Error::BeaconInvalid(fault)) => fault,
        other => panic!("{other:?}"),
    };
    assert!(error(0, 10).contains("1 to 255 bytes") && error(256, 10).contains("1 to 255 bytes"));
    assert!(error(1, 9).contains("10 to 30"));
}

#[test]
fn powers_of_tau_that_are_too_small_are_refused() {
    let files = honest();
    let path = files.path("small.ptau");
    development::write(4, &path, false).expect("written");
    let small = PowersOfTau::open(&path).expect("sound");
    let error = verify::verify(&files.matrices, &small, &files.key("4.zkey"), &quiet).unwrap_err();
    assert!(matches!(error, Error::PowerTooSmall { needed: 9, actual: 4 }), "{error}");
    assert!(small.check_size(4).is_ok() && small.check_size(5).is_err());
    assert!(matches!(file_fault(development::write(4, &path, false)), FileFault::Exists));
    let large = PowersOfTau::open(&files.path("development.ptau")).expect("sound");
    assert!(large.check_size(9).is_ok());
    assert!(matches!(development::write(0, &path, true), Err(Error::PowerInvalid { .. })));
}
