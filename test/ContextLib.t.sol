// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ContextLib} from "../contracts/libraries/ContextLib.sol";
import {StatementLib} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";

/// Contexts are those of the golden file, which Rust and Python compute too.
contract ContextLibTest is BaseTest {
    function test_ContextsAreThoseOfTheGoldenFile() external {
        string memory json = vm.readFile("fixtures/golden/statement.json");
        uint256 ofAbc = uint256(vm.parseJsonBytes32(json, ".use_context_of_abc"));
        assertEq(ContextLib.use("abc"), ofAbc, "use");
        uint256 count = 0;
        for (; vm.keyExistsJson(json, _entry(count)); ++count) {
            string memory entry = _entry(count);
            vm.chainId(vm.parseUint(vm.parseJsonString(json, string.concat(entry, ".chain_id"))));
            address registry = vm.parseJsonAddress(json, string.concat(entry, ".registry"));
            address owner = vm.parseJsonAddress(json, string.concat(entry, ".owner"));
            uint256 context = uint256(vm.parseJsonBytes32(json, string.concat(entry, ".context")));
            assertEq(ContextLib.registration(registry, owner), context, "registration");
        }
        assertEq(count, 3, "all of them were read");
    }

    function testFuzz_KindsAreApartAndBelowTheOrder(bytes memory fields, address a, address b)
        external
        view
    {
        (uint256 use, uint256 registration) =
            (ContextLib.use(fields), ContextLib.registration(a, b));
        assertEq(use >> 248, 1, "kind 1");
        assertEq(registration >> 248, 2, "kind 2");
        assertLt(registration, StatementLib.SCALAR_FIELD_ORDER, "an element");
    }

    function _entry(uint256 index) private pure returns (string memory) {
        return string.concat(".registrations[", vm.toString(index), "]");
    }
}
