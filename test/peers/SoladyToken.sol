// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20Votes} from "solady/tokens/ERC20Votes.sol";

/// @title Solady's vote token, with the supply of BTRST
contract SoladyToken is ERC20Votes {
    constructor(address account) {
        _mint(account, 250_000_000e18);
    }

    function name() public pure override returns (string memory) {
        return "BTRST";
    }

    function symbol() public pure override returns (string memory) {
        return "BTRST";
    }

    /// @dev Solady's way to save the hashing of a name that never changes.
    function _constantNameHash() internal pure override returns (bytes32) {
        return keccak256("BTRST");
    }
}
