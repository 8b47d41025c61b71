//! The repository on disk: its pinned tools and the npm packages it installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Error, Result};

/// Name in the `package.json` by which the repository is known.
pub(crate) const NAME: &str = "braintrust-governance";

/// A checkout of the repository, where pinned tools and npm packages are found.
#[derive(Clone, Debug)]
pub struct Repository {
    root: PathBuf,
}

impl Repository {
    /// The repository that `directory` is inside of, found by walking up.
    ///
    /// # Errors
    /// [`Error::NotInRepository`] when there is none, [`Error::Io`] when `directory` does not exist.
    pub fn find(directory: &Path) -> Result<Self> {
        let start =
            directory.canonicalize().map_err(|source| Error::Io { path: directory.to_path_buf(), source })?;
        start
            .ancestors()
            .find(|folder| is_root(folder))
            .map(|root| Self { root: root.to_path_buf() })
            .ok_or(Error::NotInRepository(start.clone()))
    }

    /// Root folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path of a binary of the pinned toolchain: `anvil`, `forge` or `cast`.
    ///
    /// `script/tool` is the one place that decides which binary runs.
    ///
    /// # Errors
    /// [`Error::Tool`] with what `script/tool` says: not installed, or not the pinned version.
    pub fn tool(&self, name: &str) -> Result<PathBuf> {
        let script = self.root.join("script/tool");
        let output =
            Command::new(&script).arg(name).output().map_err(|source| Error::Io { path: script, source })?;
        if output.status.success() {
            return Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let line = |prefix: &str| said.lines().find_map(|line| line.strip_prefix(prefix)).map(str::to_owned);
        Err(Error::Tool {
            message: line("error: ")
                .unwrap_or_else(|| format!("`script/tool {name}` failed: {}", said.trim())),
            hint: line("hint: ").unwrap_or_default(),
        })
    }

    /// Path below `node_modules`.
    pub(crate) fn package_file(&self, path: &str) -> PathBuf {
        self.root.join("node_modules").join(path)
    }
}

/// Whether `folder` holds the `package.json` of the repository.
fn is_root(folder: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(folder.join("package.json")) else { return false };
    serde_json::from_str::<serde_json::Value>(&text)
        .is_ok_and(|package| package.get("name").is_some_and(|name| name == NAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_repository_above_a_folder() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = Repository::find(&here.join("src")).expect("this crate is inside the repository");
        assert_eq!(found.root(), here.ancestors().nth(2).expect("two levels up").canonicalize().unwrap());
    }

    #[test]
    fn says_where_it_looked() {
        let error = Repository::find(Path::new("/")).unwrap_err();
        assert_eq!(error.to_string(), "`/` is not inside the `braintrust-governance` repository");
        assert!(error.hint().is_some());
    }

    #[test]
    fn passes_the_error_and_hint_of_the_tool_script_on() {
        let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let error = repository.tool("hammer").unwrap_err();
        assert_eq!(error.to_string(), "unknown tool `hammer`");
        assert_eq!(error.hint().as_deref(), Some("usage: script/tool forge|cast|anvil|solc"));
    }
}
