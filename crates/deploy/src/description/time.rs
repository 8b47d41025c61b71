//! Points in time, as TOML writes them.

use jiff::Timestamp;
use toml::Spanned;
use toml::value::Datetime;

use super::file::Reader;
use crate::{Error, Result};

/// Unix time in seconds of a date with time and offset. Nothing before 1970, and no parts of a second.
pub(super) fn unix(reader: Reader<'_>, value: &Spanned<Datetime>) -> Result<u64> {
    let text = value.get_ref().to_string();
    let parsed: Option<Timestamp> = text.parse().ok();
    let whole = parsed.filter(|time| time.subsec_nanosecond() == 0);
    let seconds = whole.and_then(|time| u64::try_from(time.as_second()).ok());
    seconds.ok_or_else(|| reader.at(value, Error::InvalidTime(text)))
}
