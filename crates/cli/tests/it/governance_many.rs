//! A governor with a long history.

use alloy::primitives::U256;
use btrst_devnet::{Call, Flavour, Name, Proxy};
use btrst_gov::{Action, Proposal};

use crate::governance::Forum;

/// Proposals of the history; the last one is still open.
const MANY: u64 = 1_000;

/// Transactions of one batch.
const BATCH: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_thousand_proposals_are_listed() {
    let forum = Forum::open(Flavour::Braintrust).await;
    let world = forum.world();
    world.chain().mine(1).await.unwrap();
    let amara = world.account(Name::Amara);
    let mut calls: Vec<_> = (1..=MANY)
        .flat_map(|id| {
            let actions = vec![Action::payment(world.address(Name::Grantee), U256::from(id))];
            let proposal = Proposal { description: format!("# Proposal number {id}"), actions };
            let propose = forum.governor().propose(&proposal).unwrap();
            // An account has one live proposal at most.
            [propose, forum.governor().cancel(id)].map(|call| (amara, Call::from(call)))
        })
        .collect();
    calls.pop();
    for batch in calls.chunks(BATCH as usize) {
        world.chain().send_all(batch).await.unwrap();
    }

    let proxy = Proxy::start(world.chain().url()).await.unwrap();
    let list =
        |arguments: &str| forum.document(&format!("proposal list --rpc-url {} {arguments}", proxy.url));
    let titles = |list: &serde_json::Value| -> Vec<String> {
        let proposals = list["proposals"].as_array().unwrap().iter();
        proposals.map(|proposal| proposal["title"].as_str().unwrap().to_owned()).collect()
    };
    let newest = |count: u64| -> Vec<String> {
        (1..=MANY).rev().take(count as usize).map(|id| format!("Proposal number {id}")).collect()
    };
    let first = list("");
    assert_eq!((&first["total"], titles(&first)), (&MANY.into(), newest(20)));
    assert!(proxy.requests("eth_call").len() < 150, "no more is read than is listed");
    assert_eq!(titles(&list("--limit 1000")), newest(MANY));
    assert_eq!(titles(&list("--state pending --state active")), newest(1));
    assert_eq!(titles(&list("--state canceled --limit 2")), &newest(3)[1..]);
}
