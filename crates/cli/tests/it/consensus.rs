//! From a temperature check to the treasury: what was approved off-chain, and nothing else, is proposed on chain. With the
//! real hub, whose time is the chain's.

use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use btrst_devnet::{Flavour, Name};
use btrst_gov::Proposal;
use serde_json::{Value, json};

use crate::assembly::Assembly;
use crate::program::{Ended, Running};

/// What the network agrees on: 1,000 BTRST to the grantee.
const PAY: &str = r##"
description = """# Pay the grantee

1,000 BTRST to `grantee`."""

[[actions]]
contract = "btrst"
function = "transfer(address,uint256)"
arguments = ["grantee", "1_000btrst"]
"##;

const WEEK: u64 = 604_800;

/// A chain with a hub whose space votes in phases, by BTRST, with a quorum that two delegates reach and one does not.
struct Stage {
    assembly: Assembly,
    hub: Running,
    url: String,
}

impl Stage {
    async fn open(flavour: Flavour) -> Self {
        let assembly = Assembly::open(flavour, true).await;
        let quorum = if flavour == Flavour::Braintrust { 60_000 } else { 24_000_000 };
        let btrst = assembly.world.contracts().btrst.to_string();
        let space = |id: &str, period: u64, quorum: u64| {
            json!({
                "id": id, "name": "Braintrust", "network": "31337", "symbol": "BTRST",
                "strategies": [{"name": "erc20-balance-of", "params": {"address": btrst, "decimals": 18}}],
                "admins": [assembly.world.address(Name::Amara).to_string()],
                "filters": {"onlyMembers": true},
                "voting": {"period": period, "quorum": quorum},
                "plugins": {"btrst": {"minimum_period": period}},
            })
            .to_string()
        };
        assembly.write("space.json", &space("usebraintrust.eth", WEEK, quorum));
        assembly.write("mallory.json", &space("mallory.eth", WEEK, quorum));
        assembly.write("short.json", &space("usebraintrust.eth", 86_400, quorum));
        assembly.write("strict.json", &space("usebraintrust.eth", WEEK, quorum + 1));
        assembly.write("pay.toml", PAY);
        for (file, title, rest) in [
            ("temperature.toml", "Temperature check: pay the grantee", "phase = \"temperature-check\"\n"),
            ("vote.toml", "Pay the grantee", ""),
            ("small.toml", "Consensus check: pay the grantee", ""),
            ("free.toml", "[Consensus check] Pay the grantee", ""),
            ("other.toml", "Fund the academy", ""),
        ] {
            let body = "1,000 BTRST to `grantee`.";
            assembly.write(file, &format!("title = \"{title}\"\nbody = \"{body}\"\n{rest}"));
        }
        let hub = Running::start(assembly.command(&format!(
            "snapshot hub --space space.json --listen 127.0.0.1:0 --rate 0 --private-key-env relayer --quiet --chain-time \
             --rpc-url {}",
            assembly.world.chain().url()
        )));
        let line = hub.wait_for("The hub of");
        let url = line.trim().split(" at ").nth(1).unwrap().to_owned();
        Self { assembly, hub, url }
    }

    /// A command of the hub, as somebody says it whose clock is the chain's.
    fn snapshot(&self, arguments: &str) -> String {
        let rpc = self.assembly.world.chain().url();
        format!("snapshot {arguments} --hub {} --rpc-url {rpc} --chain-time", self.url)
    }

    fn open_vote(&self, arguments: &str) -> String {
        let proposed = self.snapshot(&format!("propose {arguments} --private-key-env amara --broadcast"));
        self.assembly.document(&proposed)["id"].as_str().unwrap().to_owned()
    }

    fn vote(&self, id: &str, votes: &[(Name, &str)]) {
        for (name, choice) in votes {
            let vote = self.snapshot(&format!("vote {id} {choice} --private-key-env {name} --broadcast"));
            assert_eq!(self.assembly.document(&vote)["status"], "taken");
        }
    }

