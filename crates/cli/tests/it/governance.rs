//! What the reading commands say about a proposal on its way, at the suite's governor.

use std::process::Command;

use alloy::node_bindings::Anvil;
use alloy::primitives::U256;
use btrst_devnet::{Fault, Flavour, Name, Proxy, Repository, World, WorldOptions};
use btrst_gov::governor::{Governor, Support};
use btrst_gov::parameters::btrst as whole;
use btrst_gov::{Action, Proposal};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use tempfile::TempDir;

use crate::program::{Ended, Running, btrst, repository, run};

/// A chain with a governor, and a folder with its deployment file.
pub struct Forum {
    folder: TempDir,
    world: World,
    governor: Governor,
}

impl Forum {
    pub async fn open(flavour: Flavour) -> Self {
        let repository = Repository::find(repository()).unwrap();
        let options = WorldOptions { flavour, delegated: true, ..WorldOptions::default() };
        let world = World::start(&repository, &options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("devnet.toml"), world.deployment().render().unwrap()).unwrap();
        let governor = Governor::new(world.contracts().governor, flavour);
        Self { folder, world, governor }
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    pub fn governor(&self) -> Governor {
        self.governor
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// `btrst` in the folder, with the deployment of the chain, in UTC.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = btrst(arguments.split_whitespace());
        command.current_dir(self.folder.path()).env("TZ", "UTC").env_remove("ETH_RPC_URL");
        command.env("BTRST_DEPLOYMENT", self.folder.path().join("devnet.toml"));
        command
    }

    pub fn run(&self, arguments: &str) -> Ended {
        run(self.command(arguments))
    }

    /// What a command prints that ends well.
    pub fn said(&self, arguments: &str) -> String {
        let ended = self.run(arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments}");
        ended.stdout
    }

    /// The document of a command that ends well.
    pub fn document(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.said(&format!("{arguments} --json"))).unwrap()
    }

    /// A proposal of `proposer` to pay `amount` to the grantee; its id.
    pub async fn propose(&self, proposer: Name, title: &str, amount: U256) -> u64 {
        let to = self.world.address(Name::Grantee);
        let transfer = "transfer(address,uint256)";
        let token = self.world.contracts().btrst;
        let proposal = Proposal {
            description: format!("# {title}\n\nA text."),
            actions: vec![
                Action::call(token, U256::ZERO, transfer, vec![to.into(), amount.into()]).unwrap(),
                Action::payment(to, U256::from(10_u64.pow(18))),
            ],
        };
        self.submit(proposer, &proposal).await
    }

    /// Proposes `proposal`; its id.
    pub async fn submit(&self, proposer: Name, proposal: &Proposal) -> u64 {
        // Votes of a proposer count at the end of the block before.
        self.world.chain().mine(1).await.unwrap();
        self.world.send(proposer, self.governor.propose(proposal).unwrap()).await.unwrap();
        self.governor.latest(self.world.chain().provider()).await.unwrap()
    }

    pub async fn vote(&self, id: u64, voter: Name, support: Support) {
        self.world.send(voter, self.governor.cast_vote(id, support, None).unwrap()).await.unwrap();
    }

    /// Mines past the vote on `id`.
    pub async fn close(&self, id: u64) {
        let status = self.governor.status(self.world.chain().provider(), id).await.unwrap();
        self.world.chain().mine_to(status.end_block + 1).await.unwrap();
    }

    pub async fn queue(&self, id: u64) {
        self.world.send(Name::Stranger, self.governor.queue(id)).await.unwrap();
    }

    pub async fn cancel(&self, id: u64, by: Name) {
        self.world.send(by, self.governor.cancel(id)).await.unwrap();
    }

