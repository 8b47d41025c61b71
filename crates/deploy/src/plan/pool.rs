//! Uniswap V3's pool: where it is, and the price it starts with.

use alloy::primitives::{Address, B256, U160, U256, b256, keccak256};
use alloy::sol_types::SolValue;

/// Hash of the creation code of Uniswap V3's pools, which is the same on every chain.
const POOL_INIT_CODE_HASH: B256 = b256!("e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54");

/// Base units of one BTRST.
const ONE_BTRST: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// Address of the pool of two tokens with `fee` in hundredths of a basis point.
pub(super) fn address(factory: Address, one: Address, other: Address, fee: u32) -> Address {
    let salt = keccak256((one.min(other), one.max(other), U256::from(fee)).abi_encode());
    factory.create2(salt, POOL_INIT_CODE_HASH)
}

/// Square root of the price of the first token in the second with 96 binary places, where one BTRST costs `price`
/// base units of USDC, above zero and below 2^64. Rounding down costs less than a billionth of it.
pub(super) fn sqrt_price(btrst: Address, usdc: Address, price: U256) -> U160 {
    let (over, under) = if btrst < usdc { (price, ONE_BTRST) } else { (ONE_BTRST, price) };
    let over: U256 = over << 192;
    let squared = over.checked_div(under).unwrap_or_default();
    squared.root(2).saturating_to()
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    #[test]
    fn the_live_pool_is_where_it_is_computed() {
        let factory = address!("1F98431c8aD98523631AE4a59f267346ea31F984");
        let btrst = address!("799ebfABE77a6E34311eeEe9825190B9ECe32824");
        let usdc = address!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
        let live = address!("0170915a0a6DE6EB8DFc4E0f7415aD5a5a2BE180");
        assert_eq!(address(factory, btrst, usdc, 10_000), live);
        assert_eq!(address(factory, usdc, btrst, 10_000), live);
    }

    #[test]
    fn the_price_holds_in_either_order() {
        let (low, high) = (Address::with_last_byte(1), Address::with_last_byte(2));
        let half = U256::from(500_000);
        // sqrt(5e-13) x 2^96 and sqrt(2e12) x 2^96, computed with 60 decimal digits.
        let expected = [
            (sqrt_price(low, high, half), "56022770974786139918731"),
            (sqrt_price(high, low, half), "112045541949572279837463876454916343"),
        ];
        for (price, expected) in expected {
            let expected: U160 = expected.parse().unwrap();
            assert!(price.abs_diff(expected) <= expected / U160::from(1_000_000_000), "{price}");
        }
    }
}
