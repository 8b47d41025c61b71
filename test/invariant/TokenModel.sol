// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What BTRST promises, kept without slots, pairs or searches
/// @notice Balances and delegates are plain mappings, votes are sums over all holders, and the past is a list with
/// one entry a block. Nothing here is read from the token.
abstract contract TokenModel {
    uint256 public constant SUPPLY = 250_000_000e18;
    /// @dev The block of the deployment; any block above zero will do.
    uint256 public constant FIRST_BLOCK = 1000;
    /// @dev An allowance that is never spent.
    uint256 public constant UNLIMITED = type(uint96).max;

    address[] public holders;
    uint256 public blockNumber = FIRST_BLOCK;

    mapping(address holder => uint256) public balances;
    mapping(address holder => address) public delegateOf;
    mapping(address holder => uint256) public nonces;
    mapping(address owner => mapping(address spender => uint256)) public allowances;

    /// @dev Votes at the end of each block that is over, from `FIRST_BLOCK` on.
    mapping(address delegate => uint256[]) private settledVotes;

    function holderCount() external view returns (uint256) {
        return holders.length;
    }

    /// @notice Votes of `delegate` at the end of `number`, which is over.
    function pastVotes(address delegate, uint256 number) external view returns (uint256) {
        return number < FIRST_BLOCK ? 0 : settledVotes[delegate][number - FIRST_BLOCK];
    }

    /// @notice Votes of `delegate` now: the balances of those who delegate to it.
    function votes(address delegate) public view returns (uint256 sum) {
        for (uint256 i = 0; i < holders.length; ++i) {
            if (delegateOf[holders[i]] == delegate) sum += balances[holders[i]];
        }
    }

    /// @dev Ends the current block and `count - 1` empty ones after it.
    function settle(uint256 count) internal {
        for (uint256 i = 0; i < holders.length; ++i) {
            uint256 settled = votes(holders[i]);
            for (uint256 j = 0; j < count; ++j) {
                settledVotes[holders[i]].push(settled);
            }
        }
        blockNumber += count;
    }

    function recordTransfer(address from, address to, uint256 amount) internal {
        balances[from] -= amount;
        balances[to] += amount;
    }

    function recordSpending(address owner, address spender, uint256 amount) internal {
        if (owner != spender && allowances[owner][spender] != UNLIMITED) {
            allowances[owner][spender] -= amount;
        }
    }
}
