//! The main job, played on a devnet by real transactions of different accounts: a proposal from delegation to
//! execution, and a client's fee from the invoice to the treasury. Every effect is checked.

mod fees;
mod outcome;
mod proposal;
mod stage;

use btrst_devnet::World;
use btrst_gov::Proposal;
use eyre::Result;

pub use outcome::Outcome;
pub use stage::{Mismatch, btrst, grouped, usdc};

use crate::context::Context;
use proposal::Expectation;
use stage::Stage;

/// Plays `proposal` and a client's fee on `world`, and tells of every step.
///
/// # Errors
/// A [`Mismatch`] when an effect is not the expected one, or whatever stopped the play.
pub async fn play(world: &World, proposal: &Proposal, context: &Context) -> Result<Outcome> {
    let mut stage = Stage::open(world, context).await?;
    let expectation = Expectation::of(&stage, proposal)?;
    let btrst_before = stage.treasury().await?;
    stage.scene("A proposal: from delegation to execution")?;
    let decided = proposal::play(&mut stage, proposal, &expectation).await?;
    stage.scene("A fee: from the client's invoice to the treasury")?;
    let fees = fees::play(&mut stage, decided.contracted_fee).await?;
    let btrst_after = stage.treasury().await?;
    stage.expect("the treasury's BTRST", btrst_before - expectation.granted + fees.btrst_out, btrst_after)?;
    let outcome = Outcome::new(stage.finish(), decided.status, fees, btrst_before, btrst_after);
    outcome.tell(context)?;
    Ok(outcome)
}
