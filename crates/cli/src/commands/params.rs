//! `btrst params`.

use std::ops::RangeInclusive;
use std::process::ExitCode;

use alloy::primitives::U256;
use btrst_gov::converter::{self, Converter};
use btrst_gov::governor::{Flavour, Guardians, Head};
use btrst_gov::parameters::{
    LATE_SWING_WINDOW, MAX_MARKETPLACE_FEE, PROPOSAL_THRESHOLD, Parameters, QUEUE_WINDOW, QUORUM_VOTES,
    TIMELOCK_DELAY, VOTING_DELAY, VOTING_PERIOD,
};
use btrst_gov::registry::{Registry, registry};
use btrst_gov::timelock::{Settings, settings};
use eyre::{Report, Result};
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::{btrst, grouped, usdc};
use crate::governance::Governance;
use crate::moment::{blocks, distance, local, span};
use crate::opts::GovernorOptions;

const EXAMPLES: &str = "\
Examples:
  btrst params
  btrst params --json | jq .governor.quorum_votes

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when they were shown, 2 on an error.";

/// Shows every parameter of governor, time lock, register and converter, with the bounds that the contracts set.
///
/// GovernorAlpha's parameters are constants of its code. A deployment without register or converter, and a converter of
/// 2021, which has no parameters, are shown as what they are.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    governor: GovernorOptions,
}

/// Everything that was read.
struct Found {
    head: Head,
    governor: Parameters,
    guardians: Guardians,
    timelock: Settings,
    registry: Option<Registry>,
    /// `Some(None)` for a converter without parameters.
    converter: Option<Option<Converter>>,
}

/// Shows them.
///
/// # Errors
/// When the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let governance = Governance::connect(&args.governor, context).await?;
    let found = Found::read(&governance).await?;
    found.show_governor(&governance, context)?;
    found.show_timelock(&governance, context)?;
    found.show_registry(context)?;
    found.show_converter(&governance, context)?;
    context.document(&found.document(&governance))?;
    Ok(ExitCode::SUCCESS)
}

impl Found {
    async fn read(governance: &Governance) -> Result<Self> {
        let Governance { deployment, governor, .. } = governance;
        let provider = governance.provider();
        let contracts = &deployment.contracts;
        let registry = async {
            Ok::<_, Report>(match contracts.governance_decisions {
                Some(address) => Some(registry(provider, address).await?),
                None => None,
            })
        };
        // In parts, each of no more requests than public endpoints answer one caller at the same time.
        let (head, parameters, guardians) =
            tokio::join!(governance.head(), governor.parameters(provider), governor.guardians(provider));
        let (timelock, registry) = tokio::join!(settings(provider, contracts.timelock), registry);
        let converter = match contracts.fee_converter {
            Some(address) => Some(converter::converter(provider, address).await?),
            None => None,
        };
        Ok(Self {
            head: head?,
            governor: parameters?,
            guardians: guardians?,
            timelock: timelock?,
            registry: registry?,
            converter,
        })
    }

