//! The whole life of a proposal by the commands alone, and what each says when it is not possible.

use alloy::primitives::U256;
use alloy::providers::ext::AnvilApi;
use btrst_devnet::{Fault, Flavour, Name};
use btrst_gov::governor::{ProposalState, votes};
use btrst_gov::parameters::btrst as whole;
use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::assembly::{Assembly, GRANT};
use crate::program::Running;

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_proposal_lives_by_the_commands_alone() {
    live(Flavour::Braintrust).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_proposal_lives_by_the_commands_alone_at_governor_alpha() {
    live(Flavour::Alpha).await;
}

async fn live(flavour: Flavour) {
    let assembly = Assembly::open(flavour, false).await;
    let (world, chain) = (&assembly.world, assembly.world.chain());
    let token = world.contracts().btrst;
    let has = async |name: Name| votes(chain.provider(), token, world.address(name)).await.unwrap();

    // Delegation, to oneself and to somebody else.
    for name in Name::DELEGATES {
        let done = assembly.send(name, "delegate self");
        assert_eq!((&done["status"], &done["transaction"]["status"]), (&json!("done"), &json!("mined")));
    }
    let amara = has(Name::Amara).await;
    let dora = world.btrst_of(world.address(Name::Dora)).await.unwrap();
    let moved = assembly.send(Name::Dora, "delegate amara");
    assert_eq!(moved["votes"], dora.to_string());
    assert_eq!(has(Name::Amara).await, amara + dora);
    let again = assembly.send(Name::Dora, "delegate amara");
    assert_eq!((&again["status"], &again["transaction"]), (&json!("exists"), &json!(null)));
    assert_eq!(assembly.nonce(Name::Dora).await, 1);
    chain.mine(2).await.unwrap();

    // A dry run sends nothing; a second run of the same proposal does not either.
    let nonce = assembly.nonce(Name::Amara).await;
    let dry = assembly.document("proposal submit grant.toml --private-key-env amara");
    assert_eq!((&dry["status"], &dry["transaction"]["nonce"]), (&json!("dry_run"), &json!(nonce)));
    assert_eq!((assembly.proposals().await, assembly.nonce(Name::Amara).await), (0, nonce));
    let made = assembly.send(Name::Amara, "proposal submit grant.toml");
    assert_eq!((&made["status"], &made["id"]), (&json!("proposed"), &json!(1)));
    let status = assembly.status(1).await;
    assert_eq!((status.state, status.proposer), (ProposalState::Pending, world.address(Name::Amara)));
    let again = assembly.send(Name::Amara, "proposal submit grant.toml");
    assert_eq!((&again["status"], &again["id"]), (&json!("exists"), &json!(1)));
    assert_eq!((assembly.proposals().await, assembly.nonce(Name::Amara).await), (1, nonce + 1));

    let (code, said) = assembly.refused(Name::Bela, "proposal vote 1 for");
    assert_eq!(code, "vote_not_open");
    let opens = format!(
        "cannot vote for proposal 1 now: the vote opens in block {}, about 20",
        status.start_block + 1
    );
    assert!(said.starts_with(&opens) && said.contains("+00:00 (in "), "{said}");

    // Two votes that are sent, one that is signed and sent by somebody else.
    chain.mine_to(status.start_block + 1).await.unwrap();
    let voted = assembly.send(Name::Amara, "proposal vote 1 for");
    assert_eq!((&voted["status"], &voted["details"]["support"]), (&json!("done"), &json!("for")));
    assembly.send(Name::Bela, "proposal vote 1 for");
    assembly.document("proposal vote 1 for --private-key-env chidi --sign chidi.json");
    let relayed = assembly.send(Name::Relayer, "proposal relay chidi.json");
    assert_eq!(relayed["ballots"][0]["status"], "counted");
    let tally = assembly.status(1).await.tally;
    let all = has(Name::Amara).await + has(Name::Bela).await + has(Name::Chidi).await;
    assert_eq!((tally.for_votes, tally.against_votes), (all, U256::ZERO));

    let (code, _) = assembly.refused(Name::Stranger, "proposal queue 1");
    assert_eq!(code, "vote_runs");
    assembly.close(1).await;
    let (code, said) = assembly.refused(Name::Stranger, "proposal execute 1");
    assert_eq!(code, "not_queued");
    assert!(said.contains("hint: anyone can: `btrst proposal queue 1`"), "{said}");
    assembly.send(Name::Stranger, "proposal queue 1");
    let status = assembly.status(1).await;
    assert_eq!(status.state, ProposalState::Queued);
    let (eta, _) = status.execution.unwrap();
    let ended = assembly.run("proposal execute 1 --private-key-env stranger --json");
    let refused: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.code, Some(1));
    assert_eq!(
        (&refused["refusal"]["code"], &refused["refusal"]["possible_from"]["time"]),
        (&json!("too_early"), &json!(eta))
    );
    let (code, _) = assembly.refused(Name::Stranger, "proposal queue 1");
    assert_eq!(code, "queued");

    // The suite's treasury pays as far as it can; GovernorAlpha takes all ether from whoever executes.
    let ether = U256::from(10).pow(U256::from(18));
    let treasury = world.contracts().timelock;
    chain.provider().anvil_set_balance(treasury, ether / U256::from(4)).await.unwrap();
    chain.warp(eta).await.unwrap();
    let grantee = world.address(Name::Grantee);
    let before = (world.btrst_of(grantee).await.unwrap(), assembly.ether(grantee).await);
    let done = assembly.send(Name::Stranger, "proposal execute 1");
    let brought = match flavour {
        Flavour::Braintrust => "750000000000000000",
        Flavour::Alpha => "1000000000000000000",
    };
    assert_eq!(done["details"]["value"], brought);
    let after = (world.btrst_of(grantee).await.unwrap(), assembly.ether(grantee).await);
    assert_eq!(after, (before.0 + whole(1_000), before.1 + ether));
    assert_eq!(assembly.status(1).await.state, ProposalState::Executed);
    let (code, said) = assembly.refused(Name::Stranger, "proposal execute 1");
    assert_eq!(
        (code.as_str(), said.as_str()),
        ("executed", "cannot execute proposal 1 now: it is executed, which is final\n")
    );

    if flavour == Flavour::Alpha {
        let said = assembly.failed("proposal vote 1 abstain --private-key-env amara --broadcast");
        assert_data_eq!(
            said,
            str![[r#"
error: GovernorAlpha cannot count an abstention
hint: it takes ballots for or against, without a reason

"#]]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_is_not_possible_is_said_before_anything_is_sent() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let chain = assembly.world.chain();

    // Proposing.
    let (code, said) = assembly.refused(Name::Stranger, "proposal submit grant.toml");
    assert_eq!(code, "too_few_votes");
    assert_data_eq!(
        said,
        str![[r#"
Pay the grantee
 1  BTRST.transfer(to = grantee, amount = 1,000 BTRST)
 2  send 1 ether to grantee

cannot propose this now: the proposer had 0 BTRST of votes at the end of block [..], and needs more than 500 BTRST
hint: let holders delegate to it with `btrst delegate`, or take another account

"#]]
    );
    assembly.write("empty.toml", &GRANT.replace("\"btrst\"", "\"amara\""));
    let (code, said) = assembly.refused(Name::Amara, "proposal submit empty.toml");
    assert_eq!(code, "no_code");
    assert!(said.contains("action 1 calls `0x"), "{said}");
    assembly.write("wrong.toml", &GRANT.replace("1_000btrst", "{amount}"));
    assert_data_eq!(
        assembly.failed("proposal submit wrong.toml --private-key-env amara --broadcast"),
        str![[r#"
error: `wrong.toml` has 1 error and was not proposed
caused by: line 9, column 25: unknown unit `amount}` in amount `{amount}`
hint: the units are `ether`, `btrst` and `usdc`

"#]]
    );
    let id = assembly.propose(Name::Amara).await;
    assembly.write("other.toml", &GRANT.replace("1_000btrst", "2_000btrst"));
    let (code, said) = assembly.refused(Name::Amara, "proposal submit other.toml");
    assert_eq!(code, "live_proposal");
    assert!(said.contains("`btrst proposal cancel 1`"), "{said}");

    // Voting.
    let (code, said) = assembly.refused(Name::Dora, "proposal vote 1 for");
    assert_eq!(code, "no_votes");
    assert!(said.contains("`dora` had no votes at the end of block"), "{said}");
    let voted = assembly.document("proposal vote 1 abstain --private-key-env bela --broadcast");
    assert_eq!(voted["status"], "done");
    let (code, said) = assembly.refused(Name::Bela, "proposal vote 1 for");
    assert_eq!(code, "voted");
    assert!(said.contains("`bela` has voted abstain with 40,000 BTRST"), "{said}");
    assert_data_eq!(
        assembly.failed("proposal vote 2 for --private-key-env bela --broadcast"),
        str![[r#"
error: there is no proposal 2; the latest is 1
hint: proposal 1 is the only one

"#]]
    );
    let usage = assembly.run("proposal vote 1 yes --private-key-env bela");
    assert_eq!(usage.code, Some(2));
    assert!(usage.stderr.contains("a ballot says `for`, `against` or `abstain`"), "{}", usage.stderr);

    // Canceling: by nobody but those who may, of whom the guardian is one.
    let (code, said) = assembly.refused(Name::Stranger, "proposal cancel 1");
    assert_eq!(code, "not_canceler");
    assert_data_eq!(
        said,
        str![[r#"
cannot cancel proposal 1 now: the sender is nobody who may
hint: it can be canceled by `amara`, who proposed it; `guardian`, the guardian; anyone once the proposer has fewer votes than 500 BTRST

"#]]
    );
    assembly.send(Name::Guardian, "proposal cancel 1");
    assert_eq!(assembly.status(id).await.state, ProposalState::Canceled);
    for (name, command) in [
        (Name::Chidi, "proposal vote 1 for"),
        (Name::Amara, "proposal cancel 1"),
        (Name::Amara, "proposal queue 1"),
        (Name::Amara, "proposal execute 1"),
    ] {
        let (code, said) = assembly.refused(name, command);
        assert_eq!(code, "canceled", "{said}");
    }

    // Anyone can once the proposer is below the threshold. The second delegation begins an entry of bela's history
    // where the last block's state has one to change, and needs more gas than that state tells.
    let id = assembly.propose(Name::Amara).await;
    for name in [Name::Amara, Name::Dora] {
        assembly.send(name, "delegate bela");
    }
    chain.mine(2).await.unwrap();
    assembly.send(Name::Stranger, &format!("proposal cancel {id}"));
    assert_eq!(assembly.status(id).await.state, ProposalState::Canceled);

    // A vote that failed.
    let id = assembly.propose(Name::Chidi).await;
    assembly.close(id).await;
    let (code, said) = assembly.refused(Name::Stranger, &format!("proposal queue {id}"));
    assert_eq!(code, "defeated", "{said}");
    let (code, said) = assembly.refused(Name::Chidi, &format!("proposal vote {id} for"));
    assert_eq!(code, "vote_closed");
    assert!(said.contains("the vote closed after block") && said.contains(" ago)"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_governor_alpha_lets_anyone_cancel_below_the_threshold_and_nobody_else() {
    let assembly = Assembly::open(Flavour::Alpha, true).await;
    let id = assembly.propose(Name::Amara).await;
    let (code, said) = assembly.refused(Name::Amara, &format!("proposal cancel {id}"));
    assert_eq!(code, "not_canceler");
    assert_data_eq!(
        said,
        str![[r#"
cannot cancel proposal 1 now: the sender is nobody who may
hint: it can be canceled by anyone once the proposer has fewer votes than 10,000,000 BTRST

"#]]
    );
    assembly.write("other.toml", &GRANT.replace("1_000btrst", "2_000btrst"));
    let (code, said) = assembly.refused(Name::Amara, "proposal submit other.toml");
    assert_eq!(code, "live_proposal");
    assert!(said.contains("hint: wait until then, or let another account propose"), "{said}");
    assembly.send(Name::Amara, "delegate bela");
    assembly.world.chain().mine(2).await.unwrap();
    assembly.send(Name::Stranger, &format!("proposal cancel {id}"));
    assert_eq!(assembly.status(id).await.state, ProposalState::Canceled);
    let (code, _) = assembly.refused(Name::Stranger, &format!("proposal cancel {id}"));
    assert_eq!(code, "canceled");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_votes_that_were_just_given_and_ether_that_is_not_there() {
    let assembly = Assembly::open(Flavour::Braintrust, false).await;
    assembly.send(Name::Amara, "delegate self");
    let (code, said) = assembly.refused(Name::Amara, "proposal submit grant.toml");
    assert_eq!(code, "too_few_votes");
    assert!(said.contains("which count from the next block on"), "{said}");
    assembly.world.chain().mine(1).await.unwrap();
    assembly.send(Name::Amara, "proposal submit grant.toml");

    let nobody = "delegate 0x0000000000000000000000000000000000000000 --private-key-env amara";
    assert_data_eq!(
        assembly.failed(nobody),
        str![[r#"
error: the votes would go to nobody
hint: name an account; votes come back to the holder with `btrst delegate self`

"#]]
    );

    // A key that has nothing.
    let key = format!("0x{}", "11".repeat(32));
    let said = assembly.failed(&format!("delegate amara --private-key {key} --json"));
    assert!(said.contains("has 0 ether, the transaction can cost 0.0"), "{said}");
    assert!(said.contains("hint: send ether to the account, or take another"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_an_endpoint_that_is_behind_is_not_trusted() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let proxy = assembly.proxy().await;
    // The devnet's blocks are of January 2026; on any other chain that is long ago.
    proxy.fail_on("eth_chainId", Fault::Answer(json!("0x1")));
    let mut deployment = assembly.world.deployment();
    deployment.chain_id = 1;
    deployment.accounts.iter_mut().for_each(|account| account.private_key = None);
    deployment.rpc_url = Some(proxy.url.clone());
    assembly.write("devnet.toml", &deployment.render().unwrap());
    let amara = assembly.world.address(Name::Amara);
    for command in ["proposal submit grant.toml", "delegate self", "fees convert"] {
        let command = format!("{command} --from {amara}");
        assert_data_eq!(
            assembly.failed(&command),
            str![[r#"
error: the endpoint's last block [..] is [..] seconds old
hint: wait until the node has caught up, or name another with --rpc-url; --allow-stale goes on nevertheless

"#]]
        );
    }
    let keeper = Running::start(assembly.command(
        "fees keeper --private-key-env relayer --broadcast --interval 10 --json --listen 127.0.0.1:0",
    ));
    // What is asked for again was found too old.
    let asked = proxy.requests("eth_getBlockByNumber").len();
    proxy.asked("eth_getBlockByNumber", asked + 3).await;
    keeper.signal("TERM");
    let told = keeper.end().stderr;
    assert!(told.contains("seconds old") && !told.contains("eth_sendRaw"), "{told}");
    assert_eq!(proxy.requests("eth_sendRawTransaction"), Vec::<serde_json::Value>::new());
    let shown = assembly.document(&format!("proposal submit grant.toml --from {amara} --allow-stale"));
    assert_eq!(shown["transaction"]["chain_id"], 1);
}
