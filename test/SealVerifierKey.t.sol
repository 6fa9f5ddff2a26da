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

    /// Where a point begins in the words of a key.
    uint256 private constant _GAMMA = 6;
    uint256 private constant _DELTA = 10;

    TrapdoorKey private setup;
    uint256[22] private words;

    function setUp() public {
        setup = TrapdoorProver.load();
        words = abi.decode(abi.encode(setup.key), (uint256[22]));
    }

    function test_TakesASoundKeyAndNamesItAsTheExporterDoes() external {
        InjectedKeyVerifier verifier = _deploy();
        assertEq(verifier.keyDigest(), setup.keyDigest, "digest");
        assertEq(verifier.SELECTOR(), bytes4(setup.keyDigest), "selector");
    }

    function test_EveryWordMovesTheDigest() external {
        bytes32 honest = _deploy().keyDigest();
        for (uint256 word = 0; word < 22; ++word) {
            words[word] ^= 1;
            assertNotEq(_deploy().keyDigest(), honest, "word");
            words[word] ^= 1;
        }
    }

    function test_ParametersAndSlotsMoveTheDigest() external {
        bytes32 honest = _deploy().keyDigest();
        KeyInjection.set(setup.key, setup.parametersDigest ^ bytes32(uint256(1)), setup.slots);
        assertNotEq(new InjectedKeyVerifier().keyDigest(), honest, "parameters");
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots + 1);
        assertNotEq(new InjectedKeyVerifier().keyDigest(), honest, "slots");
    }

    function test_RevertWhen_GammaEqualsDelta() external {
        _setG2(_DELTA, _g2(_GAMMA));
        _expectRefused(abi.encodeWithSelector(_GAMMA_EQUALS_DELTA));
    }

    function test_RevertWhen_GammaEqualsMinusDelta() external {
        _setG2(_DELTA, _negated(_g2(_GAMMA)));
        _expectRefused(abi.encodeWithSelector(_GAMMA_EQUALS_DELTA));
    }

    function test_RevertWhen_GammaIsTheGenerator() external {
        _setG2(_GAMMA, _generator());
        _expectRefused(abi.encodeWithSelector(_GENERATOR, "gamma"));
        _setG2(_GAMMA, _negated(_generator()));
        _expectRefused(abi.encodeWithSelector(_GENERATOR, "gamma"));
    }

    function test_RevertWhen_DeltaIsTheGenerator() external {
        _setG2(_DELTA, _generator());
        _expectRefused(abi.encodeWithSelector(_GENERATOR, "delta"));
        _setG2(_DELTA, _negated(_generator()));
        _expectRefused(abi.encodeWithSelector(_GENERATOR, "delta"));
    }

    function test_RevertWhen_APointIsAtInfinity() external {
        string[8] memory names = ["alpha", "beta", "gamma", "delta", "ic0", "ic1", "ic2", "ic3"];
        uint256[9] memory starts = [uint256(0), 2, 6, 10, 14, 16, 18, 20, 22];
        uint256[22] memory honest = words;
        for (uint256 i = 0; i < 8; ++i) {
            words = honest;
            for (uint256 word = starts[i]; word < starts[i + 1]; ++word) {
                words[word] = 0;
            }
            _expectRefused(abi.encodeWithSelector(_INFINITY, names[i]));
        }
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

    function _deploy() private returns (InjectedKeyVerifier) {
        KeyInjection.set(_key(), setup.parametersDigest, setup.slots);
        return new InjectedKeyVerifier();
    }

    function _expectRefused(bytes memory reason) private {
        KeyInjection.set(_key(), setup.parametersDigest, setup.slots);
        vm.expectRevert(reason);
        new InjectedKeyVerifier();
    }

    function _key() private view returns (VerifyingKey memory) {
        return abi.decode(abi.encode(words), (VerifyingKey));
    }

    function _g2(uint256 start) private view returns (uint256[4] memory) {
        return [words[start], words[start + 1], words[start + 2], words[start + 3]];
    }

    function _setG2(uint256 start, uint256[4] memory point) private {
        for (uint256 i = 0; i < 4; ++i) {
            words[start + i] = point[i];
        }
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
