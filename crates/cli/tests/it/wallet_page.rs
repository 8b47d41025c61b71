//! `--browser`: the page of a wallet, by plain requests as a browser and others send them.

use std::net::TcpListener;
use std::process::Command;

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::transports::http::reqwest::{Client, Method, StatusCode};
use btrst_devnet::{Flavour, Name};
use btrst_gov::governor::{ProposalState, Support};
use serde_json::{Value, json};

use crate::assembly::Assembly;
use crate::program::{Ended, Running, btrst, run};

/// A page as the script of the real one behaves, with whatever wallet a test plays.
pub struct Page {
    client: Client,
    /// Address of the page, with its last slash.
    url: String,
    seen: u64,
}

/// A request, and the status of its answer: method, path, host, origin, type and body.
type Hostile<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, &'a str, &'a str, u16);

/// An open task.
struct Task {
    id: u64,
    task: Value,
}

impl Page {
    /// The page that `program` serves.
    pub fn of(program: &Running) -> Self {
        let note = program.wait_for_note("the wallet's page is ");
        Self { client: Client::new(), url: note.rsplit(' ').next().unwrap().to_owned(), seen: 0 }
    }

    /// `http://127.0.0.1:port`.
    fn origin(&self) -> String {
        self.url.rsplitn(3, '/').last().unwrap().to_owned()
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.client.post(format!("{}{path}", self.url));
        let request = request.header("origin", self.origin()).header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
    }

    /// The next task.
    async fn task(&mut self) -> Task {
        loop {
            let (status, look) = self.post("look", json!({ "seen": self.seen })).await;
            assert_eq!(status, 200, "{look}");
            self.seen = look["look"].as_u64().unwrap();
            if let (Some(id), false) = (look["id"].as_u64(), look["begun"].as_bool().unwrap()) {
                return Task { id, task: look["task"].clone() };
            }
        }
    }

    async fn begin(&self, task: &Task) -> Value {
        let (status, begun) = self.post("begin", json!({ "id": task.id })).await;
        assert_eq!(status, 200, "{begun}");
        begun["key"].clone()
    }

    /// Answers the next task of the kind `kind` by `answer`, either `result` or `error`.
    async fn answer(&mut self, kind: &str, answer: Value) -> Task {
        let task = self.task().await;
        assert_eq!(task.task["kind"], kind);
        let key = self.begin(&task).await;
        let mut body = json!({ "id": task.id, "key": key });
        body.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
        self.hand_over(body).await;
        task
    }

    /// Hands over an answer that counts. The command can end before it has said so.
    async fn hand_over(&self, answer: Value) {
        let request = self.client.post(format!("{}answer", self.url)).header("origin", self.origin());
        let request = request.header("content-type", "application/json").body(answer.to_string());
        if let Ok(response) = request.send().await {
            assert_eq!(response.status(), 200);
        }
    }

    pub async fn connect(&mut self, account: Address) {
        self.answer("connect", json!({ "result": [account] })).await;
    }
}

/// A wallet that does what it is asked, by the accounts of the devnet.
pub async fn obey(provider: &impl Provider, page: &mut Page, kind: &str) -> Value {
    let task = page.task().await;
    assert_eq!((&task.task["kind"], &task.task["chain"]), (&json!(kind), &json!("0x7a69")));
    let key = page.begin(&task).await;
    let request = &task.task["request"];
    let method = request["method"].as_str().unwrap().to_owned();
    let result: Value = provider.raw_request(method.into(), request["params"].clone()).await.unwrap();
    page.hand_over(json!({ "id": task.id, "key": key, "result": result })).await;
    task.task
}

/// What the page shows as `name`.
fn fact(task: &Value, name: &str) -> String {
    let facts = task["facts"].as_array().unwrap();
    facts.iter().find(|fact| fact[0] == name).unwrap()[1].as_str().unwrap().to_owned()
}

const FLAGS: &str = "--browser --browser-disable-open --browser-port 0";

