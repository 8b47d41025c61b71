//! What the treasury has, and what proposals would take from it.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, U256},
    providers::Provider,
};
use btrst_bindings::BTRST;
use futures_util::future::try_join3;

use crate::{
    Action, Deployment, Result,
    governor::{Flavour, read, unanswered},
};

/// Amounts of the treasury's three currencies, in base units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funds {
    /// Wei.
    pub ether: U256,
    /// BTRST.
    pub btrst: U256,
    /// USDC; zero in a deployment without it.
    pub usdc: U256,
}

/// What the time lock of `deployment` has.
///
/// # Errors
/// If the endpoint or a token does not answer.
pub async fn funds<P: Provider>(provider: &P, deployment: &Deployment) -> Result<Funds> {
    let contracts = &deployment.contracts;
    let treasury = contracts.timelock;
    let balance =
        async |token: Address| read("balanceOf", BTRST::new(token, provider).balanceOf(treasury)).await;
    let ether = async { provider.get_balance(treasury).await.map_err(|error| unanswered("balance", error)) };
    let usdc = async {
        match contracts.usdc {
            Some(usdc) => balance(usdc).await,
            None => Ok(U256::ZERO),
        }
    };
    let (ether, btrst, usdc) = try_join3(ether, balance(contracts.btrst), usdc).await?;
    Ok(Funds { ether, btrst, usdc })
}

/// What actions would take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Ether sent along, and tokens sent or approved to others; sums beyond 256 bits stay at the greatest number.
    pub funds: Funds,
    /// Calls of which nobody can tell here what they take: of contracts or functions that the suite does not know.
    pub unknown: usize,
}

impl Claims {
    /// Adds what `action` would take from the treasury of `deployment`. At GovernorAlpha, ether of an action comes from
    /// whoever executes it.
    pub fn add(&mut self, action: &Action, deployment: &Deployment) {
        let contracts = &deployment.contracts;
        if deployment.flavour == Flavour::Braintrust {
            self.funds.ether = self.funds.ether.saturating_add(action.value);
        }
        if action.input().is_empty() {
            return;
        }
        let token = if action.target == contracts.btrst {
            Some(&mut self.funds.btrst)
        } else if Some(action.target) == contracts.usdc {
            Some(&mut self.funds.usdc)
        } else {
            None
        };
        let typed = action.typed(deployment);
        match (token, taken(&typed, contracts.timelock)) {
            (Some(sum), Some(amount)) => *sum = sum.saturating_add(amount),
            (None, _) if typed.is_known(deployment) => {}
            _ => self.unknown += 1,
        }
    }
}

/// Tokens that a call of a token takes from `treasury`; `None` for functions that are not known.
fn taken(action: &Action, treasury: Address) -> Option<U256> {
    let arguments = action.arguments().ok()?;
    let amount = |value: &DynSolValue| value.as_uint().map(|(amount, _)| amount);
    match (action.signature.as_str(), arguments.as_slice()) {
        ("transfer(address,uint256)" | "approve(address,uint256)", [to, value]) => {
            if to.as_address() == Some(treasury) { Some(U256::ZERO) } else { amount(value) }
        }
        ("transferFrom(address,address,uint256)", [from, to, value]) => {
            let leaves = from.as_address() == Some(treasury) && to.as_address() != Some(treasury);
            if leaves { amount(value) } else { Some(U256::ZERO) }
        }
        ("delegate(address)", [_]) => Some(U256::ZERO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::sample::deployment;

    #[test]
    fn claims_add_up() {
        let amara = Address::repeat_byte(0xa1);
        let treasury = Address::repeat_byte(2);
        let call = |target: u8, signature: &str, arguments: Vec<DynSolValue>| {
            Action::call(Address::repeat_byte(target), U256::ZERO, signature, arguments).unwrap()
        };
        let number = |value: u64| DynSolValue::from(U256::from(value));
        let transfer = |target, to: Address, value| {
            call(target, "transfer(address,uint256)", vec![to.into(), number(value)])
        };
        let actions = [
            Action::payment(amara, U256::from(7)),
            transfer(1, amara, 100),
            transfer(1, treasury, 1_000),
            transfer(6, amara, 20),
            call(1, "approve(address,uint256)", vec![amara.into(), number(5)]),
            call(1, "transferFrom(address,address,uint256)", vec![treasury.into(), amara.into(), number(3)]),
            call(1, "transferFrom(address,address,uint256)", vec![amara.into(), treasury.into(), number(9)]),
            call(1, "delegate(address)", vec![amara.into()]),
            call(4, "setMarketplaceFee(uint8)", vec![12_u8.into()]),
            call(1, "burn(uint256)", vec![number(1)]),
            call(0xa1, "f()", vec![]),
            transfer(1, amara, 0),
        ];
        let mut claims = Claims::default();
        for action in &actions {
            claims.add(action, &deployment());
        }
        let funds = Funds { ether: U256::from(7), btrst: U256::from(108), usdc: U256::from(20) };
        assert_eq!(claims, Claims { funds, unknown: 2 });
        let all = call(1, "approve(address,uint256)", vec![amara.into(), U256::MAX.into()]);
        claims.add(&all, &deployment());
        assert_eq!(claims.funds.btrst, U256::MAX);
        let alpha = Deployment { flavour: Flavour::Alpha, ..deployment() };
        let mut claims = Claims::default();
        claims.add(&Action::payment(amara, U256::from(7)), &alpha);
        assert_eq!(claims, Claims::default());
    }

    #[test]
    fn call_data_with_its_selector_counts() {
        let transfer = Action::call(
            Address::repeat_byte(1),
            U256::ZERO,
            "transfer(address,uint256)",
            vec![Address::ZERO.into(), U256::from(1).into()],
        )
        .unwrap();
        let raw = Action { signature: String::new(), calldata: transfer.input(), ..transfer };
        let mut claims = Claims::default();
        claims.add(&raw, &deployment());
        assert_eq!(claims.unknown, 0);
        assert_eq!(claims.funds.btrst, U256::from(1));
    }
}
