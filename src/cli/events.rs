//! `psactl events`: the event log.

use serde::Serialize;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::store::{Action, EventState, LoggedEvent, Outcome, Store};
use crate::ui::{Look, Show, Ui, text};

/// Show the event log: what happened, what was done, what failed
///
/// Examples:
///   psactl events --errors
///   psactl events --cid 342
///   psactl events show 17
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    show: Option<One>,
    /// Only events whose actions failed
    #[arg(long)]
    errors: bool,
    /// Only this customer of the portal
    #[arg(long, value_name = "CID")]
    cid: Option<String>,
    /// Only this account
    #[arg(long, value_name = "USER")]
    account: Option<String>,
    /// At most so many, newest first
    #[arg(long, value_name = "N", default_value_t = 25)]
    limit: usize,
}

#[derive(Debug, clap::Subcommand)]
enum One {
    /// One event with everything that was done for it
    Show {
        /// Its number in the log
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

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let config = context.config()?;
    let store = context.store()?;
    let source = config.portal.source.name();
    let mut events = store.events(source)?;
    if let Some(One::Show { event }) = args.show {
        let Some(logged) = events.into_iter().find(|logged| logged.number == event) else {
            return Err(Failure::new(Exit::Partial, format!("the event log has no event {event}"))
                .hint("psactl events lists them"));
        };
        context.ui.emit(&Whole { entry: entry(&store, logged)? });
        return Ok(Exit::Done);
    }
    events.reverse();
    events.retain(|logged| {
        (!args.errors || logged.state == EventState::Failed)
            && args.cid.as_ref().is_none_or(|cid| *cid == logged.event.cid)
            && args
                .account
                .as_ref()
                .is_none_or(|account| *account == logged.event.account || *account == logged.event.user)
    });
    let more = events.len().saturating_sub(args.limit);
    events.truncate(args.limit);
    let events = events.into_iter().map(|logged| entry(&store, logged)).collect::<Result<_>>()?;
    context.ui.emit(&Log { events, more });
    Ok(Exit::Done)
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
        let mut table = ui.table(&["no", "when (utc)", "account", "event information", "notifications"]);
        for entry in &self.events {
            let event = &entry.logged.event;
            let state = match entry.logged.state {
                EventState::Failed => "FAILED: ",
                EventState::Waiting => "waiting: ",
                EventState::New | EventState::Done => "",
            };
            table.row([
                entry.logged.number.to_string(),
                text::moment(event.time),
                format!("{} ({})", event.user, event.cid),
                text::shorten(&event.text, 80),
                text::shorten(&format!("{state}{}", latest(entry)), 220),
            ]);
        }
        ui.out(&table.to_string());
        if self.more > 0 {
            ui.say(&format!("{} more: --limit shows them", self.more));
        }
    }
}

/// One event, whole.
#[derive(Debug, Serialize)]
struct Whole {
    #[serde(flatten)]
    entry: Entry,
}

impl Show for Whole {
    const SCHEMA: &'static str = "psactl/event/1";

    fn show(&self, ui: &Ui) {
        let logged = &self.entry.logged;
        let event = &logged.event;
        ui.out(&ui.paint(Look::Head, &text::clean(&format!("Event {}: {}", logged.number, event.text))));
        ui.out(&format!("  when      {} UTC", text::moment(event.time)));
        ui.out(&format!(
            "  account   {} of customer {}",
            text::clean(&format!("{} / {}", event.user, event.account)),
            text::clean(&event.cid)
        ));
        ui.out(&format!("  type      {}, {}", event.kind.as_str(), event.severity.as_str()));
        ui.out(&format!("  id        {}", text::clean(&event.id)));
        ui.out(&format!("  state     {}", logged.state.as_str()));
        let mut run = 0;
        for action in &self.entry.actions {
            if action.run != run {
                run = action.run;
                ui.out(&format!(
                    "  Notifications processed in run {run} on {} UTC:",
                    text::moment(action.at)
                ));
            }
            let look = match action.outcome {
                Outcome::Done => Look::Good,
                Outcome::Unneeded => Look::Dim,
                Outcome::Waiting => Look::Warn,
                Outcome::Failed => Look::Bad,
            };
            ui.out(&format!("    {} {}", ui.paint(look, "-"), text::clean(&action.detail)));
            if let Some(error) = &action.error {
                ui.out(&format!("      {} {}", ui.paint(Look::Bad, "ERROR:"), text::clean(error)));
            }
        }
        if self.entry.actions.is_empty() {
            ui.out("  Not processed yet.");
        }
    }
}
