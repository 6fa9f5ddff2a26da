// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {TestBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdInvariant} from "forge-std/StdInvariant.sol";
import {StdUtils} from "forge-std/StdUtils.sol";

/// @notice What every test here extends: forge-std's `Test` without its console.
/// @dev forge-std's own `Test` imports a file with 255 compiler warnings, and solc prints none after
/// the 256th: our own would vanish and `deny = "warnings"` would pass in silence.
abstract contract BaseTest is TestBase, StdAssertions, StdCheats, StdInvariant, StdUtils {
    // forge-lint: disable-next-line(mixed-case-variable)
    bool public IS_TEST = true;
}
