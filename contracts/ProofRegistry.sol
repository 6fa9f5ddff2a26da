// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {IProofRegistry} from "./interfaces/IProofRegistry.sol";
import {IVerifiesSeals} from "./interfaces/IVerifiesSeals.sol";
import {Statement, StatementLib} from "./libraries/StatementLib.sol";

/// @title The memory of what was proven
/// @notice No owner and no way to a record but a seal that verifies. See `IProofRegistry` for what a
/// record means.
contract ProofRegistry is IProofRegistry {
    /// @inheritdoc IProofRegistry
    IVerifiesSeals public immutable verifier;

    /// @inheritdoc IProofRegistry
    /// @dev One mapping for both: a leaf hashes 32 bytes and an inner node 64, so that a leaf is the
    /// root of a batch of one and of nothing else.
    mapping(bytes32 leafOrRoot => bool) public isRecorded;

    constructor(IVerifiesSeals verifier_) {
        if (address(verifier_).code.length == 0) revert VerifierWithoutCode(address(verifier_));
        verifier = verifier_;
    }

    /// @inheritdoc IProofRegistry
    function submit(bytes calldata seal, Statement[] calldata statements, bool recordEach)
        external
        returns (bytes32 root, uint256 newRecords)
    {
        verifier.verify(seal, statements); // refuses an empty list

        uint256 count = statements.length;
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            Statement calldata statement = statements[i];
            bytes32 leaf = StatementLib.leaf(statement);
            leaves[i] = leaf;
            if ((recordEach || count == 1) && _record(leaf)) {
                ++newRecords;
                emit StatementRecorded(
                    leaf, statement.adapter, statement.context, statement.activations
                );
            }
        }
        root = StatementLib.merkleRoot(leaves);
        if (count > 1 && _record(root)) {
            ++newRecords;
            emit BatchRecorded(root, statements);
        }
    }

    /// @inheritdoc IProofRegistry
    function isProven(Statement calldata statement) external view returns (bool) {
        return isRecorded[StatementLib.leaf(statement)];
    }

    /// @inheritdoc IProofRegistry
    function isProven(Statement calldata statement, bytes32 root, bytes32[] calldata path)
        external
        view
        returns (bool)
    {
        return isRecorded[root]
            && MerkleProof.verifyCalldata(path, root, StatementLib.leaf(statement));
    }

    /// @inheritdoc IProofRegistry
    function leafOf(Statement calldata statement) external pure returns (bytes32) {
        return StatementLib.leaf(statement);
    }

    /// @dev True if the key was not a record before; it is one now.
    function _record(bytes32 leafOrRoot) private returns (bool isNew) {
        isNew = !isRecorded[leafOrRoot];
        if (isNew) isRecorded[leafOrRoot] = true;
    }
}
