// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {VerifyingKey} from "../contracts/libraries/Groth16.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Keys that the constructor refuses. Each is the key of `setup`, which it takes, with one change.
contract SealVerifierKeyTest is BaseTest {
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    TrapdoorKey private setup;

    function setUp() public {
        setup = TrapdoorProver.load();
    }

    function test_TakesASoundKeyAndNamesItAsTheExporterDoes() external {
        InjectedKeyVerifier verifier = _deploy(setup.key);
        assertEq(verifier.keyDigest(), setup.keyDigest, "digest");
        assertEq(verifier.SELECTOR(), bytes4(setup.keyDigest), "selector");
    }

    function test_EveryWordMovesTheDigest() external {
        bytes32 honest = _deploy(setup.key).keyDigest();
        bytes memory encoded = abi.encode(setup.key);
        for (uint256 offset = 31; offset < encoded.length; offset += 32) {
            encoded[offset] ^= 0x01;
            assertNotEq(_deploy(abi.decode(encoded, (VerifyingKey))).keyDigest(), honest, "word");
            encoded[offset] ^= 0x01;
        }
    }

    function test_ParametersAndSlotsMoveTheDigest() external {
        bytes32 honest = _deploy(setup.key).keyDigest();
        KeyInjection.set(setup.key, setup.parametersDigest ^ bytes32(uint256(1)), setup.slots);
        assertNotEq(new InjectedKeyVerifier().keyDigest(), honest, "parameters");
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots + 1);
        assertNotEq(new InjectedKeyVerifier().keyDigest(), honest, "slots");
    }

    function test_RevertWhen_GammaEqualsDelta() external {
        setup.key.delta = setup.key.gamma;
        _expectRefused(setup.key, abi.encodeWithSelector(_GAMMA_EQUALS_DELTA));
    }

    function test_RevertWhen_GammaEqualsMinusDelta() external {
        setup.key.delta = _negated(setup.key.gamma);
        _expectRefused(setup.key, abi.encodeWithSelector(_GAMMA_EQUALS_DELTA));
    }

    function test_RevertWhen_GammaIsTheGenerator() external {
        setup.key.gamma = _generator();
        _expectRefused(setup.key, abi.encodeWithSelector(_GENERATOR, "gamma"));
        setup.key.gamma = _negated(_generator());
        _expectRefused(setup.key, abi.encodeWithSelector(_GENERATOR, "gamma"));
    }

    function test_RevertWhen_DeltaIsTheGenerator() external {
        setup.key.delta = _generator();
        _expectRefused(setup.key, abi.encodeWithSelector(_GENERATOR, "delta"));
        setup.key.delta = _negated(_generator());
        _expectRefused(setup.key, abi.encodeWithSelector(_GENERATOR, "delta"));
    }

    function test_RevertWhen_APointIsAtInfinity() external {
        uint256[2] memory g1;
        uint256[4] memory g2;
        VerifyingKey memory key = setup.key;
        key.alpha = g1;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "alpha"));
        key = setup.key;
        key.beta = g2;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "beta"));
        key = setup.key;
        key.gamma = g2;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "gamma"));
        key = setup.key;
        key.delta = g2;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "delta"));
        key = setup.key;
        key.ic0 = g1;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "ic0"));
        key = setup.key;
        key.ic1 = g1;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "ic1"));
        key = setup.key;
        key.ic2 = g1;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "ic2"));
        key = setup.key;
        key.ic3 = g1;
        _expectRefused(key, abi.encodeWithSelector(_INFINITY, "ic3"));
    }

    function test_RevertWhen_ThereIsNoSlot() external {
        KeyInjection.set(setup.key, setup.parametersDigest, 0);
        vm.expectRevert(ISealVerifier.VerifyingKeyWithoutSlots.selector);
        new InjectedKeyVerifier();
    }

    bytes4 private constant _GAMMA_EQUALS_DELTA =
        ISealVerifier.VerifyingKeyGammaEqualsDelta.selector;
    bytes4 private constant _GENERATOR = ISealVerifier.VerifyingKeyPointIsGenerator.selector;
    bytes4 private constant _INFINITY = ISealVerifier.VerifyingKeyPointAtInfinity.selector;

    function _deploy(VerifyingKey memory key) private returns (InjectedKeyVerifier) {
        KeyInjection.set(key, setup.parametersDigest, setup.slots);
        return new InjectedKeyVerifier();
    }

    function _expectRefused(VerifyingKey memory key, bytes memory reason) private {
        KeyInjection.set(key, setup.parametersDigest, setup.slots);
        vm.expectRevert(reason);
        new InjectedKeyVerifier();
    }

    function _negated(uint256[4] memory point) private pure returns (uint256[4] memory) {
        return [point[0], point[1], P - point[2], P - point[3]];
    }

    /// The generator of G2 as EIP-197 gives it.
    function _generator() private pure returns (uint256[4] memory) {
        return [
            11559732032986387107991004021392285783925812861821192530917403151452391805634,
            10857046999023057135944570762232829481370756359578518086990519993285655852781,
            4082367875863433681332203403145435568316851327593401208105741076214120093531,
            8495653923123431417604973247489272438418190587263600148770280649306958101930
        ];
    }
}
