//! The way of a fee: invoice, deposit, conversion in guarded lots.

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::signers::SignerSync;
use alloy::sol_types::{Eip712Domain, SolStruct};
use btrst_bindings::FeeConverter;
use btrst_devnet::{Call, IToken, Name};
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::parameters::marketplace_fee;
use eyre::{OptionExt, Result, ensure};

use self::erc2612::{IPermit, Permit};
use super::stage::{Stage, btrst, usdc};

/// What was converted.
#[derive(Debug)]
pub struct Fees {
    /// USDC spent, in base units.
    pub usdc_in: U256,
    /// BTRST that the treasury received, in base units.
    pub btrst_out: U256,
    /// Number of conversions.
    pub lots: usize,
}

/// The client's invoice, as the node publishes it.
const INVOICE: &str = "INV-2026-0001,2026-01-15,freelance_labs,client,40000.00,";

/// What the client pays for the work.
const GROSS: &str = "40_000";

/// More lots than the guards can need for the fee of this invoice: beyond it, something is wrong.
const MOST_LOTS: usize = 12;

/// Seconds that a signature or a transaction of the play stays good.
const PATIENCE: u64 = 3_600;

#[allow(missing_docs, reason = "generated")]
mod erc2612 {
    alloy::sol! {
        /// What an owner of USDC signs, so that somebody can be paid without a transaction of approval.
        struct Permit { address owner; address spender; uint256 value; uint256 nonce; uint256 deadline; }

        /// What has to be asked to sign it.
        interface IPermit {
            function nonces(address owner) external view returns (uint256);
            function eip712Domain() external view returns (
                bytes1 fields,
                string name,
                string version,
                uint256 chainId,
                address verifyingContract,
                bytes32 salt,
                uint256[] extensions
            );
        }
    }
}

/// Turns the fee of `percent` on a client's invoice into BTRST of the treasury.
///
/// # Errors
/// When a transaction fails or does not do what it must.
pub async fn play(stage: &mut Stage<'_>, percent: u8) -> Result<Fees> {
    let gross = Amount::parse(GROSS, Unit::Usdc)?.base;
    let fee = marketplace_fee(gross, percent)?;
    pay(stage, gross, percent, fee).await?;
    deposit(stage, fee).await?;
    convert(stage, fee).await
}

async fn pay(stage: &mut Stage<'_>, gross: U256, percent: u8, fee: U256) -> Result<()> {
    let token = usdc_token(stage)?;
    let node = stage.world.address(Name::FreelanceLabs);
    let before = stage.world.usdc_of(node).await?;
    let call = Call::new(token, &IToken::transferCall { to: node, amount: gross });
    let receipt = stage.send("pay_invoice", Name::Client, call).await?;
    stage.expect("the node's USDC", before + gross, stage.world.usdc_of(node).await?)?;
    let what = format!("pays an invoice of {} to the node freelance_labs", usdc(gross));
    let result = format!("{percent}% was the fee when the work was contracted: {}", usdc(fee));
    stage.tell(&receipt, Name::Client, what, result).await
}

