// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IBTRST} from "../interfaces/IBTRST.sol";
import {Account} from "./Account.sol";
import {Checkpoints} from "./Checkpoints.sol";

/// @title BTRST, the token that governs the Braintrust network
/// @dev Two invariants carry the arithmetic: the balances of all accounts sum to the supply, and the votes of an
/// account are the sum of the balances delegated to it. The supply is below 2^88, hence so is every balance, every
/// count of votes and every sum of them.
contract BTRST is IBTRST {
    using Checkpoints for Checkpoints.History;

    /// @inheritdoc IBTRST
    string public constant name = "BTRST";

    /// @inheritdoc IBTRST
    string public constant symbol = "BTRST";

    /// @inheritdoc IBTRST
    uint8 public constant decimals = 18;

    /// @inheritdoc IBTRST
    uint256 public constant totalSupply = 250_000_000e18;

    /// @inheritdoc IBTRST
    string public constant CLOCK_MODE = "mode=blocknumber&from=default";

    /// @inheritdoc IBTRST
    bytes32 public constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");

    /// @inheritdoc IBTRST
    bytes32 public constant DELEGATION_TYPEHASH =
        keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");

    /// @inheritdoc IBTRST
    bytes32 public constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    /// @dev The allowance, in base units, that never decreases; COMP's choice, which integrations look for.
    uint256 private constant UNLIMITED = type(uint96).max;

    /// @dev ERC-5267 bits of the domain fields in use: name (1), chain id (4) and contract (8).
    bytes1 private constant DOMAIN_FIELDS = 0x0d;

    /// @dev Chain id at deployment, for which the cached domain separator holds.
    uint256 private immutable CACHED_CHAIN_ID;

    /// @dev Domain separator at deployment.
    bytes32 private immutable CACHED_DOMAIN_SEPARATOR;

    /// @dev Votes over time by delegate.
    mapping(address delegate => Checkpoints.History) private histories;

    /// @dev Delegate and balance by account.
    mapping(address account => Account) private accounts;

    /// @dev Base units that a spender may spend, by owner and spender; at most `UNLIMITED`.
    mapping(address owner => mapping(address spender => uint256)) private allowances;

    /// @inheritdoc IBTRST
    mapping(address account => uint256) public nonces;

    /// @notice Gives the whole supply to `account`, who delegates to nobody yet.
    /// @dev Reverts with ERC20InvalidReceiver for the zero address.
    constructor(address account) {
        if (account == address(0)) revert ERC20InvalidReceiver(address(0));
        CACHED_CHAIN_ID = block.chainid;
        CACHED_DOMAIN_SEPARATOR = computeDomainSeparator();
        accounts[account] = accounts[account].credit(totalSupply);
        emit Transfer(address(0), account, totalSupply);
    }

    /// @inheritdoc IBTRST
    function transfer(address to, uint256 amount) external returns (bool) {
        move(msg.sender, to, amount);
        return true;
    }

    /// @inheritdoc IBTRST
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (msg.sender != from) spendAllowance(from, amount);
        move(from, to, amount);
        return true;
    }

    /// @inheritdoc IBTRST
    function approve(address spender, uint256 amount) external returns (bool) {
        setAllowance(msg.sender, spender, amount);
        return true;
    }

    /// @inheritdoc IBTRST
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        // Check:
        if (block.timestamp > deadline) revert ERC2612ExpiredSignature(deadline);
        uint256 nonce = nonces[owner];
        bytes32 message = keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, nonce, deadline));
        address signer = recoverSigner(message, v, r, s);
        if (signer != owner) revert ERC2612InvalidSigner(signer, owner);

        // Effect:
        nonces[owner] = nonce + 1;
        setAllowance(owner, spender, value);
    }

    /// @inheritdoc IBTRST
    function delegate(address delegatee) external {
        setDelegate(msg.sender, delegatee);
    }

    /// @inheritdoc IBTRST
    function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s)
        external
    {
        // Check:
        if (block.timestamp > expiry) revert VotesExpiredSignature(expiry);
        bytes32 message = keccak256(abi.encode(DELEGATION_TYPEHASH, delegatee, nonce, expiry));
        address signer = recoverSigner(message, v, r, s);
        uint256 currentNonce = nonces[signer];
        if (nonce != currentNonce) revert InvalidAccountNonce(signer, currentNonce);

        // Effect:
        nonces[signer] = nonce + 1;
        setDelegate(signer, delegatee);
    }

    /// @inheritdoc IBTRST
    function balanceOf(address account) external view returns (uint256) {
        return accounts[account].balance();
    }

    /// @inheritdoc IBTRST
    function allowance(address owner, address spender) external view returns (uint256) {
        return allowances[owner][spender];
    }

    /// @inheritdoc IBTRST
    function delegates(address account) external view returns (address) {
        return accounts[account].delegatee();
    }

    /// @inheritdoc IBTRST
    function getCurrentVotes(address account) external view returns (uint96) {
        return uint96(histories[account].latest());
    }

    /// @inheritdoc IBTRST
    function getPriorVotes(address account, uint256 blockNumber) external view returns (uint96) {
        checkSettled(blockNumber);
        return uint96(histories[account].lookup(blockNumber));
    }

    /// @inheritdoc IBTRST
    function getVotes(address account) external view returns (uint256) {
        return histories[account].latest();
    }

    /// @inheritdoc IBTRST
    function getPastVotes(address account, uint256 timepoint) external view returns (uint256) {
        checkSettled(timepoint);
        return histories[account].lookup(timepoint);
    }

    /// @inheritdoc IBTRST
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256) {
        checkSettled(timepoint);
        return totalSupply;
    }

    /// @inheritdoc IBTRST
    function numCheckpoints(address account) external view returns (uint32) {
        return uint32(histories[account].length());
    }

    /// @inheritdoc IBTRST
    function checkpoints(address account, uint32 index) external view returns (Checkpoint memory) {
        (uint256 fromBlock, uint256 votes) = histories[account].checkpointAt(index);
        return Checkpoint({fromBlock: uint32(fromBlock), votes: uint96(votes)});
    }

    /// @inheritdoc IBTRST
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory domainName,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (DOMAIN_FIELDS, name, "", block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// @inheritdoc IBTRST
    function clock() public view returns (uint48) {
        return uint48(block.number);
    }

    /// @inheritdoc IBTRST
    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return block.chainid == CACHED_CHAIN_ID ? CACHED_DOMAIN_SEPARATOR : computeDomainSeparator();
    }

    /// @dev Moves `amount` from `from` to `to`, and the votes from the one's delegate to the other's.
    function move(address from, address to, uint256 amount) private {
        // Check:
        if (to == address(0)) revert ERC20InvalidReceiver(address(0));
        Account sender = accounts[from];
        if (sender.balance() < amount) revert ERC20InsufficientBalance(from, sender.balance(), amount);

        // Effect:
        accounts[from] = sender.debit(amount);
        // Read after the debit is stored, so that a transfer to oneself restores the balance.
        Account receiver = accounts[to];
        accounts[to] = receiver.credit(amount);
        emit Transfer(from, to, amount);
        moveVotes(sender.delegatee(), receiver.delegatee(), amount);
    }

    /// @dev Makes `delegatee` vote for the balance of `delegator`.
    function setDelegate(address delegator, address delegatee) private {
        Account account = accounts[delegator];
        accounts[delegator] = account.withDelegatee(delegatee);
        emit DelegateChanged(delegator, account.delegatee(), delegatee);
        moveVotes(account.delegatee(), delegatee, account.balance());
    }

    /// @dev Moves `amount` votes between delegates; the zero address stands for nobody.
    function moveVotes(address from, address to, uint256 amount) private {
        if (from == to) return;
        if (amount == 0) return;
        unchecked {
            // amount is a balance or less, so it fits in an int256.
            if (from != address(0)) changeVotes(from, -int256(amount));
            if (to != address(0)) changeVotes(to, int256(amount));
        }
    }

    /// @dev Changes the votes of `account` by `delta` base units.
    function changeVotes(address account, int256 delta) private {
        uint256 newVotes = histories[account].change(delta);
        unchecked {
            // The votes before the change, which were not negative.
            emit DelegateVotesChanged(account, newVotes - uint256(delta), newVotes);
        }
    }

    /// @dev Lets `spender` spend `amount` of `owner`.
    function setAllowance(address owner, address spender, uint256 amount) private {
        if (amount > UNLIMITED) {
            if (amount != type(uint256).max) revert AmountExceeds96Bits(amount);
            amount = UNLIMITED;
        }
        allowances[owner][spender] = amount;
        emit Approval(owner, spender, amount);
    }

    /// @dev Takes `amount` from what the caller may spend of `owner`.
    function spendAllowance(address owner, uint256 amount) private {
        // Check:
        if (owner == address(0)) revert ERC20InvalidSender(address(0));
        uint256 current = allowances[owner][msg.sender];
        if (current == UNLIMITED) return;
        if (current < amount) revert ERC20InsufficientAllowance(msg.sender, current, amount);

        // Effect:
        unchecked {
            // amount <= current.
            current -= amount;
        }
        allowances[owner][msg.sender] = current;
        emit Approval(owner, msg.sender, current);
    }

    /// @dev Votes may still change in the current block.
    function checkSettled(uint256 timepoint) private view {
        if (timepoint >= block.number) revert ERC5805FutureLookup(timepoint, clock());
    }

    /// @dev The account that signed the EIP-712 message with the struct hash `message` for this token and chain.
    function recoverSigner(bytes32 message, uint8 v, bytes32 r, bytes32 s) private view returns (address) {
        return ECDSA.recover(MessageHashUtils.toTypedDataHash(DOMAIN_SEPARATOR(), message), v, r, s);
    }

    /// @dev Domain separator on the current chain.
    function computeDomainSeparator() private view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, keccak256(bytes(name)), block.chainid, address(this)));
    }
}
