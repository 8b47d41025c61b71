// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title FeeConverter: client fees in USDC become BTRST of the DAO
/// @notice Takes custody of fees in USDC at any time and buys BTRST with them on one Uniswap V3 pool, in guarded
/// lots, for the treasury. Anyone may trigger a conversion; nobody gains from choosing when: the price floor comes
/// from the pool's time-weighted price, and a lot is too small to pay for a sandwich. USDC can leave only to the
/// pool, as payment for BTRST that the treasury receives, or to the treasury.
/// @dev USDC amounts have 6 decimals (1 USDC = 1e6), BTRST amounts 18, prices are Uniswap ticks.
interface IFeeConverter {
    /// @notice The guards of a conversion. Bounds are constants of the contract.
    /// @param window Seconds of the time-weighted price: 600 to 86,400.
    /// @param shortWindow Seconds of the second, faster one: 60 to half of `window`.
    /// @param tolerance What a purchase may cost above the cheapest of the price over `window`, over `shortWindow` and
    /// at the beginning of the block, net of the pool fee, in basis points: at most 500.
    /// @param maxDeviation Ticks by which the spot price, the one that the block began with and the fast one may
    /// differ from the time-weighted price: 10 to 500.
    /// @param hop Seconds to wait after a conversion of a full lot, and their share after a smaller one: 300 to
    /// 604,800.
    /// @param lot Most USDC that one conversion may spend: 1 to 250,000e6.
    /// @param minLiquidity Least liquidity that the pool must show: now, in the last second before the block, and as
    /// harmonic mean over `window`.
    struct Parameters {
        uint32 window;
        uint32 shortWindow;
        uint16 tolerance;
        uint24 maxDeviation;
        uint32 hop;
        uint64 lot;
        uint128 minLiquidity;
    }

    /// @notice What decides how much a conversion may spend now.
    enum LotLimit {
        /// All that is in custody.
        Balance,
        /// `lot`, the DAO's own limit.
        Lot,
        /// What the pool's depth makes safe.
        Depth
    }

    /// @notice `payer` put `amount` USDC into custody. `ref` is the root of the invoices that the fees come from,
    /// or zero.
    event Deposited(address indexed payer, uint256 amount, bytes32 indexed ref);

    /// @notice `caller` converted `usdcIn` into `btrstOut`, which went to the treasury. `floor` is the least amount
    /// the guards would have accepted, `meanTick` the tick it was computed from: the mean over `window`, over
    /// `shortWindow` or over the last second before the block, whichever has BTRST cheapest.
    event Converted(address indexed caller, uint256 usdcIn, uint256 btrstOut, uint256 floor, int24 meanTick);

    /// @notice The guardian, or the treasury, stopped conversions until `until` (Unix time in seconds).
    event Paused(address indexed account, uint256 until);

    /// @notice The treasury lifted the pause.
    event Unpaused();

    /// @notice The treasury changed the guards.
    event ParametersSet(Parameters parameters);

    /// @notice The treasury changed the guardian.
    event GuardianSet(address indexed oldGuardian, address indexed newGuardian);

    /// @notice `amount` of `token` was sent to the treasury.
    event Swept(address indexed token, uint256 amount);

    /// @notice `caller` is not the treasury.
    error NotTreasury(address caller);

    /// @notice `caller` is neither the guardian nor the treasury.
    error NotGuardian(address caller);

    /// @notice The guardian may not pause again before `allowedFrom` (Unix time in seconds).
    error PauseTooSoon(uint256 allowedFrom);

    /// @notice Parameter `name` is `value`, outside `minimum` to `maximum`.
    error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice `pool` does not trade BTRST against USDC, or its factory does not know it.
    error InvalidPool(address pool);

    /// @notice An address that must not be zero is.
    error ZeroAddress();

    /// @notice The amount is zero.
    error ZeroAmount();

    /// @notice Conversions are paused until `until`.
    error ConversionPaused(uint256 until);

    /// @notice The next conversion is possible from `allowedFrom`.
    error TooSoon(uint256 allowedFrom);

