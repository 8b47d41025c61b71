//! What is left of a plan, run on top of the chain without sending anything.

use alloy::primitives::{Address, Bytes, U256, bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::rpc::types::simulate::{SimBlock, SimCallResult, SimulatePayload};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use btrst_bindings::Contract;
use btrst_chain::transaction::{GAS_CAP, GasTerms};
use btrst_chain::{Chain, revert};

use crate::plan::{DETERMINISTIC_DEPLOYER, Outcome, Plan, Step};
use crate::progress::{self, Progress};
use crate::{Error, Result};

/// Gas of a transfer of tokens in a simulation, many times what it needs.
const TRANSFER_GAS: u64 = 300_000;

/// Transfers in one simulated block. Endpoints take 256 blocks, and a plan can have more receivers than that.
const TRANSFERS_PER_BLOCK: usize = 50;

/// Does what the deterministic deployer does, and always reverts with what the constructor returned: CREATE2 of the
/// calldata after the salt, RETURNDATACOPY, REVERT.
const TALKATIVE_DEPLOYER: Bytes = bytes!("602036038060205f375f35905f5ff53d5f5f3e3d5ffd");

/// What sending the rest of a plan does and costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Each step of the plan, in order: gas it needs, or `None` when it is done already.
    pub gas: Vec<Option<u64>>,
    /// Most wei per gas that a transaction sent now would offer.
    pub gas_price: u128,
    /// Wei that the deployer has.
    pub balance: U256,
}

impl Simulation {
    /// Gas of all open steps.
    #[must_use]
    pub fn total_gas(&self) -> u64 {
        self.gas.iter().flatten().fold(0, |sum, gas| sum.saturating_add(*gas))
    }

    /// Wei that all open steps cost at most at the price of now.
    #[must_use]
    pub fn cost(&self) -> U256 {
        U256::from(self.total_gas()).saturating_mul(U256::from(self.gas_price))
    }

    /// Whether the deployer can pay for all open steps.
    #[must_use]
    pub fn is_affordable(&self) -> bool {
        self.balance >= self.cost()
    }
}

/// Runs the open steps of `plan` one after the other on top of the last block, and says what they cost with `terms`.
///
/// # Errors
/// [`Error::StepFails`] with the first that does, [`Error::TermOver`], [`Error::TooMuchGas`], [`Error::NoDeployer`], those of
/// [`progress::of_plan`].
pub async fn simulate(chain: &Chain, plan: &Plan, terms: &GasTerms) -> Result<Simulation> {
    let progress = progress::of_plan(chain, plan).await?;
    if chain.code(DETERMINISTIC_DEPLOYER).await?.is_empty() {
        return Err(Error::NoDeployer(DETERMINISTIC_DEPLOYER));
    }
    let open: Vec<&Step> = plan
        .steps
        .iter()
        .zip(&progress)
        .filter(|(_, progress)| **progress == Progress::Open)
        .map(|(step, _)| step)
        .collect();
    if open.iter().any(|step| step.outcome.creates(Contract::BraintrustGovernor)) {
        check_term(chain, plan).await?;
    }
    let mut used = run(chain, plan, &open).await?.into_iter();
    let fees = chain.fees(terms).await?;
    Ok(Simulation {
        gas: progress.iter().map(|done| if *done == Progress::Done { None } else { used.next() }).collect(),
        gas_price: fees.max_fee_per_gas,
        balance: chain.balance(plan.description.deployer).await?,
    })
}

/// Checks that the guardian's term is not over: the governor would take it, and the guardian could do nothing.
async fn check_term(chain: &Chain, plan: &Plan) -> Result<()> {
    let governor = plan.description.governor;
    let now = chain.head().await?.timestamp;
    if governor.guardian != Address::ZERO && governor.guardian_expiry <= now {
        return Err(Error::TermOver { expiry: governor.guardian_expiry, now });
    }
    Ok(())
}

/// Gas of each of `steps`.
async fn run(chain: &Chain, plan: &Plan, steps: &[&Step]) -> Result<Vec<u64>> {
    let calls = results(chain, blocks(plan, steps), steps.len()).await?;
    let mut gas = Vec::with_capacity(steps.len());
    for (index, (step, call)) in steps.iter().zip(calls).enumerate() {
        // Before refunds: that much has to be there.
        let used = call.max_used_gas.unwrap_or(call.gas_used).max(call.gas_used);
        if used >= GAS_CAP {
            return Err(Error::TooMuchGas { step: step.name.clone(), gas: used, cap: GAS_CAP });
        }
        if !call.status {
            let before = steps.get(..index).unwrap_or_default();
            let reason = explain(chain, plan, before, step, &call).await?;
            return Err(Error::StepFails { step: step.name.clone(), reason });
        }
        gas.push(used);
    }
    Ok(gas)
}

/// Why `step` fails after the steps `before` it. The deterministic deployer keeps the reason of a constructor to
/// itself, so a talkative one takes its place.
async fn explain(
    chain: &Chain,
    plan: &Plan,
    before: &[&Step],
    step: &Step,
    call: &SimCallResult,
) -> Result<String> {
    if !matches!(step.outcome, Outcome::Deployed(_)) {
        return Ok(revert::describe(&call.return_data));
    }
    let mut blocks = blocks(plan, before);
    let talkative = AccountOverride::default().with_code(TALKATIVE_DEPLOYER);
    blocks.push(SimBlock {
        calls: vec![request(plan, step)],
        state_overrides: Some(StateOverride::from_iter([(DETERMINISTIC_DEPLOYER, talkative)])),
        ..SimBlock::default()
    });
    let calls = results(chain, blocks, before.len() + 1).await?;
    Ok(revert::describe(calls.last().map_or(&[], |call| &call.return_data)))
}

/// The results of the `count` transactions of `blocks`.
async fn results(chain: &Chain, blocks: Vec<SimBlock>, count: usize) -> Result<Vec<SimCallResult>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let payload = SimulatePayload { block_state_calls: blocks, ..SimulatePayload::default() };
    let answer = chain.asked("simulate transactions", chain.provider().simulate(&payload).await)?;
    let calls: Vec<_> = answer.into_iter().flat_map(|block| block.calls).collect();
    if calls.len() == count {
        return Ok(calls);
    }
    let reason = format!("{} results for {count} transactions", calls.len());
    Err(btrst_chain::Error::endpoint("simulate transactions", reason).into())
}

/// A block for each step, since two of the greatest may not fit into one; transfers share theirs.
fn blocks(plan: &Plan, steps: &[&Step]) -> Vec<SimBlock> {
    let mut blocks: Vec<SimBlock> = Vec::new();
    let mut room = 0;
    for step in steps {
        let is_transfer = matches!(step.outcome, Outcome::Allocated { .. });
        let call = request(plan, step);
        match blocks.last_mut() {
            Some(block) if is_transfer && room > 0 => {
                block.calls.push(call);
                room -= 1;
            }
            _ => {
                room = if is_transfer { TRANSFERS_PER_BLOCK - 1 } else { 0 };
                blocks.push(SimBlock { calls: vec![call], ..SimBlock::default() });
            }
        }
    }
    blocks
}

/// The transaction of `step`, with as much gas as it may have.
fn request(plan: &Plan, step: &Step) -> TransactionRequest {
    let is_transfer = matches!(step.outcome, Outcome::Allocated { .. });
    TransactionRequest::default()
        .from(plan.description.deployer)
        .to(step.to)
        .input(step.data.clone().into())
        .gas_limit(if is_transfer { TRANSFER_GAS } else { GAS_CAP })
}
