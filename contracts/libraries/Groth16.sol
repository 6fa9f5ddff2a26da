// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../interfaces/ISealVerifier.sol";

/// @notice A Groth16 verifying key over BN254 with three public inputs, as EIP-197 words: an element
/// of the quadratic extension is its imaginary part, then its real part.
/// One word per field: nested arrays would cost a few thousand gas in every call.
struct VerifyingKey {
    uint256 alphaX;
    uint256 alphaY;
    uint256 betaXImaginary;
    uint256 betaXReal;
    uint256 betaYImaginary;
    uint256 betaYReal;
    uint256 gammaXImaginary;
    uint256 gammaXReal;
    uint256 gammaYImaginary;
    uint256 gammaYReal;
    uint256 deltaXImaginary;
    uint256 deltaXReal;
    uint256 deltaYImaginary;
    uint256 deltaYReal;
    uint256 ic0X;
    uint256 ic0Y;
    uint256 ic1X;
    uint256 ic1Y;
    uint256 ic2X;
    uint256 ic2Y;
    uint256 ic3X;
    uint256 ic3Y;
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

    /// @notice Reverts unless the points A, B, C in `words` prove the three inputs under `key`.
    /// @dev The caller has checked that every input is below r.
    /// @param words A seal without its selector: one word that is not read here, then A (2 words), B (4)
    /// and C (2).
    function verify(
        VerifyingKey memory key,
        uint256 input1,
        uint256 input2,
        uint256 input3,
        uint256[9] calldata words
    ) internal view {
        _requireCanonical(0, words[1]);
        _requireCanonical(1, words[2]);
        _requireCanonical(2, words[3]);
        _requireCanonical(3, words[4]);
        _requireCanonical(4, words[5]);
        _requireCanonical(5, words[6]);
        _requireCanonical(6, words[7]);
        _requireCanonical(7, words[8]);

        uint256[24] memory pairs;
        (uint256 x, uint256 y) = (key.ic0X, key.ic0Y);
        (x, y) = _accumulate(x, y, key.ic1X, key.ic1Y, input1);
        (x, y) = _accumulate(x, y, key.ic2X, key.ic2Y, input2);
        (x, y) = _accumulate(x, y, key.ic3X, key.ic3Y, input3);
        assembly ("memory-safe") {
            // Pair 1: A and B. Pair 2: alpha and beta, the first words of the key. Pair 3: the sum
            // and gamma. Pair 4: C and delta.
            calldatacopy(pairs, add(words, 0x20), 0xc0)
            mcopy(add(pairs, 0xc0), key, 0xc0)
            mstore(add(pairs, 0x180), x)
            mstore(add(pairs, 0x1a0), y)
            mcopy(add(pairs, 0x1c0), add(key, 0xc0), 0x80)
            calldatacopy(add(pairs, 0x240), add(words, 0xe0), 0x40)
            mcopy(add(pairs, 0x280), add(key, 0x140), 0x80)
        }
        if (pairs[1] != 0) pairs[1] = BASE_FIELD_ORDER - pairs[1]; // -A

        uint256 product;
        bool success;
        assembly ("memory-safe") {
            // Scratch space takes the answer. A precompile that fails, by bad points or for want of
            // gas, leaves `success` zero, and then nothing is read from it.
            success := staticcall(gas(), PAIRING, pairs, 0x300, 0x00, 0x20)
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
    /// `gamma = delta` whoever knows one proof proves anything; with `beta = delta` or `beta = gamma`
    /// `(vk_x, gamma, -alpha)` or `(alpha + vk_x, beta, 0)` is a proof of everything; a generator in
    /// their place is the mark of a key whose setup was never finished; a point at infinity removes
    /// its pair, or its input, from the equation.
    function requireSafe(VerifyingKey memory key) internal pure {
        _requireNotZero("alpha", key.alphaX | key.alphaY);
        _requireNotZero(
            "beta", key.betaXImaginary | key.betaXReal | key.betaYImaginary | key.betaYReal
        );
        _requireNotZero(
            "gamma", key.gammaXImaginary | key.gammaXReal | key.gammaYImaginary | key.gammaYReal
        );
        _requireNotZero(
            "delta", key.deltaXImaginary | key.deltaXReal | key.deltaYImaginary | key.deltaYReal
        );
        _requireNotZero("ic0", key.ic0X | key.ic0Y);
        _requireNotZero("ic1", key.ic1X | key.ic1Y);
        _requireNotZero("ic2", key.ic2X | key.ic2Y);
        _requireNotZero("ic3", key.ic3X | key.ic3Y);
        if (key.betaXImaginary == key.gammaXImaginary && key.betaXReal == key.gammaXReal) {
            revert ISealVerifier.VerifyingKeyPointsEqual("beta", "gamma");
        }
        if (key.betaXImaginary == key.deltaXImaginary && key.betaXReal == key.deltaXReal) {
            revert ISealVerifier.VerifyingKeyPointsEqual("beta", "delta");
        }
        if (key.gammaXImaginary == key.deltaXImaginary && key.gammaXReal == key.deltaXReal) {
            revert ISealVerifier.VerifyingKeyPointsEqual("gamma", "delta");
        }
        _requireNotGenerator("beta", key.betaXImaginary, key.betaXReal);
        _requireNotGenerator("gamma", key.gammaXImaginary, key.gammaXReal);
        _requireNotGenerator("delta", key.deltaXImaginary, key.deltaXReal);
    }

    /// @dev The point `(x, y) + scalar * (pointX, pointY)`.
    function _accumulate(uint256 x, uint256 y, uint256 pointX, uint256 pointY, uint256 scalar)
        private
        view
        returns (uint256 sumX, uint256 sumY)
    {
        bool multiplied;
        bool added;
        assembly ("memory-safe") {
            // Four words of free memory, given back: the product lands where the addition reads it.
            let words := mload(0x40)
            mstore(words, pointX)
            mstore(add(words, 0x20), pointY)
            mstore(add(words, 0x40), scalar)
            multiplied := staticcall(gas(), EC_MUL, words, 0x60, words, 0x40)
            multiplied := and(multiplied, eq(returndatasize(), 0x40))
            mstore(add(words, 0x40), x)
            mstore(add(words, 0x60), y)
            added := staticcall(gas(), EC_ADD, words, 0x80, words, 0x40)
            added := and(added, eq(returndatasize(), 0x40))
            sumX := mload(words)
            sumY := mload(add(words, 0x20))
        }
        if (!multiplied) revert ISealVerifier.PrecompileFailed(EC_MUL);
        if (!added) revert ISealVerifier.PrecompileFailed(EC_ADD);
    }

    function _requireCanonical(uint256 index, uint256 coordinate) private pure {
        if (coordinate >= BASE_FIELD_ORDER) {
            revert ISealVerifier.ProofCoordinateNotCanonical(index, coordinate);
        }
    }

    function _requireNotZero(string memory point, uint256 bits) private pure {
        if (bits == 0) revert ISealVerifier.VerifyingKeyPointAtInfinity(point);
    }

    function _requireNotGenerator(string memory point, uint256 xImaginary, uint256 xReal)
        private
        pure
    {
        if (xImaginary == G2_GENERATOR_X_IMAGINARY && xReal == G2_GENERATOR_X_REAL) {
            revert ISealVerifier.VerifyingKeyPointIsGenerator(point);
        }
    }
}
