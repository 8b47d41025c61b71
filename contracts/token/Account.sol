// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev An account's delegate and balance in one word, from the lowest bit: `delegate 160 | balance 96`. A transfer
/// needs both of each side, so it reads and writes one slot a side.
type Account is uint256;

using {balance, delegatee, debit, credit, withDelegatee} for Account global;

/// @dev Bits of an address, hence the position of the balance.
uint256 constant ADDRESS_BITS = 160;

/// @dev Balance in base units.
function balance(Account self) pure returns (uint256) {
    return Account.unwrap(self) >> ADDRESS_BITS;
}

/// @dev The account that votes for the balance; zero when nobody does.
function delegatee(Account self) pure returns (address) {
    return address(uint160(Account.unwrap(self)));
}

/// @dev The account with `amount` base units less; the caller has checked that the balance covers them.
function debit(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        // amount <= balance, so neither the shift nor the difference leaves the balance's bits.
        return Account.wrap(Account.unwrap(self) - (amount << ADDRESS_BITS));
    }
}

/// @dev The account with `amount` base units more; the new balance must fit in 96 bits.
function credit(Account self, uint256 amount) pure returns (Account) {
    unchecked {
        // All balances together are the supply, which is below 2^88, so the sum stays in the balance's bits.
        return Account.wrap(Account.unwrap(self) + (amount << ADDRESS_BITS));
    }
}

/// @dev The account with the same balance and another delegate.
function withDelegatee(Account self, address newDelegatee) pure returns (Account) {
    return Account.wrap(self.balance() << ADDRESS_BITS | uint160(newDelegatee));
}
