//! The governor of a deployment, compared with its chain before anything else is asked.

use alloy::providers::Provider;

use super::{Flavour, Governor};
use crate::{Deployment, Error, Result};

impl Governor {
    /// The governor of `deployment`, after a look at its chain. `stated` goes before the deployment's flavour.
    ///
    /// # Errors
    /// [`Error::WrongFlavour`] where chain and file differ, [`Error::UnknownGovernor`], or if the contract does not
    /// answer.
    pub async fn connect<P: Provider>(
        provider: &P,
        deployment: &Deployment,
        stated: Option<Flavour>,
    ) -> Result<Self> {
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

    fn chain(flavour: Flavour) -> RootProvider {
        let asserter = Asserter::new();
        asserter.push_success(&Bytes::from(flavour.ballot_typehash().abi_encode()));
        ProviderBuilder::default().connect_mocked_client(asserter)
    }

    #[tokio::test]
    async fn flavours_are_compared() {
        let deployment = deployment();
        let connect = async |flavour, stated| Governor::connect(&chain(flavour), &deployment, stated).await;
        let governor = connect(Flavour::Braintrust, None).await.unwrap();
        assert_eq!(governor, Governor::new(deployment.contracts.governor, Flavour::Braintrust));
        let governor = connect(Flavour::Alpha, Some(Flavour::Alpha)).await.unwrap();
        assert_eq!(governor.flavour, Flavour::Alpha);
        let error = connect(Flavour::Alpha, None).await.unwrap_err();
        let address = deployment.contracts.governor;
        assert_eq!(error.to_string(), format!("`{address}` is of flavour `alpha`, not `braintrust`"));
        assert!(error.hint().unwrap().contains("--flavour alpha"));
    }
}
