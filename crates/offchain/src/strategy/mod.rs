//! Strategies: what adds up to voting power, read from the chain at the block of the proposal.

mod balances;
mod call;
mod delegation;

use std::collections::{HashMap, HashSet};

use alloy::eips::BlockId;
use alloy::json_abi::Function;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use btrst_chain::Chain;
use serde_json::{Map, Value};

pub use delegation::REGISTRY;

use crate::message::address;
use crate::space::{MAX_STRATEGIES, StrategySettings};
use crate::tally::{DECIMALS, Power};
use crate::{Error, Result};

/// Most levels of strategies in strategies.
const MAX_DEPTH: usize = 4;

/// A strategy with what it wants to know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// Tokens of the voter.
    Erc20BalanceOf(Token),
    /// Votes that Compound's tokens count: those delegated to the voter, with its own if it delegates to itself.
    CompLikeVotes(Token),
    /// Power of those who delegate to the voter in the registry of delegates and do not vote themselves.
    Delegation {
        /// What counts for them.
        strategies: Vec<Strategy>,
        /// The space whose delegations count; that of the vote where there is none.
        space: Option<String>,
    },
    /// The number that a contract gives for the voter.
    ContractCall {
        /// The contract.
        address: Address,
        /// The function.
        function: Box<Function>,
        /// Its arguments; `%{address}` stands for the voter.
        arguments: Vec<Value>,
        /// Decimals of the number.
        decimals: u8,
    },
    /// The same for everybody.
    Ticket(Power),
    /// One vote for each of these.
    Whitelist(HashSet<Address>),
    /// Square root of the power by another strategy: quadratic weight.
    SquareRoot(Box<Strategy>),
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The contract.
    pub address: Address,
    /// Its decimals.
    pub decimals: u8,
}

impl Strategy {
    /// The strategy of a space's settings.
    ///
    /// # Errors
    /// [`Error::UnknownStrategy`], [`Error::Strategy`].
    pub fn of(settings: &StrategySettings) -> Result<Self> {
        Self::at_depth(settings, MAX_DEPTH)
    }

    /// Whether a voter's power depends on who else votes: who votes has not delegated.
    #[must_use]
    pub fn depends_on_others(&self) -> bool {
        match self {
            Self::Delegation { .. } => true,
            Self::SquareRoot(strategy) => strategy.depends_on_others(),
            _ => false,
        }
    }

    fn at_depth(settings: &StrategySettings, depth: usize) -> Result<Self> {
        let StrategySettings { name, params, .. } = settings;
        let wrong = |reason: &str| Error::Strategy { name: name.clone(), reason: reason.to_owned() };
        let depth = depth.checked_sub(1).ok_or_else(|| wrong("strategies in strategies in strategies"))?;
        let inner = |value: &Value| {
            let settings: StrategySettings =
                serde_json::from_value(value.clone()).map_err(|error| wrong(&error.to_string()))?;
            Self::at_depth(&settings, depth)
        };
        Ok(match name.as_str() {
            "erc20-balance-of" => Self::Erc20BalanceOf(token(name, params)?),
            "comp-like-votes" => Self::CompLikeVotes(token(name, params)?),
            "delegation" | "erc20-balance-of-delegation" => {
                let strategies = match (name.as_str(), params.get("strategies").and_then(Value::as_array)) {
                    ("delegation", Some(list)) if (1..=MAX_STRATEGIES).contains(&list.len()) => {
                        list.iter().map(inner).collect::<Result<_>>()?
                    }
                    ("delegation", _) => return Err(wrong("there are not 1 to 10 `strategies`")),
                    _ => vec![Self::Erc20BalanceOf(token(name, params)?)],
                };
                let space = params.get("delegationSpace").and_then(Value::as_str).map(str::to_owned);
                Self::Delegation { strategies, space }
            }
            "contract-call" => call::parse(name, params)?,
            "ticket" => {
                let value = params.get("value").map_or(Some(1.0), Value::as_f64);
                let value = value.filter(|value| value.is_finite() && *value >= 0.0);
                let total =
                    crate::tally::Total::of_votes(value.ok_or_else(|| wrong("`value` is not a number"))?);
                let units = u128::try_from(total.0).map_err(|_| wrong("`value` is too large"))?;
                Self::Ticket(Power::new(units))
            }
            "whitelist" => {
                let list = params.get("addresses").and_then(Value::as_array).cloned().unwrap_or_default();
                let accounts = list.iter().map(|text| text.as_str().and_then(address));
                Self::Whitelist(
                    accounts
                        .collect::<Option<_>>()
                        .ok_or_else(|| wrong("`addresses` are not all addresses"))?,
                )
            }
            "math" => {
                let operand = params.get("operands").and_then(Value::as_array).map(Vec::as_slice);
                match (params.get("operation").and_then(Value::as_str), operand) {
                    (Some("square-root"), Some([operand])) if operand.get("strategy").is_some() => {
                        let strategy = operand.get("strategy").unwrap_or(&Value::Null);
                        Self::SquareRoot(Box::new(inner(strategy)?))
                    }
                    _ => return Err(wrong("only `square-root` of one strategy is known")),
                }
            }
            _ => return Err(Error::UnknownStrategy(crate::error::shown(name))),
        })
    }
}

