//! The custom errors of the contracts, as values and as sentences.

use alloy::primitives::{Address, B256, Bytes, FixedBytes, U256};
use alloy::sol_types::SolInterface;

use crate::bindings::EmergencyStop::EmergencyStopErrors;
use crate::bindings::ProofRegistry::ProofRegistryErrors;
use crate::bindings::SealVerifier::SealVerifierErrors;
use crate::bindings::VerifierRouter::VerifierRouterErrors;

/// Why a contract refused, with the arguments that it gave (`contracts/interfaces`).
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
    #[error("verifying key: {first} and {second} are equal up to sign, so that anybody could forge")]
    VerifyingKeyPointsEqual {
        /// `beta` or `gamma`.
        first: String,
        /// `gamma` or `delta`.
        second: String,
    },
    /// From a constructor.
    #[error("verifying key: {point} is the generator of G2 up to sign, the mark of an unfinished setup")]
    VerifyingKeyPointIsGenerator {
        /// `beta`, `gamma` or `delta`.
        point: String,
    },
    /// From a constructor, or the router.
    #[error("verifier: there is no contract at its address {verifier}")]
    VerifierWithoutCode {
        /// The address.
        verifier: Address,
    },
    /// From the stop in front of a verifier.
    #[error("verifier: it was stopped for ever; what it verified before may deserve no trust")]
    VerifierStopped,
    /// From the router.
    #[error("seal: it has {length} bytes, too few for a selector")]
    SealWithoutSelector {
        /// Bytes.
        length: U256,
    },
    /// From the router.
    #[error("seal: no verifier here has its selector {selector}; seal again with the keys of one that is here")]
    SelectorUnknown {
        /// The seal's.
        selector: FixedBytes<4>,
    },
    /// From the router.
    #[error("seal: the verifier with its selector {selector} was removed; seal again with the keys of another one")]
    SelectorRemoved {
        /// The seal's.
        selector: FixedBytes<4>,
    },
    /// From the router.
    #[error("verifier: its selector {selector} belongs to {verifier} for ever")]
    SelectorTaken {
        /// Wanted.
        selector: FixedBytes<4>,
        /// Whose it is.
        verifier: Address,
    },
    /// From the router.
    #[error("verifier: its selector {selector} is not the head of its key digest {digest}")]
    SelectorIsNotOfTheKey {
        /// What it says.
        selector: FixedBytes<4>,
        /// Digest of its key.
        digest: B256,
    },
    /// From the router.
    #[error("verifier: anybody can forge seals for its development key, which chain {chain_id} refuses")]
    DevelopmentKeyRefused {
        /// Where.
        chain_id: U256,
    },
    /// From a registration: somebody else's, for another registry or chain, or no registration at all.
    #[error(
        "registration: the statement has context {actual:#x}, that of this owner here is {expected:#x}; prove it \
             with --register-on CHAIN_ID:REGISTRY:OWNER"
    )]
    NotTheRegistrationContext {
        /// That of owner, registry and chain.
        expected: U256,
        /// The statement's.
        actual: U256,
    },
    /// From a registration.
    #[error("adapter {adapter:#x}: it is registered already, to {owner}")]
    AdapterTaken {
        /// The adapter id.
        adapter: U256,
        /// Who stands for it.
        owner: Address,
    },
    /// Asked to change an entry that is not there.
    #[error("adapter {adapter:#x}: it is not registered here")]
    AdapterUnknown {
        /// The adapter id.
        adapter: U256,
    },
    /// Asked to change a revoked entry.
    #[error("adapter {adapter:#x}: it was revoked, which is for ever")]
    AdapterIsRevoked {
        /// The adapter id.
        adapter: U256,
    },
    /// Asked to change somebody else's entry.
    #[error("adapter: it belongs to {owner}, not to {caller}")]
    NotTheOwner {
        /// Who stands for it.
        owner: Address,
        /// Who asked.
        caller: Address,
    },
    /// Asked to give an entry to the zero address.
    #[error("adapter: it cannot go to the zero address; revoke it instead")]
    TransferToNobody,
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
        // The same signature in two contracts is the same error.
        if let Ok(error) = SealVerifierErrors::abi_decode_validate(data) {
            return Self::from_verifier(error);
        }
        let known = VerifierRouterErrors::abi_decode_validate(data)
            .ok()
            .and_then(Self::from_router)
            .or_else(|| ProofRegistryErrors::abi_decode_validate(data).ok().and_then(Self::from_registry))
            .or_else(|| EmergencyStopErrors::abi_decode_validate(data).ok().and_then(Self::from_stop));
        known.unwrap_or_else(|| Self::Unknown { data: Bytes::copy_from_slice(data) })
    }

    fn from_router(error: VerifierRouterErrors) -> Option<Self> {
        use VerifierRouterErrors as E;
        Some(match error {
            E::SealWithoutSelector(e) => Self::SealWithoutSelector { length: e.length },
            E::SelectorUnknown(e) => Self::SelectorUnknown { selector: e.selector },
            E::SelectorRemoved(e) => Self::SelectorRemoved { selector: e.selector },
            E::SelectorTaken(e) => Self::SelectorTaken { selector: e.selector, verifier: e.verifier },
            E::SelectorIsNotOfTheKey(e) => Self::SelectorIsNotOfTheKey { selector: e.selector, digest: e.keyDigest },
            E::VerifierWithoutCode(e) => Self::VerifierWithoutCode { verifier: e.verifier },
            E::DevelopmentKeyRefused(e) => Self::DevelopmentKeyRefused { chain_id: e.chainId },
            _ => return None,
        })
    }

    fn from_registry(error: ProofRegistryErrors) -> Option<Self> {
        use ProofRegistryErrors as E;
        Some(match error {
            E::VerifierWithoutCode(e) => Self::VerifierWithoutCode { verifier: e.verifier },
            E::NotTheRegistrationContext(e) => {
                Self::NotTheRegistrationContext { expected: e.expected, actual: e.actual }
            }
            E::AdapterTaken(e) => Self::AdapterTaken { adapter: e.adapter, owner: e.owner },
            E::AdapterUnknown(e) => Self::AdapterUnknown { adapter: e.adapter },
            E::AdapterIsRevoked(e) => Self::AdapterIsRevoked { adapter: e.adapter },
            E::NotTheOwner(e) => Self::NotTheOwner { owner: e.owner, caller: e.caller },
            E::TransferToNobody(_) => Self::TransferToNobody,
            _ => return None,
        })
    }

    fn from_stop(error: EmergencyStopErrors) -> Option<Self> {
        match error {
            EmergencyStopErrors::VerifierStopped(_) => Some(Self::VerifierStopped),
            _ => None,
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
            E::VerifyingKeyPointsEqual(e) => Self::VerifyingKeyPointsEqual { first: e.first, second: e.second },
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
            (
                data(
                    "VerifyingKeyPointsEqual(string,string)",
                    ("beta".to_owned(), "delta".to_owned()).abi_encode_params(),
                ),
                Rejection::VerifyingKeyPointsEqual { first: "beta".to_owned(), second: "delta".to_owned() },
            ),
            (
                data("VerifyingKeyPointIsGenerator(string)", ("delta".to_owned(),).abi_encode_params()),
                Rejection::VerifyingKeyPointIsGenerator { point: "delta".to_owned() },
            ),
            (
                data("VerifierWithoutCode(address)", address.abi_encode()),
                Rejection::VerifierWithoutCode { verifier: address },
            ),
            (data("VerifierStopped()", vec![]), Rejection::VerifierStopped),
            (data("SealWithoutSelector(uint256)", one.abi_encode()), Rejection::SealWithoutSelector { length: one }),
            (data("SelectorUnknown(bytes4)", four[0].abi_encode()), Rejection::SelectorUnknown { selector: four[0] }),
            (data("SelectorRemoved(bytes4)", four[1].abi_encode()), Rejection::SelectorRemoved { selector: four[1] }),
            (
                data("SelectorTaken(bytes4,address)", (four[0], address).abi_encode()),
                Rejection::SelectorTaken { selector: four[0], verifier: address },
            ),
            (
                data("SelectorIsNotOfTheKey(bytes4,bytes32)", (four[0], B256::from(two)).abi_encode()),
                Rejection::SelectorIsNotOfTheKey { selector: four[0], digest: two.into() },
            ),
            (
                data("DevelopmentKeyRefused(uint256)", one.abi_encode()),
                Rejection::DevelopmentKeyRefused { chain_id: one },
            ),
            (
                data("NotTheRegistrationContext(uint256,uint256)", (one, two).abi_encode()),
                Rejection::NotTheRegistrationContext { expected: one, actual: two },
            ),
            (
                data("AdapterTaken(uint256,address)", (one, address).abi_encode()),
                Rejection::AdapterTaken { adapter: one, owner: address },
            ),
            (data("AdapterUnknown(uint256)", one.abi_encode()), Rejection::AdapterUnknown { adapter: one }),
            (data("AdapterIsRevoked(uint256)", one.abi_encode()), Rejection::AdapterIsRevoked { adapter: one }),
            (
                data("NotTheOwner(address,address)", (address, Address::ZERO).abi_encode()),
                Rejection::NotTheOwner { owner: address, caller: Address::ZERO },
            ),
            (data("TransferToNobody()", vec![]), Rejection::TransferToNobody),
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
