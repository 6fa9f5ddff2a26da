// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {ISealVerifier} from "./interfaces/ISealVerifier.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";
import {IVerifiesSeals} from "./interfaces/IVerifiesSeals.sol";
import {Statement} from "./libraries/StatementLib.sol";

/// @title One address for all versions of the verifier
/// @notice See `IVerifierRouter` for what the owner can do, and for what nobody can.
contract VerifierRouter is IVerifierRouter, Ownable2Step {
    struct Route {
        ISealVerifier verifier;
        bool removed;
    }

    /// @dev The chain id of anvil and Hardhat.
    uint256 private constant LOCAL_CHAIN_ID = 31337;

    mapping(bytes4 selector => Route) private _routes;
    bytes4[] private _selectors;

    /// @param owner_ Who may add and remove: a `TimelockController`.
    /// @param verifiers Those that are there from the beginning, without the delay of the owner.
    constructor(address owner_, ISealVerifier[] memory verifiers) Ownable(owner_) {
        for (uint256 i = 0; i < verifiers.length; ++i) {
            _add(verifiers[i]);
        }
    }

    /// @inheritdoc IVerifiesSeals
    function verify(bytes calldata seal, Statement[] calldata statements) external view {
        if (seal.length < 4) revert SealWithoutSelector(seal.length);
        _verifierOf(bytes4(seal[:4])).verify(seal, statements);
    }

    /// @inheritdoc IVerifierRouter
    function add(ISealVerifier verifier) external onlyOwner {
        _add(verifier);
    }

    /// @inheritdoc IVerifierRouter
    function remove(bytes4 selector) external onlyOwner {
        ISealVerifier verifier = _verifierOf(selector);
        _routes[selector].removed = true;
        emit VerifierRemoved(selector, verifier);
    }

    /// @inheritdoc IVerifierRouter
    function verifierOf(bytes4 selector) external view returns (ISealVerifier) {
        return _verifierOf(selector);
    }

    /// @inheritdoc IVerifierRouter
    function routeOf(bytes4 selector) external view returns (ISealVerifier verifier, bool removed) {
        Route memory route = _routes[selector];
        return (route.verifier, route.removed);
    }

    /// @inheritdoc IVerifierRouter
    function selectors() external view returns (bytes4[] memory) {
        return _selectors;
    }

    /// @dev In a loop in the constructor only, where a verifier that reverts is the deployer's own.
    // slither-disable-start calls-loop
    function _add(ISealVerifier verifier) private {
        if (address(verifier).code.length == 0) revert VerifierWithoutCode(address(verifier));
        if (verifier.isDevelopmentKey() && block.chainid != LOCAL_CHAIN_ID) {
            revert DevelopmentKeyRefused(block.chainid);
        }
        (bytes4 selector, bytes32 digest) = (verifier.SELECTOR(), verifier.keyDigest());
        // Only the head is wanted.
        // forge-lint: disable-next-line(unsafe-typecast)
        if (selector != bytes4(digest)) revert SelectorIsNotOfTheKey(selector, digest);
        ISealVerifier taken = _routes[selector].verifier;
        if (address(taken) != address(0)) revert SelectorTaken(selector, taken);
        _routes[selector].verifier = verifier;
        _selectors.push(selector);
        emit VerifierAdded(selector, verifier, digest);
    }
    // slither-disable-end calls-loop

    function _verifierOf(bytes4 selector) private view returns (ISealVerifier) {
        Route memory route = _routes[selector];
        if (route.removed) revert SelectorRemoved(selector);
        if (address(route.verifier) == address(0)) revert SelectorUnknown(selector);
        return route.verifier;
    }
}
