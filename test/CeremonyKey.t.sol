// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {VerifyingKey} from "../contracts/libraries/Groth16.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {KeyGate} from "../script/KeyGate.sol";
import {SealFile} from "../script/SealFile.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";

/// The key of a ceremony (`fixtures/ceremony`) goes through the gate; what a ceremony leaves behind on
/// its way does not.
contract CeremonyKeyTest is BaseTest {
    uint256 private constant SLOTS = 4;
    bytes32 private constant PARAMETERS_DIGEST = 0;

    /// Where a point begins in the words of a key.
    uint256 private constant _ALPHA = 0;
    uint256 private constant _GAMMA = 6;
    uint256 private constant _DELTA = 10;

    uint256[22] private words;

    function setUp() public {
        words = _read("fixtures/ceremony/key.json");
    }

    function test_TakesTheKeyOfACeremonyAndItsSeal() external {
        this.requireSound(_key(words));
        InjectedKeyVerifier verifier = _deploy(words);
        (bytes memory seal, Statement[] memory statements) =
            SealFile.read("fixtures/ceremony/seal.json");
        this.requireVerifies(verifier, seal, statements);
    }

    /// The same key with gamma as snarkjs leaves it verifies the same proof, and is refused: nothing on
    /// chain tells it from a key that nobody contributed to.
    function test_RevertWhen_GammaIsLeftAsSnarkjsLeavesIt() external {
        _expectRefused(_read("fixtures/ceremony/verification_key.json"), "gamma");
    }

    /// Of the first key delta is the generator too, also when gamma is not.
    function test_RevertWhen_NobodyContributed() external {
        uint256[22] memory left = _read("fixtures/ceremony/verification_key.json");
        for (uint256 i = 0; i < 4; ++i) {
            words[_DELTA + i] = left[_GAMMA + i];
        }
        _expectRefused(words, "delta");
    }

    function test_RevertWhen_DeltaIsCopiedToGamma() external {
        for (uint256 i = 0; i < 4; ++i) {
            words[_GAMMA + i] = words[_DELTA + i];
        }
        KeyInjection.set(_key(words), PARAMETERS_DIGEST, SLOTS);
        vm.expectRevert(
            abi.encodeWithSelector(ISealVerifier.VerifyingKeyPointsEqual.selector, "gamma", "delta")
        );
        new InjectedKeyVerifier();
    }

    function test_RevertWhen_TheKeyIsNotTheOneThatIsMeant() external {
        bytes32 meant = _deploy(words).keyDigest();
        words[_ALPHA + 1] ^= 1;
        bytes32 actual = _deploy(words).keyDigest();
        this.requireMeant(meant, meant);
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KeyDigestMismatch.selector, meant, actual));
        this.requireMeant(meant, actual);
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KeyPointNotOnCurve.selector, "alpha"));
        this.requireSound(_key(words));
    }

    /// A seal of the ceremony's key under the key of another ceremony.
    function test_RevertWhen_TheKnownSealIsOfAnotherKey() external {
        (bytes memory seal, Statement[] memory statements) =
            SealFile.read("fixtures/ceremony/seal.json");
        words[_ALPHA + 1] = P - words[_ALPHA + 1];
        InjectedKeyVerifier other = _deploy(words);
        // The first four bytes of a seal are its selector.
        // forge-lint: disable-next-line(unsafe-typecast)
        bytes4 selector = bytes4(seal);
        bytes memory reason = abi.encodeWithSelector(
            ISealVerifier.SelectorMismatch.selector, other.SELECTOR(), selector
        );
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KnownSealRefused.selector, reason));
        this.requireVerifies(other, seal, statements);
    }

    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    function requireSound(VerifyingKey memory key) external view {
        KeyGate.requireSound(key);
    }

    function requireMeant(bytes32 meant, bytes32 actual) external pure {
        KeyGate.requireMeant(meant, actual, 1);
    }

    function requireVerifies(
        ISealVerifier verifier,
        bytes memory seal,
        Statement[] memory statements
    ) external view {
        KeyGate.requireVerifies(verifier, seal, statements);
    }

    function _deploy(uint256[22] memory key) private returns (InjectedKeyVerifier) {
        KeyInjection.set(_key(key), PARAMETERS_DIGEST, SLOTS);
        return new InjectedKeyVerifier();
    }

    function _expectRefused(uint256[22] memory key, string memory generator) private {
        KeyInjection.set(_key(key), PARAMETERS_DIGEST, SLOTS);
        vm.expectRevert(
            abi.encodeWithSelector(ISealVerifier.VerifyingKeyPointIsGenerator.selector, generator)
        );
        new InjectedKeyVerifier();
    }

    function _key(uint256[22] memory key) private pure returns (VerifyingKey memory) {
        return abi.decode(abi.encode(key), (VerifyingKey));
    }

    /// A verifying key as snarkjs writes it: real parts before imaginary ones.
    function _read(string memory path) private view returns (uint256[22] memory key) {
        string memory json = vm.readFile(path);
        uint256 word = 0;
        (key[word++], key[word++]) = _g1(json, ".vk_alpha_1");
        string[3] memory names = [".vk_beta_2", ".vk_gamma_2", ".vk_delta_2"];
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 axis = 0; axis < 2; ++axis) {
                string memory part = string.concat(names[i], "[", vm.toString(axis), "]");
                key[word + 1] = vm.parseJsonUint(json, string.concat(part, "[0]"));
                key[word] = vm.parseJsonUint(json, string.concat(part, "[1]"));
                word += 2;
            }
        }
        for (uint256 i = 0; i < 4; ++i) {
            (key[word++], key[word++]) = _g1(json, string.concat(".IC[", vm.toString(i), "]"));
        }
    }

    function _g1(string memory json, string memory name) private pure returns (uint256, uint256) {
        return (
            vm.parseJsonUint(json, string.concat(name, "[0]")),
            vm.parseJsonUint(json, string.concat(name, "[1]"))
        );
    }
}
