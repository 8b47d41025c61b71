//! Times for people: local, with the offset, and how far away they are.

use btrst_gov::governor::Head;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// When something is, known or estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Block, where it is bound to one.
    pub block: Option<u64>,
    /// Unix time in seconds.
    pub time: u64,
    /// Whether the time follows from blocks of 12 seconds, and not from the chain.
    pub estimated: bool,
}

impl Moment {
    /// At a time that is fixed, such as an eta.
    pub const fn at(time: u64) -> Self {
        Self { block: None, time, estimated: false }
    }

    /// In a block of which only the number is known.
    pub const fn estimated(head: Head, block: u64) -> Self {
        Self { block: Some(block), time: head.estimate(block), estimated: true }
    }

    /// In words, such as `block 1,234, about 2026-01-15 12:00:00 +01:00`.
    pub fn words(&self) -> String {
        let about = if self.estimated { "about " } else { "" };
        let block = self.block.map_or_else(String::new, |block| format!("block {block}, "));
        format!("{block}{about}{}", local(self.time))
    }

    /// For programs.
    pub fn document(&self) -> Value {
        json!({ "block": self.block, "time": self.time, "estimated": self.estimated })
    }
}

/// A Unix time in the zone of this machine.
pub fn local(time: u64) -> String {
    zoned(time, TimeZone::system())
}

fn zoned(time: u64, zone: TimeZone) -> String {
    let timestamp = i64::try_from(time).ok().and_then(|time| Timestamp::from_second(time).ok());
    timestamp.map_or_else(
        || format!("second {time} of Unix time"),
        |timestamp| timestamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
    )
}

/// Seconds in days, hours, minutes and seconds; the two largest of them.
pub fn span(seconds: u64) -> String {
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let start = parts.iter().position(|(count, _)| *count > 0).unwrap_or(parts.len() - 1);
    let shown = parts.iter().skip(start).take(2).filter(|(count, _)| *count > 0 || seconds == 0);
    shown.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
}

/// How far `time` is from `now`, such as `in 2 d 3 h` or `5 min ago`.
pub fn distance(time: u64, now: u64) -> String {
    if time >= now { format!("in {}", span(time - now)) } else { format!("{} ago", span(now - time)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_two_parts_at_most() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_661, "1 h 1 min"),
            (86_400, "1 d"),
            (90_000, "1 d 1 h"),
            (86_430, "1 d"),
            (604_800, "7 d"),
        ];
        for (seconds, words) in table {
            assert_eq!(span(seconds), words);
        }
        assert_eq!((distance(70, 10).as_str(), distance(10, 70).as_str()), ("in 1 min", "1 min ago"));
    }

    #[test]
    fn times_have_their_offset() {
        assert_eq!(zoned(1_768_435_200, TimeZone::UTC), "2026-01-15 00:00:00 +00:00");
        assert_eq!(zoned(u64::MAX, TimeZone::UTC), "second 18446744073709551615 of Unix time");
    }

    #[test]
    fn estimates_say_so() {
        let moment = Moment::estimated(Head { number: 100, timestamp: 1_000 }, 110);
        assert_eq!((moment.time, moment.block), (1_120, Some(110)));
        assert!(moment.words().starts_with("block 110, about 19"), "{}", moment.words());
        assert!(!Moment::at(5).words().contains("about"));
    }
}
