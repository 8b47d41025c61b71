//! What services say about sources, and what becomes of it. A stand-in on this machine answers in the shapes that
//! Sourcify and Etherscan have recorded in their documentation; nothing leaves the machine.

use std::time::Duration;

use alloy::primitives::{Address, Bytes, hex};
use alloy::transports::http::reqwest::Url;
use btrst_simulate::sources::{Answer, Claim, Services};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const CHAIN: u64 = 31_337;
const CONTRACT: Address = Address::repeat_byte(0x71);

/// `PUSH1 1 PUSH32 … SSTORE`: with an immutable of zeros, and as it is deployed.
const COMPILED: &str = "60017f000000000000000000000000000000000000000000000000000000000000000055";
const DEPLOYED: &str = "60017f000000000000000000000000a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a755";

fn code() -> Bytes {
    hex::decode(DEPLOYED).unwrap().into()
}

/// Stands in for a service: answers everything with `status` and `body`, or nothing at all.
struct StandIn {
    url: Url,
    asked: tokio::sync::mpsc::UnboundedReceiver<String>,
}

impl StandIn {
    async fn start(status: u16, body: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap()).parse().unwrap();
        let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 8_192];
                let length = stream.read(&mut request).await.unwrap_or_default();
                let line =
                    String::from_utf8_lossy(&request[..length]).lines().next().unwrap_or_default().to_owned();
                tell.send(line).unwrap();
                match &body {
                    Some(body) => {
                        let head = format!(
                            "HTTP/1.1 {status} stand-in\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                            body.len()
                        );
                        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
                    }
                    None => silent.push(stream),
                }
            }
        });
        Self { url, asked }
    }
}

async fn sourcify(status: u16, body: &str) -> (Answer, String) {
    let mut service = StandIn::start(status, Some(body.to_owned())).await;
    let services = Services::new(Some(service.url.clone()), None, Duration::from_secs(600)).unwrap();
    let [Claim { answer, by, .. }] =
        <[_; 1]>::try_from(services.ask(CHAIN, CONTRACT, &code()).await).unwrap();
    assert!(by.starts_with("Sourcify at http://127.0.0.1:"), "{by}");
    (answer, service.asked.recv().await.unwrap())
}

async fn explorer(status: u16, body: &str) -> (Answer, String) {
    let mut service = StandIn::start(status, Some(body.to_owned())).await;
    let key = (service.url.clone(), Some("a-secret".to_owned()));
    let services = Services::new(None, Some(key), Duration::from_secs(600)).unwrap();
    let [Claim { answer, by, .. }] =
        <[_; 1]>::try_from(services.ask(CHAIN, CONTRACT, &code()).await).unwrap();
    assert!(by.starts_with("the explorer at http://127.0.0.1:"), "{by}");
    (answer, service.asked.recv().await.unwrap())
}

fn match_of(recompiled: &str, onchain: &str) -> Value {
    json!({
        "matchId": "3266227",
        "creationMatch": "exact_match",
        "runtimeMatch": "exact_match",
        "verifiedAt": "2026-07-24T12:00:00Z",
        "match": "exact_match",
        "chainId": CHAIN.to_string(),
        "address": CONTRACT.to_string(),
        "compilation": { "language": "Solidity", "name": "Vault", "fullyQualifiedName": "src/Vault.sol:Vault" },
        "runtimeBytecode": {
            "onchainBytecode": format!("0x{onchain}"),
            "recompiledBytecode": format!("0x{recompiled}"),
            "immutableReferences": { "7": [{ "start": 3, "length": 32 }] },
            "linkReferences": {},
        },
    })
}

#[tokio::test]
async fn sourcify_is_compared_and_not_believed() {
    let (answer, asked) = sourcify(200, &match_of(COMPILED, DEPLOYED).to_string()).await;
    let open = vec![format!("0x000000000000000000000000{}", "a7".repeat(20))];
    assert_eq!(answer, Answer::Compiled { name: "src/Vault.sol:Vault".into(), metadata: true, open });
    let path = format!("GET /api/v2/contract/31337/{CONTRACT}?fields=runtimeBytecode,compilation HTTP/1.1");
    assert_eq!(asked, path);

    let none = json!({ "match": null, "creationMatch": null, "runtimeMatch": null,
                       "chainId": "31337", "address": CONTRACT.to_string() });
    assert_eq!(sourcify(404, &none.to_string()).await.0, Answer::None);
    let mut silent = match_of(COMPILED, DEPLOYED);
    silent.as_object_mut().unwrap().remove("runtimeBytecode");
    let said = Answer::Said { name: "src/Vault.sol:Vault".into() };
    assert_eq!(sourcify(200, &silent.to_string()).await.0, said);

    let mut elsewhere = match_of(COMPILED, DEPLOYED);
    elsewhere["address"] = json!(Address::repeat_byte(0x72).to_string());
    let mut other_chain = match_of(COMPILED, DEPLOYED);
    other_chain["chainId"] = json!("1");
    let lies = [
        (
            match_of("60025500", DEPLOYED),
            "the code that it compiled of src/Vault.sol:Vault is not the chain's",
        ),
        (match_of(COMPILED, "60025500"), "it compares src/Vault.sol:Vault with other code than the chain's"),
        (elsewhere, "its answer is about another contract or chain"),
        (other_chain, "its answer is about another contract or chain"),
    ];
    for (lie, expected) in lies {
        let contradicted = Answer::Contradicted { reason: expected.into() };
        assert_eq!(sourcify(200, &lie.to_string()).await.0, contradicted);
    }
}

