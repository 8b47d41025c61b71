// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {Market, Shape} from "../fees/MarketFixture.sol";
import {Move, Outcome, SandwichGame} from "../fees/SandwichGame.sol";

/// @title The best attacks that a long search finds, one line for each market and guards
/// @dev Run by `make sandwich` alone: `foundry.toml` leaves this folder out of `forge test`.
contract SandwichTableTest is SandwichGame {
    string private constant FILE = "cache/sandwich.md";
    uint256 private constant ROUNDS = 3;

    /// @dev Every market; then, with USDC as token1, which is mainnet's order: every market thin, and those of which
    /// the adversary owns half.
    function fixtureMarket() public pure returns (Market[] memory markets) {
        Market[] memory deep = _markets(DEPTH);
        uint256 half = deep.length / 2;
        markets = new Market[](deep.length + half + 3);
        for (uint256 i = 0; i < deep.length; i++) {
            markets[i] = deep[i];
            if (i < half) markets[deep.length + i] = _markets(250_000e6)[2 * i + 1];
        }
        for (uint256 i = 0; i < 3; i++) {
            Market memory owned = _markets(DEPTH)[2 * i + 1];
            owned.owned = 50;
            markets[deep.length + half + i] = owned;
        }
    }

    function table_convert_bestAttacks(Market memory market) public {
        IFeeConverter.Parameters memory guards = _defaults();
        _arrange(market, guards);
        _deposit(1_000_000e6);
        _write(market);
        (guards.lot, guards.tolerance, guards.maxDeviation) = (250_000e6, 500, 500);
        _set(guards);
        _write(market);
    }

    function _write(Market memory market) private {
        string memory row = string.concat("|", _market(market));
        // A run that was ended goes on where it was.
        if (vm.contains(vm.readFile(FILE), row)) return;
        row = string.concat(
            row, _attack(Aim.Spoils, 0), _attack(Aim.Spoils, BLOCKS), _attack(Aim.Profit, BLOCKS)
        );
        vm.writeLine(FILE, row);
    }

    function _market(Market memory market) private view returns (string memory row) {
        string[6] memory shapes =
            ["full range", "within 12%", "edge ahead", "edge near", "edge behind", "vanishes ahead"];
        string memory shape = shapes[uint256(market.shape)];
        if (market.owned > 0) shape = string.concat(shape, ", half the adversary's");
        row = string.concat(
            market.usdcIsToken0 ? " token0 | " : " token1 | ",
            _decimal(market.fee, 4),
            "% | ",
            shape,
            " | ",
            _decimal(market.depth, 6)
        );
        row = string.concat(
            row,
            " | ",
            _decimal(converter.allowedLot() / 1e4, 2),
            " | ",
            vm.toString(converter.parameters().tolerance),
            " | "
        );
    }

    /// @dev Profit and what the treasury lost to it, in USDC, and the plan.
    function _attack(Aim aim, int256 blocks) private returns (string memory) {
        (int256[MOVES] memory plan, Outcome memory outcome) = _search(aim, ROUNDS, blocks);
        if (aim == Aim.Spoils && _spoils(outcome) <= 0) return "none | ";
        return string.concat(
            _signed(outcome.profit),
            " of ",
            _decimal(outcome.usdcIn / 1e4, 2),
            "; treasury ",
            _signed(-outcome.loss),
            "; ",
            _plan(plan),
            " | "
        );
    }

    function _plan(int256[MOVES] memory plan) private pure returns (string memory text) {
        text = string.concat("push ", vm.toString(plan[uint256(Move.Push)]));
        if (plan[uint256(Move.Within)] > 0) {
            text = string.concat(text, " and ", vm.toString(plan[uint256(Move.Within)]), "/16");
        }
        text = string.concat(text, ", ", vm.toString(plan[uint256(Move.Blocks)]), " blocks");
        if (plan[uint256(Move.Liquidity)] > 0) {
            text = string.concat(
                text, ", adds ", vm.toString(uint256(1) << uint256(plan[uint256(Move.Liquidity)]))
            );
            text = string.concat(text, "/16 of the depth, ", vm.toString(plan[uint256(Move.Width)]));
            text = string.concat(text, " spacings around ", vm.toString(plan[uint256(Move.Offset)]));
            if (plan[uint256(Move.Early)] == 1) text = string.concat(text, " before the push");
        }
        text = string.concat(text, ", ", vm.toString(plan[uint256(Move.Share)]), "% of the lot");
        text = string.concat(text, ", back to ", vm.toString(plan[uint256(Move.Rest)]));
        if (plan[uint256(Move.Pull)] == 1) text = string.concat(text, ", own liquidity out for the push");
    }

    function _signed(int256 amount) private pure returns (string memory) {
        return
            string.concat(amount < 0 ? "-" : "+", _decimal(uint256(amount < 0 ? -amount : amount) / 1e4, 2));
    }

    /// @dev `amount` of units of which `digits` are behind the point; a whole number without them.
    function _decimal(uint256 amount, uint256 digits) private pure returns (string memory) {
        uint256 one = 10 ** digits;
        string memory whole = vm.toString(amount / one);
        if (amount % one == 0) return whole;
        // The leading 1 keeps the zeros.
        bytes memory fraction = bytes(vm.toString(one + amount % one));
        fraction[0] = ".";
        return string.concat(whole, string(fraction));
    }
}
