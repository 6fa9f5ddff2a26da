// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {AnswerBoard} from "../contracts/examples/AnswerBoard.sol";
import {InferenceEscrow} from "../contracts/examples/InferenceEscrow.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Takes its ether, and calls back for more while it does.
contract Greedy {
    InferenceEscrow private immutable ESCROW;
    bytes public refusal;
    uint256 public taken;

    constructor(InferenceEscrow escrow) {
        ESCROW = escrow;
    }

    function withdraw() external {
        ESCROW.withdraw(address(this));
    }

    receive() external payable {
        taken += msg.value;
        try ESCROW.withdraw(address(this)) {
            refusal = "none";
        } catch (bytes memory reason) {
            refusal = reason;
        }
    }
}

/// The ten-line consumer.
contract AnswerBoardTest is BaseTest {
    AnswerBoard private board;
    ISealVerifier private verifier;
    TrapdoorKey private setup;

    function setUp() public {
        (InjectedKeyVerifier injected, TrapdoorKey memory loaded) = Stack.verifier(0);
        (verifier, setup) = (injected, loaded);
        board = new AnswerBoard(verifier, 7);
    }

    function test_RemembersAProvenAnswer() external {
        bytes memory seal = _seal(address(1), 2);
        assertFalse(board.isProven(address(1), 2), "not before");
        board.show(seal, address(1), 2);
        assertTrue(board.isProven(address(1), 2), "proven");
    }

    function test_RevertWhen_TheSealIsForAnotherClientAnswerOrBoard() external {
        bytes memory seal = _seal(address(1), 2);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        board.show(seal, address(3), 2);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        board.show(seal, address(1), 3);
        AnswerBoard other = new AnswerBoard(verifier, 7);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        other.show(seal, address(1), 2);
        vm.chainId(5);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        board.show(seal, address(1), 2);
    }

    function _seal(address client, uint256 activations) private view returns (bytes memory seal) {
        (seal,) = Stack.sealOf(setup, Statement(7, activations, board.contextFor(client)));
    }
}

