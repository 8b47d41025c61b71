//! The tables: every stack beside the suite, its floors and its targets.

use std::fmt::Write as _;

use eyre::{OptionExt, Result};
use serde::Serialize;

use crate::operation::{GOVERNANCE, Gas, Row, TOKEN, Target};
use crate::schedule::COLD_SLOT;

/// Form of the JSON document; a change that readers must know of raises it.
const SCHEMA_VERSION: u32 = 1;

/// What one peer's operations cost.
#[derive(Clone, Debug)]
pub struct Column {
    name: String,
    gas: Gas,
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, gas: Gas) -> Self {
        Self { name: name.into(), gas }
    }
}

/// Both tables.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    schema_version: u32,
    tables: [Table; 2],
}

/// A table.
#[derive(Clone, Debug, Serialize)]
struct Table {
    title: &'static str,
    peers: Vec<String>,
    rows: Vec<Line>,
}

/// A row with its numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Line {
    name: &'static str,
    /// In the order of the table's peers.
    peers: Vec<Option<u64>>,
    suite: u64,
    floor: Option<u64>,
    /// The most that the target allows.
    target: Option<u64>,
    /// Whether the suite keeps to it.
    passes: Option<bool>,
}

impl Line {
    fn new(row: &Row, suite: &Gas, peers: &[Column]) -> Result<Self> {
        let measured =
            |operation| suite.get(&operation).copied().ok_or_eyre(format!("`{}` was not measured", row.name));
        let gas = measured(row.operation)?;
        let floor = row.floor.map(|floor| floor());
        let peers: Vec<Option<u64>> =
            peers.iter().map(|peer| peer.gas.get(&row.operation).copied()).collect();
        let target = match row.target {
            Target::None => None,
            Target::AtMost(gas) => Some(gas),
            Target::AsCheapAs(other) => Some(measured(other)? + COLD_SLOT - 1),
            Target::NearFloor => floor.map(|floor| {
                let below_peers = peers.iter().flatten().min().map(|best| best - 1);
                (floor * 104 / 100).min(below_peers.unwrap_or(u64::MAX))
            }),
        };
        let passes = target.map(|target| gas <= target);
        Ok(Self { name: row.name, peers, suite: gas, floor, target, passes })
    }

    fn best_peer(&self) -> Option<u64> {
        self.peers.iter().flatten().min().copied()
    }

    fn cells(&self) -> Vec<String> {
        let number = |gas: Option<u64>| gas.map_or_else(|| "–".to_owned(), grouped);
        let mut cells = vec![self.name.to_owned()];
        cells.extend(self.peers.iter().map(|gas| number(*gas)));
        cells.extend([
            grouped(self.suite),
            number(self.floor),
            ratio(self.suite, self.floor),
            ratio(self.suite, self.best_peer()),
            number(self.target),
            match (self.passes, self.target) {
                (Some(true), _) => "pass".to_owned(),
                (Some(false), Some(target)) => format!("MISS +{}", grouped(self.suite - target)),
                _ => "–".to_owned(),
            },
        ]);
        cells
    }
}

impl Report {
    /// The tables of what was measured.
    ///
    /// # Errors
    /// When the suite lacks a row.
    pub fn new(suite: &(Gas, Gas), tokens: &[Column], governors: &[Column]) -> Result<Self> {
        let table = |title, rows: &[Row], suite: &Gas, peers: &[Column]| {
            let rows = rows.iter().map(|row| Line::new(row, suite, peers)).collect::<Result<_>>()?;
            Ok::<_, eyre::Report>(Table {
                title,
                peers: peers.iter().map(|peer| peer.name.clone()).collect(),
                rows,
            })
        };
        Ok(Self {
            schema_version: SCHEMA_VERSION,
            tables: [
                table("A. Token", &TOKEN, &suite.0, tokens)?,
                table("B. Governor and time lock", &GOVERNANCE, &suite.1, governors)?,
            ],
        })
    }

    /// How many targets there are, and the names of those that are missed.
    pub fn targets(&self) -> (usize, Vec<&'static str>) {
        let judged = || self.tables.iter().flat_map(|table| &table.rows).filter(|row| row.passes.is_some());
        let missed = judged().filter(|row| row.passes == Some(false)).map(|row| row.name);
        (judged().count(), missed.collect())
    }

    /// The tables for a terminal.
    pub fn text(&self) -> String {
        self.render(Table::text)
    }

    /// The tables as Markdown.
    pub fn markdown(&self) -> String {
        self.render(Table::markdown)
    }

    fn render(&self, table: impl Fn(&Table) -> String) -> String {
        self.tables.each_ref().map(table).join("\n")
    }
}

