//! What a conversion would do now: every guard with its verdict, the lot and what bounds it, floor and outcome.

use std::fmt;

use alloy::eips::BlockId;
use alloy::primitives::aliases::U160;
use alloy::primitives::{Address, U256, U512};
use alloy::sol_types::SolCall;
use btrst_bindings::{FeeConverter, IFeeConverter};
use btrst_chain::{Error, Head};
use serde::Serialize;

use crate::Result;
use crate::chain::FeeChain;

/// Reads at most this often when blocks pass in between: an endpoint can forget the block before the last.
const ATTEMPTS: usize = 3;

#[allow(missing_docs, reason = "generated")]
mod pool {
    alloy::sol! {
        /// What the converter's market() leaves out.
        interface IPool {
            function slot0() external view returns (
                uint160 sqrtPriceX96, int24 tick, uint16 index, uint16 cardinality, uint16 next, uint8 fee, bool unlocked
            );
            function liquidity() external view returns (uint128);
            function observe(uint32[] secondsAgos) external view returns (int56[] ticks, uint160[] liquidities);
        }
    }
}
pub(crate) use pool::IPool;

/// A condition of a conversion, in the order in which the converter checks them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardName {
    /// Conversions are not paused.
    Pause,
    /// The wait after the last conversion is over.
    Cooldown,
    /// The pool remembers as long as the time-weighted price needs.
    History,
    /// The spot price is near the time-weighted one.
    SpotPrice,
    /// The faster time-weighted price is near the slower one.
    ShortPrice,
    /// The price that the block began with is near the time-weighted one.
    LastPrice,
    /// BTRST is not dearer than when the block began. What is closed by a purchase of the block is open in the next.
    PriceRise,
    /// The pool is deep enough: now, in the last second before the block and on average.
    Depth,
    /// There is USDC in custody.
    Custody,
}

impl fmt::Display for GuardName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pause => "pause",
            Self::Cooldown => "cooldown",
            Self::History => "history",
            Self::SpotPrice => "spot price",
            Self::ShortPrice => "short price",
            Self::LastPrice => "last price",
            Self::PriceRise => "price rise",
            Self::Depth => "depth",
            Self::Custody => "custody",
        })
    }
}

/// A guard and what it says now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guard {
    /// Which.
    pub guard: GuardName,
    /// Whether it lets a conversion pass.
    pub passes: bool,
    /// What it looks at: Unix seconds, seconds, ticks, liquidity or base units of USDC.
    pub value: String,
    /// What the value is compared with.
    pub limit: String,
    /// Unix time in seconds at which a closed guard opens by itself, where time alone opens it.
    pub opens_at: Option<u64>,
}

/// What makes a lot as small as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// There is no more USDC in custody.
    Custody,
    /// The treasury's parameter `lot`.
    Parameter,
    /// What the pool's depth makes safe: more would pay for a sandwich.
    Depth,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Custody => "what is in custody",
            Self::Parameter => "the parameter `lot`",
            Self::Depth => "the pool's depth, beyond which a sandwich would pay",
        })
    }
}

/// The most that a conversion may spend now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lot {
    /// USDC, in base units.
    pub usdc: U256,
    /// What keeps it from being greater.
    pub bound: Bound,
    /// USDC in custody.
    pub custody: U256,
    /// The parameter.
    pub parameter: U256,
    /// Least BTRST that the guards accept for it.
    pub floor: U256,
}

/// What a conversion of a whole lot gives, by simulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// USDC that it spends.
    pub usdc_in: U256,
    /// BTRST that the treasury receives.
    pub btrst_out: U256,
    /// Whether the pool takes less than the lot, because more would cost more than the floor price.
    pub bounded_by_price: bool,
    /// Time of the simulated block, Unix time in seconds: now, or when the last guard that waits opens.
    pub at: u64,
}

/// The state of the converter at one block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quote {
    /// Number of the block.
    pub block: u64,
    /// Its time, Unix time in seconds.
    pub time: u64,
    /// Every guard.
    pub guards: Vec<Guard>,
    /// The lot; absent when the pool's history is too short to say.
    pub lot: Option<Lot>,
    /// The outcome; absent when a guard is closed that time does not open.
    pub expected: Option<Expected>,
    /// Why the simulation failed, when it did.
    pub obstacle: Option<String>,
    /// Time-weighted tick, with which the guards compare prices; absent as the lot.
    pub mean_tick: Option<i32>,
    /// Tick that the floor comes from: where BTRST is cheapest of the slow mean, the fast one and the last second
    /// before the block; absent as the lot.
    pub floor_tick: Option<i32>,
}

impl Quote {
    /// The guards that are closed.
    pub fn closed(&self) -> impl Iterator<Item = &Guard> {
        self.guards.iter().filter(|guard| !guard.passes)
    }

