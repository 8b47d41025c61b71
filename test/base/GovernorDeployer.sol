// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {Test} from "forge-std/Test.sol";

/// @title Deploys the governor's artifact
/// @notice Its code is compiled apart from the tests (see foundry.toml), so none of them imports it.
abstract contract GovernorDeployer is Test {
    /// Deploys a governor.
    function deployGovernor(
        address timelock_,
        address token_,
        address guardian_,
        uint256 guardianExpiry_,
        IBraintrustGovernor.GovernorParameters memory parameters
    ) internal returns (IBraintrustGovernor deployed) {
        bytes memory code = bytes.concat(
            governorCode(), abi.encode(timelock_, token_, guardian_, guardianExpiry_, parameters)
        );
        // As `new` does: a revert of the constructor passes through.
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
            if iszero(deployed) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }

    /// Creation code of the governor.
    function governorCode() internal view returns (bytes memory) {
        return vm.getCode("BraintrustGovernor.sol:BraintrustGovernor");
    }
}
