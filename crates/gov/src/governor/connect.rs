//! The governor of a deployment, compared with its chain before anything else is asked.

use alloy::providers::Provider;

use super::{Flavour, Governor, reads::unanswered};
use crate::{Deployment, Error, Result};

impl Governor {
    /// The governor of `deployment`, after a look at the chain. `stated` goes before the deployment's flavour.
    ///
    /// # Errors
    /// [`Error::WrongChain`] and [`Error::WrongFlavour`] where chain and file differ, [`Error::UnknownGovernor`], or if
    /// the endpoint does not answer.
    pub async fn connect<P: Provider>(
        provider: &P,
        deployment: &Deployment,
        stated: Option<Flavour>,
    ) -> Result<Self> {
        let actual = provider.get_chain_id().await.map_err(|error| unanswered("chain id", error))?;
        if actual != deployment.chain_id {
            return Err(Error::WrongChain {
                deployment: deployment.name.clone(),
                expected: deployment.chain_id,
                actual,
            });
        }
        let governor = Self::detect(provider, deployment.contracts.governor).await?;
        let stated = stated.unwrap_or(deployment.flavour);
        if governor.flavour == stated {
            return Ok(governor);
        }
        Err(Error::WrongFlavour { governor: governor.address, stated, actual: governor.flavour })
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::Bytes,
        providers::{ProviderBuilder, RootProvider, mock::Asserter},
        sol_types::SolValue,
    };

    use super::*;
    use crate::deployment::sample::deployment;

    fn chain(id: u64, flavour: Flavour) -> RootProvider {
        let asserter = Asserter::new();
        asserter.push_success(&format!("{id:#x}"));
        asserter.push_success(&Bytes::from(flavour.ballot_typehash().abi_encode()));
        ProviderBuilder::default().connect_mocked_client(asserter)
    }

    #[tokio::test]
    async fn chain_and_flavour_are_compared() {
        let deployment = deployment();
        let connect =
            async |id, flavour, stated| Governor::connect(&chain(id, flavour), &deployment, stated).await;
        let governor = connect(31_337, Flavour::Braintrust, None).await.unwrap();
        assert_eq!(governor, Governor::new(deployment.contracts.governor, Flavour::Braintrust));
        let governor = connect(31_337, Flavour::Alpha, Some(Flavour::Alpha)).await.unwrap();
        assert_eq!(governor.flavour, Flavour::Alpha);
        let error = connect(1, Flavour::Braintrust, None).await.unwrap_err();
        assert_eq!(error.to_string(), "the endpoint is on chain 1, but deployment `devnet` on chain 31337");
        let error = connect(31_337, Flavour::Alpha, None).await.unwrap_err();
        let address = deployment.contracts.governor;
        assert_eq!(error.to_string(), format!("`{address}` is of flavour `alpha`, not `braintrust`"));
        assert!(error.hint().unwrap().contains("--flavour alpha"));
    }
}
