//! Choices as people write them.

use btrst_offchain::ProposalRecord;
use btrst_offchain::message::SignedChoice;
use btrst_offchain::tally::{Choice, System};
use eyre::Result;
use serde_json::{Map, Value};

use crate::failure::Hinted;

/// What `text` says in a vote on `record`: a choice by number or name, several after commas, or weights such as
/// `1:3,2:1`.
///
/// # Errors
/// When it says nothing that the voting system takes.
pub fn parse(text: &str, record: &ProposalRecord) -> Result<SignedChoice> {
    let system = record.system()?;
    let wrong = || {
        let message = format!("`{text}` is no choice in a `{system}` vote");
        Hinted::new(message, hint(system, &record.choices))
    };
    let number = |text: &str| number(text.trim(), &record.choices);
    let parts = || text.split(',').filter(|part| !part.trim().is_empty());
    let choice = match system {
        System::SingleChoice | System::Basic => number(text).map(SignedChoice::One),
        System::Approval | System::RankedChoice | System::Copeland => {
            parts().map(number).collect::<Option<_>>().map(SignedChoice::Several)
        }
        System::Weighted | System::Quadratic => weights(parts(), number),
    };
    let choice = choice.ok_or_else(wrong)?;
    if Choice::of_vote(system, &choice).is_valid(system, record.choices.len()) {
        Ok(choice)
    } else {
        Err(wrong().into())
    }
}

fn weights<'a>(
    parts: impl Iterator<Item = &'a str>,
    number: impl Fn(&str) -> Option<u32>,
) -> Option<SignedChoice> {
    let mut weights = Map::new();
    for part in parts {
        let (choice, weight) = part.rsplit_once(':')?;
        let weight: serde_json::Number = weight.trim().parse().ok()?;
        if weights.insert(number(choice)?.to_string(), Value::Number(weight)).is_some() {
            return None;
        }
    }
    Some(SignedChoice::Text(Value::Object(weights).to_string()))
}

/// A choice from 1, by its number or its name in whatever capitals.
fn number(text: &str, choices: &[String]) -> Option<u32> {
    if let Ok(number) = text.parse::<u32>() {
        return Some(number);
    }
    let place = choices.iter().position(|choice| choice.to_lowercase() == text.to_lowercase())?;
    u32::try_from(place + 1).ok()
}

fn hint(system: System, choices: &[String]) -> String {
    let named: Vec<_> =
        (1..).zip(choices).take(9).map(|(number, choice)| format!("{number} {choice}")).collect();
    let form = match system {
        System::SingleChoice | System::Basic => "name one",
        System::Approval => "name any, as in `1,3`",
        System::RankedChoice | System::Copeland => "name all in your order, as in `3,1,2`",
        System::Weighted | System::Quadratic => "give weights, as in `1:3,2:1`",
    };
    format!("{form}: {}", named.join(", "))
}

/// `choice` as a hub publishes it, in words.
pub fn words(choice: &Value, choices: &[String]) -> String {
    let name = |number: u64| {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let name = place.and_then(|place| choices.get(place));
        name.cloned().unwrap_or_else(|| format!("choice {number}"))
    };
    match choice {
        Value::Number(number) => name(number.as_u64().unwrap_or_default()),
        Value::Array(list) => {
            list.iter().map(|number| name(number.as_u64().unwrap_or_default())).collect::<Vec<_>>().join(", ")
        }
        Value::Object(weights) => {
            let part = |(choice, weight): (&String, &Value)| {
                format!("{} × {weight}", name(choice.parse().unwrap_or_default()))
            };
            weights.iter().map(part).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(system: &str) -> ProposalRecord {
        serde_json::from_value(json!({
            "id": "0x".to_owned() + &"11".repeat(32),
            "author": "0x".to_owned() + &"22".repeat(20),
            "created": 1, "space": {"id": "a.eth"}, "network": "1", "type": system, "title": "T",
            "choices": ["For", "Against", "Abstain"], "start": 1, "end": 2, "snapshot": "3", "strategies": [],
        }))
        .unwrap()
    }

    #[test]
    fn choices_are_written_as_people_say_them() {
        let table = [
            ("basic", "for", SignedChoice::One(1)),
            ("single-choice", "3", SignedChoice::One(3)),
            ("approval", "1, abstain", SignedChoice::Several(vec![1, 3])),
            ("ranked-choice", "against,3,1", SignedChoice::Several(vec![2, 3, 1])),
            ("weighted", "For:3,2:1", SignedChoice::Text(r#"{"1":3,"2":1}"#.into())),
            ("quadratic", "2:0.5", SignedChoice::Text(r#"{"2":0.5}"#.into())),
        ];
        for (system, text, choice) in table {
            assert_eq!(parse(text, &record(system)).unwrap(), choice, "{system}");
        }
        for (system, text) in [
            ("basic", "4"),
            ("basic", "yes"),
            ("ranked-choice", "1,2"),
            ("weighted", "1"),
            ("weighted", "1:1,for:2"),
        ] {
            let error = parse(text, &record(system)).unwrap_err().to_string();
            assert_eq!(error, format!("`{text}` is no choice in a `{system}` vote"));
        }
    }
}
