//! Voting systems.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// How ballots are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// One choice.
    SingleChoice,
    /// For, against and, it may be, abstain.
    Basic,
    /// Any number of choices, each with all power.
    Approval,
    /// All choices in order; the weakest are eliminated until one has a majority.
    RankedChoice,
    /// Power split by weights.
    Weighted,
    /// Power split by weights, and the sum of its square roots squared.
    Quadratic,
    /// All choices in order; each pair is compared.
    Copeland,
}

impl System {
    /// All systems.
    pub const ALL: [Self; 7] = [
        Self::SingleChoice,
        Self::Basic,
        Self::Approval,
        Self::RankedChoice,
        Self::Weighted,
        Self::Quadratic,
        Self::Copeland,
    ];

    /// The protocol's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::SingleChoice => "single-choice",
            Self::Basic => "basic",
            Self::Approval => "approval",
            Self::RankedChoice => "ranked-choice",
            Self::Weighted => "weighted",
            Self::Quadratic => "quadratic",
            Self::Copeland => "copeland",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for System {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let system = Self::ALL.into_iter().find(|system| system.word() == text);
        system.ok_or_else(|| Error::UnknownSystem(crate::error::shown(text)))
    }
}
