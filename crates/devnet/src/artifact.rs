//! Compiled contracts of npm packages: the Compound generation, Uniswap V3, WETH9.
//!
//! They are read from `node_modules` when a devnet is seeded; nothing of them is part of this crate.

use std::path::Path;

use alloy::primitives::Bytes;
use serde_json::Value;

use crate::{Error, Repository, Result};

pub(crate) const WETH9: &str = "canonical-weth/build/contracts/WETH9.json";
/// Uniswap's UNI, below `node_modules`.
pub const UNI: &str = "@uniswap/governance/build/Uni.json";
/// Uniswap's GovernorAlpha, below `node_modules`.
pub const GOVERNOR_ALPHA: &str = "@uniswap/governance/build/GovernorAlpha.json";
/// Uniswap's Timelock, below `node_modules`.
pub const COMPOUND_TIMELOCK: &str = "@uniswap/governance/build/Timelock.json";
pub(crate) const V3_FACTORY: &str =
    "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json";
pub(crate) const V3_POOL: &str = "@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json";
pub(crate) const SWAP_ROUTER: &str =
    "@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json";
pub(crate) const POSITION_MANAGER: &str = "@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json";
pub(crate) const QUOTER: &str = "@uniswap/v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json";

impl Repository {
    /// Creation code of the compiled contract at `path` below `node_modules`, as Truffle, Hardhat or Waffle
    /// write it.
    ///
    /// # Errors
    /// [`Error::ArtifactMissing`] and [`Error::ArtifactInvalid`] with the file.
    pub fn creation_code(&self, path: &str) -> Result<Bytes> {
        creation_code_in(&self.package_file(path))
    }
}

/// Creation code of the compiled contract in `file`, as Truffle, Hardhat, Waffle, solc or forge write it.
///
/// # Errors
/// [`Error::ArtifactMissing`] and [`Error::ArtifactInvalid`] with the file.
pub fn creation_code_in(file: &Path) -> Result<Bytes> {
    match std::fs::read_to_string(file) {
        Ok(text) => creation_code(&text, file),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::ArtifactMissing(file.to_path_buf()))
        }
        Err(source) => Err(Error::Io { path: file.to_path_buf(), source }),
    }
}

/// Creation code in the JSON of an artifact; `file` is named in errors.
pub(crate) fn creation_code(text: &str, file: &Path) -> Result<Bytes> {
    let invalid = |reason: String| Error::ArtifactInvalid { path: file.to_path_buf(), reason };
    let json: Value = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
    // Truffle, Hardhat and Waffle write a string; solc, forge and this repository write an object.
    let code = ["/bytecode", "/bytecode/object", "/evm/bytecode/object"]
        .into_iter()
        .find_map(|place| json.pointer(place)?.as_str())
        .ok_or_else(|| invalid("it has no `bytecode`".into()))?;
    let code: Bytes = code.parse().map_err(|_| invalid("its `bytecode` is not hexadecimal".into()))?;
    if code.is_empty() {
        return Err(invalid("its `bytecode` is empty".into()));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Bytes> {
        creation_code(text, Path::new("C.json"))
    }

    #[test]
    fn reads_every_layout() {
        let expected = Bytes::from_static(&[0x60, 0x80]);
        for text in [
            r#"{"bytecode": "0x6080"}"#,
            r#"{"bytecode": "6080"}"#,
            r#"{"bytecode": {"object": "0x6080"}}"#,
            r#"{"evm": {"bytecode": {"object": "6080"}}}"#,
        ] {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_and_names_the_way_out() {
        for (text, reason) in [
            ("{}", "it has no `bytecode`"),
            (r#"{"bytecode": "0x"}"#, "its `bytecode` is empty"),
            (r#"{"bytecode": "0x60__$lib$__"}"#, "its `bytecode` is not hexadecimal"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.to_string(), format!("`C.json` is not a compiled contract: {reason}"));
            assert_eq!(error.hint().as_deref(), Some("run `npm ci` in the repository"));
        }
    }

    #[test]
    fn reports_a_missing_file() {
        let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let error = repository.creation_code("no/such.json").unwrap_err();
        assert!(
            matches!(&error, Error::ArtifactMissing(path) if path.ends_with("node_modules/no/such.json"))
        );
        assert_eq!(error.hint().as_deref(), Some("run `npm ci` in the repository"));
    }
}
