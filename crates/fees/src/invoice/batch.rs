//! A batch: the invoices of a file with their fees, and the root under which they are deposited.
//!
//! The file is JSON lines: a [`Header`], then a line per invoice, then the [`Summary`]. All amounts are decimal
//! dollars in strings.
//!
//! ```text
//! {"schema_version":1,"kind":"fee_batch","chain_id":1,"fee_converter":"0x…","marketplace_fee_percent":10}
//! {"id":"INV-1","date":"2026-01-15","node":"hexocean","client":"acme","gross_usd":"40000","referrer":"","fee_usdc":"4000"}
//! {"root":"0x…","invoices":1,"gross_usd":"40000","fee_usdc":"4000","nodes":[{"node":"hexocean","invoices":1,"gross_usd":"40000","fee_usdc":"4000"}]}
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use alloy::primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use super::{Billed, Invoice, dollars, parse_date, parse_dollars};
use crate::merkle::{Tree, root_of};
use crate::{Error, Result};

const SCHEMA_VERSION: u64 = 1;

/// First line of a batch: what its fees were computed with, and where they go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    schema_version: u64,
    kind: Kind,
    /// Chain of the converter.
    pub chain_id: u64,
    /// The converter that takes the fees.
    pub fee_converter: Address,
    /// Marketplace fee in whole percent.
    pub marketplace_fee_percent: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    FeeBatch,
    FeeProof,
}

impl Header {
    /// A header for fees of `percent`.
    #[must_use]
    pub const fn new(chain_id: u64, fee_converter: Address, percent: u8) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            kind: Kind::FeeBatch,
            chain_id,
            fee_converter,
            marketplace_fee_percent: percent,
        }
    }
}

/// A line of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow)]
    node: Cow<'a, str>,
    #[serde(borrow)]
    client: Cow<'a, str>,
    gross_usd: Cow<'a, str>,
    #[serde(borrow)]
    referrer: Cow<'a, str>,
    fee_usdc: Cow<'a, str>,
}

impl<'a> From<&'a Billed> for Line<'a> {
    fn from(billed: &'a Billed) -> Self {
        let invoice = &billed.invoice;
        Self {
            id: invoice.id.as_str().into(),
            date: invoice.date.to_string().into(),
            node: invoice.node.as_str().into(),
            client: invoice.client.as_str().into(),
            gross_usd: dollars(invoice.gross).into(),
            referrer: invoice.referrer.as_str().into(),
            fee_usdc: dollars(billed.fee).into(),
        }
    }
}

impl Line<'_> {
    fn billed(self) -> Result<Billed> {
        let invoice = Invoice {
            date: parse_date(&self.date)?,
            gross: parse_dollars(&self.gross_usd)?,
            id: self.id.into_owned(),
            node: self.node.into_owned(),
            client: self.client.into_owned(),
            referrer: self.referrer.into_owned(),
        };
        Ok(Billed { invoice, fee: parse_dollars(&self.fee_usdc)? })
    }
}

/// Last line of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Root of the Merkle tree over all lines, the reference of the deposit.
    pub root: B256,
    /// Number of invoices.
    pub invoices: u64,
    /// Sum of the gross amounts.
    #[serde(rename = "gross_usd", with = "decimal")]
    pub gross: U256,
    /// Sum of the fees.
    #[serde(rename = "fee_usdc", with = "decimal")]
    pub fee: U256,
    /// The same for each node, by name.
    pub nodes: Vec<NodeTotal>,
}

/// What one node billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeTotal {
    /// The node.
    pub node: String,
    /// Number of its invoices.
    pub invoices: u64,
    /// Sum of their gross amounts.
    #[serde(rename = "gross_usd", with = "decimal")]
    pub gross: U256,
    /// Sum of their fees.
    #[serde(rename = "fee_usdc", with = "decimal")]
    pub fee: U256,
}

