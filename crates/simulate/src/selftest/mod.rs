//! Shows that the checks can fire: each has a fixture that replays a real attack or mistake, and a clean twin that
//! differs in nothing else.
//!
//! Everything runs in memory, on the suite's own contracts from the embedded artifacts and on small contracts written by
//! hand, through the same [`checks::run`](crate::checks::run) that users run.

mod approved;
mod code;
mod fixtures;
mod holdings;
mod stage;
mod traps;
mod world;

use alloy::primitives::{Address, B256, U256};
use btrst_gov::{
    Action, Deployment, Proposal,
    governor::{Flavour, ProposalState},
};

use crate::{
    Manifest, Result, Verdict,
    checks::{self, Agreement, Approval, Input, Other},
    history::History,
    report::Report,
    sources::Claim,
};
use world::{AMARA, BELA, Setting, World};

/// What a fixture showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Id of the check.
    pub check: &'static str,
    /// The attack or mistake that it replays.
    pub fixture: &'static str,
    /// The verdict that it must have.
    pub expected: Verdict,
    /// The verdict that it has.
    pub found: Verdict,
    /// What the check says about it.
    pub summary: String,
    /// The verdict that the clean twin must have.
    pub expected_clean: Verdict,
    /// The verdict that the clean twin has.
    pub found_clean: Verdict,
}

impl Outcome {
    /// Whether the check fires where it must, and only there.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.found == self.expected && self.found_clean == self.expected_clean
    }
}

/// A proposal in a world, with what is known around it.
#[derive(Clone, Debug)]
struct Case {
    setting: Setting,
    actions: Vec<Act>,
    description: String,
    lengths: Option<[usize; 4]>,
    flavour: Flavour,
    state: Option<ProposalState>,
    others: Vec<Other>,
    block_time: Option<u64>,
    agreements: Vec<Agreement>,
    manifest: Option<fn(&Deployment) -> Manifest>,
    /// What is known of the consensus check that the description names.
    approval: Option<fn(&Deployment, &Proposal) -> Approval>,
    /// The treasury's address in the deployment file, where it is a wrong one.
    wrong_timelock: Option<Address>,
    /// A proposal that the proposer makes before.
    earlier: bool,
    /// Has it on the chain and queued, so many seconds before the end of its window.
    queued: Option<u64>,
    /// What is known about sources.
    claims: Vec<Claim>,
    /// What is known about ages.
    histories: Vec<History>,
    /// Whether the block that is named has another header.
    wrong_hash: bool,
}

/// An action whose target is a contract of the world or an address.
#[derive(Clone, Debug)]
struct Act {
    target: Target,
    value: u64,
    signature: &'static str,
    calldata: Vec<u8>,
}

/// Whom an action calls.
#[derive(Clone, Copy, Debug)]
enum Target {
    Token,
    Timelock,
    Decisions,
    At(Address),
}

impl Case {
    /// A grant of 1,000 BTRST, in a world without surprises.
    fn grant() -> Self {
        Self::of(vec![Act::transfer(world::GRANTEE, 1_000)], "# Pay grantee 1,000 BTRST")
    }

    fn of(actions: Vec<Act>, description: &str) -> Self {
        Self {
            setting: Setting::default(),
            actions,
            description: description.into(),
            lengths: None,
            flavour: Flavour::Braintrust,
            state: None,
            others: Vec::new(),
            block_time: None,
            agreements: Vec::new(),
            manifest: None,
            approval: None,
            wrong_timelock: None,
            earlier: false,
            queued: None,
            claims: Vec::new(),
            histories: Vec::new(),
            wrong_hash: false,
        }
    }

