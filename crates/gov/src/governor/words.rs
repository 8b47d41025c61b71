//! The words of voting, their numbers on the chain and their names for people.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Which ABI a governor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// BraintrustGovernor with GovernorBravo's ABI: for, against, abstain; reasons; extension of late swings.
    Braintrust,
    /// The live GovernorAlpha of 2021: for or against, and nothing else.
    Alpha,
}

impl Flavour {
    /// Name in the EIP-712 domain of signed ballots.
    pub const fn domain_name(self) -> &'static str {
        match self {
            Self::Braintrust => "Braintrust Governor",
            Self::Alpha => "BTRST Governor Alpha",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Braintrust => "braintrust",
            Self::Alpha => "alpha",
        })
    }
}

/// What a ballot says. The numbers are Bravo's; GovernorAlpha's boolean knows the first two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Support {
    /// 0
    Against,
    /// 1
    For,
    /// 2: counted, but neither in the majority nor in the quorum.
    Abstain,
}

impl fmt::Display for Support {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Against => "against",
            Self::For => "for",
            Self::Abstain => "abstain",
        })
    }
}

impl FromStr for Support {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "against" => Ok(Self::Against),
            "for" => Ok(Self::For),
            "abstain" => Ok(Self::Abstain),
            _ => Err(Error::UnknownWord {
                what: "support",
                value: text.into(),
                allowed: &["for", "against", "abstain"],
            }),
        }
    }
}

impl TryFrom<u8> for Support {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        match number {
            0 => Ok(Self::Against),
            1 => Ok(Self::For),
            2 => Ok(Self::Abstain),
            _ => Err(Error::Nonsense { what: "support", value: number.to_string() }),
        }
    }
}

/// State of a proposal; number and order are the same in GovernorAlpha, GovernorBravo and this suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ProposalState {
    /// 0: the vote has not started.
    Pending,
    /// 1: votes are being cast.
    Active,
    /// 2: final.
    Canceled,
    /// 3: final; the quorum or the majority was missed.
    Defeated,
    /// 4: passed, and can be queued.
    Succeeded,
    /// 5: in the time lock.
    Queued,
    /// 6: final; nobody queued or executed it in time.
    Expired,
    /// 7: final.
    Executed,
}

impl ProposalState {
    /// Whether nothing can change the state any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Canceled | Self::Defeated | Self::Expired | Self::Executed)
    }
}

impl fmt::Display for ProposalState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Canceled => "canceled",
            Self::Defeated => "defeated",
            Self::Succeeded => "succeeded",
            Self::Queued => "queued",
            Self::Expired => "expired",
            Self::Executed => "executed",
        })
    }
}

impl TryFrom<u8> for ProposalState {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        use ProposalState::*;
        let states = [Pending, Active, Canceled, Defeated, Succeeded, Queued, Expired, Executed];
        let state = states.get(usize::from(number)).copied();
        state.ok_or_else(|| Error::Nonsense { what: "proposal state", value: number.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_bravos_order() {
        let words =
            ["pending", "active", "canceled", "defeated", "succeeded", "queued", "expired", "executed"];
        for (number, word) in (0_u8..).zip(words) {
            let state = ProposalState::try_from(number).unwrap();
            assert_eq!((state as u8, state.to_string().as_str()), (number, word));
            assert_eq!(state.is_final(), ["canceled", "defeated", "expired", "executed"].contains(&word));
        }
        let error = ProposalState::try_from(8).unwrap_err();
        assert_eq!(error.to_string(), "the chain's proposal state `8` makes no sense");
    }

    #[test]
    fn support_has_bravos_numbers() {
        for (number, word) in (0_u8..).zip(["against", "for", "abstain"]) {
            let support = Support::try_from(number).unwrap();
            assert_eq!((support as u8, support.to_string().as_str()), (number, word));
            assert_eq!(word.parse::<Support>().unwrap(), support);
        }
        assert!(Support::try_from(3).is_err());
        let error = "yes".parse::<Support>().unwrap_err();
        assert_eq!(error.to_string(), "unknown support `yes`");
        assert_eq!(error.hint().unwrap(), "use one of `for`, `against`, `abstain`");
    }
}
