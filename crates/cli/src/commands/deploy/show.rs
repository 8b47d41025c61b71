//! A plan for people and for programs.

use alloy::primitives::{Address, U256};
use btrst_deploy::Plan;
use btrst_deploy::plan::{Outcome, Step};
use btrst_deploy::powers::{self, Power};
use btrst_deploy::simulation::Simulation;
use btrst_gov::amount::{Amount, Unit};
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::grouped;
use crate::moment::local;

/// Prints `plan`, and what `simulation` says of it.
///
/// # Errors
/// When standard output cannot be written.
pub fn plan(plan: &Plan, simulation: Option<&Simulation>, context: &Context) -> Result<()> {
    let description = &plan.description;
    context.say(&format!("deployment  {} on chain {}", description.name, description.chain_id))?;
    context.say(&format!("plan        {}", plan.digest()))?;
    context.say(&format!("deployer    {}", description.deployer))?;
    context.say("\nsteps")?;
    let gas = |index: usize| simulation.and_then(|simulation| simulation.gas.get(index).copied());
    for (index, step) in plan.steps.iter().enumerate() {
        let gas = match gas(index) {
            None => String::new(),
            Some(None) => "done".into(),
            Some(Some(gas)) => format!("{} gas", grouped(gas)),
        };
        context.say(&format!("  {:>3}  {:<28} {gas:>15}  {}", index + 1, step.name, step.what))?;
        for (what, address) in created(step) {
            context.say(&format!("       {what:<28} {address}"))?;
        }
    }
    if let Some(simulation) = simulation {
        cost(simulation, context)?;
    }
    context.say("\nwho can do what afterwards")?;
    for Power { what, who, name, until } in powers::of_plan(plan) {
        let until = until.map(|until| format!(" until {}", local(until))).unwrap_or_default();
        let address = who.map(|who| format!(" {who}")).unwrap_or_default();
        context.say(&format!("  {what}: {name}{address}{until}"))?;
    }
    context.say("  the deployer: nothing, and it keeps no tokens")
}

fn cost(simulation: &Simulation, context: &Context) -> Result<()> {
    let ether = |wei: U256| Amount::new(wei, Unit::Ether);
    let gwei = Amount::new(U256::from(simulation.gas_price), Unit::Plain(9));
    context.say(&format!("\ngas         {} at {gwei} gwei at most", grouped(simulation.total_gas())))?;
    context.say(&format!("cost        {} at most", ether(simulation.cost())))?;
    let verdict = if simulation.is_affordable() { "enough" } else { "not enough" };
    context.say(&format!("balance     {} of the deployer: {verdict}", ether(simulation.balance)))
}

/// What a step creates: names and addresses.
fn created(step: &Step) -> Vec<(&'static str, Address)> {
    match &step.outcome {
        Outcome::Deployed(list) => {
            list.iter().map(|deployed| (deployed.contract.name(), deployed.address)).collect()
        }
        Outcome::PoolCreated(pool) => vec![("pool", *pool)],
        _ => Vec::new(),
    }
}

/// `plan` and `simulation` as JSON.
pub fn document(plan: &Plan, simulation: Option<&Simulation>) -> Value {
    let steps = plan.steps.iter().enumerate().map(|(index, step)| {
        let gas = simulation.and_then(|simulation| simulation.gas.get(index).copied());
        let created: Vec<_> = created(step)
            .into_iter()
            .map(|(name, address)| json!({"contract": name, "address": address}))
            .collect();
        json!({
            "name": step.name, "what": step.what, "to": step.to, "value": "0", "data": step.data,
            "creates": created, "done": gas.map(|gas| gas.is_none()), "gas": gas.flatten(),
        })
    });
    let powers = powers::of_plan(plan);
    json!({
        "schema_version": 1,
        "name": plan.description.name,
        "chain_id": plan.description.chain_id,
        "plan": plan.digest(),
        "deployer": plan.description.deployer,
        "steps": steps.collect::<Vec<_>>(),
        "simulation": simulation.map(|simulation| json!({
            "gas": simulation.total_gas(),
            "gas_price_wei": simulation.gas_price.to_string(),
            "cost_wei": simulation.cost().to_string(),
            "balance_wei": simulation.balance.to_string(),
            "affordable": simulation.is_affordable(),
        })),
        "powers": powers.iter().map(|power| json!({
            "what": power.what, "who": power.who, "name": power.name, "until": power.until,
        })).collect::<Vec<_>>(),
    })
}
