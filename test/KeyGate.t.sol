// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {VerifyingKey} from "../contracts/libraries/Groth16.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {KeyGate, KeyReader} from "../script/KeyGate.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {Fixtures, SealFixture} from "./utils/Fixtures.sol";

/// Says yes to everything.
contract Gullible {
    function verify(bytes calldata, Statement[] calldata) external pure {}
}

/// What a key must pass before it is deployed.
contract KeyGateTest is BaseTest {
    uint256 private constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    /// The y of a point of the twist with x = 1.
    uint256 private constant OUTSIDE_Y_IMAGINARY =
        0x0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4;
    uint256 private constant OUTSIDE_Y_REAL =
        0x2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb;

    /// Where the points of G1 and of G2 begin in the words of a key.
    uint256[5] private curvePoints = [uint256(0), 14, 16, 18, 20];
    string[5] private curveNames = ["alpha", "ic0", "ic1", "ic2", "ic3"];
    uint256[3] private twistPoints = [uint256(2), 6, 10];
    string[3] private twistNames = ["beta", "gamma", "delta"];

    uint256[22] private words;

    function setUp() public {
        words = abi.decode(abi.encode(new KeyReader().key()), (uint256[22]));
    }

    function test_TakesTheCommittedKey() external view {
        this.requireSound(_key());
    }

    function test_RevertWhen_APointIsOffItsCurve() external {
        for (uint256 i = 0; i < 5; ++i) {
            words[curvePoints[i] + 1] ^= 1;
            vm.expectRevert(
                abi.encodeWithSelector(KeyGate.KeyPointNotOnCurve.selector, curveNames[i])
            );
            this.requireSound(_key());
            words[curvePoints[i] + 1] ^= 1;
        }
        for (uint256 i = 0; i < 3; ++i) {
            words[twistPoints[i] + 3] ^= 1;
            _expectOutside(twistNames[i]);
            words[twistPoints[i] + 3] ^= 1;
        }
    }

    function test_RevertWhen_ACoordinateIsNotReduced() external {
        words[0] += P;
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KeyPointNotOnCurve.selector, "alpha"));
        this.requireSound(_key());
        words[0] -= P;
        words[2] += P;
        _expectOutside("beta");
    }

    /// On the twist, and outside the subgroup: x = 1 has a y, and r times the point is not infinity.
    function test_RevertWhen_APointIsOnTheTwistAndOutsideTheSubgroup() external {
        uint256[4] memory outside = [uint256(0), 1, OUTSIDE_Y_IMAGINARY, OUTSIDE_Y_REAL];
        for (uint256 i = 0; i < 3; ++i) {
            uint256[22] memory kept = words;
            for (uint256 j = 0; j < 4; ++j) {
                words[twistPoints[i] + j] = outside[j];
            }
            _expectOutside(twistNames[i]);
            words = kept;
        }
    }

    function test_AllowsAKeyOfACeremonyEverywhere() external {
        this.requireAllowed(false, 1);
        this.requireAllowed(false, 31337);
        this.requireAllowed(true, 31337);
        vm.expectRevert(abi.encodeWithSelector(KeyGate.DevelopmentKeyRefused.selector, 1));
        this.requireAllowed(true, 1);
    }

    function test_RevertWhen_NoDigestIsNamedOnARealChain() external {
        this.requireMeant(0, "digest", 31337);
        this.requireMeant("digest", "digest", 1);
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KeyDigestRequired.selector, 1));
        this.requireMeant(0, "digest", 1);
    }

    function test_RevertWhen_TheVerifierTakesEverything() external {
        SealFixture memory first = Fixtures.first();
        ISealVerifier real = new KeyReader();
        this.requireVerifies(real, first.seal, first.statements);
        ISealVerifier gullible = ISealVerifier(address(new Gullible()));
        vm.expectRevert(KeyGate.OtherStatementAccepted.selector);
        this.requireVerifies(gullible, first.seal, first.statements);
    }

    function requireSound(VerifyingKey memory key) external view {
        KeyGate.requireSound(key);
    }

    function requireAllowed(bool isDevelopmentKey, uint256 chainId) external pure {
        KeyGate.requireAllowed(isDevelopmentKey, chainId);
    }

    function requireMeant(bytes32 meant, bytes32 actual, uint256 chainId) external pure {
        KeyGate.requireMeant(meant, actual, chainId);
    }

    function requireVerifies(
        ISealVerifier verifier,
        bytes memory seal,
        Statement[] memory statements
    ) external view {
        KeyGate.requireVerifies(verifier, seal, statements);
    }

    function _expectOutside(string memory point) private {
        vm.expectRevert(abi.encodeWithSelector(KeyGate.KeyPointNotInSubgroup.selector, point));
        this.requireSound(_key());
    }

    function _key() private view returns (VerifyingKey memory) {
        return abi.decode(abi.encode(words), (VerifyingKey));
    }
}
