//! Plays from every state, at every moment, in company, and those that cannot go on.

use alloy::primitives::{Bytes, TxKind, U256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use btrst_bindings::BTRST;
use btrst_devnet::{AnvilOptions, Flavour, Name, Repository, World, WorldOptions};
use btrst_gov::governor::{self, Support};
use btrst_gov::parameters::btrst;
use btrst_gov::{Action, Proposal};
use btrst_simulate::Machine;
use btrst_simulate::engines::{self, Effects};
use btrst_simulate::lifecycle::{
    Act, Company, End, Mined, Moment, Obstacle, Play, Scenario, Subject, play, replay,
};
use btrst_simulate::state::Remote;

use crate::stage::{
    NOBODY, connect, draft, governor, machine, propose, remote, scenario, three_actions, world,
};

/// Plays `scenario` on the last block of `world`.
fn played(world: &World, scenario: &Scenario) -> Play {
    play(machine(world).0, scenario).unwrap()
}

#[tokio::test]
async fn anvil_plays_go_on_from_every_state() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let (id, start, end) = propose(&world, Name::Amara, &three_actions(&world)).await;
        let mut scenario = scenario(&world, Subject::OnChain(id));
        let acts = |play: &Play| play.steps.iter().map(|step| step.act).collect::<Vec<_>>();
        use Act::{Execute, Queue, Vote};

        let pending = played(&world, &scenario);
        assert_eq!(
            (pending.end.clone(), acts(&pending)),
            (End::Executed, vec![Vote, Vote, Vote, Queue, Execute])
        );
        world.chain().mine_to(start).await.unwrap();
        let vote = governor(&world).cast_vote(id, Support::For, None).unwrap();
        world.send(Name::Bela, vote.clone()).await.unwrap();
        let active = played(&world, &scenario);
        assert_eq!((active.end.clone(), acts(&active)), (End::Executed, vec![Vote, Vote, Queue, Execute]));
        assert!(active.steps.iter().all(|step| step.act != Vote || step.from != world.address(Name::Bela)));
        for name in [Name::Amara, Name::Chidi] {
            world.send(name, vote.clone()).await.unwrap();
        }
        world.chain().mine_to(end + 1).await.unwrap();
        let succeeded = played(&world, &scenario);
        assert_eq!((succeeded.end.clone(), acts(&succeeded)), (End::Executed, vec![Queue, Execute]));
        world.send(Name::Stranger, governor(&world).queue(id)).await.unwrap();

        let (eta, until) = status(&world, id).await;
        // GovernorAlpha closes a second before the time lock.
        let last = until - u64::from(flavour == Flavour::Alpha);
        let moments =
            [(Moment::Eta, eta), (Moment::Middle, eta + (last - eta) / 2), (Moment::LastSecond, last)];
        for (moment, time) in moments {
            scenario.moment = moment;
            let queued = played(&world, &scenario);
            assert_eq!((queued.end.clone(), acts(&queued)), (End::Executed, vec![Execute]));
            assert_eq!(queued.execution().unwrap().head.timestamp, time);
            assert_eq!(queued.actions, three_actions(&world).actions);
        }
        replays(&world, id, eta).await;
        // Executed: nothing is left to play.
        let over = played(&world, &scenario);
        let last = End::Stopped(
            Act::Queue,
            Obstacle::Governor(governor::Obstacle::Final(governor::ProposalState::Executed)),
        );
        assert_eq!(over.end, last);
    }
}

async fn status(world: &World, id: u64) -> (u64, u64) {
    governor(world).status(world.chain().provider(), id).await.unwrap().execution.unwrap()
}

/// Executes `id` and runs the same again on the state before.
async fn replays(world: &World, id: u64, eta: u64) {
    let before = machine(world).0;
    let value = if world.deployment().flavour == Flavour::Alpha { U256::from(5) } else { U256::ZERO };
    world.chain().set_next_timestamp(eta).await.unwrap();
    // All that it reads is read and remembered before the endpoint forgets this state.
    let predicted = play(before.clone(), &scenario(world, Subject::OnChain(id))).unwrap();
    let receipt = world.send(Name::Stranger, governor(world).execute(id, value)).await.unwrap();
    let mined = Mined::find(&remote(world), receipt.0.transaction_hash).unwrap();
    assert_eq!((mined.succeeded, mined.gas_used, mined.place), (true, receipt.gas_used(), 0));
    let again = replay(before, &mined).unwrap();
    assert_eq!(again.differences, Vec::<String>::new());
    assert_eq!(again.trace.logs, predicted.execution().unwrap().trace.logs);
}