    /// Whether a conversion that is sent now would succeed. It is in the next block at the earliest, so that a rise of
    /// the price within the last one is not in its way.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed().all(|guard| guard.guard == GuardName::PriceRise) && self.expected.is_some()
    }

    /// The least Unix time in seconds of the block that a conversion sent now would be in, where that matters: after a
    /// rise of the price within the last block, on top of which alone it would be refused.
    #[must_use]
    pub fn next_block(&self) -> Option<u64> {
        self.expected.as_ref().map(|expected| expected.at).filter(|at| *at > self.time)
    }

    /// When the closed guards open, if time alone opens them all: Unix time in seconds.
    #[must_use]
    pub fn opens_at(&self) -> Option<u64> {
        self.closed().map(|guard| guard.opens_at).try_fold(0, |last, opens| Some(last.max(opens?)))
    }

    /// Reads the converter's state at the last block and simulates a conversion of a whole lot by `caller`.
    ///
    /// # Errors
    /// [`Error::Endpoint`], [`Error::Reverted`] when a contract is not what the deployment says.
    pub async fn read(chain: &FeeChain, caller: Address) -> Result<Self> {
        let mut attempt = 1;
        loop {
            let head = chain.head().await?;
            match at(chain, caller, head).await {
                Err(_) if attempt < ATTEMPTS && chain.head().await?.hash != head.hash => attempt += 1,
                result => return result,
            }
        }
    }
}

