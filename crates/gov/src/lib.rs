//! The governance of BTRST as a domain: amounts, deployments, proposals, governors and their parameters.
//!
//! Pure but for reads over a provider that the caller passes: no file, environment, clock or terminal.
//!
//! ```
//! use btrst_gov::{Deployment, Governor, Proposal};
//!
//! let deployment = Deployment::parse(
//!     r#"
//!     schema_version = 1
//!     chain_id = 1
//!     name = "mainnet"
//!     flavour = "alpha"
//!     [contracts]
//!     btrst = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824"
//!     timelock = "0xb6f1F016175588a049fDA12491cF3686De33990B"
//!     governor = "0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01"
//!     "#,
//! )?;
//! let proposal = Proposal::parse(
//!     r##"
//!     description = "# Move 25,000 BTRST to the governor"
//!     [[actions]]
//!     contract = "btrst"
//!     function = "transfer(address,uint256)"
//!     arguments = ["governor", "25_000btrst"]
//!     "##,
//!     &deployment,
//! )?;
//! assert_eq!(proposal.actions[0].describe(&deployment), "BTRST.transfer(to = governor, amount = 25,000 BTRST)");
//!
//! let governor = Governor::new(deployment.contracts.governor, deployment.flavour);
//! let call = governor.propose(&proposal)?;
//! assert_eq!(Proposal::from_calldata(&call.data)?, proposal);
//! # Ok::<(), btrst_gov::Error>(())
//! ```

pub mod amount;
pub mod converter;
pub mod delegation;
pub mod deployment;
pub mod document;
mod error;
pub mod governor;
pub mod parameters;
pub mod proposal;
pub mod registry;
pub mod timelock;
pub mod token;
pub mod treasury;
mod typed;

pub use deployment::Deployment;
pub use error::{Error, Result};
pub use governor::Governor;
pub use proposal::{Action, Proposal};
pub use typed::{Fault, TypedMessage};