#[tokio::test]
async fn anvil_executions_of_the_past_are_run_again() {
    let world = world(Flavour::Braintrust).await;
    let (machine, _) = machine(&world);
    let grantee = world.address(Name::Grantee);
    // Any transaction does: what it reads is read before it is mined.
    let call = governor(&world).propose(&three_actions(&world)).unwrap();
    let message = btrst_simulate::Message::new(world.address(Name::Amara), &call);
    machine.clone().transact(&message).unwrap();
    let recorded = machine.clone();
    let mut warm = machine;
    warm.mine(1);
    warm.transact(&message).unwrap();
    let receipt = world.send(Name::Amara, call).await.unwrap();
    let remote = Remote::pin(connect(world.chain().url()), alloy::eips::BlockId::latest()).unwrap();
    let mined = Mined::find(&remote, receipt.0.transaction_hash).unwrap();
    let same = replay(recorded.clone(), &mined).unwrap();
    assert_eq!(same.differences, Vec::<String>::new());
    assert_eq!(same.trace.gas_used - same.trace.gas_refunded, mined.gas_used);
    let mut other = mined.clone();
    other.logs[0].address = grantee;
    other.succeeded = false;
    let differences = replay(recorded, &other).unwrap().differences;
    assert_eq!(
        differences,
        ["it failed, and now it succeeded".to_owned(), format!("event 1 was another, of `{grantee}`")]
    );
    assert!(replay(warm, &mined).is_err(), "not the block before");
}

