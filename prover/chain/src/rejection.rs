//! The custom errors of the contracts, as values and as sentences.

use alloy::primitives::{Address, Bytes, FixedBytes, U256};
use alloy::sol_types::SolInterface;

use crate::bindings::{ProofRegistry::ProofRegistryErrors, SealVerifier::SealVerifierErrors};

/// Why a contract refused, with the arguments that it gave (`ISealVerifier.sol`, `IProofRegistry.sol`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// A seal has one length.
    #[error("seal: expected {expected} bytes, got {actual}")]
    SealLengthMismatch {
        /// Bytes.
        expected: U256,
        /// Bytes.
        actual: U256,
    },
    /// Made for another key.
    #[error("seal: its selector is {actual}, the verifier's {expected}; seal again with the keys of this verifier")]
    SelectorMismatch {
        /// The verifier's.
        expected: FixedBytes<4>,
        /// The seal's.
        actual: FixedBytes<4>,
    },
    /// None, or more than the seal has slots.
    #[error("statements: expected 1 to {maximum}, got {actual}")]
    StatementCountOutOfRange {
        /// Slots of the verifier.
        maximum: U256,
        /// Given.
        actual: U256,
    },
    /// Not reduced modulo r.
    #[error("statement {statement}: its {element} {value} is not below the field order")]
    StatementElementNotCanonical {
        /// Index in the batch.
        statement: U256,
        /// Which of the three.
        element: &'static str,
        /// What it is.
        value: U256,
    },
    /// Not reduced modulo r.
    #[error("seal: its root {root} is not below the field order")]
    RootNotCanonical {
        /// What it is.
        root: U256,
    },
    /// Not reduced modulo p.
    #[error("seal: word {index} of its proof is {value}, not below the order of the base field")]
    ProofCoordinateNotCanonical {
        /// 0, 1 for A; 2 to 5 for B; 6, 7 for C.
        index: U256,
        /// What it is.
        value: U256,
    },
    /// A point off its curve or subgroup, or too little gas.
    #[error("seal: precompile {precompile} failed: a point of the proof is not on its curve, or the gas ran out")]
    PrecompileFailed {
        /// 6 addition, 7 multiplication, 8 pairing.
        precompile: U256,
    },
    /// The pairing equation does not hold.
    #[error("seal: it does not prove these statements")]
    ProofRejected,
    /// From a constructor.
    #[error("verifying key: it has no slot")]
    VerifyingKeyWithoutSlots,
    /// From a constructor.
    #[error("verifying key: {point} is the point at infinity")]
    VerifyingKeyPointAtInfinity {
        /// Name of the point.
        point: String,
    },
    /// From a constructor.
    #[error("verifying key: gamma and delta are equal up to sign, so that anybody could forge")]
    VerifyingKeyGammaEqualsDelta,
    /// From a constructor.
    #[error("verifying key: {point} is the generator of G2 up to sign, the mark of an unfinished setup")]
    VerifyingKeyPointIsGenerator {
        /// `gamma` or `delta`.
        point: String,
    },
    /// From a constructor.
    #[error("registry: there is no contract at the verifier's address {verifier}")]
    VerifierWithoutCode {
        /// The address.
        verifier: Address,
    },
    /// None of ours, or a newer contract.
    #[error("contract: it reverted with data {data} that this version does not know")]
    Unknown {
        /// What it said; empty if it said nothing, as for want of gas.
        data: Bytes,
    },
}

impl Rejection {
    /// Reads revert data. What does not decode exactly is [`Self::Unknown`].
    pub fn decode(data: &[u8]) -> Self {
        let unknown = || Self::Unknown { data: Bytes::copy_from_slice(data) };
        if let Ok(error) = SealVerifierErrors::abi_decode_validate(data) {
            return Self::from_verifier(error);
        }
        match ProofRegistryErrors::abi_decode_validate(data) {
            Ok(ProofRegistryErrors::VerifierWithoutCode(error)) => {
                Self::VerifierWithoutCode { verifier: error.verifier }
            }
            Ok(_) | Err(_) => unknown(), // the other errors are of calls that this crate does not make
        }
    }

