//! Envelopes: what is taken, what is kept, and what is refused.

use alloy::primitives::{B256, U256, hex, keccak256};
use btrst_offchain::message::{Message, SignedChoice};
use btrst_offchain::signature::Fault;
use btrst_offchain::{Envelope, Error};
use serde_json::{Value, json};

use crate::stage::{NOW, key, signed, vote};

fn ballot() -> Envelope {
    let signer = key(1);
    let vote = vote(signer.address(), B256::repeat_byte(0x5a), SignedChoice::One(1));
    signed(&signer, Message::try_from(&vote).unwrap())
}

fn parsed(value: &Value) -> Result<Envelope, Error> {
    Envelope::parse(value.to_string().as_bytes())
}

#[test]
fn an_envelope_is_read_as_it_was_written() {
    let envelope = ballot();
    let text = envelope.to_json().to_string();
    assert!(text.starts_with(r#"{"address":"0x"#), "{text}");
    assert!(text.contains(r#""data":{"domain":{"name":"snapshot","version":"0.1.4"},"types":{"Vote":[{"name":"from","type":"string"},"#), "{text}");
    let read = Envelope::parse(text.as_bytes()).unwrap();
    assert_eq!(read, envelope);
    assert_eq!(read.verify_key(), Ok(()));
    assert_eq!(read.to_json().to_string(), text);

    let pinned = envelope.pinned().to_string();
    assert!(pinned.contains(&format!(r#","hash":"{}","data":{{"#, envelope.id())), "{pinned}");
    assert_eq!(Envelope::parse_pinned(pinned.as_bytes()).unwrap(), envelope);
}

#[test]
fn the_order_of_keys_is_kept_and_the_type_of_the_domain_dropped() {
    let mut json = ballot().to_json();
    let message = json["data"]["message"].as_object().unwrap().clone();
    json["data"]["message"] = message.into_iter().rev().collect::<serde_json::Map<_, _>>().into();
    let mut types = json!({"EIP712Domain": [{"name": "name", "type": "string"}]});
    types["Vote"] = json["data"]["types"]["Vote"].clone();
    json["data"]["types"] = types;
    let envelope = parsed(&json).unwrap();
    assert_eq!(envelope.id(), ballot().id());
    json["data"]["types"].as_object_mut().unwrap().shift_remove("EIP712Domain");
    assert_eq!(envelope.to_json().to_string(), json.to_string());
}

#[test]
fn what_is_no_envelope_is_refused_with_the_reason() {
    type Change = fn(&mut Value);
    let table: [(Change, &str); 17] = [
        (|json| json["hash"] = json!("0x00"), "wrong envelope: its keys are not"),
        (|json| json["address"] = json!("0x12"), "wrong envelope: `address` is not an address"),
        (|json| json["sig"] = json!(7), "wrong envelope: `sig` is not in hexadecimal digits"),
        (|json| json["sig"] = json!("0x123"), "wrong envelope: `sig` is not in hexadecimal digits"),
        (|json| json["data"] = json!([]), "wrong envelope: `data` is not an object"),
        (|json| json["data"]["extra"] = json!(1), "wrong envelope: `data` has more"),
        (|json| json["data"]["domain"]["chainId"] = json!(1), "the domain is not that of"),
        (|json| json["data"]["domain"]["version"] = json!("1"), "the domain is not that of"),
        (|json| json["data"]["types"]["Vote"][0]["type"] = json!("uint256"), "the types are none"),
        (|json| json["data"]["types"]["Other"] = json!([]), "the types are none"),
        (|json| json["data"]["primaryType"] = json!("Proposal"), "wrong envelope: `primaryType`"),
        (
            |json| json["data"]["message"]["timestamp"] = json!("1"),
            "`\"1\"` is not a value for `uint64 timestamp`",
        ),
        (
            |json| json["data"]["message"]["timestamp"] = json!(1.5),
            "`1.5` is not a value for `uint64 timestamp`",
        ),
        (
            |json| json["data"]["message"]["timestamp"] = json!((1_u64 << 53) - 1),
            "is not a value for `uint64 timestamp`",
        ),
        (|json| json["data"]["message"]["choice"] = json!(-1), "`-1` is not a value for `uint32 choice`"),
        (|json| json["data"]["message"]["from"] = json!("me"), "`\"me\"` is not a value for `string from`"),
        (
            |json| {
                json["data"]["message"].as_object_mut().unwrap().remove("reason");
            },
            "the field `reason` is missing",
        ),
    ];
    for (change, reason) in table {
        let mut json = ballot().to_json();
        change(&mut json);
        let error = parsed(&json).unwrap_err();
        assert!(error.to_string().starts_with(reason) || error.to_string().contains(reason), "{error}");
        assert!(!reason.starts_with("the domain") || error.hint().is_some());
    }
    let large = Envelope::parse(&vec![b' '; 100_001]).unwrap_err();
    assert!(matches!(large, Error::TooLarge { bytes: 100_001, maximum: 100_000 }), "{large}");
    let doubled = ballot().to_json().to_string().replacen("\"sig\"", "\"address\":\"\",\"sig\"", 1);
    let error = Envelope::parse(doubled.as_bytes()).unwrap_err().to_string();
    assert!(error.contains("\"address\" stands twice"), "{error}");
}

#[test]
fn what_nobody_signed_is_named() {
    let mut json = ballot().to_json();
    json["data"]["message"]["note"] = json!("not signed");
    assert_eq!(parsed(&json).unwrap().message().unsigned(), ["note"]);
    let mut json = ballot().to_json();
    json["address"] = json!(ballot().address().to_string().to_lowercase());
    assert_eq!(parsed(&json).unwrap().unchecked(), Some(json["address"].as_str().unwrap()));
}

#[test]
fn a_published_copy_with_another_id_is_refused() {
    let mut pinned = ballot().pinned();
    pinned["data"]["message"]["choice"] = json!(2);
    let error = Envelope::parse_pinned(pinned.to_string().as_bytes()).unwrap_err();
    assert!(matches!(error, Error::WrongId { .. }), "{error}");
}

#[test]
fn signatures_are_taken_in_one_form_only() {
    let envelope = ballot();
    let good = envelope.signature().to_vec();
    let with = |signature: Vec<u8>| {
        Envelope::new(envelope.address(), signature.into(), envelope.message().clone()).verify_key()
    };
    assert_eq!(with(good.clone()), Ok(()));

    let mut short = good.clone();
    short[64] -= 27;
    assert_eq!(with(short), Ok(()));

    let order =
        U256::from_be_slice(&hex!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"));
    let mut twin = good.clone();
    let s = order - U256::from_be_slice(&good[32..64]);
    twin[32..64].copy_from_slice(&s.to_be_bytes::<32>());
    twin[64] = 55 - good[64];
    assert_eq!(with(twin), Err(Fault::Malleable));

    for byte in [2, 26, 29, 37, 255] {
        let mut other = good.clone();
        other[64] = byte;
        assert_eq!(with(other), Err(Fault::RecoveryByte(byte)));
    }
    assert_eq!(with(good[..64].to_vec()), Err(Fault::Length(64)));
    assert_eq!(with(vec![]), Err(Fault::Length(0)));
    assert_eq!(with([&[0xff; 64][..], &[27]].concat()), Err(Fault::Invalid));
    assert_eq!(with([&[0; 64][..], &[27]].concat()), Err(Fault::Invalid));

    let other = signed(&key(2), envelope.message().clone());
    let forged = Envelope::new(key(1).address(), other.signature().clone(), envelope.message().clone());
    assert_eq!(forged.verify_key(), Err(Fault::OtherSigner(key(2).address())));
}

#[test]
fn no_text_makes_it_panic() {
    let original = ballot();
    let text = original.to_json().to_string();
    for seed in 0..500_u64 {
        let noise = keccak256((seed + NOW).to_be_bytes());
        let mut bytes = text.clone().into_bytes();
        for change in noise.chunks(4) {
            let place = u16::from_be_bytes([change[0], change[1]]) as usize % bytes.len();
            match change[2] % 3 {
                0 => bytes[place] = change[3],
                1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, b"{}[]\",:0e-"[change[3] as usize % 10]),
            }
            if let Ok(envelope) = Envelope::parse(&bytes) {
                let same = envelope.id() == original.id();
                assert!(same || envelope.verify_key().is_err());
            }
        }
    }
}
