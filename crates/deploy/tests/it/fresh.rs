//! A fresh deployment on an empty chain: simulated, carried out, verified, tampered with.

use alloy::primitives::{Address, Bytes, U160, U256};
use alloy::providers::ext::AnvilApi;
use btrst_bindings::{BTRST, BraintrustGovernor, GovernanceDecisions, Timelock};
use btrst_chain::transaction::GasTerms;
use btrst_deploy::progress::{self, Progress};
use btrst_deploy::verification::{Report, Target, verify};
use btrst_deploy::{Error, Plan, simulate};
use btrst_devnet::{Accounts, Anvil, AnvilOptions, Call, Chain, IUniswapV3Pool, Name};

use crate::stage::{accounts, as_contract, carry_out, factory, fresh, link, repository, send};

struct Stage {
    anvil: Anvil,
    accounts: Accounts,
    plan: Plan,
    link: btrst_chain::Chain,
}

impl Stage {
    async fn new() -> Self {
        let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
        let accounts = accounts();
        let factory = factory(anvil.chain(), &accounts).await;
        let plan = fresh(&accounts, factory);
        let link = link(anvil.chain()).await;
        Self { anvil, accounts, plan, link }
    }

    async fn deployed() -> Self {
        let stage = Self::new().await;
        carry_out(stage.chain(), &stage.accounts, &stage.plan).await;
        stage
    }

    fn chain(&self) -> &Chain {
        self.anvil.chain()
    }

    async fn verify(&self) -> Report {
        verify(&self.link, &Target::Plan(&self.plan)).await.unwrap()
    }

    /// What differs: what, expected, found.
    async fn differences(&self) -> Vec<(String, String, String)> {
        let report = self.verify().await;
        let differences = report.differences();
        differences.map(|check| (check.what.clone(), check.expected.clone(), check.found.clone())).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_plan_is_simulated_carried_out_and_verified() {
    let stage = Stage::new().await;
    let (chain, plan) = (stage.chain(), &stage.plan);
    let simulation = simulate(&stage.link, plan, &GasTerms::default()).await.unwrap();
    assert!(simulation.is_affordable());
    assert!(simulation.gas.iter().all(|gas| gas.is_some_and(|gas| gas > 21_000)), "{simulation:?}");

    for (step, gas) in plan.steps.iter().zip(&simulation.gas) {
        assert_eq!(progress::of_step(&stage.link, step).await.unwrap(), Progress::Open, "{}", step.name);
        let before = chain.balance(plan.description.deployer).await.unwrap();
        send(chain, stage.accounts.get(Name::Deployer), step).await;
        assert_eq!(progress::of_step(&stage.link, step).await.unwrap(), Progress::Done, "{}", step.name);
        assert!(chain.balance(plan.description.deployer).await.unwrap() < before);
        assert!(gas.unwrap() < 16_777_216);
    }
    let report = stage.verify().await;
    assert_eq!(report.differences().collect::<Vec<_>>(), Vec::<&_>::new());
    assert!(report.checks.len() > 40, "{}", report.checks.len());

    assert_eq!(report.notes, Vec::<String>::new());

    let after = simulate(&stage.link, plan, &GasTerms::default()).await.unwrap();
    assert_eq!((after.total_gas(), after.cost()), (0, U256::ZERO));
    let file = verify(&stage.link, &Target::Deployment(&plan.deployment())).await.unwrap();
    assert_eq!(file.differences().collect::<Vec<_>>(), Vec::<&_>::new());
}

/// Anybody can give the pool its first price. The plan goes on, and the difference is told.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_price_that_others_set_is_noted() {
    let stage = Stage::new().await;
    let (chain, plan) = (stage.chain(), &stage.plan);
    for step in &plan.steps {
        if step.name == "price" {
            let price = IUniswapV3Pool::initializeCall { sqrtPriceX96: U160::from(1) << 96 };
            chain.send(stage.accounts.get(Name::Stranger), Call::new(step.to, &price)).await.unwrap();
            assert_eq!(progress::of_step(&stage.link, step).await.unwrap(), Progress::Done);
        } else {
            send(chain, stage.accounts.get(Name::Deployer), step).await;
        }
    }
    let report = stage.verify().await;
    assert_eq!(report.differences().collect::<Vec<_>>(), Vec::<&_>::new());
    assert_eq!(report.notes.len(), 1);
    assert!(report.notes[0].contains("another price than its first one"), "{:?}", report.notes);
}

/// Of a half-done plan the rest is simulated on what is there, whoever did the first half and whatever its nonce.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_the_rest_of_a_plan_goes_on_from_the_state() {
    let stage = Stage::new().await;
    let (chain, plan) = (stage.chain(), &stage.plan);
    send(chain, stage.accounts.get(Name::Stranger), &plan.steps[0]).await;
    let nothing = Call::ether(Address::with_last_byte(1), U256::from(1));
    chain.send(stage.accounts.get(Name::Deployer), nothing).await.unwrap();
    send(chain, stage.accounts.get(Name::Stranger), &plan.steps[1]).await;