    async fn wait(&self, seconds: u64) {
        let chain = self.assembly.world.chain();
        chain.warp(chain.now().await.unwrap() + seconds).await.unwrap();
    }

    /// Where approvals are looked up.
    fn source(&self) -> String {
        format!("--hub {} --space space.json", self.url)
    }

    /// Why `file` cannot be proposed with the approval of `id`.
    fn refused(&self, file: &str, id: &str) -> (String, String) {
        let submit = format!("proposal submit {file} --consensus {id} {} --quiet", self.source());
        self.assembly.refused(Name::Bela, &submit)
    }

    /// What the hub says about a vote that it does not open.
    fn refused_by_hub(&self, arguments: &str) -> String {
        let ended =
            self.run(&self.snapshot(&format!("propose {arguments} --private-key-env amara --broadcast")));
        assert_eq!(ended.code, Some(1), "{}{}", ended.stdout, ended.stderr);
        ended.stdout
    }

    /// Proposes what `file` says without these tools, which would refuse it.
    async fn propose_unasked(&self, name: Name, file: &str) {
        let world = &self.assembly.world;
        let proposal = Proposal::parse(&self.assembly.read(file), &world.deployment()).unwrap();
        let call = self.assembly.governor.propose(&proposal).unwrap();
        let request =
            TransactionRequest::default().from(world.address(name)).to(call.to).input(call.data.into());
        let sent = world.chain().provider().send_transaction(request).await.unwrap();
        assert!(sent.get_receipt().await.unwrap().status());
    }

    /// Writes a proposal file of other actions that claims the approval of `id`.
    fn claim(&self, file: &str, id: &str, change: (&str, &str)) {
        let line = format!("1,000 BTRST to `grantee`.\n\nConsensus check: snapshot:usebraintrust.eth:{id}\n");
        let text = PAY.replace("1,000 BTRST to `grantee`.", &line).replace(change.0, change.1);
        self.assembly.write(file, &text);
    }

    /// What a command says that ends with an error after it has shown the actions.
    fn failed(&self, arguments: &str) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments}: {}{}", ended.stdout, ended.stderr);
        ended.stderr
    }

    fn run(&self, arguments: &str) -> Ended {
        self.assembly.run(arguments)
    }

    /// The finding A9 of the check of `proposal`.
    fn checked(&self, proposal: &str) -> Value {
        let mut command = self.assembly.command(&format!("proposal check {proposal} --json"));
        command.env("XDG_CACHE_HOME", self.assembly.folder.path());
        let ended = crate::program::run(command);
        let report: Value = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{proposal}: {error}: {}{}", ended.stdout, ended.stderr));
        let findings = report["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["check"] == "A9").unwrap().clone()
    }
}

const PASSED: [(Name, &str); 2] = [(Name::Amara, "for"), (Name::Bela, "for")];

