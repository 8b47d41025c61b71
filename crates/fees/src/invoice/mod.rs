//! A client's invoice, and the fee that it owes.

mod batch;
mod billing;
mod file;

pub use batch::{Batch, BatchWriter, Header, NodeTotal, Proof, Summary};
pub use billing::{Billing, Refusal, bill};
pub use file::{COLUMNS, InvoiceFile, Problem, ProblemKind};

use alloy::primitives::{B256, U256, keccak256};
use alloy::sol_types::SolValue;
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::parameters::marketplace_fee;
use jiff::civil::Date;

use crate::{Error, Result};

/// What a client pays for work, as a node bills it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Number of the invoice, unique in its batch.
    pub id: String,
    /// Day of the invoice.
    pub date: Date,
    /// The node that bills it.
    pub node: String,
    /// The client.
    pub client: String,
    /// Gross service value in millionths of a dollar, which are base units of USDC.
    pub gross: U256,
    /// Who brought the client; empty when nobody did.
    pub referrer: String,
}

impl Invoice {
    /// This invoice with its fee of `percent`: gross times percent over 100, rounded down to a base unit of USDC for
    /// each invoice, so that no client ever pays more than the percentage that was decided.
    ///
    /// # Errors
    /// If `percent` is 100 or more.
    pub fn billed(self, percent: u8) -> Result<Billed> {
        let fee = marketplace_fee(self.gross, percent)?;
        Ok(Billed { invoice: self, fee })
    }
}

/// An invoice with its fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billed {
    /// The invoice.
    pub invoice: Invoice,
    /// Fee in base units of USDC.
    pub fee: U256,
}

impl Billed {
    /// Its leaf in the batch's Merkle tree: `keccak256(keccak256(abi.encode(string id, uint256 date, string node,
    /// string client, uint256 gross, string referrer, uint256 fee)))`, with the date as the number `20260115` and
    /// both amounts in base units of USDC.
    #[must_use]
    pub fn leaf(&self) -> B256 {
        let Invoice { id, date, node, client, gross, referrer } = &self.invoice;
        let values = (id, number_of(*date), node, client, *gross, referrer, self.fee);
        keccak256(keccak256(values.abi_encode_params()))
    }
}

/// `2026-01-15` as 20260115. The files allow no year before 0.
fn number_of(date: Date) -> U256 {
    let part = |value: i8| u64::from(value.unsigned_abs());
    U256::from(u64::from(date.year().unsigned_abs()) * 10_000 + part(date.month()) * 100 + part(date.day()))
}

/// Reads digits with an optional fraction of at most six places, as files write dollars. What people may write on a
/// command line besides, such as units and `_`, is refused: in a file of a machine it is a sign of a mistake.
fn parse_dollars(text: &str) -> Result<U256> {
    let strange = |byte: u8| !byte.is_ascii_digit() && byte != b'.';
    if text.bytes().any(strange) && !text.starts_with('-') {
        return Err(btrst_gov::Error::InvalidAmount(text.into()).into());
    }
    Ok(Amount::parse(text, Unit::Usdc)?.base)
}

/// `base` units of USDC as files write dollars: `1250.5`.
#[must_use]
pub fn dollars(base: U256) -> String {
    Amount::new(base, Unit::Plain(Unit::Usdc.decimals())).to_plain()
}

