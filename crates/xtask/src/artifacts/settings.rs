//! The compiler's settings, as `foundry.toml` has them.

use std::{collections::BTreeSet, str::FromStr};

use eyre::{Result, WrapErr, bail, eyre};
use foundry_compilers::artifacts::{
    BytecodeHash, EvmVersion, Optimizer, Remapping, Settings, SettingsMetadata,
};
use serde::Deserialize;

/// The keys that change the code. Forge has defaults for them, which may differ in the next version; here the
/// file must name them.
#[derive(Deserialize)]
struct Profile {
    optimizer: bool,
    optimizer_runs: usize,
    #[serde(default)]
    via_ir: bool,
    evm_version: String,
    bytecode_hash: String,
    cbor_metadata: bool,
    remappings: Vec<String>,
    #[serde(default)]
    compilation_restrictions: Vec<Restriction>,
}

/// A source file that is compiled in another way than the others. Of forge's keys, the one in use.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restriction {
    paths: String,
    via_ir: bool,
}

/// How to compile each source file.
#[derive(Clone, Debug, Default)]
pub struct FoundrySettings {
    /// The settings of the default profile.
    pub base: Settings,
    /// The files that go through the IR pipeline when the profile does not.
    via_ir: BTreeSet<String>,
}

impl FoundrySettings {
    /// The settings for the contract in the file `source`.
    pub fn of(&self, source: &str) -> Settings {
        let via_ir = self.base.via_ir == Some(true) || self.via_ir.contains(source);
        Settings { via_ir: Some(via_ir), ..self.base.clone() }
    }
}

/// Keys of forge that change the code too but that this task does not pass on. Ignoring one would give other
/// code than `forge build` does.
const UNSUPPORTED: [&str; 5] =
    ["extends", "libraries", "optimizer_details", "revert_strings", "use_literal_content"];

