//! Checks of proposals through endpoints that fail: each ends, in words that name what failed, and none is green.

use alloy::primitives::U256;
use alloy::providers::ext::AnvilApi;
use btrst_devnet::{Anvil, AnvilOptions, Fault, Flavour, Name, Proxy, Repository};
use serde_json::{Value, json};

use crate::assembly::Assembly;
use crate::program::{Ended, repository, run};

const SILENT: &str =
    "\nhint: check the endpoint, name another with --rpc-url, or wait longer for it with --rpc-timeout\n";
const NO_STATE: &str = "\nhint: ask an endpoint that has the state of this block\n";

/// How a check of `subject` through `proxy` ends, when nothing is known from before.
fn checked(assembly: &Assembly, proxy: &Proxy, subject: &str) -> Ended {
    let cache = tempfile::tempdir().unwrap();
    let arguments =
        format!("proposal check {subject} --rpc-url {} --cache {} --json", proxy.url, cache.path().display());
    let mut command = assembly.command(&arguments);
    command.env("XDG_CACHE_HOME", cache.path());
    run(command)
}

/// The report, and the verdict and words of its check `id`.
fn finding(ended: &Ended, id: &str) -> (Value, String, String) {
    let report: Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["check"] == id).unwrap();
    let (verdict, said) = (finding["verdict"].as_str().unwrap().to_owned(), finding.to_string());
    (report, verdict, said)
}

/// What misbehaves, what is checked, and what is said about it.
struct Case {
    what: &'static str,
    arrange: Box<dyn Fn(&Proxy) + Send>,
    subject: &'static str,
    /// Words of the error.
    words: &'static [&'static str],
}

fn case(
    what: &'static str,
    subject: &'static str,
    words: &'static [&'static str],
    arrange: impl Fn(&Proxy) + Send + 'static,
) -> Case {
    Case { what, arrange: Box::new(arrange), subject, words }
}

/// Each of `cases` with an endpoint of its own, all at once, because most of them wait.
async fn all_end_with_errors(assembly: &Assembly, cases: Vec<Case>) {
    let mut arranged = Vec::new();
    for case in cases {
        let proxy = assembly.proxy().await;
        (case.arrange)(&proxy);
        arranged.push((case, proxy));
    }
    std::thread::scope(|scope| {
        for (Case { what, subject, words, .. }, proxy) in &arranged {
            scope.spawn(move || {
                let ended = checked(assembly, proxy, subject);
                assert_eq!((ended.code, &*ended.stdout), (Some(2), ""), "{what}: {}", ended.stderr);
                for part in *words {
                    assert!(ended.stderr.contains(part), "{what}: `{part}` is not in: {}", ended.stderr);
                }
                let errors = &ended.stderr[ended.stderr.find("error: ").unwrap()..];
                assert!(errors.contains("\nhint: "), "{what}: {errors}");
                assert!(errors.len() < 2_000, "{what}: {} bytes", errors.len());
            });
        }
    });
}

const FILE: &str = "grant.toml --proposer amara";

// Who waits for an endpoint that stays silent waits for so long, and everybody else as long as it takes.
const FILE_HASTILY: &str = "grant.toml --proposer amara --rpc-timeout 2";
const ID_HASTILY: &str = "1 --rpc-timeout 2";

