// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Groth16, VerifyingKey} from "../contracts/libraries/Groth16.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Keys that the constructor refuses. Each is the key of `setup`, which it takes, with one change.
contract SealVerifierKeyTest is BaseTest {
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// Where a point begins in the words of a key.
    uint256 private constant _BETA = 2;
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

    function test_RevertWhen_TwoPointsAreEqual() external {
        _setG2(_DELTA, _g2(_GAMMA));
        _expectRefused(abi.encodeWithSelector(_EQUAL, "gamma", "delta"));
        _setG2(_DELTA, _g2(_BETA));
        _expectRefused(abi.encodeWithSelector(_EQUAL, "beta", "delta"));
    }

    function test_RevertWhen_TwoPointsAreEqualButForTheSign() external {
        _setG2(_DELTA, _negated(_g2(_GAMMA)));
        _expectRefused(abi.encodeWithSelector(_EQUAL, "gamma", "delta"));
        _setG2(_DELTA, _negated(_g2(_BETA)));
        _expectRefused(abi.encodeWithSelector(_EQUAL, "beta", "delta"));
    }

    function test_RevertWhen_BetaEqualsGamma() external {
        _setG2(_BETA, _g2(_GAMMA));
        _expectRefused(abi.encodeWithSelector(_EQUAL, "beta", "gamma"));
        _setG2(_BETA, _negated(_g2(_GAMMA)));
        _expectRefused(abi.encodeWithSelector(_EQUAL, "beta", "gamma"));
    }

    /// What the two refusals above are for: points that anybody finds pass the pairing.
    function test_UnderSuchKeysAnybodyForges() external {
        uint256[3] memory inputs = [uint256(5), 6, 7];
        (uint256 x, uint256 y) = _sum(inputs);
        uint256[22] memory honest = words;

        _setG2(_DELTA, _g2(_BETA));
        this.verify(_key(), inputs, _proof([x, y], _g2(_GAMMA), [words[0], P - words[1]]));
        // Under the honest key it is no proof.
        words = honest;
        uint256[9] memory forged = _proof([x, y], _g2(_GAMMA), [words[0], P - words[1]]);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        this.verify(_key(), inputs, forged);

        _setG2(_BETA, _g2(_GAMMA));
        uint256[2] memory a = _add([words[0], words[1]], [x, y]);
        this.verify(_key(), inputs, _proof(a, _g2(_BETA), [uint256(0), 0]));
    }

    function test_RevertWhen_BetaIsTheGenerator() external {
        _setG2(_BETA, _generator());
        _expectRefused(abi.encodeWithSelector(_GENERATOR, "beta"));
        _setG2(_BETA, _negated(_generator()));
        _expectRefused(abi.encodeWithSelector(_GENERATOR, "beta"));
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

    /// The library alone, without the gate of a constructor.
    function verify(VerifyingKey memory key, uint256[3] memory inputs, uint256[9] calldata proof)
        external
        view
    {
        Groth16.verify(key, inputs[0], inputs[1], inputs[2], proof);
    }

    bytes4 private constant _EQUAL = ISealVerifier.VerifyingKeyPointsEqual.selector;
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

    /// A proof as `Groth16.verify` takes it, behind a word that it does not read.
    function _proof(uint256[2] memory a, uint256[4] memory b, uint256[2] memory c)
        private
        pure
        returns (uint256[9] memory)
    {
        return [uint256(0), a[0], a[1], b[0], b[1], b[2], b[3], c[0], c[1]];
    }

    /// The sum over the inputs that the pairing takes.
    function _sum(uint256[3] memory inputs) private view returns (uint256 x, uint256 y) {
        uint256[2] memory sum = [words[14], words[15]];
        for (uint256 i = 0; i < 3; ++i) {
            (bool done, bytes memory product) =
                address(7).staticcall(abi.encode(words[16 + 2 * i], words[17 + 2 * i], inputs[i]));
            assertTrue(done, "multiplication");
            sum = _add(sum, abi.decode(product, (uint256[2])));
        }
        return (sum[0], sum[1]);
    }

    function _add(uint256[2] memory a, uint256[2] memory b)
        private
        view
        returns (uint256[2] memory)
    {
        (bool done, bytes memory sum) = address(6).staticcall(abi.encode(a, b));
        assertTrue(done, "addition");
        return abi.decode(sum, (uint256[2]));
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
