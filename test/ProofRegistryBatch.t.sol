// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Vm} from "forge-std/Vm.sol";

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {IProofRegistry} from "../contracts/interfaces/IProofRegistry.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {SealFile} from "../script/SealFile.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Batches in the registry, with real proofs under an eight-slot key whose secrets the tests know.
contract ProofRegistryBatchTest is BaseTest {
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    uint256 private constant SLOTS = 8;

    TrapdoorKey private setup;
    ProofRegistry private registry;
    bytes4 private selector;

    function setUp() public {
        setup = TrapdoorProver.load();
        setup.slots = SLOTS;
        KeyInjection.set(setup.key, setup.parametersDigest, SLOTS);
        InjectedKeyVerifier verifier = new InjectedKeyVerifier();
        setup.keyDigest = verifier.keyDigest();
        selector = verifier.SELECTOR();
        registry = new ProofRegistry(verifier);
    }

    function testFuzz_ProvesEveryStatementOfABatchByItsPath(uint256 count, uint256 seed) external {
        Statement[] memory statements = _statements(count = bound(count, 2, SLOTS), seed);
        vm.recordLogs();
        vm.expectEmit(true, true, true, true, address(registry));
        emit IProofRegistry.BatchRecorded(MerkleTree.root(statements), selector, statements);
        (bytes32 root, uint256 newRecords) = _submit(statements, false);

        assertEq(_events(), 1, "one event");
        assertEq(newRecords, 1, "one record");
        assertEq(root, MerkleTree.root(statements), "root");
        for (uint256 i = 0; i < count; ++i) {
            bytes32[] memory path = MerkleTree.path(statements, i);
            assertTrue(registry.isProven(statements[i], root, path), "by path");
            assertFalse(registry.isProven(statements[i]), "no single record was asked for");
            path[0] ^= bytes32(uint256(1));
            assertFalse(registry.isProven(statements[i], root, path), "another path");
        }
    }

    function testFuzz_RecordsEachStatementWhenAsked(uint256 count, uint256 seed) external {
        Statement[] memory statements = _statements(count = bound(count, 2, SLOTS), seed);
        for (uint256 i = 0; i < count; ++i) {
            Statement memory s = statements[i];
            vm.expectEmit(true, true, true, true, address(registry));
            emit IProofRegistry.StatementRecorded(
                MerkleTree.leaf(s), s.adapter, s.context, s.activations, selector
            );
        }
        vm.expectEmit(true, true, true, true, address(registry));
        emit IProofRegistry.BatchRecorded(MerkleTree.root(statements), selector, statements);
        (, uint256 newRecords) = _submit(statements, true);
        assertEq(newRecords, count + 1, "each and the root");
        for (uint256 i = 0; i < count; ++i) {
            assertTrue(registry.isProven(statements[i]), "single record");
        }
    }

    /// A later submission that asks for single records adds them, and only them.
    function test_AddsSingleRecordsToARecordedBatch() external {
        Statement[] memory statements = _statements(3, 1);
        _submit(statements, false);
        (, uint256 newRecords) = _submit(statements, true);
        assertEq(newRecords, 3, "the three singles");
        (, newRecords) = _submit(statements, true);
        assertEq(newRecords, 0, "nothing new");
    }

    /// The root is that of the sorted leaves: the same statements in another order are one record.
    function test_AnotherOrderIsTheSameRecord() external {
        Statement[] memory statements = _statements(3, 2);
        (bytes32 root,) = _submit(statements, false);
        (statements[0], statements[2]) = (statements[2], statements[0]);
        (bytes32 again, uint256 newRecords) = _submit(statements, false);
        assertEq(again, root, "root");
        assertEq(newRecords, 0, "nothing new");
    }

    /// `[A, A]` proves A, once.
    function test_ARepeatedStatementIsRecordedOnce() external {
        Statement[] memory statements = _statements(2, 3);
        statements[1] = statements[0];
        (bytes32 root, uint256 newRecords) = _submit(statements, true);
        assertEq(newRecords, 2, "the statement and the root of the pair");
        assertTrue(registry.isProven(statements[0]), "single record");
        bytes32[] memory path = MerkleTree.path(statements, 0);
        assertTrue(registry.isProven(statements[0], root, path), "by path");
    }

    /// Padding is the verifier's matter: the tree holds the given statements only.
    function test_PaddingDoesNotEnterTheTree() external {
        Statement[] memory statements = _statements(3, 4);
        (bytes32 root,) = _submit(statements, false);
        assertEq(root, MerkleTree.root(statements), "three leaves");
    }

    /// An inner node must not pass for a leaf, nor a root for a statement.
    function test_InnerNodesAreNotStatements() external {
        Statement[] memory statements = _statements(4, 5);
        (bytes32 root,) = _submit(statements, false);
        bytes32[] memory tree = MerkleTree.nodes(statements);
        bytes32[] memory none = new bytes32[](0);
        // The 64 bytes of an inner node, stretched to a statement, hash to something else.
        Statement memory inner =
            Statement({adapter: uint256(tree[1]), activations: uint256(tree[2]), context: 0});
        assertFalse(registry.isProven(inner), "not a record");
        assertFalse(registry.isProven(inner, root, none), "not the root");
        assertFalse(registry.isRecorded(tree[1]), "an inner node is not a record");
    }

    function test_AStatementOfOneBatchIsNotInAnother() external {
        Statement[] memory one = _statements(2, 6);
        Statement[] memory two = _statements(2, 7);
        (bytes32 rootOne,) = _submit(one, false);
        (bytes32 rootTwo,) = _submit(two, false);
        assertTrue(registry.isProven(one[0], rootOne, MerkleTree.path(one, 0)), "its own");
        assertFalse(registry.isProven(one[0], rootTwo, MerkleTree.path(one, 0)), "the other");
    }

    function test_RevertWhen_BatchIsSubmittedInAnotherOrderThanSealed() external {
        Statement[] memory statements = _statements(2, 8);
        bytes memory seal = TrapdoorProver.seal(setup, statements, 1, 1);
        (statements[0], statements[1]) = (statements[1], statements[0]);
        vm.expectRevert();
        registry.submit(seal, statements, true);
        (statements[0], statements[1]) = (statements[1], statements[0]);
        registry.submit(seal, statements, true);
    }

    /// The trees that OpenZeppelin's JavaScript library makes, roots and paths.
    function test_TreesAreThoseOfOpenZeppelinsLibrary() external {
        string memory json = vm.readFile("fixtures/merkle/standard_trees.json");
        uint256 trees = 0;
        for (; vm.keyExistsJson(json, _at(".trees", trees)); ++trees) {
            string memory tree = _at(".trees", trees);
            Statement[] memory statements = SealFile.statementsAt(json, tree);
            (bytes32 root,) = _submit(statements, false);
            assertEq(root, vm.parseJsonBytes32(json, string.concat(tree, ".root")), "root");
            for (uint256 i = 0; i < statements.length; ++i) {
                string memory key = _at(string.concat(tree, ".paths"), i);
                bytes32[] memory path = vm.parseJsonBytes32Array(json, key);
                assertTrue(registry.isProven(statements[i], root, path), "path");
            }
        }
        assertEq(trees, 5, "all of them were read");
    }

    function _at(string memory array, uint256 index) private pure returns (string memory) {
        return string.concat(array, "[", vm.toString(index), "]");
    }

    /// The registry's own; the recording also holds those that the test emitted to be expected.
    function _events() private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(registry)) ++count;
        }
    }

    function _submit(Statement[] memory statements, bool recordEach)
        private
        returns (bytes32 root, uint256 newRecords)
    {
        bytes memory seal = TrapdoorProver.seal(setup, statements, 1, 1);
        return registry.submit(seal, statements, recordEach);
    }

    function _statements(uint256 count, uint256 seed)
        private
        pure
        returns (Statement[] memory statements)
    {
        statements = new Statement[](count);
        for (uint256 i = 0; i < count; ++i) {
            statements[i] = Statement({
                adapter: uint256(keccak256(abi.encode(seed, i, 0))) % R,
                activations: uint256(keccak256(abi.encode(seed, i, 1))) % R,
                context: uint256(keccak256(abi.encode(seed, i, 2))) % R
            });
        }
    }
}
