// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Gas as whole transactions (`isolate`: 21 000, calldata and execution), written to `snapshots/`.
/// forge-config: default.isolate = true
contract GasTest is BaseTest {
    uint256 private constant VERIFY_LIMIT = 235_000;
    uint256 private constant SUBMIT_LIMIT = 275_000;

    uint256 private constant FURTHER_LIMIT = 4_000;

    SealVerifier private verifier;
    ProofRegistry private registry;

    function setUp() public {
        verifier = new SealVerifier();
        registry = new ProofRegistry(verifier);
    }

    function test_GasOfVerify() external {
        SealFixture memory first = Fixtures.first();
        // By a plain call, since only those are isolated, and not the static ones of the interface.
        bytes memory data = abi.encodeCall(verifier.verify, (first.seal, first.statements));
        (bool success,) = address(verifier).call(data);
        assertTrue(success, "verifies");
        vm.snapshotGasLastCall("transactions", "verify, one statement");
        assertLe(vm.lastCallGas().gasTotalUsed, VERIFY_LIMIT, "verify");
    }

    function test_GasOfSubmit() external {
        SealFixture memory first = Fixtures.first();
        registry.submit(first.seal, first.statements, false);
        vm.snapshotGasLastCall("transactions", "submit, one statement");
        assertLe(vm.lastCallGas().gasTotalUsed, SUBMIT_LIMIT, "submit");
        registry.submit(first.seal, first.statements, false);
        vm.snapshotGasLastCall("transactions", "submit, one statement that is a record already");
    }

    function test_GasOfReading() external {
        SealFixture memory first = Fixtures.first();
        registry.submit(first.seal, first.statements, false);
        registry.isProven(first.statements[0]);
        vm.snapshotGasLastCall("calls", "isProven, single record");
    }

    /// What a statement more costs in a batch, for a verifier whose key is in storage (dearer by a
    /// constant, so that the difference counts).
    function test_GasOfAFurtherStatement() external {
        TrapdoorKey memory setup = TrapdoorProver.load();
        setup.slots = 8;
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        InjectedKeyVerifier injected = new InjectedKeyVerifier();
        setup.keyDigest = injected.keyDigest();
        ProofRegistry batches = new ProofRegistry(injected);
        uint256[2] memory used;
        for (uint256 i = 0; i < 2; ++i) {
            Statement[] memory statements = new Statement[](i == 0 ? 2 : 8);
            for (uint256 j = 0; j < statements.length; ++j) {
                statements[j] = Statement(_element(i, j, 0), _element(i, j, 1), _element(i, j, 2));
            }
            batches.submit(TrapdoorProver.seal(setup, statements, 1, 1), statements, false);
            used[i] = vm.lastCallGas().gasTotalUsed;
        }
        uint256 each = (used[1] - used[0]) / 6;
        vm.snapshotValue("transactions", "submit, each further statement of a batch", each);
        assertLe(each, FURTHER_LIMIT, "further statement");
    }

    function _element(uint256 batch, uint256 index, uint256 element)
        private
        pure
        returns (uint256)
    {
        return uint256(keccak256(abi.encode(batch, index, element))) >> 3;
    }

    function test_SizeOfCode() external {
        vm.snapshotValue("code", "SealVerifier, bytes", address(verifier).code.length);
        vm.snapshotValue("code", "ProofRegistry, bytes", address(registry).code.length);
    }
}
