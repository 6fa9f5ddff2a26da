// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {AdapterRecord, IAdapterRegistry} from "./interfaces/IAdapterRegistry.sol";
import {ContextLib} from "./libraries/ContextLib.sol";
import {Statement} from "./libraries/StatementLib.sol";

/// @title The part of the registry that knows owners
/// @notice See `IAdapterRegistry` for what an entry means.
/// @dev That the caller is the owner is never enough to register: the proof names the owner, so that a
/// copied transaction registers for the one who had it proven or not at all.
abstract contract AdapterRegistry is IAdapterRegistry, EIP712, Nonces {
    bytes32 private constant REGISTER_TYPEHASH = keccak256(
        "RegisterAdapter(address owner,uint256 adapter,bytes32 baseModel,string metadataURI,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant TRANSFER_TYPEHASH = keccak256(
        "TransferAdapter(address owner,uint256 adapter,address to,uint256 nonce,uint256 deadline)"
    );
    bytes32 private constant REVOKE_TYPEHASH =
        keccak256("RevokeAdapter(address owner,uint256 adapter,uint256 nonce,uint256 deadline)");

    mapping(uint256 adapter => AdapterRecord) private _adapters;

    constructor() EIP712("Rankproof", "1") {}

    /// @inheritdoc IAdapterRegistry
    function registerAdapter(
        bytes calldata seal,
        Statement calldata statement,
        bytes32 baseModel,
        string calldata metadataURI
    ) external {
        _register(msg.sender, seal, statement, baseModel, metadataURI);
    }

    /// @inheritdoc IAdapterRegistry
    function registerAdapterFor(
        address owner,
        bytes calldata seal,
        Statement calldata statement,
        bytes32 baseModel,
        string calldata metadataURI,
        uint256 deadline,
        bytes calldata signature
    ) external {
        bytes memory message = _registration(
            owner, statement.adapter, baseModel, metadataURI, deadline
        );
        _requireSigned(owner, message, deadline, signature);
        _register(owner, seal, statement, baseModel, metadataURI);
    }

    /// @inheritdoc IAdapterRegistry
    function transferAdapter(uint256 adapter, address to) external {
        _requireCallerOwns(adapter);
        _transfer(adapter, to);
    }

    /// @inheritdoc IAdapterRegistry
    function transferAdapterFor(
        uint256 adapter,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external {
        address owner = _liveOwnerOf(adapter);
        bytes memory message =
            abi.encode(TRANSFER_TYPEHASH, owner, adapter, to, _useNonce(owner), deadline);
        _requireSigned(owner, message, deadline, signature);
        _transfer(adapter, to);
    }

    /// @inheritdoc IAdapterRegistry
    function revokeAdapter(uint256 adapter) external {
        _requireCallerOwns(adapter);
        _revoke(adapter);
    }

    /// @inheritdoc IAdapterRegistry
    function revokeAdapterFor(uint256 adapter, uint256 deadline, bytes calldata signature)
        external
    {
        address owner = _liveOwnerOf(adapter);
        bytes memory message =
            abi.encode(REVOKE_TYPEHASH, owner, adapter, _useNonce(owner), deadline);
        _requireSigned(owner, message, deadline, signature);
        _revoke(adapter);
    }

    /// @inheritdoc IAdapterRegistry
    function cancelSignature() external {
        _useNonce(msg.sender);
    }

    /// @inheritdoc IAdapterRegistry
    function adapterOf(uint256 adapter) external view returns (AdapterRecord memory) {
        return _adapters[adapter];
    }

    /// @inheritdoc IAdapterRegistry
    function registrationContext(address owner) public view returns (uint256) {
        return ContextLib.registration(address(this), owner);
    }

    /// @dev Reverts unless `seal` proves `statement`, and records it.
    /// @return selector That of the seal.
    function _proveOne(bytes calldata seal, Statement calldata statement)
        internal
        virtual
        returns (bytes4 selector);

    function _register(
        address owner,
        bytes calldata seal,
        Statement calldata statement,
        bytes32 baseModel,
        string calldata metadataURI
    ) private {
        uint256 context = registrationContext(owner);
        if (statement.context != context) {
            revert NotTheRegistrationContext(context, statement.context);
        }
        uint256 adapter = statement.adapter;
        AdapterRecord storage entry = _adapters[adapter];
        if (entry.owner != address(0)) revert AdapterTaken(adapter, entry.owner);

        bytes4 selector = _proveOne(seal, statement);
        entry.owner = owner;
        entry.selector = selector;
        entry.registeredAt = uint64(block.timestamp);
        entry.baseModel = baseModel;
        entry.metadataURI = metadataURI;
        emit AdapterRegistered(adapter, owner, baseModel, metadataURI, selector);
    }

    /// @dev What the owner signs to register. On its own, since the stack of the caller is full.
    function _registration(
        address owner,
        uint256 adapter,
        bytes32 baseModel,
        string calldata metadataURI,
        uint256 deadline
    ) private returns (bytes memory) {
        bytes32 uri = keccak256(bytes(metadataURI));
        return
            abi.encode(
                REGISTER_TYPEHASH, owner, adapter, baseModel, uri, _useNonce(owner), deadline
            );
    }

    function _transfer(uint256 adapter, address to) private {
        if (to == address(0)) revert TransferToNobody();
        address from = _adapters[adapter].owner;
        _adapters[adapter].owner = to;
        emit AdapterTransferred(adapter, from, to);
    }

    function _revoke(uint256 adapter) private {
        _adapters[adapter].revokedAt = uint64(block.timestamp);
        emit AdapterRevoked(adapter, _adapters[adapter].owner);
    }

    function _requireSigned(
        address signer,
        bytes memory message,
        uint256 deadline,
        bytes calldata signature
    ) private view {
        // A validator can move the last second of a signature, and nothing else.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp > deadline) revert SignatureExpired(deadline);
        bytes32 digest = _hashTypedDataV4(keccak256(message));
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert SignatureRefused(signer);
        }
    }

    function _requireCallerOwns(uint256 adapter) private view {
        address owner = _liveOwnerOf(adapter);
        if (msg.sender != owner) revert NotTheOwner(owner, msg.sender);
    }

    /// @dev The owner of an entry that exists and was not revoked.
    function _liveOwnerOf(uint256 adapter) private view returns (address owner) {
        owner = _adapters[adapter].owner;
        if (owner == address(0)) revert AdapterUnknown(adapter);
        if (_adapters[adapter].revokedAt != 0) revert AdapterIsRevoked(adapter);
    }
}
