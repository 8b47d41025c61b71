// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {Market, Shape} from "./MarketFixture.sol";
import {Move, Outcome, SandwichGame} from "./SandwichGame.sol";

/// @title What an adversary can gain, on every market: the quick part of `make sandwich`
contract FeeConverterGameTest is SandwichGame {
    /// @dev Rounding of a dozen trades, in units of USDC.
    int256 private constant ROUNDING = 20;

    function fixtureMarket() public pure returns (Market[] memory) {
        return _markets(DEPTH);
    }

    /// @dev The best that a search finds, at the default guards but for the lot, which only the depth limits.
    function table_convert_isNotWorthASandwich(Market memory market) public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.lot = 250_000e6;
        _arrange(market, guards);
        _deposit(1_000_000e6);
        // The plan that gains most when the lot is twice what it should be: push through the fee, sell to the purchase
        // from much liquidity, and keep what was bought up to the fee.
        int256 fee = int256(uint256(market.fee)) / 100;
        int256[MOVES] memory plan = [2 * fee < 74 ? 2 * fee : int256(74), 1, 10, 4, 0, 0, 100, fee, 0, 0];
        _assertBounds(market, plan, _try(plan));
        Outcome memory outcome;
        (plan, outcome) = _search(Aim.Spoils, 1, BLOCKS);
        _assertBounds(market, plan, outcome);
        (plan, outcome) = _search(Aim.Spoils, 1, 0);
        _assertBounds(market, plan, outcome);
    }

    /// @dev Any plan, on any market, within the whole range of the guards.
    function testFuzz_convert_isNotWorthASandwich(uint256 seed, uint256[MOVES] memory moves) public {
        (Market memory market, IFeeConverter.Parameters memory guards) = _draw(seed);
        _arrange(market, guards);
        _deposit(1_000_000e6);
        (int256[MOVES] memory least, int256[MOVES] memory most) = _bounds();
        int256[MOVES] memory plan;
        for (uint256 i = 0; i < MOVES; i++) {
            plan[i] = least[i] + int256(moves[i] % uint256(most[i] - least[i] + 1));
        }
        // Half of the plans are over in a block, in which a push beyond the tick is refused.
        if (seed % 2 == 0) {
            plan[uint256(Move.Blocks)] = 0;
            if (plan[uint256(Move.Push)] > 0) plan[uint256(Move.Push)] = 0;
        }
        _assertBounds(market, plan, _try(plan));
    }

    function _draw(uint256 seed)
        private
        pure
        returns (Market memory market, IFeeConverter.Parameters memory guards)
    {
        Market[] memory markets = _markets(DEPTH);
        market = markets[uint256(keccak256(abi.encode(seed, "market"))) % markets.length];
        market.depth = 10 ** (10 + uint256(keccak256(abi.encode(seed, "depth"))) % 5);
        if (market.shape == Shape.Full) {
            market.owned = uint256(keccak256(abi.encode(seed, "owned"))) % 3 * 45;
        }
        guards = _defaults();
        guards.window = uint32(600 + uint256(keccak256(abi.encode(seed, "window"))) % 3001);
        guards.shortWindow =
            uint32(60 + uint256(keccak256(abi.encode(seed, "short"))) % (guards.window / 2 - 59));
        guards.tolerance = uint16(uint256(keccak256(abi.encode(seed, "tolerance"))) % 501);
        guards.maxDeviation = uint24(10 + uint256(keccak256(abi.encode(seed, "deviation"))) % 491);
        guards.lot = uint64(10 ** (uint256(keccak256(abi.encode(seed, "lot"))) % 12));
        guards.hop = uint32(300 + uint256(keccak256(abi.encode(seed, "hop"))) % 604_501);
    }

    function _assertBounds(Market memory market, int256[MOVES] memory plan, Outcome memory outcome)
        private
        view
    {
        int256 spoils = _spoils(outcome);
        int256 usdcIn = int256(outcome.usdcIn);
        if (outcome.lag <= int256(uint256(converter.parameters().maxDeviation))) {
            int256 published = int256(_publishedLeak(outcome.usdcIn));
            assertLe(outcome.cost, published + ROUNDING, "costs more than the published leak");
            assertLe(outcome.profit, published + ROUNDING, "earns more than the published leak");
        }
        bool even = market.shape == Shape.Full || market.shape == Shape.Concentrated;
        bool others = market.owned == 0 && (plan[uint256(Move.Early)] == 0 || plan[uint256(Move.Blocks)] == 0);
        // In one block nothing, whoever provides the depth, but for a tick's rounding; and where the depth is uneven,
        // but for what the others sell within a tick, which can be bought first and sold at up to the floor price.
        if (plan[uint256(Move.Blocks)] == 0) {
            int256 limit = usdcIn / 10_000 + ROUNDING;
            if (!even) limit += _ofATick(market, usdcIn);
            assertLe(spoils, limit, "profit within a block");
        }
        // In several blocks, where the depth is even and others', no more than a provider gains who pushes nothing:
        // the purchase moves the price, and whoever sells at half of the way earns a quarter of the pool fee on it. One
        // that gives up more than half of that can push the price by so much that the treasury loses a ninth.
        if (even && others) {
            int256 fee = usdcIn * int256(uint256(market.fee)) / 1e6;
            assertLe(outcome.profit, fee / 4 + ROUNDING, "profit");
            assertLe(spoils, fee / 9 + ROUNDING, "profit at the treasury's expense");
        }
    }

    /// @dev The tolerance on what the pool sells within a tick, half a basis point of its reserve.
    function _ofATick(Market memory market, int256 usdcIn) private view returns (int256) {
        int256 within = int256(market.depth / 20_000);
        return
            (within < usdcIn ? within : usdcIn) * int256(uint256(converter.parameters().tolerance)) / 10_000;
    }
}
