//! `psactl events`: the event log.

pub(super) mod filter;
mod whole;

use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::{Action, EventState, LoggedEvent, Store};
use crate::ui::{Look, Show, Ui, text};
use filter::Filter;
use whole::Whole;

/// Show the event log: what happened, what was done, what failed
///
/// Read from psactl's own state: nothing is asked of ConnectWise. psactl
/// reprocess takes the same filters.
///
/// Examples:
///   psactl events --errors
///   psactl events --cid 342 --since 3d
///   psactl events --type backup-failed --match '*disk*full*'
///   psactl events --errors --jsonl | jq .event.text
///   psactl events show 17
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    show: Option<One>,
    #[command(flatten)]
    filter: Filter,
    /// At most so many, newest first [default: 25; all with --jsonl]
    #[arg(long, value_name = "N", value_parser = super::common::limit)]
    limit: Option<usize>,
    /// Print JSON Lines: each event as a JSON document (psactl/logged-event/1) on a line of its own
    #[arg(long)]
    jsonl: bool,
}

#[derive(Debug, clap::Subcommand)]
enum One {
    /// Show one event with everything that was done for it
    ///
    /// Its actions, the requests and answers of each, and their errors.
    ///
    /// Example:
    ///   psactl events show 17
    #[command(verbatim_doc_comment)]
    Show {
        /// The event's number, as psactl events shows it
        event: i64,
    },
}

/// An event with its actions.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(flatten)]
    logged: LoggedEvent,
    actions: Vec<Action>,
}

/// The log, newest first.
#[derive(Debug, Serialize)]
struct Log {
    events: Vec<Entry>,
    more: usize,
}

/// An event on a line of its own.
#[derive(Serialize)]
struct Line {
    schema: &'static str,
    #[serde(flatten)]
    entry: Entry,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let store = context.existing_store()?.opened_for(&config.connectwise.company_id)?;
    let source = config.portal.source.name();
    if let Some(One::Show { event }) = args.show {
        let Some(logged) = store.event(source, event)? else { return Err(unknown(event)) };
        context.ui.emit(&Whole::of(&store, logged)?);
        return Ok(Exit::Done);
    }
    let mut events = args.filter.chosen(&store, source, context.now())?;
    events.reverse();
    let more = events.len().saturating_sub(args.limit.unwrap_or(if args.jsonl { usize::MAX } else { MOST }));
    events.truncate(events.len() - more);
    if args.jsonl {
        for logged in events {
            let line = Line { schema: LINE, entry: entry(&store, logged)? };
            let line = serde_json::to_string(&line).map_err(crate::store::Error::from)?;
            context.ui.out(&text::escaped(&line));
        }
        return Ok(Exit::Done);
    }
    let events = events.into_iter().map(|logged| entry(&store, logged)).collect::<Result<_>>()?;
    context.ui.emit(&Log { events, more });
    Ok(Exit::Done)
}

/// The shape of a line: an event with its actions, without the requests behind them.
const LINE: &str = "psactl/logged-event/1";

/// So many events are listed where nobody says how many.
const MOST: usize = 25;

/// No event has this number.
pub(super) fn unknown(event: i64) -> Failure {
    Failure::new(Exit::Partial, format!("the event log has no event {event}"))
        .hint("psactl events lists them")
}

fn entry(store: &Store, logged: LoggedEvent) -> Result<Entry> {
    let actions = store.actions(logged.number)?;
    Ok(Entry { logged, actions })
}

/// What the last run said, as the guide words it.
fn latest(entry: &Entry) -> String {
    let Some(run) = entry.actions.last().map(|action| action.run) else {
        return "Not processed yet.".to_owned();
    };
    let told: Vec<String> = entry
        .actions
        .iter()
        .filter(|action| action.run == run)
        .map(|action| match &action.error {
            Some(error) => format!("ERROR: {error}"),
            None => action.detail.clone(),
        })
        .collect();
    told.join(" ")
}

impl Show for Log {
    const SCHEMA: &'static str = "psactl/events/1";

    fn show(&self, ui: &Ui) {
        if self.events.is_empty() {
            ui.out("No events.");
            return;
        }
        // Five columns need room: with less of it, each event has lines of its own.
        if ui.is_narrower(ROOMY) {
            for entry in &self.events {
                entry.lines(ui);
            }
        } else {
            let mut table = ui.table(&["no", "when (utc)", "account", "event information", "notifications"]);
            for entry in &self.events {
                let event = &entry.logged.event;
                let row = [
                    entry.logged.number.to_string(),
                    text::moment(event.time),
                    entry.who(),
                    text::shorten(&event.text, 100),
                    text::shorten(&entry.told(), 240),
                ];
                match entry.logged.state {
                    EventState::Failed => table.marked(comfy_table::Color::Red, row),
                    EventState::Waiting => table.marked(comfy_table::Color::Yellow, row),
                    EventState::New | EventState::Done => table.row(row),
                }
            }
            ui.out(&table.to_string());
        }
        if self.more > 0 {
            ui.say(&format!("{} more: --limit shows them", self.more));
        }
    }
}

/// From so many columns on the log is a table.
const ROOMY: u16 = 120;

impl Entry {
    fn who(&self) -> String {
        format!("{} ({})", self.logged.event.user, self.logged.event.cid)
    }

    /// What was said of it last, and whether that needs anybody.
    fn told(&self) -> String {
        let state = match self.logged.state {
            EventState::Failed => "FAILED: ",
            EventState::Waiting => "waiting: ",
            EventState::New | EventState::Done => "",
        };
        format!("{state}{}", latest(self))
    }

    fn lines(&self, ui: &Ui) {
        let look = match self.logged.state {
            EventState::Failed => Look::Bad,
            EventState::Waiting => Look::Warn,
            EventState::New | EventState::Done => Look::Head,
        };
        let event = &self.logged.event;
        let number = format!("{:>4}", self.logged.number);
        let head = text::clean(&format!("{}  {}", text::moment(event.time), self.who()));
        ui.out(&format!("{}  {head}", ui.paint(look, &number)));
        ui.out(&format!("      {}", ui.wrap(&text::clean(&event.text), 6, 6)));
        let told = text::clean(&text::shorten(&self.told(), 240));
        ui.out(&format!("      {}", ui.wrap(&told, 6, 6)));
    }
}