async fn deposit(stage: &mut Stage<'_>, fee: U256) -> Result<()> {
    let token = usdc_token(stage)?;
    let converter = converter(stage)?;
    let node = stage.world.account(Name::FreelanceLabs);

    let domain = stage.chain().read(token, &IPermit::eip712DomainCall {}).await?;
    let domain = Eip712Domain::new(
        Some(domain.name.into()),
        Some(domain.version.into()),
        Some(domain.chainId),
        Some(domain.verifyingContract),
        None,
    );
    let nonce = stage.chain().read(token, &IPermit::noncesCall { owner: node.address() }).await?;
    let deadline = U256::from(stage.chain().now().await? + PATIENCE);
    let permit = Permit { owner: node.address(), spender: converter, value: fee, nonce, deadline };
    let signature = node.signer.sign_hash_sync(&permit.eip712_signing_hash(&domain))?;

    let reference = keccak256(INVOICE);
    let call = FeeConverter::depositWithPermitCall {
        amount: fee,
        r#ref: reference,
        deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    };
    let receipt = stage.send("deposit_fee", Name::FreelanceLabs, Call::new(converter, &call)).await?;
    let deposited: FeeConverter::Deposited = receipt.event(converter)?;
    let expected = FeeConverter::Deposited { payer: node.address(), amount: fee, r#ref: reference };
    ensure!(deposited == expected, "the converter recorded another deposit than the node made");
    stage.expect("the converter's USDC", fee, stage.world.usdc_of(converter).await?)?;
    let what = format!("deposits the fee of {} with a permit", usdc(fee));
    stage
        .tell(&receipt, Name::FreelanceLabs, what, format!("in custody, reference {}", short(reference)))
        .await
}

async fn convert(stage: &mut Stage<'_>, fee: U256) -> Result<Fees> {
    let converter = converter(stage)?;
    let mut total = Fees { usdc_in: U256::ZERO, btrst_out: U256::ZERO, lots: 0 };
    while total.usdc_in < fee {
        ensure!(total.lots < MOST_LOTS, "{MOST_LOTS} lots did not convert the fee");
        wait_for_next_lot(stage).await?;
        let allowed = stage.chain().read(converter, &FeeConverter::allowedLotCall {}).await?;
        let treasury = stage.treasury().await?;
        let deadline = U256::from(stage.chain().now().await? + PATIENCE);
        let call = FeeConverter::convertCall { maxIn: U256::MAX, minOut: U256::ZERO, deadline };
        let receipt = stage.send("convert", Name::Relayer, Call::new(converter, &call)).await?;
        let converted: FeeConverter::Converted = receipt.event(converter)?;
        let (spent, bought) = (converted.usdcIn, converted.btrstOut);
        ensure!(spent <= allowed, "a lot of {} is above the allowed {}", usdc(spent), usdc(allowed));
        ensure!(
            bought >= converted.floor,
            "{} is below the floor of {}",
            btrst(bought),
            btrst(converted.floor)
        );
        stage.expect("the treasury's BTRST", btrst(treasury + bought), btrst(stage.treasury().await?))?;
        total.usdc_in += spent;
        total.btrst_out += bought;
        total.lots += 1;
        stage.expect(
            "the converter's USDC",
            usdc(fee - total.usdc_in),
            usdc(stage.world.usdc_of(converter).await?),
        )?;
        let what = format!("converts lot {}, as anyone may: {}", total.lots, usdc(spent));
        let result = format!("{} to the treasury, floor {}", btrst(bought), btrst(converted.floor));
        stage.tell(&receipt, Name::Relayer, what, result).await?;
    }
    let counted = stage.chain().read(converter, &FeeConverter::totalUsdcInCall {}).await?;
    stage.expect("the converter's total of USDC", fee, counted)?;
    let counted = stage.chain().read(converter, &FeeConverter::totalBtrstOutCall {}).await?;
    stage.expect("the converter's total of BTRST", total.btrst_out, counted)?;
    Ok(total)
}

/// Lets the time pass that the converter wants between two lots, in which the market can answer.
async fn wait_for_next_lot(stage: &Stage<'_>) -> Result<()> {
    let converter = converter(stage)?;
    let next: u64 =
        stage.chain().read(converter, &FeeConverter::nextConversionTimeCall {}).await?.try_into()?;
    if next > stage.chain().now().await? {
        stage.chain().warp(next).await?;
    }
    Ok(())
}

fn usdc_token(stage: &Stage<'_>) -> Result<Address> {
    stage.world.contracts().usdc.ok_or_eyre("the devnet has no USDC")
}

fn converter(stage: &Stage<'_>) -> Result<Address> {
    stage.world.contracts().fee_converter.ok_or_eyre("the devnet has no FeeConverter")
}

/// The beginning of a hash, for people.
fn short(hash: B256) -> String {
    let mut text = hash.to_string();
    text.truncate(10);
    text + "…"
}
