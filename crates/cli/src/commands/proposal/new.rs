//! `btrst proposal new`.

use std::path::PathBuf;
use std::process::ExitCode;

use btrst_gov::proposal::{Change, Finding, GuardParameters, Setting, Severity, Template, lint};
use clap::{Subcommand, ValueEnum};
use eyre::Result;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::approved::ApprovedOptions;
use super::{effects, refuse_existing, words, write};
use crate::context::Context;
use crate::failure::Hinted;
use crate::opts::DeploymentOptions;

const EXAMPLES: &str = "\
Examples:
  btrst proposal new transfer --to amara --amount 25_000btrst --title 'Pay amara' -o pay.toml
  btrst proposal new transfer --to amara --amount 25_000btrst -o pay.toml --effects
  btrst proposal new grant -o grant.toml
  btrst proposal new marketplace-fee --percent 12
  btrst proposal new category --add 'Data science'
  btrst proposal new member --remove Muses
  btrst proposal new parameter quorum-votes --amount 10_000_000btrst
  btrst proposal new parameter guardian --account amara --until 2027-01-31
  btrst proposal new converter-parameters --lot 25_000usdc
  btrst proposal new grant --to grantee --amount 1_000btrst --from-snapshot 0x5f3a… -o grant.toml
  btrst proposal new timelock-delay --days 7
  btrst proposal new call --contract amara --function 'f(uint256[])' --argument '[1,2]'
  btrst proposal new adoption --governor 0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01

The deployment file is named by --deployment or BTRST_DEPLOYMENT. An existing file is never overwritten.

Exit codes: 0 when it was written, 2 on an error.";

/// Writes a proposal file to start from.
///
/// What is not given stays as a place in double braces, such as {{amount}}. No command takes the file until all of them
/// are filled in; `btrst proposal lint` lists them. Accounts are names of the deployment file or checksummed addresses.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    template: Kind,
}

/// What every template takes.
#[derive(Debug, clap::Args)]
struct Common {
    /// Title of the proposal; the decision itself by default
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// File to write, which must not exist; standard output by default
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write what the actions say by themselves as intended effects beside the file (`pay.effects.toml` for `pay.toml`),
    /// and bind the description to that
    #[arg(long, requires = "out")]
    effects: bool,