/// A command that needs no chain before its wallet is connected.
fn offline(arguments: &str) -> Command {
    let arguments = format!("delegate self {FLAGS} --deployment deployments/mainnet.toml {arguments}");
    let mut command = btrst(arguments.split_whitespace());
    command.env_remove("ETH_FROM").env_remove("ETH_KEYSTORE").env_remove("ETH_RPC_URL");
    command
}

fn error(ended: &Ended) -> String {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    ended.stderr.split_once("error: ").unwrap().1.to_owned()
}

#[tokio::test]
async fn nothing_but_the_page_itself_is_answered() {
    let program = Running::start(offline(""));
    let mut page = Page::of(&program);
    let task = page.task().await;
    let (origin, url) = (page.origin(), page.url.clone());
    assert!(origin.starts_with("http://127.0.0.1:"), "{origin}");
    let host = origin.strip_prefix("http://").unwrap();
    let port = host.rsplit(':').next().unwrap();
    let client = &page.client;

    // What is served runs nothing from elsewhere, and cannot be put into another page.
    for (name, kind) in [("", "text/html"), ("page.js", "text/javascript"), ("page.css", "text/css")] {
        let response = client.get(format!("{url}{name}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{name}");
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind), "{name}");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(
            (header("cache-control"), header("referrer-policy")),
            ("no-store".into(), "no-referrer".into())
        );
        assert!(response.headers().get("access-control-allow-origin").is_none());
        assert!(!response.text().await.unwrap().contains("//127"), "{name}");
    }

    // Addresses that were guessed.
    for path in ["/", "/look", "/page.js", &format!("/{}/", "0".repeat(32)), "/../", "/favicon.ico"] {
        assert_eq!(client.get(format!("{origin}{path}")).send().await.unwrap().status(), 404, "{path}");
    }
    // Names that point to this machine, other pages, forms, and what is no request of the page.
    let look = json!({ "seen": 0 }).to_string();
    let (json_type, form) = ("application/json", "application/x-www-form-urlencoded");
    let begin = json!({ "id": task.id }).to_string();
    let large = format!("{{\"seen\": 0, \"more\": \"{}\"}}", "x".repeat(70_000));
    let of_page = Some(origin.as_str());
    let named = format!("localhost:{port}");
    let table: [Hostile<'_>; 19] = [
        ("POST", "begin", "evil.example", of_page, json_type, &begin, 403),
        ("POST", "begin", &named, of_page, json_type, &begin, 403),
        ("POST", "begin", "127.0.0.1", of_page, json_type, &begin, 403),
        ("GET", "", "evil.example:9545", None, "", "", 403),
        ("GET", "page.js", &named, None, "", "", 403),
        ("POST", "begin", host, None, json_type, &begin, 403),
        ("POST", "begin", host, Some("null"), json_type, &begin, 403),
        ("POST", "begin", host, Some("https://evil.example"), json_type, &begin, 403),
        ("POST", "begin", host, Some("http://127.0.0.1:1"), json_type, &begin, 403),
        ("POST", "begin", host, of_page, "text/plain", &begin, 403),
        ("POST", "begin", host, of_page, form, &begin, 403),
        ("GET", "begin", host, None, "", "", 405),
        ("PUT", "begin", host, of_page, json_type, &begin, 405),
        ("POST", "look", host, of_page, json_type, &large, 413),
        ("POST", "look", host, of_page, json_type, "", 400),
        ("POST", "look", host, of_page, json_type, "{\"seen\": -1}", 400),
        ("POST", "begin", host, of_page, json_type, "{\"id\": 1, \"key\": 2}", 400),
        ("POST", "begin", host, of_page, json_type, "{\"id\": 99}", 409),
        ("POST", "answer", host, of_page, json_type, &look, 400),
    ];
    for (method, path, host, origin, kind, body, status) in table {
        let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{url}{path}"));
        let mut request = request.header("host", host).header("content-type", kind);
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = request.body(body.to_owned()).send().await.unwrap();
        assert_eq!(response.status(), status, "{method} {path} of {host}, {origin:?}, {kind}: {body:.40}");
        assert!(response.headers().get("access-control-allow-origin").is_none());
    }

    // Answers that nobody asked for.
    let foreign = "this answer is not from the page that asked the wallet";
    let answer = json!({ "id": task.id, "key": format!("0x{}", "0".repeat(32)), "result": [Address::ZERO] });
    assert_eq!(page.post("answer", answer).await, (StatusCode::CONFLICT, json!({ "reason": foreign })));
    let key = page.begin(&task).await;
    let both = json!({ "id": task.id, "key": key, "result": 1, "error": { "code": "1", "message": "" } });
    assert_eq!(page.post("answer", both).await.0, 400);
    assert_eq!(page.post("answer", json!({ "id": task.id, "key": key })).await.0, 400);
    // The second tab connects; the first one's answer is late.
    let second = page.begin(&task).await;
    let late = json!({ "id": task.id, "key": key, "result": [Address::ZERO] });
    assert_eq!(page.post("answer", late).await, (StatusCode::CONFLICT, json!({ "reason": foreign })));
    let rejected = json!({ "code": "4001", "message": "User rejected the request." });
    let answer = json!({ "id": task.id, "key": second, "error": rejected });
    page.hand_over(answer).await;
    assert!(error(&program.end()).starts_with("the request was rejected in the wallet\n"));
    // Nobody listens any more.
    assert!(page.client.get(&page.url).send().await.is_err());
}

