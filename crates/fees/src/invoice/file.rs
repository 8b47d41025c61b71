//! The nodes' invoice file: CSV, read line by line.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::io::Read;

use alloy::primitives::{B128, keccak256};
use csv::{ByteRecord, ErrorKind, Reader, ReaderBuilder};

use super::{Invoice, parse_date, parse_dollars};
use crate::{Error, Result};

/// The columns, in their order; the first line of a file.
pub const COLUMNS: [&str; 6] = ["id", "date", "node", "client", "gross_usd", "referrer"];

/// Most bytes of a field: what is longer is a sign of a quote that was never closed.
const LONGEST_FIELD: usize = 256;

/// What is wrong with a line of an invoice file.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {kind}")]
pub struct Problem {
    /// Line, from 1.
    pub line: u64,
    /// What is wrong there.
    pub kind: ProblemKind,
}

/// Why a line was refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Another number of fields than columns.
    Fields(usize),
    /// Bytes that are not UTF-8, in this column.
    NotUtf8(&'static str),
    /// A field that must not be empty is.
    Empty(&'static str),
    /// A field with more than 256 bytes.
    TooLong(&'static str),
    /// A line break or another control character in this column.
    ControlCharacter(&'static str),
    /// A day that is none.
    Date(Error),
    /// An amount that is negative, finer than six decimals, or no number.
    Amount(Error),
    /// An id that another line has.
    Duplicate {
        /// The id.
        id: String,
        /// The line that had it first.
        first: u64,
    },
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(found) => write!(f, "{found} fields, expected {}", COLUMNS.len()),
            Self::NotUtf8(column) => write!(f, "`{column}` is not UTF-8"),
            Self::Empty(column) => write!(f, "`{column}` is empty"),
            Self::TooLong(column) => write!(f, "`{column}` has more than {LONGEST_FIELD} bytes"),
            Self::ControlCharacter(column) => write!(f, "`{column}` has a line break or control character"),
            Self::Date(error) | Self::Amount(error) => write!(f, "{error}"),
            Self::Duplicate { id, first } => write!(f, "invoice `{id}` is on line {first} already"),
        }
    }
}

/// The invoices of a file, one by one. Memory grows by some 40 bytes a line, to recognise duplicates.
pub struct InvoiceFile<R> {
    csv: Reader<R>,
    record: ByteRecord,
    /// Line of each id, by the first half of the id's hash.
    lines: HashMap<B128, u64>,
}

impl<R> fmt::Debug for InvoiceFile<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvoiceFile").field("lines", &self.lines.len()).finish_non_exhaustive()
    }
}

impl<R: Read> InvoiceFile<R> {
    /// Reads the first line, which names the columns.
    ///
    /// # Errors
    /// [`Error::Columns`] when it does not name [`COLUMNS`], [`Error::Input`].
    pub fn open(input: R) -> Result<Self> {
        let mut csv = ReaderBuilder::new().flexible(true).from_reader(input);
        let header = csv.byte_headers().map_err(unreadable)?;
        if header != COLUMNS.as_slice() {
            let found: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
            return Err(Error::Columns { found: shown(&found.join(",")), expected: COLUMNS.join(",") });
        }
        Ok(Self { csv, record: ByteRecord::new(), lines: HashMap::new() })
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.csv.position().byte()
    }

    /// The next invoice, or what is wrong with its line; `None` at the end. A wrong line does not stop the reading.
    ///
    /// # Errors
    /// [`Error::Input`] when the file cannot be read.
    pub fn advance(&mut self) -> Result<Option<Result<Invoice, Problem>>> {
        if !self.csv.read_byte_record(&mut self.record).map_err(unreadable)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let invoice = invoice(&self.record).and_then(|invoice| self.unique(invoice, line));
        Ok(Some(invoice.map_err(|kind| Problem { line, kind })))
    }

    fn unique(&mut self, invoice: Invoice, line: u64) -> Result<Invoice, ProblemKind> {
        let hash = keccak256(&invoice.id);
        let key = hash.first_chunk().copied().map(B128::from).unwrap_or_default();
        match self.lines.entry(key) {
            Entry::Occupied(first) => Err(ProblemKind::Duplicate { id: invoice.id, first: *first.get() }),
            Entry::Vacant(place) => {
                place.insert(line);
                Ok(invoice)
            }
        }
    }
}

fn invoice(record: &ByteRecord) -> Result<Invoice, ProblemKind> {
    let mut fields = [""; COLUMNS.len()];
    if record.len() != fields.len() {
        return Err(ProblemKind::Fields(record.len()));
    }
    for ((field, bytes), column) in fields.iter_mut().zip(record).zip(COLUMNS) {
        if bytes.len() > LONGEST_FIELD {
            return Err(ProblemKind::TooLong(column));
        }
        *field = str::from_utf8(bytes).map_err(|_| ProblemKind::NotUtf8(column))?;
        if field.is_empty() && column != "referrer" {
            return Err(ProblemKind::Empty(column));
        }
        if field.contains(char::is_control) {
            return Err(ProblemKind::ControlCharacter(column));
        }
    }
    let [id, date, node, client, gross, referrer] = fields;
    Ok(Invoice {
        id: id.into(),
        date: parse_date(date).map_err(ProblemKind::Date)?,
        node: node.into(),
        client: client.into(),
        gross: parse_dollars(gross).map_err(ProblemKind::Amount)?,
        referrer: referrer.into(),
    })
}

