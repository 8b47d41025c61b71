//! Quotes, conversions and deposits.

use alloy::primitives::{Address, B256, U256};
use alloy::sol_types::SolEvent;
use btrst_bindings::FeeConverter;
use btrst_chain::Sender;
use btrst_devnet::{Call, IToken, IUniswapV3Pool, Name};
use btrst_fees::convert::{Converted, Terms};
use btrst_fees::deposit::{Payment, call, earlier};
use btrst_fees::quote::{Bound, GuardName, Quote};
use btrst_fees::{Error, FeeChain};

use crate::stage::{Stage, provider, usdc};

#[tokio::test]
async fn anvil_a_quote_is_what_the_conversion_then_does() {
    let stage = Stage::new().await;
    let chain = &stage.chain;
    let relayer = stage.world.account(Name::Relayer);
    let empty = Quote::read(chain, relayer.address()).await.unwrap();
    assert!(!empty.is_open());
    let closed: Vec<_> = empty.closed().map(|guard| guard.guard).collect();
    assert_eq!((closed, empty.opens_at()), (vec![GuardName::Custody], None));
    assert_eq!(empty.lot.as_ref().unwrap().bound, Bound::Custody);

    stage.deposit(4_000).await;
    let quote = Quote::read(chain, relayer.address()).await.unwrap();
    assert!(quote.is_open(), "{quote:?}");
    let lot = quote.lot.clone().unwrap();
    assert_eq!((lot.bound, lot.custody, lot.parameter), (Bound::Depth, usdc(4_000), usdc(25_000)));
    // Half of the fee of 1% times the USDC in the pool, of which the rounds of trade left about 250,000.
    assert!(lot.usdc.abs_diff(usdc(1_250)) < usdc(13), "{lot:?}");
    let floor_tick = quote.floor_tick.unwrap();

    let expected = quote.expected.clone().unwrap();
    assert!(expected.bounded_by_price && expected.usdc_in < lot.usdc, "{expected:?}");
    let terms = Terms::of(&expected, 50, quote.time + 300);
    let sender = Sender::key(relayer.signer.clone());
    let receipt = stage.send(&sender, &terms.call(chain)).await;
    let converted = Converted::of(chain, &receipt).unwrap();
    assert_eq!(converted.usdc_in, expected.usdc_in);
    assert!(converted.btrst_out >= terms.min_out && converted.btrst_out >= converted.floor);
    assert_eq!(converted.mean_tick, floor_tick);
    assert_eq!(stage.spent().await, expected.usdc_in);

    let after = Quote::read(chain, relayer.address()).await.unwrap();
    let closed: Vec<_> = after.closed().map(|guard| guard.guard).collect();
    // A conversion makes BTRST dearer itself.
    assert_eq!(closed, [GuardName::Cooldown, GuardName::PriceRise]);
    let next = chain.read_latest(chain.converter, &FeeConverter::nextConversionTimeCall {}).await.unwrap();
    assert_eq!(after.opens_at(), Some(next.to()));
    // What it would buy then is told already.
    assert_eq!(after.expected.unwrap().at, next.to::<u64>());
    assert!(matches!(
        terms.draft(chain, relayer.address(), None).await.unwrap_err(),
        Error::Chain(btrst_chain::Error::Reverted { reason, .. }) if reason.starts_with("TooSoon")
    ));
}

#[tokio::test]
async fn anvil_each_closed_guard_is_named() {
    let stage = Stage::new().await;
    stage.deposit(1_000).await;
    let converter = stage.chain.converter;
    // A purchase of several hundredths of the pool, by somebody else, in the same block as nothing else.
    let (router, purchase) = stage.purchase(usdc(9_000)).await;
    stage.world.send(Name::Trader, Call::new(router, &purchase)).await.unwrap();
    let quote = Quote::read(&stage.chain, Address::ZERO).await.unwrap();
    let closed: Vec<_> = quote.closed().map(|guard| guard.guard).collect();
    assert_eq!(closed, [GuardName::SpotPrice, GuardName::PriceRise]);
    assert_eq!((quote.opens_at(), &quote.expected), (None, &None));

    stage.world.send(Name::Guardian, Call::new(converter, &FeeConverter::pauseCall {})).await.unwrap();
    let quote = Quote::read(&stage.chain, Address::ZERO).await.unwrap();
    let until = stage.chain.read_latest(converter, &FeeConverter::pausedUntilCall {}).await.unwrap();
    let pause = quote.closed().next().unwrap();
    assert_eq!((pause.guard, pause.opens_at), (GuardName::Pause, Some(until.to())));
    // The next block sees the pushed price as the one that it began with.
    let closed: Vec<_> = quote.closed().map(|guard| guard.guard).collect();
    assert_eq!(closed, [GuardName::Pause, GuardName::SpotPrice, GuardName::LastPrice]);
}

