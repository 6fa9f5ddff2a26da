// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ScriptBase} from "forge-std/Base.sol";

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";
import {ISealVerifier} from "../contracts/interfaces/ISealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {KeyGate} from "./KeyGate.sol";
import {SealFile} from "./SealFile.sol";
import {Stack, StackConfig, StackLib} from "./Stack.sol";

/// @title Reads a deployed stack back and compares it with its configuration
/// @notice `forge script script/Check.s.sol --rpc-url ...`
/// @dev Sends nothing. Besides the addresses, which commit to creation code and arguments, it compares
/// the code itself and whatever may have changed since: the stop, the owner, delay and roles.
contract Check is ScriptBase {
    /// @notice There is no code where this contract should be.
    error NotDeployed(string name, address where);

    /// @notice The code there is not what these sources make.
    error CodeMismatch(string name, bytes32 expected, bytes32 actual);

    /// @notice What the chain says is not what the configuration says.
    error Mismatch(string what, uint256 expected, uint256 actual);

    // forge-lint: disable-next-line(mixed-case-variable)
    bool public IS_SCRIPT = true;

    /// @notice Checks the stack of `script/chains/<chain id>.toml`.
    function run() external returns (Stack memory) {
        string memory name = vm.toString(block.chainid);
        return runWith(string.concat("script/chains/", name, ".toml"));
    }

    /// @notice Checks the stack of the configuration at `path`: `--sig "runWith(string)" PATH`.
    function runWith(string memory path) public returns (Stack memory) {
        return check(StackLib.read(path));
    }

    /// @notice Reverts unless the chain holds the stack of this configuration, as it was deployed.
    function check(StackConfig memory config) public returns (Stack memory stack) {
        _same("chain id", config.chainId, block.chainid);
        stack = StackLib.locate(config);
        _deployed("SealVerifier", address(stack.verifier));
        _deployed("EmergencyStop", address(stack.brake));
        _deployed("TimelockController", address(stack.timelock));
        _deployed("VerifierRouter", address(stack.router));
        _deployed("ProofRegistry", address(stack.registry));
        _checkCode(config, stack);
        _checkVerifier(config, stack);
        _checkOwners(config, stack);
        _same("verifier of the registry", address(stack.router), address(stack.registry.verifier()));
        (bytes memory seal, Statement[] memory statements) = SealFile.read(config.knownSeal);
        stack.registry.verifier().verify(seal, statements);
    }

    /// @dev Against twins of the same sources and arguments. The registry has none: its code holds its
    /// own address, and the address its code.
    function _checkCode(StackConfig memory config, Stack memory stack) private {
        ISealVerifier[] memory verifiers = new ISealVerifier[](1);
        verifiers[0] = stack.brake;
        address[4] memory twins = [
            address(new SealVerifier()),
            address(new EmergencyStop(stack.verifier, config.guardian)),
            address(
                new TimelockController(
                    config.minDelay, config.proposers, config.executors, address(0)
                )
            ),
            address(new VerifierRouter(address(stack.timelock), verifiers))
        ];
        _sameCode("SealVerifier", twins[0], address(stack.verifier));
        _sameCode("EmergencyStop", twins[1], address(stack.brake));
        _sameCode("TimelockController", twins[2], address(stack.timelock));
        _sameCode("VerifierRouter", twins[3], address(stack.router));
    }

    function _checkVerifier(StackConfig memory config, Stack memory stack) private view {
        bytes32 digest = stack.verifier.keyDigest();
        KeyGate.requireMeant(config.keyDigest, digest, block.chainid);
        KeyGate.requireAllowed(stack.verifier.isDevelopmentKey(), block.chainid);
        bytes4[] memory selectors = stack.router.selectors();
        _same("number of selectors", 1, selectors.length);
        // Only the head is wanted.
        // forge-lint: disable-next-line(unsafe-typecast)
        _same("selector", uint32(bytes4(digest)), uint32(selectors[0]));
        (ISealVerifier verifier, bool removed) = stack.router.routeOf(selectors[0]);
        _same("verifier of the selector", address(stack.brake), address(verifier));
        _same("selector removed", 0, removed ? 1 : 0);
        _same("verifier behind the stop", address(stack.verifier), address(stack.brake.verifier()));
        _same("guardian", config.guardian, stack.brake.guardian());
        _same("stopped", 0, stack.brake.stopped() ? 1 : 0);
    }

    function _checkOwners(StackConfig memory config, Stack memory stack) private view {
        TimelockController timelock = stack.timelock;
        _same("owner of the router", address(timelock), stack.router.owner());
        _same("pending owner of the router", address(0), stack.router.pendingOwner());
        _same("delay of the timelock", config.minDelay, timelock.getMinDelay());
        bytes32 admin = timelock.DEFAULT_ADMIN_ROLE();
        _role(timelock, "the timelock administers itself", admin, address(timelock), true);
        for (uint256 i = 0; i < config.proposers.length; ++i) {
            address proposer = config.proposers[i];
            _role(timelock, "proposer", timelock.PROPOSER_ROLE(), proposer, true);
            _role(timelock, "canceller", timelock.CANCELLER_ROLE(), proposer, true);
            _role(timelock, "a proposer administers", admin, proposer, false);
        }
        for (uint256 i = 0; i < config.executors.length; ++i) {
            address executor = config.executors[i];
            _role(timelock, "executor", timelock.EXECUTOR_ROLE(), executor, true);
            _role(timelock, "an executor administers", admin, executor, false);
        }
    }

    function _role(
        TimelockController timelock,
        string memory what,
        bytes32 role,
        address account,
        bool expected
    ) private view {
        _same(what, expected ? 1 : 0, timelock.hasRole(role, account) ? 1 : 0);
    }

    function _deployed(string memory name, address where) private view {
        if (where.code.length == 0) revert NotDeployed(name, where);
    }

    function _sameCode(string memory name, address twin, address deployed) private view {
        (bytes32 expected, bytes32 actual) = (twin.codehash, deployed.codehash);
        if (expected != actual) revert CodeMismatch(name, expected, actual);
    }

    function _same(string memory what, address expected, address actual) private pure {
        _same(what, uint160(expected), uint160(actual));
    }

    function _same(string memory what, uint256 expected, uint256 actual) private pure {
        if (expected != actual) revert Mismatch(what, expected, actual);
    }
}
