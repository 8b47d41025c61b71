// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {Vm} from "forge-std/Vm.sol";

import {FeeConverter} from "../../contracts/fees/FeeConverter.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {IUniswapV3Pool} from "../../contracts/interfaces/IUniswapV3Pool.sol";
import {UsdcStandIn} from "../base/UsdcStandIn.sol";
import {BtrstStandIn} from "../fees/BtrstStandIn.sol";
import {IPoolSetup, PoolActor} from "../fees/PoolActor.sol";
import {ReferencePrice} from "../fees/ReferencePrice.sol";

/// @title Payers, traders, providers, a guardian and a time lock around one converter
/// @notice Whether a guard refuses a conversion is predicted from the pool and from a state that only this contract
/// keeps; what the events say is kept apart from it.
contract FeeConverterHandler is CommonBase, StdAssertions {
    enum Situation {
        Deposited,
        DepositedWhileClosed,
        SentPlainly,
        ConvertedTheBalance,
        ConvertedTheLot,
        ConvertedTheDepth,
        ConvertedWhatTheCallerWants,
        ConvertedPartly,
        ConversionPaused,
        TooSoon,
        DeadlinePassed,
        HistoryTooShort,
        PriceDeviation,
        PriceRose,
        LiquidityTooLow,
        NothingToConvert,
        InsufficientOutput,
        BtrstRose,
        BtrstFell,
        LiquidityAdded,
        LiquidityTaken,
        ObservationsGrown,
        ParametersSet,
        Unpaused,
        Swept,
        PausedByGuardian,
        PausedByTimelock,
        PauseTooSoon,
        Unauthorized
    }

    /// @dev What the converter should be in.
    struct Expected {
        IFeeConverter.Parameters parameters;
        uint256 nextConversion;
        uint256 pausedUntil;
        uint256 guardianPauseEnd;
        uint256 usdc;
        uint256 usdcIn;
        uint256 btrstOut;
        uint256 usdcSwept;
    }

    /// @dev What its events and those of the tokens add up to.
    struct Replayed {
        uint256 usdcIn;
        uint256 btrstOut;
        uint256 deposited;
        uint256 usdcSwept;
        IFeeConverter.Parameters parameters;
    }

    /// @dev What a conversion depends on, computed apart from the converter.
    struct View {
        int256 mean;
        int256 short;
        int256 last;
        int256 spot;
        int256 floor;
        uint256 depth;
        uint256 safe;
        bool tooShort;
    }

    uint256 public constant DELAY = 2 days;

    FeeConverter public immutable CONVERTER;
    IUniswapV3Pool public immutable POOL;
    UsdcStandIn public immutable USDC;
    BtrstStandIn public immutable BTRST;
    Timelock public immutable TREASURY;
    PoolActor public immutable TRADER;

    uint256 public calls;
    mapping(Situation => uint256) public met;

    /// @dev USDC that came to the converter without a deposit.
    uint256 public sentPlainly;

    address private immutable guardian;
    address private immutable payer = vm.addr(0xFEE);
    address private immutable stranger = vm.addr(0xBAD);
    bool private immutable usdcIsToken0;
    int24 private immutable home;
    uint128 private immutable liquidity;
    int24 private immutable lower;

    Expected private expected;
    Replayed private replayed;
    uint256 private entropy;

    /// @dev The one transaction in the time lock's queue.
    bytes private queued;
    uint256 private eta;

    constructor(FeeConverter converter, PoolActor trader, address guardian_, int24 home_, int24 lower_) {
        CONVERTER = converter;
        POOL = IUniswapV3Pool(converter.pool());
        USDC = UsdcStandIn(converter.USDC());
        BTRST = BtrstStandIn(converter.BTRST());
        TREASURY = Timelock(payable(converter.TreasuryAddress()));
        TRADER = trader;
        guardian = guardian_;
        home = home_;
        lower = lower_;
        usdcIsToken0 = converter.USDC() < converter.BTRST();
        liquidity = POOL.liquidity();
        expected.parameters = converter.parameters();
        replayed.parameters = expected.parameters;
        vm.prank(payer);
        USDC.approve(address(converter), type(uint256).max);
    }

    /// @notice One to four operations of anyone.
    function act(uint256 seed) external {
        ++calls;
        entropy = uint256(keccak256(abi.encode(seed, calls)));
        for (uint256 operations = 1 + draw(4); operations > 0; --operations) {
            vm.recordLogs();
            operate(draw(20));
            replay(vm.getRecordedLogs());
            compareViews();
        }
    }

    function expectedState() external view returns (Expected memory) {
        return expected;
    }

    function replayedState() external view returns (Replayed memory) {
        return replayed;
    }

    function operate(uint256 operation) private {
        if (operation < 6) convert();
        else if (operation < 8) deposit();
        else if (operation == 8) send();
        else if (operation < 12) trade();
        else if (operation == 12) provide();
        else if (operation == 13) growObservations();
        else if (operation < 17) advance();
        else if (operation < 19) govern();
        else if (draw(3) > 0) pause();
        else usurp();
    }

    function deposit() private {
        uint256 amount = 1 + draw(draw(3) == 0 ? 60_000e6 : 3000e6);
        USDC.mint(payer, amount);
        bool closed = guardThatRefuses(look(), block.timestamp) != bytes4(0);
        vm.prank(payer);
        CONVERTER.deposit(amount, bytes32(calls));
        expected.usdc += amount;
        ++met[closed ? Situation.DepositedWhileClosed : Situation.Deposited];
    }

    function send() private {
        uint256 amount = 1 + draw(1000e6);
        USDC.mint(address(CONVERTER), amount);
        expected.usdc += amount;
        sentPlainly += amount;
        ++met[Situation.SentPlainly];
    }

    function convert() private {
        View memory seen = look();
        uint256 deadline = draw(12) == 0 ? block.timestamp - 1 : block.timestamp;
        uint256 wanted = draw(3) == 0 ? draw(10_000e6) : type(uint256).max;
        uint256 least = draw(12) == 0 ? type(uint128).max : 0;
        bytes4 refusal = guardThatRefuses(seen, deadline);
        uint256[3] memory before = [
            USDC.balanceOf(address(POOL)),
            BTRST.balanceOf(address(TREASURY)),
            BTRST.balanceOf(address(CONVERTER))
        ];
        uint256 safe = refusal == bytes4(0) ? safeLot(seen) : 0;

        vm.prank(stranger);
        try CONVERTER.convert(wanted, least, deadline) returns (uint256 usdcIn, uint256 btrstOut) {
            assertEq(refusal, bytes4(0), "a guard should have refused");
            assertEq(least, 0, "the caller's floor");
            assertLe(usdcIn, wanted, "what the caller wants");
            assertLe(usdcIn, safe, "the safe lot");
            assertEq(USDC.balanceOf(address(POOL)) - before[0], usdcIn, "USDC to the pool");
            assertEq(BTRST.balanceOf(address(TREASURY)) - before[1], btrstOut, "BTRST to the treasury");
            assertEq(BTRST.balanceOf(address(CONVERTER)), before[2], "no BTRST stays");
            assertGe(btrstOut * (1e15 + 1) / 1e15 + 1, floorOf(seen, usdcIn), "the floor");
            noteConversion(wanted, safe, usdcIn);
            expected.usdc -= usdcIn;
            expected.usdcIn += usdcIn;
            expected.btrstOut += btrstOut;
            uint256 next = block.timestamp + Math.ceilDiv(expected.parameters.hop * usdcIn, safe);
            expected.nextConversion = CONVERTER.nextConversionTime();
            assertApproxEqAbs(expected.nextConversion, next, 1, "the purchase's share of the hop");
        } catch (bytes memory reason) {
            bytes4 selector = bytes4(reason);
            if (refusal != bytes4(0)) assertEq(selector, refusal, "the guard that refuses");
            else if (least == 0) assertNothingOnOffer(seen, reason, Math.min(wanted, expected.usdc), safe);
            note(selector);
        }
    }

    /// @dev No guard refused, and the caller asked for no floor: there is too little to spend, or the pool asks more
    /// than the floor price.
    function assertNothingOnOffer(View memory seen, bytes memory reason, uint256 most, uint256 safe)
        private
        view
    {
        if (Math.min(most, safe) < 10) return;
        if (bytes4(reason) == IFeeConverter.InsufficientOutput.selector) {
            // The pool takes dust up to the floor price, of which its rounding is more than the tolerance.
            (uint256 amountOut, uint256 minimum) = abi.decode(argumentsOf(reason), (uint256, uint256));
            assertLe(
                minimum - amountOut, ReferencePrice.worth(int24(seen.floor), 2, usdcIsToken0), "no rounding"
            );
            return;
        }
        assertEq(bytes4(reason), IFeeConverter.NothingToConvert.selector);
        int256 dearer = usdcIsToken0 ? seen.floor - seen.spot : seen.spot - seen.floor;
        assertGe(
            dearer + 1,
            int256(uint256(expected.parameters.tolerance)) * 99 / 100,
            "the floor price is on offer"
        );
    }

    function noteConversion(uint256 wanted, uint256 safe, uint256 usdcIn) private {
        if (usdcIn == expected.usdc) ++met[Situation.ConvertedTheBalance];
        else if (usdcIn == wanted) ++met[Situation.ConvertedWhatTheCallerWants];
        else if (usdcIn == expected.parameters.lot) ++met[Situation.ConvertedTheLot];
        else if (usdcIn == safe) ++met[Situation.ConvertedTheDepth];
        else ++met[Situation.ConvertedPartly];
    }

    function note(bytes4 selector) private {
        bytes4[9] memory reasons = [
            IFeeConverter.ConversionPaused.selector,
            IFeeConverter.TooSoon.selector,
            IFeeConverter.DeadlinePassed.selector,
            IFeeConverter.HistoryTooShort.selector,
            IFeeConverter.PriceDeviation.selector,
            IFeeConverter.PriceRose.selector,
            IFeeConverter.LiquidityTooLow.selector,
            IFeeConverter.NothingToConvert.selector,
            IFeeConverter.InsufficientOutput.selector
        ];
        uint256 i = 0;
        while (reasons[i] != selector) ++i;
        ++met[Situation(uint256(Situation.ConversionPaused) + i)];
    }

    function trade() private {
        int24 away = int24(int256(draw(draw(8) == 0 ? 600 : 60)));
        int24 tick = draw(2) == 0 ? home + away : home - away;
        (, int24 spot,,,,,) = POOL.slot0();
        // At times so often that the pool's oldest observation is a young one.
        for (uint256 i = draw(6) == 0 ? draw(50) : 0; i > 0; --i) {
            TRADER.pushTo(i % 2 == 0 ? tick + 1 : tick);
            skipTime(12);
        }
        TRADER.pushTo(tick);
        ++met[(tick < spot) == usdcIsToken0 ? Situation.BtrstRose : Situation.BtrstFell];
    }

    /// @dev Takes out most of the liquidity, or puts it back.
    function provide() private {
        uint128 present = POOL.liquidity();
        if (present == liquidity) {
            TRADER.withdraw(lower, -lower, liquidity - liquidity / uint128(2 + draw(100)));
            ++met[Situation.LiquidityTaken];
        } else {
            TRADER.provide(lower, -lower, liquidity - present);
            ++met[Situation.LiquidityAdded];
        }
    }

    function growObservations() private {
        (,,,, uint16 next,,) = POOL.slot0();
        IPoolSetup(address(POOL)).increaseObservationCardinalityNext(next + 1);
        ++met[Situation.ObservationsGrown];
    }

    /// @dev A block, or what a hop, the time lock's delay, or a pause need.
    function advance() private {
        uint256 kind = draw(16);
        if (kind < 8) skipTime(12);
        else if (kind < 15) skipTime(draw(2 hours));
        else skipTime(draw(40 days));
    }

    function skipTime(uint256 time) private {
        vm.warp(vm.getBlockTimestamp() + time);
    }

    /// @dev Queues a decision, or executes the queued one when it is time.
    function govern() private {
        if (eta == 0) {
            queued = decision();
            eta = block.timestamp + DELAY;
            vm.prank(TREASURY.admin());
            TREASURY.queueTransaction(address(CONVERTER), 0, "", queued, eta);
        }
        if (draw(2) == 0) skipTime(DELAY);
        if (block.timestamp < eta) return;
        if (block.timestamp > eta + 14 days) {
            eta = 0;
            return;
        }
        vm.prank(TREASURY.admin());
        TREASURY.executeTransaction(address(CONVERTER), 0, "", queued, eta);
        eta = 0;
        noteDecision(bytes4(queued));
    }

    function decision() private returns (bytes memory) {
        uint256 kind = draw(8);
        if (kind == 0 || block.timestamp < expected.pausedUntil && kind < 5) {
            return abi.encodeCall(CONVERTER.unpause, ());
        }
        if (kind == 1) return abi.encodeCall(CONVERTER.pause, ());
        if (kind < 4) return abi.encodeCall(CONVERTER.sweep, (address(USDC)));
        IFeeConverter.Parameters memory guards = expected.parameters;
        guards.window = uint32(draw(4) == 0 ? 86_400 : 600 + draw(3000));
        guards.shortWindow = uint32(60 + draw(guards.window / 2 - 59));
        guards.tolerance = uint16(draw(draw(3) == 0 ? 30 : 501));
        guards.maxDeviation = uint24(10 + draw(491));
        guards.hop = uint32(300 + draw(8000));
        guards.lot = uint64(draw(3) == 0 ? 1 + draw(1000e6) : 1 + draw(250_000e6));
        guards.minLiquidity = draw(3) == 0 ? liquidity / 2 : 0;
        return abi.encodeCall(CONVERTER.setParameters, (guards));
    }

    function noteDecision(bytes4 selector) private {
        uint256 current = block.timestamp;
        if (selector == CONVERTER.setParameters.selector) {
            expected.parameters = abi.decode(argumentsOf(queued), (IFeeConverter.Parameters));
            uint256 latest = current + expected.parameters.hop;
            if (expected.nextConversion > latest) expected.nextConversion = latest;
            ++met[Situation.ParametersSet];
        } else if (selector == CONVERTER.unpause.selector) {
            if (expected.pausedUntil > current) expected.pausedUntil = current;
            if (expected.guardianPauseEnd > current) expected.guardianPauseEnd = current;
            ++met[Situation.Unpaused];
        } else if (selector == CONVERTER.pause.selector) {
            expected.pausedUntil = current + 30 days;
            ++met[Situation.PausedByTimelock];
        } else {
            expected.usdcSwept += expected.usdc;
            expected.usdc = 0;
            ++met[Situation.Swept];
        }
    }

    function pause() private {
        uint256 until = block.timestamp + 30 days;
        bool allowed =
            expected.guardianPauseEnd == 0 || block.timestamp >= expected.guardianPauseEnd + 30 days;
        // Rarely, so that the converter is open most of the time.
        if (allowed && draw(4) > 0) return;
        if (!allowed) {
            refuse(
                guardian,
                abi.encodeCall(CONVERTER.pause, ()),
                abi.encodeWithSelector(
                    IFeeConverter.PauseTooSoon.selector, expected.guardianPauseEnd + 30 days
                )
            );
            ++met[Situation.PauseTooSoon];
            return;
        }
        vm.prank(guardian);
        CONVERTER.pause();
        (expected.pausedUntil, expected.guardianPauseEnd) = (until, until);
        ++met[Situation.PausedByGuardian];
    }

    /// @dev Everything that only the treasury may do, by the others.
    function usurp() private {
        address[3] memory callers = [guardian, stranger, address(TRADER)];
        address caller = callers[draw(3)];
        bytes[4] memory attempts = [
            abi.encodeCall(CONVERTER.sweep, (address(USDC))),
            abi.encodeCall(CONVERTER.setParameters, (expected.parameters)),
            abi.encodeCall(CONVERTER.setGuardian, (caller)),
            abi.encodeCall(CONVERTER.unpause, ())
        ];
        refuse(caller, attempts[draw(4)], abi.encodeWithSelector(IFeeConverter.NotTreasury.selector, caller));
        if (caller != guardian) {
            refuse(
                caller,
                abi.encodeCall(CONVERTER.pause, ()),
                abi.encodeWithSelector(IFeeConverter.NotGuardian.selector, caller)
            );
        }
        refuse(
            address(POOL),
            abi.encodeCall(CONVERTER.uniswapV3SwapCallback, (int256(1), int256(1), "")),
            abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, address(POOL))
        );
        ++met[Situation.Unauthorized];
    }

    function refuse(address caller, bytes memory data, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(CONVERTER).call(data);
        assertFalse(success);
        assertEq(result, reason);
    }

    /// @dev The error of the first guard that refuses a conversion now, or zero.
    function guardThatRefuses(View memory seen, uint256 deadline) private view returns (bytes4) {
        IFeeConverter.Parameters memory guards = expected.parameters;
        if (block.timestamp < expected.pausedUntil) return IFeeConverter.ConversionPaused.selector;
        if (block.timestamp < expected.nextConversion) return IFeeConverter.TooSoon.selector;
        if (block.timestamp > deadline) return IFeeConverter.DeadlinePassed.selector;
        if (seen.tooShort) return IFeeConverter.HistoryTooShort.selector;
        int256 most = int256(uint256(guards.maxDeviation));
        if (
            distance(seen.spot, seen.mean) > most || distance(seen.short, seen.mean) > most
                || distance(seen.last, seen.mean) > most
        ) return IFeeConverter.PriceDeviation.selector;
        if (usdcIsToken0 ? seen.spot < seen.last : seen.spot > seen.last) {
            return IFeeConverter.PriceRose.selector;
        }
        if (seen.depth < guards.minLiquidity) return IFeeConverter.LiquidityTooLow.selector;
        return bytes4(0);
    }

    /// @dev What the pool shows to a reader of its own.
    function look() private view returns (View memory seen) {
        IFeeConverter.Parameters memory guards = expected.parameters;
        (uint160 sqrtPrice, int24 spot,,,,,) = POOL.slot0();
        seen.spot = spot;
        uint32[] memory agos = new uint32[](1);
        agos[0] = guards.window;
        try POOL.observe(agos) returns (int56[] memory, uint160[] memory) {}
        catch {
            seen.tooShort = true;
            return seen;
        }
        uint256 mean;
        (seen.mean, mean) = meansOver(guards.window);
        (seen.short,) = meansOver(guards.shortWindow);
        (seen.last, seen.depth) = meansOver(1);
        seen.depth = Math.min(Math.min(seen.depth, mean), POOL.liquidity());
        seen.floor = usdcIsToken0
            ? max(seen.mean, max(seen.short, seen.last))
            : -max(-seen.mean, max(-seen.short, -seen.last));
        seen.safe = usdcIsToken0
            ? Math.mulDiv(seen.depth, 1 << 96, sqrtPrice)
            : Math.mulDiv(seen.depth, sqrtPrice, 1 << 96);
        seen.safe = seen.safe * POOL.fee() / 2e6;
    }

    /// @dev Means of tick, rounded down, and of liquidity over the last `time` seconds.
    function meansOver(uint32 time) private view returns (int256 tick, uint256 depth) {
        uint32[] memory agos = new uint32[](2);
        agos[0] = time;
        (int56[] memory ticks, uint160[] memory depths) = POOL.observe(agos);
        int256 sum = int256(ticks[1]) - ticks[0];
        int256 period = int256(uint256(time));
        tick = sum >= 0 ? sum / period : -((-sum + period - 1) / period);
        depth = (uint256(time) << 128) / (depths[1] - depths[0]);
    }

    /// @dev Lot and floor, whether a conversion is possible or not.
    function compareViews() private view {
        View memory seen = look();
        if (seen.tooShort) return;
        safeLot(seen);
        uint256 floor = floorOf(seen, 1e12);
        assertApproxEqAbs(CONVERTER.quoteFloor(1e12), floor, floor / 1e15 + 1, "floor");
    }

    /// @dev The converter's answer, held against this contract's.
    function safeLot(View memory seen) private view returns (uint256 safe) {
        safe = Math.min(seen.safe, expected.parameters.lot);
        (uint256 answer, IFeeConverter.LotLimit limit) = CONVERTER.lotLimit();
        assertApproxEqAbs(answer, Math.min(safe, expected.usdc), 1, "allowed lot");
        if (answer != expected.usdc) {
            assertEq(
                uint8(limit),
                uint8(
                    answer == expected.parameters.lot
                        ? IFeeConverter.LotLimit.Lot
                        : IFeeConverter.LotLimit.Depth
                ),
                "what decides the lot"
            );
            return answer;
        }
        assertEq(uint8(limit), uint8(IFeeConverter.LotLimit.Balance));
    }

    /// @dev Least BTRST for `usdcIn`, from repeated multiplication.
    function floorOf(View memory seen, uint256 usdcIn) private view returns (uint256) {
        uint256 worth = ReferencePrice.worth(int24(seen.floor), usdcIn, usdcIsToken0);
        return worth * (1e6 - POOL.fee()) * (10_000 - expected.parameters.tolerance) / 1e10;
    }

    /// @dev Knows nothing but the events.
    function replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(CONVERTER)) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == IFeeConverter.Deposited.selector) {
                replayed.deposited += abi.decode(logs[i].data, (uint256));
            } else if (topic == IFeeConverter.Converted.selector) {
                (uint256 usdcIn, uint256 btrstOut,,) =
                    abi.decode(logs[i].data, (uint256, uint256, uint256, int24));
                replayed.usdcIn += usdcIn;
                replayed.btrstOut += btrstOut;
            } else if (topic == IFeeConverter.Swept.selector) {
                replayed.usdcSwept += abi.decode(logs[i].data, (uint256));
            } else if (topic == IFeeConverter.ParametersSet.selector) {
                replayed.parameters = abi.decode(logs[i].data, (IFeeConverter.Parameters));
            }
        }
    }

    function argumentsOf(bytes memory call) private pure returns (bytes memory arguments) {
        arguments = new bytes(call.length - 4);
        for (uint256 i = 0; i < arguments.length; ++i) {
            arguments[i] = call[i + 4];
        }
    }

    /// @dev An even draw below `bound`.
    function draw(uint256 bound) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % bound;
    }

    function distance(int256 one, int256 other) private pure returns (int256) {
        return one > other ? one - other : other - one;
    }

    function max(int256 one, int256 other) private pure returns (int256) {
        return one > other ? one : other;
    }
}
