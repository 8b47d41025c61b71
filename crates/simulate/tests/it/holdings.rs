//! What the treasury holds of contracts that others wrote: proxies, roles and items, with their own bytecode.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::providers::ext::AnvilApi;
use alloy::sol_types::{SolCall, SolValue};
use btrst_bindings::Contract;
use btrst_devnet::{Call, Flavour, Name, Repository, World};
use btrst_gov::{Action, Proposal};
use btrst_simulate::{Input, Report, Verdict};

use crate::stage::{report, world};
use Verdict::{Fail, Warn};

/// Where implementations stand.
const OLD: Address = Address::repeat_byte(0x71);
const NEW: Address = Address::repeat_byte(0x93);
/// Nobody's key.
const MALLORY: Address = Address::repeat_byte(0xe9);

/// Slot of a proxy's admin (ERC-1967).
const ADMIN: &str = "eip1967.proxy.admin";

alloy::sol! {
    function delay() external;
    function upgradeAndCall(address proxy, address implementation, bytes data) external;
    function transferOwnership(address owner) external;
    function grantRole(bytes32 role, address account) external;
    function revokeRole(bytes32 role, address account) external;
    function renounceRole(bytes32 role, address account) external;
    function setApprovalForAll(address operator, bool approved) external;
}

async fn deploy(world: &World, name: &str, arguments: Vec<u8>) -> Address {
    let repository = Repository::find(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let code = repository.creation_code(&format!("@openzeppelin/contracts/build/contracts/{name}.json"));
    let call = Call::deploy(name, &code.unwrap(), &arguments).with_gas_limit(8_000_000);
    world.chain().deploy(world.account(Name::Deployer), call).await.unwrap()
}

fn checked(world: &World, calls: &[(Address, Vec<u8>)]) -> Report {
    let deployment = world.deployment();
    let action = |(target, calldata): &(Address, Vec<u8>)| Action {
        target: *target,
        value: U256::ZERO,
        signature: String::new(),
        calldata: calldata.clone().into(),
    };
    let proposal = Proposal { description: "# Go".into(), actions: calls.iter().map(action).collect() };
    let delegates = Name::DELEGATES.map(|name| world.address(name));
    let mut input = Input::new(&deployment, &proposal);
    input.proposer = Some(world.address(Name::Amara));
    input.delegates = &delegates;
    report(world, &input)
}

/// That `check` comes to `verdict` and says `words`.
fn says(report: &Report, check: &str, verdict: Verdict, words: &str) {
    let found = report.finding(check).unwrap();
    let said = format!("{} {}", found.summary, found.evidence.join("\n"));
    assert_eq!(found.verdict, verdict, "{said}");
    assert!(said.contains(words), "{words}: {said}");
}

#[tokio::test]
async fn anvil_what_the_treasury_gives_away_is_said() {
    let world = world(Flavour::Braintrust).await;
    let treasury = world.contracts().timelock;
    let provider = world.chain().provider();
    for (place, contract) in [(OLD, Contract::Timelock), (NEW, Contract::GovernanceDecisions)] {
        provider.anvil_set_code(place, contract.artifact().runtime_code.clone()).await.unwrap();
    }

    // An admin of proxies that the treasury owns: it upgrades one, and is then given away.
    // It wants some call of its implementation at once, and any does.
    let arguments = (OLD, treasury, Bytes::from(delayCall {}.abi_encode())).abi_encode_params();
    let proxy = deploy(&world, "TransparentUpgradeableProxy", arguments).await;
    let slot = U256::from_be_bytes(keccak256(ADMIN).0) - U256::from(1);
    let admin = alloy::providers::Provider::get_storage_at(provider, proxy, slot).await.unwrap();
    let admin = Address::from_word(admin.into());
    let upgrade = upgradeAndCallCall { proxy, implementation: NEW, data: Bytes::new() }.abi_encode();
    let give = transferOwnershipCall { owner: MALLORY }.abi_encode();
    let found = checked(&world, &[(admin, upgrade), (admin, give)]);
    says(&found, "D6", Fail, &format!("{proxy} runs {NEW} instead of {OLD}"));
    says(&found, "D5", Fail, &format!("the treasury gives up: {admin}: owner()"));
    says(&found, "D5", Fail, &format!("{admin}: owner() goes to {MALLORY}, no contract"));

    // Roles of a time lock that the treasury administers: one is given for a moment, and the last one given up.
    let arguments = (U256::from(60), Vec::<Address>::new(), Vec::<Address>::new(), treasury);
    let roles = deploy(&world, "TimelockController", arguments.abi_encode_params()).await;
    let role = keccak256("PROPOSER_ROLE");
    let grant = grantRoleCall { role, account: MALLORY }.abi_encode();
    let revoke = revokeRoleCall { role, account: MALLORY }.abi_encode();
    let renounce = renounceRoleCall { role: B256::ZERO, account: treasury }.abi_encode();
    let found = checked(&world, &[(roles, grant), (roles, revoke), (roles, renounce)]);
    says(&found, "D5", Warn, &format!("role {role} for {MALLORY}: no -> no, after it was yes on the way"));
    says(&found, "D5", Warn, &format!("the treasury gives up: {roles}: the admin role for timelock"));

    // Positions at Uniswap, all of which a key may take.
    let positions = world.contracts().position_manager.unwrap();
    let operate = setApprovalForAllCall { operator: MALLORY, approved: true }.abi_encode();
    let found = checked(&world, &[(positions, operate)]);
    says(&found, "D2", Fail, &format!("{MALLORY} may spend all of the treasury's "));
    let allowances = found.power.allowances.unwrap();
    assert_eq!((allowances[0].before.as_str(), allowances[0].after.as_str()), ("0", "all"), "{allowances:?}");
}
