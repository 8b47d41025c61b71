//! `btrst fees invoice`.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_fees::FeeChain;
use btrst_fees::invoice::{Billing, Header, Refusal, Summary, bill, dollars};
use btrst_gov::parameters::MAX_MARKETPLACE_FEE;
use eyre::{OptionExt, Result, WrapErr};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;
use crate::demo::grouped;
use crate::failure::Hinted;
use crate::opts::ChainOptions;

/// Exit code for a file that was refused.
const REFUSED: u8 = 1;

/// Lines between two notes of progress where there is no terminal.
const NOTED_LINES: u64 = 250_000;

const EXAMPLES: &str = "\
Examples:
  btrst fees invoice january.csv --rpc-url https://node.example
  btrst fees invoice january.csv --percent 10 --out january.batch.jsonl
  btrst fees invoice january.csv --json | jq -r .root

The file's first line is `id,date,node,client,gross_usd,referrer`; only the referrer may be empty:
  INV-2026-0001,2026-01-15,hexocean,acme,40000.00,

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when the batch is written, 1 when the file was refused, 2 on an error.";

/// Computes the fees of an invoice file and writes the batch with its Merkle root.
///
/// The fee of each invoice is its gross amount times the marketplace fee of GovernanceDecisions, rounded down to a
/// millionth of a dollar, the base unit of USDC. Nothing is rounded in sums. A file with a wrong line is refused as a
/// whole, and all its wrong lines are listed up to a limit.
///
/// The batch is JSON lines: a header, a line per invoice, a summary with root and totals. The root is the reference
/// under which `btrst fees deposit` pays the batch. The tree is that of OpenZeppelin's StandardMerkleTree, so a
/// contract can verify a proof; a leaf is
/// keccak256(keccak256(abi.encode(string id, uint256 date, string node, string client, uint256 gross,
/// string referrer, uint256 fee))) with the date as 20260115 and amounts in base units.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The nodes' invoice file
    file: PathBuf,

    /// Batch to write; the file's name with `.batch.jsonl` by default
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Whole percent to bill instead of what the chain says now, for work contracted under another fee
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=i64::from(MAX_MARKETPLACE_FEE)))]
    percent: Option<u8>,

    /// Most wrong lines to list
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    max_errors: usize,

    #[command(flatten)]
    chain: ChainOptions,
}

/// Bills the file.
///
/// # Errors
/// When something cannot be read or written.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let header = header(&args).await?;
    let out = args.out.clone().unwrap_or_else(|| args.file.with_extension("batch.jsonl"));
    let input = File::open(&args.file).map_err(|error| {
        let message = format!("cannot read the invoice file `{}`", args.file.display());
        Hinted::new(message, "name a CSV file of invoices").caused_by(error)
    })?;
    if out.exists() {
        let message = format!("`{}` exists", out.display());
        return Err(Hinted::new(message, "name another file with --out, or move this one away").into());
    }
    let size = input.metadata().map_or(0, |metadata| metadata.len());
    let progress = Progress::new(context, size);
    let draft = Draft::create(&out)?;
    let output = BufWriter::new(draft.file.try_clone().wrap_err("cannot write the batch")?);
    let tell = |bytes, lines| progress.at(context, bytes, lines);
    let billing = bill(input, output, &header, args.max_errors, tell)
        .wrap_err_with(|| format!("cannot bill `{}`", args.file.display()))?;
    progress.bar.finish_and_clear();
    match billing {
        Billing::Done(summary) => {
            draft.keep(&out)?;
            tell_batch(&header, &summary, &out, context)?;
            Ok(ExitCode::SUCCESS)
        }
        Billing::Refused(refusal) => {
            tell_refusal(&args.file, &refusal, context)?;
            Ok(ExitCode::from(REFUSED))
        }
    }
}

async fn header(args: &Args) -> Result<Header> {
    let deployment = args.chain.deployment()?;
    let converter = deployment.contracts.fee_converter;
    if let Some(percent) = args.percent {
        let converter = converter.ok_or_eyre("the deployment has no `fee_converter`")?;
        return Ok(Header::new(deployment.chain_id, converter, percent));
    }
    let chain = FeeChain::connect(args.chain.provider(&deployment)?, &deployment).await?;
    let percent = chain.marketplace_fee().await.wrap_err("cannot read the marketplace fee")?;
    Ok(Header::new(chain.id, chain.converter, percent))
}