#[tokio::test]
async fn a_wallet_that_is_not_connected_is_a_clear_error() {
    let other = Address::repeat_byte(0x11);
    let from = Address::repeat_byte(0x22);
    let said = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    let table = [
        (said("4001", "no"), "the request was rejected in the wallet\nhint: run the command again"),
        (said("-32002", "busy"), "the wallet refuses: busy (code -32002)\nhint: look in the wallet"),
        (said("", "\u{1b}[2J\u{202e}"), "the wallet refuses: \\u{1b}[2J\\u{202e} (code )\n"),
        (json!({ "result": [] }), "the wallet answered `[]`, which is not a list of accounts\n"),
        (json!({ "result": "yes" }), "the wallet answered `\"yes\"`, which is not a list of accounts\n"),
        (
            json!({ "result": ["0x12"] }),
            "the wallet answered `[\"0x12\"]`, which is not a list of accounts\n",
        ),
    ];
    for (answer, expected) in table {
        let program = Running::start(offline(""));
        Page::of(&program).answer("connect", answer.clone()).await;
        let said = error(&program.end());
        assert!(said.starts_with(expected), "{answer}: {said}");
    }
    let program = Running::start(offline(&format!("--broadcast --from {from}")));
    let mut page = Page::of(&program);
    let task = page.task().await.task;
    assert_eq!(fact(&task, "Account"), from.to_string());
    page.connect(other).await;
    let expected = format!(
        "the wallet is connected with `{other}`, not with `{from}`\nhint: choose the account in the wallet and connect \
         it with the page, or check --from\n"
    );
    assert_eq!(error(&program.end()), expected);
    let nobody = run(offline("--timeout 0"));
    assert!(
        error(&nobody).starts_with(
            "nobody pressed the button on the wallet's page in 0 seconds; nothing was asked of the wallet\nhint: open "
        ),
        "{}",
        nobody.stderr
    );
}

