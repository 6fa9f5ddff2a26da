// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IVerifiesSeals} from "../interfaces/IVerifiesSeals.sol";
import {ContextLib} from "../libraries/ContextLib.sol";
import {Statement} from "../libraries/StatementLib.sol";

/// @title The smallest consumer: which answers of one adapter were proven for which client
/// @notice It says that the outputs behind `activations` are the adapter's. A client knows what they
/// are from recomputing `activations`; nobody else learns it here.
contract AnswerBoard {
    IVerifiesSeals public immutable verifier;
    uint256 public immutable adapter;
    mapping(address client => mapping(uint256 activations => bool)) public isProven;

    constructor(IVerifiesSeals verifier_, uint256 adapter_) {
        (verifier, adapter) = (verifier_, adapter_);
    }

    /// @notice Anybody may show the seal; it reverts unless the seal proves this answer for this client.
    function show(bytes calldata seal, address client, uint256 activations) external {
        Statement[] memory statements = new Statement[](1);
        statements[0] = Statement(adapter, activations, contextFor(client));
        verifier.verify(seal, statements);
        isProven[client][activations] = true;
    }

    /// @notice The context that the owner of the adapter proves in, `rankproof prove --context`.
    function contextFor(address client) public view returns (uint256) {
        return ContextLib.use(abi.encode(block.chainid, address(this), client));
    }
}
