// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";
import {AnswerBoard} from "../contracts/examples/AnswerBoard.sol";
import {InferenceEscrow} from "../contracts/examples/InferenceEscrow.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Gas as whole transactions (`isolate`: 21 000, calldata and execution), written to `snapshots/`.
/// forge-config: default.isolate = true
contract GasTest is BaseTest {
    uint256 private constant VERIFY_LIMIT = 235_000;
    uint256 private constant SUBMIT_LIMIT = 275_000;
    uint256 private constant ROUTED_LIMIT = 280_000;
    uint256 private constant PATH_LIMIT = 12_000;
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

    /// The longest path of eight statements. Each doubling of the batch adds one hash of 64 bytes.
    function test_GasOfAPath() external {
        TrapdoorKey memory setup = TrapdoorProver.load();
        setup.slots = 8;
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        InjectedKeyVerifier injected = new InjectedKeyVerifier();
        setup.keyDigest = injected.keyDigest();
        ProofRegistry batches = new ProofRegistry(injected);
        Statement[] memory statements = new Statement[](8);
        for (uint256 i = 0; i < 8; ++i) {
            statements[i] = Statement(_element(0, i, 0), _element(0, i, 1), _element(0, i, 2));
        }
        bytes memory seal = TrapdoorProver.seal(setup, statements, 1, 1);
        (bytes32 root,) = batches.submit(seal, statements, false);
        bytes32[] memory path = MerkleTree.path(statements, 0);
        assertEq(path.length, 3, "three siblings");
        uint256 before = gasleft();
        bool proven = batches.isProven(statements[0], root, path);
        uint256 used = before - gasleft();
        assertTrue(proven, "by path");
        vm.snapshotValue("calls", "isProven, by a path of three, with the call", used);
        assertLe(used, PATH_LIMIT, "path check");
    }

    function test_GasOfRegistering() external {
        TrapdoorKey memory setup = TrapdoorProver.load();
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        InjectedKeyVerifier injected = new InjectedKeyVerifier();
        setup.keyDigest = injected.keyDigest();
        ProofRegistry adapters = new ProofRegistry(injected);
        uint256 context = adapters.registrationContext(address(this));
        Statement[] memory statements = new Statement[](1);
        statements[0] = Statement(_element(0, 0, 0), _element(0, 0, 1), context);
        bytes memory seal = TrapdoorProver.seal(setup, statements, 1, 1);
        adapters.submit(seal, statements, false);
        uint256 submitting = vm.lastCallGas().gasTotalUsed;
        ProofRegistry fresh = new ProofRegistry(injected);
        statements[0].context = fresh.registrationContext(address(this));
        seal = TrapdoorProver.seal(setup, statements, 1, 1);
        string memory uri = "https://example.org/adapter.json";
        fresh.registerAdapter(seal, statements[0], bytes32(_element(0, 0, 3)), uri);
        uint256 more = vm.lastCallGas().gasTotalUsed - submitting;
        vm.snapshotValue("transactions", "register, more than submit, a URI of 32 bytes", more);
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
        _size("InferenceEscrow, bytes", address(new InferenceEscrow(registry)));
        _size("AnswerBoard, bytes", address(new AnswerBoard(verifier, 1)));
    }

    function _size(string memory name, address deployed) private {
        vm.snapshotValue("code", name, deployed.code.length);
        assertLe(deployed.code.length, CODE_LIMIT, name);
    }
}
