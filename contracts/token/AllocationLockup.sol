// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBTRST} from "../interfaces/IBTRST.sol";
import {VestingWallet} from "@openzeppelin/contracts/finance/VestingWallet.sol";
import {VestingWalletCliff} from "@openzeppelin/contracts/finance/VestingWalletCliff.sol";

/// @title AllocationLockup: one holder's share of the supply, released over time
/// @notice OpenZeppelin's VestingWalletCliff: nothing before the cliff, then what a straight line from start to end
/// says; anyone may call `release`, which pays the owner. The owner votes with what is still locked.
/// @dev The owner can pass the lock-up on with `transferOwnership`. One who renounces it gives up what it holds, since
/// nobody could be paid.
contract AllocationLockup is VestingWalletCliff {
    /// @notice The token whose votes the owner may delegate.
    IBTRST public immutable token;

    /// @param token_ Token with delegation.
    /// @param beneficiary First owner, not zero.
    /// @param start Unix time in seconds from which tokens vest.
    /// @param cliff Seconds after `start` before which nothing is released, at most `duration`.
    /// @param duration Seconds after `start` at which everything is released.
    /// @dev Reverts with OwnableInvalidOwner, InvalidCliffDuration.
    constructor(IBTRST token_, address beneficiary, uint64 start, uint64 cliff, uint64 duration)
        VestingWallet(beneficiary, start, duration)
        VestingWalletCliff(cliff)
    {
        token = token_;
    }

    /// @notice Lets `delegatee` vote with the tokens held here, also with those that arrive later. Only the owner.
    /// @dev Reverts with OwnableUnauthorizedAccount.
    function delegate(address delegatee) external onlyOwner {
        token.delegate(delegatee);
    }
}