    /// @notice The caller's `deadline` (Unix time in seconds) has passed.
    error DeadlinePassed(uint256 deadline);

    /// @notice The pool's oldest observation is `age` seconds old; the guards need `needed`.
    error HistoryTooShort(uint256 age, uint256 needed);

    /// @notice A price of the pool is `deviation` ticks away from the time-weighted one; `maximum` is permitted.
    error PriceDeviation(int256 deviation, uint256 maximum);

    /// @notice In this block BTRST became dearer: the pool's tick is `spotTick` and was `lastTick` when it began. Try
    /// again in the next block.
    error PriceRose(int24 spotTick, int24 lastTick);

    /// @notice The least of the pool's current, last and mean liquidity is `liquidity`; the guards need `minimum`.
    error LiquidityTooLow(uint256 liquidity, uint256 minimum);

    /// @notice There is nothing to convert within the limits.
    error NothingToConvert();

    /// @notice The pool gave `amountOut` BTRST; the guards or the caller demanded `minimum`.
    error InsufficientOutput(uint256 amountOut, uint256 minimum);

    /// @notice `caller` called the swap callback without being the pool in the middle of a conversion.
    error UnexpectedCallback(address caller);

    /// @notice The pool asked for `amount0Owed` and `amount1Owed`, which is not what this conversion owes.
    error UnexpectedPayment(int256 amount0Owed, int256 amount1Owed);

    /// @notice A deposit of `expected` USDC changed the balance by `received`: the token takes a fee.
    error InexactTransfer(uint256 received, uint256 expected);

    /// @notice The token that fees are paid in: USDC.
    function USDC() external view returns (address);

    /// @notice The token bought: BTRST.
    function BTRST() external view returns (address);

    /// @notice The pool it is bought on.
    function pool() external view returns (address);

    /// @notice Fee of the pool in hundredths of a basis point: 10,000 is 1%.
    function poolFee() external view returns (uint24);

    /// @notice The time lock: receives all BTRST, and alone changes guards, lifts pauses and sweeps.
    function TreasuryAddress() external view returns (address);

    /// @notice Always zero: the converter trades with the pool itself and never gives an allowance. Kept for tools
    /// written for the first converter.
    function swapRouter() external view returns (address);

    /// @notice The account that may pause conversions for 30 days at a time.
    function guardian() external view returns (address);

    /// @notice The guards in force.
    function parameters() external view returns (Parameters memory);

    /// @notice Unix time in seconds until which conversions are paused, exclusive; zero when never paused.
    function pausedUntil() external view returns (uint256);

    /// @notice Unix time in seconds from which the next conversion is possible, unless paused; zero before the first.
    function nextConversionTime() external view returns (uint256);

    /// @notice USDC converted since deployment.
    function totalUsdcIn() external view returns (uint256);

    /// @notice BTRST bought for the treasury since deployment.
    function totalBtrstOut() external view returns (uint256);

    /// @notice The most that conversions can cost the DAO in a day, in USDC: one lot and one more for every hop of the
    /// day, times tolerance, maxDeviation (a tick as a basis point) and one tick, rounded up. Cost is what is paid above
    /// the price of BTRST and the pool's fee. Tolerance, because the floor price is that far from the means;
    /// maxDeviation, because the means may lag that far behind a fall or follow a push that somebody holds; one tick,
    /// 0.01%, because ticks are whole.
    /// @dev Holds while BTRST is worth at most maxDeviation ticks less than at the cheapest of the three prices that
    /// the floor comes from: the means over `window` and `shortWindow`, and the last second before the block. Each tick
    /// beyond costs a basis point more. To get there the pool has to be that much too dear in the last second and on
    /// average over both windows, with nobody trading against it. Where the price was steady before, no push does that,
    /// of whatever height, until it has lasted longer than `shortWindow`: it lifts the mean over `shortWindow` at least
    /// twice as far as the one over `window`, and maxDeviation bounds the difference.
    function worstLeakPerDay() external view returns (uint256);

