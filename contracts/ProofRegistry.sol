// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

import {AdapterRegistry} from "./AdapterRegistry.sol";
import {IAdapterRegistry} from "./interfaces/IAdapterRegistry.sol";
import {IProofRegistry} from "./interfaces/IProofRegistry.sol";
import {IVerifiesSeals} from "./interfaces/IVerifiesSeals.sol";
import {Statement, StatementLib} from "./libraries/StatementLib.sol";

/// @title The memory of what was proven, and of who stands for an adapter
/// @notice No owner and no way to a record but a seal that verifies. See `IProofRegistry` for what a
/// record means and `IAdapterRegistry` for the entries of adapters.
contract ProofRegistry is IProofRegistry, AdapterRegistry, ERC165 {
    /// @dev One slot. `exists` is apart, since a selector may be zero.
    struct First {
        bool exists;
        bytes4 selector;
    }

    /// @inheritdoc IProofRegistry
    IVerifiesSeals public immutable verifier;

    /// @dev The selector that was first. One mapping for leaves and roots: a leaf hashes 32 bytes and
    /// an inner node 64, so that a leaf is the root of a batch of one and of nothing else.
    mapping(bytes32 leafOrRoot => First) private _first;

    /// @dev Those that came later.
    mapping(bytes32 leafOrRoot => mapping(bytes4 selector => bool)) private _later;

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

        bytes4 selector = bytes4(seal[:4]);
        uint256 count = statements.length;
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            leaves[i] = StatementLib.leaf(statements[i]);
            if (recordEach || count == 1) {
                newRecords += _recordStatement(leaves[i], statements[i], selector);
            }
        }
        root = StatementLib.merkleRoot(leaves);
        if (count > 1 && _record(root, selector)) {
            ++newRecords;
            emit BatchRecorded(root, selector, statements);
        }
    }

    /// @inheritdoc IProofRegistry
    function isProven(Statement calldata statement) external view returns (bool) {
        return isRecorded(StatementLib.leaf(statement));
    }

    /// @inheritdoc IProofRegistry
    function isProven(Statement calldata statement, bytes32 root, bytes32[] calldata path)
        external
        view
        returns (bool)
    {
        return isRecorded(root)
            && MerkleProof.verifyCalldata(path, root, StatementLib.leaf(statement));
    }

    /// @inheritdoc IProofRegistry
    function isProvenBy(Statement calldata statement, bytes4 selector)
        external
        view
        returns (bool)
    {
        return isRecordedBy(StatementLib.leaf(statement), selector);
    }

    /// @inheritdoc IProofRegistry
    function areProven(Statement[] calldata statements)
        external
        view
        returns (bool[] memory answers)
    {
        answers = new bool[](statements.length);
        for (uint256 i = 0; i < statements.length; ++i) {
            answers[i] = isRecorded(StatementLib.leaf(statements[i]));
        }
    }

    /// @inheritdoc IProofRegistry
    function leafOf(Statement calldata statement) external pure returns (bytes32) {
        return StatementLib.leaf(statement);
    }

    /// @inheritdoc IProofRegistry
    function isRecorded(bytes32 leafOrRoot) public view returns (bool) {
        return _first[leafOrRoot].exists;
    }

    /// @inheritdoc IProofRegistry
    function isRecordedBy(bytes32 leafOrRoot, bytes4 selector) public view returns (bool) {
        First memory first = _first[leafOrRoot];
        return (first.exists && first.selector == selector) || _later[leafOrRoot][selector];
    }

    /// @inheritdoc ERC165
    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == type(IProofRegistry).interfaceId
            || interfaceId == type(IAdapterRegistry).interfaceId
            || super.supportsInterface(interfaceId);
    }

    /// @inheritdoc AdapterRegistry
    function _proveOne(bytes calldata seal, Statement calldata statement)
        internal
        override
        returns (bytes4 selector)
    {
        Statement[] memory statements = new Statement[](1);
        statements[0] = statement;
        verifier.verify(seal, statements);
        selector = bytes4(seal[:4]);
        _recordStatement(StatementLib.leaf(statement), statement, selector);
    }

    /// @dev 1 if this is a new record, with its event; 0 if it was one before.
    function _recordStatement(bytes32 leaf, Statement calldata statement, bytes4 selector)
        private
        returns (uint256)
    {
        if (!_record(leaf, selector)) return 0;
        emit StatementRecorded(
            leaf, statement.adapter, statement.context, statement.activations, selector
        );
        return 1;
    }

    /// @dev True if the key was not a record of this selector before; it is one now.
    function _record(bytes32 leafOrRoot, bytes4 selector) private returns (bool isNew) {
        First memory first = _first[leafOrRoot];
        if (!first.exists) {
            _first[leafOrRoot] = First({exists: true, selector: selector});
            return true;
        }
        if (first.selector == selector || _later[leafOrRoot][selector]) return false;
        _later[leafOrRoot][selector] = true;
        return true;
    }
}
