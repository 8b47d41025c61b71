//! Parameters of the governor and guards of the converter.

use toml::Value;

use super::{GuardParameters, Outline, Setting, contract, number, or_place, place, setter, text};
use crate::{
    Deployment, Result,
    amount::{Amount, Unit},
    converter::SET_PARAMETERS,
};

impl Setting {
    pub(super) fn outline(&self) -> Result<Outline> {
        let btrst = |amount: &Option<String>| -> Result<String> {
            match amount {
                Some(text) => Ok(Amount::parse(text, Unit::Btrst)?.to_string()),
                None => Ok(place("amount")),
            }
        };
        let with_unit = |amount: &Option<String>| -> Result<Value> {
            Ok(Value::String(match amount {
                Some(text) => Amount::parse(text, Unit::Btrst)?.to_plain(),
                None => place("amount with its unit, such as 100_000btrst"),
            }))
        };
        let until = |time: &Option<u64>| number(*time, "Unix time in seconds");
        let (what, shown, function, arguments, remark) = match self {
            Self::VotingDelay(blocks) => (
                "voting delay",
                format!("{} blocks", or_place(blocks, "blocks")),
                "_setVotingDelay(uint256)",
                vec![number(*blocks, "blocks")],
                "Blocks of 12 seconds: 1 to 50400 (a week).",
            ),
            Self::VotingPeriod(blocks) => (
                "voting period",
                format!("{} blocks", or_place(blocks, "blocks")),
                "_setVotingPeriod(uint256)",
                vec![number(*blocks, "blocks")],
                "Blocks of 12 seconds: 7200 (a day) to 100800 (two weeks).",
            ),
            Self::ProposalThreshold(amount) => (
                "proposal threshold",
                btrst(amount)?,
                "_setProposalThreshold(uint256)",
                vec![with_unit(amount)?],
                "500 to 2,500,000 BTRST (1% of the supply).",
            ),
            Self::QuorumVotes(amount) => (
                "quorum",
                btrst(amount)?,
                "_setQuorumVotes(uint256)",
                vec![with_unit(amount)?],
                "100,000 to 25,000,000 BTRST (10% of the supply).",
            ),
            Self::ProposalGuardian(account, time) => (
                "guardian, who may cancel proposals,",
                format!(
                    "`{}` until {}",
                    or_place(account, "account"),
                    or_place(time, "Unix time in seconds")
                ),
                "_setProposalGuardian((address,uint96))",
                vec![Value::Array(vec![text(account, "account"), until(time)])],
                "Account, and Unix time in seconds when its power ends: at most 365 days after execution.",
            ),
            Self::WhitelistGuardian(account) => (
                "whitelist guardian",
                format!("`{}`", or_place(account, "account")),
                "_setWhitelistGuardian(address)",
                vec![text(account, "account")],
                "It may cancel proposals of whitelisted accounts that lack the votes for one.",
            ),
            Self::WhitelistedAccount(account, time) => (
                "accounts that may propose below the threshold",
                format!(
                    "`{}` until {}",
                    or_place(account, "account"),
                    or_place(time, "Unix time in seconds")
                ),
                "_setWhitelistAccountExpiration(address,uint256)",
                vec![text(account, "account"), until(time)],
                "Account, and Unix time in seconds until which it may propose, exclusive.",
            ),
        };
        let (title, happens) = match self {
            Self::WhitelistedAccount(..) => {
                (format!("Whitelist {shown}"), format!("{shown} joins the {what}."))
            }
            _ => (
                format!("Set the {} to {shown}", what.split(',').next().unwrap_or(what)),
                format!(
                    "The governor's {what} becomes {shown}. Proposals that were made before keep their terms."
                ),
            ),
        };
        let actions = vec![setter("governor", function, arguments, &[remark])];
        Ok(Outline { title, happens, sections: vec![], actions })
    }
}

impl GuardParameters {
    pub(super) fn outline(&self, deployment: &Deployment) -> Result<Outline> {
        let lot = match &self.lot {
            Some(text) => Some(Amount::parse(text, Unit::Usdc)?),
            None => None,
        };
        let rows = [
            ("window", or_place(&self.window, "seconds of the window"), " seconds"),
            ("short window", or_place(&self.short_window, "seconds of the short window"), " seconds"),
            ("tolerance", or_place(&self.tolerance, "tolerance"), " basis points"),
            ("greatest deviation", or_place(&self.max_deviation, "deviation"), " ticks"),
            ("hop", or_place(&self.hop, "seconds of the hop"), " seconds"),
            ("lot", lot.map_or_else(|| place("lot in USDC"), |lot| lot.to_string()), ""),
            ("least liquidity", or_place(&self.min_liquidity, "liquidity"), ""),
        ];
        let rows: String =
            rows.iter().map(|(name, value, unit)| format!("\n- {name}: {value}{unit}")).collect();
        let arguments = vec![
            number(self.window, "seconds of the window"),
            number(self.short_window, "seconds of the short window"),
            number(self.tolerance, "tolerance"),
            number(self.max_deviation, "deviation"),
            number(self.hop, "seconds of the hop"),
            Value::String(lot.map_or_else(|| place("lot, such as 25_000usdc"), Amount::to_plain)),
            text(&self.min_liquidity, "liquidity"),
        ];
        Ok(Outline {
            title: "Set the guards of the fee converter".into(),
            happens: format!("All guards of the fee converter are set at once; they become:\n{rows}"),
            sections: vec![],
            actions: vec![setter(
                contract(deployment, "fee_converter")?,
                SET_PARAMETERS,
                vec![Value::Array(arguments)],
                &[
                    "In this order, all of them, also those that stay (`btrst params` shows them):",
                    "window, seconds of the time-weighted price, 600 to 86400;",
                    "shortWindow, seconds of the fast one, 60 to half of the window;",
                    "tolerance, basis points above the reference prices, at most 500;",
                    "maxDeviation, ticks between the prices, 10 to 500;",
                    "hop, seconds after a full lot, 300 to 604800;",
                    "lot, most USDC of one conversion, at most 250,000;",
                    "minLiquidity, least liquidity of the pool.",
                ],
            )],
        })
    }
}
