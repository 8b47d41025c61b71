//! From an invoice file to a batch, in one pass.

use std::io::{Read, Write};

use super::{BatchWriter, Header, InvoiceFile, Problem, Summary};
use crate::Result;

/// What came of an invoice file.
#[derive(Debug)]
pub enum Billing {
    /// Every line was good, and the batch is written.
    Done(Summary),
    /// At least one line was not, and what is written is no batch.
    Refused(Refusal),
}

/// What is wrong with an invoice file.
#[derive(Debug)]
pub struct Refusal {
    /// The first problems, in the order of the lines.
    pub problems: Vec<Problem>,
    /// Number of lines with a problem.
    pub count: u64,
}

/// Reads the invoice file `input` and writes its batch to `output`. A wrong line is noted, the first `limit` of them
/// with their reason, and the reading goes on. `progress` hears of the bytes and lines that are done.
///
/// # Errors
/// When something cannot be read or written, the columns are not the expected ones, there is no invoice, or the
/// header's percentage is out of bounds.
pub fn bill(
    input: impl Read,
    output: impl Write,
    header: &Header,
    limit: usize,
    mut progress: impl FnMut(u64, u64),
) -> Result<Billing> {
    let mut file = InvoiceFile::open(input)?;
    let mut batch = BatchWriter::begin(output, header)?;
    let mut refusal = Refusal { problems: Vec::new(), count: 0 };
    let mut lines = 0;
    while let Some(invoice) = file.advance()? {
        lines += 1;
        progress(file.bytes_read(), lines);
        match invoice {
            // After the first problem nothing is written any more.
            Ok(invoice) if refusal.count == 0 => batch.add(invoice)?,
            Ok(_) => {}
            Err(problem) => {
                refusal.count += 1;
                if refusal.problems.len() < limit {
                    refusal.problems.push(problem);
                }
            }
        }
    }
    if refusal.count > 0 {
        return Ok(Billing::Refused(refusal));
    }
    let (summary, _) = batch.finish()?;
    Ok(Billing::Done(summary))
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{Address, U256};

    use super::*;

    fn run(lines: &str, limit: usize) -> Result<Billing> {
        let text = format!("id,date,node,client,gross_usd,referrer\n{lines}");
        bill(text.as_bytes(), Vec::new(), &Header::new(1, Address::ZERO, 10), limit, |_, _| ())
    }

    #[test]
    fn good_lines_become_a_batch() {
        let Billing::Done(summary) = run("A,2026-01-15,n,c,10,\nB,2026-01-15,n,c,0.000009,\n", 5).unwrap()
        else {
            panic!("refused")
        };
        assert_eq!((summary.invoices, summary.fee), (2, U256::from(1_000_000)));
    }

    #[test]
    fn all_wrong_lines_are_counted_and_the_first_ones_listed() {
        let lines = "A,2026-01-15,n,c,x,\nB,2026-01-15,n,c,1,\nB,2026-01-15,n,c,1,\nC,never,n,c,1,\n";
        let Billing::Refused(refusal) = run(lines, 2).unwrap() else { panic!("accepted") };
        let listed: Vec<_> = refusal.problems.iter().map(|problem| problem.line).collect();
        assert_eq!((refusal.count, listed), (3, vec![2, 4]));
    }

    #[test]
    fn a_file_without_invoices_is_no_batch() {
        assert!(matches!(run("", 5), Err(crate::Error::EmptyBatch)));
    }
}
