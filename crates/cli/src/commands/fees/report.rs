//! `btrst fees report`.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_bindings::FeeConverter;
use btrst_fees::FeeChain;
use btrst_fees::invoice::{Batch, dollars};
use btrst_fees::report::{Report, Store, Subject, page, tokens, write_csv};
use btrst_gov::Deployment;
use eyre::{Result, WrapErr};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::prove;
use crate::context::Context;
use crate::demo::{btrst, grouped, usdc};
use crate::failure::Hinted;
use crate::opts::ChainOptions;

/// Rows of each list on the terminal.
const ROWS: usize = 30;

const EXAMPLES: &str = "\
Examples:
  btrst fees report
  btrst fees report --html fees.html --csv fees.csv --batch january.batch.jsonl
  btrst fees report --offline --json | jq '.days[-1]'

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when the report is complete, 2 on an error.";

/// Shows every deposit and conversion: totals by day, payer, node and batch, and prices.
///
/// Events are read once and kept in a store, an append-only file; the next report reads only new blocks. When the
/// chain was reorganised, the events that are gone are taken back. The average price is compared with the
/// time-weighted prices that the converter recorded with its conversions; the pool's fee is a part of the difference.
/// Nodes are known from batches, as far as they are given and were deposited.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// File of the events that are known already
    #[arg(long, value_name = "FILE", default_value = "fees.store.jsonl")]
    store: PathBuf,

    /// First block to read, best that of the converter's deployment; for a new store only
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,

    /// Read no new blocks; what the store has is reported
    #[arg(long)]
    offline: bool,

    /// Batch that `btrst fees invoice` wrote; may be given several times
    #[arg(long, value_name = "FILE")]
    batch: Vec<PathBuf>,

    /// Write the events as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,

    /// Write one page with charts that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    #[command(flatten)]
    chain: ChainOptions,
}

/// Reports.
///
/// # Errors
/// When the chain does not answer, or a file cannot be used.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let deployment = args.chain.deployment()?;
    let chain = FeeChain::connect(args.chain.provider(&deployment)?, &deployment).await?;
    let mut store = Store::open(&args.store, chain.id, chain.converter, args.from_block)?;
    if !args.offline {
        sync(&mut store, &chain, context).await?;
    }
    let subject = subject(&args, &chain, &deployment, &store).await?;
    let report = Report::of(store.events(), &subject)?;
    if let Some(path) = &args.csv {
        let file = create(path)?;
        write_csv(store.events(), BufWriter::new(file))
            .wrap_err_with(|| format!("cannot write `{}`", path.display()))?;
        context.note(&format!("events written to {}", path.display()));
    }
    if let Some(path) = &args.html {
        let text = page(&report, store.events())?;
        std::fs::write(path, text).wrap_err_with(|| format!("cannot write `{}`", path.display()))?;
        context.note(&format!("page written to {}", path.display()));
    }
    show(&report, context)?;
    context.document(&report)?;
    Ok(ExitCode::SUCCESS)
}

async fn sync(store: &mut Store, chain: &FeeChain, context: &Context) -> Result<()> {
    let target = if context.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} block {pos} of {len}, {eta} left") {
        bar.set_style(style);
    }
    let synced = store
        .sync(chain, |block, head| {
            bar.set_length(head);
            bar.set_position(block);
        })
        .await;
    bar.finish_and_clear();
    synced.wrap_err("cannot read the events; what was read is kept, the next run goes on from there")
}

async fn subject(args: &Args, chain: &FeeChain, deployment: &Deployment, store: &Store) -> Result<Subject> {
    let token = chain.read_latest(chain.converter, &FeeConverter::BTRSTCall {}).await?;
    let mut batches = Vec::new();
    for path in &args.batch {
        let batch = Batch::read(prove::open(path)?)
            .wrap_err_with(|| format!("cannot use the batch `{}`", path.display()))?;
        batches.push(batch.summary);
    }
    let names = deployment.accounts.iter().map(|account| (account.address, account.name.clone()));
    Ok(Subject {
        chain_id: chain.id,
        fee_converter: chain.converter,
        block: store.last_block().unwrap_or_default(),
        btrst_is_token0: token < chain.usdc,
        names: names.collect(),
        batches,
    })
}

fn create(path: &Path) -> Result<File> {
    File::create(path).map_err(|error| {
        let message = format!("cannot write `{}`", path.display());
        Hinted::new(message, "name another file").caused_by(error).into()
    })
}

fn show(report: &Report, context: &Context) -> Result<()> {
    let totals = &report.totals;
    context.say(&format!("Fees of converter {} up to block {}\n", report.fee_converter, report.block))?;
    context.say(&format!(
        "deposited   {} in {} deposits",
        usdc(totals.deposited),
        grouped(totals.deposits)
    ))?;
    context.say(&format!(
        "converted   {} in {} conversions",
        usdc(totals.converted),
        grouped(totals.conversions)
    ))?;
    context.say(&format!("bought      {}", btrst(totals.bought)))?;
    if let (Some(price), Some(mean), Some(premium)) =
        (&report.average_price, &report.time_weighted_price, &report.premium_bps)
    {
        context.say(&format!("price       {price} USDC per BTRST, pool fee included"))?;
        context
            .say(&format!("            {mean} time-weighted: {premium} basis points above it were paid"))?;
    }
    let days = report.days.iter().rev().map(|day| {
        let totals = &day.totals;
        let price = totals.average_price().map_or_else(|| "-".into(), dollars);
        [&day.date, &dollars(totals.deposited), &dollars(totals.converted), &tokens(totals.bought), &price]
            .map(String::clone)
            .to_vec()
    });
    list(["day", "deposited", "converted", "BTRST", "price"].as_slice(), days.collect(), context)?;
    let payers = report.payers.iter().map(|payer| {
        let name = if payer.name.is_empty() { payer.address.to_string() } else { payer.name.clone() };
        vec![name, payer.deposits.to_string(), dollars(payer.deposited)]
    });
    list(["payer", "deposits", "deposited"].as_slice(), payers.collect(), context)?;
    let nodes = report.nodes.iter().map(|node| {
        vec![node.node.clone(), node.invoices.to_string(), dollars(node.gross), dollars(node.fee)]
    });
    list(["node", "invoices", "gross", "fee"].as_slice(), nodes.collect(), context)?;
    let references = report.references.iter().map(|reference| {
        let fee = reference.batch_fee_usdc.clone().unwrap_or_else(|| "-".into());
        vec![
            reference.reference.to_string(),
            reference.deposits.to_string(),
            dollars(reference.deposited),
            fee,
        ]
    });
    list(["reference", "deposits", "deposited", "batch fee"].as_slice(), references.collect(), context)
}

/// Prints rows in columns, the first one to the left, the others to the right.
fn list(columns: &[&str], rows: Vec<Vec<String>>, context: &Context) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let header: Vec<_> = columns.iter().map(|column| (*column).to_owned()).collect();
    let shown: Vec<_> = std::iter::once(&header).chain(rows.iter().take(ROWS)).collect();
    let width = |column: usize| {
        let cells = shown.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    context.say("")?;
    for row in shown {
        let cells = row.iter().zip(&widths).enumerate().map(|(index, (cell, width))| {
            if index == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        context.say(cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    if rows.len() > ROWS {
        context.say(&format!("and {} more; --json and --html have them", rows.len() - ROWS))?;
    }
    Ok(())
}
