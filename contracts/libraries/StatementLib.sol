// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {ISealVerifier} from "../interfaces/ISealVerifier.sol";

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

    /// @notice The elements (adapter, activations, context) of `statements` one after the other, the
    /// last statement repeated up to `slots`: what the circuit proves, which has no empty slot.
    /// @dev Reverts unless `1 <= statements.length <= slots` and every element is below r.
    function paddedElements(Statement[] calldata statements, uint256 slots)
        internal
        pure
        returns (uint256[] memory elements)
    {
        uint256 count = statements.length;
        if (count == 0 || count > slots) {
            revert ISealVerifier.StatementCountOutOfRange(slots, count);
        }
        elements = new uint256[](ELEMENTS * slots);
        uint256 next = 0;
        for (uint256 slot = 0; slot < slots; ++slot) {
            // Neither can wrap: `count` is at least 1, `next` ends at the length of the array.
            unchecked {
                uint256 index = slot < count ? slot : count - 1;
                Statement calldata statement = statements[index];
                elements[next++] = _canonical(index, 0, statement.adapter);
                elements[next++] = _canonical(index, 1, statement.activations);
                elements[next++] = _canonical(index, 2, statement.context);
            }
        }
    }

    /// @notice The point at which the statements are compared:
    /// `keccak256(abi.encode(SEAL_TAG, root, statements)) mod r` over the padded statements.
    /// @dev The root fixes the statements of the circuit before this point exists, the calldata those
    /// of the contract. Two different lists agree at it with probability at most 4K/r.
    function challenge(uint256 root, uint256[] memory elements) internal pure returns (uint256) {
        // In that encoding the array is at offset 96: its length, then its elements.
        bytes memory preimage =
            abi.encodePacked(SEAL_TAG, root, uint256(96), elements.length / ELEMENTS, elements);
        return uint256(keccak256(preimage)) % SCALAR_FIELD_ORDER;
    }

    /// @notice `sum_i elements[i] * point^i mod r`, by Horner's rule.
    function evaluation(uint256[] memory elements, uint256 point)
        internal
        pure
        returns (uint256 value)
    {
        uint256 i = elements.length;
        while (i > 0) {
            unchecked {
                --i; // it was above 0
            }
            value =
                addmod(mulmod(value, point, SCALAR_FIELD_ORDER), elements[i], SCALAR_FIELD_ORDER);
        }
    }

    /// @notice The leaf of a statement: keccak256 twice, as OpenZeppelin's StandardMerkleTree does
    /// for the types (uint256, uint256, uint256).
    /// @dev A leaf hashes 32 bytes and an inner node 64, so that neither passes for the other.
    function leaf(Statement calldata statement) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            // keccak256(bytes.concat(keccak256(abi.encode(statement)))): the calldata is the encoding.
            // Written out, it costs a tenth of that.
            let encoding := mload(0x40)
            calldatacopy(encoding, statement, 0x60)
            mstore(0x00, keccak256(encoding, 0x60))
            hash := keccak256(0x00, 0x20)
        }
    }

    /// @notice The root that `StandardMerkleTree.of(statements, ["uint256", "uint256", "uint256"])`
    /// of OpenZeppelin's JavaScript library has: leaves sorted, pairs sorted, complete binary tree.
    /// The root of a single statement is its leaf.
    /// @param leaves At least one leaf, in any order.
    function merkleRoot(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 count = leaves.length;
        if (count == 1) return leaves[0];
        // That library stores 2L - 1 nodes with the root at index 0 and the smallest leaf at the end:
        // node i has the children 2i + 1 and 2i + 2, leaves start at L - 1.
        bytes32[] memory nodes = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; ++i) {
            bytes32 inserted = leaves[i];
            assembly ("memory-safe") {
                // Insertion into the i leaves before it, kept in descending order. Reading nodes[L - 2]
                // in the last comparison is harmless. Written out, since every access here is in
                // bounds, and checking each costs a statement several hundred gas.
                let first := add(nodes, shl(5, count))
                let place := add(first, shl(5, i))
                for { let before := mload(sub(place, 0x20)) }
                and(gt(place, first), lt(before, inserted)) { before := mload(sub(place, 0x20)) } {
                    mstore(place, before)
                    place := sub(place, 0x20)
                }
                mstore(place, inserted)
            }
        }
        unchecked {
            // No index wraps: i is at least 1.
            for (uint256 i = count - 1; i > 0; --i) {
                nodes[i - 1] = Hashes.commutativeKeccak256(nodes[2 * i - 1], nodes[2 * i]);
            }
        }
        return nodes[0];
    }

    /// @dev `mulmod` would reduce an element c + r to c, in silence.
    function _canonical(uint256 statement, uint256 element, uint256 value)
        private
        pure
        returns (uint256)
    {
        if (value >= SCALAR_FIELD_ORDER) {
            revert ISealVerifier.StatementElementNotCanonical(statement, element, value);
        }
        return value;
    }
}
