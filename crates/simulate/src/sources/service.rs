//! Services that have the sources of contracts: Sourcify, and explorers that answer as Etherscan does.

use std::time::Duration;

use alloy::{
    json_abi::JsonAbi,
    primitives::{Address, Bytes, hex, keccak256},
    transports::http::reqwest::{Client, StatusCode, Url},
};
use btrst_chain::without_credentials;
use serde_json::Value;

use super::{Answer, Claim, template::Template};
use crate::{checks::functions, report::shortened};

/// Where Etherscan answers for all of its chains.
pub const ETHERSCAN: &str = "https://api.etherscan.io/v2/api";

/// Longest answer that is read, in bytes: sources are long, but not that long.
const LONGEST: usize = 32 << 20;

/// Services that may be asked.
#[derive(Debug)]
pub struct Services {
    client: Client,
    sourcify: Option<Url>,
    explorer: Option<(Url, Option<String>)>,
}

impl Services {
    /// Asks Sourcify at `sourcify`, and an explorer at an address, by a key where it wants one. Each answer may take
    /// `patience`.
    ///
    /// `None` when no client can be made.
    #[must_use]
    pub fn new(
        sourcify: Option<Url>,
        explorer: Option<(Url, Option<String>)>,
        patience: Duration,
    ) -> Option<Self> {
        let client = Client::builder().timeout(patience).build().ok()?;
        Some(Self { client, sourcify, explorer })
    }

    /// What each service says about the code `code` of `contract` on chain `chain_id`.
    pub async fn ask(&self, chain_id: u64, contract: Address, code: &Bytes) -> Vec<Claim> {
        let mut claims = Vec::new();
        let claim = |by: String, answer| Claim { contract, code: keccak256(code), by, answer };
        if let Some(base) = &self.sourcify {
            let answer = self.sourcify(base, chain_id, contract, code).await;
            let answer = answer.unwrap_or_else(|reason| Answer::Failed { reason });
            claims.push(claim(format!("Sourcify at {}", without_credentials(base.as_str())), answer));
        }
        if let Some((base, key)) = &self.explorer {
            let answer = self.explorer(base, key.as_deref(), chain_id, contract, code).await;
            let answer = answer.unwrap_or_else(|reason| Answer::Failed { reason });
            claims.push(claim(format!("the explorer at {}", without_credentials(base.as_str())), answer));
        }
        claims
    }

