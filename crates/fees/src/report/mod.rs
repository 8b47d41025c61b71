//! The fee viewer: what was deposited and converted, by day, payer, node and reference.

mod html;
mod price;
mod store;

pub use html::page;
pub use price::worth;
pub use store::{Event, Kind, Store};

use std::cmp::Reverse;
use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, I256, U256};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::invoice::{Summary, dollars};
use crate::{Error, Result};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// One BTRST in base units.
const BTRST: u128 = 1_000_000_000_000_000_000;

/// A number of USDC in base units, written as decimal dollars.
fn as_dollars<S: Serializer>(base: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&dollars(*base))
}

/// A number of BTRST in base units, written in whole tokens and their fraction.
fn as_tokens<S: Serializer>(base: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&tokens(*base))
}

/// `base` units of BTRST as a decimal number of tokens.
#[must_use]
pub fn tokens(base: U256) -> String {
    use btrst_gov::amount::{Amount, Unit};
    Amount::new(base, Unit::Plain(Unit::Btrst.decimals())).to_plain()
}

/// What was deposited and converted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Number of deposits.
    pub deposits: u64,
    /// USDC that was deposited.
    #[serde(rename = "deposited_usdc", serialize_with = "as_dollars")]
    pub deposited: U256,
    /// Number of conversions.
    pub conversions: u64,
    /// USDC that was converted.
    #[serde(rename = "converted_usdc", serialize_with = "as_dollars")]
    pub converted: U256,
    /// BTRST that was bought.
    #[serde(rename = "bought_btrst", serialize_with = "as_tokens")]
    pub bought: U256,
    /// What the bought BTRST was worth at the time-weighted prices of its conversions.
    #[serde(rename = "worth_usdc", serialize_with = "as_dollars")]
    pub worth: U256,
}

impl Totals {
    /// Average price: base units of USDC for one BTRST, rounded down. `None` when nothing was bought.
    #[must_use]
    pub fn average_price(&self) -> Option<U256> {
        self.converted.checked_mul(U256::from(BTRST))?.checked_div(self.bought)
    }

    /// Average of the time-weighted prices, weighted by what was bought.
    #[must_use]
    pub fn mean_price(&self) -> Option<U256> {
        self.worth.checked_mul(U256::from(BTRST))?.checked_div(self.bought)
    }

    /// By how much the purchases cost more than the time-weighted price, in hundredths of a basis point; negative when
    /// they cost less. The pool's fee is a part of it.
    #[must_use]
    pub fn premium(&self) -> Option<i64> {
        let paid = I256::try_from(self.converted).ok()?;
        let worth = I256::try_from(self.worth).ok()?;
        let million = I256::try_from(1_000_000).ok()?;
        paid.checked_sub(worth)?.checked_mul(million)?.checked_div(worth)?.try_into().ok()
    }

    fn add(&mut self, event: &Event, btrst_is_token0: bool) -> Result<()> {
        let sum = |left: U256, right: U256| left.checked_add(right).ok_or(Error::TotalTooLarge);
        match &event.kind {
            Kind::Deposit { amount, .. } => {
                self.deposits += 1;
                self.deposited = sum(self.deposited, *amount)?;
            }
            Kind::Conversion { usdc_in, btrst_out, mean_tick, .. } => {
                self.conversions += 1;
                self.converted = sum(self.converted, *usdc_in)?;
                self.bought = sum(self.bought, *btrst_out)?;
                self.worth = sum(self.worth, worth(*btrst_out, *mean_tick, btrst_is_token0))?;
            }
        }
        Ok(())
    }
}

/// The totals of one day, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day, such as `2026-01-15`.
    pub date: String,
    /// Its totals.
    #[serde(flatten)]
    pub totals: Totals,
}

/// What one account deposited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Payer {
    /// The account.
    pub address: Address,
    /// Its name in the deployment; empty when it has none.
    pub name: String,
    /// Number of deposits.
    pub deposits: u64,
    /// USDC that it deposited.
    #[serde(rename = "deposited_usdc", serialize_with = "as_dollars")]
    pub deposited: U256,
}

/// What was deposited with one reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// Root of the batch; zero when there was none.
    pub reference: B256,
    /// Number of deposits.
    pub deposits: u64,
    /// USDC that was deposited.
    #[serde(rename = "deposited_usdc", serialize_with = "as_dollars")]
    pub deposited: U256,
    /// Sum of the fees of the batch, when the batch was given.
    pub batch_fee_usdc: Option<String>,
}

/// What one node billed in the batches that were given and deposited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name.
    pub node: String,
    /// Number of invoices.
    pub invoices: u64,
    /// Sum of the gross amounts.
    #[serde(rename = "gross_usd", serialize_with = "as_dollars")]
    pub gross: U256,
    /// Sum of the fees.
    #[serde(rename = "fee_usdc", serialize_with = "as_dollars")]
    pub fee: U256,
}

