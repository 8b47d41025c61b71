// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OracleMath} from "../../contracts/fees/OracleMath.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {PoolActor} from "./PoolActor.sol";

/// @title A purchase between two trades of an attacker, with the guards as wide as they go
abstract contract FeeConverterSandwichTest is FeeConverterFixture {
    PoolActor private attacker;

    function setUp() public override {
        super.setUp();
        IFeeConverter.Parameters memory guards = _defaults();
        (guards.lot, guards.tolerance, guards.maxDeviation) = (250_000e6, 500, 500);
        _set(guards);
        usdc.mint(address(converter), 1_000_000e6);
        attacker = new PoolActor(pool);
        usdc.mint(address(attacker), 1e9 * 1e6);
        btrst.mint(address(attacker), 1e9 * 1e18);
    }

    /// @dev The attacker trades, the converter buys, the attacker trades back to the BTRST it had: its profit is
    /// then all in USDC, and no price is needed to count it.
    function _profit(int24 push) private returns (int256) {
        uint256 usdcBefore = usdc.balanceOf(address(attacker));
        uint256 btrstBefore = btrst.balanceOf(address(attacker));
        (int24 meanTick,,,) = converter.market();

        attacker.pushTo(_cheaper(startTick(), push));
        uint256 allowed = converter.allowedLot();
        (uint256 usdcIn, uint256 btrstOut) = _convertAll();
        assertLe(usdcIn, allowed);
        assertGe(btrstOut, OracleMath.floor(meanTick, usdcIn, FEE, 500, usdcIsToken0()));

        uint256 btrstNow = btrst.balanceOf(address(attacker));
        if (btrstNow > btrstBefore) attacker.sell(!usdcIsToken0(), btrstNow - btrstBefore);
        if (btrstNow < btrstBefore) attacker.buy(usdcIsToken0(), btrstBefore - btrstNow);
        assertEq(btrst.balanceOf(address(attacker)), btrstBefore);
        return int256(usdc.balanceOf(address(attacker))) - int256(usdcBefore);
    }

    function testFuzz_convert_doesNotPayForASandwich(int24 push) public {
        // 490 ticks beyond the mean the floor price is still on offer.
        push = int24(bound(push, -490, 500));
        assertLe(_profit(push), 0);
    }

    function test_allowedLot_isFeeTimesWhatThePoolHolds() public view {
        // All liquidity spans all prices, so the virtual reserve is the real one.
        assertApproxEqRel(converter.allowedLot(), usdc.balanceOf(address(pool)) / 100, 0.0001e18);
    }
}

contract FeeConverterSandwichUsdcToken0Test is FeeConverterSandwichTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return true;
    }
}

contract FeeConverterSandwichUsdcToken1Test is FeeConverterSandwichTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }
}
