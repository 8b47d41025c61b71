//! `--browser` in a real browser, which has a stand-in of a wallet: what it is asked goes to the devnet, which has the
//! keys. Runs by `make report-check`.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use alloy::primitives::Address;
use alloy::providers::{DynProvider, Provider};
use btrst_devnet::{Flavour, Name};
use btrst_gov::governor::Support;
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::assembly::Assembly;
use crate::program::Running;

/// Longest time that anything here may take; what takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(600);

/// A wallet as pages see it; `standIn` hands its requests to the test.
const STAND_IN: &str = r#"
(() => {
  const waiting = new Map();
  const request = ({ method, params }) => new Promise((resolve, reject) => {
    waiting.set(waiting.size, { resolve, reject });
    standIn(JSON.stringify({ id: waiting.size - 1, method, params: params ?? [] }));
  });
  window.standInAnswers = (id, answer) => {
    const { resolve, reject } = waiting.get(id);
    if ("error" in answer) reject(answer.error); else resolve(answer.result);
  };
  const detail = Object.freeze({ info: { uuid: "1", name: "Stand-in", icon: "", rdns: "example.stand-in" }, provider: { request } });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  if (ANNOUNCED) { window.addEventListener("eip6963:requestProvider", announce); announce(); }
  else window.ethereum = detail.provider;
})();
"#;

/// The stand-in of a wallet.
struct StandIn {
    provider: DynProvider,
    account: Address,
    chain: &'static str,
    /// Whether its holder lets it change the chain.
    changes: bool,
    /// Whether its holder signs.
    signs: bool,
    asked: Vec<String>,
}

impl StandIn {
    fn of(assembly: &Assembly, name: Name) -> Self {
        let provider = assembly.world.chain().provider().clone().erased();
        let account = assembly.world.address(name);
        Self { provider, account, chain: "0x7a69", changes: true, signs: true, asked: vec![] }
    }

    async fn answer(&mut self, method: &str, params: Value) -> Value {
        self.asked.push(method.to_owned());
        let rejected = json!({ "error": { "code": 4001, "message": "User rejected the request." } });
        match method {
            "eth_requestAccounts" | "eth_accounts" => json!({ "result": [self.account] }),
            "eth_chainId" => json!({ "result": self.chain }),
            "wallet_switchEthereumChain" if self.changes => {
                assert_eq!(params, json!([{ "chainId": "0x7a69" }]));
                self.chain = "0x7a69";
                json!({ "result": null })
            }
            "eth_sendTransaction" | "eth_signTypedData_v4" if self.signs => {
                assert_eq!(self.chain, "0x7a69");
                let result: Value =
                    self.provider.raw_request(method.to_owned().into(), params).await.unwrap();
                json!({ "result": result })
            }
            _ => rejected,
        }
    }
}

/// A tab of a browser without windows, by the protocol of its developer tools over pipes.
struct Tab {
    browser: Child,
    to: File,
    from: BufReader<File>,
    session: Option<String>,
    calls: u64,
    /// What the page asked its wallet.
    asked: VecDeque<Value>,
}

