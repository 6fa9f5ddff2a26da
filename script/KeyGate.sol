// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {SealVerifier} from "../contracts/SealVerifier.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {VerifyingKey} from "../contracts/libraries/Groth16.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";

/// @notice The key of the verifier that is about to be deployed, in the open.
contract KeyReader is SealVerifier {
    function key() external pure returns (VerifyingKey memory) {
        return _key();
    }
}

/// @title What a verifying key must pass before anybody builds on it
/// @notice The constructor of the verifier refuses points at infinity, `gamma = delta` and generators.
/// Here is what costs too much there or takes a word of the operator.
library KeyGate {
    /// @notice A development key is worth nothing on a real chain: anybody can forge its seals.
    error DevelopmentKeyRefused(uint256 chainId);

    /// @notice The code does not hold the key that the operator means.
    error KeyDigestMismatch(bytes32 expected, bytes32 actual);

    /// @notice On any chain but a local one, name the key digest: `key_digest`.
    error KeyDigestRequired(uint256 chainId);

    /// @notice A point of the key is not on its curve, or a coordinate is not reduced.
    error KeyPointNotOnCurve(string point);

    /// @notice A point of the key is not in the subgroup of order r of the twist, or not on the twist.
    error KeyPointNotInSubgroup(string point);

    /// @notice The verifier refuses a seal that it should accept.
    error KnownSealRefused(bytes reason);

    /// @notice The verifier accepts the known seal for another statement.
    error OtherStatementAccepted();

    /// @notice The chain id of anvil and Hardhat.
    uint256 internal constant LOCAL_CHAIN_ID = 31337;

    /// @dev For each call of a precompile, which takes all it is given when it refuses a point.
    uint256 private constant GAS = 1_000_000;

    address private constant EC_ADD = address(0x06);
    address private constant PAIRING = address(0x08);

    /// @notice Reverts unless a key of this origin may go to the chain.
    function requireAllowed(bool isDevelopmentKey, uint256 chainId) internal pure {
        if (isDevelopmentKey && chainId != LOCAL_CHAIN_ID) revert DevelopmentKeyRefused(chainId);
    }

    /// @notice Reverts unless the key is the one that is meant.
    /// @dev The digest comes from the operator, who has it from the ceremony or from `rankproof keys
    /// info`, and not from the sources that are being deployed: a key file swapped after the export
    /// would otherwise go unnoticed.
    function requireMeant(bytes32 meant, bytes32 actual, uint256 chainId) internal pure {
        if (meant == 0 && chainId != LOCAL_CHAIN_ID) revert KeyDigestRequired(chainId);
        if (meant != 0 && meant != actual) revert KeyDigestMismatch(meant, actual);
    }

    /// @notice Reverts unless every point is where it should be.
    /// @dev The precompiles decide: addition refuses points off the curve, the pairing also those off
    /// the subgroup.
    function requireSound(VerifyingKey memory key) internal view {
        _requireOnCurve("alpha", key.alphaX, key.alphaY);
        _requireOnCurve("ic0", key.ic0X, key.ic0Y);
        _requireOnCurve("ic1", key.ic1X, key.ic1Y);
        _requireOnCurve("ic2", key.ic2X, key.ic2Y);
        _requireOnCurve("ic3", key.ic3X, key.ic3Y);
        _requireInSubgroup(
            "beta", [key.betaXImaginary, key.betaXReal, key.betaYImaginary, key.betaYReal]
        );
        _requireInSubgroup(
            "gamma", [key.gammaXImaginary, key.gammaXReal, key.gammaYImaginary, key.gammaYReal]
        );
        _requireInSubgroup(
            "delta", [key.deltaXImaginary, key.deltaXReal, key.deltaYImaginary, key.deltaYReal]
        );
    }

    /// @notice Reverts unless the verifier accepts a known seal, and only for its statements.
    function requireVerifies(
        ISealVerifier verifier,
        bytes memory seal,
        Statement[] memory statements
    ) internal view {
        try verifier.verify(seal, statements) {}
        catch (bytes memory reason) {
            revert KnownSealRefused(reason);
        }
        statements[0].context ^= 1;
        try verifier.verify(seal, statements) {
            revert OtherStatementAccepted();
        } catch {
            statements[0].context ^= 1;
        }
    }

    function _requireOnCurve(string memory point, uint256 x, uint256 y) private view {
        (bool success,) = EC_ADD.staticcall{gas: GAS}(abi.encode(x, y, 0, 0));
        if (!success) revert KeyPointNotOnCurve(point);
    }

    function _requireInSubgroup(string memory point, uint256[4] memory words) private view {
        (bool success,) = PAIRING.staticcall{gas: GAS}(abi.encode(0, 0, words));
        if (!success) revert KeyPointNotInSubgroup(point);
    }
}
