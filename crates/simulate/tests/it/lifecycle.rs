//! The lifecycle in process does what it does on anvil.

use alloy::primitives::{Log, U256};
use btrst_devnet::{Flavour, Name, Receipt, World};
use btrst_gov::governor::{Event, Support};
use btrst_simulate::lifecycle::{Act, End, play};

use crate::stage::{draft, governor, machine, scenario, three_actions, world};

#[tokio::test]
async fn anvil_plays_the_same_lifecycle() {
    lifecycle(Flavour::Braintrust).await;
}

#[tokio::test]
async fn anvil_plays_the_same_lifecycle_of_the_compound_generation() {
    lifecycle(Flavour::Alpha).await;
}

async fn lifecycle(flavour: Flavour) {
    let world = world(flavour).await;
    let proposal = three_actions(&world);
    let (machine, _) = machine(&world);
    let scenario = scenario(&world, draft(&world, proposal.clone()));
    let played = play(machine, &scenario).unwrap();
    assert_eq!(played.end, End::Executed, "{:#?}", played.end);
    let acts: Vec<_> = played.steps.iter().map(|step| step.act).collect();
    assert_eq!(acts, [Act::Propose, Act::Vote, Act::Vote, Act::Vote, Act::Queue, Act::Execute]);

    // The same on the chain itself.
    let (chain, governor) = (world.chain(), governor(&world));
    let proposed = world.send(Name::Amara, governor.propose(&proposal).unwrap()).await.unwrap();
    let events = governor.events(logs(&proposed).iter()).unwrap();
    let [Event::ProposalCreated(created)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(played.id, Some(created.id));
    compare(&played.steps[0].trace, &proposed);
    chain.mine_to(created.start_block).await.unwrap();
    for step in &played.steps[1..4] {
        let name = Name::DELEGATES.into_iter().find(|name| world.address(*name) == step.from).unwrap();
        let call = governor.cast_vote(created.id, Support::For, None).unwrap();
        compare(&step.trace, &world.send(name, call).await.unwrap());
    }
    chain.mine_to(created.end_block).await.unwrap();
    let queue = &played.steps[4];
    chain.set_next_timestamp(queue.head.timestamp).await.unwrap();
    compare(&queue.trace, &world.send(Name::Stranger, governor.queue(created.id)).await.unwrap());
    let execution = &played.steps[5];
    chain.set_next_timestamp(execution.head.timestamp).await.unwrap();
    let value = if flavour == Flavour::Alpha { proposal.value().unwrap() } else { U256::ZERO };
    let executed = execute(&world, created.id, value).await;
    compare(&execution.trace, &executed);
}

async fn execute(world: &World, id: u64, value: U256) -> Receipt {
    world.send(Name::Stranger, governor(world).execute(id, value)).await.unwrap()
}

fn logs(receipt: &Receipt) -> Vec<Log> {
    receipt.0.logs().iter().map(|log| log.inner.clone()).collect()
}

/// Whether the trace has the events and the gas of the receipt.
fn compare(trace: &btrst_simulate::Trace, receipt: &Receipt) {
    let played: Vec<Log> = trace.logs.iter().map(|(_, log)| log.clone()).collect();
    assert_eq!(played, logs(receipt));
    assert_eq!(trace.gas_used - trace.gas_refunded, receipt.gas_used());
}
