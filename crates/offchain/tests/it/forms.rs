//! Forms of messages: their hashes, and those that the protocol lists.

use std::collections::HashSet;

use alloy::primitives::{B256, b256};
use alloy::sol_types::Eip712Domain;
use btrst_offchain::message::{Alias, Form, Kind, Message, domain};
use serde_json::{Map, Value, json};

#[test]
fn the_domain_is_the_protocols() {
    let domain: Eip712Domain = domain();
    assert_eq!(
        domain.separator(),
        b256!("0x484fce18f892e8535a4b6700e197a8026f4213f809d23ae117da03b497e18670")
    );
}

#[test]
fn current_forms_have_the_published_hashes() {
    let table = [
        (
            Kind::Proposal,
            "e471c456498c29c13f307e49648b3251cca23c2adc7b99af7b831cc89b6fd2c8",
            "e037b37311c75c995f732b57cd456bdc685e5eac29668698be34388cafb14097",
        ),
        (
            Kind::Vote,
            "7bf372d792402c0796ec3567238391d04616792abb3fe96c99adc02d8b8cdffa",
            "fb8fa9816cd42974e7f1af671aa548c8c458553364ed809e45042f141de8c0d5",
        ),
        (
            Kind::VoteArray,
            "c2ed44c7be9c5335d4027e174ad358bf019606114b0f8a7dbb73e1513a899064",
            "5f95ed849bafb034c37e340dc06ad6fa6985d674714cb602a6bf11119ffba2a1",
        ),
        (
            Kind::VoteString,
            "fdd52c86ced60284ca4f02d512d732b9328a9724376e392b2b0347cade0d81e5",
            "afc5911fd9722b3dc5e8b16a552997510644a52d2b229c3868fb1910b112416e",
        ),
        (
            Kind::CancelProposal,
            "f6ef202fcfa8bdfed5106a2b2bd665194c373353c2b7b4288549e5227ae84f01",
            "dd19ee4357e5bc813529e1b537b77ccb767135701f0223434f3b53f1ac03dcc6",
        ),
    ];
    for (kind, typehash, key) in table {
        let form = Form::current(kind).unwrap();
        assert_eq!(form.typehash, typehash.parse::<B256>().unwrap(), "{kind}");
        assert_eq!(form.key(), key.parse::<B256>().unwrap(), "{kind}");
        assert_eq!(Form::of_types(&form.to_types()), Some(form));
    }
    for (kind, key) in [
        (Kind::UpdateProposal, "9c66485d"),
        (Kind::FlagProposal, "6107486f"),
        (Kind::Space, "110b37d3"),
        (Kind::Alias, "1aad7825"),
        (Kind::DeleteSpace, "6f6cdd15"),
    ] {
        let form = Form::current(kind).unwrap();
        assert_eq!(&form.key().to_string()[2..10], key, "{kind}");
    }
}

#[test]
fn an_alias_has_the_published_digest() {
    let alias = Alias {
        from: "0xf1f09AdC06aAB740AA16004D62Dbd89484d3Be90".parse().unwrap(),
        alias: "0xDD983E11Cf84746f3b7589ee1Dc2081c08c40Cb3".parse().unwrap(),
        timestamp: 1_719_884_056,
    };
    let digest = Message::try_from(&alias).unwrap().digest();
    assert_eq!(digest, b256!("0x82ed8be33f43c86f9b83d14736e5762c89108fbc9b8b54f6e993818fc8a53525"));
}

#[test]
fn every_form_is_on_the_references_list_and_no_other_for_this_chain() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../node_modules/@snapshot-labs/snapshot.js/src/sign/hashedTypes.json"
    );
    let list: Map<String, Value> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut keys = HashSet::new();
    for form in Form::all() {
        let key = form.key().to_string()[2..].to_owned();
        assert_eq!(list.get(&key).and_then(Value::as_str), Some(form.kind.word()), "{}", form.encoding);
        assert!(keys.insert(key), "{} is listed twice", form.encoding);
    }
    // What is left are aliases of another chain's accounts.
    let rest: Vec<_> = list.iter().filter(|(key, _)| !keys.contains(*key)).map(|(_, kind)| kind).collect();
    assert_eq!(rest, [&json!("alias"), &json!("alias")]);
}

#[test]
fn types_in_another_order_are_not_allowed() {
    let types = json!({"Alias": [
        {"type": "address", "name": "from"},
        {"type": "address", "name": "alias"},
        {"type": "uint64", "name": "timestamp"},
    ]});
    assert_eq!(Form::of_types(&types), None);
}

/// A message of `form` with a value in each field.
pub fn example(form: &'static Form) -> Message {
    let fields = form.fields.iter().map(|field| {
        let value = match (field.name, field.ty.name()) {
            ("from", _) => json!("0xf1f09AdC06aAB740AA16004D62Dbd89484d3Be90"),
            (_, "address") => json!("0xDD983E11Cf84746f3b7589ee1Dc2081c08c40Cb3"),
            (_, "bytes32") => json!(B256::repeat_byte(7).to_string()),
            (name, "string") => json!(format!("{name} “ünï” \u{1f5f3}\n")),
            (_, "string[]") => json!(["For", "", "Ab\"stain"]),
            (_, "uint32") => json!(u32::MAX),
            (_, "uint32[]") => json!([3, 0, 4_294_967_295_u32]),
            _ => json!(9_007_199_254_740_990_u64),
        };
        (field.name.to_owned(), value)
    });
    Message::from_json(form, &fields.collect()).unwrap()
}

#[test]
fn digests_are_those_of_the_library_for_wallets() {
    for form in Form::all() {
        let message = example(form);
        let expected = message.typed_data().unwrap().eip712_signing_hash().unwrap();
        assert_eq!(message.digest(), expected, "{}", form.encoding);
    }
}
