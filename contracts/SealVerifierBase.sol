// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "./interfaces/ISealVerifier.sol";
import {IVerifiesSeals} from "./interfaces/IVerifiesSeals.sol";
import {Groth16, VerifyingKey} from "./libraries/Groth16.sol";
import {Statement, StatementLib} from "./libraries/StatementLib.sol";

/// @title A verifier of seals for the key that `_key()` returns
/// @notice Binds a list of statements to a seal (docs/protocol.md section 5): the public inputs of
/// the proof are its root, a challenge hashed from the root and the statements, and the value at the
/// challenge of the polynomial whose coefficients the statements are.
/// @dev The constructor and `verify` read the key through the same function, so the selector always
/// names the key that verifies.
abstract contract SealVerifierBase is ISealVerifier {
    uint256 private constant SEAL_LENGTH = 292;
    uint256 private constant ROOT_OFFSET = 4;

    /// @inheritdoc ISealVerifier
    bytes4 public immutable SELECTOR;

    /// @inheritdoc ISealVerifier
    bytes32 public immutable keyDigest;

    constructor() {
        VerifyingKey memory key = _key();
        if (slots() == 0) revert VerifyingKeyWithoutSlots();
        Groth16.requireSafe(key);
        keyDigest = Groth16.digest(key, parametersDigest(), slots());
        // Only the head is wanted.
        // forge-lint: disable-next-line(unsafe-typecast)
        SELECTOR = bytes4(keyDigest);
    }

    /// @inheritdoc IVerifiesSeals
    function verify(bytes calldata seal, Statement[] calldata statements) external view {
        if (seal.length != SEAL_LENGTH) revert SealLengthMismatch(SEAL_LENGTH, seal.length);
        bytes4 selector = bytes4(seal[:ROOT_OFFSET]);
        if (selector != SELECTOR) revert SelectorMismatch(SELECTOR, selector);

        // The length is checked: nine words follow the selector.
        uint256[9] calldata words;
        assembly ("memory-safe") {
            words := add(seal.offset, ROOT_OFFSET)
        }
        uint256 root = words[0];
        if (root >= StatementLib.SCALAR_FIELD_ORDER) revert RootNotCanonical(root);
        uint256[] memory elements = StatementLib.paddedElements(statements, slots());
        uint256 challenge = StatementLib.challenge(root, elements);
        uint256 evaluation = StatementLib.evaluation(elements, challenge);
        Groth16.verify(_key(), root, challenge, evaluation, words);
    }

    /// @inheritdoc ISealVerifier
    function parametersDigest() public view virtual returns (bytes32);

    /// @inheritdoc ISealVerifier
    function slots() public view virtual returns (uint256);

    /// @notice The verifying key, from constants in the code.
    function _key() internal view virtual returns (VerifyingKey memory);
}
