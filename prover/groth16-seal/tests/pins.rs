//! The circuits and keys that are in use, pinned: a change of any is a visible diff here, with its reason in the commit.

use rankproof_groth16_seal::{ConstraintSystem, SealProfile, circuit, export, seal};

/// What identifies the circuit of a profile and its development key.
struct Pin {
    profile: SealProfile,
    constraints: usize,
    variables: usize,
    /// SHA-256 of the rows (`Matrices::digest`).
    matrices: &'static str,
    /// Digest of the verifying key as the contract computes it; its first four bytes are the selector.
    verifying_key: &'static str,
}

const PINS: [Pin; 2] = [
    Pin {
        profile: SealProfile::TINY,
        constraints: 296_590,
        variables: 300_573,
        matrices: "f40ed2b062f5433a7b6413dd05701fc00f198fdb1a0619761855bfc335d86d97",
        verifying_key: "0x47491ad4a8506987ff0bdacfc26643e28f636776deb700cb1a731326cc5068ca",
    },
    Pin {
        profile: SealProfile::SMALL,
        constraints: 449_725,
        variables: 454_292,
        matrices: "906833fa84f5943519564ecd7b16a3429865139617a9a33f17da048c04115432",
        verifying_key: "0xa7ed20357095d5fdbe382e566886c507c96f1ecbe7206d7e43bf8d471f2b8f3d",
    },
];

/// Circuits of several statements: their keys are made from them, as those above are.
const BATCHES: [(SealProfile, usize, usize, &str); 5] = [
    (SealProfile::TINY_X2, 593_443, 601_407, "d98c04cff5a9085683d71ada86385ab7cd16c1623647f758ff340aa14725eed5"),
    (SealProfile::TINY_S2, 341_980, 346_626, "451984d501312c9675863116c086e4b16e50579781cbbb5cd484947a12033803"),
    (SealProfile::SMALL_S8, 1_117_483, 1_131_646, "8efabf8b77f8febd9636f4767672f6a2924d88a96af4bcd0548d3f3cb31238c6"),
    (SealProfile::TINY_A2, 425_088, 430_874, "04df8a4cce4ab650a9f8a0e93237c4b212c0cf0df23b60bf7012121a3794caa6"),
    (SealProfile::SMALL_A4, 1_044_640, 1_053_740, "c2ed18bac4d5512b140f5bb8f4b6ca16f258a73084f51896492ac3612511958e"),
];

/// Circuits of the larger profiles: constraints, variables and the digest of the rows.
const LARGER: [(SealProfile, usize, usize, &str); 2] = [
    (SealProfile::MEDIUM, 518_207, 522_512, "b7c95a63f843ac408724203e65b15192b0cb2e74465c32009457bce9af6802c0"),
    (SealProfile::LARGE, 909_795, 911_995, "40f1dd9f62c025ca7628b910e04441f49b5e5091009f884f0f3ace2fcfe08223"),
];

#[test]
fn sizes_of_larger_circuits_are_the_pinned_ones() {
    for (profile, constraints, variables, _) in LARGER {
        let config = profile.config();
        let mut cs = ConstraintSystem::assigning(variables);
        circuit::synthesize(&mut cs, &config, &[circuit::blank(&config)]);
        assert_eq!((cs.num_constraints(), cs.num_variables()), (constraints, variables), "{}", profile.name());
    }
}

#[test]
#[ignore = "half a minute: make test-full"]
fn larger_circuits_are_the_pinned_ones() {
    for (profile, constraints, variables, digest) in LARGER {
        let matrices = seal::circuit_of(profile);
        let actual = (matrices.num_constraints(), matrices.num_variables(), hex::encode(matrices.digest()));
        assert_eq!(actual, (constraints, variables, digest.to_owned()), "{}", profile.name());
    }
}

#[test]
fn circuits_of_batches_are_the_pinned_ones() {
    for (profile, constraints, variables, digest) in BATCHES {
        let matrices = seal::circuit_of(profile);
        let actual = (matrices.num_constraints(), matrices.num_variables(), hex::encode(matrices.digest()));
        assert_eq!(actual, (constraints, variables, digest.to_owned()), "{}", profile.name());
    }
}

#[test]
fn circuits_are_the_pinned_ones() {
    for pin in PINS {
        let matrices = seal::circuit_of(pin.profile);
        let name = pin.profile.name();
        let counts = (matrices.num_constraints(), matrices.num_variables());
        let pinned = (pin.constraints, pin.variables, pin.matrices.to_owned());
        assert_eq!((counts.0, counts.1, hex::encode(matrices.digest())), pinned, "{name}");
    }
}

fn check_key(pin: &Pin) {
    let key = seal::development_keys(pin.profile).expect("the circuit fits the field");
    let (header, points) = (key.verifying_key().header(), key.verifying_key().points());
    let digest = export::verifying_key_digest(points, header.slots, header.inner_digest).expect("a sound key");
    assert_eq!(format!("0x{}", hex::encode(digest)), pin.verifying_key, "{}", pin.profile.name());
    assert_eq!(hex::encode(header.circuit_digest), pin.matrices, "{}", pin.profile.name());
}

#[test]
fn the_contract_has_the_pinned_key() {
    let contract =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/generated/SealVerifyingKey.sol"));
    let contract = contract.expect("the generated contract");
    assert!(contract.contains(&format!("Key digest {}", PINS[1].verifying_key)));
}

#[test]
#[ignore = "a minute: make test-full"]
fn development_keys_are_the_pinned_ones() {
    PINS.iter().for_each(check_key);
}
