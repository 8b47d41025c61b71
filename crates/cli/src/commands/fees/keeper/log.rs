//! What the keeper writes into its log.

use btrst_fees::keeper::Step;
use serde_json::Value;

use crate::log::Log;

/// Writes what the keeper did.
pub fn step(log: &Log, step: &Step) {
    let mut fields = serde_json::to_value(step).unwrap_or_default();
    let explanation = match step {
        Step::Waiting(wait) => Some(wait.to_string()),
        Step::PriceRose { .. } => Some(
            "BTRST became dearer before the conversion in its block; a later block has another try".into(),
        ),
        _ => None,
    };
    if let (Some(fields), Some(explanation)) = (fields.as_object_mut(), explanation) {
        fields.insert("explanation".into(), explanation.into());
    }
    let name = fields.get("step").and_then(Value::as_str).unwrap_or("step").to_owned();
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("step");
    }
    let level = if matches!(step, Step::Failed { .. } | Step::Replaced { .. }) { "warn" } else { "info" };
    log.line(level, &name, &fields);
}

/// Whether two steps would say the same to a reader.
pub fn same(last: &Step, step: &Step) -> bool {
    match (last, step) {
        (Step::Waiting(last), Step::Waiting(wait)) => last.word() == wait.word(),
        _ => last == step,
    }
}
