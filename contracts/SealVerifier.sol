// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {SealVerifierBase} from "./SealVerifierBase.sol";
import {SealVerifyingKey} from "./generated/SealVerifyingKey.sol";
import {VerifyingKey} from "./libraries/Groth16.sol";

/// @title The verifier of seals for the key in `generated/SealVerifyingKey.sol`
/// @notice No owner, no storage, no upgrade: the key is in the code, and the selector names it.
contract SealVerifier is SealVerifierBase {
    /// @notice The name of the profile that the key belongs to.
    function profile() external pure returns (string memory) {
        return SealVerifyingKey.PROFILE;
    }

    /// @notice True if the key was made from a public seed, so that anybody can forge seals.
    function isDevelopmentKey() external pure returns (bool) {
        return SealVerifyingKey.IS_DEVELOPMENT;
    }

    /// @inheritdoc SealVerifierBase
    function parametersDigest() public pure override returns (bytes32) {
        return SealVerifyingKey.PARAMETERS_DIGEST;
    }

    /// @inheritdoc SealVerifierBase
    function slots() public pure override returns (uint256) {
        return SealVerifyingKey.SLOTS;
    }

    /// @inheritdoc SealVerifierBase
    function _key() internal pure override returns (VerifyingKey memory) {
        return VerifyingKey({
            alphaX: SealVerifyingKey.ALPHA_X,
            alphaY: SealVerifyingKey.ALPHA_Y,
            betaXImaginary: SealVerifyingKey.BETA_X_IMAGINARY,
            betaXReal: SealVerifyingKey.BETA_X_REAL,
            betaYImaginary: SealVerifyingKey.BETA_Y_IMAGINARY,
            betaYReal: SealVerifyingKey.BETA_Y_REAL,
            gammaXImaginary: SealVerifyingKey.GAMMA_X_IMAGINARY,
            gammaXReal: SealVerifyingKey.GAMMA_X_REAL,
            gammaYImaginary: SealVerifyingKey.GAMMA_Y_IMAGINARY,
            gammaYReal: SealVerifyingKey.GAMMA_Y_REAL,
            deltaXImaginary: SealVerifyingKey.DELTA_X_IMAGINARY,
            deltaXReal: SealVerifyingKey.DELTA_X_REAL,
            deltaYImaginary: SealVerifyingKey.DELTA_Y_IMAGINARY,
            deltaYReal: SealVerifyingKey.DELTA_Y_REAL,
            ic0X: SealVerifyingKey.IC0_X,
            ic0Y: SealVerifyingKey.IC0_Y,
            ic1X: SealVerifyingKey.IC1_X,
            ic1Y: SealVerifyingKey.IC1_Y,
            ic2X: SealVerifyingKey.IC2_X,
            ic2Y: SealVerifyingKey.IC2_Y,
            ic3X: SealVerifyingKey.IC3_X,
            ic3Y: SealVerifyingKey.IC3_Y
        });
    }
}
