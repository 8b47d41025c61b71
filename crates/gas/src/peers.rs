//! The contracts that the suite is compared with, as npm packages have them.

use std::process::Command;

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolValue;
use btrst_bindings::Contract;
use btrst_devnet::{
    Accounts, COMPOUND_TIMELOCK, Chain, GOVERNOR_ALPHA, Name, Repository, UNI, creation_code_in,
};
use btrst_gov::parameters::{SUPPLY, btrst};
use eyre::{Result, ensure};

use crate::governance::{self, Alpha, Braintrust, Governor, OpenZeppelin, Stack, TimelockFamily, suite};
use crate::meter::{Code, Meter};
use crate::operation::{Gas, Operation};
use crate::report::Column;
use crate::token::{self, Family, TokenCode};

/// A way to compile the peers that come as source: a profile of `foundry.toml`.
#[derive(Clone, Copy, Debug)]
struct Profile {
    name: &'static str,
    /// As columns have it.
    label: &'static str,
}

/// 200 runs of the optimizer, what most deployments have; and the IR pipeline with as many as the suite.
const PROFILES: [Profile; 2] =
    [Profile { name: "peers", label: "r200" }, Profile { name: "peers-ir", label: "IR10k" }];

/// Everything that measuring needs.
#[derive(Debug)]
pub struct Bench<'a> {
    /// Where tools and packages are.
    pub repository: &'a Repository,
    /// A fresh chain.
    pub chain: &'a Chain,
    /// Its accounts.
    pub accounts: &'a Accounts,
}