    fn from_verifier(error: SealVerifierErrors) -> Self {
        use SealVerifierErrors as E;
        match error {
            E::SealLengthMismatch(e) => Self::SealLengthMismatch { expected: e.expected, actual: e.actual },
            E::SelectorMismatch(e) => Self::SelectorMismatch { expected: e.expected, actual: e.actual },
            E::StatementCountOutOfRange(e) => Self::StatementCountOutOfRange { maximum: e.maximum, actual: e.actual },
            E::StatementElementNotCanonical(e) => Self::StatementElementNotCanonical {
                statement: e.statement,
                element: element_name(e.element),
                value: e.value,
            },
            E::RootNotCanonical(e) => Self::RootNotCanonical { root: e.root },
            E::ProofCoordinateNotCanonical(e) => Self::ProofCoordinateNotCanonical { index: e.index, value: e.value },
            E::PrecompileFailed(e) => Self::PrecompileFailed { precompile: e.precompile },
            E::ProofRejected(_) => Self::ProofRejected,
            E::VerifyingKeyWithoutSlots(_) => Self::VerifyingKeyWithoutSlots,
            E::VerifyingKeyPointAtInfinity(e) => Self::VerifyingKeyPointAtInfinity { point: e.point },
            E::VerifyingKeyGammaEqualsDelta(_) => Self::VerifyingKeyGammaEqualsDelta,
            E::VerifyingKeyPointIsGenerator(e) => Self::VerifyingKeyPointIsGenerator { point: e.point },
        }
    }
}

fn element_name(element: U256) -> &'static str {
    match u8::try_from(element) {
        Ok(0) => "adapter",
        Ok(1) => "activations",
        Ok(2) => "context",
        _ => "element",
    }
}

/// The revert data of an error is its selector and its arguments.
#[cfg(test)]
mod tests {
    use alloy::primitives::keccak256;
    use alloy::sol_types::SolValue;

    use super::*;

    fn data(signature: &str, arguments: Vec<u8>) -> Vec<u8> {
        [&keccak256(signature)[..4], &arguments].concat()
    }

    #[test]
    fn decodes_each_error_with_its_arguments() {
        let (one, two, three) = (U256::from(1), U256::from(2), U256::from(3));
        let four = [FixedBytes::<4>::from([1, 2, 3, 4]), FixedBytes::from([5, 6, 7, 8])];
        let address = Address::repeat_byte(0x11);
        let cases = [
            (
                data("SealLengthMismatch(uint256,uint256)", (one, two).abi_encode()),
                Rejection::SealLengthMismatch { expected: one, actual: two },
            ),
            (
                data("SelectorMismatch(bytes4,bytes4)", (four[0], four[1]).abi_encode()),
                Rejection::SelectorMismatch { expected: four[0], actual: four[1] },
            ),
            (
                data("StatementCountOutOfRange(uint256,uint256)", (one, two).abi_encode()),
                Rejection::StatementCountOutOfRange { maximum: one, actual: two },
            ),
            (
                data("StatementElementNotCanonical(uint256,uint256,uint256)", (one, two, three).abi_encode()),
                Rejection::StatementElementNotCanonical { statement: one, element: "context", value: three },
            ),
            (data("RootNotCanonical(uint256)", one.abi_encode()), Rejection::RootNotCanonical { root: one }),
            (
                data("ProofCoordinateNotCanonical(uint256,uint256)", (one, two).abi_encode()),
                Rejection::ProofCoordinateNotCanonical { index: one, value: two },
            ),
            (data("PrecompileFailed(uint256)", one.abi_encode()), Rejection::PrecompileFailed { precompile: one }),
            (data("ProofRejected()", vec![]), Rejection::ProofRejected),
            (data("VerifyingKeyWithoutSlots()", vec![]), Rejection::VerifyingKeyWithoutSlots),
            (
                data("VerifyingKeyPointAtInfinity(string)", ("ic1".to_owned(),).abi_encode_params()),
                Rejection::VerifyingKeyPointAtInfinity { point: "ic1".to_owned() },
            ),
            (data("VerifyingKeyGammaEqualsDelta()", vec![]), Rejection::VerifyingKeyGammaEqualsDelta),
            (
                data("VerifyingKeyPointIsGenerator(string)", ("delta".to_owned(),).abi_encode_params()),
                Rejection::VerifyingKeyPointIsGenerator { point: "delta".to_owned() },
            ),
            (
                data("VerifierWithoutCode(address)", address.abi_encode()),
                Rejection::VerifierWithoutCode { verifier: address },
            ),
        ];
        for (data, expected) in cases {
            assert_eq!(Rejection::decode(&data), expected);
        }
    }

    #[test]
    fn keeps_what_it_does_not_know() {
        let known = data("RootNotCanonical(uint256)", U256::from(1).abi_encode());
        assert!(matches!(Rejection::decode(&known), Rejection::RootNotCanonical { .. }));
        for data in [vec![], vec![1, 2, 3], known[..35].to_vec(), data("Other()", vec![])] {
            assert_eq!(Rejection::decode(&data), Rejection::Unknown { data: data.clone().into() });
        }
    }
}
