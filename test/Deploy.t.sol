// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {Deploy} from "../script/Deploy.s.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";

/// The deployment script, run as it is.
contract DeployTest is BaseTest {
    Deploy private script;
    bytes32 private keyDigest;

    function setUp() public {
        script = new Deploy();
        SealVerifier verifier = new SealVerifier();
        keyDigest = verifier.keyDigest();
        // The committed key is a development key; these tests are about what happens to one.
        assertTrue(verifier.isDevelopmentKey(), "development key");
    }

    function test_DeploysADevelopmentKeyOnALocalChain() external {
        vm.chainId(31337);
        (SealVerifier verifier, ProofRegistry registry) = script.run();
        assertEq(address(registry.verifier()), address(verifier), "joined");
        SealFixture memory first = Fixtures.first();
        registry.submit(first.seal, first.statements, false);
        assertTrue(registry.isProven(first.statements[0]), "it works");
    }

    function test_DeploysTheNamedKey() external {
        vm.chainId(31337);
        (SealVerifier verifier,) = script.run(keyDigest);
        assertEq(verifier.keyDigest(), keyDigest, "digest");
    }

    function testFuzz_RevertWhen_ChainIsNotLocal(uint64 chainId) external {
        vm.assume(chainId != 31337);
        vm.chainId(chainId);
        vm.expectRevert(
            abi.encodeWithSelector(Deploy.DevelopmentKeyRefused.selector, uint256(chainId))
        );
        script.run(keyDigest);
    }

    function test_RevertWhen_DigestIsOfAnotherKey() external {
        vm.chainId(31337);
        bytes32 other = keyDigest ^ bytes32(uint256(1));
        vm.expectRevert(abi.encodeWithSelector(Deploy.KeyDigestMismatch.selector, other, keyDigest));
        script.run(other);
    }

    function test_RevertWhen_NoDigestIsNamedOnARealChain() external {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(Deploy.KeyDigestRequired.selector, 1));
        script.run();
    }

    function test_AllowsAKeyOfACeremonyEverywhere() external {
        script.requireKeyAllowed(false, 1);
        script.requireKeyAllowed(false, 31337);
        script.requireKeyAllowed(true, 31337);
        vm.expectRevert(abi.encodeWithSelector(Deploy.DevelopmentKeyRefused.selector, 1));
        script.requireKeyAllowed(true, 1);
    }
}
