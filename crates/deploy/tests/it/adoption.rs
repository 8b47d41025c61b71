//! A new governor for a DAO of the Compound generation.

use btrst_chain::transaction::GasTerms;
use btrst_deploy::verification::{Target, verify};
use btrst_deploy::{Description, Plan, simulate};
use btrst_devnet::{Flavour, Name, World, WorldOptions};

use crate::stage::{as_contract, link, repository, send};

pub fn plan(world: &World) -> Plan {
    let contracts = world.contracts();
    let (deployer, pool, usdc) =
        (world.address(Name::Deployer), contracts.pool.unwrap(), contracts.usdc.unwrap());
    let text = format!(
        r#"
        schema_version = 1
        chain_id = 31337
        name = "adoption"
        salt = "adoption"
        deployer = "{deployer}"
        [reuse]
        btrst = "{}"
        timelock = "{}"
        old_governor = "{}"
        [governor]
        preset = "hardened"
        [converter]
        usdc = "{usdc}"
        pool = "{pool}"
        cardinality = 310
        window = 1_800
        short_window = 300
        tolerance = 75
        max_deviation = 200
        hop = 3_600
        lot = "25_000usdc"
        min_liquidity = "100_000_000_000_000_000"
        "#,
        contracts.btrst, contracts.timelock, contracts.governor
    );
    Plan::of(&Description::parse(&text).unwrap())
}

/// A system that was deployed by other means is clean by its deployment file alone.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_deployment_file_is_enough() {
    let world = World::start(&repository(), &WorldOptions::default()).await.unwrap();
    let chain = link(world.chain()).await;
    let deployment = world.deployment();
    let report = verify(&chain, &Target::Deployment(&deployment)).await.unwrap();
    assert_eq!(report.differences().collect::<Vec<_>>(), Vec::<&_>::new());
    assert!(report.checks.len() > 15, "{}", report.checks.len());

    let mut mistaken = deployment.clone();
    mistaken.contracts.timelock = world.address(Name::Stranger);
    let report = verify(&chain, &Target::Deployment(&mistaken)).await.unwrap();
    let named: Vec<&str> = report.differences().map(|check| check.what.as_str()).collect();
    assert!(named.contains(&"time lock of the governor"), "{named:?}");
    assert!(named.contains(&"treasury of the converter"), "{named:?}");
    assert!(named.contains(&"accounts that write the register"), "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_an_adoption_is_clean_before_and_after_the_handover() {
    let options = WorldOptions { flavour: Flavour::Alpha, ..WorldOptions::default() };
    let world = World::start(&repository(), &options).await.unwrap();
    let plan = plan(&world);
    let chain = link(world.chain()).await;
    let chain = &chain;
    let simulation = simulate(chain, &plan, &GasTerms::default()).await.unwrap();
    assert!(simulation.gas.iter().all(Option::is_some), "{simulation:?}");
    for step in &plan.steps {
        send(world.chain(), world.account(Name::Deployer), step).await;
    }
    let before = verify(chain, &Target::Plan(&plan)).await.unwrap();
    assert_eq!(before.differences().collect::<Vec<_>>(), Vec::<&_>::new());
    assert!(before.notes.iter().any(|note| note.contains("the old governor has the time lock still")));

    let contracts = world.contracts();
    let pending = btrst_bindings::Timelock::setPendingAdminCall { newPendingAdmin: plan.addresses.governor };
    as_contract(world.chain(), contracts.timelock, contracts.timelock, &pending).await;
    let initiate = btrst_bindings::BraintrustGovernor::_initiateCall { previousAdmin: contracts.governor };
    as_contract(world.chain(), world.address(Name::Stranger), plan.addresses.governor, &initiate).await;
    for target in [Target::Plan(&plan), Target::Deployment(&plan.deployment())] {
        let after = verify(chain, &target).await.unwrap();
        assert_eq!(after.differences().collect::<Vec<_>>(), Vec::<&_>::new());
        assert!(!after.notes.iter().any(|note| note.contains("still")), "{:?}", after.notes);
    }

    // The DAO as it was, by its own file: the time lock is no longer its governor's.
    let old = verify(chain, &Target::Deployment(&world.deployment())).await.unwrap();
    let named: Vec<&str> = old.differences().map(|check| check.what.as_str()).collect();
    assert_eq!(named, ["admin of the time lock"]);
}