    fn show_governor(&self, governance: &Governance, context: &Context) -> Result<()> {
        let Parameters { voting_delay, voting_period, proposal_threshold, quorum_votes } = self.governor;
        let setters = governance.governor.flavour == Flavour::Braintrust;
        let bounds = |text: String| if setters { format!("  ({text})") } else { "  (fixed)".to_owned() };
        context.say(&format!("Governor, flavour {}", governance.governor.flavour))?;
        let rows = [
            ("voting delay", blocks(voting_delay), blocks_range(&VOTING_DELAY)),
            ("voting period", blocks(voting_period), blocks_range(&VOTING_PERIOD)),
            ("proposal threshold", btrst(proposal_threshold).to_string(), tokens(&PROPOSAL_THRESHOLD)),
            ("quorum", btrst(quorum_votes).to_string(), tokens(&QUORUM_VOTES)),
        ];
        for (name, value, range) in rows {
            row(context, name, &format!("{value}{}", bounds(range)))?;
        }
        if setters {
            row(context, "late swing", &format!("the last {}  (fixed)", blocks(LATE_SWING_WINDOW)))?;
            row(context, "queue within", &format!("{} of the vote's end  (fixed)", blocks(QUEUE_WINDOW)))?;
        }
        let now = self.head.timestamp;
        let guardian = match self.guardians.guardian {
            None => "nobody".into(),
            Some((account, None)) => format!("{}, without end", governance.name(account)),
            Some((account, Some(expiry))) if expiry > now => {
                format!("{} until {} ({})", governance.name(account), local(expiry), distance(expiry, now))
            }
            Some((account, Some(expiry))) => {
                format!("{}, whose power ended at {}", governance.name(account), local(expiry))
            }
        };
        row(context, "guardian", &guardian)?;
        if setters {
            let whitelist = self.guardians.whitelist_guardian;
            let whitelist = whitelist.map_or_else(|| "nobody".into(), |account| governance.name(account));
            row(context, "whitelist guardian", &whitelist)?;
        }
        Ok(())
    }

    fn show_timelock(&self, governance: &Governance, context: &Context) -> Result<()> {
        let Settings { delay, grace_period, admin, pending_admin } = self.timelock;
        let (least, most) = (span(*TIMELOCK_DELAY.start()), span(*TIMELOCK_DELAY.end()));
        context.say("\nTime lock")?;
        row(context, "delay", &format!("{}  ({least} to {most})", span(delay)))?;
        row(context, "grace period", &format!("{}  (fixed)", span(grace_period)))?;
        row(context, "admin", &governance.name(admin))?;
        let pending = pending_admin.map_or_else(|| "nobody".into(), |account| governance.name(account));
        row(context, "pending admin", &pending)
    }

    fn show_registry(&self, context: &Context) -> Result<()> {
        context.say("\nRegister")?;
        let Some(registry) = &self.registry else { return context.say("  not in the deployment file") };
        let fee =
            format!("{}% of gross service value  (0% to {MAX_MARKETPLACE_FEE}%)", registry.marketplace_fee);
        row(context, "marketplace fee", &fee)?;
        row(context, "categories", &names(&registry.categories))?;
        row(context, "foundation members", &names(&registry.members))
    }

    fn show_converter(&self, governance: &Governance, context: &Context) -> Result<()> {
        context.say("\nFee converter")?;
        let found = match &self.converter {
            None => return context.say("  not in the deployment file"),
            Some(None) => return context.say("  without parameters, as the one of 2021"),
            Some(Some(found)) => found,
        };
        let guards = &found.guards;
        let seconds = |value: u64, range: &RangeInclusive<u64>| {
            format!("{}  ({} to {})", span(value), span(*range.start()), span(*range.end()))
        };
        let number = |value: u64, unit: &str, range: &RangeInclusive<u64>| {
            format!("{value} {unit}  ({} to {})", range.start(), range.end())
        };
        let lot = format!(
            "{}  ({} to {})",
            usdc(U256::from(guards.lot)),
            usdc(U256::from(*converter::LOT.start())),
            usdc(U256::from(*converter::LOT.end()))
        );
        row(context, "window", &seconds(guards.window, &converter::WINDOW))?;
        row(context, "short window", &seconds(guards.short_window, &guards.short_window_bounds()))?;
        row(context, "tolerance", &number(guards.tolerance, "basis points", &converter::TOLERANCE))?;
        row(
            context,
            "greatest deviation",
            &number(guards.max_deviation, "ticks", &converter::MAX_DEVIATION),
        )?;
        row(context, "hop", &seconds(guards.hop, &converter::HOP))?;
        row(context, "lot", &lot)?;
        row(context, "least liquidity", &format!("{}  (no bounds)", guards.min_liquidity))?;
        let guardian = found.guardian.map_or_else(|| "nobody".into(), |account| governance.name(account));
        row(context, "guardian", &guardian)?;
        let paused = if found.paused_until > self.head.timestamp {
            format!("until {}", local(found.paused_until))
        } else {
            "no".into()
        };
        row(context, "paused", &paused)
    }

