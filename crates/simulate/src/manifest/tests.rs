//! The manifest's file: what is read, what is refused, and where.

use alloy::dyn_abi::DynSolValue;
use alloy::primitives::{Address, B256, U256};
use btrst_gov::{Action, Deployment, deployment::Contracts, governor::Flavour, parameters::btrst};

use super::{Asset, Manifest};

fn deployment() -> Deployment {
    Deployment {
        chain_id: 31_337,
        name: "devnet".into(),
        flavour: Flavour::Braintrust,
        rpc_url: None,
        contracts: Contracts {
            btrst: Address::repeat_byte(1),
            timelock: Address::repeat_byte(2),
            governor: Address::repeat_byte(3),
            ..Contracts::default()
        },
        accounts: vec![],
    }
}

const WHOLE: &str = r#"schema_version = 1
chain_id = 31337
[[transfers]]
asset = "btrst"
from = "timelock"
to = "governor"
amount = "25_000btrst"
[[transfers]]
asset = "ether"
from = "timelock"
to = "governor"
[[transfers]]
asset = "btrst"
item = "7"
from = "timelock"
to = "governor"
amount = "1"
[[allowances]]
token = "btrst"
owner = "timelock"
spender = "governor"
amount = "5"
[[calls]]
contract = "btrst"
function = "transfer(address,uint256)"
[[writes]]
contract = "btrst"
slot = "any"
[[writes]]
contract = "timelock"
slot = "0"
after = "governor"
[[powers]]
contract = "timelock"
power = "admin()"
after = "governor"
[[roles]]
contract = "btrst"
role = "0x0000000000000000000000000000000000000000000000000000000000000000"
account = "governor"
granted = true
[[code]]
contract = "btrst"
hash = "0x0707070707070707070707070707070707070707070707070707070707070707"
[[invariants]]
contract = "btrst"
call = "balanceOf(address)"
arguments = ["timelock"]
after = "7"
[[invariants]]
contract = "btrst"
call = "totalSupply()"
"#;

#[test]
fn a_manifest_is_read_and_comes_back() {
    let manifest = Manifest::parse(WHOLE, &deployment()).unwrap();
    assert_eq!(manifest.transfers[0].amount, Some(btrst(25_000)));
    assert_eq!((manifest.transfers[1].asset, manifest.transfers[1].amount), (Asset::Ether, None));
    assert_eq!(manifest.transfers[2].asset, Asset::Item(Address::repeat_byte(1), U256::from(7)));
    assert_eq!(manifest.calls[0].selector, [0xa9, 0x05, 0x9c, 0xbb]);
    assert_eq!(manifest.writes[1].after, Some(U256::from_be_bytes(Address::repeat_byte(3).into_word().0)));
    assert_eq!(manifest.invariants[0].call[..4], [0x70, 0xa0, 0x82, 0x31]);
    let seven = B256::from(U256::from(7)).to_vec();
    assert_eq!(manifest.invariants[0].after, Some(seven.into()));
    let text = manifest.render(&deployment()).unwrap();
    assert!(text.contains(&manifest.line()), "{text}");
    let again = Manifest::parse(&text, &deployment()).unwrap();
    assert_eq!(again.hash(), manifest.hash(), "{text}");
    let spaced = WHOLE.replace("25_000btrst", "25000btrst").replace("chain_id", "# said twice\nchain_id");
    assert_eq!(Manifest::parse(&spaced, &deployment()).unwrap().hash(), manifest.hash());
}

