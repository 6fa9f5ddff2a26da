// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Vm} from "forge-std/Vm.sol";

import {Statement} from "../../contracts/libraries/StatementLib.sol";
import {SealFile} from "../../script/SealFile.sol";

/// @notice A seal of `fixtures/seals`, as the prover wrote it.
struct SealFixture {
    bytes seal;
    Statement[] statements;
    bytes4 selector;
    uint256 slots;
    string profile;
    uint256 root;
    uint256 challenge;
    uint256 evaluation;
}

/// @title The seals of `fixtures/seals`
/// @notice `first` and `first_rerandomized` prove the same statement with different proofs; `second`
/// proves the same adapter and activations in another context; `other_adapter` is of an adapter with
/// other modules, ranks and tokens, under the same key.
library Fixtures {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function first() internal view returns (SealFixture memory) {
        return _read("first");
    }

    function firstRerandomized() internal view returns (SealFixture memory) {
        return _read("first_rerandomized");
    }

    function second() internal view returns (SealFixture memory) {
        return _read("second");
    }

    function otherAdapter() internal view returns (SealFixture memory) {
        return _read("other_adapter");
    }

    function _read(string memory name) private view returns (SealFixture memory fixture) {
        string memory json = VM.readFile(string.concat("fixtures/seals/", name, ".json"));
        fixture.seal = VM.parseJsonBytes(json, ".seal");
        fixture.selector = bytes4(VM.parseJsonBytes(json, ".selector"));
        fixture.slots = VM.parseJsonUint(json, ".slots");
        fixture.profile = VM.parseJsonString(json, ".profile");
        fixture.root = uint256(VM.parseJsonBytes32(json, ".root"));
        fixture.challenge = uint256(VM.parseJsonBytes32(json, ".challenge"));
        fixture.evaluation = uint256(VM.parseJsonBytes32(json, ".evaluation"));

        fixture.statements = SealFile.statementsAt(json, "");
    }
}