#[tokio::test(flavor = "multi_thread")]
async fn anvil_endpoints_that_fail_end_the_check() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let elsewhere =
        Anvil::start(&Repository::find(repository()).unwrap(), &AnvilOptions::default()).await.unwrap();
    elsewhere.chain().mine(300).await.unwrap();
    let other = elsewhere.chain().url().to_owned();
    let refuse = Fault::Refuse(-32_000, "missing trie node");
    let huge = || Fault::Answer(json!("z".repeat(1_000_000)));
    let on = |method: &'static str, fault: Fault| move |proxy: &Proxy| proxy.fail_on(method, fault.clone());
    let after = |skip: usize, fault: Fault| move |proxy: &Proxy| proxy.fail_after(skip, fault.clone());
    let cases = vec![
        case("silent", FILE_HASTILY, &["does not answer `eth_chainId`", SILENT], after(0, Fault::Hang)),
        case(
            "silent from the events on",
            FILE_HASTILY,
            &["does not list events", "--rpc-url"],
            after(1, Fault::Hang),
        ),
        case(
            "silent from the state on",
            FILE_HASTILY,
            &["does not answer `eth_", SILENT],
            after(3, Fault::Hang),
        ),
        case("silent in the end", FILE_HASTILY, &["does not answer `eth_", SILENT], after(8, Fault::Hang)),
        case(
            "silent about storage",
            FILE_HASTILY,
            &["does not answer `eth_getStorageAt` of `0x", SILENT],
            on("eth_getStorageAt", Fault::Hang),
        ),
        case("locked", FILE, &["HTTP status 401", SILENT], after(0, Fault::Status(401))),
        case("locked in the middle", FILE, &["HTTP status 401", SILENT], after(5, Fault::Status(401))),
        case("without state in the middle", FILE, &["missing trie node"], after(4, refuse.clone())),
        case("another chain from the state on", FILE, &[], after(3, Fault::Elsewhere(other.clone()))),
        case(
            "another chain in the middle",
            FILE,
            &["is not `0x", "any more, but `0x"],
            after(7, Fault::Elsewhere(other.clone())),
        ),
        case("behind in the end", FILE, &["the endpoint has no such block"], |proxy| {
            proxy.fail_at("eth_getBlockByNumber", 2, 99, Fault::Answer(Value::Null));
        }),
        case(
            "half a word",
            FILE,
            &["cannot read slot `0x", "makes no sense", NO_STATE],
            on("eth_getStorageAt", Fault::Answer(json!("0x0123"))),
        ),
        case(
            "no word",
            FILE,
            &["cannot read slot `0x", "makes no sense"],
            on("eth_getStorageAt", Fault::Answer(json!("0x"))),
        ),
        case(
            "no balance",
            FILE,
            &["cannot read the account `0x", "`\"0x\"` is no number"],
            on("eth_getBalance", Fault::Answer(json!("0x"))),
        ),
        case(
            "no nonce",
            FILE,
            &["cannot read the account `0x", "is no number"],
            on("eth_getTransactionCount", Fault::Answer(json!({}))),
        ),
        case("endless code", FILE, &["cannot read the account `0x", "more bytes"], on("eth_getCode", huge())),
        case("an endless error", FILE, &["HTTP status 400"], on("eth_getCode", Fault::Status(400))),
        case(
            "no block",
            FILE,
            &["cannot read the block", "makes no sense"],
            on("eth_getBlockByNumber", Fault::Answer(json!({ "number": 7 }))),
        ),
        case(
            "no events",
            FILE,
            &["does not list events", "makes no sense"],
            on("eth_getLogs", Fault::Answer(json!("0x"))),
        ),
        case(
            "no proofs",
            "grant.toml --proposer amara --prove",
            &[
                "does not prove the account `0x",
                "the method does not exist",
                "\nhint: name an endpoint that answers eth_getProof",
            ],
            on("eth_getProof", Fault::Refuse(-32_601, "the method does not exist")),
        ),
        case(
            "proofs of nothing",
            "grant.toml --proposer amara --prove",
            &["does not prove the account `0x", "makes no sense"],
            on("eth_getProof", Fault::Answer(json!({ "accountProof": [] }))),
        ),
    ];
    all_end_with_errors(&assembly, cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_endpoints_that_fail_end_the_check_of_a_proposal_on_the_chain() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let assembly = Assembly::with_history(flavour).await;
        let id = assembly.propose(Name::Amara).await;
        let on =
            |method: &'static str, fault: Fault| move |proxy: &Proxy| proxy.fail_on(method, fault.clone());
        let after = |skip: usize, fault: Fault| move |proxy: &Proxy| proxy.fail_after(skip, fault.clone());
        let cases = vec![
            case("silent", ID_HASTILY, &["does not answer `eth_chainId`", SILENT], after(0, Fault::Hang)),
            case("silent in the middle", ID_HASTILY, &["\nhint: "], after(6, Fault::Hang)),
            case(
                "no events",
                "1 --voter amara",
                &["no event of proposal 1 being made", "--rpc-url"],
                on("eth_getLogs", Fault::Answer(json!([]))),
            ),
            case(
                "no code",
                "1",
                &["missing trie node", NO_STATE],
                on("eth_getCode", Fault::Refuse(-32_000, "missing trie node")),
            ),
            case("no such proposal", "7", &["7"], |_| ()),
        ];
        all_end_with_errors(&assembly, cases).await;

        for name in Name::DELEGATES {
            assembly.send(name, "proposal vote 1 for");
        }
        assembly.close(id).await;
        assembly.send(Name::Stranger, "proposal queue 1");
        let chain = assembly.world.chain();
        if flavour == Flavour::Braintrust {
            let ether = U256::from(10).pow(U256::from(19));
            chain.provider().anvil_set_balance(assembly.world.contracts().timelock, ether).await.unwrap();
        }
        chain.warp(assembly.status(id).await.execution.unwrap().0).await.unwrap();
        assembly.send(Name::Stranger, "proposal execute 1");
        let cases = vec![
            case(
                "no event",
                "1 --voter amara",
                &["no event of proposal 1 being executed"],
                on("eth_getLogs", Fault::Answer(json!([]))),
            ),
            case("silent in the middle", ID_HASTILY, &["\nhint: "], after(8, Fault::Hang)),
        ];
        all_end_with_errors(&assembly, cases).await;
        // What happened cannot be compared with, and that is said.
        for (method, fault, words) in [
            ("eth_getTransactionReceipt", Fault::Answer(Value::Null), "cannot read the receipt of"),
            ("eth_getTransactionByHash", Fault::Answer(json!("0x")), "makes no sense"),
        ] {
            let proxy = assembly.proxy().await;
            proxy.fail_on(method, fault);
            let (_, verdict, said) = finding(&checked(&assembly, &proxy, "1"), "C3");
            assert!(
                verdict != "fail" && said.contains("did not run: ") && said.contains(words),
                "{method}: {said}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_simulation_that_fails_is_no_agreement() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let (_, _, said) = finding(&checked(&assembly, &assembly.proxy().await, FILE), "C3");
    assert!(said.contains("3 engines agree"), "{said}");
    for (subject, fault, words) in [
        (FILE_HASTILY, Fault::Hang, "does not answer `eth_simulateV1`"),
        (FILE, Fault::Status(403), "HTTP status 403"),
        (FILE, Fault::Answer(json!([])), "0 results for 2 calls"),
        (FILE, Fault::Answer(json!([{ "calls": [{ "status": "0x1" }] }])), "1 results for 2 calls"),
        (FILE, Fault::Answer(json!("z".repeat(1_000_000))), "makes no sense"),
    ] {
        let proxy = assembly.proxy().await;
        proxy.fail_on("eth_simulateV1", fault);
        let ended = checked(&assembly, &proxy, subject);
        let (report, _, said) = finding(&ended, "C3");
        assert!(said.contains("2 engines agree") && said.contains(words), "{said}");
        assert!(said.len() < 4_000, "{}", said.len());
        let engines = report["header"]["engines"].to_string();
        assert!(!engines.contains("eth_simulateV1"), "{engines}");
    }
}

/// Round trips of a check of `subject` on which nothing is known, and of another one, without those for events.
async fn asked(assembly: &Assembly, subject: &str) -> (u64, u64) {
    let proxy = assembly.proxy().await;
    let cache = tempfile::tempdir().unwrap();
    let check = || {
        let url = &proxy.url;
        let folder = cache.path().display();
        let mut command =
            assembly.command(&format!("proposal check {subject} --rpc-url {url} --cache {folder} --json"));
        command.env("XDG_CACHE_HOME", cache.path());
        let before = proxy.headers("content-type").len();
        let events = proxy.requests("eth_getLogs").len() as u64;
        let ended = run(command);
        let report: Value = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", ended.stdout, ended.stderr));
        let asked = (proxy.headers("content-type").len() - before) as u64;
        assert_eq!(report["header"]["trips"]["round_trips"], asked, "every round trip is counted");
        // How often events are asked for depends on how many blocks there are.
        let events = proxy.requests("eth_getLogs").len() as u64 - events;
        asked - events
    };
    (check(), check())
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_proposals_in_every_state_take_a_few_round_trips() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let assembly = Assembly::with_history(flavour).await;
        let mut all = vec![("a file", asked(&assembly, FILE).await)];
        let id = assembly.propose(Name::Amara).await;
        all.push(("active", asked(&assembly, "1").await));
        for name in Name::DELEGATES {
            assembly.send(name, "proposal vote 1 for");
        }
        assembly.close(id).await;
        assembly.send(Name::Stranger, "proposal queue 1");
        all.push(("queued", asked(&assembly, "1").await));
        let chain = assembly.world.chain();
        if flavour == Flavour::Braintrust {
            let ether = U256::from(10).pow(U256::from(19));
            chain.provider().anvil_set_balance(assembly.world.contracts().timelock, ether).await.unwrap();
        }
        chain.warp(assembly.status(id).await.execution.unwrap().0).await.unwrap();
        assembly.send(Name::Stranger, "proposal execute 1");
        all.push(("executed", asked(&assembly, "1").await));
        for (state, (cold, warm)) in all {
            let most = match state {
                "a file" => (11, 5),
                // Its state before is read as well, and what happened.
                "executed" => (28, 10),
                _ => (15, 5),
            };
            assert!(cold <= most.0 && warm <= most.1, "{flavour} {state}: {cold}, then {warm}");
        }
    }
}
