//! Counts: what must hold for any ballots, and what the reference makes of the same ones.

use alloy::primitives::{Address, B256, U256};
use btrst_offchain::tally::{Ballot, BallotBox, Choice, Outcome, Power, Quorum, System, Tally, Total};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::node::Reference;

const VOTE: u128 = 1_000_000_000_000_000_000;

/// The ballot of voter `number` with so many units of power.
fn ballot(system: System, number: u64, choice: &Value, power: u128) -> Ballot {
    Ballot {
        voter: Address::from_word(U256::from(number + 1).into()),
        id: B256::from(U256::from(number)),
        timestamp: 1_750_000_000,
        choice: Choice::of_json(system, choice),
        power: Power::new(power),
    }
}

fn count(system: System, choices: usize, ballots: &[(Value, u128)]) -> Tally {
    let ballots: Vec<_> =
        (0..).zip(ballots).map(|(n, (choice, power))| ballot(system, n, choice, *power)).collect();
    Tally::of(system, choices, &ballots)
}

fn votes(scores: &[u128]) -> Vec<Total> {
    scores.iter().map(|score| Total(U256::from(*score) * U256::from(VOTE))).collect()
}

#[test]
fn each_system_counts_as_published() {
    /// System, ballots with their votes, scores and ranking.
    type Case = (System, Value, &'static [u128], &'static [&'static [u32]]);
    let table: [Case; 8] = [
        (
            System::SingleChoice,
            json!([[1, 5], [2, 3], [3, 1], [1, 2], [4, 9]]),
            &[7, 3, 1],
            &[&[1], &[2], &[3]],
        ),
        (System::Basic, json!([[1, 5], [2, 5], [3, 100]]), &[5, 5, 100], &[&[3], &[1, 2]]),
        (
            System::Approval,
            json!([[[1, 2], 5], [[], 3], [[3], 1], [[2, 2], 9]]),
            &[5, 5, 1],
            &[&[1, 2], &[3]],
        ),
        // 1 and 3 are the weakest; 1 goes first, and its ballot to 3.
        (
            System::RankedChoice,
            json!([[[1, 3, 2], 3], [[2, 1, 3], 4], [[3, 1, 2], 3], [[1, 2], 50]]),
            &[0, 4, 6],
            &[&[3], &[2], &[1]],
        ),
        (
            System::RankedChoice,
            json!([[[2, 1, 3], 6], [[1, 2, 3], 3], [[3, 1, 2], 2]]),
            &[3, 6, 2],
            &[&[2], &[1], &[3]],
        ),
        (
            System::Weighted,
            json!([[{"1": 1, "2": 3}, 8], [{"3": 0.5}, 4], [{"1": -1}, 9]]),
            &[2, 6, 4],
            &[&[2], &[3], &[1]],
        ),
        // Roots 1+1, 2 and 0: squares 4, 4 and 0 of 6 votes.
        (
            System::Quadratic,
            json!([[{"1": 1}, 1], [{"1": 1}, 1], [{"2": 7}, 4]]),
            &[3, 3, 0],
            &[&[1, 2], &[3]],
        ),
        // One pair is won by 1 against both: points 4, 2, 0 and support 3, 2, 1 of 3 votes; 4.25, 2.1667, 0.0833.
        (System::Copeland, json!([[[1, 2, 3], 3]]), &[], &[&[1], &[2], &[3]]),
    ];
    for (system, ballots, scores, ranking) in table {
        let ballots: Vec<_> = ballots
            .as_array()
            .unwrap()
            .iter()
            .map(|ballot| (ballot[0].clone(), u128::from(ballot[1].as_u64().unwrap()) * VOTE))
            .collect();
        let tally = count(system, 3, &ballots);
        if !scores.is_empty() {
            assert_eq!(tally.scores, votes(scores), "{system}");
        }
        assert_eq!(tally.ranking, ranking, "{system}");
        let all: u128 = ballots.iter().map(|(_, power)| power).sum();
        let expected = if system == System::Copeland { tally.valid } else { Total(U256::from(all)) };
        assert_eq!(tally.total, expected);
    }
}

#[test]
fn eliminated_choices_are_told_round_by_round() {
    let ballots = [
        (json!([1, 3, 2, 4]), 3),
        (json!([2, 1, 3, 4]), 4),
        (json!([3, 1, 2, 4]), 3),
        (json!([4, 2, 1, 3]), 1),
    ];
    let tally = count(System::RankedChoice, 4, &ballots);
    let total = |power: u64| Total(U256::from(power));
    let rounds: Vec<_> =
        tally.rounds.iter().map(|round| (round.standing.clone(), round.eliminated)).collect();
    assert_eq!(
        rounds,
        [
            (vec![(1, total(3)), (2, total(4)), (3, total(3)), (4, total(1))], Some(4)),
            (vec![(1, total(3)), (2, total(5)), (3, total(3))], Some(1)),
            (vec![(2, total(5)), (3, total(6))], None),
        ]
    );
    assert_eq!(tally.ranking, [vec![3], vec![2], vec![1], vec![4]]);
}

#[test]
fn quorum_and_ties_decide_exactly() {
    let one = |choice: u64, power: u128| (json!(choice), power);
    let turnout = |power: u64| Quorum::Turnout(Total(U256::from(power)));
    let tally = count(System::Basic, 3, &[one(1, 5), one(2, 4), one(3, 90)]);
    assert_eq!(tally.outcome(Quorum::None), Outcome::Won(1));
    assert_eq!(tally.outcome(turnout(99)), Outcome::Won(1));
    let (reached, required) = (Total(U256::from(99)), Total(U256::from(100)));
    assert_eq!(tally.outcome(turnout(100)), Outcome::BelowQuorum { reached, required });
    assert_eq!(tally.outcome(Quorum::Rejection(Total(U256::from(4)))), Outcome::Rejected);
    assert_eq!(tally.outcome(Quorum::Rejection(Total(U256::from(5)))), Outcome::Won(1));

    // One unit decides, which no floating point number shows at this size.
    let large = 250_000_000 * VOTE;
    let close = count(System::Basic, 3, &[one(1, large), one(2, large - 1)]);
    assert_eq!(close.outcome(Quorum::None), Outcome::Won(1));
    assert_eq!(close.scores_f64()[0], close.scores_f64()[1]);
    let tied = count(System::Basic, 3, &[one(1, large), one(2, large)]);
    assert_eq!(tied.outcome(Quorum::None), Outcome::Tied(vec![1, 2]));
    assert_eq!(count(System::Basic, 3, &[]).outcome(Quorum::None), Outcome::Empty);
    assert_eq!(count(System::Basic, 3, &[one(3, 5)]).outcome(Quorum::None), Outcome::Empty);
    assert_eq!(count(System::SingleChoice, 3, &[one(3, 5)]).outcome(Quorum::None), Outcome::Won(3));
}

#[test]
fn one_ballot_of_each_voter_counts() {
    let make = |id: u8, timestamp: u64, choice: u32| Ballot {
        voter: Address::repeat_byte(1),
        id: B256::repeat_byte(id),
        timestamp,
        choice: Choice::One(choice),
        power: Power::new(1),
    };
    let (first, later, larger) = (make(9, 10, 1), make(1, 11, 2), make(2, 11, 3));
    let mut box_ = BallotBox::default();
    assert!(box_.cast(first.clone()));
    assert!(box_.cast(larger.clone()));
    assert!(!box_.cast(later));
    assert!(!box_.cast(first));
    assert!(!box_.cast(larger.clone()));
    assert_eq!(box_.ballots(), [larger]);
}

/// A choice of `system` among `choices`, mostly a valid one.
fn choice_of(system: System, choices: u32) -> BoxedStrategy<Value> {
    let valid = match system {
        System::SingleChoice | System::Basic => (1..=choices).prop_map(|choice| json!(choice)).boxed(),
        System::Approval => {
            prop::sample::subsequence((1..=choices).collect::<Vec<_>>(), 0..=choices as usize)
                .prop_shuffle()
                .prop_map(|list| json!(list))
                .boxed()
        }
        System::RankedChoice | System::Copeland => {
            Just((1..=choices).collect::<Vec<_>>()).prop_shuffle().prop_map(|list| json!(list)).boxed()
        }
        System::Weighted | System::Quadratic => {
            let weight = prop_oneof![
                (0_u32..=9).prop_map(|weight| json!(weight)),
                (1_u32..1_000).prop_map(|weight| json!(f64::from(weight) / 64.0)),
            ];
            prop::collection::btree_map(
                (1..=choices).prop_map(|choice| choice.to_string()),
                weight,
                1..=choices as usize,
            )
            .prop_map(|weights| json!(weights))
            .boxed()
        }
    };
    let invalid = prop_oneof![
        Just(json!(0)),
        Just(json!(choices + 1)),
        Just(json!([1, 1])),
        Just(json!([choices + 1])),
        Just(json!({})),
        Just(json!({"1": -1})),
        Just(json!({"1": 0})),
        Just(json!("1")),
        Just(json!([1, null])),
        Just(json!(1.5)),
    ];
    prop_oneof![9 => valid, 1 => invalid].boxed()
}

/// A vote on up to five choices, and its ballots with whole votes as powers, also none.
fn vote_of(system: System) -> impl Strategy<Value = (usize, Vec<(Value, u128)>)> {
    (1_u32..=5).prop_flat_map(move |choices| {
        let power = prop_oneof![1 => Just(0), 4 => 1_u128..=4, 4 => 1_u128..1_000_000_000];
        let ballots = prop::collection::vec((choice_of(system, choices), power), 0..40);
        (Just(choices as usize), ballots)
    })
}

#[test]
fn the_order_of_ballots_is_irrelevant_and_no_power_is_lost() {
    for system in System::ALL {
        let strategy = vote_of(system).prop_flat_map(|(choices, ballots)| {
            (Just(choices), Just(ballots.clone()), Just(ballots).prop_shuffle(), 1_u128..u128::MAX >> 40)
        });
        let mut runner = TestRunner::new(Config::with_cases(200));
        runner
            .run(&strategy, |(choices, ballots, shuffled, unit)| {
                let scale = |ballots: &[(Value, u128)]| -> Vec<_> {
                    ballots
                        .iter()
                        .map(|(choice, power)| (choice.clone(), power * (unit % (u128::MAX >> 40))))
                        .collect()
                };
                let (ballots, shuffled) = (scale(&ballots), scale(&shuffled));
                let tally = count(system, choices, &ballots);
                prop_assert_eq!(&tally, &count(system, choices, &shuffled));
                prop_assert_eq!(tally.scores.len(), choices);
                let sum = tally.scores.iter().fold(Total::ZERO, |sum, score| sum.plus(*score));
                match system {
                    System::Approval => prop_assert!(tally.scores.iter().all(|score| *score <= tally.valid)),
                    System::RankedChoice => prop_assert_eq!(sum, tally.valid),
                    _ => prop_assert_eq!(sum, tally.valid),
                }
                let invalid: u128 = ballots
                    .iter()
                    .filter(|(choice, _)| !Choice::of_json(system, choice).is_valid(system, choices))
                    .map(|(_, power)| power)
                    .sum();
                let all: u128 = ballots.iter().map(|(_, power)| power).sum();
                prop_assert_eq!(tally.valid.0, U256::from(all - invalid));
                let total = if system == System::Copeland { all - invalid } else { all };
                prop_assert_eq!(tally.total.0, U256::from(total));
                let mut listed: Vec<_> = tally.ranking.concat();
                listed.sort_unstable();
                prop_assert_eq!(listed, (1..=choices as u32).collect::<Vec<_>>());
                Ok(())
            })
            .unwrap();
    }
}

proptest! {
    #[test]
    fn a_vote_of_the_same_voter_replaces_an_earlier_one(
        ballots in prop::collection::vec((0_u64..5, 0_u64..3, 1_u32..4), 0..30).prop_flat_map(|list| {
            (Just(list.clone()), Just(list.into_iter().enumerate().collect::<Vec<_>>()).prop_shuffle())
        })
    ) {
        let make = |number: usize, (voter, timestamp, choice): (u64, u64, u32)| Ballot {
            voter: Address::from_word(U256::from(voter + 1).into()),
            id: B256::from(U256::from(number)),
            timestamp,
            choice: Choice::One(choice),
            power: Power::new(7),
        };
        let (ordered, shuffled) = ballots;
        let all: Vec<_> = ordered.into_iter().enumerate().map(|(number, ballot)| make(number, ballot)).collect();
        let mixed: BallotBox = shuffled.into_iter().map(|(number, ballot)| make(number, ballot)).collect();
        let mut kept = mixed.ballots().to_vec();
        kept.sort_by_key(|ballot| ballot.voter);
        let mut expected = Vec::new();
        for voter in 0..5 {
            let address = Address::from_word(U256::from(voter + 1).into());
            let own = all.iter().filter(|ballot| ballot.voter == address);
            expected.extend(own.max_by_key(|ballot| (ballot.timestamp, ballot.id)).cloned());
        }
        prop_assert_eq!(kept, expected);
    }
}

/// Whether two numbers of votes are the same but for the rounding of floating point.
fn same(ours: f64, theirs: f64, whole: f64) -> bool {
    (ours - theirs).abs() <= 1e-9 * whole.max(1.0)
}

#[test]
fn the_reference_counts_the_same() {
    let mut reference = Reference::start();
    for system in System::ALL {
        let mut runner = TestRunner::deterministic();
        for _ in 0..150 {
            let (choices, ballots) = vote_of(system).new_tree(&mut runner).unwrap().current();
            let names: Vec<_> = (0..choices).map(|choice| format!("choice {choice}")).collect();
            let votes: Vec<_> = ballots
                .iter()
                .map(|(choice, power)| json!({"choice": choice, "balance": *power as u64, "scores": [*power as u64]}))
                .collect();
            let answer = reference.ask(&json!({ "tally": [system.word(), names, votes] }));
            let scaled: Vec<_> =
                ballots.iter().map(|(choice, power)| (choice.clone(), power * VOTE)).collect();
            let tally = count(system, choices, &scaled);
            let whole = answer["total"].as_f64().unwrap();
            assert!(same(tally.total.to_f64(), whole, whole), "{system} {ballots:?} {answer}");
            assert_eq!(
                tally.ballots - tally.invalid,
                answer["valid"].as_u64().unwrap() as usize,
                "{system} {ballots:?}"
            );
            let theirs: Vec<_> =
                answer["scores"].as_array().unwrap().iter().map(|score| score.as_f64()).collect();
            for (ours, theirs) in tally.scores_f64().into_iter().zip(&theirs) {
                // The reference has no number for nothing out of nothing.
                let theirs = theirs.unwrap_or(0.0);
                assert!(
                    same(ours, theirs, whole),
                    "{system} {choices} {ballots:?} {answer} {:?}",
                    tally.scores_f64()
                );
            }
            assert_eq!(tally.scores.len(), theirs.len());
        }
    }
}

#[test]
fn the_reference_shares_scores_among_strategies_in_the_same_way() {
    let mut reference = Reference::start();
    for system in System::ALL {
        let votes = vote_of(system).prop_flat_map(|(choices, ballots)| {
            let shares = prop::collection::vec(prop::array::uniform2(0_u64..1_000), ballots.len());
            (Just(choices), Just(ballots), shares)
        });
        let mut runner = TestRunner::deterministic();
        for _ in 0..60 {
            let (choices, ballots, powers) = votes.new_tree(&mut runner).unwrap().current();
            let names: Vec<_> = (0..choices).map(|choice| format!("choice {choice}")).collect();
            let votes: Vec<_> = ballots
                .iter()
                .zip(&powers)
                .map(|((choice, _), [one, other])| json!({"choice": choice, "balance": one + other, "scores": [one, other]}))
                .collect();
            let answer = reference.ask(&json!({ "tally": [system.word(), names, votes] }));
            let cast: Vec<Ballot> = (0..)
                .zip(ballots.iter().zip(&powers))
                .map(|(number, ((choice, _), [one, other]))| {
                    ballot(system, number, choice, u128::from(one + other) * VOTE)
                })
                .collect();
            let units = |votes: &u64| Power::new(u128::from(*votes) * VOTE);
            let by_strategy: Vec<Vec<Power>> =
                powers.iter().map(|powers| powers.iter().map(units).collect()).collect();
            let strategies = by_strategy.first().map_or(1, Vec::len);
            let tally = Tally::of(system, choices, &cast);
            let rows = tally.scores_by_strategy(cast, &by_strategy, strategies);
            let whole = answer["total"].as_f64().unwrap();
            assert_eq!(rows.len(), choices);
            for (ours, theirs) in rows.iter().zip(answer["by_strategy"].as_array().unwrap()) {
                assert_eq!(ours.len(), strategies);
                for (ours, theirs) in ours.iter().zip(theirs.as_array().unwrap()) {
                    let theirs = theirs.as_f64().unwrap_or(0.0);
                    assert!(same(*ours, theirs, whole), "{system} {ballots:?} {powers:?} {answer} {rows:?}");
                }
            }
        }
    }
}

#[test]
fn encrypted_ballots_are_neither_invalid_nor_for_any_choice() {
    let mut ballots: Vec<_> = [(1, 5), (2, 3), (9, 1)]
        .into_iter()
        .zip(0..)
        .map(|((choice, power), number)| ballot(System::Basic, number, &json!(choice), power))
        .collect();
    let open = Tally::of(System::Basic, 3, &ballots);
    assert_eq!((open.invalid, open.encrypted, open.outcome(Quorum::None)), (1, 0, Outcome::Won(1)));
    ballots[1].choice = Choice::Encrypted;
    let sealed = Tally::of(System::Basic, 3, &ballots);
    let total = |power: u64| Total(U256::from(power));
    assert_eq!(sealed.scores, [total(5), total(0), total(0)]);
    assert_eq!((sealed.ballots, sealed.invalid, sealed.encrypted), (3, 1, 1));
    assert_eq!((sealed.total, sealed.valid), (total(9), total(5)));
    // What is sealed may turn it: nobody has won, whatever the quorum.
    for quorum in [Quorum::None, Quorum::Turnout(total(100)), Quorum::Rejection(total(1))] {
        assert_eq!(sealed.outcome(quorum), Outcome::Encrypted(1));
    }
}
