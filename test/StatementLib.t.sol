// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement, StatementLib} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";
import {MerkleTree} from "./utils/MerkleTree.sol";
import {TrapdoorProver} from "./utils/TrapdoorProver.sol";

/// The public inputs that the contract computes are those that the prover computed (the golden values
/// of `fixtures/seals`), and those of the plain definition.
contract StatementLibTest is BaseTest {
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;

    function test_ComputesThePublicInputsOfTheProver() external view {
        SealFixture[4] memory fixtures = [
            Fixtures.first(),
            Fixtures.firstRerandomized(),
            Fixtures.second(),
            Fixtures.otherAdapter()
        ];
        for (uint256 i = 0; i < 4; ++i) {
            SealFixture memory fixture = fixtures[i];
            (uint256 challenge, uint256 evaluation) =
                this.publicInputs(fixture.root, fixture.statements, fixture.slots);
            assertEq(challenge, fixture.challenge, "challenge");
            assertEq(evaluation, fixture.evaluation, "evaluation");
        }
    }

    /// The definition, with the encoder of the compiler on a padded array of structs.
    function testFuzz_ChallengeIsTheHashOfTheEncodedStatements(
        uint256 root,
        uint256 count,
        uint256 slots,
        uint256 seed
    ) external view {
        slots = bound(slots, 1, 8);
        Statement[] memory given = new Statement[](count = bound(count, 1, slots));
        Statement[] memory all = new Statement[](slots);
        uint256[] memory elements = new uint256[](3 * slots);
        for (uint256 i = 0; i < slots; ++i) {
            if (i < count) given[i] = Statement(_at(seed, i, 0), _at(seed, i, 1), _at(seed, i, 2));
            all[i] = i < count ? given[i] : given[count - 1];
            elements[3 * i] = all[i].adapter;
            elements[3 * i + 1] = all[i].activations;
            elements[3 * i + 2] = all[i].context;
        }
        bytes32 tag = keccak256("rankproof.seal.v1");
        uint256 expected = uint256(keccak256(abi.encode(tag, root, all))) % R;
        (uint256 challenge, uint256 evaluation) = this.publicInputs(root, given, slots);
        assertEq(challenge, expected, "challenge");
        assertEq(evaluation, TrapdoorProver.evaluationOf(elements, expected), "evaluation");
    }

    function testFuzz_LeafIsTheDoubleHash(Statement memory statement) external view {
        bytes32 once = keccak256(abi.encode(statement));
        assertEq(this.leaf(statement), keccak256(bytes.concat(once)), "leaf");
    }

    function testFuzz_RootIsThatOfTheTree(uint256 count, uint256 seed) external pure {
        count = bound(count, 1, 20);
        Statement[] memory statements = new Statement[](count);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            // Few values, so that some repeat.
            statements[i] = Statement(_at(seed, i, 0) % 8, 0, 0);
            leaves[i] = MerkleTree.leaf(statements[i]);
        }
        assertEq(StatementLib.merkleRoot(leaves), MerkleTree.root(statements), "root");
    }

    function publicInputs(uint256 root, Statement[] calldata statements, uint256 slots)
        external
        pure
        returns (uint256 challenge, uint256 evaluation)
    {
        uint256[] memory elements = StatementLib.paddedElements(statements, slots);
        challenge = StatementLib.challenge(root, elements);
        evaluation = StatementLib.evaluation(elements, challenge);
    }

    function leaf(Statement calldata statement) external pure returns (bytes32) {
        return StatementLib.leaf(statement);
    }

    function _at(uint256 seed, uint256 index, uint256 element) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, index, element))) % R;
    }
}
