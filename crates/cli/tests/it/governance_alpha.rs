//! What the reading commands say about a proposal at GovernorAlpha, and about an endpoint with hiccups.

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolValue;
use btrst_bindings::{BraintrustGovernor, IBraintrustGovernor};
use btrst_devnet::{Call, Fault, Flavour, Name, Proxy};
use btrst_gov::governor::Support;
use btrst_gov::parameters::{Parameters, btrst as whole};
use btrst_gov::{Deployment, Proposal};
use snapbox::{assert_data_eq, str};

use crate::governance::Forum;
use crate::program::Running;

/// An ether in wei.
const ETHER: u64 = 1_000_000_000_000_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_proposal_at_governor_alpha() {
    let forum = Forum::open(Flavour::Alpha).await;
    assert_eq!(forum.propose(Name::Amara, "Pay the grantee", whole(1_000)).await, 1);
    forum.world().chain().mine(2).await.unwrap();
    forum.vote(1, Name::Amara, Support::For).await;
    forum.vote(1, Name::Dora, Support::Against).await;
    assert_data_eq!(
        forum.said("proposal show 1"),
        str![[r#"
Proposal 1: Pay the grantee

state     active
proposer  amara
for       16,000,100 BTRST, 40% of the quorum of 40,000,000 BTRST
against   0 BTRST

Timeline
  proposed     block [..], 20[..] +00:00 ([..] ago)
  vote opens   block [..], 20[..] +00:00 ([..])
  vote closes  block [..], about 20[..] +00:00 (in 5 d [..] h)
  about: estimated at 12 seconds a block

Next
  the vote closes after block [..], about 20[..] +00:00 (in 5 d [..] h); it needs 23,999,900 BTRST more in favour

Who can cancel it
  anyone when the proposer falls below the threshold of 10,000,000 BTRST; now 16,000,100 BTRST of votes

Actions
 1  BTRST.transfer(to = grantee, amount = 1,000 BTRST)
 2  send 1 ether to grantee
    whoever executes sends 1 ether along

Description

A text.

Payload   0x70a59b223a37bf0365c6c7226492c8ef8acf5c5d8325a2e93267a24f14cb7c6b

"#]]
    );
    let document = forum.document("proposal show 1 --flavour alpha");
    assert_eq!((&document["flavour"], &document["status"]["abstain_votes"]), (&"alpha".into(), &"0".into()));
    let refused = forum.run("proposal show 1 --flavour braintrust");
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("is of flavour `alpha`, not `braintrust`\n"), "{}", refused.stderr);

    for voter in [Name::Bela, Name::Chidi] {
        forum.vote(1, voter, Support::For).await;
    }
    forum.close(1).await;
    assert!(forum.said("proposal show 1").contains("Next\n  anyone can queue it, at any time\n"));
    forum.queue(1).await;
    let timelock = forum.document("timelock");
    let queue = timelock["queue"].as_array().unwrap();
    assert_eq!(queue.len(), 2, "{timelock}");
    assert!(queue.iter().all(|entry| entry["window"] == "waiting" && entry["proposal"] == 1));
    let calls: Vec<_> = queue.iter().map(|entry| entry["calls"][0].as_str().unwrap()).collect();
    assert!(calls.contains(&"BTRST.transfer(to = grantee, amount = 1,000 BTRST)"), "{calls:?}");
    assert!(calls.contains(&"send 1 ether to grantee"), "{calls:?}");
    let treasury = forum.document("treasury");
    assert_eq!(treasury["queued"]["btrst"], whole(1_000).to_string());
    assert_eq!(treasury["queued"]["ether"], "0", "whoever executes brings it");

    let said = forum.said("params");
    assert!(said.contains("  quorum               40,000,000 BTRST  (fixed)\n"), "{said}");
    assert!(said.contains("  guardian             nobody\n"), "{said}");
    assert!(!said.contains("whitelist"), "{said}");

    hiccups(&forum).await;
    assert!(forum.said("timelock").ends_with("Queue\n  nothing\n"));
    assert!(forum.said("proposal list").contains("    1  executed   Pay the grantee\n"));
    assert_eq!(forum.run("proposal watch 1").code, Some(0));
    adoption(&forum).await;
}

/// A proposal of the template hands the time lock to the suite's governor, whose ids go on.
async fn adoption(forum: &Forum) {
    let (world, old) = (forum.world(), forum.world().deployment());
    let arguments =
        (old.contracts.timelock, old.contracts.btrst, Address::ZERO, U256::ZERO, parameters()).abi_encode();
    let deployment = Call::deploy("the new governor", &BraintrustGovernor::BYTECODE, &arguments);
    let governor = world.chain().deploy(world.account(Name::Stranger), deployment).await.unwrap();

    let written = forum.run(&format!("proposal new adoption --governor {governor} --out adoption.toml"));
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let filled = forum.read("adoption.toml").replace("{{", "").replace("}}", "");
    forum.write("adoption.toml", &filled);
    assert_eq!(forum.said("proposal lint --deny-warnings adoption.toml"), "1 file checked, no errors\n");
    let id = forum.submit(Name::Amara, &Proposal::parse(&filled, &old).unwrap()).await;
    assert_eq!(id, 2);
    world.chain().mine(2).await.unwrap();
    for voter in Name::DELEGATES {
        forum.vote(id, voter, Support::For).await;
    }
    forum.close(id).await;
    forum.queue(id).await;
    forum.execute(id, U256::ZERO).await;

    let mut new = Deployment { flavour: Flavour::Braintrust, ..old };
    new.contracts.governor = governor;
    forum.write("devnet.toml", &new.render().unwrap());
    let params = forum.said("params");
    assert!(params.contains("  admin                governor\n"), "{params}");
    assert_eq!(forum.said("proposal list"), "0 of 0 proposals\n");
    let earlier = forum.run("proposal show 1");
    assert_eq!((earlier.code, earlier.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        earlier.stderr,
        str![[r#"
error: proposal 1 was not made at this governor
hint: name a deployment with the governor before this one

"#]]
    );
}

/// Parameters within the bounds of the suite's governor.
fn parameters() -> IBraintrustGovernor::GovernorParameters {
    let Parameters { voting_delay, voting_period, proposal_threshold, quorum_votes } = Parameters::LIVE;
    IBraintrustGovernor::GovernorParameters {
        votingDelay: U256::from(voting_delay),
        votingPeriod: U256::from(voting_period),
        proposalThreshold: proposal_threshold,
        quorumVotes: quorum_votes,
    }
}

/// A watch goes on when the endpoint fails, and says when it answers again.
async fn hiccups(forum: &Forum) {
    let proxy = Proxy::start(forum.world().chain().url()).await.unwrap();
    let arguments = format!("proposal watch 1 --poll-interval 0.1 --rpc-url {}", proxy.url);
    let watch = Running::start(forum.command(&arguments));
    watch.wait_for("  queued ");
    proxy.fail(Fault::Refuse(-32_000, "out of order"));
    proxy.faults(3).await;
    proxy.heal();
    forum.execute(1, U256::from(ETHER)).await;
    watch.wait_for("  executed ");
    let ended = watch.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert!(
        lines[0].ends_with("; trying again every 100ms") && lines[0].contains("out of order"),
        "{lines:?}"
    );
    assert_eq!(lines[1], "the endpoint answers again");
}