    #[command(flatten)]
    approved: ApprovedOptions,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Pays BTRST, USDC or ether out of the treasury
    Transfer(Payment),
    /// Pays for work to come: as a transfer, with the sections that voters ask for
    Grant(Payment),
    /// Changes the marketplace fee
    MarketplaceFee {
        /// Whole percent of gross service value, 0 to 99
        #[arg(long)]
        percent: Option<u8>,
        #[command(flatten)]
        common: Common,
    },
    /// Adds or removes a category of the marketplace
    Category(Listed),
    /// Adds or removes a foundation member
    Member(Listed),
    /// Changes a parameter of the governor; GovernorAlpha has none
    Parameter {
        /// The parameter
        name: ParameterName,
        /// Blocks, for voting-delay and voting-period
        #[arg(long)]
        blocks: Option<u64>,
        /// BTRST, for proposal-threshold and quorum-votes
        #[arg(long)]
        amount: Option<String>,
        /// Account, for guardian, whitelist-guardian and whitelist
        #[arg(long)]
        account: Option<String>,
        /// Day at whose start (UTC) it ends, for guardian and whitelist
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Option<Date>,
        #[command(flatten)]
        common: Common,
    },
    /// Changes the guards of the fee converter, which are set all at once
    ConverterParameters {
        /// Seconds of the time-weighted price, 600 to 86400
        #[arg(long)]
        window: Option<u64>,
        /// Seconds of the fast time-weighted price, 60 to half of the window
        #[arg(long)]
        short_window: Option<u64>,
        /// Basis points that a purchase may cost above the reference prices, at most 500
        #[arg(long)]
        tolerance: Option<u64>,
        /// Ticks by which the prices may differ, 10 to 500
        #[arg(long)]
        max_deviation: Option<u64>,
        /// Seconds to wait after a full lot, 300 to 604800
        #[arg(long)]
        hop: Option<u64>,
        /// Most USDC that one conversion may spend, at most 250,000
        #[arg(long)]
        lot: Option<String>,
        /// Least liquidity of the pool
        #[arg(long)]
        min_liquidity: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Changes how long the time lock waits
    TimelockDelay {
        /// Days between queueing and execution, 2 to 30
        #[arg(long)]
        days: Option<u64>,
        #[command(flatten)]
        common: Common,
    },
    /// Calls any contract
    Call {
        /// The contract
        #[arg(long)]
        contract: Option<String>,
        /// Canonical signature, such as `f(address,uint256)`
        #[arg(long)]
        function: Option<String>,
        /// Value for the next type of the signature; a list is written `["a", 1]`
        #[arg(long, requires = "function")]
        argument: Vec<String>,
        /// Ether to send along
        #[arg(long)]
        value: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Hands the time lock, and so the treasury, to another governor
    Adoption {
        /// The new governor
        #[arg(long)]
        governor: Option<String>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
struct Payment {
    /// Recipient
    #[arg(long)]
    to: Option<String>,
    /// Amount with its unit, such as 25_000btrst, 100usdc or 0.5ether
    #[arg(long)]
    amount: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Args)]
struct Listed {
    /// Name that joins the list
    #[arg(long, value_name = "NAME", conflicts_with = "remove")]
    add: Option<String>,
    /// Name that leaves the list
    #[arg(long, value_name = "NAME")]
    remove: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Listed {
    fn split(self) -> (Change, Option<String>, Common) {
        match self.remove {
            Some(name) => (Change::Remove, Some(name), self.common),
            None => (Change::Add, self.add, self.common),
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ParameterName {
    /// Blocks between a proposal and its vote
    VotingDelay,
    /// Blocks of a vote
    VotingPeriod,
    /// BTRST above which an account may propose
    ProposalThreshold,
    /// BTRST in favour that a proposal needs
    QuorumVotes,
    /// Who may cancel proposals, and until when
    Guardian,
    /// Who may cancel proposals of whitelisted accounts below the threshold
    WhitelistGuardian,
    /// Who may propose below the threshold, and until when
    Whitelist,
}

/// Writes the file.
///
/// # Errors
/// When a given value makes no sense, the deployment has no such contract, the consensus check is not there or approves
/// something else, or the file exists.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (template, common) = args.template.split()?;
    let deployment = common.deployment.read()?;
    let mut draft = template.draft(common.title.as_deref(), &deployment)?;
    if common.approved.is_set() {
        // The text of the template is not the file's; what is open in its actions is.
        let is_whole = !unfilled(&lint(&draft.clone().described("# Title").render(), &deployment));
        draft = common.approved.bind(draft, is_whole, &deployment).await?;
    }
    let findings = lint(&draft.render(), &deployment);
    check(&findings)?;
    let declared = common.effects.then(|| effects::declare(&mut draft, &deployment)).transpose()?;
    if let (true, Some(path)) = (common.effects, &common.out) {
        refuse_existing(&effects::beside(path))?;
    }
    write(&draft, common.out.as_ref(), context)?;
    if let (Some(manifest), Some(path)) = (declared, &common.out) {
        let manifest = effects::write(&manifest, path, &deployment)?;
        context.note(&format!("wrote {}", manifest.display()));
    }
    let open = findings.iter().filter(|finding| finding.unfilled).count();
    if open > 0 {
        let places = words::count(open, "place");
        context.note(&format!("{places} to fill in; `btrst proposal lint` lists them"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a place is still to be filled in.
fn unfilled(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.unfilled)
}

/// Refuses values that no filling in could make right.
fn check(findings: &[Finding]) -> Result<()> {
    let wrong = findings.iter().find(|finding| finding.severity == Severity::Error && !finding.unfilled);
    match wrong {
        Some(finding) => {
            let hint = finding.hint.clone().unwrap_or_else(|| "check the value".into());
            Err(Hinted::new(finding.message.clone(), hint).into())
        }
        None => Ok(()),
    }
}

impl Kind {
    fn split(self) -> Result<(Template, Common)> {
        Ok(match self {
            Self::Transfer(Payment { to, amount, common }) => (Template::Transfer { to, amount }, common),
            Self::Grant(Payment { to, amount, common }) => (Template::Grant { to, amount }, common),
            Self::MarketplaceFee { percent, common } => (Template::MarketplaceFee { percent }, common),
            Self::Category(listed) => {
                let (change, name, common) = listed.split();
                (Template::Category(change, name), common)
            }
            Self::Member(listed) => {
                let (change, name, common) = listed.split();
                (Template::Member(change, name), common)
            }
            Self::Parameter { name, blocks, amount, account, until, common } => {
                let given = Given { blocks, amount, account, until };
                (Template::Parameter(given.setting(name)?), common)
            }
            Self::ConverterParameters {
                window,
                short_window,
                tolerance,
                max_deviation,
                hop,
                lot,
                min_liquidity,
                common,
            } => {
                let guards = GuardParameters {
                    window,
                    short_window,
                    tolerance,
                    max_deviation,
                    hop,
                    lot,
                    min_liquidity,
                };
                (Template::ConverterParameters(guards), common)
            }
            Self::TimelockDelay { days, common } => (Template::TimelockDelay { days }, common),
            Self::Call { contract, function, argument, value, common } => {
                (Template::Call { contract, function, arguments: argument, value }, common)
            }
            Self::Adoption { governor, common } => (Template::Adoption { governor, checked: None }, common),
        })
    }
}

/// What was given for a parameter of the governor.
struct Given {
    blocks: Option<u64>,
    amount: Option<String>,
    account: Option<String>,
    until: Option<Date>,
}

impl Given {
    fn setting(self, name: ParameterName) -> Result<Setting> {
        self.check(name)?;
        let until = match self.until {
            Some(date) => Some(start_of(date)?),
            None => None,
        };
        Ok(match name {
            ParameterName::VotingDelay => Setting::VotingDelay(self.blocks),
            ParameterName::VotingPeriod => Setting::VotingPeriod(self.blocks),
            ParameterName::ProposalThreshold => Setting::ProposalThreshold(self.amount),
            ParameterName::QuorumVotes => Setting::QuorumVotes(self.amount),
            ParameterName::Guardian => Setting::ProposalGuardian(self.account, until),
            ParameterName::WhitelistGuardian => Setting::WhitelistGuardian(self.account),
            ParameterName::Whitelist => Setting::WhitelistedAccount(self.account, until),
        })
    }

    /// Refuses what the parameter does not take, instead of dropping it.
    fn check(&self, name: ParameterName) -> Result<()> {
        use ParameterName::*;
        let given = [
            ("--blocks", self.blocks.is_some(), matches!(name, VotingDelay | VotingPeriod)),
            ("--amount", self.amount.is_some(), matches!(name, ProposalThreshold | QuorumVotes)),
            ("--account", self.account.is_some(), matches!(name, Guardian | WhitelistGuardian | Whitelist)),
            ("--until", self.until.is_some(), matches!(name, Guardian | Whitelist)),
        ];
        match given.iter().find(|(_, given, taken)| *given && !taken) {
            Some((option, ..)) => {
                let name =
                    name.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
                let message = format!("`{name}` takes no {option}");
                Err(Hinted::new(message, "`btrst proposal new parameter --help` says what each takes").into())
            }
            None => Ok(()),
        }
    }
}

/// Unix time in seconds at which `date` starts.
fn start_of(date: Date) -> Result<u64> {
    let start = date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().as_second());
    start.and_then(|second| u64::try_from(second).ok()).ok_or_else(|| {
        Hinted::new(format!("`{date}` is before 1970"), "name a day to come, such as `2027-01-31`").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_start_in_utc() {
        assert_eq!(start_of("2026-01-15".parse().unwrap()).unwrap(), 1_768_435_200);
        let error = start_of("1969-12-31".parse().unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "`1969-12-31` is before 1970");
    }
}
