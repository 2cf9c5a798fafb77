//! `psactl completions`: scripts for the shells, made from the same command tree.

use clap_complete::Shell;

use crate::context::Context;
use crate::error::{Exit, Result};

/// Print a completion script for a shell
///
/// Example:  psactl completions bash > ~/.local/share/bash-completion/completions/psactl
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "psactl", &mut script);
    context.ui.out(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