/// Only what a consensus check approves can be proposed in its name.
async fn approved(flavour: Flavour) {
    let stage = Stage::open(flavour).await;
    let assembly = &stage.assembly;
    let payload = assembly.document("proposal show pay.toml")["payload"].as_str().unwrap().to_owned();

    let temperature = stage.open_vote("temperature.toml");
    stage.vote(&temperature, &PASSED);
    // A consensus check waits for its temperature check, at the hub already, and is of the same matter.
    let early = stage.refused_by_hub(&format!("vote.toml --temperature {temperature} --payload pay.toml"));
    assert!(early.contains("invalid phase: the temperature check has not ended"), "{early}");
    stage.wait(WEEK + 61).await;
    let other = stage.refused_by_hub(&format!("other.toml --temperature {temperature} --payload pay.toml"));
    assert!(other.contains("the temperature check is about something else"), "{other}");

    let good = stage.open_vote(&format!("vote.toml --temperature {temperature} --payload pay.toml"));
    let small = stage.open_vote(&format!("small.toml --temperature {temperature} --payload pay.toml"));
    let free = stage.open_vote(&format!("free.toml --temperature {temperature}"));
    stage.vote(&good, &PASSED);
    stage.vote(&small, &PASSED[..1]);
    stage.vote(&free, &PASSED);
    for (id, shown) in [
        (&temperature, "phase     temperature check: approves nothing".to_owned()),
        (&good, format!("payload   {payload}")),
        (&free, "payload   none: needs no code, and nothing of it goes on chain".to_owned()),
    ] {
        let results = stage.run(&stage.snapshot(&format!("results {id}")));
        assert!(results.stdout.contains(&shown), "{}", results.stdout);
    }

    // A file that begins with the check has its text, and no other actions than it approves.
    let new = |amount: &str, id: &str| {
        let hub = &stage.url;
        format!("proposal new transfer --to grantee --amount {amount} --from-snapshot {id} --hub {hub}")
    };
    assembly.document(&format!("{} -o approved.toml", new("1_000btrst", &good)));
    let line = format!("Consensus check: snapshot:usebraintrust.eth:{good}");
    let text = format!("# Pay the grantee\n\n1,000 BTRST to `grantee`.\n\nPayload: {payload}\n\n{line}\n");
    assert!(assembly.read("approved.toml").contains(&text), "{}", assembly.read("approved.toml"));
    let differs = assembly.failed(&new("1_001btrst", &good));
    assert!(differs.contains(&format!("and {payload} was approved")), "{differs}");
    let wrong = assembly.failed(&new("1_000btrst", &temperature));
    assert!(wrong.contains(&format!("`{temperature}` is no consensus check")), "{wrong}");
    let none = assembly.failed(&new("1_000btrst", &free));
    assert!(none.contains(&format!("the consensus check `{free}` names no payload")), "{none}");

    let (code, running) = stage.refused("approved.toml", &good);
    assert_eq!(code, "not_approved");
    assert!(running.contains("cannot propose this now: the consensus check has not ended"), "{running}");
    stage.wait(WEEK + 61).await;
    refusals(&stage, [&temperature, &good, &small, &free], &payload).await;

    // Somebody claims the approval for something else, on chain: it is flagged, and uses nothing up.
    stage.claim("false.toml", &good, ("1_000btrst", "1_001btrst"));
    stage.propose_unasked(Name::Amara, "false.toml").await;
    let flagged = stage.run(&format!("proposal show 1 {} --quiet", stage.source()));
    assert!(
        flagged.stdout.contains("NOT APPROVED: the consensus check approves the payload"),
        "{}",
        flagged.stdout
    );
    assert_eq!(stage.checked(&format!("1 {}", stage.source()))["verdict"], "fail");

    let mut id = 2;
    if flavour == Flavour::Braintrust {
        // The same actions in no name use it up too, or they would be executed twice; until they are canceled.
        stage.propose_unasked(Name::Chidi, "pay.toml").await;
        let (_, used) = stage.refused("approved.toml", &good);
        assert!(
            used.contains("cannot propose this now: proposal 2 has used this approval already"),
            "{used}"
        );
        assembly.send(Name::Chidi, "proposal cancel 2");
        id = 3;
    }
    let submit = format!("proposal submit approved.toml --consensus {good} {}", stage.source());
    let sent = assembly.send(Name::Bela, &submit);
    assert_eq!((&sent["id"], &sent["approval"]["verdict"]), (&json!(id), &json!("pass")));
    let shown = stage.run(&format!("proposal show {id} {} --quiet", stage.source()));
    assert!(
        shown.stdout.contains("approved: the consensus check has approved exactly this payload"),
        "{}",
        shown.stdout
    );
    let unasked = assembly.document(&format!("proposal show {id}"));
    assert_eq!((&unasked["approval"]["verdict"], &unasked["payload"]), (&json!("not_run"), &json!(payload)));
    let found = stage.checked(&format!("{id} {}", stage.source()));
    assert_eq!(found["verdict"], "pass", "{found}");
    // Somebody without the hub makes the same report again.
    let mut bundle =
        assembly.command(&format!("proposal check {id} {} --bundle bundle.json", stage.source()));
    bundle.env("XDG_CACHE_HOME", assembly.folder.path());
    crate::program::run(bundle);
    assert_eq!(assembly.document("verify-report bundle.json")["same"], true);
    let found = stage.checked(&id.to_string());
    assert_eq!(found["verdict"], "not_run", "{found}");

    // An approval is used once, by whoever is first.
    let (code, used) = assembly.refused(Name::Chidi, &format!("{submit} --quiet"));
    assert_eq!(code, "not_approved");
    assert!(used.contains(&format!("proposal {id} has used this approval already")), "{used}");

    // The evidence can be kept as files, without the hub.
    for (id, file) in [(&good, "good.json"), (&temperature, "first.json")] {
        let audit =
            stage.run(&stage.snapshot(&format!("audit {id} --export {file}")).replace(" --chain-time", ""));
        assert_eq!(audit.code, Some(0), "{}{}", audit.stdout, audit.stderr);
    }
    let of_files = format!("proposal show {id} --space space.json --export good.json --export first.json");
    let kept = assembly.document(&of_files);
    assert_eq!(kept["approval"]["verdict"], "pass", "{kept}");
    assert!(
        kept["approval"]["evidence"].to_string().contains("ballots that were left out do not show"),
        "{kept}"
    );
    let half = assembly.document(&format!("proposal show {id} --space space.json --export good.json"));
    assert!(
        half["approval"].to_string().contains(&format!("the export has no temperature check {temperature}")),
        "{half}"
    );

    // Whoever holds the hub's database drops a vote: the log shows it.
    let python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
         c.execute('DELETE FROM votes WHERE voter = ?', [sys.argv[2].lower()]); c.commit()";
    let mut command = std::process::Command::new("python3");
    command.arg("-c").arg(python).arg(assembly.path("hub.sqlite"));
    command.arg(assembly.world.address(Name::Amara).to_string());
    assert_eq!(crate::program::run(command).code, Some(0));
    let (_, dropped) = assembly.refused(Name::Chidi, &format!("{submit} --quiet"));
    assert!(dropped.contains("is not as it is published; differences: "), "{dropped}");
    assert!(dropped.contains("the first is `vote dropped`"), "{dropped}");

    stage.hub.signal("TERM");
    assert_eq!(stage.hub.end().code, Some(0));
    let silent = assembly.document(&format!("proposal show {id} --hub {} --space space.json", stage.url));
    let said = silent["approval"]["summary"].as_str().unwrap();
    assert!(said.contains("could not be verified: the hub at"), "{said}");
    assert_eq!(silent["approval"]["verdict"], "not_run");
}

