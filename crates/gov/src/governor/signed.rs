//! Ballots that came back signed: their file, what can be wrong with them, and the calls that cast them.

use std::collections::BTreeMap;

use alloy::{
    network::TransactionBuilder,
    primitives::{Address, B256, Bytes, Signature},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::{Eip712Domain, SolCall},
};
use serde::{Deserialize, Serialize};

use super::{Ballot, Call, Flavour, Governor, Head, Status, Support, reads::unanswered};
use crate::{
    Error, Result,
    typed::{self, Fault, TypedMessage},
};

/// Most ballots of one transaction: a batch of them stays far below the gas that a transaction may have.
pub const MOST_BALLOTS: usize = 100;

/// What the file of a signed ballot is.
const KIND: &str = "ballot";

alloy::sol! {
    /// A contract that signs (ERC-1271).
    interface Wallet {
        function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
    }
}

/// A ballot that its voter signed, to be cast by anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBallot {
    /// Chain of the governor.
    pub chain_id: u64,
    /// The governor.
    pub governor: Address,
    /// What was signed.
    pub ballot: Ballot,
    /// Who signed it.
    pub voter: Address,
    /// Of 65 bytes, or whatever a contract wallet takes.
    pub signature: Bytes,
}

/// The form of the file.
#[derive(Serialize, Deserialize)]
struct Document {
    chain_id: u64,
    #[serde(serialize_with = "typed::checksummed")]
    governor: Address,
    id: u64,
    support: String,
    reason: Option<String>,
    #[serde(serialize_with = "typed::checksummed")]
    voter: Address,
    /// Of a contract wallet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<u64>,
    signature: Bytes,
}

impl SignedBallot {
    /// Reads the file that [`SignedBallot::render`] wrote.
    ///
    /// # Errors
    /// [`Error::NotSigned`], [`Error::SchemaVersion`], [`Error::UnknownWord`].
    pub fn parse(text: &str) -> Result<Self> {
        let document: Document = typed::parse(KIND, text)?;
        let Document { chain_id, governor, id, support, reason, voter, nonce, signature } = document;
        let wallet = nonce.map(|nonce| (voter, nonce));
        let ballot = Ballot { id, support: support.parse()?, reason, wallet };
        Ok(Self { chain_id, governor, ballot, voter, signature })
    }

    /// The ballot as a JSON file.
    ///
    /// # Errors
    /// Never for a ballot of these tools.
    pub fn render(&self) -> Result<String> {
        let document = Document {
            chain_id: self.chain_id,
            governor: self.governor,
            id: self.ballot.id,
            support: self.ballot.support.to_string(),
            reason: self.ballot.reason.clone(),
            voter: self.voter,
            nonce: self.ballot.wallet.map(|(_, nonce)| nonce),
            signature: self.signature.clone(),
        };
        typed::render(KIND, document)
    }
}

/// The ballots that were given, each with what is wrong with it, where something is.
pub type Checked = (SignedBallot, Option<Fault>);

/// What signed ballots are compared with.
#[derive(Clone, Debug)]
pub struct Poll {
    governor: Governor,
    token: Address,
    chain_id: u64,
    domain: Eip712Domain,
    head: Head,
    /// The proposals that are voted on; `None` where there is none of that id.
    statuses: BTreeMap<u64, Option<Status>>,
}

