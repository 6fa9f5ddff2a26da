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

/// Submits, forges, stops, removes and registers over three versions, and keeps its own book.
contract StackHandler is BaseTest {
    uint256 public constant VERSIONS = 3;
    uint256 public constant STATEMENTS = 4;

    ProofRegistry public registry;
    VerifierRouter private router;
    EmergencyStop[VERSIONS] private brakes;
    TrapdoorKey[VERSIONS] private setups;

    mapping(uint256 version => bytes4) public selectorOf;
    mapping(uint256 version => bool) public ended;
    mapping(uint256 version => mapping(uint256 index => bool)) public booked;
    mapping(uint256 adapter => address) public ownerOf;

    uint256 public acceptedForgeries;
    uint256 public acceptedAfterTheEnd;
    uint256 public refusedHonest;
    uint256 public accepted;

    constructor() {
        ISealVerifier[] memory verifiers = new ISealVerifier[](VERSIONS);
        for (uint256 i = 0; i < VERSIONS; ++i) {
            (InjectedKeyVerifier verifier, TrapdoorKey memory setup) = Stack.verifier(i);
            (setups[i], selectorOf[i]) = (setup, verifier.SELECTOR());
            brakes[i] = new EmergencyStop(verifier, address(this));
            verifiers[i] = brakes[i];
        }
        router = new VerifierRouter(address(this), verifiers);
        registry = new ProofRegistry(router);
    }

    function statementAt(uint256 index) public pure returns (Statement memory) {
        return Statement(index + 1, 2, 3);
    }

    function submit(uint256 version, uint256 index) external {
        (version, index) = (version % VERSIONS, index % STATEMENTS);
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[version], statementAt(index));
        try registry.submit(seal, statements, false) {
            ++accepted;
            if (ended[version]) ++acceptedAfterTheEnd;
            booked[version][index] = true;
        } catch {
            if (!ended[version]) ++refusedHonest;
        }
    }

    /// A seal of another statement.
    function forge(uint256 version, uint256 index) external {
        (version, index) = (version % VERSIONS, index % STATEMENTS);
        Statement memory statement = statementAt(index);
        statement.activations += 1;
        (bytes memory seal, Statement[] memory statements) =
            Stack.sealOf(setups[version], statement);
        statements[0] = statementAt(index);
        try registry.submit(seal, statements, false) {
            ++acceptedForgeries;
        } catch {
            // as it should be
        }
    }

    /// Registers the adapter of a statement of its own; the second time it is taken.
    function register(uint256 version, uint256 adapter, address owner) external {
        if (owner == address(0)) return;
        (version, adapter) = (version % VERSIONS, 100 + adapter % STATEMENTS);
        Statement memory statement = Statement(adapter, 2, registry.registrationContext(owner));
        (bytes memory seal,) = Stack.sealOf(setups[version], statement);
        vm.prank(owner);
        try registry.registerAdapter(seal, statement, "", "") {
            if (ended[version] || ownerOf[adapter] != address(0)) ++acceptedAfterTheEnd;
            ownerOf[adapter] = owner;
        } catch {
            if (!ended[version] && ownerOf[adapter] == address(0)) ++refusedHonest;
        }
    }

    /// Seldom, so that there is something to stop.
    function stop(uint256 version, uint256 dice) external {
        version = version % VERSIONS;
        if (dice % 8 != 0 || brakes[version].stopped()) return;
        brakes[version].stop();
        ended[version] = true;
    }

    function remove(uint256 version, uint256 dice) external {
        version = version % VERSIONS;
        (, bool removed) = router.routeOf(selectorOf[version]);
        if (dice % 8 != 0 || removed) return;
        router.remove(selectorOf[version]);
        ended[version] = true;
    }
}

/// After any sequence: what is proven was proven by a valid seal of that version, and what ended stays so.
contract StackInvariantTest is BaseTest {
    StackHandler private handler;

    function setUp() public {
        vm.chainId(31337);
        handler = new StackHandler();
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = handler.submit.selector;
        selectors[1] = handler.forge.selector;
        selectors[2] = handler.register.selector;
        selectors[3] = handler.stop.selector;
        selectors[4] = handler.remove.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    function invariant_AStatementIsProvenOnlyByAValidSealOfThatVersion() external view {
        assertEq(handler.acceptedForgeries(), 0, "forgeries");
        assertEq(handler.refusedHonest(), 0, "honest seals refused");
        for (uint256 i = 0; i < handler.STATEMENTS(); ++i) {
            Statement memory statement = handler.statementAt(i);
            bool any = false;
            for (uint256 version = 0; version < handler.VERSIONS(); ++version) {
                bool expected = handler.booked(version, i);
                bytes4 selector = handler.selectorOf(version);
                assertEq(handler.registry().isProvenBy(statement, selector), expected, "version");
                any = any || expected;
            }
            assertEq(handler.registry().isProven(statement), any, "any version");
        }
    }

    function invariant_WhatEndedNeverVerifiesAgain() external view {
        assertEq(handler.acceptedAfterTheEnd(), 0, "accepted after the end");
    }

    function invariant_AnEntryKeepsItsOwner() external view {
        for (uint256 adapter = 100; adapter < 100 + handler.STATEMENTS(); ++adapter) {
            address owner = handler.registry().adapterOf(adapter).owner;
            assertEq(owner, handler.ownerOf(adapter), "owner");
        }
    }
}