/// Amounts of USDC as decimal dollars.
pub(crate) mod decimal {
    use super::{U256, dollars, parse_dollars};
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(base: &U256, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&dollars(*base))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<U256, D::Error> {
        parse_dollars(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Sums and leaves of the lines so far.
#[derive(Debug, Default)]
struct Tally {
    leaves: Vec<B256>,
    nodes: BTreeMap<String, NodeTotal>,
}

impl Tally {
    fn add(&mut self, billed: &Billed) -> Result<()> {
        self.leaves.push(billed.leaf());
        let node = &billed.invoice.node;
        if !self.nodes.contains_key(node) {
            self.nodes.insert(node.clone(), NodeTotal { node: node.clone(), ..NodeTotal::default() });
        }
        if let Some(total) = self.nodes.get_mut(node) {
            total.invoices += 1;
            total.gross = sum(total.gross, billed.invoice.gross)?;
            total.fee = sum(total.fee, billed.fee)?;
        }
        Ok(())
    }

    fn close(self) -> Result<(Tree, Summary)> {
        let invoices = self.leaves.len() as u64;
        let tree = Tree::new(self.leaves).ok_or(Error::EmptyBatch)?;
        let nodes: Vec<_> = self.nodes.into_values().collect();
        let total = |amount: fn(&NodeTotal) -> U256| nodes.iter().map(amount).try_fold(U256::ZERO, sum);
        let (gross, fee) = (total(|node| node.gross)?, total(|node| node.fee)?);
        let summary = Summary { root: tree.root(), invoices, gross, fee, nodes };
        Ok((tree, summary))
    }
}

fn sum(left: U256, right: U256) -> Result<U256> {
    left.checked_add(right).ok_or(Error::TotalTooLarge)
}

/// Writes a batch line by line.
#[derive(Debug)]
pub struct BatchWriter<W> {
    output: W,
    percent: u8,
    tally: Tally,
}

impl<W: Write> BatchWriter<W> {
    /// Begins a batch.
    ///
    /// # Errors
    /// [`Error::Output`].
    pub fn begin(output: W, header: &Header) -> Result<Self> {
        let mut writer = Self { output, percent: header.marketplace_fee_percent, tally: Tally::default() };
        writer.line(header)?;
        Ok(writer)
    }

    /// Adds `invoice` with its fee.
    ///
    /// # Errors
    /// [`Error::Output`], [`Error::TotalTooLarge`], or when the header's percentage is out of bounds.
    pub fn add(&mut self, invoice: Invoice) -> Result<()> {
        let billed = invoice.billed(self.percent)?;
        self.line(&Line::from(&billed))?;
        self.tally.add(&billed)
    }

    /// Ends the batch, and gives the output back.
    ///
    /// # Errors
    /// [`Error::EmptyBatch`], [`Error::TotalTooLarge`], [`Error::Output`].
    pub fn finish(mut self) -> Result<(Summary, W)> {
        let (_, summary) = std::mem::take(&mut self.tally).close()?;
        self.line(&summary)?;
        self.output.flush().map_err(Error::Output)?;
        Ok((summary, self.output))
    }

    fn line(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.output, value).map_err(|error| Error::Output(error.into()))?;
        self.output.write_all(b"\n").map_err(Error::Output)
    }
}

/// A batch that was read and found consistent: its root, sums and fees are those of its lines.
#[derive(Clone, Debug)]
pub struct Batch {
    /// What the fees were computed with.
    pub header: Header,
    /// Root and sums.
    pub summary: Summary,
    tree: Tree,
    /// The invoice that was asked for.
    wanted: Option<Billed>,
}

impl Batch {
    /// Reads a batch and computes every fee, leaf, sum and the root again.
    ///
    /// # Errors
    /// [`Error::BatchLine`] with the line that is none; [`Error::WrongFee`], [`Error::WrongSummary`] when somebody
    /// changed the file; [`Error::Input`].
    pub fn read(input: impl BufRead) -> Result<Self> {
        Self::scan(input, None)
    }

    /// Reads a batch as [`Batch::read`] does and proves that the invoice `id` is in it.
    ///
    /// # Errors
    /// As [`Batch::read`], and [`Error::UnknownInvoice`].
    pub fn prove(input: impl BufRead, id: &str) -> Result<Proof> {
        let batch = Self::scan(input, Some(id))?;
        let billed = batch.wanted.ok_or_else(|| Error::UnknownInvoice(id.into()))?;
        let leaf = billed.leaf();
        let proof = batch.tree.proof(leaf).ok_or_else(|| Error::UnknownInvoice(id.into()))?;
        let line = Line::from(&billed);
        Ok(Proof {
            schema_version: SCHEMA_VERSION,
            kind: Kind::FeeProof,
            root: batch.summary.root,
            invoice: serde_json::to_value(&line).map_err(|error| Error::Output(error.into()))?,
            leaf,
            proof,
        })
    }

    fn scan(mut input: impl BufRead, wanted_id: Option<&str>) -> Result<Self> {
        let mut text = String::new();
        let mut number = 0;
        let mut advance = |text: &mut String| -> Result<u64> {
            text.clear();
            number += 1;
            if input.read_line(text).map_err(Error::Input)? == 0 {
                return Err(Error::BatchLine {
                    line: number,
                    reason: "the file ends before its summary".into(),
                });
            }
            Ok(number)
        };
        let line = advance(&mut text)?;
        let header: Header = parse(&text, line)?;
        if header.kind != Kind::FeeBatch || header.schema_version != SCHEMA_VERSION {
            return Err(Error::BatchLine { line, reason: "not a batch of this version".into() });
        }
        let (mut tally, mut wanted) = (Tally::default(), None);
        let stated: Summary = loop {
            let line = advance(&mut text)?;
            if text.starts_with("{\"root\"") {
                break parse(&text, line)?;
            }
            let billed = parse::<Line<'_>>(&text, line)?
                .billed()
                .map_err(|error| Error::BatchLine { line, reason: error.to_string() })?;
            if billed.clone().invoice.billed(header.marketplace_fee_percent)?.fee != billed.fee {
                return Err(Error::WrongFee {
                    id: billed.invoice.id,
                    percent: header.marketplace_fee_percent,
                });
            }
            tally.add(&billed)?;
            if wanted_id.is_some_and(|id| id == billed.invoice.id) {
                wanted = Some(billed);
            }
        };
        let (tree, summary) = tally.close()?;
        if stated != summary {
            return Err(Error::WrongSummary { stated: stated.root, computed: summary.root });
        }
        Ok(Self { header, summary, tree, wanted })
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str, line: u64) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::BatchLine { line, reason: error.to_string() })
}

/// Shows that one invoice is part of a batch, to whoever knows the batch's root.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    schema_version: u64,
    kind: Kind,
    /// Root that the proof leads to.
    pub root: B256,
    invoice: serde_json::Value,
    /// The invoice's leaf.
    pub leaf: B256,
    /// Siblings from the leaf to the root.
    pub proof: Vec<B256>,
}

