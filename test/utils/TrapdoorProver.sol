// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Vm} from "forge-std/Vm.sol";

import {VerifyingKey} from "../../contracts/libraries/Groth16.sol";
import {Statement} from "../../contracts/libraries/StatementLib.sol";

/// @notice `fixtures/seals/trapdoor_key.json`: a key whose secrets are known, with its digest as the
/// Rust exporter computes it.
struct TrapdoorKey {
    VerifyingKey key;
    bytes32 parametersDigest;
    uint256 slots;
    bytes32 keyDigest;
    uint256 alpha;
    uint256 beta;
    uint256 gamma;
    uint256 delta;
    uint256[] ic;
}

/// @title Seals of anything, for a key whose secrets are known
/// @notice Whoever knows the secrets of a setup can prove any public inputs. Tests use that to get
/// real proofs, which go through the real pairing, for any number of slots and any statements. The
/// challenge and the evaluation are computed here a second time, from the words of section 5 of
/// docs/protocol.md and not with the library under test.
library TrapdoorProver {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    function load() internal view returns (TrapdoorKey memory setup) {
        string memory json = VM.readFile("fixtures/seals/trapdoor_key.json");
        setup.alpha = VM.parseJsonUint(json, ".trapdoor.alpha");
        setup.beta = VM.parseJsonUint(json, ".trapdoor.beta");
        setup.gamma = VM.parseJsonUint(json, ".trapdoor.gamma");
        setup.delta = VM.parseJsonUint(json, ".trapdoor.delta");
        setup.ic = VM.parseJsonUintArray(json, ".trapdoor.ic");
        setup.slots = VM.parseJsonUint(json, ".slots");
        setup.parametersDigest = VM.parseJsonBytes32(json, ".parameters_digest");
        setup.keyDigest = VM.parseJsonBytes32(json, ".key_digest");
        setup.key.alpha = _g1(json, ".alpha");
        setup.key.beta = _g2(json, ".beta");
        setup.key.gamma = _g2(json, ".gamma");
        setup.key.delta = _g2(json, ".delta");
        setup.key.ic0 = _g1(json, ".ic0");
        setup.key.ic1 = _g1(json, ".ic1");
        setup.key.ic2 = _g1(json, ".ic2");
        setup.key.ic3 = _g1(json, ".ic3");
    }

    /// @notice A seal of `statements`, padded to `setup.slots`.
    /// @param root Any number below r stands for the Poseidon root of the circuit.
    /// @param randomness Another one gives another seal of the same statements.
    function seal(
        TrapdoorKey memory setup,
        Statement[] memory statements,
        uint256 root,
        uint256 randomness
    ) internal view returns (bytes memory) {
        uint256[] memory elements = _paddedElements(statements, setup.slots);
        uint256 challenge = challengeOf(root, elements);
        uint256 input = setup.ic[0];
        input = addmod(input, mulmod(setup.ic[1], root, R), R);
        input = addmod(input, mulmod(setup.ic[2], challenge, R), R);
        input = addmod(input, mulmod(setup.ic[3], evaluationOf(elements, challenge), R), R);

        // a * beta = alpha * beta + input * gamma + c * delta, with B = beta.
        uint256 a = randomness % (R - 1) + 1;
        uint256 c = mulmod(a, setup.beta, R);
        c = addmod(c, R - mulmod(setup.alpha, setup.beta, R), R);
        c = addmod(c, R - mulmod(input, setup.gamma, R), R);
        c = mulmod(c, _inverse(setup.delta), R);
        return bytes.concat(
            bytes4(setup.keyDigest),
            bytes32(root),
            abi.encode(_multiply(a)),
            abi.encode(setup.key.beta),
            abi.encode(_multiply(c))
        );
    }

    function challengeOf(uint256 root, uint256[] memory elements) internal pure returns (uint256) {
        bytes memory preimage = abi.encodePacked(
            keccak256("rankproof.seal.v1"), root, uint256(96), elements.length / 3, elements
        );
        return uint256(keccak256(preimage)) % R;
    }

    function evaluationOf(uint256[] memory elements, uint256 challenge)
        internal
        pure
        returns (uint256 value)
    {
        uint256 power = 1;
        for (uint256 i = 0; i < elements.length; ++i) {
            value = addmod(value, mulmod(elements[i], power, R), R);
            power = mulmod(power, challenge, R);
        }
    }

    function _paddedElements(Statement[] memory statements, uint256 slots)
        private
        pure
        returns (uint256[] memory elements)
    {
        elements = new uint256[](3 * slots);
        for (uint256 i = 0; i < slots; ++i) {
            Statement memory s = statements[i < statements.length ? i : statements.length - 1];
            elements[3 * i] = s.adapter;
            elements[3 * i + 1] = s.activations;
            elements[3 * i + 2] = s.context;
        }
    }

    /// @notice `scalar` times the generator (1, 2) of G1.
    function _multiply(uint256 scalar) private view returns (uint256[2] memory) {
        (bool success, bytes memory point) =
            address(7).staticcall(abi.encode(uint256(1), uint256(2), scalar));
        require(success, "ecMul");
        return abi.decode(point, (uint256[2]));
    }

    function _inverse(uint256 value) private view returns (uint256) {
        (bool success, bytes memory inverse) = address(5)
            .staticcall(abi.encode(uint256(32), uint256(32), uint256(32), value, R - 2, R));
        require(success, "modexp");
        return abi.decode(inverse, (uint256));
    }

    function _g1(string memory json, string memory name)
        private
        pure
        returns (uint256[2] memory point)
    {
        bytes32[] memory words = VM.parseJsonBytes32Array(json, name);
        for (uint256 i = 0; i < 2; ++i) {
            point[i] = uint256(words[i]);
        }
    }

    function _g2(string memory json, string memory name)
        private
        pure
        returns (uint256[4] memory point)
    {
        bytes32[] memory words = VM.parseJsonBytes32Array(json, name);
        for (uint256 i = 0; i < 4; ++i) {
            point[i] = uint256(words[i]);
        }
    }
}
