// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {PoolActor} from "./PoolActor.sol";
import {ReferencePrice} from "./ReferencePrice.sol";

/// @title What a conversion can cost while somebody holds the pool's price too dear, against nobody
/// @dev BTRST is worth its price at the start throughout. `worstLeakPerDay` says what the published cost rests on.
abstract contract FeeConverterLeakTest is FeeConverterFixture {
    PoolActor private attacker;

    function setUp() public override {
        super.setUp();
        _guard(1800, 300, 500, 500);
        usdc.mint(address(converter), 1_000_000e6);
        attacker = new PoolActor(pool);
        usdc.mint(address(attacker), 1e12 * 1e6);
        btrst.mint(address(attacker), 1e12 * 1e18);
    }

    function _guard(uint256 window, uint256 shortWindow, uint16 tolerance, uint24 maxDeviation) private {
        IFeeConverter.Parameters memory guards = _defaults();
        (guards.window, guards.shortWindow) = (uint32(window), uint32(shortWindow));
        (guards.lot, guards.tolerance, guards.maxDeviation) = (250_000e6, tolerance, maxDeviation);
        _set(guards);
    }

    /// @dev Makes BTRST `ticks` dearer than it is worth, for `time` seconds.
    function _hold(int256 ticks, uint256 time) private {
        attacker.pushTo(_cheaper(startTick(), -int24(ticks)));
        skip(time);
    }

    /// @dev What a conversion pays above the worth of BTRST and the pool's fee; zero when it is refused.
    function _cost() private returns (int256 cost, uint256 usdcIn) {
        try converter.convert(type(uint256).max, 0, block.timestamp) returns (uint256 used, uint256 bought) {
            usdcIn = used;
            uint256 worth = ReferencePrice.worth(startTick(), bought, !usdcIsToken0());
            cost = int256(used * (1e6 - FEE) / 1e6) - int256(worth);
        } catch {}
    }

    /// @dev Ticks by which BTRST is dearer than it is worth at the cheapest of the three prices of the floor; zero when
    /// it is not dearer.
    function _lag() private view returns (uint256) {
        (int24 meanTick, int24 shortTick,,) = converter.market();
        int24[3] memory ticks = [meanTick, shortTick, _spotTick()];
        int256 least = type(int256).max;
        for (uint256 i = 0; i < 3; i++) {
            int256 lag = usdcIsToken0() ? startTick() - ticks[i] : ticks[i] - startTick();
            if (lag < least) least = lag;
        }
        return least < 0 ? 0 : uint256(least);
    }

    /// @dev Whatever was done for however long: tolerance, what the cheapest of the three prices lags, and a tick.
    function testFuzz_convert_costsNoMoreThanToleranceAndLag(
        int256 far,
        uint256 first,
        int256 near,
        uint256 second
    ) public {
        _guard(1800, 300, 75, 500);
        first = bound(first, 1, 1800);
        // So far that the mean lags by up to 3000 ticks; then to where the guards are open.
        far = bound(
            far, -500, 3000 * 1800 / int256(first) < 40_000 ? 3000 * 1800 / int256(first) : int256(40_000)
        );
        _hold(far, first);
        near = bound(near, -500, 500);
        _hold(far * int256(first) / 1800 + near, bound(second, 1, 1800));
        uint256 lag = _lag();
        (int256 cost, uint256 usdcIn) = _cost();
        assertLe(cost, int256(usdcIn * (75 + lag + 1) / 10_000));
    }

    /// @dev Of whatever height, to and fro, with whatever windows: what has not lasted longer than `shortWindow` lifts
    /// the mean by no more than maxDeviation.
    function testFuzz_convert_nothingWithinTheShortWindowCostsMoreThanPublished(
        uint256 window,
        uint256 shortWindow,
        int256 far,
        uint256 first,
        int256 near
    ) public {
        window = bound(window, 600, 3600);
        shortWindow = bound(shortWindow, 60, window / 2);
        _guard(window, shortWindow, 20, 100);
        first = bound(first, 1, shortWindow - 1);
        // The mean over the short window may lag up to 250 ticks, where the guards allow 200 at the most.
        int256 most = 250 * int256(shortWindow) / int256(first);
        far = bound(far, 0, most < 40_000 ? most : int256(40_000));
        _hold(far, first);
        _hold(far * int256(first) / int256(window) + bound(near, -100, 100), shortWindow - first);
        (int256 cost, uint256 usdcIn) = _cost();
        assertLe(cost, int256(_publishedLeak(usdcIn)));
    }

    /// @dev The limit of it: a block far beyond, and then longer than `shortWindow` where the guards are open.
    function test_convert_whatLastsLongerCanCostMoreThanPublished() public {
        _guard(1800, 300, 75, 50);
        _hold(13_500, 12);
        _hold(130, 300);
        assertGt(_lag(), 50);
        (int256 cost, uint256 usdcIn) = _cost();
        assertGt(usdcIn, 0);
        assertGt(cost, int256(_publishedLeak(usdcIn)));
    }

    /// @dev One push that the guards accept lifts the mean by maxDeviation no sooner than in half of `window`.
    function testFuzz_convert_onePushForHalfTheWindowCostsNoMoreThanPublished(int256 push, uint256 time)
        public
    {
        _hold(bound(push, 1, 1100), bound(time, 12, 1800 / 2));
        (int256 cost, uint256 usdcIn) = _cost();
        assertLe(cost, int256(_publishedLeak(usdcIn)));
    }

    function test_convert_onePushForLongerCanCostMoreThanPublished() public {
        _hold(1200, 1200);
        (int256 cost, uint256 usdcIn) = _cost();
        assertGt(usdcIn, 0);
        assertGt(cost, int256(_publishedLeak(usdcIn)));
    }
}

contract FeeConverterLeakUsdcToken0Test is FeeConverterLeakTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return true;
    }
}

contract FeeConverterLeakUsdcToken1Test is FeeConverterLeakTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }
}