impl Proof {
    /// Reads a proof, and computes its leaf and root again from the invoice.
    ///
    /// # Errors
    /// [`Error::InvalidProof`] when it is none or does not lead to its own root.
    pub fn parse(text: &str) -> Result<(Self, Billed)> {
        let invalid = |reason: String| Error::InvalidProof(reason);
        let proof: Self = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        if proof.kind != Kind::FeeProof || proof.schema_version != SCHEMA_VERSION {
            return Err(invalid("not a proof of this version".into()));
        }
        let invoice = proof.invoice.to_string();
        let line: Line<'_> = serde_json::from_str(&invoice).map_err(|error| invalid(error.to_string()))?;
        let billed = line.billed()?;
        if billed.leaf() != proof.leaf {
            return Err(invalid("the leaf is not that of the invoice".into()));
        }
        if root_of(proof.leaf, &proof.proof) != proof.root {
            return Err(invalid("the siblings do not lead to the root".into()));
        }
        Ok((proof, billed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(id: &str, node: &str, gross: u64) -> Invoice {
        Invoice {
            id: id.into(),
            date: "2026-01-15".parse().unwrap(),
            node: node.into(),
            client: "acme \"the\" client".into(),
            gross: U256::from(gross),
            referrer: String::new(),
        }
    }

    fn batch() -> (Summary, String) {
        let header = Header::new(1, Address::repeat_byte(5), 10);
        let mut writer = BatchWriter::begin(Vec::new(), &header).unwrap();
        for (id, node, gross) in [("A", "muses", 19), ("B", "hexocean", 1_000_000), ("C", "muses", 19)] {
            writer.add(invoice(id, node, gross)).unwrap();
        }
        let (summary, text) = writer.finish().unwrap();
        (summary, String::from_utf8(text).unwrap())
    }

    #[test]
    fn fees_are_rounded_for_each_invoice_and_not_for_the_sum() {
        let (summary, _) = batch();
        // 10% of 19 is 1 for each; of 38 it would be 3.
        assert_eq!(summary.nodes[1].fee, U256::from(2));
        assert_eq!((summary.gross, summary.fee), (U256::from(1_000_038), U256::from(100_002)));
        let names: Vec<_> = summary.nodes.iter().map(|node| node.node.as_str()).collect();
        assert_eq!(names, ["hexocean", "muses"]);
    }

    #[test]
    fn a_batch_reads_back_and_proves_its_invoices() {
        let (summary, text) = batch();
        assert_eq!(Batch::read(text.as_bytes()).unwrap().summary, summary);
        let proof = Batch::prove(text.as_bytes(), "B").unwrap();
        let written = serde_json::to_string(&proof).unwrap();
        let (read, billed) = Proof::parse(&written).unwrap();
        assert_eq!((read.root, billed.fee), (summary.root, U256::from(100_000)));
        let missing = Batch::prove(text.as_bytes(), "D").unwrap_err();
        assert!(matches!(missing, Error::UnknownInvoice(id) if id == "D"));
    }

    #[test]
    fn a_changed_batch_is_refused() {
        let (_, text) = batch();
        let table = [
            (text.replace("\"fee_usdc\":\"0.1\",\"r", "\"fee_usdc\":\"0.2\",\"r"), "summary"),
            (text.replacen("\"fee_usdc\":\"0.1\"", "\"fee_usdc\":\"0.2\"", 1), "fee of invoice `B`"),
            (text.replacen("muses", "nuses", 1), "summary"),
            (text.replacen("\"A\"", "\"X\"", 1), "summary"),
            (text.lines().take(3).collect::<Vec<_>>().join("\n"), "line 4: the file ends"),
            (text.replacen("fee_batch", "fee_proof", 1), "line 1: not a batch"),
            (text.replacen("2026-01-15", "2026-01-35", 1), "line 2: `2026-01-35`"),
            (text.replacen("\"client\"", "\"klient\"", 1), "line 2: unknown field"),
            (String::new(), "line 1: the file ends"),
        ];
        for (changed, message) in table.into_iter().filter(|(changed, _)| *changed != text) {
            let error = Batch::read(changed.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn a_changed_proof_is_refused() {
        let (_, text) = batch();
        let proof = serde_json::to_string(&Batch::prove(text.as_bytes(), "A").unwrap()).unwrap();
        for (from, to) in [("0.000019", "0.00002"), ("muses", "hexocean"), ("fee_proof", "fee_batch")] {
            assert!(
                matches!(Proof::parse(&proof.replacen(from, to, 1)), Err(Error::InvalidProof(_))),
                "{from}"
            );
        }
        let (read, _) = Proof::parse(&proof).unwrap();
        let root = read.root.to_string();
        let other = B256::repeat_byte(1).to_string();
        assert!(Proof::parse(&proof.replace(&root, &other)).is_err());
    }

    #[test]
    fn an_empty_batch_is_none() {
        let writer = BatchWriter::begin(Vec::new(), &Header::new(1, Address::ZERO, 10)).unwrap();
        assert!(matches!(writer.finish(), Err(Error::EmptyBatch)));
    }
}
