//! Payments, lists, calls of any contract, and the adoption of a governor.

use alloy::dyn_abi::DynSolType;
use toml::Value;

use super::{Change, Outline, contract, or_place, place, setter, text};
use crate::{
    Deployment, Error, Result,
    amount::{Amount, Unit},
    proposal::{
        draft::DraftAction,
        signature::{Signature, type_name},
    },
};

pub(super) fn payment(
    verb: &str,
    to: &Option<String>,
    amount: &Option<String>,
    deployment: &Deployment,
) -> Result<Outline> {
    let unit = match amount {
        Some(text) => Some(Amount::parse_any(text)?),
        None => None,
    };
    let shown = unit.map_or_else(|| place("amount"), |amount| amount.to_string());
    let recipient = or_place(to, "recipient");
    let token = match unit.map(|amount| amount.unit) {
        None | Some(Unit::Btrst) => Some("btrst"),
        Some(Unit::Usdc) => Some(contract(deployment, "usdc")?),
        Some(Unit::Ether) => None,
        Some(Unit::Plain(_)) => {
            return Err(Error::MissingUnit(amount.clone().unwrap_or_default()));
        }
    };
    let action = match token {
        Some(token) => setter(
            token,
            "transfer(address,uint256)",
            vec![text(to, "recipient"), text(amount, "amount with its unit, such as 25_000btrst")],
            &["Recipient: a name of the deployment file or a checksummed address; amount with its unit."],
        ),
        None => DraftAction { contract: recipient.clone(), value: amount.clone(), ..DraftAction::default() },
    };
    Ok(Outline {
        title: format!("{verb} {shown} to {recipient}"),
        happens: format!("The treasury sends {shown} to `{recipient}`."),
        sections: vec![],
        actions: vec![action],
    })
}

pub(super) fn listed(
    deployment: &Deployment,
    change: Change,
    name: &Option<String>,
    kind: &'static str,
    list: &str,
) -> Result<Outline> {
    let (verb, way) = match change {
        Change::Add => ("Add", "joins"),
        Change::Remove => ("Remove", "leaves"),
    };
    let function = match kind {
        "Category" => format!("{}MarketplaceCategory(string)", verb.to_lowercase()),
        _ => format!("{}FoundationMember(string)", verb.to_lowercase()),
    };
    let shown = or_place(name, "name");
    Ok(Outline {
        title: format!("{verb} the {} {shown}", kind.to_lowercase()),
        happens: format!("“{shown}” {way} the list of {list} in `GovernanceDecisions`."),
        sections: vec![],
        actions: vec![setter(
            contract(deployment, "governance_decisions")?,
            &function,
            vec![text(name, "name")],
            &["The name as the register has it: 1 to 128 bytes, capitals count."],
        )],
    })
}

pub(super) fn call(
    contract: Option<&str>,
    function: Option<&str>,
    arguments: &[String],
    value: Option<&str>,
) -> Result<Outline> {
    let shown = contract.map_or_else(|| place("contract"), str::to_owned);
    let signature = function.map_or_else(|| place("signature, such as f(address,uint256)"), str::to_owned);
    let arguments = match function {
        None => vec![],
        Some(text) => {
            let parsed = Signature::parse(text)?;
            if arguments.is_empty() {
                let types = parsed.types.iter().map(type_name);
                types.map(|ty| Value::String(place(&ty))).collect()
            } else {
                parsed.check_count(arguments.len())?;
                let typed = arguments.iter().zip(&parsed.types);
                typed.map(|(argument, ty)| argument_of(argument, ty)).collect::<Result<_>>()?
            }
        }
    };
    let sending = match value {
        Some(value) => format!(", sending {}", Amount::parse(value, Unit::Ether)?),
        None => String::new(),
    };
    Ok(Outline {
        title: place("title"),
        happens: format!(
            "The treasury calls `{signature}` of `{shown}`{sending}: {}",
            place("what that does")
        ),
        sections: vec![],
        actions: vec![DraftAction {
            contract: shown,
            function: Some(signature),
            arguments,
            value: value.map(str::to_owned),
            remarks: vec!["One value for each type of the signature.".into()],
        }],
    })
}

/// An argument of the command line as files write it.
fn argument_of(text: &str, ty: &DynSolType) -> Result<Value> {
    let wrong = || Error::WrongType { expected: type_name(ty), given: format!("`{text}`") };
    match ty {
        DynSolType::Bool => text.parse().map(Value::Boolean).map_err(|_| wrong()),
        DynSolType::Array(_) | DynSolType::FixedArray(..) | DynSolType::Tuple(_) => {
            let table: toml::Table = format!("v = {text}").parse().map_err(|_| wrong())?;
            let list = table.get("v").filter(|value| value.is_array() && table.len() == 1);
            list.cloned().ok_or_else(wrong)
        }
        _ => Ok(Value::String(text.into())),
    }
}

pub(super) fn adoption(governor: Option<&str>, checked: Option<&str>) -> Outline {
    let unchecked = || place("code, parameters and guardian of the new governor, and who compared them");
    let new = governor.map_or_else(|| place("new governor"), str::to_owned);
    Outline {
        title: format!("Hand the treasury to the governor {new}"),
        happens: format!(
            "1. The time lock, which holds the treasury, names `{new}` as its next admin.\n\
             2. `{new}` takes over from the old `governor`, in the same transaction. Its ids go on where the old ones \
             end."
        ),
        sections: vec![
            (
                "What ends",
                "The old governor can neither queue nor execute afterwards: proposals that are queued, or that pass later, are \
                 lost.\nNone should be under way."
                    .into(),
            ),
            ("How it was checked", checked.map_or_else(unchecked, str::to_owned)),
        ],
        actions: vec![
            setter(
                "timelock",
                "setPendingAdmin(address)",
                vec![Value::String(new.clone())],
                &["The new governor."],
            ),
            setter(
                &new,
                "_initiate(address)",
                vec![Value::String("governor".into())],
                &["The old governor."],
            ),
        ],
    }
}
