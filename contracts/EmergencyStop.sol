// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IEmergencyStop} from "./interfaces/IEmergencyStop.sol";
import {ISealVerifier} from "./interfaces/ISealVerifier.sol";
import {IVerifiesSeals} from "./interfaces/IVerifiesSeals.sol";
import {Statement} from "./libraries/StatementLib.sol";

/// @title The brake in front of one verifier
/// @notice Verifies exactly what its verifier verifies, until it is stopped; then nothing, for ever.
/// @dev Guardian and verifier are fixed: a guardian that changes hands is a multi-signature wallet.
contract EmergencyStop is IEmergencyStop {
    /// @inheritdoc IEmergencyStop
    ISealVerifier public immutable verifier;

    /// @inheritdoc IEmergencyStop
    address public immutable guardian;

    /// @inheritdoc IEmergencyStop
    bool public stopped;

    constructor(ISealVerifier verifier_, address guardian_) {
        if (address(verifier_).code.length == 0) revert VerifierWithoutCode(address(verifier_));
        verifier = verifier_;
        // Zero is meant: nobody is the guardian then.
        // slither-disable-next-line missing-zero-check
        guardian = guardian_;
    }

    /// @inheritdoc IVerifiesSeals
    function verify(bytes calldata seal, Statement[] calldata statements) external view {
        if (stopped) revert VerifierStopped();
        verifier.verify(seal, statements);
    }

    /// @inheritdoc IEmergencyStop
    function stop() external {
        if (msg.sender != guardian) revert NotTheGuardian(msg.sender);
        _stop(false);
    }

    /// @inheritdoc IEmergencyStop
    function stopWithProof(bytes calldata seal, Statement[] calldata statements) external {
        if (!_oneIsImpossible(statements)) revert StatementIsPossible();
        verifier.verify(seal, statements);
        _stop(true);
    }

    /// @inheritdoc ISealVerifier
    // solhint-disable-next-line func-name-mixedcase
    function SELECTOR() external view returns (bytes4) {
        return verifier.SELECTOR();
    }

    /// @inheritdoc ISealVerifier
    function keyDigest() external view returns (bytes32) {
        return verifier.keyDigest();
    }

    /// @inheritdoc ISealVerifier
    function parametersDigest() external view returns (bytes32) {
        return verifier.parametersDigest();
    }

    /// @inheritdoc ISealVerifier
    function slots() external view returns (uint256) {
        return verifier.slots();
    }

    /// @inheritdoc ISealVerifier
    function profile() external view returns (string memory) {
        return verifier.profile();
    }

    /// @inheritdoc ISealVerifier
    function isDevelopmentKey() external view returns (bool) {
        return verifier.isDevelopmentKey();
    }

    function _stop(bool broken) private {
        if (stopped) revert VerifierStopped();
        stopped = true;
        emit Stopped(msg.sender, broken);
    }

    function _oneIsImpossible(Statement[] calldata statements) private pure returns (bool) {
        for (uint256 i = 0; i < statements.length; ++i) {
            Statement calldata s = statements[i];
            if (s.adapter | s.activations | s.context == 0) return true;
        }
        return false;
    }
}
