// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
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
    uint256 private constant ROUTED_LIMIT = 280_000;
    uint256 private constant CODE_LIMIT = 12 * 1024;

    uint256 private constant FURTHER_LIMIT = 4_000;

    SealVerifier private verifier;
    EmergencyStop private brake;
    VerifierRouter private router;
    ProofRegistry private registry;
    ProofRegistry private routed;

    function setUp() public {
        vm.chainId(31337);
        verifier = new SealVerifier();
        brake = new EmergencyStop(verifier, address(this));
        ISealVerifier[] memory verifiers = new ISealVerifier[](1);
        verifiers[0] = brake;
        router = new VerifierRouter(address(this), verifiers);
        routed = new ProofRegistry(router);
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

    function test_GasOfSubmitThroughRouterAndStop() external {
        SealFixture memory first = Fixtures.first();
        routed.submit(first.seal, first.statements, false);
        vm.snapshotGasLastCall("transactions", "submit through router and stop, one statement");
        assertLe(vm.lastCallGas().gasTotalUsed, ROUTED_LIMIT, "submit through router and stop");
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
        _size("SealVerifier, bytes", address(verifier));
        _size("EmergencyStop, bytes", address(brake));
        _size("VerifierRouter, bytes", address(router));
        _size("ProofRegistry, bytes", address(registry));
    }

    function _size(string memory name, address deployed) private {
        vm.snapshotValue("code", name, deployed.code.length);
        assertLe(deployed.code.length, CODE_LIMIT, name);
    }
}
