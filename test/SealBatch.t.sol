// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {VerifyingKey} from "../contracts/libraries/Groth16.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier, KeyInjection} from "./utils/InjectedKeyVerifier.sol";
import {TrapdoorKey, TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// Seals of several statements, under the four-slot key whose secrets the tests know: padding, order,
/// and the binding of every element. The proofs are real ones.
contract SealBatchTest is BaseTest {
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    TrapdoorKey private setup;
    InjectedKeyVerifier private verifier;

    function setUp() public {
        setup = TrapdoorProver.load();
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        verifier = new InjectedKeyVerifier();
    }

    function testFuzz_VerifiesAnyNumberOfStatements(uint256 count, uint256 seed) external view {
        Statement[] memory statements = _statements(bound(count, 1, setup.slots), seed);
        verifier.verify(_seal(statements, seed), statements);
    }

    function testFuzz_RevertWhen_AnyElementOfABatchChanges(uint256 index, uint256 value) external {
        Statement[] memory statements = _statements(setup.slots, value);
        bytes memory seal = _seal(statements, value);
        verifier.verify(seal, statements);
        index = bound(index, 0, 3 * setup.slots - 1);
        Statement memory s = statements[index / 3];
        uint256 change = bound(value, 1, R - 1);
        if (index % 3 == 0) s.adapter = addmod(s.adapter, change, R);
        else if (index % 3 == 1) s.activations = addmod(s.activations, change, R);
        else s.context = addmod(s.context, change, R);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_ElementOfALaterStatementIsNotReduced() external {
        Statement[] memory statements = _statements(2, 1);
        bytes memory seal = _seal(statements, 1);
        verifier.verify(seal, statements);
        statements[1].context += R;
        vm.expectRevert(
            abi.encodeWithSelector(
                ISealVerifier.StatementElementNotCanonical.selector, 1, 2, statements[1].context
            )
        );
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_OrderChanges() external {
        Statement[] memory statements = _statements(2, 2);
        bytes memory seal = _seal(statements, 2);
        verifier.verify(seal, statements);
        (statements[0], statements[1]) = (statements[1], statements[0]);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    /// The padding repeats the last statement, so that `[A]` and `[A, A]` share a seal.
    function test_VerifiesTheSameSealForAStatementAndItsRepetition() external view {
        Statement[] memory one = _statements(1, 3);
        bytes memory seal = _seal(one, 3);
        verifier.verify(seal, one);
        Statement[] memory two = new Statement[](2);
        (two[0], two[1]) = (one[0], one[0]);
        verifier.verify(seal, two);
    }

    function test_RevertWhen_TheLastStatementIsLeftOut() external {
        Statement[] memory statements = _statements(2, 4);
        bytes memory seal = _seal(statements, 4);
        verifier.verify(seal, statements);
        Statement[] memory fewer = new Statement[](1);
        fewer[0] = statements[0];
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, fewer);
    }

    function test_RevertWhen_AnotherStatementIsAdded() external {
        Statement[] memory statements = _statements(2, 5);
        Statement[] memory one = new Statement[](1);
        one[0] = statements[0];
        bytes memory seal = _seal(one, 5);
        verifier.verify(seal, one);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_OneStatementTooMany() external {
        Statement[] memory statements = _statements(setup.slots + 1, 6);
        bytes memory seal = _seal(statements, 6);
        vm.expectRevert(
            abi.encodeWithSelector(
                ISealVerifier.StatementCountOutOfRange.selector, setup.slots, setup.slots + 1
            )
        );
        verifier.verify(seal, statements);
    }

    function test_VerifiesTheLargestElementsAndTheSmallest() external view {
        Statement[] memory statements = new Statement[](2);
        statements[0] = Statement(R - 1, R - 1, R - 1);
        statements[1] = Statement(0, 0, 0);
        verifier.verify(_seal(statements, 7), statements);
    }

    function test_RevertWhen_SealIsForAVerifierWithMoreSlots() external {
        Statement[] memory statements = _statements(1, 8);
        bytes memory seal = _seal(statements, 8);
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots + 1);
        InjectedKeyVerifier wider = new InjectedKeyVerifier();
        bytes4 selector = wider.SELECTOR();
        vm.expectRevert(
            abi.encodeWithSelector(
                ISealVerifier.SelectorMismatch.selector, selector, bytes4(setup.keyDigest)
            )
        );
        wider.verify(seal, statements);
    }

    /// Every word of the key is used: with any two points of G1, or of G2, swapped it is another key.
    function test_RevertWhen_TwoPointsOfTheKeySwapPlaces() external {
        Statement[] memory statements = _statements(1, 9);
        bytes memory seal = _seal(statements, 9);
        verifier.verify(seal, statements);
        uint256[8] memory starts = [uint256(0), 14, 16, 18, 20, 2, 6, 10];
        for (uint256 i = 0; i < 8; ++i) {
            for (uint256 j = i + 1; j < 8; ++j) {
                if (i < 5 != j < 5) continue;
                uint256[22] memory words = abi.decode(abi.encode(setup.key), (uint256[22]));
                for (uint256 word = 0; word < (i < 5 ? 2 : 4); ++word) {
                    (words[starts[i] + word], words[starts[j] + word]) =
                    (words[starts[j] + word], words[starts[i] + word]);
                }
                VerifyingKey memory other = abi.decode(abi.encode(words), (VerifyingKey));
                KeyInjection.set(other, setup.parametersDigest, setup.slots);
                vm.expectRevert(ISealVerifier.ProofRejected.selector);
                verifier.verify(seal, statements);
            }
        }
    }

    /// A point of the key that is off its curve: the precompile that meets it is named. (ic0 is only
    /// added, the others are multiplied first.)
    function test_RevertWhen_AnInputPointIsNotOnTheCurve() external {
        Statement[] memory statements = _statements(1, 10);
        bytes memory seal = _seal(statements, 10);
        verifier.verify{gas: 4_000_000}(seal, statements);
        for (uint256 i = 0; i < 4; ++i) {
            uint256[22] memory words = abi.decode(abi.encode(setup.key), (uint256[22]));
            words[14 + 2 * i] ^= 1;
            VerifyingKey memory other = abi.decode(abi.encode(words), (VerifyingKey));
            KeyInjection.set(other, setup.parametersDigest, setup.slots);
            uint256 precompile = i == 0 ? 6 : 7;
            vm.expectRevert(
                abi.encodeWithSelector(ISealVerifier.PrecompileFailed.selector, precompile)
            );
            verifier.verify{gas: 4_000_000}(seal, statements);
        }
    }

    function _statements(uint256 count, uint256 seed)
        private
        pure
        returns (Statement[] memory statements)
    {
        statements = new Statement[](count);
        for (uint256 i = 0; i < count; ++i) {
            statements[i] = Statement({
                adapter: uint256(keccak256(abi.encode(seed, i, 0))) % R,
                activations: uint256(keccak256(abi.encode(seed, i, 1))) % R,
                context: uint256(keccak256(abi.encode(seed, i, 2))) % R
            });
        }
    }

    function _seal(Statement[] memory statements, uint256 seed)
        private
        view
        returns (bytes memory)
    {
        return TrapdoorProver.seal(
            setup, statements, uint256(keccak256(abi.encode(seed))) % R, seed
        );
    }
}
