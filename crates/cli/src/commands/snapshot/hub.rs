//! `btrst snapshot hub`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use btrst_hub::http::{Options, serve};
use btrst_hub::{Endpoints, Event, Hub, Relayer, Settings, Store};
use btrst_offchain::Space;
use eyre::{Result, WrapErr};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::clock::ClockOptions;
use super::send::connect;
use crate::commands::stop_requested;
use crate::context::Context;
use crate::failure::Hinted;
use crate::log::Log;
use crate::opts::{EndpointOptions, SignerOptions};

const EXAMPLES: &str = "\
Examples:
  btrst snapshot hub --space usebraintrust.json --keystore hub.json --rpc-url $RPC
  btrst snapshot hub --space dao.json --account hub --database postgres://hub@db/hub
  curl http://127.0.0.1:8547/health
  curl 'http://127.0.0.1:8547/log?from=0'

A space file has the settings of the space in the protocol's own JSON, and its id:
  {\"id\": \"usebraintrust.eth\", \"name\": \"Braintrust\", \"network\": \"1\", \"symbol\": \"BTRST\",
   \"strategies\": [{\"name\": \"erc20-balance-of\", \"params\": {\"address\": \"0x799e…\", \"decimals\": 18}}],
   \"admins\": [\"0x…\"], \"plugins\": {\"btrst\": {}}}

Exit codes: 0 when it was stopped by Ctrl-C or SIGTERM, 2 on an error.";

/// Hosts a hub: takes signed messages, keeps them, publishes them, until stopped.
///
/// Every message that is answered with a receipt is on disk, and in a log that the hub's key signs entry by entry: a hub
/// that drops or invents a vote is caught by `btrst snapshot audit`. Several hubs may share one PostgreSQL with the same
/// key. The space's plugins with the key `btrst` make its votes go in phases, each of at least 7 days.
///
/// Log lines go to standard error, as text or with --json as one JSON object each. GET /health and GET /metrics are for
/// the operator.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// File of a SQLite database, or address of a PostgreSQL server
    #[arg(
        long,
        value_name = "FILE|URL",
        env = "BTRST_HUB_DATABASE",
        hide_env_values = true,
        default_value = "hub.sqlite"
    )]
    database: String,

    /// File with the settings of a space; may be given several times
    #[arg(long, value_name = "FILE", required = true)]
    space: Vec<PathBuf>,

    /// Address to serve at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8547")]
    listen: SocketAddr,

    /// Requests a second of one address, on average; ten times as many at once; 0 for any number
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    rate: u32,

    /// Take the client's address from the last one in X-Forwarded-For, as a proxy in front states it
    #[arg(long)]
    behind_proxy: bool,

    /// Block from which transfers are added up where the endpoint has no old state: that of the token's deployment
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,

    #[command(flatten)]
    clock: ClockOptions,

    #[command(flatten)]
    endpoint: EndpointOptions,

    #[command(flatten)]
    signer: SignerOptions,
}

/// Serves until asked to stop.
///
/// # Errors
/// When a file, the key, the database, the endpoint or the address cannot be used.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let spaces = args.space.iter().map(|path| read_space(path)).collect::<Result<Vec<_>>>()?;
    let key = args.signer.local_key()?.ok_or_else(|| {
        let hint = "name a key file of its own with --keystore or --account; devices cannot sign thousands of receipts";
        Hinted::new("the hub has no key", hint)
    })?;
    let chain = connect(&args.endpoint).await?;
    let network = chain.id.to_string();
    if let Some(space) = spaces.iter().find(|space| space.settings.network != network) {
        let message =
            format!("`{}` is on chain {}, the endpoint on chain {network}", space.id, space.settings.network);
        return Err(Hinted::new(message, "check --rpc-url, and `network` in the space file").into());
    }
    let clock = args.clock.of_hub(&chain);
    let mut chains = Endpoints::default();
    chains.add(chain, args.from_block);
    let log = Arc::new(Log::new(context));
    let observer = {
        let log = Arc::clone(&log);
        Arc::new(move |event: &Event<'_>| observe(&log, event))
    };
    let store = Store::open(&args.database).await?;
    let settings = Settings { spaces, relayer: Relayer::new(key), chains: Arc::new(chains), clock, observer };
    let hub = Hub::open(store, settings).await?;
    let listener = TcpListener::bind(args.listen).await.map_err(|error| {
        let message = format!("cannot listen at {}", args.listen);
        Hinted::new(message, "choose another address with --listen, such as 127.0.0.1:0").caused_by(error)
    })?;
    let address = listener.local_addr().wrap_err("cannot name the address")?;
    let options = Options { rate: (args.rate > 0).then_some(args.rate), behind_proxy: args.behind_proxy };
    let key = hub.address();
    log.line("info", "started", &json!({ "listen": address.to_string(), "key": key.to_string() }));
    context.say(&format!("The hub of {key} is at http://{address}"))?;
    context.document(&json!({ "schema_version": 1, "url": format!("http://{address}"), "key": key }))?;
    let stop = async {
        // When signals cannot be heard, the hub is stopped by other means.
        if stop_requested().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(Arc::clone(&hub), listener, options, stop).await?;
    hub.close().await;
    log.line("info", "stopped", &json!({}));
    Ok(ExitCode::SUCCESS)
}

fn observe(log: &Log, event: &Event<'_>) {
    match event {
        Event::Accepted { id, kind, position } => {
            let fields = json!({ "id": id, "kind": kind.word(), "position": position });
            log.line("info", "accepted", &fields);
        }
        Event::Refused { words, detail } => {
            log.line("info", "refused", &json!({ "reason": words, "detail": detail }));
        }
        Event::Failed { error } => log.line("error", "failed", &json!({ "error": error.to_string() })),
        _ => {}
    }
}

/// The space in the file at `path`.
///
/// # Errors
/// When it cannot be read, or its settings make no sense.
pub fn read_space(path: &Path) -> Result<Space> {
    let shown = path.display();
    let unusable = || format!("cannot use the space file `{shown}`");
    let text = std::fs::read_to_string(path).map_err(|error| {
        let hint = "`btrst snapshot hub --help` shows what such a file says";
        Hinted::new(format!("cannot read the space file `{shown}`"), hint).caused_by(error)
    })?;
    let mut value = btrst_offchain::json::parse(text.as_bytes()).wrap_err_with(unusable)?;
    let id = value.as_object_mut().and_then(|settings| settings.shift_remove("id"));
    let id = id.as_ref().and_then(Value::as_str).ok_or_else(|| {
        Hinted::new(format!("the space file `{shown}` has no `id`"), "add one, such as \"usebraintrust.eth\"")
    })?;
    Space::parse(id, &value.to_string()).wrap_err_with(unusable)
}
