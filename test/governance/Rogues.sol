// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";

/// @title A token of votes that misbehaves as told
contract RogueToken {
    enum Manner {
        Honest,
        Fail,
        /// Answers with fewer bytes than a word.
        Short,
        /// Tries to vote itself while it is asked.
        Reenter
    }

    mapping(address account => uint256) public votes;
    Manner public manner;
    IBraintrustGovernor public governor;
    uint256 public proposal;

    function setVotes(address account, uint256 amount) external {
        votes[account] = amount;
    }

    function behave(Manner newManner) external {
        manner = newManner;
    }

    function enter(IBraintrustGovernor governor_, uint256 proposal_) external {
        (manner, governor, proposal) = (Manner.Reenter, governor_, proposal_);
    }

    function getPriorVotes(address account, uint256) external returns (uint256) {
        if (manner == Manner.Fail) revert("no votes today");
        if (manner == Manner.Short) {
            assembly ("memory-safe") {
                return(0, 31)
            }
        }
        if (manner == Manner.Reenter) governor.castVote(proposal, 1);
        return votes[account];
    }
}

/// @title A time lock of the Compound generation that misbehaves as told
contract RogueTimelock {
    uint256 public constant GRACE_PERIOD = 14 days;

    address public admin;
    uint256 public delay = 7 days;
    bool public refuses;
    /// What it calls on its admin while it is called.
    bytes public callback;
    bool public succeeded;
    bytes public result;
    mapping(bytes32 hash => bool) public queuedTransactions;

    constructor(address admin_) {
        admin = admin_;
    }

    function setDelay(uint256 newDelay) external {
        delay = newDelay;
    }

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function setCallback(bytes calldata callback_) external {
        callback = callback_;
    }

    function queueTransaction(address, uint256, string calldata, bytes calldata, uint256)
        external
        returns (bytes32)
    {
        misbehave();
        return 0;
    }

    function cancelTransaction(address, uint256, string calldata, bytes calldata, uint256) external {
        misbehave();
    }

    function executeTransaction(address, uint256, string calldata, bytes calldata, uint256)
        external
        payable
        returns (bytes memory)
    {
        misbehave();
        return "";
    }

    function misbehave() private {
        require(!refuses, "not today");
        if (callback.length != 0) (succeeded, result) = admin.call(callback);
    }
}

/// @title A lender of tokens within one transaction, and a borrower that tries to rule with them
contract FlashLender {
    BTRST private immutable token;

    constructor(BTRST token_) {
        token = token_;
    }

    function lend(FlashBorrower borrower, uint256 amount) external {
        uint256 balance = token.balanceOf(address(this));
        token.transfer(address(borrower), amount);
        borrower.use();
        require(token.balanceOf(address(this)) == balance, "loan not returned");
    }
}

/// @title Borrows, takes the votes, makes a call with them, and returns the loan
contract FlashBorrower {
    BTRST private immutable token;
    address private immutable target;
    bytes private callData;
    bool public succeeded;
    bytes public result;

    constructor(BTRST token_, address target_, bytes memory callData_) {
        (token, target, callData) = (token_, target_, callData_);
    }

    function use() external {
        token.delegate(address(this));
        (succeeded, result) = target.call(callData);
        token.transfer(msg.sender, token.balanceOf(address(this)));
    }
}