#[test]
fn options_that_a_wallet_cannot_follow_are_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let mainnet = "--deployment deployments/mainnet.toml";
    let table = [
        (format!("delegate self {mainnet} --browser-port 1"), "--browser"),
        (format!("delegate self {mainnet} --browser-disable-open"), "--browser"),
        (format!("delegate self {mainnet} --browser --browser-port 70000"), "invalid value '70000'"),
        (format!("delegate self {mainnet} --browser --browser-port none"), "invalid value 'none'"),
        (format!("delegate self {mainnet} --browser --nonce 3"), "cannot be used with"),
        (format!("delegate self {mainnet} --browser --gas-price 3"), "cannot be used with"),
        (format!("delegate self {mainnet} --browser --priority-gas-price 3"), "cannot be used with"),
        (format!("delegate self {mainnet} --browser --legacy"), "cannot be used with"),
        (format!("delegate self {mainnet} --browser --bump-after 60"), "cannot be used with"),
        (format!("delegate self {mainnet} --browser --ledger"), "cannot be used with"),
        (format!("delegate self {mainnet} --browser --account x"), "cannot be used with"),
        (
            format!("delegate self {mainnet} --browser --browser-port {port}"),
            "cannot serve the wallet's page on port",
        ),
        (
            format!("fees keeper {mainnet} --browser --broadcast --listen 127.0.0.1:0"),
            "a keeper cannot use an account that a wallet signs for",
        ),
    ];
    for (arguments, expected) in table {
        let mut command = btrst(arguments.split_whitespace());
        command.env_remove("ETH_KEYSTORE").env_remove("ETH_FROM").env_remove("ETH_GAS_PRICE");
        let ended = run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments}: {}", ended.stderr);
        assert!(ended.stderr.contains(expected), "{arguments}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn the_page_is_opened_by_the_system_and_not_by_a_shell() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let (opener, told) = (folder.path().join("xdg-open"), folder.path().join("told"));
    std::fs::write(&opener, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > '{}'\n", told.display())).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = |path: &str| {
        let mut command = btrst(
            "delegate self --browser --browser-port 0 --deployment deployments/mainnet.toml".split(' '),
        );
        command.env("PATH", path).env_remove("ETH_FROM").env_remove("ETH_KEYSTORE");
        command
    };
    let program = Running::start(command(&format!("{}:/usr/bin:/bin", folder.path().display())));
    let page = Page::of(&program);
    let expected = format!("{}\n", page.url);
    while std::fs::read_to_string(&told).unwrap_or_default() != expected {
        tokio::task::yield_now().await;
    }
    drop(program);
    // Without one, it is said, and the page waits nevertheless.
    let program = Running::start(command(folder.path().join("none").to_str().unwrap()));
    let mut page = Page::of(&program);
    program.wait_for_note("it cannot be opened from here (No such file or directory");
    page.task().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_wallet_takes_a_proposal_through_its_life() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let chain = assembly.world.chain();
    let address = |name| assembly.world.address(name);
    // A command that sends once, by the wallet of `name`.
    let sent = async |name: Name, arguments: &str| -> Value {
        let program = Running::start(assembly.command(&format!("{arguments} {FLAGS} --broadcast --json")));
        let mut page = Page::of(&program);
        page.connect(address(name)).await;
        let task = obey(chain.provider(), &mut page, "send").await;
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{arguments}: {}{}", ended.stdout, ended.stderr);
        let document: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(document["transaction"]["status"], "mined", "{arguments}");
        let request = &task["request"]["params"][0];
        assert!(request.get("nonce").is_none() && request.get("maxFeePerGas").is_none(), "{request}");
        assert_eq!(fact(&task, "Data"), request["data"].as_str().unwrap());
        task
    };
    let votes = sent(Name::Dora, "delegate bela").await;
    let token = assembly.world.contracts().btrst.to_string();
    assert_eq!((fact(&votes, "From"), fact(&votes, "To")), (address(Name::Dora).to_string(), token));
    assert_eq!((fact(&votes, "Value"), fact(&votes, "Chain")), ("0 ether (0 wei)".into(), "31337".into()));

    let proposed = sent(Name::Amara, "proposal submit grant.toml").await;
    assert!(fact(&proposed, "What").starts_with("propose"), "{proposed}");
    let start = assembly.status(1).await.start_block;
    chain.mine_to(start + 1).await.unwrap();
    for name in [Name::Amara, Name::Chidi] {
        let voted = sent(name, "proposal vote 1 for").await;
        assert_eq!(fact(&voted, "What"), "vote for proposal 1");
        let cast = assembly.governor.ballot(chain.provider(), 1, address(name)).await.unwrap();
        assert_eq!(cast.unwrap().0, Support::For);
    }

    // Signatures that others send.
    for (arguments, file, relay) in [
        ("proposal vote 1 for", "ballot.json", "proposal relay ballot.json"),
        ("delegate amara", "delegation.json", "delegate --relay delegation.json"),
    ] {
        let program = Running::start(assembly.command(&format!("{arguments} {FLAGS} --sign {file}")));
        let mut page = Page::of(&program);
        page.connect(address(Name::Bela)).await;
        let task = obey(chain.provider(), &mut page, "sign").await;
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // The page shows the digest that the terminal shows.
        assert!(
            ended.stdout.contains(&format!("digest       {}\n", fact(&task, "Digest"))),
            "{}",
            ended.stdout
        );
        assert!(
            ended.stdout.contains(&fact(&task, "Domain hash"))
                && ended.stdout.contains(&fact(&task, "Message hash"))
        );
        assembly.send(Name::Relayer, relay);
    }
    let cast = assembly.governor.ballot(chain.provider(), 1, address(Name::Bela)).await.unwrap();
    assert_eq!(cast.unwrap().0, Support::For);

    assembly.close(1).await;
    sent(Name::Stranger, "proposal queue 1").await;
    chain.warp(assembly.status(1).await.execution.unwrap().0).await.unwrap();
    let executed = sent(Name::Stranger, "proposal execute 1").await;
    assert!(fact(&executed, "What").contains("execute"), "{executed}");
    assert_eq!(assembly.status(1).await.state, ProposalState::Executed);
    let id = assembly.propose(Name::Chidi).await;
    sent(Name::Guardian, &format!("proposal cancel {id}")).await;
    assert_eq!(assembly.status(id).await.state, ProposalState::Canceled);

    // A dry run with the sender's address asks no wallet.
    let dry = assembly.document(&format!("delegate self {FLAGS} --from {}", address(Name::Dora)));
    assert_eq!(dry["status"], "dry_run");
    // Nobody waits for a block, but for the endpoint to have what was asked.
    let program =
        Running::start(assembly.command(&format!("delegate self {FLAGS} --broadcast --async --json")));
    let mut page = Page::of(&program);
    page.connect(address(Name::Dora)).await;
    obey(chain.provider(), &mut page, "send").await;
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(serde_json::from_str::<Value>(&ended.stdout).unwrap()["transaction"]["status"], "pending");
}

