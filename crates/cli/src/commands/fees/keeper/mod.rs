//! `btrst fees keeper`.

mod log;
mod monitor;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use alloy::primitives::{Address, U256};
use btrst_chain::{Journal, Sender};
use btrst_fees::FeeChain;
use btrst_fees::keeper::{EtherPrice, Keeper, Policy, Step};
use btrst_gov::amount::{Amount, Unit};
use eyre::{Result, WrapErr};
use serde_json::json;

use self::monitor::Monitor;
use crate::commands::asked_to_stop;
use crate::context::Context;
use crate::failure::Hinted;
use crate::log::Log;
use crate::opts::{ChainOptions, SignerOptions};
use crate::sending::now;

/// Longest wait after an endpoint failed several times in a row.
const LONGEST_BACKOFF: Duration = Duration::from_secs(60);

/// Wait after the first failure.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

const EXAMPLES: &str = "\
Examples:
  btrst fees keeper --keystore relayer.json --password-file pw --broadcast
  btrst fees keeper --keystore relayer.json --ether-price 3000 --max-gas-share 100 --broadcast
  curl http://127.0.0.1:9464/health
  curl http://127.0.0.1:9464/metrics

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it was stopped by Ctrl-C or SIGTERM, 2 on an error that trying again cannot mend.";

/// Converts fees whenever the guards allow it and it is worthwhile, until stopped.
///
/// Without --broadcast it only tells what it would do. Every transaction is written to the journal and synced to disk
/// before it is sent, and a new nonce is used only when it is known what became of the last one: a keeper that was
/// killed at any moment continues where it was, with the same bytes. The journal admits one process at a time. When
/// several keepers of different accounts race, the converter's wait lets one of them through; the others pay for a
/// failed transaction and go on.
///
/// Log lines go to standard error, as text or with --json as one JSON object each. GET /health answers 200 as long as
/// the last step succeeded, else 503; GET /metrics is for Prometheus.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Least USDC that is worth a transaction
    #[arg(long, value_name = "AMOUNT", default_value = "100usdc")]
    min_lot: String,

    /// Most that gas may cost, in basis points of what is converted
    #[arg(long, value_name = "BPS", value_parser = clap::value_parser!(u16).range(1..=10_000), requires = "ether_value")]
    max_gas_share: Option<u16>,

    /// USDC for one ether, to weigh gas against the lot
    #[arg(long, value_name = "AMOUNT", group = "ether_value")]
    ether_price: Option<String>,

    /// Uniswap V3 pool of wrapped ether and USDC that tells the price of ether
    #[arg(long, value_name = "ADDRESS", group = "ether_value")]
    ether_pool: Option<Address>,

    /// Most gwei per gas to offer
    #[arg(long, value_name = "GWEI")]
    max_gas_price: Option<u64>,

    /// Basis points by which the output may be below the simulated one
    #[arg(long, value_name = "BPS", default_value_t = 50, value_parser = clap::value_parser!(u16).range(..=1_000))]
    slippage: u16,

    /// Seconds after the last block in which a conversion has to be mined
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    deadline: u64,

    /// Blocks that must confirm a conversion, its own among them, before the next one
    #[arg(long, value_name = "BLOCKS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    confirmations: u64,

    /// Seconds after which a transaction that is not mined is signed again with a higher fee
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,

    /// Milliseconds between two looks at the chain
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 12_000, value_parser = clap::value_parser!(u64).range(10..=3_600_000))]
    interval: u64,

    /// File of what was signed and what came of it; needed with --broadcast
    #[arg(long, value_name = "FILE", default_value = "keeper.journal.jsonl")]
    journal: PathBuf,

    /// Address for /health and /metrics
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    listen: SocketAddr,

    /// Send transactions
    #[arg(long)]
    broadcast: bool,

    /// Go on although the endpoint's last block is older than five minutes
    #[arg(long)]
    allow_stale: bool,

    #[command(flatten)]
    chain: ChainOptions,

    #[command(flatten)]
    signer: SignerOptions,
}

