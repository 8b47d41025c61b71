// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeConverter} from "../../contracts/fees/FeeConverter.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {IUniswapV3Pool} from "../../contracts/interfaces/IUniswapV3Pool.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {UsdcStandIn} from "../base/UsdcStandIn.sol";
import {BtrstStandIn} from "./BtrstStandIn.sol";
import {IPoolFactory, IPoolSetup, PoolActor} from "./PoolActor.sol";
import {FullMath} from "@uniswap/v4-core/src/libraries/FullMath.sol";
import {TickMath} from "@uniswap/v4-core/src/libraries/TickMath.sol";
import {Test} from "forge-std/Test.sol";

/// @title A converter on a real Uniswap V3 pool of 1%, with an hour of history
/// @dev Concrete suites say on which side USDC is, and every test runs on both.
abstract contract FeeConverterFixture is Test {
    uint24 internal constant FEE = 10_000;
    int24 internal constant TICK_SPACING = 200;
    int24 internal constant MAX_TICK = 887_200;

    /// @dev Virtual reserve of USDC of the pool: deep enough for a whole lot within the tolerance.
    uint256 internal constant DEPTH = 10_000_000e6;

    address internal treasury = makeAddr("treasury");
    address internal guardian = makeAddr("guardian");
    address internal payer = makeAddr("payer");
    address internal anyone = makeAddr("anyone");

    address internal factory;
    UsdcStandIn internal usdc;
    BtrstStandIn internal btrst;
    IUniswapV3Pool internal pool;
    PoolActor internal trader;
    FeeConverter internal converter;

    function usdcIsToken0() internal view virtual returns (bool);

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        factory = Artifacts.deploy(
            "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json", ""
        );
        _useUsdc(new UsdcStandIn());
    }

    /// @dev A pool with a past, a converter and a payer for this USDC.
    function _useUsdc(UsdcStandIn usdc_) internal {
        usdc = usdc_;
        btrst = _btrstFor(address(usdc));
        (pool, trader) = _createPool(address(usdc), FEE);
        _open(pool, startTick(), 300);
        _provide(DEPTH);
        _trade(1 hours);
        converter = _converter(pool, _defaults());
        _fundPayer();
    }

    /// @dev About 0.50 USDC per BTRST.
    function startTick() internal view returns (int24) {
        return usdcIsToken0() ? int24(283_200) : int24(-283_200);
    }

    /// @dev The tick at which BTRST is `ticks` cheaper than at `tick`.
    function _cheaper(int24 tick, int24 ticks) internal view returns (int24) {
        return usdcIsToken0() ? tick + ticks : tick - ticks;
    }

    function _defaults() internal pure returns (IFeeConverter.Parameters memory) {
        return IFeeConverter.Parameters({
            window: 1800,
            shortWindow: 300,
            tolerance: 75,
            maxDeviation: 200,
            hop: 3600,
            lot: 25_000e6,
            minLiquidity: 0
        });
    }

    function _converter(IUniswapV3Pool pool_, IFeeConverter.Parameters memory guards)
        internal
        returns (FeeConverter)
    {
        return new FeeConverter(address(pool_), address(usdc), address(btrst), treasury, guardian, guards);
    }

    /// @dev A token that sorts to the wanted side of `other`.
    function _btrstFor(address other) internal returns (BtrstStandIn) {
        bytes32 codeHash = keccak256(type(BtrstStandIn).creationCode);
        uint256 salt;
        while ((other < vm.computeCreate2Address(bytes32(salt), codeHash, address(this))) != usdcIsToken0()) {
            salt++;
        }
        return new BtrstStandIn{salt: bytes32(salt)}();
    }

    /// @dev A pool of BTRST and `token`, without a price yet, and somebody rich to trade on it.
    function _createPool(address token, uint24 fee)
        internal
        returns (IUniswapV3Pool created, PoolActor actor)
    {
        created = IUniswapV3Pool(IPoolFactory(factory).createPool(token, address(btrst), fee));
        actor = new PoolActor(created);
        UsdcStandIn(token).mint(address(actor), 1e9 * 1e6);
        btrst.mint(address(actor), 1e9 * 1e18);
    }

    /// @dev Gives `opened` its price and room for `cardinality` observations.
    function _open(IUniswapV3Pool opened, int24 tick, uint16 cardinality) internal {
        IPoolSetup(address(opened)).initialize(TickMath.getSqrtPriceAtTick(tick));
        IPoolSetup(address(opened)).increaseObservationCardinalityNext(cardinality);
    }

    /// @dev Liquidity over all prices, with a virtual reserve of `reserve` USDC.
    function _provide(uint256 reserve) internal {
        trader.provide(-MAX_TICK, MAX_TICK, _liquidityOf(reserve));
    }

    function _liquidityOf(uint256 reserve) internal view returns (uint128) {
        uint256 sqrtPrice = TickMath.getSqrtPriceAtTick(startTick());
        return uint128(
            usdcIsToken0()
                ? FullMath.mulDiv(reserve, sqrtPrice, 1 << 96)
                : FullMath.mulDiv(reserve, 1 << 96, sqrtPrice)
        );
    }

    /// @dev Lets `time` pass in which somebody trades a little, to and fro, each minute.
    function _trade(uint256 time) internal {
        for (uint256 i = 0; i < time / 2 minutes; i++) {
            trader.pushTo(startTick() + 1);
            skip(1 minutes);
            trader.pushTo(startTick());
            skip(1 minutes);
        }
    }

    function _fundPayer() internal {
        usdc.mint(payer, 1_000_000e6);
        vm.prank(payer);
        usdc.approve(address(converter), type(uint256).max);
    }

    function _deposit(uint256 amount) internal {
        vm.prank(payer);
        converter.deposit(amount, bytes32(0));
    }

    function _set(IFeeConverter.Parameters memory guards) internal {
        vm.prank(treasury);
        converter.setParameters(guards);
    }

    function _convertAll() internal returns (uint256 usdcIn, uint256 btrstOut) {
        vm.prank(anyone);
        return converter.convert(type(uint256).max, 0, block.timestamp);
    }

    /// @dev The part of the published leak of a day that belongs to `usdcIn` of its lots.
    function _publishedLeak(uint256 usdcIn) internal view returns (uint256) {
        IFeeConverter.Parameters memory guards = converter.parameters();
        return converter.worstLeakPerDay() * guards.hop * usdcIn / (guards.lot * (1 days + guards.hop));
    }

    function _spotTick() internal view returns (int24 tick) {
        (, tick,,,,,) = pool.slot0();
    }
}
