// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Vm} from "forge-std/Vm.sol";

import {EmergencyStop} from "../contracts/EmergencyStop.sol";
import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {SealVerifier} from "../contracts/SealVerifier.sol";
import {VerifierRouter} from "../contracts/VerifierRouter.sol";

/// @notice What `script/chains/<chain id>.toml` says.
struct StackConfig {
    uint256 chainId;
    /// @notice The digest of the key that is meant; zero, on a local chain only, for any.
    bytes32 keyDigest;
    /// @notice The file of a seal that the verifier must accept.
    string knownSeal;
    /// @notice Who may stop the verifier.
    address guardian;
    /// @notice Seconds between proposing and executing a change of the router.
    uint256 minDelay;
    address[] proposers;
    /// @notice The zero address among them: anybody executes what was proposed.
    address[] executors;
}

/// @notice The contracts, in the order in which they are deployed.
struct Stack {
    SealVerifier verifier;
    EmergencyStop brake;
    TimelockController timelock;
    VerifierRouter router;
    ProofRegistry registry;
}

/// @title Where the contracts are and what they are made of
/// @notice Every address is that of CREATE2 over salt and creation code with its arguments, so that
/// the same key, guardian and timelock give the same addresses on every chain, and so that code at such
/// an address can only be what that creation code makes.
/// @dev The Rust crate `chain` computes the same; `contracts/generated/stack.json` holds both to it.
library StackLib {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice The deterministic deployment proxy, at this address on every chain: its calldata is a
    /// salt and a creation code.
    address internal constant DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    /// @notice The salt of all five.
    bytes32 internal constant SALT = keccak256("rankproof.stack.v1");

    /// @notice The configuration in a TOML file.
    function read(string memory path) internal view returns (StackConfig memory config) {
        string memory toml = VM.readFile(path);
        config.chainId = VM.parseTomlUint(toml, ".chain_id");
        if (VM.keyExistsToml(toml, ".key_digest")) {
            config.keyDigest = VM.parseTomlBytes32(toml, ".key_digest");
        }
        config.knownSeal = VM.parseTomlString(toml, ".known_seal");
        config.guardian = VM.parseTomlAddress(toml, ".guardian");
        config.minDelay = VM.parseTomlUint(toml, ".timelock.min_delay");
        config.proposers = VM.parseTomlAddressArray(toml, ".timelock.proposers");
        config.executors = VM.parseTomlAddressArray(toml, ".timelock.executors");
    }

    /// @notice The creation codes with their arguments, in the order of `Stack`. The timelock has no
    /// administrator but itself.
    function creationCodes(StackConfig memory config)
        internal
        pure
        returns (bytes[5] memory codes)
    {
        codes[0] = type(SealVerifier).creationCode;
        codes[1] = abi.encodePacked(
            type(EmergencyStop).creationCode, abi.encode(addressOf(codes[0]), config.guardian)
        );
        codes[2] = abi.encodePacked(
            type(TimelockController).creationCode,
            abi.encode(config.minDelay, config.proposers, config.executors, address(0))
        );
        address[] memory verifiers = new address[](1);
        verifiers[0] = addressOf(codes[1]);
        codes[3] = abi.encodePacked(
            type(VerifierRouter).creationCode, abi.encode(addressOf(codes[2]), verifiers)
        );
        codes[4] =
            abi.encodePacked(type(ProofRegistry).creationCode, abi.encode(addressOf(codes[3])));
    }

    /// @notice Where the contracts of a configuration are, deployed or not.
    function locate(StackConfig memory config) internal pure returns (Stack memory stack) {
        bytes[5] memory codes = creationCodes(config);
        stack.verifier = SealVerifier(addressOf(codes[0]));
        stack.brake = EmergencyStop(addressOf(codes[1]));
        stack.timelock = TimelockController(payable(addressOf(codes[2])));
        stack.router = VerifierRouter(addressOf(codes[3]));
        stack.registry = ProofRegistry(addressOf(codes[4]));
    }

    /// @notice Where the deployer puts this creation code.
    function addressOf(bytes memory creationCode) internal pure returns (address) {
        bytes32 hash =
            keccak256(abi.encodePacked(bytes1(0xff), DEPLOYER, SALT, keccak256(creationCode)));
        return address(uint160(uint256(hash)));
    }
}
