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
            alpha: [SealVerifyingKey.ALPHA_X, SealVerifyingKey.ALPHA_Y],
            beta: [
                SealVerifyingKey.BETA_X_IMAGINARY,
                SealVerifyingKey.BETA_X_REAL,
                SealVerifyingKey.BETA_Y_IMAGINARY,
                SealVerifyingKey.BETA_Y_REAL
            ],
            gamma: [
                SealVerifyingKey.GAMMA_X_IMAGINARY,
                SealVerifyingKey.GAMMA_X_REAL,
                SealVerifyingKey.GAMMA_Y_IMAGINARY,
                SealVerifyingKey.GAMMA_Y_REAL
            ],
            delta: [
                SealVerifyingKey.DELTA_X_IMAGINARY,
                SealVerifyingKey.DELTA_X_REAL,
                SealVerifyingKey.DELTA_Y_IMAGINARY,
                SealVerifyingKey.DELTA_Y_REAL
            ],
            ic0: [SealVerifyingKey.IC0_X, SealVerifyingKey.IC0_Y],
            ic1: [SealVerifyingKey.IC1_X, SealVerifyingKey.IC1_Y],
            ic2: [SealVerifyingKey.IC2_X, SealVerifyingKey.IC2_Y],
            ic3: [SealVerifyingKey.IC3_X, SealVerifyingKey.IC3_Y]
        });
    }
}