fn token(name: &str, params: &Map<String, Value>) -> Result<Token> {
    let wrong = |reason: &str| Error::Strategy { name: name.to_owned(), reason: reason.to_owned() };
    let account = params.get("address").and_then(Value::as_str).and_then(address);
    let address = account.ok_or_else(|| wrong("`address` is not an address"))?;
    Ok(Token { address, decimals: decimals(name, params)? })
}

/// 18 unless stated. More have no place in [`Power`].
fn decimals(name: &str, params: &Map<String, Value>) -> Result<u8> {
    let stated = params.get("decimals").map_or(Some(u64::from(DECIMALS)), Value::as_u64);
    let decimals =
        stated.and_then(|decimals| u8::try_from(decimals).ok()).filter(|decimals| *decimals <= DECIMALS);
    decimals
        .ok_or_else(|| Error::Strategy { name: name.to_owned(), reason: "`decimals` is not 0 to 18".into() })
}

/// Whether a voter's power by `strategies` depends on who else votes.
#[must_use]
pub fn depend_on_others(strategies: &[StrategySettings]) -> bool {
    strategies
        .iter()
        .any(|settings| Strategy::of(settings).is_ok_and(|strategy| strategy.depends_on_others()))
}

/// Reads voting power of one block.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    chain: &'a Chain,
    block: u64,
    /// First block whose events count.
    first: u64,
    /// Whether the endpoint knows the state of `block`.
    has_state: bool,
}

impl<'a> Reader<'a> {
    /// Powers at the end of `block`. Where the endpoint has not kept the state of that block, balances are added up from
    /// the transfers since the block `first`, in which the token must not have been there yet.
    ///
    /// # Errors
    /// [`Error::Chain`] when the endpoint does not answer, [`Error::BlockNotThere`].
    pub async fn new(chain: &'a Chain, block: u64, first: u64) -> Result<Self> {
        let head = chain.head().await?.number;
        if block > head {
            return Err(Error::BlockNotThere { block, head });
        }
        let probe = chain.provider().get_balance(Address::ZERO).block_id(BlockId::number(block)).await;
        let has_state = match probe {
            Ok(_) => true,
            // It answers, but not this: the state is gone. Whatever else is wrong shows with the next request.
            Err(error) if error.as_error_resp().is_some() => false,
            Err(error) => chain.asked("name a balance", Err(error))?,
        };
        Ok(Self { chain, block, first, has_state })
    }

    /// The same with balances from transfers in any case: for an endpoint that answers about old blocks, but wrongly.
    #[must_use]
    pub fn by_events(self) -> Self {
        Self { has_state: false, ..self }
    }

    /// Whether balances come from the state of the block, and not from transfers.
    #[must_use]
    pub const fn has_state(&self) -> bool {
        self.has_state
    }

    /// Power of each of `voters` by each of `strategies`, in a vote of `space`.
    ///
    /// # Errors
    /// [`Error::Chain`], [`Error::UnknownStrategy`], [`Error::Strategy`], [`Error::OtherNetwork`], [`Error::NoState`],
    /// [`Error::PowerTooLarge`].
    pub async fn powers(
        &self,
        space: &str,
        strategies: &[StrategySettings],
        voters: &[Address],
    ) -> Result<Vec<Vec<Power>>> {
        let mut powers = Vec::with_capacity(strategies.len());
        for settings in strategies {
            if let Some(network) =
                settings.network.as_deref().filter(|network| **network != *self.chain.id.to_string())
            {
                return Err(Error::OtherNetwork {
                    network: crate::error::shown(network),
                    chain: self.chain.id,
                });
            }
            powers.push(self.power(space, &Strategy::of(settings)?, voters).await?);
        }
        Ok(powers)
    }

