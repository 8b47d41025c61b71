// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title BTRST, the token that governs the Braintrust network
/// @notice ERC-20 with a fixed supply of 250 million, delegation and vote checkpoints. Nothing can mint, burn,
/// pause or upgrade it. The vote interface of Compound's COMP (`getCurrentVotes`, `getPriorVotes`, `checkpoints`)
/// and that of ERC-5805 (`getVotes`, `getPastVotes`) read the same checkpoints.
/// @dev Amounts are base units (1 BTRST = 1e18) and fit in 96 bits; time points are block numbers.
interface IBTRST {
    /// @notice One entry of an account's vote history.
    /// @param fromBlock The block from which `votes` holds.
    /// @param votes The account's votes from that block on, in base units.
    struct Checkpoint {
        uint32 fromBlock;
        uint96 votes;
    }

    /// @notice `value` base units moved from `from` to `to`; the initial supply comes from the zero address.
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// @notice `spender` may now spend `value` base units of `owner`; `type(uint96).max` never decreases.
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// @notice `delegator` changed the account that votes for its balance.
    event DelegateChanged(
        address indexed delegator, address indexed fromDelegate, address indexed toDelegate
    );

    /// @notice The votes of `delegate` changed, in base units.
    event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes);

    /// @notice The domain of typed signatures changed (ERC-5267); never emitted, as the domain is fixed.
    event EIP712DomainChanged();

    /// @notice `sender` holds `balance`, which is less than the `needed` amount (ERC-6093).
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);

    /// @notice Tokens cannot be sent by `sender` (ERC-6093): it is the zero address.
    error ERC20InvalidSender(address sender);

    /// @notice Tokens cannot be sent to `receiver` (ERC-6093): it is the zero address.
    error ERC20InvalidReceiver(address receiver);

    /// @notice `spender` may spend `allowance`, which is less than the `needed` amount (ERC-6093).
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);

    /// @notice An allowance of `amount` does not fit in 96 bits and is not `type(uint256).max`.
    error AmountExceeds96Bits(uint256 amount);

    /// @notice The permit expired at `deadline` (Unix time in seconds).
    error ERC2612ExpiredSignature(uint256 deadline);

    /// @notice The permit was signed by `signer`, not by `owner`.
    error ERC2612InvalidSigner(address signer, address owner);

    /// @notice The delegation expired at `expiry` (Unix time in seconds).
    error VotesExpiredSignature(uint256 expiry);

    /// @notice The signature carries another nonce than the `currentNonce` of `account`.
    error InvalidAccountNonce(address account, uint256 currentNonce);

    /// @notice Votes at `timepoint` are not settled yet: the current block is `clock` (ERC-5805).
    error ERC5805FutureLookup(uint256 timepoint, uint48 clock);

    /// @notice Token name, and the name in the EIP-712 domain.
    function name() external view returns (string memory);

    /// @notice Token symbol.
    function symbol() external view returns (string memory);

    /// @notice Decimal places of one BTRST: 18.
    function decimals() external view returns (uint8);

    /// @notice The fixed supply: 250,000,000e18 base units.
    function totalSupply() external view returns (uint256);

    /// @notice Balance of `account` in base units.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Base units of `owner` that `spender` may spend; `type(uint96).max` is unlimited.
    function allowance(address owner, address spender) external view returns (uint256);

    /// @notice Moves `amount` base units from the caller to `to`, and the votes that follow them.
    /// @dev Reverts with ERC20InvalidReceiver, ERC20InsufficientBalance.
    /// @return Always true.
    function transfer(address to, uint256 amount) external returns (bool);

    /// @notice Moves `amount` base units from `from` to `to` out of the caller's allowance.
    /// @dev The owner itself needs no allowance (as in COMP). Reverts with ERC20InvalidSender,
    /// ERC20InsufficientAllowance, ERC20InvalidReceiver, ERC20InsufficientBalance.
    /// @return Always true.
    function transferFrom(address from, address to, uint256 amount) external returns (bool);

    /// @notice Lets `spender` spend `amount` base units of the caller.
    /// @dev `type(uint256).max` and `type(uint96).max` both mean unlimited and are stored as the latter (as in
    /// COMP); any other amount above 96 bits reverts with AmountExceeds96Bits.
    /// @return Always true.
    function approve(address spender, uint256 amount) external returns (bool);

    /// @notice `approve` by the signature of `owner` (ERC-2612).
    /// @param value Amount, as for `approve`.
    /// @param deadline Unix time in seconds until which the signature is good, inclusive.
    /// @dev Reverts with ERC2612ExpiredSignature, ERC2612InvalidSigner, AmountExceeds96Bits, or an ECDSA error of
    /// OpenZeppelin for a malformed or malleable signature.
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice The account that votes for the balance of `account`; zero when nobody does.
    function delegates(address account) external view returns (address);

    /// @notice Lets `delegatee` vote for the caller's balance from this block on; zero withdraws the votes.
    function delegate(address delegatee) external;

    /// @notice `delegate` by signature of `Delegation(address delegatee,uint256 nonce,uint256 expiry)`.
    /// @param nonce The signer's next nonce.
    /// @param expiry Unix time in seconds until which the signature is good, inclusive.
    /// @dev Reverts with VotesExpiredSignature, InvalidAccountNonce, or an ECDSA error of OpenZeppelin.
    function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Current votes of `account` in base units (COMP).
    function getCurrentVotes(address account) external view returns (uint96);

    /// @notice Votes of `account` at the end of `blockNumber`, in base units (COMP).
    /// @dev Reverts with ERC5805FutureLookup unless `blockNumber` is below the current block.
    function getPriorVotes(address account, uint256 blockNumber) external view returns (uint96);

    /// @notice Current votes of `account` in base units (ERC-5805).
    function getVotes(address account) external view returns (uint256);

    /// @notice Votes of `account` at the end of block `timepoint`, in base units (ERC-5805).
    /// @dev Reverts with ERC5805FutureLookup unless `timepoint` is below the current block.
    function getPastVotes(address account, uint256 timepoint) external view returns (uint256);

    /// @notice Supply at the end of block `timepoint`: always 250,000,000e18 base units (ERC-5805).
    /// @dev Reverts with ERC5805FutureLookup unless `timepoint` is below the current block.
    function getPastTotalSupply(uint256 timepoint) external view returns (uint256);

    /// @notice Number of checkpoints of `account`.
    function numCheckpoints(address account) external view returns (uint32);

    /// @notice Checkpoint `index` of `account`, oldest first; all zero beyond the last (as in COMP).
    function checkpoints(address account, uint32 index) external view returns (Checkpoint memory);

    /// @notice Next nonce of `account`, shared by `permit` and `delegateBySig`.
    function nonces(address account) external view returns (uint256);

    /// @notice Current block number (ERC-6372).
    function clock() external view returns (uint48);

    /// @notice "mode=blocknumber&from=default" (ERC-6372).
    function CLOCK_MODE() external view returns (string memory);

    /// @notice Type hash of the EIP-712 domain: name, chain id and contract, without version (as in COMP).
    function DOMAIN_TYPEHASH() external view returns (bytes32);

    /// @notice Type hash of the message signed for `delegateBySig`.
    function DELEGATION_TYPEHASH() external view returns (bytes32);

    /// @notice Type hash of the message signed for `permit`.
    function PERMIT_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 domain separator of this contract on the current chain.
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice The EIP-712 domain, described as in ERC-5267.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
