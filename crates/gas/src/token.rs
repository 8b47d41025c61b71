//! The script of the tokens, and what each token is.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{Eip712Domain, SolStruct};
use btrst_devnet::{CHAIN_ID, Call, Name};
use btrst_gov::parameters::btrst;
use eyre::Result;

use crate::abi::{Delegation, IToken, Permit};
use crate::meter::{Code, Meter, expect};
use crate::operation::{Gas, Operation};
use crate::proposal::AMOUNT;

/// Until when signatures are good, Unix time in seconds: later than any block of a run, and one byte that is not zero.
pub const DEADLINE: U256 = U256::from_limbs([1 << 32, 0, 0, 0]);

/// What every account of the script starts with.
const STAKE: U256 = btrst(1_000);

/// Has no tokens before the first measured transfer.
const FRESH: Name = Name::Stranger;

/// In what tokens differ, as far as the script can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// COMP and its descendants: `getCurrentVotes`, allowances of 96 bits, no version in the signing domain.
    Comp,
    /// ERC-5805 and OpenZeppelin's conventions.
    Erc5805,
}

/// A token that can be deployed.
#[derive(Clone, Debug)]
pub struct TokenCode {
    /// Code.
    pub code: Code,
    /// ABI encoding of the constructor's arguments; the whole supply goes to the deployer.
    pub arguments: Vec<u8>,
    /// All tokens, in base units.
    pub supply: U256,
    /// Name in the signing domain.
    pub name: &'static str,
    /// Conventions.
    pub family: Family,
}

impl TokenCode {
    /// Deploys the token.
    ///
    /// # Errors
    /// When it reverts.
    pub async fn deploy(&self, operation: Option<Operation>, meter: &mut Meter<'_>) -> Result<Token> {
        let address = meter.deploy(operation, &self.code, &self.arguments).await?;
        Ok(Token { address, family: self.family, name: self.name })
    }
}

/// A deployed token.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Where it is.
    pub address: Address,
    family: Family,
    name: &'static str,
}

impl Token {
    /// Votes of `account` now, in base units.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn votes(&self, meter: &Meter<'_>, account: Address) -> Result<U256> {
        Ok(match self.family {
            Family::Comp => {
                U256::from(meter.read(self.address, IToken::getCurrentVotesCall { account }).await?)
            }
            Family::Erc5805 => meter.read(self.address, IToken::getVotesCall { account }).await?,
        })
    }

    /// Balance of `account`, in base units.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn balance(&self, meter: &Meter<'_>, account: Address) -> Result<U256> {
        meter.read(self.address, IToken::balanceOfCall { account }).await
    }

    /// Moves `amount` base units to `to`.
    pub fn transfer(&self, to: Address, amount: U256) -> Call {
        Call::new(self.address, &IToken::transferCall { to, amount })
    }

    /// Lets `delegatee` vote.
    pub fn delegate(&self, delegatee: Address) -> Call {
        Call::new(self.address, &IToken::delegateCall { delegatee })
    }

    /// Lets the signer vote for itself, by its first signature.
    ///
    /// # Errors
    /// When it cannot sign.
    pub fn delegate_by_sig(&self, signer: &PrivateKeySigner) -> Result<Call> {
        let delegation = Delegation { delegatee: signer.address(), nonce: U256::ZERO, expiry: DEADLINE };
        let (v, r, s) = sign(signer, &delegation, &self.domain())?;
        let Delegation { delegatee, nonce, expiry } = delegation;
        Ok(Call::new(self.address, &IToken::delegateBySigCall { delegatee, nonce, expiry, v, r, s }))
    }

    /// Lets `spender` spend [`AMOUNT`] of the signer, by its first signature.
    fn permit(&self, signer: &PrivateKeySigner, spender: Address) -> Result<Call> {
        let owner = signer.address();
        let permit = Permit { owner, spender, value: AMOUNT, nonce: U256::ZERO, deadline: DEADLINE };
        let (v, r, s) = sign(signer, &permit, &self.domain())?;
        let Permit { value, deadline, .. } = permit;
        Ok(Call::new(self.address, &IToken::permitCall { owner, spender, value, deadline, v, r, s }))
    }

    fn domain(&self) -> Eip712Domain {
        let version = (self.family == Family::Erc5805).then(|| "1".into());
        Eip712Domain::new(
            Some(self.name.into()),
            version,
            Some(U256::from(CHAIN_ID)),
            Some(self.address),
            None,
        )
    }

    /// What the allowance reads as after approving as much as possible.
    fn unlimited(&self) -> U256 {
        match self.family {
            Family::Comp => U256::MAX >> 160,
            Family::Erc5805 => U256::MAX,
        }
    }
}

