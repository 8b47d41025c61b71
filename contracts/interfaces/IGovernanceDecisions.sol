// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title GovernanceDecisions: what the DAO decided about the marketplace
/// @notice The register that the network's services read: the marketplace fee, the job categories and the members
/// of the foundation. Only holders of GOVERNOR_ROLE, the time lock, write to it. The role's holders can pass it on
/// and the last one cannot give it up, so the register can never be orphaned.
/// @dev Names are 1 to 128 bytes, unique within their list. Lists keep no order once a name was removed. Whoever lacks
/// the role gets OpenZeppelin's AccessControlUnauthorizedAccount.
interface IGovernanceDecisions {
    /// @notice The marketplace fee changed, in whole percent of gross service value.
    event MarketplaceFeeChanged(uint8 oldFee, uint8 newFee);

    /// @notice A job category was added.
    event MarketplaceCategoryAdded(string category);

    /// @notice A job category was removed.
    event MarketplaceCategoryRemoved(string category);

    /// @notice A foundation member was added.
    event FoundationMemberAdded(string member);

    /// @notice A foundation member was removed.
    event FoundationMemberRemoved(string member);

    /// @notice The fee of `fee` percent is not below 100.
    error FeeTooHigh(uint8 fee);

    /// @notice A name of `length` bytes is empty or longer than `maximum`.
    error InvalidNameLength(uint256 length, uint256 maximum);

    /// @notice The list has this name already.
    error NameExists(string name);

    /// @notice The list does not have this name.
    error NameUnknown(string name);

    /// @notice The last holder of `role` cannot give it up or lose it.
    error LastRoleHolder(bytes32 role);

    /// @notice `account`, the zero address or the register itself, could never use a role.
    error InvalidRoleHolder(address account);

    /// @notice The role that writes the register and administers itself.
    function GOVERNOR_ROLE() external view returns (bytes32);

    /// @notice Longest permitted name in bytes.
    function MAX_NAME_LENGTH() external view returns (uint256);

    /// @notice Fee that clients pay, in whole percent of gross service value.
    function marketplaceFee() external view returns (uint8);

    /// @notice All job categories.
    function getMarketplaceCategories() external view returns (string[] memory);

    /// @notice All foundation members.
    function getMemberships() external view returns (string[] memory);

    /// @notice Whether `category` is in the list.
    function isMarketplaceCategory(string calldata category) external view returns (bool);

    /// @notice Whether `member` is in the list.
    function isFoundationMember(string calldata member) external view returns (bool);

    /// @notice Sets the marketplace fee. Only GOVERNOR_ROLE.
    /// @param fee Whole percent, below 100. Reverts with FeeTooHigh.
    function setMarketplaceFee(uint8 fee) external;

    /// @notice Adds a job category. Only GOVERNOR_ROLE. Reverts with InvalidNameLength, NameExists.
    function addMarketplaceCategory(string calldata category) external;

    /// @notice Removes a job category. Only GOVERNOR_ROLE. Reverts with NameUnknown.
    function removeMarketplaceCategory(string calldata category) external;

    /// @notice Adds a foundation member. Only GOVERNOR_ROLE. Reverts with InvalidNameLength, NameExists.
    function addFoundationMember(string calldata member) external;

    /// @notice Removes a foundation member. Only GOVERNOR_ROLE. Reverts with NameUnknown.
    function removeFoundationMember(string calldata member) external;
}