/// A bar on a terminal, a line now and then elsewhere.
struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(context: &Context, size: u64) -> Self {
        let target = if context.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(size), target);
        let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg} {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { bar }
    }

    fn at(&self, context: &Context, bytes: u64, lines: u64) {
        if self.bar.is_hidden() {
            if lines.is_multiple_of(NOTED_LINES) {
                context.note(&format!("{} invoices read …", grouped(lines)));
            }
        } else if lines.is_multiple_of(1_000) {
            self.bar.set_position(bytes);
            self.bar.set_message(format!("{} invoices", grouped(lines)));
        }
    }
}

/// A file beside its destination, which it replaces when it is complete; removed otherwise.
#[derive(Debug)]
struct Draft {
    file: File,
    path: PathBuf,
}

impl Draft {
    fn create(out: &Path) -> Result<Self> {
        let mut name = out.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let file =
            OpenOptions::new().write(true).create(true).truncate(true).open(&path).map_err(|error| {
                let message = format!("cannot write `{}`", path.display());
                Hinted::new(message, "name another file with --out").caused_by(error)
            })?;
        Ok(Self { file, path })
    }

    fn keep(mut self, out: &Path) -> Result<()> {
        let kept = self.file.flush().and_then(|()| self.file.sync_all());
        kept.and_then(|()| std::fs::rename(&self.path, out))
            .wrap_err_with(|| format!("cannot write `{}`", out.display()))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Nothing is there any more after `keep`.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn tell_batch(header: &Header, summary: &Summary, out: &Path, context: &Context) -> Result<()> {
    let percent = header.marketplace_fee_percent;
    let width = summary.nodes.iter().map(|node| node.node.chars().count()).max().unwrap_or(0).max(5);
    context
        .say(&format!("{:<width$}  {:>9}  {:>20}  {:>20}", "node", "invoices", "gross USD", "fee USDC"))?;
    for node in &summary.nodes {
        let (gross, fee) = (dollars(node.gross), dollars(node.fee));
        context.say(&format!(
            "{:<width$}  {:>9}  {gross:>20}  {fee:>20}",
            node.node,
            grouped(node.invoices)
        ))?;
    }
    let (gross, fee) = (dollars(summary.gross), dollars(summary.fee));
    context.say(&format!("{:<width$}  {:>9}  {gross:>20}  {fee:>20}", "total", grouped(summary.invoices)))?;
    context.say(&format!("\nfee    {percent}% of each invoice, rounded down to a millionth of a dollar"))?;
    context.say(&format!("root   {}", summary.root))?;
    context.say(&format!("batch  {}", out.display()))?;
    if !context.json {
        return Ok(());
    }
    let mut document = serde_json::json!({
        "schema_version": 1,
        "batch": out,
        "chain_id": header.chain_id,
        "fee_converter": header.fee_converter,
        "marketplace_fee_percent": percent,
    });
    if let (Some(document), Ok(serde_json::Value::Object(summary))) =
        (document.as_object_mut(), serde_json::to_value(summary))
    {
        document.extend(summary);
    }
    context.document(&document)
}

fn tell_refusal(file: &Path, refusal: &Refusal, context: &Context) -> Result<()> {
    context.say(&format!("`{}` was refused, nothing was written:", file.display()))?;
    for problem in &refusal.problems {
        context.say(&format!("  {problem}"))?;
    }
    let more = refusal.count - refusal.problems.len() as u64;
    if more > 0 {
        context.say(&format!("  and {} more; --max-errors lists more of them", grouped(more)))?;
    }
    let problems: Vec<_> = refusal
        .problems
        .iter()
        .map(|problem| serde_json::json!({ "line": problem.line, "problem": problem.kind.to_string() }))
        .collect();
    context.document(&serde_json::json!({
        "schema_version": 1,
        "refused": file,
        "wrong_lines": refusal.count,
        "problems": problems,
    }))
}
