// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {IEmergencyStop} from "../contracts/interfaces/IEmergencyStop.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// The brake in front of a verifier; forged seals come from the trapdoor of its key.
contract EmergencyStopTest is BaseTest {
    address private constant GUARDIAN = address(0x6a4d);
    address private constant ANYBODY = address(0xa11);

    InjectedKeyVerifier private verifier;
    EmergencyStop private brake;
    TrapdoorKey private setup;

    function setUp() public {
        TrapdoorKey memory loaded;
        (verifier, loaded) = Stack.verifier(0);
        setup = loaded;
        brake = new EmergencyStop(verifier, GUARDIAN);
    }

    function test_VerifiesARealSeal() external {
        SealFixture memory first = Fixtures.first();
        new EmergencyStop(new SealVerifier(), GUARDIAN).verify(first.seal, first.statements);
    }

    function test_SaysOfItselfWhatItsVerifierSays() external view {
        assertEq(address(brake.verifier()), address(verifier), "verifier");
        assertEq(brake.guardian(), GUARDIAN, "guardian");
        assertFalse(brake.stopped(), "stopped");
        assertEq(brake.SELECTOR(), verifier.SELECTOR(), "selector");
        assertEq(brake.keyDigest(), verifier.keyDigest(), "key digest");
        assertEq(brake.parametersDigest(), verifier.parametersDigest(), "parameters");
        assertEq(brake.slots(), verifier.slots(), "slots");
        assertEq(brake.profile(), verifier.profile(), "profile");
        assertTrue(brake.isDevelopmentKey(), "development key");
    }

    function test_RevertWhen_ProofIsWrong() external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, Statement(1, 2, 3));
        brake.verify(seal, statements);
        statements[0].adapter = 4;
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        brake.verify(seal, statements);
    }

    // ---- by the guardian ----

    function test_GuardianStopsItForEver() external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, Statement(1, 2, 3));
        brake.verify(seal, statements);

        vm.expectEmit(true, true, true, true, address(brake));
        emit IEmergencyStop.Stopped(GUARDIAN, false);
        vm.prank(GUARDIAN);
        brake.stop();

        assertTrue(brake.stopped(), "stopped");
        vm.expectRevert(IEmergencyStop.VerifierStopped.selector);
        brake.verify(seal, statements);
        verifier.verify(seal, statements); // which is why applications pin the stop
    }

    function testFuzz_RevertWhen_CallerIsNotTheGuardian(address caller) external {
        vm.assume(caller != GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IEmergencyStop.NotTheGuardian.selector, caller));
        vm.prank(caller);
        brake.stop();
        assertFalse(brake.stopped(), "stopped");
    }

    function test_RevertWhen_StoppedTwice() external {
        vm.startPrank(GUARDIAN);
        brake.stop();
        vm.expectRevert(IEmergencyStop.VerifierStopped.selector);
        brake.stop();
        vm.stopPrank();
    }

    // ---- by proof ----

    function test_AnybodyStopsItWithASealOfTheImpossible() external {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, Statement(0, 0, 0));
        vm.expectEmit(true, true, true, true, address(brake));
        emit IEmergencyStop.Stopped(ANYBODY, true);
        vm.prank(ANYBODY);
        brake.stopWithProof(seal, statements);
        vm.expectRevert(IEmergencyStop.VerifierStopped.selector);
        brake.verify(seal, statements);
    }

    function testFuzz_TheImpossibleStatementMayBeAnywhere(uint256 place) external {
        Statement[] memory statements = new Statement[](setup.slots);
        place = bound(place, 0, statements.length - 1);
        for (uint256 i = 0; i < statements.length; ++i) {
            if (i != place) statements[i] = Statement(i + 1, 2, 3);
        }
        brake.stopWithProof(TrapdoorProver.seal(setup, statements, 1, 1), statements);
        assertTrue(brake.stopped(), "stopped");
    }

    /// A seal that verifies, of a statement in which only one or two elements are 0, proves nothing.
    function test_RevertWhen_TheStatementIsPossible() external {
        for (uint256 element = 0; element < 3; ++element) {
            uint256[3] memory values;
            values[element] = 1;
            (bytes memory seal, Statement[] memory statements) =
                Stack.sealOf(setup, Statement(values[0], values[1], values[2]));
            brake.verify(seal, statements);
            vm.expectRevert(IEmergencyStop.StatementIsPossible.selector);
            brake.stopWithProof(seal, statements);
        }
        assertFalse(brake.stopped(), "stopped");
    }

    function test_RevertWhen_TheImpossibleIsNotProven() external {
        (bytes memory seal,) = Stack.sealOf(setup, Statement(1, 2, 3));
        Statement[] memory impossible = new Statement[](1);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        brake.stopWithProof(seal, impossible);
        assertFalse(brake.stopped(), "stopped");
    }

    function test_RevertWhen_NoStatementIsShown() external {
        (bytes memory seal,) = Stack.sealOf(setup, Statement(0, 0, 0));
        vm.expectRevert(IEmergencyStop.StatementIsPossible.selector);
        brake.stopWithProof(seal, new Statement[](0));
    }

    function test_RevertWhen_ItIsStoppedAlready() external {
        vm.prank(GUARDIAN);
        brake.stop();
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, Statement(0, 0, 0));
        vm.expectRevert(IEmergencyStop.VerifierStopped.selector);
        brake.stopWithProof(seal, statements);
    }

    function test_RevertWhen_VerifierHasNoCode() external {
        vm.expectRevert(
            abi.encodeWithSelector(IEmergencyStop.VerifierWithoutCode.selector, address(0xdead))
        );
        new EmergencyStop(ISealVerifier(address(0xdead)), GUARDIAN);
    }

    /// At no supply of gas does a stopped or wrong call succeed.
    function testFuzz_RevertWhen_GasIsShort(uint256 supply) external view {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, Statement(1, 2, 3));
        bytes memory call = abi.encodeCall(brake.verify, (seal, statements));
        (bool success,) = address(brake).staticcall{gas: 500_000}(call);
        assertTrue(success, "the twin with enough gas");
        (success,) = address(brake).staticcall{gas: bound(supply, 0, 181_000)}(call);
        assertFalse(success, "accepted without enough gas");
    }
}
