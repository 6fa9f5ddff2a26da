//! The Solidity verifying key, and the digest that names it on chain.
//!
//! `contracts/SealVerifier.sol` verifies with the constants of the file written here, and computes from them
//!
//! `key_digest = keccak256(abi.encode(keccak256("rankproof.verifying-key.v1"), parameters_digest, slots, key))`
//!
//! where `key` is alpha, beta, gamma, delta and the four input points as EIP-197 words of 32 bytes (an element of the
//! quadratic extension is its imaginary part, then its real part). A seal begins with the first four bytes.
//!
//! What is refused here is refused again by the constructor of the contract: keys under which anybody could forge, or
//! that leave an input unbound. That a key belongs to a given circuit is not checked: `parameters_digest` says so, and
//! whoever made it answers for it.

use std::fmt::Write as _;

use ark_bn254::{Bn254, Fq, Fq2, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use ark_groth16::VerifyingKey;
use sha3::{Digest, Keccak256};

use crate::error::UnsoundKey;
use crate::keys::check_distinct;

/// Input points of a key for the three public inputs root, challenge and evaluation: one more than inputs.
pub const INPUT_POINTS: usize = 4;

/// Separates the digest of a verifying key from every other keccak of the protocol.
const VERIFYING_KEY_TAG: &[u8] = b"rankproof.verifying-key.v1";

/// Longest name of a profile that goes into a contract.
const MAX_PROFILE_BYTES: usize = 31;

/// Why a verifying key is not exported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The key is not for the three public inputs of a seal.
    #[error("verifying key: expected {expected} input points, got {actual}")]
    InputPointCountMismatch {
        /// `INPUT_POINTS`.
        expected: usize,
        /// What the key has.
        actual: usize,
    },
    /// A point removes its pair, or its input, from the pairing equation.
    #[error("verifying key: {point} is the point at infinity")]
    PointAtInfinity {
        /// Name of the point, as in the generated file.
        point: &'static str,
    },
    /// A point is not on its curve or not in the subgroup of order r.
    #[error("verifying key: {point} is not a point of the group")]
    PointOutsideGroup {
        /// Name of the point, as in the generated file.
        point: &'static str,
    },
    /// Anybody can forge: the setup was never finished, or the key was made for that.
    #[error("verifying key: {0}; finish the setup before exporting it")]
    Unsound(#[from] UnsoundKey),
    /// A seal proves at least one statement.
    #[error("verifying key: zero slots")]
    NoSlots,
    /// The name would not be a Solidity string as it stands.
    #[error("profile name {name:?}: expected 1 to 31 lower-case letters, digits and hyphens")]
    ProfileNameInvalid {
        /// The refused name.
        name: String,
    },
}

/// Every word of a key under the name that the generated library gives it, in the order of the digest.
struct KeyWords(Vec<(String, [u8; 32])>);

impl KeyWords {
    /// # Errors
    /// For every key that the contract's constructor would refuse, and for points outside their group.
    fn from_key(key: &VerifyingKey<Bn254>) -> Result<Self, ExportError> {
        let [ic0, ic1, ic2, ic3] = key.gamma_abc_g1.as_slice() else {
            return Err(ExportError::InputPointCountMismatch {
                expected: INPUT_POINTS,
                actual: key.gamma_abc_g1.len(),
            });
        };
        let mut words = Self(Vec::with_capacity(22));
        words.push_g1("ALPHA", &key.alpha_g1)?;
        words.push_g2("BETA", &key.beta_g2)?;
        words.push_g2("GAMMA", &key.gamma_g2)?;
        words.push_g2("DELTA", &key.delta_g2)?;
        for (name, point) in [("IC0", ic0), ("IC1", ic1), ("IC2", ic2), ("IC3", ic3)] {
            words.push_g1(name, point)?;
        }
        check_distinct([("beta", &key.beta_g2), ("gamma", &key.gamma_g2), ("delta", &key.delta_g2)])?;
        Ok(words)
    }

    fn push_g1(&mut self, name: &'static str, point: &G1Affine) -> Result<(), ExportError> {
        if point.is_zero() {
            return Err(ExportError::PointAtInfinity { point: name });
        }
        if !point.is_on_curve() {
            return Err(ExportError::PointOutsideGroup { point: name });
        }
        self.push(name, "X", &point.x);
        self.push(name, "Y", &point.y);
        Ok(())
    }

    fn push_g2(&mut self, name: &'static str, point: &G2Affine) -> Result<(), ExportError> {
        if point.is_zero() {
            return Err(ExportError::PointAtInfinity { point: name });
        }
        if !point.is_on_curve() || !point.is_in_correct_subgroup_assuming_on_curve() {
            return Err(ExportError::PointOutsideGroup { point: name });
        }
        let mut push = |axis: &str, value: &Fq2| {
            self.push(name, &format!("{axis}_IMAGINARY"), &value.c1);
            self.push(name, &format!("{axis}_REAL"), &value.c0);
        };
        push("X", &point.x);
        push("Y", &point.y);
        Ok(())
    }

    fn push(&mut self, name: &str, part: &str, value: &Fq) {
        let mut word = [0; 32];
        word.copy_from_slice(&value.into_bigint().to_bytes_be());
        self.0.push((format!("{name}_{part}"), word));
    }

    fn digest(&self, slots: u32, parameters_digest: [u8; 32]) -> [u8; 32] {
        let mut slots_word = [0; 32];
        slots_word[28..].copy_from_slice(&slots.to_be_bytes());
        let mut hasher = Keccak256::new();
        hasher.update(Keccak256::digest(VERIFYING_KEY_TAG));
        hasher.update(parameters_digest);
        hasher.update(slots_word);
        for (_, word) in &self.0 {
            hasher.update(word);
        }
        hasher.finalize().into()
    }
}

/// The digest that `keyDigest()` of a verifier deployed with this key returns.
///
/// # Errors
/// If the key must not be exported.
pub fn verifying_key_digest(
    key: &VerifyingKey<Bn254>,
    slots: u32,
    parameters_digest: [u8; 32],
) -> Result<[u8; 32], ExportError> {
    if slots == 0 {
        return Err(ExportError::NoSlots);
    }
    Ok(KeyWords::from_key(key)?.digest(slots, parameters_digest))
}

/// The text of `contracts/generated/SealVerifyingKey.sol`, as `forge fmt` would leave it.
///
/// `development` marks a key made from a public seed; the contract and the deployment script repeat it.
///
/// # Errors
/// If the key must not be exported, or the profile's name is not plain.
pub fn render_verifying_key(
    key: &VerifyingKey<Bn254>,
    slots: u32,
    parameters_digest: [u8; 32],
    profile: &str,
    development: bool,
) -> Result<String, ExportError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if profile.is_empty() || profile.len() > MAX_PROFILE_BYTES || !profile.bytes().all(is_plain) {
        return Err(ExportError::ProfileNameInvalid { name: profile.to_owned() });
    }
    if slots == 0 {
        return Err(ExportError::NoSlots);
    }
    let words = KeyWords::from_key(key)?;

    let mut constants = String::new();
    for (name, word) in &words.0 {
        let _ = writeln!(constants, "    uint256 internal constant {name} =\n        0x{};", hex::encode(word));
    }
    let warning = if development {
        "\n/// @dev DEVELOPMENT KEY, made from a public seed: anybody can forge seals for it."
    } else {
        ""
    };
    Ok(format!(
        "\
// SPDX-License-Identifier: MIT OR Apache-2.0
// Generated by `rankproof export`. Do not edit.
pragma solidity ^0.8.24;

/// @title The verifying key of profile `{profile}`
/// @notice Key digest 0x{digest}{warning}
library SealVerifyingKey {{
    string internal constant PROFILE = \"{profile}\";
    bool internal constant IS_DEVELOPMENT = {development};
    uint256 internal constant SLOTS = {slots};
    bytes32 internal constant PARAMETERS_DIGEST =
        0x{parameters};

{constants}}}
",
        digest = hex::encode(words.digest(slots, parameters_digest)),
        parameters = hex::encode(parameters_digest),
    ))
}

