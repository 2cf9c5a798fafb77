//! `psactl history`: every run, every write, before and after.

use jiff::Timestamp;
use serde::Serialize;

use super::when::When;
use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::{Action, field_line, mark, money_of};
use crate::store::{EntryState, RunFilter, RunSummary, Store, Written};
use crate::ui::{Look, Show, Ui, text};

/// Show the runs that wrote, and every write, before and after
///
/// Read from psactl's own journal: nothing is asked of ConnectWise.
///
/// Examples:
///   psactl history
///   psactl history --cid 342 --since 7d
///   psactl history show 17
///   psactl undo 17 --dry-run        what could be taken back of it
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    show: Option<One>,
    /// Only this customer, by its ID at the portal, such as 342; may be repeated
    #[arg(long, value_name = "CID", value_parser = super::common::cid)]
    cid: Vec<String>,
    /// Only runs since then: 24h, 7d, 2026-11-20 (a day in UTC) or 2026-11-20T14:00Z
    #[arg(long, value_name = "WHEN")]
    since: Option<When>,
    /// Also runs that wrote nothing
    #[arg(long)]
    all: bool,
    /// At most so many, newest first
    #[arg(long, value_name = "N", default_value = "25", value_parser = super::common::limit)]
    limit: usize,
}

#[derive(Debug, clap::Subcommand)]
enum One {
    /// Show one run with every write, and how it ended
    ///
    /// Each field before and after, and the effect on the next invoice.
    ///
    /// Example:
    ///   psactl history show 17
    #[command(verbatim_doc_comment)]
    Show {
        /// The run's number, as psactl history shows it
        run: i64,
    },
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let store = context.existing_store()?;
    if let Some(One::Show { run }) = args.show {
        let summary = find(&store, run)?;
        context.ui.emit(&Whole { summary, writes: store.writes_of(run)? });
        return Ok(Exit::Done);
    }
    let since = args.since.map(|when| when.since(context.now()));
    let mut runs = store.runs(&RunFilter { run: None, cids: args.cid.clone(), since })?;
    let before = runs.len();
    // Whose writes are asked for has no use for runs without any.
    runs.retain(|run| args.all && args.cid.is_empty() || run.writes() > 0);
    let quiet = before - runs.len();
    let more = runs.len().saturating_sub(args.limit);
    runs.truncate(args.limit);
    let (installation, since) = store.installation(context.now())?;
    context.ui.emit(&History { installation, installation_since: since, runs, more, without_writes: quiet });
    Ok(Exit::Done)
}

/// A run by its number.
pub(super) fn find(store: &Store, run: i64) -> Result<RunSummary> {
    let found = store.runs(&RunFilter { run: Some(run), ..RunFilter::default() })?;
    let newest = store.newest_run()?;
    found.into_iter().next().ok_or_else(|| {
        let failure = Failure::new(Exit::Partial, format!("there is no run {run}"));
        match newest {
            Some(newest) => failure.hint(format!("the last run is {newest}; psactl history lists them")),
            None => failure.hint("psactl has not run yet"),
        }
    })
}

/// The runs, newest first.
#[derive(Debug, Serialize)]
struct History {
    installation: String,
    installation_since: Timestamp,
    runs: Vec<RunSummary>,
    /// Runs that are not listed for want of room.
    more: usize,
    /// Runs that wrote nothing and are not listed.
    without_writes: usize,
}

/// How a run ended.
fn ended(run: &RunSummary) -> String {
    match (run.run.finished_at, run.run.exit) {
        (Some(_), Some(exit)) => format!("exit {exit}"),
        _ => "did not end".to_owned(),
    }
}

/// "undone by run 9".
fn undone(runs: &[i64]) -> Option<String> {
    let numbers: Vec<String> = runs.iter().map(ToString::to_string).collect();
    match runs {
        [] => None,
        [one] => Some(format!("undone by run {one}")),
        _ => Some(format!("undone by runs {}", numbers.join(", "))),
    }
}

impl Show for History {
    const SCHEMA: &'static str = "psactl/history/1";

