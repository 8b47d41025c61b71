//! One deposit of a batch's fees: by permit where the token takes it.

use alloy::dyn_abi::TypedData;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::{Eip712Domain, SolCall, SolEvent};
use btrst_bindings::FeeConverter;
use btrst_chain::Sender;
use btrst_gov::governor::Call;
use serde::Serialize;

use self::erc2612::{IPermit, Permit};
use crate::chain::{FeeChain, IErc20};
use crate::{Error, Result};

#[allow(missing_docs, reason = "generated")]
mod erc2612 {
    alloy::sol! {
        /// What an owner of USDC signs, so that somebody can be paid without a transaction of approval.
        #[derive(Debug, serde::Serialize)]
        struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }

        /// What has to be asked to sign it.
        interface IPermit {
            function nonces(address owner) external view returns (uint256);
            function name() external view returns (string);
            function version() external view returns (string);
            function DOMAIN_SEPARATOR() external view returns (bytes32);
        }
    }
}

/// How the converter gets the payer's USDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// By a permit that the payer signs, in the same transaction.
    Permit,
    /// By the allowance that the converter has already.
    Allowance,
    /// By an approval of its own, for wallets that cannot sign a permit.
    Approval,
}

/// A deposit that was made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Earlier {
    /// Its block.
    pub block: u64,
    /// Its transaction.
    pub transaction: B256,
    /// USDC, in base units.
    pub amount: U256,
}

/// All deposits with the reference `root`, oldest first, of the blocks from `from_block` on.
///
/// # Errors
/// [`Error::Endpoint`].
pub async fn earlier(chain: &FeeChain, root: B256, from_block: u64) -> Result<Vec<Earlier>> {
    let filter = Filter::new()
        .address(chain.converter)
        .event_signature(FeeConverter::Deposited::SIGNATURE_HASH)
        .topic2(root)
        .from_block(from_block);
    let logs = chain.asked("list deposits", chain.provider().get_logs(&filter).await)?;
    let deposit = |log: alloy::rpc::types::Log| {
        let event = log.log_decode::<FeeConverter::Deposited>().ok()?;
        let (block, transaction) = (event.block_number?, event.transaction_hash?);
        Some(Earlier { block, transaction, amount: event.inner.data.amount })
    };
    Ok(logs.into_iter().filter_map(deposit).collect())
}

/// A deposit of `amount` base units of USDC with the reference `root`, by `sender`. The
/// permit is good until `deadline`, Unix time in seconds.
///
/// # Errors
/// [`Error::TooLittle`]; [`btrst_chain::Error::Reverted`] when it would fail, [`btrst_chain::Error::Signature`].
pub async fn call(
    chain: &FeeChain,
    sender: &Sender,
    amount: U256,
    root: B256,
    deadline: u64,
) -> Result<(Call, Payment)> {
    let account = sender.address();
    let has = chain.usdc_of(account).await?;
    if has < amount {
        return Err(Error::TooLittle { account, has, needs: amount });
    }
    let allowance = IErc20::allowanceCall { owner: account, spender: chain.converter };
    if chain.read_latest(chain.usdc, &allowance).await? >= amount {
        let call = FeeConverter::depositCall { amount, r#ref: root };
        return Ok((chain.call(&call), Payment::Allowance));
    }
    let deadline = U256::from(deadline);
    let nonce = chain.read_latest(chain.usdc, &IPermit::noncesCall { owner: account }).await?;
    let permit = Permit { owner: account, spender: chain.converter, value: amount, nonce, deadline };
    let typed = TypedData::from_struct(&permit, Some(domain(chain).await?));
    let signature = chain.sign_typed(sender, &typed).await?;
    let call = FeeConverter::depositWithPermitCall {
        amount,
        r#ref: root,
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    };
    Ok((chain.call(&call), Payment::Permit))
}

/// The calls with which a wallet that cannot sign a permit deposits `amount` base units of USDC with the reference
/// `root`: an approval of exactly that, and the deposit.
#[must_use]
pub fn calls_of_wallet(chain: &FeeChain, amount: U256, root: B256) -> [Call; 2] {
    let approve = IErc20::approveCall { spender: chain.converter, amount };
    let approve = Call {
        to: chain.usdc,
        value: U256::ZERO,
        data: approve.abi_encode().into(),
        what: IErc20::approveCall::SIGNATURE.into(),
    };
    [approve, chain.call(&FeeConverter::depositCall { amount, r#ref: root })]
}

/// The token's domain, whose version the token tells or is one of the two in use; checked against the separator that
/// the token publishes, because a permit for another domain would be a transaction that fails.
async fn domain(chain: &FeeChain) -> Result<Eip712Domain> {
    let token = chain.usdc;
    let separator = chain.read_latest(token, &IPermit::DOMAIN_SEPARATORCall {}).await?;
    let name = chain.read_latest(token, &IPermit::nameCall {}).await?;
    let told = chain.read_latest(token, &IPermit::versionCall {}).await.ok();
    let versions = told.into_iter().chain(["1".to_owned(), "2".to_owned()]);
    versions
        .map(|version| {
            Eip712Domain::new(
                Some(name.clone().into()),
                Some(version.into()),
                Some(U256::from(chain.id)),
                Some(token),
                None,
            )
        })
        .find(|domain| domain.separator() == separator)
        .ok_or_else(|| {
            let reason = "the token's permits are of an unknown domain".into();
            btrst_chain::Error::Signature(reason).into()
        })
}