#[cfg(test)]
mod tests {
    use ark_bn254::{Fr, G1Projective, G2Projective};
    use ark_ec::{CurveGroup, PrimeGroup};

    use super::*;

    /// Read by `test/utils/TrapdoorProver.sol` too: there the same key must have the same digest.
    const GOLDEN: &str = include_str!("../../../fixtures/seals/trapdoor_key.json");
    const PARAMETERS_DIGEST: [u8; 32] = [0xab; 32];
    const SLOTS: u32 = 4;

    fn g1(scalar: u64) -> G1Affine {
        (G1Projective::generator() * Fr::from(scalar)).into_affine()
    }

    fn g2(scalar: u64) -> G2Affine {
        (G2Projective::generator() * Fr::from(scalar)).into_affine()
    }

    /// A key whose discrete logarithms everybody knows.
    fn trapdoor_key() -> VerifyingKey<Bn254> {
        VerifyingKey {
            alpha_g1: g1(5),
            beta_g2: g2(7),
            gamma_g2: g2(11),
            delta_g2: g2(13),
            gamma_abc_g1: vec![g1(17), g1(19), g1(23), g1(29)],
        }
    }

    fn digest(key: &VerifyingKey<Bn254>) -> Result<[u8; 32], ExportError> {
        verifying_key_digest(key, SLOTS, PARAMETERS_DIGEST)
    }

