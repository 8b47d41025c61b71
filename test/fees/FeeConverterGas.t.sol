// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeConverterFixture} from "./FeeConverterFixture.sol";

/// @title Gas of whole transactions that deposit and convert, on a pool that traded in an earlier block
/// @dev Each call is a transaction of its own, so that slots are cold and the intrinsic gas counts.
/// forge-config: default.isolate = true
contract FeeConverterGasTest is FeeConverterFixture {
    /// @dev As on mainnet.
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }

    function test_gas_deposit() public {
        _deposit(1000e6);
        vm.prank(payer);
        converter.deposit(1000e6, keccak256("invoices"));
        vm.snapshotGasLastCall("FeeConverter", "deposit");
        assertEq(usdc.balanceOf(address(converter)), 2000e6);
    }

    function test_gas_convert() public {
        _deposit(100_000e6);
        vm.prank(anyone);
        converter.convert(type(uint256).max, 0, block.timestamp);
        vm.snapshotGasLastCall("FeeConverter", "convert: first");
        _trade(1 hours);
        vm.prank(anyone);
        converter.convert(type(uint256).max, 0, block.timestamp);
        vm.snapshotGasLastCall("FeeConverter", "convert: later");
        assertEq(converter.totalUsdcIn(), 50_000e6);
    }

    function test_gas_swapExactInputSingle() public {
        _deposit(1000e6);
        vm.prank(payer);
        converter.swapExactInputSingle(1000e6, 0, block.timestamp);
        vm.snapshotGasLastCall("FeeConverter", "swapExactInputSingle: first");
        assertEq(converter.totalUsdcIn(), 1000e6);
    }
}
