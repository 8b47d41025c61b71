use alloy::primitives::address;
use alloy::providers::Provider;
use btrst_devnet::{Anvil, AnvilOptions, Chain, Error, SLOT};

use crate::repository;

#[tokio::test]
async fn anvil_mines_a_voting_period_of_real_length() {
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let chain = anvil.chain();
    let (block, now) = (chain.block_number().await.unwrap(), chain.now().await.unwrap());
    assert_eq!(now, AnvilOptions::GENESIS_TIME);

    // With their codes, a voting period takes minutes.
    for contract in [
        address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02"),
        address!("0000F90827F1C53a10cb7A02335B175320002935"),
    ] {
        assert!(chain.provider().get_code_at(contract).await.unwrap().is_empty());
    }
    chain.mine(17_280).await.unwrap();

    assert_eq!(chain.block_number().await.unwrap(), block + 17_280);
    assert_eq!(chain.now().await.unwrap(), now + 17_280 * SLOT);

    chain.mine_every(300, 10).await.unwrap();
    assert_eq!(chain.now().await.unwrap(), now + 17_280 * SLOT + 3_000);
    chain.mine_to(block + 17_300).await.unwrap();
    chain.mine_to(block + 17_300).await.unwrap();
    assert_eq!(chain.block_number().await.unwrap(), block + 17_300);
}

#[tokio::test]
async fn anvil_warps_to_the_second_and_never_back() {
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let chain = anvil.chain();
    let target = AnvilOptions::GENESIS_TIME + 7 * 86_400 + 1;
    chain.warp(target).await.unwrap();
    assert_eq!(chain.now().await.unwrap(), target);
    assert_eq!(chain.block_number().await.unwrap(), 1);

    let error = chain.warp(target).await.unwrap_err();
    assert!(
        matches!(error, Error::WarpIntoPast { target: t, now } if t == target && now == target),
        "{error}"
    );

    // The devnet's own clock goes on from there.
    chain.mine(1).await.unwrap();
    assert_eq!(chain.now().await.unwrap(), target + SLOT);
}

#[tokio::test]
async fn anvil_chains_can_be_shared_by_url() {
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let chain = Chain::connect(anvil.chain().url()).unwrap();
    chain.mine(3).await.unwrap();
    assert_eq!(anvil.chain().block_number().await.unwrap(), 3);
    assert!(matches!(Chain::connect("not an endpoint"), Err(Error::InvalidUrl { .. })));
}
