// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

/// @title What a statement is for
/// @notice A context is `kind * 2^248 + (keccak256(fields) mod 2^248)` (docs/protocol.md section 1), so
/// it is below r, and no context of one kind is one of another kind.
/// @dev The Rust crate `statement` computes the same; `fixtures/golden/statement.json` holds both to it.
library ContextLib {
    uint256 private constant USE = 1;
    uint256 private constant REGISTRATION = 2;

    /// @notice The context of a use that an application decides.
    /// @param fields At least chain id, contract and request, so that no statement serves twice:
    /// `abi.encode(block.chainid, address(this), ...)`.
    function use(bytes memory fields) internal pure returns (uint256) {
        return _context(USE, fields);
    }

    /// @notice The context in which `owner` proves an adapter in order to register it in `registry`, on
    /// this chain. Provers refuse to make it except for a registration that names all three.
    function registration(address registry, address owner) internal view returns (uint256) {
        return _context(REGISTRATION, abi.encode(block.chainid, registry, owner));
    }

    function _context(uint256 kind, bytes memory fields) private pure returns (uint256) {
        return (kind << 248) | (uint256(keccak256(fields)) & ((1 << 248) - 1));
    }
}