    let progress = progress::of_plan(&stage.link, plan).await.unwrap();
    assert_eq!(&progress[..3], [Progress::Done, Progress::Done, Progress::Open]);
    let simulation = simulate(&stage.link, plan, &GasTerms::default()).await.unwrap();
    assert_eq!(&simulation.gas[..2], [None, None]);
    for step in &plan.steps[2..] {
        send(chain, stage.accounts.get(Name::Deployer), step).await;
    }
    assert_eq!(stage.differences().await, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_would_fail_is_named_before_anything_is_sent() {
    let stage = Stage::new().await;
    let mut description = stage.plan.description.clone();
    description.governor.guardian_expiry += 365 * 86_400;
    let error = simulate(&stage.link, &Plan::of(&description), &GasTerms::default()).await.unwrap_err();
    let Error::StepFails { step, reason } = &error else { panic!("{error:?}") };
    assert_eq!(step, "governance");
    assert!(reason.contains("ParameterOutOfBounds"), "{reason}");

    description.governor.guardian_expiry = AnvilOptions::GENESIS_TIME;
    let error = simulate(&stage.link, &Plan::of(&description), &GasTerms::default()).await.unwrap_err();
    assert!(
        error.to_string().starts_with("the guardian's term ends at 1767225600, and it is 17672"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_every_difference_is_named() {
    let stage = Stage::deployed().await;
    let (chain, addresses) = (stage.chain(), &stage.plan.addresses);
    let stranger = stage.accounts.address(Name::Stranger);
    let (timelock, governor) = (addresses.timelock, addresses.governor);

    let quorum = BraintrustGovernor::_setQuorumVotesCall {
        newQuorumVotes: U256::from(200_000) * U256::from(10).pow(U256::from(18)),
    };
    as_contract(chain, timelock, governor, &quorum).await;
    let guardian = BraintrustGovernor::_setWhitelistGuardianCall { account: stranger };
    as_contract(chain, timelock, governor, &guardian).await;
    let role = GovernanceDecisions::grantRoleCall {
        role: alloy::primitives::keccak256("GOVERNOR_ROLE"),
        account: stranger,
    };
    as_contract(chain, timelock, addresses.decisions, &role).await;
    let pending = Timelock::setPendingAdminCall { newPendingAdmin: stranger };
    as_contract(chain, timelock, timelock, &pending).await;
    let mut holders = [timelock, stranger];
    holders.sort();
    let expected = vec![
        ("pending admin of the time lock".to_owned(), Address::ZERO.to_string(), stranger.to_string()),
        (
            "quorum of the governor".into(),
            "100000000000000000000000".into(),
            "200000000000000000000000".into(),
        ),
        ("whitelist guardian of the governor".into(), Address::ZERO.to_string(), stranger.to_string()),
        (
            "accounts that write the register".into(),
            timelock.to_string(),
            format!("{}, {}", holders[0], holders[1]),
        ),
    ];
    assert_eq!(stage.differences().await, expected);

    as_contract(chain, stranger, timelock, &Timelock::acceptAdminCall {}).await;
    let differences = stage.differences().await;
    let admin = ("admin of the time lock".to_owned(), governor.to_string(), stranger.to_string());
    assert_eq!(differences[0], admin);

    // A deployment file without a plan still shows who has the power.
    let file = verify(&stage.link, &Target::Deployment(&stage.plan.deployment())).await.unwrap();
    let named: Vec<&str> = file.differences().map(|check| check.what.as_str()).collect();
    assert_eq!(named, ["admin of the time lock", "accounts that write the register"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_missing_allocation_and_foreign_code_are_named() {
    let stage = Stage::new().await;
    let (chain, plan) = (stage.chain(), &stage.plan);
    let (last, steps) = plan.steps.split_last().unwrap();
    for step in steps {
        send(chain, stage.accounts.get(Name::Deployer), step).await;
    }
    let missing = "12500000000000000000000000";
    let expected = vec![
        ("allocation to public_sale".to_owned(), missing.to_owned(), "0".to_owned()),
        ("BTRST of the deployer".into(), "0".into(), missing.into()),
    ];
    assert_eq!(stage.differences().await, expected);

    // Half of it is none of the states that a step leads to or on from.
    let half = BTRST::transferCall { to: stage.accounts.address(Name::PublicSale), amount: U256::from(1) };
    chain.send(stage.accounts.get(Name::Deployer), Call::new(plan.addresses.btrst, &half)).await.unwrap();
    let error = progress::of_step(&stage.link, last).await.unwrap_err();
    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");

    chain
        .provider()
        .anvil_set_code(plan.addresses.timelock, Bytes::from_static(&[0x60, 0x00]))
        .await
        .unwrap();
    let differences = stage.differences().await;
    let named: Vec<&str> = differences.iter().map(|(what, ..)| what.as_str()).collect();
    let code = format!("code of Timelock at `{}`", plan.addresses.timelock);
    assert_eq!(
        &named[..4],
        [&code, "admin of the time lock", "pending admin of the time lock", "delay of the time lock"]
    );
    assert_eq!(differences[1].2, "no answer");
}
