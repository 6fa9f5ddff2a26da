// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {InferenceEscrow} from "../contracts/examples/InferenceEscrow.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey} from "./utils/TrapdoorProver.sol";

/// Clients and payees who do everything in any order.
contract EscrowHandler is BaseTest {
    uint256 private constant PEOPLE = 3;

    InferenceEscrow public escrow;
    ProofRegistry private registry;
    TrapdoorKey private setup;
    uint256[] private contexts;
    uint256 public paidTwice;

    constructor() {
        InjectedKeyVerifier verifier;
        (verifier, setup) = Stack.verifier(0);
        registry = new ProofRegistry(verifier);
        escrow = new InferenceEscrow(registry);
    }

    function person(uint256 index) public pure returns (address) {
        return vm.addr(1 + index % PEOPLE);
    }

    function lock(uint256 who, uint256 payee, uint96 amount, uint16 time) external {
        amount = uint96(bound(amount, 1, 10 ether));
        bytes32 request = bytes32(contexts.length);
        uint64 deadline = uint64(block.timestamp) + time + 1;
        hoax(person(who), amount);
        contexts.push(escrow.lock{value: amount}(1, 2, request, person(payee), deadline));
    }

    function prove(uint256 which) external {
        if (contexts.length == 0) return;
        Statement memory statement = Statement(1, 2, contexts[which % contexts.length]);
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, statement);
        registry.submit(seal, statements, false);
    }

    function settle(uint256 which) external {
        _once(which, escrow.settle);
    }

    function refund(uint256 which) external {
        _once(which, escrow.refund);
    }

    function withdraw(uint256 who) external {
        vm.prank(person(who));
        try escrow.withdraw(person(who)) {} catch {}
    }

    function later(uint16 time) external {
        vm.warp(block.timestamp + time);
    }

    /// Locked and owed, added up.
    function booked() external view returns (uint256 sum) {
        for (uint256 i = 0; i < contexts.length; ++i) {
            InferenceEscrow.Job memory job = escrow.jobOf(contexts[i]);
            if (job.state == InferenceEscrow.State.Locked) sum += job.amount;
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum += escrow.owed(person(i));
        }
    }

    /// Once all deadlines are over, everybody leaves with what is theirs.
    function goHome() external {
        vm.warp(block.timestamp + 2 ** 17);
        for (uint256 i = 0; i < contexts.length; ++i) {
            if (escrow.jobOf(contexts[i]).state != InferenceEscrow.State.Locked) continue;
            bool proven = registry.isProven(Statement(1, 2, contexts[i]));
            proven ? escrow.settle(contexts[i]) : escrow.refund(contexts[i]);
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            vm.startPrank(person(i));
            if (escrow.owed(person(i)) > 0) escrow.withdraw(person(i));
            vm.stopPrank();
        }
    }

    function _once(uint256 which, function(uint256) external end) private {
        if (contexts.length == 0) return;
        uint256 context = contexts[which % contexts.length];
        bool locked = escrow.jobOf(context).state == InferenceEscrow.State.Locked;
        try end(context) {
            if (!locked) ++paidTwice;
        } catch {}
    }
}

/// The escrow holds what it owes, and no ether stays behind.
contract EscrowInvariantTest is BaseTest {
    EscrowHandler private handler;

    function setUp() public {
        handler = new EscrowHandler();
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = handler.lock.selector;
        selectors[1] = handler.prove.selector;
        selectors[2] = handler.settle.selector;
        selectors[3] = handler.refund.selector;
        selectors[4] = handler.withdraw.selector;
        selectors[5] = handler.later.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    function invariant_HoldsWhatItOwes() external view {
        assertEq(address(handler.escrow()).balance, handler.booked(), "balance");
        assertEq(handler.paidTwice(), 0, "a job ends once");
    }

    function afterInvariant() external {
        handler.goHome();
        assertEq(address(handler.escrow()).balance, 0, "ether stuck");
    }
}
