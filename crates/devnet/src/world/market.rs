//! Real Uniswap V3, and the BTRST/USDC pool that fees are converted in.

use alloy::primitives::aliases::{I24, U24, U160};
use alloy::primitives::{Address, U256, keccak256};
use alloy::sol_types::SolValue;
use btrst_gov::parameters::btrst;

use super::Seeding;
use super::allocation::usdc;
use super::transactions::Transactions;
use crate::artifact::{POSITION_MANAGER, QUOTER, SWAP_ROUTER, V3_FACTORY, V3_POOL, WETH9};
use crate::chain::SLOT;
use crate::{
    Call, IToken, IUniswapV3Factory, IUniswapV3Pool, IUniswapV3Positions, IUniswapV3Router, Name, Repository,
    Result,
};

/// Fee of the pool, in hundredths of a basis point: 1%, the live tier.
const FEE: u32 = 10_000;

/// Outermost tick that the spacing of the 1% tier, 200, permits: the whole range of prices.
const FULL_RANGE: i32 = 887_200;

/// BTRST in the pool.
pub(super) const POOL_BTRST: U256 = btrst(500_000);

/// USDC in the pool: 0.50 USDC per BTRST.
const POOL_USDC: U256 = usdc(250_000);

/// Observations that the pool can keep: with one per 12-second block, an hour.
const CARDINALITY: u16 = 300;

/// Observations added per transaction, of about 22,000 gas each: far below a transaction's 16.7 million.
const CARDINALITY_STEP: usize = 150;

/// Gas limit of such a transaction.
const CARDINALITY_GAS: u64 = 5_000_000;

/// Rounds of one purchase or sale each, which alternate.
const ROUNDS: u64 = 8;

/// Seconds between two rounds. All of them together are more than the 1,800 seconds the converter looks back.
const ROUND: u64 = 300;

/// USDC of a purchase: moves the price by less than a thousandth.
const PURCHASE: U256 = usdc(100);

/// BTRST of a sale: what the purchase bought, about.
const SALE: U256 = btrst(200);

/// Uniswap V3 and the pool.
pub(super) struct Venue {
    pub(super) weth: Address,
    pub(super) factory: Address,
    pub(super) router: Address,
    pub(super) positions: Address,
    pub(super) quoter: Address,
    pub(super) pool: Address,
    btrst: Address,
    usdc: Address,
}

impl Venue {
    /// Deploys Uniswap V3 and the pool, initialised and with room for its history.
    pub(super) fn deploy(
        transactions: &mut Transactions<'_>,
        repository: &Repository,
        btrst: Address,
        usdc: Address,
    ) -> Result<Self> {
        let weth = transactions.deploy_package(WETH9, &[])?;
        let factory = transactions.deploy_package(V3_FACTORY, &[])?;
        let router = transactions.deploy_package(SWAP_ROUTER, &(factory, weth).abi_encode())?;
        // Without a descriptor, positions have no picture; nothing else needs it.
        let positions =
            transactions.deploy_package(POSITION_MANAGER, &(factory, weth, Address::ZERO).abi_encode())?;
        let quoter = transactions.deploy_package(QUOTER, &(factory, weth).abi_encode())?;

        let fee = U24::from(FEE);
        transactions.push(
            Name::Deployer,
            Call::new(factory, &IUniswapV3Factory::createPoolCall { tokenA: btrst, tokenB: usdc, fee })
                .with_gas_limit(CARDINALITY_GAS * 2),
        );
        // Uniswap's own governance owns the factory on mainnet; here nobody does.
        transactions.call(factory, &IUniswapV3Factory::setOwnerCall { owner: Address::ZERO });
        let salt = keccak256((btrst.min(usdc), btrst.max(usdc), U256::from(FEE)).abi_encode());
        let pool = factory.create2(salt, keccak256(repository.creation_code(V3_POOL)?));
        let venue = Self { weth, factory, router, positions, quoter, pool, btrst, usdc };
        transactions.call(pool, &IUniswapV3Pool::initializeCall { sqrtPriceX96: venue.initial_price() });
        for cardinality in (0..=CARDINALITY).step_by(CARDINALITY_STEP).skip(1) {
            let grow = IUniswapV3Pool::increaseObservationCardinalityNextCall {
                observationCardinalityNext: cardinality,
            };
            transactions.push(Name::Deployer, Call::new(pool, &grow).with_gas_limit(CARDINALITY_GAS));
        }
        Ok(venue)
    }

