//! Proposals whose actions act in the governor while they are executed, on a devnet of each flavour.

use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::providers::ext::AnvilApi;
use alloy::sol_types::SolCall;
use btrst_bindings::BTRST;
use btrst_devnet::{Flavour, Name, World};
use btrst_gov::governor::{self, ProposalState, Support};
use btrst_gov::parameters::btrst;
use btrst_gov::{Action, Proposal};
use btrst_simulate::{Input, Report, Verdict};

use crate::stage::{governor, propose, report, world};

/// Where a contract stands that calls the governor with what it is called with.
const HERE: Address = Address::repeat_byte(0x71);

fn pays(world: &World, whole: u64) -> Proposal {
    let call = BTRST::transferCall { to: world.address(Name::Stranger), amount: btrst(whole) };
    let action = raw(world.contracts().btrst, call.abi_encode().into());
    Proposal { description: format!("# Pay the stranger {whole} BTRST"), actions: vec![action] }
}

fn raw(target: Address, calldata: Bytes) -> Action {
    Action { target, value: U256::ZERO, signature: String::new(), calldata }
}

async fn carry(world: &World, id: u64) {
    for name in Name::DELEGATES {
        world.send(name, governor(world).cast_vote(id, Support::For, None).unwrap()).await.unwrap();
    }
}

/// The report on `proposal` of amara.
fn checked(world: &World, proposal: &Proposal, id: Option<u64>) -> Report {
    let deployment = world.deployment();
    let delegates = Name::DELEGATES.map(|name| world.address(name));
    let input = Input {
        id,
        state: id.map(|_| ProposalState::Queued),
        proposer: Some(world.address(Name::Amara)),
        delegates: &delegates,
        ..Input::new(&deployment, proposal)
    };
    report(world, &input)
}

/// What C12 and D2 say of an execution of `action`.
fn said(report: &Report, check: &str) -> (Verdict, String) {
    let found = report.finding(check).unwrap();
    (found.verdict, format!("{} {}", found.summary, found.evidence.join("\n")))
}

#[tokio::test]
async fn anvil_what_the_treasury_does_in_the_governor_is_said() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let (token, treasury) = (world.contracts().btrst, world.contracts().timelock);
        let stranger = world.address(Name::Stranger);
        world.send(Name::PublicSale, governor::delegate(token, treasury)).await.unwrap();
        let investors = world.address(Name::Investors);
        world.send(Name::Investors, governor::delegate(token, investors)).await.unwrap();
        world.chain().mine(1).await.unwrap();
        let (queued, ..) = propose(&world, Name::Bela, &pays(&world, 5_000)).await;
        let (succeeded, ..) = propose(&world, Name::Chidi, &pays(&world, 6_000)).await;
        let (cancelable, start, end) = propose(&world, Name::Investors, &pays(&world, 7_000)).await;
        world.send(Name::Investors, governor::delegate(token, treasury)).await.unwrap();
        world.chain().mine_to(start).await.unwrap();
        for id in [queued, succeeded, cancelable] {
            carry(&world, id).await;
        }
        world.chain().mine_to(end + 1).await.unwrap();
        world.send(Name::Stranger, governor(&world).queue(queued)).await.unwrap();

        let own = governor(&world);
        let code = [&hex!("365f5f375f5f365f5f73")[..], own.address.as_slice(), &hex!("5af15000")].concat();
        world.chain().provider().anvil_set_code(HERE, code.into()).await.unwrap();
        let another = Proposal { description: "# Another one".into(), ..pays(&world, 8_000) };
        let calls = [
            (own.queue(succeeded).data, format!("Governor.queue({succeeded})")),
            (own.execute(queued, U256::ZERO).data, format!("Governor.execute({queued})")),
            (own.cancel(cancelable).data, format!("Governor.cancel({cancelable})")),
            (own.propose(&another).unwrap().data, "# Another one".into()),
        ];
        for (target, verdict, who) in [
            (own.address, Verdict::Warn, "the treasury itself acts in the governor: ".to_owned()),
            (HERE, Verdict::Fail, format!("{HERE} calls back into the governor: ")),
        ] {
            let actions = calls.iter().map(|(data, _)| raw(target, data.clone())).collect();
            let report = checked(&world, &Proposal { description: "# Go".into(), actions }, None);
            let (found, text) = said(&report, "C12");
            assert_eq!(found, verdict, "{flavour}: {text}");
            for (_, words) in &calls {
                let line = text.lines().find(|line| line.contains(words)).unwrap_or_default();
                assert!(line.contains(&who), "{flavour}: {words}: {text}");
            }
            // What another proposal pays is paid by this one, which does not say so.
            let (found, text) = said(&report, "D2");
            assert_eq!(found, Verdict::Fail, "{text}");
            assert!(text.contains("5,000 BTRST of the treasury go to stranger"), "{text}");
        }

        // A vote of the treasury, in a proposal that is made while this one waits.
        let next = succeeded.max(cancelable) + 2;
        let vote = own.cast_vote(next, Support::For, None).unwrap().data;
        let votes = Proposal { description: "# Vote".into(), actions: vec![raw(own.address, vote)] };
        let (id, start, end) = propose(&world, Name::Amara, &votes).await;
        world.chain().mine_to(start).await.unwrap();
        carry(&world, id).await;
        world.chain().mine_to(end + 1).await.unwrap();
        world.send(Name::Stranger, own.queue(id)).await.unwrap();
        let (eta, _) = own.status(world.chain().provider(), id).await.unwrap().execution.unwrap();
        world.chain().warp(eta - 600).await.unwrap();
        let to_stranger = pays(&world, 9_000);
        assert_eq!(propose(&world, Name::Bela, &to_stranger).await.0, next);
        let (verdict, text) = said(&checked(&world, &votes, Some(id)), "C12");
        assert_eq!(verdict, Verdict::Warn, "{flavour}: {text}");
        assert!(
            text.contains(&format!("acts in the governor: Governor.castVote({next}, ")),
            "{flavour}: {text}"
        );
        assert_eq!(world.btrst_of(stranger).await.unwrap(), U256::ZERO);
    }
}
