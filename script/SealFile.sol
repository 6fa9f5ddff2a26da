// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Vm} from "forge-std/Vm.sol";

import {Statement} from "../contracts/libraries/StatementLib.sol";

/// @title Reads the files that `rankproof seal` writes
library SealFile {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice The seal in the file at `path`, and the statements that it proves.
    function read(string memory path)
        internal
        view
        returns (bytes memory seal, Statement[] memory statements)
    {
        string memory json = VM.readFile(path);
        seal = VM.parseJsonBytes(json, ".seal");
        statements = statementsAt(json, "");
    }

    /// @notice The array `statements` of the object at `path` in `json`.
    function statementsAt(string memory json, string memory path)
        internal
        view
        returns (Statement[] memory statements)
    {
        uint256 count = 0;
        while (VM.keyExistsJson(json, _entry(path, count))) ++count;
        statements = new Statement[](count);
        for (uint256 i = 0; i < count; ++i) {
            string memory entry = _entry(path, i);
            statements[i] = Statement({
                adapter: uint256(VM.parseJsonBytes32(json, string.concat(entry, ".adapter"))),
                activations: uint256(
                    VM.parseJsonBytes32(json, string.concat(entry, ".activations"))
                ),
                context: uint256(VM.parseJsonBytes32(json, string.concat(entry, ".context")))
            });
        }
    }

    function _entry(string memory path, uint256 index) private pure returns (string memory) {
        return string.concat(path, ".statements[", VM.toString(index), "]");
    }
}
