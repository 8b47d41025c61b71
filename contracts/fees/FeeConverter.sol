// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeeConverter} from "../interfaces/IFeeConverter.sol";
import {IUniswapV3Factory, IUniswapV3Pool, IUniswapV3SwapCallback} from "../interfaces/IUniswapV3Pool.sol";
import {OracleMath} from "./OracleMath.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title FeeConverter
/// @notice See `IFeeConverter`. USDC leaves by two statements only: the payment in `uniswapV3SwapCallback` and the
/// transfer to the treasury in `sweep`.
/// @dev `convert`, the deposits and `sweep` exclude each other for the length of a call, by one transient lock.
contract FeeConverter is IFeeConverter, IUniswapV3SwapCallback, ReentrancyGuardTransient {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev What the pool shows now. "Last" is what was over the last second before this block: whatever is done in
    /// the block has lasted for no time yet.
    struct Reading {
        int24 meanTick;
        int24 shortTick;
        int24 lastTick;
        int24 spotTick;
        int24 floorTick;
        uint160 sqrtPrice;
        uint128 meanLiquidity;
        uint128 lastLiquidity;
    }

    /// @notice Seconds of one pause, and seconds the guardian then has to wait: long enough for the DAO to vote
    /// and execute, short enough that a lost guardian cannot stop conversions for good.
    uint256 public constant PAUSE_DURATION = 30 days;

    /// @notice Least `window` in seconds: shorter means are cheap to move.
    uint256 public constant MIN_WINDOW = 10 minutes;

    /// @notice Greatest `window` in seconds: longer means say nothing about the price now.
    uint256 public constant MAX_WINDOW = 1 days;

    /// @notice Least `shortWindow` in seconds, five blocks: one block cannot set it.
    uint256 public constant MIN_SHORT_WINDOW = 60;

    /// @notice Greatest `tolerance` in basis points.
    uint256 public constant MAX_TOLERANCE = 500;

    /// @notice Least `maxDeviation` in ticks, 0.1%: below, ordinary trading would block conversions.
    uint256 public constant MIN_DEVIATION = 10;

    /// @notice Greatest `maxDeviation` in ticks, 5.1%.
    uint256 public constant MAX_DEVIATION = 500;

    /// @notice Least `hop` in seconds: arbitrage has 25 blocks to bring the price back between conversions.
    uint256 public constant MIN_HOP = 5 minutes;

    /// @notice Greatest `hop` in seconds.
    uint256 public constant MAX_HOP = 7 days;

    /// @notice Greatest `lot` in USDC (6 decimals): what one conversion can put at stake.
    uint256 public constant MAX_LOT = 250_000e6;

    /// @inheritdoc IFeeConverter
    address public constant swapRouter = address(0);

    /// @inheritdoc IFeeConverter
    address public immutable USDC;

    /// @inheritdoc IFeeConverter
    address public immutable BTRST;

    /// @inheritdoc IFeeConverter
    address public immutable pool;

    /// @inheritdoc IFeeConverter
    uint24 public immutable poolFee;

    /// @inheritdoc IFeeConverter
    address public immutable TreasuryAddress;

    /// @dev Which side of the pool USDC is on. Selling token0 lowers the pool's price, selling token1 raises it.
    bool private immutable _usdcIsToken0;

    /// @dev Two slots: the guards that every conversion compares with, and `minLiquidity`.
    Parameters private _parameters;

    /// @dev Unix time in seconds from which the next conversion is possible; zero before the first.
    uint64 private _nextConversion;

    /// @dev Unix time in seconds at which the pause in force ends, or the last one ended.
    uint64 private _pausedUntil;

    /// @dev Unix time in seconds at which the guardian's last pause ends or ended. Not the same as `_pausedUntil`,
    /// because the treasury's own pauses must neither use up nor restore the guardian's.
    uint64 private _guardianPauseEnd;

    /// @dev USDC since deployment. 128 bits, like its neighbour, so that a conversion writes one slot.
    uint128 private _totalUsdcIn;

    /// @dev BTRST since deployment.
    uint128 private _totalBtrstOut;

    /// @inheritdoc IFeeConverter
    address public guardian;

    /// @dev USDC that the pool may still claim; zero outside of a swap and from the payment on.
    uint256 private transient _claimable;

    modifier onlyTreasury() {
        if (msg.sender != TreasuryAddress) revert NotTreasury(msg.sender);
        _;
    }

    /// @param pool_ Uniswap V3 pool of the two tokens. Its factory is asked whether it knows the pool, but which
    /// factory that is comes from the pool itself: whoever deploys has to know the address.
    /// @param guardian_ May be zero: no guardian.
    /// @dev Reverts with ZeroAddress, InvalidPool, ParameterOutOfBounds.
    constructor(
        address pool_,
        address usdc,
        address btrst,
        address treasury,
        address guardian_,
        Parameters memory initialParameters
    ) {
        if (pool_ == address(0) || usdc == address(0) || btrst == address(0) || treasury == address(0)) {
            revert ZeroAddress();
        }
        if (pool_.code.length == 0) revert InvalidPool(pool_);
        IUniswapV3Pool target = IUniswapV3Pool(pool_);
        (address token0, address token1, uint24 fee) = (target.token0(), target.token1(), target.fee());
        bool usdcIsToken0 = token0 == usdc;
        if (!(usdcIsToken0 ? token1 == btrst : token0 == btrst && token1 == usdc)) revert InvalidPool(pool_);
        if (IUniswapV3Factory(target.factory()).getPool(token0, token1, fee) != pool_) {
            revert InvalidPool(pool_);
        }

        pool = pool_;
        USDC = usdc;
        BTRST = btrst;
        TreasuryAddress = treasury;
        poolFee = fee;
        _usdcIsToken0 = usdcIsToken0;
        _setParameters(initialParameters);
        guardian = guardian_;
        emit GuardianSet(address(0), guardian_);
    }

    /// @inheritdoc IFeeConverter
    function deposit(uint256 amount, bytes32 ref) external nonReentrant {
        _deposit(amount, ref);
    }

    /// @inheritdoc IFeeConverter
    function depositWithPermit(uint256 amount, bytes32 ref, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        // Whoever sees the permit can submit it first. The allowance is there then, and if it is not, the transfer
        // fails: the result of the permit itself says nothing.
        try IERC20Permit(USDC).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
        _deposit(amount, ref);
    }

    /// @inheritdoc IFeeConverter
    function convert(uint256 maxIn, uint256 minOut, uint256 deadline)
        external
        nonReentrant
        returns (uint256 usdcIn, uint256 btrstOut)
    {
        return _convert(maxIn, minOut, deadline);
    }

    /// @inheritdoc IFeeConverter
    function swapExactInputSingle(uint256 amountIn, uint256 amountOutMinimum, uint256 deadline)
        external
        nonReentrant
        returns (uint256 btrstOut)
    {
        _deposit(amountIn, bytes32(0));
        (, btrstOut) = _convert(amountIn, amountOutMinimum, deadline);
    }

    /// @inheritdoc IUniswapV3SwapCallback
    /// @dev The only place where USDC is paid out to anyone but the treasury, and only to the pool.
    function uniswapV3SwapCallback(int256 amount0Delta, int256 amount1Delta, bytes calldata) external {
        // Check: the pool asks, once, for a swap of this very call.
        uint256 claimable = _claimable;
        if (msg.sender != pool || claimable == 0) revert UnexpectedCallback(msg.sender);
        (int256 usdcOwed, int256 btrstOwed) =
            _usdcIsToken0 ? (amount0Delta, amount1Delta) : (amount1Delta, amount0Delta);
        // Without its sign a negative claim is greater than any amount.
        if (uint256(usdcOwed) > claimable || btrstOwed > 0) {
            revert UnexpectedPayment(amount0Delta, amount1Delta);
        }
        // Effect
        _claimable = 0;
        // Interaction
        IERC20(USDC).safeTransfer(msg.sender, uint256(usdcOwed));
    }

    /// @inheritdoc IFeeConverter
    function setParameters(Parameters calldata newParameters) external onlyTreasury {
        _setParameters(newParameters);
    }

    /// @inheritdoc IFeeConverter
    /// @dev The waiting time after a guardian's pause belongs to the office: a new guardian inherits it.
    function setGuardian(address newGuardian) external onlyTreasury {
        emit GuardianSet(guardian, newGuardian);
        guardian = newGuardian;
    }

    /// @inheritdoc IFeeConverter
    function pause() external {
        uint256 until = block.timestamp + PAUSE_DURATION;
        if (msg.sender != TreasuryAddress) {
            if (msg.sender != guardian) revert NotGuardian(msg.sender);
            uint256 last = _guardianPauseEnd;
            if (last != 0 && block.timestamp < last + PAUSE_DURATION) {
                revert PauseTooSoon(last + PAUSE_DURATION);
            }
            _guardianPauseEnd = until.toUint64();
        }
        // A pause in force began earlier and is as long: this one cannot shorten it.
        _pausedUntil = until.toUint64();
        emit Paused(msg.sender, until);
    }

    /// @inheritdoc IFeeConverter
    /// @dev Succeeds also when nothing is paused, so that a proposal that outlives the pause does not fail.
    function unpause() external onlyTreasury {
        uint64 current = block.timestamp.toUint64();
        if (_pausedUntil > current) _pausedUntil = current;
        if (_guardianPauseEnd > current) _guardianPauseEnd = current;
        emit Unpaused();
    }

    /// @inheritdoc IFeeConverter
    function sweep(address token) external onlyTreasury nonReentrant {
        uint256 amount = IERC20(token).balanceOf(address(this));
        emit Swept(token, amount);
        IERC20(token).safeTransfer(TreasuryAddress, amount);
    }

    /// @inheritdoc IFeeConverter
    function parameters() external view returns (Parameters memory) {
        return _parameters;
    }

    /// @inheritdoc IFeeConverter
    function pausedUntil() external view returns (uint256) {
        return _pausedUntil;
    }

    /// @inheritdoc IFeeConverter
    function nextConversionTime() external view returns (uint256) {
        return _nextConversion;
    }

    /// @inheritdoc IFeeConverter
    function totalUsdcIn() external view returns (uint256) {
        return _totalUsdcIn;
    }

    /// @inheritdoc IFeeConverter
    function totalBtrstOut() external view returns (uint256) {
        return _totalBtrstOut;
    }

    /// @inheritdoc IFeeConverter
    function worstLeakPerDay() external view returns (uint256) {
        Parameters memory guards = _parameters;
        // A tick is less than a basis point of the dearer price, and so is each of many.
        uint256 share = uint256(guards.tolerance) + guards.maxDeviation + 1;
        // One lot at the start of the day, and one more for every hop of it.
        uint256 lots = uint256(guards.lot) * (1 days + guards.hop);
        return Math.ceilDiv(lots * share, guards.hop * OracleMath.BASIS_POINTS);
    }

    /// @inheritdoc IFeeConverter
    function market()
        external
        view
        returns (int24 meanTick, int24 shortTick, int24 spotTick, uint128 meanLiquidity)
    {
        Reading memory reading = _read(_parameters);
        return (reading.meanTick, reading.shortTick, reading.spotTick, reading.meanLiquidity);
    }

    /// @inheritdoc IFeeConverter
    function allowedLot() external view returns (uint256 lot) {
        (lot,) = lotLimit();
    }

    /// @inheritdoc IFeeConverter
    function lotLimit() public view returns (uint256 allowed, LotLimit limit) {
        Parameters memory guards = _parameters;
        Reading memory reading = _read(guards);
        allowed = _safeLot(guards, reading, _depth(reading));
        limit = allowed < guards.lot ? LotLimit.Depth : LotLimit.Lot;
        uint256 balance = IERC20(USDC).balanceOf(address(this));
        if (balance <= allowed) (allowed, limit) = (balance, LotLimit.Balance);
    }

    /// @inheritdoc IFeeConverter
    function quoteFloor(uint256 usdcIn) external view returns (uint256) {
        Parameters memory guards = _parameters;
        return _floor(_read(guards).floorTick, usdcIn, guards);
    }

    function _deposit(uint256 amount, bytes32 ref) private {
        if (amount == 0) revert ZeroAmount();
        uint256 balance = IERC20(USDC).balanceOf(address(this));
        IERC20(USDC).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(USDC).balanceOf(address(this)) - balance;
        if (received != amount) revert InexactTransfer(received, amount);
        emit Deposited(msg.sender, amount, ref);
    }

    /// @dev The guards, in the order of `IFeeConverter`'s errors. What cannot be read, or does not hold, reverts.
    function _convert(uint256 maxIn, uint256 minOut, uint256 deadline)
        private
        returns (uint256 usdcIn, uint256 btrstOut)
    {
        Parameters memory guards = _parameters;
        // Check: time
        if (block.timestamp < _pausedUntil) revert ConversionPaused(_pausedUntil);
        if (block.timestamp < _nextConversion) revert TooSoon(_nextConversion);
        if (block.timestamp > deadline) revert DeadlinePassed(deadline);

        // Check: the pool's price is one that lasted, and its depth too
        Reading memory reading = _read(guards);
        _requireNear(reading.spotTick, reading.meanTick, guards.maxDeviation);
        _requireNear(reading.shortTick, reading.meanTick, guards.maxDeviation);
        // The spot price may have been pushed into place for this call; the one that the block began with was not.
        _requireNear(reading.lastTick, reading.meanTick, guards.maxDeviation);
        // Nor may it be dearer now: nobody can buy first and sell to the purchase in the same block.
        if (_cheaper(reading.spotTick, reading.lastTick) != reading.spotTick) {
            revert PriceRose(reading.spotTick, reading.lastTick);
        }
        uint128 depth = _depth(reading);
        if (depth < guards.minLiquidity) revert LiquidityTooLow(depth, guards.minLiquidity);

        uint256 balance = IERC20(USDC).balanceOf(address(this));
        uint256 lot = _safeLot(guards, reading, depth);
        uint256 most = Math.min(maxIn, Math.min(balance, lot));
        if (most == 0) revert NothingToConvert();

        // Interaction: before the effects, which depend on what the pool takes; the lock keeps everyone else out.
        btrstOut = _swap(reading, most, guards.tolerance);
        usdcIn = balance - IERC20(USDC).balanceOf(address(this));

        // Check: the outcome, whatever the pool did. A pool without liquidity up to the limit takes nothing.
        if (usdcIn == 0) revert NothingToConvert();
        uint256 floor = _floor(reading.floorTick, usdcIn, guards);
        uint256 minimum = Math.max(floor, minOut);
        if (btrstOut < minimum) revert InsufficientOutput(btrstOut, minimum);

        // Effect: the wait is the purchase's share of the hop, so that nobody can hold up a lot with a dust purchase,
        // and no sequence of purchases spends more than a lot per hop.
        _nextConversion = (block.timestamp + Math.ceilDiv(guards.hop * usdcIn, lot)).toUint64();
        _totalUsdcIn += usdcIn.toUint128();
        _totalBtrstOut += btrstOut.toUint128();
        emit Converted(msg.sender, usdcIn, btrstOut, floor, reading.floorTick);
    }

    /// @dev Sells up to `most` USDC to the pool, not below the floor price, for the treasury. The output is the
    /// change of the treasury's balance and not what the pool reports, because that is what the floor promises. No
    /// third party runs during the swap: neither token has hooks.
    function _swap(Reading memory reading, uint256 most, uint16 tolerance)
        private
        returns (uint256 btrstOut)
    {
        bool zeroForOne = _usdcIsToken0;
        uint160 limit = OracleMath.sqrtPriceLimit(reading.floorTick, tolerance, zeroForOne);
        // The pool would answer with `SPL`; what it means is that the floor price is not on offer.
        if (zeroForOne ? reading.sqrtPrice <= limit : reading.sqrtPrice >= limit) revert NothingToConvert();

        uint256 held = IERC20(BTRST).balanceOf(TreasuryAddress);
        _claimable = most;
        IUniswapV3Pool(pool).swap(TreasuryAddress, zeroForOne, most.toInt256(), limit, "");
        return IERC20(BTRST).balanceOf(TreasuryAddress) - held;
    }

    function _setParameters(Parameters memory new_) private {
        _requireWithin("window", new_.window, MIN_WINDOW, MAX_WINDOW);
        _requireWithin("shortWindow", new_.shortWindow, MIN_SHORT_WINDOW, new_.window / 2);
        _requireWithin("tolerance", new_.tolerance, 0, MAX_TOLERANCE);
        _requireWithin("maxDeviation", new_.maxDeviation, MIN_DEVIATION, MAX_DEVIATION);
        _requireWithin("hop", new_.hop, MIN_HOP, MAX_HOP);
        _requireWithin("lot", new_.lot, 1, MAX_LOT);
        _parameters = new_;
        // A wait that is running is never longer than the new hop.
        _nextConversion = Math.min(_nextConversion, block.timestamp + new_.hop).toUint64();
        emit ParametersSet(new_);
    }

    /// @dev Reads what the pool shows; reverts with HistoryTooShort where `observe` would with `OLD`.
    function _read(Parameters memory guards) private view returns (Reading memory reading) {
        uint256 age;
        (reading.sqrtPrice, reading.spotTick, age) = _slot0();
        if (age < guards.window) revert HistoryTooShort(age, guards.window);

        uint32[] memory secondsAgos = new uint32[](4);
        secondsAgos[0] = guards.window;
        secondsAgos[1] = guards.shortWindow;
        secondsAgos[2] = 1;
        (int56[] memory ticks, uint160[] memory depths) = IUniswapV3Pool(pool).observe(secondsAgos);
        reading.meanTick = OracleMath.meanTick(ticks[0], ticks[3], guards.window);
        reading.shortTick = OracleMath.meanTick(ticks[1], ticks[3], guards.shortWindow);
        reading.lastTick = OracleMath.meanTick(ticks[2], ticks[3], 1);
        reading.floorTick = _cheaper(reading.meanTick, _cheaper(reading.shortTick, reading.lastTick));
        reading.meanLiquidity = OracleMath.harmonicMeanLiquidity(depths[0], depths[3], guards.window);
        reading.lastLiquidity = OracleMath.harmonicMeanLiquidity(depths[2], depths[3], 1);
    }

    /// @dev Current price, and age of the oldest observation in seconds.
    function _slot0() private view returns (uint160 sqrtPrice, int24 tick, uint256 age) {
        uint256 index;
        uint256 cardinality;
        (sqrtPrice, tick, index, cardinality,,,) = IUniswapV3Pool(pool).slot0();
        // A pool that was never initialized has no observation, and no price either.
        if (cardinality == 0) return (sqrtPrice, tick, 0);

        // Observations form a ring. While it grows, the place after the newest is empty and the first the oldest.
        (uint32 written,,, bool initialized) = IUniswapV3Pool(pool).observations((index + 1) % cardinality);
        if (!initialized) (written,,,) = IUniswapV3Pool(pool).observations(0);
        // The pool's clock is Unix time modulo 2^32.
        unchecked {
            age = uint32(block.timestamp) - written;
        }
    }

    /// @dev Half of the pool's fee times its virtual USDC reserve. Such a purchase moves the price by no more than the
    /// fee, so that whoever sells into it afterwards earns nothing. And whoever pushes the price before it pays more in
    /// fees, also when it sells to the purchase itself from liquidity of the moment and keeps what it bought.
    function _safeLot(Parameters memory guards, Reading memory reading, uint128 depth)
        private
        view
        returns (uint256)
    {
        uint256 reserve = OracleMath.virtualReserve(reading.sqrtPrice, depth, _usdcIsToken0);
        return Math.min(guards.lot, reserve * poolFee / (2 * OracleMath.FEE_UNITS));
    }

    /// @dev The least of now, the last second before the block, and the mean. What is added for the moment, or comes
    /// into range by a push, does not raise the lot; what is taken out for the moment closes the guard, rather than let
    /// a little be the whole lot and wait the whole hop.
    function _depth(Reading memory reading) private view returns (uint128) {
        uint256 present = Math.min(IUniswapV3Pool(pool).liquidity(), reading.lastLiquidity);
        return uint128(Math.min(present, reading.meanLiquidity));
    }

    /// @dev The tick of the two at which a USDC buys more BTRST.
    function _cheaper(int24 tick, int24 other) private view returns (int24) {
        return (tick > other) == _usdcIsToken0 ? tick : other;
    }

    function _floor(int24 tick, uint256 usdcIn, Parameters memory guards) private view returns (uint256) {
        return OracleMath.floor(tick, usdcIn, poolFee, guards.tolerance, _usdcIsToken0);
    }

    function _requireNear(int24 tick, int24 mean, uint24 maximum) private pure {
        int256 deviation = int256(tick) - mean;
        if (deviation > int256(uint256(maximum)) || -deviation > int256(uint256(maximum))) {
            revert PriceDeviation(deviation, maximum);
        }
    }

    function _requireWithin(bytes32 name, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) revert ParameterOutOfBounds(name, value, minimum, maximum);
    }
}
