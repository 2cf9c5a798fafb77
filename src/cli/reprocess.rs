//! `psactl reprocess`: the notification actions of events again, now.

use std::collections::BTreeSet;

use super::events::filter::Filter;
use super::events::unknown;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::LoggedEvent;
use crate::sync::Options;
use crate::ui::{Show, text};

/// Run the notification actions of events again, now
///
/// Events of one fault count once, as things stand now: one action for each fault
/// and customer, with present use, whatever the interval. A fault that was mended
/// since opens no ticket. Guards always hold. The plan is shown first; each
/// event's log says what covered it (psactl events show).
///
/// Examples:
///   psactl reprocess 17
///   psactl reprocess --errors
///   psactl reprocess --cid 342 --since 3d --dry-run
///   psactl reprocess --errors --match '*timed out*' --since 1d --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// An event's number, as psactl events shows it; may be repeated. The filters below choose instead
    #[arg(value_name = "EVENT")]
    events: Vec<i64>,
    #[command(flatten)]
    filter: Filter,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let filtered = args.filter.is_given();
    let usage = |text: &str| {
        Failure::new(Exit::Usage, text)
            .hint("name events by number, or by filters: psactl reprocess 17, psactl reprocess --errors")
    };
    match (args.events.is_empty(), filtered) {
        (true, false) => return Err(usage("which events? Name each EVENT by its number, or filter")),
        (false, true) => return Err(usage("events are named by number or by filters, not by both")),
        _ => {}
    }
    let config = context.config()?;
    let store = context.store_for(&config)?;
    let source = config.portal.source.name();
    let chosen = if filtered {
        args.filter.chosen(&store, source, context.now())?
    } else {
        let named: BTreeSet<i64> = args.events.into_iter().collect();
        let named = named.iter().map(|number| match store.event(source, *number) {
            Ok(event) => event.ok_or_else(|| unknown(*number)),
            Err(error) => Err(error.into()),
        });
        named.collect::<Result<_>>()?
    };
    if chosen.is_empty() {
        context.ui.say("no such event: nothing to reprocess");
        return Ok(Exit::Done);
    }
    let events = told(&chosen);
    let numbers: BTreeSet<i64> = chosen.iter().map(|logged| logged.number).collect();
    let options =
        |dry_run| Options { dry_run, by_hand: true, events: Some(numbers.clone()), ..Options::default() };
    if args.dry_run || !args.yes {
        // Where nobody can answer, nobody waits for the plan.
        if !args.dry_run && !context.ui.may_ask() {
            context.ui.confirm(&format!("Reprocess {events}?"), "--yes")?;
        }
        let plan = super::sync::once(context, "reprocess", options(true))?;
        let changes = match plan.plan.changes.len() {
            0 => "nothing to write".to_owned(),
            changes => text::count(changes, "change", "changes"),
        };
        if args.dry_run {
            context.ui.emit(&plan);
            context.ui.say(&format!("reprocess: dry run of {events}: {changes}, nothing was written"));
            return Ok(Exit::Done);
        }
        let question = format!("Reprocess {events} ({changes})?");
        context.ui.agree(|ui| plan.show(ui), &question, "--yes", "nothing was reprocessed")?;
    }
    let report = super::sync::once(context, "reprocess", options(false))?;
    context.ui.emit(&report);
    context.ui.say(&format!("reprocess: {events}: {}", report.summary()));
    Ok(report.exit())
}

/// "500 events of 3 customers".
fn told(chosen: &[LoggedEvent]) -> String {
    let cids: BTreeSet<&str> = chosen.iter().map(|logged| logged.event.cid.as_str()).collect();
    let events = text::count(chosen.len(), "event", "events");
    match cids.len() {
        1 => events,
        customers => format!("{events} of {}", text::count(customers, "customer", "customers")),
    }
}