/// Signs `message`.
///
/// # Errors
/// When it cannot be signed.
pub fn sign(
    signer: &PrivateKeySigner,
    message: &impl SolStruct,
    domain: &Eip712Domain,
) -> Result<(u8, B256, B256)> {
    let signature = signer.sign_hash_sync(&message.eip712_signing_hash(domain))?;
    Ok((27 + u8::from(signature.v()), signature.r().into(), signature.s().into()))
}

/// Measures every operation of a token.
///
/// # Errors
/// When a transaction reverts or has another effect than it should.
pub async fn measure(mut meter: Meter<'_>, code: &TokenCode) -> Result<Gas> {
    let token = code.deploy(Some(Operation::DeployToken), &mut meter).await?;
    let mut script = Script { meter, token, ledger: Ledger::new(code.supply) };
    script.fund().await?;
    script.check(&Name::ALL).await?;
    script.transfers_and_delegations().await?;
    script.allowances().await?;
    // No operation did anything to anybody else.
    script.check(&Name::ALL).await?;
    Ok(script.meter.into_gas())
}

/// Who has what, worked out apart from the contracts.
#[derive(Debug, Default)]
struct Ledger {
    balances: BTreeMap<Name, U256>,
    delegates: BTreeMap<Name, Name>,
    allowances: BTreeMap<(Name, Name), U256>,
    nonces: BTreeMap<Name, U256>,
}

impl Ledger {
    fn new(supply: U256) -> Self {
        Self { balances: BTreeMap::from([(Name::Deployer, supply)]), ..Self::default() }
    }

    fn balance(&self, name: Name) -> U256 {
        self.balances.get(&name).copied().unwrap_or_default()
    }

    fn votes(&self, delegate: Name) -> U256 {
        let delegators = self.delegates.iter().filter(|(_, chosen)| **chosen == delegate);
        delegators.map(|(delegator, _)| self.balance(*delegator)).sum()
    }

    fn transfer(&mut self, from: Name, to: Name, amount: U256) {
        *self.balances.entry(from).or_default() -= amount;
        *self.balances.entry(to).or_default() += amount;
    }

    fn sign(&mut self, signer: Name) {
        *self.nonces.entry(signer).or_default() += U256::ONE;
    }
}

struct Script<'a> {
    meter: Meter<'a>,
    token: Token,
    ledger: Ledger,
}

