//! `psactl man`: the manual pages, made from the same command tree as the help.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::ui::text;

/// Write the manual pages into a folder, one for each command
///
/// psactl.1 has the exit codes.
///
/// Example:
///   psactl man ~/.local/share/man/man1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The folder, which is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The exit codes, as a section of the first page.
fn exit_status() -> Vec<u8> {
    let mut section = ".SH \"EXIT STATUS\"\n".to_owned();
    for exit in Exit::ALL {
        let (meaning, advice) = exit.meaning();
        section.push_str(&format!(".TP\n\\fB{}\\fR\n{meaning}: {advice}\n", exit.code()).replace('-', "\\-"));
    }
    section.into_bytes()
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let folder = args.folder;
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Unexpected, format!("cannot write the pages into {}: {error}", folder.display()))
            .hint("name a folder that this account may write to")
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut command = super::command();
    command.build();
    let mut written = 0;
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        let root = written == 0;
        commands.extend(command.get_subcommands().cloned());
        let page = clap_mangen::Man::new(command);
        let file = folder.join(page.get_filename());
        let mut bytes = Vec::new();
        page.render(&mut bytes).map_err(failed)?;
        if root {
            bytes.extend(exit_status());
        }
        crate::disk::write_whole(&file, &bytes, 0o644).map_err(failed)?;
        written += 1;
    }
    context.ui.say(&format!("{} in {}", text::count(written, "page", "pages"), folder.display()));
    Ok(Exit::Done)
}
