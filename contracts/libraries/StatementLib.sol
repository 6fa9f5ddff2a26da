// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @notice What one LoRA proof claims: the adapter committed in `adapter` was applied to the inputs
/// in `activations` and gave the outputs in `activations`, for the purpose bound in `context`.
/// @dev Each is an element of the scalar field of BN254. docs/protocol.md section 1 says what they
/// hash, and what a statement does not say: that the inputs came from the base model, or that two
/// statements stand for two units of work.
struct Statement {
    uint256 adapter;
    uint256 activations;
    uint256 context;
}

/// @title Statements as the seal and the registry read them
/// @notice The field check, the padding, the challenge and the evaluation that tie a list of
/// statements to a seal (docs/protocol.md section 5), and the keccak Merkle tree of the registry.
/// @dev The Rust crate `statement` computes the same challenge and evaluation; `chain` the same
/// tree. The files in `fixtures/seals` hold both sides to it.
library StatementLib {
    /// @notice The order r of the scalar field of BN254.
    uint256 internal constant SCALAR_FIELD_ORDER =
        0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// @notice Separates the challenge from every other keccak of the protocol.
    bytes32 internal constant SEAL_TAG = keccak256("rankproof.seal.v1");

    /// @notice Elements per statement.
    uint256 internal constant ELEMENTS = 3;

    /// @notice `statements` repeated at its end to exactly `slots` entries, which is what the circuit
    /// proves: it has no empty slot.
    /// @dev The caller has checked `1 <= statements.length <= slots`.
    function padded(Statement[] calldata statements, uint256 slots)
        internal
        pure
        returns (Statement[] memory all)
    {
        all = new Statement[](slots);
        uint256 last = statements.length - 1;
        for (uint256 i = 0; i < slots; ++i) {
            all[i] = statements[i < last ? i : last];
        }
    }

    /// @notice The point at which the statements are compared: keccak256 of the seal's root and of
    /// all (padded) statements, reduced modulo r.
    /// @dev The root fixes the statements of the circuit before this point exists, the calldata those
    /// of the contract. Two different lists agree at it with probability at most 3K/r.
    function challenge(uint256 root, Statement[] memory all) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(SEAL_TAG, root, all))) % SCALAR_FIELD_ORDER;
    }

    /// @notice `sum_i c_i * point^i mod r` over the elements (adapter, activations, context of the
    /// first statement, then of the second, and so on).
    /// @dev `mulmod` would reduce an element c + r in silence, so the caller has refused those.
    function evaluation(Statement[] memory all, uint256 point)
        internal
        pure
        returns (uint256 value)
    {
        uint256 r = SCALAR_FIELD_ORDER;
        for (uint256 i = all.length; i > 0; --i) {
            Statement memory statement = all[i - 1];
            value = addmod(mulmod(value, point, r), statement.context, r);
            value = addmod(mulmod(value, point, r), statement.activations, r);
            value = addmod(mulmod(value, point, r), statement.adapter, r);
        }
    }

    /// @notice The leaf of a statement: keccak256 twice, as OpenZeppelin's StandardMerkleTree does
    /// for the types (uint256, uint256, uint256).
    /// @dev A leaf hashes 32 bytes and an inner node 64, so that neither passes for the other.
    function leaf(Statement calldata statement) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(statement))));
    }

    /// @notice The root that `StandardMerkleTree.of(statements, ["uint256", "uint256", "uint256"])`
    /// of OpenZeppelin's JavaScript library has: leaves sorted, pairs sorted, complete binary tree.
    /// The root of a single statement is its leaf.
    /// @param leaves At least one leaf, in any order; the array is overwritten.
    function merkleRoot(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 count = leaves.length;
        if (count == 1) return leaves[0];
        _sort(leaves);
        // That library stores 2L - 1 nodes with the root at index 0 and the smallest leaf at the end.
        bytes32[] memory nodes = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; ++i) {
            nodes[2 * count - 2 - i] = leaves[i];
        }
        for (uint256 i = count - 1; i > 0; --i) {
            nodes[i - 1] = Hashes.commutativeKeccak256(nodes[2 * i - 1], nodes[2 * i]);
        }
        return nodes[0];
    }

    /// @dev Insertion sort: a seal holds few statements, and two leaves take one comparison.
    function _sort(bytes32[] memory values) private pure {
        for (uint256 i = 1; i < values.length; ++i) {
            bytes32 value = values[i];
            uint256 j = i;
            while (j > 0 && values[j - 1] > value) {
                values[j] = values[j - 1];
                --j;
            }
            values[j] = value;
        }
    }
}