    fn show(&self, ui: &Ui) {
        if self.runs.is_empty() {
            ui.out("No runs that wrote.");
        } else {
            let mut table = ui.table(&["run", "when (utc)", "command", "done", "failed", "ended", ""]);
            for run in &self.runs {
                let takes_back = run.undoes.map(|run| format!("undoes run {run}"));
                let mut remarks: Vec<String> = takes_back.into_iter().chain(undone(&run.undone_by)).collect();
                if run.unknown > 0 {
                    remarks.push(format!("{} not known", run.unknown));
                }
                table.row([
                    run.run.id.to_string(),
                    text::moment(run.run.started_at),
                    run.run.command.clone(),
                    run.done.to_string(),
                    run.failed.to_string(),
                    ended(run),
                    remarks.join("; "),
                ]);
            }
            ui.out(&table.to_string());
        }
        if self.more > 0 {
            ui.say(&format!("{} more: --limit shows them", self.more));
        }
        if self.without_writes > 0 && self.runs.is_empty() {
            ui.say(&format!(
                "{} wrote nothing: --all lists them",
                text::count(self.without_writes, "run", "runs")
            ));
        }
    }
}

/// One run, whole.
#[derive(Debug, Serialize)]
struct Whole {
    #[serde(flatten)]
    summary: RunSummary,
    writes: Vec<Written>,
}

impl Show for Whole {
    const SCHEMA: &'static str = "psactl/run/1";

    fn show(&self, ui: &Ui) {
        let run = &self.summary.run;
        ui.out(&ui.paint(Look::Head, &format!("Run {}: psactl {}", run.id, text::clean(&run.command))));
        let until = match run.finished_at {
            Some(finished) => format!("{} UTC, {}", text::moment(finished), ended(&self.summary)),
            None => "it did not end: it is at work, or was killed".to_owned(),
        };
        ui.out(&format!("  {} UTC to {until}", text::moment(run.started_at)));
        if let Some(said) = &self.summary.said {
            ui.out(&format!("  {}", ui.wrap(&text::clean(said), 2, 4)));
        }
        if self.writes.is_empty() {
            ui.out("  It wrote nothing.");
        }
        for write in &self.writes {
            one(ui, write);
        }
        for line in crate::plan::sum_lines(
            self.writes.iter().filter(|write| write.state == EntryState::Done).map(|write| &write.change),
        ) {
            ui.out(&format!("  {line}"));
        }
    }
}

fn one(ui: &Ui, write: &Written) {
    let change = &write.change;
    let (mark, look) = match (write.state, change.action) {
        (EntryState::Failed, _) => ("x", Look::Bad),
        (EntryState::Intent | EntryState::Unknown, _) => ("?", Look::Warn),
        (EntryState::Done, action) => (mark(action).0, Look::Good),
    };
    let record = match (change.subject.id, write.record) {
        (None, Some(id)) => format!(" (#{id})"),
        _ => String::new(),
    };
    let line = format!("{}{record}", change.subject);
    ui.out(&format!("  {} {}", ui.paint(look, mark), ui.wrap(&text::clean(&line), 4, 6)));
    if let Some(run) = change.undoes {
        ui.out(&format!("      undoes run {run}"));
    }
    if change.action == Action::Update {
        for field in &change.fields {
            ui.out(&format!("      {}", ui.wrap(&field_line(field), 6, 8)));
        }
    }
    if change.money.is_some() {
        ui.out(&format!("      next invoice: {}", money_of(change)));
    }
    match (write.state, &write.error) {
        (EntryState::Done, _) => {}
        (EntryState::Failed, error) => {
            let error = error.as_deref().unwrap_or("the reason was not kept");
            ui.out(&format!("      failed: {}", ui.wrap(&text::clean(error), 14, 8)));
        }
        (EntryState::Intent | EntryState::Unknown, error) => {
            let error = error.as_deref().unwrap_or("the run did not end");
            let error = format!("{error}; what became of it is not known, the next run looks it up");
            ui.out(&format!("      {}", ui.wrap(&text::clean(&error), 6, 8)));
        }
    }
    if let Some(run) = write.undone_by {
        ui.out(&format!("      {}", ui.paint(Look::Dim, &format!("undone by run {run}"))));
    }
}