#[tokio::test]
async fn anvil_a_purchase_closes_the_guard_for_its_own_block_only() {
    let stage = Stage::new().await;
    stage.deposit(1_000).await;
    let relayer = stage.world.address(Name::Relayer);
    let (router, purchase) = stage.purchase(usdc(100)).await;
    stage.world.send(Name::Trader, Call::new(router, &purchase)).await.unwrap();
    let quote = Quote::read(&stage.chain, relayer).await.unwrap();
    let closed: Vec<_> = quote.closed().map(|guard| guard.guard).collect();
    assert_eq!((closed, quote.opens_at()), (vec![GuardName::PriceRise], Some(quote.time + 1)));
    let rise = quote.closed().next().unwrap();
    assert_ne!(rise.value, rise.limit);
    // What the next block would give is told already.
    assert_eq!(quote.expected.as_ref().map(|expected| expected.at), Some(quote.time + 1));
    let terms = Terms { max_in: usdc(1_000), min_out: U256::ZERO, deadline: quote.time + 300 };
    let error = terms.draft(&stage.chain, relayer, None).await.unwrap_err();
    let (spot, last) = (&rise.value, &rise.limit);
    assert_eq!(
        error.to_string(),
        format!(
            "`convert` would fail: PriceRose {{ spotTick: {spot}, lastTick: {last} }}: BTRST became dearer within the \
             block, try again in the next one"
        )
    );

    // What is sent now is in the next block, whose time is enough for the simulation to succeed.
    assert!(quote.is_open(), "{quote:?}");
    assert_eq!(quote.next_block(), Some(quote.time + 1));
    terms.draft(&stage.chain, relayer, quote.next_block()).await.unwrap();

    stage.world.chain().mine(1).await.unwrap();
    let quote = Quote::read(&stage.chain, relayer).await.unwrap();
    assert!(quote.is_open() && quote.closed().next().is_none(), "{quote:?}");
    assert_eq!(quote.next_block(), None);
    terms.draft(&stage.chain, relayer, None).await.unwrap();
    let risen = quote.floor_tick;

    // A sale makes BTRST cheaper: that closes nothing, and from the next block on the floor is of the price it left.
    let (router, sale) = stage.sale(U256::from(10_u128.pow(21))).await;
    stage.world.send(Name::Trader, Call::new(router, &sale)).await.unwrap();
    let quote = Quote::read(&stage.chain, relayer).await.unwrap();
    assert!(quote.is_open() && quote.floor_tick == risen, "{quote:?}");
    stage.world.chain().mine(1).await.unwrap();
    let quote = Quote::read(&stage.chain, relayer).await.unwrap();
    let spot = IUniswapV3Pool::slot0Call {};
    let spot = stage.chain.read_latest(stage.chain.pool, &spot).await.unwrap().tick.as_i32();
    assert_eq!(quote.floor_tick, Some(spot), "{quote:?}");
    assert_ne!((quote.floor_tick, quote.mean_tick), (risen, Some(spot)));
}

#[tokio::test]
async fn anvil_a_batch_is_deposited_by_permit_once() {
    let stage = Stage::new().await;
    let chain = &stage.chain;
    let client = stage.world.account(Name::Client);
    let root = B256::repeat_byte(7);
    assert_eq!(earlier(chain, root, 0).await.unwrap(), []);
    let deadline = chain.head().await.unwrap().timestamp + 3_600;
    let key = Sender::key(client.signer.clone());
    let (deposit, payment) = call(chain, &key, usdc(100), root, deadline).await.unwrap();
    assert_eq!(payment, Payment::Permit);
    let receipt = stage.send(&key, &deposit).await;
    let hash = receipt.transaction_hash;
    let event = receipt
        .inner
        .logs()
        .iter()
        .find_map(|log| FeeConverter::Deposited::decode_log(&log.inner).ok())
        .unwrap();
    assert_eq!((event.payer, event.amount, event.r#ref), (client.address(), usdc(100), root));
    let before = earlier(chain, root, 0).await.unwrap();
    assert_eq!((before.len(), before[0].transaction, before[0].amount), (1, hash, usdc(100)));
    assert_eq!(earlier(chain, B256::repeat_byte(8), 0).await.unwrap(), []);

    // The endpoint signs as well where it has the key.
    let unlocked = Sender::Unlocked(client.address());
    let (deposit, _) = call(chain, &unlocked, usdc(5), root, deadline).await.unwrap();
    stage.send(&unlocked, &deposit).await;
    assert_eq!(chain.usdc_of(chain.converter).await.unwrap(), usdc(105));

    // What is approved already needs no permit; what is not there cannot be paid.
    let approve = IToken::approveCall { spender: chain.converter, amount: usdc(7) };
    stage.world.send(Name::Client, Call::new(chain.usdc, &approve)).await.unwrap();
    let (_, payment) = call(chain, &key, usdc(7), root, deadline).await.unwrap();
    assert_eq!(payment, Payment::Allowance);
    let stranger = Sender::key(stage.world.account(Name::Stranger).signer.clone());
    let error = call(chain, &stranger, usdc(1), root, deadline).await.unwrap_err();
    assert!(matches!(error, Error::TooLittle { has, .. } if has.is_zero()), "{error}");
}

#[tokio::test]
async fn anvil_a_deployment_of_another_chain_is_refused() {
    let stage = Stage::new().await;
    let url = stage.world.chain().url().to_owned();
    let mut deployment = stage.world.deployment();
    deployment.chain_id = 1;
    let error = FeeChain::connect(provider(&url), &deployment).await.unwrap_err();
    assert!(
        matches!(error, Error::Chain(btrst_chain::Error::WrongChain { expected: 1, actual: 31_337, .. })),
        "{error}"
    );
    let mut deployment = stage.world.deployment();
    deployment.contracts.fee_converter = None;
    let error = FeeChain::connect(provider(&url), &deployment).await.unwrap_err();
    assert_eq!(error.to_string(), "the deployment `devnet` has no `fee_converter`");
    assert_eq!(stage.chain.marketplace_fee().await.unwrap(), 10);
}