    fn document(&self, governance: &Governance) -> Value {
        let (governor, guardians, timelock) = (&self.governor, &self.guardians, &self.timelock);
        let range = |range: &RangeInclusive<u64>| json!([range.start(), range.end()]);
        let setters = governance.governor.flavour == Flavour::Braintrust;
        let bounds = setters.then(|| {
            let wide =
                |range: &RangeInclusive<U256>| json!([range.start().to_string(), range.end().to_string()]);
            json!({
                "voting_delay": range(&VOTING_DELAY),
                "voting_period": range(&VOTING_PERIOD),
                "proposal_threshold": wide(&PROPOSAL_THRESHOLD),
                "quorum_votes": wide(&QUORUM_VOTES),
            })
        });
        let converter = self.converter.flatten().map(|found| {
            json!({
                "window": found.guards.window,
                "short_window": found.guards.short_window,
                "tolerance": found.guards.tolerance,
                "max_deviation": found.guards.max_deviation,
                "hop": found.guards.hop,
                "lot": found.guards.lot.to_string(),
                "min_liquidity": found.guards.min_liquidity.to_string(),
                "guardian": found.guardian.map(|account| account.to_string()),
                "paused_until": found.paused_until,
                "bounds": {
                    "window": range(&converter::WINDOW),
                    "short_window": range(&found.guards.short_window_bounds()),
                    "tolerance": range(&converter::TOLERANCE),
                    "max_deviation": range(&converter::MAX_DEVIATION),
                    "hop": range(&converter::HOP),
                    "lot": [converter::LOT.start().to_string(), converter::LOT.end().to_string()],
                },
            })
        });
        json!({
            "schema_version": 1,
            "chain_id": governance.deployment.chain_id,
            "block": self.head.number,
            "governor": {
                "flavour": governance.governor.flavour.to_string(),
                "voting_delay": governor.voting_delay,
                "voting_period": governor.voting_period,
                "proposal_threshold": governor.proposal_threshold.to_string(),
                "quorum_votes": governor.quorum_votes.to_string(),
                "guardian": guardians.guardian.map(|(account, _)| account.to_string()),
                "guardian_expiry": guardians.guardian.and_then(|(_, expiry)| expiry),
                "whitelist_guardian": guardians.whitelist_guardian.map(|account| account.to_string()),
                "bounds": bounds,
            },
            "timelock": {
                "delay": timelock.delay,
                "grace_period": timelock.grace_period,
                "admin": timelock.admin.to_string(),
                "pending_admin": timelock.pending_admin.map(|account| account.to_string()),
                "bounds": { "delay": range(&TIMELOCK_DELAY) },
            },
            "registry": self.registry.as_ref().map(|registry| json!({
                "marketplace_fee": registry.marketplace_fee,
                "categories": registry.categories,
                "members": registry.members,
                "bounds": { "marketplace_fee": [0, MAX_MARKETPLACE_FEE] },
            })),
            "converter": converter,
        })
    }
}

fn row(context: &Context, name: &str, value: &str) -> Result<()> {
    context.say(&format!("  {name:<20} {value}"))
}

fn blocks_range(range: &RangeInclusive<u64>) -> String {
    format!("{} to {} blocks", grouped(*range.start()), grouped(*range.end()))
}

fn tokens(range: &RangeInclusive<U256>) -> String {
    format!("{} to {}", btrst(*range.start()), btrst(*range.end()))
}

/// Names of the register in quotes, with what does not show as escapes: they are text of the chain.
fn names(names: &[String]) -> String {
    if names.is_empty() {
        return "none".into();
    }
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}