impl Poll {
    /// Reads what there is to know about the proposals `ids` at the last block, `head`. Votes are those of `token`.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn read<P: Provider>(
        governor: Governor,
        provider: &P,
        token: Address,
        chain_id: u64,
        head: Head,
        ids: impl IntoIterator<Item = u64>,
    ) -> Result<Self> {
        let domain = governor.domain(provider, chain_id).await?;
        let mut statuses = BTreeMap::new();
        for id in ids {
            if statuses.contains_key(&id) {
                continue;
            }
            let status = match governor.status(provider, id).await {
                Ok(status) => Some(status),
                Err(Error::UnknownProposal { .. }) => None,
                Err(error) => return Err(error),
            };
            statuses.insert(id, status);
        }
        Ok(Self { governor, token, chain_id, domain, head, statuses })
    }

    /// What is wrong with `signed`, looked at alone.
    ///
    /// # Errors
    /// If governor, token or endpoint does not answer.
    pub async fn fault<P: Provider>(&self, provider: &P, signed: &SignedBallot) -> Result<Option<Fault>> {
        let SignedBallot { chain_id, governor, ballot, voter, .. } = signed;
        if *chain_id != self.chain_id {
            return Ok(Some(Fault::OtherChain { chain_id: *chain_id }));
        }
        if *governor != self.governor.address {
            return Ok(Some(Fault::OtherContract { named: *governor }));
        }
        let Some(status) = self.statuses.get(&ballot.id).and_then(Option::as_ref) else {
            return Ok(Some(Fault::UnknownProposal { id: ballot.id }));
        };
        let message = match self.governor.ballot_message(self.domain.clone(), ballot) {
            Ok(message) => message,
            Err(refused) => return Ok(Some(Fault::NotTaken(refused.to_string()))),
        };
        if let Some(fault) = self.signature_fault(provider, signed, &message).await? {
            return Ok(Some(fault));
        }
        let obstacle = self.governor.vote_obstacle(provider, self.token, status, *voter, self.head).await?;
        Ok(obstacle.map(Fault::Obstacle))
    }

    async fn signature_fault<P: Provider>(
        &self,
        provider: &P,
        signed: &SignedBallot,
        message: &TypedMessage,
    ) -> Result<Option<Fault>> {
        let voter = signed.voter;
        let actual = typed::signature(&signed.signature).and_then(|signature| message.signer(&signature));
        let Some((_, nonce)) = signed.ballot.wallet else {
            return Ok((actual != Some(voter)).then_some(Fault::WrongSigner { named: voter, actual }));
        };
        let next = self.governor.ballot_nonce(provider, voter).await?;
        if nonce != next {
            return Ok(Some(Fault::Nonce { signed: nonce, next }));
        }
        let accepted = accepts(provider, voter, message.digest, &signed.signature).await?;
        Ok((!accepted).then_some(Fault::RefusedByWallet(voter)))
    }

    /// The calls that cast `ballots`, in which nothing is wrong, and the places of the ballots in each.
    ///
    /// # Errors
    /// If the governor does not take one of them.
    pub fn calls(&self, ballots: &[SignedBallot]) -> Result<Vec<(Call, Vec<usize>)>> {
        let mut calls = Vec::new();
        let mut batches: BTreeMap<u64, Vec<(usize, Support, Signature)>> = BTreeMap::new();
        for (place, signed) in ballots.iter().enumerate() {
            let Ballot { id, support, reason, wallet } = &signed.ballot;
            if wallet.is_some() {
                let signature = signed.signature.clone();
                let call = self.governor.cast_vote_of_wallet(*id, *support, signed.voter, signature)?;
                calls.push((call, vec![place]));
                continue;
            }
            let signature = typed::signature(&signed.signature).ok_or_else(|| Error::NotSigned {
                what: KIND,
                reason: "its signature is not one of an account".into(),
            })?;
            if self.governor.flavour == Flavour::Braintrust && reason.is_none() {
                batches.entry(*id).or_default().push((place, *support, signature));
            } else {
                let reason = reason.as_deref();
                let call = self.governor.cast_vote_by_signature(*id, *support, reason, &signature)?;
                calls.push((call, vec![place]));
            }
        }
        for (id, batch) in batches {
            for part in batch.chunks(MOST_BALLOTS) {
                let call = match part {
                    [(_, support, signature)] => {
                        self.governor.cast_vote_by_signature(id, *support, None, signature)?
                    }
                    many => {
                        let ballots: Vec<_> =
                            many.iter().map(|(_, support, signature)| (*support, *signature)).collect();
                        self.governor.cast_votes_by_signature(id, &ballots)?
                    }
                };
                calls.push((call, part.iter().map(|(place, ..)| *place).collect()));
            }
        }
        Ok(calls)
    }
}

/// Whether the contract `wallet` accepts `signature` under `digest` (ERC-1271). An account without code accepts none.
///
/// # Errors
/// If the endpoint does not answer.
pub async fn accepts<P: Provider>(
    provider: &P,
    wallet: Address,
    digest: B256,
    signature: &Bytes,
) -> Result<bool> {
    let call = Wallet::isValidSignatureCall { hash: digest, signature: signature.clone() };
    let request = TransactionRequest::default().with_to(wallet).with_input(call.abi_encode());
    match provider.call(request).await {
        // The four bytes and nothing else in their word, as the governor wants them.
        Ok(answer) => Ok(answer.get(..32).is_some_and(|word| {
            word.starts_with(&Wallet::isValidSignatureCall::SELECTOR)
                && word.iter().skip(4).all(|byte| *byte == 0)
        })),
        Err(error) if error.is_error_resp() => Ok(false),
        Err(error) => Err(unanswered("isValidSignature", error)),
    }
}

