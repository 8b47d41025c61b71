//! Proposals that call contracts which mean no good. The devnet is given their code by hand.

use alloy::primitives::{Bytes, U256, bytes};
use alloy::providers::ext::AnvilApi;
use btrst_devnet::{Flavour, Name};
use btrst_gov::{Action, Proposal};
use btrst_simulate::engines::{Effects, compare, shortcut};
use btrst_simulate::lifecycle::{Act, End, Obstacle, play};
use btrst_simulate::trace::Outcome;
use btrst_simulate::{Input, Verdict, checks};

use crate::stage::{NOBODY, draft, governor, machine, scenario, world};

#[tokio::test]
async fn anvil_proposals_to_hostile_contracts_end_in_a_play_that_says_so() {
    let table: [(&str, Bytes, bool); 7] = [
        ("burns all gas", bytes!("5b5f56"), false),
        ("returns a quarter of a mebibyte", bytes!("620400005ff3"), true),
        ("reverts with a mebibyte of zeros", bytes!("621000005ffd"), false),
        ("reverts with half a reason", bytes!("6308c379a05f52600760015ffd"), false),
        ("calls itself to the last gas", bytes!("5f5f5f5f5f305af100"), true),
        ("destroys itself", bytes!("33ff"), true),
        ("is no instruction", bytes!("fe"), false),
    ];
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let action = Action { calldata: bytes!("01020304"), ..Action::payment(NOBODY, U256::ZERO) };
        let proposal = Proposal { description: "# Nothing to see here".into(), actions: vec![action] };
        for (what, code, executed) in &table {
            world.chain().provider().anvil_set_code(NOBODY, code.clone()).await.unwrap();
            let (machine, _) = machine(&world);
            let scenario = scenario(&world, draft(&world, proposal.clone()));
            let play = play(machine.clone(), &scenario).unwrap();
            let execution = play.execution().unwrap();
            assert_eq!(play.is_executed(), *executed, "{flavour} {what}: {:?}", play.end);
            assert_eq!(execution.trace.succeeded(), *executed, "{flavour} {what}");
            if !executed {
                let End::Stopped(Act::Execute, obstacle) = &play.end else { panic!("{:?}", play.end) };
                assert!(
                    matches!(obstacle, Obstacle::Reverted { .. } | Obstacle::Halted(_)),
                    "{flavour} {what}: {obstacle}"
                );
                assert!(execution.trace.logs.is_empty() && execution.trace.storage.is_empty(), "{what}");
            }
            let (actions, owners) =
                execution.trace.actions(governor(&world).address, world.contracts().timelock);
            assert_eq!((actions.len(), owners.len()), (1, execution.trace.frames.len()), "{flavour} {what}");
            let called = &execution.trace.frames[actions[0]];
            assert_eq!((called.to, called.has_code), (NOBODY, true));
            assert_eq!(matches!(called.outcome, Outcome::Success(_)), *executed, "{flavour} {what}");

            let whole = Effects::of_play(&play, governor(&world).address).unwrap();
            let short =
                shortcut(machine, play.timelock, &proposal.actions, U256::ZERO, execution.head).unwrap();
            assert_eq!(compare(&whole, &short), [], "{flavour} {what}");
        }
    }
}

#[tokio::test]
async fn anvil_checks_of_hostile_contracts_end_in_a_report_that_is_not_green() {
    let world = world(Flavour::Braintrust).await;
    let (deployment, delegates) = (world.deployment(), Name::DELEGATES.map(|name| world.address(name)));
    let action = Action { calldata: bytes!("01020304"), ..Action::payment(NOBODY, U256::ZERO) };
    let proposal = Proposal { description: "# Nothing to see here".into(), actions: vec![action] };
    for (what, code, executed) in [
        ("burns all gas", bytes!("5b5f56"), false),
        ("returns a quarter of a mebibyte", bytes!("620400005ff3"), true),
        ("reverts with a mebibyte of zeros", bytes!("621000005ffd"), false),
        ("destroys itself", bytes!("33ff"), true),
    ] {
        world.chain().provider().anvil_set_code(NOBODY, code).await.unwrap();
        let mut input = Input::new(&deployment, &proposal);
        (input.proposer, input.delegates) = (Some(delegates[0]), &delegates);
        let (_, recorded) = machine(&world);
        let report = checks::run(&input, recorded, &[]).report;
        let of = |id: &str| report.finding(id).unwrap().verdict;
        assert_eq!(of("C1") == Verdict::Pass, executed, "{what}: {:?}", report.finding("C1"));
        // What is executed does nothing that anybody could mean.
        assert_eq!(of("C7"), if executed { Verdict::Fail } else { Verdict::NotRun }, "{what}");
        assert!(!report.is_acceptable(false), "{what}");
    }
}