    /// The report on it.
    fn report(&self) -> Result<Report> {
        let World { mut deployment, mut pinned, mut machine } = World::new(&self.setting)?;
        let actions = self.actions.iter().map(|act| act.action(&deployment)).collect();
        let proposal = Proposal { description: self.description.clone(), actions };
        if self.earlier {
            stage::propose(&mut machine, &deployment, AMARA, &stage::small(&deployment)?)?;
        }
        let id = match self.queued {
            Some(left) => Some(stage::queue(&mut machine, &deployment, &proposal, left)?),
            None => None,
        };
        if self.wrong_hash {
            pinned.hash = B256::repeat_byte(0x66);
        }
        deployment.flavour = self.flavour;
        let manifest = self.manifest.map(|manifest| manifest(&deployment));
        let approval = self.approval.map(|approval| approval(&deployment, &proposal));
        if let Some(timelock) = self.wrong_timelock {
            deployment.contracts.timelock = timelock;
        }
        let input = Input {
            lengths: self.lengths,
            id,
            state: id.map(|_| ProposalState::Queued).or(self.state),
            proposer: Some(AMARA),
            delegates: &[AMARA, BELA],
            others: &self.others,
            manifest: manifest.as_ref(),
            approval: approval.as_ref(),
            sources: &self.claims,
            histories: &self.histories,
            block_time: self.block_time,
            ..Input::new(&deployment, &proposal)
        };
        Ok(checks::run_in(&input, &pinned, machine, &self.agreements).report)
    }

    fn verdict(&self, check: &str) -> Result<(Verdict, String)> {
        let report = self.report()?;
        let found = report.finding(check).map(|finding| (finding.verdict, finding.summary.clone()));
        Ok(found.unwrap_or((Verdict::NotRun, "the report has no such check".into())))
    }
}

impl Act {
    fn call(target: Target, signature: &'static str, words: &[U256]) -> Self {
        let calldata = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
        Self { target, value: 0, signature, calldata }
    }

    /// A payment of whole BTRST from the treasury.
    fn transfer(to: Address, whole: u64) -> Self {
        let amount = btrst_gov::parameters::btrst(whole);
        Self::call(Target::Token, "transfer(address,uint256)", &[word(to), amount])
    }

    fn action(&self, deployment: &Deployment) -> Action {
        let contracts = &deployment.contracts;
        let target = match self.target {
            Target::Token => contracts.btrst,
            Target::Timelock => contracts.timelock,
            Target::Decisions => contracts.governance_decisions.unwrap_or_default(),
            Target::At(address) => address,
        };
        Action {
            target,
            value: U256::from(self.value),
            signature: self.signature.into(),
            calldata: self.calldata.clone().into(),
        }
    }
}

/// The word in which an address stands.
fn word(address: Address) -> U256 {
    U256::from_be_bytes(address.into_word().0)
}

/// Runs every fixture and its clean twin, in the order of the catalogue.
///
/// # Errors
/// If the world of the fixtures cannot be built, which is a fault of this crate.
pub fn selftest() -> Result<Vec<Outcome>> {
    fixtures::all().iter().map(outcome).collect()
}

