// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement} from "../../contracts/libraries/StatementLib.sol";

/// @title What a client of the registry does off chain
/// @notice The tree of OpenZeppelin's `StandardMerkleTree.of(statements, [uint256 x 3])` with its
/// paths, written as that library stores it: 2L - 1 nodes, node i has the children 2i + 1 and 2i + 2,
/// sorted leaves from the end. Second author of the root that `StatementLib` computes on chain.
library MerkleTree {
    function leaf(Statement memory s) internal pure returns (bytes32) {
        bytes memory encoded = abi.encodePacked(s.adapter, s.activations, s.context);
        return keccak256(abi.encodePacked(keccak256(encoded)));
    }

    function nodes(Statement[] memory statements) internal pure returns (bytes32[] memory tree) {
        uint256 count = statements.length;
        tree = new bytes32[](2 * count - 1);
        bool[] memory used = new bool[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 smallest = count;
            for (uint256 j = 0; j < count; ++j) {
                bool smaller = smallest == count
                    || (!used[j] && leaf(statements[j]) < leaf(statements[smallest]));
                if (!used[j] && smaller) smallest = j;
            }
            used[smallest] = true;
            tree[2 * count - 2 - i] = leaf(statements[smallest]);
        }
        for (uint256 i = count - 1; i > 0; --i) {
            (bytes32 a, bytes32 b) = (tree[2 * i - 1], tree[2 * i]);
            tree[i - 1] = keccak256(a < b ? abi.encodePacked(a, b) : abi.encodePacked(b, a));
        }
    }

    function root(Statement[] memory statements) internal pure returns (bytes32) {
        return nodes(statements)[0];
    }

    /// @notice The siblings of the statement at `index`, from its leaf up.
    function path(Statement[] memory statements, uint256 index)
        internal
        pure
        returns (bytes32[] memory siblings)
    {
        bytes32[] memory tree = nodes(statements);
        uint256 position = tree.length - 1;
        while (tree[position] != leaf(statements[index])) --position;
        uint256 depth = 0;
        for (uint256 p = position; p > 0; p = (p - 1) / 2) {
            ++depth;
        }
        siblings = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            siblings[i] = tree[position % 2 == 1 ? position + 1 : position - 1];
            position = (position - 1) / 2;
        }
    }
}