impl Bench<'_> {
    /// Measures the suite: its token, then its governance. On a fresh chain, the same every time.
    ///
    /// # Errors
    /// When a transaction reverts or has another effect than it should.
    pub async fn suite(&self) -> Result<(Gas, Gas)> {
        let token = self.btrst();
        let gas = token::measure(self.meter(), &token).await?;
        let mut meter = self.meter();
        let own = suite(Contract::Timelock);
        let stack = Braintrust::deploy(&mut meter, &token, &own).await?;
        let mut governance = governance::measure(meter, stack).await?;
        let mut meter = self.meter();
        let adopted = self.package("Timelock", COMPOUND_TIMELOCK)?;
        let stack = Braintrust::deploy(&mut meter, &token, &adopted).await?;
        governance.extend(on_compound(&governance::measure(meter, stack).await?));
        Ok((gas, governance))
    }

    /// Measures the tokens of others.
    ///
    /// # Errors
    /// As for the suite.
    pub async fn tokens(&self) -> Result<Vec<Column>> {
        let uni = token::measure(self.meter(), &self.uni()?).await?;
        let mut columns = vec![Column::new("Uni (npm)", uni)];
        for (name, contract) in [("OZ 5.7", "OpenZeppelinToken"), ("Solady", "SoladyToken")] {
            for profile in PROFILES {
                let gas = token::measure(self.meter(), &self.erc5805(contract, profile)?).await?;
                columns.push(Column::new(format!("{name} {}", profile.label), gas));
            }
        }
        Ok(columns)
    }

    /// Measures the governance of others.
    ///
    /// # Errors
    /// As for the suite.
    pub async fn governors(&self) -> Result<Vec<Column>> {
        let governor = self.package("GovernorAlpha", GOVERNOR_ALPHA)?;
        let compound = self.package("Timelock", COMPOUND_TIMELOCK)?;
        let mut meter = self.meter();
        let stack = Alpha::deploy(&mut meter, &self.uni()?, &governor, &compound).await?;
        let mut columns = vec![Column::new("Uni Alpha (npm)", with_compound(meter, stack).await?)];
        for profile in PROFILES {
            let token = self.erc5805("OpenZeppelinToken", profile)?;
            let gas = self.open_zeppelin(&token, profile).await?;
            columns.push(Column::new(format!("OZ+TimelockController {}", profile.label), gas));
        }
        for profile in PROFILES {
            let token = self.erc5805("OpenZeppelinToken", profile)?;
            let governor = self.compiled("OpenZeppelinCompoundGovernor", profile)?;
            let mut meter = self.meter();
            let family = TimelockFamily::Compound;
            let stack = OpenZeppelin::deploy(&mut meter, &token, &governor, &compound, family).await?;
            let gas = with_compound(meter, stack).await?;
            columns.push(Column::new(format!("OZ+Compound TL {}", profile.label), gas));
        }
        for profile in PROFILES {
            let token = self.erc5805("SoladyToken", profile)?;
            let gas = self.open_zeppelin(&token, profile).await?;
            columns.push(Column::new(format!("OZ({})+Solady token", profile.label), gas));
        }
        Ok(columns)
    }

    async fn open_zeppelin(&self, token: &TokenCode, profile: Profile) -> Result<Gas> {
        let governor = self.compiled("OpenZeppelinGovernor", profile)?;
        let timelock = self.compiled("TimelockController", profile)?;
        let mut meter = self.meter();
        let family = TimelockFamily::Own;
        let stack = OpenZeppelin::deploy(&mut meter, token, &governor, &timelock, family).await?;
        governance::measure(meter, stack).await
    }

    const fn meter(&self) -> Meter<'_> {
        Meter::new(self.chain, self.accounts)
    }

    fn btrst(&self) -> TokenCode {
        TokenCode {
            code: suite(Contract::Btrst),
            arguments: self.accounts.address(Name::Deployer).abi_encode(),
            supply: SUPPLY,
            name: "BTRST",
            family: Family::Comp,
        }
    }

    fn uni(&self) -> Result<TokenCode> {
        Ok(TokenCode {
            code: self.package("Uni", UNI)?,
            // Nobody may mint, at no time.
            arguments: (self.accounts.address(Name::Deployer), Address::ZERO, U256::MAX).abi_encode(),
            supply: btrst(1_000_000_000),
            name: "Uniswap",
            family: Family::Comp,
        })
    }

    fn erc5805(&self, contract: &str, profile: Profile) -> Result<TokenCode> {
        Ok(TokenCode {
            code: self.compiled(contract, profile)?,
            arguments: self.accounts.address(Name::Deployer).abi_encode(),
            supply: SUPPLY,
            name: "BTRST",
            family: Family::Erc5805,
        })
    }

    fn package(&self, name: &str, path: &str) -> Result<Code> {
        Ok(Code { name: name.to_owned(), creation: self.repository.creation_code(path)? })
    }

    fn compiled(&self, contract: &str, profile: Profile) -> Result<Code> {
        let file = format!("out/{}/{contract}.sol/{contract}.json", profile.name);
        let creation = creation_code_in(&self.repository.root().join(file))?;
        Ok(Code { name: format!("{contract} ({})", profile.label), creation })
    }
}

/// Compiles the peers that come as source.
///
/// # Errors
/// When forge is missing or the compiler finds an error.
pub fn compile(repository: &Repository) -> Result<()> {
    let forge = repository.tool("forge")?;
    for profile in PROFILES {
        let output = Command::new(&forge)
            .arg("build")
            .env("FOUNDRY_PROFILE", profile.name)
            .current_dir(repository.root())
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        ensure!(
            output.status.success(),
            "forge cannot build the profile `{}`\n{}",
            profile.name,
            String::from_utf8_lossy(&said).trim_end()
        );
    }
    Ok(())
}

/// Measures a stack whose time lock is Compound's, for the rows that compare those alone as well.
async fn with_compound<G: Governor>(meter: Meter<'_>, stack: Stack<G>) -> Result<Gas> {
    let mut gas = governance::measure(meter, stack).await?;
    gas.extend(on_compound(&gas));
    Ok(gas)
}

/// What depends on the time lock, of a stack whose time lock is Compound's.
fn on_compound(gas: &Gas) -> Gas {
    gas.iter()
        .filter_map(|(operation, gas)| match operation {
            Operation::Queue(actions) => Some((Operation::QueueCompound(*actions), *gas)),
            Operation::Execute(actions) => Some((Operation::ExecuteCompound(*actions), *gas)),
            _ => None,
        })
        .collect()
}