impl Table {
    fn head(&self) -> Vec<String> {
        let fixed = ["suite", "floor", "suite/floor", "suite/best peer", "target", "verdict"];
        let head = ["operation"].into_iter().chain(self.peers.iter().map(String::as_str)).chain(fixed);
        head.map(str::to_owned).collect()
    }

    fn markdown(&self) -> String {
        let head = self.head();
        let align = std::iter::once("---").chain(std::iter::repeat_n("---:", head.len() - 1));
        let mut text = format!("## {}\n\n| {} |\n", self.title, head.join(" | "));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "|{}|", align.collect::<Vec<_>>().join("|"));
        for row in &self.rows {
            let _ = writeln!(text, "| {} |", row.cells().join(" | "));
        }
        text
    }

    fn text(&self) -> String {
        // Names of columns are broken at spaces, so that columns stay as narrow as their numbers.
        let head: Vec<Vec<String>> =
            self.head().iter().map(|name| name.split(' ').map(str::to_owned).collect()).collect();
        let height = head.iter().map(Vec::len).max().unwrap_or_default();
        let line = |index: usize| {
            head.iter()
                .map(|words| {
                    let blank = height - words.len();
                    index.checked_sub(blank).and_then(|word| words.get(word)).cloned().unwrap_or_default()
                })
                .collect::<Vec<_>>()
        };
        let lines: Vec<Vec<String>> =
            (0..height).map(line).chain(self.rows.iter().map(Line::cells)).collect();
        let mut widths = vec![0; head.len()];
        for cells in &lines {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = format!("{}\n", self.title);
        for cells in &lines {
            for (index, (cell, width)) in cells.iter().zip(&widths).enumerate() {
                let _ = if index == 0 {
                    write!(text, "{cell:<width$}")
                } else {
                    write!(text, "  {cell:>width$}")
                };
            }
            text.push('\n');
        }
        text
    }
}

fn ratio(gas: u64, to: Option<u64>) -> String {
    to.map_or_else(
        || "–".to_owned(),
        |to| {
            let thousandths = (gas * 1_000 + to / 2) / to;
            format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
        },
    )
}

/// The number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Operation;

    fn line(suite: u64, peers: &[u64], target: Target) -> Line {
        let row = Row { operation: Operation::Transfer, name: "transfer", floor: Some(|| 33_400), target };
        let gas = Gas::from([(Operation::Transfer, suite), (Operation::Approve, 45_000)]);
        let peers: Vec<Column> =
            peers.iter().map(|gas| Column::new("peer", Gas::from([(Operation::Transfer, *gas)]))).collect();
        Line::new(&row, &gas, &peers).unwrap()
    }

    #[test]
    fn a_target_near_the_floor_is_four_percent_above_it_and_below_every_peer() {
        assert_eq!(line(34_736, &[38_625], Target::NearFloor).passes, Some(true));
        assert_eq!(line(34_737, &[38_625], Target::NearFloor).passes, Some(false));
        assert_eq!(line(34_000, &[38_625, 34_000], Target::NearFloor).passes, Some(false));
        assert_eq!(line(34_000, &[], Target::NearFloor).target, Some(34_736));
    }

    #[test]
    fn other_targets_are_numbers() {
        assert_eq!(line(40_000, &[1], Target::AtMost(40_000)).passes, Some(true));
        assert_eq!(line(40_001, &[1], Target::AtMost(40_000)).passes, Some(false));
        assert_eq!(line(47_099, &[], Target::AsCheapAs(Operation::Approve)).passes, Some(true));
        assert_eq!(line(47_100, &[], Target::AsCheapAs(Operation::Approve)).passes, Some(false));
        assert_eq!(line(1, &[], Target::None).passes, None);
    }

    #[test]
    fn a_miss_is_shown_with_its_number() {
        let cells = line(41_250, &[38_625, 40_106], Target::AtMost(40_000)).cells();
        let expected =
            ["transfer", "38,625", "40,106", "41,250", "33,400", "1.235", "1.068", "40,000", "MISS +1,250"];
        assert_eq!(cells, expected);
    }

    #[test]
    fn a_row_that_was_not_measured_is_an_error() {
        let error = Line::new(&TOKEN[0], &Gas::new(), &[]).unwrap_err();
        assert_eq!(error.to_string(), "`deploy token` was not measured");
    }

    #[test]
    fn numbers_are_grouped_and_ratios_rounded() {
        assert_eq!([0, 999, 1_000, 2_596_179].map(grouped), ["0", "999", "1,000", "2,596,179"]);
        assert_eq!(ratio(34_054, Some(33_400)), "1.020");
        assert_eq!(ratio(1, None), "–");
    }
}
