//! What a proposal does is found out before anyone votes, and can be made again by anybody.

use alloy::primitives::U256;
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use btrst_devnet::{Fault, Flavour, Name};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::assembly::{Assembly, GRANT};
use crate::browser;
use crate::program::{Ended, btrst, repository, run};

/// The report of a check, and how the command ended.
fn checked(assembly: &Assembly, arguments: &str) -> (Value, Ended) {
    let mut command = assembly.command(&format!("proposal check {arguments} --json"));
    command.env("XDG_CACHE_HOME", assembly.folder.path());
    let ended = run(command);
    let report = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{arguments}: {error}: {}{}", ended.stdout, ended.stderr));
    (report, ended)
}

/// The finding of the check `id`: its verdict, and all that it says.
fn finding(report: &Value, id: &str) -> (String, String) {
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["check"] == id).unwrap();
    (finding["verdict"].as_str().unwrap().to_owned(), finding.to_string())
}

/// What does not pass, for whoever reads a failure of these tests.
fn told(report: &Value) -> String {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["verdict"] != "pass");
    findings
        .map(|finding| format!("{} {} {}\n", finding["check"], finding["verdict"], finding["summary"]))
        .collect()
}

fn passes(report: &Value, ids: &[&str]) {
    for id in ids {
        let (verdict, said) = finding(report, id);
        assert_eq!(verdict, "pass", "{said}");
    }
}

async fn checked_in_every_state(flavour: Flavour) {
    let assembly = Assembly::with_history(flavour).await;
    let chain = assembly.world.chain();
    if flavour == Flavour::Braintrust {
        // The treasury pays the ether; at GovernorAlpha whoever executes brings it.
        let ether = U256::from(10).pow(U256::from(19));
        chain.provider().anvil_set_balance(assembly.world.contracts().timelock, ether).await.unwrap();
    }
    let before = chain.provider().get_block_number().await.unwrap();
    let (report, ended) = checked(&assembly, "grant.toml --proposer amara");
    assert_eq!(ended.code, Some(0), "{}{}", told(&report), ended.stderr);
    passes(&report, &["A1", "A2", "A4", "A6", "B1", "B2", "C1", "C2", "C3", "C4", "C7", "C8", "D2"]);
    let funds = if flavour == Flavour::Alpha { "warn" } else { "pass" };
    assert_eq!(finding(&report, "C6").0, funds);
    assert_eq!((&report["subject"]["id"], &report["header"]["overrides"]), (&json!(null), &json!([])));
    assert_eq!(chain.provider().get_block_number().await.unwrap(), before, "nothing was sent");

    if flavour == Flavour::Alpha {
        knows_sources(&assembly);
    }

    let id = assembly.propose(Name::Amara).await;
    let (report, ended) = checked(&assembly, "1");
    assert_eq!(ended.code, Some(0), "{}{}", told(&report), ended.stderr);
    assert_eq!((&report["subject"]["id"], &report["subject"]["state"]), (&json!(id), &json!("active")));
    passes(&report, &["C1", "C2", "C3"]);
    for name in Name::DELEGATES {
        assembly.send(name, "proposal vote 1 for");
    }
    assembly.close(id).await;
    assembly.send(Name::Stranger, "proposal queue 1");
    let (report, ended) = checked(&assembly, "1");
    assert_eq!(ended.code, Some(0), "{}{}", told(&report), ended.stderr);
    assert_eq!(report["subject"]["state"], "queued");
    let (eta, _) = assembly.status(id).await.execution.unwrap();
    chain.warp(eta).await.unwrap();
    assembly.send(Name::Stranger, "proposal execute 1");
    // What was predicted is what happened.
    let (report, ended) = checked(&assembly, "1");
    assert_eq!(ended.code, Some(0), "{}{}", told(&report), ended.stderr);
    let (verdict, said) = finding(&report, "C3");
    assert_eq!(verdict, "pass", "{said}");
}