/// Keeps until asked to stop.
///
/// # Errors
/// When it cannot start, or the journal cannot be written.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let log = Log::new(context);
    let keeping = async {
        let monitor = Monitor::start(args.listen, args.interval).await?;
        log.line("info", "started", &json!({ "listen": monitor.address().to_string() }));
        let mut keeper = started(&args, &log, &monitor).await?;
        keep(&mut keeper, &args, &log, &monitor).await
    };
    tokio::select! {
        // A step may be dropped at any point; what it signed is in the journal.
        kept = keeping => kept.map(|()| ExitCode::SUCCESS),
        stopped = asked_to_stop() => {
            stopped?;
            log.line("info", "stopped", &json!({}));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Connects as often as it takes: an endpoint that is down at the start is no reason to give up.
async fn started(args: &Args, log: &Log, monitor: &Monitor) -> Result<Keeper> {
    let deployment = args.chain.deployment()?;
    let policy = policy(args)?;
    let refused = |what: &str| {
        let hint = "give it a key with --keystore: the journal must know the bytes before the endpoint does";
        Hinted::new(format!("a keeper cannot use an account that {what} signs for"), hint)
    };
    if args.signer.browser {
        return Err(refused("a wallet").into());
    }
    let sender = args.signer.required(true, Duration::ZERO).await?;
    let account = sender.address();
    let Sender::Key(key) = sender else { return Err(refused("the endpoint").into()) };
    let fixed = args.ether_price.as_deref().map(|text| Amount::parse(text, Unit::Usdc)).transpose()?;
    let provider = args.chain.provider(&deployment)?;
    let mut failures = 0;
    let chain = loop {
        match FeeChain::connect(provider.clone(), &deployment).await {
            Ok(chain) => break chain,
            Err(error @ btrst_fees::Error::Chain(btrst_chain::Error::Endpoint { .. })) => {
                retry(&error, &mut failures, log, monitor).await
            }
            Err(error) => return Err(error.into()),
        }
    };
    let ether_price = match args.ether_pool {
        Some(pool) => {
            let usdc_is_token0 = deployment.contracts.weth.is_none_or(|weth| chain.usdc < weth);
            Some(EtherPrice::Pool { pool, usdc_is_token0 })
        }
        None => fixed.map(|price| EtherPrice::Fixed(price.base)),
    };
    let journal = args
        .broadcast
        .then(|| Journal::open(&args.journal, chain.id, account, &format!("keeper of {}", chain.converter)))
        .transpose()
        .wrap_err("cannot use the journal")?;
    log.line(
        "info",
        "keeping",
        &json!({ "account": account, "converter": chain.converter, "broadcast": args.broadcast }),
    );
    Ok(Keeper::new(chain, key, policy, ether_price, journal))
}

fn policy(args: &Args) -> Result<Policy> {
    Ok(Policy {
        min_lot: Amount::parse(&args.min_lot, Unit::Usdc)?.base.max(U256::from(1)),
        max_gas_share: args.max_gas_share,
        max_fee_per_gas: args.max_gas_price.map(|gwei| u128::from(gwei) * 1_000_000_000),
        slippage: args.slippage,
        deadline: args.deadline,
        confirmations: args.confirmations,
        patience: args.patience,
    })
}

async fn keep(keeper: &mut Keeper, args: &Args, log: &Log, monitor: &Monitor) -> Result<()> {
    let mut failures = 0;
    let mut last: Option<Step> = None;
    loop {
        let fresh = if args.allow_stale { Ok(()) } else { keeper.chain().check_age(now()?).await };
        let step = match fresh {
            Ok(()) => keeper.step().await,
            Err(error) => Err(error.into()),
        };
        match step {
            Ok(step) => {
                failures = 0;
                monitor.succeeded(&step, keeper.quote());
                // A decision that lasts is told once; the metrics count it.
                if !last.as_ref().is_some_and(|last| log::same(last, &step)) {
                    log::step(log, &step);
                }
                last = Some(step);
                tokio::time::sleep(Duration::from_millis(args.interval)).await;
            }
            // What cannot be written down cannot be sent; trying again would not help.
            Err(
                error @ btrst_fees::Error::Chain(
                    btrst_chain::Error::File { .. } | btrst_chain::Error::Record { .. },
                ),
            ) => {
                return Err(error.into());
            }
            Err(error) => {
                last = None;
                retry(&error, &mut failures, log, monitor).await;
            }
        }
    }
}

/// Tells of `error`, and waits: longer each time, up to a minute.
async fn retry(error: &btrst_fees::Error, failures: &mut u32, log: &Log, monitor: &Monitor) {
    let wait = FIRST_BACKOFF.saturating_mul(1 << (*failures).min(10)).min(LONGEST_BACKOFF);
    *failures = failures.saturating_add(1);
    monitor.failed(error);
    log.line("warn", "failed", &json!({ "error": error.to_string(), "retry_in_seconds": wait.as_secs() }));
    tokio::time::sleep(wait).await;
}
