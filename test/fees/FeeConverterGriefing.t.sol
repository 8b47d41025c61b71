// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {Market, MarketFixture, Shape} from "./MarketFixture.sol";
import {ReferencePrice} from "./ReferencePrice.sol";

/// @title Holding up a conversion by a purchase in its block: what it costs, and that it lasts for that block only
contract FeeConverterGriefingTest is MarketFixture {
    /// @dev In USDC, of which 500 move the deepest of the pools by a tick.
    uint256 private constant DUST = 0.01e6;

    /// @dev The lines of the table in docs/sandwich.md, in both token orders.
    function fixtureMarket() public pure returns (Market[] memory markets) {
        markets = new Market[](6);
        for (uint256 i = 0; i < 2; i++) {
            bool usdcIsToken0 = i == 0;
            markets[3 * i] = Market(usdcIsToken0, 10_000, Shape.Full, 250_000e6, 0);
            markets[3 * i + 1] = Market(usdcIsToken0, 3000, Shape.Full, 1_000_000e6, 0);
            markets[3 * i + 2] = Market(usdcIsToken0, 500, Shape.Full, 10_000_000e6, 0);
        }
    }

    /// @dev What the adversary lost, in USDC (6 decimals) at the undisturbed price.
    function _lost(uint256 usdcBefore) private view returns (uint256) {
        uint256 sold = WEALTH - btrst.balanceOf(address(adversary));
        return
            usdcBefore - usdc.balanceOf(address(adversary))
                + ReferencePrice.worth(fair, sold, !usdcIsToken0());
    }

    function _assertPriceRose() private {
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.PriceRose.selector, _cheaper(fair, -1), fair));
        converter.convert(type(uint256).max, 0, block.timestamp);
    }

    function table_convert_isHeldUpForABlockByAPushOfATick(Market memory market) public {
        _arrange(market, _defaults());
        _deposit(100_000e6);
        uint256 state = vm.snapshotState();
        (uint256 expected,) = _convertAll();
        vm.revertToState(state);
        uint256 next = converter.nextConversionTime();
        uint256 before = usdc.balanceOf(address(adversary));

        adversary.pushTo(_cheaper(fair, -1));
        _assertPriceRose();
        assertEq(converter.nextConversionTime(), next, "no wait for what did not happen");
        state = vm.snapshotState();

        // Back in the same block, the push has cost the fee on both trades.
        adversary.pushTo(fair);
        uint256[3] memory lost = [uint256(0.25e6), 0.3e6, 0.5e6];
        uint256 line = market.fee == 10_000 ? 0 : market.fee == 3000 ? 1 : 2;
        assertApproxEqRel(_lost(before), lost[line], 0.02e18, "as in docs/sandwich.md");
        skip(12);
        (uint256 usdcIn,) = _convertAll();
        assertApproxEqRel(usdcIn, expected, 0.001e18, "as much in the next block");
        vm.revertToState(state);

        // Left there, it is the price that the next block begins with, a tick nearer to the floor price.
        skip(12);
        (usdcIn,) = _convertAll();
        assertApproxEqRel(usdcIn, expected, 0.02e18, "a tick less in the next block");
    }

    /// @dev Where the price is at the end of its tick, next to nothing moves it into the next.
    function test_RevertWhen_convert_dustCrossesATick() public {
        _arrange(fixtureMarket()[2], _defaults());
        _deposit(100_000e6);
        adversary.sell(usdcIsToken0(), DUST);
        _assertPriceRose();
        skip(12);
        _convertAll();
    }

    /// @dev Without the trade back, the price is at the start of its tick, and the next block needs a whole tick.
    function test_convert_dustHoldsUpOnlyOnceWithoutTheTradeBack() public {
        _arrange(fixtureMarket()[2], _defaults());
        _deposit(100_000e6);
        adversary.sell(usdcIsToken0(), DUST);
        _assertPriceRose();
        skip(12);
        adversary.sell(usdcIsToken0(), DUST);
        _convertAll();
    }

    /// @dev What dust does, dust undoes: whoever wants the conversion sells as much before it.
    function test_convert_dustTheOtherWayOpensItInTheSameBlock() public {
        _arrange(fixtureMarket()[2], _defaults());
        _deposit(100_000e6);
        adversary.sell(usdcIsToken0(), DUST);
        _assertPriceRose();
        trader.sell(!usdcIsToken0(), ReferencePrice.worth(fair, 2 * DUST, usdcIsToken0()));
        _convertAll();
    }
}
