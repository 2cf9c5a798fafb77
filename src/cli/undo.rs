//! `psactl undo`: takes back what a run wrote. The rules are in [`crate::plan::undo`].

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::{Exit, Failure, Result};
use crate::plan::Plan;
use crate::plan::apply::{Applied, Applier, Ended, Secrets};
use crate::plan::stop;
use crate::plan::undo::{self, Left, Reading, Undo};
use crate::psa::{Client, paths};
use crate::store::Written;
use crate::ui::{Look, Show, Ui, text};

/// Take back what a run wrote: quantities, descriptions, statistics
///
/// Only where the record still holds exactly what that run left, and where no
/// invoice was made since. Each record is then held: sync leaves it alone until a
/// person approves it with psactl review. Tickets, notes and records that were
/// made are listed, not taken back. An undo is a run like any other: psactl undo
/// takes it back too.
///
/// Examples:
///   psactl history
///   psactl undo 17 --dry-run
///   psactl undo 17 --yes
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The run's number, as psactl history shows it
    #[arg(value_name = "RUN")]
    run: i64,
    /// Show what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<Exit> {
    let store = context.existing_store()?;
    super::history::find(&store, args.run)?;
    stop::refuse(&store)?;
    if store.writes_of(args.run)?.is_empty() {
        context.ui.emit(&Report::new(args.run, args.dry_run, Undo::default()));
        return Ok(Exit::Done);
    }
    let config = context.config()?;
    let store = store.opened_for(&config.connectwise.company_id)?;
    let client = context.client(&config)?;
    let (secrets, clock) = (Secrets::default(), || context.now());
    let observed_at = context.now();
    let applier = |run| Applier {
        client: &client,
        store: &store,
        run,
        secrets: &secrets,
        clock: &clock,
        observed_at,
        interrupted: Arc::clone(&context.interrupted),
        writing: Arc::clone(&context.writing),
    };
    let look = || {
        context.block_on(async {
            if !args.dry_run {
                applier(0).settle().await?.whole()?;
            }
            let writes = store.writes_of(args.run)?;
            let later = store.writes_after(writes.first().map_or(0, |write| write.id))?;
            let readings = read(&client, &writes).await?;
            Ok(Report::new(args.run, args.dry_run, undo::plan(args.run, &writes, &later, &readings)))
        })
    };
    let mut lock = if args.dry_run { None } else { Some(context.lock(&store, "undo")?) };
    let mut report = look()?;
    if args.dry_run || report.undo.plan.changes.is_empty() {
        context.ui.emit(&report);
        return Ok(report.exit());
    }
    if !args.yes {
        let writes = text::count(report.undo.plan.changes.len(), "write", "writes");
        let question = format!("Take back {writes} of run {}?", args.run);
        // While a person thinks, cron's sync goes on.
        drop(lock.take());
        context.ui.agree(|ui| report.show(ui), &question, "--yes", "nothing was taken back")?;
        lock = Some(context.lock(&store, "undo")?);
        let shown = std::mem::replace(&mut report, look()?);
        if report.undo.plan.changes != shown.undo.plan.changes {
            let met = "something was written while this was asked: nothing was taken back";
            return Err(Failure::new(Exit::Partial, met).hint("run the command again"));
        }
    }
    let run = store.begin_run("undo", context.now())?;
    report.undone_in = Some(run);
    let changes = std::mem::take(&mut report.undo.plan.changes);
    report.applied = context.block_on(async { applier(run).apply(changes).await })?;
    // The next sync shows what is held now.
    store.forget_checks_of(report.applied.iter().filter_map(|applied| applied.change.cid.as_deref()))?;
    store.end_run(run, report.exit().code(), &report.summary(), context.now())?;
    drop(lock);
    context.ui.emit(&report);
    context.ui.say(&format!("undo: {}", report.summary()));
    Ok(report.exit())
}

