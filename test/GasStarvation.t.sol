// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey} from "./utils/TrapdoorProver.sol";

/// A call gets 63/64 of the gas that is left, so a caller who supplies just enough can have any inner
/// call fail while the outer one goes on. Whatever the supply: a wrong seal is never taken, a good one
/// is taken or the call reverts, and an answer is right or missing.
contract GasStarvationTest is BaseTest {
    uint256 private constant ENOUGH = 800_000;

    EmergencyStop private brake;
    ProofRegistry private registry;
    TrapdoorKey private setup;
    Statement private statement;

    function setUp() public {
        vm.chainId(31337);
        InjectedKeyVerifier verifier;
        (verifier, setup) = Stack.verifier(0);
        brake = new EmergencyStop(verifier, address(this));
        ISealVerifier[] memory verifiers = new ISealVerifier[](1);
        verifiers[0] = brake;
        registry = new ProofRegistry(new VerifierRouter(address(this), verifiers));
        statement = Statement(1, 2, 3);
    }

    function testFuzz_AWrongSealIsNeverTaken(uint256 supply) external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, statement);
        statements[0].activations = 9;
        bytes memory call_ = abi.encodeCall(registry.submit, (seal, statements, false));
        assertFalse(_call(address(registry), call_, supply), "taken");
        assertFalse(registry.isProven(statements[0]), "recorded");
        bytes memory direct = abi.encodeCall(brake.verify, (seal, statements));
        assertFalse(_call(address(brake), direct, supply), "verified");
    }

    function testFuzz_AGoodSealIsRecordedOrTheCallReverts(uint256 supply) external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, statement);
        bytes memory call_ = abi.encodeCall(registry.submit, (seal, statements, false));
        bool success = _call(address(registry), call_, supply);
        assertEq(registry.isProven(statement), success, "recorded");
        assertEq(registry.isProvenBy(statement, brake.SELECTOR()), success, "with its selector");
        assertTrue(_call(address(registry), call_, ENOUGH), "the twin with enough gas");
    }

    function testFuzz_AnAnswerIsRightOrMissing(uint256 supply) external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, statement);
        (bytes32 root,) = registry.submit(seal, statements, false);
        supply = bound(supply, 0, 20_000);
        bytes32[] memory path = new bytes32[](0);
        bytes[4] memory calls = [
            abi.encodeWithSignature("isProven((uint256,uint256,uint256))", statement),
            abi.encodeWithSignature(
                "isProven((uint256,uint256,uint256),bytes32,bytes32[])", statement, root, path
            ),
            abi.encodeCall(registry.isProvenBy, (statement, brake.SELECTOR())),
            abi.encodeCall(registry.isRecorded, (root))
        ];
        for (uint256 i = 0; i < 4; ++i) {
            (bool success, bytes memory answer) =
                address(registry).staticcall{gas: supply}(calls[i]);
            if (success) assertTrue(abi.decode(answer, (bool)), "said no");
            (success, answer) = address(registry).staticcall{gas: 50_000}(calls[i]);
            assertTrue(success && abi.decode(answer, (bool)), "the twin with enough gas");
        }
    }

    function testFuzz_ARegistrationIsWholeOrTheCallReverts(uint256 supply) external {
        statement.context = registry.registrationContext(address(this));
        (bytes memory seal,) = Stack.sealOf(setup, statement);
        bytes memory call_ =
            abi.encodeCall(registry.registerAdapter, (seal, statement, "base", "uri"));
        bool success = _call(address(registry), call_, supply);
        assertEq(registry.adapterOf(1).owner, success ? address(this) : address(0), "owner");
        assertEq(bytes(registry.adapterOf(1).metadataURI).length, success ? 3 : 0, "URI");
        assertEq(registry.isProven(statement), success, "record");
    }

    /// The proof that a verifier is broken stops it, or reverts; a wrong one never stops it.
    function testFuzz_AStopWithProofStopsOrReverts(uint256 supply) external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, Statement(0, 0, 0));
        bytes memory call_ = abi.encodeCall(brake.stopWithProof, (seal, statements));
        uint256 before = vm.snapshotState();
        bool success = _call(address(brake), call_, supply);
        assertEq(brake.stopped(), success, "stopped");
        vm.revertToState(before);
        seal[35] ^= 0x01; // the root
        call_ = abi.encodeCall(brake.stopWithProof, (seal, statements));
        assertFalse(_call(address(brake), call_, supply), "with a wrong proof");
        assertFalse(brake.stopped(), "not stopped");
    }

    function _call(address target, bytes memory data, uint256 supply)
        private
        returns (bool success)
    {
        (success,) = target.call{gas: bound(supply, 0, ENOUGH)}(data);
    }
}