#[test]
fn every_value_counts_in_the_hash() {
    let hash = Manifest::parse(WHOLE, &deployment()).unwrap().hash();
    let table = [
        ("25_000btrst", "25_001btrst"),
        ("item = \"7\"", "item = \"8\""),
        ("amount = \"5\"", "amount = \"6\""),
        ("transfer(address,uint256)", "approve(address,uint256)"),
        ("slot = \"0\"", "slot = \"1\""),
        ("power = \"admin()\"", "power = \"owner()\""),
        ("granted = true", "granted = false"),
        ("0x0707", "0x0807"),
        ("after = \"7\"", "after = \"8\""),
        ("totalSupply()", "decimals()"),
    ];
    for (from, to) in table {
        let changed = Manifest::parse(&WHOLE.replace(from, to), &deployment()).unwrap();
        assert_ne!(changed.hash(), hash, "{from}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let table = [
        (
            "chain_id = 31337",
            "chain_id = 1",
            "line 2, column 12: the effects are for chain 1, the deployment is on 31337",
        ),
        ("schema_version = 1", "schema_version = 2", "line 1, column 18: unknown `schema_version` 2"),
        ("asset = \"btrst\"", "asset = \"btrs\"", "line 4, column 9: unknown name `btrs`"),
        ("25_000btrst", "-1", "line 7, column 10: negative amount `-1`"),
        ("slot = \"any\"", "slot = \"0xzz\"", "line 28, column 8: `0xzz` is no word of 32 bytes"),
        ("0x0707", "0x07", "is no hash of 32 bytes"),
        (
            "transfer(address,uint256)",
            "transfer(address,uint)",
            "line 25, column 12: function signature `transfer(address,uint)` is not canonical",
        ),
        ("arguments = [\"timelock\"]", "arguments = []", "0 values for `balanceOf(address)`, which takes 1"),
        ("granted = true", "granted = true\ncolour = 1", "unknown field `colour`"),
        (
            "slot = \"any\"",
            "slot = \"any\"\nafter = \"1\"",
            "`after` belongs to one slot, but `slot` is `any`",
        ),
    ];
    for (from, to, expected) in table {
        let error = Manifest::parse(&WHOLE.replacen(from, to, 1), &deployment()).unwrap_err().to_string();
        assert!(error.contains(expected) && error.starts_with("line "), "{to}: {error}");
    }
}

#[test]
fn actions_say_what_they_intend() {
    let deployment = deployment();
    let (token, holder) = (deployment.contracts.btrst, Address::repeat_byte(9));
    let call = |function: &str, amount: u64| {
        let arguments = vec![holder.into(), DynSolValue::Uint(U256::from(amount), 256)];
        Action::call(token, U256::ZERO, function, arguments).unwrap()
    };
    let actions = [
        Action::payment(holder, U256::from(3)),
        call("transfer(address,uint256)", 5),
        call("transfer(address,uint256)", 5),
        call("approve(address,uint256)", 6),
        call("approve(address,uint256)", 7),
    ];
    let manifest = Manifest::intended(&actions, &deployment);
    let amounts: Vec<_> = manifest.transfers.iter().map(|transfer| transfer.amount).collect();
    assert_eq!(amounts, [3, 5, 5].map(|amount| Some(U256::from(amount))));
    assert!(manifest.transfers.iter().all(|transfer| transfer.from == deployment.contracts.timelock));
    assert_eq!(manifest.allowances.len(), 1, "the last one stands");
    assert_eq!((manifest.allowances[0].amount, manifest.calls.len()), (U256::from(7), 2));
    let books: Vec<_> = manifest.writes.iter().map(|write| (write.contract, write.slot)).collect();
    assert_eq!(books, [(token, None)]);
    assert_eq!(Manifest::parse(&manifest.render(&deployment).unwrap(), &deployment).unwrap(), manifest);

    assert_eq!(manifest.lacks(&actions, &deployment), [""; 0]);
    let mut less = manifest.clone();
    less.transfers.pop();
    less.allowances.clear();
    less.calls.pop();
    let lacking = less.lacks(&actions, &deployment);
    assert_eq!(
        lacking[..2],
        [format!("5 units of btrst to {holder}"), format!("an allowance of 7 units of btrst for {holder}"),]
    );
    assert!(lacking.len() == 3 && lacking[2].starts_with("a call of btrst with 0x"), "{lacking:?}");
    // Any amount is that amount as well, once.
    less.transfers[1].amount = None;
    assert_eq!(less.lacks(&actions[..2], &deployment).len(), 1);
}