/// A client, a payee, and a registry with real proofs.
contract InferenceEscrowTest is BaseTest {
    uint256 private constant ADAPTER = 7;
    uint256 private constant ACTIVATIONS = 8;
    bytes32 private constant REQUEST = "first";
    address private constant CLIENT = address(0xc11e);
    address private constant PAYEE = address(0x9a1d);
    uint64 private constant DEADLINE = 2_000;

    ProofRegistry private registry;
    InferenceEscrow private escrow;
    TrapdoorKey private setup;

    function setUp() public {
        vm.warp(1_000);
        vm.deal(CLIENT, 100 ether);
        InjectedKeyVerifier verifier;
        (verifier, setup) = Stack.verifier(0);
        registry = new ProofRegistry(verifier);
        escrow = new InferenceEscrow(registry);
    }

    function test_PaysForTheProvenStatement() external {
        uint256 context = escrow.contextOf(CLIENT, REQUEST);
        vm.expectEmit(true, true, true, true, address(escrow));
        emit InferenceEscrow.Locked(context, CLIENT, PAYEE, ADAPTER, ACTIVATIONS, 3 ether, DEADLINE);
        assertEq(_lock(PAYEE), context, "the context names the job");
        InferenceEscrow.Job memory job = escrow.jobOf(context);
        assertEq(job.client, CLIENT, "client");
        assertEq(job.payee, PAYEE, "payee");
        assertEq(job.amount, 3 ether, "amount");
        assertEq(job.deadline, DEADLINE, "deadline");
        assertEq(address(escrow).balance, 3 ether, "locked");

        _prove(Statement(ADAPTER, ACTIVATIONS, context));
        vm.expectEmit(true, true, true, true, address(escrow));
        emit InferenceEscrow.Paid(context, PAYEE, 3 ether);
        vm.prank(address(0xbeef)); // anybody
        escrow.settle(context);
        assertEq(escrow.owed(PAYEE), 3 ether, "owed");

        vm.expectEmit(true, true, true, true, address(escrow));
        emit InferenceEscrow.Withdrawn(PAYEE, address(0xf00d), 3 ether);
        vm.prank(PAYEE);
        escrow.withdraw(address(0xf00d));
        assertEq(address(0xf00d).balance, 3 ether, "paid");
        assertEq(address(escrow).balance, 0, "nothing left");
    }

    /// A batch that was recorded under its root alone.
    function test_PaysForAStatementOfABatchByItsPath() external {
        setup.slots = 2;
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        InjectedKeyVerifier verifier = new InjectedKeyVerifier();
        setup.keyDigest = verifier.keyDigest();
        registry = new ProofRegistry(verifier);
        escrow = new InferenceEscrow(registry);
        uint256 context = _lock(PAYEE);
        Statement[] memory statements = new Statement[](2);
        statements[0] = Statement(1, 2, 3);
        statements[1] = Statement(ADAPTER, ACTIVATIONS, context);
        registry.submit(TrapdoorProver.seal(setup, statements, 1, 1), statements, false);
        bytes32 root = MerkleTree.root(statements);

        bytes memory notProven = abi.encodeWithSelector(InferenceEscrow.NotProven.selector, context);
        vm.expectRevert(notProven);
        escrow.settle(context);
        bytes32[] memory path = MerkleTree.path(statements, 0);
        vm.expectRevert(notProven);
        escrow.settleInBatch(context, root, path);
        path = MerkleTree.path(statements, 1);
        vm.expectRevert(notProven);
        escrow.settleInBatch(context, root ^ bytes32(uint256(1)), path);

        vm.expectEmit(true, true, true, true, address(escrow));
        emit InferenceEscrow.Paid(context, PAYEE, 3 ether);
        escrow.settleInBatch(context, root, path);
        assertEq(escrow.owed(PAYEE), 3 ether, "owed");
        vm.expectRevert(
            abi.encodeWithSelector(
                InferenceEscrow.NotLocked.selector, context, InferenceEscrow.State.Paid
            )
        );
        escrow.settleInBatch(context, root, path);
    }

    /// Neighbours of the statement pay nothing: the triple counts.
    function test_RevertWhen_SomethingElseWasProven() external {
        uint256 context = _lock(PAYEE);
        _prove(Statement(ADAPTER + 1, ACTIVATIONS, context));
        _prove(Statement(ADAPTER, ACTIVATIONS + 1, context));
        _prove(Statement(ADAPTER, ACTIVATIONS, context + 1));
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.NotProven.selector, context));
        escrow.settle(context);
        _prove(Statement(ADAPTER, ACTIVATIONS, context));
        escrow.settle(context);
    }

    function test_GivesBackAfterTheDeadline() external {
        uint256 context = _lock(PAYEE);
        vm.warp(DEADLINE - 1);
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.TooEarly.selector, DEADLINE));
        escrow.refund(context);
        vm.warp(DEADLINE);
        vm.expectEmit(true, true, true, true, address(escrow));
        emit InferenceEscrow.Refunded(context, CLIENT, 3 ether);
        escrow.refund(context);
        vm.prank(CLIENT);
        escrow.withdraw(CLIENT);
        assertEq(CLIENT.balance, 100 ether, "all of it");
    }

    /// A proof that came, late or not, is not robbed by a refund.
    function test_RevertWhen_ARefundComesAfterTheProof() external {
        uint256 context = _lock(PAYEE);
        vm.warp(DEADLINE);
        _prove(Statement(ADAPTER, ACTIVATIONS, context));
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.AlreadyProven.selector, context));
        escrow.refund(context);
        escrow.settle(context);
    }

    function test_RevertWhen_AJobIsOver() external {
        uint256 context = escrow.contextOf(CLIENT, REQUEST);
        _expectNotLocked(context, InferenceEscrow.State.None);
        _lock(PAYEE);
        _prove(Statement(ADAPTER, ACTIVATIONS, context));
        uint256 before = vm.snapshotState();
        escrow.settle(context);
        _expectNotLocked(context, InferenceEscrow.State.Paid);
        vm.revertToState(before);

        bytes32 second = "second";
        vm.prank(CLIENT);
        context = escrow.lock{value: 1 ether}(ADAPTER, ACTIVATIONS, second, PAYEE, DEADLINE);
        vm.warp(DEADLINE);
        escrow.refund(context);
        _expectNotLocked(context, InferenceEscrow.State.Refunded);
    }

    function test_RevertWhen_ARequestIsUsedTwice() external {
        uint256 context = _lock(PAYEE);
        vm.deal(CLIENT, 3 ether);
        vm.prank(CLIENT);
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.RequestTaken.selector, context));
        escrow.lock{value: 3 ether}(ADAPTER, ACTIVATIONS, REQUEST, PAYEE, DEADLINE);
        hoax(address(0xbeef), 3 ether); // another client's request of the same name is another
        escrow.lock{value: 3 ether}(ADAPTER, ACTIVATIONS, REQUEST, PAYEE, DEADLINE);
    }

    function test_RevertWhen_AJobMakesNoSense() external {
        vm.startPrank(CLIENT);
        _expectWithoutSense(address(0), 1, DEADLINE);
        escrow.lock{value: 1}(ADAPTER, ACTIVATIONS, REQUEST, address(0), DEADLINE);
        _expectWithoutSense(PAYEE, 0, DEADLINE);
        escrow.lock(ADAPTER, ACTIVATIONS, REQUEST, PAYEE, DEADLINE);
        _expectWithoutSense(PAYEE, 1, 1_000);
        escrow.lock{value: 1}(ADAPTER, ACTIVATIONS, REQUEST, PAYEE, 1_000);
        escrow.lock{value: 1}(ADAPTER, ACTIVATIONS, REQUEST, PAYEE, 1_001);
    }

    function test_RevertWhen_NothingIsOwed() external {
        vm.prank(PAYEE);
        vm.expectRevert(abi.encodeWithSelector(InferenceEscrow.NothingOwed.selector, PAYEE));
        escrow.withdraw(PAYEE);
    }

    /// The receiver that calls back is refused by name, and the ether of others stays.
    function test_RevertWhen_ThePayeeCallsBack() external {
        Greedy greedy = new Greedy(escrow);
        uint256 context = _lock(address(greedy));
        hoax(address(0xbeef), 5 ether);
        escrow.lock{value: 5 ether}(ADAPTER, ACTIVATIONS, REQUEST, PAYEE, DEADLINE);
        _prove(Statement(ADAPTER, ACTIVATIONS, context));
        escrow.settle(context);
        greedy.withdraw();
        assertEq(greedy.taken(), 3 ether, "once");
        assertEq(
            greedy.refusal(),
            abi.encodeWithSelector(InferenceEscrow.NothingOwed.selector, address(greedy)),
            "refused by name"
        );
        assertEq(address(escrow).balance, 5 ether, "the other job's");
    }

    function test_RevertWhen_TheReceiverRefuses() external {
        uint256 context = _lock(PAYEE);
        _prove(Statement(ADAPTER, ACTIVATIONS, context));
        escrow.settle(context);
        vm.prank(PAYEE);
        vm.expectRevert(
            abi.encodeWithSelector(InferenceEscrow.WithdrawalFailed.selector, address(registry))
        );
        escrow.withdraw(address(registry)); // takes no ether
        vm.prank(PAYEE);
        vm.expectRevert(
            abi.encodeWithSelector(InferenceEscrow.WithdrawalFailed.selector, address(0))
        );
        escrow.withdraw(address(0));
        assertEq(escrow.owed(PAYEE), 3 ether, "still owed");
    }

    function test_RevertWhen_EtherComesWithoutAJob() external {
        vm.prank(CLIENT);
        (bool success,) = address(escrow).call{value: 1}("");
        assertFalse(success, "refused");
    }

    function _lock(address payee) private returns (uint256) {
        vm.prank(CLIENT);
        return escrow.lock{value: 3 ether}(ADAPTER, ACTIVATIONS, REQUEST, payee, DEADLINE);
    }

    function _prove(Statement memory statement) private {
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, statement);
        registry.submit(seal, statements, false);
    }

    function _expectNotLocked(uint256 context, InferenceEscrow.State state) private {
        bytes memory error_ =
            abi.encodeWithSelector(InferenceEscrow.NotLocked.selector, context, state);
        vm.expectRevert(error_);
        escrow.settle(context);
        vm.expectRevert(error_);
        escrow.refund(context);
    }

    function _expectWithoutSense(address payee, uint256 amount, uint64 deadline) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                InferenceEscrow.JobWithoutSense.selector, payee, amount, deadline
            )
        );
    }
}
