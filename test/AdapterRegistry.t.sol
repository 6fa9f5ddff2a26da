// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {AdapterRecord, IAdapterRegistry} from "../contracts/interfaces/IAdapterRegistry.sol";
import {IProofRegistry} from "../contracts/interfaces/IProofRegistry.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey} from "./utils/TrapdoorProver.sol";

/// Registration, transfer and revocation by the owner's own transactions.
contract AdapterRegistryTest is BaseTest {
    uint256 private constant ADAPTER = 7;
    bytes32 private constant BASE = "base model";
    string private constant URI = "ipfs://adapter";
    address private constant ALICE = address(0xa11ce);
    address private constant MALLORY = address(0xbad);

    ProofRegistry private registry;
    TrapdoorKey private setup;
    bytes4 private selector;

    function setUp() public {
        vm.chainId(31337);
        vm.warp(1_800_000_000);
        InjectedKeyVerifier verifier;
        (verifier, setup) = Stack.verifier(0);
        selector = verifier.SELECTOR();
        registry = new ProofRegistry(verifier);
    }

    function test_RegistersForTheCallerAndRecordsTheStatement() external {
        Statement memory statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        vm.expectEmit(true, true, true, true, address(registry));
        emit IProofRegistry.StatementRecorded(
            MerkleTree.leaf(statement), ADAPTER, statement.context, statement.activations, selector
        );
        vm.expectEmit(true, true, true, true, address(registry));
        emit IAdapterRegistry.AdapterRegistered(ADAPTER, ALICE, BASE, URI, selector);
        vm.prank(ALICE);
        registry.registerAdapter(seal, statement, BASE, URI);

        AdapterRecord memory entry = registry.adapterOf(ADAPTER);
        assertEq(entry.owner, ALICE, "owner");
        assertEq(entry.selector, selector, "selector");
        assertEq(entry.registeredAt, 1_800_000_000, "time");
        assertEq(entry.revokedAt, 0, "not revoked");
        assertEq(entry.baseModel, BASE, "base model");
        assertEq(entry.metadataURI, URI, "URI");
        assertTrue(registry.isProven(statement), "the statement is a record");
    }

    function test_AnUnknownAdapterHasAnEmptyEntry() external view {
        AdapterRecord memory entry = registry.adapterOf(ADAPTER);
        assertEq(entry.owner, address(0), "owner");
        assertEq(entry.registeredAt, 0, "time");
    }

    /// A statement that was recorded before, by whomever, can still be registered.
    function test_RegistersAStatementThatSomebodySubmittedFirst() external {
        Statement memory statement = _statementFor(ALICE);
        (bytes memory seal, Statement[] memory statements) = Stack.sealOf(setup, statement);
        vm.prank(MALLORY);
        registry.submit(seal, statements, false);
        vm.prank(ALICE);
        registry.registerAdapter(seal, statement, BASE, URI);
        assertEq(registry.adapterOf(ADAPTER).owner, ALICE, "owner");
    }

    /// The front-runner has the very transaction, and gets nothing by it.
    function test_RevertWhen_AFrontRunnerCopiesTheRegistration() external {
        Statement memory statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        bytes memory refused = _otherContext(MALLORY, statement.context);
        vm.prank(MALLORY);
        vm.expectRevert(refused);
        registry.registerAdapter(seal, statement, BASE, "ipfs://mallory");
        vm.prank(ALICE);
        registry.registerAdapter(seal, statement, BASE, URI);
    }

    /// The context can be rewritten, the proof not.
    function test_RevertWhen_TheStatementIsRewrittenForAnotherOwner() external {
        Statement memory statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        statement.context = registry.registrationContext(MALLORY);
        vm.prank(MALLORY);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        registry.registerAdapter(seal, statement, BASE, URI);
    }

    function test_RevertWhen_TheProofIsForAnotherChain() external {
        Statement memory statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        vm.chainId(1);
        bytes memory refused = _otherContext(ALICE, statement.context);
        vm.prank(ALICE);
        vm.expectRevert(refused);
        registry.registerAdapter(seal, statement, BASE, URI);
        vm.chainId(31337);
        vm.prank(ALICE);
        registry.registerAdapter(seal, statement, BASE, URI);
    }

    function test_RevertWhen_TheProofIsForAnotherRegistry() external {
        Statement memory statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        ProofRegistry other = new ProofRegistry(registry.verifier());
        vm.expectRevert(
            abi.encodeWithSelector(
                IAdapterRegistry.NotTheRegistrationContext.selector,
                other.registrationContext(ALICE),
                statement.context
            )
        );
        vm.prank(ALICE);
        other.registerAdapter(seal, statement, BASE, URI);
    }

    /// Free and use, of which the owner may have made many statements: they register nothing.
    function testFuzz_RevertWhen_TheContextIsOfAnotherKind(uint256 context) external {
        context = bound(context, 0, 2 ** 249 - 1);
        Statement memory statement = Statement(ADAPTER, 2, context);
        bytes memory seal = _seal(statement);
        bytes memory refused = _otherContext(ALICE, context);
        vm.prank(ALICE);
        vm.expectRevert(refused);
        registry.registerAdapter(seal, statement, BASE, URI);
    }

    function test_RevertWhen_TheAdapterIsTaken() external {
        _register();
        Statement memory statement = _statementFor(MALLORY);
        bytes memory seal = _seal(statement);
        bytes memory taken =
            abi.encodeWithSelector(IAdapterRegistry.AdapterTaken.selector, ADAPTER, ALICE);
        vm.prank(MALLORY);
        vm.expectRevert(taken);
        registry.registerAdapter(seal, statement, BASE, URI);
        vm.prank(ALICE);
        registry.revokeAdapter(ADAPTER);
        vm.prank(MALLORY);
        vm.expectRevert(taken); // a revoked entry stays
        registry.registerAdapter(seal, statement, BASE, URI);
    }

    function test_RevertWhen_TheSealIsForged() external {
        Statement memory statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        statement.activations += 1;
        vm.prank(ALICE);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        registry.registerAdapter(seal, statement, BASE, URI);
        assertEq(registry.adapterOf(ADAPTER).owner, address(0), "no entry");
        assertFalse(registry.isProven(statement), "no record");
    }

    // ---- transfer ----

    function test_TheNewOwnerIsTheOnlyOne() external {
        _register();
        vm.expectEmit(true, true, true, true, address(registry));
        emit IAdapterRegistry.AdapterTransferred(ADAPTER, ALICE, MALLORY);
        vm.prank(ALICE);
        registry.transferAdapter(ADAPTER, MALLORY);
        assertEq(registry.adapterOf(ADAPTER).owner, MALLORY, "owner");
        vm.prank(ALICE);
        vm.expectRevert(_notTheOwner(MALLORY, ALICE));
        registry.transferAdapter(ADAPTER, ALICE);
        vm.prank(MALLORY);
        registry.revokeAdapter(ADAPTER);
    }

    function test_RevertWhen_TransferGoesToNobody() external {
        _register();
        vm.prank(ALICE);
        vm.expectRevert(IAdapterRegistry.TransferToNobody.selector);
        registry.transferAdapter(ADAPTER, address(0));
    }

    function testFuzz_RevertWhen_AStrangerActs(address stranger) external {
        vm.assume(stranger != ALICE);
        _register();
        vm.startPrank(stranger);
        vm.expectRevert(_notTheOwner(ALICE, stranger));
        registry.transferAdapter(ADAPTER, stranger);
        vm.expectRevert(_notTheOwner(ALICE, stranger));
        registry.revokeAdapter(ADAPTER);
    }

    function test_RevertWhen_TheAdapterIsUnknown() external {
        bytes memory unknown =
            abi.encodeWithSelector(IAdapterRegistry.AdapterUnknown.selector, ADAPTER);
        vm.expectRevert(unknown);
        registry.transferAdapter(ADAPTER, ALICE);
        vm.expectRevert(unknown);
        registry.revokeAdapter(ADAPTER);
        vm.expectRevert(unknown);
        registry.transferAdapterFor(ADAPTER, ALICE, type(uint256).max, "");
        vm.expectRevert(unknown);
        registry.revokeAdapterFor(ADAPTER, type(uint256).max, "");
    }

    // ---- revocation ----

    function test_RevocationMarksAndErasesNothing() external {
        Statement memory statement = _register();
        vm.warp(1_800_000_060);
        vm.expectEmit(true, true, true, true, address(registry));
        emit IAdapterRegistry.AdapterRevoked(ADAPTER, ALICE);
        vm.prank(ALICE);
        registry.revokeAdapter(ADAPTER);
        AdapterRecord memory entry = registry.adapterOf(ADAPTER);
        assertEq(entry.revokedAt, 1_800_000_060, "revoked");
        assertEq(entry.registeredAt, 1_800_000_000, "registered");
        assertEq(entry.owner, ALICE, "owner");
        assertEq(entry.metadataURI, URI, "URI");
        assertTrue(registry.isProven(statement), "proven all the same");
    }

    function test_RevertWhen_ARevokedAdapterIsTouched() external {
        _register();
        vm.startPrank(ALICE);
        registry.revokeAdapter(ADAPTER);
        bytes memory revoked =
            abi.encodeWithSelector(IAdapterRegistry.AdapterIsRevoked.selector, ADAPTER);
        vm.expectRevert(revoked);
        registry.transferAdapter(ADAPTER, MALLORY);
        vm.expectRevert(revoked);
        registry.revokeAdapter(ADAPTER);
    }

    function _register() private returns (Statement memory statement) {
        statement = _statementFor(ALICE);
        bytes memory seal = _seal(statement);
        vm.prank(ALICE);
        registry.registerAdapter(seal, statement, BASE, URI);
    }

    function _statementFor(address owner) private view returns (Statement memory) {
        return Statement(ADAPTER, 2, registry.registrationContext(owner));
    }

    function _seal(Statement memory statement) private view returns (bytes memory seal) {
        (seal,) = Stack.sealOf(setup, statement);
    }

    function _otherContext(address owner, uint256 actual) private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IAdapterRegistry.NotTheRegistrationContext.selector,
            registry.registrationContext(owner),
            actual
        );
    }

    function _notTheOwner(address owner, address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAdapterRegistry.NotTheOwner.selector, owner, caller);
    }
}
