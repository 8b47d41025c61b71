//! The queries of the protocol, with limits for those who ask too much.

mod filter;
mod message;
mod proposal;
mod query;
mod space;
mod vote;

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Scalar, ScalarType, Value};

pub use query::Query;

use crate::{Error, Hub};

/// Most levels of a query. What clients ask has at most five.
const DEPTH: usize = 10;

/// Most values of an answer, counted before it is made: fields times the rows that were asked for.
const COMPLEXITY: usize = 60_000;

/// Most levels that the parser goes down.
const PARSED: usize = 24;

/// Most directives of a field.
const DIRECTIVES: usize = 4;

/// What answers queries.
pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema of `hub`. It does not describe itself, which is the cheapest way of asking for much; the endpoints serve
/// its text instead.
pub fn schema(hub: Arc<Hub>) -> Schema {
    Schema::build(Query, EmptyMutation, EmptySubscription)
        .data(hub)
        .limit_depth(DEPTH)
        .limit_complexity(COMPLEXITY)
        .limit_recursive_depth(PARSED)
        .limit_directives(DIRECTIVES)
        .disable_introspection()
        .finish()
}

/// The schema as text.
pub fn text() -> String {
    Schema::build(Query, EmptyMutation, EmptySubscription).finish().sdl()
}

/// Any JSON.
#[derive(Clone, Debug)]
pub struct Any(pub serde_json::Value);

/// Any JSON.
#[Scalar(name = "Any")]
impl ScalarType for Any {
    fn parse(value: Value) -> async_graphql::InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// What a client gets to know of a failure of the hub: that there was one.
fn failed(hub: &Hub, error: &Error) -> async_graphql::Error {
    hub.failed(error);
    async_graphql::Error::new("the hub could not answer; try again later")
}
