//! What the tests share: accounts, messages and envelopes.

use alloy::primitives::{Address, B256, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use btrst_offchain::Envelope;
use btrst_offchain::message::{Message, Proposal, SignedChoice, Vote};

/// A second in the voting window of [`proposal`].
pub const NOW: u64 = 1_750_000_000;

/// The space of all messages.
pub const SPACE: &str = "usebraintrust.eth";

/// The account number `number`.
pub fn key(number: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(number + 1))).unwrap()
}

/// A proposal of a vote with the system `system` on three choices, which goes on for a week.
pub fn proposal(from: Address, system: &str) -> Proposal {
    Proposal {
        from,
        space: SPACE.into(),
        timestamp: NOW,
        system: system.into(),
        title: "Lower the marketplace fee".into(),
        body: "From 10% to 8% — see the “discussion”.".into(),
        discussion: "https://example.org/t/42".into(),
        choices: vec!["For".into(), "Against".into(), "Abstain".into()],
        labels: vec![],
        start: NOW,
        end: NOW + 7 * 86_400,
        snapshot: 12_998_200,
        plugins: "{}".into(),
        privacy: String::new(),
        app: "btrst".into(),
    }
}

/// A vote for `choice` on the proposal `proposal`.
pub fn vote(from: Address, proposal: B256, choice: SignedChoice) -> Vote {
    Vote {
        from,
        space: SPACE.into(),
        timestamp: NOW,
        proposal: proposal.to_string(),
        choice,
        reason: "it pays for itself".into(),
        app: "btrst".into(),
        metadata: "{}".into(),
    }
}

/// The envelope of `message`, signed by `key`.
pub fn signed(key: &PrivateKeySigner, message: Message) -> Envelope {
    let signature = key.sign_hash_sync(&message.digest()).unwrap();
    Envelope::new(key.address(), signature.as_bytes().into(), message)
}
