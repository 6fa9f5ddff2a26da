// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement} from "../libraries/StatementLib.sol";
import {ISealVerifier} from "./ISealVerifier.sol";

/// @title A verifier that can be stopped, once and for ever
/// @notice Two can stop it: the guardian, who needs no reason, and anybody at all who shows that the
/// verifier behind it accepts a seal of the impossible statement. Nobody can start it again, and
/// nobody can make it accept what the verifier refuses.
interface IEmergencyStop is ISealVerifier {
    /// @notice The verifier will not verify again through this contract.
    /// @param by Who called.
    /// @param broken True if a seal of the impossible statement was shown: the key or the proof system
    /// is broken, and whatever was recorded with this selector deserves no trust.
    event Stopped(address indexed by, bool broken);

    /// @notice It is stopped.
    error VerifierStopped();

    /// @notice Only the guardian may stop it without a proof.
    error NotTheGuardian(address caller);

    /// @notice None of the statements is the impossible one, all three elements 0.
    error StatementIsPossible();

    /// @notice In the constructor: there is no contract at the address of the verifier.
    error VerifierWithoutCode(address verifier);

    /// @notice Stops it; for the guardian.
    function stop() external;

    /// @notice Stops it; for anybody with a seal of statements of which one is the impossible one.
    /// @dev The impossible one is (0, 0, 0): its adapter and activations ids of 0 take preimages of 0
    /// under the hash, so whoever has such a seal can forge. It is checked by the verifier itself.
    function stopWithProof(bytes calldata seal, Statement[] calldata statements) external;

    /// @notice Whether it is stopped.
    function stopped() external view returns (bool);

    /// @notice Who may stop it without a proof. The zero address if nobody may.
    function guardian() external view returns (address);

    /// @notice The verifier that it stands in front of.
    function verifier() external view returns (ISealVerifier);
}
