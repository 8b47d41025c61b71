// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BTRST} from "../../contracts/token/BTRST.sol";
import {Proof} from "./Proof.sol";

/// @title What a transfer and a delegation move
/// @notice From an arbitrary state of the token, as far as its invariants hold: two balances together are at most the
/// supply, and a delegate has at least the votes of the balances in question.
contract TokenMovesProof is Proof {
    BTRST private token;

    function setUp() external {
        vm.roll(20_000_000);
        token = new BTRST(address(0xb0b));
        vm.setArbitraryStorage(address(token));
    }

    /// @notice Property 1. A transfer moves exactly the amount, and no other balance; one to oneself moves nothing.
    /// @dev Any sender, receiver, third account, amount, balances that sum to at most the supply, and delegates.
    function check_transfer(address from, address to, address other, uint256 amount) external proof {
        vm.assume(other != from && other != to);
        (uint256 sender, uint256 receiver) = (token.balanceOf(from), token.balanceOf(to));
        uint256 third = token.balanceOf(other);
        vm.assume(from == to ? sender <= token.totalSupply() : sender + receiver <= token.totalSupply());
        vm.prank(from);
        token.transfer(to, amount);

        assert(amount <= sender);
        assert(token.balanceOf(from) == (from == to ? sender : sender - amount));
        assert(token.balanceOf(to) == (from == to ? receiver : receiver + amount));
        assert(token.balanceOf(other) == third);
    }

    /// @notice Property 2. A delegation moves exactly the balance from the one delegate's votes to the other's, and
    /// nobody else's votes; no balance changes.
    /// @dev Any account, delegates and third delegate; the old delegate has at least the balance in votes, the two
    /// have at most the supply together.
    function check_delegate(address account, address to, address other) external proof {
        address from = token.delegates(account);
        uint256 balance = token.balanceOf(account);
        (uint256 old, uint256 next, uint256 third) =
            (token.getVotes(from), token.getVotes(to), token.getVotes(other));
        vm.assume(balance <= old && old <= token.totalSupply() && next <= token.totalSupply() - balance);
        vm.assume(other != from && other != to);
        vm.prank(account);
        token.delegate(to);

        assert(token.delegates(account) == to && token.balanceOf(account) == balance);
        assert(from == to || from == address(0) || token.getVotes(from) == old - balance);
        assert(from == to || to == address(0) || token.getVotes(to) == next + balance);
        assert(token.getVotes(other) == third);
    }
}
