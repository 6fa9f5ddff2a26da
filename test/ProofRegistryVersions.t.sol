// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";
import {IAdapterRegistry} from "../contracts/interfaces/IAdapterRegistry.sol";
import {IEmergencyStop} from "../contracts/interfaces/IEmergencyStop.sol";
import {IProofRegistry} from "../contracts/interfaces/IProofRegistry.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// A registry behind a router with two versions of the verifier: which selectors carried a record.
contract ProofRegistryVersionsTest is BaseTest {
    ProofRegistry private registry;
    EmergencyStop[2] private brakes;
    TrapdoorKey[2] private setups;
    bytes4[2] private ids;

    function setUp() public {
        vm.chainId(31337);
        ISealVerifier[] memory verifiers = new ISealVerifier[](2);
        for (uint256 i = 0; i < 2; ++i) {
            (InjectedKeyVerifier verifier, TrapdoorKey memory setup) = Stack.verifier(i);
            (setups[i], ids[i]) = (setup, verifier.SELECTOR());
            brakes[i] = new EmergencyStop(verifier, address(this));
            verifiers[i] = brakes[i];
        }
        registry = new ProofRegistry(new VerifierRouter(address(this), verifiers));
    }

    /// Whoever records through the old version first keeps nobody from the new one.
    function testFuzz_EachSelectorHasItsOwnRecord(bool newFirst) external {
        (uint256 a, uint256 b) = newFirst ? (1, 0) : (0, 1);
        Statement memory statement = Statement(1, 2, 3);
        bytes32 leaf = MerkleTree.leaf(statement);
        assertFalse(registry.isProvenBy(statement, ids[a]), "not before");
        for (uint256 i = 0; i < 2; ++i) {
            uint256 version = i == 0 ? a : b;
            vm.expectEmit(true, true, true, true, address(registry));
            emit IProofRegistry.StatementRecorded(leaf, 1, 3, 2, ids[version]);
            assertEq(_submit(version, statement), 1, "a record");
            assertTrue(registry.isProvenBy(statement, ids[version]), "by this one");
            assertTrue(registry.isRecordedBy(leaf, ids[version]), "its leaf");
            assertEq(registry.isProvenBy(statement, ids[b]), i == 1, "by the other one");
        }
        vm.recordLogs();
        assertEq(_submit(a, statement) + _submit(b, statement), 0, "both are known");
        assertEq(vm.getRecordedLogs().length, 0, "no event");
        assertFalse(registry.isProvenBy(statement, 0xffffffff), "by no other");
    }

    function test_ABatchHasARecordForEachSelectorToo() external {
        Statement[] memory statements = new Statement[](2);
        (statements[0], statements[1]) = (Statement(1, 2, 3), Statement(4, 5, 6));
        bytes32 root = MerkleTree.root(statements);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit(true, true, true, true, address(registry));
            emit IProofRegistry.BatchRecorded(root, ids[i], statements);
            bytes memory seal = TrapdoorProver.seal(setups[i], statements, 1, 1);
            (, uint256 newRecords) = registry.submit(seal, statements, false);
            assertEq(newRecords, 1, "the root");
            assertTrue(registry.isRecordedBy(root, ids[i]), "by this one");
        }
    }

    function test_AStopDoesNotTouchRecordsAndKeepsOutNewOnes() external {
        Statement memory statement = Statement(1, 2, 3);
        _submit(0, statement);
        brakes[0].stop();
        assertTrue(registry.isProvenBy(statement, ids[0]), "the record stays");
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[0], Statement(4, 5, 6));
        vm.expectRevert(IEmergencyStop.VerifierStopped.selector);
        registry.submit(seal, statements, false);
        _submit(1, Statement(4, 5, 6)); // the other version goes on
    }

    function test_AnswersManyQuestionsAtOnce() external {
        _submit(0, Statement(1, 2, 3));
        _submit(1, Statement(4, 5, 6));
        Statement[] memory statements = new Statement[](3);
        statements[0] = Statement(1, 2, 3);
        statements[1] = Statement(1, 2, 4);
        statements[2] = Statement(4, 5, 6);
        bool[] memory answers = registry.areProven(statements);
        assertEq(answers.length, 3, "one each");
        assertTrue(answers[0] && !answers[1] && answers[2], "in this order");
        assertEq(registry.areProven(new Statement[](0)).length, 0, "none");
    }

    function test_SaysWhatItIs() external view {
        assertTrue(registry.supportsInterface(type(IERC165).interfaceId), "ERC-165");
        assertTrue(registry.supportsInterface(type(IProofRegistry).interfaceId), "records");
        assertTrue(registry.supportsInterface(type(IAdapterRegistry).interfaceId), "adapters");
        assertFalse(registry.supportsInterface(0xffffffff), "nothing else");
    }

    function _submit(uint256 version, Statement memory statement)
        private
        returns (uint256 newRecords)
    {
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[version], statement);
        (, newRecords) = registry.submit(seal, statements, false);
    }
}
