// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock} from "../interfaces/ITimelock.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {LibRLP} from "solady/utils/LibRLP.sol";

/// @title GovernancePair: a time lock and its governor, both or neither
/// @notice Each of the two takes the other's address in its constructor. This contract creates them in its own, so in
/// one transaction, and nobody can come between. It holds no power over them and no function to call afterwards.
/// @dev Deployed by CREATE2 its address follows from its code and arguments alone, and theirs from its own: they are
/// its first and second creation. Whoever sends the same bytes first does the deployer's work, and gains nothing.
contract GovernancePair {
    /// @notice A constructor reverted without a reason. A reason, where there is one, is passed on as it came.
    error CreationFailed();

    /// @notice The code of `timelock` or `governor` did not make the other one its own.
    error NotAPair(address timelock, address governor);

    /// @dev Nonce of the second creation: that of a new contract starts at one (EIP-161).
    uint256 private constant GOVERNOR_NONCE = 2;

    /// @param timelockCode Creation code of the time lock.
    /// @param timelockArguments ABI encoding of its constructor's arguments after the first, which is the admin.
    /// @param governorCode Creation code of the governor.
    /// @param governorArguments ABI encoding of its constructor's arguments after the first, which is the time lock.
    /// @dev Only arguments without dynamic parts can be appended like this. Reverts with CreationFailed, NotAPair, or
    /// the reason of a constructor.
    constructor(
        bytes memory timelockCode,
        bytes memory timelockArguments,
        bytes memory governorCode,
        bytes memory governorArguments
    ) {
        address admin = LibRLP.computeAddress(address(this), GOVERNOR_NONCE);
        address timelock = _create(bytes.concat(timelockCode, abi.encode(admin), timelockArguments));
        address governor = _create(bytes.concat(governorCode, abi.encode(timelock), governorArguments));
        // What was created may be any code, so it is asked.
        bool paired = ICompoundTimelock(timelock).admin() == governor
            && IBraintrustGovernor(governor).timelock() == timelock;
        if (!paired) revert NotAPair(timelock, governor);
    }

    /// @dev Creates a contract by its creation code and arguments.
    function _create(bytes memory code) private returns (address created) {
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        if (created == address(0)) {
            if (LowLevelCall.returnDataSize() == 0) revert CreationFailed();
            LowLevelCall.bubbleRevert();
        }
    }
}
