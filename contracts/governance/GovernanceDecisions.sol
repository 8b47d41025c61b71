// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IGovernanceDecisions} from "../interfaces/IGovernanceDecisions.sol";
import {NameList} from "./NameList.sol";
import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";

/// @title GovernanceDecisions
/// @notice See IGovernanceDecisions. GOVERNOR_ROLE is the only role with holders: it administers itself, and nobody
/// holds the administrator of all others, DEFAULT_ADMIN_ROLE.
contract GovernanceDecisions is IGovernanceDecisions, AccessControl {
    using NameList for NameList.List;

    /// @inheritdoc IGovernanceDecisions
    bytes32 public constant GOVERNOR_ROLE = keccak256("GOVERNOR_ROLE");

    /// @inheritdoc IGovernanceDecisions
    uint256 public constant MAX_NAME_LENGTH = NameList.MAX_LENGTH;

    /// @dev Whole percent: above it, a job would pay the client.
    uint8 private constant WHOLE = 100;

    /// @inheritdoc IGovernanceDecisions
    /// @dev Starts at the fee that the network launched with.
    uint8 public marketplaceFee = 10;

    NameList.List private categories;

    NameList.List private members;

    /// How many accounts hold a role; AccessControl does not count them.
    mapping(bytes32 role => uint256) private holderCounts;

    /// @param timelock First holder of GOVERNOR_ROLE. Reverts with InvalidRoleHolder when zero.
    constructor(address timelock) {
        _setRoleAdmin(GOVERNOR_ROLE, GOVERNOR_ROLE);
        _grantRole(GOVERNOR_ROLE, timelock);
    }

    /// @inheritdoc IGovernanceDecisions
    function setMarketplaceFee(uint8 fee) external onlyRole(GOVERNOR_ROLE) {
        if (fee >= WHOLE) revert FeeTooHigh(fee);
        emit MarketplaceFeeChanged(marketplaceFee, fee);
        marketplaceFee = fee;
    }

    /// @inheritdoc IGovernanceDecisions
    function addMarketplaceCategory(string calldata category) external onlyRole(GOVERNOR_ROLE) {
        categories.add(category);
        emit MarketplaceCategoryAdded(category);
    }

    /// @inheritdoc IGovernanceDecisions
    function removeMarketplaceCategory(string calldata category) external onlyRole(GOVERNOR_ROLE) {
        categories.remove(category);
        emit MarketplaceCategoryRemoved(category);
    }

    /// @inheritdoc IGovernanceDecisions
    function addFoundationMember(string calldata member) external onlyRole(GOVERNOR_ROLE) {
        members.add(member);
        emit FoundationMemberAdded(member);
    }

    /// @inheritdoc IGovernanceDecisions
    function removeFoundationMember(string calldata member) external onlyRole(GOVERNOR_ROLE) {
        members.remove(member);
        emit FoundationMemberRemoved(member);
    }

    /// @inheritdoc IGovernanceDecisions
    function getMarketplaceCategories() external view returns (string[] memory) {
        return categories.names;
    }

    /// @inheritdoc IGovernanceDecisions
    function getMemberships() external view returns (string[] memory) {
        return members.names;
    }

    /// @inheritdoc IGovernanceDecisions
    function isMarketplaceCategory(string calldata category) external view returns (bool) {
        return categories.contains(category);
    }

    /// @inheritdoc IGovernanceDecisions
    function isFoundationMember(string calldata member) external view returns (bool) {
        return members.contains(member);
    }

    /// @dev Neither the zero address nor the register can ever call: a role left to them would be lost.
    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        if (account == address(0) || account == address(this)) revert InvalidRoleHolder(account);
        granted = super._grantRole(role, account);
        if (granted) ++holderCounts[role];
    }

    /// @dev Both ways to lose a role, revocation and renunciation, come through here.
    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        revoked = super._revokeRole(role, account);
        if (revoked && --holderCounts[role] == 0) revert LastRoleHolder(role);
    }
}
