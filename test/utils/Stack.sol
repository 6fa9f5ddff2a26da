// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement} from "../../contracts/libraries/StatementLib.sol";
import {InjectedKeyVerifier, KeyInjection} from "./InjectedKeyVerifier.sol";
import {TrapdoorKey, TrapdoorProver} from "./TrapdoorProver.sol";

/// @title Verifiers for the key whose secrets are known, and seals for them
library Stack {
    /// @notice A verifier whose selector depends on `version`; version 0 is that of the fixture.
    function verifier(uint256 version)
        internal
        returns (InjectedKeyVerifier deployed, TrapdoorKey memory setup)
    {
        setup = TrapdoorProver.load();
        setup.parametersDigest ^= bytes32(version);
        KeyInjection.set(setup.key, setup.parametersDigest, setup.slots);
        deployed = new InjectedKeyVerifier();
        setup.keyDigest = deployed.keyDigest();
    }

    /// @notice A batch of one, and its seal.
    function sealOf(TrapdoorKey memory setup, Statement memory statement)
        internal
        view
        returns (bytes memory seal, Statement[] memory statements)
    {
        statements = new Statement[](1);
        statements[0] = statement;
        seal = TrapdoorProver.seal(setup, statements, 1, 1);
    }
}