#[tokio::test]
async fn anvil_what_came_before_in_the_block_is_run_first() {
    let repository = Repository::find(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let anvil = AnvilOptions { past_states: 100, ..AnvilOptions::default() };
    let options = WorldOptions { delegated: true, anvil, ..WorldOptions::default() };
    let world = World::start(&repository, &options).await.unwrap();
    let (provider, token) = (world.chain().provider(), world.contracts().btrst);
    let before = provider.get_block_number().await.unwrap();
    provider.anvil_set_auto_mine(false).await.unwrap();
    let [amara, bela, grantee] = [Name::Amara, Name::Bela, Name::Grantee].map(|name| world.address(name));
    let approve = BTRST::approveCall { spender: amara, amount: btrst(5) }.abi_encode();
    let take = BTRST::transferFromCall { from: bela, to: grantee, amount: btrst(5) }.abi_encode();
    let mut hashes = Vec::new();
    // One creates a contract, one allows, one takes; the first pays the most and so comes first.
    for (index, (from, to, input)) in
        [(bela, None, vec![0x5f, 0x5f, 0xf3]), (bela, Some(token), approve), (amara, Some(token), take)]
            .into_iter()
            .enumerate()
    {
        let fee = 10_000_000_000_u128 - index as u128 * 1_000_000_000;
        let mut request = TransactionRequest::default().from(from).input(Bytes::from(input).into());
        request.to = to.map(TxKind::Call).or(Some(TxKind::Create));
        request = request.gas_limit(300_000).max_fee_per_gas(fee).max_priority_fee_per_gas(fee);
        hashes.push(provider.send_transaction(request).await.unwrap().tx_hash().to_owned());
    }
    provider.anvil_mine(Some(1), None).await.unwrap();
    let remote = Remote::pin(connect(world.chain().url()), alloy::eips::BlockId::number(before)).unwrap();
    let mined = Mined::find(&remote, hashes[2]).unwrap();
    assert_eq!((mined.place, mined.before.len(), mined.succeeded), (2, 2, true));
    assert_eq!(mined.before.iter().map(|earlier| earlier.creates).collect::<Vec<_>>(), [true, false]);
    let machine = Machine::new(std::sync::Arc::new(remote));
    let same = replay(machine.clone(), &mined).unwrap();
    assert_eq!(same.differences, Vec::<String>::new());
    // Without it, the comparison would show a difference that there is not.
    let alone = Mined { before: Vec::new(), ..mined.clone() };
    assert_eq!(replay(machine.clone(), &alone).unwrap().differences[0], "it succeeded, and now it failed");
    let mut unlike = mined.clone();
    unlike.before[1].succeeded = false;
    let error = replay(machine.clone(), &unlike).unwrap_err().to_string();
    assert!(error.contains("before it in its block failed, and here it succeeded"), "{error}");
    unlike.before[1].delegates = true;
    let error = replay(machine, &unlike).unwrap_err().to_string();
    assert!(error.contains("sets the code of accounts"), "{error}");
}

#[tokio::test]
async fn anvil_proposals_in_company_are_executed_in_both_orders() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let pay = |wei: u64| Proposal {
            description: format!("# Pay {wei}"),
            actions: vec![Action::payment(world.address(Name::Grantee), U256::from(wei))],
        };
        let (other, ..) = propose(&world, Name::Bela, &pay(7)).await;
        let mut scenario = scenario(&world, draft(&world, pay(9)));
        for (company, order) in
            [(Company::After(vec![other]), [7_u64, 9]), (Company::Before(vec![other]), [9, 7])]
        {
            scenario.company = company;
            let play = played(&world, &scenario);
            assert_eq!((&play.end, &play.others), (&End::Executed, &vec![(other, End::Executed)]));
            let executed: Vec<_> = play.steps.iter().filter(|step| step.act == Act::Execute).collect();
            let paid = |place: usize| executed[place].trace.balances[&world.address(Name::Grantee)];
            let amounts = [0, 1].map(|place| paid(place).after - paid(place).before);
            assert_eq!(amounts, order.map(U256::from));
        }

        // Both move the same tokens by the same call: what one queues, the other cannot queue in the same second on
        // GovernorAlpha, whose time lock knows calls and not proposals.
        scenario.subject = draft(&world, pay(7));
        scenario.company = Company::After(vec![other]);
        let play = played(&world, &scenario);
        match flavour {
            Flavour::Braintrust => assert_eq!(play.end, End::Executed),
            Flavour::Alpha => {
                assert!(
                    matches!(play.end, End::Stopped(Act::Queue, Obstacle::Reverted { .. })),
                    "{:?}",
                    play.end
                );
            }
        }
    }
}

