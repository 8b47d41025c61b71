//! Files that one process at a time works with.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use crate::{Error, Result};

/// Times that the lock is asked for before the file counts as another process's.
const TRIES: u32 = 10;

/// Time between two of them.
const PAUSE: Duration = Duration::from_millis(50);

/// Opens the file at `path` to read and to append, makes it with the permissions `mode` when it is missing, and locks it
/// until it is closed, or the process ends in whatever way.
///
/// # Errors
/// [`Error::Locked`], [`Error::File`].
pub fn open_locked(path: &Path, mode: u32) -> Result<File> {
    let name = path.display().to_string();
    let broken = |source| Error::File { file: name.clone(), source };
    let file = OpenOptions::new().read(true).append(true).create(true).mode(mode).open(path);
    let file = file.map_err(broken)?;
    // A program that this process is starting holds its files for a moment, so one refusal proves nothing.
    for left in (0..TRIES).rev() {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if left == 0 => return Err(Error::Locked(name)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(broken(source)),
        }
    }
    Ok(file)
}
