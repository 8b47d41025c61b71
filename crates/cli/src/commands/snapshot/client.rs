//! A hub, seen from outside.

use std::time::Duration;

use alloy::primitives::B256;
use alloy::transports::http::reqwest::{Client, Url};
use btrst_chain::without_credentials;
use btrst_hub::log::Entry;
use btrst_offchain::audit::Export;
use btrst_offchain::{Envelope, ProposalRecord, VoteRecord};
use eyre::Result;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Hinted;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(45);

/// Votes of one answer.
const PAGE: usize = 1_000;

/// Entries of the log in one answer.
const ENTRIES: u64 = 500;

const PROPOSAL: &str = "id author created space { id } network type title body discussion choices labels start end \
                        snapshot strategies { name network params } validation { name params } plugins quorum \
                        quorumType privacy app scores scores_total scores_state votes";

const VOTE: &str = "id voter created choice vp vp_by_strategy reason app";

/// Which hub.
#[derive(clap::Args, Clone, Debug)]
pub struct HubOptions {
    /// Address of the hub, to which messages are posted
    #[arg(
        long,
        value_name = "URL",
        env = "BTRST_HUB",
        default_value = "http://127.0.0.1:8547",
        help_heading = "Hub"
    )]
    pub hub: String,

    /// Address of its GraphQL, where it is not /graphql at the hub
    #[arg(long, value_name = "URL", env = "BTRST_HUB_GRAPHQL", help_heading = "Hub")]
    pub graphql: Option<String>,
}

/// A hub.
#[derive(Debug)]
pub struct Hub {
    client: Client,
    url: Url,
    graphql: Url,
}

/// The log of a hub, with the messages.
#[derive(Debug, Deserialize)]
pub struct LogPage {
    /// The hub's account.
    pub hub: alloy::primitives::Address,
    /// Entries.
    pub entries: Vec<LogEntry>,
}

/// An entry of a log with its message.
#[derive(Debug, Deserialize)]
pub struct LogEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// The message, as it is published.
    pub envelope: Value,
}

fn url(text: &str, option: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| {
        let message = format!("`{}` is not the address of a hub", without_credentials(text));
        Hinted::new(message, format!("{option} takes one such as http://127.0.0.1:8547")).into()
    })
}

impl HubOptions {
    /// The hub. Whether it is there shows with the first request.
    ///
    /// # Errors
    /// When its address is none.
    pub fn open(&self) -> Result<Hub> {
        let base = url(&self.hub, "--hub")?;
        let graphql = match &self.graphql {
            Some(text) => url(text, "--graphql")?,
            None => url(&format!("{}/graphql", self.hub.trim_end_matches('/')), "--hub")?,
        };
        let client = Client::builder().timeout(PATIENCE).build()?;
        Ok(Hub { client, url: base, graphql })
    }
}

impl Hub {
    /// Where messages are posted, without what could be a credential.
    pub fn address(&self) -> String {
        without_credentials(self.url.as_str())
    }

    async fn post(&self, url: &Url, body: String) -> Result<(bool, Value)> {
        let request = self.client.post(url.clone()).header("content-type", "application/json").body(body);
        let answer = request.send().await.map_err(|error| self.silent(error))?;
        let taken = answer.status().is_success();
        let text = answer.text().await.map_err(|error| self.silent(error))?;
        Ok((taken, serde_json::from_str(&text).unwrap_or_default()))
    }

    fn silent(&self, error: impl std::error::Error + Send + Sync + 'static) -> Hinted {
        let message = format!("the hub at {} does not answer", self.address());
        Hinted::new(message, "name it with --hub or BTRST_HUB; `btrst snapshot hub` starts one")
            .caused_by(error)
    }

    fn nonsense(&self) -> Hinted {
        let message = format!("the answer of {} is none of a hub", self.address());
        Hinted::new(message, "check --hub, and --graphql where queries go to another address")
    }

    /// Posts `envelope`. Gives the hub's receipt, or the words in which it refuses.
    ///
    /// # Errors
    /// When the hub does not answer.
    pub async fn submit(&self, envelope: &Envelope) -> Result<Result<Value, String>> {
        let (taken, answer) = self.post(&self.url, envelope.to_json().to_string()).await?;
        if taken && answer.get("id").is_some() {
            return Ok(Ok(answer));
        }
        let word = |key| answer.get(key).and_then(Value::as_str);
        let reason = word("error_description").or_else(|| word("error")).ok_or_else(|| self.nonsense())?;
        Ok(Err(word("detail").map_or_else(|| reason.to_owned(), |detail| format!("{reason}: {detail}"))))
    }