    /// Whether BTRST is the pool's first token. Its order is that of the addresses.
    fn btrst_is_first(&self) -> bool {
        self.btrst < self.usdc
    }

    /// Square root of the price of the first token in the second, with 96 binary places.
    fn initial_price(&self) -> U160 {
        // Reduced to lowest terms, so that the shift does not overflow: 2e12 base units of BTRST per one of USDC.
        let btrst_per_usdc = POOL_BTRST / POOL_USDC;
        // Rounding down costs less than a billionth.
        let squared: U256 = if self.btrst_is_first() {
            (U256::from(1) << 192) / btrst_per_usdc
        } else {
            btrst_per_usdc << 192
        };
        squared.root(2).to()
    }

    /// Provides liquidity over the whole range out of the deployer's BTRST; the position belongs to `treasury`.
    pub(super) fn fund(&self, transactions: &mut Transactions<'_>, deployer: Address, treasury: Address) {
        transactions.call(self.usdc, &IToken::mintCall { account: deployer, amount: POOL_USDC });
        let sides = [(self.btrst, POOL_BTRST), (self.usdc, POOL_USDC)];
        for (token, amount) in sides {
            transactions.call(token, &IToken::approveCall { spender: self.positions, amount });
        }
        let [(token0, amount0), (token1, amount1)] =
            if self.btrst_is_first() { sides } else { [sides[1], sides[0]] };
        let params = IUniswapV3Positions::MintParams {
            token0,
            token1,
            fee: U24::from(FEE),
            tickLower: -tick(FULL_RANGE),
            tickUpper: tick(FULL_RANGE),
            amount0Desired: amount0,
            amount1Desired: amount1,
            amount0Min: U256::ZERO,
            amount1Min: U256::ZERO,
            recipient: treasury,
            deadline: U256::MAX,
        };
        transactions.call(self.positions, &IUniswapV3Positions::mintCall { params });
    }

    /// Lets the trader buy and sell in turn, until the pool's history is long enough for the converter.
    pub(super) async fn trade(&self, seeding: &Seeding<'_>) -> Result<()> {
        let trader = seeding.accounts.get(Name::Trader);
        let approve = |token, amount| {
            let approval = IToken::approveCall { spender: self.router, amount };
            (trader, Call::new(token, &approval))
        };
        let rounds = U256::from(ROUNDS);
        seeding
            .chain
            .send_all(&[approve(self.usdc, PURCHASE * rounds), approve(self.btrst, SALE * rounds)])
            .await?;
        for round in 0..ROUNDS {
            seeding.chain.mine(ROUND / SLOT - 1).await?;
            let (token_in, token_out, amount_in) = if round % 2 == 0 {
                (self.usdc, self.btrst, PURCHASE)
            } else {
                (self.btrst, self.usdc, SALE)
            };
            let params = IUniswapV3Router::ExactInputSingleParams {
                tokenIn: token_in,
                tokenOut: token_out,
                fee: U24::from(FEE),
                recipient: trader.address(),
                deadline: U256::MAX,
                amountIn: amount_in,
                amountOutMinimum: U256::ZERO,
                sqrtPriceLimitX96: U160::ZERO,
            };
            let swap = Call::new(self.router, &IUniswapV3Router::exactInputSingleCall { params });
            seeding.chain.send(trader, swap).await?;
        }
        Ok(())
    }
}

/// `value`, which is well within 24 bits.
fn tick(value: i32) -> I24 {
    I24::try_from(value).unwrap_or(I24::MAX)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::uint;

    use super::*;

    fn venue(btrst: u8, usdc: u8) -> Venue {
        let [weth, factory, router, positions, quoter, pool] = [Address::ZERO; 6];
        let [btrst, usdc] = [btrst, usdc].map(Address::with_last_byte);
        Venue { weth, factory, router, positions, quoter, pool, btrst, usdc }
    }

    #[test]
    fn the_price_is_half_a_dollar_in_either_order() {
        // sqrt(5e-13) x 2^96 and sqrt(2e12) x 2^96, computed with 60 decimal digits.
        let expected = [
            (venue(1, 2), uint!(56_022_770_974_786_139_918_731_U256)),
            (venue(2, 1), uint!(112_045_541_949_572_279_837_463_876_454_916_343_U256)),
        ];
        for (venue, expected) in expected {
            let price = U256::from(venue.initial_price());
            assert!(price.abs_diff(expected) <= expected / U256::from(1_000_000_000), "{price}");
        }
    }
}
