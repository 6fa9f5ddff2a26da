// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {ISealVerifier} from "./ISealVerifier.sol";
import {IVerifiesSeals} from "./IVerifiesSeals.sol";

/// @title The way from the first four bytes of a seal to its verifier
/// @notice Versions are added, and may be taken away; what a selector means never changes. A selector
/// that was removed is a tombstone: it verifies nothing and can never be given to another verifier.
/// @dev The owner, a `TimelockController`, adds and removes. What is wrong at once is stopped at the
/// `EmergencyStop` in front of each verifier, which takes no timelock.
interface IVerifierRouter is IVerifiesSeals {
    /// @notice Seals with this selector go to this verifier from now on.
    event VerifierAdded(bytes4 indexed selector, ISealVerifier indexed verifier, bytes32 keyDigest);

    /// @notice Seals with this selector are refused from now on.
    event VerifierRemoved(bytes4 indexed selector, ISealVerifier indexed verifier);

    /// @notice The seal is too short to have a selector.
    error SealWithoutSelector(uint256 length);

    /// @notice No verifier has this selector, and none had.
    error SelectorUnknown(bytes4 selector);

    /// @notice The verifier with this selector was removed.
    error SelectorRemoved(bytes4 selector);

    /// @notice The selector belongs to a verifier already, or did: it keeps its meaning.
    error SelectorTaken(bytes4 selector, ISealVerifier verifier);

    /// @notice The selector of the verifier is not the head of its key digest.
    error SelectorIsNotOfTheKey(bytes4 selector, bytes32 keyDigest);

    /// @notice There is no contract at the address of the verifier.
    error VerifierWithoutCode(address verifier);

    /// @notice Anybody can forge seals for a development key: it is for chain id 31337 only.
    error DevelopmentKeyRefused(uint256 chainId);

    /// @notice Adds a verifier under its own selector; for the owner.
    function add(ISealVerifier verifier) external;

    /// @notice Leaves a tombstone in the place of a verifier; for the owner.
    function remove(bytes4 selector) external;

    /// @notice The verifier that seals with this selector go to.
    /// @dev Reverts with `SelectorUnknown` or `SelectorRemoved` if there is none.
    function verifierOf(bytes4 selector) external view returns (ISealVerifier);

    /// @notice What became of a selector: the verifier that it names for ever (zero if none), and
    /// whether it was removed.
    function routeOf(bytes4 selector) external view returns (ISealVerifier verifier, bool removed);

    /// @notice Every selector that was ever added, in that order, with the removed ones.
    function selectors() external view returns (bytes4[] memory);
}
