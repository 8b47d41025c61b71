//! `btrst_gov::parameters` says the same as the contracts.

use std::ops::RangeInclusive;

use alloy::primitives::U256;
use alloy::sol_types::SolValue;
use btrst_bindings::{BTRST, BraintrustGovernor, FeeConverter, GovernanceDecisions, Timelock};
use btrst_devnet::{Call, Name, WorldOptions};
use btrst_gov::converter;
use btrst_gov::parameters::{
    DEFAULT_MARKETPLACE_FEE, GRACE_PERIOD, LATE_SWING_WINDOW, MAX_MARKETPLACE_FEE, MAX_NAME_LENGTH,
    PROPOSAL_THRESHOLD, QUEUE_WINDOW, QUORUM_VOTES, SUPPLY, TIMELOCK_DELAY, VOTING_DELAY, VOTING_PERIOD,
};
use btrst_gov::proposal::MAX_ACTIONS;

use crate::world::{read, world};

fn ends(range: RangeInclusive<u64>) -> (U256, U256) {
    (U256::from(*range.start()), U256::from(*range.end()))
}

#[tokio::test]
async fn anvil_bounds_are_those_of_the_contracts() {
    let world = world(WorldOptions::default()).await;
    let (governor, timelock) = (world.contracts().governor, world.contracts().timelock);

    let delay = (
        read(&world, governor, BraintrustGovernor::MIN_VOTING_DELAYCall {}).await,
        read(&world, governor, BraintrustGovernor::MAX_VOTING_DELAYCall {}).await,
    );
    assert_eq!(delay, ends(VOTING_DELAY));
    let period = (
        read(&world, governor, BraintrustGovernor::MIN_VOTING_PERIODCall {}).await,
        read(&world, governor, BraintrustGovernor::MAX_VOTING_PERIODCall {}).await,
    );
    assert_eq!(period, ends(VOTING_PERIOD));
    let threshold = read(&world, governor, BraintrustGovernor::MIN_PROPOSAL_THRESHOLDCall {}).await
        ..=read(&world, governor, BraintrustGovernor::MAX_PROPOSAL_THRESHOLDCall {}).await;
    assert_eq!(threshold, PROPOSAL_THRESHOLD);
    let quorum = read(&world, governor, BraintrustGovernor::MIN_QUORUM_VOTESCall {}).await
        ..=read(&world, governor, BraintrustGovernor::MAX_QUORUM_VOTESCall {}).await;
    assert_eq!(quorum, QUORUM_VOTES);
    let actions = read(&world, governor, BraintrustGovernor::proposalMaxOperationsCall {}).await;
    assert_eq!(actions, U256::from(MAX_ACTIONS));

    let window = read(&world, governor, BraintrustGovernor::QUEUE_WINDOWCall {}).await;
    assert_eq!(window, U256::from(QUEUE_WINDOW));
    let swing = read(&world, governor, BraintrustGovernor::LATE_SWING_WINDOWCall {}).await;
    assert_eq!(swing, U256::from(LATE_SWING_WINDOW));

    let delay = (
        read(&world, timelock, Timelock::MINIMUM_DELAYCall {}).await,
        read(&world, timelock, Timelock::MAXIMUM_DELAYCall {}).await,
    );
    assert_eq!(delay, ends(TIMELOCK_DELAY));
    assert_eq!(read(&world, timelock, Timelock::GRACE_PERIODCall {}).await, U256::from(GRACE_PERIOD));

    assert_eq!(read(&world, world.contracts().btrst, BTRST::totalSupplyCall {}).await, SUPPLY);
    let register = world.contracts().governance_decisions.unwrap();
    let length = read(&world, register, GovernanceDecisions::MAX_NAME_LENGTHCall {}).await;
    assert_eq!(length, U256::from(MAX_NAME_LENGTH));

    let converter = world.contracts().fee_converter.unwrap();
    let window = (
        read(&world, converter, FeeConverter::MIN_WINDOWCall {}).await,
        read(&world, converter, FeeConverter::MAX_WINDOWCall {}).await,
    );
    assert_eq!(window, ends(converter::WINDOW));
    let short = read(&world, converter, FeeConverter::MIN_SHORT_WINDOWCall {}).await;
    assert_eq!(short, U256::from(converter::MIN_SHORT_WINDOW));
    let tolerance = (U256::ZERO, read(&world, converter, FeeConverter::MAX_TOLERANCECall {}).await);
    assert_eq!(tolerance, ends(converter::TOLERANCE));
    let deviation = (
        read(&world, converter, FeeConverter::MIN_DEVIATIONCall {}).await,
        read(&world, converter, FeeConverter::MAX_DEVIATIONCall {}).await,
    );
    assert_eq!(deviation, ends(converter::MAX_DEVIATION));
    let hop = (
        read(&world, converter, FeeConverter::MIN_HOPCall {}).await,
        read(&world, converter, FeeConverter::MAX_HOPCall {}).await,
    );
    assert_eq!(hop, ends(converter::HOP));
    let lot = (U256::from(1), read(&world, converter, FeeConverter::MAX_LOTCall {}).await);
    assert_eq!(lot, ends(converter::LOT));
}

#[tokio::test]
async fn anvil_marketplace_fees_are_those_of_the_register() {
    let world = world(WorldOptions::default()).await;
    // A register of the stranger's own, who may then decide what it likes.
    let governor = world.address(Name::Stranger);
    let deployment =
        Call::deploy("GovernanceDecisions", &GovernanceDecisions::BYTECODE, &governor.abi_encode());
    let register = world.chain().deploy(world.account(Name::Stranger), deployment).await.unwrap();
    let fee = read(&world, register, GovernanceDecisions::marketplaceFeeCall {}).await;
    assert_eq!(fee, DEFAULT_MARKETPLACE_FEE);

    let set = |fee| Call::new(register, &GovernanceDecisions::setMarketplaceFeeCall { fee });
    world.send(Name::Stranger, set(MAX_MARKETPLACE_FEE)).await.unwrap();
    let refused = world.send(Name::Stranger, set(MAX_MARKETPLACE_FEE + 1)).await.unwrap_err();
    assert!(refused.to_string().contains("FeeTooHigh { fee: 100 }"), "{refused}");
}
