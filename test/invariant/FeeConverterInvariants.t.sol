// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {Market, MarketFixture, Shape} from "../fees/MarketFixture.sol";
import {FeeConverterHandler} from "./FeeConverterHandler.sol";

/// @title FeeConverter after any sequence of deposits, conversions, trades, decisions and attempts, on a real pool
abstract contract FeeConverterInvariantsTest is MarketFixture {
    /// @dev Calls of the walk that meets every situation.
    uint256 private constant WALK = 400;

    FeeConverterHandler private handler;

    function ofMarket() internal pure virtual returns (Market memory);

    /// @dev So few that an hour of trading overwrites the history.
    function _observations() internal pure override returns (uint16) {
        return 20;
    }

    function setUp() public override {
        super.setUp();
        treasury = address(new Timelock(address(this), 2 days));
        _arrange(ofMarket(), _defaults());
        (int24 lower,) = _everyTick();
        handler = new FeeConverterHandler(converter, trader, guardian, fair, lower);
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = handler.act.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// [37-41, 46, 47] All in one, so that every run is held against every property. The handler checks each
    /// conversion, and each refusal, when it happens.
    /// forge-config: default.invariant.shrink-run-limit = 64
    function invariant_converterEqualsItsModel() public view {
        FeeConverterHandler.Expected memory expected = handler.expectedState();
        assertEq(usdc.balanceOf(address(converter)), expected.usdc, "custody");
        assertEq(usdc.balanceOf(treasury), expected.usdcSwept, "swept");
        assertEq(btrst.balanceOf(treasury), expected.btrstOut, "bought");
        assertEq(btrst.balanceOf(address(converter)), 0, "no BTRST stays");
        assertEq(converter.totalUsdcIn(), expected.usdcIn);
        assertEq(converter.totalBtrstOut(), expected.btrstOut);
        assertEq(converter.nextConversionTime(), expected.nextConversion);
        assertEq(converter.pausedUntil(), expected.pausedUntil);
        assertEq(converter.guardian(), guardian);
        assertEq(abi.encode(converter.parameters()), abi.encode(expected.parameters));
        assertNoAllowances();
        assertEventsReplay(expected);
    }

    /// One run, always the same: the handler meets every situation that it is meant to meet.
    function test_handler_meetsEverySituation() public {
        for (uint256 call = 0; call < WALK; ++call) {
            handler.act(call);
            invariant_converterEqualsItsModel();
        }
        for (uint8 i = 0; i <= uint8(type(FeeConverterHandler.Situation).max); ++i) {
            assertGt(handler.met(FeeConverterHandler.Situation(i)), 0, vm.toString(i));
        }
    }

    function assertNoAllowances() private view {
        address[4] memory spenders = [address(pool), treasury, address(trader), address(handler)];
        for (uint256 i = 0; i < spenders.length; ++i) {
            assertEq(usdc.allowance(address(converter), spenders[i]), 0);
            assertEq(btrst.allowance(address(converter), spenders[i]), 0);
        }
    }

    function assertEventsReplay(FeeConverterHandler.Expected memory expected) private view {
        FeeConverterHandler.Replayed memory replayed = handler.replayedState();
        assertEq(replayed.usdcIn, expected.usdcIn);
        assertEq(replayed.btrstOut, expected.btrstOut);
        assertEq(replayed.usdcSwept, expected.usdcSwept);
        assertEq(abi.encode(replayed.parameters), abi.encode(expected.parameters));
        assertEq(
            replayed.deposited + handler.sentPlainly(),
            expected.usdc + replayed.usdcIn + replayed.usdcSwept,
            "every USDC is accounted for"
        );
    }
}

contract FeeConverterInvariantsUsdcToken0Test is FeeConverterInvariantsTest {
    function ofMarket() internal pure override returns (Market memory) {
        return Market({usdcIsToken0: true, fee: 3000, shape: Shape.Full, depth: DEPTH, owned: 0});
    }
}

contract FeeConverterInvariantsUsdcToken1Test is FeeConverterInvariantsTest {
    function ofMarket() internal pure override returns (Market memory) {
        return Market({usdcIsToken0: false, fee: 10_000, shape: Shape.Full, depth: DEPTH, owned: 0});
    }
}
