//! `psactl completions`: scripts for the shells, made from the same command tree.

use clap_complete::Shell;

use crate::context::Context;
use crate::error::{Exit, Result};

/// Print a completion script for a shell
///
/// Examples:
///   psactl completions bash > ~/.local/share/bash-completion/completions/psactl
///   psactl completions zsh > ~/.zfunc/_psactl
///   psactl completions fish > ~/.config/fish/completions/psactl.fish
///   psactl completions powershell | Out-String | Invoke-Expression  in $PROFILE
///   psactl completions elvish > ~/.config/elvish/lib/psactl.elv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The shell that the script is for
    shell: Shell,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "psactl", &mut script);
    context.ui.out(String::from_utf8_lossy(&script).trim_end());
    Ok(Exit::Done)
}
