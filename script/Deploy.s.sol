// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ScriptBase} from "forge-std/Base.sol";

import {SealVerifier} from "../contracts/SealVerifier.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {Check} from "./Check.s.sol";
import {KeyGate, KeyReader} from "./KeyGate.sol";
import {SealFile} from "./SealFile.sol";
import {Stack, StackConfig, StackLib} from "./Stack.sol";

/// @title Deploys the whole stack
/// @notice `forge script script/Deploy.s.sol --rpc-url ... --broadcast`
/// @dev What is there already stays, so a run that was interrupted is simply run again. A revert in the
/// simulation, also one of the check at the end, leaves nothing broadcast.
contract Deploy is ScriptBase {
    /// @notice The configuration is that of another chain.
    error ConfigurationOfAnotherChain(uint256 expected, uint256 actual);

    /// @notice Nobody could ever add a verifier: name proposers and executors.
    error TimelockWithoutRoles();

    /// @notice Off a local chain the timelock takes at least `minimum` seconds.
    error TimelockTooShort(uint256 minimum, uint256 actual);

    /// @notice The chain has no deterministic deployment proxy at this address.
    error DeployerMissing(address deployer);

    /// @notice The deployment proxy refused this creation code.
    error CreationFailed(uint256 index, address where);

    /// @notice The shortest delay of a timelock that holds value.
    uint256 public constant MIN_DELAY = 1 days;

    // forge-lint: disable-next-line(mixed-case-variable)
    bool public IS_SCRIPT = true;

    /// @notice Deploys the stack of `script/chains/<chain id>.toml`.
    function run() external returns (Stack memory) {
        string memory name = vm.toString(block.chainid);
        return runWith(string.concat("script/chains/", name, ".toml"));
    }

    /// @notice Deploys the stack of the configuration at `path`: `--sig "runWith(string)" PATH`.
    function runWith(string memory path) public returns (Stack memory) {
        return deploy(StackLib.read(path));
    }

    /// @notice Deploys what is missing of this stack, and checks all of it.
    function deploy(StackConfig memory config) public returns (Stack memory) {
        requireSensible(config);
        requireSound(config, new SealVerifier());
        KeyGate.requireSound(new KeyReader().key());
        if (StackLib.DEPLOYER.code.length == 0) revert DeployerMissing(StackLib.DEPLOYER);

        bytes[5] memory codes = StackLib.creationCodes(config);
        for (uint256 i = 0; i < codes.length; ++i) {
            address where = StackLib.addressOf(codes[i]);
            if (where.code.length != 0) continue;
            vm.broadcast();
            (bool success,) = StackLib.DEPLOYER.call(abi.encodePacked(StackLib.SALT, codes[i]));
            if (!success || where.code.length == 0) revert CreationFailed(i, where);
        }
        return new Check().check(config);
    }

    /// @notice Reverts for a configuration that cannot be meant.
    function requireSensible(StackConfig memory config) public view {
        if (config.chainId != block.chainid) {
            revert ConfigurationOfAnotherChain(config.chainId, block.chainid);
        }
        if (config.proposers.length == 0 || config.executors.length == 0) {
            revert TimelockWithoutRoles();
        }
        if (block.chainid != KeyGate.LOCAL_CHAIN_ID && config.minDelay < MIN_DELAY) {
            revert TimelockTooShort(MIN_DELAY, config.minDelay);
        }
    }

    /// @notice Reverts unless the verifier holds the key that is meant, a key that is fit for the chain,
    /// and verifies the known seal.
    function requireSound(StackConfig memory config, SealVerifier verifier) public view {
        KeyGate.requireAllowed(verifier.isDevelopmentKey(), block.chainid);
        KeyGate.requireMeant(config.keyDigest, verifier.keyDigest(), block.chainid);
        (bytes memory seal, Statement[] memory statements) = SealFile.read(config.knownSeal);
        KeyGate.requireVerifies(verifier, seal, statements);
    }
}
