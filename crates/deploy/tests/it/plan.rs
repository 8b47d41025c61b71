//! What a description leads to.

use std::collections::BTreeSet;

use alloy::primitives::{Address, U256};
use btrst_deploy::plan::{DETERMINISTIC_DEPLOYER, Outcome};
use btrst_deploy::{Description, Plan, powers};
use btrst_gov::Deployment;
use btrst_gov::parameters::SUPPLY;

use crate::description::example;

fn plan(text: &str) -> Plan {
    Plan::of(&Description::parse(text).unwrap())
}

#[test]
fn the_same_file_gives_the_same_plan_and_another_salt_other_addresses() {
    let text = example("fresh.toml");
    let one = plan(&text);
    assert_eq!(one, plan(&text));
    assert_eq!(one.digest(), plan(&text).digest());
    let other = plan(&text.replace("salt = \"braintrust 2026\"", "salt = \"another\""));
    assert_ne!(one.digest(), other.digest());
    for (one, other) in [
        (one.addresses.btrst, other.addresses.btrst),
        (one.addresses.timelock, other.addresses.timelock),
        (one.addresses.governor, other.addresses.governor),
        (one.addresses.decisions, other.addresses.decisions),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn the_digest_covers_chain_and_deployer() {
    let text = example("fresh.toml");
    let one = plan(&text).digest();
    assert_ne!(one, plan(&text.replace("chain_id = 1", "chain_id = 10")).digest());
    let deployer = "deployer = \"0x0000000000000000000000000000000000000009\"";
    assert_ne!(
        one,
        plan(&text.replace(deployer, "deployer = \"0x0000000000000000000000000000000000000010\"")).digest()
    );
}

#[test]
fn steps_have_names_of_their_own_and_lead_to_the_whole_allocation() {
    let plan = plan(&example("fresh.toml"));
    let names: BTreeSet<&str> = plan.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names.len(), plan.steps.len());
    assert_eq!(plan.steps[0].name, "token");
    assert_eq!(plan.steps[1].name, "governance");
    let sum: U256 = plan
        .steps
        .iter()
        .filter_map(|step| match &step.outcome {
            Outcome::Allocated { amount, from, .. } => {
                assert_eq!(*from, plan.description.deployer);
                Some(*amount)
            }
            _ => None,
        })
        .sum();
    assert_eq!(sum, SUPPLY);
    assert_eq!(plan.addresses.lockups.len(), 6);
    let lockups: BTreeSet<Address> = plan.addresses.lockups.iter().map(|(_, address)| *address).collect();
    assert_eq!(lockups.len(), 6, "equal terms, different contracts");
    for step in &plan.steps {
        let code = step.data.len().saturating_sub(32);
        assert!(
            step.to != DETERMINISTIC_DEPLOYER || code <= 49_152,
            "{} has {code} bytes (EIP-3860)",
            step.name
        );
    }
}

#[test]
fn many_observations_take_several_steps() {
    let text = example("fresh.toml").replace("cardinality = 300", "cardinality = 1_100");
    let names: Vec<String> = plan(&text).steps.into_iter().map(|step| step.name).collect();
    let grown: Vec<&str> =
        names.iter().filter(|name| name.starts_with("observations")).map(String::as_str).collect();
    assert_eq!(grown, ["observations 501", "observations 1001", "observations 1100"]);
}

#[test]
fn an_adoption_deploys_only_the_rest() {
    let plan = plan(&example("adoption.toml"));
    let names: Vec<&str> = plan.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["governor", "decisions", "observations 300", "converter"]);
    let deployment = plan.deployment();
    assert_eq!(deployment.contracts.pool, plan.addresses.pool);
    assert_eq!(
        deployment.account("old_governor").unwrap().address.to_string(),
        "0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01"
    );
}

#[test]
fn the_deployment_file_reads_back() {
    for name in ["fresh.toml", "adoption.toml"] {
        let deployment = plan(&example(name)).deployment();
        assert_eq!(Deployment::parse(&deployment.render().unwrap()).unwrap(), deployment);
    }
}

#[test]
fn the_deployer_has_no_power_afterwards() {
    for name in ["fresh.toml", "adoption.toml"] {
        let plan = plan(&example(name));
        let powers = powers::of_plan(&plan);
        assert!(powers.iter().all(|power| power.who != Some(plan.description.deployer)), "{powers:?}");
        let admin = powers.iter().find(|power| power.what.contains("admin of the time lock")).unwrap();
        let expected = if name == "fresh.toml" { "governor" } else { "old governor, until it hands over" };
        assert_eq!(admin.name, expected);
    }
    let powers = powers::of_plan(&plan(&example("fresh.toml")));
    let alone: Vec<&str> = powers
        .iter()
        .filter(|power| power.what.starts_with("make proposals alone"))
        .map(|power| power.name.as_str())
        .collect();
    assert_eq!(
        alone,
        ["investors", "freelance_labs", "hexocean", "snowfork", "accelerated_labs", "muses", "public_sale"]
    );
    let guardian = powers.iter().find(|power| power.name == "guardian").unwrap();
    assert_eq!(guardian.until, Some(1_814_313_600));
}
