//! The life of a proposal on each flavour, as the holders of a delegated world can play it at once.

use alloy::dyn_abi::DynSolValue;
use alloy::primitives::U256;
use btrst_bindings::GovernanceDecisions;
use btrst_devnet::{Error, Flavour, Name, Receipt, World, WorldOptions};
use btrst_gov::governor::{self, Event, ProposalState, Support};
use btrst_gov::parameters::{DEFAULT_TIMELOCK_DELAY, GRACE_PERIOD, btrst};
use btrst_gov::{Action, Governor, Proposal};

use crate::world::{read, world};

#[tokio::test]
async fn anvil_delegates_pass_a_proposal() {
    play(WorldOptions::default(), btrst(40_000)).await;
}

#[tokio::test]
async fn anvil_delegates_pass_a_proposal_of_the_compound_generation() {
    let options = WorldOptions { flavour: Flavour::Alpha, ..WorldOptions::default() };
    play(options, btrst(16_000_000)).await;
}

/// Carries a proposal from `amara`, one of three delegates with `delegate` each, to its execution.
async fn play(options: WorldOptions, delegate: U256) {
    let world = world(WorldOptions { delegated: true, ..options }).await;
    let (chain, contracts) = (world.chain(), world.contracts());
    let provider = chain.provider();
    let governor = Governor::detect(provider, contracts.governor).await.unwrap();
    let (trader, grant) = (world.address(Name::Trader), btrst(1_234));
    world.send(Name::Trader, governor::delegate(contracts.btrst, trader)).await.unwrap();
    let against = governor::votes(provider, contracts.btrst, trader).await.unwrap();
    let proposal = fee_and_grant(&world, grant);

    let error = world.send(Name::Dora, governor.propose(&proposal).unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Reverted { .. }), "dora is below the threshold: {error}");
    let proposed = world.send(Name::Amara, governor.propose(&proposal).unwrap()).await.unwrap();
    let Event::ProposalCreated(created) = event(governor, &proposed) else { panic!("no proposal") };
    assert_eq!((created.proposer, &created.proposal), (world.address(Name::Amara), &proposal));
    let id = created.id;

    chain.mine_to(created.start_block).await.unwrap();
    let mut in_favour = U256::ZERO;
    for (name, support) in [
        (Name::Amara, Support::For),
        (Name::Bela, Support::For),
        (Name::Trader, Support::Against),
        (Name::Chidi, Support::For),
    ] {
        let votes = match name {
            Name::Amara => delegate + btrst(100),
            Name::Trader => against,
            _ => delegate,
        };
        let voter = world.address(name);
        let voted = world.send(name, governor.cast_vote(id, support, None).unwrap()).await.unwrap();
        assert_eq!(
            event(governor, &voted),
            Event::VoteCast { voter, id, support, votes, reason: String::new() }
        );
        assert_eq!(governor.ballot(provider, id, voter).await.unwrap(), Some((support, votes)));
        if support == Support::For {
            in_favour += votes;
        }
        let enough = in_favour >= governor.status(provider, id).await.unwrap().quorum_votes;
        assert_eq!(enough, name == Name::Chidi, "it takes all three delegates");
    }

    chain.mine_to(created.end_block + 1).await.unwrap();
    let status = governor.status(provider, id).await.unwrap();
    assert_eq!(status.state, ProposalState::Succeeded);
    assert_eq!((status.tally.for_votes, status.tally.against_votes), (in_favour, against));

    world.send(Name::Stranger, governor.queue(id)).await.unwrap();
    let eta = chain.now().await.unwrap() + DEFAULT_TIMELOCK_DELAY;
    let status = governor.status(provider, id).await.unwrap();
    // This governor says that it is expired from eta and grace period on, the suite's a second later.
    let last = eta + GRACE_PERIOD - u64::from(governor.flavour == Flavour::Alpha);
    assert_eq!((status.state, status.execution), (ProposalState::Queued, Some((eta, last))));
    chain.set_next_timestamp(eta - 1).await.unwrap();
    let early = world.send(Name::Stranger, governor.execute(id, U256::ZERO)).await.unwrap_err();
    assert!(matches!(early, Error::Reverted { .. }), "{early}");

    chain.set_next_timestamp(eta).await.unwrap();
    let treasury = world.btrst_of(contracts.timelock).await.unwrap();
    world.send(Name::Stranger, governor.execute(id, U256::ZERO)).await.unwrap();
    assert_eq!(governor.state(provider, id).await.unwrap(), ProposalState::Executed);
    let register = contracts.governance_decisions.unwrap();
    assert_eq!(read(&world, register, GovernanceDecisions::marketplaceFeeCall {}).await, 12);
    assert_eq!(world.btrst_of(world.address(Name::Grantee)).await.unwrap(), grant);
    assert_eq!(world.btrst_of(contracts.timelock).await.unwrap(), treasury - grant);
}

#[tokio::test]
async fn anvil_lets_nobody_cancel_a_proposal_of_the_compound_generation_above_its_threshold() {
    let options = WorldOptions { flavour: Flavour::Alpha, delegated: true, ..WorldOptions::default() };
    let world = world(options).await;
    let governor = Governor::new(world.contracts().governor, Flavour::Alpha);
    let proposal = fee_and_grant(&world, btrst(1));
    world.send(Name::Amara, governor.propose(&proposal).unwrap()).await.unwrap();
    for name in [Name::Guardian, Name::Amara, Name::Stranger] {
        let error = world.send(name, governor.cancel(1)).await.unwrap_err();
        assert!(matches!(error, Error::Reverted { .. }), "{name}: {error}");
    }
    let away = governor::delegate(world.contracts().btrst, world.address(Name::Bela));
    world.send(Name::Amara, away).await.unwrap();
    world.chain().mine(1).await.unwrap();
    world.send(Name::Stranger, governor.cancel(1)).await.unwrap();
    let state = governor.state(world.chain().provider(), 1).await.unwrap();
    assert_eq!(state, ProposalState::Canceled);
}

/// A marketplace fee of 12% and a grant out of the treasury.
fn fee_and_grant(world: &World, amount: U256) -> Proposal {
    let contracts = world.contracts();
    let fee = DynSolValue::Uint(U256::from(12), 8);
    let grant = vec![world.address(Name::Grantee).into(), DynSolValue::Uint(amount, 256)];
    let register = contracts.governance_decisions.unwrap();
    Proposal {
        description: "# A fee and a grant".into(),
        actions: vec![
            Action::call(register, U256::ZERO, "setMarketplaceFee(uint8)", vec![fee]).unwrap(),
            Action::call(contracts.btrst, U256::ZERO, "transfer(address,uint256)", grant).unwrap(),
        ],
    }
}

/// The governor's only event in `receipt`.
fn event(governor: Governor, receipt: &Receipt) -> Event {
    let logs = receipt.0.logs().iter().map(|log| &log.inner);
    let [event] = governor.events(logs).unwrap().try_into().expect("exactly one event");
    event
}