/// The token is no code of the suite: its source is known by artifacts that the user has, or not at all.
fn knows_sources(assembly: &Assembly) {
    let (report, _) = checked(assembly, "grant.toml --proposer amara");
    let (verdict, said) = finding(&report, "E1");
    assert!(verdict == "not_run" && said.contains("nobody was asked for its source"), "{said}");
    let build = repository().join("node_modules/@uniswap/governance/build");
    let arguments = format!("grant.toml --proposer amara --artifacts {}", build.display());
    let (report, ended) = checked(assembly, &format!("{arguments} --bundle sources.bundle.json"));
    let (verdict, said) = finding(&report, "E1");
    assert_eq!((verdict.as_str(), ended.code), ("pass", Some(0)), "{said}{}", ended.stderr);
    assert!(said.contains("is Uni, compiled by the artifact Uni.json, the same with its metadata"), "{said}");
    // What was said about sources is in the bundle, and the report is the same without the folder.
    let ended = assembly.run("verify-report sources.bundle.json");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    // Nobody answers there: that is no source, and no lack of one either.
    let (report, _) = checked(assembly, "grant.toml --proposer amara --sourcify-url http://127.0.0.1:1");
    let (verdict, said) = finding(&report, "E1");
    assert!(verdict == "not_run" && said.contains("Sourcify at http://127.0.0.1:1 was asked"), "{said}");
    let said = assembly.failed("proposal check grant.toml --proposer amara --artifacts .");
    assert_data_eq!(
        said,
        str![[r#"
error: cannot use the artifacts in `.`: it has no artifact of Foundry or Hardhat
hint: name a folder such as `out` of Foundry or `artifacts` of Hardhat, after a build

"#]]
    );
    let said = assembly.failed("proposal check grant.toml --proposer amara --sourcify-url sourcify");
    assert_data_eq!(
        said,
        str![[r#"
error: `sourcify` is not the address of a service
hint: --sourcify-url takes one such as https://sourcify.dev/server

"#]]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_proposal_is_checked_in_every_state() {
    checked_in_every_state(Flavour::Braintrust).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_proposal_is_checked_in_every_state_at_governor_alpha() {
    checked_in_every_state(Flavour::Alpha).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_report_is_made_again_without_the_chain() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    assembly.write("transfer.toml", &GRANT[..GRANT.rfind("[[actions]]").unwrap()]);
    let arguments = "transfer.toml --proposer amara --prove --md r.md --html r.html --junit r.xml --sarif r.sarif \
                     --bundle r.bundle.json --write-effects r.effects.toml";
    let (report, ended) = checked(&assembly, arguments);
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("the endpoint proved "), "{}", ended.stderr);
    assert!(assembly.read("r.md").starts_with('#'));
    assert!(
        assembly.read("r.html").starts_with("<!DOCTYPE html>")
            || assembly.read("r.html").starts_with("<!doctype html>")
    );
    assert!(assembly.read("r.xml").contains("<testsuite"));
    let sarif: Value = serde_json::from_str(&assembly.read("r.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    // Nothing of it is overwritten, and that is said before any work.
    let said = assembly.failed("proposal check transfer.toml --proposer amara --html r.html");
    assert_data_eq!(
        said,
        str![[r#"
error: `r.html` exists
hint: name a file that does not exist yet

"#]]
    );
    // With the effects that were found as what is intended, nothing is unexplained.
    let (again, _) = checked(&assembly, "transfer.toml --proposer amara --manifest r.effects.toml");
    passes(&again, &["D3"]);
    let doubled =
        assembly.read("r.effects.toml").replace("\"1000000000000000000000\"", "\"2000000000000000000000\"");
    assert_ne!(doubled, assembly.read("r.effects.toml"));
    assembly.write("other.effects.toml", &doubled);
    let (again, ended) = checked(&assembly, "transfer.toml --proposer amara --manifest other.effects.toml");
    assert_eq!((finding(&again, "D3").0.as_str(), ended.code), ("fail", Some(1)));

    let folder = assembly.folder.path().to_owned();
    let verify = |file: &str| {
        let mut command = btrst(["verify-report", file, "--json", "--report"]);
        command.current_dir(&folder);
        run(command)
    };
    let ended = verify("r.bundle.json");
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let verified: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&verified["same"], &verified["report"]), (&json!(true), &report));
    assert_eq!(verified["block_hash"], report["header"]["block_hash"]);
    assert!(verified["proven"]["slots"].as_u64().unwrap() > 10, "{}", verified["proven"]);
    refused_where_it_was_changed(&assembly, &verify);
    let changed = assembly.read("r.bundle.json").replacen("Pay the grantee", "Pay the grantees", 1);
    assembly.write("changed.json", &changed);
    let ended = verify("changed.json");
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("its input has the digest"), "{}", ended.stderr);
    // Without proofs the state is what the endpoint said, and that is told.
    let mut bundle: Value = serde_json::from_str(&assembly.read("r.bundle.json")).unwrap();
    bundle["proofs"] = Value::Null;
    assembly.write("unproven.json", &bundle.to_string());
    let ended = run({
        let mut command = btrst(["verify-report", "unproven.json"]);
        command.current_dir(&folder);
        command
    });
    assert!(
        ended.code == Some(0)
            && ended.stdout.contains("proofs   none: the state is what an endpoint said (--prove adds them)"),
        "{}",
        ended.stdout
    );
    let ended = verify("transfer.toml");
    assert!(
        ended.code == Some(2) && ended.stderr.starts_with("error: cannot use the bundle"),
        "{}",
        ended.stderr
    );
}

/// Changes of `r.bundle.json` that its digests cannot show, each refused in words by `verify`.
fn refused_where_it_was_changed(assembly: &Assembly, verify: &dyn Fn(&str) -> Ended) {
    let bundle: Value = serde_json::from_str(&assembly.read("r.bundle.json")).unwrap();
    let token = assembly.world.contracts().btrst;
    let (shown, key) = (token.to_string(), token.to_string().to_lowercase());
    type Change<'a> = (&'a dyn Fn(&mut Value), String);
    let changes: [Change<'_>; 3] = [
        (
            &|bundle| drop(bundle["proofs"]["accounts"].as_object_mut().unwrap().remove(&key).unwrap()),
            format!("the account `{shown}`"),
        ),
        (
            &|bundle| bundle["proofs"]["accounts"][&key]["accountProof"] = json!([]),
            format!("the account `{shown}`"),
        ),
        (&|bundle| bundle["proofs"]["accounts"][&key]["storageProof"] = json!([]), format!("of `{shown}`")),
    ];
    for (number, (change, words)) in changes.into_iter().enumerate() {
        let mut changed = bundle.clone();
        change(&mut changed);
        let file = format!("proof-{number}.json");
        assembly.write(&file, &changed.to_string());
        let ended = verify(&file);
        assert_eq!(ended.code, Some(2), "{}", ended.stdout);
        assert!(ended.stderr.contains(&words), "{}", ended.stderr);
    }
    let mut changed = bundle;
    changed["witness"]["pinned"]["header"]["stateRoot"] = json!(format!("0x{}", "00".repeat(32)));
    assembly.write("header.json", &changed.to_string());
    let ended = verify("header.json");
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("its input has the digest"), "{}", ended.stderr);
}

/// The report without what differs from endpoint to endpoint.
fn of_any_endpoint(mut report: Value) -> Value {
    report["header"]["source"].take();
    report["header"]["trips"].take();
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_an_endpoint_is_asked_a_few_times_whatever_it_takes_at_once() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let proxy = assembly.proxy().await;
    let check = |cache: &str| {
        let arguments = format!("grant.toml --proposer amara --rpc-url {} --cache {cache}", proxy.url);
        let (report, ended) = checked(&assembly, &arguments);
        assert_eq!(ended.code, Some(0), "{}{}", told(&report), ended.stderr);
        report
    };
    let trips = |report: &Value| {
        let trips = &report["header"]["trips"];
        (trips["round_trips"].as_u64().unwrap(), trips["requests"].as_u64().unwrap())
    };
    let before = proxy.headers("content-type").len();
    let cold = check("one");
    let asked = (proxy.headers("content-type").len() - before) as u64;
    assert_eq!(trips(&cold).0, asked, "every round trip of the command is counted");
    assert!(asked <= 12, "{asked}");
    // What is on disk is not asked again.
    let warm = check("one");
    assert!(trips(&warm).0 <= 5 && trips(&warm).1 <= 6, "{:?}", trips(&warm));
    assert_eq!(of_any_endpoint(warm), of_any_endpoint(cold.clone()));
    for (most, cache) in [(7, "few"), (1, "single")] {
        proxy.fail(Fault::SmallBatches(most));
        let report = check(cache);
        proxy.heal();
        assert!(trips(&report).0 > asked, "{:?}", trips(&report));
        assert_eq!(of_any_endpoint(report), of_any_endpoint(cold.clone()), "at most {most}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_endpoints_without_the_state_are_named_and_nothing_is_green() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let proxy = assembly.proxy().await;
    // Nothing that was read in one case is known in the next.
    let arguments = |cache: &str| {
        format!("proposal check grant.toml --proposer amara --rpc-url {} --cache {cache}", proxy.url)
    };
    let refuse = Fault::Refuse(-32_000, "missing trie node");
    for (number, (method, fault, words)) in (0..).zip([
        ("eth_chainId", Fault::Answer(json!("0x1")), "the endpoint serves chain 1, "),
        ("eth_getBlockByNumber", Fault::Answer(Value::Null), "the endpoint has no such block"),
        ("eth_getStorageAt", refuse.clone(), "missing trie node"),
        ("eth_getCode", refuse, "missing trie node"),
        ("eth_getStorageAt", Fault::Answer(Value::Null), "makes no sense"),
        ("eth_getLogs", Fault::Refuse(-32_000, "history is pruned"), "history is pruned"),
    ]) {
        proxy.fail_on(method, fault);
        let said = assembly.failed(&arguments(&format!("empty-{number}")));
        assert!(said.contains("error: ") && said.contains(words), "{method}: {said}");
        proxy.heal();
    }
    // Without its own simulation there is one engine less, and that is said.
    proxy.fail_on("eth_simulateV1", Fault::Refuse(-32_601, "the method does not exist"));
    let (report, _) = checked(&assembly, arguments("empty").strip_prefix("proposal check ").unwrap());
    let (verdict, said) = finding(&report, "C3");
    assert!(verdict != "fail" && said.contains("the method does not exist"), "{verdict} {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_cannot_work_and_what_cannot_be_looked_at_is_not_green() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let treasury = assembly.world.contracts().timelock;
    assembly.world.chain().provider().anvil_set_balance(treasury, U256::ZERO).await.unwrap();
    let (report, ended) = checked(&assembly, "grant.toml --proposer amara");
    assert_eq!((finding(&report, "C6").0.as_str(), ended.code), ("fail", Some(1)), "{}", told(&report));
    // Nobody to vote.
    let (report, ended) = checked(&assembly, "grant.toml --proposer amara --voter stranger");
    assert_eq!(ended.code, Some(1));
    assert_ne!(finding(&report, "C1").0, "pass");
    // Calls to an account without code.
    assembly.write("empty.toml", &GRANT.replace("\"btrst\"", "\"amara\""));
    let (report, ended) = checked(&assembly, "empty.toml --proposer amara");
    assert_eq!((finding(&report, "C8").0.as_str(), ended.code), ("fail", Some(1)));

    assert_data_eq!(
        assembly.failed("proposal check grant.toml"),
        str![[r#"
error: nobody is named who would propose it
hint: name an account with --proposer

"#]]
    );
    let said = assembly.failed("proposal check grant.toml --proposer amara --block 99999999");
    assert!(said.starts_with("error: there is no block 99999999; the last one is "), "{said}");
    // An endpoint that lies about what was read is found out by --prove.
    let proxy = assembly.proxy().await;
    proxy.fail_on("eth_getProof", Fault::Refuse(-32_601, "the method does not exist"));
    let arguments = format!("grant.toml --proposer amara --prove --rpc-url {}", proxy.url);
    let ended = assembly.run(&format!("proposal check {arguments}"));
    assert_eq!(ended.code, Some(2), "{}", ended.stdout);
    assert!(ended.stderr.contains("the method does not exist"), "{}", ended.stderr);
}

/// See [`browser`].
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium: make report-check"]
async fn anvil_a_browser_shows_the_report_of_a_check() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let (report, _) = checked(&assembly, "grant.toml --proposer amara --html check.html");
    let page = assembly.path("check.html");
    let shown = browser::dom(&page);
    assert_eq!(shown.matches("<details").count(), report["findings"].as_array().unwrap().len());
    assert!(shown.contains(report["header"]["block_hash"].as_str().unwrap()));
    assert!(!shown.contains("<script"), "{shown}");
    browser::look(&page, "check");
}

#[test]
fn checks_prove_themselves() {
    let ended = run(btrst(["selftest", "--json"]));
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    let outcomes = document["outcomes"].as_array().unwrap();
    assert!(outcomes.len() >= 17, "{}", outcomes.len());
    assert!(
        outcomes.iter().all(|outcome| outcome["found"] == outcome["expected"] && outcome["found"] != "pass")
    );
    let ended = run(btrst(["selftest", "Z9"]));
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("error: there is no check `Z9` with a fixture\nhint: those are A1, "),
        "{}",
        ended.stderr
    );
}