    /// Power of each of `voters` by `strategy`.
    ///
    /// # Errors
    /// As [`Reader::powers`].
    pub async fn power(&self, space: &str, strategy: &Strategy, voters: &[Address]) -> Result<Vec<Power>> {
        match strategy {
            Strategy::Erc20BalanceOf(token) => {
                let balances = if self.has_state {
                    balances::at_block(self.chain, token.address, voters, self.block).await?
                } else {
                    balances::replayed(self.chain, token.address, voters, self.first, self.block).await?
                };
                scaled(&balances, token.decimals)
            }
            Strategy::CompLikeVotes(token) => {
                scaled(&balances::votes(self.chain, token.address, voters, self.block).await?, token.decimals)
            }
            Strategy::Delegation { strategies, space: other } => {
                let space = other.as_deref().unwrap_or(space);
                let delegators =
                    delegation::delegators(self.chain, space, voters, self.first, self.block).await?;
                let everybody: Vec<_> = delegators.values().flatten().copied().collect();
                let mut own: HashMap<Address, Power> = HashMap::new();
                for strategy in strategies {
                    let powers = Box::pin(self.power(space, strategy, &everybody)).await?;
                    for (account, power) in everybody.iter().zip(powers) {
                        let sum = own.entry(*account).or_default();
                        *sum = sum.checked_add(power).ok_or(Error::PowerTooLarge)?;
                    }
                }
                let of = |voter: &Address| {
                    let delegators = delegators.get(voter).map(Vec::as_slice).unwrap_or_default();
                    let powers =
                        delegators.iter().map(|account| own.get(account).copied().unwrap_or_default());
                    powers.into_iter().try_fold(Power::ZERO, Power::checked_add).ok_or(Error::PowerTooLarge)
                };
                voters.iter().map(of).collect()
            }
            Strategy::ContractCall { address, function, arguments, decimals } => {
                if !self.has_state {
                    return Err(Error::NoState { block: self.block, what: "contract-call" });
                }
                scaled(
                    &call::numbers(self.chain, *address, function, arguments, voters, self.block).await?,
                    *decimals,
                )
            }
            Strategy::Ticket(power) => Ok(vec![*power; voters.len()]),
            Strategy::Whitelist(list) => {
                let one = Power::new(10_u128.pow(u32::from(DECIMALS)));
                Ok(voters.iter().map(|voter| if list.contains(voter) { one } else { Power::ZERO }).collect())
            }
            Strategy::SquareRoot(strategy) => {
                let powers = Box::pin(self.power(space, strategy, voters)).await?;
                Ok(powers.into_iter().map(root).collect())
            }
        }
    }
}

/// Square root of a number of votes, rounded down to a unit.
fn root(power: Power) -> Power {
    let units = U256::from(power.units()) * U256::from(10_u64).pow(U256::from(DECIMALS));
    // The root of a number below 2^188 has less than 128 bits.
    Power::new(units.root(2).saturating_to())
}

fn scaled(amounts: &[U256], decimals: u8) -> Result<Vec<Power>> {
    amounts.iter().map(|amount| Power::scaled(*amount, decimals).ok_or(Error::PowerTooLarge)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(json: Value) -> Result<Strategy> {
        Strategy::of(&serde_json::from_value(json).unwrap())
    }

    #[test]
    fn roots_are_those_of_whole_votes() {
        let vote = 10_u128.pow(18);
        assert_eq!(root(Power::new(9 * vote)), Power::new(3 * vote));
        assert_eq!(root(Power::new(2 * vote)), Power::new(1_414_213_562_373_095_048));
        assert_eq!(root(Power::ZERO), Power::ZERO);
        assert_eq!(root(Power::new(1)), Power::new(1_000_000_000));
    }

    #[test]
    fn parameters_are_read_and_wrong_ones_refused() {
        let token = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824";
        let balance = json!({"name": "erc20-balance-of", "params": {"address": token, "symbol": "BTRST", "decimals": 18}});
        let expected = Strategy::Erc20BalanceOf(Token { address: token.parse().unwrap(), decimals: 18 });
        assert_eq!(parsed(balance.clone()).unwrap(), expected);
        let root = json!({"name": "math", "params": {"operation": "square-root", "operands": [{"type": "strategy", "strategy": balance}]}});
        assert_eq!(parsed(root).unwrap(), Strategy::SquareRoot(Box::new(expected.clone())));
        let delegated = json!({"name": "erc20-balance-of-delegation", "params": {"address": token}});
        assert_eq!(
            parsed(delegated).unwrap(),
            Strategy::Delegation { strategies: vec![expected], space: None }
        );
        assert_eq!(parsed(json!({"name": "ticket"})).unwrap(), Strategy::Ticket(Power::new(10_u128.pow(18))));

        let mut deep = json!({"name": "ticket"});
        for _ in 0..5 {
            deep = json!({"name": "delegation", "params": {"strategies": [deep]}});
        }
        let table = [
            (json!({"name": "erc20-votes"}), "unknown strategy `erc20-votes`"),
            (
                json!({"name": "erc20-balance-of", "params": {"address": "0x1"}}),
                "`address` is not an address",
            ),
            (
                json!({"name": "erc20-balance-of", "params": {"address": token, "decimals": 19}}),
                "`decimals` is not 0 to 18",
            ),
            (json!({"name": "ticket", "params": {"value": -1}}), "`value` is not a number"),
            (
                json!({"name": "whitelist", "params": {"addresses": [token, 1]}}),
                "`addresses` are not all addresses",
            ),
            (json!({"name": "math", "params": {"operation": "cube-root"}}), "only `square-root`"),
            (json!({"name": "delegation", "params": {}}), "there are not 1 to 10 `strategies`"),
            (deep, "strategies in strategies"),
        ];
        for (json, reason) in table {
            let error = parsed(json).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
