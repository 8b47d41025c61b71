//! Conditions of a query, put together without ever putting a value into the statement.

use sqlx::Any;
use sqlx::query::Query;

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Integer(i64),
    Real(f64),
}

/// Which rows, in which order.
#[derive(Clone, Debug, Default)]
pub struct Select {
    conditions: Vec<String>,
    values: Vec<Value>,
    order: Option<String>,
    first: u32,
    skip: u32,
}

impl Select {
    /// Most rows of one answer.
    pub const MOST: u32 = 1_000;

    /// Most rows that are skipped.
    pub const MOST_SKIPPED: u32 = 5_000;

    /// Rows of an answer where nobody says how many.
    pub const USUAL: u32 = 20;

    /// The first `first` rows after `skip`, within what an answer may have.
    pub fn page(first: u32, skip: u32) -> Self {
        Self { first: first.min(Self::MOST), skip: skip.min(Self::MOST_SKIPPED), ..Self::default() }
    }

    fn push(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Rows whose `column` is one of `values`.
    pub fn one_of(&mut self, column: &'static str, values: impl IntoIterator<Item = String>) {
        let places: Vec<String> = values.into_iter().map(|value| self.push(Value::Text(value))).collect();
        // Nothing is in an empty list, and the databases do not take one.
        let condition =
            if places.is_empty() { "1 = 0".into() } else { format!("{column} IN ({})", places.join(", ")) };
        self.conditions.push(condition);
    }

    /// Rows whose `column` compares as `operator` with the text `value`.
    pub fn text(&mut self, column: &'static str, operator: &'static str, value: impl Into<String>) {
        let place = self.push(Value::Text(value.into()));
        self.conditions.push(format!("{column} {operator} {place}"));
    }

    /// Rows whose `column` contains `part`, in whatever capitals.
    pub fn contains(&mut self, column: &'static str, part: &str) {
        let escaped = part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let place = self.push(Value::Text(format!("%{escaped}%")));
        self.conditions.push(format!("LOWER({column}) LIKE LOWER({place}) ESCAPE '\\'"));
    }

    /// Rows whose `column` compares as `operator` with the integer `value`.
    pub fn integer(&mut self, column: &'static str, operator: &'static str, value: i64) {
        let place = self.push(Value::Integer(value));
        self.conditions.push(format!("{column} {operator} {place}"));
    }

    /// Rows whose `column` compares as `operator` with the number `value`.
    pub fn real(&mut self, column: &'static str, operator: &'static str, value: f64) {
        let place = self.push(Value::Real(value));
        self.conditions.push(format!("{column} {operator} {place}"));
    }

    /// Rows by `column`, then by `then`, so that pages do not overlap.
    pub fn order(&mut self, column: &'static str, then: &'static str, descending: bool) {
        let direction = if descending { "DESC" } else { "ASC" };
        self.order = Some(format!(" ORDER BY {column} {direction}, {then} {direction}"));
    }

    /// The whole statement, which begins with `select`.
    pub fn statement(&self, select: &str) -> String {
        let mut sql = select.to_owned();
        if !self.conditions.is_empty() {
            sql.push_str(" WHERE ");
            sql.push_str(&self.conditions.join(" AND "));
        }
        sql.push_str(self.order.as_deref().unwrap_or_default());
        format!("{sql} LIMIT {} OFFSET {}", self.first, self.skip)
    }

    /// The query of `statement`, with the values in their places.
    pub fn query<'q>(&self, statement: &'q str) -> Query<'q, Any, sqlx::any::AnyArguments<'q>> {
        let mut query = sqlx::query(statement);
        for value in self.values.clone() {
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(number) => query.bind(number),
                Value::Real(number) => query.bind(number),
            };
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_get_into_the_statement() {
        let mut select = Select::page(5_000, 9_000);
        select.one_of("voter", ["a' OR 1=1".to_owned(), "b".to_owned()]);
        select.integer("created", ">", 7);
        select.one_of("id", []);
        select.order("created", "id", true);
        assert_eq!(
            select.statement("SELECT * FROM votes"),
            "SELECT * FROM votes WHERE voter IN ($1, $2) AND created > $3 AND 1 = 0 \
             ORDER BY created DESC, id DESC LIMIT 1000 OFFSET 5000"
        );
    }
}
