// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {SealVerifier} from "../contracts/SealVerifier.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";

/// The deployed verifier against seals that the prover made. Every rejection changes one thing of
/// the first fixture, which `test_VerifiesKnownSeal` accepts as it is.
contract SealVerifierTest is BaseTest {
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;
    uint256 private constant SEAL_LENGTH = 292;

    SealVerifier private verifier;
    bytes4 private selector;
    uint256 private slots;
    uint256 private root;
    bytes private seal;
    Statement[] private statements;

    function setUp() public {
        verifier = new SealVerifier();
        _restore();
    }

    function test_VerifiesKnownSeal() external view {
        verifier.verify(seal, statements);
    }

    function test_VerifiesSecondSeal() external view {
        SealFixture memory second = Fixtures.second();
        verifier.verify(second.seal, second.statements);
    }

    /// One key for adapters of every shape: other modules, ranks and tokens, the same verifier.
    function test_VerifiesASealOfAnotherAdapter() external view {
        SealFixture memory other = Fixtures.otherAdapter();
        assertNotEq(other.statements[0].adapter, statements[0].adapter, "another adapter");
        verifier.verify(other.seal, other.statements);
    }

    function test_VerifiesRerandomizedSealOfTheSameStatement() external view {
        SealFixture memory other = Fixtures.firstRerandomized();
        assertEq(abi.encode(other.statements), abi.encode(statements), "same statement");
        assertNotEq(keccak256(other.seal), keccak256(seal), "different seal");
        verifier.verify(other.seal, statements);
    }

    function test_NamesItsKeyAsTheProverDoes() external view {
        assertEq(verifier.SELECTOR(), selector, "selector");
        assertEq(verifier.SELECTOR(), bytes4(verifier.keyDigest()), "head of the digest");
        assertEq(verifier.slots(), slots, "slots");
        assertEq(verifier.profile(), Fixtures.first().profile, "profile");
        assertEq(seal.length, SEAL_LENGTH, "length");
    }

    // ---- the bytes of the seal ----

    function testFuzz_RevertWhen_AnySealByteChanges(uint256 index, uint8 mask) external {
        index = bound(index, 0, SEAL_LENGTH - 1);
        mask = uint8(bound(mask, 1, 255));
        seal[index] ^= bytes1(mask);
        vm.expectRevert(); // which error depends on the byte; each has its own exact test
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_EachSealByteChanges() external {
        for (uint256 i = 0; i < SEAL_LENGTH; ++i) {
            seal[i] ^= 0x01;
            vm.expectRevert();
            verifier.verify{gas: 1_000_000}(seal, statements);
            seal[i] ^= 0x01;
        }
    }

    function testFuzz_RevertWhen_SealIsShort(uint256 length) external {
        length = bound(length, 0, SEAL_LENGTH - 1);
        bytes memory short = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            short[i] = seal[i];
        }
        vm.expectRevert(
            abi.encodeWithSelector(ISealVerifier.SealLengthMismatch.selector, SEAL_LENGTH, length)
        );
        verifier.verify(short, statements);
    }

    function test_RevertWhen_SealHasOneByteMore() external {
        vm.expectRevert(
            abi.encodeWithSelector(
                ISealVerifier.SealLengthMismatch.selector, SEAL_LENGTH, SEAL_LENGTH + 1
            )
        );
        verifier.verify(bytes.concat(seal, hex"00"), statements);
    }

    function test_RevertWhen_SelectorIsOfAnotherKey() external {
        bytes4 other = selector ^ 0x00000001;
        _write(0, abi.encodePacked(other));
        vm.expectRevert(
            abi.encodeWithSelector(ISealVerifier.SelectorMismatch.selector, selector, other)
        );
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_RootIsAnotherElement() external {
        _write(4, abi.encode(addmod(root, 1, R)));
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_RootIsNotReduced() external {
        _write(4, abi.encode(root + R));
        vm.expectRevert(abi.encodeWithSelector(ISealVerifier.RootNotCanonical.selector, root + R));
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_RootIsTheModulus() external {
        _write(4, abi.encode(R));
        vm.expectRevert(abi.encodeWithSelector(ISealVerifier.RootNotCanonical.selector, R));
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_ProofCoordinateIsNotReduced() external {
        for (uint256 i = 0; i < 8; ++i) {
            _restore();
            uint256 value = _word(36 + 32 * i) + P;
            _write(36 + 32 * i, abi.encode(value));
            vm.expectRevert(
                abi.encodeWithSelector(ISealVerifier.ProofCoordinateNotCanonical.selector, i, value)
            );
            verifier.verify(seal, statements);
        }
    }

    function test_RevertWhen_PointIsNotOnItsCurve() external {
        uint256[3] memory points = [uint256(36), 100, 228]; // A, B, C
        for (uint256 i = 0; i < 3; ++i) {
            _restore();
            _write(points[i], abi.encode(addmod(_word(points[i]), 1, P)));
            vm.expectRevert(abi.encodeWithSelector(ISealVerifier.PrecompileFailed.selector, 8));
            verifier.verify{gas: 1_000_000}(seal, statements);
        }
    }

    function test_RevertWhen_ProofIsNegated() external {
        uint256[2] memory ordinates = [uint256(68), 260]; // y of A, y of C
        for (uint256 i = 0; i < 2; ++i) {
            _restore();
            _write(ordinates[i], abi.encode(P - _word(ordinates[i])));
            vm.expectRevert(ISealVerifier.ProofRejected.selector);
            verifier.verify(seal, statements);
        }
    }

    function test_RevertWhen_ProofIsAllZero() external {
        _write(36, new bytes(256)); // three points at infinity
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    // ---- the statements ----

    function testFuzz_RevertWhen_ElementChanges(uint256 element, uint256 value) external {
        element = bound(element, 0, 2);
        uint256 before = _element(element);
        // Any other element: a shift by 1 to r - 1.
        _setElement(element, addmod(before, bound(value, 1, R - 1), R));
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    /// c + r is the same residue: without the check, `mulmod` would accept it as c.
    function test_RevertWhen_ElementIsNotReduced() external {
        for (uint256 element = 0; element < 3; ++element) {
            _restore();
            uint256 value = _element(element) + R;
            _setElement(element, value);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISealVerifier.StatementElementNotCanonical.selector, 0, element, value
                )
            );
            verifier.verify(seal, statements);
        }
    }

    function test_RevertWhen_ElementIsTheModulus() external {
        for (uint256 element = 0; element < 3; ++element) {
            _restore();
            _setElement(element, R);
            vm.expectRevert(
                abi.encodeWithSelector(
                    ISealVerifier.StatementElementNotCanonical.selector, 0, element, R
                )
            );
            verifier.verify(seal, statements);
        }
    }

    function test_RevertWhen_ElementsSwapPlaces() external {
        (uint256 adapter, uint256 activations) = (_element(0), _element(1));
        _setElement(0, activations);
        _setElement(1, adapter);
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(seal, statements);
    }

    function test_RevertWhen_SealIsOfAnotherStatement() external {
        SealFixture memory second = Fixtures.second();
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(second.seal, statements);
    }

    function test_RevertWhen_SealIsOfAnotherAdapter() external {
        SealFixture memory other = Fixtures.otherAdapter();
        vm.expectRevert(ISealVerifier.ProofRejected.selector);
        verifier.verify(other.seal, statements);
    }

    function test_RevertWhen_NoStatements() external {
        vm.expectRevert(
            abi.encodeWithSelector(ISealVerifier.StatementCountOutOfRange.selector, slots, 0)
        );
        verifier.verify(seal, new Statement[](0));
    }

    function test_RevertWhen_TooManyStatements() external {
        Statement[] memory many = new Statement[](slots + 1);
        for (uint256 i = 0; i < many.length; ++i) {
            many[i] = statements[0];
        }
        vm.expectRevert(
            abi.encodeWithSelector(
                ISealVerifier.StatementCountOutOfRange.selector, slots, many.length
            )
        );
        verifier.verify(seal, many);
    }

    // ---- gas ----

    /// A precompile that runs out of gas must never look like an answer: below the least gas with
    /// which the call returns, every supply fails.
    function testFuzz_RevertWhen_GasIsShort(uint256 supply) external view {
        bytes memory call = abi.encodeCall(verifier.verify, (seal, statements));
        (uint256 short, uint256 enough) = (0, 300_000);
        assertTrue(_succeeds(call, enough), "the twin with enough gas");
        while (enough - short > 1) {
            uint256 middle = (short + enough) / 2;
            if (_succeeds(call, middle)) enough = middle;
            else short = middle;
        }
        assertGt(enough, 181_000, "the pairing alone costs that");
        assertFalse(_succeeds(call, bound(supply, 0, enough - 1)), "accepted without enough gas");
    }

    function test_RevertWhen_PairingRunsOutOfGas() external view {
        bytes memory call = abi.encodeCall(verifier.verify, (seal, statements));
        // Enough for the multiplications and additions, a little short of the 181 000 of the pairing.
        (bool success, bytes memory reason) = address(verifier).staticcall{gas: 195_000}(call);
        assertFalse(success, "accepted");
        assertEq(
            reason,
            abi.encodeWithSelector(ISealVerifier.PrecompileFailed.selector, 8),
            "the pairing is named"
        );
    }

    // ---- helpers ----

    function _succeeds(bytes memory call, uint256 supply) private view returns (bool success) {
        (success,) = address(verifier).staticcall{gas: supply}(call);
    }

    function _restore() private {
        SealFixture memory first = Fixtures.first();
        (selector, slots, root, seal) = (first.selector, first.slots, first.root, first.seal);
        delete statements;
        for (uint256 i = 0; i < first.statements.length; ++i) {
            statements.push(first.statements[i]);
        }
    }

    function _write(uint256 offset, bytes memory data) private {
        for (uint256 i = 0; i < data.length; ++i) {
            seal[offset + i] = data[i];
        }
    }

    function _word(uint256 offset) private view returns (uint256 value) {
        for (uint256 i = 0; i < 32; ++i) {
            value = value << 8 | uint8(seal[offset + i]);
        }
    }

    function _element(uint256 element) private view returns (uint256) {
        Statement storage statement = statements[0];
        if (element == 0) return statement.adapter;
        if (element == 1) return statement.activations;
        return statement.context;
    }

    function _setElement(uint256 element, uint256 value) private {
        Statement storage statement = statements[0];
        if (element == 0) statement.adapter = value;
        else if (element == 1) statement.activations = value;
        else statement.context = value;
    }
}
