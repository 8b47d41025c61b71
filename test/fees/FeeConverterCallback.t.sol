// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeConverter} from "../../contracts/fees/FeeConverter.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {IUniswapV3Pool, IUniswapV3SwapCallback} from "../../contracts/interfaces/IUniswapV3Pool.sol";
import {BtrstStandIn} from "./BtrstStandIn.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title Somebody who passes on a call of the pool
contract Accomplice {
    function forward(address target, bytes calldata call)
        external
        returns (bool success, bytes memory result)
    {
        return target.call(call);
    }
}

/// @title A pool that reads like the real one and does in a swap what a test tells it to
/// @dev It is its own factory, so a converter accepts it, and its own treasury, so it may try to sweep.
contract HostilePool {
    IUniswapV3Pool private immutable _model;
    Accomplice public immutable accomplice = new Accomplice();
    bytes[] private _calls;
    uint256 private _output;
    bool private _throughAccomplice;

    constructor(IUniswapV3Pool model) {
        _model = model;
    }

    /// @notice In a swap, hand out `output` BTRST and then make `calls` to the converter.
    function plan(uint256 output, bytes[] memory calls) external {
        _output = output;
        _calls = calls;
    }

    /// @notice Lets the accomplice make the calls instead.
    function hide() external {
        _throughAccomplice = true;
    }

    function factory() external view returns (address) {
        return address(this);
    }

    function getPool(address, address, uint24) external view returns (address) {
        return address(this);
    }

    function swap(address recipient, bool, int256, uint160, bytes calldata)
        external
        returns (int256, int256)
    {
        BtrstStandIn(FeeConverter(msg.sender).BTRST()).mint(recipient, _output);
        for (uint256 i = 0; i < _calls.length; i++) {
            (bool success, bytes memory result) =
                _throughAccomplice ? accomplice.forward(msg.sender, _calls[i]) : msg.sender.call(_calls[i]);
            if (!success) {
                assembly ("memory-safe") {
                    revert(add(result, 32), mload(result))
                }
            }
        }
        return (type(int256).max, type(int256).min);
    }

    /// @dev Everything else is answered by the real pool.
    fallback(bytes calldata input) external returns (bytes memory) {
        (bool success, bytes memory result) = address(_model).staticcall(input);
        require(success, "model reverted");
        return result;
    }
}

