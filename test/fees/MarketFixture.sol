// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {UsdcStandIn} from "../base/UsdcStandIn.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {PoolActor} from "./PoolActor.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";

/// @dev Where the pool's liquidity is. A purchase makes BTRST dearer, so the side that counts is the dearer one.
enum Shape {
    /// Over all prices.
    Full,
    /// Within 12% of the price.
    Concentrated,
    /// 20 ticks ahead a fortieth is left.
    EdgeAhead,
    /// 4 ticks ahead a fortieth is left.
    EdgeNear,
    /// The price has just fallen out of a range that has forty times the liquidity.
    EdgeBehind,
    /// 20 ticks ahead nothing is left.
    Vanishing
}

/// @dev A pool: token order, fee in hundredths of a basis point, shape, virtual reserve of USDC at the price, and the
/// part of it that the adversary provides, in percent.
struct Market {
    bool usdcIsToken0;
    uint24 fee;
    Shape shape;
    uint256 depth;
    uint256 owned;
}

/// @title A converter on any of many pools
/// @dev `_arrange` builds the pool of a row; the table tests of forge start each row from `setUp`.
abstract contract MarketFixture is FeeConverterFixture {
    uint256 internal constant SHAPES = 6;

    /// @dev Divisible by the tick spacing of every fee.
    int24 private constant RANGE = 1200;

    /// @dev BTRST of the adversary, whom money does not limit.
    uint256 internal constant WEALTH = 1e12 * 1e18;

    struct Range {
        int24 lower;
        int24 upper;
        uint128 liquidity;
    }

    Market private _market;
    Range[] private _ranges;
    PoolActor internal adversary;

    /// @dev The tick at which the market left alone trades.
    int24 internal fair;

    function usdcIsToken0() internal view override returns (bool) {
        return _market.usdcIsToken0;
    }

    function setUp() public virtual override {
        vm.warp(1_700_000_000);
        factory = Artifacts.deploy(
            "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json", ""
        );
        usdc = new UsdcStandIn();
    }

    /// @dev Both token orders, each fee and each shape, at one depth.
    function _markets(uint256 depth) internal pure returns (Market[] memory markets) {
        uint24[3] memory fees = [uint24(500), 3000, 10_000];
        markets = new Market[](2 * fees.length * SHAPES);
        for (uint256 i = 0; i < markets.length; i++) {
            markets[i] = Market({
                usdcIsToken0: i % 2 == 0, fee: fees[i / 2 % 3], shape: Shape(i / 6), depth: depth, owned: 0
            });
        }
    }

    /// @dev The pool of `market`, an hour of its history, a converter on it and 1,000,000 USDC for a payer.
    function _arrange(Market memory market, IFeeConverter.Parameters memory guards) internal {
        _market = market;
        btrst = _btrstFor(address(usdc));
        (pool, trader) = _createPool(address(usdc), market.fee);
        adversary = new PoolActor(pool);
        usdc.mint(address(adversary), 1e12 * 1e6);
        btrst.mint(address(adversary), WEALTH);
        _open(pool, startTick(), _observations());
        _provideShape(market);
        int24 home = _cheaper(startTick(), _home(market.shape));
        for (uint256 i = 0; i < 30; i++) {
            trader.pushTo(home + int24(int256(i % 2)));
            skip(2 minutes);
        }
        fair = _cheaper(startTick(), market.shape == Shape.EdgeBehind ? int24(20) : _home(market.shape));
        trader.pushTo(fair);
        skip(12);
        converter = _converter(pool, guards);
        _fundPayer();
    }

    /// @dev Where the price was for the last hour, in ticks cheaper than at the start, which is where every edge is.
    function _home(Shape shape) private pure returns (int24) {
        return shape == Shape.EdgeBehind ? int24(-20) : shape == Shape.EdgeNear ? int24(4) : int24(20);
    }

    function _provideShape(Market memory market) private {
        if (market.shape == Shape.Full) {
            (int24 lower, int24 upper) = _everyTick();
            uint256 owned = market.depth * market.owned / 100;
            if (owned > 0) adversary.provide(lower, upper, _liquidityOf(owned));
            _addEverywhere(market.depth - owned);
        } else if (market.shape == Shape.Concentrated) {
            _add(-RANGE, RANGE, market.depth);
        } else if (market.shape == Shape.EdgeAhead || market.shape == Shape.EdgeNear) {
            _add(0, RANGE, market.depth * 39 / 40);
            _addEverywhere(market.depth / 40);
        } else if (market.shape == Shape.EdgeBehind) {
            _add(-RANGE, 0, market.depth * 39 / 40);
            _addEverywhere(market.depth / 40);
        } else {
            _add(0, RANGE, market.depth);
        }
    }

    /// @dev Liquidity with a virtual reserve of `reserve` USDC, from `from` to `to` ticks cheaper than at the start.
    function _add(int24 from, int24 to, uint256 reserve) private {
        (int24 one, int24 other) = (_cheaper(startTick(), from), _cheaper(startTick(), to));
        (int24 lower, int24 upper) = one < other ? (one, other) : (other, one);
        _ranges.push(Range(lower, upper, _liquidityOf(reserve)));
        trader.provide(lower, upper, _liquidityOf(reserve));
    }

    /// @dev All that `trader` provides.
    function _takeEverythingOut() internal {
        for (uint256 i = 0; i < _ranges.length; i++) {
            trader.withdraw(_ranges[i].lower, _ranges[i].upper, _ranges[i].liquidity);
        }
    }

    function _addEverywhere(uint256 reserve) private {
        (int24 lower, int24 upper) = _everyTick();
        _ranges.push(Range(lower, upper, _liquidityOf(reserve)));
        trader.provide(lower, upper, _liquidityOf(reserve));
    }

    function _everyTick() internal view returns (int24 lower, int24 upper) {
        upper = TickMath.MAX_TICK / _spacing() * _spacing();
        lower = -upper;
    }

    /// @dev Observations that the pool keeps.
    function _observations() internal pure virtual returns (uint16) {
        return 300;
    }

    /// @dev Distance of usable ticks.
    function _spacing() internal view returns (int24) {
        return int24(_market.fee / 50);
    }
}
