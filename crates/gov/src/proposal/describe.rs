//! Actions in words, with the names of a deployment and the units of the suite's own functions.

use alloy::{
    dyn_abi::DynSolValue,
    hex,
    primitives::{Address, U256},
};

use super::{
    Action,
    signature::{Signature, selector},
};
use crate::{
    Deployment,
    amount::{Amount, Unit},
    converter::SET_PARAMETERS,
};

/// What a known parameter counts.
#[derive(Clone, Copy)]
enum Measure {
    Nothing,
    /// The contract's own token.
    OwnToken,
    Btrst,
    Blocks,
    Seconds,
    Percent,
}

use Measure::*;

/// A parameter of a function that the suite knows.
pub(super) struct Parameter {
    name: &'static str,
    measure: Measure,
    contract: &'static str,
}

impl Parameter {
    /// The unit of an amount for this parameter; plain where it counts no tokens.
    pub fn unit(&self) -> Unit {
        match (self.measure, self.contract) {
            (Btrst, _) | (OwnToken, "btrst") => Unit::Btrst,
            (OwnToken, "usdc") => Unit::Usdc,
            (OwnToken, "weth") => Unit::Ether,
            _ => Unit::Plain(0),
        }
    }

    /// Whether its number counts something that a reader should see in the description.
    pub fn is_measured(&self) -> bool {
        !matches!(self.measure, Nothing)
    }

    fn show(&self, value: U256) -> String {
        let amount = Amount::new(value, self.unit());
        match self.measure {
            Nothing => value.to_string(),
            OwnToken | Btrst => amount.to_string(),
            Blocks => format!("{amount} blocks"),
            Seconds => format!("{amount} seconds"),
            Percent => format!("{amount}%"),
        }
    }
}