/// @title Payments: who can claim USDC, when and how much
abstract contract FeeConverterCallbackTest is FeeConverterFixture {
    uint256 private constant LOT = 1000e6;

    HostilePool private hostile;

    function setUp() public override {
        super.setUp();
        hostile = new HostilePool(pool);
        treasury = address(hostile);
        converter = _converter(IUniswapV3Pool(address(hostile)), _defaults());
        usdc.mint(address(converter), 5000e6);
    }

    /// @dev The pool's claim of `usdcOwed` and `btrstOwed`.
    function _claim(int256 usdcOwed, int256 btrstOwed) private view returns (bytes memory) {
        (int256 amount0, int256 amount1) = usdcIsToken0() ? (usdcOwed, btrstOwed) : (btrstOwed, usdcOwed);
        return abi.encodeCall(IUniswapV3SwapCallback.uniswapV3SwapCallback, (amount0, amount1, ""));
    }

    function _unexpected(int256 usdcOwed, int256 btrstOwed) private view returns (bytes memory) {
        (int256 amount0, int256 amount1) = usdcIsToken0() ? (usdcOwed, btrstOwed) : (btrstOwed, usdcOwed);
        return abi.encodeWithSelector(IFeeConverter.UnexpectedPayment.selector, amount0, amount1);
    }

    function _plan(uint256 output, bytes memory first, bytes memory second) private {
        bytes[] memory calls = new bytes[](second.length > 0 ? 2 : 1);
        calls[0] = first;
        if (second.length > 0) calls[1] = second;
        hostile.plan(output, calls);
    }

    function _assertConvertFails(bytes memory reason) private {
        vm.expectRevert(reason);
        converter.convert(LOT, 0, block.timestamp);
        assertEq(usdc.balanceOf(address(converter)), 5000e6);
        assertEq(converter.totalUsdcIn(), 0);
    }

    function test_RevertWhen_callback_calledByAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, anyone));
        vm.prank(anyone);
        converter.uniswapV3SwapCallback(1, 1, "");
    }

    function test_RevertWhen_callback_outsideOfAConversion() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, address(hostile)));
        vm.prank(address(hostile));
        converter.uniswapV3SwapCallback(1, 1, "");
    }

    function test_RevertWhen_callback_outsideOfAConversionInTheSameTransaction() public {
        _plan(1e24, _claim(int256(LOT), -1e24), "");
        converter.convert(LOT, 0, block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, address(hostile)));
        vm.prank(address(hostile));
        converter.uniswapV3SwapCallback(1, 1, "");
    }

    function test_RevertWhen_callback_calledByAnotherInTheMiddleOfAConversion() public {
        _plan(1e24, _claim(1, -1), "");
        hostile.hide();
        _assertConvertFails(
            abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, address(hostile.accomplice()))
        );
    }

    function test_convert_countsBalancesAndNotWhatThePoolReports() public {
        _plan(1e24, _claim(600e6, -1e24), "");
        (uint256 usdcIn, uint256 btrstOut) = converter.convert(LOT, 0, block.timestamp);
        assertEq(usdcIn, 600e6);
        assertEq(btrstOut, 1e24);
        assertEq(usdc.balanceOf(address(hostile)), 600e6);
    }

    function test_RevertWhen_callback_claimsMoreThanTheInput() public {
        _plan(1e24, _claim(int256(LOT) + 1, -1e24), "");
        _assertConvertFails(_unexpected(int256(LOT) + 1, -1e24));
    }

    function test_RevertWhen_callback_claimsTwice() public {
        _plan(1e24, _claim(1, -1), _claim(1, -1));
        _assertConvertFails(
            abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, address(hostile))
        );
    }

    function test_RevertWhen_callback_claimsBtrst() public {
        _plan(1e24, _claim(1, 1), "");
        _assertConvertFails(_unexpected(1, 1));
        _plan(1e24, _claim(-1, 1), "");
        _assertConvertFails(_unexpected(-1, 1));
    }

    function test_RevertWhen_callback_claimsNegativeUsdc() public {
        _plan(1e24, _claim(type(int256).min, -1), "");
        _assertConvertFails(_unexpected(type(int256).min, -1));
    }

    function test_RevertWhen_convert_poolTakesNothing() public {
        _plan(1e24, _claim(0, 0), "");
        _assertConvertFails(abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
        hostile.plan(1e24, new bytes[](0));
        _assertConvertFails(abi.encodeWithSelector(IFeeConverter.NothingToConvert.selector));
    }

    function test_RevertWhen_convert_poolGivesLessThanTheFloor() public {
        uint256 floor = converter.quoteFloor(LOT);
        _plan(floor - 1, _claim(int256(LOT), -1e24), "");
        _assertConvertFails(
            abi.encodeWithSelector(IFeeConverter.InsufficientOutput.selector, floor - 1, floor)
        );
        _plan(floor, _claim(int256(LOT), -1e24), "");
        converter.convert(LOT, floor, block.timestamp);
    }

    function test_RevertWhen_reentered() public {
        bytes[5] memory calls = [
            abi.encodeCall(IFeeConverter.convert, (1, 0, block.timestamp)),
            abi.encodeCall(IFeeConverter.swapExactInputSingle, (1, 0, block.timestamp)),
            abi.encodeCall(IFeeConverter.deposit, (1, bytes32(0))),
            abi.encodeCall(IFeeConverter.depositWithPermit, (1, bytes32(0), block.timestamp, 27, 0, 0)),
            abi.encodeCall(IFeeConverter.sweep, (address(usdc)))
        ];
        bytes memory reason =
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        for (uint256 i = 0; i < calls.length; i++) {
            _plan(1e24, calls[i], "");
            _assertConvertFails(reason);
            // Nor after the payment.
            _plan(1e24, _claim(1, -1), calls[i]);
            _assertConvertFails(reason);
        }
    }
}

contract FeeConverterCallbackUsdcToken0Test is FeeConverterCallbackTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return true;
    }
}

contract FeeConverterCallbackUsdcToken1Test is FeeConverterCallbackTest {
    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }
}