impl Script<'_> {
    /// Gives tokens to everybody who must not be a fresh account.
    async fn fund(&mut self) -> Result<()> {
        for to in Name::ALL.into_iter().filter(|name| ![Name::Deployer, FRESH].contains(name)) {
            self.ledger.transfer(Name::Deployer, to, STAKE);
            let transfer = self.token.transfer(self.meter.address(to), STAKE);
            self.meter.prepare(Name::Deployer, transfer).await?;
        }
        Ok(())
    }

    async fn transfers_and_delegations(&mut self) -> Result<()> {
        use Name::{Amara, Bela, Chidi, Client, Deployer, Dora, FreelanceLabs, HexOcean, Relayer};

        self.transfer(Operation::TransferToFresh, Deployer, FRESH).await?;
        self.transfer(Operation::Transfer, Deployer, FRESH).await?;
        self.delegate(Some(Operation::DelegateFirst), Deployer, Deployer).await?;
        self.transfer(Operation::TransferSenderDelegated, Deployer, FRESH).await?;

        self.delegate(None, Amara, Amara).await?;
        self.delegate(None, Bela, Bela).await?;
        for time in 1..=4 {
            self.transfer(Operation::TransferBothDelegated(time), Amara, Bela).await?;
        }

        self.delegate(None, Chidi, Chidi).await?;
        self.delegate(None, Dora, Dora).await?;
        self.delegate(Some(Operation::Redelegate), Chidi, Dora).await?;
        self.delegate(None, Client, Client).await?;
        self.delegate(Some(Operation::RedelegateToFresh), Client, FreelanceLabs).await?;

        self.ledger.delegates.insert(HexOcean, HexOcean);
        self.ledger.sign(HexOcean);
        let call = self.token.delegate_by_sig(&self.meter.account(HexOcean).signer)?;
        self.send(Some(Operation::DelegateBySig), Relayer, call, &[HexOcean]).await
    }

    async fn allowances(&mut self) -> Result<()> {
        use Name::{AcceleratedLabs, Grantee, Investors, Muses, Relayer, Snowfork, Trader};

        self.approve(Some(Operation::Approve), Snowfork, Muses, AMOUNT).await?;
        self.approve(Some(Operation::ApproveAgain), Snowfork, Muses, AMOUNT + AMOUNT).await?;
        self.ledger.allowances.insert((Snowfork, Muses), AMOUNT);
        self.transfer_from(Operation::TransferFrom, Snowfork, Muses, AcceleratedLabs).await?;

        self.approve(None, Investors, Muses, U256::MAX).await?;
        self.transfer_from(Operation::TransferFromUnlimited, Investors, Muses, AcceleratedLabs).await?;

        self.ledger.allowances.insert((Trader, Grantee), AMOUNT);
        self.ledger.sign(Trader);
        let call = self.token.permit(&self.meter.account(Trader).signer, self.meter.address(Grantee))?;
        self.send(Some(Operation::Permit), Relayer, call, &[Trader, Grantee]).await
    }

    async fn transfer(&mut self, operation: Operation, from: Name, to: Name) -> Result<()> {
        self.ledger.transfer(from, to, AMOUNT);
        let call = self.token.transfer(self.meter.address(to), AMOUNT);
        self.send(Some(operation), from, call, &[from, to]).await
    }

    async fn transfer_from(
        &mut self,
        operation: Operation,
        owner: Name,
        spender: Name,
        recipient: Name,
    ) -> Result<()> {
        self.ledger.transfer(owner, recipient, AMOUNT);
        let (from, to) = (self.meter.address(owner), self.meter.address(recipient));
        let call = Call::new(self.token.address, &IToken::transferFromCall { from, to, amount: AMOUNT });
        self.send(Some(operation), spender, call, &[owner, spender, recipient]).await
    }

    async fn delegate(&mut self, operation: Option<Operation>, from: Name, to: Name) -> Result<()> {
        let before = self.ledger.delegates.insert(from, to).unwrap_or(from);
        let call = self.token.delegate(self.meter.address(to));
        self.send(operation, from, call, &[from, before, to]).await
    }

    async fn approve(
        &mut self,
        operation: Option<Operation>,
        owner: Name,
        spender: Name,
        amount: U256,
    ) -> Result<()> {
        let read = if amount == U256::MAX { self.token.unlimited() } else { amount };
        self.ledger.allowances.insert((owner, spender), read);
        let approval = IToken::approveCall { spender: self.meter.address(spender), amount };
        self.send(operation, owner, Call::new(self.token.address, &approval), &[owner, spender]).await
    }

    /// Sends `call`, whose effect the ledger has already, and checks what became of the `parties`.
    async fn send(
        &mut self,
        operation: Option<Operation>,
        from: Name,
        call: Call,
        parties: &[Name],
    ) -> Result<()> {
        match operation {
            Some(operation) => self.meter.measure(operation, from, call).await?,
            None => self.meter.prepare(from, call).await?,
        };
        self.check(parties).await
    }

    /// Compares everything that the contract knows about these accounts, and all allowances, with the ledger.
    async fn check(&self, names: &[Name]) -> Result<()> {
        let Self { meter, token, ledger } = self;
        for name in names.iter().copied() {
            let account = meter.address(name);
            expect(format!("balance of {name}"), token.balance(meter, account).await?, ledger.balance(name))?;
            expect(format!("votes of {name}"), token.votes(meter, account).await?, ledger.votes(name))?;
            let delegate = ledger.delegates.get(&name).map(|delegate| meter.address(*delegate));
            let actual = meter.read(token.address, IToken::delegatesCall { account }).await?;
            expect(format!("delegate of {name}"), actual, delegate.unwrap_or_default())?;
            let nonce = ledger.nonces.get(&name).copied().unwrap_or_default();
            let actual = meter.read(token.address, IToken::noncesCall { account }).await?;
            expect(format!("nonce of {name}"), actual, nonce)?;
        }
        for ((owner, spender), amount) in &ledger.allowances {
            let call =
                IToken::allowanceCall { owner: meter.address(*owner), spender: meter.address(*spender) };
            let actual = meter.read(token.address, call).await?;
            expect(format!("what {spender} may spend of {owner}"), actual, *amount)?;
        }
        Ok(())
    }
}