type Row = (&'static [&'static str], &'static str, &'static [(&'static str, Measure)]);

const TOKENS: &[&str] = &["btrst", "usdc", "weth"];

/// Functions that proposals of this DAO call. Solidity's signatures carry no names; these are the interfaces' own.
const KNOWN: &[Row] = &[
    (TOKENS, "transfer(address,uint256)", &[("to", Nothing), ("amount", OwnToken)]),
    (TOKENS, "approve(address,uint256)", &[("spender", Nothing), ("amount", OwnToken)]),
    (
        TOKENS,
        "transferFrom(address,address,uint256)",
        &[("from", Nothing), ("to", Nothing), ("amount", OwnToken)],
    ),
    (&["btrst"], "delegate(address)", &[("delegatee", Nothing)]),
    (&["governance_decisions"], "setMarketplaceFee(uint8)", &[("fee", Percent)]),
    (&["governance_decisions"], "addMarketplaceCategory(string)", &[("category", Nothing)]),
    (&["governance_decisions"], "removeMarketplaceCategory(string)", &[("category", Nothing)]),
    (&["governance_decisions"], "addFoundationMember(string)", &[("member", Nothing)]),
    (&["governance_decisions"], "removeFoundationMember(string)", &[("member", Nothing)]),
    (&["timelock"], "setDelay(uint256)", &[("delay", Seconds)]),
    (&["timelock"], "setPendingAdmin(address)", &[("pendingAdmin", Nothing)]),
    (&["governor"], "_setVotingDelay(uint256)", &[("votingDelay", Blocks)]),
    (&["governor"], "_setVotingPeriod(uint256)", &[("votingPeriod", Blocks)]),
    (&["governor"], "_setProposalThreshold(uint256)", &[("proposalThreshold", Btrst)]),
    (&["governor"], "_setQuorumVotes(uint256)", &[("quorumVotes", Btrst)]),
    (
        &["governor"],
        "_setWhitelistAccountExpiration(address,uint256)",
        &[("account", Nothing), ("expiration", Nothing)],
    ),
    (&["governor"], "_setWhitelistGuardian(address)", &[("account", Nothing)]),
    (&["governor"], "_setProposalGuardian((address,uint96))", &[("guardian", Nothing)]),
    (&["fee_converter"], SET_PARAMETERS, &[("parameters", Nothing)]),
    (&["fee_converter"], "setGuardian(address)", &[("guardian", Nothing)]),
    (&["fee_converter"], "sweep(address)", &[("token", Nothing)]),
    (&["fee_converter"], "unpause()", &[]),
];

/// The parameters of `signature` at `target`, where the suite knows them.
pub(super) fn parameters_of(
    deployment: &Deployment,
    target: Address,
    signature: &str,
) -> Option<Vec<Parameter>> {
    let contract = contract_at(deployment, target)?;
    let (_, _, parameters) =
        KNOWN.iter().find(|(contracts, known, _)| *known == signature && contracts.contains(&contract))?;
    Some(parameters.iter().map(|&(name, measure)| Parameter { name, measure, contract }).collect())
}

impl Action {
    /// The action in one line for people, such as `BTRST.transfer(to = amara, amount = 25,000 BTRST)`: addresses by
    /// the deployment's names, amounts in units where the function is known. Text of the chain is escaped, and call
    /// data that cannot be read strictly is shown raw.
    pub fn describe(&self, deployment: &Deployment) -> String {
        let ether = Amount::new(self.value, Unit::Ether);
        if self.signature.is_empty() && self.calldata.is_empty() {
            return format!("send {ether} to {}", address_name(deployment, self.target));
        }
        let call = self.describe_call(deployment).unwrap_or_else(|| {
            let signature = match self.signature.as_str() {
                "" => String::new(),
                text => format!(" as {text:?}"),
            };
            format!(
                "{} called with {}{signature}",
                label(deployment, self.target),
                hex::encode_prefixed(&self.calldata)
            )
        });
        if self.value.is_zero() { call } else { format!("{call}, sending {ether}") }
    }

    /// The action with the signature of a function that the suite knows, where the call data starts with its
    /// selector; any other one as it is.
    pub fn typed(&self, deployment: &Deployment) -> Self {
        let known = || {
            let (start, data) = self.calldata.split_at_checked(4)?;
            let contract = contract_at(deployment, self.target)?;
            let known = |row: &&Row| row.0.contains(&contract) && selector(row.1) == start;
            Some((KNOWN.iter().find(known)?.1, data))
        };
        match self.signature.is_empty().then(known).flatten() {
            Some((signature, data)) => {
                Self { signature: signature.into(), calldata: data.to_vec().into(), ..self.clone() }
            }
            None => self.clone(),
        }
    }

    /// Whether it calls a function that the suite knows.
    pub fn is_known(&self, deployment: &Deployment) -> bool {
        parameters_of(deployment, self.target, &self.signature).is_some()
    }

    fn describe_call(&self, deployment: &Deployment) -> Option<String> {
        let typed = self.typed(deployment);
        let signature = Signature::parse(&typed.signature).ok()?;
        let known = parameters_of(deployment, self.target, signature.text);
        let arguments = signature.decode(&typed.calldata).ok()?;
        let shown = arguments.iter().enumerate().map(|(index, value)| {
            let parameter = known.as_ref().and_then(|known| known.get(index));
            match (parameter, value) {
                (Some(parameter), DynSolValue::Uint(number, _)) => {
                    format!("{} = {}", parameter.name, parameter.show(*number))
                }
                (Some(parameter), value) => format!("{} = {}", parameter.name, show(deployment, value)),
                (None, value) => show(deployment, value),
            }
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        Some(format!("{}.{}({shown})", label(deployment, self.target), signature.name))
    }
}

fn show(deployment: &Deployment, value: &DynSolValue) -> String {
    let all =
        |values: &[DynSolValue]| values.iter().map(|v| show(deployment, v)).collect::<Vec<_>>().join(", ");
    match value {
        DynSolValue::Address(address) => address_name(deployment, *address),
        DynSolValue::Bool(value) => value.to_string(),
        DynSolValue::Uint(value, _) => value.to_string(),
        DynSolValue::Int(value, _) => value.to_string(),
        DynSolValue::String(text) => format!("{text:?}"),
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        DynSolValue::FixedBytes(word, size) => hex::encode_prefixed(word.get(..*size).unwrap_or(&word[..])),
        DynSolValue::Function(function) => hex::encode_prefixed(function.as_slice()),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => format!("[{}]", all(values)),
        DynSolValue::Tuple(values) | DynSolValue::CustomStruct { tuple: values, .. } => {
            format!("({})", all(values))
        }
    }
}

fn address_name(deployment: &Deployment, address: Address) -> String {
    deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned)
}

pub(super) fn contract_at(deployment: &Deployment, address: Address) -> Option<&'static str> {
    deployment.contracts.iter().find(|(_, known)| *known == address).map(|(name, _)| name)
}

/// The contract's own spelling of its name, or the account's name, or the address.
fn label(deployment: &Deployment, address: Address) -> String {
    let name = match contract_at(deployment, address) {
        Some("btrst") => "BTRST",
        Some("timelock") => "Timelock",
        Some("governor") => "Governor",
        Some("governance_decisions") => "GovernanceDecisions",
        Some("fee_converter") => "FeeConverter",
        Some("usdc") => "USDC",
        Some("weth") => "WETH",
        _ => return address_name(deployment, address),
    };
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::sample::deployment;

    #[test]
    fn describes_with_names_and_units() {
        let amara = || DynSolValue::Address(Address::repeat_byte(0xa1));
        let stranger = Address::repeat_byte(0xff);
        let uint = |value: u64| DynSolValue::Uint(U256::from(value), 256);
        let table = [
            (
                6,
                "transfer(address,uint256)",
                vec![amara(), uint(25_000_500_000)],
                "USDC.transfer(to = amara, amount = 25,000.5 USDC)",
            ),
            (
                3,
                "_setVotingPeriod(uint256)",
                vec![uint(17_280)],
                "Governor._setVotingPeriod(votingPeriod = 17,280 blocks)",
            ),
            (2, "setDelay(uint256)", vec![uint(604_800)], "Timelock.setDelay(delay = 604,800 seconds)"),
            (
                3,
                "_setWhitelistAccountExpiration(address,uint256)",
                vec![stranger.into(), uint(1_700_000_000)],
                "Governor._setWhitelistAccountExpiration(account = 0xFFfFfFffFFfffFFfFFfFFFFFffFFFffffFfFFFfF, \
                 expiration = 1700000000)",
            ),
            (5, "unpause()", vec![], "FeeConverter.unpause()"),
            (
                1,
                "f((address,bool)[],bytes)",
                vec![
                    DynSolValue::Array(vec![DynSolValue::Tuple(vec![amara(), true.into()])]),
                    DynSolValue::Bytes(vec![0xab]),
                ],
                "BTRST.f([(amara, true)], 0xab)",
            ),
            (
                4,
                "addMarketplaceCategory(string)",
                vec![DynSolValue::String("\u{1b}[2J\u{202e}x".into())],
                "GovernanceDecisions.addMarketplaceCategory(category = \"\\u{1b}[2J\\u{202e}x\")",
            ),
        ];
        for (byte, signature, arguments, expected) in table {
            let target = Address::repeat_byte(byte);
            let action = Action::call(target, U256::ZERO, signature, arguments).unwrap();
            assert_eq!(action.describe(&deployment()), expected);
            let known = parameters_of(&deployment(), target, signature).is_some();
            let without_signature = Action { signature: String::new(), calldata: action.input(), ..action };
            if known {
                assert_eq!(without_signature.describe(&deployment()), expected);
            }
        }
    }

    #[test]
    fn describes_what_it_cannot_read_raw() {
        let deployment = deployment();
        let raw = |signature: &str, calldata: &'static [u8]| Action {
            target: Address::repeat_byte(2),
            value: U256::from(10_u64.pow(18)),
            signature: signature.into(),
            calldata: calldata.into(),
        };
        let table = [
            (raw("", &[]), "send 1 ether to timelock"),
            (raw("", &[1, 2]), "Timelock called with 0x0102, sending 1 ether"),
            (raw("", &[1, 2, 3, 4, 5]), "Timelock called with 0x0102030405, sending 1 ether"),
            (raw("f(bool)", &[5]), "Timelock called with 0x05 as \"f(bool)\", sending 1 ether"),
            (raw("f(\u{1b}", &[5]), "Timelock called with 0x05 as \"f(\\u{1b}\", sending 1 ether"),
        ];
        for (action, expected) in table {
            assert_eq!(action.describe(&deployment), expected);
        }
    }

    #[test]
    fn known_signatures_are_canonical_and_named() {
        for (contracts, text, parameters) in KNOWN {
            let signature = Signature::parse(text).unwrap();
            assert_eq!(signature.types.len(), parameters.len(), "{text}");
            assert!(
                contracts.iter().all(|name| crate::deployment::Contracts::NAMES.contains(name)),
                "{text}"
            );
        }
    }
}
