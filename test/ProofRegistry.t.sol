// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Vm} from "forge-std/Vm.sol";

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {IProofRegistry} from "../contracts/interfaces/IProofRegistry.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";

/// The registry in front of the deployed verifier, with seals that the prover made.
contract ProofRegistryTest is BaseTest {
    ProofRegistry private registry;

    function setUp() public {
        registry = new ProofRegistry(new SealVerifier());
    }

    function test_RecordsASingleStatementWithOneEvent() external {
        SealFixture memory first = Fixtures.first();
        Statement memory statement = first.statements[0];
        bytes32 leaf = MerkleTree.leaf(statement);
        assertFalse(registry.isProven(statement), "not before");

        vm.recordLogs();
        vm.expectEmit(true, true, true, true, address(registry));
        emit IProofRegistry.StatementRecorded(
            leaf, statement.adapter, statement.context, statement.activations, first.selector
        );
        (bytes32 root, uint256 newRecords) = registry.submit(first.seal, first.statements, false);

        assertEq(_events(), 1, "one event");
        assertEq(root, leaf, "a batch of one is its own root");
        assertEq(newRecords, 1, "one record");
        assertTrue(registry.isProven(statement), "proven");
        assertTrue(registry.isProven(statement, root, new bytes32[](0)), "by the empty path");
        assertTrue(registry.isRecorded(leaf), "recorded");
        assertEq(registry.leafOf(statement), leaf, "leaf");
    }

    function test_SubmittingTwiceChangesNothingAndEmitsNothing() external {
        SealFixture memory first = Fixtures.first();
        (bytes32 root,) = registry.submit(first.seal, first.statements, false);
        vm.recordLogs();
        vm.record();
        (bytes32 again, uint256 newRecords) = registry.submit(first.seal, first.statements, true);
        assertEq(_writes(), 0, "no storage written");
        assertEq(_events(), 0, "no event");
        assertEq(again, root, "same root");
        assertEq(newRecords, 0, "nothing new");
        assertTrue(registry.isProven(first.statements[0]), "still proven");
    }

    function test_RerandomizedSealIsTheSameRecord() external {
        SealFixture memory first = Fixtures.first();
        registry.submit(first.seal, first.statements, false);
        SealFixture memory other = Fixtures.firstRerandomized();
        assertNotEq(keccak256(other.seal), keccak256(first.seal), "another seal");
        vm.recordLogs();
        (, uint256 newRecords) = registry.submit(other.seal, other.statements, false);
        assertEq(newRecords, 0, "nothing new");
        assertEq(_events(), 0, "no event");
    }

    function test_AnybodyMaySubmitAndTheRecordDoesNotSayWho() external {
        SealFixture memory first = Fixtures.first();
        vm.prank(address(0xbeef));
        registry.submit(first.seal, first.statements, false);
        assertTrue(registry.isProven(first.statements[0]), "proven");
    }

    function test_RecordsTwoStatementsIndependently() external {
        SealFixture memory first = Fixtures.first();
        SealFixture memory second = Fixtures.second();
        registry.submit(second.seal, second.statements, false);
        assertTrue(registry.isProven(second.statements[0]), "second");
        assertFalse(registry.isProven(first.statements[0]), "first has not been shown");
        registry.submit(first.seal, first.statements, false);
        assertTrue(registry.isProven(first.statements[0]), "first");
    }

    /// Each element counts: the neighbours of a proven statement are not proven.
    function testFuzz_DoesNotProveAnyOtherStatement(uint256 element, uint256 value) external {
        SealFixture memory first = Fixtures.first();
        (bytes32 root,) = registry.submit(first.seal, first.statements, true);
        Statement memory other = first.statements[0];
        element = bound(element, 0, 2);
        value = bound(value, 1, type(uint256).max); // a change, whatever it is
        unchecked {
            if (element == 0) other.adapter += value;
            else if (element == 1) other.activations += value;
            else other.context += value;
        }
        assertFalse(registry.isProven(other), "another statement");
        assertFalse(registry.isProven(other, root, new bytes32[](0)), "another leaf");
    }

    function test_RevertWhen_SealIsOfAnotherStatement() external {
        SealFixture memory first = Fixtures.first();
        SealFixture memory second = Fixtures.second();
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        registry.submit(first.seal, second.statements, true);
        assertFalse(registry.isProven(second.statements[0]), "nothing recorded");
    }

    /// What is recorded already is no excuse: a submission that returns has shown a valid seal.
    function test_RevertWhen_SealIsWrongForARecordedStatement() external {
        SealFixture memory first = Fixtures.first();
        registry.submit(first.seal, first.statements, true);
        bytes memory wrong = Fixtures.second().seal;
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        registry.submit(wrong, first.statements, true);
    }

    function test_RevertWhen_NoStatements() external {
        SealFixture memory first = Fixtures.first();
        vm.expectRevert(
            abi.encodeWithSelector(ISealVerifier.StatementCountOutOfRange.selector, first.slots, 0)
        );
        registry.submit(first.seal, new Statement[](0), true);
    }

    function test_RevertWhen_SealIsShort() external {
        SealFixture memory first = Fixtures.first();
        bytes memory seal = first.seal;
        assembly ("memory-safe") {
            mstore(seal, 291)
        }
        vm.expectRevert(abi.encodeWithSelector(ISealVerifier.SealLengthMismatch.selector, 292, 291));
        registry.submit(seal, first.statements, true);
    }

    function test_RevertWhen_VerifierHasNoCode() external {
        vm.expectRevert(
            abi.encodeWithSelector(IProofRegistry.VerifierWithoutCode.selector, address(0xdead))
        );
        new ProofRegistry(ISealVerifier(address(0xdead)));
    }

    function test_NothingIsProvenInAnEmptyRegistry() external view {
        Statement memory zero;
        assertFalse(registry.isProven(zero), "the impossible statement");
        assertFalse(registry.isProven(zero, bytes32(0), new bytes32[](0)), "the zero root");
        assertFalse(registry.isProven(zero, MerkleTree.leaf(zero), new bytes32[](0)), "by path");
    }

    /// Fails in the verifier for want of gas, never records.
    function testFuzz_NeverRecordsWhenGasIsShort(uint256 supply) external {
        SealFixture memory first = Fixtures.first();
        bytes memory call = abi.encodeCall(registry.submit, (first.seal, first.statements, false));
        (bool success,) = address(registry).call{gas: bound(supply, 0, 220_000)}(call);
        assertFalse(success, "succeeded");
        assertFalse(registry.isProven(first.statements[0]), "recorded");
        (success,) = address(registry).call{gas: 300_000}(call);
        assertTrue(success, "the twin with enough gas");
    }

    /// The registry's own; the recording also holds those that the test emitted to be expected.
    function _events() private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(registry)) ++count;
        }
    }

    function _writes() private returns (uint256) {
        (, bytes32[] memory written) = vm.accesses(address(registry));
        return written.length;
    }
}
