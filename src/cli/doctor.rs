//! `psactl doctor`: what is wrong, with evidence and fix.

use std::path::PathBuf;

use crate::context::Context;
use crate::doctor::{self, CHECKS, Group, Look, Report, Status, bundle, explain};
use crate::error::{Exit, Failure, Result};
use crate::ui::text;

/// Check everything and say what is wrong, with evidence and fix
///
/// It changes nothing, at ConnectWise or here. Exit code 8 where a check found
/// a problem. psactl doctor explain lists the checks and explains each. With --cid,
/// checks about customers look at these alone.
///
/// With --nagios it prints one line and ends with 0 (ok), 1 (warning),
/// 2 (critical: a problem) or 3 (it cannot tell). It reads all of ConnectWise
/// that psactl works with: once a day is enough, psactl status --nagios is for
/// every minute.
///
/// Examples:
///   psactl doctor
///   psactl doctor --only billing --cid 342
///   psactl doctor --bundle ticket.json
///   psactl doctor explain managed-id-order
///   psactl doctor explain "Username or password is incorrect"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    explain: Option<Command>,
    /// Only this group of checks
    #[arg(long, value_enum, value_name = "GROUP")]
    only: Option<Group>,
    /// Only this customer, by its ID at the portal, such as 342; may be repeated
    #[arg(long = "cid", value_name = "CID", value_parser = super::common::cid)]
    cids: Vec<String>,
    /// Exit with 8 on warnings too
    #[arg(long)]
    strict: bool,
    /// One line for Nagios, Icinga and the like, and their exit codes
    #[arg(long, conflicts_with = "strict")]
    nagios: bool,
    /// Write a file for a support ticket as well: findings, versions, configuration, last runs and request
    /// ids; without secrets, with CIDs for customers' names
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Explain a check, or the words of an error: meaning, cause, fix
    ///
    /// Without words it lists every check.
    ///
    /// Examples:
    ///   psactl doctor explain
    ///   psactl doctor explain managed-id-order
    ///   psactl doctor explain "Username or password is incorrect"
    #[command(verbatim_doc_comment)]
    Explain {
        /// The name of a check, or the words that somebody met
        #[arg(value_name = "CHECK|\"ERROR TEXT\"", allow_negative_numbers = true)]
        words: Vec<String>,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    if let Some(Command::Explain { words }) = &args.explain {
        return explained(context, &words.join(" "));
    }
    let unattended = args.nagios && !context.ui.is_by_hand();
    let look = Look { only: args.only, cids: args.cids, unattended };
    let bundle = args.bundle.as_deref().map(bundle::begin).transpose()?;
    let examined = doctor::examine(context, &look).and_then(|report| {
        if let Some(bundle) = bundle {
            bundle::write(context, &report, bundle)?;
        }
        Ok(report)
    });
    if args.nagios {
        return Ok(nagios(context, examined));
    }
    let report = examined?;
    context.ui.emit(&report);
    if let Some(file) = &args.bundle {
        context.ui.say(&format!("written for a support ticket: {}", file.display()));
    }
    Ok(if report.is_clean(args.strict) { Exit::Done } else { Exit::Found })
}

fn explained(context: &Context, words: &str) -> Result<Exit> {
    if words.trim().is_empty() {
        context.ui.emit(&explain::Table { checks: CHECKS });
        return Ok(Exit::Done);
    }
    let explanation = explain::explain(words);
    if explanation.is_empty() {
        let failure =
            Failure::new(Exit::Partial, format!("nothing is known of “{}”", text::shorten(words, 120)));
        return Err(match explanation.near.as_slice() {
            [] => failure.hint("psactl doctor explain lists every check; try fewer of the words"),
            near => failure.hint(format!("there are: {}", near.join(", "))),
        });
    }
    context.ui.emit(&explanation);
    Ok(Exit::Done)
}

/// One line, with numbers behind the bar as monitors draw them. The exit codes are a monitor's: their numbers count
/// here, not psactl's own meaning.
fn nagios(context: &Context, examined: Result<Report>) -> Exit {
    let (word, exit, said, numbers) = match &examined {
        Ok(report) => {
            let (problems, warnings) = (report.count(Status::Problem), report.count(Status::Warning));
            let (word, exit) = match (problems, warnings) {
                (0, 0) => ("OK", Exit::Done),
                (0, _) => ("WARNING", Exit::Unexpected),
                _ => ("CRITICAL", Exit::Usage),
            };
            let mut told: Vec<_> =
                report.checks.iter().filter(|check| check.status >= Status::Warning).collect();
            told.sort_by_key(|check| std::cmp::Reverse(check.status));
            let said = if told.is_empty() {
                let made = report.count(Status::Ok);
                text::count(made, "check finds nothing", "checks find nothing")
            } else {
                let told = told.iter().map(|check| format!("{}: {}", check.id, check.title));
                told.collect::<Vec<_>>().join("; ")
            };
            let skipped = report.count(Status::Skipped);
            (word, exit, said, format!(" | problems={problems} warnings={warnings} skipped={skipped}"))
        }
        Err(failure) => ("UNKNOWN", Exit::Configuration, failure.line(), String::new()),
    };
    // A bar would end the words.
    let said = text::clean(&said).replace('|', "/");
    context.ui.out(&format!("PSACTL {word} - {said}{numbers}"));
    exit
}
