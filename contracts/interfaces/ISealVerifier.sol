// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IVerifiesSeals} from "./IVerifiesSeals.sol";

/// @title What every verifier of seals promises
/// @notice A seal is 292 bytes: selector (4), root (32), then the points A (64), B (128), C (64) of a
/// Groth16 proof as EIP-197 words (imaginary part first). One seal proves 1 to `slots()` statements.
interface ISealVerifier is IVerifiesSeals {
    /// @notice The seal is not exactly `expected` bytes long.
    error SealLengthMismatch(uint256 expected, uint256 actual);

    /// @notice The seal was made for another verifying key or other parameters.
    error SelectorMismatch(bytes4 expected, bytes4 actual);

    /// @notice The list of statements is empty or longer than the seal has slots.
    error StatementCountOutOfRange(uint256 maximum, uint256 actual);

    /// @notice An element (0 adapter, 1 activations, 2 context) of a statement is not below r.
    error StatementElementNotCanonical(uint256 statement, uint256 element, uint256 value);

    /// @notice The root of the seal is not below r.
    error RootNotCanonical(uint256 root);

    /// @notice A word of the proof (0, 1 for A; 2 to 5 for B; 6, 7 for C) is not below p.
    error ProofCoordinateNotCanonical(uint256 index, uint256 value);

    /// @notice The precompile at this address failed: a point that is not on its curve or not in its
    /// subgroup, or too little gas. What it would have answered stays unknown.
    error PrecompileFailed(uint256 precompile);

    /// @notice The pairing equation does not hold: the seal does not prove these statements.
    error ProofRejected();

    /// @notice In a constructor: the verifying key has no slot.
    error VerifyingKeyWithoutSlots();

    /// @notice In a constructor: a point of the verifying key is the point at infinity.
    error VerifyingKeyPointAtInfinity(string point);

    /// @notice In a constructor: two of beta, gamma and delta are equal up to sign, so anybody could
    /// forge.
    error VerifyingKeyPointsEqual(string first, string second);

    /// @notice In a constructor: beta, gamma or delta is the generator of G2, up to sign.
    error VerifyingKeyPointIsGenerator(string point);

    /// @notice The first four bytes of every seal for this verifier: the head of `keyDigest()`.
    function SELECTOR() external view returns (bytes4);

    /// @notice keccak256 over the verifying key, the slots and `parametersDigest()`, computed at
    /// deployment from the very constants that `verify` uses.
    function keyDigest() external view returns (bytes32);

    /// @notice The digest of the parameters of the circuit, as the prover computes it.
    function parametersDigest() external view returns (bytes32);

    /// @notice How many statements one seal holds.
    function slots() external view returns (uint256);

    /// @notice The name of the profile that the key belongs to.
    function profile() external view returns (string memory);

    /// @notice True if the key was made from a public seed, so that anybody can forge seals.
    function isDevelopmentKey() external view returns (bool);
}
