// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title A token of 18 decimals in place of BTRST, which the converter only ever receives
contract BtrstStandIn is ERC20("Braintrust", "BTRST") {
    /// @notice Creates `amount` for `account`.
    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }
}
