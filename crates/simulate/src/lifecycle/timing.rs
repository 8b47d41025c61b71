//! When each proposal of a play is executed.

use btrst_gov::governor::{Flavour, Status};

use super::Moment;

/// The first and the last second in which the proposal of `status` can be executed, Unix times; `None` until it is
/// queued.
///
/// The time lock takes it until the end of its grace period, and so does BraintrustGovernor. GovernorAlpha says that it
/// is expired in that very second.
pub(super) fn window(flavour: Flavour, status: &Status) -> Option<(u64, u64)> {
    let (eta, until) = status.execution?;
    Some(match flavour {
        Flavour::Braintrust => (eta, until),
        Flavour::Alpha => (eta, until.saturating_sub(1).max(eta)),
    })
}

/// When the proposal with the window from `eta` to `until` is executed at `moment`, Unix time in seconds.
pub(super) const fn instant(moment: Moment, (eta, until): (u64, u64)) -> u64 {
    match moment {
        Moment::Eta => eta,
        Moment::Middle => eta + until.saturating_sub(eta) / 2,
        Moment::LastSecond => until,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_the_window() {
        let window = (1_000, 2_001);
        assert_eq!(instant(Moment::Eta, window), 1_000);
        assert_eq!(instant(Moment::Middle, window), 1_500);
        assert_eq!(instant(Moment::LastSecond, window), 2_001);
        assert_eq!(instant(Moment::Middle, (u64::MAX, 0)), u64::MAX);
    }
}