fn unreadable(error: csv::Error) -> Error {
    let text = error.to_string();
    match error.into_kind() {
        ErrorKind::Io(source) => Error::Input(source),
        _ => Error::Input(std::io::Error::other(text)),
    }
}

/// The beginning of `line`, in which nothing can move a terminal's cursor: the file can be anything.
fn shown(line: &str) -> String {
    const MOST: usize = 100;
    let text: String = line.chars().take(MOST).flat_map(char::escape_debug).collect();
    if line.chars().nth(MOST).is_some() { format!("{text}…") } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEADER: &str = "id,date,node,client,gross_usd,referrer\n";

    fn read(lines: &str) -> Vec<Result<Invoice, Problem>> {
        let text = format!("{HEADER}{lines}");
        let mut file = InvoiceFile::open(text.as_bytes()).unwrap();
        std::iter::from_fn(|| file.advance().unwrap()).collect()
    }

    #[test]
    fn reads_invoices() {
        let invoices =
            read("INV-1,2026-01-15,hexocean,\"Acme, Inc\",40000.00,\nINV-2,2026-01-16,muses,x,0.5,carla\n");
        let first = invoices[0].as_ref().unwrap();
        assert_eq!((first.client.as_str(), first.gross.to::<u64>()), ("Acme, Inc", 40_000_000_000));
        assert_eq!(invoices[1].as_ref().unwrap().referrer, "carla");
        assert_eq!(invoices.len(), 2);
    }

    #[test]
    fn every_wrong_line_is_named_with_its_reason() {
        let long = "x".repeat(257);
        let table = [
            ("A,2026-01-15,n,c,1", "line 3: 5 fields, expected 6"),
            ("A,2026-01-15,n,c,1,r,s", "line 3: 7 fields, expected 6"),
            (",2026-01-15,n,c,1,", "line 3: `id` is empty"),
            ("A,2026-01-15,n,,1,", "line 3: `client` is empty"),
            ("A,2026-02-30,n,c,1,", "line 3: `2026-02-30` is not a day such as `2026-01-15`"),
            ("A,2026-01-15,n,c,-1,", "line 3: negative amount `-1`"),
            ("A,2026-01-15,n,c,1.0000001,", "line 3: amount `1.0000001` is finer than USDC with 6 decimals"),
            ("A,2026-01-15,n,c,ten,", "line 3: invalid amount `ten`"),
            ("FIRST,2026-01-15,n,c,1,", "line 3: invoice `FIRST` is on line 2 already"),
            ("A,2026-01-15,\"n\nm\",c,1,", "line 3: `node` has a line break or control character"),
        ];
        for (line, message) in table {
            let found = read(&format!("FIRST,2026-01-15,n,c,1,\n{line}\nLAST,2026-01-15,n,c,1,\n"));
            assert_eq!(found.len(), 3, "{line}");
            assert_eq!(found[1].as_ref().unwrap_err().to_string(), message);
            assert!(found[2].is_ok(), "{line}");
        }
        let found = read(&format!("{long},2026-01-15,n,c,1,\n"));
        assert_eq!(found[0].as_ref().unwrap_err().to_string(), "line 2: `id` has more than 256 bytes");
    }

    #[test]
    fn other_columns_are_refused() {
        for header in
            ["", "id,date,node,client,gross_usd\n", "id,date,node,client,referrer,gross_usd\n", "a,b\n"]
        {
            assert!(matches!(InvoiceFile::open(header.as_bytes()), Err(Error::Columns { .. })), "{header}");
        }
        let Err(Error::Columns { found, .. }) =
            InvoiceFile::open(format!("id,\u{1b}[2J{}", "x".repeat(500)).as_bytes())
        else {
            panic!("these are no columns")
        };
        assert_eq!(found, format!("id,\\u{{1b}}[2J{}…", "x".repeat(93)));
    }

    #[test]
    fn bytes_that_are_no_text_are_a_problem_of_their_line() {
        let mut text = HEADER.as_bytes().to_vec();
        text.extend(b"A,2026-01-15,\xff,c,1,\n");
        let mut file = InvoiceFile::open(text.as_slice()).unwrap();
        let problem = file.advance().unwrap().unwrap().unwrap_err();
        assert_eq!(problem.to_string(), "line 2: `node` is not UTF-8");
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes: Vec<u8>) {
            let text = [HEADER.as_bytes(), &bytes].concat();
            let mut file = InvoiceFile::open(text.as_slice()).unwrap();
            while let Ok(Some(_)) = file.advance() {}
        }
    }
}
