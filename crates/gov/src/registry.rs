//! The register of decisions: marketplace fee, categories and members.

use alloy::{primitives::Address, providers::Provider};
use btrst_bindings::GovernanceDecisions;
use futures_util::future::try_join3;

use crate::{
    Result,
    governor::{read, read_optional},
};

/// What the register says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Marketplace fee in whole percent of gross service value.
    pub marketplace_fee: u8,
    /// Categories, in the register's order.
    pub categories: Vec<String>,
    /// Foundation members, in the register's order.
    pub members: Vec<String>,
}

/// The register at `address`. Lists that an older register does not tell are empty.
///
/// # Errors
/// If the register does not answer.
pub async fn registry<P: Provider>(provider: &P, address: Address) -> Result<Registry> {
    let contract = GovernanceDecisions::new(address, provider);
    let (categories, members, marketplace_fee) = try_join3(
        read_optional("getMarketplaceCategories", contract.getMarketplaceCategories()),
        read_optional("getMemberships", contract.getMemberships()),
        read("marketplaceFee", contract.marketplaceFee()),
    )
    .await?;
    Ok(Registry {
        marketplace_fee,
        categories: categories.unwrap_or_default(),
        members: members.unwrap_or_default(),
    })
}
