// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement} from "../libraries/StatementLib.sol";

/// @title What an application asks of whatever checks seals for it
/// @notice A `SealVerifier`, the `EmergencyStop` in front of one and the `VerifierRouter` in front of
/// many all answer this one call: an application pins the layer that it trusts (docs/integrate.md).
interface IVerifiesSeals {
    /// @notice Reverts unless `seal` proves every one of `statements`, in this order; returns nothing.
    /// @dev The caller takes `adapter` and `context` from its own storage, not from the prover.
    /// Anybody can turn a seal into another one of the same statements: never use a seal, its hash or
    /// its root as an identity. A point off its curve burns the gas handed to a precompile, so a
    /// caller that goes on after a failed `verify` must limit the gas it passes.
    /// @param seal Selector (4 bytes), root (32), then the points A, B, C as EIP-197 words (256).
    /// @param statements At least one, and at most as many as the seal has slots.
    function verify(bytes calldata seal, Statement[] calldata statements) external view;
}
