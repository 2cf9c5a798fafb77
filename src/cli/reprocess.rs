//! `psactl reprocess`: the notification actions of events again, now.

use std::collections::BTreeSet;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::EventState;
use crate::sync::Options;
use crate::ui::text;

/// Run the notification actions of events again, now
///
/// The events are folded to the present: one action for each fault and customer,
/// with present use. A fault that was mended since opens no ticket. Guards
/// always hold.
///
/// Examples:
///   psactl reprocess 17
///   psactl reprocess --errors --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Numbers of the event log
    #[arg(value_name = "EVENT", required_unless_present = "errors")]
    events: Vec<i64>,
    /// Every event whose actions failed
    #[arg(long, conflicts_with = "events")]
    errors: bool,
    /// Show what would be written; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let known = context.store()?.events(config.portal.source.name())?;
    let mut chosen = BTreeSet::new();
    if args.errors {
        chosen.extend(
            known.iter().filter(|logged| logged.state == EventState::Failed).map(|logged| logged.number),
        );
        if chosen.is_empty() {
            context.ui.say("no event has failed: nothing to reprocess");
            return Ok(Exit::Done);
        }
    }
    for number in &args.events {
        if !known.iter().any(|logged| logged.number == *number) {
            return Err(Failure::new(Exit::Partial, format!("the event log has no event {number}"))
                .hint("psactl events lists them"));
        }
        chosen.insert(*number);
    }
    let events = text::count(chosen.len(), "event", "events");
    let options =
        |dry_run| Options { dry_run, by_hand: true, events: Some(chosen.clone()), ..Options::default() };
    if args.dry_run || !args.yes {
        let plan = super::sync::once(context, "reprocess", options(true))?;
        context.ui.emit(&plan);
        if args.dry_run {
            context.ui.say(&format!("reprocess: dry run of {events}, nothing was written"));
            return Ok(Exit::Done);
        }
        if !context.ui.confirm(&format!("Reprocess {events}?"), "--yes")? {
            return Err(Failure::new(Exit::Interrupted, "nothing was reprocessed"));
        }
    }
    let report = super::sync::once(context, "reprocess", options(false))?;
    context.ui.emit(&report);
    context.ui.say(&format!("reprocess: {events}: {}", report.summary()));
    Ok(report.exit())
}
