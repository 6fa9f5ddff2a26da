// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {ProofRegistry} from "../contracts/ProofRegistry.sol";
import {IAdapterRegistry} from "../contracts/interfaces/IAdapterRegistry.sol";
import {Statement} from "../contracts/libraries/StatementLib.sol";
import {BaseTest} from "./utils/BaseTest.sol";
import {InjectedKeyVerifier} from "./utils/InjectedKeyVerifier.sol";
import {Stack} from "./utils/Stack.sol";
import {TrapdoorKey} from "./utils/TrapdoorProver.sol";

/// A wallet that is a contract: what its one key signs.
contract Wallet is IERC1271 {
    address private immutable KEY;

    constructor(address key) {
        KEY = key;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature)
        external
        view
        returns (bytes4)
    {
        return ECDSA.recover(hash, signature) == KEY ? this.isValidSignature.selector : bytes4(0);
    }
}

/// The same actions, signed by the owner and sent by somebody else. The typed data is put together here
/// a second time, from the words of EIP-712.
contract AdapterSignaturesTest is BaseTest {
    uint256 private constant ADAPTER = 7;
    uint256 private constant KEY = 0xa11ce;
    bytes32 private constant BASE = "base model";
    string private constant URI = "ipfs://adapter";
    uint256 private constant DEADLINE = 1_800_000_000;

    ProofRegistry private registry;
    TrapdoorKey private setup;
    address private alice;
    Wallet private wallet;

    function setUp() public {
        vm.chainId(31337);
        vm.warp(DEADLINE);
        InjectedKeyVerifier verifier;
        (verifier, setup) = Stack.verifier(0);
        registry = new ProofRegistry(verifier);
        alice = vm.addr(KEY);
        wallet = new Wallet(alice);
    }

    function test_RegistersForTheOneWhoSigned() external {
        _register(alice);
        assertEq(registry.adapterOf(ADAPTER).owner, alice, "owner");
        assertEq(registry.nonces(alice), 1, "the signature is used up");
    }

    function test_RegistersTransfersAndRevokesForAWallet() external {
        _register(address(wallet));
        assertEq(registry.adapterOf(ADAPTER).owner, address(wallet), "owner");
        bytes memory signature = _sign(_transfer(address(wallet), address(wallet), 1));
        registry.transferAdapterFor(ADAPTER, address(wallet), DEADLINE, signature);
        signature = _sign(_revoke(address(wallet), 2));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);
        assertEq(registry.adapterOf(ADAPTER).revokedAt, DEADLINE, "revoked");
    }

    function test_TransfersAndRevokesForTheOneWhoSigned() external {
        _register(alice);
        bytes memory signature = _sign(_transfer(alice, alice, 1));
        vm.expectEmit(true, true, true, true, address(registry));
        emit IAdapterRegistry.AdapterTransferred(ADAPTER, alice, alice);
        registry.transferAdapterFor(ADAPTER, alice, DEADLINE, signature);
        signature = _sign(_revoke(alice, 2));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);
        assertEq(registry.adapterOf(ADAPTER).revokedAt, DEADLINE, "revoked");
    }

    /// Each argument is signed: base model, URI, adapter, receiver, deadline.
    function test_RevertWhen_AnythingElseWasSigned() external {
        (bytes memory seal, Statement memory statement, bytes memory signature) =
            _registration(alice);
        bytes memory refused = _refused(alice);
        vm.expectRevert(refused);
        registry.registerAdapterFor(alice, seal, statement, "other", URI, DEADLINE, signature);
        vm.expectRevert(refused);
        registry.registerAdapterFor(alice, seal, statement, BASE, "other", DEADLINE, signature);
        vm.expectRevert(refused);
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE + 1, signature);
        vm.expectRevert(_refused(address(1)));
        registry.registerAdapterFor(address(1), seal, statement, BASE, URI, DEADLINE, signature);
        statement.adapter += 1;
        vm.expectRevert(refused);
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE, signature);
        statement.adapter -= 1;
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE, signature);

        signature = _sign(_transfer(alice, address(5), 1));
        vm.expectRevert(refused);
        registry.transferAdapterFor(ADAPTER, address(6), DEADLINE, signature);
        vm.expectRevert(refused);
        registry.transferAdapterFor(ADAPTER, address(5), DEADLINE + 1, signature);
        vm.expectRevert(refused);
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);
        registry.transferAdapterFor(ADAPTER, address(5), DEADLINE, signature);
    }

    function test_RevertWhen_TheSignatureIsOfAnotherKey() external {
        _register(address(wallet));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(0xbad, _digest(_revoke(address(wallet), 1)));
        vm.expectRevert(_refused(address(wallet)));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, abi.encodePacked(r, s, v));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, _sign(_revoke(address(wallet), 1)));
    }

    /// The other half of the malleable pair, and the other length.
    function test_RevertWhen_TheSignatureIsNotTheCanonicalOne() external {
        _register(alice);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digest(_revoke(alice, 1)));
        bytes32 high = bytes32(SECP256K1_ORDER - uint256(s));
        vm.expectRevert(_refused(alice));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, abi.encodePacked(r, high, v ^ 7));
        vm.expectRevert(_refused(alice));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, abi.encodePacked(r, s));
        vm.expectRevert(_refused(alice));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, "");
        registry.revokeAdapterFor(ADAPTER, DEADLINE, abi.encodePacked(r, s, v));
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        (bytes memory seal, Statement memory statement, bytes memory signature) =
            _registration(alice);
        vm.warp(DEADLINE + 1);
        bytes memory expired =
            abi.encodeWithSelector(IAdapterRegistry.SignatureExpired.selector, DEADLINE);
        vm.expectRevert(expired);
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE, signature);
        vm.warp(DEADLINE);
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE, signature);
    }

    /// The adapter came back to the one who gave it away: the old signature does not.
    function test_RevertWhen_ASignatureIsUsedTwice() external {
        _register(alice);
        bytes memory signature = _sign(_transfer(alice, address(5), 1));
        registry.transferAdapterFor(ADAPTER, address(5), DEADLINE, signature);
        vm.prank(address(5));
        registry.transferAdapter(ADAPTER, alice);
        vm.expectRevert(_refused(alice));
        registry.transferAdapterFor(ADAPTER, address(5), DEADLINE, signature);
    }

    function test_RevertWhen_TheSignatureWasCancelled() external {
        _register(alice);
        bytes memory signature = _sign(_revoke(alice, 1));
        bytes memory ahead = _sign(_revoke(alice, 2));
        vm.prank(address(5)); // somebody else's are not touched
        registry.cancelSignature();
        uint256 before = vm.snapshotState();
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);
        vm.revertToState(before);
        vm.prank(alice);
        registry.cancelSignature();
        vm.expectRevert(_refused(alice));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);
        before = vm.snapshotState();
        registry.revokeAdapterFor(ADAPTER, DEADLINE, ahead); // signed for the next nonce
        vm.revertToState(before);
        vm.prank(alice);
        registry.cancelSignature();
        vm.expectRevert(_refused(alice));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, ahead);
    }

    function test_RevertWhen_TheSignatureIsForAnotherChainOrRegistry() external {
        _register(alice);
        bytes memory signature = _sign(_revoke(alice, 1));
        vm.chainId(1);
        vm.expectRevert(_refused(alice));
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);
        vm.chainId(31337);
        registry.revokeAdapterFor(ADAPTER, DEADLINE, signature);

        registry = new ProofRegistry(registry.verifier());
        (bytes memory seal, Statement memory statement,) = _registration(alice);
        bytes memory elsewhere = _signAt(address(0xdead), _registerMessage(alice, 0));
        vm.expectRevert(_refused(alice));
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE, elsewhere);
    }

    /// A signature alone registers nothing: the proof must name the owner.
    function test_RevertWhen_TheOwnerSignedAndTheProofNamesAnother() external {
        Statement memory statement = Statement(ADAPTER, 2, registry.registrationContext(address(5)));
        (bytes memory seal,) = Stack.sealOf(setup, statement);
        bytes memory signature = _sign(_registerMessage(alice, 0));
        vm.expectRevert(
            abi.encodeWithSelector(
                IAdapterRegistry.NotTheRegistrationContext.selector,
                registry.registrationContext(alice),
                statement.context
            )
        );
        registry.registerAdapterFor(alice, seal, statement, BASE, URI, DEADLINE, signature);
        assertEq(registry.nonces(alice), 0, "the signature is not used up");
    }

    function test_RevertWhen_ASignedTransferGoesToNobody() external {
        _register(alice);
        bytes memory signature = _sign(_transfer(alice, address(0), 1));
        vm.expectRevert(IAdapterRegistry.TransferToNobody.selector);
        registry.transferAdapterFor(ADAPTER, address(0), DEADLINE, signature);
    }

    function _register(address owner) private {
        (bytes memory seal, Statement memory statement, bytes memory signature) =
            _registration(owner);
        vm.prank(address(0xca11e4));
        registry.registerAdapterFor(owner, seal, statement, BASE, URI, DEADLINE, signature);
    }

    function _registration(address owner)
        private
        view
        returns (bytes memory seal, Statement memory statement, bytes memory signature)
    {
        statement = Statement(ADAPTER, 2, registry.registrationContext(owner));
        (seal,) = Stack.sealOf(setup, statement);
        signature = _sign(_registerMessage(owner, registry.nonces(owner)));
    }

    function _registerMessage(address owner, uint256 nonce) private pure returns (bytes32) {
        bytes32 type_ = keccak256(
            "RegisterAdapter(address owner,uint256 adapter,bytes32 baseModel,string metadataURI,uint256 nonce,uint256 deadline)"
        );
        bytes32 uri = keccak256(bytes(URI));
        return keccak256(abi.encode(type_, owner, ADAPTER, BASE, uri, nonce, DEADLINE));
    }

    function _transfer(address owner, address to, uint256 nonce) private pure returns (bytes32) {
        bytes32 type_ = keccak256(
            "TransferAdapter(address owner,uint256 adapter,address to,uint256 nonce,uint256 deadline)"
        );
        return keccak256(abi.encode(type_, owner, ADAPTER, to, nonce, DEADLINE));
    }

    function _revoke(address owner, uint256 nonce) private pure returns (bytes32) {
        bytes32 type_ = keccak256(
            "RevokeAdapter(address owner,uint256 adapter,uint256 nonce,uint256 deadline)"
        );
        return keccak256(abi.encode(type_, owner, ADAPTER, nonce, DEADLINE));
    }

    function _sign(bytes32 message) private view returns (bytes memory) {
        return _signAt(address(registry), message);
    }

    function _signAt(address contract_, bytes32 message) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(KEY, _digestAt(contract_, message));
        return abi.encodePacked(r, s, v);
    }

    function _digest(bytes32 message) private view returns (bytes32) {
        return _digestAt(address(registry), message);
    }

    function _digestAt(address contract_, bytes32 message) private pure returns (bytes32) {
        bytes32 type_ = keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        );
        bytes32 domain =
            keccak256(abi.encode(type_, keccak256("Rankproof"), keccak256("1"), 31337, contract_));
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    function _refused(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAdapterRegistry.SignatureRefused.selector, signer);
    }
}
