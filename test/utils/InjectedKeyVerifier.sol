// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Vm} from "forge-std/Vm.sol";

import {SealVerifierBase} from "../../contracts/SealVerifierBase.sol";
import {VerifyingKey} from "../../contracts/libraries/Groth16.sol";

/// @notice A key and its parameters, outside the verifier.
contract KeySource {
    VerifyingKey private _key;
    bytes32 public parametersDigest;
    uint256 public slots;

    function set(VerifyingKey memory key_, bytes32 parametersDigest_, uint256 slots_) external {
        _key = key_;
        parametersDigest = parametersDigest_;
        slots = slots_;
    }

    function key() external view returns (VerifyingKey memory) {
        return _key;
    }
}

/// @notice The real verifier with a key from elsewhere. The key must be readable while the
/// constructor of the base runs, so it waits at a fixed address.
contract InjectedKeyVerifier is SealVerifierBase {
    KeySource public constant SOURCE =
        KeySource(address(uint160(uint256(keccak256("key source")))));

    function profile() external pure returns (string memory) {
        return "injected";
    }

    function isDevelopmentKey() external pure returns (bool) {
        return true;
    }

    function parametersDigest() public view override returns (bytes32) {
        return SOURCE.parametersDigest();
    }

    function slots() public view override returns (uint256) {
        return SOURCE.slots();
    }

    function _key() internal view override returns (VerifyingKey memory) {
        return SOURCE.key();
    }
}

library KeyInjection {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice What the next `new InjectedKeyVerifier()`, and all that exist, read.
    function set(VerifyingKey memory key, bytes32 parametersDigest, uint256 slots) internal {
        KeySource source = KeySource(address(uint160(uint256(keccak256("key source")))));
        VM.etch(address(source), type(KeySource).runtimeCode);
        source.set(key, parametersDigest, slots);
    }
}
