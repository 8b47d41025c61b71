use super::*;
use crate::{
    Proposal,
    deployment::sample::deployment,
    proposal::{Severity, lint},
};

fn given(text: &str) -> Option<String> {
    Some(text.into())
}

fn filled() -> Vec<(Template, Vec<&'static str>)> {
    let guards = GuardParameters {
        window: Some(1_800),
        short_window: Some(300),
        tolerance: Some(75),
        max_deviation: Some(200),
        hop: Some(3_600),
        lot: given("25_000usdc"),
        min_liquidity: given("100_000_000_000_000_000"),
    };
    let parameter = Template::Parameter;
    vec![
        (
            Template::Transfer { to: given("amara"), amount: given("25_000.5usdc") },
            vec!["USDC.transfer(to = amara, amount = 25,000.5 USDC)"],
        ),
        (
            Template::Transfer { to: given("amara"), amount: given("0.5ether") },
            vec!["send 0.5 ether to amara"],
        ),
        (
            Template::Grant { to: given("grantee"), amount: given("250_000btrst") },
            vec!["BTRST.transfer(to = grantee, amount = 250,000 BTRST)"],
        ),
        (
            Template::MarketplaceFee { percent: Some(12) },
            vec!["GovernanceDecisions.setMarketplaceFee(fee = 12%)"],
        ),
        (
            Template::Category(Change::Add, given("Data \"science\"")),
            vec!["GovernanceDecisions.addMarketplaceCategory(category = \"Data \\\"science\\\"\")"],
        ),
        (
            Template::Member(Change::Remove, given("Muses")),
            vec!["GovernanceDecisions.removeFoundationMember(member = \"Muses\")"],
        ),
        (
            parameter(Setting::VotingDelay(Some(7_200))),
            vec!["Governor._setVotingDelay(votingDelay = 7,200 blocks)"],
        ),
        (
            parameter(Setting::VotingPeriod(Some(17_280))),
            vec!["Governor._setVotingPeriod(votingPeriod = 17,280 blocks)"],
        ),
        (
            parameter(Setting::ProposalThreshold(given("625_000"))),
            vec!["Governor._setProposalThreshold(proposalThreshold = 625,000 BTRST)"],
        ),
        (
            parameter(Setting::QuorumVotes(given("10_000_000btrst"))),
            vec!["Governor._setQuorumVotes(quorumVotes = 10,000,000 BTRST)"],
        ),
        (
            parameter(Setting::ProposalGuardian(given("amara"), Some(1_800_000_000))),
            vec!["Governor._setProposalGuardian(guardian = (amara, 1800000000))"],
        ),
        (
            parameter(Setting::WhitelistGuardian(given("amara"))),
            vec!["Governor._setWhitelistGuardian(account = amara)"],
        ),
        (
            parameter(Setting::WhitelistedAccount(given("amara"), Some(1_800_000_000))),
            vec!["Governor._setWhitelistAccountExpiration(account = amara, expiration = 1800000000)"],
        ),
        (
            Template::ConverterParameters(guards),
            vec![
                "FeeConverter.setParameters(parameters = (1800, 300, 75, 200, 3600, 25000000000, \
                 100000000000000000))",
            ],
        ),
        (Template::TimelockDelay { days: Some(3) }, vec!["Timelock.setDelay(delay = 259,200 seconds)"]),
        (
            Template::Call {
                contract: given("amara"),
                function: given("f(bool,uint256[],address)"),
                arguments: vec!["true".into(), "[1, \"2usdc\"]".into(), "grantee".into()],
                value: given("1"),
            },
            vec!["amara.f(true, [1, 2000000], grantee), sending 1 ether"],
        ),
        (
            Template::Adoption { governor: given("amara"), checked: None },
            vec!["Timelock.setPendingAdmin(pendingAdmin = amara)", "amara._initiate(governor)"],
        ),
    ]
}

/// The file with every place of it filled in with plain words.
fn in_words(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(span) = crate::proposal::place::places(&text, 0).pop() {
        text.replace_range(span, "words 100000000000000000 and grantee");
    }
    text
}

