//! Endpoints that are named as in Foundry's projects: `[rpc_endpoints]` in a `foundry.toml`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eyre::Result;
use serde::Deserialize;

use crate::failure::Hinted;

/// What of a `foundry.toml` is read.
#[derive(Deserialize)]
struct Project {
    #[serde(default)]
    rpc_endpoints: BTreeMap<String, Named>,
}

/// An endpoint, alone or with how it is asked.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Address(String),
    Settings { endpoint: String },
}

/// The address of the endpoint `named`: itself, or what the next `foundry.toml` from `folder` upwards calls so, with the
/// variables in it put in.
///
/// # Errors
/// When no file has that name, the file cannot be used, or a variable is missing.
pub fn resolve<'a>(named: &'a str, folder: &Path) -> Result<Cow<'a, str>> {
    // Everything else is an address, or a wrong one, which can have a credential in it.
    if named.is_empty() || !named.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        return Ok(named.into());
    }
    let Some(file) = project(folder) else { return Ok(named.into()) };
    let shown = file.display();
    let unusable = |error: &dyn std::fmt::Display| {
        let hint = "write the endpoint's address, or correct the file";
        Hinted::new(format!("cannot look for the endpoint `{named}` in `{shown}`: {error}"), hint)
    };
    let text = std::fs::read_to_string(&file).map_err(|error| unusable(&error))?;
    let project: Project = toml::from_str(&text).map_err(|error| unusable(&error.message()))?;
    match project.rpc_endpoints.get(named) {
        Some(Named::Address(address) | Named::Settings { endpoint: address }) => {
            Ok(filled_in(named, address, |name| std::env::var(name).ok())?.into())
        }
        None => {
            let known: Vec<_> = project.rpc_endpoints.keys().map(|name| format!("`{name}`")).collect();
            let hint = match known.is_empty() {
                true => "write it as `https://host/path`, or name it in `[rpc_endpoints]` there".to_owned(),
                false => format!("write it as `https://host/path`; the file names {}", known.join(", ")),
            };
            Err(Hinted::new(format!("`{shown}` names no endpoint `{named}`"), hint).into())
        }
    }
}

/// The next `foundry.toml` from `folder` upwards.
fn project(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join("foundry.toml")).find(|file| file.is_file())
}

/// `address` with the values of the variables that it names as `${NAME}`.
fn filled_in(named: &str, address: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String> {
    let mut filled = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, behind) = after.split_once('}').ok_or_else(|| {
            let hint = "end it with a brace: `${NAME}`";
            Hinted::new(format!("the address of the endpoint `{named}` has a variable without an end"), hint)
        })?;
        let value = variable(name).ok_or_else(|| {
            let message = format!("the address of the endpoint `{named}` needs the variable `{name}`");
            Hinted::new(message, "set it, or write the endpoint's address")
        })?;
        filled.push_str(before);
        filled.push_str(&value);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let variable = |name: &str| (name == "KEY").then(|| "abc".to_owned());
        let filled = |address| filled_in("main", address, variable).map_err(|error| error.to_string());
        assert_eq!(filled("https://host").unwrap(), "https://host");
        assert_eq!(filled("https://host/${KEY}?${KEY}").unwrap(), "https://host/abc?abc");
        let missing = "the address of the endpoint `main` needs the variable `OTHER`";
        assert_eq!(filled("https://host/${OTHER}").unwrap_err(), missing);
        let open = "the address of the endpoint `main` has a variable without an end";
        assert_eq!(filled("https://host/${KEY").unwrap_err(), open);
    }

    #[test]
    fn the_next_file_upwards_has_the_names() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        let file = folder.path().join("foundry.toml");
        let text = "[profile.default]\nsrc = 'contracts'\n[rpc_endpoints]\nmain = 'https://one'\n\
                    test = { endpoint = 'https://two', retries = 3 }\n";
        std::fs::write(&file, text).unwrap();
        let found = |named: &'static str| resolve(named, &below).map_err(|error| error.to_string());
        assert_eq!(found("main").unwrap(), "https://one");
        assert_eq!(found("test").unwrap(), "https://two");
        assert_eq!(found("https://three").unwrap(), "https://three");
        let unknown = format!("`{}` names no endpoint `other`", file.display());
        assert_eq!(found("other").unwrap_err(), unknown);
        std::fs::write(&file, "[rpc_endpoints]\nmain = 5\n").unwrap();
        assert!(found("main").unwrap_err().starts_with("cannot look for the endpoint `main` in `"));
    }
}
