//! A seeded devnet, and what the tests play on it.

use std::path::Path;
use std::sync::Arc;

use alloy::dyn_abi::DynSolValue;
use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use btrst_chain::Counter;
use btrst_devnet::{Flavour, Name, Repository, World, WorldOptions};
use btrst_gov::governor::Event;
use btrst_gov::{Action, Governor, Proposal};
use btrst_simulate::lifecycle::{Company, Moment, Scenario, Subject};
use btrst_simulate::state::{Recorded, Remote};
use btrst_simulate::{Input, Machine, Report, Result, checks};

/// A world whose holders have delegated.
pub async fn world(flavour: Flavour) -> World {
    let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    World::start(&repository, &WorldOptions { flavour, delegated: true, ..WorldOptions::default() })
        .await
        .unwrap()
}

/// How sources connect to `url`.
pub fn connect(url: &str) -> impl FnOnce() -> Result<DynProvider> + Send + 'static {
    counted(url, &Counter::default())
}

/// The same, counted by `counter`.
pub fn counted(url: &str, counter: &Counter) -> impl FnOnce() -> Result<DynProvider> + Send + use<> {
    let (url, counter) = (url.parse().unwrap(), counter.clone());
    move || {
        let client = ClientBuilder::default().layer(counter).http(url);
        Ok(ProviderBuilder::new().disable_recommended_fillers().connect_client(client).erased())
    }
}

/// The state of the last block of `world`.
pub fn remote(world: &World) -> Remote {
    Remote::pin(connect(world.chain().url()), BlockId::latest()).unwrap()
}

/// A machine in the last block of `world`, and what it reads.
pub fn machine(world: &World) -> (Machine, Arc<Recorded<Remote>>) {
    let recorded = Arc::new(Recorded::new(remote(world)));
    (Machine::new(recorded.clone()), recorded)
}

pub fn governor(world: &World) -> Governor {
    Governor::new(world.contracts().governor, world.deployment().flavour)
}

/// A marketplace fee of 12%, a grant of tokens and one of ether, out of the treasury.
pub fn three_actions(world: &World) -> Proposal {
    let contracts = world.contracts();
    let fee = DynSolValue::Uint(U256::from(12), 8);
    let grant = vec![world.address(Name::Grantee).into(), DynSolValue::Uint(U256::from(1_234), 256)];
    let register = contracts.governance_decisions.unwrap();
    Proposal {
        description: "# A fee and two grants".into(),
        actions: vec![
            Action::call(register, U256::ZERO, "setMarketplaceFee(uint8)", vec![fee]).unwrap(),
            Action::call(contracts.btrst, U256::ZERO, "transfer(address,uint256)", grant).unwrap(),
            Action::payment(world.address(Name::Grantee), U256::from(5)),
        ],
    }
}

/// `subject` alone at its eta, carried by the three delegates.
pub fn scenario(world: &World, subject: Subject) -> Scenario {
    Scenario {
        governor: governor(world),
        token: world.contracts().btrst,
        subject,
        voters: Name::DELEGATES.map(|name| world.address(name)).to_vec(),
        executor: world.address(Name::Stranger),
        moment: Moment::Eta,
        company: Company::Alone,
    }
}

/// `proposal`, made by `amara`.
pub fn draft(world: &World, proposal: Proposal) -> Subject {
    Subject::Draft { proposal, proposer: world.address(Name::Amara) }
}

/// Makes `proposal` on the chain itself; its id, and the first and last block of its vote.
pub async fn propose(world: &World, name: Name, proposal: &Proposal) -> (u64, u64, u64) {
    let receipt = world.send(name, governor(world).propose(proposal).unwrap()).await.unwrap();
    let logs = receipt.0.logs().iter().map(|log| &log.inner);
    match &governor(world).events(logs).unwrap()[..] {
        [Event::ProposalCreated(created)] => (created.id, created.start_block + 1, created.end_block),
        events => panic!("{events:?}"),
    }
}

/// The report on `input`, on the last block of `world`.
pub fn report(world: &World, input: &Input<'_>) -> Report {
    checks::run(input, Arc::new(Recorded::new(remote(world))), &[]).report
}

/// Nobody's address.
pub const NOBODY: Address = Address::repeat_byte(0x42);
