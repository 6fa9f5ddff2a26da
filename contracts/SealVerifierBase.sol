// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "./interfaces/ISealVerifier.sol";
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
    uint256 private constant PROOF_OFFSET = 36;

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

    /// @inheritdoc ISealVerifier
    function verify(bytes calldata seal, Statement[] calldata statements) external view {
        if (seal.length != SEAL_LENGTH) revert SealLengthMismatch(SEAL_LENGTH, seal.length);
        bytes4 selector = bytes4(seal[:ROOT_OFFSET]);
        if (selector != SELECTOR) revert SelectorMismatch(SELECTOR, selector);

        uint256 root = uint256(bytes32(seal[ROOT_OFFSET:PROOF_OFFSET]));
        if (root >= StatementLib.SCALAR_FIELD_ORDER) revert RootNotCanonical(root);
        _requireCanonical(statements);

        Statement[] memory all = StatementLib.padded(statements, slots());
        uint256 challenge = StatementLib.challenge(root, all);
        uint256 evaluation = StatementLib.evaluation(all, challenge);
        uint256[8] memory proof = abi.decode(seal[PROOF_OFFSET:], (uint256[8]));
        Groth16.verify(_key(), [root, challenge, evaluation], proof);
    }

    /// @inheritdoc ISealVerifier
    function parametersDigest() public view virtual returns (bytes32);

    /// @inheritdoc ISealVerifier
    function slots() public view virtual returns (uint256);

    /// @notice The verifying key, from constants in the code.
    function _key() internal view virtual returns (VerifyingKey memory);

    /// @dev A list of 1 to `slots()` statements whose elements are all below r.
    function _requireCanonical(Statement[] calldata statements) private view {
        uint256 count = statements.length;
        if (count == 0 || count > slots()) revert StatementCountOutOfRange(slots(), count);
        for (uint256 i = 0; i < count; ++i) {
            Statement calldata statement = statements[i];
            _requireCanonical(i, 0, statement.adapter);
            _requireCanonical(i, 1, statement.activations);
            _requireCanonical(i, 2, statement.context);
        }
    }

    function _requireCanonical(uint256 statement, uint256 element, uint256 value) private pure {
        if (value >= StatementLib.SCALAR_FIELD_ORDER) {
            revert StatementElementNotCanonical(statement, element, value);
        }
    }
}
