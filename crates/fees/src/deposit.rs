//! One deposit of a batch's fees: by permit where the token takes it.

use alloy::dyn_abi::TypedData;
use alloy::primitives::{B256, Bytes, Signature, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::signers::Signer;
use alloy::sol_types::{Eip712Domain, SolEvent, SolStruct};
use btrst_bindings::FeeConverter;
use serde::Serialize;

use self::erc2612::{IPermit, Permit};
use crate::chain::{FeeChain, IErc20, asked};
use crate::transaction::{Draft, Sender};
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
    let logs = asked("list deposits", chain.provider().get_logs(&filter).await)?;
    let deposit = |log: alloy::rpc::types::Log| {
        let event = log.log_decode::<FeeConverter::Deposited>().ok()?;
        let (block, transaction) = (event.block_number?, event.transaction_hash?);
        Some(Earlier { block, transaction, amount: event.inner.data.amount })
    };
    Ok(logs.into_iter().filter_map(deposit).collect())
}

/// Simulates a deposit of `amount` base units of USDC with the reference `root`, and drafts its transaction. The
/// permit is good until `deadline`, Unix time in seconds.
///
/// # Errors
/// [`Error::TooLittle`], [`Error::Reverted`] when it would fail, [`Error::Signature`], [`Error::Endpoint`].
pub async fn draft(
    chain: &FeeChain,
    sender: &Sender,
    amount: U256,
    root: B256,
    deadline: u64,
) -> Result<(Draft, Payment)> {
    let account = sender.address();
    let has = chain.usdc_of(account).await?;
    if has < amount {
        return Err(Error::TooLittle { account, has, needs: amount });
    }
    let allowance = IErc20::allowanceCall { owner: account, spender: chain.converter };
    if chain.read_latest(chain.usdc, &allowance).await? >= amount {
        let call = FeeConverter::depositCall { amount, r#ref: root };
        return Ok((chain.draft(account, chain.converter, &call, None).await?, Payment::Allowance));
    }
    let deadline = U256::from(deadline);
    let nonce = chain.read_latest(chain.usdc, &IPermit::noncesCall { owner: account }).await?;
    let permit = Permit { owner: account, spender: chain.converter, value: amount, nonce, deadline };
    let signature = sign(chain, sender, &permit).await?;
    let call = FeeConverter::depositWithPermitCall {
        amount,
        r#ref: root,
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    };
    Ok((chain.draft(account, chain.converter, &call, None).await?, Payment::Permit))
}

async fn sign(chain: &FeeChain, sender: &Sender, permit: &Permit) -> Result<Signature> {
    let domain = domain(chain).await?;
    match sender {
        Sender::Key(signer) => {
            let hash = permit.eip712_signing_hash(&domain);
            signer.sign_hash(&hash).await.map_err(|error| Error::Signature(error.to_string()))
        }
        Sender::Unlocked(account) => {
            let typed = TypedData::from_struct(permit, Some(domain));
            let request = chain.provider().raw_request("eth_signTypedData_v4".into(), (account, typed));
            let signature: Bytes = asked("sign a permit", request.await)?;
            Signature::from_raw(&signature).map_err(|error| Error::Signature(error.to_string()))
        }
    }
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
                Some(U256::from(chain.chain_id)),
                Some(token),
                None,
            )
        })
        .find(|domain| domain.separator() == separator)
        .ok_or_else(|| Error::Signature("the token's permits are of an unknown domain".into()))
}
