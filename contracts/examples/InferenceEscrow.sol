// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IProofRegistry} from "../interfaces/IProofRegistry.sol";
import {ContextLib} from "../libraries/ContextLib.sol";
import {Statement} from "../libraries/StatementLib.sol";

/// @title Payment for one proven answer of an adapter
/// @notice The payee computes an answer and gives the client the outputs and the salt. The client
/// recomputes `activations` from them (`rankproof digest`) and locks the payment for the whole statement:
/// this adapter, these activations, a context of this escrow that serves once. Once a seal of it is in
/// the registry, anybody settles the job and the payee withdraws. After the deadline the client takes
/// the payment back, unless the statement is a record of its own. A record of a batch is found by its
/// path alone, so a payee whose statement is in a batch settles before the deadline.
///
/// Paying on `adapter` and `context` alone would pay for any answer at all: see docs/integrate.md.
/// @dev Nobody owns it. Ether moves in `withdraw` only, after the book was changed, so a receiver that
/// calls back finds nothing more to take, and one that reverts harms itself.
contract InferenceEscrow {
    /// @notice What became of a job.
    enum State {
        None,
        Locked,
        Paid,
        Refunded
    }

    /// @notice A payment for the statement `(adapter, activations, context)`, by its context.
    struct Job {
        State state;
        address client;
        address payee;
        /// @notice From this second on, since 1970, the client may take the payment back.
        uint64 deadline;
        uint256 amount;
        uint256 adapter;
        uint256 activations;
    }

    /// @notice A payment is locked until the statement is proven or the deadline is over.
    event Locked(
        uint256 indexed context,
        address indexed client,
        address indexed payee,
        uint256 adapter,
        uint256 activations,
        uint256 amount,
        uint64 deadline
    );

    /// @notice The statement was proven: the payment is the payee's.
    event Paid(uint256 indexed context, address indexed payee, uint256 amount);

    /// @notice The deadline is over: the payment is the client's again.
    event Refunded(uint256 indexed context, address indexed client, uint256 amount);

    /// @notice Somebody took what was owed to them.
    event Withdrawn(address indexed from, address indexed to, uint256 amount);

    /// @notice There is a job with this context: take another request.
    error RequestTaken(uint256 context);

    /// @notice A job pays something to somebody, and its deadline lies ahead.
    error JobWithoutSense(address payee, uint256 amount, uint64 deadline);

    /// @notice There is no payment locked under this context.
    error NotLocked(uint256 context, State state);

    /// @notice The registry has no record of the statement.
    error NotProven(uint256 context);

    /// @notice The statement was proven: settle the job.
    error AlreadyProven(uint256 context);

    /// @notice The payment can be taken back from `deadline` on.
    error TooEarly(uint64 deadline);

    /// @notice Nothing is owed to the caller.
    error NothingOwed(address account);

    /// @notice The receiver refused the ether, or is the zero address.
    error WithdrawalFailed(address to);

    /// @notice The registry that is asked what was proven.
    IProofRegistry public immutable registry;

    /// @notice What an account may withdraw, in wei.
    mapping(address account => uint256) public owed;

    mapping(uint256 context => Job) private _jobs;

    constructor(IProofRegistry registry_) {
        registry = registry_;
    }

    /// @notice Locks the ether sent for the statement `(adapter, activations, contextOf(caller, request))`.
    /// @param adapter The id of the adapter whose answer is paid for.
    /// @param activations What the caller recomputed from the inputs, outputs and salt of the answer.
    /// @param request A number of the caller's, used once.
    /// @param payee Who is paid.
    /// @param deadline From this second on, since 1970, the caller may take the payment back.
    /// @return context The context of the statement, which names the job.
    function lock(
        uint256 adapter,
        uint256 activations,
        bytes32 request,
        address payee,
        uint64 deadline
    ) external payable returns (uint256 context) {
        context = contextOf(msg.sender, request);
        if (_jobs[context].state != State.None) revert RequestTaken(context);
        // A validator can move a deadline by seconds, which a client leaves room for.
        // forge-lint: disable-next-line(block-timestamp)
        if (payee == address(0) || msg.value == 0 || deadline <= block.timestamp) {
            revert JobWithoutSense(payee, msg.value, deadline);
        }
        _jobs[context] = Job({
            state: State.Locked,
            client: msg.sender,
            payee: payee,
            deadline: deadline,
            amount: msg.value,
            adapter: adapter,
            activations: activations
        });
        emit Locked(context, msg.sender, payee, adapter, activations, msg.value, deadline);
    }

    /// @notice Gives the payment to the payee, if the statement was proven; anybody may call.
    function settle(uint256 context) external {
        Job storage job = _locked(context);
        if (!registry.isProven(_statement(context, job))) revert NotProven(context);
        _pay(context, job);
    }

    /// @notice Gives the payment to the payee, if the statement is in a recorded batch; anybody may call.
    /// @param root The root of the batch.
    /// @param path From the leaf of the statement to the root, as `IProofRegistry.isProven` takes it.
    function settleInBatch(uint256 context, bytes32 root, bytes32[] calldata path) external {
        Job storage job = _locked(context);
        if (!registry.isProven(_statement(context, job), root, path)) revert NotProven(context);
        _pay(context, job);
    }

    /// @notice Gives the payment back to the client, if the deadline is over and the statement is no
    /// record of its own; anybody may call.
    function refund(uint256 context) external {
        Job storage job = _locked(context);
        // As in `lock`.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp < job.deadline) revert TooEarly(job.deadline);
        if (registry.isProven(_statement(context, job))) revert AlreadyProven(context);
        job.state = State.Refunded;
        owed[job.client] += job.amount;
        emit Refunded(context, job.client, job.amount);
    }

    /// @notice Sends all that is owed to the caller to `to`.
    function withdraw(address to) external {
        if (to == address(0)) revert WithdrawalFailed(to);
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed(msg.sender);
        owed[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        // Whatever the receiver does: the book is closed already.
        // slither-disable-next-line low-level-calls
        (bool success,) = to.call{value: amount}("");
        if (!success) revert WithdrawalFailed(to);
    }

    /// @notice The job with this context; all zero if there is none.
    function jobOf(uint256 context) external view returns (Job memory) {
        return _jobs[context];
    }

    /// @notice The context of the client's request, for `rankproof prove --context`.
    function contextOf(address client, bytes32 request) public view returns (uint256) {
        return ContextLib.use(abi.encode(block.chainid, address(this), client, request));
    }

    function _locked(uint256 context) private view returns (Job storage job) {
        job = _jobs[context];
        if (job.state != State.Locked) revert NotLocked(context, job.state);
    }

    function _pay(uint256 context, Job storage job) private {
        job.state = State.Paid;
        owed[job.payee] += job.amount;
        emit Paid(context, job.payee, job.amount);
    }

    function _statement(uint256 context, Job storage job) private view returns (Statement memory) {
        return Statement(job.adapter, job.activations, context);
    }
}