/// Marks the ballots of which a voter gave two on one proposal: the second of two that say the same, and both of two
/// that do not. Those with a fault of their own do not count.
pub fn mark_repeated(ballots: &mut [Checked]) {
    let mut seen: BTreeMap<(u64, Address), usize> = BTreeMap::new();
    let mut marks = Vec::new();
    for (place, (signed, fault)) in ballots.iter().enumerate() {
        if fault.is_some() {
            continue;
        }
        let Some(first) = seen.get(&(signed.ballot.id, signed.voter)).copied() else {
            seen.insert((signed.ballot.id, signed.voter), place);
            continue;
        };
        let says = |at: usize| ballots.get(at).map(|(signed, _)| signed.ballot.support);
        if says(first) == says(place) {
            marks.push((place, Fault::Duplicate { first }));
        } else {
            marks.push((first, Fault::Contradiction { other: place }));
            marks.push((place, Fault::Contradiction { other: first }));
        }
    }
    for (place, mark) in marks {
        if let Some((_, fault)) = ballots.get_mut(place) {
            *fault = Some(mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;

    use super::*;

    fn signed(voter: u8, id: u64, support: Support) -> SignedBallot {
        SignedBallot {
            chain_id: 1,
            governor: Address::repeat_byte(3),
            ballot: Ballot { id, support, reason: None, wallet: None },
            voter: Address::repeat_byte(voter),
            signature: Bytes::from(vec![7; 65]),
        }
    }

    #[test]
    fn files_come_back() {
        let plain = signed(1, 7, Support::Abstain);
        let reasoned = SignedBallot {
            ballot: Ballot { reason: Some("\u{1b}[2J \"because\"".into()), ..plain.ballot.clone() },
            ..plain.clone()
        };
        let wallet = SignedBallot {
            ballot: Ballot { wallet: Some((plain.voter, 4)), ..plain.ballot.clone() },
            ..plain.clone()
        };
        for ballot in [plain, reasoned, wallet] {
            assert_eq!(SignedBallot::parse(&ballot.render().unwrap()).unwrap(), ballot);
        }
    }

    #[test]
    fn other_files_are_refused() {
        let good = signed(1, 7, Support::For).render().unwrap();
        let table = [
            ("", "this is not a signed ballot: EOF while parsing a value at line 1 column 0"),
            ("[]", "this is not a signed ballot: invalid"),
            (
                &good.replace("\"ballot\"", "\"delegation\""),
                "this is not a signed ballot: its kind is `delegation`",
            ),
            (&good.replace("\"schema_version\": 1", "\"schema_version\": 2"), "unknown `schema_version` 2"),
            (&good.replace("\"for\"", "\"yes\""), "unknown support `yes`"),
            (&good.replace("\"id\": 7", "\"id\": -7"), "this is not a signed ballot: invalid value"),
            (&good.replace("\"voter\"", "\"vooter\""), "this is not a signed ballot: missing field `voter`"),
        ];
        for (text, message) in table {
            let error = SignedBallot::parse(text).unwrap_err();
            assert!(error.to_string().starts_with(message), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }

    #[test]
    fn ballots_share_transactions_where_they_can() {
        let poll = |flavour| Poll {
            governor: Governor::new(Address::repeat_byte(3), flavour),
            token: Address::repeat_byte(4),
            chain_id: 1,
            domain: Eip712Domain::default(),
            head: Head { number: 1, timestamp: 1 },
            statuses: BTreeMap::new(),
        };
        let good = |id| SignedBallot {
            signature: Signature::new(U256::from(5), U256::from(6), false).as_bytes().into(),
            ..signed(1, id, Support::For)
        };
        let mut ballots: Vec<_> = (0..=MOST_BALLOTS).map(|_| good(7)).collect();
        ballots.insert(1, good(8));
        ballots.push(SignedBallot {
            ballot: Ballot { reason: Some("because".into()), ..good(8).ballot },
            ..good(8)
        });
        let calls = poll(Flavour::Braintrust).calls(&ballots).unwrap();
        let told: Vec<_> = calls.iter().map(|(call, places)| (call.what.as_str(), places.len())).collect();
        assert_eq!(
            told,
            [
                ("vote for proposal 8 by signature", 1),
                ("cast 100 signed ballots on proposal 7", MOST_BALLOTS),
                ("vote for proposal 7 by signature", 1),
                ("vote for proposal 8 by signature", 1),
            ]
        );
        let mut places: Vec<_> = calls.into_iter().flat_map(|(_, places)| places).collect();
        places.sort_unstable();
        assert_eq!(places, (0..ballots.len()).collect::<Vec<_>>());
        ballots.pop();
        let calls = poll(Flavour::Alpha).calls(&ballots).unwrap();
        assert_eq!(calls.len(), ballots.len());
        let none = SignedBallot { signature: Bytes::new(), ..good(7) };
        assert!(poll(Flavour::Alpha).calls(&[none]).is_err());
    }

    #[test]
    fn two_ballots_of_a_voter_are_one_or_none() {
        use Support::{Against, For};
        let good = |voter, id, support| (signed(voter, id, support), None);
        let mut ballots = [
            (signed(1, 7, Against), Some(Fault::UnknownProposal { id: 7 })),
            good(1, 7, For),
            good(2, 7, For),
            good(1, 7, For),
            good(2, 7, Against),
            good(2, 8, Against),
        ];
        mark_repeated(&mut ballots);
        let faults: Vec<_> = ballots.iter().map(|(_, fault)| fault.clone()).collect();
        assert_eq!(
            faults,
            [
                Some(Fault::UnknownProposal { id: 7 }),
                None,
                Some(Fault::Contradiction { other: 4 }),
                Some(Fault::Duplicate { first: 1 }),
                Some(Fault::Contradiction { other: 2 }),
                None,
            ]
        );
    }
}