/// Runs `fixture` and its clean twin.
fn outcome(fixture: &fixtures::Fixture) -> Result<Outcome> {
    let (found, summary) = fixture.malicious.verdict(fixture.check)?;
    let (found_clean, _) = fixture.clean.verdict(fixture.check)?;
    Ok(Outcome {
        check: fixture.check,
        fixture: fixture.name,
        expected: fixture.expected,
        found,
        summary,
        expected_clean: fixture.expected_clean,
        found_clean,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::checks::CATALOGUE;

    /// Every check fires on its fixture and not on its twin.
    fn sound(fixtures: &[fixtures::Fixture]) {
        let outcomes: Vec<_> = fixtures.iter().map(|fixture| outcome(fixture).unwrap()).collect();
        let unsound: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_sound()).collect();
        assert!(unsound.is_empty(), "{unsound:#?}");
    }

    #[test]
    fn shapes_fire() {
        sound(&fixtures::shape());
    }

    #[test]
    fn what_is_before_the_execution_fires() {
        sound(&fixtures::before());
    }

    #[test]
    fn executions_fire() {
        sound(&fixtures::execution());
    }

    #[test]
    fn what_is_left_behind_fires() {
        sound(&fixtures::aftermath());
    }

    #[test]
    fn code_fires() {
        sound(&fixtures::provenance());
    }

    #[test]
    fn traps_fire() {
        sound(&traps::all());
    }

    #[test]
    fn what_is_held_fires_and_is_said() {
        let outcomes: Vec<_> = holdings::all().iter().map(|fixture| outcome(fixture).unwrap()).collect();
        let unsound: Vec<_> = outcomes.iter().filter(|outcome| !outcome.is_sound()).collect();
        assert!(unsound.is_empty(), "{unsound:#?}");
        for (fixture, words) in [
            ("a collection for a key", "may spend all of the treasury's"),
            ("an item for a key", "may take number 7 of the treasury's"),
            ("a permission that is asked for", "has a permission of the treasury at"),
            ("a fee that is not reported", "the token answers 0 before and 490 after"),
            ("a payment 60 calls deep", "hidden: 1,000 BTRST of the treasury go to"),
            ("a receiver who passes it on", "gains 1,000 BTRST, gives nothing"),
            ("ether of a contract that ends", "gives nothing, and is named nowhere"),
            ("a module for a key", ", as rights are, in slot 1["),
            ("an account that need not have votes", ": 0 -> 2000000000"),
            ("a role for a moment", "no -> no, after it was yes on the way"),
            ("a role that is not taken", "loses the admin role, and answers the opposite"),
            ("an owner who has to accept", "takes over as soon as it accepts"),
        ] {
            let found = outcomes.iter().find(|outcome| outcome.fixture == fixture).unwrap();
            assert!(found.summary.contains(words), "{fixture}: {}", found.summary);
        }
    }

    #[test]
    fn every_check_that_can_fire_has_a_fixture() {
        let with: BTreeSet<_> = fixtures::all().iter().map(|fixture| fixture.check).collect();
        let without: Vec<_> =
            CATALOGUE.iter().map(|check| check.id).filter(|id| !with.contains(id)).collect();
        assert_eq!(without, [] as [&str; 0]);
    }

    #[test]
    fn the_effects_of_a_play_are_a_manifest_that_it_fulfils() {
        let World { deployment, pinned, machine } = World::new(&Setting::default()).unwrap();
        let fee = Act::call(Target::Decisions, "setMarketplaceFee(uint8)", &[U256::from(12)]);
        let acts = [Act::transfer(world::GRANTEE, 1_000), fee];
        let actions = acts.iter().map(|act| act.action(&deployment)).collect();
        let mut proposal = Proposal { description: "# Pay grantee 1,000 BTRST, fee 12".into(), actions };
        let check = |proposal: &Proposal, manifest: Option<&Manifest>| {
            let input = Input {
                proposer: Some(AMARA),
                delegates: &[AMARA, BELA],
                manifest,
                ..Input::new(&deployment, proposal)
            };
            checks::run_in(&input, &pinned, machine.clone(), &[])
        };
        let written = check(&proposal, None).effects.unwrap();
        let text = written.render(&deployment).unwrap();
        let manifest = Manifest::parse(&text, &deployment).unwrap();
        assert_eq!(manifest.hash(), written.hash(), "{text}");
        proposal.description.push_str(&format!("\n\n{}", manifest.line()));
        let verdict = |proposal: &Proposal, manifest: &Manifest, id: &str| {
            check(proposal, Some(manifest))
                .report
                .finding(id)
                .map(|found| (found.verdict, found.summary.clone()))
        };
        let fulfilled =
            (Verdict::Pass, "every effect is declared, and every declared effect happens".to_owned());
        assert_eq!(verdict(&proposal, &manifest, "D3"), Some(fulfilled));
        assert_eq!(verdict(&proposal, &manifest, "E5").unwrap().0, Verdict::Pass);

        let mut other = manifest.clone();
        other.writes.pop();
        let (found, summary) = verdict(&proposal, &other, "D3").unwrap();
        assert_eq!(found, Verdict::Fail);
        assert!(summary.starts_with("the description is bound to the effects"), "{summary}");
    }

    #[test]
    fn a_clean_grant_is_clean() {
        let report = Case::grant().report().unwrap();
        let findings: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.verdict != Verdict::Pass)
            .map(|finding| (finding.check.as_str(), finding.verdict, finding.summary.as_str()))
            .collect();
        let optional = ["A9", "D3", "D7", "E5", "E7"];
        assert!(
            findings
                .iter()
                .all(|(check, verdict, _)| optional.contains(check) && *verdict == Verdict::NotRun),
            "{findings:#?}"
        );
        assert_eq!((report.verdict(), report.is_acceptable(false)), (Verdict::Pass, true));
        let engines: Vec<_> = report.header.engines.iter().map(|engine| engine.name.as_str()).collect();
        assert_eq!(engines, ["btrst-simulate, in process (revm)", "storage override"]);
    }
}
