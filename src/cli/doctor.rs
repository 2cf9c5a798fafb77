//! `psactl doctor`: what is wrong, with evidence and fix.

use crate::context::Context;
use crate::doctor::{self, Group, Look};
use crate::error::{Exit, Result};

/// Check everything and say what is wrong, with evidence and fix
///
/// It changes nothing. Exit code 8 where a check found a problem.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only this group of checks
    #[arg(long, value_enum, value_name = "GROUP")]
    only: Option<Group>,
    /// Only these customers, where a check is about customers
    #[arg(long = "cid", value_name = "CID", value_delimiter = ',')]
    cids: Vec<String>,
    /// Exit with 8 on warnings too
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let report = doctor::examine(context, &Look { only: args.only, cids: args.cids })?;
    context.ui.emit(&report);
    Ok(if report.is_clean(args.strict) { Exit::Done } else { Exit::Found })
}
