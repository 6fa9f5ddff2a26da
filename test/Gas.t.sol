// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";

/// Gas as whole transactions (`isolate`: 21 000, calldata and execution), written to `snapshots/`.
/// forge-config: default.isolate = true
contract GasTest is BaseTest {
    uint256 private constant VERIFY_LIMIT = 235_000;
    uint256 private constant SUBMIT_LIMIT = 275_000;

    SealVerifier private verifier;
    ProofRegistry private registry;

    function setUp() public {
        verifier = new SealVerifier();
        registry = new ProofRegistry(verifier);
    }

    function test_GasOfVerify() external {
        SealFixture memory first = Fixtures.first();
        verifier.verify(first.seal, first.statements);
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
        vm.snapshotGasLastCall("transactions", "isProven, single record");
    }

    function test_SizeOfCode() external {
        vm.snapshotValue("code", "SealVerifier, bytes", address(verifier).code.length);
        vm.snapshotValue("code", "ProofRegistry, bytes", address(registry).code.length);
    }
}