async fn at(chain: &FeeChain, caller: Address, head: Head) -> Result<Quote> {
    let block = BlockId::number(head.number);
    let state = State::read(chain, block).await?;
    let mut quote = Quote {
        block: head.number,
        time: head.timestamp,
        guards: state.guards(head.timestamp),
        lot: state.lot(chain, block).await?,
        expected: None,
        obstacle: None,
        mean_tick: state.market.as_ref().ok().map(|market| market.mean_tick),
        floor_tick: state.market.as_ref().ok().map(Market::floor_tick),
    };
    if let Some(at) = quote.opens_at().map(|opens| opens.max(head.timestamp)) {
        let call = FeeConverter::convertCall { maxIn: U256::MAX, minOut: U256::ZERO, deadline: U256::MAX };
        match chain.simulate(caller, chain.converter, &call, block, at).await {
            Ok(outcome) => {
                let (usdc_in, btrst_out) = (outcome.usdcIn, outcome.btrstOut);
                let bounded_by_price = quote.lot.as_ref().is_some_and(|lot| usdc_in < lot.usdc);
                quote.expected = Some(Expected { usdc_in, btrst_out, bounded_by_price, at });
            }
            Err(Error::Reverted { reason, .. }) => quote.obstacle = Some(reason),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(quote)
}

/// What the guards look at.
struct State {
    parameters: IFeeConverter::Parameters,
    paused_until: U256,
    next_conversion: U256,
    custody: U256,
    market: Result<Market, (U256, U256)>,
}

/// What the pool shows; missing when its history is too short.
struct Market {
    mean_tick: i32,
    short_tick: i32,
    spot_tick: i32,
    last_tick: i32,
    depth: u128,
    usdc_is_token0: bool,
}

impl State {
    async fn read(chain: &FeeChain, block: BlockId) -> Result<Self> {
        let custody = crate::chain::IErc20::balanceOfCall { account: chain.converter };
        Ok(Self {
            parameters: of_converter(chain, &FeeConverter::parametersCall {}, block).await?,
            paused_until: of_converter(chain, &FeeConverter::pausedUntilCall {}, block).await?,
            next_conversion: of_converter(chain, &FeeConverter::nextConversionTimeCall {}, block).await?,
            custody: chain.read(chain.usdc, &custody, block).await?,
            market: Market::read(chain, block).await?,
        })
    }

    fn guards(&self, now: u64) -> Vec<Guard> {
        let guards = &self.parameters;
        let waits = |guard, until: U256| {
            let passes = U256::from(now) >= until;
            let opens_at = (!passes).then(|| until.saturating_to());
            Guard { guard, passes, value: until.to_string(), limit: now.to_string(), opens_at }
        };
        let mut list = vec![
            waits(GuardName::Pause, self.paused_until),
            waits(GuardName::Cooldown, self.next_conversion),
        ];
        match &self.market {
            Ok(market) => {
                list.push(plain(
                    GuardName::History,
                    true,
                    format!("{} or more", guards.window),
                    guards.window,
                ));
                let near = |guard, tick: i32| {
                    let deviation = tick - market.mean_tick;
                    let passes = deviation.unsigned_abs() <= guards.maxDeviation.to::<u32>();
                    plain(guard, passes, format!("{deviation:+}"), format!("±{}", guards.maxDeviation))
                };
                list.push(near(GuardName::SpotPrice, market.spot_tick));
                list.push(near(GuardName::ShortPrice, market.short_tick));
                list.push(near(GuardName::LastPrice, market.last_tick));
                let passes = market.cheaper(market.spot_tick, market.last_tick) == market.spot_tick;
                // In the next block, which is a second later at the least, this price is the one that it begins with.
                let opens_at = (!passes).then(|| now.saturating_add(1));
                let guard = plain(GuardName::PriceRise, passes, market.spot_tick, market.last_tick);
                list.push(Guard { opens_at, ..guard });
                let passes = market.depth >= guards.minLiquidity;
                list.push(plain(GuardName::Depth, passes, market.depth, guards.minLiquidity));
            }
            Err((age, needed)) => {
                let missing = needed.saturating_sub(*age).saturating_to::<u64>();
                let guard = plain(GuardName::History, false, age, needed);
                list.push(Guard { opens_at: Some(now.saturating_add(missing)), ..guard });
            }
        }
        list.push(plain(GuardName::Custody, !self.custody.is_zero(), self.custody, "1"));
        list
    }

    async fn lot(&self, chain: &FeeChain, block: BlockId) -> Result<Option<Lot>> {
        if self.market.is_err() {
            return Ok(None);
        }
        let limit = of_converter(chain, &FeeConverter::lotLimitCall {}, block).await?;
        // An ABI knows an enum by its number only.
        let bound = match limit.limit {
            0 => Bound::Custody,
            1 => Bound::Parameter,
            2 => Bound::Depth,
            other => {
                return Err(Error::endpoint("answer `lotLimit`", format!("it names limit {other}")).into());
            }
        };
        let usdc = limit.allowed;
        let floor = of_converter(chain, &FeeConverter::quoteFloorCall { usdcIn: usdc }, block).await?;
        let parameter = U256::from(self.parameters.lot);
        Ok(Some(Lot { usdc, bound, custody: self.custody, parameter, floor }))
    }
}

impl Market {
    /// The market, or the history's age and the age that is needed.
    async fn read(chain: &FeeChain, block: BlockId) -> Result<Result<Self, (U256, U256)>> {
        let market = match of_converter(chain, &FeeConverter::marketCall {}, block).await {
            Ok(market) => market,
            Err(Error::Reverted { reason, .. }) if reason.starts_with("HistoryTooShort") => {
                let mut numbers =
                    reason.split(|c: char| !c.is_ascii_digit()).filter_map(|text| text.parse().ok());
                let (age, needed) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
                return Ok(Err((age, needed)));
            }
            Err(error) => return Err(error.into()),
        };
        let liquidity = chain.read(chain.pool, &IPool::liquidityCall {}, block).await?;
        let last = chain.read(chain.pool, &IPool::observeCall { secondsAgos: vec![1, 0] }, block).await?;
        // The accumulators wrap; over one second, their differences are the tick and the seconds per liquidity.
        let ([tick, tick_now], [depth, depth_now]) = (last.ticks.as_slice(), last.liquidities.as_slice())
        else {
            return Err(Error::endpoint("answer `observe`", "it has another number of observations").into());
        };
        let last_liquidity = liquidity_of_a_second(depth_now.wrapping_sub(*depth));
        Ok(Ok(Self {
            mean_tick: market.meanTick.as_i32(),
            short_tick: market.shortTick.as_i32(),
            spot_tick: market.spotTick.as_i32(),
            last_tick: i32::try_from(tick_now.wrapping_sub(*tick).as_i64()).unwrap_or_default(),
            depth: liquidity.min(last_liquidity).min(market.meanLiquidity),
            usdc_is_token0: chain.usdc < chain.btrst,
        }))
    }

    /// The tick of the two at which a USDC buys more BTRST.
    fn cheaper(&self, tick: i32, other: i32) -> i32 {
        if self.usdc_is_token0 { tick.max(other) } else { tick.min(other) }
    }

    fn floor_tick(&self) -> i32 {
        self.cheaper(self.mean_tick, self.cheaper(self.short_tick, self.last_tick))
    }
}

async fn of_converter<C: SolCall>(
    chain: &FeeChain,
    call: &C,
    block: BlockId,
) -> btrst_chain::Result<C::Return> {
    chain.read(chain.converter, call, block).await
}

fn plain(guard: GuardName, passes: bool, value: impl ToString, limit: impl ToString) -> Guard {
    Guard { guard, passes, value: value.to_string(), limit: limit.to_string(), opens_at: None }
}

/// Liquidity over a second in which the accumulator of seconds per liquidity grew by `growth`, as the converter has it.
fn liquidity_of_a_second(growth: U160) -> u128 {
    let mean = U512::from(U160::MAX).checked_div(U512::from(growth) << 32_usize);
    mean.unwrap_or_default().saturating_to()
}
