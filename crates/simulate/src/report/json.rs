//! The report as JSON, and the schema of that document.

use super::Report;

/// Version of the JSON document. It grows when a field changes its meaning or goes.
pub const SCHEMA_VERSION: u32 = 1;

/// The JSON Schema of the document, as it is published.
pub const SCHEMA: &str = include_str!("report.schema.json");

impl Report {
    /// The report as JSON by [`SCHEMA`], with a line end.
    ///
    /// # Errors
    /// None in practice: every field has a form in JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        Ok(format!("{}\n", serde_json::to_string_pretty(self)?))
    }

    /// Reads the document that [`Report::to_json`] writes.
    ///
    /// # Errors
    /// If the text is not JSON of the schema.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::report;

    #[test]
    fn schema_is_that_of_the_model() {
        let model = serde_json::to_string_pretty(&schemars::schema_for!(Report)).unwrap() + "\n";
        assert_eq!(model, SCHEMA, "write the model's schema to src/report/report.schema.json:\n{model}");
    }

    #[test]
    fn reports_are_valid_and_come_back() {
        let schema = serde_json::from_str(SCHEMA).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let text = report().to_json().unwrap();
        let document = serde_json::from_str(&text).unwrap();
        assert!(validator.is_valid(&document));
        assert_eq!(Report::from_json(&text).unwrap(), report());
        for (field, wrong) in [("schema_version", "1".into()), ("verdict", serde_json::Value::Null)] {
            let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
            document[field] = wrong;
            assert!(!validator.is_valid(&document), "{field}");
        }
    }
}
