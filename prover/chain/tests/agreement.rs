//! What Rust and Solidity both compute, on the golden values that both read.
//!
//! `test/StatementLib.t.sol` holds the contract to the same challenge and evaluation, `test/SealVerifier.t.sol` to the
//! same selector.

mod support;

use rankproof_statement::claim;
use support::{bytes, element, fixture};

const SEALS: [&str; 4] = ["first", "first_rerandomized", "second", "other_adapter"];

#[test]
fn public_inputs_are_those_of_the_fixtures() {
    for name in SEALS {
        let fixture = fixture(name);
        let slots = fixture.json["slots"].as_u64().unwrap();
        let padded = claim::pad(&fixture.statements, slots.try_into().unwrap()).unwrap();
        let root = element(&fixture.json["root"]);
        let challenge = claim::challenge(&root, &padded);
        assert_eq!(challenge, element(&fixture.json["challenge"]), "{name}");
        assert_eq!(claim::evaluation(&challenge, &padded), element(&fixture.json["evaluation"]), "{name}");
    }
}

#[test]
fn a_seal_is_its_selector_its_root_and_a_proof() {
    for name in SEALS {
        let fixture = fixture(name);
        assert_eq!(fixture.seal.len(), 292);
        assert_eq!(fixture.seal[..4], bytes(&fixture.json["selector"]));
        assert_eq!(fixture.seal[4..36], bytes(&fixture.json["root"]));
    }
}

#[test]
fn the_fixtures_are_what_their_names_say() {
    let (first, other, second) = (fixture("first"), fixture("first_rerandomized"), fixture("second"));
    assert_eq!(first.statements, other.statements);
    assert_ne!(first.seal, other.seal);
    assert_eq!(first.statements[0].adapter, second.statements[0].adapter);
    assert_eq!(first.statements[0].activations, second.statements[0].activations);
    assert_ne!(first.statements[0].context, second.statements[0].context);
}
