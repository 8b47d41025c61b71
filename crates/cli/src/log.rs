//! Logs of commands that go on: one line per event on standard error, as text or as JSON.

use std::io::Write as _;

use serde_json::{Map, Value, json};

use crate::context::Context;

/// Where log lines go, and in which form.
#[derive(Debug)]
pub struct Log {
    json: bool,
    quiet: bool,
}

impl Log {
    /// A log in the form that `context` asks for.
    pub const fn new(context: &Context) -> Self {
        Self { json: context.json, quiet: context.quiet }
    }

    /// Writes a line. Quiet leaves warnings.
    pub fn line(&self, level: &str, event: &str, fields: &Value) {
        if self.quiet && level == "info" {
            return;
        }
        let time = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let line = if self.json {
            json_line(&time, level, event, fields)
        } else {
            text_line(&time, level, event, fields)
        };
        // A log that cannot be written must not stop the work.
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

fn json_line(time: &str, level: &str, event: &str, fields: &Value) -> String {
    let mut line = Map::new();
    line.insert("time".into(), time.into());
    line.insert("level".into(), level.into());
    line.insert("event".into(), event.into());
    line.extend(fields.as_object().cloned().unwrap_or_default());
    json!(line).to_string()
}

fn text_line(time: &str, level: &str, event: &str, fields: &Value) -> String {
    let fields = fields.as_object().into_iter().flatten().map(|(name, value)| match value {
        Value::String(text) if !text.contains(' ') => format!(" {name}={text}"),
        value => format!(" {name}={value}"),
    });
    format!("{time} {level:<4} {event}{}", fields.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_time_level_event_and_fields() {
        let fields = json!({ "hash": "0x1", "explanation": "two words", "nonce": 7 });
        assert_eq!(
            text_line("T", "info", "sent", &fields),
            "T info sent hash=0x1 explanation=\"two words\" nonce=7"
        );
        let line: Value = serde_json::from_str(&json_line("T", "warn", "failed", &fields)).unwrap();
        assert_eq!(
            (&line["level"], &line["event"], &line["nonce"]),
            (&json!("warn"), &json!("failed"), &json!(7))
        );
    }
}
