// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ContextLib} from "../../contracts/libraries/ContextLib.sol";
import {Statement, StatementLib} from "../../contracts/libraries/StatementLib.sol";

/// @title The pure parts of the contracts, for all inputs of a few sizes
/// @notice halmos (`make halmos`) runs every `check_` function with symbolic arguments and looks for some
/// that make an assertion fail. keccak256 is uninterpreted, which assumes no collisions. forge compiles
/// this file and runs nothing of it.
contract StatementLibSymbolic {
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    /// The loop of Horner's rule is the polynomial, written out for two statements.
    function check_EvaluationIsThePolynomial(uint256[6] memory e, uint256 x) external pure {
        uint256[] memory elements = new uint256[](6);
        for (uint256 i = 0; i < 6; ++i) {
            elements[i] = e[i];
        }
        uint256 value = addmod(mulmod(0, x, R), e[5], R);
        value = addmod(mulmod(value, x, R), e[4], R);
        value = addmod(mulmod(value, x, R), e[3], R);
        value = addmod(mulmod(value, x, R), e[2], R);
        value = addmod(mulmod(value, x, R), e[1], R);
        value = addmod(mulmod(value, x, R), e[0], R);
        assert(StatementLib.evaluation(elements, x) == value);
    }

    /// The hand-packed preimage is the encoding of the compiler, for one and two slots.
    function check_ChallengeIsTheHashOfTheEncoding(
        uint256 root,
        Statement memory a,
        Statement memory b
    ) external pure {
        _challenge(root, a, a, 1);
        _challenge(root, a, b, 2);
    }

    /// One statement in three slots: its own elements, three times, or a revert if one is not below r.
    function check_PaddingRepeatsTheLast(Statement memory a) external view {
        Statement[] memory given = new Statement[](1);
        given[0] = a;
        bool canonical = a.adapter < R && a.activations < R && a.context < R;
        try this.padded(given, 3) returns (uint256[] memory elements) {
            assert(canonical);
            assert(elements.length == 9);
            for (uint256 slot = 0; slot < 3; ++slot) {
                assert(elements[3 * slot] == a.adapter);
                assert(elements[3 * slot + 1] == a.activations);
                assert(elements[3 * slot + 2] == a.context);
            }
        } catch {
            assert(!canonical);
        }
    }

    /// Two statements in two or three slots, in this order.
    function check_PaddingKeepsTheOrder(Statement memory a, Statement memory b) external view {
        Statement[] memory given = new Statement[](2);
        (given[0], given[1]) = (a, b);
        bool canonical = a.adapter < R && a.activations < R && a.context < R && b.adapter < R
            && b.activations < R && b.context < R;
        try this.padded(given, 3) returns (uint256[] memory elements) {
            assert(canonical);
            assert(elements[0] == a.adapter && elements[1] == a.activations);
            assert(elements[2] == a.context);
            for (uint256 slot = 1; slot < 3; ++slot) {
                assert(elements[3 * slot] == b.adapter);
                assert(elements[3 * slot + 1] == b.activations);
                assert(elements[3 * slot + 2] == b.context);
            }
        } catch {
            assert(!canonical);
        }
    }

    /// None, and one too many, are refused, whatever they are.
    function check_PaddingRefusesOtherCounts(Statement memory a, Statement memory b) external view {
        try this.padded(new Statement[](0), 1) returns (uint256[] memory) {
            assert(false);
        } catch {}
        Statement[] memory given = new Statement[](2);
        (given[0], given[1]) = (a, b);
        try this.padded(given, 1) returns (uint256[] memory) {
            assert(false);
        } catch {}
    }

    /// The leaf in assembly is the double hash.
    function check_LeafIsTheDoubleHash(Statement memory a) external view {
        assert(this.leaf(a) == keccak256(bytes.concat(keccak256(abi.encode(a)))));
    }

    /// The roots of one, two and three leaves, in any order, are those of the sorted tree, written out.
    function check_RootOfOneToThree(bytes32 a, bytes32 b, bytes32 c) external pure {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = a;
        assert(StatementLib.merkleRoot(leaves) == a);

        leaves = new bytes32[](2);
        (leaves[0], leaves[1]) = (a, b);
        assert(StatementLib.merkleRoot(leaves) == _pair(a, b));

        leaves = new bytes32[](3);
        (leaves[0], leaves[1], leaves[2]) = (a, b, c);
        bytes32 root = StatementLib.merkleRoot(leaves);
        // Nodes 1 and 2 under the root: 1 has the smaller two leaves as children, 2 is the largest.
        if (a >= b && a >= c) assert(root == _pair(_pair(b, c), a));
        else if (b >= a && b >= c) assert(root == _pair(_pair(a, c), b));
        else assert(root == _pair(_pair(a, b), c));
    }

    /// Contexts are below r, of their kind, and the registry's binds registry and owner.
    function check_ContextsAreOfTheirKind(bytes32 fields, address registry, address owner)
        external
        view
    {
        uint256 use = ContextLib.use(abi.encode(fields));
        assert(use < R && use >> 248 == 1);
        uint256 registration = ContextLib.registration(registry, owner);
        assert(registration < R && registration >> 248 == 2);
    }

    function padded(Statement[] calldata statements, uint256 slots)
        external
        pure
        returns (uint256[] memory)
    {
        return StatementLib.paddedElements(statements, slots);
    }

    function leaf(Statement calldata statement) external pure returns (bytes32) {
        return StatementLib.leaf(statement);
    }

    function _challenge(uint256 root, Statement memory a, Statement memory b, uint256 slots)
        private
        pure
    {
        Statement[] memory statements = new Statement[](slots);
        uint256[] memory elements = new uint256[](3 * slots);
        for (uint256 i = 0; i < slots; ++i) {
            statements[i] = i == 0 ? a : b;
            elements[3 * i] = statements[i].adapter;
            elements[3 * i + 1] = statements[i].activations;
            elements[3 * i + 2] = statements[i].context;
        }
        bytes32 hash = keccak256(abi.encode(keccak256("rankproof.seal.v1"), root, statements));
        assert(StatementLib.challenge(root, elements) == uint256(hash) % R);
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }
}