    /// @notice Price and depth that the guards see now.
    /// @dev Reverts with HistoryTooShort when the pool cannot answer.
    /// @return meanTick Time-weighted tick over `window`.
    /// @return shortTick Time-weighted tick over `shortWindow`.
    /// @return spotTick Current tick.
    /// @return meanLiquidity Harmonic mean of the liquidity over `window`.
    function market()
        external
        view
        returns (int24 meanTick, int24 shortTick, int24 spotTick, uint128 meanLiquidity);

    /// @notice The most USDC a conversion may spend now: the smallest of balance, `lot`, and half of the pool fee times
    /// virtual USDC reserve, below which a sandwich costs more than it earns. Whether time, price and depth let it
    /// through now is another question, which a simulated `convert` answers with the guard's error.
    /// @dev Reverts with HistoryTooShort.
    function allowedLot() external view returns (uint256);

    /// @notice `allowedLot`, and what decides it.
    /// @dev Reverts with HistoryTooShort.
    function lotLimit() external view returns (uint256 allowed, LotLimit limit);

    /// @notice Least BTRST that the guards accept for `usdcIn` USDC now: its worth when BTRST is cheapest of the means
    /// over `window`, over `shortWindow` and over the last second before the block, less pool fee and `tolerance`.
    /// @dev Reverts with HistoryTooShort.
    function quoteFloor(uint256 usdcIn) external view returns (uint256);

    /// @notice Puts `amount` USDC of the caller into custody; works whatever the guards say.
    /// @param ref Root of the invoices that the fees come from, or zero.
    /// @dev The caller approves the converter first. Reverts with ZeroAmount, InexactTransfer, or USDC's reason.
    function deposit(uint256 amount, bytes32 ref) external;

    /// @notice `deposit` without a prior approval, by a permit of the caller (ERC-2612).
    /// @dev A permit that somebody else submitted first does not stop the deposit. Reverts as `deposit`.
    function depositWithPermit(uint256 amount, bytes32 ref, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external;

    /// @notice Buys BTRST for the treasury with up to `maxIn` of the USDC in custody. Anyone may call it.
    /// @param maxIn Most USDC to spend; the guards may allow less, and the pool may take less at the floor price.
    /// @param minOut Least BTRST the caller wants to see; the guards' own floor holds as well.
    /// @param deadline Unix time in seconds after which the call fails.
    /// @return usdcIn USDC spent; the rest stays in custody.
    /// @return btrstOut BTRST that the treasury received.
    /// @dev Reverts with ConversionPaused, TooSoon, DeadlinePassed, HistoryTooShort, PriceDeviation, PriceRose,
    /// LiquidityTooLow, NothingToConvert, InsufficientOutput, in this order where several hold.
    function convert(uint256 maxIn, uint256 minOut, uint256 deadline)
        external
        returns (uint256 usdcIn, uint256 btrstOut);

    /// @notice `deposit` and `convert` in one call, as the first converter had it: what is more than the lot stays in
    /// custody for a later conversion.
    /// @return btrstOut BTRST that the treasury received.
    /// @dev Reverts as `deposit` and `convert`; nothing is deposited then.
    function swapExactInputSingle(uint256 amountIn, uint256 amountOutMinimum, uint256 deadline)
        external
        returns (uint256 btrstOut);

    /// @notice Sets the guards. Only the treasury.
    /// @dev Reverts with NotTreasury, ParameterOutOfBounds.
    function setParameters(Parameters calldata newParameters) external;

    /// @notice Names the guardian; zero for none. Only the treasury.
    /// @dev Reverts with NotTreasury.
    function setGuardian(address newGuardian) external;

    /// @notice Stops conversions for 30 days. The guardian may do so again only 30 days after its last pause ended;
    /// the treasury at any time.
    /// @dev Reverts with NotGuardian, PauseTooSoon.
    function pause() external;

    /// @notice Lifts the pause. Only the treasury.
    /// @dev Reverts with NotTreasury.
    function unpause() external;

    /// @notice Sends all of `token` that the converter holds to the treasury. Only the treasury, never in the
    /// middle of a conversion.
    /// @dev Reverts with NotTreasury.
    function sweep(address token) external;
}
