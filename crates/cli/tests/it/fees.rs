//! The fees of clients, from the invoice file to the treasury.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use alloy::primitives::U256;
use alloy::primitives::aliases::{U24, U160};
use alloy::providers::Provider;
use btrst_bindings::FeeConverter;
use btrst_devnet::{Call, IToken, IUniswapV3Router, Name, Repository, World, WorldOptions};
use serde_json::Value;
use snapbox::{assert_data_eq, str};
use tempfile::TempDir;

use crate::browser;
use crate::program::{Ended, Running, btrst, repository, run};

const INVOICES: &str = "\
id,date,node,client,gross_usd,referrer
INV-1,2026-01-15,hexocean,acme,40000.00,
INV-2,2026-01-16,muses,\"globex, inc\",1250.50,carla
INV-3,2026-01-16,muses,acme,0.000019,
";

/// A folder with an invoice file, and perhaps a chain.
struct Desk {
    folder: TempDir,
    world: Option<World>,
}

impl Desk {
    fn without_chain() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap(), world: None };
        desk.write("invoices.csv", INVOICES);
        desk
    }

    async fn with_chain() -> Self {
        let repository = Repository::find(repository()).unwrap();
        let world = World::start(&repository, &WorldOptions::default()).await.unwrap();
        let mut desk = Self::without_chain();
        desk.write("devnet.toml", &world.deployment().render().unwrap());
        desk.world = Some(world);
        desk
    }

    fn world(&self) -> &World {
        self.world.as_ref().unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// `btrst fees` in the folder, with the deployment of the chain, or that of mainnet without one. The client's and
    /// the relayer's keys are in variables of their names.
    fn command(&self, arguments: &str) -> Command {
        let mut command = btrst(["fees"].into_iter().chain(arguments.split_whitespace()));
        command.current_dir(self.folder.path()).env("XDG_STATE_HOME", self.folder.path());
        for name in ["ETH_RPC_URL", "ETH_FROM", "ETH_KEYSTORE", "ETH_PASSWORD"] {
            command.env_remove(name);
        }
        match &self.world {
            Some(world) => {
                command.env("BTRST_DEPLOYMENT", self.path("devnet.toml"));
                for name in [Name::Client, Name::Relayer, Name::Stranger] {
                    command.env(name.as_str(), world.account(name).private_key().to_string());
                }
            }
            None => {
                command.env("BTRST_DEPLOYMENT", repository().join("deployments/mainnet.toml"));
            }
        }
        command
    }

    fn run(&self, arguments: &str) -> Ended {
        run(self.command(arguments))
    }

    /// The document that a command prints.
    fn document(&self, arguments: &str) -> Value {
        let ended = self.run(&format!("{arguments} --json"));
        assert_eq!(ended.code, Some(0), "{arguments}: {}", ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }
}

#[test]
fn a_file_becomes_a_batch_that_proves_its_invoices() {
    let desk = Desk::without_chain();
    let ended = desk.run("invoice invoices.csv --percent 10");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_data_eq!(
        ended.stdout.clone(),
        str![[r#"
node       invoices             gross USD              fee USDC
hexocean          1                 40000                  4000
muses             2           1250.500019            125.050001
total             3          41250.500019           4125.050001

fee    10% of each invoice, rounded down to a millionth of a dollar
root   0x[..]
batch  invoices.batch.jsonl

"#]]
    );
    let root = ended.stdout.lines().find_map(|line| line.strip_prefix("root   ")).unwrap().to_owned();
    let proof = desk.run("prove invoices.batch.jsonl --id INV-2");
    desk.write("proof.json", &proof.stdout);
    let checked = desk.run(&format!("check-proof proof.json --root {root}"));
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    assert_data_eq!(
        checked.stdout,
        str![[r#"
invoice INV-2 of 2026-01-16 by muses, 1250.5 USD with a fee of 125.05 USDC
is in the batch 0x[..]

"#]]
    );
    // Another root, and an invoice that is not the proven one.
    let other = format!("0x{}", "11".repeat(32));
    assert_eq!(desk.run(&format!("check-proof proof.json --root {other}")).code, Some(1));
    desk.write("proof.json", &proof.stdout.replace("125.05", "12.05"));
    let forged = desk.run(&format!("check-proof proof.json --root {root}"));
    assert_eq!(forged.code, Some(1));
    assert_data_eq!(
        forged.stderr,
        str![[r#"
error: the proof is not valid: the leaf is not that of the invoice
hint: ask for the proof again, and check it as it came

"#]]
    );
    let missing = desk.run("prove invoices.batch.jsonl --id INV-9");
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        missing.stderr,
        str![[r#"
error: cannot use the batch `invoices.batch.jsonl`
caused by: there is no invoice `INV-9` in the batch
hint: check the id and that this is the batch of that invoice

"#]]
    );
}

#[test]
fn a_wrong_file_is_refused_with_all_its_wrong_lines() {
    let desk = Desk::without_chain();
    let wrong = "INV-1,2026-01-17,muses,acme,1,\nINV-4,2026-02-30,muses,acme,1,\nINV-5,2026-01-17,muses,acme,-1,\n\
                 INV-6,2026-01-17,muses,acme,0.0000001,\nINV-7,2026-01-17,muses,acme\n";
    desk.write("invoices.csv", &format!("{INVOICES}{wrong}"));
    let ended = desk.run("invoice invoices.csv --percent 10");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert_data_eq!(
        ended.stdout,
        str![[r#"
`invoices.csv` was refused, nothing was written:
  line 5: invoice `INV-1` is on line 2 already
  line 6: `2026-02-30` is not a day such as `2026-01-15`
  line 7: negative amount `-1`
  line 8: amount `0.0000001` is finer than USDC with 6 decimals
  line 9: 4 fields, expected 6

"#]]
    );
    let ended = desk.run("invoice invoices.csv --percent 10 --max-errors 1");
    assert!(ended.stdout.ends_with("  and 4 more; --max-errors lists more of them\n"), "{}", ended.stdout);
    let names: Vec<_> =
        std::fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["invoices.csv"], "nothing else is left behind");

    desk.write("columns.csv", "id,node\nA,b\n");
    let ended = desk.run("invoice columns.csv --percent 10");
    assert_eq!(ended.code, Some(2));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: cannot bill `columns.csv`
caused by: the columns are `id,node`, expected `id,date,node,client,gross_usd,referrer`
hint: make `id,date,node,client,gross_usd,referrer` the first line

"#]]
    );
}

#[test]
fn a_batch_is_never_overwritten() {
    let desk = Desk::without_chain();
    assert_eq!(desk.run("invoice invoices.csv --percent 10").code, Some(0));
    let ended = desk.run("invoice invoices.csv --percent 10");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: `invoices.batch.jsonl` exists
hint: name another file with --out, or move this one away

"#]]
    );
}

#[test]
fn an_endpoint_that_is_not_there_is_named_without_its_credentials() {
    let desk = Desk::without_chain();
    let ended = desk.run("quote --rpc-url http://user:secret@127.0.0.1:1/v3/secret");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.contains("127.0.0.1:1") && !ended.stderr.contains("secret"), "{}", ended.stderr);
    let ended = desk.run("quote");
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: there is no endpoint for chain 1
hint: name one with --rpc-url or ETH_RPC_URL

"#]]
    );
}

#[test]
fn nobody_sends_without_a_key() {
    let desk = Desk::without_chain();
    let ended = desk.run("convert --rpc-url http://127.0.0.1:1 --broadcast");
    assert_eq!(ended.code, Some(2));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: nobody signs
hint: name a key file with --keystore or --account, a wallet with --browser, or on a development chain an account with --from and --unlocked

"#]]
    );
    let ended = desk.run("convert --rpc-url http://127.0.0.1:1 --private-key-env HOME");
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: the environment variable `HOME` holds no private key
hint: a key file with --keystore is safer

"#]]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_fee_goes_from_the_invoice_to_the_treasury() {
    let desk = Desk::with_chain().await;
    let chain = desk.world().chain();
    let batch = desk.document("invoice invoices.csv");
    assert_eq!((&batch["marketplace_fee_percent"], &batch["fee_usdc"]), (&10.into(), &"4125.050001".into()));

    let proof = desk.run("prove invoices.batch.jsonl --id INV-1");
    desk.write("proof.json", &proof.stdout);
    let early = desk.run("check-proof proof.json");
    assert_eq!(early.code, Some(1), "{}", early.stderr);
    assert!(early.stdout.contains("which was not deposited"), "{}", early.stdout);

    let converter = desk.world().contracts().fee_converter.unwrap();
    let dry = desk.document("deposit invoices.batch.jsonl --private-key-env client");
    assert_eq!((&dry["payment"], &dry["transaction"]["status"]), (&"permit".into(), &"dry_run".into()));
    assert_eq!(desk.world().usdc_of(converter).await.unwrap(), U256::ZERO, "a dry run sends nothing");

    // By a key file, and its password in a file.
    let cast = Repository::find(repository()).unwrap().tool("cast").unwrap();
    let key = desk.world().account(Name::Client).private_key().to_string();
    let made = Command::new(cast)
        .args(["wallet", "import", "client", "--unsafe-password", "pass word", "--private-key", &key])
        .args(["--keystore-dir".as_ref(), desk.folder.path().as_os_str()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    desk.write("password", "pass word\n");
    let sent =
        desk.document("deposit invoices.batch.jsonl --keystore client --password-file password --broadcast");
    assert_eq!((&sent["root"], &sent["amount"]), (&batch["root"], &"4125050001".into()));
    assert_eq!(desk.world().usdc_of(converter).await.unwrap(), U256::from(4_125_050_001_u64));

    assert_eq!(desk.document("check-proof proof.json")["proven"], true);

    let again = desk.run("deposit invoices.batch.jsonl --private-key-env client --broadcast");
    assert_eq!((again.code, again.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        again.stderr,
        str![[r#"
error: the batch `0x[..]` was deposited in block [..] by transaction `0x[..]`
hint: add --again if it is really to be paid a second time

"#]]
    );
    let part = desk.document("deposit invoices.batch.jsonl --private-key-env client --again --node muses");
    assert_eq!((&part["amount"], &part["deposited_before"]), (&"125050001".into(), &1.into()));

    let quote = desk.document("quote");
    assert_eq!((&quote["open"], &quote["lot"]["bound"]), (&true.into(), &"depth".into()));
    let dry = desk.document("convert --private-key-env relayer");
    assert_eq!(dry["transaction"]["status"], "dry_run");
    let stranger = desk.world().address(Name::Stranger);
    let unsigned = desk.document(&format!("convert --from {stranger}"));
    assert_eq!(unsigned["transaction"]["from"], stranger.to_string().to_lowercase());
    let ended = desk.run(&format!("convert --from {stranger} --broadcast"));
    assert!(ended.stderr.contains("nobody signs"), "{}", ended.stderr);
    let treasury = desk.world().contracts().timelock;
    let before = desk.world().btrst_of(treasury).await.unwrap();
    let done = desk.document("convert --private-key-env relayer --broadcast --max-in 500usdc");
    assert_eq!(
        (&done["terms"]["max_in"], &done["converted"]["usdc_in"]),
        (&"500000000".into(), &"500000000".into())
    );
    let bought = done["converted"]["btrst_out"].as_str().unwrap().parse::<U256>().unwrap();
    assert_eq!(desk.world().btrst_of(treasury).await.unwrap() - before, bought);
    let closed = desk.run("convert --private-key-env relayer --broadcast");
    assert_eq!((closed.code, closed.stderr.as_str()), (Some(1), ""));
    assert!(closed.stdout.contains("cooldown      CLOSED"), "{}", closed.stdout);
    let next = chain.read(converter, &FeeConverter::nextConversionTimeCall {}).await.unwrap();
    let quote: Value = serde_json::from_str(&desk.run("quote --json").stdout).unwrap();
    assert_eq!(quote["opens_at"], next.to::<u64>());

    let report = desk.document("report --batch invoices.batch.jsonl --html fees.html --csv fees.csv");
    assert_eq!(
        (&report["totals"]["deposited_usdc"], &report["totals"]["converted_usdc"]),
        (&"4125.050001".into(), &"500".into())
    );
    assert_eq!(report["nodes"][1]["fee_usdc"], "125.050001");
    assert_eq!(report["references"][0]["batch_fee_usdc"], "4125.050001");
    assert_eq!(report["payers"][0]["name"], "client");
    assert_eq!(std::fs::read_to_string(desk.path("fees.csv")).unwrap().lines().count(), 3);
    let page = std::fs::read_to_string(desk.path("fees.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("4,125.05</dd>"), "{page}");
    let shown = desk.run("report --offline --batch invoices.batch.jsonl");
    assert_data_eq!(
        shown.stdout,
        str![[r#"
Fees of converter 0x[..] up to block [..]

deposited   4,125.050001 USDC in 1 deposits
converted   500 USDC in 1 conversions
bought      [..] BTRST
price       0.[..] USDC per BTRST, pool fee included
            0.[..] time-weighted: [..] basis points above it were paid

day           deposited  converted[..]BTRST     price
2026-01-01  4125.050001        500[..]

payer   deposits    deposited
client         1  4125.050001

node      invoices        gross         fee
hexocean         1        40000        4000
muses            2  1250.500019  125.050001

reference [..]
0x[..]

"#]]
    );

    // A key of somebody else than the one that was named.
    let ended = desk.run(&format!("convert --private-key-env relayer --from {stranger}"));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("check --from"), "{}", ended.stderr);
}

async fn fund(desk: &Desk, whole: u64) {
    let world = desk.world();
    let (converter, usdc) = (world.contracts().fee_converter.unwrap(), world.contracts().usdc.unwrap());
    let amount = U256::from(whole * 1_000_000);
    world
        .send(Name::Client, Call::new(usdc, &IToken::approveCall { spender: converter, amount }))
        .await
        .unwrap();
    let deposit = FeeConverter::depositCall { amount, r#ref: U256::ZERO.into() };
    world.send(Name::Client, Call::new(converter, &deposit)).await.unwrap();
}

async fn wait_out(desk: &Desk) {
    let chain = desk.world().chain();
    let converter = desk.world().contracts().fee_converter.unwrap();
    let next = chain.read(converter, &FeeConverter::nextConversionTimeCall {}).await.unwrap().to::<u64>();
    let now = chain.now().await.unwrap();
    chain.warp(next.max(now) + 1).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_conversion_follows_a_purchase_that_no_block_came_after() {
    let desk = Desk::with_chain().await;
    fund(&desk, 1_000).await;
    let (world, contracts) = (desk.world(), desk.world().contracts());
    let (router, usdc) = (contracts.swap_router.unwrap(), contracts.usdc.unwrap());
    let amount = U256::from(100_000_000);
    world
        .send(Name::Trader, Call::new(usdc, &IToken::approveCall { spender: router, amount }))
        .await
        .unwrap();
    let purchase = IUniswapV3Router::exactInputSingleCall {
        params: IUniswapV3Router::ExactInputSingleParams {
            tokenIn: usdc,
            tokenOut: contracts.btrst,
            fee: U24::from(10_000),
            recipient: world.address(Name::Trader),
            deadline: U256::MAX,
            amountIn: amount,
            amountOutMinimum: U256::ZERO,
            sqrtPriceLimitX96: U160::ZERO,
        },
    };
    world.send(Name::Trader, Call::new(router, &purchase)).await.unwrap();
    let shown = desk.run("quote");
    assert_eq!(shown.code, Some(0), "{}", shown.stdout);
    assert!(shown.stdout.contains("price rise    CLOSED"), "{}", shown.stdout);
    assert!(shown.stdout.contains("over with the next block"), "{}", shown.stdout);
    let done = desk.document("convert --private-key-env relayer --broadcast");
    assert_eq!(done["converted"]["usdc_in"], done["quote"]["expected"]["usdc_in"]);
}

/// Lines of a journal.
fn journal(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let complete = text.rfind('\n').map_or(0, |end| end + 1);
    text[..complete].lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until the lines of the journal at `path` are as `wanted`.
async fn wait_until(path: &Path, wanted: impl Fn(&[Value]) -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !wanted(&journal(path)) {
        assert!(std::time::Instant::now() < deadline, "the journal does not get there");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_keeper_that_is_killed_at_any_moment_never_converts_twice() {
    let desk = Desk::with_chain().await;
    fund(&desk, 40_000).await;
    let arguments = "keeper --private-key-env relayer --broadcast --interval 10 --confirmations 1 --min-lot 1usdc \
                     --listen 127.0.0.1:0 --journal journal";
    let path = desk.path("journal");
    for round in 0_u64..16 {
        wait_out(&desk).await;
        let before = journal(&path).len();
        let keeper = Running::start(desk.command(arguments));
        // Half of the moments follow the start, the others the instant at which something was written down: between
        // there and the network is where a hash could be lost.
        if round % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(round * 23)).await;
        } else {
            wait_until(&path, |lines| lines.len() > before).await;
            tokio::time::sleep(Duration::from_micros(round * 700)).await;
        }
        keeper.signal("KILL");
        assert_eq!(keeper.end().code, None);
    }
    // The last one settles what is left, and stops when asked.
    wait_out(&desk).await;
    let before = journal(&path).len();
    let keeper = Running::start(desk.command(arguments));
    let done =
        |lines: &[Value]| lines.len() > before && lines.last().is_some_and(|line| line["event"] == "mined");
    wait_until(&path, done).await;
    keeper.signal("TERM");
    let ended = keeper.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stderr.contains(" stopped"), "{}", ended.stderr);

    let lines = journal(&path);
    let events = |name: &str| lines.iter().filter(|line| line["event"] == name).collect::<Vec<_>>();
    let nonces: BTreeSet<_> = events("signed").iter().map(|line| line["nonce"].as_u64().unwrap()).collect();
    let relayer = desk.world().address(Name::Relayer);
    let used = desk.world().chain().provider().get_transaction_count(relayer).await.unwrap();
    assert!(used >= 3, "the kills left no room for conversions");
    assert_eq!(nonces, (0..used).collect(), "every nonce is in the journal");
    let mined: BTreeSet<_> = events("mined").iter().map(|line| line["hash"].to_string()).collect();
    assert_eq!((mined.len() as u64, events("mined").len() as u64), (used, used), "each is mined once");

    // What the chain says: as many conversions as succeeded, and USDC is all accounted for.
    let converter = desk.world().contracts().fee_converter.unwrap();
    let filter = alloy::rpc::types::Filter::new().address(converter).from_block(0);
    let logs = desk.world().chain().provider().get_logs(&filter).await.unwrap();
    let converted: Vec<_> =
        logs.iter().filter_map(|log| log.log_decode::<FeeConverter::Converted>().ok()).collect();
    let succeeded = events("mined").iter().filter(|line| line["succeeded"] == true).count();
    assert_eq!(converted.len(), succeeded);
    let spent: U256 = converted.iter().map(|event| event.inner.usdcIn).sum();
    let left = desk.world().usdc_of(converter).await.unwrap();
    assert_eq!(spent + left, U256::from(40_000_000_000_u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_keeper_tells_how_it_is() {
    let desk = Desk::with_chain().await;
    let port = crate::program::port();
    let keeper = Running::start(desk.command(&format!(
        "keeper --private-key-env relayer --broadcast --interval 10 --json --listen 127.0.0.1:{port}"
    )));
    let client = alloy::transports::http::reqwest::Client::new();
    let get = async |path: &str| client.get(format!("http://127.0.0.1:{port}{path}")).send().await.ok();
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        assert!(std::time::Instant::now() < deadline, "the keeper does not become healthy");
        if get("/health").await.is_some_and(|answer| answer.status().as_u16() == 200) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let metrics = get("/metrics").await.unwrap().text().await.unwrap();
    assert!(metrics.contains("btrst_keeper_waits_total{reason=\"custody\"}"), "{metrics}");
    assert!(metrics.contains("# TYPE btrst_keeper_steps_total counter"), "{metrics}");

    // A second process with the same journal is kept out.
    let second = desk.run("keeper --private-key-env relayer --broadcast --listen 127.0.0.1:0");
    assert_eq!(second.code, Some(2));
    assert!(
        second.stderr.contains("`keeper.journal.jsonl` is in use by another process"),
        "{}",
        second.stderr
    );

    keeper.signal("INT");
    let ended = keeper.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), ""));
    let events: Vec<Value> = ended.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["started", "keeping", "waiting", "stopped"]);
    assert_eq!((&events[2]["reason"], &events[2]["guard"]), (&"guard".into(), &"custody".into()));
}

/// See [`browser`].
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium: make report-check"]
async fn anvil_a_browser_shows_the_page_in_light_and_dark_and_on_a_phone() {
    let desk = Desk::with_chain().await;
    fund(&desk, 6_000).await;
    for _ in 0..3 {
        wait_out(&desk).await;
        desk.document("convert --private-key-env relayer --broadcast");
        let now = desk.world().chain().now().await.unwrap();
        desk.world().chain().warp(now + 86_400).await.unwrap();
        // Trades in between would keep the mean alive; time alone does as well.
    }
    let report = desk.document("report --html fees.html");
    let page = desk.path("fees.html");
    let shown = browser::dom(&page);
    assert_eq!(shown.matches("<svg").count(), 2, "{shown}");
    assert_eq!(shown.matches("<rect").count(), 2 * report["days"].as_array().unwrap().len());
    assert!(shown.contains(report["average_price"].as_str().unwrap()));
    browser::look(&page, "report");
}
