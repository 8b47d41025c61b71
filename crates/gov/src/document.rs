//! Reading TOML so that every complaint names its line and column.

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use toml::Spanned;

use crate::{Error, Result};

/// Text of a file, kept to turn byte offsets into lines and columns.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a>(pub &'a str);

/// A place of a file. Displayed as `line 3, column 5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

impl<'a> Document<'a> {
    /// Reads the text as TOML of the form of `T`.
    ///
    /// # Errors
    /// With line and column: if the text is not TOML, or of another form.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T> {
        toml::from_str(self.0).map_err(|error| {
            let problem = Error::Toml(error.message().into());
            match error.span() {
                Some(span) => self.at(span, problem),
                None => problem,
            }
        })
    }

    /// The start of `span`, in bytes of the text.
    pub fn place(self, span: Range<usize>) -> Place {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    /// What stands at `span`.
    pub fn text(self, span: &Range<usize>) -> &'a str {
        self.0.get(span.clone()).unwrap_or_default()
    }

    /// Says that the place at `span` is not filled in.
    pub fn unfilled(self, span: Range<usize>) -> Error {
        let place = self.text(&span).to_owned();
        self.at(span, Error::Unfilled(place))
    }

    /// `problem`, placed at the start of `span`.
    pub fn at(self, span: Range<usize>, problem: Error) -> Error {
        Error::InFile { place: self.place(span), problem: Box::new(problem) }
    }

    /// Converts a value, and places what is wrong with it.
    ///
    /// # Errors
    /// Those of `convert`, with line and column.
    pub fn convert<T, U>(self, value: &Spanned<T>, convert: impl FnOnce(&T) -> Result<U>) -> Result<U> {
        convert(value.get_ref()).map_err(|problem| self.at(value.span(), problem))
    }
}

/// An argument as TOML writes it, with the places of nested values.
#[derive(Debug)]
pub(crate) enum Value {
    Bool(bool),
    Integer(i64),
    String(String),
    Array(Vec<Spanned<Value>>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "`{value}`"),
            Self::Integer(value) => write!(f, "`{value}`"),
            Self::String(value) => write!(f, "`{value:?}`"),
            Self::Array(values) => write!(f, "an array of {}", values.len()),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an integer, a boolean or an array of these")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }
}