/// Everything that a report shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of this document's form.
    pub schema_version: u64,
    /// Chain.
    pub chain_id: u64,
    /// The converter.
    pub fee_converter: Address,
    /// Last block whose events are in it.
    pub block: u64,
    /// Totals of all time.
    pub totals: Totals,
    /// Average price in USDC per BTRST.
    pub average_price: Option<String>,
    /// The time-weighted price in USDC per BTRST, averaged over the same purchases.
    pub time_weighted_price: Option<String>,
    /// What the purchases cost above it, in basis points with two decimals.
    pub premium_bps: Option<String>,
    /// Totals of each day on which something happened, oldest first.
    pub days: Vec<Day>,
    /// Who paid, the greatest first.
    pub payers: Vec<Payer>,
    /// What was paid for, the greatest first.
    pub references: Vec<Reference>,
    /// Who billed, by name; only of batches that were given.
    pub nodes: Vec<Node>,
}

/// Whose events are reported, and how they are told apart.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Chain.
    pub chain_id: u64,
    /// The converter.
    pub fee_converter: Address,
    /// Last block whose events are known.
    pub block: u64,
    /// Side of BTRST in the pool.
    pub btrst_is_token0: bool,
    /// Names of accounts.
    pub names: BTreeMap<Address, String>,
    /// Summaries of batches.
    pub batches: Vec<Summary>,
}

impl Report {
    /// Adds up `events`.
    ///
    /// # Errors
    /// [`Error::TotalTooLarge`].
    pub fn of(events: &[Event], subject: &Subject) -> Result<Self> {
        let mut totals = Totals::default();
        let mut days: BTreeMap<u64, Totals> = BTreeMap::new();
        let mut payers: BTreeMap<Address, Payer> = BTreeMap::new();
        let mut references: BTreeMap<B256, Reference> = BTreeMap::new();
        for event in events {
            totals.add(event, subject.btrst_is_token0)?;
            days.entry(event.time / DAY).or_default().add(event, subject.btrst_is_token0)?;
            let Kind::Deposit { payer, amount, reference } = event.kind else { continue };
            let name = subject.names.get(&payer).cloned().unwrap_or_default();
            let of_payer = payers.entry(payer).or_insert(Payer {
                address: payer,
                name,
                deposits: 0,
                deposited: U256::ZERO,
            });
            of_payer.deposits += 1;
            // No greater than the sum of all, which was checked.
            of_payer.deposited += amount;
            let batch = subject.batches.iter().find(|batch| batch.root == reference);
            let of_reference = references.entry(reference).or_insert_with(|| Reference {
                reference,
                deposits: 0,
                deposited: U256::ZERO,
                batch_fee_usdc: batch.map(|batch| dollars(batch.fee)),
            });
            of_reference.deposits += 1;
            of_reference.deposited += amount;
        }
        let nodes = nodes(subject.batches.iter().filter(|batch| references.contains_key(&batch.root)))?;
        let mut payers: Vec<_> = payers.into_values().collect();
        payers.sort_by_key(|payer| Reverse(payer.deposited));
        let mut references: Vec<_> = references.into_values().collect();
        references.sort_by_key(|reference| Reverse(reference.deposited));
        let days = days.into_iter().map(|(day, totals)| Day { date: date(day), totals }).collect();
        Ok(Self {
            schema_version: 1,
            chain_id: subject.chain_id,
            fee_converter: subject.fee_converter,
            block: subject.block,
            average_price: totals.average_price().map(dollars),
            time_weighted_price: totals.mean_price().map(dollars),
            premium_bps: totals.premium().map(hundredths),
            totals,
            days,
            payers,
            references,
            nodes,
        })
    }
}

fn nodes<'a>(batches: impl Iterator<Item = &'a Summary>) -> Result<Vec<Node>> {
    let mut nodes: BTreeMap<&str, Node> = BTreeMap::new();
    for total in batches.flat_map(|batch| &batch.nodes) {
        let empty = Node { node: total.node.clone(), invoices: 0, gross: U256::ZERO, fee: U256::ZERO };
        let node = nodes.entry(&total.node).or_insert(empty);
        node.invoices += total.invoices;
        node.gross = node.gross.checked_add(total.gross).ok_or(Error::TotalTooLarge)?;
        node.fee = node.fee.checked_add(total.fee).ok_or(Error::TotalTooLarge)?;
    }
    Ok(nodes.into_values().collect())
}

/// A day since 1970 as `2026-01-15`.
fn date(day: u64) -> String {
    let second = i64::try_from(day.saturating_mul(DAY)).ok();
    let time = second.and_then(|second| Timestamp::from_second(second).ok());
    time.map_or_else(|| format!("day {day}"), |time| time.strftime("%Y-%m-%d").to_string())
}

/// Hundredths as a decimal number with two places.
#[must_use]
pub fn hundredths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    format!("{sign}{}.{:02}", value / 100, value % 100)
}

