//! The `btrst` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    btrst::run(std::env::args_os())
}
