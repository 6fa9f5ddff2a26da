// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Statement} from "../libraries/StatementLib.sol";

/// @notice What the registry remembers of an adapter.
struct AdapterRecord {
    /// @notice Who owns the entry. The zero address if the adapter was never registered.
    address owner;
    /// @notice The selector of the seal that registered it.
    bytes4 selector;
    /// @notice The time of registration, in seconds since 1970.
    uint64 registeredAt;
    /// @notice The time of revocation, in seconds since 1970; 0 if it was not revoked.
    uint64 revokedAt;
    /// @notice The digest of the base model, as the owner claims it. Nothing here proves it.
    bytes32 baseModel;
    /// @notice Where the owner says more. Nothing here proves it.
    string metadataURI;
}

/// @title Who stands for an adapter
/// @notice An entry says that somebody who knew the weights behind the adapter id proved a statement
/// for this chain, this registry and this owner, and nobody can prove one for an owner without those
/// weights: an entry can be neither squatted nor taken by a front-runner. It does not say that the owner
/// trained the adapter, nor that `baseModel` and `metadataURI` are true; those are the owner's words.
/// @dev Each action also exists with an EIP-712 signature of the owner (ERC-1271 for contracts), which
/// anybody may send: a signature is used up with the owner's nonce.
interface IAdapterRegistry {
    /// @notice An adapter has an entry from now on.
    event AdapterRegistered(
        uint256 indexed adapter,
        address indexed owner,
        bytes32 baseModel,
        string metadataURI,
        bytes4 selector
    );

    /// @notice The entry has another owner.
    event AdapterTransferred(uint256 indexed adapter, address indexed from, address indexed to);

    /// @notice The owner stands for the adapter no more; the entry stays.
    event AdapterRevoked(uint256 indexed adapter, address indexed owner);

    /// @notice The statement was not proven for a registration by this owner, here, on this chain.
    error NotTheRegistrationContext(uint256 expected, uint256 actual);

    /// @notice The adapter has an entry already, revoked or not.
    error AdapterTaken(uint256 adapter, address owner);

    /// @notice The adapter has no entry.
    error AdapterUnknown(uint256 adapter);

    /// @notice The adapter was revoked, which is for ever.
    error AdapterIsRevoked(uint256 adapter);

    /// @notice The caller does not own the entry.
    error NotTheOwner(address owner, address caller);

    /// @notice An entry cannot go to the zero address; to give it up, revoke it.
    error TransferToNobody();

    /// @notice The signature was good until `deadline`.
    error SignatureExpired(uint256 deadline);

    /// @notice The signature is not that of `signer` for this action and the current nonce.
    error SignatureRefused(address signer);

    /// @notice Registers `statement.adapter` for the caller, and records the statement.
    /// @param seal A seal of `statement` alone.
    /// @param statement Its context is `registrationContext(msg.sender)`.
    /// @param baseModel The digest of the base model, as the caller claims it.
    /// @param metadataURI Where the caller says more; may be empty.
    function registerAdapter(
        bytes calldata seal,
        Statement calldata statement,
        bytes32 baseModel,
        string calldata metadataURI
    ) external;

    /// @notice Registers `statement.adapter` for `owner`, who signed
    /// `RegisterAdapter(address owner,uint256 adapter,bytes32 baseModel,string metadataURI,uint256 nonce,uint256 deadline)`.
    /// @param deadline The last second, since 1970, in which the signature is good.
    function registerAdapterFor(
        address owner,
        bytes calldata seal,
        Statement calldata statement,
        bytes32 baseModel,
        string calldata metadataURI,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Gives the entry to `to`, at once; for the owner.
    function transferAdapter(uint256 adapter, address to) external;

    /// @notice Gives the entry to `to`; the owner signed
    /// `TransferAdapter(address owner,uint256 adapter,address to,uint256 nonce,uint256 deadline)`.
    function transferAdapterFor(
        uint256 adapter,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Marks the entry as revoked, for ever; for the owner. What was proven stays proven.
    function revokeAdapter(uint256 adapter) external;

    /// @notice Marks the entry as revoked; the owner signed
    /// `RevokeAdapter(address owner,uint256 adapter,uint256 nonce,uint256 deadline)`.
    function revokeAdapterFor(uint256 adapter, uint256 deadline, bytes calldata signature) external;

    /// @notice Uses up the nonce of the caller, so that what was signed for it is worthless. What was
    /// signed ahead for later nonces takes one call each.
    function cancelSignature() external;

    /// @notice The entry of an adapter; all zero if there is none.
    function adapterOf(uint256 adapter) external view returns (AdapterRecord memory);

    /// @notice The context of a statement that registers for `owner`, here, on this chain: of kind 2,
    /// over `abi.encode(chain id, this registry, owner)`.
    function registrationContext(address owner) external view returns (uint256);
}