    async fn query<T: for<'a> Deserialize<'a>>(
        &self,
        query: &str,
        variables: Value,
        field: &str,
    ) -> Result<T> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let (_, mut answer) = self.post(&self.graphql, body).await?;
        if let Some(error) = answer.pointer("/errors/0/message").and_then(Value::as_str) {
            let message = format!("the hub at {} refuses the query: {error}", self.address());
            return Err(Hinted::new(message, "is it a hub of the Snapshot protocol?").into());
        }
        let data =
            answer.pointer_mut(&format!("/data/{field}")).map(Value::take).ok_or_else(|| self.nonsense())?;
        Ok(serde_json::from_value(data).map_err(|error| self.nonsense().caused_by(error))?)
    }

    /// The proposal `id`.
    ///
    /// # Errors
    /// When there is none, or the hub does not answer.
    pub async fn proposal(&self, id: B256) -> Result<ProposalRecord> {
        self.find(id).await?.ok_or_else(|| {
            let message = format!("the hub at {} has no proposal `{id}`", self.address());
            Hinted::new(message, "check the id, and the hub; a withdrawn proposal is not shown").into()
        })
    }

    /// The proposal `id`; `None` where there is none, or it was withdrawn.
    ///
    /// # Errors
    /// When the hub does not answer.
    pub async fn find(&self, id: B256) -> Result<Option<ProposalRecord>> {
        let query = format!("query ($id: String!) {{ proposal(id: $id) {{ {PROPOSAL} }} }}");
        self.query(&query, json!({ "id": id }), "proposal").await
    }

    /// All votes on the proposal `id`, by their time.
    ///
    /// # Errors
    /// When the hub does not answer.
    pub async fn votes(&self, id: B256) -> Result<Vec<VoteRecord>> {
        let query = format!(
            "query ($id: String!, $first: Int!, $skip: Int!, $from: Int!) {{ votes(first: $first, skip: $skip, \
             where: {{proposal: $id, created_gte: $from}}, orderBy: \"created\", orderDirection: asc) {{ {VOTE} }} }}"
        );
        let mut votes: Vec<VoteRecord> = Vec::new();
        let mut known = std::collections::HashSet::new();
        let (mut from, mut skip) = (0, 0);
        loop {
            let variables = json!({ "id": id, "first": PAGE, "skip": skip, "from": from });
            let page: Vec<VoteRecord> = self.query(&query, variables, "votes").await?;
            let (full, last) = (page.len() >= PAGE, page.last().map_or(from, |vote| vote.created));
            votes.extend(page.into_iter().filter(|vote| known.insert(vote.id)));
            if !full {
                return Ok(votes);
            }
            // The next page begins with the last second of this one, after as many as can be in one second.
            (from, skip) = if last == from { (from, skip + PAGE) } else { (last, 0) };
        }
    }

    /// The whole log from the entry `from` on, page by page, to `take`.
    ///
    /// # Errors
    /// When the hub does not answer or has no log, and whatever `take` says.
    pub async fn log(&self, mut take: impl FnMut(LogPage) -> Result<()>) -> Result<()> {
        let mut from = 0;
        loop {
            let mut url = url(&format!("{}/log", self.url.as_str().trim_end_matches('/')), "--hub")?;
            url.set_query(Some(&format!("from={from}&limit={ENTRIES}")));
            let answer = self.client.get(url).send().await.map_err(|error| self.silent(error))?;
            let text = answer.text().await.map_err(|error| self.silent(error))?;
            let page: LogPage = serde_json::from_str(&text).map_err(|error| {
                let message = format!("the hub at {} publishes no signed log", self.address());
                Hinted::new(message, "name a file with an export of proposal, votes and envelopes instead")
                    .caused_by(error)
            })?;
            if page.entries.is_empty() {
                return Ok(());
            }
            from += page.entries.len() as u64;
            take(page)?;
        }
    }

    /// What the hub publishes of the proposal `id`, without the messages.
    ///
    /// # Errors
    /// When there is no such proposal, or the hub does not answer.
    pub async fn export(&self, id: B256) -> Result<Export> {
        Ok(Export { proposal: self.proposal(id).await?, votes: self.votes(id).await?, envelopes: Vec::new() })
    }
}

/// The hash of 32 bytes that is written as `text`, such as the id of a proposal.
///
/// # Errors
/// When it is none.
pub fn hash(text: &str) -> Result<B256> {
    text.parse().map_err(|_| {
        let hint =
            "such an id is `0x` and 64 hexadecimal digits; `btrst snapshot propose` shows that of a proposal";
        Hinted::new(format!("`{text}` is no id"), hint).into()
    })
}