/// Reads the default profile of `foundry.toml`. The output selection stays empty.
///
/// # Errors
/// For a key that is missing or has a value that the compiler does not know, and for one that cannot be honoured.
pub fn from_foundry_toml(text: &str) -> Result<FoundrySettings> {
    let mut file: toml::Table = text.parse().wrap_err("not a TOML file")?;
    let profile = match file.remove("profile") {
        Some(toml::Value::Table(mut profiles)) => profiles.remove("default"),
        _ => None,
    };
    let Some(toml::Value::Table(profile)) = profile else { bail!("no `[profile.default]`") };
    if let Some(key) = UNSUPPORTED.iter().find(|key| profile.contains_key(**key)) {
        bail!("`{key}` changes the code, and `xtask artifacts` cannot honour it");
    }
    let profile: Profile = profile.try_into().wrap_err("`[profile.default]` is incomplete")?;

    let evm_version = EvmVersion::from_str(&profile.evm_version)
        .map_err(|_| eyre!("unknown `evm_version` `{}`", profile.evm_version))?;
    let bytecode_hash = BytecodeHash::from_str(&profile.bytecode_hash)
        .map_err(|_| eyre!("unknown `bytecode_hash` `{}`", profile.bytecode_hash))?;
    let remappings = profile.remappings.iter().map(|remapping| {
        Remapping::from_str(remapping).wrap_err_with(|| format!("cannot read the remapping `{remapping}`"))
    });
    let base = Settings {
        remappings: remappings.collect::<Result<_>>()?,
        optimizer: Optimizer {
            enabled: Some(profile.optimizer),
            runs: Some(profile.optimizer_runs),
            details: None,
        },
        metadata: Some(SettingsMetadata::new(bytecode_hash, profile.cbor_metadata)),
        evm_version: Some(evm_version),
        via_ir: Some(profile.via_ir),
        output_selection: Default::default(),
        stop_after: None,
        model_checker: None,
        debug: None,
        libraries: Default::default(),
    };
    let mut via_ir = BTreeSet::new();
    for restriction in profile.compilation_restrictions {
        if !restriction.via_ir || restriction.paths.contains('*') {
            bail!("`compilation_restrictions` can only name a file and `via_ir = true`");
        }
        via_ir.insert(restriction.paths);
    }
    Ok(FoundrySettings { base, via_ir })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: &str = r#"
        [profile.default]
        src = "contracts"
        evm_version = "cancun"
        optimizer = true
        optimizer_runs = 10_000
        bytecode_hash = "none"
        cbor_metadata = false
        remappings = ["solady/=node_modules/solady/src/"]
        [profile.default.fuzz]
        runs = 256
    "#;

    fn error(text: &str) -> String {
        format!("{:#}", from_foundry_toml(text).unwrap_err())
    }

    #[test]
    fn every_key_reaches_the_compiler() {
        let settings = serde_json::to_value(from_foundry_toml(COMPLETE).unwrap().base).unwrap();
        assert_eq!(settings["evmVersion"], "cancun");
        assert_eq!(settings["optimizer"], serde_json::json!({"enabled": true, "runs": 10_000}));
        assert_eq!(settings["viaIR"], false);
        assert_eq!(settings["metadata"], serde_json::json!({"bytecodeHash": "none", "appendCBOR": false}));
        assert_eq!(settings["remappings"], serde_json::json!(["solady/=node_modules/solady/src/"]));
    }

    #[test]
    fn via_ir_reaches_the_compiler() {
        let text = COMPLETE.replace("optimizer = true", "optimizer = true\nvia_ir = true");
        assert_eq!(from_foundry_toml(&text).unwrap().of("contracts/A.sol").via_ir, Some(true));
    }

    #[test]
    fn a_restriction_changes_its_file_alone() {
        let restriction = "compilation_restrictions = [{ paths = \"contracts/A.sol\", via_ir = true }]";
        let text = COMPLETE.replace("optimizer = true", &format!("optimizer = true\n{restriction}"));
        let settings = from_foundry_toml(&text).unwrap();
        assert_eq!(settings.of("contracts/A.sol").via_ir, Some(true));
        assert_eq!(settings.of("contracts/B.sol").via_ir, Some(false));
        for unknown in [text.replace("via_ir = true", "via_ir = false"), text.replace("A.sol", "*.sol")] {
            assert!(error(&unknown).starts_with("`compilation_restrictions` can only name a file"));
        }
        assert!(error(&text.replace("via_ir = true", "runs = 1")).contains("unknown field `runs`"));
    }

    #[test]
    fn the_committed_file_is_understood() {
        from_foundry_toml(include_str!("../../../../foundry.toml")).unwrap();
    }

    #[test]
    fn an_unknown_value_is_an_error() {
        assert_eq!(error(&COMPLETE.replace("cancun", "cancan")), "unknown `evm_version` `cancan`");
        assert_eq!(error(&COMPLETE.replace("\"none\"", "\"md5\"")), "unknown `bytecode_hash` `md5`");
        assert!(error(&COMPLETE.replace("10_000", "\"many\"")).contains("invalid type: string \"many\""));
        assert!(error(&COMPLETE.replace("solady/=", "solady ")).starts_with("cannot read the remapping"));
    }

    #[test]
    fn a_missing_key_is_an_error() {
        for key in
            ["evm_version", "optimizer", "optimizer_runs", "bytecode_hash", "cbor_metadata", "remappings"]
        {
            let text: String = COMPLETE
                .lines()
                .filter(|line| !line.trim().starts_with(&format!("{key} =")))
                .collect::<Vec<_>>()
                .join("\n");
            assert!(error(&text).contains(&format!("missing field `{key}`")), "{key}: {}", error(&text));
        }
        assert_eq!(error("[fmt]"), "no `[profile.default]`");
    }

    #[test]
    fn a_key_that_cannot_be_honoured_is_an_error() {
        let text = COMPLETE.replace("optimizer = true", "optimizer = true\nrevert_strings = \"strip\"");
        assert_eq!(error(&text), "`revert_strings` changes the code, and `xtask artifacts` cannot honour it");
    }
}