    /// Executes `id` as soon as that can be; `value` wei go along.
    pub async fn execute(&self, id: u64, value: U256) {
        let status = self.governor.status(self.world.chain().provider(), id).await.unwrap();
        let (eta, _) = status.execution.unwrap();
        self.world.chain().warp(eta).await.unwrap();
        self.world.send(Name::Stranger, self.governor.execute(id, value)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_proposal_is_followed_to_its_end() {
    let forum = Forum::open(Flavour::Braintrust).await;
    assert_eq!(forum.said("proposal list"), "0 of 0 proposals\n");
    unknown(&forum);

    let id = forum.propose(Name::Amara, "Pay the grantee", whole(1_000)).await;
    assert_eq!(id, 1);
    let watch = Running::start(forum.command("proposal watch 1 --poll-interval 0.1"));
    watch.wait_for("  pending    for 0 BTRST, against 0 BTRST, abstain 0 BTRST; the vote opens in block ");

    forum.world().chain().mine(1).await.unwrap();
    forum.vote(1, Name::Amara, Support::For).await;
    watch.wait_for(
        "  active     for 40,100 BTRST, against 0 BTRST, abstain 0 BTRST; the vote closes after block ",
    );
    assert_data_eq!(
        forum.said("proposal show 1"),
        str![[r#"
Proposal 1: Pay the grantee

state     active
proposer  amara
for       40,100 BTRST, 40% of the quorum of 100,000 BTRST
against   0 BTRST
abstain   0 BTRST

Timeline
  proposed     block [..], 20[..] +00:00 ([..] ago)
  vote opens   block [..], 20[..] +00:00 ([..])
  vote closes  block [..], about 20[..] +00:00 (in 2 d [..] h)
  about: estimated at 12 seconds a block

Next
  the vote closes after block [..], about 20[..] +00:00 (in 2 d [..] h); it needs 59,900 BTRST more in favour

Who can cancel it
  amara, who proposed it
  guardian, the guardian until 20[..] +00:00
  anyone when the proposer falls below the threshold of 500 BTRST; now 40,100 BTRST of votes

Actions
 1  BTRST.transfer(to = grantee, amount = 1,000 BTRST)
 2  send 1 ether to grantee

Description

A text.

Payload   0x70a59b223a37bf0365c6c7226492c8ef8acf5c5d8325a2e93267a24f14cb7c6b

"#]]
    );
    forum.vote(1, Name::Bela, Support::For).await;
    forum.vote(1, Name::Chidi, Support::For).await;
    let passing = forum.document("proposal show 1");
    assert_eq!(passing["status"]["for_votes"], whole(120_100).to_string());
    let end = &passing["status"]["end_block"];
    assert_eq!(passing["next"], json!({ "step": "vote_closes", "block": end, "missing_votes": "0" }));
    let cancelers = &passing["cancelers"];
    assert_eq!(
        (&cancelers["proposer"], &cancelers["anyone"]),
        (&passing["status"]["proposer"], &false.into())
    );
    assert_eq!(cancelers["guardian"], forum.world().address(Name::Guardian).to_string());
    assert_eq!(
        (&passing["timeline"][2]["what"], &passing["timeline"][2]["moment"]["block"]),
        (&"vote closes".into(), end)
    );
    assert_eq!(passing["timeline"][2]["moment"]["estimated"], true);

    forum.close(1).await;
    let until = Running::start(forum.command("proposal watch 1 --poll-interval 0.1 --until queued --json"));
    until.wait_for("\"state\":\"succeeded\"");
    assert!(forum.said("proposal show 1").contains("  queue until  block "));
    forum.queue(1).await;
    let line = until.wait_for("\"state\":\"queued\"");
    let queued: Value = serde_json::from_str(line.lines().last().unwrap()).unwrap();
    assert_eq!((&queued["schema_version"], &queued["id"]), (&1.into(), &1.into()));
    assert_eq!(until.end().code, Some(0));

    in_the_queue(&forum).await;
    forum.execute(1, U256::ZERO).await;
    watch
        .wait_for("  executed   for 120,100 BTRST, against 0 BTRST, abstain 0 BTRST; nothing; this is final");
    // A devnet that mines a whole vote at once does not answer every request; the watch goes on.
    assert_eq!(watch.end().code, Some(0));

    let shown = forum.said("proposal show 1");
    assert!(shown.contains("  executed     block "), "{shown}");
    assert!(shown.contains("Who can cancel it\n  nobody; this is final\n"), "{shown}");
    assert!(forum.said("timelock").ends_with("Queue\n  nothing\n"));
    few_events(&forum).await;
    others(&forum).await;
}

/// Ids that are none, another flavour, another chain, and no file.
fn unknown(forum: &Forum) {
    let refused = |arguments: &str| {
        let ended = forum.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments}");
        ended.stderr
    };
    for command in ["proposal show 1", "proposal watch 1"] {
        assert_data_eq!(
            refused(command),
            str![[r#"
error: there is no proposal 1; the latest is 0
hint: nothing has been proposed yet

"#]]
        );
    }
    for command in ["proposal list", "proposal show 1", "votes amara", "treasury", "timelock", "params"] {
        assert_data_eq!(
            refused(&format!("{command} --flavour alpha")),
            str![[r#"
error: `0x[..]` is of flavour `braintrust`, not `alpha`
hint: check the address; if it is right, state `flavour = "braintrust"` or --flavour braintrust

"#]]
        );
    }
    assert_data_eq!(
        refused("votes nobody"),
        str![[r#"
error: unknown name `nobody`
hint: use a contract or account of the deployment file, or a checksummed address

"#]]
    );
    assert_data_eq!(
        refused("proposal show missing.toml"),
        str![[r#"
error: cannot read the proposal file `missing.toml`
caused by: No such file or directory (os error 2)
hint: check the path; the file has to be UTF-8 text

"#]]
    );
    let elsewhere = forum.world().deployment();
    let elsewhere = btrst_gov::Deployment { chain_id: 1, accounts: vec![], ..elsewhere };
    forum.write("elsewhere.toml", &elsewhere.render().unwrap());
    assert_data_eq!(
        refused("proposal list --deployment elsewhere.toml"),
        str![[r#"
error: the endpoint serves chain 31337, `devnet` is on chain 1
hint: choose the endpoint or the deployment of the same chain

"#]]
    );
}

/// The proposal as it waits: treasury and time lock know it.
async fn in_the_queue(forum: &Forum) {
    let treasury = forum.document("treasury");
    let queued = &treasury["queued"];
    assert_eq!(queued["btrst"], whole(1_000).to_string());
    assert_eq!((&queued["ether"], &queued["usdc"]), (&"1000000000000000000".into(), &"0".into()));
    assert_eq!(
        (&treasury["balances"]["usdc"], &treasury["unknown_calls"]),
        (&"1000000000000".into(), &0.into())
    );
    assert_eq!(treasury["short"], false);
    assert_data_eq!(
        forum.said("timelock"),
        str![[r#"
Time lock 0x[..]

delay          7 d between queueing and execution
grace period   14 d in which to execute
admin          governor
pending admin  nobody

Queue
  proposal 1: executable from 20[..] +00:00 (in 7 d) until 20[..] +00:00
    BTRST.transfer(to = grantee, amount = 1,000 BTRST)
    send 1 ether to grantee

"#]]
    );
    let entry = &forum.document("timelock")["queue"][0];
    assert_eq!((&entry["proposal"], &entry["window"]), (&1.into(), &"waiting".into()));
    let status = forum.document("proposal show 1")["status"].clone();
    assert_eq!((&status["eta"], &status["executable_until"]), (&entry["eta"], &entry["until"]));
}

/// An endpoint that takes few blocks a request, and one that refuses to list events at all.
async fn few_events(forum: &Forum) {
    let proxy = Proxy::start(forum.world().chain().url()).await.unwrap();
    proxy.fail_on("eth_getLogs", Fault::FewBlocks(500));
    let shown = forum.said(&format!("proposal show 1 --rpc-url {}", proxy.url));
    assert!(shown.starts_with("Proposal 1: Pay the grantee\n"), "{shown}");
    assert!(shown.contains("  executed     block "), "{shown}");
    assert!(proxy.requests("eth_getLogs").len() > 10);
    proxy.heal();
    proxy.fail_on("eth_getLogs", Fault::Refuse(-32_000, "no events here"));
    let refused = forum.run(&format!("timelock --rpc-url {}", proxy.url));
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.starts_with("error: the endpoint does not list events: "), "{}", refused.stderr);
    assert!(refused.stderr.contains("no events here"), "{}", refused.stderr);
}

/// Proposals that end otherwise, beside the executed one; and what else there is to read.
async fn others(forum: &Forum) {
    let rich = whole(200_000_000);
    let defeated = forum.propose(Name::Amara, "\u{1b}[31mNobody\u{202e} votes", whole(1)).await;
    let canceled = forum.propose(Name::Bela, "Taken back", whole(2)).await;
    let short = forum.propose(Name::Chidi, "More than there is", rich).await;
    forum.cancel(canceled, Name::Bela).await;
    forum.world().chain().mine(2).await.unwrap();
    for voter in Name::DELEGATES {
        forum.vote(short, voter, Support::For).await;
    }
    let canceled_exit = forum.run("proposal watch 3 --poll-interval 0.1");
    assert_eq!(canceled_exit.code, Some(1), "{}", canceled_exit.stderr);
    assert_eq!(forum.run("proposal watch 3 --until canceled").code, Some(0));

    let waiting = Running::start(forum.command("proposal watch 2 --poll-interval 0.1"));
    waiting.wait_for("  active ");
    waiting.signal("INT");
    let stopped = waiting.end();
    assert_eq!(stopped.code, Some(2));
    assert_data_eq!(
        stopped.stderr,
        str![[r#"
error: stopped watching proposal 2 while it was active
hint: watch it again at any time; nothing was changed

"#]]
    );
    forum.close(short).await;
    forum.queue(short).await;
    let treasury = forum.run("treasury");
    assert_eq!(treasury.code, Some(1), "{}", treasury.stdout);
    assert!(treasury.stdout.contains("200,000,000 BTRST"), "{}", treasury.stdout);
    assert!(treasury.stdout.contains("short of "), "{}", treasury.stdout);

    assert_eq!((defeated, canceled, short), (2, 3, 4));
    assert_data_eq!(
        forum.said("proposal list"),
        str![[r#"
   id  state      title
    4  queued     More than there is
                  for 120,100 BTRST, against 0 BTRST, abstain 0 BTRST
    3  canceled   Taken back
                  for 0 BTRST, against 0 BTRST, abstain 0 BTRST
    2  defeated   [31mNobody/u{202e} votes
                  for 0 BTRST, against 0 BTRST, abstain 0 BTRST
    1  executed   Pay the grantee
                  for 120,100 BTRST, against 0 BTRST, abstain 0 BTRST
4 of 4 proposals

"#]]
    );
    let shown = forum.said("proposal show 2");
    assert!(shown.starts_with("Proposal 2: [31mNobody\\u{202e} votes\n\nstate     defeated\n"), "{shown}");
    let ids = |arguments: &str| -> Vec<u64> {
        let list = forum.document(&format!("proposal list {arguments}"));
        assert_eq!(list["total"], 4);
        list["proposals"]
            .as_array()
            .unwrap()
            .iter()
            .map(|proposal| proposal["id"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(ids("--limit 2"), [4, 3]);
    assert_eq!(ids("--state canceled --state executed"), [3, 1]);
    assert_eq!(ids("--state canceled --state executed --limit 1"), [3]);
    assert_eq!(ids("--state expired"), [] as [u64; 0]);
    votes_and_parameters(forum).await;
}

async fn votes_and_parameters(forum: &Forum) {
    let dora = forum.document("votes dora --block 3");
    let amara = forum.world().address(Name::Amara).to_string();
    assert_eq!((&dora["balance"], &dora["votes"]), (&whole(100).to_string().into(), &"0".into()));
    assert_eq!((&dora["delegate"], &dora["past"]["votes"]), (&amara.into(), &"0".into()));
    let head = forum.world().chain().block_number().await.unwrap();
    assert_eq!(
        forum.document(&format!("votes amara --block {}", head - 1))["past"]["votes"],
        whole(40_100).to_string()
    );
    let early = forum.run(&format!("votes amara --block {head}"));
    assert_eq!(early.code, Some(2));
    assert_eq!(
        early.stderr,
        format!("error: block {head} is not past; the latest is {head}\nhint: name a block below {head}\n")
    );
    let said = forum.said("votes stranger");
    assert!(said.contains("delegate   nobody; its tokens do not vote\n"), "{said}");

    let params = forum.document("params");
    let governor = &params["governor"];
    assert_eq!(
        (&governor["voting_period"], &governor["bounds"]["voting_period"][1]),
        (&17_280.into(), &100_800.into())
    );
    assert_eq!(governor["guardian"], forum.world().address(Name::Guardian).to_string());
    assert!(governor["guardian_expiry"].as_u64() > Some(0));
    assert_eq!(params["timelock"]["delay"], 604_800);
    assert_eq!(params["registry"]["marketplace_fee"], 10);
    assert_eq!(
        (&params["converter"]["lot"], &params["converter"]["hop"]),
        (&"25000000000".into(), &3_600.into())
    );
    let said = forum.said("params");
    for line in [
        "  voting period        17,280 blocks, about 2 d 9 h  (7,200 to 100,800 blocks)\n",
        "  quorum               100,000 BTRST  (100,000 BTRST to 25,000,000 BTRST)\n",
        "  short window         5 min  (1 min to 15 min)\n",
        "  admin                governor\n",
    ] {
        assert!(said.contains(line), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_chain_without_the_contracts_is_named() {
    let tool = std::process::Command::new(repository().join("script/tool")).arg("anvil").output().unwrap();
    let anvil = Anvil::at(String::from_utf8(tool.stdout).unwrap().trim()).chain_id(1).try_spawn().unwrap();
    let mut command = btrst(["proposal", "list", "--rpc-url", &anvil.endpoint()]);
    command.env("BTRST_DEPLOYMENT", "deployments/mainnet.toml");
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with("error: reading `BALLOT_TYPEHASH` failed\n"), "{}", ended.stderr);
    assert!(
        ended.stderr.ends_with("hint: check the endpoint, and that the deployment belongs to its chain\n"),
        "{}",
        ended.stderr
    );
}
