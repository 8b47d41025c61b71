//! A development network of the Braintrust governance suite: an anvil process, a complete seeded system on it, and
//! time travel.
//!
//! [`World::start`] gives a chain on which everything is deployed and wired as on mainnet, by real transactions of
//! real accounts. [`Anvil`] alone gives an empty chain. Either is gone when its value is dropped, or when the
//! process that started it ends in whatever way.
//!
//! ```no_run
//! # async fn demo() -> btrst_devnet::Result<()> {
//! use btrst_devnet::{Call, IToken, Name, Repository, World, WorldOptions};
//!
//! let repository = Repository::find(".".as_ref())?;
//! let world = World::start(&repository, &WorldOptions::default()).await?;
//! let delegatee = world.address(Name::Amara);
//! world.send(Name::Amara, Call::new(world.contracts().btrst, &IToken::delegateCall { delegatee })).await?;
//! world.chain().mine(17_280).await?; // a voting period
//! world.chain().warp(world.chain().now().await? + 7 * 86_400).await?; // the time lock's delay
//! # Ok(())
//! # }
//! ```
//!
//! Third-party contracts are loaded from the repository's `node_modules`; see [`Repository`].

mod accounts;
mod anvil;
mod artifact;
mod call;
mod chain;
mod error;
mod interfaces;
mod proxy;
mod repository;
mod world;

pub use btrst_gov::deployment::Contracts;
pub use btrst_gov::governor::Flavour;

pub use accounts::{Account, Accounts, MNEMONIC, Name};
pub use anvil::{Anvil, AnvilOptions};
pub use artifact::{COMPOUND_TIMELOCK, GOVERNOR_ALPHA, UNI, creation_code_in};
pub use call::{Call, Receipt};
pub use chain::{CHAIN_ID, Chain, SLOT};
pub use error::{Error, Result};
pub use interfaces::{IToken, IUniswapV3Factory, IUniswapV3Pool, IUniswapV3Positions, IUniswapV3Router};
pub use proxy::{Fault, Proxy};
pub use repository::Repository;
pub use world::{World, WorldOptions};