#[tokio::test]
async fn anvil_plays_stop_where_they_cannot_go_on() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let base = scenario(&world, draft(&world, three_actions(&world)));
        let by = |proposer, proposal: Proposal| Subject::Draft { proposal, proposer };

        let dora = Scenario { subject: by(world.address(Name::Dora), three_actions(&world)), ..base.clone() };
        let end = played(&world, &dora).end;
        let End::Stopped(Act::Propose, Obstacle::Governor(governor::Obstacle::TooFewVotes { .. })) = end
        else {
            panic!("{end:?}")
        };

        let few = Scenario { voters: vec![world.address(Name::Amara), NOBODY], ..base.clone() };
        let end = played(&world, &few).end;
        let End::Stopped(Act::Vote, Obstacle::TooFewVotes { in_favour, missing, quorum, voters, .. }) = end
        else {
            panic!("{end:?}")
        };
        assert_eq!((voters, in_favour + missing), (1, quorum));
        let none = played(&world, &Scenario { voters: Vec::new(), ..base.clone() }).end;
        assert!(matches!(none, End::Stopped(Act::Vote, Obstacle::TooFewVotes { voters: 0, .. })));

        let too_much = Proposal {
            description: "# More than there is".into(),
            actions: vec![Action::payment(NOBODY, btrst(1_000_000))],
        };
        let play =
            played(&world, &Scenario { subject: by(world.address(Name::Amara), too_much), ..base.clone() });
        match (flavour, &play.end) {
            (Flavour::Braintrust, End::Stopped(Act::Execute, Obstacle::Reverted { .. })) => {
                assert!(!play.execution().unwrap().trace.succeeded());
            }
            (Flavour::Alpha, End::Stopped(Act::Execute, Obstacle::TooLittleEther { needed, .. })) => {
                assert_eq!((*needed, play.execution()), (btrst(1_000_000), None));
            }
            (_, end) => panic!("{end:?}"),
        }

        let payment = Action::payment(NOBODY, U256::from(1));
        let twice = Proposal { description: "# Twice".into(), actions: vec![payment.clone(), payment] };
        let play =
            played(&world, &Scenario { subject: by(world.address(Name::Amara), twice), ..base.clone() });
        let act = if flavour == Flavour::Alpha { Act::Queue } else { Act::Propose };
        assert!(
            matches!(&play.end, End::Stopped(at, Obstacle::Reverted { .. }) if *at == act),
            "{:?}",
            play.end
        );

        let long = Proposal { description: "a".repeat(2_000_000), ..three_actions(&world) };
        let play =
            played(&world, &Scenario { subject: by(world.address(Name::Amara), long), ..base.clone() });
        assert!(matches!(play.end, End::Stopped(Act::Propose, Obstacle::Refused(_))), "{:?}", play.end);

        let nobody = Scenario { subject: Subject::OnChain(99), ..base.clone() };
        assert!(play_fails(&world, &nobody).contains("does not answer as expected"));
        let no_governor = Scenario { governor: btrst_gov::Governor::new(NOBODY, flavour), ..base.clone() };
        assert!(play_fails(&world, &no_governor).contains("does not answer as expected"));

        propose(&world, Name::Amara, &three_actions(&world)).await;
        let end = played(&world, &base).end;
        let End::Stopped(Act::Propose, Obstacle::Governor(governor::Obstacle::LiveProposal { id: 1, .. })) =
            end
        else {
            panic!("{end:?}")
        };
    }
}

fn play_fails(world: &World, scenario: &Scenario) -> String {
    play(machine(world).0, scenario).unwrap_err().to_string()
}

#[tokio::test]
async fn anvil_engines_agree() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let proposal = three_actions(&world);
        let attached = if flavour == Flavour::Alpha { proposal.value().unwrap() } else { U256::ZERO };
        let recorded = std::sync::Arc::new(btrst_simulate::state::Recorded::new(remote(&world)));
        let machine = Machine::new(recorded.clone());
        let play = play(machine.clone(), &scenario(&world, draft(&world, proposal.clone()))).unwrap();
        let (timelock, governor) = (play.timelock, governor(&world).address);
        let balance = machine.clone().balance(timelock).unwrap() + attached;
        let execution = play.execution().unwrap();
        assert_eq!(execution.trace.actions(governor, timelock).0.len(), 3);
        let whole = Effects::of_play(&play, governor).unwrap();
        assert_eq!((whole.logs.len(), whole.failure.as_deref()), (2, None));
        let short = engines::shortcut(machine.clone(), timelock, &proposal.actions, attached, execution.head)
            .unwrap();
        assert_eq!(engines::compare(&whole, &short), []);
        let node =
            engines::node(recorded.source(), timelock, &proposal.actions, balance, execution.head.timestamp)
                .unwrap();
        assert_eq!(engines::compare(&whole, &node), []);

        let mut other = proposal.actions.clone();
        other[0].calldata = U256::from(13).to_be_bytes_vec().into();
        let short = engines::shortcut(machine.clone(), timelock, &other, attached, execution.head).unwrap();
        let differences = engines::compare(&whole, &short);
        assert_eq!(differences.len(), 2, "an event and a word: {differences:?}");
        other[1].calldata = [&NOBODY.into_word()[..], &U256::MAX.to_be_bytes::<32>()].concat().into();
        let failed = engines::shortcut(machine, timelock, &other, attached, execution.head).unwrap();
        assert!(failed.failure.is_some());
        let node =
            engines::node(recorded.source(), timelock, &other, balance, execution.head.timestamp).unwrap();
        assert!(node.failure.is_some(), "{node:?}");
        assert_eq!(engines::compare(&whole, &failed).len(), 1);
    }
}
