// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ScriptBase} from "forge-std/Base.sol";

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";

/// @title Deploys the verifier and its registry
/// @notice `forge script script/Deploy.s.sol --sig 'run(bytes32)' KEY_DIGEST --rpc-url ... --broadcast`
/// @dev The key digest comes from the operator, who has it from the ceremony or from
/// `rankproof keys info`, and not from the sources that are being deployed: a key file swapped after
/// the export would otherwise go unnoticed.
contract Deploy is ScriptBase {
    /// @notice A development key is worth nothing on a real chain: anybody can forge its seals.
    error DevelopmentKeyRefused(uint256 chainId);

    /// @notice The deployed code does not hold the key that the operator means.
    error KeyDigestMismatch(bytes32 expected, bytes32 actual);

    /// @notice On any chain but a local one, name the key digest: `run(bytes32)`.
    error KeyDigestRequired(uint256 chainId);

    /// @notice The chain id of anvil and Hardhat.
    uint256 public constant LOCAL_CHAIN_ID = 31337;

    // forge-lint: disable-next-line(mixed-case-variable)
    bool public IS_SCRIPT = true;

    /// @notice Deploys whatever key was generated, on a local chain only.
    function run() external returns (SealVerifier verifier, ProofRegistry registry) {
        if (block.chainid != LOCAL_CHAIN_ID) revert KeyDigestRequired(block.chainid);
        (verifier, registry) = _deploy();
    }

    /// @notice Deploys the key with this digest, or nothing.
    function run(bytes32 expectedKeyDigest)
        external
        returns (SealVerifier verifier, ProofRegistry registry)
    {
        (verifier, registry) = _deploy();
        bytes32 actual = verifier.keyDigest();
        if (actual != expectedKeyDigest) revert KeyDigestMismatch(expectedKeyDigest, actual);
    }

    /// @notice Reverts for a development key anywhere but on a local chain.
    function requireKeyAllowed(bool isDevelopmentKey, uint256 chainId) public pure {
        if (isDevelopmentKey && chainId != LOCAL_CHAIN_ID) revert DevelopmentKeyRefused(chainId);
    }

    /// @dev A revert in the simulation of a script leaves nothing broadcast.
    function _deploy() private returns (SealVerifier verifier, ProofRegistry registry) {
        vm.startBroadcast();
        verifier = new SealVerifier();
        requireKeyAllowed(verifier.isDevelopmentKey(), block.chainid);
        registry = new ProofRegistry(verifier);
        vm.stopBroadcast();
    }
}
