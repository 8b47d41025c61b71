//! Measures the play of a proposal of three actions in process, beside it on a forked anvil, and the whole of
//! `btrst proposal check`: `make benchmark-check`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::dyn_abi::DynSolValue;
use alloy::eips::BlockId;
use alloy::primitives::U256;
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use btrst_chain::Counter;
use btrst_devnet::{Chain, Flavour, Name, Repository, World, WorldOptions};
use btrst_gov::governor::{Event, Support};
use btrst_gov::{Action, Governor, Proposal};
use btrst_simulate::lifecycle::{Company, Moment, Play, Scenario, Subject, play, prefetch};
use btrst_simulate::state::{Recorded, Remote, StateSource};
use btrst_simulate::{Machine, engines};
use eyre::{OptionExt, Result, ensure, eyre};
use serde_json::Value;

/// Repetitions of what is short; the median counts.
const REPETITIONS: usize = 21;

/// The proposal as the command reads it.
const FILE: &str = r##"
description = "# A fee and two grants"

[[actions]]
contract = "governance_decisions"
function = "setMarketplaceFee(uint8)"
arguments = [12]

[[actions]]
contract = "btrst"
function = "transfer(address,uint256)"
arguments = ["grantee", "1_234btrst"]

[[actions]]
contract = "grantee"
value = "5ether"
"##;

#[tokio::main]
async fn main() -> Result<()> {
    let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR")))?;
    println!(
        "{:<12} {:>10} {:>10} {:>10} {:>10} {:>8} {:>6} {:>9} {:>13} {:>13} {:>6} {:>9}",
        "flavour",
        "cold",
        "warm",
        "shortcut",
        "anvil",
        "factor",
        "trips",
        "requests",
        "command, cold",
        "command, warm",
        "trips",
        "requests"
    );
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let options = WorldOptions { flavour, delegated: true, ..WorldOptions::default() };
        let world = World::start(&repository, &options).await?;
        measure(&repository, &world, flavour).await?;
    }
    Ok(())
}

async fn measure(repository: &Repository, world: &World, flavour: Flavour) -> Result<()> {
    let proposal = proposal(world)?;
    let scenario = Scenario {
        governor: Governor::new(world.contracts().governor, flavour),
        token: world.contracts().btrst,
        subject: Subject::Draft { proposal: proposal.clone(), proposer: world.address(Name::Amara) },
        voters: Name::DELEGATES.map(|name| world.address(name)).to_vec(),
        executor: world.address(Name::Stranger),
        moment: Moment::Eta,
        company: Company::Alone,
    };
    let url = world.chain().url().parse()?;
    let counter = Counter::default();
    let counted = counter.clone();
    let connect = move || {
        let client = ClientBuilder::default().layer(counted).http(url);
        Ok(ProviderBuilder::new().disable_recommended_fillers().connect_client(client).erased())
    };

    let begin = Instant::now();
    let remote = Arc::new(Remote::pin(connect, BlockId::latest())?);
    let source: Arc<dyn StateSource> = remote.clone();
    prefetch(&source, &scenario)?;
    let recorded = Arc::new(Recorded::new(source));
    let first = play(Machine::new(recorded.clone()), &scenario)?;
    let cold = begin.elapsed();
    ensure!(first.is_executed(), "{:?}", first.end);
    let trips = counter.trips();

    let witness = Arc::new(recorded.witness());
    let warm = median(|| executed(&play(Machine::new(witness.clone()), &scenario)?))?;
    let head = first.execution().ok_or_else(|| eyre!("it was not executed"))?.head;
    let attached = match flavour {
        Flavour::Alpha => proposal.value().unwrap_or_default(),
        Flavour::Braintrust => U256::ZERO,
    };
    let machine = Machine::new(recorded);
    let shortcut = median(|| {
        let effects = engines::shortcut(machine.clone(), first.timelock, &proposal.actions, attached, head)?;
        ensure!(effects.failure.is_none(), "{effects:?}");
        Ok(())
    })?;
    let forked = on_fork(repository, world, &proposal, attached).await?;
    let command = Checked::measure(world)?;
    let factor = forked.as_secs_f64() / warm.as_secs_f64();
    println!(
        "{:<12} {:>10} {:>10} {:>10} {:>10} {factor:>7.0}x {:>6} {:>9} {:>13} {:>13} {:>6} {:>9}",
        flavour.to_string(),
        milliseconds(cold),
        milliseconds(warm),
        milliseconds(shortcut),
        milliseconds(forked),
        trips.round_trips,
        trips.requests,
        milliseconds(command.cold),
        milliseconds(command.warm),
        command.round_trips,
        command.requests,
    );
    Ok(())
}

/// The whole of `btrst proposal check`, from the start of the program to its end.
struct Checked {
    cold: Duration,
    warm: Duration,
    /// How often the endpoint was asked when nothing was on disk.
    round_trips: u64,
    requests: u64,
}