#[test]
fn given_values_arrive_in_the_proposal() {
    for (template, expected) in filled() {
        let text = template.draft(Some("My title"), &deployment()).unwrap().render();
        let proposal = Proposal::parse(&in_words(&text), &deployment())
            .unwrap_or_else(|error| panic!("{template:?}: {error}\n{text}"));
        assert_eq!(proposal.title(), "My title");
        let described: Vec<_> =
            proposal.actions.iter().map(|action| action.describe(&deployment())).collect();
        assert_eq!(described, expected);
        assert_eq!(lint(&in_words(&text), &deployment()), [], "{text}");
    }
}

#[test]
fn what_is_not_given_is_refused_until_it_is_filled_in() {
    let nothing = [
        Template::Transfer { to: None, amount: None },
        Template::Grant { to: None, amount: None },
        Template::MarketplaceFee { percent: None },
        Template::Category(Change::Remove, None),
        Template::Member(Change::Add, None),
        Template::Parameter(Setting::VotingDelay(None)),
        Template::Parameter(Setting::VotingPeriod(None)),
        Template::Parameter(Setting::ProposalThreshold(None)),
        Template::Parameter(Setting::QuorumVotes(None)),
        Template::Parameter(Setting::ProposalGuardian(None, None)),
        Template::Parameter(Setting::WhitelistGuardian(None)),
        Template::Parameter(Setting::WhitelistedAccount(None, None)),
        Template::ConverterParameters(GuardParameters::default()),
        Template::TimelockDelay { days: None },
        Template::Call { contract: None, function: None, arguments: vec![], value: None },
        Template::Call { contract: None, function: given("f(bool)"), arguments: vec![], value: None },
        Template::Adoption { governor: None, checked: None },
    ];
    for template in nothing {
        let text = template.draft(None, &deployment()).unwrap().render();
        let error = Proposal::parse(&text, &deployment()).unwrap_err().to_string();
        assert!(error.ends_with("is not filled in"), "{error}");
        let findings = lint(&text, &deployment());
        let unfilled = |message: &str| message.ends_with("is not filled in");
        assert!(
            findings.iter().all(|f| f.severity == Severity::Warning || unfilled(&f.message)),
            "{findings:#?}\n{text}"
        );
        assert!(findings.iter().filter(|f| unfilled(&f.message)).count() >= 3, "{text}");
        assert!(text.contains("Places in double braces"), "{text}");
    }
}

#[test]
fn impossible_decisions_are_refused() {
    let sample = deployment();
    let alpha = Deployment { flavour: Flavour::Alpha, ..sample.clone() };
    let mut bare = sample.clone();
    bare.contracts.governance_decisions = None;
    let call = |function: &str, arguments: &[&str]| Template::Call {
        contract: None,
        function: given(function),
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        value: None,
    };
    let table = [
        (
            Template::Parameter(Setting::VotingDelay(Some(1))),
            &alpha,
            "GovernorAlpha cannot change its parameters",
        ),
        (Template::MarketplaceFee { percent: None }, &bare, "missing contract `governance_decisions`"),
        (Template::Transfer { to: None, amount: given("5") }, &sample, "amount `5` has no unit"),
        (
            Template::Transfer { to: None, amount: given("5doge") },
            &sample,
            "unknown unit `doge` in amount `5doge`",
        ),
        (
            Template::Parameter(Setting::QuorumVotes(given("5usdc"))),
            &sample,
            "amount `5usdc` is in USDC, expected BTRST",
        ),
        (Template::Adoption { governor: given("governr"), checked: None }, &sample, "unknown name `governr`"),
        (call("f(uint)", &[]), &sample, "function signature `f(uint)` is not canonical"),
        (call("f(bool)", &["1", "2"]), &sample, "2 values for `f(bool)`, which takes 1"),
        (call("f(bool)", &["yes"]), &sample, "`yes` is not a `bool`"),
        (call("f(bool[])", &["[true]\nw = 1"]), &sample, "`[true]\nw = 1` is not a `bool[]`"),
    ];
    for (template, deployment, message) in table {
        let error = template.draft(None, deployment).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert!(error.hint().is_some());
    }
}
