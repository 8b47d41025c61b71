//! A proposal's life at a compiled GovernorAlpha of the generation that the live deployment belongs to.

use std::{fs, path::Path, process::Command};

use alloy::{
    node_bindings::{Anvil, AnvilInstance},
    primitives::{Address, Log, U256, hex},
    providers::{Provider, ProviderBuilder, ext::AnvilApi},
    rpc::types::TransactionRequest,
    sol_types::SolValue,
};
use btrst_gov::{
    Action, Governor, Proposal,
    governor::{Call, Event, Flavour, ProposalState, Support, delegate, votes, votes_at},
};
use eyre::{OptionExt, Result, ensure};

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn anvil() -> Result<AnvilInstance> {
    let output = Command::new(repository().join("script/tool")).arg("anvil").output()?;
    ensure!(output.status.success(), "script/tool: {}", String::from_utf8_lossy(&output.stderr));
    Ok(Anvil::at(String::from_utf8(output.stdout)?.trim()).try_spawn()?)
}

async fn deploy(provider: &impl Provider, from: Address, name: &str, arguments: Vec<u8>) -> Result<Address> {
    let path = repository().join(format!("node_modules/@uniswap/governance/build/{name}.json"));
    let artifact: serde_json::Value = serde_json::from_str(&fs::read_to_string(path)?)?;
    let code = hex::decode(artifact["bytecode"].as_str().ok_or_eyre("no bytecode")?)?;
    let request = TransactionRequest::default().from(from).input([code, arguments].concat().into()).create();
    let receipt = provider.send_transaction(request).await?.get_receipt().await?;
    receipt.contract_address.ok_or_eyre("not deployed")
}

async fn send(provider: &impl Provider, from: Address, call: Call) -> Result<Vec<Log>> {
    let request =
        TransactionRequest::default().from(from).to(call.to).value(call.value).input(call.data.into());
    let receipt = provider.send_transaction(request).await?.get_receipt().await?;
    ensure!(receipt.status(), "{} failed", call.what);
    Ok(receipt.logs().iter().map(|log| log.inner.clone()).collect())
}

#[tokio::test]
async fn anvil_proposal_at_governor_alpha() -> Result<()> {
    let anvil = anvil()?;
    let provider = ProviderBuilder::new().connect_http(anvil.endpoint_url());
    let holder = anvil.addresses()[0];
    let far = U256::from(u32::MAX);
    let token = deploy(&provider, holder, "Uni", (holder, holder, far).abi_encode_params()).await?;
    let delay = U256::from(172_800);
    let timelock = deploy(&provider, holder, "Timelock", (holder, delay).abi_encode_params()).await?;
    let governor = deploy(&provider, holder, "GovernorAlpha", (timelock, token).abi_encode_params()).await?;

    let governor = Governor::detect(&provider, governor).await?;
    assert_eq!(governor.flavour, Flavour::Alpha);
    let parameters = governor.parameters(&provider).await?;
    assert_eq!((parameters.voting_delay, parameters.voting_period), (1, 40_320));
    assert_eq!(governor.latest(&provider).await?, 0);

    send(&provider, holder, delegate(token, holder)).await?;
    let proposal = Proposal {
        description: "# Pay the holder".into(),
        actions: vec![
            Action::call(
                token,
                U256::ZERO,
                "transfer(address,uint256)",
                vec![holder.into(), U256::from(5).into()],
            )?,
            Action::payment(holder, U256::from(7)),
        ],
    };
    let logs = send(&provider, holder, governor.propose(&proposal)?).await?;
    let created = match governor.events(&logs)?.as_slice() {
        [Event::ProposalCreated(created)] => created.clone(),
        other => eyre::bail!("unexpected events {other:?}"),
    };
    assert_eq!((created.id, created.proposer, &created.proposal), (1, holder, &proposal));
    assert_eq!(governor.actions(&provider, 1).await?, proposal.actions);
    assert_eq!(governor.state(&provider, 1).await?, ProposalState::Pending);

    provider.anvil_mine(Some(2), None).await?;
    let logs = send(&provider, holder, governor.cast_vote(1, Support::For, None)?).await?;
    let held = votes(&provider, token, holder).await?;
    assert_eq!(votes_at(&provider, token, holder, created.start_block).await?, held);
    let vote =
        Event::VoteCast { voter: holder, id: 1, support: Support::For, votes: held, reason: String::new() };
    assert_eq!(governor.events(&logs)?, [vote]);
    assert_eq!(governor.ballot(&provider, 1, holder).await?, Some((Support::For, held)));
    assert_eq!(governor.ballot(&provider, 1, token).await?, None);

    let status = governor.status(&provider, 1).await?;
    assert_eq!((status.state, status.tally.for_votes), (ProposalState::Active, held));
    assert_eq!((status.start_block, status.end_block), (created.start_block, created.end_block));
    assert_eq!((status.proposer, status.execution), (holder, None));
    Ok(())
}
