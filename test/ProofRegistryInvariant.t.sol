// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Submits honest and dishonest batches out of a few statements, and keeps its own book.
contract RegistryHandler is BaseTest {
    uint256 public constant STATEMENTS = 6;

    ProofRegistry private immutable REGISTRY;
    TrapdoorKey private setup;

    mapping(bytes32 key => bool) public booked;
    uint256 public bookedCount;
    uint256 public reportedCount;
    uint256 public acceptedForgeries;
    bytes32 public lastRoot;
    Statement[] private lastBatch;

    constructor(ProofRegistry registry, TrapdoorKey memory setup_) {
        REGISTRY = registry;
        setup = setup_;
    }

    function statementAt(uint256 index) public pure returns (Statement memory) {
        return Statement(index + 1, 2, 3);
    }

    function submit(uint256 count, uint256 seed, bool recordEach) external {
        Statement[] memory batch = _batch(count, seed);
        (bytes32 root, uint256 newRecords) =
            REGISTRY.submit(TrapdoorProver.seal(setup, batch, 1, seed), batch, recordEach);
        reportedCount += newRecords;
        for (uint256 i = 0; i < batch.length; ++i) {
            if (recordEach || batch.length == 1) _book(MerkleTree.leaf(batch[i]));
        }
        _book(MerkleTree.root(batch));
        lastRoot = root;
        delete lastBatch;
        for (uint256 i = 0; i < batch.length; ++i) {
            lastBatch.push(batch[i]);
        }
    }

    /// A seal of one batch under another: refused, and nothing is booked.
    function forge(uint256 count, uint256 seed, bool recordEach) external {
        Statement[] memory batch = _batch(count, seed);
        bytes memory seal = TrapdoorProver.seal(setup, batch, 1, seed);
        batch[seed % batch.length].adapter += STATEMENTS;
        try REGISTRY.submit(seal, batch, recordEach) {
            ++acceptedForgeries;
        } catch {
            // as it should be
        }
    }

    function batch_() external view returns (Statement[] memory) {
        return lastBatch;
    }

    function _batch(uint256 count, uint256 seed) private view returns (Statement[] memory batch) {
        batch = new Statement[](bound(count, 1, setup.slots));
        for (uint256 i = 0; i < batch.length; ++i) {
            batch[i] = statementAt(uint256(keccak256(abi.encode(seed, i))) % STATEMENTS);
        }
    }

    function _book(bytes32 key) private {
        if (!booked[key]) ++bookedCount;
        booked[key] = true;
    }
}

/// After any sequence of submissions the registry holds exactly what was proven.
contract ProofRegistryInvariantTest is BaseTest {
    ProofRegistry private registry;
    RegistryHandler private handler;

    function setUp() public {
        TrapdoorKey memory setup = TrapdoorProver.load();
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        registry = new ProofRegistry(new InjectedKeyVerifier());
        handler = new RegistryHandler(registry, setup);
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](2);
        (selectors[0], selectors[1]) = (handler.submit.selector, handler.forge.selector);
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
    }

    function invariant_HoldsExactlyWhatWasProven() external view {
        assertEq(handler.acceptedForgeries(), 0, "forgeries");
        assertEq(handler.reportedCount(), handler.bookedCount(), "each record reported once");
        for (uint256 i = 0; i < handler.STATEMENTS(); ++i) {
            Statement memory statement = handler.statementAt(i);
            bool proven = registry.isProven(statement);
            assertEq(proven, handler.booked(MerkleTree.leaf(statement)), "single record");
            statement.adapter += handler.STATEMENTS();
            assertFalse(registry.isProven(statement), "never sealed");
        }
    }

    function invariant_TheLastBatchIsProvenByPath() external view {
        Statement[] memory batch = handler.batch_();
        for (uint256 i = 0; i < batch.length; ++i) {
            bytes32[] memory path = MerkleTree.path(batch, i);
            assertTrue(registry.isProven(batch[i], handler.lastRoot(), path), "by path");
        }
    }
}
