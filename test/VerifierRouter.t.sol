// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";
import {IEmergencyStop} from "../contracts/interfaces/IEmergencyStop.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {IVerifierRouter} from "../contracts/interfaces/IVerifierRouter.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey} from "./utils/TrapdoorProver.sol";

/// The router in front of verifiers that each have a selector of their own.
contract VerifierRouterTest is BaseTest {
    address private constant OWNER = address(0x0111e4);

    VerifierRouter private router;
    InjectedKeyVerifier[2] private verifiers;
    TrapdoorKey[2] private setups;
    bytes4[2] private ids;

    function setUp() public {
        vm.chainId(31337);
        for (uint256 i = 0; i < 2; ++i) {
            TrapdoorKey memory setup;
            (verifiers[i], setup) = Stack.verifier(i);
            setups[i] = setup;
            ids[i] = verifiers[i].SELECTOR();
        }
        router = _router(verifiers[0]);
    }

    function test_VerifiesARealSealThroughTheStop() external {
        SealFixture memory first = Fixtures.first();
        EmergencyStop brake = new EmergencyStop(new SealVerifier(), address(this));
        VerifierRouter real = _router(brake);
        real.verify(first.seal, first.statements);
        brake.stop();
        vm.expectRevert(IEmergencyStop.VerifierStopped.selector);
        real.verify(first.seal, first.statements);
    }

    function test_BeginsWithTheVerifiersOfTheConstructor() external {
        ISealVerifier[] memory both = new ISealVerifier[](2);
        (both[0], both[1]) = (verifiers[0], verifiers[1]);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectEmit();
            emit IVerifierRouter.VerifierAdded(ids[i], both[i], both[i].keyDigest());
        }
        VerifierRouter two = new VerifierRouter(OWNER, both);
        assertEq(two.owner(), OWNER, "owner");
        assertEq(two.selectors().length, 2, "selectors");
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(two.selectors()[i], ids[i], "selector");
            assertEq(address(two.verifierOf(ids[i])), address(both[i]), "verifier");
        }
    }

    function test_RoutesEachSealToItsOwnVerifier() external {
        vm.prank(OWNER);
        router.add(verifiers[1]);
        for (uint256 i = 0; i < 2; ++i) {
            (bytes memory seal, Statement[] memory statements) =
                Stack.sealOf(setups[i], Statement(1, 2, 3));
            vm.expectCall(address(verifiers[i]), abi.encodeCall(router.verify, (seal, statements)));
            router.verify(seal, statements);
        }
    }

    function test_RevertWhen_ProofIsWrong() external {
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[0], Statement(1, 2, 3));
        router.verify(seal, statements);
        statements[0].context = 4;
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        router.verify(seal, statements);
    }

    function test_RevertWhen_SelectorIsUnknown() external {
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[1], Statement(1, 2, 3));
        bytes memory unknown =
            abi.encodeWithSelector(IVerifierRouter.SelectorUnknown.selector, ids[1]);
        vm.expectRevert(unknown);
        router.verify(seal, statements);
        vm.expectRevert(unknown);
        router.verifierOf(ids[1]);
        (ISealVerifier verifier, bool removed) = router.routeOf(ids[1]);
        assertEq(address(verifier), address(0), "no verifier");
        assertFalse(removed, "never there");
    }

    function testFuzz_RevertWhen_SealHasNoSelector(uint256 length) external {
        length = bound(length, 0, 3);
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.SealWithoutSelector.selector, length)
        );
        router.verify(new bytes(length), new Statement[](1));
    }

    // ---- removal ----

    function test_RemovedSelectorIsATombstone() external {
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[0], Statement(1, 2, 3));
        router.verify(seal, statements);

        vm.expectEmit(true, true, true, true, address(router));
        emit IVerifierRouter.VerifierRemoved(ids[0], verifiers[0]);
        vm.startPrank(OWNER);
        router.remove(ids[0]);

        bytes memory removed =
            abi.encodeWithSelector(IVerifierRouter.SelectorRemoved.selector, ids[0]);
        vm.expectRevert(removed);
        router.verify(seal, statements);
        vm.expectRevert(removed);
        router.verifierOf(ids[0]);
        vm.expectRevert(removed);
        router.remove(ids[0]);
        (ISealVerifier verifier, bool isRemoved) = router.routeOf(ids[0]);
        assertEq(address(verifier), address(verifiers[0]), "still says what it meant");
        assertTrue(isRemoved, "and that it is gone");

        // Neither the old verifier nor another one may have it again.
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.SelectorTaken.selector, ids[0], verifiers[0])
        );
        router.add(verifiers[0]);
        vm.stopPrank();
    }

    function test_RevertWhen_UnknownSelectorIsRemoved() external {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.SelectorUnknown.selector, ids[1]));
        vm.prank(OWNER);
        router.remove(ids[1]);
    }

    // ---- what cannot be added ----

    function test_RevertWhen_SelectorIsTaken() external {
        (InjectedKeyVerifier twin,) = Stack.verifier(0);
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.SelectorTaken.selector, ids[0], verifiers[0])
        );
        vm.prank(OWNER);
        router.add(twin);
    }

    function test_RevertWhen_VerifierHasNoCode() external {
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.VerifierWithoutCode.selector, address(0xdead))
        );
        vm.prank(OWNER);
        router.add(ISealVerifier(address(0xdead)));
    }

    function testFuzz_RevertWhen_DevelopmentKeyMeetsARealChain(uint64 chainId) external {
        vm.assume(chainId != 31337);
        vm.chainId(chainId);
        vm.expectRevert(
            abi.encodeWithSelector(IVerifierRouter.DevelopmentKeyRefused.selector, uint256(chainId))
        );
        vm.prank(OWNER);
        router.add(verifiers[1]);
    }

    function test_TakesAKeyOfACeremonyOnARealChain() external {
        vm.chainId(1);
        vm.mockCall(
            address(verifiers[1]),
            abi.encodeCall(ISealVerifier.isDevelopmentKey, ()),
            abi.encode(false)
        );
        vm.prank(OWNER);
        router.add(verifiers[1]);
        assertEq(address(router.verifierOf(ids[1])), address(verifiers[1]), "added");
    }

    function test_RevertWhen_SelectorIsNotOfTheKey() external {
        bytes32 digest = verifiers[1].keyDigest();
        vm.mockCall(
            address(verifiers[1]),
            abi.encodeCall(ISealVerifier.SELECTOR, ()),
            abi.encode(bytes4(0x01020304))
        );
        vm.expectRevert(
            abi.encodeWithSelector(
                IVerifierRouter.SelectorIsNotOfTheKey.selector, bytes4(0x01020304), digest
            )
        );
        vm.prank(OWNER);
        router.add(verifiers[1]);
    }

    // ---- the owner ----

    function testFuzz_RevertWhen_CallerIsNotTheOwner(address caller) external {
        vm.assume(caller != OWNER);
        bytes memory refused =
            abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller);
        vm.startPrank(caller);
        vm.expectRevert(refused);
        router.add(verifiers[1]);
        vm.expectRevert(refused);
        router.remove(ids[0]);
        vm.stopPrank();
    }

    function test_OwnershipMovesInTwoSteps() external {
        vm.prank(OWNER);
        router.transferOwnership(address(this));
        assertEq(router.owner(), OWNER, "not yet");
        router.acceptOwnership();
        router.add(verifiers[1]);
    }

    function test_AdditionWaitsForTheTimelock() external {
        address[] memory council = new address[](1);
        council[0] = address(this);
        TimelockController timelock = new TimelockController(2 days, council, council, address(0));
        vm.prank(OWNER);
        router.transferOwnership(address(timelock));
        vm.prank(address(timelock));
        router.acceptOwnership();

        bytes memory data = abi.encodeCall(router.add, (verifiers[1]));
        timelock.schedule(address(router), 0, data, bytes32(0), bytes32(0), 2 days);
        bytes32 id = timelock.hashOperation(address(router), 0, data, bytes32(0), bytes32(0));
        vm.warp(block.timestamp + 2 days - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockUnexpectedOperationState.selector,
                id,
                bytes32(2 ** uint256(TimelockController.OperationState.Ready))
            )
        );
        timelock.execute(address(router), 0, data, bytes32(0), bytes32(0));
        vm.warp(block.timestamp + 1);
        timelock.execute(address(router), 0, data, bytes32(0), bytes32(0));
        assertEq(address(router.verifierOf(ids[1])), address(verifiers[1]), "added");
    }

    function _router(ISealVerifier verifier) private returns (VerifierRouter) {
        ISealVerifier[] memory one = new ISealVerifier[](1);
        one[0] = verifier;
        return new VerifierRouter(OWNER, one);
    }
}