/// The events as CSV, with a line of columns. Amounts as decimal numbers, times as Unix seconds.
///
/// # Errors
/// [`Error::Output`].
pub fn write_csv(events: &[Event], output: impl std::io::Write) -> Result<()> {
    let mut csv = csv::Writer::from_writer(output);
    let wrong = |error: csv::Error| Error::Output(error.into());
    let columns = [
        "block",
        "log",
        "time",
        "transaction",
        "event",
        "account",
        "usdc",
        "btrst",
        "floor",
        "mean_tick",
        "reference",
    ];
    csv.write_record(columns).map_err(wrong)?;
    for event in events {
        let (name, account, usdc, btrst, floor, tick, reference) = match &event.kind {
            Kind::Deposit { payer, amount, reference } => {
                let none = String::new;
                ("deposit", payer, dollars(*amount), none(), none(), none(), reference.to_string())
            }
            Kind::Conversion { caller, usdc_in, btrst_out, floor, mean_tick } => {
                let tick = mean_tick.to_string();
                (
                    "conversion",
                    caller,
                    dollars(*usdc_in),
                    tokens(*btrst_out),
                    tokens(*floor),
                    tick,
                    String::new(),
                )
            }
        };
        let place = [event.block.to_string(), event.log.to_string(), event.time.to_string()];
        let rest = [
            event.transaction.to_string(),
            name.into(),
            account.to_string(),
            usdc,
            btrst,
            floor,
            tick,
            reference,
        ];
        csv.write_record(place.into_iter().chain(rest)).map_err(wrong)?;
    }
    csv.flush().map_err(Error::Output)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: u64, kind: Kind) -> Event {
        Event { block: time / 12, log: 0, time, transaction: B256::repeat_byte(1), kind }
    }

    fn deposit(time: u64, payer: u8, amount: u64) -> Event {
        let (payer, reference) = (Address::repeat_byte(payer), B256::repeat_byte(payer));
        event(time, Kind::Deposit { payer, amount: U256::from(amount), reference })
    }

    fn conversion(time: u64, usdc_in: u64, btrst: u64) -> Event {
        // Tick 0 between 6 and 18 decimals: a base unit of each is worth one of the other.
        let btrst_out = U256::from(btrst);
        let caller = Address::ZERO;
        let usdc_in = U256::from(usdc_in);
        event(time, Kind::Conversion { caller, usdc_in, btrst_out, floor: U256::ZERO, mean_tick: 0 })
    }

    fn report(events: &[Event]) -> Report {
        let subject = Subject {
            chain_id: 1,
            fee_converter: Address::ZERO,
            block: 9,
            btrst_is_token0: true,
            names: BTreeMap::from([(Address::repeat_byte(2), "<muses>".into())]),
            batches: Vec::new(),
        };
        Report::of(events, &subject).unwrap()
    }

    #[test]
    fn sums_are_by_day_payer_and_reference() {
        let events = [
            deposit(10, 1, 100),
            deposit(86_399, 2, 200),
            deposit(86_400, 2, 50),
            conversion(86_500, 101, 100),
        ];
        let report = report(&events);
        assert_eq!((report.totals.deposited, report.totals.converted), (U256::from(350), U256::from(101)));
        let days: Vec<_> = report.days.iter().map(|day| (day.date.as_str(), day.totals.deposits)).collect();
        assert_eq!(days, [("1970-01-01", 2), ("1970-01-02", 1)]);
        assert_eq!(
            (report.payers[0].name.as_str(), report.payers[0].deposited),
            ("<muses>", U256::from(250))
        );
        assert_eq!(report.references.len(), 2);
        // 101 were paid for what was worth 100.
        assert_eq!(report.premium_bps.as_deref(), Some("100.00"));
    }

    #[test]
    fn a_page_is_whole_and_has_no_markup_of_others() {
        let events = [deposit(10, 2, 100), conversion(86_500, 99, 100)];
        let page = page(&report(&events), &events).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
        assert!(page.contains("&lt;muses&gt;") && !page.contains("<muses>"));
        assert!(!page.contains("http") && !page.contains("<script"), "nothing is loaded");
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        let empty = super::page(&report(&[]), &[]).unwrap();
        assert!(empty.contains("BTRST bought"));
    }

    #[test]
    fn csv_has_a_line_per_event() {
        let mut text = Vec::new();
        write_csv(&[deposit(10, 2, 1_500_000), conversion(86_500, 99, 100)], &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[0].starts_with("block,log,time,transaction,event,account,usdc,btrst"), "{}", lines[0]);
        assert!(lines[1].contains(",deposit,") && lines[1].contains(",1.5,,"), "{}", lines[1]);
    }

    #[test]
    fn hundredths_have_a_sign() {
        for (value, text) in [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-12_345, "-123.45")] {
            assert_eq!(hundredths(value), text);
        }
    }
}
