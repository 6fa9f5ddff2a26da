// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement} from "../libraries/StatementLib.sol";
import {IVerifiesSeals} from "./IVerifiesSeals.sol";

/// @title The memory of what was proven
/// @notice A record says that on some day a seal of this statement verified here, under a key with this
/// selector. It says nothing about who sent it, how often, in which order or in whose company, and it
/// never goes away.
///
/// - Replay: a seal is public and anybody may send it, again and again, also re-randomized. That
///   changes nothing: a record is made once for each selector, and carries no sender.
/// - Versions: a statement that was proven under one selector and then under another has both records,
///   so that nobody keeps it from the better one by sending the other first. `isProven` asks for any
///   selector; whoever trusts only some, or trusts one no more, asks `isProvenBy`.
/// - Order and duplicates: a root is that of the sorted leaves, so `[A, B]` and `[B, A]` are one
///   record (the verifier still wants the order that was sealed); `[A, A]` proves A and nothing more.
/// - A statement is an identity, a root or a seal is not. Whoever pays for work names the whole
///   statement, with a context of its own, and remembers that it has paid.
interface IProofRegistry {
    /// @notice A single statement became a record, under its leaf.
    event StatementRecorded(
        bytes32 indexed leaf,
        uint256 indexed adapter,
        uint256 indexed context,
        uint256 activations,
        bytes4 selector
    );

    /// @notice A batch of two or more statements became a record, under its keccak Merkle root.
    event BatchRecorded(bytes32 indexed root, bytes4 indexed selector, Statement[] statements);

    /// @notice In the constructor: there is no contract at the address of the verifier.
    error VerifierWithoutCode(address verifier);

    /// @notice Records the statements of a seal. Reverts, with an error of the verifier, unless the
    /// seal proves all of them in this order, even if all of them are records already.
    /// @dev Every new record emits exactly one event; what is recorded already, with the selector of this
    /// seal, emits none.
    /// @param seal The seal, as `IVerifiesSeals.verify` takes it.
    /// @param statements 1 to `slots()` statements of the verifier of this seal.
    /// @param recordEach Also records every single statement of a batch, so that `isProven(statement)`
    /// finds it without a path. A batch of one is a single statement anyway.
    /// @return root The keccak Merkle root of the statements; the leaf, if there is only one.
    /// @return newRecords How many records this call made; 0 if all of it was known already.
    function submit(bytes calldata seal, Statement[] calldata statements, bool recordEach)
        external
        returns (bytes32 root, uint256 newRecords);

    /// @notice Whether the single statement is a record.
    function isProven(Statement calldata statement) external view returns (bool);

    /// @notice Whether the statement is in the recorded batch with this root.
    /// @param path The siblings from the leaf to the root, as `MerkleProof` of OpenZeppelin and
    /// `StandardMerkleTree.getProof` have them; empty for a single statement.
    function isProven(Statement calldata statement, bytes32 root, bytes32[] calldata path)
        external
        view
        returns (bool);

    /// @notice Whether the single statement is a record of a seal with this selector.
    function isProvenBy(Statement calldata statement, bytes4 selector) external view returns (bool);

    /// @notice Whether each of these single statements is a record, in this order.
    function areProven(Statement[] calldata statements) external view returns (bool[] memory);

    /// @notice Whether a leaf or root is a record.
    function isRecorded(bytes32 leafOrRoot) external view returns (bool);

    /// @notice Whether a leaf or root is a record of a seal with this selector.
    function isRecordedBy(bytes32 leafOrRoot, bytes4 selector) external view returns (bool);

    /// @notice The leaf of a statement: keccak256(keccak256(abi.encode(statement))).
    function leafOf(Statement calldata statement) external pure returns (bytes32);

    /// @notice What every seal has passed: a verifier, the stop in front of one, or a router.
    function verifier() external view returns (IVerifiesSeals);
}
