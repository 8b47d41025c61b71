//! A trade at a pair of Uniswap's second version, with its own bytecode.

use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::providers::ext::AnvilApi;
use alloy::sol_types::{SolCall, SolValue};
use btrst_bindings::BTRST;
use btrst_devnet::{Call, Flavour, Name, Repository, World};
use btrst_gov::parameters::btrst;
use btrst_gov::{Action, Proposal};
use btrst_simulate::{Input, Verdict};

use crate::stage::{report, world};

const FACTORY: &str = "@uniswap/v2-core/build/UniswapV2Factory.json";

/// Where a router stands that sells at the price of the moment.
const ROUTER: Address = Address::repeat_byte(0x71);

alloy::sol! {
    function createPair(address one, address other) external returns (address);
    function getPair(address one, address other) external view returns (address);
    function mint(address to) external returns (uint256);
    function sell(uint256 least) external;
}

/// Code that takes `amount` of the pair's token that is first or second as paid in, and has the pair pay `treasury` what
/// it gives for that, if that is not less than its argument.
fn router(pair: Address, treasury: Address, amount: U256, sells_first: bool) -> Bytes {
    let kept = (amount * U256::from(997)).to_be_bytes::<32>();
    let (paid_in, paid_out) = if sells_first { (0x00, 0x20) } else { (0x20, 0x00) };
    let amounts = if sells_first { hex!("5f600452602452") } else { hex!("6004525f602452") };
    let code = [
        &hex!("630902f1ac60e01b5f52" "60605f60045f73")[..], // getReserves(), to memory at 0
        pair.as_slice(),
        &hex!("5afa50" "7f"),
        &kept,
        &hex!("6103e860")[..],
        &[paid_in],
        &hex!("510201" "7f"), // 1,000 times what is there of the one, and what came in
        &kept,
        &[0x60, paid_out],
        &hex!("510204" "80600435115f57"), // what comes out; PUSH0 is no place to jump to
        &hex!("63022c0d9f60e01b5f52"),
        &amounts,
        &[0x73],
        treasury.as_slice(),
        &hex!("604452" "6080606452" "5f608452" "5f5f60a45f5f73"), // swap(…, …, treasury, "")
        pair.as_slice(),
        &hex!("5af1155f5700"),
    ];
    code.concat().into()
}

/// A pair of BTRST and USDC with 10,000 of the one and 5,000 of the other.
async fn pair(world: &World) -> Address {
    let repository = Repository::find(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (one, other) = (world.contracts().btrst, world.contracts().usdc.unwrap());
    let trader = world.address(Name::Trader);
    let code = repository.creation_code(FACTORY).unwrap();
    let factory = Call::deploy("UniswapV2Factory", &code, &trader.abi_encode()).with_gas_limit(8_000_000);
    let factory = world.chain().deploy(world.account(Name::Trader), factory).await.unwrap();
    let create = Call::new(factory, &createPairCall { one, other }).with_gas_limit(8_000_000);
    world.send(Name::Trader, create).await.unwrap();
    let pair = world.chain().read(factory, &getPairCall { one, other }).await.unwrap();
    for (token, amount) in [(one, btrst(10_000)), (other, U256::from(5_000_000_000_u64))] {
        let pay = BTRST::transferCall { to: pair, amount };
        world.send(Name::Trader, Call::new(token, &pay)).await.unwrap();
    }
    world.send(Name::Trader, Call::new(pair, &mintCall { to: trader })).await.unwrap();
    pair
}

#[tokio::test]
async fn anvil_trades_are_run_again_in_moved_pairs() {
    let world = world(Flavour::Braintrust).await;
    let (token, treasury) = (world.contracts().btrst, world.contracts().timelock);
    let pair = pair(&world).await;
    let amount = btrst(100);
    let sells_first = token < world.contracts().usdc.unwrap();
    let code = router(pair, treasury, amount, sells_first);
    world.chain().provider().anvil_set_code(ROUTER, code).await.unwrap();
    let deployment = world.deployment();
    let delegates = Name::DELEGATES.map(|name| world.address(name));
    let sold_for_at_least = |least: u64| {
        let call = |target, calldata: Vec<u8>| Action {
            target,
            value: U256::ZERO,
            signature: String::new(),
            calldata: calldata.into(),
        };
        let pay = BTRST::transferCall { to: pair, amount };
        let sell = sellCall { least: U256::from(least) };
        let actions = vec![call(token, pay.abi_encode()), call(ROUTER, sell.abi_encode())];
        let proposal = Proposal { description: "# Sell 100 BTRST".into(), actions };
        let mut input = Input::new(&deployment, &proposal);
        input.proposer = Some(world.address(Name::Amara));
        input.delegates = &delegates;
        let report = report(&world, &input);
        let found = report.finding("C11").unwrap();
        (found.verdict, format!("{} {}", found.summary, found.evidence.join("\n")))
    };
    // 100 of 10,000, less 0.3%: 49.357901 USDC of 5,000.
    let (down, up) = if sells_first { ("-", "+") } else { ("+", "-") };
    let (verdict, said) = sold_for_at_least(0);
    assert_eq!(verdict, Verdict::Fail, "{said}");
    let most = if sells_first { "49." } else { "33." };
    assert!(said.contains(&format!("with the price of {pair} moved by {down}50%, {most}")), "{said}");
    assert!(said.contains(&format!("with the price of {pair} moved by {down}1%, ")), "{said}");
    assert!(said.contains(&format!("with the price of {pair} moved by {up}50%, nothing is lost")), "{said}");

    // What looks like a limit and is none.
    let (verdict, said) = sold_for_at_least(40_000_000);
    assert_eq!(verdict, Verdict::Fail, "{said}");
    assert!(said.contains(&format!("moved by {down}25%, the actions stop")), "{said}");

    let (verdict, said) = sold_for_at_least(49_300_000);
    assert_eq!(verdict, Verdict::Pass, "{said}");
    assert!(said.contains(&format!("moved by {down}1%, the actions stop")), "{said}");
}