/// Everything that somebody could pass off as an approval, once all votes are over.
async fn refusals(stage: &Stage, [temperature, good, small, free]: [&String; 4], payload: &str) {
    let assembly = &stage.assembly;
    let (code, unverified) = assembly.refused(Name::Bela, "proposal submit approved.toml");
    assert_eq!(code, "not_verified");
    assert!(unverified.contains(&format!("hint: verify it: --consensus {good}")), "{unverified}");
    assert_eq!(stage.refused("approved.toml", small).0, "other_check");
    let (code, unnamed) = stage.refused("pay.toml", good);
    assert_eq!(code, "not_named");
    assert!(unnamed.contains(&format!("Consensus check: snapshot:SPACE:{good}")), "{unnamed}");

    let two = "[[actions]]\ncontract = \"grantee\"\nvalue = \"1ether\"\n\n[[actions]]\ncontract = \"btrst\"";
    let changes = [
        ("1_000btrst", "1_001btrst"),
        ("[\"grantee\"", "[\"stranger\""),
        ("transfer(address,uint256)", "approve(address,uint256)"),
        ("[[actions]]\ncontract = \"btrst\"", two),
    ];
    for change in changes {
        stage.claim("changed.toml", good, change);
        let (code, said) = stage.refused("changed.toml", good);
        assert_eq!(code, "not_approved");
        let reason =
            format!("cannot propose this now: the consensus check approves the payload {payload}, and this");
        assert!(said.contains(&reason), "{change:?}: {said}");
    }
    let unknown = format!("0x{}", "12".repeat(32));
    for (id, reason) in [
        (small, "the consensus check failed its quorum: "),
        (free, "the consensus check names no payload: its matter needs no code"),
        (temperature, "what was signed as the consensus check is none"),
        (&unknown, "has no consensus check 0x1212"),
    ] {
        stage.claim("claimed.toml", id, ("", ""));
        let (code, said) = stage.refused("claimed.toml", id);
        assert_eq!(code, "not_approved");
        assert!(said.contains(reason), "{said}");
    }
    let cancel = stage.snapshot(&format!("cancel {small} --private-key-env amara --broadcast"));
    assert_eq!(assembly.document(&cancel)["status"], "taken");
    stage.claim("claimed.toml", small, ("", ""));
    let (_, withdrawn) = stage.refused("claimed.toml", small);
    assert!(withdrawn.contains("it was never there, or was withdrawn"), "{withdrawn}");

    let of_space = |file: &str| {
        let submit = format!("proposal submit approved.toml --consensus {good} --hub {}", stage.url);
        format!("{submit} --space {file} --quiet")
    };
    let (_, foreign) = assembly.refused(Name::Bela, &of_space("mallory.json"));
    assert!(
        foreign.contains("the space `usebraintrust.eth` approves nothing here; `mallory.eth` does"),
        "{foreign}"
    );
    let (_, strict) = assembly.refused(Name::Bela, &of_space("strict.json"));
    assert!(
        strict.contains("was counted with other `quorum` than the settings of the space have"),
        "{strict}"
    );
    let key = "--private-key-env bela";
    let short = stage.failed(&format!("{} {key}", of_space("short.json")));
    assert!(
        short.contains("`plugins.btrst.minimum_period` is not 604800 seconds (7 days) or more"),
        "{short}"
    );
    let submit = format!("proposal submit approved.toml --consensus {good} {key} --quiet");
    let nobody = stage.failed(&submit);
    assert!(nobody.contains("nobody is named who has the consensus check"), "{nobody}");
    let unruled = stage.failed(&format!("{submit} --hub {}", stage.url));
    assert!(unruled.contains("hint: name the space file with --space or BTRST_SPACE"), "{unruled}");

    // A second line, or one that only looks like it, is an error of the file.
    let text = assembly.read("approved.toml");
    let line = format!("Consensus check: snapshot:usebraintrust.eth:{good}");
    for (wrong, reason) in [
        (format!("{line}\n{line}"), "the description names more than one consensus check"),
        (line.replace("Consensus check", "**Consensus check**"), "does not name a consensus check"),
    ] {
        assembly.write("wrong.toml", &text.replace(&line, &wrong));
        let said = assembly.failed(&format!("proposal submit wrong.toml {key}"));
        assert!(said.contains(reason), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_was_approved_is_proposed_and_nothing_else() {
    approved(Flavour::Braintrust).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_was_approved_is_proposed_and_nothing_else_in_alpha() {
    approved(Flavour::Alpha).await;
}

#[test]
fn the_space_of_the_network_votes_in_phases_of_a_week() {
    let text =
        std::fs::read_to_string(crate::program::repository().join("spaces/usebraintrust.eth.json")).unwrap();
    let mut settings: Value = serde_json::from_str(&text).unwrap();
    let id = settings.as_object_mut().unwrap().remove("id").unwrap();
    let space = btrst_offchain::Space::parse(id.as_str().unwrap(), &settings.to_string()).unwrap();
    let btrst = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824".parse().unwrap();
    assert_eq!(space.id, btrst_offchain::phase::SPACE);
    let mut expected = btrst_offchain::phase::settings(btrst, &[], 500.0, 100_000.0);
    expected.strategies[0].params.extend(space.settings.strategies[0].params.clone());
    assert_eq!(space.settings, expected);
}