/// Reads the records of a run, and the agreements of its additions, each once.
async fn read(client: &Client, writes: &[Written]) -> Result<BTreeMap<(String, i64), Reading>> {
    let mut readings = BTreeMap::new();
    let mut agreements = BTreeMap::new();
    for candidate in undo::candidates(writes) {
        let record: Option<Value> = client.find(candidate.path()).await?;
        let mut reading = Reading { record, agreement: None };
        if let Some(id) = candidate.agreement() {
            if let std::collections::btree_map::Entry::Vacant(place) = agreements.entry(id) {
                place.insert(client.find(&paths::agreement(id)).await?);
            }
            reading.agreement = agreements.get(&id).cloned().flatten();
        }
        readings.insert((candidate.write.change.subject.kind.to_string(), candidate.id), reading);
    }
    Ok(readings)
}

/// What was taken back, and what was not.
#[derive(Debug, Serialize)]
struct Report {
    /// The run that is taken back.
    run: i64,
    /// The run that takes it back.
    undone_in: Option<i64>,
    dry_run: bool,
    #[serde(flatten)]
    undo: Undo,
    applied: Vec<Applied>,
}

impl Report {
    fn new(run: i64, dry_run: bool, undo: Undo) -> Report {
        Report { run, undone_in: None, dry_run, undo, applied: Vec::new() }
    }

    fn done(&self) -> usize {
        self.applied.iter().filter(|applied| applied.ended.is_done()).count()
    }

    /// What was left alone is 6; what can never be taken back is no failure, unless it is all there is.
    fn exit(&self) -> Exit {
        let refused = self.applied.iter().find_map(|applied| match &applied.ended {
            Ended::Failed { exit, .. } => Some(*exit),
            _ => None,
        });
        let Undo { plan, left, already, not_undoable } = &self.undo;
        let nothing_else = plan.changes.is_empty() && self.applied.is_empty() && already.is_empty();
        if self.done() < self.applied.len() {
            let whole = self.done() == 0 && left.is_empty();
            return refused.filter(|_| whole).unwrap_or(Exit::Partial);
        }
        if !left.is_empty() || nothing_else && !not_undoable.is_empty() {
            return Exit::Partial;
        }
        Exit::Done
    }

    fn summary(&self) -> String {
        let failed = self.applied.len() - self.done();
        let parts: Vec<String> = [
            (self.done(), "write taken back", "writes taken back"),
            (failed, "failed", "failed"),
            (self.undo.left.len(), "left alone", "left alone"),
        ]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| text::count(number, one, many))
        .collect();
        parts.join(", ")
    }
}

impl Show for Report {
    const SCHEMA: &'static str = "psactl/undo/1";

    fn show(&self, ui: &Ui) {
        let Undo { plan, left, already, not_undoable } = &self.undo;
        if plan.changes.is_empty() && self.applied.is_empty() {
            ui.out(&format!("Of run {} there is nothing to take back.", self.run));
        } else if !plan.changes.is_empty() {
            ui.heading(&format!("Of run {} would be taken back", self.run));
            plan.show(ui);
        }
        if self.done() > 0 {
            ui.heading("Taken back");
            let changes = self.applied.iter().filter(|applied| applied.ended.is_done());
            Plan { changes: changes.map(|applied| (*applied.change).clone()).collect(), ..Plan::default() }
                .show(ui);
            ui.out("  Each is held now: psactl review lists them, and approving lifts it.");
        }
        let failed: Vec<Left> = self
            .applied
            .iter()
            .filter_map(|applied| {
                let reason = applied.ended.trouble()?;
                Some(Left {
                    cid: applied.change.cid.clone(),
                    record: applied.change.subject.to_string(),
                    reason,
                })
            })
            .collect();
        list(ui, "Failed", Look::Bad, "x", &failed);
        list(ui, "Left alone", Look::Warn, "!", left);
        list(ui, "As before the run already", Look::Dim, "-", already);
        list(ui, "Of no kind that can be taken back", Look::Dim, "-", not_undoable);
    }
}

fn list(ui: &Ui, heading: &str, look: Look, mark: &str, records: &[Left]) {
    if records.is_empty() {
        return;
    }
    ui.heading(heading);
    for left in records {
        let line = format!("{}: {}", text::clean(&left.record), text::clean(&left.reason));
        ui.out(&format!("  {} {}", ui.paint(look, mark), ui.wrap(&line, 4, 6)));
    }
}