/// What the wallet does when it is asked to send.
type Deed = fn(&mut Value);

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_wallet_that_does_something_else_is_found_out() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let provider = assembly.world.chain().provider();
    let dora = assembly.world.address(Name::Dora);
    let command = |rest: &str| assembly.command(&format!("delegate bela {FLAGS} {rest}"));
    let before = assembly.nonce(Name::Dora).await;

    // It does not send.
    let objection = |code: &str, message: &str| json!({ "error": { "code": code, "message": message } });
    let table = [
        (objection("4001", "no"), "the request was rejected in the wallet\n"),
        (
            objection("chain", "1"),
            "the wallet is on chain 1 and does not change to that of the deployment\nhint: choose the chain",
        ),
        (
            objection("account", "0x11"),
            "the wallet does not offer the account any more, but `0x11`\nhint: choose",
        ),
        (
            objection("-32603", "out of gas"),
            "the wallet refuses: out of gas (code -32603)\nhint: look in the wallet",
        ),
        (json!({ "result": "done" }), "the wallet answered `done`, which is not the hash of a transaction\n"),
        (json!({ "result": { "ok": 1 } }), "the wallet answered `{\"ok\":1}`, which is not the hash of"),
        (json!({ "result": "" }), "the wallet answered ``, which is not the hash of a transaction\n"),
    ];
    for (answer, expected) in table {
        let program = Running::start(command("--broadcast --quiet --json"));
        let mut page = Page::of(&program);
        page.connect(dora).await;
        page.answer("send", answer.clone()).await;
        let said = error(&program.end());
        assert!(said.starts_with(expected), "{answer}: {said}");
    }
    assert_eq!(assembly.nonce(Name::Dora).await, before);

    // A second tab cannot have it done again, and an answer counts once.
    let program = Running::start(command("--broadcast --json"));
    let mut page = Page::of(&program);
    page.connect(dora).await;
    let task = page.task().await;
    let key = page.begin(&task).await;
    let (status, said) = page.post("begin", json!({ "id": task.id })).await;
    assert_eq!(
        (status, &said["reason"]),
        (StatusCode::CONFLICT, &json!("the wallet was asked already, by this page or by another tab"))
    );
    let look = page.post("look", json!({ "seen": 0 })).await.1;
    assert_eq!(look["begun"], true);
    let answer = json!({ "id": task.id, "key": key, "error": { "code": "4001", "message": "no" } });
    page.hand_over(answer).await;
    assert!(error(&program.end()).starts_with("the request was rejected"));

    // It answers by a transaction that is none, or not that one.
    let program = Running::start(command("--broadcast --json --timeout 1"));
    let mut page = Page::of(&program);
    page.connect(dora).await;
    page.answer("send", json!({ "result": B256::repeat_byte(1) })).await;
    let said = error(&program.end());
    let expected =
        format!("the wallet's transaction `{}` was not mined in time\nhint: look in", B256::repeat_byte(1));
    assert!(said.starts_with(&expected), "{said}");
    let deeds: [(Deed, &str); 4] = [
        (|request| request["from"] = json!("0x976EA74026E726554dB657fA54763abd0C3a0aa9"), "sender"),
        (|request| request["to"] = json!(Address::repeat_byte(0x33)), "target"),
        (|request| request["data"] = json!(Bytes::new()), "call data"),
        (|request| request["value"] = json!(U256::from(7)), "value in wei"),
    ];
    for (deed, what) in deeds {
        let program = Running::start(command("--broadcast --json"));
        let mut page = Page::of(&program);
        page.connect(dora).await;
        let task = page.task().await;
        let key = page.begin(&task).await;
        let mut request = task.task["request"]["params"][0].clone();
        deed(&mut request);
        let hash: B256 = provider.raw_request("eth_sendTransaction".into(), json!([request])).await.unwrap();
        page.hand_over(json!({ "id": task.id, "key": key, "result": hash })).await;
        let said = error(&program.end());
        let expected = format!("the wallet's transaction `{hash}` has the {what} `");
        assert!(said.starts_with(&expected) && said.contains("hint: look in the wallet"), "{said}");
    }

    // It was asked, and says nothing.
    let program = Running::start(command("--broadcast --json --timeout 2"));
    let mut page = Page::of(&program);
    page.connect(dora).await;
    let task = page.task().await;
    page.begin(&task).await;
    let said = error(&program.end());
    assert!(
        said.starts_with("the wallet was asked and did not answer in 2 seconds\nhint: reject what"),
        "{said}"
    );

    // A signature of somebody else, and what is none.
    let others = assembly.world.account(Name::Bela).signer.clone();
    let foreign = alloy::signers::SignerSync::sign_hash_sync(&others, &B256::ZERO).unwrap();
    for (result, expected) in [
        (json!(Bytes::from(foreign.as_bytes())), "the signature is not one of `"),
        (json!("0x1234"), "the wallet answered `0x1234`, which is not the signature of an account\n"),
    ] {
        let program = Running::start(command("--sign - --quiet"));
        let mut page = Page::of(&program);
        page.connect(dora).await;
        page.answer("sign", json!({ "result": result })).await;
        let said = error(&program.end());
        assert!(said.starts_with(expected), "{said}");
    }
}