impl Checked {
    /// Runs the program that is beside this one: with nothing on disk, and with everything.
    fn measure(world: &World) -> Result<Self> {
        let own = std::env::current_exe()?;
        let folder = own.parent().and_then(Path::parent).ok_or_else(|| eyre!("{own:?} is in no folder"))?;
        let desk = tempfile::tempdir()?;
        std::fs::write(desk.path().join("devnet.toml"), world.deployment().render()?)?;
        std::fs::write(desk.path().join("proposal.toml"), FILE)?;
        let run = |cache: &Path| -> Result<Value> {
            let output = Command::new(folder.join("btrst"))
                .args(["proposal", "check", "proposal.toml", "--proposer", "amara", "--json", "--quiet"])
                .args(["--deployment", "devnet.toml", "--rpc-url", world.chain().url()])
                .arg("--cache")
                .arg(cache)
                .current_dir(desk.path())
                .output()?;
            ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Ok(serde_json::from_slice(&output.stdout)?)
        };
        let mut report = Value::Null;
        let cold = median(|| {
            let cache = tempfile::tempdir()?;
            report = run(cache.path())?;
            Ok(())
        })?;
        run(desk.path())?;
        let warm = median(|| run(desk.path()).map(drop))?;
        let trips = |name: &str| {
            report.pointer(&format!("/header/trips/{name}")).and_then(Value::as_u64).ok_or_eyre("no trips")
        };
        Ok(Self { cold, warm, round_trips: trips("round_trips")?, requests: trips("requests")? })
    }
}

fn executed(play: &Play) -> Result<()> {
    ensure!(play.is_executed(), "{:?}", play.end);
    Ok(())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// The median time of `run`.
fn median(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..REPETITIONS {
        let begin = Instant::now();
        run()?;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times.get(REPETITIONS / 2).copied().ok_or_else(|| eyre!("nothing was measured"))
}

/// A marketplace fee and two grants.
fn proposal(world: &World) -> Result<Proposal> {
    let contracts = world.contracts();
    let register = contracts.governance_decisions.ok_or_else(|| eyre!("there is no register"))?;
    let fee = vec![DynSolValue::Uint(U256::from(12), 8)];
    let grant = vec![world.address(Name::Grantee).into(), DynSolValue::Uint(U256::from(1_234), 256)];
    let actions = vec![
        Action::call(register, U256::ZERO, "setMarketplaceFee(uint8)", fee)?,
        Action::call(contracts.btrst, U256::ZERO, "transfer(address,uint256)", grant)?,
        Action::payment(world.address(Name::Grantee), U256::from(5)),
    ];
    Ok(Proposal { description: "# A fee and two grants".into(), actions })
}

/// An anvil on top of another chain; it ends when this is dropped.
struct Fork(Child);

impl Drop for Fork {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long the same lifecycle takes on a forked anvil, from its start to its last receipt.
async fn on_fork(
    repository: &Repository,
    world: &World,
    proposal: &Proposal,
    value: U256,
) -> Result<Duration> {
    let begin = Instant::now();
    let mut anvil = Command::new(repository.tool("anvil")?);
    anvil.args(["--fork-url", world.chain().url(), "--port", "0", "--order", "fifo", "--prune-history"]);
    let mut fork = Fork(anvil.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?);
    let output = fork.0.stdout.take().ok_or_else(|| eyre!("anvil says nothing"))?;
    let mut lines = BufReader::new(output).lines();
    let address = lines.find_map(|line| line.ok()?.strip_prefix("Listening on ").map(str::to_owned));
    let address = address.ok_or_else(|| eyre!("anvil did not start"))?;
    // It is never kept waiting for somebody to read what it writes.
    std::thread::spawn(move || lines.for_each(drop));
    let chain = Chain::connect(&format!("http://{address}"))?;
    let governor = Governor::detect(chain.provider(), world.contracts().governor).await?;

    let call = governor.propose(proposal)?;
    let proposed = chain.send(world.account(Name::Amara), call.into()).await?;
    let events = governor.events(proposed.0.logs().iter().map(|log| &log.inner))?;
    let created = events.into_iter().find_map(|event| match event {
        Event::ProposalCreated(created) => Some(created),
        _ => None,
    });
    let created = created.ok_or_else(|| eyre!("there is no proposal"))?;
    chain.mine_to(created.start_block).await?;
    for name in Name::DELEGATES {
        let vote = governor.cast_vote(created.id, Support::For, None)?;
        chain.send(world.account(name), vote.into()).await?;
    }
    chain.mine_to(created.end_block + 1).await?;
    chain.send(world.account(Name::Stranger), governor.queue(created.id).into()).await?;
    let status = governor.status(chain.provider(), created.id).await?;
    let (eta, _) = status.execution.ok_or_else(|| eyre!("it is not queued"))?;
    chain.set_next_timestamp(eta).await?;
    chain.send(world.account(Name::Stranger), governor.execute(created.id, value).into()).await?;
    Ok(begin.elapsed())
}