#[tokio::test]
async fn an_explorer_is_believed_only_where_nothing_contradicts_it() {
    let source = |source: &str, abi: &str| {
        let entry = json!({ "SourceCode": source, "ABI": abi, "ContractName": "Vault", "CompilerVersion": "v0.8.36" });
        json!({ "status": "1", "message": "OK", "result": [entry] }).to_string()
    };
    let (answer, asked) = explorer(200, &source("contract Vault {}", "[]")).await;
    assert_eq!(answer, Answer::Said { name: "Vault".into() });
    let query = format!(
        "GET /api?chainid=31337&module=contract&action=getsourcecode&address={CONTRACT}&apikey=a-secret HTTP/1.1"
    );
    assert_eq!(asked, query);
    let unverified = source("", "Contract source code not verified");
    assert_eq!(explorer(200, &unverified).await.0, Answer::None);
    let failed = |reason: &str| Answer::Failed { reason: reason.into() };
    let refused =
        json!({ "status": "0", "message": "NOTOK", "result": "Invalid API Key a-secret" }).to_string();
    assert_eq!(explorer(200, &refused).await.0, failed("it refuses to answer: Invalid API Key …"));
    let limit = json!({ "status": "0", "message": "NOTOK", "result": "Max rate limit reached" }).to_string();
    assert_eq!(explorer(200, &limit).await.0, failed("it refuses to answer: Max rate limit reached"));
    assert_eq!(explorer(200, &source("x", "no ABI")).await.0, failed("its ABI of Vault cannot be read"));
}

#[tokio::test]
async fn a_function_that_the_source_lacks_contradicts_an_explorer() {
    let token = btrst_bindings::Contract::Timelock.artifact();
    let abi = json!([{ "type": "function", "name": "delay", "inputs": [], "outputs": [], "stateMutability": "view" }]);
    let entry =
        json!({ "SourceCode": "contract Harmless {}", "ABI": abi.to_string(), "ContractName": "Harmless" });
    let body = json!({ "status": "1", "message": "OK", "result": [entry] }).to_string();
    let service = StandIn::start(200, Some(body)).await;
    let services = Services::new(None, Some((service.url.clone(), None)), Duration::from_secs(600)).unwrap();
    let claims = services.ask(CHAIN, CONTRACT, &token.runtime_code).await;
    let Answer::Contradicted { reason } = &claims[0].answer else { panic!("{claims:?}") };
    assert!(
        reason.starts_with("the code has a function 0x") && reason.ends_with("that Harmless has not"),
        "{reason}"
    );
}

#[tokio::test]
async fn what_is_no_answer_is_none() {
    let table = [
        (429, "{}", "it refuses to answer so many questions (429)"),
        (200, "<!DOCTYPE html><title>Just a moment...</title>", "its answer is no JSON (status 200)"),
        (502, "", "its answer is no JSON (status 502)"),
        (200, "{}", "its answer makes no sense: it has no `match` or no `address`"),
        (500, r#"{"customCode":"internal_error","message":"oops"}"#, "it answers with status 500: oops"),
    ];
    for (status, body, expected) in table {
        assert_eq!(
            sourcify(status, body).await.0,
            Answer::Failed { reason: expected.into() },
            "{status} {body}"
        );
    }
    for (status, body) in
        [(429, "{}"), (200, "<html>"), (200, "{}"), (200, r#"{"status":"1","result":[{}]}"#)]
    {
        assert!(matches!(explorer(status, body).await.0, Answer::Failed { .. }), "{status} {body}");
    }
    let silent = StandIn::start(200, None).await;
    let services = Services::new(Some(silent.url.clone()), None, Duration::from_millis(300)).unwrap();
    let claims = services.ask(CHAIN, CONTRACT, &code()).await;
    assert_eq!(claims[0].answer, Answer::Failed { reason: "it does not answer in time".into() });
    let closed = "http://127.0.0.1:1/api".parse().unwrap();
    let services = Services::new(Some(closed), None, Duration::from_secs(600)).unwrap();
    let claims = services.ask(CHAIN, CONTRACT, &code()).await;
    let Answer::Failed { reason } = &claims[0].answer else { panic!("{claims:?}") };
    assert!(reason.starts_with("it cannot be asked: ") && !reason.contains("/v2/"), "{reason}");
}
