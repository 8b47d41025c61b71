//! The form of `deploy.toml`.

use alloy::primitives::{Address, U256, keccak256};
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::deployment::{Contracts, parse_address};
use btrst_gov::document::Document;
use btrst_gov::parameters::{Parameters, TIMELOCK_DELAY, within};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::converter::ConverterTable;
use super::rows::Row;
use super::time::unix;
use super::{Description, Governor, Timelock, Token};
use crate::{Error, Result};

/// Version of the file's form.
const SCHEMA_VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: Spanned<u64>,
    chain_id: u64,
    name: Spanned<String>,
    salt: String,
    deployer: Spanned<String>,
    #[serde(default)]
    reuse: ReuseTable,
    timelock: Option<TimelockTable>,
    governor: Spanned<GovernorTable>,
    converter: Option<ConverterTable>,
    allocation: Option<Spanned<Vec<Row>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReuseTable {
    btrst: Option<Spanned<String>>,
    timelock: Option<Spanned<String>>,
    old_governor: Option<Spanned<String>>,
    governance_decisions: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimelockTable {
    delay: Spanned<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GovernorTable {
    preset: Option<Spanned<String>>,
    voting_delay: Option<u64>,
    voting_period: Option<u64>,
    proposal_threshold: Option<Spanned<String>>,
    quorum_votes: Option<Spanned<String>>,
    guardian: Option<Spanned<String>>,
    guardian_expiry: Option<Spanned<Datetime>>,
}

/// A file's text, and where its problems are.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) Document<'a>);

impl Reader<'_> {
    /// `problem`, placed at `value`.
    pub(super) fn at<T>(self, value: &Spanned<T>, problem: Error) -> Error {
        Error::InFile { place: self.0.place(value.span()), problem: Box::new(problem) }
    }

    /// The account at `value`, which is not the zero address.
    pub(super) fn account(self, key: &'static str, value: &Spanned<String>) -> Result<Address> {
        match self.0.convert(value, |text| parse_address(text))? {
            Address::ZERO => Err(self.at(value, Error::ZeroAddress(key))),
            account => Ok(account),
        }
    }

    /// The guardian at `value`, who is not the deployer.
    pub(super) fn guardian(self, value: &Spanned<String>, deployer: Address) -> Result<Address> {
        match self.account("guardian", value)? {
            guardian if guardian == deployer => Err(self.at(value, Error::DeployerPower("guardian"))),
            guardian => Ok(guardian),
        }
    }

    /// The same as [`Reader::account`], when it is there.
    fn optional(self, key: &'static str, value: Option<&Spanned<String>>) -> Result<Option<Address>> {
        value.map(|value| self.account(key, value)).transpose()
    }

    /// The amount of `unit` at `value`, in base units.
    pub(super) fn amount(self, value: &Spanned<String>, unit: Unit) -> Result<U256> {
        Ok(self.0.convert(value, |text| Amount::parse(text, unit))?.base)
    }
}

impl Description {
    /// Reads the text of a description.
    ///
    /// # Errors
    /// With line and column: if the text is not TOML, a key is unknown or missing, a value is out of the contracts'
    /// bounds, or the allocation does not sum to the supply.
    pub fn parse(text: &str) -> Result<Self> {
        let reader = Reader(Document(text));
        let file: File = reader.0.parse()?;
        if *file.schema_version.get_ref() != SCHEMA_VERSION {
            let version = btrst_gov::Error::SchemaVersion(*file.schema_version.get_ref());
            return Err(reader.at(&file.schema_version, version.into()));
        }
        if !is_name(file.name.get_ref()) {
            return Err(reader.at(&file.name, Error::InvalidName(file.name.get_ref().clone())));
        }
        let deployer = reader.account("deployer", &file.deployer)?;
        let timelock = timelock(reader, &file.reuse, file.timelock.as_ref())?;
        // The treasury's own name keeps it from standing in two rows.
        let mut nobody = vec![deployer];
        if let Timelock::Existing { address, .. } = timelock {
            nobody.push(address);
        }
        let token = match (&file.reuse.btrst, &file.allocation) {
            (Some(token), None) => Token::Existing(reader.account("btrst", token)?),
            (None, Some(rows)) => Token::Fresh(super::rows::read(reader, rows, &nobody)?),
            (Some(_), Some(rows)) => return Err(reader.at(rows, Error::AllocationOfExisting)),
            (None, None) => return Err(Error::NoAllocation),
        };
        Ok(Self {
            chain_id: file.chain_id,
            name: file.name.get_ref().clone(),
            salt: keccak256(&file.salt),
            deployer,
            token,
            timelock,
            governor: governor(reader, &file.governor, deployer)?,
            decisions: reader.optional("governance_decisions", file.reuse.governance_decisions.as_ref())?,
            converter: file.converter.as_ref().map(|table| table.read(reader, deployer)).transpose()?,
        })
    }
}

fn timelock(reader: Reader<'_>, reuse: &ReuseTable, table: Option<&TimelockTable>) -> Result<Timelock> {
    match (&reuse.timelock, &reuse.old_governor, table) {
        (None, None, Some(table)) => {
            let delay = *table.delay.get_ref();
            let range = U256::from(*TIMELOCK_DELAY.start())..=U256::from(*TIMELOCK_DELAY.end());
            within("delay", U256::from(delay), range)
                .map_err(|problem| reader.at(&table.delay, problem.into()))?;
            Ok(Timelock::Fresh(delay))
        }
        (Some(address), Some(old_governor), None) => Ok(Timelock::Existing {
            address: reader.account("timelock", address)?,
            old_governor: reader.account("old_governor", old_governor)?,
        }),
        (Some(address), None, _) => {
            let choice = Error::Choice("`old_governor` beside `timelock` under `[reuse]`");
            Err(reader.at(address, choice))
        }
        (None, Some(old), _) => {
            Err(reader.at(old, Error::Stray { key: "old_governor", with: "`timelock` under `[reuse]`" }))
        }
        (Some(_), Some(_), Some(table)) => {
            Err(reader.at(&table.delay, Error::Stray { key: "delay", with: "a new time lock" }))
        }
        (None, None, None) => {
            Err(Error::Choice("`[timelock]` with a `delay`, or `timelock` under `[reuse]`"))
        }
    }
}

fn governor(reader: Reader<'_>, table: &Spanned<GovernorTable>, deployer: Address) -> Result<Governor> {
    let parameters = parameters(reader, table)?;
    let table = table.get_ref();
    let (guardian, guardian_expiry) = match (&table.guardian, &table.guardian_expiry) {
        (None, None) => (Address::ZERO, 0),
        (Some(guardian), Some(expiry)) => (reader.guardian(guardian, deployer)?, unix(reader, expiry)?),
        (Some(guardian), None) => {
            return Err(reader.at(guardian, Error::Choice("`guardian_expiry` beside `guardian`")));
        }
        (None, Some(expiry)) => {
            return Err(reader.at(expiry, Error::Stray { key: "guardian_expiry", with: "a `guardian`" }));
        }
    };
    Ok(Governor { parameters, guardian, guardian_expiry })
}

fn parameters(reader: Reader<'_>, table: &Spanned<GovernorTable>) -> Result<Parameters> {
    let GovernorTable { preset, voting_delay, voting_period, proposal_threshold, quorum_votes, .. } =
        table.get_ref();
    let base = preset
        .as_ref()
        .map(|preset| reader.0.convert(preset, |name| Parameters::preset(name)))
        .transpose()?;
    let amount = |value: &Option<Spanned<String>>| {
        value.as_ref().map(|value| reader.amount(value, Unit::Btrst)).transpose()
    };
    let missing = || {
        let choice =
            "a `preset`, or all of `voting_delay`, `voting_period`, `proposal_threshold` and `quorum_votes`";
        reader.at(table, Error::Choice(choice))
    };
    let parameters = Parameters {
        voting_delay: voting_delay.or(base.map(|base| base.voting_delay)).ok_or_else(missing)?,
        voting_period: voting_period.or(base.map(|base| base.voting_period)).ok_or_else(missing)?,
        proposal_threshold: amount(proposal_threshold)?
            .or(base.map(|base| base.proposal_threshold))
            .ok_or_else(missing)?,
        quorum_votes: amount(quorum_votes)?.or(base.map(|base| base.quorum_votes)).ok_or_else(missing)?,
    };
    parameters.check().map_err(|problem| reader.at(table, problem.into()))?;
    Ok(parameters)
}

/// Whether `name` is fit for a file and differs from the names of contracts.
pub(super) fn is_name(name: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    name.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
        && name.bytes().all(allowed)
        && !Contracts::NAMES.contains(&name)
}