/// Reads a day such as `2026-01-15`. Nothing but this form: others can be read in two ways.
fn parse_date(text: &str) -> Result<Date> {
    let invalid = || Error::InvalidDate(text.into());
    let form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if !form {
        return Err(invalid());
    }
    text.parse().map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use alloy::primitives::b256;
    use proptest::prelude::*;

    use super::*;
    use crate::merkle::Tree;

    fn billed(
        id: &str,
        date: &str,
        node: &str,
        client: &str,
        gross: u64,
        referrer: &str,
        fee: u64,
    ) -> Billed {
        let invoice = Invoice {
            id: id.into(),
            date: date.parse().unwrap(),
            node: node.into(),
            client: client.into(),
            gross: U256::from(gross),
            referrer: referrer.into(),
        };
        Billed { invoice, fee: U256::from(fee) }
    }

    /// Written by `@openzeppelin/merkle-tree` 1.0.8 for the same rows and the types of [`Billed::leaf`].
    #[test]
    fn roots_and_proofs_are_those_of_openzeppelin() {
        let rows = [
            billed("INV-1", "2026-01-15", "freelance_labs", "acme", 40_000_000_000, "", 4_000_000_000),
            billed("INV-2", "2026-01-16", "hexocean", "acme", 1_250_500_000, "carla", 125_050_000),
            billed("INV-3", "2026-01-16", "muses", "globex", 19, "", 1),
            billed("INV-4", "2026-01-17", "muses", "globex, inc", 999_999_999, "ünï", 99_999_999),
            billed("INV-5", "2026-02-28", "snowfork", "initech", 0, "", 0),
        ];
        let roots = [
            b256!("6ee19e62f5a8c39530233e264a6ee3ab1d2b9ecfcdb32455dd3ad4ec38cc28e8"),
            b256!("20a30955ed7a4cde6a06b0e5510e7ca989f8fcec7ece9c8fec9849367f60648e"),
            b256!("5b2749003e31d20e8e69475335cd4b9af1aa48aa97a9009ba6338c3a101dc793"),
            b256!("4e8ac4708bb43dda5e08e42aa2ba6dcdecdcbd168d74d47bd00bd89194b6c1a3"),
            b256!("477f02eeddbbed991462c4fdc3226d7075937de6246573cf2008e8af0cdc60fb"),
        ];
        let leaves: Vec<_> = rows.iter().map(Billed::leaf).collect();
        for (count, root) in (1..).zip(roots) {
            assert_eq!(Tree::new(leaves[..count].to_vec()).unwrap().root(), root, "{count}");
        }
        let proof = [
            b256!("417c2854588de16c45adc495690b982709380357fe81429316fbe22e4480d858"),
            b256!("b636e21c2ce926471694c29a0fc97bf13736b67642c081cf6e329c01957dc942"),
            b256!("e36884a50f23fb8bbcf154ebff3f878e2c8c53b2f7c851694be71a56304aa60b"),
        ];
        assert_eq!(Tree::new(leaves.clone()).unwrap().proof(leaves[0]).unwrap(), proof);
    }

    #[test]
    fn dollars_are_read_exactly_or_not_at_all() {
        for (text, base) in
            [("40000.00", 40_000_000_000_u64), ("0", 0), ("0.000001", 1), ("1.2500000000", 1_250_000)]
        {
            assert_eq!(parse_dollars(text).unwrap(), U256::from(base), "{text}");
        }
        for text in
            ["", "-1", "1e3", "1,000", "1_000", "5usdc", "$5", " 5", "5 ", "+5", ".5", "5.", "0.0000001", "٣"]
        {
            assert!(parse_dollars(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_have_one_form() {
        assert_eq!(number_of(parse_date("2024-02-29").unwrap()), U256::from(20_240_229));
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-1-5",
            "15.01.2026",
            "20260115",
            "2026-01-15T00",
            "-026-01-15",
        ] {
            assert!(parse_date(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn fee_never_exceeds_the_percentage_and_misses_it_by_less_than_a_unit(gross: u128, percent in 0_u8..100) {
            let mut row = billed("a", "2026-01-15", "n", "c", 0, "", 0);
            row.invoice.gross = U256::from(gross);
            let fee = row.invoice.billed(percent).unwrap().fee;
            let exact = U256::from(gross) * U256::from(percent);
            prop_assert!(fee * U256::from(100) <= exact);
            prop_assert!((fee + U256::from(1)) * U256::from(100) > exact);
        }

        #[test]
        fn dollars_read_back(base: u128) {
            prop_assert_eq!(parse_dollars(&dollars(U256::from(base))).unwrap(), U256::from(base));
        }

        #[test]
        fn no_two_invoices_share_a_leaf(a in "[a-c]{0,3}", b in "[a-c]{0,3}", c in "[a-c]{0,3}", d in "[a-c]{0,3}") {
            let one = billed(&a, "2026-01-15", &b, "c", 1, "", 0);
            let two = billed(&c, "2026-01-15", &d, "c", 1, "", 0);
            prop_assert_eq!(one == two, one.leaf() == two.leaf());
        }
    }
}