    /// The golden file, from this code. After a deliberate change, copy what the failing test prints.
    fn render_golden() -> String {
        let key = trapdoor_key();
        let words = KeyWords::from_key(&key).expect("the key is sound in form");
        let points = ["alpha", "beta", "gamma", "delta", "ic0", "ic1", "ic2", "ic3"];
        let mut lines = String::new();
        for point in points {
            let prefix = format!("{}_", point.to_uppercase());
            let row: Vec<_> = words
                .0
                .iter()
                .filter(|(name, _)| name.starts_with(&prefix))
                .map(|(_, word)| format!("\n    \"0x{}\"", hex::encode(word)))
                .collect();
            let _ = writeln!(lines, "  \"{point}\": [{}\n  ],", row.join(","));
        }
        format!(
            "{{\n  \"trapdoor\": {{\n    \"alpha\": 5,\n    \"beta\": 7,\n    \"gamma\": 11,\n    \"delta\": 13,\n    \
             \"ic\": [17, 19, 23, 29]\n  }},\n{lines}  \"parameters_digest\": \"0x{}\",\n  \"slots\": {SLOTS},\n  \
             \"key_digest\": \"0x{}\"\n}}\n",
            hex::encode(PARAMETERS_DIGEST),
            hex::encode(digest(&key).expect("the key is sound in form")),
        )
    }

    #[test]
    fn digests_as_the_contract_does() {
        let golden = render_golden();
        assert!(GOLDEN == golden, "fixtures/seals/trapdoor_key.json should be:\n{golden}");
    }

    #[test]
    fn every_word_and_parameter_moves_the_digest() {
        let key = trapdoor_key();
        let honest = digest(&key).unwrap();
        assert_ne!(verifying_key_digest(&key, SLOTS + 1, PARAMETERS_DIGEST).unwrap(), honest);
        assert_ne!(verifying_key_digest(&key, SLOTS, [0xac; 32]).unwrap(), honest);
        let words = KeyWords::from_key(&key).unwrap();
        assert_eq!(words.0.len(), 22);
        for index in 0..words.0.len() {
            let mut changed = KeyWords(words.0.clone());
            changed.0[index].1[31] ^= 1;
            assert_ne!(changed.digest(SLOTS, PARAMETERS_DIGEST), honest, "{}", words.0[index].0);
        }
    }

    #[test]
    fn renders_every_word_and_says_what_the_key_is() {
        let text = render_verifying_key(&trapdoor_key(), SLOTS, PARAMETERS_DIGEST, "small-x4", true).unwrap();
        for (name, word) in KeyWords::from_key(&trapdoor_key()).unwrap().0 {
            assert!(text.contains(&format!("constant {name} =\n        0x{};", hex::encode(word))), "{name}");
        }
        assert!(text.contains("PROFILE = \"small-x4\";"));
        assert!(text.contains("IS_DEVELOPMENT = true;") && text.contains("DEVELOPMENT KEY"));
        let text = render_verifying_key(&trapdoor_key(), SLOTS, PARAMETERS_DIGEST, "small-x4", false).unwrap();
        assert!(text.contains("IS_DEVELOPMENT = false;") && !text.contains("DEVELOPMENT KEY"));
    }

