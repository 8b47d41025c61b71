//! The chain with the contracts that fees pass through.

use std::ops::Deref;

use alloy::primitives::{Address, U256};
use alloy::providers::DynProvider;
use alloy::sol_types::SolCall;
use btrst_bindings::{FeeConverter, GovernanceDecisions};
use btrst_chain::Chain;
use btrst_gov::Deployment;
use btrst_gov::governor::Call;

use crate::{Error, Result};

/// The contracts that fees pass through, on their chain.
#[derive(Clone, Debug)]
pub struct FeeChain {
    chain: Chain,
    /// FeeConverter.
    pub converter: Address,
    /// The fee currency.
    pub usdc: Address,
    /// The token that fees are converted into.
    pub btrst: Address,
    /// The pool that fees are converted in.
    pub pool: Address,
    decisions: Option<Address>,
    deployment: String,
}

impl FeeChain {
    /// Connects to the contracts of `deployment`.
    ///
    /// # Errors
    /// [`Error::NoContract`], [`Error::Chain`].
    pub async fn connect(provider: DynProvider, deployment: &Deployment) -> Result<Self> {
        let name = &deployment.name;
        let missing = |contract| Error::NoContract { deployment: name.clone(), contract };
        let contracts = &deployment.contracts;
        let chain = Chain::connect(provider, deployment.chain_id, name).await?;
        let converter = contracts.fee_converter.ok_or_else(|| missing("fee_converter"))?;
        // The converter knows its tokens and pool better than any file.
        let usdc = chain.read_latest(converter, &FeeConverter::USDCCall {}).await?;
        let btrst = chain.read_latest(converter, &FeeConverter::BTRSTCall {}).await?;
        let pool = chain.read_latest(converter, &FeeConverter::poolCall {}).await?;
        let decisions = contracts.governance_decisions;
        Ok(Self { chain, converter, usdc, btrst, pool, decisions, deployment: name.clone() })
    }

    /// A `call` of the converter.
    pub(crate) fn call<C: SolCall>(&self, call: &C) -> Call {
        Call {
            to: self.converter,
            value: U256::ZERO,
            data: call.abi_encode().into(),
            what: C::SIGNATURE.into(),
        }
    }

    /// The marketplace fee in force, in whole percent.
    ///
    /// # Errors
    /// [`Error::NoContract`], or as every read.
    pub async fn marketplace_fee(&self) -> Result<u8> {
        let decisions = self.decisions.ok_or_else(|| Error::NoContract {
            deployment: self.deployment.clone(),
            contract: "governance_decisions",
        })?;
        Ok(self.read_latest(decisions, &GovernanceDecisions::marketplaceFeeCall {}).await?)
    }

    /// USDC of `account`, in base units.
    ///
    /// # Errors
    /// As every read.
    pub async fn usdc_of(&self, account: Address) -> Result<U256> {
        Ok(self.read_latest(self.usdc, &IErc20::balanceOfCall { account }).await?)
    }
}

/// Whatever can be asked of the chain can be asked here.
impl Deref for FeeChain {
    type Target = Chain;

    fn deref(&self) -> &Chain {
        &self.chain
    }
}

#[allow(missing_docs, reason = "generated")]
mod erc20 {
    alloy::sol! {
        /// What the tools ask of USDC.
        interface IErc20 {
            function balanceOf(address account) external view returns (uint256);
            function approve(address spender, uint256 amount) external returns (bool);
            function allowance(address owner, address spender) external view returns (uint256);
        }
    }
}
pub(crate) use erc20::IErc20;
