// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../interfaces/ISealVerifier.sol";

/// @notice A Groth16 verifying key over BN254 with three public inputs, as EIP-197 words: an element
/// of the quadratic extension is its imaginary part, then its real part.
struct VerifyingKey {
    uint256[2] alpha;
    uint256[4] beta;
    uint256[4] gamma;
    uint256[4] delta;
    uint256[2] ic0;
    uint256[2] ic1;
    uint256[2] ic2;
    uint256[2] ic3;
}

/// @title Groth16 over BN254 with the precompiles of EIP-196 and EIP-197
/// @notice Accepts if and only if all four pairs give
/// `e(-A, B) * e(alpha, beta) * e(vk_x, gamma) * e(C, delta) = 1` with
/// `vk_x = ic0 + sum_i input_i * ic_i`.
/// @dev The errors are those of `ISealVerifier`. The precompiles check that points are on the curve
/// and, in G2, in the subgroup of order r; that coordinates and inputs are reduced is checked here
/// and by the caller.
library Groth16 {
    /// @notice The order p of the base field of BN254.
    uint256 internal constant BASE_FIELD_ORDER =
        0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// @dev The generator of G2 in EIP-197, x only: a point and its negative share it.
    uint256 private constant G2_GENERATOR_X_IMAGINARY =
        0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant G2_GENERATOR_X_REAL =
        0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;

    bytes32 private constant VERIFYING_KEY_TAG = keccak256("rankproof.verifying-key.v1");

    uint256 private constant EC_ADD = 0x06;
    uint256 private constant EC_MUL = 0x07;
    uint256 private constant PAIRING = 0x08;

    /// @notice Reverts unless `proof` (A, B, C) proves the three public inputs under `key`.
    /// @dev The caller has checked that every input is below r.
    function verify(VerifyingKey memory key, uint256[3] memory inputs, uint256[8] memory proof)
        internal
        view
    {
        for (uint256 i = 0; i < 8; ++i) {
            if (proof[i] >= BASE_FIELD_ORDER) {
                revert ISealVerifier.ProofCoordinateNotCanonical(i, proof[i]);
            }
        }

        uint256[24] memory pairs;
        pairs[0] = proof[0];
        pairs[1] = (BASE_FIELD_ORDER - proof[1]) % BASE_FIELD_ORDER; // -A; infinity is (0, 0)
        pairs[2] = proof[2];
        pairs[3] = proof[3];
        pairs[4] = proof[4];
        pairs[5] = proof[5];

        pairs[6] = key.alpha[0];
        pairs[7] = key.alpha[1];
        _copy(key.beta, pairs, 8);

        uint256[2] memory combined = key.ic0;
        _accumulate(combined, key.ic1, inputs[0]);
        _accumulate(combined, key.ic2, inputs[1]);
        _accumulate(combined, key.ic3, inputs[2]);
        pairs[12] = combined[0];
        pairs[13] = combined[1];
        _copy(key.gamma, pairs, 14);

        pairs[18] = proof[6];
        pairs[19] = proof[7];
        _copy(key.delta, pairs, 20);

        uint256 product;
        bool success;
        assembly ("memory-safe") {
            // Scratch space takes the answer. A precompile that fails, by bad points or for want of
            // gas, leaves `success` zero, and then nothing is read from it.
            success := staticcall(gas(), PAIRING, pairs, 768, 0x00, 0x20)
            success := and(success, eq(returndatasize(), 0x20))
            product := mload(0x00)
        }
        if (!success) revert ISealVerifier.PrecompileFailed(PAIRING);
        if (product != 1) revert ISealVerifier.ProofRejected();
    }

    /// @notice The digest of a key and of the parameters of its circuit; its first four bytes are the
    /// selector of every seal made for them.
    function digest(VerifyingKey memory key, bytes32 parametersDigest, uint256 slots)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(VERIFYING_KEY_TAG, parametersDigest, slots, key));
    }

    /// @notice Reverts for keys under which anybody could forge, or which leave an input unbound.
    /// @dev Equality is that of the x coordinates, so that a negated point does not slip through. With
    /// `gamma = delta` whoever knows one proof proves anything; a generator in their place is the mark
    /// of a key whose setup was never finished; a point at infinity removes its pair, or its input,
    /// from the equation.
    function requireSafe(VerifyingKey memory key) internal pure {
        if (_isZero(key.alpha)) revert ISealVerifier.VerifyingKeyPointAtInfinity("alpha");
        if (_isZero(key.beta)) revert ISealVerifier.VerifyingKeyPointAtInfinity("beta");
        if (_isZero(key.gamma)) revert ISealVerifier.VerifyingKeyPointAtInfinity("gamma");
        if (_isZero(key.delta)) revert ISealVerifier.VerifyingKeyPointAtInfinity("delta");
        if (_isZero(key.ic0)) revert ISealVerifier.VerifyingKeyPointAtInfinity("ic0");
        if (_isZero(key.ic1)) revert ISealVerifier.VerifyingKeyPointAtInfinity("ic1");
        if (_isZero(key.ic2)) revert ISealVerifier.VerifyingKeyPointAtInfinity("ic2");
        if (_isZero(key.ic3)) revert ISealVerifier.VerifyingKeyPointAtInfinity("ic3");
        if (key.gamma[0] == key.delta[0] && key.gamma[1] == key.delta[1]) {
            revert ISealVerifier.VerifyingKeyGammaEqualsDelta();
        }
        if (_isGenerator(key.gamma)) revert ISealVerifier.VerifyingKeyPointIsGenerator("gamma");
        if (_isGenerator(key.delta)) revert ISealVerifier.VerifyingKeyPointIsGenerator("delta");
    }

    /// @dev `sum += scalar * point`.
    function _accumulate(uint256[2] memory sum, uint256[2] memory point, uint256 scalar)
        private
        view
    {
        uint256[4] memory words;
        words[0] = point[0];
        words[1] = point[1];
        words[2] = scalar;
        bool success;
        assembly ("memory-safe") {
            // The product lands in the second half of `words`, where the addition reads it.
            success := staticcall(gas(), EC_MUL, words, 0x60, add(words, 0x40), 0x40)
            success := and(success, eq(returndatasize(), 0x40))
        }
        if (!success) revert ISealVerifier.PrecompileFailed(EC_MUL);
        words[0] = sum[0];
        words[1] = sum[1];
        assembly ("memory-safe") {
            success := staticcall(gas(), EC_ADD, words, 0x80, sum, 0x40)
            success := and(success, eq(returndatasize(), 0x40))
        }
        if (!success) revert ISealVerifier.PrecompileFailed(EC_ADD);
    }

    function _copy(uint256[4] memory point, uint256[24] memory pairs, uint256 start) private pure {
        pairs[start] = point[0];
        pairs[start + 1] = point[1];
        pairs[start + 2] = point[2];
        pairs[start + 3] = point[3];
    }

    function _isZero(uint256[2] memory point) private pure returns (bool) {
        return point[0] | point[1] == 0;
    }

    function _isZero(uint256[4] memory point) private pure returns (bool) {
        return point[0] | point[1] | point[2] | point[3] == 0;
    }

    function _isGenerator(uint256[4] memory point) private pure returns (bool) {
        return point[0] == G2_GENERATOR_X_IMAGINARY && point[1] == G2_GENERATOR_X_REAL;
    }
}
