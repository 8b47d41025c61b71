// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";

import {BTRST} from "../../contracts/token/BTRST.sol";
import {TokenModel} from "./TokenModel.sol";

/// @title Holders who use every operation of BTRST, some in the same block and some blocks apart
/// @notice Every operation is one that must succeed. What it does is recorded in the model, and which interesting
/// situations it met is counted.
contract TokenHandler is TokenModel, CommonBase, StdAssertions {
    enum Operation {
        Transfer,
        TransferFrom,
        Approve,
        Permit,
        Delegate,
        DelegateBySig
    }

    enum Situation {
        /// Votes changed twice in a block, so that a checkpoint was overwritten.
        CheckpointOverwritten,
        /// A third, fifth, ... checkpoint moved the two before it to the archive.
        PairArchived,
        /// Both the old and the new delegate had a history, and votes to move.
        RedelegationBetweenHistories,
        SelfDelegation,
        DelegationToNobody,
        /// The delegate delegates its own balance to a third; votes must not travel on.
        DelegationChain,
        SelfTransfer,
        ZeroTransfer,
        /// Both sides have the same delegate.
        TransferWithinDelegate,
        SpendingOfOwnBalance,
        SpendingOfLimitedAllowance,
        SpendingOfUnlimitedAllowance
    }

    /// @dev Few enough to meet each other often, enough for chains and webs of delegation.
    uint256 private constant HOLDERS = 6;

    BTRST public immutable TOKEN;

    uint256 public calls;
    mapping(Operation => uint256) public performed;
    mapping(Situation => uint256) public met;

    /// @dev Source of all draws of one call.
    uint256 private entropy;

    constructor() {
        vm.roll(FIRST_BLOCK);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            holders.push(vm.addr(privateKey(i)));
        }
        TOKEN = new BTRST(holders[0]);
        balances[holders[0]] = SUPPLY;
        // From the start, more than one holder has something to move.
        for (uint256 i = 1; i < HOLDERS; ++i) {
            move(0, i, SUPPLY / HOLDERS);
        }
    }

    /// @notice Mines no to three blocks, then performs one to four operations in the current block.
    function act(uint256 seed) external {
        ++calls;
        entropy = uint256(keccak256(abi.encode(seed, calls)));
        uint256 mined = draw(4);
        settle(mined);
        vm.roll(blockNumber);
        for (uint256 operations = 1 + draw(4); operations > 0; --operations) {
            perform(Operation(draw(uint256(type(Operation).max) + 1)));
        }
    }

    function perform(Operation operation) private {
        uint32[HOLDERS] memory lengths;
        uint256[HOLDERS] memory votesBefore;
        for (uint256 i = 0; i < HOLDERS; ++i) {
            lengths[i] = TOKEN.numCheckpoints(holders[i]);
            votesBefore[i] = TOKEN.getVotes(holders[i]);
        }

        if (operation == Operation.Transfer) transfer();
        else if (operation == Operation.TransferFrom) transferFrom();
        else if (operation == Operation.Approve) approve(draw(HOLDERS), draw(HOLDERS));
        else if (operation == Operation.Permit) permit(draw(HOLDERS), draw(HOLDERS));
        else if (operation == Operation.Delegate) delegate();
        else delegateBySig();
        ++performed[operation];

        for (uint256 i = 0; i < HOLDERS; ++i) {
            uint32 length = TOKEN.numCheckpoints(holders[i]);
            if (length == lengths[i]) {
                if (TOKEN.getVotes(holders[i]) != votesBefore[i]) ++met[Situation.CheckpointOverwritten];
            } else if (length >= 3 && length % 2 == 1) {
                ++met[Situation.PairArchived];
            }
        }
    }

    function transfer() private {
        (uint256 from, uint256 to) = (draw(HOLDERS), draw(HOLDERS));
        uint256 amount = drawUpTo(balances[holders[from]]);
        if (from == to) ++met[Situation.SelfTransfer];
        if (amount == 0) ++met[Situation.ZeroTransfer];
        address fromDelegate = delegateOf[holders[from]];
        if (from != to && fromDelegate != address(0) && fromDelegate == delegateOf[holders[to]]) {
            ++met[Situation.TransferWithinDelegate];
        }
        move(from, to, amount);
    }

    function move(uint256 from, uint256 to, uint256 amount) private {
        vm.prank(holders[from]);
        assertTrue(TOKEN.transfer(holders[to], amount));
        recordTransfer(holders[from], holders[to], amount);
    }

    function transferFrom() private {
        (uint256 from, uint256 by) = (draw(HOLDERS), draw(HOLDERS));
        (address owner, address spender, address to) = (holders[from], holders[by], holders[draw(HOLDERS)]);
        uint256 limit = balances[owner];
        if (owner == spender) {
            ++met[Situation.SpendingOfOwnBalance];
        } else {
            if (allowances[owner][spender] == 0) approve(from, by);
            uint256 allowed = allowances[owner][spender];
            if (allowed == UNLIMITED) ++met[Situation.SpendingOfUnlimitedAllowance];
            else ++met[Situation.SpendingOfLimitedAllowance];
            if (allowed < limit) limit = allowed;
        }
        uint256 amount = drawUpTo(limit);
        vm.prank(spender);
        assertTrue(TOKEN.transferFrom(owner, to, amount));
        recordSpending(owner, spender, amount);
        recordTransfer(owner, to, amount);
    }

    function approve(uint256 owner, uint256 spender) private {
        (uint256 amount, uint256 stored) = drawAllowance();
        vm.prank(holders[owner]);
        assertTrue(TOKEN.approve(holders[spender], amount));
        allowances[holders[owner]][holders[spender]] = stored;
    }

    function permit(uint256 by, uint256 spender) private {
        (uint256 amount, uint256 stored) = drawAllowance();
        address owner = holders[by];
        uint256 deadline = vm.getBlockTimestamp() + draw(2);
        (uint8 v, bytes32 r, bytes32 s) = sign(
            by,
            abi.encode(TOKEN.PERMIT_TYPEHASH(), owner, holders[spender], amount, nonces[owner]++, deadline)
        );
        TOKEN.permit(owner, holders[spender], amount, deadline, v, r, s);
        allowances[owner][holders[spender]] = stored;
    }

    function delegate() private {
        (uint256 delegator, address delegatee) = drawDelegation();
        vm.prank(holders[delegator]);
        TOKEN.delegate(delegatee);
    }

    function delegateBySig() private {
        (uint256 delegator, address delegatee) = drawDelegation();
        uint256 nonce = nonces[holders[delegator]]++;
        uint256 expiry = vm.getBlockTimestamp() + draw(2);
        (uint8 v, bytes32 r, bytes32 s) =
            sign(delegator, abi.encode(TOKEN.DELEGATION_TYPEHASH(), delegatee, nonce, expiry));
        TOKEN.delegateBySig(delegatee, nonce, expiry, v, r, s);
    }

    /// @dev Draws a delegation, counts its situations and records it.
    function drawDelegation() private returns (uint256 delegator, address delegatee) {
        delegator = draw(HOLDERS);
        // Nobody is one of the choices.
        uint256 choice = draw(HOLDERS + 1);
        delegatee = choice == HOLDERS ? address(0) : holders[choice];

        address from = holders[delegator];
        address oldDelegate = delegateOf[from];
        if (delegatee == from) {
            ++met[Situation.SelfDelegation];
        } else if (delegatee == address(0)) {
            ++met[Situation.DelegationToNobody];
        } else if (delegateOf[delegatee] != address(0) && delegateOf[delegatee] != delegatee) {
            ++met[Situation.DelegationChain];
        }
        if (
            oldDelegate != delegatee && oldDelegate != address(0) && delegatee != address(0)
                && balances[from] != 0 && TOKEN.numCheckpoints(oldDelegate) > 1
                && TOKEN.numCheckpoints(delegatee) > 1
        ) ++met[Situation.RedelegationBetweenHistories];
        delegateOf[from] = delegatee;
    }

    /// @dev An amount for `approve`, and what the token must store for it.
    function drawAllowance() private returns (uint256 amount, uint256 stored) {
        uint256 choice = draw(4);
        if (choice == 0) return (type(uint256).max, UNLIMITED);
        if (choice == 1) return (UNLIMITED, UNLIMITED);
        amount = drawUpTo(SUPPLY);
        return (amount, amount);
    }

    /// @dev Both ends of the range are as interesting as all that is between.
    function drawUpTo(uint256 limit) private returns (uint256) {
        uint256 choice = draw(8);
        if (choice == 0) return 0;
        if (choice == 1) return limit;
        return draw(limit + 1);
    }

    /// @dev An even draw below `bound`.
    function draw(uint256 bound) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % bound;
    }

    function sign(uint256 holder, bytes memory message) private view returns (uint8, bytes32, bytes32) {
        return vm.sign(
            privateKey(holder),
            keccak256(abi.encodePacked(hex"1901", TOKEN.DOMAIN_SEPARATOR(), keccak256(message)))
        );
    }

    function privateKey(uint256 holder) private pure returns (uint256) {
        return 0xA11CE + holder;
    }
}