    #[test]
    fn rejects_equal_points_also_when_one_is_negated() {
        type Point = fn(&mut VerifyingKey<Bn254>) -> &mut G2Affine;
        let points: [(&str, Point); 3] =
            [("beta", |key| &mut key.beta_g2), ("gamma", |key| &mut key.gamma_g2), ("delta", |key| &mut key.delta_g2)];
        assert!(digest(&trapdoor_key()).is_ok());
        for (first, second) in [(0, 1), (0, 2), (1, 2)] {
            let [(name, from), (other, to)] = [points[first], points[second]];
            for is_negated in [false, true] {
                let mut key = trapdoor_key();
                let point = *from(&mut key);
                *to(&mut key) = if is_negated { -point } else { point };
                let equal = Err(ExportError::Unsound(UnsoundKey::Equal(name, other)));
                assert_eq!(digest(&key), equal);
                let rendered = render_verifying_key(&key, SLOTS, PARAMETERS_DIGEST, "tiny", true);
                assert_eq!(rendered.map(|_| [0; 32]), equal);
            }
        }
        for (name, point) in points {
            for generator in [g2(1), -g2(1)] {
                let mut key = trapdoor_key();
                *point(&mut key) = generator;
                assert_eq!(digest(&key), Err(ExportError::Unsound(UnsoundKey::Generator(name))));
            }
        }
    }

    #[test]
    fn rejects_with_point_at_infinity_for_each_point() {
        let names = ["ALPHA", "BETA", "GAMMA", "DELTA", "IC0", "IC1", "IC2", "IC3"];
        for (index, point) in names.into_iter().enumerate() {
            let mut key = trapdoor_key();
            match index {
                0 => key.alpha_g1 = G1Affine::zero(),
                1 => key.beta_g2 = G2Affine::zero(),
                2 => key.gamma_g2 = G2Affine::zero(),
                3 => key.delta_g2 = G2Affine::zero(),
                _ => key.gamma_abc_g1[index - 4] = G1Affine::zero(),
            }
            assert_eq!(digest(&key), Err(ExportError::PointAtInfinity { point }));
        }
    }

    #[test]
    fn rejects_with_point_outside_group_when_a_coordinate_changes() {
        let mut key = trapdoor_key();
        key.alpha_g1.y += Fq::from(1u64);
        assert_eq!(digest(&key), Err(ExportError::PointOutsideGroup { point: "ALPHA" }));
        let mut key = trapdoor_key();
        key.beta_g2.y.c0 += Fq::from(1u64);
        assert_eq!(digest(&key), Err(ExportError::PointOutsideGroup { point: "BETA" }));
        // On the curve, but not of order r: most points of G2 are.
        let mut key = trapdoor_key();
        let points = (1u64..).filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), true));
        let outside = points.into_iter().find(|point| !point.is_in_correct_subgroup_assuming_on_curve());
        key.beta_g2 = outside.expect("most points");
        assert!(key.beta_g2.is_on_curve());
        assert_eq!(digest(&key), Err(ExportError::PointOutsideGroup { point: "BETA" }));
    }

    #[test]
    fn rejects_with_input_point_count_mismatch_when_one_is_missing() {
        let mut key = trapdoor_key();
        key.gamma_abc_g1.pop();
        assert_eq!(digest(&key), Err(ExportError::InputPointCountMismatch { expected: 4, actual: 3 }));
    }

    #[test]
    fn rejects_zero_slots_and_names_that_are_not_plain() {
        let key = trapdoor_key();
        assert_eq!(verifying_key_digest(&key, 0, PARAMETERS_DIGEST), Err(ExportError::NoSlots));
        assert_eq!(render_verifying_key(&key, 0, PARAMETERS_DIGEST, "tiny", true), Err(ExportError::NoSlots));
        for name in ["", "Tiny", "tiny\"; //", "a-name-of-more-than-31-characters-"] {
            let rendered = render_verifying_key(&key, SLOTS, PARAMETERS_DIGEST, name, true);
            assert_eq!(rendered, Err(ExportError::ProfileNameInvalid { name: name.to_owned() }));
        }
    }
}
