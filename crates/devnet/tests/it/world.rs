use btrst_devnet::{World, WorldOptions};
use crate::repository;
#[tokio::test]
async fn anvil_seeds_the_braintrust_stack() {
    let begin = std::time::Instant::now();
    let world = World::start(&repository(), &WorldOptions::default()).await.unwrap();
    eprintln!("braintrust {:?} block {} {:?}", begin.elapsed(), world.chain().block_number().await.unwrap(), world.contracts());
}
#[tokio::test]
async fn anvil_seeds_the_alpha_stack() {
    let begin = std::time::Instant::now();
    let options = WorldOptions { flavour: btrst_gov::governor::Flavour::Alpha, ..WorldOptions::default() };
    let world = World::start(&repository(), &options).await.unwrap();
    eprintln!("alpha {:?} block {} {:?}", begin.elapsed(), world.chain().block_number().await.unwrap(), world.contracts());
}
