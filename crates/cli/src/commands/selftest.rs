//! `btrst selftest`.

use std::process::ExitCode;

use btrst_simulate::selftest;
use btrst_simulate::selftest::Outcome;
use eyre::Result;
use serde_json::json;

use crate::context::Context;

/// Exit code when a check did not fire, or fired at the clean twin.
const UNSOUND: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst selftest
  btrst selftest A6 E6
  btrst selftest --json | jq -r '.outcomes[] | [.check, .fixture, .found] | @tsv'

Exit codes: 0 when every check fires where it must and only there, 1 when one does not, 2 on an error.";

/// Shows that the checks of proposals fire: each on a real attack or mistake, and not on its clean twin.
///
/// Everything runs in memory, on the suite's own contracts, through the same code as `btrst proposal check`. No endpoint is
/// needed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Ids of the checks to show, such as A6; all by default
    #[arg(value_name = "CHECK")]
    checks: Vec<String>,
}

/// Shows them.
///
/// # Errors
/// When a fixture cannot be set up, or no fixture is of a check that was named.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    context.note("replaying attacks and mistakes in memory …");
    let all = selftest()?;
    if let Some(unknown) =
        args.checks.iter().find(|id| all.iter().all(|outcome| outcome.check != id.as_str()))
    {
        let mut known: Vec<_> = all.iter().map(|outcome| outcome.check).collect();
        known.dedup();
        let message = format!("there is no check `{unknown}` with a fixture");
        return Err(crate::failure::Hinted::new(message, format!("those are {}", known.join(", "))).into());
    }
    let wanted =
        |outcome: &Outcome| args.checks.is_empty() || args.checks.iter().any(|id| id == outcome.check);
    let outcomes: Vec<Outcome> = all.into_iter().filter(wanted).collect();
    for outcome in &outcomes {
        context.say(&format!("{:<4} {}", outcome.check, outcome.fixture))?;
        context.say(&format!("     {:<8} {}", outcome.found.to_string(), outcome.summary))?;
        context.say(&format!("     {:<8} at its clean twin", outcome.found_clean.to_string()))?;
        if !outcome.is_sound() {
            context.say(&format!(
                "     UNSOUND: it must be {} and {}",
                outcome.expected, outcome.expected_clean
            ))?;
        }
    }
    let unsound = outcomes.iter().filter(|outcome| !outcome.is_sound()).count();
    context.say(&match unsound {
        0 => format!("\nAll {} fixtures were told from their clean twins.", outcomes.len()),
        _ => format!("\n{unsound} of {} fixtures were NOT told from their clean twins.", outcomes.len()),
    })?;
    context.document(&json!({
        "schema_version": 1,
        "sound": unsound == 0,
        "outcomes": outcomes.iter().map(|outcome| json!({
            "check": outcome.check,
            "fixture": outcome.fixture,
            "expected": outcome.expected,
            "found": outcome.found,
            "summary": outcome.summary,
            "expected_clean": outcome.expected_clean,
            "found_clean": outcome.found_clean,
        })).collect::<Vec<_>>(),
    }))?;
    Ok(if unsound == 0 { ExitCode::SUCCESS } else { ExitCode::from(UNSOUND) })
}
