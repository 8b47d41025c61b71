// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeConverter} from "../../contracts/fees/FeeConverter.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {IUniswapV3Pool} from "../../contracts/interfaces/IUniswapV3Pool.sol";
import {UsdcStandIn} from "../base/UsdcStandIn.sol";
import {BtrstStandIn} from "./BtrstStandIn.sol";
import {FeeConverterFixture} from "./FeeConverterFixture.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

/// @title USDC of which every transfer destroys 1%
contract FeeTakingUsdc is UsdcStandIn {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// @title USDC that can be paused and refuses accounts, with the reasons that the real one gives
contract RefusingUsdc is UsdcStandIn {
    bool private _paused;
    mapping(address account => bool) private _refused;

    function setPaused(bool paused) external {
        _paused = paused;
    }

    function setRefused(address account, bool refused) external {
        _refused[account] = refused;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!_paused, "Pausable: paused");
        require(!_refused[from] && !_refused[to], "Blacklistable: account is blacklisted");
        super._update(from, to, value);
    }
}

/// @title Custody: construction, deposits, sweeping, pauses and who may do what
contract FeeConverterCustodyTest is FeeConverterFixture {
    bytes32 private constant REF = keccak256("invoices");
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    function usdcIsToken0() internal pure override returns (bool) {
        return false;
    }

    function test_constructor_setsWhatItWasGiven() public {
        IFeeConverter.Parameters memory guards = _defaults();
        vm.expectEmit();
        emit IFeeConverter.ParametersSet(guards);
        vm.expectEmit();
        emit IFeeConverter.GuardianSet(address(0), guardian);
        FeeConverter created = _converter(pool, guards);
        assertEq(created.pool(), address(pool));
        assertEq(created.poolFee(), FEE);
        assertEq(created.USDC(), address(usdc));
        assertEq(created.BTRST(), address(btrst));
        assertEq(created.TreasuryAddress(), treasury);
        assertEq(created.swapRouter(), address(0));
        assertEq(created.guardian(), guardian);
        assertEq(created.pausedUntil(), 0);
        assertEq(created.totalUsdcIn(), 0);
        assertEq(created.totalBtrstOut(), 0);
        assertEq(abi.encode(created.parameters()), abi.encode(guards));
    }

    function test_constructor_acceptsNoGuardian() public {
        FeeConverter created =
            new FeeConverter(address(pool), address(usdc), address(btrst), treasury, address(0), _defaults());
        assertEq(created.guardian(), address(0));
    }

    /// A call, so that its revert can be expected also where forge deploys by a cheatcode, as `make mutate` has it.
    function deploy(
        address pool_,
        address usdc_,
        address btrst_,
        address treasury_,
        IFeeConverter.Parameters memory guards
    ) external returns (FeeConverter) {
        return new FeeConverter(pool_, usdc_, btrst_, treasury_, guardian, guards);
    }

    function test_RevertWhen_constructor_zeroAddress() public {
        address[4] memory given = [address(pool), address(usdc), address(btrst), treasury];
        for (uint256 i = 0; i < 4; i++) {
            address kept = given[i];
            given[i] = address(0);
            vm.expectRevert(IFeeConverter.ZeroAddress.selector);
            this.deploy(given[0], given[1], given[2], given[3], _defaults());
            given[i] = kept;
        }
    }

    function test_RevertWhen_constructor_otherTokens() public {
        BtrstStandIn other = new BtrstStandIn();
        bytes memory reason = abi.encodeWithSelector(IFeeConverter.InvalidPool.selector, address(pool));
        vm.expectRevert(reason);
        this.deploy(address(pool), address(other), address(btrst), treasury, _defaults());
        vm.expectRevert(reason);
        this.deploy(address(pool), address(usdc), address(other), treasury, _defaults());
        vm.expectRevert(reason);
        this.deploy(address(pool), address(usdc), address(usdc), treasury, _defaults());
        vm.expectRevert(reason);
        this.deploy(address(pool), address(btrst), address(btrst), treasury, _defaults());
    }

    function test_RevertWhen_constructor_poolWithoutCode() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.InvalidPool.selector, anyone));
        this.deploy(anyone, address(usdc), address(btrst), treasury, _defaults());
    }

    function test_RevertWhen_constructor_factoryDoesNotKnowThePool() public {
        address impostor = makeAddr("impostor");
        vm.etch(impostor, address(pool).code);
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.InvalidPool.selector, impostor));
        this.deploy(impostor, address(usdc), address(btrst), treasury, _defaults());
    }

    function test_deposit_takesCustody() public {
        vm.expectEmit(address(converter));
        emit IFeeConverter.Deposited(payer, 1000e6, REF);
        vm.prank(payer);
        converter.deposit(1000e6, REF);
        assertEq(usdc.balanceOf(address(converter)), 1000e6);
        assertEq(usdc.balanceOf(payer), 999_000e6);
    }

    function test_RevertWhen_deposit_zero() public {
        vm.expectRevert(IFeeConverter.ZeroAmount.selector);
        vm.prank(payer);
        converter.deposit(0, REF);
        vm.expectRevert(IFeeConverter.ZeroAmount.selector);
        vm.prank(payer);
        converter.swapExactInputSingle(0, 0, block.timestamp);
    }

    function test_RevertWhen_deposit_notApproved() public {
        usdc.mint(anyone, 1e6);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(converter), 0, 1e6
            )
        );
        vm.prank(anyone);
        converter.deposit(1e6, REF);
    }

    function test_RevertWhen_deposit_tokenTakesAFee() public {
        usdc = new FeeTakingUsdc();
        btrst = _btrstFor(address(usdc));
        (pool,) = _createPool(address(usdc), FEE);
        converter = _converter(pool, _defaults());
        _fundPayer();
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.InexactTransfer.selector, 990e6, 1000e6));
        vm.prank(payer);
        converter.deposit(1000e6, REF);
    }

    /// @dev A pool, a converter and a deposit of 1,000 USDC, of a USDC that may refuse.
    function _useRefusingUsdc() private returns (RefusingUsdc refusing) {
        refusing = new RefusingUsdc();
        _useUsdc(refusing);
        _deposit(1000e6);
    }

    /// @dev Deposit, conversion and sweep fail with USDC's `reason`, and nothing has changed.
    function _assertRefused(bytes memory reason, bool deposits) private {
        if (!deposits) {
            vm.expectRevert(reason);
            vm.prank(payer);
            converter.deposit(1e6, REF);
        }
        vm.expectRevert(reason);
        converter.convert(type(uint256).max, 0, block.timestamp);
        assertEq(usdc.balanceOf(address(converter)), 1000e6);
        assertEq(converter.nextConversionTime(), 0);
        assertEq(converter.totalUsdcIn(), 0);
        assertEq(btrst.balanceOf(treasury), 0);
    }

    function test_RevertWhen_usdcIsPaused() public {
        RefusingUsdc refusing = _useRefusingUsdc();
        bytes memory reason = abi.encodeWithSignature("Error(string)", "Pausable: paused");
        refusing.setPaused(true);
        _assertRefused(reason, false);
        vm.expectRevert(reason);
        vm.prank(treasury);
        converter.sweep(address(usdc));

        refusing.setPaused(false);
        (uint256 usdcIn,) = _convertAll();
        assertEq(usdcIn, 1000e6);
    }

    function test_RevertWhen_usdcRefusesTheConverter() public {
        RefusingUsdc refusing = _useRefusingUsdc();
        bytes memory reason =
            abi.encodeWithSignature("Error(string)", "Blacklistable: account is blacklisted");
        refusing.setRefused(address(converter), true);
        _assertRefused(reason, false);
        vm.expectRevert(reason);
        vm.prank(treasury);
        converter.sweep(address(usdc));

        refusing.setRefused(address(converter), false);
        _deposit(1e6);
        vm.prank(treasury);
        converter.sweep(address(usdc));
        assertEq(usdc.balanceOf(treasury), 1001e6);
    }

    function test_RevertWhen_usdcRefusesThePool() public {
        RefusingUsdc refusing = _useRefusingUsdc();
        refusing.setRefused(address(pool), true);
        _assertRefused(
            abi.encodeWithSignature("Error(string)", "Blacklistable: account is blacklisted"), true
        );
        // What is in custody is not lost with the pool.
        vm.prank(treasury);
        converter.sweep(address(usdc));
        assertEq(usdc.balanceOf(treasury), 1000e6);
    }

    function test_RevertWhen_usdcRefusesThePayer() public {
        RefusingUsdc refusing = _useRefusingUsdc();
        refusing.setRefused(payer, true);
        vm.expectRevert("Blacklistable: account is blacklisted");
        vm.prank(payer);
        converter.deposit(1e6, REF);
        _convertAll();
    }

    function _signedPermit(uint256 key, uint256 amount, uint256 deadline)
        private
        view
        returns (uint8 v, bytes32 r, bytes32 s)
    {
        address owner = vm.addr(key);
        bytes32 permit = keccak256(
            abi.encode(PERMIT_TYPEHASH, owner, address(converter), amount, usdc.nonces(owner), deadline)
        );
        return vm.sign(key, keccak256(abi.encodePacked("\x19\x01", usdc.DOMAIN_SEPARATOR(), permit)));
    }

    function test_depositWithPermit_needsNoApproval() public {
        address owner = vm.addr(7);
        usdc.mint(owner, 50e6);
        (uint8 v, bytes32 r, bytes32 s) = _signedPermit(7, 50e6, block.timestamp);
        vm.expectEmit(address(converter));
        emit IFeeConverter.Deposited(owner, 50e6, REF);
        vm.prank(owner);
        converter.depositWithPermit(50e6, REF, block.timestamp, v, r, s);
        assertEq(usdc.balanceOf(address(converter)), 50e6);
        assertEq(usdc.allowance(owner, address(converter)), 0);
    }

    function test_depositWithPermit_survivesThatThePermitIsSubmittedFirst() public {
        address owner = vm.addr(7);
        usdc.mint(owner, 50e6);
        (uint8 v, bytes32 r, bytes32 s) = _signedPermit(7, 50e6, block.timestamp);
        vm.prank(anyone);
        usdc.permit(owner, address(converter), 50e6, block.timestamp, v, r, s);
        vm.prank(owner);
        converter.depositWithPermit(50e6, REF, block.timestamp, v, r, s);
        assertEq(usdc.balanceOf(address(converter)), 50e6);
    }

    function test_RevertWhen_depositWithPermit_ofSomebodyElse() public {
        usdc.mint(vm.addr(7), 50e6);
        (uint8 v, bytes32 r, bytes32 s) = _signedPermit(7, 50e6, block.timestamp);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(converter), 0, 50e6
            )
        );
        vm.prank(anyone);
        converter.depositWithPermit(50e6, REF, block.timestamp, v, r, s);
    }

    function test_RevertWhen_depositWithPermit_zero() public {
        (uint8 v, bytes32 r, bytes32 s) = _signedPermit(7, 0, block.timestamp);
        vm.expectRevert(IFeeConverter.ZeroAmount.selector);
        vm.prank(vm.addr(7));
        converter.depositWithPermit(0, REF, block.timestamp, v, r, s);
    }

    function test_sweep_sendsAllToTheTreasury() public {
        UsdcStandIn stray = new UsdcStandIn();
        stray.mint(address(converter), 3);
        btrst.mint(address(converter), 2e18);
        _deposit(1000e6);
        address[3] memory tokens = [address(usdc), address(btrst), address(stray)];
        uint256[3] memory amounts = [uint256(1000e6), 2e18, 3];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectEmit(address(converter));
            emit IFeeConverter.Swept(tokens[i], amounts[i]);
            vm.prank(treasury);
            converter.sweep(tokens[i]);
            assertEq(UsdcStandIn(tokens[i]).balanceOf(treasury), amounts[i]);
            assertEq(UsdcStandIn(tokens[i]).balanceOf(address(converter)), 0);
        }
    }

    function test_convert_leavesStrayBtrstAlone() public {
        btrst.mint(address(converter), 2e18);
        _deposit(1000e6);
        (, uint256 btrstOut) = _convertAll();
        assertEq(btrst.balanceOf(address(converter)), 2e18);
        assertEq(btrst.balanceOf(treasury), btrstOut);
    }

    function test_RevertWhen_notTreasury() public {
        address[2] memory callers = [anyone, guardian];
        for (uint256 i = 0; i < 2; i++) {
            bytes memory reason = abi.encodeWithSelector(IFeeConverter.NotTreasury.selector, callers[i]);
            vm.startPrank(callers[i]);
            vm.expectRevert(reason);
            converter.sweep(address(usdc));
            vm.expectRevert(reason);
            converter.setParameters(_defaults());
            vm.expectRevert(reason);
            converter.setGuardian(callers[i]);
            vm.expectRevert(reason);
            converter.unpause();
            vm.stopPrank();
        }
    }

    function test_setGuardian_replacesTheGuardian() public {
        vm.expectEmit(address(converter));
        emit IFeeConverter.GuardianSet(guardian, anyone);
        vm.prank(treasury);
        converter.setGuardian(anyone);
        assertEq(converter.guardian(), anyone);

        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.NotGuardian.selector, guardian));
        vm.prank(guardian);
        converter.pause();
        vm.prank(anyone);
        converter.pause();
    }

    function test_setGuardian_toNone() public {
        vm.prank(treasury);
        converter.setGuardian(address(0));
        assertEq(converter.guardian(), address(0));
    }

    function test_pause_lastsThirtyDays() public {
        uint256 until = block.timestamp + 30 days;
        vm.expectEmit(address(converter));
        emit IFeeConverter.Paused(guardian, until);
        vm.prank(guardian);
        converter.pause();
        assertEq(converter.pausedUntil(), until);
    }

    function test_RevertWhen_pause_stranger() public {
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.NotGuardian.selector, anyone));
        vm.prank(anyone);
        converter.pause();
    }

    function _assertGuardianWaits(uint256 allowedFrom) private {
        bytes memory reason = abi.encodeWithSelector(IFeeConverter.PauseTooSoon.selector, allowedFrom);
        vm.startPrank(guardian);
        vm.expectRevert(reason);
        converter.pause();
        vm.warp(allowedFrom - 1);
        vm.expectRevert(reason);
        converter.pause();
        vm.warp(allowedFrom);
        converter.pause();
        vm.stopPrank();
        assertEq(converter.pausedUntil(), allowedFrom + 30 days);
    }

    function test_pause_guardianWaitsThirtyDaysAfterItsPause() public {
        vm.prank(guardian);
        converter.pause();
        _assertGuardianWaits(block.timestamp + 60 days);
    }

    function test_pause_guardianWaitsThirtyDaysAfterItsPauseWasLifted() public {
        vm.prank(guardian);
        converter.pause();
        skip(5 days);
        vm.prank(treasury);
        converter.unpause();
        _assertGuardianWaits(block.timestamp + 30 days);
    }

    function test_pause_waitingTimeIsNotRestartedByALaterUnpause() public {
        vm.prank(guardian);
        converter.pause();
        uint256 allowedFrom = block.timestamp + 60 days;
        skip(40 days);
        vm.startPrank(treasury);
        converter.pause();
        skip(1 days);
        converter.unpause();
        vm.stopPrank();
        _assertGuardianWaits(allowedFrom);
    }

    function test_pause_newGuardianInheritsTheWaitingTime() public {
        vm.prank(guardian);
        converter.pause();
        uint256 allowedFrom = block.timestamp + 60 days;
        vm.prank(treasury);
        converter.setGuardian(anyone);
        vm.expectRevert(abi.encodeWithSelector(IFeeConverter.PauseTooSoon.selector, allowedFrom));
        vm.prank(anyone);
        converter.pause();
    }

    function test_pause_guardiansFirstNeedsNoClockOfThirtyDays() public {
        vm.warp(1 days);
        vm.prank(guardian);
        converter.pause();
        assertEq(converter.pausedUntil(), 31 days);
    }

    function test_pause_treasuryMayAtAnyTime() public {
        vm.prank(guardian);
        converter.pause();
        for (uint256 i = 0; i < 3; i++) {
            skip(10 days);
            vm.expectEmit(address(converter));
            emit IFeeConverter.Paused(treasury, block.timestamp + 30 days);
            vm.prank(treasury);
            converter.pause();
            assertEq(converter.pausedUntil(), block.timestamp + 30 days);
        }
    }

    function test_pause_treasuryLeavesTheGuardiansAlone() public {
        vm.prank(treasury);
        converter.pause();
        skip(10 days);
        vm.prank(guardian);
        converter.pause();
        assertEq(converter.pausedUntil(), block.timestamp + 30 days);
    }

    function test_unpause_liftsThePauseAtOnce() public {
        _deposit(1000e6);
        vm.prank(guardian);
        converter.pause();
        skip(1 hours);
        vm.expectEmit(address(converter));
        emit IFeeConverter.Unpaused();
        vm.prank(treasury);
        converter.unpause();
        assertEq(converter.pausedUntil(), block.timestamp);
        _convertAll();
    }

    function test_unpause_leavesAnEndedPauseAlone() public {
        vm.prank(treasury);
        converter.unpause();
        assertEq(converter.pausedUntil(), 0);
        vm.prank(guardian);
        converter.pause();
        uint256 until = converter.pausedUntil();
        skip(50 days);
        vm.prank(treasury);
        converter.unpause();
        assertEq(converter.pausedUntil(), until);
        _assertGuardianWaits(until + 30 days);
    }

    function test_setParameters_replacesTheGuards() public {
        IFeeConverter.Parameters memory guards = IFeeConverter.Parameters({
            window: 86_400,
            shortWindow: 43_200,
            tolerance: 500,
            maxDeviation: 500,
            hop: 604_800,
            lot: 250_000e6,
            minLiquidity: type(uint128).max
        });
        vm.expectEmit(address(converter));
        emit IFeeConverter.ParametersSet(guards);
        _set(guards);
        assertEq(abi.encode(converter.parameters()), abi.encode(guards));

        guards = IFeeConverter.Parameters({
            window: 600, shortWindow: 60, tolerance: 0, maxDeviation: 10, hop: 300, lot: 1, minLiquidity: 0
        });
        _set(guards);
        assertEq(abi.encode(converter.parameters()), abi.encode(guards));
    }

    function _assertOutOfBounds(
        IFeeConverter.Parameters memory guards,
        bytes32 name,
        uint256 value,
        uint256 minimum,
        uint256 maximum
    ) private {
        bytes memory reason = abi.encodeWithSelector(
            IFeeConverter.ParameterOutOfBounds.selector, name, value, minimum, maximum
        );
        vm.expectRevert(reason);
        _set(guards);
        vm.expectRevert(reason);
        this.deploy(address(pool), address(usdc), address(btrst), treasury, guards);
    }

    function test_RevertWhen_setParameters_outOfBounds() public {
        IFeeConverter.Parameters memory guards = _defaults();
        guards.window = 599;
        _assertOutOfBounds(guards, "window", 599, 600, 86_400);
        guards.window = 86_401;
        _assertOutOfBounds(guards, "window", 86_401, 600, 86_400);
        guards = _defaults();
        guards.shortWindow = 59;
        _assertOutOfBounds(guards, "shortWindow", 59, 60, 900);
        guards.shortWindow = 901;
        _assertOutOfBounds(guards, "shortWindow", 901, 60, 900);
        guards = _defaults();
        guards.tolerance = 501;
        _assertOutOfBounds(guards, "tolerance", 501, 0, 500);
        guards = _defaults();
        guards.maxDeviation = 9;
        _assertOutOfBounds(guards, "maxDeviation", 9, 10, 500);
        guards.maxDeviation = 501;
        _assertOutOfBounds(guards, "maxDeviation", 501, 10, 500);
        guards = _defaults();
        guards.hop = 299;
        _assertOutOfBounds(guards, "hop", 299, 300, 604_800);
        guards.hop = 604_801;
        _assertOutOfBounds(guards, "hop", 604_801, 300, 604_800);
        guards = _defaults();
        guards.lot = 0;
        _assertOutOfBounds(guards, "lot", 0, 1, 250_000e6);
        guards.lot = 250_000e6 + 1;
        _assertOutOfBounds(guards, "lot", 250_000e6 + 1, 1, 250_000e6);
    }

    function test_worstLeakPerDay_isALotAndOnePerHopTimesToleranceDeviationAndATick() public {
        assertEq(converter.worstLeakPerDay(), 25 * 690e6, "25 lots, 276 basis points");
        IFeeConverter.Parameters memory guards = _defaults();
        guards.hop = 50_000;
        _set(guards);
        assertEq(converter.worstLeakPerDay(), 1_882_320_000, "2.728 lots");
        guards.hop = 604_800;
        _set(guards);
        assertEq(converter.worstLeakPerDay(), 788_571_429, "1.142857 lots, rounded up");
        (guards.tolerance, guards.maxDeviation, guards.hop, guards.lot) = (0, 10, 43_200, 1e6);
        _set(guards);
        assertEq(converter.worstLeakPerDay(), 3300, "the means differ also without tolerance");
        (guards.tolerance, guards.maxDeviation, guards.hop, guards.lot) = (500, 500, 300, 250_000e6);
        _set(guards);
        assertEq(converter.worstLeakPerDay(), 289 * 25_025e6, "the widest guards");
    }
}