impl Tab {
    /// Opens one, with the wallet announced (EIP-6963) or at `window.ethereum`, in a folder of its own.
    fn open(folder: &Path, announced: bool) -> Self {
        let (into, out) = (folder.join("to-browser"), folder.join("from-browser"));
        assert!(Command::new("mkfifo").args([&into, &out]).status().unwrap().success());
        let browser = std::env::var_os("BTRST_CHROMIUM").unwrap_or_else(|| "chromium".into());
        let browser = Command::new("/bin/sh")
            .args(["-c", "exec \"$@\" 3<\"$INTO\" 4>\"$OUT\"", "sh"])
            .arg(browser)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost")
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .env("INTO", &into)
            .env("OUT", &out)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = OpenOptions::new().write(true).open(into).unwrap();
        let from = BufReader::new(File::open(out).unwrap());
        let mut tab = Self { browser, to, from, session: None, calls: 0, asked: VecDeque::new() };
        let target = tab.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = tab.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        tab.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        tab.call("Page.enable", json!({}));
        tab.call("Runtime.enable", json!({}));
        tab.call("Runtime.addBinding", json!({ "name": "standIn" }));
        let source = STAND_IN.replace("ANNOUNCED", if announced { "true" } else { "false" });
        tab.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }));
        tab
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).unwrap();
            assert_eq!(bytes.pop(), Some(0), "the browser has ended: is there a chromium?");
            let said: Value = serde_json::from_slice(&bytes).unwrap();
            if said["method"] == "Runtime.bindingCalled" {
                let payload = said["params"]["payload"].as_str().unwrap();
                self.asked.push_back(serde_json::from_str(payload).unwrap());
            }
            if said["id"] == self.calls {
                assert!(said["error"].is_null(), "{method}: {said}");
                return said["result"].clone();
            }
        }
    }

    fn go(&mut self, url: &str) {
        self.call("Page.navigate", json!({ "url": url }));
    }

    /// What `expression` is in the page.
    fn value(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        self.call("Runtime.evaluate", params)["result"]["value"].clone()
    }

    /// Lets `wallet` answer until `condition` holds in the page.
    async fn until(&mut self, wallet: &mut StandIn, condition: &str) {
        let deadline = Instant::now() + DEADLINE;
        while self.value(condition) != true {
            assert!(Instant::now() < deadline, "{condition}: {}", self.text());
            while let Some(request) = self.asked.pop_front() {
                let method = request["method"].as_str().unwrap();
                let answer = wallet.answer(method, request["params"].clone()).await;
                self.value(&format!("standInAnswers({}, {answer})", request["id"]));
            }
        }
    }

    /// Waits for the button `button` and presses it.
    async fn press(&mut self, wallet: &mut StandIn, button: &str) {
        let there = format!(
            "(() => {{ const go = document.getElementById('go'); return !!go && !go.hidden && go.textContent === \
             '{button}'; }})()"
        );
        self.until(wallet, &there).await;
        self.picture(button);
        self.value("document.getElementById('go').click()");
    }

    /// Waits until the page says `part`.
    async fn says(&mut self, wallet: &mut StandIn, part: &str) {
        self.until(wallet, &format!("document.body.innerText.includes({})", json!(part))).await;
    }

    fn text(&mut self) -> String {
        self.value("document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Keeps a picture of the page in the folder that `BTRST_SCREENSHOTS` names.
    fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("BTRST_SCREENSHOTS") else { return };
        let picture = self.call("Page.captureScreenshot", json!({}))["data"].as_str().unwrap().to_owned();
        let file = Path::new(&folder).join(format!("wallet-{}.png", name.replace(' ', "-")));
        std::fs::write(file, BASE64.decode(picture.as_bytes()).unwrap()).unwrap();
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

/// A command that waits for its wallet, and the address of the page.
fn started(assembly: &Assembly, arguments: &str) -> (Running, String) {
    let arguments = format!("{arguments} --browser --browser-disable-open --browser-port 0");
    let program = Running::start(assembly.command(&arguments));
    let note = program.wait_for_note("the wallet's page is ");
    (program, note.rsplit(' ').next().unwrap().to_owned())
}

const SEND: &str = "Open the wallet to send";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium: make report-check"]
async fn anvil_a_browser_votes_by_its_wallet() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let id = assembly.propose(Name::Amara).await;
    let folder = tempfile::tempdir().unwrap();
    let mut tab = Tab::open(folder.path(), true);
    let cast = async |name| {
        let voter = assembly.world.address(name);
        assembly.governor.ballot(assembly.world.chain().provider(), id, voter).await.unwrap()
    };

    // Rejected, on another chain, and then done.
    let vote = format!("proposal vote {id} for --broadcast --json");
    let mut wallet = StandIn { signs: false, ..StandIn::of(&assembly, Name::Bela) };
    let (program, url) = started(&assembly, &vote);
    // Other pages of the same browser get nothing, and change nothing.
    let fetched =
        format!("fetch('{url}look', {{ method: 'POST', body: '{{\"seen\":0}}' }}).then(() => 1, () => 2)");
    assert_eq!(tab.value(&fetched), 2);
    let begun = format!(
        "fetch('{url}begin', {{ method: 'POST', mode: 'no-cors', body: '{{\"id\":1}}' }}).then(() => 1)"
    );
    assert_eq!(tab.value(&begun), 1);
    tab.go(&url.replace("127.0.0.1", "localhost"));
    tab.says(&mut wallet, "this page has another address").await;
    tab.go(&url);
    tab.press(&mut wallet, "Connect").await;
    tab.press(&mut wallet, SEND).await;
    tab.says(&mut wallet, "The command has ended").await;
    let ended = program.end();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("error: the request was rejected in the wallet\n"), "{}", ended.stderr);

    let mut wallet = StandIn { chain: "0x1", changes: false, ..StandIn::of(&assembly, Name::Bela) };
    let (program, url) = started(&assembly, &vote);
    tab.go(&url);
    tab.press(&mut wallet, "Connect").await;
    tab.press(&mut wallet, SEND).await;
    tab.says(&mut wallet, "The command has ended").await;
    let ended = program.end();
    assert!(ended.stderr.contains("error: the wallet is on chain 1 and does not change"), "{}", ended.stderr);
    assert!(!wallet.asked.contains(&"eth_sendTransaction".to_owned()), "{:?}", wallet.asked);
    assert_eq!(cast(Name::Bela).await, None);

    let mut wallet = StandIn { chain: "0x1", ..StandIn::of(&assembly, Name::Bela) };
    let (program, url) = started(&assembly, &vote);
    tab.go(&url);
    tab.press(&mut wallet, "Connect").await;
    tab.says(&mut wallet, &format!("vote for proposal {id}")).await;
    let governor = assembly.governor.address.to_string();
    assert!(tab.text().contains(&governor), "{}", tab.text());
    // The page can be loaded again before the button is pressed, and shows the same.
    tab.go(&url);
    tab.press(&mut wallet, SEND).await;
    tab.says(&mut wallet, "The command has ended").await;
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let voted: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&voted["status"], &voted["transaction"]["status"]), (&json!("done"), &json!("mined")));
    assert_eq!(cast(Name::Bela).await.unwrap().0, Support::For);
    let asked: Vec<_> = wallet.asked.iter().map(String::as_str).collect();
    let expected = [
        "eth_requestAccounts",
        "eth_accounts",
        "eth_chainId",
        "wallet_switchEthereumChain",
        "eth_chainId",
        "eth_sendTransaction",
    ];
    assert_eq!(asked, expected);

    // A ballot that somebody else casts, by a wallet that does not announce itself.
    drop(tab);
    let folder = tempfile::tempdir().unwrap();
    let mut tab = Tab::open(folder.path(), false);
    let mut wallet = StandIn::of(&assembly, Name::Chidi);
    let (program, url) = started(&assembly, &format!("proposal vote {id} against --sign ballot.json"));
    tab.go(&url);
    tab.press(&mut wallet, "Connect").await;
    tab.press(&mut wallet, "Open the wallet to sign").await;
    tab.says(&mut wallet, "The command has ended").await;
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assembly.send(Name::Relayer, "proposal relay ballot.json");
    assert_eq!(cast(Name::Chidi).await.unwrap().0, Support::Against);
}
