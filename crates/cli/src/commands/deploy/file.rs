//! The deployment file at the end of a deployment.

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use btrst_deploy::Plan;
use btrst_gov::Deployment;
use eyre::{Result, WrapErr};
use tempfile::Builder;

use crate::failure::Hinted;

/// Where the file of `plan` goes. Asked before anything is sent.
///
/// # Errors
/// When the folder cannot be made, or there is another deployment's file.
pub fn place(output: Option<&Path>, plan: &Plan) -> Result<PathBuf> {
    let default = || Path::new("deployments").join(format!("{}.toml", plan.description.name));
    let path = output.map_or_else(default, Path::to_path_buf);
    let shown = path.display();
    let folder = folder_of(&path);
    fs::create_dir_all(folder).map_err(|error| {
        let message = format!("cannot create the folder `{}`", folder.display());
        Hinted::new(message, "name another file with --output").caused_by(error)
    })?;
    if let Ok(text) = fs::read_to_string(&path) {
        let same = Deployment::parse(&text).is_ok_and(|known| known.contracts == plan.deployment().contracts);
        if !same {
            let message = format!("`{shown}` is the file of another deployment");
            return Err(Hinted::new(message, "name another file with --output, or another `name`").into());
        }
    }
    Ok(path)
}

/// Writes the file of `plan` to `path`: whole or not at all, whatever happens meanwhile.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, plan: &Plan) -> Result<()> {
    let text = plan.deployment().render()?;
    let folder = folder_of(path);
    let failed = || format!("cannot write the deployment file `{}`", path.display());
    // Everybody reads it; a temporary file would be the owner's alone.
    let readable = Permissions::from_mode(0o644);
    let mut file = Builder::new().permissions(readable).tempfile_in(folder).wrap_err_with(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).wrap_err_with(failed)?;
    file.persist(path).wrap_err_with(failed)?;
    // The name as well, should the power fail.
    File::open(folder).and_then(|folder| folder.sync_all()).wrap_err_with(failed)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}