    /// The JSON at `url` with its status. The address, which may have a key, is in no error.
    async fn get(&self, url: Url) -> Result<(StatusCode, Value), String> {
        let reason = |error: alloy::transports::http::reqwest::Error| {
            if error.is_timeout() {
                return "it does not answer in time".to_owned();
            }
            let error = error.without_url();
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            format!("it cannot be asked: {error}{}{cause}", if cause.is_empty() { "" } else { ": " })
        };
        let mut response = self.client.get(url).send().await.map_err(reason)?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err("it refuses to answer so many questions (429)".into());
        }
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(reason)? {
            if body.len().saturating_add(part.len()) > LONGEST {
                return Err(format!("its answer has more than {LONGEST} bytes"));
            }
            body.extend_from_slice(&part);
        }
        let answer = serde_json::from_slice(&body)
            .map_err(|_| format!("its answer is no JSON (status {})", status.as_u16()))?;
        Ok((status, answer))
    }

    /// Sourcify's API of version 2.
    async fn sourcify(
        &self,
        base: &Url,
        chain_id: u64,
        contract: Address,
        code: &Bytes,
    ) -> Result<Answer, String> {
        let base = base.as_str().trim_end_matches('/');
        let address = format!("{base}/v2/contract/{chain_id}/{contract}?fields=runtimeBytecode,compilation");
        let (status, answer) =
            self.get(address.parse().map_err(|_| "its address is none".to_owned())?).await?;
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let about = text("/address").and_then(|text| text.parse::<Address>().ok());
        let matches = answer.get("match");
        if status != StatusCode::OK && status != StatusCode::NOT_FOUND {
            let said = shortened(text("/message").unwrap_or("no reason"), 120).into_owned();
            return Err(format!("it answers with status {}: {said}", status.as_u16()));
        }
        if matches.is_none() || about.is_none() {
            return Err("its answer makes no sense: it has no `match` or no `address`".into());
        }
        if about != Some(contract) || text("/chainId") != Some(chain_id.to_string().as_str()) {
            let reason = "its answer is about another contract or chain".to_owned();
            return Ok(Answer::Contradicted { reason });
        }
        if text("/match").is_none() {
            return Ok(Answer::None);
        }
        let name = text("/compilation/fullyQualifiedName").or_else(|| text("/compilation/name"));
        let name = shortened(name.unwrap_or("a contract without a name"), 120).into_owned();
        let runtime = answer.get("runtimeBytecode");
        let compiled = runtime.and_then(|runtime| {
            let object = runtime.get("recompiledBytecode")?.as_str()?;
            Template::new(object, runtime.get("immutableReferences"), runtime.get("linkReferences"))
        });
        let Some(compiled) = compiled else { return Ok(Answer::Said { name }) };
        let onchain = text("/runtimeBytecode/onchainBytecode").and_then(|text| hex::decode(text).ok());
        if onchain.is_some_and(|onchain| onchain != code[..]) {
            let reason = format!("it compares {name} with other code than the chain's");
            return Ok(Answer::Contradicted { reason });
        }
        Ok(match compiled.fit(code) {
            Some(fit) => Answer::Compiled { name, metadata: fit.metadata, open: fit.open },
            None => {
                let reason = format!("the code that it compiled of {name} is not the chain's");
                Answer::Contradicted { reason }
            }
        })
    }

    /// The API of Etherscan, version 2, which others have as well.
    async fn explorer(
        &self,
        base: &Url,
        key: Option<&str>,
        chain_id: u64,
        contract: Address,
        code: &Bytes,
    ) -> Result<Answer, String> {
        let mut url = base.clone();
        url.query_pairs_mut()
            .append_pair("chainid", &chain_id.to_string())
            .append_pair("module", "contract")
            .append_pair("action", "getsourcecode")
            .append_pair("address", &contract.to_string());
        if let Some(key) = key {
            url.query_pairs_mut().append_pair("apikey", key);
        }
        let (status, answer) = self.get(url).await?;
        let refused = answer.get("status").and_then(Value::as_str) != Some("1");
        if status != StatusCode::OK || refused {
            let said = answer.get("result").and_then(Value::as_str).unwrap_or("no reason");
            // Some repeat the key that they refuse.
            let said = key.map_or_else(|| said.to_owned(), |key| said.replace(key, "…"));
            let said = shortened(&said, 120).into_owned();
            return Err(format!("it refuses to answer: {said}"));
        }
        let first = answer.pointer("/result/0");
        let text = |field: &str| first.and_then(|first| first.get(field)).and_then(Value::as_str);
        let (Some(source), Some(abi)) = (text("SourceCode"), text("ABI")) else {
            return Err("its answer makes no sense: it has no `SourceCode` or no `ABI`".into());
        };
        if source.trim().is_empty() {
            return Ok(Answer::None);
        }
        let name = shortened(text("ContractName").unwrap_or("a contract without a name"), 120).into_owned();
        let Ok(abi) = serde_json::from_str::<JsonAbi>(abi) else {
            return Err(format!("its ABI of {name} cannot be read"));
        };
        // It does not say what it compiled. But a function that its source lacks cannot come from this source.
        let listed: Vec<_> = abi.functions().map(|function| function.selector()).collect();
        let hidden = functions(code).unwrap_or_default();
        Ok(match hidden.iter().find(|selector| !listed.contains(selector)) {
            Some(selector) => {
                let reason = format!("the code has a function {selector} that {name} has not");
                Answer::Contradicted { reason }
            }
            None => Answer::Said { name },
        })
    }
}
