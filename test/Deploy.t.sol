// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {VmSafe} from "forge-std/Vm.sol";

import {SealVerifier} from "../contracts/SealVerifier.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Check} from "../script/Check.s.sol";
import {Deploy} from "../script/Deploy.s.sol";
import {KeyGate} from "../script/KeyGate.sol";
import {Stack, StackConfig, StackLib} from "../script/Stack.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";

/// The deployment and the check, run as they are, with the configuration of the local chain.
contract DeployTest is BaseTest {
    Deploy private script;
    Check private check;
    StackConfig private config;
    bytes32 private keyDigest;

    function setUp() public {
        vm.chainId(31337);
        script = new Deploy();
        check = new Check();
        config = StackLib.read("script/chains/31337.toml");
        SealVerifier verifier = new SealVerifier();
        keyDigest = verifier.keyDigest();
        // The committed key is a development key; these tests are about what happens to one.
        assertTrue(verifier.isDevelopmentKey(), "development key");
    }

    // ---- deployment ----

    function test_DeploysAStackThatWorks() external {
        Stack memory stack = script.run();
        SealFixture memory first = Fixtures.first();
        stack.registry.submit(first.seal, first.statements, false);
        assertTrue(stack.registry.isProven(first.statements[0]), "it works");
        assertEq(address(check.run().registry), address(stack.registry), "the check finds it");
    }

    function test_DeploysTheNamedKey() external {
        config.keyDigest = keyDigest;
        assertEq(script.deploy(config).verifier.keyDigest(), keyDigest, "digest");
    }

    /// What is there stays; what is missing is added. `made` contracts exist before.
    function test_ContinuesAnInterruptedDeployment() external {
        bytes[5] memory codes = StackLib.creationCodes(config);
        uint64[6] memory missing = [uint64(5), 4, 3, 2, 1, 0];
        uint256 empty = vm.snapshotState();
        for (uint256 made = 0; made <= 5; ++made) {
            vm.revertToState(empty);
            for (uint256 i = 0; i < made; ++i) {
                (bool success,) = StackLib.DEPLOYER.call(abi.encodePacked(StackLib.SALT, codes[i]));
                assertTrue(success, "made before");
            }
            uint64 before = _sent();
            script.deploy(config);
            assertEq(_sent() - before, missing[made], "sent");
            before = _sent();
            script.deploy(config);
            assertEq(_sent(), before, "nothing is left to do");
        }
    }

    function test_AddressesDependOnTheConfigurationAndNotOnTheChain() external {
        Stack memory here = StackLib.locate(config);
        config.chainId = 1;
        vm.chainId(1);
        assertEq(address(StackLib.locate(config).registry), address(here.registry), "elsewhere");
        config.guardian = address(1);
        Stack memory other = StackLib.locate(config);
        assertEq(address(other.verifier), address(here.verifier), "the key is the same");
        assertNotEq(address(other.brake), address(here.brake), "another guardian");
        assertNotEq(address(other.registry), address(here.registry), "so another registry");
    }

    /// Writes `contracts/generated/stack.json`, which the Rust crate `chain` reads; `make test` sees a
    /// difference to the committed file. Not under coverage, whose bytecode is another.
    function test_WritesTheAddressesForTheOtherLanguage() external {
        if (vm.isContext(VmSafe.ForgeContext.Coverage)) return;
        Stack memory stack = StackLib.locate(config);
        string memory addresses = "addresses";
        vm.serializeAddress(addresses, "SealVerifier", address(stack.verifier));
        vm.serializeAddress(addresses, "EmergencyStop", address(stack.brake));
        vm.serializeAddress(addresses, "TimelockController", address(stack.timelock));
        vm.serializeAddress(addresses, "VerifierRouter", address(stack.router));
        addresses = vm.serializeAddress(addresses, "ProofRegistry", address(stack.registry));
        string memory of_ = "configuration";
        vm.serializeAddress(of_, "guardian", config.guardian);
        vm.serializeUint(of_, "min_delay", config.minDelay);
        vm.serializeAddress(of_, "proposers", config.proposers);
        of_ = vm.serializeAddress(of_, "executors", config.executors);
        string memory file = "stack";
        vm.serializeAddress(file, "deployer", StackLib.DEPLOYER);
        vm.serializeBytes32(file, "salt", StackLib.SALT);
        vm.serializeString(file, "example_configuration", of_);
        file = vm.serializeString(file, "example_addresses", addresses);
        vm.writeJson(file, "contracts/generated/stack.json");
    }

    // ---- refused before anything is sent ----

    function testFuzz_RevertWhen_ADevelopmentKeyLeavesTheLocalChain(uint64 chainId) external {
        vm.assume(chainId != 31337);
        config.chainId = chainId;
        config.keyDigest = keyDigest;
        config.minDelay = 1 days;
        vm.chainId(chainId);
        vm.expectRevert(
            abi.encodeWithSelector(KeyGate.DevelopmentKeyRefused.selector, uint256(chainId))
        );
        script.deploy(config);
    }

    function test_RevertWhen_DigestIsOfAnotherKey() external {
        config.keyDigest = keyDigest ^ bytes32(uint256(1));
        vm.expectRevert(
            abi.encodeWithSelector(KeyGate.KeyDigestMismatch.selector, config.keyDigest, keyDigest)
        );
        script.deploy(config);
    }

    function test_RevertWhen_ConfigurationIsOfAnotherChain() external {
        vm.chainId(1);
        vm.expectRevert(
            abi.encodeWithSelector(Deploy.ConfigurationOfAnotherChain.selector, 31337, 1)
        );
        script.deploy(config);
        vm.expectRevert(
            abi.encodeWithSelector(Check.Mismatch.selector, "chain id", uint256(31337), uint256(1))
        );
        check.check(config);
    }

    function test_RevertWhen_NobodyProposesOrExecutes() external {
        address[] memory nobody = new address[](0);
        address[] memory proposers = config.proposers;
        config.proposers = nobody;
        vm.expectRevert(Deploy.TimelockWithoutRoles.selector);
        script.deploy(config);
        (config.proposers, config.executors) = (proposers, nobody);
        vm.expectRevert(Deploy.TimelockWithoutRoles.selector);
        script.deploy(config);
    }

    function test_RevertWhen_TheTimelockIsShortOnARealChain() external {
        (config.chainId, config.minDelay) = (1, 1 days);
        vm.chainId(1);
        script.requireSensible(config);
        config.minDelay -= 1;
        vm.expectRevert(
            abi.encodeWithSelector(Deploy.TimelockTooShort.selector, 1 days, 1 days - 1)
        );
        script.deploy(config);
    }

    /// A seal under another key: the trapdoor key's file has none, so the selector is made wrong.
    function test_RevertWhen_TheKnownSealIsOfAnotherKey() external {
        string memory json = vm.readFile("fixtures/seals/first.json");
        string memory other = vm.replace(json, "\"seal\": \"0xa7ed2035", "\"seal\": \"0xa7ed2036");
        assertNotEq(keccak256(bytes(other)), keccak256(bytes(json)), "changed");
        config.knownSeal = "snapshots/other_seal.json.tmp";
        vm.writeFile(config.knownSeal, other);
        bytes memory reason = abi.encodeWithSelector(
            ISealVerifier.SelectorMismatch.selector, bytes4(0xa7ed2035), bytes4(0xa7ed2036)
        );
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KnownSealRefused.selector, reason));
        script.deploy(config);
        vm.removeFile(config.knownSeal);
    }

    function test_RevertWhen_TheDeployerIsMissing() external {
        vm.etch(StackLib.DEPLOYER, "");
        vm.expectRevert(abi.encodeWithSelector(Deploy.DeployerMissing.selector, StackLib.DEPLOYER));
        script.deploy(config);
    }

    function test_RevertWhen_TheDeployerMakesNothing() external {
        vm.etch(StackLib.DEPLOYER, hex"00"); // stops: success, and no contract
        address verifier = address(StackLib.locate(config).verifier);
        vm.expectRevert(abi.encodeWithSelector(Deploy.CreationFailed.selector, 0, verifier));
        script.deploy(config);
    }

    // ---- the check ----

    function test_RevertWhen_AContractIsMissing() external {
        Stack memory stack = StackLib.locate(config);
        vm.expectRevert(
            abi.encodeWithSelector(
                Check.NotDeployed.selector, "SealVerifier", address(stack.verifier)
            )
        );
        check.check(config);
        script.deploy(config);
        vm.etch(address(stack.registry), "");
        vm.expectRevert(
            abi.encodeWithSelector(
                Check.NotDeployed.selector, "ProofRegistry", address(stack.registry)
            )
        );
        check.check(config);
    }

    function test_RevertWhen_CodeIsOther() external {
        Stack memory stack = script.deploy(config);
        bytes memory code = address(stack.router).code;
        vm.etch(address(stack.router), bytes.concat(code, hex"00"));
        vm.expectPartialRevert(Check.CodeMismatch.selector);
        check.check(config);
    }

    function test_RevertWhen_TheVerifierWasStopped() external {
        Stack memory stack = script.deploy(config);
        vm.prank(config.guardian);
        stack.brake.stop();
        _expectMismatch("stopped", 0, 1);
    }

    function test_RevertWhen_TheSelectorWasRemoved() external {
        Stack memory stack = script.deploy(config);
        bytes4 selector = stack.verifier.SELECTOR();
        vm.prank(address(stack.timelock));
        stack.router.remove(selector);
        _expectMismatch("selector removed", 0, 1);
    }

    function test_RevertWhen_TheOwnerIsChanging() external {
        Stack memory stack = script.deploy(config);
        vm.prank(address(stack.timelock));
        stack.router.transferOwnership(address(1));
        _expectMismatch("pending owner of the router", 0, 1);
        vm.prank(address(1));
        stack.router.acceptOwnership();
        _expectMismatch("owner of the router", uint160(address(stack.timelock)), 1);
    }

    function test_RevertWhen_TheDelayOrTheRolesWereChanged() external {
        Stack memory stack = script.deploy(config);
        uint256 before = vm.snapshotState();
        vm.prank(address(stack.timelock));
        stack.timelock.updateDelay(1);
        _expectMismatch("delay of the timelock", config.minDelay, 1);
        vm.revertToState(before);
        bytes32 role = stack.timelock.CANCELLER_ROLE();
        vm.prank(address(stack.timelock));
        stack.timelock.revokeRole(role, config.proposers[0]);
        _expectMismatch("canceller", 1, 0);
        vm.revertToState(before);
        role = stack.timelock.DEFAULT_ADMIN_ROLE();
        vm.prank(address(stack.timelock));
        stack.timelock.grantRole(role, config.proposers[0]);
        _expectMismatch("a proposer administers", 0, 1);
    }

    function test_RevertWhen_TheCheckMeansAnotherKey() external {
        script.deploy(config);
        config.keyDigest = bytes32(uint256(1));
        vm.expectRevert(
            abi.encodeWithSelector(KeyGate.KeyDigestMismatch.selector, config.keyDigest, keyDigest)
        );
        check.check(config);
    }

    /// Each contract that the deployer makes adds one to its nonce.
    function _sent() private view returns (uint64) {
        return vm.getNonce(StackLib.DEPLOYER);
    }

    function _expectMismatch(string memory what, uint256 expected, uint256 actual) private {
        vm.expectRevert(abi.encodeWithSelector(Check.Mismatch.selector, what, expected, actual));
        check.check(config);
    }
}
